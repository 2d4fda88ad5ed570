//go:build peers

package transfer

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"portcullis/platform"
	zones "portcullis/platform/dns"
)

// The addresses of this machine that ask: one of them is in an exempted network.
const usual, exempt = "127.0.0.1", "127.0.0.77"

var exempted = []netip.Prefix{netip.MustParsePrefix("127.0.0.64/26"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2001:db8:0:0:1::1/128"),
	netip.MustParsePrefix("2001:db8:0:1:1:1:1:1/128"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("::1/128")}

// ban makes the zone anew: what it bans, and whom it passes.
func (h *house) ban(t *testing.T, serial uint32, domains ...string) (text string) {
	t.Helper()
	l := &platform.List{Organisation: "harbour"}
	for _, d := range domains {
		l.Domains = append(l.Domains, platform.Domain{Name: d})
	}
	o := zones.Options{Zone: zone, Serial: serial, Passed: exempted}
	records, left, err := zones.Records(l, o)
	if err != nil || len(left) > 0 {
		t.Fatal(err, left)
	}
	var b bytes.Buffer
	if _, err := zones.WriteZone(&b, l, o); err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.zones[zone] = &Zone{Serial: serial, Records: records}
	return b.String()
}

// everywhere is the rest of the network: a name server that knows every name.
func everywhere(t *testing.T) (port int) {
	t.Helper()
	p, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{PacketConn: p, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
		m := new(dns.Msg).SetReply(r)
		m.RecursionAvailable = true
		if q := r.Question[0]; q.Qtype == dns.TypeA {
			m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(192, 0, 2, 1)}}
		}
		w.WriteMsg(m)
	})}
	ended := make(chan struct{})
	go func() { s.ActivateAndServe(); close(ended) }()
	t.Cleanup(func() { p.Close(); <-ended })
	return p.LocalAddr().(*net.UDPAddr).Port
}

// free is a port that nobody hears on, by TCP or UDP.
func free(t *testing.T) int {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		p, err := net.ListenUDP("udp", &net.UDPAddr{Port: port})
		l.Close()
		if err == nil {
			p.Close()
			return port
		}
	}
	t.Fatal("no port is free")
	return 0
}

// resolver is a name server that runs.
type resolver struct {
	t       *testing.T
	address string
	log     string
	ended   chan struct{}
}

// run starts a name server in a folder of its own; it is stopped when the test ends.
func run(t *testing.T, port int, configuration, program string, arguments ...string) *resolver {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "server.conf")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(configuration, "FOLDER", folder)), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &resolver{t: t, address: fmt.Sprintf("127.0.0.1:%d", port), log: filepath.Join(folder, "log"), ended: make(chan struct{})}
	log, err := os.Create(r.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	c := exec.Command(program, append(arguments, "-c", file)...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatalf("%s, which Debian has: %v", program, err)
	}
	go func() { c.Wait(); close(r.ended) }()
	t.Cleanup(func() {
		c.Process.Signal(syscall.SIGTERM)
		select {
		case <-r.ended:
		case <-time.After(10 * time.Second):
			c.Process.Kill()
			<-r.ended
		}
		if t.Failed() {
			t.Logf("%s says:\n%s", program, r.said())
		}
	})
	return r
}

// said is what the name server has said so far.
func (r *resolver) said() string {
	data, err := os.ReadFile(r.log)
	if err != nil {
		r.t.Error(err)
	}
	return string(data)
}

// answer asks for a name's address from one of this machine's.
func (r *resolver) answer(from, name string) string {
	client := dns.Client{Timeout: 2 * time.Second, Dialer: &net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(from)}, Timeout: 2 * time.Second}}
	reply, _, err := client.Exchange(new(dns.Msg).SetQuestion(dns.Fqdn(name), dns.TypeA), r.address)
	switch {
	case err != nil:
		return err.Error()
	case reply.Rcode == dns.RcodeSuccess && len(reply.Answer) == 1:
		return "reached"
	}
	return dns.RcodeToString[reply.Rcode]
}

