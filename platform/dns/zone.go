package dns

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"time"
	"unicode"

	"github.com/miekg/dns"

	"portcullis/platform"
	"portcullis/platform/domain"
)

// Options say what the list does not.
type Options struct {
	// Zone is the zone's name; where it is empty, the text is for a zone of any name of at most 64
	// characters, and there are no records.
	Zone string
	// Serial tells one version of the zone from another; 0 is serialOf the list.
	Serial uint32
	// Passed are networks whose devices are answered as if there were no zone.
	Passed []netip.Prefix
	// Comment is the first line of the text; where it is empty, the list's stamp is.
	Comment string
}

// What name servers do with the zone, in seconds. They ask for a new serial each refresh, and ask again
// after retry; where nobody answers they go on with what they have until it expires, and bans with it:
// hence four weeks. An answer from the zone is forgotten after the least time.
const (
	refresh = 300
	retry   = 60
	expire  = 28 * 24 * 3600
	least   = 60
)

// The names of a zone that has no name servers of its own, and what an answer is replaced by.
const (
	primary  = "localhost."
	mailbox  = "nobody.localhost."
	nowhere  = "."             // there is no such name
	passed   = "rpz-passthru." // whatever the name is
	longest  = 253             // a name, without its final dot
	reserved = 64              // of these for the name of a zone that is not known
)

// rule is one answer of the zone; its owner is below the zone.
type rule struct{ owner, target string }

// Write writes the text of a zone of any name, in which no network is passed.
func Write(w io.Writer, l *platform.List) ([]platform.Left, error) { return WriteZone(w, l, Options{}) }

// WriteZone writes the text of a zone.
func WriteZone(w io.Writer, l *platform.List, o Options) ([]platform.Left, error) {
	rules, left, err := o.rules(l)
	if err != nil {
		return nil, err
	}
	if o.Comment == "" {
		o.Comment = l.Stamp()
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "; %s\n", line(o.Comment))
	if o.Zone != "" {
		fmt.Fprintf(&b, "$ORIGIN %s\n", dns.Fqdn(o.Zone))
	}
	fmt.Fprintf(&b, "$TTL %d\n@\tIN\tSOA\t%s %s %d %d %d %d %d\n@\tIN\tNS\t%s\n", least, primary, mailbox, o.Serial, refresh, retry, expire, least, primary)
	for _, r := range rules {
		b.WriteString(r.owner)
		b.WriteString("\tIN\tCNAME\t")
		b.WriteString(r.target)
		b.WriteByte('\n')
	}
	_, err = w.Write(b.Bytes())
	return left, err
}

// Digest is the SHA-256, in lower-case hex, of what a zone says to name servers: of everything but its serial and
// its comment.
func Digest(l *platform.List, o Options) (string, error) {
	o.Serial, o.Comment = 1, "any"
	h := sha256.New()
	if _, err := WriteZone(h, l, o); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Records returns the records of a zone, of which the first is its SOA.
func Records(l *platform.List, o Options) ([]dns.RR, []platform.Left, error) {
	if o.Zone == "" {
		return nil, nil, errors.New("a zone that is transferred needs a name")
	}
	rules, left, err := o.rules(l)
	if err != nil {
		return nil, nil, err
	}
	zone := dns.Fqdn(o.Zone)
	header := func(owner string, kind uint16) dns.RR_Header {
		return dns.RR_Header{Name: owner, Rrtype: kind, Class: dns.ClassINET, Ttl: least}
	}
	records := make([]dns.RR, 0, len(rules)+2)
	records = append(records,
		&dns.SOA{Hdr: header(zone, dns.TypeSOA), Ns: primary, Mbox: mailbox, Serial: o.Serial, Refresh: refresh, Retry: retry, Expire: expire, Minttl: least},
		&dns.NS{Hdr: header(zone, dns.TypeNS), Ns: primary})
	for _, r := range rules {
		records = append(records, &dns.CNAME{Hdr: header(r.owner+"."+zone, dns.TypeCNAME), Target: r.target})
	}
	return records, left, nil
}

// rules are the answers of the zone, networks first. It puts the options into the form that is written.
func (o *Options) rules(l *platform.List) (rules []rule, left []platform.Left, err error) {
	if l.Platform != 0 {
		return nil, nil, fmt.Errorf("a response policy zone is for name servers, and not for %s", l.Platform)
	}
	if l.Host != "" {
		return nil, nil, fmt.Errorf("a response policy zone cannot single out the device %s: name servers do not know who asks", l.Host)
	}
	room := longest - len("*..") - reserved
	if o.Zone != "" {
		zone, ok := domain.ASCII(o.Zone)
		if !ok {
			return nil, nil, fmt.Errorf("%q cannot be the name of a zone: it is to be like rpz.harbour.example", o.Zone)
		}
		o.Zone, room = zone, longest-len("*..")-len(zone)
	}
	if o.Serial == 0 {
		o.Serial = serialOf(l)
	}
	owners, err := clients(o.Passed)
	if err != nil {
		return nil, nil, err
	}
	for _, owner := range owners {
		rules = append(rules, rule{owner, passed})
	}
	names, left := domain.Names(l)
	for _, name := range names {
		if reason := unfit(name, room); reason != "" {
			left = append(left, platform.Left{Identifier: name, Reason: reason + ": it is not denied"})
			continue
		}
		rules = append(rules, rule{name, nowhere}, rule{"*." + name, nowhere})
	}
	return rules, left, nil
}

// unfit says why a name cannot stand in a zone that has room for names of a length.
func unfit(name string, room int) string {
	switch {
	case len(name) > room:
		return "the name is too long to stand below the zone's"
	case strings.HasPrefix(name[strings.LastIndexByte(name, '.')+1:], "rpz-"):
		return "a name server would take the name for an address or a name server's"
	}
	return ""
}

// line makes a text one that a comment ends with.
func line(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

// serialOf is the serial of a list that is written by itself, with nobody to keep the last one: that of the date since
// which it says what it says, raised by each decision. So it rises with both, and is the same for the same decisions.
func serialOf(l *platform.List) uint32 {
	if l.Since.IsZero() {
		return max(uint32(l.Generation), 1)
	}
	return max(Serial(l.Since)+uint32(l.Generation), 1)
}

// Serial is the serial of a zone that is first made at a time. Serials are counted as RFC 1982 has it.
func Serial(at time.Time) uint32 { return max(uint32(at.Unix()), 1) }

// Next is the serial of a zone that was changed at a time, after last: the time's where that is higher, so
// that the serials of a server that has forgotten its last one still rise.
func Next(last uint32, at time.Time) uint32 {
	if serial := Serial(at); Above(serial, last) {
		return serial
	}
	return max(last+1, 1)
}

// Above tells whether a serial is higher than another, by RFC 1982.
func Above(serial, other uint32) bool { return int32(serial-other) > 0 }
