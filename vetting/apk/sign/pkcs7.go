package sign

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// Object identifiers of PKCS #7 (RFC 5652).
const (
	oidSignedData    = "1.2.840.113549.1.7.2"
	oidContentType   = "1.2.840.113549.1.9.3"
	oidMessageDigest = "1.2.840.113549.1.9.4"
)

// jarDigests are the digests of signature blocks.
var jarDigests = map[string]struct {
	name string
	hash crypto.Hash
}{
	"1.2.840.113549.2.5":     {"MD5", crypto.MD5},
	"1.3.14.3.2.26":          {"SHA-1", crypto.SHA1},
	"2.16.840.1.101.3.4.2.4": {"SHA-224", crypto.SHA224},
	"2.16.840.1.101.3.4.2.1": {"SHA-256", crypto.SHA256},
	"2.16.840.1.101.3.4.2.2": {"SHA-384", crypto.SHA384},
	"2.16.840.1.101.3.4.2.3": {"SHA-512", crypto.SHA512},
}

// jarSignature is a pair of algorithms in a signature block.
type jarSignature struct {
	digest    string // its name in jarDigests
	signature string
}

// jarSignatures are the pairs that Android knows on every version from minSDK on, whether the second
// names the key alone or the digest too (for RSA and DSA: RFC 3279 and 5758; apksigner keeps the same
// list). Android 5 and 6 also took pairs whose halves contradict each other, which no later one does.
var jarSignatures = map[jarSignature]struct {
	family family
	minSDK int
}{
	{"MD5", oidRSA}:                       {rsaPKCS1, 0},
	{"MD5", "1.2.840.113549.1.1.4"}:       {rsaPKCS1, 21},
	{"SHA-1", oidRSA}:                     {rsaPKCS1, 0},
	{"SHA-1", "1.2.840.113549.1.1.5"}:     {rsaPKCS1, 0},
	{"SHA-224", oidRSA}:                   {rsaPKCS1, 21},
	{"SHA-224", "1.2.840.113549.1.1.14"}:  {rsaPKCS1, 21},
	{"SHA-256", oidRSA}:                   {rsaPKCS1, 18},
	{"SHA-256", "1.2.840.113549.1.1.11"}:  {rsaPKCS1, 18},
	{"SHA-384", oidRSA}:                   {rsaPKCS1, 18},
	{"SHA-384", "1.2.840.113549.1.1.12"}:  {rsaPKCS1, 21},
	{"SHA-512", oidRSA}:                   {rsaPKCS1, 18},
	{"SHA-512", "1.2.840.113549.1.1.13"}:  {rsaPKCS1, 21},
	{"SHA-1", oidDSA}:                     {dsaKey, 0},
	{"SHA-1", "1.2.840.10040.4.3"}:        {dsaKey, 9},
	{"SHA-224", oidDSA}:                   {dsaKey, 22},
	{"SHA-224", "2.16.840.1.101.3.4.3.1"}: {dsaKey, 21},
	{"SHA-256", oidDSA}:                   {dsaKey, 22},
	{"SHA-256", "2.16.840.1.101.3.4.3.2"}: {dsaKey, 21},
	{"SHA-1", oidEC}:                      {ecDSA, 18},
	{"SHA-1", "1.2.840.10045.4.1"}:        {ecDSA, 18},
	{"SHA-224", oidEC}:                    {ecDSA, 21},
	{"SHA-224", "1.2.840.10045.4.3.1"}:    {ecDSA, 21},
	{"SHA-256", oidEC}:                    {ecDSA, 18},
	{"SHA-256", "1.2.840.10045.4.3.2"}:    {ecDSA, 21},
	{"SHA-384", oidEC}:                    {ecDSA, 18},
	{"SHA-384", "1.2.840.10045.4.3.3"}:    {ecDSA, 21},
	{"SHA-512", oidEC}:                    {ecDSA, 18},
	{"SHA-512", "1.2.840.10045.4.3.4"}:    {ecDSA, 21},
}

// signedData is a signature block (RFC 5652, 5.1).
type signedData struct {
	contentType  string
	certificates []Certificate
	infos        []signerInfo
}

// signerInfo is one signature of it (RFC 5652, 5.3).
type signerInfo struct {
	issuer     []byte
	serial     *big.Int
	digest     string // object identifiers
	signature  string
	attributes element // without tag where there are none
	value      []byte
}

// Limits of a signature block, far beyond those that are used.
const (
	maxInfos        = 32
	maxCertificates = 64
)

// readSignedData reads a signature block.
func readSignedData(b []byte) (*signedData, error) {
	outer := (&berCursor{b: b}).into(tagSequence)
	if oid := outer.oid(); outer.err == nil && oid != oidSignedData {
		return nil, fmt.Errorf("it holds %s and no signed data", oid)
	}
	c := outer.into(tagContext0).into(tagSequence)
	c.integer()
	c.want(tagSet)
	d := &signedData{contentType: c.into(tagSequence).oid()}
	certs, _ := c.maybe(tagContext0)
	c.maybe(0xa1) // revocations
	infos := c.into(tagSet)
	if c.err != nil {
		return nil, c.err
	}
	list := &berCursor{b: certs.content}
	for list.more() {
		cert, err := readCertificate(list.next().raw)
		if err != nil || len(d.certificates) >= maxCertificates {
			return nil, fmt.Errorf("its certificate %d cannot be read: %w", len(d.certificates)+1, errors.Join(err, list.err))
		}
		d.certificates = append(d.certificates, cert)
	}
	for infos.more() {
		info, err := readSignerInfo(infos.into(tagSequence))
		if err != nil || len(d.infos) >= maxInfos {
			return nil, fmt.Errorf("its signature %d cannot be read: %w", len(d.infos)+1, errors.Join(err, infos.err))
		}
		d.infos = append(d.infos, info)
	}
	return d, errors.Join(list.err, infos.err)
}

