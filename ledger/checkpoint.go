package ledger

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Key signs checkpoints. Its name is the origin of the ledger: a schemaless URL such as
// portcullis.example/ledger, under which the tiles are served.
type Key struct {
	Signer note.Signer
	// Public is the verifier key, for everybody who checks this ledger: NAME+HASH+BASE64.
	Public string
}

// ParseKey reads a signing key in the form that note.GenerateKey makes, PRIVATE+KEY+…, which must
// be Ed25519, and derives the verifier key.
func ParseKey(secret string) (Key, error) {
	signer, err := note.NewSigner(secret)
	if err != nil {
		return Key{}, fmt.Errorf("the signing key of the ledger: %w", err)
	}
	parts := strings.SplitN(secret, "+", 5) // NewSigner saw that they are there
	seed, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil || len(seed) != 1+ed25519.SeedSize {
		return Key{}, errors.New("the signing key of the ledger: it is not an Ed25519 key")
	}
	public := ed25519.NewKeyFromSeed(seed[1:])[ed25519.SeedSize:]
	verifier, err := note.NewEd25519VerifierKey(signer.Name(), ed25519.PublicKey(public))
	return Key{Signer: signer, Public: verifier}, err
}

// Checkpoint is a signed statement of what the ledger holds: the root of the tree of its first Size
// entries.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
	Note   string // the signed note that says so
}

// ErrKey is that a checkpoint was not signed with the key that it was checked with.
var ErrKey = errors.New("the checkpoint is not signed with this key of the ledger")

// sign states that the ledger has size entries under root.
func (k Key) sign(size int64, root tlog.Hash) (Checkpoint, error) {
	text := fmt.Sprintf("%s\n%d\n%s\n", k.Signer.Name(), size, root)
	signed, err := note.Sign(&note.Note{Text: text}, k.Signer)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("signing the checkpoint of the ledger: %w", err)
	}
	return Checkpoint{Origin: k.Signer.Name(), Size: size, Root: root, Note: string(signed)}, nil
}

// openCheckpoint reads a checkpoint as C2SP tlog-checkpoint defines it and checks that it is the
// verifier's. Signatures of others, such as witnesses, and extension lines are let through.
func openCheckpoint(signed string, by note.Verifier) (Checkpoint, error) {
	opened, err := note.Open([]byte(signed), note.VerifierList(by))
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	switch {
	case errors.As(err, &unverified) || errors.As(err, &invalid):
		return Checkpoint{}, fmt.Errorf("%w, %s", ErrKey, keyID(by))
	case err != nil:
		return Checkpoint{}, fmt.Errorf("the checkpoint: %w", err)
	}
	c := Checkpoint{Note: signed}
	lines := strings.Split(opened.Text, "\n") // the text ends with a newline
	if len(lines) < 4 {
		return Checkpoint{}, errors.New("the checkpoint: origin, size and root are to stand on a line each")
	}
	c.Origin = lines[0]
	if c.Origin != by.Name() {
		return Checkpoint{}, fmt.Errorf("the checkpoint is of another ledger: its origin is %q, and the key's name %q", c.Origin, by.Name())
	}
	c.Size, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil || c.Size < 0 || strconv.FormatInt(c.Size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("the checkpoint: %q is not the number of entries", lines[1])
	}
	if c.Root, err = tlog.ParseHash(lines[2]); err != nil {
		return Checkpoint{}, fmt.Errorf("the checkpoint: %q is not a root", lines[2])
	}
	if c.Size == 0 && c.Root != (&edge{}).root() {
		return Checkpoint{}, errors.New("the checkpoint: it is of no entries, and its root is another than theirs")
	}
	return c, nil
}

// isPlain tells whether a checkpoint that was opened has one signature, in its one form: what is
// read besides is not checked by anything.
func isPlain(signed string) bool {
	_, signatures, _ := strings.Cut(signed, "\n\n")
	_, data, _ := strings.Cut(strings.TrimPrefix(signatures, "— "), " ")
	return strings.Count(signatures, "\n") == 1 && isBase64(strings.TrimSuffix(data, "\n"))
}

// isBase64 tells whether text is base64 in its one form: the decoder of note passes over the ends of
// lines and over bits that are not used.
func isBase64(text string) bool {
	data, err := base64.StdEncoding.DecodeString(text)
	return err == nil && base64.StdEncoding.EncodeToString(data) == text
}

// verifier reads a verifier key, in its one form.
func verifier(public string) (note.Verifier, error) {
	v, err := note.NewVerifier(public)
	if err != nil {
		return nil, fmt.Errorf("%q is not a verifier key of a ledger: %w", public, err)
	}
	if data, ok := strings.CutPrefix(public, keyID(v)+"+"); !ok || !isBase64(data) {
		return nil, fmt.Errorf("%q is not a verifier key of a ledger in its usual form", public)
	}
	return v, nil
}

// keyID names a key: its name and its number.
func keyID(v note.Verifier) string { return fmt.Sprintf("%s+%08x", v.Name(), v.KeyHash()) }
