package dns

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"portcullis/platform"
	"portcullis/platform/platformtest"
	"portcullis/policy"
)

var update = flag.Bool("update", false, "write the files under testdata anew")

// harbour is a list with names that are hostile among others.
func harbour() *platform.List {
	return &platform.List{Organisation: "harbour\n* CNAME .", Generation: 7, At: time.Unix(1_700_000_000, 0), Domains: []platform.Domain{
		{Name: "*", Product: "all"}, {Name: "cdn.tides.example", Product: "tides"}, {Name: "tides.example", Product: "tides"}, {Name: "Bücher.example", Product: "books"},
		{Name: "x.example\n@ SOA", Product: "p"}, {Name: strings.Repeat("a.", 116) + "example", Product: "long"}, {Name: "24.0.2.0.192.rpz-client-ip"}, {Name: "32.1.1.1.1.RPZ-ip"}}}
}

var networks = []netip.Prefix{netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("192.0.2.99/24"), netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("10.1.2.3/32")}

func TestGolden(t *testing.T) {
	platformtest.Golden(t, *update, "rpz.zone", func(w io.Writer, l *platform.List) ([]platform.Left, error) {
		return WriteZone(w, l, Options{Zone: "RPZ.harbour.example.", Serial: 42, Passed: networks})
	}, harbour())
}

func TestWriteFails(t *testing.T) { platformtest.Fails(t, Write, harbour()) }

// TestTextIsRecords: the text, read by somebody else's parser, is the records that are transferred.
func TestTextIsRecords(t *testing.T) {
	for _, origin := range []string{"rpz.harbour.example", ""} {
		var text bytes.Buffer
		o := Options{Zone: origin, Passed: networks}
		left, err := WriteZone(&text, harbour(), o)
		if err != nil {
			t.Fatal(err)
		}
		o.Zone = "rpz.harbour.example"
		records, leftToo, err := Records(harbour(), o)
		if diff := cmp.Diff(left, leftToo); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
		p := dns.NewZoneParser(&text, "rpz.harbour.example.", "")
		for _, want := range records {
			if got, ok := p.Next(); !ok || got.String() != want.String() {
				t.Errorf("%v: want %s, got %v", p.Err(), want, got)
			}
		}
		if rr, more := p.Next(); more || p.Err() != nil {
			t.Errorf("more: %v %v", rr, p.Err())
		}
	}
}

// TestDigest: it tells what zones say apart, and nothing else.
func TestDigest(t *testing.T) {
	digest := func(l *platform.List, o Options) string {
		t.Helper()
		d, err := Digest(l, o)
		if err != nil || len(d) != 64 {
			t.Fatal(d, err)
		}
		return d
	}
	later := harbour()
	later.Generation, later.At, later.Organisation = 8, later.At.Add(time.Hour), "tower"
	o := Options{Zone: "rpz.harbour.example", Passed: networks}
	first := digest(harbour(), o)
	if digest(later, Options{Zone: "RPZ.harbour.example.", Passed: append(networks[2:], networks...), Serial: 7, Comment: "another"}) != first {
		t.Error("the same has another digest")
	}
	fewer := harbour()
	fewer.Domains = fewer.Domains[:2]
	for what, other := range map[string]string{"a name less": digest(fewer, o), "a network less": digest(harbour(), Options{Zone: o.Zone, Passed: networks[1:2]}), "another zone": digest(harbour(), Options{Zone: "rpz.tower.example", Passed: networks})} {
		if other == first {
			t.Errorf("%s has the same digest", what)
		}
	}
	if _, err := Digest(harbour(), Options{Zone: "x y"}); err == nil {
		t.Error("what cannot be written has a digest")
	}
}

