package sign

import (
	"bytes"
	"fmt"
	"slices"
)

// scheme is one of v2, v3 and v3.1, as found in a file.
type scheme struct {
	v       *Verification
	name    string
	minSDK  int // of the versions that are asked about and look at this scheme
	signers []*signer
	lineage []Ancestor
	wanted  []content // digests of the file that a verified signature names
}

// signer is one signer of any scheme.
type signer struct {
	told    *Signer
	digests []namedDigest
	failed  bool

	minSDK, maxSDK int
	ancestors      []Ancestor
	devRelease     bool // v3.1: for the version that comes after minSDK and has its number still
	sdkSaid        bool // v3: names the version from which v3.1 counts
}

// namedDigest is a digest of the file that a signer has signed.
type namedDigest struct {
	algorithm uint32
	digest    []byte
}

// Attributes of a signer.
const (
	attrStripping   = 0xbeeff00d // v2: the newer scheme that the file was signed with too
	attrRotation    = 0x3ba06f8c // v3: proof of rotation
	attrRotationMin = 0x559f8b02 // v3: the version from which v3.1 counts
	attrDevRelease  = 0xc2a6b3ba // v3.1: meant for the version under development
)

// maxV3Signers is how many signers of v3 are looked at: there is one for each range of versions.
const maxV3Signers = 32

// readSchemes reads the signatures of v3.1, v3 and v2, in this order, as far as a version that is asked
// about looks at them. Where one does not verify, older ones are looked at all the same: that makes
// the verdict no better, and the report fuller.
func (v *Verification) readSchemes() {
	for _, s := range []struct {
		name string
		id   uint32
		from int
	}{{V31, idV31, sdkT}, {V3, idV3, sdkP}, {V2, idV2, sdkN}} {
		if s.name == V2 && v.opt.MinSDK >= sdkP && len(v.found) > 0 {
			continue
		}
		p, ok := v.file.pairs[s.id]
		if !ok {
			if s.name == V3 && v.has(V31) {
				v.problem("v3.1: there is a signature of v3.1 and none of v3, which it may only stand beside")
			}
			continue
		}
		v.found = append(v.found, s.name)
		sc := &scheme{v: v, name: s.name, minSDK: max(v.opt.MinSDK, s.from)}
		v.schemes = append(v.schemes, sc)
		if p.size > maxSignature {
			v.problem("%s: the signature takes %d bytes; signatures of more than %d are not read", s.name, p.size, maxSignature)
			continue
		}
		value, err := v.read(p.at, p.size)
		if err != nil {
			v.problem("%s: the signature cannot be read: %v", s.name, err)
			continue
		}
		sc.read(value)
	}
}

// read reads all signers.
func (s *scheme) read(value []byte) {
	all := (&cursor{b: value}).sub()
	if all.err != nil {
		s.v.problem("%s: the list of signers is damaged", s.name)
		return
	}
	if all.empty() {
		s.v.problem("%s: there is no signer", s.name)
		return
	}
	most := maxSigners
	if s.name != V2 {
		most = maxV3Signers
	}
	for n := 1; !all.empty(); n++ {
		if n > most {
			s.v.problem("%s: there are more than %d signers, which Android refuses", s.name, most)
			return
		}
		one := &signer{told: &Signer{Scheme: s.name, Name: fmt.Sprint(n)}}
		s.signers = append(s.signers, one)
		data := all.sub()
		if all.err == nil {
			s.readSigner(one, data)
		} else {
			s.fail(one, "the record is damaged")
		}
		if data.err != nil {
			s.fail(one, "the record is damaged")
			return
		}
	}
	if s.name != V2 {
		s.checkRanges()
	}
}

// fail notes that a signer does not verify.
func (s *scheme) fail(one *signer, format string, args ...any) {
	one.failed = true
	s.v.problem("%s, signer %s: %s", s.name, one.told.Name, fmt.Sprintf(format, args...))
}

