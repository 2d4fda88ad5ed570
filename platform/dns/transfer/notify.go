package transfer

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/miekg/dns"

	zones "portcullis/platform/dns"
)

// Secondary is a name server that takes a zone, and is told when it has changed.
type Secondary struct {
	// Zone is the zone's name in lower case with its final dot, and Address where it hears: host and port.
	Zone, Address string
	// Key is the name of the key that it is told with; empty for those that know none. Being told is to be
	// asked to ask: nothing is taken on its word.
	Key string
}

// Notifier tells secondaries that a serial has risen.
type Notifier struct {
	Zones       Zones
	Keys        Keys
	Secondaries func() []Secondary
	Now         func() time.Time
	Log         *slog.Logger
	// Again is how long to wait before those that did not answer are told again, at first: it doubles up to
	// Rarely. 0 is 5 seconds, and Rarely 5 minutes.
	Again, Rarely time.Duration
}

// patience is how long a secondary may take to answer.
const patience = 3 * time.Second

// Run tells all secondaries once, and then those whose zone's serial has risen when something is received
// from changed, until the context ends. What is sent to changed while it is full need not be.
func (n *Notifier) Run(ctx context.Context, changed <-chan struct{}) {
	told := map[Secondary]uint32{}
	first := n.Again
	if first == 0 {
		first = 5 * time.Second
	}
	rarely := n.Rarely
	if rarely == 0 {
		rarely = 5 * time.Minute
	}
	wait := first
	for ctx.Err() == nil {
		if n.round(ctx, told) {
			wait = first
			select {
			case <-ctx.Done():
			case <-changed:
			}
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
			wait = first
		case <-timer.C:
			wait = min(2*wait, rarely)
		}
		timer.Stop()
	}
}

// round tells each secondary that is behind, all at the same time, and whether all of them answered.
func (n *Notifier) round(ctx context.Context, told map[Secondary]uint32) bool {
	type outcome struct {
		Secondary
		serial uint32
		err    error
	}
	present := map[Secondary]bool{}
	outcomes := make(chan outcome)
	var telling sync.WaitGroup
	for _, s := range n.Secondaries() {
		zone := n.Zones.Zone(s.Zone)
		if zone == nil || present[s] {
			continue
		}
		present[s] = true
		if serial, ok := told[s]; ok && !zones.Above(zone.Serial, serial) {
			continue
		}
		telling.Go(func() { outcomes <- outcome{s, zone.Serial, n.tell(ctx, s, zone)} })
	}
	go func() {
		telling.Wait()
		close(outcomes)
	}()
	all := true
	for o := range outcomes {
		if o.err != nil {
			all = false
			n.Log.Warn("a name server is not told of a change", "zone", o.Zone, "at", o.Address, "serial", o.serial, "err", o.err)
			continue
		}
		told[o.Secondary] = o.serial
		n.Log.Debug("a name server is told of a change", "zone", o.Zone, "at", o.Address, "serial", o.serial)
	}
	for s := range told {
		if !present[s] {
			delete(told, s)
		}
	}
	return all
}

// tell sends one NOTIFY and waits for its answer.
func (n *Notifier) tell(ctx context.Context, s Secondary, zone *Zone) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	m := new(dns.Msg).SetNotify(s.Zone)
	m.Answer = zone.Records[:1]
	if s.Key != "" {
		m.SetTsig(s.Key, dns.HmacSHA256, fudge, n.Now().Unix())
	}
	client := dns.Client{Net: "udp", Timeout: patience, TsigProvider: signer{n.Keys}}
	reply, _, err := client.ExchangeContext(ctx, m, s.Address)
	if err != nil {
		return err
	}
	if s.Key != "" && reply.IsTsig() == nil {
		return fmt.Errorf("its answer %s is not signed", dns.RcodeToString[reply.Rcode])
	}
	if reply.Rcode != dns.RcodeSuccess {
		return fmt.Errorf("it answers %s", dns.RcodeToString[reply.Rcode])
	}
	return nil
}
