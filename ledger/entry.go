package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"portcullis/store"
)

// Kind is a kind of entry in one version. A room declares its kinds as values and the command hands
// them to New. What the payload of a kind holds is said where the kind is declared, and is changed by
// a further version.
type Kind struct {
	// Name is the room and what happened, such as register.rule-added: lower-case letters, digits,
	// hyphens and dots, at most 64 bytes.
	Name string
	// Version counts from 1.
	Version int
	// Public says that everybody may see entries of this kind: actor, subjects and payload. The
	// entries of other kinds are sealed.
	Public bool
}

func (k Kind) String() string { return fmt.Sprintf("%s version %d", k.Name, k.Version) }

// Redacted is this room's own kind: that the payloads of entries have been erased. The subjects are
// the indexes of these entries, in decimal, and the payload is the reason. It is public, so that
// everybody can tell a payload that was erased from one that was suppressed.
var Redacted = Kind{Name: "ledger.redacted", Version: 1, Public: true}

// Limits of an entry. A leaf must fit into the 65,535 bytes that an entry of a bundle may have.
const (
	MaxSubjects = 128
	MaxText     = 255     // bytes of an actor or a subject
	MaxPayload  = 1 << 20 // bytes
)

// Entry is what a room records.
type Entry struct {
	Kind Kind
	// Actor is the id of who did it, or the name of the part of the server that did.
	Actor string
	// Subjects are the ids of what it was done to; their order is kept.
	Subjects []string
	// Payload is UTF-8, by custom JSON. It can be redacted; the other fields cannot.
	Payload []byte
}

// Recorded is an entry that has its place.
type Recorded struct {
	Entry
	Index int64 // counts from 0
	ID    string
	At    store.Time // of the transaction that recorded it
	// Generation is the one that the transaction saw as it recorded the entry.
	Generation store.Generation
	// Erased tells that the payload has been redacted.
	Erased bool
}

const (
	saltSize    = 32
	maxKindName = 64
)

var kindName = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z0-9]+(-[a-z0-9]+)*)+$`)

func (k Kind) check() error {
	switch {
	case !kindName.MatchString(k.Name) || len(k.Name) > maxKindName:
		return fmt.Errorf("the kind of entry %q: a name is the room and what happened, such as register.rule-added", k.Name)
	case k.Version < 1 || k.Version > math.MaxInt32:
		return fmt.Errorf("the kind of entry %s: versions count from 1", k)
	}
	return nil
}

// commitment binds to a payload and tells nothing about it.
func commitment(salt, payload []byte) (sum [sha256.Size]byte) {
	h := sha256.New()
	// A hash never fails to take what it is given. The salt has one size, so that no other pair of
	// salt and payload has these bytes.
	h.Write(salt)
	h.Write(payload)
	h.Sum(sum[:0])
	return sum
}

// body is the fixed fields of an entry.
type body struct {
	id         string
	kind       string
	version    int
	at         store.Time
	actor      string
	subjects   []string
	generation store.Generation
	commitment [sha256.Size]byte
}

func (b *body) check() error {
	switch {
	case b.version < 1 || b.version > math.MaxInt32:
		return fmt.Errorf("the version %d: versions count from 1", b.version)
	case b.at.IsZero() || b.at.Time().Year() < 0 || b.at.Time().Year() > 9999:
		return errors.New("the time is not given, or not one that can be written")
	case b.generation < 0:
		return fmt.Errorf("the generation %d: generations count from 0", b.generation)
	case len(b.subjects) > MaxSubjects:
		return fmt.Errorf("%d subjects: an entry has at most %d", len(b.subjects), MaxSubjects)
	}
	if err := checkText("id", b.id); err != nil {
		return err
	}
	if err := checkText("kind", b.kind); err != nil {
		return err
	}
	if err := checkText("actor", b.actor); err != nil {
		return err
	}
	for _, subject := range b.subjects {
		if err := checkText("subject", subject); err != nil {
			return err
		}
	}
	return nil
}

func checkText(what, text string) error {
	switch {
	case text == "":
		return fmt.Errorf("the %s is empty", what)
	case len(text) > MaxText:
		return fmt.Errorf("the %s has %d bytes: at most %d are kept", what, len(text), MaxText)
	case !utf8.ValidString(text):
		return fmt.Errorf("the %s is not UTF-8", what)
	}
	return nil
}

// encode gives the one encoding of a body that check accepts. Numbers are big-endian:
//
//	id, kind      a byte for the length, then the text
//	version       4 bytes
//	time          8 bytes, microseconds since 1970 (UTC), two's complement
//	actor         a byte for the length, then the text
//	subjects      a byte for their number; each a byte for the length, then the text
//	generation    8 bytes
//	commitment    32 bytes
func (b *body) encode() []byte {
	out := make([]byte, 0, 160)
	out = appendText(out, b.id)
	out = appendText(out, b.kind)
	out = binary.BigEndian.AppendUint32(out, uint32(b.version))
	out = binary.BigEndian.AppendUint64(out, uint64(b.at.Time().UnixMicro()))
	out = appendText(out, b.actor)
	out = append(out, byte(len(b.subjects)))
	for _, subject := range b.subjects {
		out = appendText(out, subject)
	}
	out = binary.BigEndian.AppendUint64(out, uint64(b.generation))
	return append(out, b.commitment[:]...)
}

func appendText(out []byte, text string) []byte {
	return append(append(out, byte(len(text))), text...)
}

var errBody = errors.New("the fields of an entry cannot be decoded")

// decodeBody is the inverse of encode, and accepts nothing else.
func decodeBody(encoded []byte) (b body, err error) {
	rest := encoded
	take := func(n int) (taken []byte) {
		if n > len(rest) {
			err, rest = errBody, nil
			return make([]byte, n)
		}
		taken, rest = rest[:n], rest[n:]
		return taken
	}
	text := func() string { return string(take(int(take(1)[0]))) }

	b.id, b.kind = text(), text()
	b.version = int(binary.BigEndian.Uint32(take(4)))
	b.at = store.TimeOf(time.UnixMicro(int64(binary.BigEndian.Uint64(take(8)))))
	b.actor = text()
	if n := int(take(1)[0]); n > 0 && n <= MaxSubjects {
		b.subjects = make([]string, n)
	} else if n > 0 {
		return body{}, errBody
	}
	for i := range b.subjects {
		b.subjects[i] = text()
	}
	b.generation = store.Generation(binary.BigEndian.Uint64(take(8)))
	copy(b.commitment[:], take(sha256.Size))
	if err == nil && len(rest) > 0 {
		err = errBody
	}
	if err != nil {
		return body{}, err
	}
	if err := b.check(); err != nil {
		return body{}, fmt.Errorf("%w: %w", errBody, err)
	}
	return b, nil
}

// The first byte of a leaf says how the rest is to be read.
const (
	openLeaf   = 1 // then an encoded body
	sealedLeaf = 2 // then the SHA-256 of a seal, which is a salt, and an encoded body
)

// leaf is what is hashed into the tree, from an encoded body and its seal, nil where it is open.
func leaf(encoded, seal []byte) []byte {
	if seal == nil {
		return append([]byte{openLeaf}, encoded...)
	}
	sum := commitment(seal, encoded)
	return append([]byte{sealedLeaf}, sum[:]...)
}

// room is the part of a kind's name before the first dot.
func (k Kind) room() string {
	room, _, _ := strings.Cut(k.Name, ".")
	return room
}
