package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/web/api"
)

const zonesWorld = `
organisations: [{id: gov}, {id: harbour, parent: gov}]
products:
  - {id: parrot, kind: app, name: Parrot, domains: [parrot.example], identifiers: {android: [com.parrot]}}
  - {id: gull, kind: app, name: Gull, domains: [gull.example], identifiers: {android: [com.gull]}}
  - {id: tern, kind: app, name: Tern, domains: [tern.example], identifiers: {android: [com.tern]}}
rules:
  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: none, scope: gov, from: 2020-01-01, reason: "a reason"}
`

// resolving is a server at which name servers ask, and who may decide there.
type resolving struct {
	proposing
	names string // where name servers ask
	stop  func() int
}

func startResolving(t *testing.T, data, database string) *resolving {
	t.Helper()
	return startResolvingWith(t, zonesWorld, data, database)
}

func startResolvingWith(t *testing.T, world, data, database string) *resolving {
	t.Helper()
	r := &resolving{proposing: proposing{dir: t.TempDir(), data: []string{"--data", data}}, names: freePort(t)}
	if database != "" {
		r.data = []string{"--database", database, "--ledger-key", filepath.Join(r.dir, "key")}
	}
	offline := r.data[:2]
	r.must(t, append([]string{"import", "world", r.file(t, "world.yaml", world)}, offline...)...)
	at := inData(data, database)
	for name, role := range map[string]people.Role{"first": people.CentreOfficer, "second": people.CentreOfficer, "admin": people.DeviceAdministrator, "staff": people.Staff} {
		r.file(t, name, programOf(t, at, name, role))
	}
	r.start(t)
	t.Cleanup(func() { r.stop() })
	return r
}

// inData is the database in a folder or, where one is said, at an address.
func inData(data, address string) *database {
	if address != "" {
		return &database{Database: address}
	}
	return &database{Data: data}
}

