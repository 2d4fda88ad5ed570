package transfer

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/miekg/dns"

	zones "portcullis/platform/dns"
)

// Zone is a zone as it is now. Nobody changes its Records, of which the first is the SOA with its Serial.
type Zone struct {
	Serial  uint32
	Records []dns.RR
}

// Zones are the zones that are handed out. Implementations are safe for concurrent use.
type Zones interface {
	// Zone returns a zone by its name in lower case with its final dot; nil where there is none.
	Zone(name string) *Zone
}

// Keys are the keys that others sign with. Implementations are safe for concurrent use.
type Keys interface {
	// Secret returns the secret of a key by its name in lower case with its final dot; nil where there is
	// none.
	Secret(key string) []byte
	// May tells whether who signs with a key may take a zone.
	May(key, zone string) bool
}

// Server answers name servers that take zones.
type Server struct {
	Zones Zones
	Keys  Keys
	Now   func() time.Time
	Log   *slog.Logger
	// Answered, where it is set, counts answers by their code, from many at the same time.
	Answered func(rcode int)
	// Took, where it is set, is told who took the whole of a zone, or asked for what is newer and had its serial already; from many
	// at the same time. Names are in lower case with their final dots.
	Took func(key, zone string, serial uint32)
}

// How long a connection may be silent, and how long a message may take to be written.
const (
	silence = 5 * time.Second
	writing = 10 * time.Second
)