// readSigner checks a signer's signature, and then reads what it has signed.
func (s *scheme) readSigner(one *signer, c *cursor) {
	data := c.bytes()
	one.minSDK, one.maxSDK = s.minSDK, sdkEver
	if s.name != V2 {
		one.minSDK, one.maxSDK = int(int32(c.u32())), int(int32(c.u32()))
		one.told.MinSDK, one.told.MaxSDK = one.minSDK, one.maxSDK
		if one.maxSDK == sdkEver {
			one.told.MaxSDK = 0
		}
		if one.minSDK < 0 || one.minSDK > one.maxSDK {
			s.fail(one, "it is for Android versions %d to %d, which is no range", one.minSDK, one.maxSDK)
		}
	}
	signatures, key := c.sub(), c.bytes()
	if c.err != nil {
		return
	}
	ids, ok := s.checkSignatures(one, data, signatures, key)
	if ok {
		s.readSigned(one, &cursor{b: data}, key, ids)
	}
}

// signature is one signature over a signer's data.
type signature struct {
	algorithm
	value []byte
}

// checkSignatures verifies the best signature for each range of versions, and returns the numbers of
// all algorithms in their order.
func (s *scheme) checkSignatures(one *signer, data []byte, list *cursor, key []byte) (ids []uint32, ok bool) {
	var known []signature
	for !list.empty() {
		c := list.sub()
		id, value := c.u32(), c.bytes()
		if c.err != nil {
			s.fail(one, "signature %d is damaged", len(ids)+1)
			return nil, false
		}
		ids = append(ids, id)
		if a, ok := algorithmOf(id); ok {
			known = append(known, signature{a, value})
		} else {
			s.v.note("%s, signer %s: a signature of the unknown algorithm %#x is not looked at, by Android either", s.name, one.told.Name, id)
		}
	}
	if len(ids) == 0 {
		s.fail(one, "it has no signature")
		return nil, false
	}
	best, ok := strongest(known, one.minSDK)
	if !ok {
		s.fail(one, "it has no signature of an algorithm that Android knows on every version from %d on", one.minSDK)
		return nil, false
	}
	public, err := readKey(key)
	if err != nil {
		s.fail(one, "the key cannot be read: %v", err)
		return nil, false
	}
	for _, b := range best {
		if err := b.family.verify(public, b.hash, data, b.value); err != nil {
			s.fail(one, "%s: %v", b.name, err)
			return nil, false
		}
		one.told.Algorithms = append(one.told.Algorithms, b.name)
		if !slices.Contains(s.wanted, b.content) {
			s.wanted = append(s.wanted, b.content)
		}
	}
	return ids, true
}

// strongest picks what Android would check: on every version the strongest signature that it knows, the
// first of equals. ok is false where the oldest version of all knows none.
func strongest(list []signature, minSDK int) (best []signature, ok bool) {
	for _, from := range []int{sdkN, sdkP} {
		at := -1
		for i, s := range list {
			if s.minSDK == from && (at < 0 || s.content > list[at].content) {
				at = i
			}
		}
		if at >= 0 {
			best = append(best, list[at])
		}
	}
	return best, len(best) > 0 && minSDK >= best[0].minSDK
}

// readSigned reads what a signature has been verified over: digests, certificates, versions and
// attributes.
func (s *scheme) readSigned(one *signer, c *cursor, key []byte, ids []uint32) {
	digests, certs := c.sub(), c.sub()
	if s.name != V2 {
		if from, to := int(int32(c.u32())), int(int32(c.u32())); c.err == nil && (from != one.minSDK || to != one.maxSDK) {
			s.fail(one, "it says that it is for Android versions %d to %d, and has signed %d to %d", one.minSDK, one.maxSDK, from, to)
		}
	}
	attributes := c.sub()
	if c.err != nil {
		s.fail(one, "what it has signed is damaged")
		return
	}
	if !s.readCertificates(one, certs, key) {
		return
	}
	var digestIDs []uint32
	for !digests.empty() {
		d := digests.sub()
		nd := namedDigest{d.u32(), d.bytes()}
		if d.err != nil {
			s.fail(one, "digest %d is damaged", len(digestIDs)+1)
			return
		}
		digestIDs = append(digestIDs, nd.algorithm)
		one.digests = append(one.digests, nd)
	}
	if !slices.Equal(ids, digestIDs) || digests.err != nil {
		s.fail(one, "it has signatures of other algorithms than digests, so that one may have been taken away")
		return
	}
	for n := 1; !attributes.empty(); n++ {
		attr := attributes.sub()
		id := attr.u32()
		if attr.err != nil {
			s.fail(one, "attribute %d is damaged", n)
			return
		}
		s.readAttribute(one, id, attr.b)
	}
}

