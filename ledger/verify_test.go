package ledger_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"portcullis/ledger"
	"portcullis/store"
)

// jsonEntry is a line of an entry as any reader of JSON sees it. What is computed from it here is
// computed from the description of the format, not by the package.
type jsonEntry struct {
	Index      int64     `json:"index"`
	Leaf       []byte    `json:"leaf,omitempty"`
	ID         string    `json:"id,omitempty"`
	Kind       string    `json:"kind,omitempty"`
	Version    int64     `json:"version,omitempty"`
	Time       string    `json:"time,omitempty"`
	Actor      string    `json:"actor,omitempty"`
	Subjects   []string  `json:"subjects,omitempty"`
	Generation *int64    `json:"generation,omitempty"`
	Commitment []byte    `json:"commitment,omitempty"`
	Seal       []byte    `json:"seal,omitempty"`
	Salt       []byte    `json:"salt,omitempty"`
	Payload    *string   `json:"payload,omitempty"`
	Root       tlog.Hash `json:"root"`
}

func (e *jsonEntry) leafHash(t testing.TB) tlog.Hash {
	if e.Leaf != nil {
		return tlog.RecordHash(e.Leaf)
	}
	at, err := time.Parse("2006-01-02T15:04:05.000000Z", e.Time)
	if err != nil {
		t.Fatal(err)
	}
	text := func(s string) []byte { return append([]byte{byte(len(s))}, s...) }
	body := slices.Concat(text(e.ID), text(e.Kind))
	body = binary.BigEndian.AppendUint32(body, uint32(e.Version))
	body = binary.BigEndian.AppendUint64(body, uint64(at.UnixMicro()))
	body = append(append(body, text(e.Actor)...), byte(len(e.Subjects)))
	for _, subject := range e.Subjects {
		body = append(body, text(subject)...)
	}
	body = binary.BigEndian.AppendUint64(body, uint64(*e.Generation))
	body = append(body, e.Commitment...)
	if e.Seal == nil {
		return tlog.RecordHash(append([]byte{1}, body...))
	}
	sum := sha256.Sum256(append(slices.Clone(e.Seal), body...))
	return tlog.RecordHash(append([]byte{2}, sum[:]...))
}

// commit makes the commitment fit salt and payload, as whoever changes the payload would.
func (e *jsonEntry) commit() {
	e.Commitment = hashOf(e.Salt, []byte(*e.Payload))
}

func hashOf(parts ...[]byte) []byte {
	sum := sha256.Sum256(slices.Concat(parts...))
	return sum[:]
}

// file is an export taken apart.
type file struct {
	header  string
	entries []jsonEntry
	signed  map[int64]string // the lines of checkpoints by the number of entries before them
	order   []int64          // their sizes as they come
}

func takeApart(t testing.TB, export []byte) (f file) {
	t.Helper()
	f.signed = map[int64]string{}
	for line := range strings.Lines(string(export)) {
		switch {
		case f.header == "":
			f.header = line
		case strings.HasPrefix(line, `{"index"`):
			var e jsonEntry
			d := json.NewDecoder(strings.NewReader(line))
			d.DisallowUnknownFields()
			if err := d.Decode(&e); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			f.entries = append(f.entries, e)
		default:
			n := int64(len(f.entries))
			f.signed[n] = line
			f.order = append(f.order, n)
		}
	}
	return f
}

// clone is a copy whose entries can be changed.
func (f file) clone() file {
	f.entries = slices.Clone(f.entries)
	for i := range f.entries {
		e := &f.entries[i]
		e.Subjects = slices.Clone(e.Subjects)
		e.Commitment, e.Salt, e.Seal = slices.Clone(e.Commitment), slices.Clone(e.Salt), slices.Clone(e.Seal)
	}
	return f
}