// Serve answers on a listener and a UDP connection until the context ends, and closes both.
func (s *Server) Serve(ctx context.Context, l net.Listener, p *net.UDPConn) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	signer := signer{s.Keys}
	bounded := newBounded(l, s.Now)
	servers := []*dns.Server{
		{Listener: bounded, Handler: s, TsigProvider: signer, ReadTimeout: silence, IdleTimeout: func() time.Duration { return silence }},
		{PacketConn: p, Handler: s, TsigProvider: signer},
	}
	context.AfterFunc(ctx, func() {
		bounded.Close()
		p.Close()
	})
	ended := make(chan error, len(servers))
	for _, server := range servers {
		go func() {
			defer stop()
			ended <- server.ActivateAndServe()
		}()
	}
	var failed error
	for range servers {
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// ServeDNS answers one question.
func (s *Server) ServeDNS(w dns.ResponseWriter, r *dns.Msg) {
	key, refusal := s.signed(w, r)
	if refusal == nil {
		refusal = s.answer(w, r, key)
	}
	rcode, level := dns.RcodeSuccess, slog.LevelInfo
	if refusal != nil {
		rcode = refusal.Rcode
	}
	if s.Answered != nil {
		s.Answered(rcode)
	}
	if refusal == nil {
		return
	}
	if key == "" { // anybody can make these lines
		level = slog.LevelDebug
	}
	s.Log.Log(context.Background(), level, "a zone is not handed out", "to", w.RemoteAddr().String(), "question", question(r), "key", key, "answer", dns.RcodeToString[rcode])
	if err := w.WriteMsg(refusal); err != nil {
		s.Log.Log(context.Background(), level, "a name server is not answered", "to", w.RemoteAddr().String(), "err", err)
	}
}

func question(r *dns.Msg) string {
	if len(r.Question) == 0 {
		return ""
	}
	return r.Question[0].String()
}

// signed returns the name of the key that a question is signed with, or the answer to one that is not.
func (s *Server) signed(w dns.ResponseWriter, r *dns.Msg) (key string, refusal *dns.Msg) {
	refuse := func(rcode int) *dns.Msg { return new(dns.Msg).SetRcode(r, rcode) }
	signatures := 0
	for _, rr := range r.Extra {
		if rr.Header().Rrtype == dns.TypeTSIG {
			signatures++
		}
	}
	// The library verifies the first signature and tells of the last: there must be one alone, at the end.
	t := r.IsTsig()
	switch {
	case signatures == 0:
		return "", refuse(dns.RcodeRefused)
	case signatures > 1 || t == nil:
		return "", refuse(dns.RcodeFormatError)
	}
	err := w.TsigStatus()
	if err == nil {
		return dns.CanonicalName(t.Hdr.Name), nil
	}
	refusal = refuse(dns.RcodeNotAuth)
	refusal.SetTsig(t.Hdr.Name, t.Algorithm, fudge, s.Now().Unix())
	told := refusal.IsTsig()
	switch {
	case errors.Is(err, dns.ErrTime): // signed, and with the time as it is here (RFC 8945, 5.2.3)
		told.Error, told.OtherLen, told.OtherData = dns.RcodeBadTime, 6, seconds(s.Now())
		told.TimeSigned = t.TimeSigned
	case errors.Is(err, dns.ErrSig):
		told.Error = dns.RcodeBadSig
	default:
		told.Error = dns.RcodeBadKey
	}
	return "", refusal
}

// answer answers a question that is signed with a key, or returns why not.
func (s *Server) answer(w dns.ResponseWriter, r *dns.Msg, key string) (refusal *dns.Msg) {
	refuse := func(rcode int) *dns.Msg { return s.reply(r, rcode) }
	if r.Opcode != dns.OpcodeQuery {
		return refuse(dns.RcodeNotImplemented)
	}
	if len(r.Question) != 1 {
		return refuse(dns.RcodeFormatError)
	}
	q := r.Question[0]
	name := dns.CanonicalName(q.Name)
	if q.Qclass != dns.ClassINET {
		return refuse(dns.RcodeRefused)
	}
	if !s.Keys.May(key, name) {
		return refuse(dns.RcodeNotAuth)
	}
	zone := s.Zones.Zone(name)
	if zone == nil {
		return refuse(dns.RcodeNotAuth)
	}
	_, datagram := w.RemoteAddr().(*net.UDPAddr)
	whole, same := false, false
	switch q.Qtype {
	case dns.TypeSOA:
	case dns.TypeAXFR:
		if datagram { // it is not defined there
			return refuse(dns.RcodeRefused)
		}
		whole = true
	case dns.TypeIXFR:
		// The SOA alone says that the question is to come again by TCP, or that nothing is newer.
		has, ok := since(r)
		if !ok {
			return refuse(dns.RcodeFormatError)
		}
		whole, same = !datagram && zones.Above(zone.Serial, has), has == zone.Serial
	default:
		return refuse(dns.RcodeRefused)
	}
	if err := s.send(w, r, zone, whole); err != nil {
		s.Log.Info("a zone is not taken whole", "to", w.RemoteAddr().String(), "zone", name, "key", key, "err", err)
		w.Close()
		return nil
	}
	if s.Took != nil && (whole || same) {
		s.Took(key, name, zone.Serial)
	}
	s.Log.Debug("a zone is answered", "to", w.RemoteAddr().String(), "question", q.String(), "key", key, "serial", zone.Serial)
	return nil
}

// since is the serial that who asks for what is new has.
func since(r *dns.Msg) (serial uint32, ok bool) {
	if len(r.Ns) != 1 {
		return 0, false
	}
	soa, ok := r.Ns[0].(*dns.SOA)
	if !ok {
		return 0, false
	}
	return soa.Serial, true
}

// envelope is how many octets of records go into one message, uncompressed.
const envelope = 32 << 10

// send sends a zone's SOA, or the whole of it in as many messages as it takes, with the SOA at both ends.
func (s *Server) send(w dns.ResponseWriter, r *dns.Msg, zone *Zone, whole bool) error {
	if !whole {
		m := s.reply(r, dns.RcodeSuccess)
		m.Answer = zone.Records[:1]
		return w.WriteMsg(m)
	}
	rest, soa := zone.Records, zone.Records[:1]
	for last := false; !last; {
		m := s.reply(r, dns.RcodeSuccess)
		n, size := 0, 0
		for n < len(rest) && size < envelope {
			size += dns.Len(rest[n])
			n++
		}
		m.Answer, rest = rest[:n:n], rest[n:]
		if last = len(rest) == 0; last {
			m.Answer = append(m.Answer, soa...)
		}
		if err := w.WriteMsg(m); err != nil {
			return err
		}
		w.TsigTimersOnly(true)
	}
	return nil
}

// reply begins the signed answer to a signed question.
func (s *Server) reply(r *dns.Msg, rcode int) *dns.Msg {
	m := new(dns.Msg).SetRcode(r, rcode)
	m.Authoritative, m.Compress = rcode == dns.RcodeSuccess, true
	t := r.IsTsig()
	m.SetTsig(t.Hdr.Name, t.Algorithm, fudge, s.Now().Unix())
	return m
}
