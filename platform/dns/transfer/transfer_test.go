package transfer

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"portcullis/platform"
	zones "portcullis/platform/dns"
)

// house keeps zones and keys in memory.
type house struct {
	mu      sync.Mutex
	zones   map[string]*Zone
	secrets map[string]string
	may     map[string]string
}

func (h *house) Zone(name string) *Zone {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.zones[name]
}

func (h *house) Secret(key string) []byte  { return []byte(h.secrets[key]) }
func (h *house) May(key, zone string) bool { return h.may[key] == zone }
func (h *house) base64(key string) string {
	return base64.StdEncoding.EncodeToString([]byte(h.secrets[key]))
}
func (h *house) client() *dns.Client {
	return &dns.Client{TsigProvider: signer{h}, Timeout: 5 * time.Second}
}
func (h *house) over(network string) *dns.Client { c := h.client(); c.Net = network; return c }

// put makes a zone that bans domains.
func (h *house) put(t testing.TB, name string, serial uint32, domains ...string) {
	t.Helper()
	l := &platform.List{Organisation: "harbour"}
	for _, d := range domains {
		l.Domains = append(l.Domains, platform.Domain{Name: d})
	}
	records, _, err := zones.Records(l, zones.Options{Zone: name, Serial: serial})
	if err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.zones[name] = &Zone{Serial: serial, Records: records}
}

const zone, other = "rpz.harbour.example.", "rpz.health.example."

func newHouse(t testing.TB) *house {
	h := &house{zones: map[string]*Zone{}, secrets: map[string]string{"harbour.": "the secret of harbour", "health.": "the secret of health"},
		may: map[string]string{"harbour.": zone, "health.": other}}
	h.put(t, zone, 7, "tides.example")
	h.put(t, other, 9, "ferries.example")
	return h
}

// open starts a server and returns its address.
func open(t *testing.T, h *house) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: l.Addr().(*net.TCPAddr).Port})
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Zones: h, Keys: h, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, l, p) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	return l.Addr().String()
}

// ask makes a question that is signed with a key, unless that is empty.
func ask(name string, kind uint16, key string) *dns.Msg {
	m := new(dns.Msg).SetQuestion(name, kind)
	if key != "" {
		m.SetTsig(key, dns.HmacSHA256, fudge, time.Now().Unix())
	}
	return m
}

// transferred takes a zone as others' code does.
func transferred(h *house, address, key string, m *dns.Msg) (records []dns.RR, messages int, err error) {
	t := &dns.Transfer{TsigSecret: map[string]string{key: h.base64(key)}}
	envelopes, err := t.In(m, address)
	if err != nil {
		return nil, 0, err
	}
	for e := range envelopes {
		if e.Error != nil {
			return nil, 0, e.Error
		}
		records = append(records, e.RR...)
		messages++
	}
	return records, messages, nil
}

func TestTransfer(t *testing.T) {
	h := newHouse(t)
	many := make([]string, 3000)
	for i := range many {
		many[i] = fmt.Sprintf("h%04d.example", i)
	}
	h.put(t, zone, 8, many...)
	address := open(t, h)
	for _, kind := range []uint16{dns.TypeAXFR, dns.TypeIXFR} {
		m := ask(strings.ToUpper(zone), kind, "")
		if kind == dns.TypeIXFR {
			m.Ns = []dns.RR{&dns.SOA{Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeSOA, Class: dns.ClassINET}, Ns: ".", Mbox: ".", Serial: 5}}
		}
		m.SetTsig("harbour.", dns.HmacSHA256, fudge, time.Now().Unix())
		records, messages, err := transferred(h, address, "harbour.", m)
		if err != nil {
			t.Fatal(err)
		}
		want := h.Zone(zone).Records
		if len(records) != len(want)+1 || messages < 3 || records[0].String() != want[0].String() || records[len(records)-1].String() != want[0].String() {
			t.Errorf("%d records in %d messages, the last %s", len(records), messages, records[len(records)-1])
		}
		for i := range want {
			if records[i].String() != want[i].String() {
				t.Fatalf("%s, want %s", records[i], want[i])
			}
		}
	}
}