func readSignerInfo(c *berCursor) (signerInfo, error) {
	var info signerInfo
	c.integer()
	if sid := c.next(); sid.tag == tagSequence { // a key's own number names no certificate for Android
		id := &berCursor{b: sid.content}
		info.issuer, info.serial = id.want(tagSequence).raw, id.integer()
		if id.err != nil {
			return info, id.err
		}
	}
	info.digest = c.into(tagSequence).oid()
	info.attributes, _ = c.maybe(tagContext0)
	info.signature = c.into(tagSequence).oid()
	info.value = c.want(tagOctets).content
	return info, c.err
}

// certificate is the one that a signature names, or nil.
func (d *signedData) certificate(info signerInfo) *Certificate {
	for i, c := range d.certificates {
		if info.serial != nil && c.serial.Cmp(info.serial) == 0 &&
			(bytes.Equal(c.issuer, info.issuer) || nameKey(c.issuer) == nameKey(info.issuer)) {
			return &d.certificates[i]
		}
	}
	return nil
}

// chain is a certificate and those that vouch for one another after it, as far as they are there.
func (d *signedData) chain(leaf *Certificate) []Certificate {
	list := []Certificate{*leaf}
	rest := slices.DeleteFunc(slices.Clone(d.certificates), func(c Certificate) bool { return bytes.Equal(c.DER, leaf.DER) })
	for last := *leaf; nameKey(last.subject) != nameKey(last.issuer); {
		i := slices.IndexFunc(rest, func(c Certificate) bool { return nameKey(c.subject) == nameKey(last.issuer) })
		if i < 0 {
			break
		}
		last = rest[i]
		list, rest = append(list, last), slices.Delete(rest, i, i+1)
	}
	return list
}

// check checks one signature over a signature file. Where it merely does not verify the certificate is
// nil without an error, and another one may; an error ends the check of the whole file.
func (d *signedData) check(info signerInfo, file []byte, minSDK int) (*Certificate, string, error) {
	digest := jarDigests[info.digest]
	alg, ok := jarSignatures[jarSignature{digest.name, info.signature}]
	if !ok || alg.minSDK > minSDK {
		return nil, "", fmt.Errorf("its algorithms (%s with %s) are not known to Android on every version from %d on", info.digest, info.signature, minSDK)
	}
	cert := d.certificate(info)
	switch {
	case cert == nil:
		return nil, "", errors.New("the certificate that it names is not there")
	case len(cert.critical) > 0:
		return nil, "", fmt.Errorf("its certificate has a critical extension that is not known (%s)", cert.critical[0])
	case !cert.signs:
		return nil, "", errors.New("its certificate is not for signatures")
	}
	signed := file
	if info.attributes.tag != 0 {
		if minSDK < sdkKitKat {
			return nil, "", errors.New("it has signed attributes, which protect nothing before Android 4.4")
		}
		same, err := d.checkAttributes(info.attributes, digest.hash, file)
		if err != nil || !same {
			return nil, "", err
		}
		// What is signed is the same set with the tag that it would have by itself.
		signed = slices.Concat([]byte{tagSet}, info.attributes.raw[1:])
	}
	switch err := alg.family.verify(cert.key, digest.hash, signed, info.value); {
	case errors.Is(err, errKey):
		return nil, "", err
	case err != nil:
		return nil, "", nil
	}
	name := map[family]string{rsaPKCS1: "RSA", dsaKey: "DSA", ecDSA: "ECDSA"}[alg.family]
	return cert, name + " with " + digest.name, nil
}

// checkAttributes tells whether signed attributes are about the signature file.
func (d *signedData) checkAttributes(attributes element, hash crypto.Hash, file []byte) (bool, error) {
	values := map[string][]byte{}
	c := &berCursor{b: attributes.content}
	for c.more() {
		attr := c.into(tagSequence)
		oid := attr.oid()
		set := attr.want(tagSet)
		if attr.err != nil {
			return false, attr.err
		}
		if _, twice := values[oid]; twice {
			return false, fmt.Errorf("its signed attribute %s stands there twice", oid)
		}
		values[oid] = set.content
	}
	kind := &berCursor{b: values[oidContentType]}
	contentType := kind.oid()
	if c.err != nil || kind.err != nil || kind.more() {
		return false, errors.New("its signed attributes do not say what is signed")
	}
	if contentType != d.contentType {
		return false, nil
	}
	sum := &berCursor{b: values[oidMessageDigest]}
	digest := sum.want(tagOctets)
	if sum.err != nil || sum.more() {
		return false, errors.New("its signed attributes have no digest")
	}
	return expected{hash, digest.content}.of(file), nil
}
