package enforce

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"portcullis/internal/fault"
	"portcullis/platform/dns"
	"portcullis/platform/domain"
	"portcullis/store"
)

// Zone is a response policy zone, from which an organisation's name servers answer: what decisions say of names on
// the network.
type Zone struct {
	ID string
	// Name is the zone's, in lower case and A-labels, without a final dot. No two that have not ended have one name.
	Name         string
	Organisation string
	// Passed are the networks whose devices are answered as if there were no zone: those of Networks that pass now.
	Passed []netip.Prefix
	// Networks are those that wait for an answer, that pass, and did once: the newest first, where one zone is asked for, and
	// of several those that wait or pass.
	Networks []ZoneNetwork
	// Notify are the name servers that are told when the serial has risen.
	Notify []NameServer
	Added  store.Time
	Ended  store.Time
	// Version is raised by every change that somebody makes.
	Version int64
	// Keys sign transfers, and Addresses open the text over HTTP: those that are still good, the newest first.
	Keys      []ZoneKey
	Addresses []ZoneAddress
	Edition   Edition

	drawn int64 // how many keys there were
}

// Edition is what name servers are given of a zone.
type Edition struct {
	// Number counts editions; 0 is none yet. Serial rises with it: whenever what is given out changes, and only then.
	Number int64
	Serial uint32
	// Digest is of all but the serial.
	Digest string
	// Generation and At are those of the list that it came of first, and Published when that was.
	Generation    int64
	At, Published store.Time
}

// NameServer is one that is told.
type NameServer struct {
	Address netip.AddrPort
	// Unsigned is that it knows no key, as Unbound does not.
	Unsigned bool
}

// ZoneKey is a key for transfers, with hmac-sha256 (TSIG, RFC 8945).
type ZoneKey struct {
	// Name is the key's, without a final dot.
	Name string
	Made store.Time
	// Until is when it is good no longer; zero where there is no other in its place.
	Until   store.Time
	Fetched Fetched
	secret  string // in base64
}

// ZoneAddress is a secret in the address of the text, of which only the digest is kept.
type ZoneAddress struct {
	Made, Until store.Time
	Fetched     Fetched
	digest      string
}

// Fetched is the serial that was last taken by a secret, and when it was last taken or asked for by who had it already; zero
// where none was.
type Fetched struct {
	Serial uint32
	At     store.Time
}

// ZoneSecrets are what is shown once.
type ZoneSecrets struct {
	// Key is the name of a key and KeySecret its secret in base64; both are empty where none was drawn.
	Key, KeySecret string
	// Path is where the text is, on this server; empty where none was drawn.
	Path string
}

// ZoneAlgorithm is that of all keys.
const ZoneAlgorithm = "hmac-sha256"

// The limits of what one may say of a zone.
const (
	mostPassed   = 500
	mostNotified = 16
	longestZone  = 120 // its keys' names are longer, and names below it longer still
	dnsPort      = 53
)

// ReadNetwork reads a network such as 192.0.2.0/24, or a single address; a fault is about the field.
func ReadNetwork(field, text string) (netip.Prefix, error) {
	network, err := netip.ParsePrefix(text)
	if err == nil {
		return network, nil
	}
	address, err := netip.ParseAddr(text)
	if err != nil || address.Zone() != "" {
		return network, fault.In(field, "%.80q is no network: write it like 192.0.2.0/24 or 2001:db8::/32", text)
	}
	return netip.PrefixFrom(address, address.BitLen()), nil
}

// ReadNetworks reads several; faults are about the field passed.
func ReadNetworks(texts []string) (networks []netip.Prefix, err error) {
	var errs []error
	for _, text := range texts {
		network, err := ReadNetwork("passed", text)
		errs, networks = append(errs, err), append(networks, network)
	}
	return networks, errors.Join(errs...)
}

// ReadNameServer reads the address of a name server, with port 53 where it says none; a fault is about the field
// notify.
func ReadNameServer(text string) (netip.AddrPort, error) {
	at, err := netip.ParseAddrPort(text)
	if err != nil {
		address, single := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
		if single != nil {
			return at, fault.In("notify", "%.80q is no address of a name server: write it like 192.0.2.53 or [2001:db8::53]:5353", text)
		}
		at = netip.AddrPortFrom(address, dnsPort)
	}
	if a := at.Addr(); a.Zone() != "" || a.IsUnspecified() || a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) || at.Port() == 0 {
		return at, fault.In("notify", "%.80q is not the address of one name server: write it like 192.0.2.53 or [2001:db8::53]:5353", text)
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port()), nil
}