func TestClients(t *testing.T) {
	for network, want := range map[string]string{
		"192.0.2.77/24":             "24.0.2.0.192",
		"10.0.0.0/8":                "8.0.0.0.10",
		"203.0.113.7/32":            "32.7.113.0.203",
		"2001:db8::/32":             "32.zz.db8.2001",
		"2001:db8::1/128":           "128.1.zz.db8.2001",
		"2001:db8:0:1:1:1:1:1/128":  "128.1.1.1.1.1.0.db8.2001",
		"2001:0:0:1::1/128":         "128.1.zz.1.0.0.2001",
		"2001:db8:0:0:1:0:0:1/128":  "128.1.0.0.1.zz.db8.2001",
		"::1/128":                   "128.1.zz",
		"8000::/1":                  "1.zz.8000",
		"abcd:ef01:2:3:4:5:6:7/128": "128.7.6.5.4.3.2.ef01.abcd",
	} {
		owners, err := clients([]netip.Prefix{netip.MustParsePrefix(network)})
		if err != nil || len(owners) != 1 || owners[0] != want+".rpz-client-ip" {
			t.Errorf("%s: %q, %v, want %s", network, owners, err, want)
		}
	}
	for _, network := range []netip.Prefix{{}, netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"), netip.MustParsePrefix("::ffff:10.0.0.0/104")} {
		var b bytes.Buffer
		if _, err := WriteZone(&b, harbour(), Options{Passed: []netip.Prefix{network}}); err == nil || b.Len() > 0 {
			t.Errorf("%s is exempted", network)
		}
	}
}

func TestSerials(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	for _, c := range []struct{ last, want uint32 }{
		{1, 1_700_000_000}, {1_699_999_999, 1_700_000_000}, {1_700_000_000, 1_700_000_001}, {1_700_000_009, 1_700_000_010}} {
		if got := Next(c.last, at); got != c.want {
			t.Errorf("after %d: %d, want %d", c.last, got, c.want)
		}
	}
	if got := Next(math.MaxUint32, time.Unix(math.MaxUint32-5, 0)); got != 1 || !Above(got, math.MaxUint32) {
		t.Errorf("after the last: %d", got)
	}
	if Serial(time.Unix(0, 0)) != 1 || Above(5, 5) || Above(4, 5) {
		t.Error("serials do not rise")
	}
}

func TestRefused(t *testing.T) {
	for name, try := range map[string]func(w io.Writer) error{
		"a browser's list": func(w io.Writer) error {
			_, err := Write(w, &platform.List{Platform: policy.Chrome})
			return err
		},
		"a device's list": func(w io.Writer) error {
			_, err := Write(w, &platform.List{Host: "press"})
			return err
		},
		"a zone that is no name": func(w io.Writer) error {
			_, err := WriteZone(w, harbour(), Options{Zone: "rpz.example\n$INCLUDE passwords"})
			return err
		},
		"records without a zone": func(io.Writer) error {
			_, _, err := Records(harbour(), Options{})
			return err
		},
		"records of a browser's list": func(io.Writer) error {
			_, _, err := Records(&platform.List{Platform: policy.Chrome}, Options{Zone: "rpz.example"})
			return err
		},
	} {
		var b bytes.Buffer
		if err := try(&b); err == nil || b.Len() > 0 {
			t.Errorf("%s: %v, wrote %q", name, err, b.String())
		}
	}
}

// addressed is a record that a name server takes for one of an address, or of a name server.
var addressed = regexp.MustCompile(`(?im)\.rpz-(client-ip|ip|nsip|nsdname)\t`)

// FuzzZone: whatever names are, a name server loads the zone, and it says nothing of what is not below them.
func FuzzZone(f *testing.F) {
	f.Add("harbour", "tides.example", "a.tides.example")
	f.Add("a\nb", "a\n@ SOA", strings.Repeat("a.", 125)+"b")
	f.Add("", "24.0.2.0.192.rpz-client-ip", "tides.rpz-ip")
	f.Add(";", "Bücher.example", "*")
	f.Fuzz(func(t *testing.T, organisation, one, other string) {
		var b bytes.Buffer
		if _, err := Write(&b, &platform.List{Organisation: organisation, Domains: []platform.Domain{{Name: one}, {Name: other}}}); err != nil {
			t.Fatal(err)
		}
		d, err := platformtest.NameServer(b.Bytes())
		if err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		if addressed.MatchString(b.String()) {
			t.Errorf("a name is taken for an address\n%s", b.String())
		}
		if d.(platformtest.Network).Blocks("none-of-these.test") && !strings.Contains(one+other, "none") && !strings.Contains(one+other, "test") {
			t.Errorf("too much is denied\n%s", b.String())
		}
	})
}

func BenchmarkRPZ(b *testing.B) {
	l := &platform.List{Organisation: "harbour"}
	for i := range 3000 {
		l.Domains = append(l.Domains, platform.Domain{Name: fmt.Sprintf("h%04d.example", i)})
	}
	platformtest.Writing(b, Write, l)
}
