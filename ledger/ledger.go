package ledger

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync/atomic"
	"unicode/utf8"

	"portcullis/store"
)

// Ledger takes entries in. There is one for each process. It is safe for concurrent use.
type Ledger struct {
	kinds  map[kindVersion]Kind
	chance io.Reader
	turn   atomic.Int64  // orders the entries of one transaction
	wake   chan struct{} // tells the Sequencer of this process that something was recorded
}

type kindVersion struct {
	name    string
	version int
}

// New makes a ledger that takes in entries of the given kinds. Salts are read from chance:
// crypto/rand.Reader, or what stands in for it in a test; it must be safe for concurrent use.
func New(chance io.Reader, kinds ...Kind) (*Ledger, error) {
	l := &Ledger{kinds: map[kindVersion]Kind{}, chance: chance, wake: make(chan struct{}, 1)}
	for _, kind := range kinds {
		if err := kind.check(); err != nil {
			return nil, err
		}
		if kind.room() == Redacted.room() {
			return nil, fmt.Errorf("the kind of entry %s: names that begin with %s. are the ledger's own", kind, Redacted.room())
		}
		key := kindVersion{kind.Name, kind.Version}
		if _, twice := l.kinds[key]; twice {
			return nil, fmt.Errorf("the kind of entry %s is declared twice", kind)
		}
		l.kinds[key] = kind
	}
	return l, nil
}

// Record enters e in the caller's transaction and returns its id. It gets its place once the
// transaction is committed, within a second. A transaction that raises the generation does so
// before it records. It is an error to record a kind that New was not given.
func (l *Ledger) Record(tx *store.Tx, e Entry) (id string, err error) {
	if known, ok := l.kinds[kindVersion{e.Kind.Name, e.Kind.Version}]; !ok || known != e.Kind {
		return "", fmt.Errorf("an entry of the unknown kind %s: the command must hand this kind to ledger.New", e.Kind)
	}
	return l.record(tx, e)
}

func (l *Ledger) record(tx *store.Tx, e Entry) (id string, err error) {
	switch {
	case len(e.Payload) > MaxPayload:
		return "", fmt.Errorf("an entry of the kind %s: the payload has %d bytes, and at most %d are kept", e.Kind, len(e.Payload), MaxPayload)
	case !utf8.Valid(e.Payload):
		return "", fmt.Errorf("an entry of the kind %s: the payload is not UTF-8", e.Kind)
	}
	generation, err := tx.Generation()
	if err != nil {
		return "", fmt.Errorf("the generation of an entry: %w", err)
	}
	salt, err := l.salt()
	if err != nil {
		return "", err
	}
	var seal []byte
	if !e.Kind.Public {
		if seal, err = l.salt(); err != nil {
			return "", err
		}
	}
	newID, err := store.NewID(tx.Now(), l.chance)
	if err != nil {
		return "", err
	}
	b := body{
		id: newID, kind: e.Kind.Name, version: e.Kind.Version, at: tx.Now(), actor: e.Actor,
		subjects: e.Subjects, generation: generation, commitment: commitment(salt, e.Payload),
	}
	if err := b.check(); err != nil {
		return "", fmt.Errorf("an entry of the kind %s: %w", e.Kind, err)
	}
	payload := e.Payload
	if payload == nil {
		payload = []byte{} // NULL is nothing, and an empty payload is something
	}
	err = insertPayload(tx, b.id, salt, payload)
	if err == nil {
		err = insertPending(tx, pendingEntry{tx.Now(), l.turn.Add(1), storedEntry{b.id, b.encode(), seal}})
	}
	if err != nil {
		return "", fmt.Errorf("recording an entry of the kind %s: %w", e.Kind, err)
	}
	tx.AfterCommit(l.signal)
	return b.id, nil
}

func (l *Ledger) salt() ([]byte, error) {
	salt := make([]byte, saltSize)
	if _, err := io.ReadFull(l.chance, salt); err != nil {
		return nil, fmt.Errorf("the salt of an entry: %w", err)
	}
	return salt, nil
}

