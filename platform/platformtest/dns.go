package platformtest

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/miekg/dns"

	"portcullis/policy"
)

// NameServer is one that answers by a response policy zone, as "DNS Response Policy Zones" of ISC has it:
// it loads the text of RFC 1035 under a name of its own.
func NameServer(artefact []byte) (Device, error) {
	const origin = "rpz.test."
	d := nameServer{}
	p := dns.NewZoneParser(bytes.NewReader(artefact), origin, "")
	p.SetIncludeAllowed(false)
	first := true
	named := false
	for rr, ok := p.Next(); ok; rr, ok = p.Next() {
		if _, isSOA := rr.(*dns.SOA); isSOA != first {
			return nil, fmt.Errorf("%s: a zone has one SOA, at its head", rr)
		}
		first = false
		switch rr := rr.(type) {
		case *dns.SOA:
			continue
		case *dns.NS:
			named = true
			continue
		case *dns.CNAME:
			owner, below := strings.CutSuffix(rr.Hdr.Name, "."+origin)
			if _, twice := d[owner]; twice || !below {
				return nil, fmt.Errorf("%s: out of the zone, or beside another record", rr)
			}
			d[owner] = rr.Target
		default:
			return nil, fmt.Errorf("%s is not of a response policy zone", rr)
		}
	}
	if err := p.Err(); err != nil {
		return nil, err
	}
	if !named {
		return nil, fmt.Errorf("a zone without name servers is not loaded")
	}
	return d, nil
}

// nameServer is the targets by their owners below the zone.
type nameServer map[string]string

// Denies: what a name server knows of an app is its domain.
func (d nameServer) Denies(in policy.Installation) bool { return d.Blocks(in.Identifier) }

func (d nameServer) Blocks(host string) bool {
	if target, ok := d[host]; ok {
		return target == "."
	}
	for _, above, ok := strings.Cut(host, "."); ok; _, above, ok = strings.Cut(above, ".") {
		if target, ok := d["*."+above]; ok {
			return target == "."
		}
	}
	return false
}