func line(t testing.TB, v any) string {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// bytes puts the export together again: checkpoints on the way where they were, and the last one at
// the end.
func (f file) bytes(t testing.TB) []byte {
	out := []byte(f.header)
	last := f.order[len(f.order)-1]
	for i, e := range f.entries {
		if n := int64(i); n > 0 && n < last {
			out = append(out, f.signed[n]...)
		}
		out = append(out, line(t, e)...)
	}
	return append(out, f.signed[last]...)
}

// renumber makes indexes and roots fit the entries, as a careful forger would.
func (f file) renumber(t testing.TB) {
	var stack []tlog.Hash
	for i := range f.entries {
		e := &f.entries[i]
		e.Index = int64(i)
		stack = append(stack, e.leafHash(t))
		for n := i; n&1 == 1; n >>= 1 {
			last := len(stack) - 1
			stack = append(stack[:last-1], tlog.NodeHash(stack[last-1], stack[last]))
		}
		e.Root = stack[len(stack)-1]
		for j := len(stack) - 2; j >= 0; j-- {
			e.Root = tlog.NodeHash(stack[j], e.Root)
		}
	}
}

// resign signs every checkpoint anew, as only the ledger's own server can.
func (f *file) resign(t testing.TB, key ledger.Key) {
	signed := map[int64]string{}
	for i, size := range f.order {
		mark := "signed"
		if i == len(f.order)-1 {
			mark = "checkpoint"
		}
		signed[size] = line(t, map[string]string{mark: checkpointOf(t, key, size, f.entries[size-1].Root)})
	}
	f.signed = signed
}

func checkpointOf(t testing.TB, key ledger.Key, size int64, root tlog.Hash) string {
	text := fmt.Sprintf("%s\n%d\n%s\n", key.Signer.Name(), size, root)
	signed, err := note.Sign(&note.Note{Text: text}, key.Signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

// small is a ledger with entries of every kind, some erased, and its server.
func small(t testing.TB, size int) (*server, []byte) {
	t.Helper()
	s := stored(t)
	var ids []string
	for n := 0; n < size-1; {
		var some []ledger.Entry
		for ; len(some) < 500 && n < size-1; n++ {
			some = append(some, entry([]ledger.Kind{opened, sealed}[n%2], n))
		}
		ids = append(ids, s.record(some...)...)
		s.sequence()
	}
	s.redact("kept for one year", ids[2], ids[3])
	s.sequence()
	return s, s.export(ledger.Full)
}

// TestFormat reads an export with nothing but JSON, SHA-256 and the description.
func TestFormat(t *testing.T) {
	s, export := small(t, 40)
	for _, view := range []ledger.View{ledger.Full, ledger.Public} {
		export := s.export(view)
		f := takeApart(t, export)
		if want := fmt.Sprintf(`{"export":"portcullis ledger","version":1,"view":%q,"key":%q}`+"\n", view, s.key.Public); f.header != want {
			t.Errorf("the header is %s, not %s", f.header, want)
		}
		for i, e := range f.entries {
			if e.Payload != nil && !bytes.Equal(hashOf(e.Salt, []byte(*e.Payload)), e.Commitment) {
				t.Errorf("entry %d commits to another payload", i)
			}
		}
		f.renumber(t)
		if got := f.bytes(t); !bytes.Equal(got, export) {
			t.Errorf("the %s export is not what its description says: %s\n\n%s", view, export, got)
		}
	}
	report := verified(t, export, ledger.VerifyOptions{Key: s.key.Public})
	if report.Size != 40 || report.Erased != 2 || report.Sealed != 0 || report.Key != s.key.Public || report.From.IsZero() || report.To.Before(report.From) {
		t.Errorf("the report is %+v", report)
	}
}

// TestChanges changes each field of each entry of a file.
func TestChanges(t *testing.T) {
	s, export := small(t, 12)
	honest := takeApart(t, export)
	flip := func(b []byte) { b[len(b)/2] ^= 1 }
	changes := []struct {
		name   string
		change func(e *jsonEntry)
	}{
		{"index", func(e *jsonEntry) { e.Index++ }},
		{"id", func(e *jsonEntry) { e.ID = "0" + e.ID[1:] + "0" }},
		{"kind", func(e *jsonEntry) { e.Kind += "x" }},
		{"version", func(e *jsonEntry) { e.Version++ }},
		{"time", func(e *jsonEntry) { e.Time = "1999" + e.Time[4:] }},
		{"actor", func(e *jsonEntry) { e.Actor = "officer-2" }},
		{"subject", func(e *jsonEntry) { e.Subjects[0] += "0" }},
		{"another subject", func(e *jsonEntry) { e.Subjects = append(e.Subjects, "0") }},
		{"generation", func(e *jsonEntry) { g := *e.Generation + 1; e.Generation = &g }},
		{"commitment", func(e *jsonEntry) { flip(e.Commitment) }},
		{"payload", func(e *jsonEntry) { p := "x"; e.Payload = &p; e.Salt = make([]byte, 32) }},
		{"payload and commitment", func(e *jsonEntry) { p := "x"; e.Payload = &p; e.Salt = make([]byte, 32); e.commit() }},
		{"seal", func(e *jsonEntry) { e.Seal = append([]byte{1}, make([]byte, 31)...) }},
		{"root", func(e *jsonEntry) { flip(e.Root[:]) }},
		{"sealed", func(e *jsonEntry) { *e = jsonEntry{Index: e.Index, Leaf: append([]byte{2}, hashOf()...), Root: e.Root} }},
		{"opened", func(e *jsonEntry) {
			if e.Seal == nil {
				e.Seal = make([]byte, 32)
			} else {
				e.Seal = nil
			}
		}},
	}
	for i := range honest.entries {
		for _, c := range changes {
			f := honest.clone()
			c.change(&f.entries[i])
			fault := faulty(t, f.bytes(t), ledger.VerifyOptions{})
			if fault.First != int64(i) || fault.Last != int64(i) {
				t.Errorf("a changed %s in entry %d is found as: %v", c.name, i, fault)
			}
			// Whoever makes the roots fit is stopped by the signature.
			if f.renumber(t); c.name != "index" && c.name != "root" {
				fault := faulty(t, f.bytes(t), ledger.VerifyOptions{Key: s.key.Public})
				if int64(i) < fault.First || int64(i) > fault.Last {
					t.Errorf("a changed %s in entry %d, with roots that fit, is found as: %v", c.name, i, fault)
				}
			}
		}
	}
}

// TestSignedNonsense has the ledger's own server sign what it should never have taken in.
func TestSignedNonsense(t *testing.T) {
	s, export := small(t, 12)
	signed := func(change func(f *file)) []byte {
		f := takeApart(t, export).clone()
		change(&f)
		f.renumber(t)
		f.resign(t, s.key)
		return f.bytes(t)
	}
	verified(t, signed(func(*file) {}), ledger.VerifyOptions{Key: s.key.Public})
	for _, c := range []struct {
		name   string
		change func(f *file, e *jsonEntry) // e is entry 4
		entry  int64
		want   string
	}{
		{"another payload", func(_ *file, e *jsonEntry) { p := "x"; e.Payload = &p }, 4, "the payload is not the one that was recorded"},
		{"another salt", func(_ *file, e *jsonEntry) { e.Salt[0] ^= 1 }, 4, "the payload is not the one that was recorded"},
		{"nobody", func(_ *file, e *jsonEntry) { e.Actor = "" }, 4, "expected"},
		{"a long actor", func(_ *file, e *jsonEntry) { e.Actor = strings.Repeat("x", 256) }, 4, "the actor has 256 bytes"},
		{"no time", func(_ *file, e *jsonEntry) { e.Time = "0001-01-01T00:00:00.000000Z" }, 4, "a time such as"},
		{"a large version", func(_ *file, e *jsonEntry) { e.Version = 1 << 31 }, 4, "versions count from 1"},
		{"too many subjects", func(_ *file, e *jsonEntry) { e.Subjects = slices.Repeat([]string{"x"}, 129) }, 4, "129 subjects"},
		{"an empty subject", func(_ *file, e *jsonEntry) { e.Subjects = []string{""} }, 4, "the subject is empty"},
		{"a redaction of what comes later", func(_ *file, e *jsonEntry) { e.Kind, e.Subjects = "ledger.redacted", []string{"4"} }, 4, "not the index of an earlier entry"},
		{"a redaction of no index", func(_ *file, e *jsonEntry) { e.Kind, e.Subjects = "ledger.redacted", []string{"03"} }, 4, "not the index of an earlier entry"},
		{"no redaction", func(f *file, _ *jsonEntry) { f.entries[11].Kind = "test.opened" }, 2, "no later entry says that it was redacted"},
		{"sealed", func(_ *file, e *jsonEntry) { *e = jsonEntry{Leaf: append([]byte{2}, hashOf()...)} }, 4, "it is sealed, in an export that says it is full"},
		{"an open leaf, hidden", func(f *file, e *jsonEntry) {
			f.header = strings.Replace(f.header, "full", "public", 1)
			*e = jsonEntry{Leaf: append([]byte{1}, hashOf()...)}
		}, 4, "not that of a sealed entry"},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := signed(func(f *file) { c.change(f, &f.entries[4]) })
			if fault := faulty(t, changed, ledger.VerifyOptions{Key: s.key.Public}); fault.First != c.entry || !strings.Contains(fault.Why, c.want) {
				t.Errorf("it is found as: %v", fault)
			}
		})
	}
	full := strings.Replace(string(s.export(ledger.Public)), "public", "full", 1)
	if fault := faulty(t, []byte(full), ledger.VerifyOptions{}); fault.First != 1 || !strings.Contains(fault.Why, "it is sealed") {
		t.Errorf("a public export that says it is full is found as: %v", fault)
	}
}

// TestOneSignature puts more into the checkpoint of an export than its signature.
func TestOneSignature(t *testing.T) {
	s, export := small(t, 12)
	good := s.latest()
	text, signature, _ := strings.Cut(good.Note, "\n\n")
	both, err := note.Sign(&note.Note{Text: text + "\n"}, s.key.Signer, newKey(t, "witness").Signer)
	if err != nil {
		t.Fatal(err)
	}
	// The last letter before the equals sign has two bits that are not used.
	alphabet := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	end := len(good.Note) - 3
	other := good.Note[:end] + alphabet[strings.IndexByte(alphabet, good.Note[end])+1:][:1] + good.Note[end+1:]
	for _, c := range []struct{ name, note string }{{"a witness", string(both)}, {"twice", good.Note + signature}, {"other base64", other}} {
		f := takeApart(t, export)
		f.signed[12] = line(t, map[string]string{"checkpoint": c.note})
		if fault := faulty(t, f.bytes(t), ledger.VerifyOptions{}); !strings.Contains(fault.Why, "its one signature") {
			t.Errorf("%s: it is found as: %v", c.name, fault)
		}
	}
}

// TestSuppressed takes a payload away, as if it had been redacted.
func TestSuppressed(t *testing.T) {
	_, export := small(t, 12)
	for i, e := range takeApart(t, export).entries {
		if e.Payload == nil {
			continue
		}
		f := takeApart(t, export)
		f.entries[i].Payload, f.entries[i].Salt = nil, nil
		if fault := faulty(t, f.bytes(t), ledger.VerifyOptions{}); fault.First != int64(i) || !strings.Contains(fault.Why, "no later entry says that it was redacted") {
			t.Errorf("the payload of entry %d is suppressed, which is found as: %v", i, fault)
		}
	}
}

// moves are what can be done to the order of entries, at a place i before the last.
var moves = []struct {
	name string
	move func(f *file, i int)
}{
	{"drop", func(f *file, i int) { f.entries = slices.Delete(f.entries, i, i+1) }},
	{"double", func(f *file, i int) { f.entries = slices.Insert(f.entries, i+1, f.entries[i]) }},
	{"insert", func(f *file, i int) {
		e := f.entries[0]
		e.ID = "made-up"
		f.entries = slices.Insert(f.entries, i, e)
	}},
	{"swap", func(f *file, i int) { f.entries[i], f.entries[i+1] = f.entries[i+1], f.entries[i] }},
	{"drop all that follow", func(f *file, i int) { f.entries = f.entries[:i] }},
}

func TestMoves(t *testing.T) {
	_, export := small(t, 12)
	honest := takeApart(t, export)
	for _, m := range moves {
		for i := range len(honest.entries) - 1 {
			f := honest.clone()
			m.move(&f, i)
			fault := faulty(t, f.bytes(t), ledger.VerifyOptions{})
			// The double of an entry is the first wrong one, not the entry itself.
			want := map[string]int64{"double": int64(i) + 1}[m.name]
			if want == 0 {
				want = int64(i)
			}
			if fault.First > want || fault.Last < want || m.name != "drop all that follow" && fault.First != fault.Last {
				t.Errorf("%s at %d is found as: %v", m.name, i, fault)
			}
			f.renumber(t)
			fault = faulty(t, f.bytes(t), ledger.VerifyOptions{})
			why := "signed for other entries"
			switch n := len(f.entries); {
			case n < 12:
				why = fmt.Sprintf("signed for 12 entries, and %d stand before it: entries were dropped", n)
			case n > 12:
				why = "signed for 12 entries, and 13 stand before it: entries were doubled or put in"
			}
			if fault.First > int64(i) || fault.Last < int64(i) || !strings.Contains(fault.Why, why) {
				t.Errorf("%s at %d, with roots that fit, is found as: %v", m.name, i, fault)
			}
		}
	}
}

// TestBetweenCheckpoints has a careful forger change a ledger that was signed several times: it is
// found between two of the checkpoints.
func TestBetweenCheckpoints(t *testing.T) {
	_, export := small(t, 4000)
	honest := takeApart(t, export)
	if len(honest.order) < 3 {
		t.Fatalf("the checkpoints in an export of 4000 entries are at %v", honest.order)
	}
	for _, m := range moves[:4] {
		for _, i := range []int{0, 1100, 2700, 3998} {
			f := honest.clone()
			m.move(&f, i)
			f.renumber(t)
			fault := faulty(t, f.bytes(t), ledger.VerifyOptions{})
			if fault.First > int64(i) || fault.Last < int64(i) || fault.Last-fault.First > 2*1024 {
				t.Errorf("%s at %d is found as: %v", m.name, i, fault)
			}
		}
	}
}

// TestCutOff ends an export at every byte.
func TestCutOff(t *testing.T) {
	_, export := small(t, 12)
	for n := range len(export) {
		if fault := faulty(t, export[:n], ledger.VerifyOptions{}); !strings.Contains(fault.Why, "cut off") {
			t.Fatalf("an export cut off at byte %d is found as: %v", n, fault)
		}
	}
}

// TestCheckpointsInTheirPlaces cuts off, doubles and adds lines around the checkpoints.
func TestCheckpointsInTheirPlaces(t *testing.T) {
	// To end where a checkpoint was signed on the way is to cut off.
	_, export := small(t, 3000)
	lines := slices.Collect(strings.Lines(string(export)))
	i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, `{"signed"`) })
	if fault := faulty(t, []byte(strings.Join(lines[:i+1], "")), ledger.VerifyOptions{}); !strings.Contains(fault.Why, "without its checkpoint") {
		t.Errorf("an export cut off after a checkpoint is found as: %v", fault)
	}
	for _, twice := range []int{i, len(lines) - 1} {
		again := strings.Replace(lines[twice], `{"checkpoint"`, `{"signed"`, 1)
		if fault := faulty(t, []byte(strings.Join(slices.Insert(slices.Clone(lines), twice, again), "")), ledger.VerifyOptions{}); !strings.Contains(fault.Why, "stands here again") {
			t.Errorf("a checkpoint that was doubled is found as: %v", fault)
		}
	}
	for _, more := range []string{"\n", " ", lines[1], lines[len(lines)-1]} {
		if fault := faulty(t, append(slices.Clone(export), more...), ledger.VerifyOptions{}); !strings.Contains(fault.Why, "after the checkpoint") {
			t.Errorf("what follows an export is found as: %v", fault)
		}
	}
}

