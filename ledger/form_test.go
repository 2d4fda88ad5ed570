package ledger

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"portcullis/store"
)

// same lets cmp look into the types of this package.
var same = cmp.Options{cmp.AllowUnexported(body{}, entryLine{}), cmp.Comparer(func(a, b store.Time) bool { return a == b })}

// drawBody draws fields within their limits.
func drawBody(t *rapid.T) body {
	text := rapid.StringN(1, 40, MaxText)
	at := rapid.Int64Range(-62135596799000001, 253402300799999999).Draw(t, "at")
	b := body{
		id: text.Draw(t, "id"), kind: text.Draw(t, "kind"), version: rapid.IntRange(1, 1<<31-1).Draw(t, "version"),
		at: store.TimeOf(time.UnixMicro(at)), actor: text.Draw(t, "actor"),
		generation: store.Generation(rapid.Int64Min(0).Draw(t, "generation")),
	}
	if subjects := rapid.SliceOfN(text, 0, MaxSubjects).Draw(t, "subjects"); len(subjects) > 0 {
		b.subjects = subjects
	}
	copy(b.commitment[:], rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "commitment"))
	return b
}

func TestBodyThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBody(t)
		if err := b.check(); err != nil {
			t.Fatalf("what was drawn is refused: %v", err)
		}
		encoded := b.encode()
		decoded, err := decodeBody(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b, decoded, same); diff != "" {
			t.Errorf("a body (-encoded +decoded):\n%s", diff)
		}
		if len(leaf(encoded, nil)) > 65535 {
			t.Errorf("a leaf has %d bytes", len(leaf(encoded, nil)))
		}
	})
}

// TestBodyRefused encodes what check does not accept: it does not decode either.
func TestBodyRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(b *body)
	}{
		{"no id", func(b *body) { b.id = "" }},
		{"no kind", func(b *body) { b.kind = "" }},
		{"no actor", func(b *body) { b.actor = "" }},
		{"other bytes", func(b *body) { b.actor = "\xff" }},
		{"no version", func(b *body) { b.version = 0 }},
		{"a large version", func(b *body) { b.version = 1 << 31 }},
		{"no time", func(b *body) { b.at = store.Time{} }},
		{"a time that cannot be written", func(b *body) { b.at = store.TimeOf(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)) }},
		{"a time before the year 0", func(b *body) { b.at = store.TimeOf(time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC)) }},
		{"an empty subject", func(b *body) { b.subjects = []string{"s", ""} }},
		{"too many subjects", func(b *body) { b.subjects = slices.Repeat([]string{"s"}, MaxSubjects+1) }},
		{"a negative generation", func(b *body) { b.generation = -1 }},
	} {
		b := body{id: "01", kind: "test.opened", version: 1, at: store.TimeOf(time.Unix(1, 0)), actor: "a", subjects: []string{"s"}}
		if _, err := decodeBody(b.encode()); err != nil {
			t.Fatal(err)
		}
		c.change(&b)
		if decoded, err := decodeBody(b.encode()); err == nil {
			t.Errorf("%s is decoded as %+v", c.name, decoded)
		}
	}
}

// TestLeafFits encodes the largest body: the length of a leaf in a bundle has two bytes.
func TestLeafFits(t *testing.T) {
	text := strings.Repeat("x", MaxText)
	b := body{id: text, kind: text, version: 1, at: store.TimeOf(time.Unix(0, 0)), actor: text}
	for range MaxSubjects {
		b.subjects = append(b.subjects, text)
	}
	if err := b.check(); err != nil {
		t.Fatal(err)
	}
	if n := len(leaf(b.encode(), nil)); n > 65535 {
		t.Errorf("the largest leaf has %d bytes", n)
	}
}

// FuzzBody finds bytes that decode and are not what their fields encode to.
func FuzzBody(f *testing.F) {
	b := body{id: "01", kind: "test.opened", version: 1, at: store.TimeOf(time.Unix(1, 0)), actor: "a", subjects: []string{"s", "t"}}
	f.Add(b.encode())
	f.Add(append(b.encode(), 0))
	f.Add(b.encode()[:40])
	f.Fuzz(func(t *testing.T, encoded []byte) {
		b, err := decodeBody(encoded)
		if err == nil && !bytes.Equal(b.encode(), encoded) {
			t.Errorf("%x decodes to %+v, which encodes to %x", encoded, b, b.encode())
		}
	})
}

func TestLineThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := entryLine{index: rapid.Int64Min(0).Draw(t, "index")}
		some := func(name string) []byte { return rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, name) }
		if rapid.Bool().Draw(t, "sealed") {
			l.leaf = some("leaf")
		} else {
			l.body = drawBody(t)
			if rapid.Bool().Draw(t, "private") {
				l.seal = some("seal")
			}
			if rapid.Bool().Draw(t, "kept") {
				l.salt, l.payload = some("salt"), []byte(rapid.String().Draw(t, "payload"))
			}
		}
		copy(l.root[:], some("root"))
		text := l.append(nil)
		back, err := parseEntryLine(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(l, back, same); diff != "" {
			t.Errorf("%s\n(-written +read):\n%s", text, diff)
		}
	})
}

// FuzzLine finds lines that are read and are not in their one form, or that other readers of JSON
// understand in another way.
func FuzzLine(f *testing.F) {
	b := body{id: "01", kind: "test.opened", version: 1, at: store.TimeOf(time.Unix(1, 0)), actor: "a \"\\\n\x01ü", subjects: []string{"s", "t"}}
	for _, l := range []entryLine{
		{body: b}, {index: 7, body: b, seal: make([]byte, 32)}, {body: b, salt: make([]byte, 32), payload: []byte("{}")}, {leaf: []byte{2, 3}},
	} {
		f.Add(l.append(nil))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := parseEntryLine(text)
		if err != nil {
			return
		}
		if again := l.append(nil); !bytes.Equal(again, text) {
			t.Fatalf("%q is read as %+v, which is written %q", text, l, again)
		}
		var plain struct {
			Index                  int64
			ID, Kind, Time, Actor  string
			Version                int
			Subjects               []string
			Generation             int64
			Commitment, Seal, Salt []byte
			Leaf                   []byte
			Payload                string
			Root                   tlog.Hash
		}
		if err := json.Unmarshal(text, &plain); err != nil {
			t.Fatalf("%q is read, and is no JSON: %v", text, err)
		}
		if plain.Index != l.index || plain.ID != l.body.id || plain.Kind != l.body.kind || plain.Actor != l.body.actor || plain.Version != l.body.version ||
			plain.Generation != int64(l.body.generation) || plain.Payload != string(l.payload) || plain.Root != l.root ||
			!bytes.Equal(plain.Seal, l.seal) || !bytes.Equal(plain.Salt, l.salt) || !bytes.Equal(plain.Leaf, l.leaf) || cmp.Diff(plain.Subjects, l.body.subjects) != "" && len(plain.Subjects)+len(l.body.subjects) > 0 {
			t.Errorf("%q is read as %+v, and by others as %+v", text, l, plain)
		}
	})
}

// TestEdge compares the right edge with the library that it stands for, at every size.
func TestEdge(t *testing.T) {
	var e edge
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (hashes []tlog.Hash, err error) {
		for _, i := range indexes {
			hashes = append(hashes, stored[i])
		}
		return hashes, nil
	})
	written := map[tileID][]byte{}
	read := func(id tileID) ([]byte, error) { return written[id], nil }
	for n := range int64(700) {
		record := []byte{byte(n), byte(n >> 8)}
		hashes, err := tlog.StoredHashes(n, record, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		e.add(tlog.RecordHash(record), nil)
		want, err := tlog.TreeHash(n+1, reader)
		if err != nil {
			t.Fatal(err)
		}
		if e.root() != want {
			t.Fatalf("the root of %d entries is %s, not %s", n+1, e.root(), want)
		}

		// The same, with the edge taken from the tiles each time, as the sequencer does.
		loaded, err := loadEdge(n, read)
		if err != nil {
			t.Fatal(err)
		}
		g := grow(loaded, read)
		if err := g.add(tlog.RecordHash(record)); err != nil {
			t.Fatal(err)
		}
		if g.edge.root() != want {
			t.Fatalf("the root of %d entries from tiles is %s, not %s", n+1, g.edge.root(), want)
		}
		for id, hashes := range g.changed {
			written[id] = bytes.Clone(hashes)
		}
		for _, tile := range tlog.NewTiles(tileHeight, n, n+1) {
			data, err := tlog.ReadTileData(tile, reader)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(written[tileID{tile.L, tile.N}], data) {
				t.Fatalf("of a tree of %d entries the tile %s is %x, not %x", n+1, tile.Path(), written[tileID{tile.L, tile.N}], data)
			}
		}
	}
}
