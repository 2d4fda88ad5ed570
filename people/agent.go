package people

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/store"
)

// Agent is a device that speaks for itself, with a key that was made from a program's token for it alone. The
// token's own secret never leaves the program that hands out keys: whoever takes a device's key has that device.
type Agent struct {
	// Token is the id of the token, which is no secret, and Host the device's.
	Token, Host string
	// Key is what DeviceKey made, or, where there is a Nonce, NodeKey.
	Key, Nonce string
}

// DeviceKey is the key of a device: the HMAC-SHA256 of the device's id and the epoch of its keys, in base64url
// without padding, under the SHA-256 of the token's secret. Epochs begin with 0; EndDeviceKeys begins the next.
// Anybody with the secret can make keys, with no server at hand.
func DeviceKey(secret, host string, epoch int64) string {
	digest := sha256.Sum256([]byte(secret))
	return deviceKey(digest[:], host, epoch)
}

// deviceKey makes the key from the SHA-256 of the token's secret.
func deviceKey(digest []byte, host string, epoch int64) string {
	mac := hmac.New(sha256.New, digest)
	fmt.Fprintf(mac, "device:%s:%d", host, epoch) // the last colon ends the id, whatever is in it
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// NodeKey is what a device signs in with once it has shown its key: the HMAC-SHA256 of the nonce under the device's
// key, in base64url without padding. It ends when the device's key does; and nobody finds that key from it. Which
// nonces are good is for the room that gives them to know.
func NodeKey(key, nonce string) string {
	mac := hmac.New(sha256.New, []byte(key))
	fmt.Fprintf(mac, "node:%s", nonce)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// errDeviceKey says the same whatever is wrong, so that nobody learns from it which tokens and devices there are.
var errDeviceKey = &fault.Error{Kind: fault.SignedOut, Message: "The key of this device is not known, or has ended: give it another"}

// whoIsDevice finds out what a device may do for itself. It may nothing where the token has ended, or rests.
func whoIsDevice(tx *store.Tx, a Agent) (Who, error) {
	if a.Host == "" || a.Token == "" {
		return Who{}, errDeviceKey
	}
	t, digest, epoch, err := selectKeyed(tx, a.Host, a.Token)
	if errors.Is(err, store.ErrNotFound) || fault.Is(err, fault.Invalid) {
		return Who{}, errDeviceKey
	}
	if err != nil {
		return Who{}, err
	}
	raw, err := hex.DecodeString(digest)
	if err != nil {
		return Who{}, fmt.Errorf("people: the digest of token %s: %w", a.Token, err)
	}
	want := deviceKey(raw, a.Host, epoch)
	if a.Nonce != "" {
		want = NodeKey(want, a.Nonce)
	}
	if !hmac.Equal([]byte(a.Key), []byte(want)) {
		return Who{}, errDeviceKey
	}
	who, err := whoActsBy(tx, t, errDeviceKey)
	who.Device, who.device, who.Grants = a.Host, who.Grants, nil
	return who, err
}

// keysEnded is that all keys of a device have ended. The subjects are the organisation and the device.
var keysEnded = ledger.Kind{Name: "people.device-keys-ended", Version: 1}

type epochEntry struct {
	Epoch int64 `json:"epoch"`
}

// EndDeviceKeys ends all keys that a device has, whichever token they were made from, and returns the epoch of
// the next ones. The room that has the device asks for leave first.
func (tx *Tx) EndDeviceKeys(organisation, host string) (epoch int64, err error) {
	epoch, err = selectEpoch(tx.Tx, host)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return 0, err
	}
	epoch++
	if err := upsertEpoch(tx.Tx, host, epoch); err != nil {
		return 0, err
	}
	return epoch, tx.Record(keysEnded, organisation, []string{host}, epochEntry{epoch})
}

// NoteUse notes that keys of devices which were made from tokens with these ids are in use.
func NoteUse(tx *store.Tx, tokens []string) error {
	for _, id := range tokens {
		if err := touchTokenOf(tx, id, tx.Now().Add(-seenEvery)); err != nil {
			return err
		}
	}
	return nil
}