// TestEveryByte changes each byte of an export in several ways.
func TestEveryByte(t *testing.T) {
	_, export := small(t, 8)
	for i := range export {
		for _, change := range []byte{1, 2, 0x20, 0x80} {
			changed := slices.Clone(export)
			changed[i] ^= change
			if report, err := ledger.Verify(bytes.NewReader(changed), ledger.VerifyOptions{}); err == nil {
				t.Errorf("with byte %d changed to %q an export verifies: %s\n%+v", i, changed[i], changed[max(0, i-20):i+20], report)
			}
		}
	}
}

func TestHeader(t *testing.T) {
	s, export := small(t, 5)
	other := newKey(t, "another")
	for _, c := range []struct {
		name, from, to, key, want string
	}{
		{"nothing", string(export), "", "", "cut off"},
		{"a text", string(export), "hello\n", "", "not the header"},
		{"a later version", `"version":1,"view"`, `"version":2,"view"`, "", "an export of version 2: this program reads version 1"},
		{"another view", `"view":"full"`, `"view":"half"`, "", `the view "half" is not known`},
		{"another key", s.key.Public, other.Public, "", "not signed with this key"},
		{"no key", s.key.Public, "a+b+c", "", "not a verifier key"},
		{"carriage returns", "\n", "\r\n", "", "not the header"},
		{"a byte order mark", `{"export"`, "\ufeff" + `{"export"`, "", "not the header"},
		{"a space", `{"export"`, ` {"export"`, "", "not the header"},
		{"the key asked for is another", "", "", other.Public, "is to be checked with " + other.Public},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.ReplaceAll(string(export), c.from, c.to)
			if c.from == "" {
				changed = string(export)
			}
			if fault := faulty(t, []byte(changed), ledger.VerifyOptions{Key: c.key}); !strings.Contains(fault.Error(), c.want) {
				t.Errorf("it is found as: %v", fault)
			}
		})
	}
}