// readCertificates reads the signer's certificate and those after it.
func (s *scheme) readCertificates(one *signer, list *cursor, key []byte) bool {
	for n := 1; !list.empty(); n++ {
		b := list.bytes()
		cert, err := readCertificate(b)
		if err == nil {
			err = list.err
		}
		if err != nil {
			s.fail(one, "certificate %d cannot be read: %v", n, err)
			return false
		}
		one.told.Certificates = append(one.told.Certificates, cert)
	}
	if len(one.told.Certificates) == 0 {
		s.fail(one, "it has no certificate")
		return false
	}
	if !one.told.Certificates[0].hasKey(key) {
		s.fail(one, "its certificate has another key than the one that verifies its signature")
		return false
	}
	return true
}

// readAttribute reads one attribute of a signer.
func (s *scheme) readAttribute(one *signer, id uint32, value []byte) {
	c := &cursor{b: value}
	switch {
	case id == attrStripping && s.name == V2:
		switch newer := c.u32(); {
		case c.err != nil:
			s.fail(one, "its attribute of newer schemes is damaged")
		case newer == 3 && !s.v.has(V3):
			s.fail(one, "the file was signed with v3 too, and that signature has been taken away")
		}
	case id == attrRotation && s.name != V2:
		s.readRotation(one, value)
	case id == attrRotationMin && s.name == V3:
		from := int(int32(c.u32()))
		one.sdkSaid = true
		if newer := s.v.of(V31); c.err != nil {
			s.fail(one, "its attribute of rotation is damaged")
		} else if newer == nil {
			s.fail(one, "the file was signed with v3.1 for Android versions from %d on, and that signature has been taken away", from)
		} else if from != newer.lowest() {
			s.fail(one, "it says that v3.1 counts from Android version %d on, and v3.1 is for %d on", from, newer.lowest())
		}
	case id == attrDevRelease && s.name == V31:
		one.devRelease = true
	default:
		s.v.note("%s, signer %s: the attribute %#x is not known", s.name, one.told.Name, id)
	}
}

// lowest is the oldest version that any signer is for.
func (s *scheme) lowest() int {
	low := 0
	for i, one := range s.signers {
		if i == 0 || one.minSDK < low {
			low = one.minSDK
		}
	}
	return low
}

// checkRanges checks that the signers of v3 and v3.1 divide the versions among them without a gap or an
// overlap, and that newer ones continue the lineage of older ones.
func (s *scheme) checkRanges() {
	sorted := slices.Clone(s.signers)
	slices.SortStableFunc(sorted, func(a, b *signer) int { return a.maxSDK - b.maxSDK })
	for i, one := range sorted {
		if i == 0 {
			continue
		}
		before := sorted[i-1]
		if one.minSDK != before.maxSDK+1 && (one.minSDK != before.maxSDK || !one.devRelease) {
			s.v.problem("%s: its signers leave out or share Android versions between %d and %d", s.name, before.maxSDK, one.minSDK)
			break
		}
	}
	last := sdkEver
	if newer := s.v.of(V31); s.name == V3 && newer != nil {
		last = newer.lowest() - 1
		for _, one := range s.signers {
			if !one.sdkSaid {
				s.v.note("v3, signer %s: it does not protect the signature of v3.1 from being taken away", one.told.Name)
			}
		}
	}
	first, end := sorted[0].minSDK, sorted[len(sorted)-1].maxSDK
	if first > s.minSDK && s.name == V3 || end < last { // v3.1 may begin at any version: v3 is for those before
		s.v.problem("%s: its signers are for Android versions %d to %d, and the app installs on others too", s.name, first, end)
	}
	s.joinLineages(sorted)
}

// joinLineages takes the longest lineage; every other must be its beginning, and lineages of newer
// versions may not be shorter than those of older ones.
func (s *scheme) joinLineages(sorted []*signer) {
	for _, one := range sorted {
		if one.ancestors == nil {
			continue
		}
		if len(one.ancestors) < len(s.lineage) {
			s.v.problem("%s: a signer for newer Android versions has a shorter lineage than one for older ones", s.name)
			return
		}
		for i, a := range s.lineage {
			if !bytes.Equal(a.Certificate.DER, one.ancestors[i].Certificate.DER) {
				s.v.problem("%s: the lineages of its signers contradict each other", s.name)
				return
			}
		}
		s.lineage = one.ancestors
	}
}