// TestAnswers goes through what is answered without a whole zone.
func TestAnswers(t *testing.T) {
	h := newHouse(t)
	address := open(t, h)
	since := func(m *dns.Msg, serial uint32) *dns.Msg {
		signature := m.Extra
		m.Ns, m.Extra = []dns.RR{&dns.SOA{Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeSOA, Class: dns.ClassINET}, Ns: ".", Mbox: ".", Serial: serial}}, signature
		return m
	}
	chaos := ask(zone, dns.TypeSOA, "harbour.")
	chaos.Question[0].Qclass = dns.ClassCHAOS
	notify := new(dns.Msg).SetNotify(zone)
	notify.SetTsig("harbour.", dns.HmacSHA256, fudge, time.Now().Unix())
	for _, c := range []struct {
		name  string
		m     *dns.Msg
		net   string
		rcode int
		soa   bool
	}{
		{"SOA", ask(zone, dns.TypeSOA, "harbour."), "", 0, true},
		{"SOA by TCP", ask(zone, dns.TypeSOA, "HARBOUR."), "tcp", 0, true},
		{"nothing newer", since(ask(zone, dns.TypeIXFR, "harbour."), 7), "tcp", 0, true},
		{"IXFR by UDP", since(ask(zone, dns.TypeIXFR, "harbour."), 5), "", 0, true},
		{"IXFR from nothing", ask(zone, dns.TypeIXFR, "harbour."), "tcp", dns.RcodeFormatError, false},
		{"AXFR by UDP", ask(zone, dns.TypeAXFR, "harbour."), "", dns.RcodeRefused, false},
		{"another's zone", ask(other, dns.TypeSOA, "harbour."), "tcp", dns.RcodeNotAuth, false},
		{"another's zone whole", ask(other, dns.TypeAXFR, "harbour."), "tcp", dns.RcodeNotAuth, false},
		{"no zone", ask("rpz.nobody.example.", dns.TypeSOA, "harbour."), "tcp", dns.RcodeNotAuth, false},
		{"what is in the zone", ask("tides.example."+zone, dns.TypeCNAME, "harbour."), "", dns.RcodeNotAuth, false},
		{"another type", ask(zone, dns.TypeANY, "harbour."), "", dns.RcodeRefused, false},
		{"another class", chaos, "", dns.RcodeRefused, false},
		{"a notification", notify, "", dns.RcodeNotImplemented, false},
	} {
		reply, _, err := h.over(c.net).Exchange(c.m, address)
		if err != nil {
			if reply == nil || reply.Rcode != c.rcode || err != dns.ErrAuth { // the library's word for NOTAUTH
				t.Errorf("%s: %v", c.name, err)
				continue
			}
		}
		if reply.Rcode != c.rcode || (len(reply.Answer) == 1) != c.soa || reply.IsTsig() == nil || reply.IsTsig().MAC == "" {
			t.Errorf("%s: %v", c.name, reply)
		}
	}
}

// TestTook: who took the whole of a zone is told, or had it already, and who merely asked for its serial is not.
func TestTook(t *testing.T) {
	h := newHouse(t)
	ixfr := func(serial uint32) *dns.Msg {
		m := ask(zone, dns.TypeIXFR, "harbour.")
		m.Ns = []dns.RR{&dns.SOA{Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeSOA, Class: dns.ClassINET}, Ns: ".", Mbox: ".", Serial: serial}}
		return m
	}
	for name, c := range map[string]struct {
		m    *dns.Msg
		w    written
		want string
	}{
		"whole":           {ask("RPZ.harbour.example.", dns.TypeAXFR, "HARBOUR."), written{}, "harbour. rpz.harbour.example. 7"},
		"what is newer":   {ixfr(5), written{}, "harbour. rpz.harbour.example. 7"},
		"nothing newer":   {ixfr(7), written{}, "harbour. rpz.harbour.example. 7"},
		"a serial ahead":  {ixfr(9), written{}, ""},
		"the serial":      {ask(zone, dns.TypeSOA, "harbour."), written{}, ""},
		"another's":       {ask(other, dns.TypeAXFR, "harbour."), written{}, ""},
		"no signature":    {ask(zone, dns.TypeAXFR, ""), written{}, ""},
		"a bad signature": {ask(zone, dns.TypeAXFR, "harbour."), written{err: dns.ErrSig}, ""},
		"broken off":      {ask(zone, dns.TypeAXFR, "harbour."), written{gone: errors.New("gone")}, ""},
	} {
		var took string
		s := &Server{Zones: h, Keys: h, Now: time.Now, Log: slog.New(slog.DiscardHandler), Took: func(key, zone string, serial uint32) { took = fmt.Sprint(key, " ", zone, " ", serial) }}
		if s.ServeDNS(&c.w, c.m); took != c.want {
			t.Errorf("%s: told %q, want %q", name, took, c.want)
		}
	}
}