// signal wakes the Sequencer, or leaves it the signal that is there already.
func (l *Ledger) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Redact has the payloads of entries erased, and their salts, so that nobody can tell any more what
// they were; all else about these entries stays. Everybody may see the reason: it names the rule that
// asks for it and not a person. What is erased already is passed over. The entries must have their
// places, else it is store.ErrNotFound: within a second of their recording they do.
//
// The payloads go in the same transaction that gives the redaction its own place. Whether the actor
// may do so, the caller has asked.
func (l *Ledger) Redact(tx *store.Tx, actor, reason string, ids ...string) error {
	var indexes []string
	for _, id := range ids {
		index, payload, err := place(tx, id)
		if err != nil {
			return fmt.Errorf("the entry %s, to be redacted: %w", id, err)
		}
		if payload {
			indexes = append(indexes, strconv.FormatInt(index, 10))
		}
	}
	for len(indexes) > 0 {
		n := min(len(indexes), MaxSubjects)
		if _, err := l.record(tx, Entry{Kind: Redacted, Actor: actor, Subjects: indexes[:n], Payload: []byte(reason)}); err != nil {
			return err
		}
		indexes = indexes[n:]
	}
	return nil
}

// redacts are the indexes that an entry says are redacted: none, unless it is of that kind. Only
// those before its own index can be.
func (b *body) redacts(index int64) (indexes []int64, err error) {
	if b.kind != Redacted.Name {
		return nil, nil
	}
	for _, subject := range b.subjects {
		i, err := strconv.ParseInt(subject, 10, 64)
		if err != nil || i < 0 || i >= index || strconv.FormatInt(i, 10) != subject {
			return nil, fmt.Errorf("the redaction of %q: that is not the index of an earlier entry", subject)
		}
		indexes = append(indexes, i)
	}
	return indexes, nil
}

// Entries returns entries in their order, from the index on, at most limit: none at the end. A
// follower keeps how many it has seen and asks from there. Kinds that this version does not know may
// be among them: those of a newer server beside it.
func Entries(tx *store.Tx, from int64, limit int) ([]Recorded, error) {
	found, err := entries(tx, from, from+int64(limit))
	if err != nil {
		return nil, fmt.Errorf("the entries of the ledger from %d: %w", from, err)
	}
	recorded := make([]Recorded, len(found))
	for i, f := range found {
		b, err := decodeBody(f.body)
		if err != nil {
			return nil, fmt.Errorf("the entry %d of the ledger: %w", f.number, err)
		}
		recorded[i] = Recorded{
			Entry: Entry{Kind: Kind{b.kind, b.version, f.seal == nil}, Actor: b.actor, Subjects: b.subjects, Payload: f.payload},
			Index: f.number, ID: b.id, At: b.at, Generation: b.generation, Erased: f.salt == nil,
		}
	}
	return recorded, nil
}

// Latest returns the newest checkpoint, having checked that it is signed with the verifier key. It is
// store.ErrNotFound until the Sequencer has run for the first time.
func Latest(tx *store.Tx, public string) (Checkpoint, error) {
	by, err := verifier(public)
	if err != nil {
		return Checkpoint{}, err
	}
	size, signed, err := lastCheckpoint(tx)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Checkpoint{}, fmt.Errorf("the ledger has no checkpoint yet, for the server signs the first as it starts: %w", err)
	case err != nil:
		return Checkpoint{}, fmt.Errorf("the checkpoint of the ledger: %w", err)
	}
	c, err := openCheckpoint(signed, by)
	switch {
	case errors.Is(err, ErrKey):
		return Checkpoint{}, err
	case err != nil:
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrBroken, err)
	case c.Size != size:
		return Checkpoint{}, fmt.Errorf("%w: its checkpoint of %d entries is stored as that of %d", ErrBroken, c.Size, size)
	}
	return c, nil
}

// Size is how many entries have their place and a checkpoint that says so.
func Size(tx *store.Tx) (int64, error) {
	size, _, err := lastCheckpoint(tx)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return size, err
}

// Pending is how many entries have no place yet.
func Pending(tx *store.Tx) (int64, error) { return countPending(tx) }
