//go:build peers

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

const bindConfiguration = `options {
	directory "%[1]s"; pid-file none; session-keyfile none; lock-file none; managed-keys-directory "%[1]s";
	listen-on port %[2]s { 127.0.0.1; }; listen-on-v6 { none; };
	recursion yes; allow-query { 127.0.0.0/8; }; dnssec-validation no; forward only; forwarders { 127.0.0.1 port %[3]s; };
	response-policy { zone "rpz.harbour.example" min-update-interval 0; };
};
controls { };
key "%[5]s" { algorithm hmac-sha256; secret "%[6]s"; };
zone "rpz.harbour.example" { type secondary; primaries { 127.0.0.1 port %[4]s key "%[5]s"; }; file "zone"; };
`

// bindServer is Debian's BIND, which answers from the zone of a server.
type bindServer struct {
	t       *testing.T
	address string
	ended   chan struct{}
}

func portOf(address string) string { _, port, _ := net.SplitHostPort(address); return port }

func startBIND(t *testing.T, r *resolving, s zoneSecrets) *bindServer {
	t.Helper()
	folder, n := t.TempDir(), &bindServer{t: t, address: freePort(t), ended: make(chan struct{})}
	file := filepath.Join(folder, "named.conf")
	text := fmt.Sprintf(bindConfiguration, folder, portOf(n.address), portOf(everyName(t)), portOf(r.names), strings.TrimSuffix(s.key, "."), s.secret)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("/usr/sbin/named", "-g", "-c", file)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatalf("BIND, which Debian has: %v", err)
	}
	go func() { _ = c.Wait(); close(n.ended) }()
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		select {
		case <-n.ended:
		case <-time.After(10 * time.Second):
			_ = c.Process.Kill()
			<-n.ended
		}
		if said, err := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("BIND says (%v):\n%s", err, said)
		}
		log.Close()
	})
	return n
}

// everyName is the rest of the network: a name server that knows every name.
func everyName(t *testing.T) (address string) {
	t.Helper()
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{PacketConn: p, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
		m := new(dns.Msg).SetReply(r)
		m.RecursionAvailable = true
		if q := r.Question[0]; q.Qtype == dns.TypeA {
			m.Answer = []dns.RR{&dns.A{Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: net.IPv4(192, 0, 2, 1)}}
		}
		_ = w.WriteMsg(m)
	})}
	ended := make(chan struct{})
	go func() { _ = s.ActivateAndServe(); close(ended) }()
	t.Cleanup(func() { p.Close(); <-ended })
	return p.LocalAddr().String()
}

// asked is what BIND answers to somebody at an address of this machine.
func (n *bindServer) asked(from, name string) string {
	client := dns.Client{Timeout: 2 * time.Second, Dialer: &net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(from)}, Timeout: 2 * time.Second}}
	reply, _, err := client.Exchange(new(dns.Msg).SetQuestion(dns.Fqdn(name), dns.TypeA), n.address)
	switch {
	case err != nil:
		return err.Error()
	case reply.Rcode == dns.RcodeSuccess && len(reply.Answer) == 1:
		return "reached"
	}
	return dns.RcodeToString[reply.Rcode]
}

// expect asks until the answer is as expected, and returns how long that took.
func (n *bindServer) expect(from, name, want string) time.Duration {
	n.t.Helper()
	begun := time.Now()
	patience := time.After(agreedLate)
	for {
		got := n.asked(from, name)
		if got == want {
			return time.Since(begun)
		}
		select {
		case <-n.ended:
			n.t.Fatal("BIND has ended")
		case <-patience:
			n.t.Fatalf("%s from %s: %s, want %s", name, from, got, want)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// TestPeerZones: BIND takes the zone of a running server by transfer, with the key that the command line printed. A ban is denied
// there within a second of its last signature; who asks from a network that passes is answered; and a key that was drawn anew
// does not keep BIND from what is new as long as its own is good.
func TestPeerZones(t *testing.T) {
	const gone, there, usual, passes = "NXDOMAIN", "reached", "127.0.0.1", "127.0.0.77"
	world := strings.Replace(zonesWorld, "rules:", `  - {id: wren, kind: app, domains: [wren.example], identifiers: {android: [com.wren]}}
  - {id: lark, kind: app, domains: [lark.example], identifiers: {android: [com.lark]}}
rules:`, 1)
	r := startResolvingWith(t, world, filepath.Join(t.TempDir(), "data"), "")
	s := r.drawn(t, r.zones("first", "add", "rpz.harbour.example", "--organisation", "harbour")...)
	r.pass(t, "rpz.harbour.example", "127.0.0.64/26")
	r.await(t, s, "rpz.harbour.example.", "26.64.0.0.127.rpz-client-ip parrot.example *.parrot.example ")
	bind := startBIND(t, r, s)
	r.must(t, r.zones("admin", "change", "rpz.harbour.example", "--notify", bind.address)...)
	bind.expect(usual, "parrot.example", gone)
	bind.expect(usual, "cdn.parrot.example", gone)
	bind.expect(passes, "parrot.example", there)
	var took []time.Duration
	for i, product := range []string{"gull", "tern", "wren", "lark"} {
		bind.expect(usual, product+".example", there)
		if i == 2 {
			r.must(t, r.zones("admin", "rotate", "rpz.harbour.example", "--key")...)
		}
		r.ban(t, product)
		took = append(took, bind.expect(usual, product+".example", gone))
		bind.expect(passes, product+".example", there)
	}
	slices.Sort(took)
	t.Logf("from the last signature to the first answer that denies: %v", took)
	if median := took[len(took)/2]; median > agreed {
		t.Errorf("it takes %v", median)
	}
	r.must(t, r.zones("first", "change", "rpz.harbour.example", "--pass-none")...)
	bind.expect(passes, "parrot.example", gone)
}
