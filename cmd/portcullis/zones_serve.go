package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/miekg/dns"
	"github.com/prometheus/client_golang/prometheus"

	"portcullis/platform/dns/transfer"
)

// nameServing are the sockets at which name servers ask: TCP and UDP at one port.
type nameServing struct {
	listener net.Listener
	packets  *net.UDPConn
}

// listenDNS opens an address for name servers; "" is none.
func listenDNS(address string) (*nameServing, error) {
	if address == "" {
		return nil, nil
	}
	failed := func(err error) error {
		return fmt.Errorf("%w: stop what answers there, or say another address with --dns-listen or in the configuration", err)
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, failed(err)
	}
	at := listener.Addr().(*net.TCPAddr)
	packets, err := net.ListenUDP("udp", &net.UDPAddr{IP: at.IP, Port: at.Port, Zone: at.Zone})
	if err != nil {
		return nil, errors.Join(failed(err), listener.Close())
	}
	return &nameServing{listener, packets}, nil
}

func (n *nameServing) close() error {
	if n == nil {
		return nil
	}
	return errors.Join(n.listener.Close(), n.packets.Close())
}

// handZones has name servers be told of changes and, where there are sockets for them, be given the zones.
func (a *assembly) handZones(at *nameServing, log *slog.Logger) {
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portcullis_dns_answers_total", Help: "Answers to name servers that ask for zones, by their code."}, []string{"code"})
	told := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portcullis_dns_notifications_total", Help: "Notifications of name servers that a zone has changed, by what became of them."}, []string{"result"})
	a.parts.Metrics.MustRegister(answers, told)
	notifier := &transfer.Notifier{Zones: a.zones, Keys: a.zones, Secondaries: a.zones.Secondaries, Now: time.Now, Log: log, Told: func(err error) {
		result := "answered"
		if err != nil {
			result = "failed"
		}
		told.WithLabelValues(result).Inc()
	}}
	a.workers = append(a.workers, func(ctx context.Context) { notifier.Run(ctx, a.zones.Changed()) })
	if at == nil {
		return
	}
	server := &transfer.Server{Zones: a.zones, Keys: a.zones, Now: time.Now, Log: log, Took: a.zones.Took, Answered: func(rcode int) { answers.WithLabelValues(dns.RcodeToString[rcode]).Inc() }}
	a.names = func(ctx context.Context) error {
		select {
		case <-a.zones.Ready(): // before, it would say that there are none
			return server.Serve(ctx, at.listener, at.packets)
		case <-ctx.Done():
			return at.close()
		}
	}
}
