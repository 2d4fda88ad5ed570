package sign

import (
	"crypto"
	//lint:ignore SA1019 Android accepts it, so files are signed with it
	"crypto/dsa"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"
)

// Object identifiers of keys (RFC 3279, RFC 5480).
const (
	oidRSA = "1.2.840.113549.1.1.1"
	oidDSA = "1.2.840.10040.4.1"
	oidEC  = "1.2.840.10045.2.1"
)

// curves are the named curves that Android knows.
var curves = map[string]elliptic.Curve{
	"1.3.132.0.33":        elliptic.P224(),
	"1.2.840.10045.3.1.7": elliptic.P256(),
	"1.3.132.0.34":        elliptic.P384(),
	"1.3.132.0.35":        elliptic.P521(),
}

// Limits of RSA keys, those of Java's, which apksigner runs on.
const (
	minRSA = 512
	maxRSA = 16384
	maxDSA = 3072
)

// readKey reads a SubjectPublicKeyInfo (RFC 5280, 4.1).
func readKey(b []byte) (crypto.PublicKey, error) {
	c := (&berCursor{b: b}).into(tagSequence)
	alg := c.into(tagSequence)
	oid := alg.oid()
	bitString := c.want(tagBitString)
	if alg.err != nil || c.err != nil {
		return nil, errBER
	}
	key, err := bits(bitString)
	if err != nil {
		return nil, err
	}
	switch oid {
	case oidRSA:
		return readRSA(key)
	case oidDSA:
		return readDSA(key, alg)
	case oidEC:
		curve := curves[alg.oid()]
		if alg.err != nil || curve == nil {
			return nil, errKey
		}
		// It refuses points that are not on the curve.
		return ecdsa.ParseUncompressedPublicKey(curve, key)
	}
	return nil, errKey
}

func readRSA(b []byte) (crypto.PublicKey, error) {
	c := (&berCursor{b: b}).into(tagSequence)
	modulus, e := c.want(tagInteger), c.integer()
	// Some tools leave out the zero that keeps a modulus from being negative; Java adds it.
	n := new(big.Int).SetBytes(modulus.content)
	switch {
	case c.err != nil:
		return nil, c.err
	case n.Sign() <= 0 || n.BitLen() < minRSA || n.BitLen() > maxRSA || e.Cmp(big.NewInt(3)) < 0 || e.BitLen() > 31:
		return nil, errKey
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}

func readDSA(b []byte, params *berCursor) (crypto.PublicKey, error) {
	y, err := readOne(b, tagInteger)
	p := params.into(tagSequence)
	key := &dsa.PublicKey{Parameters: dsa.Parameters{P: p.integer(), Q: p.integer(), G: p.integer()}, Y: new(big.Int).SetBytes(y.content)}
	switch {
	case err != nil || p.err != nil:
		return nil, errBER
	case key.P.Sign() <= 0 || key.Q.Sign() <= 0 || key.G.Sign() <= 0 || key.P.BitLen() > maxDSA || key.Q.BitLen() > 512:
		return nil, errKey
	}
	return key, nil
}