// TestStrangers: who does not sign, or not so that it can be verified, learns nothing.
func TestStrangers(t *testing.T) {
	h := newHouse(t)
	address := open(t, h)
	forged := newHouse(t)
	forged.secrets["harbour."] = "guessed"
	forged.secrets["nobody."] = "anything"
	signed := func(change func(*dns.Msg)) *dns.Msg {
		m := ask(zone, dns.TypeAXFR, "harbour.")
		change(m)
		return m
	}
	for _, c := range []struct {
		name   string
		m      *dns.Msg
		signer dns.TsigProvider
		rcode  int
		told   uint16
	}{
		{"no signature", ask(zone, dns.TypeAXFR, ""), signer{h}, dns.RcodeRefused, 0},
		{"no zone, and no signature", ask("rpz.nobody.example.", dns.TypeSOA, ""), signer{h}, dns.RcodeRefused, 0},
		{"another secret", ask(zone, dns.TypeAXFR, "harbour."), signer{forged}, dns.RcodeNotAuth, dns.RcodeBadSig},
		{"no such key", ask(zone, dns.TypeAXFR, "nobody."), signer{forged}, dns.RcodeNotAuth, dns.RcodeBadKey},
		{"an hour ago", signed(func(m *dns.Msg) { m.IsTsig().TimeSigned -= 3600 }), signer{h}, dns.RcodeNotAuth, dns.RcodeBadTime},
		{"for an hour", signed(func(m *dns.Msg) { m.IsTsig().Fudge = 3600 }), signer{h}, dns.RcodeNotAuth, dns.RcodeBadTime},
		{"a weaker algorithm", signed(func(m *dns.Msg) { m.IsTsig().Algorithm = dns.HmacSHA1 }), sha1{h}, dns.RcodeNotAuth, dns.RcodeBadKey},
	} {
		for _, network := range []string{"tcp", "udp"} {
			client := dns.Client{Net: network, Timeout: 5 * time.Second, TsigProvider: c.signer}
			reply, _, _ := client.Exchange(c.m.Copy(), address)
			if reply == nil || reply.Rcode != c.rcode || len(reply.Answer)+len(reply.Ns) > 0 {
				t.Errorf("%s by %s: %v", c.name, network, reply)
				continue
			}
			if told := reply.IsTsig(); (told != nil) != (c.told != 0) || told != nil && told.Error != c.told {
				t.Errorf("%s by %s: told %v", c.name, network, told)
			}
		}
	}
}

// sha1 signs as the library does, with whatever algorithm.
type sha1 struct{ h *house }

func (s sha1) Generate(msg []byte, t *dns.TSIG) ([]byte, error) { return []byte("no such thing"), nil }
func (s sha1) Verify([]byte, *dns.TSIG) error                   { return nil }

