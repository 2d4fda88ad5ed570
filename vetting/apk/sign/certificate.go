package sign

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"math/big"
)

// Certificate is an X.509 certificate (RFC 5280) as far as Android looks at it.
type Certificate struct {
	DER     []byte `json:"-"`      // as it stands in the file, which need not be DER
	SHA256  string `json:"sha256"` // of the same, in hexadecimal
	Subject string `json:"subject,omitempty"`
	Issuer  string `json:"issuer,omitempty"`
	Key     string `json:"key,omitempty"` // such as "RSA, 2048 bits"

	spki     []byte // its SubjectPublicKeyInfo
	issuer   []byte
	subject  []byte
	serial   *big.Int
	key      crypto.PublicKey
	critical []string // critical extensions that are not known
	signs    bool     // its key may sign, as far as it says
}

// readCertificate reads one certificate that fills b.
func readCertificate(b []byte) (Certificate, error) {
	sum := sha256.Sum256(b)
	cert := Certificate{DER: b, SHA256: hex.EncodeToString(sum[:]), signs: true}
	outer := (&berCursor{b: b}).into(tagSequence)
	tbs := outer.into(tagSequence)
	tbs.maybe(tagContext0) // version
	cert.serial = tbs.integer()
	tbs.want(tagSequence) // algorithm of the issuer's signature
	cert.issuer = tbs.want(tagSequence).raw
	tbs.want(tagSequence) // validity
	cert.subject = tbs.want(tagSequence).raw
	cert.spki = tbs.want(tagSequence).raw
	if tbs.err != nil {
		return cert, tbs.err
	}
	outer.want(tagSequence)
	outer.want(tagBitString)
	if outer.err != nil {
		return cert, outer.err
	}
	var err error
	if cert.key, err = readKey(cert.spki); err != nil {
		return cert, err
	}
	cert.Subject, cert.Issuer, cert.Key = nameText(cert.subject), nameText(cert.issuer), keyName(cert.key)
	for tbs.more() {
		if e := tbs.next(); e.tag == tagContext3 {
			return cert, cert.readExtensions(e.content)
		}
	}
	return cert, tbs.err
}

// knownExtensions are those that Java's certificates understand, on Android as in apksigner: a critical
// one that is not among them makes a JAR signature fail.
var knownExtensions = map[string]bool{
	"2.5.29.9": true, "2.5.29.14": true, "2.5.29.15": true, "2.5.29.16": true, "2.5.29.17": true, "2.5.29.18": true,
	"2.5.29.19": true, "2.5.29.30": true, "2.5.29.31": true, "2.5.29.32": true, "2.5.29.33": true, "2.5.29.35": true,
	"2.5.29.36": true, "2.5.29.37": true, "2.5.29.46": true, "2.5.29.54": true,
	"1.3.6.1.5.5.7.1.1": true, "1.3.6.1.5.5.7.1.11": true, "2.16.840.1.113730.1.1": true,
}

const oidKeyUsage = "2.5.29.15"

func (c *Certificate) readExtensions(b []byte) error {
	list := (&berCursor{b: b}).into(tagSequence)
	for list.more() {
		ext := list.into(tagSequence)
		oid := ext.oid()
		critical, ok := ext.maybe(tagBoolean)
		value := ext.want(tagOctets)
		if ext.err != nil {
			return ext.err
		}
		if ok && len(bytes.Trim(critical.content, "\x00")) > 0 && !knownExtensions[oid] {
			c.critical = append(c.critical, oid)
		}
		if oid == oidKeyUsage {
			usage, err := readOne(value.content, tagBitString)
			if err != nil {
				return err
			}
			flags, err := bits(usage)
			if err != nil {
				return err
			}
			c.signs = len(flags) > 0 && flags[0]&0xc0 != 0 // digitalSignature, nonRepudiation
		}
	}
	return list.err
}

// hasKey tells whether a SubjectPublicKeyInfo is the certificate's, which may be written differently.
func (c *Certificate) hasKey(spki []byte) bool {
	if bytes.Equal(spki, c.spki) {
		return true
	}
	der, err := x509.MarshalPKIXPublicKey(c.key)
	return err == nil && bytes.Equal(spki, der)
}
