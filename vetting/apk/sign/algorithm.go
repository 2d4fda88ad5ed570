package sign

import (
	"crypto"
	//lint:ignore SA1019 Android accepts it, so files are signed with it
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/subtle"
	"errors"
	"fmt"
	"math/big"

	// The digests that signatures use.
	_ "crypto/md5"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
)

// content is a way of making one digest of a whole file.
type content int

// The ways, the weaker before the stronger.
const (
	chunked256 content = iota + 1 // SHA-256 over chunks of 1 MiB
	verity256                     // the root of a tree of SHA-256 over pages of 4 KiB, and the size
	chunked512                    // SHA-512 over chunks of 1 MiB
)

func (c content) String() string {
	return map[content]string{chunked256: "SHA-256 in chunks", verity256: "SHA-256 in a verity tree", chunked512: "SHA-512 in chunks"}[c]
}

// family is a kind of key with a way of using it.
type family int

const (
	rsaPKCS1 family = iota + 1
	rsaPSS
	ecDSA
	dsaKey
)

// algorithm is one that v2 and newer know by a number.
type algorithm struct {
	id      uint32
	name    string
	family  family
	hash    crypto.Hash
	content content
	minSDK  int
}

// algorithms are all that Android knows ("Signature algorithm IDs").
var algorithms = []algorithm{
	{0x0101, "RSA-PSS with SHA-256", rsaPSS, crypto.SHA256, chunked256, sdkN},
	{0x0102, "RSA-PSS with SHA-512", rsaPSS, crypto.SHA512, chunked512, sdkN},
	{0x0103, "RSA with SHA-256", rsaPKCS1, crypto.SHA256, chunked256, sdkN},
	{0x0104, "RSA with SHA-512", rsaPKCS1, crypto.SHA512, chunked512, sdkN},
	{0x0201, "ECDSA with SHA-256", ecDSA, crypto.SHA256, chunked256, sdkN},
	{0x0202, "ECDSA with SHA-512", ecDSA, crypto.SHA512, chunked512, sdkN},
	{0x0301, "DSA with SHA-256", dsaKey, crypto.SHA256, chunked256, sdkN},
	{0x0421, "RSA with SHA-256 over a verity tree", rsaPKCS1, crypto.SHA256, verity256, sdkP},
	{0x0423, "ECDSA with SHA-256 over a verity tree", ecDSA, crypto.SHA256, verity256, sdkP},
	{0x0425, "DSA with SHA-256 over a verity tree", dsaKey, crypto.SHA256, verity256, sdkP},
}

func algorithmOf(id uint32) (algorithm, bool) {
	for _, a := range algorithms {
		if a.id == id {
			return a, true
		}
	}
	return algorithm{}, false
}

var (
	errSignature = errors.New("the signature does not verify")
	errKey       = errors.New("the key is not of the kind that the signature needs")
)

// verify checks a signature over data.
func (f family) verify(key crypto.PublicKey, hash crypto.Hash, data, signature []byte) error {
	h := hash.New()
	h.Write(data)
	digest := h.Sum(nil)
	switch k := key.(type) {
	case *rsa.PublicKey:
		switch f {
		case rsaPKCS1:
			return verifyPKCS1(k, hash, digest, signature)
		case rsaPSS:
			if rsa.VerifyPSS(k, hash, digest, signature, &rsa.PSSOptions{SaltLength: hash.Size()}) != nil {
				return errSignature
			}
			return nil
		}
	case *ecdsa.PublicKey:
		if f == ecDSA {
			if !ecdsa.VerifyASN1(k, digest, signature) {
				return errSignature
			}
			return nil
		}
	case *dsa.PublicKey:
		if f == dsaKey {
			return verifyDSA(k, digest, signature)
		}
	}
	return errKey
}

// digestInfo is what stands before a digest in a PKCS #1 v1.5 signature (RFC 8017, 9.2).
var digestInfo = map[crypto.Hash]string{
	crypto.MD5:    "\x30\x20\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x05\x05\x00\x04\x10",
	crypto.SHA1:   "\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
	crypto.SHA224: "\x30\x2d\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x04\x05\x00\x04\x1c",
	crypto.SHA256: "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
	crypto.SHA384: "\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
	crypto.SHA512: "\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
}

// verifyPKCS1 checks an RSA signature by RFC 8017, 8.2.2. It is written out because crypto/rsa refuses
// keys under 1024 bits, which old apps have and Android accepts.
func verifyPKCS1(key *rsa.PublicKey, hash crypto.Hash, digest, signature []byte) error {
	prefix, ok := digestInfo[hash]
	size := (key.N.BitLen() + 7) / 8
	if !ok || len(signature) != size || size < len(prefix)+len(digest)+11 {
		return errSignature
	}
	s := new(big.Int).SetBytes(signature)
	if s.Cmp(key.N) >= 0 {
		return errSignature
	}
	got := s.Exp(s, big.NewInt(int64(key.E)), key.N).FillBytes(make([]byte, size))
	want := make([]byte, size)
	for i := range want {
		want[i] = 0xff
	}
	want[0], want[1] = 0, 1
	tail := append([]byte("\x00"+prefix), digest...)
	copy(want[size-len(tail):], tail)
	if subtle.ConstantTimeCompare(got, want) != 1 {
		return errSignature
	}
	return nil
}

// verifyDSA checks a signature by FIPS 186-4, 4.7. The digest counts as far as the group is wide.
func verifyDSA(key *dsa.PublicKey, digest, signature []byte) error {
	seq, err := readOne(signature, tagSequence)
	if err != nil {
		return errSignature
	}
	c := berCursor{b: seq.content}
	r, s := c.integer(), c.integer()
	if c.err != nil || len(c.b) > 0 {
		return errSignature
	}
	digest = digest[:min(len(digest), (key.Q.BitLen()+7)/8)]
	if !dsa.Verify(key, digest, r, s) {
		return errSignature
	}
	return nil
}

// keyName says what kind of key it is and how long.
func keyName(key crypto.PublicKey) string {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA, %d bits", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "EC, " + k.Curve.Params().Name
	case *dsa.PublicKey:
		return fmt.Sprintf("DSA, %d bits", k.P.BitLen())
	}
	return ""
}