// TestTwoSignatures: a question that one key signs says at its end that another did.
func TestTwoSignatures(t *testing.T) {
	h := newHouse(t)
	address := open(t, h)
	m := ask(other, dns.TypeAXFR, "harbour.")
	data, _, err := dns.TsigGenerate(m, h.base64("harbour."), "", false)
	if err != nil {
		t.Fatal(err)
	}
	second := &dns.TSIG{Hdr: dns.RR_Header{Name: "health.", Rrtype: dns.TypeTSIG, Class: dns.ClassANY}, Algorithm: dns.HmacSHA256, TimeSigned: uint64(time.Now().Unix()), Fudge: fudge}
	tail := make([]byte, 512)
	n, err := dns.PackRR(second, tail, 0, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	data = append(data, tail[:n]...)
	data[11]++
	c, err := dns.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(data); err != nil {
		t.Fatal(err)
	}
	reply, err := c.ReadMsg()
	if err != nil || reply.Rcode != dns.RcodeFormatError || len(reply.Answer) > 0 {
		t.Errorf("%v, %v", err, reply)
	}
}

// TestConnections: those that are too many from one address are closed, and make room when they end.
func TestConnections(t *testing.T) {
	h := newHouse(t)
	address := open(t, h)
	var kept []net.Conn
	for range fromOne {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		kept = append(kept, c)
	}
	late, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer late.Close()
	late.SetReadDeadline(time.Now().Add(silence / 2))
	if _, err := late.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("one too many is kept: %v", err)
	}
	kept[0].Close()
	for deadline := time.Now().Add(silence); ; { // until the server has seen it
		if reply, _, err := h.over("tcp").Exchange(ask(zone, dns.TypeSOA, "harbour."), address); err == nil && len(reply.Answer) == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("there is no room again")
		}
	}
	kept[1].SetReadDeadline(time.Now().Add(2 * silence))
	if _, err := kept[1].Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("a silent connection is kept: %v", err)
	}
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}

func TestLifetime(t *testing.T) {
	here, there := net.Pipe()
	defer there.Close()
	now := time.Now()
	b := newBounded(nil, func() time.Time { return now })
	c := &conn{Conn: here, listener: b, until: now.Add(-time.Second)}
	c.SetReadDeadline(now.Add(time.Hour))
	if _, err := c.Read(make([]byte, 1)); !isTimeout(err) {
		t.Errorf("it reads on: %v", err)
	}
	if _, err := c.Write([]byte("x")); !isTimeout(err) {
		t.Errorf("it writes on: %v", err)
	}
	for i := range connections {
		if !b.admit(&conn{from: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})}) {
			t.Fatalf("%d connections are too many", i)
		}
	}
	if b.admit(&conn{from: netip.AddrFrom4([4]byte{10, 0, 0, connections})}) {
		t.Error("all addresses together may have any number")
	}
}

// FuzzServe: whatever is asked, unless signed, no record is told and nothing panics.
func FuzzServe(f *testing.F) {
	for _, m := range []*dns.Msg{ask(zone, dns.TypeAXFR, ""), ask(zone, dns.TypeSOA, "harbour."), new(dns.Msg).SetNotify(zone)} {
		data, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	h := newHouse(f)
	s := &Server{Zones: h, Keys: h, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := new(dns.Msg)
		if m.Unpack(data) != nil {
			return
		}
		w := &written{err: dns.ErrSig}
		s.ServeDNS(w, m)
		if m.IsTsig() == nil {
			w.err = nil
			s.ServeDNS(w, m)
		}
		if len(w.m) == 0 {
			t.Error("no answer")
		}
		for _, reply := range w.m {
			if len(reply.Answer)+len(reply.Ns) > 0 || reply.Rcode == dns.RcodeSuccess {
				t.Errorf("a stranger is told %s", reply)
			}
		}
		// The same, signed: whatever is in it is answered.
		if m.IsTsig() == nil {
			m.SetTsig("harbour.", dns.HmacSHA256, fudge, 1)
		}
		w = &written{}
		s.ServeDNS(w, m)
		if len(w.m) == 0 {
			t.Error("no answer to a signed question")
		}
		for _, reply := range w.m {
			if strings.Contains(fmt.Sprint(reply.Answer), "ferries") && dns.CanonicalName(m.IsTsig().Hdr.Name) != "health." {
				t.Error("another's zone is told")
			}
		}
	})
}

// written keeps what is answered.
type written struct {
	dns.ResponseWriter
	err, gone error // of the signature, and of writing
	m         []*dns.Msg
}

func (w *written) TsigStatus() error         { return w.err }
func (w *written) TsigTimersOnly(bool)       {}
func (w *written) RemoteAddr() net.Addr      { return &net.TCPAddr{} }
func (w *written) WriteMsg(m *dns.Msg) error { w.m = append(w.m, m); return w.gone }
func (w *written) Close() error              { return nil }