// programOf makes somebody who has a role in the government, and a program of theirs, which answers for them.
func programOf(t *testing.T, d *database, name string, role people.Role) (token string) {
	t.Helper()
	env := &environment{Context: t.Context(), in: os.Stdin, out: io.Discard, err: io.Discard, now: time.Now}
	err := d.in(env, false, func(r *rooms) error {
		p, err := r.people.AddPerson(env, atCommand, "gov", people.Particulars{Name: name, UserName: name})
		for _, grant := range []people.Grant{{Role: role, Organisation: "gov"}, {Role: people.Operator, Organisation: people.Everywhere}} { // who makes tokens
			if err == nil {
				_, err = r.people.GiveRole(env, atCommand, p.ID, grant, people.Period{})
			}
		}
		if err != nil {
			return err
		}
		session, err := r.people.OpenSession(env, p.ID, "test", "", "")
		if err != nil {
			return err
		}
		made, err := r.people.MakeToken(env, people.Actor{Session: session}, name, people.Grant{Role: role, Organisation: "gov"}, people.Time{})
		token = made.Secret
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// pass has two people's programs have a zone pass a network for a day.
func (r *resolving) pass(t *testing.T, zone, network string) {
	t.Helper()
	out := r.must(t, r.zones("admin", "pass", zone, network, "--until", time.Now().Add(24*time.Hour).UTC().Format(time.RFC3339), "--reason", "the press office")...)
	id, rest, _ := strings.Cut(out, " ")
	if !strings.Contains(rest, "waits for a second person") {
		t.Errorf("proposed: %s", out)
	}
	r.refused(t, exitBreach, "You may not", r.zones("admin", "answer", zone, id, "--agree")...)
	if out := r.must(t, r.zones("second", "answer", zone, id, "--agree")...); !strings.Contains(out, "passes, until ") {
		t.Errorf("agreed: %s", out)
	}
}

func (r *resolving) start(t *testing.T) {
	t.Helper()
	r.address, r.stop = serving(t, append([]string{"--dns-listen", r.names}, r.data...)...)
}

// freePort is an address on which nobody hears, by TCP or UDP.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p, err := net.ListenPacket("udp", l.Addr().String())
		l.Close()
		if err == nil {
			p.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// zones are the arguments of a command about zones for somebody.
func (r *resolving) zones(who string, args ...string) []string {
	return append(append([]string{"zones"}, args...), "--server", r.address, "--token-file", filepath.Join(r.dir, who))
}

// zoneSecrets are what a zone is opened with, as the command prints it.
type zoneSecrets struct{ key, secret, url string }

var (
	keyLine = regexp.MustCompile(`(?m)^key "(\S+)" \{ algorithm hmac-sha256; secret "(\S+)"; \};$`)
	urlLine = regexp.MustCompile(`(?m)^http://\S+/zones/\S+$`)
)

func (r *resolving) drawn(t *testing.T, args ...string) (s zoneSecrets) {
	t.Helper()
	out := r.must(t, args...)
	if found := keyLine.FindStringSubmatch(out); found != nil {
		s.key, s.secret = found[1]+".", found[2]
	}
	s.url = urlLine.FindString(out)
	return s
}

// ban has two people ban a product.
func (r *resolving) ban(t *testing.T, product string) {
	t.Helper()
	id := r.open(t, "first", strings.Replace(parrotBan, "product: parrot", "product: "+product, 1))
	r.must(t, r.as("second", "take", id, "sign", "--yes")...)
}

// transferred takes a zone by transfer, and returns its serial and the names that it has rules for.
func (r *resolving) transferred(s zoneSecrets, zone string) (serial uint32, names string, err error) {
	m := new(dns.Msg).SetAxfr(zone)
	transfer := dns.Transfer{}
	if s.key != "" {
		transfer.TsigSecret = map[string]string{s.key: s.secret}
		m.SetTsig(s.key, dns.HmacSHA256, 300, time.Now().Unix())
	}
	envelopes, err := transfer.In(m, r.names)
	if err != nil {
		return 0, "", err
	}
	for e := range envelopes {
		if e.Error != nil {
			return 0, "", e.Error
		}
		for _, rr := range e.RR {
			switch rr := rr.(type) {
			case *dns.SOA:
				serial = rr.Serial
			case *dns.CNAME:
				names += strings.TrimSuffix(rr.Hdr.Name, "."+zone) + " "
			}
		}
	}
	return serial, names, nil
}

// secondary is a name server that is told of changes by an address of its own.
func secondary(t *testing.T, s zoneSecrets) (address string, told chan uint32) {
	t.Helper()
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	told = make(chan uint32, 100)
	server := &dns.Server{PacketConn: p, TsigSecret: map[string]string{s.key: s.secret}, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, m *dns.Msg) {
		reply := new(dns.Msg).SetReply(m)
		if m.IsTsig() == nil || w.TsigStatus() != nil {
			reply.Rcode = dns.RcodeNotAuth
		} else {
			told <- m.Answer[0].(*dns.SOA).Serial
			reply.SetTsig(m.IsTsig().Hdr.Name, dns.HmacSHA256, 300, time.Now().Unix())
		}
		_ = w.WriteMsg(reply)
	})}
	ended := make(chan struct{})
	go func() { _ = server.ActivateAndServe(); close(ended) }()
	t.Cleanup(func() { p.Close(); <-ended })
	return p.LocalAddr().String(), told
}

func nextSerial(t *testing.T, told chan uint32) uint32 {
	t.Helper()
	select {
	case serial := <-told:
		return serial
	case <-time.After(agreedLate):
		t.Fatal("the name server is not told")
		return 0
	}
}

// await asks again until the zone has rules for names, and returns its serial.
func (r *resolving) await(t *testing.T, s zoneSecrets, zone, names string) uint32 {
	t.Helper()
	patience := time.After(agreedLate)
	for {
		serial, got, err := r.transferred(s, zone)
		if err == nil && got == names {
			return serial
		}
		select {
		case <-patience:
			t.Fatalf("the zone has %q, want %q: %v", got, names, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// TestZonesServed has a zone be added at the command line and taken by transfer and by HTTP: a ban that is signed is told of,
// and who has no key for the zone has nothing.
func TestZonesServed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, data, database string) {
		r := startResolving(t, data, database)
		const zone, before, after = "rpz.harbour.example.", "parrot.example *.parrot.example ", "gull.example *.gull.example parrot.example *.parrot.example "
		s := r.drawn(t, r.zones("admin", "add", "rpz.harbour.example", "--organisation", "harbour")...)
		other := r.drawn(t, r.zones("first", "add", "rpz.gov.example", "--organisation", "gov")...)
		r.pass(t, "rpz.gov.example", "192.0.2.0/24")
		r.pass(t, "rpz.gov.example", "2001:db8::1")
		serial := r.await(t, s, zone, before)
		r.await(t, other, "rpz.gov.example.", "24.0.2.0.192.rpz-client-ip 128.1.zz.db8.2001.rpz-client-ip "+before)
		address, told := secondary(t, s)
		r.must(t, r.zones("admin", "change", "rpz.harbour.example", "--notify", address)...)
		if got := nextSerial(t, told); got != serial {
			t.Errorf("told at first of %d, want %d", got, serial)
		}
		tag := httpZone(t, s.url, "", 200, "\nparrot.example\t")
		httpZone(t, s.url, tag, 304, "")
		r.ban(t, "gull")
		risen := nextSerial(t, told)
		if got := r.await(t, s, zone, after); got != risen || risen <= serial {
			t.Errorf("the serial is %d, and told was %d after %d", got, risen, serial)
		}
		httpZone(t, s.url, tag, 200, "\ngull.example\t")
		for name, c := range map[string]struct {
			zoneSecrets
			zone string
			want string
		}{
			"without a key":     {zoneSecrets{}, zone, "bad xfr rcode: 5"},
			"another's key":     {other, zone, "bad authentication"},
			"another's zone":    {s, "rpz.gov.example.", "bad authentication"},
			"no zone":           {s, "rpz.nobody.example.", "bad authentication"},
			"a key of no one's": {zoneSecrets{"key9.rpz.harbour.example.", s.secret, ""}, zone, ""},
		} {
			if _, got, err := r.transferred(c.zoneSecrets, c.zone); err == nil || got != "" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %q, %v", name, got, err)
			}
		}
		httpZone(t, strings.Replace(s.url, "/zones/", "/zones/x", 1), "", 404, "There is no such zone")
		if _, metrics := get(t, r.address+"/metrics"); !strings.Contains(metrics, `portcullis_dns_answers_total{code="REFUSED"} 1`) || !strings.Contains(metrics, `portcullis_dns_answers_total{code="NOTAUTH"} `) ||
			!strings.Contains(metrics, `portcullis_dns_notifications_total{result="answered"} `) || !strings.Contains(metrics, `portcullis_zone_requests_total{code="304"} 1`) {
			t.Errorf("the metrics have %s", regexp.MustCompile(`(?m)^portcullis_(dns|zone).*$`).FindAllString(metrics, -1))
		}
		if status := r.stop(); status != exitClean {
			t.Fatalf("the server ended with %d", status)
		}
		r.start(t)
		if got := r.await(t, s, zone, after); got != risen {
			t.Errorf("after a new start the serial is %d, was %d", got, risen)
		}
		if got := nextSerial(t, told); got != risen {
			t.Errorf("told of %d by the server anew, want %d", got, risen)
		}
	})
}

// httpZone fetches the text of a zone, and returns its ETag.
func httpZone(t *testing.T, url, has string, status int, want string) (tag string) {
	t.Helper()
	q, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if has != "" {
		q.Header.Set("If-None-Match", has)
	}
	response, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status || !strings.Contains(string(text), want) || status == 304 && len(text) > 0 {
		t.Errorf("%s: %d, want %d with %q: %s, %v", url, response.StatusCode, status, want, text, err)
	}
	return response.Header.Get("ETag")
}

// TestZonesCommands: what is said of a zone at the command line is so, and what is wrong is said with its flag.
func TestZonesCommands(t *testing.T) {
	r := startResolving(t, filepath.Join(t.TempDir(), "data"), "")
	const zone = "rpz.harbour.example"
	if out := r.must(t, r.zones("admin", "list")...); out != "There is nothing.\n" {
		t.Errorf("listed: %s", out)
	}
	first := r.drawn(t, r.zones("admin", "add", zone, "--organisation", "harbour")...)
	serial := r.await(t, first, zone+".", "parrot.example *.parrot.example ")
	var listed api.Zone
	if err := json.Unmarshal([]byte(r.must(t, r.zones("admin", "list", "--format", "json")...)), &listed); err != nil || listed.Name != zone || listed.Serial != serial {
		t.Errorf("listed: %+v, %v", listed, err)
	}
	if out := r.must(t, r.zones("admin", "list")...); !strings.Contains(out, fmt.Sprint(serial)) || strings.Contains(out, first.secret) {
		t.Errorf("listed: %s", out)
	}
	r.pass(t, listed.ID, "192.0.2.7")
	r.pass(t, zone, "198.51.100.0/24")
	tomorrow := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	propose := func() (id string) {
		id, _, _ = strings.Cut(r.must(t, r.zones("admin", "pass", zone, "203.0.113.0/24", "--until", tomorrow, "--reason", "r")...), " ")
		return id
	}
	if out := r.must(t, r.zones("admin", "answer", zone, propose(), "--take-back")...); !strings.Contains(out, "is taken back") {
		t.Errorf("taken back: %s", out)
	}
	refused := propose()
	if out := r.must(t, r.zones("admin", "show", zone)...); !strings.Contains(out, "to pass       203.0.113.0/24, until ") || !strings.Contains(out, refused) {
		t.Errorf("shown: %s", out)
	}
	r.must(t, r.zones("first", "change", listed.ID, "--still-pass", "192.0.2.7", "--notify-unsigned", "192.0.2.53", "--notify", "[2001:db8::53]:5353")...)
	r.must(t, r.zones("admin", "change", zone, "--notify-unsigned", "192.0.2.54")...)
	for _, want := range []string{"passes        192.0.2.7/32, until ", "tells         192.0.2.54:53, unsigned\n", "key           key1.rpz.harbour.example, hmac-sha256, made ", "address       made ", "organisation  harbour\n"} {
		if out := r.must(t, r.zones("admin", "show", zone)...); !strings.Contains(out, want) || strings.Contains(out, "2001:db8") || strings.Contains(out, first.secret) {
			t.Errorf("shown without %q: %s", want, out)
		}
	}
	second := r.drawn(t, r.zones("admin", "rotate", zone, "--key", "--address", "--hours", "0")...)
	r.await(t, second, zone+".", "32.7.2.0.192.rpz-client-ip parrot.example *.parrot.example ")
	if _, _, err := r.transferred(first, zone+"."); err == nil || second.key != "key2.rpz.harbour.example." || second.url == first.url {
		t.Errorf("what was before is good: %v; %+v", err, second)
	}
	httpZone(t, first.url, "", 404, "")
	httpZone(t, second.url, "", 200, "parrot.example")
	for _, c := range []struct {
		status int
		why    string
		args   []string
	}{
		{exitBadInput, "--organisation: There is no organisation nowhere", r.zones("admin", "add", "rpz.x.example", "--organisation", "nowhere")},
		{exitBadInput, "name: \"rpz\" cannot be the name of a zone", r.zones("admin", "add", "rpz", "--organisation", "harbour")},
		{exitBreach, "There is a zone of this name already", r.zones("admin", "add", zone, "--organisation", "harbour")},
		{exitBadInput, "--still-pass: 192.0.2.0/24 does not pass: propose it", r.zones("first", "change", zone, "--still-pass", "192.0.2.0/24")},
		{exitBadInput, "network: 0.0.0.0/0 cannot pass", r.zones("first", "pass", zone, "0.0.0.0/0", "--until", tomorrow, "--reason", "r")},
		{exitBadInput, "--until: This holds for too long", r.zones("first", "pass", zone, "192.0.2.0/24", "--until", "2099-01-01", "--reason", "r")},
		{exitBadInput, "--until", r.zones("first", "pass", zone, "192.0.2.0/24", "--until", "soon", "--reason", "r")},
		{exitBadInput, "say one of --agree", r.zones("first", "answer", zone, "none", "--agree", "--refuse")},
		{exitBadInput, "--reason: ", r.zones("second", "answer", zone, refused, "--refuse")},
		{exitBadInput, "--notify: \"ns.example\" is no address", r.zones("first", "change", zone, "--notify", "ns.example")},
		{exitBadInput, "say what is to change", r.zones("first", "change", zone)},
		{exitBadInput, "and not both", r.zones("first", "change", zone, "--pass-none", "--still-pass", "192.0.2.0/24")},
		{exitBadInput, "--key, --address or both", r.zones("admin", "rotate", zone)},
		{exitBadInput, "--hours: ", r.zones("admin", "rotate", zone, "--key", "--hours", "721")},
		{exitBadInput, "there is no zone rpz.none.example", r.zones("admin", "show", "rpz.none.example")},
		{exitBreach, "You may not", r.zones("staff", "list")},
	} {
		r.refused(t, c.status, c.why, c.args...)
	}
	if out := r.must(t, r.zones("second", "answer", zone, refused, "--refuse", "--reason", "too many")...); !strings.Contains(out, "is refused") {
		t.Errorf("refused: %s", out)
	}
	r.must(t, r.zones("admin", "change", zone, "--notify-none", "--pass-none")...)
	r.must(t, r.zones("admin", "end", zone)...)
	if out := r.must(t, r.zones("admin", "list")...); out != "There is nothing.\n" {
		t.Errorf("listed after the end: %s", out)
	}
	if _, _, err := r.transferred(second, zone+"."); err == nil {
		patience := time.Now().Add(agreedLate) // the server looks a few times a second
		for err == nil && time.Now().Before(patience) {
			_, _, err = r.transferred(second, zone+".")
		}
		if err == nil {
			t.Error("a zone that has ended is handed out")
		}
	}
}

// takenForDNS has listenDNS fail where somebody has the port for UDP, and takes it for TCP then. Any program may have taken that
// meanwhile, so several ports are tried.
func takenForDNS(t *testing.T) net.Listener {
	t.Helper()
	for range 10 {
		p, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if _, err := listenDNS(p.LocalAddr().String()); err == nil || !strings.Contains(err.Error(), "--dns-listen") {
			t.Errorf("an address that is taken: %v", err)
		}
		if l, err := net.Listen("tcp", p.LocalAddr().String()); err == nil {
			return l
		}
	}
	t.Fatal("TCP is still open there")
	return nil
}

// TestListenDNS: an address that is taken is said to be, and nothing of it stays open.
func TestListenDNS(t *testing.T) {
	l := takenForDNS(t)
	defer l.Close()
	if _, err := listenDNS(l.Addr().String()); err == nil {
		t.Error("an address that is taken")
	}
	if n, err := listenDNS(""); n != nil || err != nil || n.close() != nil {
		t.Error(n, err)
	}
}

// TestLostWithoutKey: what takes no key is not sent again where it may have been done.
func TestLostWithoutKey(t *testing.T) {
	asked := 0
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(http.StatusServiceUnavailable)
	})}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	asks := &client{"http://" + l.Addr().String(), "token", http.DefaultClient}
	_, err = asks.post(t.Context(), "/zones", "", newZone{}, new(struct{}))
	var gone *lost
	if !errors.As(err, &gone) || asked != 1 || strings.Contains(err.Error(), "--key") || !strings.Contains(err.Error(), "look how it is now") {
		t.Errorf("asked %d times: %v", asked, err)
	}
}