// TestForms writes the same entry in other forms that JSON allows.
func TestForms(t *testing.T) {
	_, export := small(t, 5)
	for _, c := range []struct{ name, from, to string }{
		{"a space", `,"actor":`, `, "actor":`},
		{"a key twice", `,"actor":"officer-1"`, `,"actor":"officer-2","actor":"officer-1"`},
		{"another key", `,"actor":`, `,"note":"","actor":`},
		{"capitals", `,"actor":`, `,"Actor":`},
		{"another order", `"kind":"test.opened","version":1`, `"version":1,"kind":"test.opened"`},
		{"an escape that is not needed", `officer-1`, `\u006fficer-1`},
		{"a longer escape", `\n`, `\u000a`},
		{"an escape in capitals", `\n`, `\N`},
		{"half a pair", `officer-1`, `\ud83dofficer-1`},
		{"other bytes", `officer-1`, "officer-1\xff"},
		{"a control character", `officer-1`, "officer\t1"},
		{"a leading zero", `"index":1,`, `"index":01,`},
		{"a fraction", `"index":1,`, `"index":1.0,`},
		{"a large number", `"index":1,`, `"index":18446744073709551617,`},
		{"a negative number", `"index":1,`, `"index":-1,`},
		{"base64 in two lines", `"root":"`, "\"root\":\"\r"},
		{"base64 of the web", `"root":"`, `"root":"_`},
		{"no subjects", `"subjects":[`, `"subjects":null[`},
		{"a salt without payload", `,"payload":"`, `,"pay":"`},
		{"a comma in the time", `.`, `,`},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := slices.Collect(strings.Lines(string(export)))
			for i := 1; i < 4; i++ {
				changed := slices.Clone(lines)
				if changed[i] = strings.Replace(lines[i], c.from, c.to, 1); changed[i] == lines[i] {
					continue
				}
				if fault := faulty(t, []byte(strings.Join(changed, "")), ledger.VerifyOptions{}); fault.First != int64(i-1) || fault.Line != int64(i+1) {
					t.Errorf("in line %d it is found as: %v", i+1, fault)
				}
				return
			}
			t.Errorf("no line has %q", c.from)
		})
	}
}

