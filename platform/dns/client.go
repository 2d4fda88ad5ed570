package dns

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// clients are the owners by which a zone knows who asks, each network once and in order.
func clients(networks []netip.Prefix) (owners []string, err error) {
	networks, err = Networks(networks)
	for _, n := range networks {
		owners = append(owners, client(n))
	}
	return owners, err
}

// Networks are networks as a zone exempts them, each once and in order. It is an error that says so where one
// cannot be.
func Networks(networks []netip.Prefix) ([]netip.Prefix, error) {
	masked := make([]netip.Prefix, 0, len(networks))
	for _, n := range networks {
		if n.Bits() < 1 || n.Addr().Is4In6() {
			return nil, fmt.Errorf("%s cannot be exempted: it is to be a network like 192.0.2.0/24 or 2001:db8::/32, and not everybody", n)
		}
		masked = append(masked, n.Masked())
	}
	slices.SortFunc(masked, func(a, b netip.Prefix) int {
		if c := a.Addr().Compare(b.Addr()); c != 0 {
			return c
		}
		return a.Bits() - b.Bits()
	})
	return slices.Compact(masked), nil
}

// client is the owner for one network: its length and then its address backwards, that of IPv4 in decimal
// bytes, that of IPv6 in hexadecimal words of which the longest run of zeros is zz: the first of two, read
// forwards, as RFC 5952 has it.
func client(network netip.Prefix) string {
	labels := []string{strconv.Itoa(network.Bits())}
	if network.Addr().Is4() {
		for _, b := range slices.Backward(network.Addr().AsSlice()) {
			labels = append(labels, strconv.Itoa(int(b)))
		}
		return strings.Join(append(labels, "rpz-client-ip"), ".")
	}
	bytes := network.Addr().As16()
	var words [8]uint16
	for i := range words { // backwards
		words[i] = uint16(bytes[14-2*i])<<8 | uint16(bytes[15-2*i])
	}
	first, length := zeros(words)
	for i := 0; i < len(words); i++ {
		if i == first && length > 1 {
			labels = append(labels, "zz")
			i += length - 1
			continue
		}
		labels = append(labels, strconv.FormatUint(uint64(words[i]), 16))
	}
	return strings.Join(append(labels, "rpz-client-ip"), ".")
}

// zeros finds the longest run of zeros, the last of those.
func zeros(words [8]uint16) (first, length int) {
	run := 0
	for i, w := range words {
		if w != 0 {
			run = 0
			continue
		}
		if run++; run >= length {
			first, length = i-run+1, run
		}
	}
	return first, length
}
