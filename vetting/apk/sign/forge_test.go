package sign_test

import (
	stdzip "archive/zip"
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"math/big"
	"testing"
	"time"
)

// The files that others made have no v3.1, no verity digest and no broken rotation. These are made
// here, by a signer that is written plainly and shares nothing with what it tests.

const (
	ecdsa256    = 0x0201
	ecdsaVerity = 0x0423

	blockV2  = 0x7109871a
	blockV3  = 0xf05368c0
	blockV31 = 0x1b93ad61
	padding  = 0x42726577

	ever = 1<<31 - 1
)

// identity is a key with its certificate.
type identity struct {
	key  *ecdsa.PrivateKey
	cert []byte
}

func newIdentity(t testing.TB, name string) identity {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<31, 0)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return identity{key, cert}
}

func (id identity) sign(t testing.TB, data []byte) []byte {
	t.Helper()
	sum := sha256.Sum256(data)
	sig, err := id.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

// prefixed is the parts one after another, behind their length.
func prefixed(parts ...[]byte) []byte {
	all := bytes.Join(parts, nil)
	return append(u32(len(all)), all...)
}

func u32(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }
func u64(n int) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(n)) }

func attr(id uint32, value []byte) []byte { return prefixed(u32(int(id)), value) }

// forged is one signer of one scheme.
type forged struct {
	id         identity
	algorithm  int
	min, max   int // not for v2
	attributes [][]byte
}

// apk is a file without signatures, whose block begins and ends at pages.
func apk(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := stdzip.NewWriter(&b)
	for name, data := range map[string][]byte{"classes.dex": content} {
		f, err := w.CreateHeader(&stdzip.FileHeader{Name: name, Method: stdzip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// signed puts an APK Signing Block with the signers of each scheme into a file.
func signed(t testing.TB, file []byte, schemes map[int][]forged) []byte {
	t.Helper()
	end := len(file) - 22
	central := int(binary.LittleEndian.Uint32(file[end+16:]))
	contents := append([]byte(nil), file[:central]...)
	for len(contents)%4096 != 0 {
		contents = append(contents, 0)
	}
	record := append([]byte(nil), file[end:]...)
	binary.LittleEndian.PutUint32(record[16:], uint32(len(contents)))
	sections := [][]byte{contents, file[central:end], record}
	var pairs []byte
	for _, id := range []int{blockV2, blockV3, blockV31} {
		if len(schemes[id]) == 0 {
			continue
		}
		var signers [][]byte
		for _, s := range schemes[id] {
			signers = append(signers, signer(t, id, s, sections))
		}
		value := prefixed(signers...)
		pairs = append(pairs, bytes.Join([][]byte{u64(len(value) + 4), u32(id), value}, nil)...)
	}
	pad := 4096 - (8+len(pairs)+12+24)%4096
	pairs = append(pairs, bytes.Join([][]byte{u64(pad + 4), u32(padding), make([]byte, pad)}, nil)...)
	size := u64(len(pairs) + 24)
	block := bytes.Join([][]byte{size, pairs, size, []byte("APK Sig Block 42")}, nil)
	binary.LittleEndian.PutUint32(record[16:], uint32(len(contents)+len(block)))
	return bytes.Join([][]byte{contents, block, file[central:end], record}, nil)
}

// signer is one signer's record.
func signer(t testing.TB, scheme int, s forged, sections [][]byte) []byte {
	digest := chunkedDigest(sections)
	if s.algorithm == ecdsaVerity {
		digest = verityDigest(bytes.Join(sections, nil))
	}
	var versions []byte
	if scheme != blockV2 {
		versions = append(u32(s.min), u32(s.max)...)
	}
	data := bytes.Join([][]byte{
		prefixed(prefixed(u32(s.algorithm), prefixed(digest))),
		prefixed(prefixed(s.id.cert)),
		versions,
		prefixed(s.attributes...),
	}, nil)
	key, err := x509.MarshalPKIXPublicKey(s.id.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return prefixed(prefixed(data), versions, prefixed(prefixed(u32(s.algorithm), prefixed(s.id.sign(t, data)))), prefixed(key))
}

// chunkedDigest is the digest of v2, straight from its description.
func chunkedDigest(sections [][]byte) []byte {
	var digests []byte
	count := 0
	for _, s := range sections {
		for len(s) > 0 {
			chunk := s[:min(1<<20, len(s))]
			s = s[len(chunk):]
			sum := sha256.Sum256(bytes.Join([][]byte{{0xa5}, u32(len(chunk)), chunk}, nil))
			digests = append(digests, sum[:]...)
			count++
		}
	}
	sum := sha256.Sum256(bytes.Join([][]byte{{0x5a}, u32(count), digests}, nil))
	return sum[:]
}

// verityDigest is the digest of fs-verity with a salt of eight zeros, and the size.
func verityDigest(data []byte) []byte {
	size := len(data)
	for {
		var level []byte
		for at := 0; at < len(data); at += 4096 {
			page := make([]byte, 8+4096)
			copy(page[8:], data[at:])
			sum := sha256.Sum256(page)
			level = append(level, sum[:]...)
		}
		if data = level; len(data) <= 4096 {
			page := make([]byte, 8+4096)
			copy(page[8:], data)
			sum := sha256.Sum256(page)
			return append(sum[:], u64(size)...)
		}
	}
}

// rotation is a proof of rotation through the identities.
func rotation(t testing.TB, ids ...identity) []byte {
	value := u32(1)
	algorithm := 0
	for i, id := range ids {
		data := append(prefixed(id.cert), u32(algorithm)...)
		var sig []byte
		if i > 0 {
			sig = ids[i-1].sign(t, data)
		}
		algorithm = ecdsa256
		if i == len(ids)-1 {
			algorithm = 0
		}
		node := bytes.Join([][]byte{prefixed(data), u32(7), u32(algorithm), prefixed(sig)}, nil)
		value = append(value, prefixed(node)...)
		algorithm = ecdsa256
	}
	return attr(0x3ba06f8c, value)
}