func TestLongLine(t *testing.T) {
	_, export := small(t, 5)
	header, _, _ := strings.Cut(string(export), "\n")
	endless := io.MultiReader(strings.NewReader(header+"\n"), iotest.DataErrReader(io.LimitReader(zeros{}, 1<<30)))
	var fault *ledger.Fault
	if _, err := ledger.Verify(endless, ledger.VerifyOptions{}); !errors.As(err, &fault) || fault.First != 0 || !strings.Contains(fault.Why, "longer than") {
		t.Errorf("a line without an end is found as: %v", err)
	}
	broken := errors.New("the disk is broken")
	_, err := ledger.Verify(io.MultiReader(strings.NewReader(header+"\n"), iotest.ErrReader(broken)), ledger.VerifyOptions{})
	if !errors.Is(err, broken) {
		t.Errorf("a file that cannot be read is found as: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// TestGrowth holds a ledger against what was saved of it earlier.
func TestGrowth(t *testing.T) {
	s, early := small(t, 1300)
	saved := []string{s.latest().Note}
	for i := range 700 {
		s.record(entry(opened, i))
	}
	s.sequence()
	saved = append(saved, s.latest().Note)
	late := s.export(ledger.Full)
	for _, c := range []struct {
		name, saved string
		agree       int
	}{
		{"one checkpoint", saved[0], 1},
		{"the newest", saved[1], 1},
		{"all, in any order", saved[1] + saved[0] + saved[1], 3},
		{"with empty lines between", saved[1] + "\n" + saved[0] + "\n", 2},
		{"the earlier export", string(early), 1},
		{"itself", string(late), 1},
		{"a public export", string(s.export(ledger.Public)), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if report := verified(t, late, ledger.VerifyOptions{Saved: strings.NewReader(c.saved)}); report.Compared != c.agree {
				t.Errorf("%d of what was saved agrees", report.Compared)
			}
		})
	}
	for _, c := range []struct{ name, saved string }{{"a later checkpoint", saved[0] + saved[1]}, {"a later export", string(late)}} {
		t.Run(c.name, func(t *testing.T) {
			if fault := faulty(t, early, ledger.VerifyOptions{Saved: strings.NewReader(c.saved)}); fault.First != -1 || !strings.Contains(fault.Why, "ends after 1300 entries, and 2000 were saved") {
				t.Errorf("an export that is older than what was saved is found as: %v", fault)
			}
		})
	}
}

func (s *server) latest() (c ledger.Checkpoint) {
	s.t.Helper()
	if err := s.db.Read(s.t.Context(), func(tx *store.Tx) (err error) {
		c, err = ledger.Latest(tx, s.key.Public)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return c
}

// TestFork has the ledger's own server rewrite what it signed.
func TestFork(t *testing.T) {
	s, export := small(t, 3000)
	honest := takeApart(t, export)
	at := func(size int64) string { return checkpointOf(t, s.key, size, honest.entries[size-1].Root) }
	for _, place := range []int64{0, 1, 1023, 1024, 1500, 2999} {
		forked := honest.clone()
		e := &forked.entries[place]
		if text := "rewritten"; e.Payload != nil {
			e.Payload = &text
			e.commit()
		} else {
			e.Actor = text
		}
		forked.renumber(t)
		forked.resign(t, s.key)
		rewritten := forked.bytes(t)
		verified(t, rewritten, ledger.VerifyOptions{Key: s.key.Public}) // nothing in it is wrong

		for _, c := range []struct {
			name, saved string
			first, last int64
		}{
			{"the newest checkpoint", at(3000), 0, 2999},
			{"several checkpoints", at(1) + at(1024) + at(1500) + at(2000) + at(3000), 0, 0},
			{"the export", string(export), place, place},
		} {
			first, last := c.first, c.last
			if c.name == "several checkpoints" {
				sizes := []int64{0, 1, 1024, 1500, 2000, 3000}
				i := slices.IndexFunc(sizes, func(size int64) bool { return size > place })
				first, last = sizes[i-1], sizes[i]-1
			}
			fault := faulty(t, rewritten, ledger.VerifyOptions{Saved: strings.NewReader(c.saved)})
			if fault.First != first || fault.Last != last || !strings.Contains(fault.Why, "the ledger was forked") {
				t.Errorf("a fork at entry %d, held against %s, is found as: %v", place, c.name, fault)
			}
		}
	}
}

// TestForkIsNotDamage tells a changed file from a ledger that was rewritten.
func TestForkIsNotDamage(t *testing.T) {
	s, export := small(t, 12)
	f := takeApart(t, export)
	f.entries[3].Actor = "officer-2"
	f.renumber(t)
	for _, saved := range []string{s.latest().Note, string(export)} {
		if fault := faulty(t, f.bytes(t), ledger.VerifyOptions{Saved: strings.NewReader(saved)}); strings.Contains(fault.Why, "fork") {
			t.Errorf("a file that was changed is taken for a fork: %v", fault)
		}
	}
}

// TestSavedIsWrong gives for the saved checkpoint what is none.
func TestSavedIsWrong(t *testing.T) {
	s, export := small(t, 12)
	good := s.latest().Note
	other := newKey(t, "another")
	resigned := takeApart(t, export)
	resigned.resign(t, other)
	resigned.header = strings.Replace(resigned.header, s.key.Public, other.Public, 1)
	damaged := takeApart(t, export)
	damaged.entries[5].Actor = "officer-2"
	for _, c := range []struct{ name, saved, want string }{
		{"nothing", "", "there is no checkpoint in it"},
		{"empty lines", "\n\n", "there is no checkpoint in it"},
		{"a text", "hello\n", "checkpoint 1: "},
		{"another key", checkpointOf(t, other, 12, tlog.Hash{}), "checkpoint 1: the checkpoint is not signed with this key"},
		{"no signature", strings.Split(good, "— ")[0], "checkpoint 1: "},
		{"a changed size", strings.Replace(good, "\n12\n", "\n11\n", 1), "checkpoint 1: the checkpoint is not signed"},
		{"a good one and half a one", good + good[:20], "checkpoint 2: "},
		{"a size that is none", checkpointText(t, s.key, "ledger.example/test\n012\n"+tlog.Hash{}.String()+"\n"), "is not the number of entries"},
		{"a root that is none", checkpointText(t, s.key, "ledger.example/test\n12\nroot\n"), "is not a root"},
		{"no entries, and another root", checkpointText(t, s.key, "ledger.example/test\n0\n"+tlog.Hash{}.String()+"\n"), "its root is another than theirs"},
		{"too few lines", checkpointText(t, s.key, "ledger.example/test\n12\n"), "a line each"},
		{"another ledger", checkpointText(t, s.key, "ledger.example/other\n12\n"+tlog.Hash{}.String()+"\n"), "of another ledger"},
		{"an export with another key", string(resigned.bytes(t)), "it is signed with the key"},
		{"a damaged export", string(damaged.bytes(t)), "the saved export: entry 5 (line 7)"},
		{"half an export", string(export[:len(export)/2]), "the saved export: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := ledger.Verify(bytes.NewReader(export), ledger.VerifyOptions{Saved: strings.NewReader(c.saved)}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("it is found as: %v", err)
			}
		})
	}
}

func checkpointText(t *testing.T, key ledger.Key, text string) string {
	signed, err := note.Sign(&note.Note{Text: text}, key.Signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(signed)
}

// TestWitnessed lets through what others add to a checkpoint.
func TestWitnessed(t *testing.T) {
	s, export := small(t, 12)
	c := s.latest()
	text := fmt.Sprintf("%s\n12\n%s\nan extension\n", c.Origin, c.Root)
	witness := newKey(t, "witness")
	signed, err := note.Sign(&note.Note{Text: text}, s.key.Signer, witness.Signer)
	if err != nil {
		t.Fatal(err)
	}
	verified(t, export, ledger.VerifyOptions{Saved: bytes.NewReader(signed)})
}

// TestAnyTampering draws what is done to an export, several times over: whatever is accepted has
// the same entries.
func TestAnyTampering(t *testing.T) {
	s, export := small(t, 24)
	honest := takeApart(t, export)
	rapid.Check(t, func(draw *rapid.T) {
		f := honest.clone()
		for range rapid.IntRange(1, 3).Draw(draw, "times") {
			if len(f.entries) < 2 {
				break
			}
			m := rapid.SampledFrom(moves).Draw(draw, "move")
			m.move(&f, rapid.IntRange(0, len(f.entries)-2).Draw(draw, "place"))
		}
		if rapid.Bool().Draw(draw, "renumbered") {
			f.renumber(t)
		}
		_, err := ledger.Verify(bytes.NewReader(f.bytes(t)), ledger.VerifyOptions{Key: s.key.Public})
		if same := line(t, f.entries) == line(t, honest.entries); (err == nil) != same {
			draw.Errorf("the entries are the same: %t, and the export verifies with %v", same, err)
		}
	})
}