// expect asks until the answers are as expected.
func (r *resolver) expect(what string, want map[[2]string]string) {
	r.t.Helper()
	patience := time.After(30 * time.Second)
	for q, w := range want {
		for {
			got := r.answer(q[0], q[1])
			if got == w {
				break
			}
			select {
			case <-r.ended:
				r.t.Fatalf("%s: the name server has ended", what)
			case <-patience:
				r.t.Fatalf("%s: %s from %s: %s, want %s", what, q[1], q[0], got, w)
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
}

const gone, there = "NXDOMAIN", "reached"

// play plays a ban, an exemption and a change through a resolver. change makes the zone anew and tells.
func play(r *resolver, change func(serial uint32, domains ...string)) {
	r.t.Helper()
	r.expect("a ban", map[[2]string]string{
		{usual, "tides.example"}: gone, {usual, "cdn.tides.example"}: gone, {usual, "a.b.tides.example"}: gone,
		{usual, "mytides.example"}: there, {usual, "example"}: there, {usual, "ferries.example"}: there,
		{exempt, "tides.example"}: there, {exempt, "cdn.tides.example"}: there})
	change(8, "ferries.example")
	r.expect("a ban lifted and another made", map[[2]string]string{
		{usual, "ferries.example"}: gone, {usual, "tides.example"}: there, {usual, "cdn.tides.example"}: there, {exempt, "ferries.example"}: there})
}

// notifying runs a notifier until the test ends.
func notifying(t *testing.T, h *house, s Secondary) (changed chan struct{}) {
	t.Helper()
	n := &Notifier{Zones: h, Keys: h, Now: time.Now, Log: slog.New(slog.DiscardHandler), Secondaries: func() []Secondary { return []Secondary{s} }, Again: 100 * time.Millisecond}
	ctx, stop := context.WithCancel(context.Background())
	changed = make(chan struct{}, 1)
	ended := make(chan struct{})
	go func() { n.Run(ctx, changed); close(ended) }()
	t.Cleanup(func() { stop(); <-ended })
	return changed
}

const bind = `options {
	directory "FOLDER"; pid-file none; session-keyfile none; lock-file none; managed-keys-directory "FOLDER";
	listen-on port %[1]d { 127.0.0.1; }; listen-on-v6 { none; };
	recursion yes; allow-query { 127.0.0.0/8; }; dnssec-validation no; forward only; forwarders { 127.0.0.1 port %[2]d; };
	response-policy { zone "rpz.harbour.example" min-update-interval 0; };
};
controls { };
key "harbour" { algorithm hmac-sha256; secret "%[4]s"; };
zone "rpz.harbour.example" { type secondary; primaries { 127.0.0.1 port %[3]d key "harbour"; }; file "zone"; allow-query { 127.0.0.0/8; }; };
`

// TestPeerBIND: Debian's BIND takes the zone by AXFR with TSIG, is told of a change and answers by it.
func TestPeerBIND(t *testing.T) {
	h := newHouse(t)
	h.ban(t, 7, "tides.example")
	at, err := netip.ParseAddrPort(open(t, h))
	if err != nil {
		t.Fatal(err)
	}
	port := free(t)
	r := run(t, port, fmt.Sprintf(bind, port, everywhere(t), at.Port(), h.base64("harbour.")), "/usr/sbin/named", "-g")
	changed := notifying(t, h, Secondary{Zone: zone, Address: r.address, Key: "harbour."})
	play(r, func(serial uint32, domains ...string) {
		h.ban(t, serial, domains...)
		changed <- struct{}{}
	})
	reply, _, err := new(dns.Client).Exchange(new(dns.Msg).SetQuestion(zone, dns.TypeSOA), r.address)
	if err != nil || len(reply.Answer) != 1 || reply.Answer[0].(*dns.SOA).Serial != 8 {
		t.Errorf("the serial in force: %v, %v", reply, err)
	}
	for line := range strings.Lines(r.said()) {
		if strings.Contains(line, "rpz") && (strings.Contains(line, "invalid") || strings.Contains(line, "canonical") || strings.Contains(line, "error")) {
			t.Errorf("BIND complains: %s", line)
		}
	}
}

const unbound = `server:
	directory: "FOLDER"
	chroot: ""
	username: ""
	pidfile: ""
	use-syslog: no
	logfile: ""
	verbosity: 2
	do-daemonize: no
	interface: 127.0.0.1
	port: %[1]d
	define-tag: "enforced"
	access-control: 127.0.0.0/8 allow
	access-control-tag: 127.0.0.0/8 "enforced"
	access-control: 127.0.0.64/26 allow
	do-not-query-localhost: no
	cache-max-ttl: 0
	cache-max-negative-ttl: 0
	module-config: "respip iterator"
forward-zone:
	name: "."
	forward-addr: 127.0.0.1@%[2]d
rpz:
	name: "rpz.harbour.example"
	url: "http://127.0.0.1:%[3]d/harbour.zone"
	allow-notify: 127.0.0.1
	tags: "enforced"
remote-control:
	control-enable: no
`

// TestPeerUnbound: Debian's Unbound, whose transfers cannot sign, takes the zone's text by HTTP and is told of
// a change. Before version 1.20 it did not pass the networks that a zone exempts, so that its own tags say
// the same.
func TestPeerUnbound(t *testing.T) {
	h := newHouse(t)
	text := h.ban(t, 7, "tides.example")
	served := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		fmt.Fprint(w, text)
	})
	site := httptest.NewServer(served)
	t.Cleanup(site.Close)
	port := free(t)
	r := run(t, port, fmt.Sprintf(unbound, port, everywhere(t), site.Listener.Addr().(*net.TCPAddr).Port), "/usr/sbin/unbound", "-d")
	changed := notifying(t, h, Secondary{Zone: zone, Address: r.address})
	play(r, func(serial uint32, domains ...string) {
		made := h.ban(t, serial, domains...)
		h.mu.Lock()
		text = made
		h.mu.Unlock()
		changed <- struct{}{}
	})
}