// settle puts what was said of a zone into its form, and returns what cannot be as faults of the fields name and notify.
func (z *Zone) settle() error {
	var errs []error
	name, ok := domain.ASCII(z.Name)
	if !ok || len(name) > longestZone {
		errs = append(errs, fault.In("name", "%.80q cannot be the name of a zone: it is to be like rpz.harbour.example, of %d characters at most", z.Name, longestZone))
	}
	z.Name = name
	slices.SortFunc(z.Notify, func(a, b NameServer) int { return a.Address.Compare(b.Address) })
	for i := 1; i < len(z.Notify); i++ {
		if z.Notify[i].Address == z.Notify[i-1].Address {
			errs = append(errs, fault.In("notify", "%s is named twice", z.Notify[i].Address))
		}
	}
	if len(z.Notify) > mostNotified {
		errs = append(errs, fault.In("notify", "%d name servers at most are told of a zone: those may tell others", mostNotified))
	}
	return errors.Join(errs...)
}

// options are those of the zone's text and records.
func (z *Zone) options() dns.Options {
	return dns.Options{Zone: z.Name, Passed: z.Passed, Serial: z.Edition.Serial,
		Comment: fmt.Sprintf("Portcullis zone of %s; serial %d; sha256 %s", z.Organisation, z.Edition.Serial, z.Edition.Digest)}
}

// path is where the text is, on every server.
func (z *Zone) path(secret string) string { return "/zones/" + secret + "/" + z.Name }

// draw draws 256 bits.
func draw(chance io.Reader) ([]byte, error) {
	drawn := make([]byte, 32)
	if _, err := io.ReadFull(chance, drawn); err != nil {
		return nil, fmt.Errorf("drawing the secret of a zone: %w", err)
	}
	return drawn, nil
}

// drawKey draws a key, under a name that no other of the zone had.
func (z *Zone) drawKey(chance io.Reader, now store.Time) (ZoneKey, error) {
	z.drawn++
	drawn, err := draw(chance)
	return ZoneKey{Name: fmt.Sprintf("key%d.%s", z.drawn, z.Name), Made: now, secret: base64.StdEncoding.EncodeToString(drawn)}, err
}

// drawAddress draws the secret of an address, and returns that too.
func drawAddress(chance io.Reader, now store.Time) (a ZoneAddress, secret string, err error) {
	drawn, err := draw(chance)
	secret = base64.RawURLEncoding.EncodeToString(drawn)
	return ZoneAddress{Made: now, digest: digestOfSecret(secret)}, secret, err
}

// digestOfSecret is what is kept of a secret of 256 random bits that is only compared.
func digestOfSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// networksText and serversText are the form in which the table has them.
func networksText(networks []netip.Prefix) string {
	texts := make([]string, len(networks))
	for i, n := range networks {
		texts[i] = n.String()
	}
	return strings.Join(texts, " ")
}

func readNetworksText(text string) (networks []netip.Prefix, err error) {
	for word := range strings.FieldsSeq(text) {
		n, err := netip.ParsePrefix(word)
		if err != nil {
			return nil, err
		}
		networks = append(networks, n)
	}
	return networks, nil
}

// unsigned stands before the address of a name server that knows no key.
const unsigned = "unsigned:"

func serversText(servers []NameServer) string {
	texts := make([]string, len(servers))
	for i, s := range servers {
		texts[i] = s.String()
	}
	return strings.Join(texts, " ")
}

// String is the address, after "unsigned:" where the name server knows no key.
func (s NameServer) String() string {
	if s.Unsigned {
		return unsigned + s.Address.String()
	}
	return s.Address.String()
}

func readServersText(text string) (servers []NameServer, err error) {
	for word := range strings.FieldsSeq(text) {
		address, bare := strings.CutPrefix(word, unsigned)
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return nil, err
		}
		servers = append(servers, NameServer{at, bare})
	}
	return servers, nil
}
