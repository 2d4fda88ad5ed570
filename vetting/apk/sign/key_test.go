package sign

import (
	"crypto"
	//lint:ignore SA1019 what is tested accepts it
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"testing"
)

// spki is a public key as certificates hold it.
func spki(t testing.TB, key any) []byte {
	t.Helper()
	b, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func dsaSPKI(t testing.TB, key *dsa.PublicKey) []byte {
	t.Helper()
	y, err := asn1.Marshal(key.Y)
	if err != nil {
		t.Fatal(err)
	}
	b, err := asn1.Marshal(struct {
		Algorithm struct {
			OID    asn1.ObjectIdentifier
			Params struct{ P, Q, G *big.Int }
		}
		Key asn1.BitString
	}{struct {
		OID    asn1.ObjectIdentifier
		Params struct{ P, Q, G *big.Int }
	}{asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 1}, struct{ P, Q, G *big.Int }{key.P, key.Q, key.G}}, asn1.BitString{Bytes: y, BitLength: 8 * len(y)}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// signedBy is data with a signature of each kind.
type signedBy struct {
	name      string
	family    family
	spki, sig []byte
}

// every makes a key of each kind and signs data with it.
func every(t testing.TB, data []byte) []signedBy {
	t.Helper()
	sum := sha256.Sum256(data)
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	check(err)
	pkcs1, err := rsa.SignPKCS1v15(nil, rsaKey, crypto.SHA256, sum[:])
	check(err)
	pss, err := rsa.SignPSS(rand.Reader, rsaKey, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: 32})
	check(err)
	ecKey, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	check(err)
	ec, err := ecdsa.SignASN1(rand.Reader, ecKey, sum[:])
	check(err)
	var d dsa.PrivateKey
	check(dsa.GenerateParameters(&d.Parameters, rand.Reader, dsa.L1024N160))
	check(dsa.GenerateKey(&d, rand.Reader))
	r, s, err := dsa.Sign(rand.Reader, &d, sum[:20])
	check(err)
	dsaSig, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
	check(err)
	return []signedBy{
		{"RSA", rsaPKCS1, spki(t, rsaKey.Public()), pkcs1},
		{"RSA-PSS", rsaPSS, spki(t, rsaKey.Public()), pss},
		{"ECDSA", ecDSA, spki(t, ecKey.Public()), ec},
		{"DSA", dsaKey, dsaSPKI(t, &d.PublicKey), dsaSig},
	}
}

// TestSignatures checks each kind of signature as it was made, with something else changed each time,
// and with the keys of the others.
func TestSignatures(t *testing.T) {
	data := []byte("what is signed")
	all := every(t, data)
	for _, s := range all {
		key, err := readKey(s.spki)
		if err != nil {
			t.Fatal(s.name, err)
		}
		if err := s.family.verify(key, crypto.SHA256, data, s.sig); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		if s.family.verify(key, crypto.SHA256, data[1:], s.sig) == nil || s.family.verify(key, crypto.SHA512, data, s.sig) == nil {
			t.Errorf("%s: verifies over something else", s.name)
		}
		for i := range s.sig {
			s.sig[i] ^= 4
			if s.family.verify(key, crypto.SHA256, data, s.sig) == nil {
				t.Errorf("%s: verifies with byte %d of the signature changed", s.name, i)
			}
			s.sig[i] ^= 4
		}
		for _, sig := range [][]byte{nil, {0}, s.sig[1:], append([]byte{0}, s.sig...)} {
			if s.family.verify(key, crypto.SHA256, data, sig) == nil {
				t.Errorf("%s: verifies with a signature of %d bytes", s.name, len(sig))
			}
		}
		for _, other := range all {
			if other.family != s.family && s.family.verify(key, crypto.SHA256, data, other.sig) == nil {
				t.Errorf("%s: takes the signature of %s", s.name, other.name)
			}
		}
	}
}

func FuzzKey(f *testing.F) {
	data := []byte("what is signed")
	for _, s := range every(f, data) {
		f.Add(s.spki, s.sig)
	}
	f.Fuzz(func(t *testing.T, spki, sig []byte) {
		key, err := readKey(spki)
		if err != nil {
			return
		}
		for _, a := range algorithms {
			_ = a.family.verify(key, a.hash, data, sig) // must not panic
		}
	})
}