// secondary is a name server that hears notifications and answers them; it does not answer the first so
// many.
func secondary(t *testing.T, h *house, deaf int) (address string, heard chan uint32) {
	t.Helper()
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	heard = make(chan uint32, 100)
	s := &dns.Server{PacketConn: p, TsigProvider: signer{h}, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, r *dns.Msg) {
		if r.Opcode != dns.OpcodeNotify || len(r.Answer) != 1 || r.IsTsig() == nil || w.TsigStatus() != nil {
			t.Errorf("told %s (%v)", r, w.TsigStatus())
			return
		}
		heard <- r.Answer[0].(*dns.SOA).Serial
		m := new(dns.Msg).SetReply(r)
		if deaf > 0 {
			deaf--
			m.Rcode = dns.RcodeServerFailure
		}
		m.SetTsig(r.IsTsig().Hdr.Name, dns.HmacSHA256, fudge, time.Now().Unix())
		w.WriteMsg(m)
	})}
	ended := make(chan struct{})
	go func() { s.ActivateAndServe(); close(ended) }()
	t.Cleanup(func() { p.Close(); <-ended })
	return p.LocalAddr().String(), heard
}

func TestNotify(t *testing.T) {
	h := newHouse(t)
	good, heard := secondary(t, h, 0)
	slow, heardLate := secondary(t, h, 2)
	var log bytes.Buffer
	n := &Notifier{Zones: h, Keys: h, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Writer(&log), nil)), Again: time.Millisecond,
		Secondaries: func() []Secondary {
			return []Secondary{{Zone: zone, Address: good, Key: "harbour."}, {Zone: zone, Address: slow, Key: "harbour."}, {Zone: "rpz.nobody.example.", Address: good, Key: "harbour."}}
		}}
	changed := make(chan struct{}, 1)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { n.Run(ctx, changed); close(ended) }()
	next := func(from chan uint32, want uint32) {
		t.Helper()
		select {
		case serial := <-from:
			if serial != want {
				t.Errorf("told %d, want %d", serial, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("not told of %d", want)
		}
	}
	next(heard, 7)
	for range 3 {
		next(heardLate, 7)
	}
	changed <- struct{}{} // in vain: nothing has
	h.put(t, zone, 12, "tides.example")
	changed <- struct{}{}
	next(heard, 12)
	next(heardLate, 12)
	stop()
	<-ended
	if len(heard)+len(heardLate) > 0 {
		t.Errorf("told again: %d, %d", len(heard), len(heardLate))
	}
	if got := strings.Count(log.String(), "not told"); got != 2 {
		t.Errorf("%d warnings\n%s", got, log.String())
	}
}

// TestNotifyAlone: a name server that never answers keeps nobody else from being told, and one that does not know the newest key
// is told with the one before.
func TestNotifyAlone(t *testing.T) {
	h := newHouse(t)
	good, heard := secondary(t, h, 0)
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	told := make(chan error, 100)
	n := &Notifier{Zones: h, Keys: h, Now: time.Now, Log: slog.New(slog.DiscardHandler), Told: func(err error) { told <- err },
		Secondaries: func() []Secondary {
			return []Secondary{{Zone: zone, Address: silent.LocalAddr().String(), Key: "harbour."}, {Zone: zone, Address: good, Key: "nobodys.", Earlier: "harbour."}}
		}}
	changed := make(chan struct{}, 1)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { n.Run(ctx, changed); close(ended) }()
	for serial := uint32(7); serial < 12; serial++ {
		select {
		case got := <-heard:
			if got != serial {
				t.Errorf("told %d, want %d", got, serial)
			}
		case <-time.After(patience - time.Second):
			t.Fatalf("not told of %d", serial)
		}
		if err := <-told; err != nil {
			t.Errorf("told %d: %v", serial, err)
		}
		h.put(t, zone, serial+1, "tides.example")
		changed <- struct{}{}
	}
	<-heard
	if err := <-told; err != nil {
		t.Error(err)
	}
	if err := <-told; err == nil {
		t.Error("who never answers is told")
	}
	stop()
	<-ended
}
