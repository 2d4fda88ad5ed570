package transfer

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/miekg/dns"
)

// fudge is how many seconds clocks may differ (RFC 8945, 10).
const fudge = 300

// signer signs and verifies by the keys, with hmac-sha256 and nothing else.
type signer struct{ keys Keys }

// Generate returns the signature of a message.
func (s signer) Generate(msg []byte, t *dns.TSIG) ([]byte, error) {
	if dns.CanonicalName(t.Algorithm) != dns.HmacSHA256 {
		return nil, dns.ErrKeyAlg
	}
	secret := s.keys.Secret(dns.CanonicalName(t.Hdr.Name))
	if len(secret) == 0 {
		return nil, dns.ErrSecret
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(msg)
	return mac.Sum(nil), nil
}

// Verify returns an error where a message is not signed as it says. That it is signed for longer than
// clocks may differ is one too: it could be sent again by others.
func (s signer) Verify(msg []byte, t *dns.TSIG) error {
	want, err := s.Generate(msg, t)
	if err != nil {
		return err
	}
	got, err := hex.DecodeString(t.MAC)
	if err != nil || !hmac.Equal(want, got) {
		return dns.ErrSig
	}
	if t.Fudge > fudge {
		return dns.ErrTime
	}
	return nil
}

// seconds is a time as a TSIG has it: 48 bits in hex.
func seconds(at time.Time) string { return fmt.Sprintf("%012x", uint64(at.Unix())) }
