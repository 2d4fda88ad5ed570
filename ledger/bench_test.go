package ledger

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"portcullis/store"
)

// writeLarge writes an export of size entries, of which every other is sealed, as Export does, with
// nothing stored.
func writeLarge(tb testing.TB, w io.Writer, size int64) (public string) {
	tb.Helper()
	secret, public, err := note.GenerateKey(rand.NewChaCha8([32]byte{1}), "ledger.example/large")
	if err != nil {
		tb.Fatal(err)
	}
	key, err := ParseKey(secret)
	if err != nil {
		tb.Fatal(err)
	}
	e := exporter{out: bufio.NewWriterSize(w, 1<<16), view: Full, missing: map[int64]bool{}}
	if err := e.header(public); err != nil {
		tb.Fatal(err)
	}
	for n := range size {
		f := large(n)
		if err := e.entry(f, tlog.RecordHash(leaf(f.body, f.seal))); err != nil {
			tb.Fatal(err)
		}
		if n == size-1 || n%signedEvery == signedEvery-1 {
			c, err := key.sign(e.tree.size, e.tree.root())
			if err != nil {
				tb.Fatal(err)
			}
			mark := onTheWay
			if n == size-1 {
				mark = atTheEnd
			}
			if err := e.checkpoint(mark, c.Note); err != nil {
				tb.Fatal(err)
			}
		}
	}
	if err := e.out.Flush(); err != nil {
		tb.Fatal(err)
	}
	return public
}

// large is an entry as large as most are.
func large(n int64) fullEntry {
	noon := store.TimeOf(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	salt := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n)))
	payload := fmt.Appendf(nil, `{"rule":"ban-%d","effect":"ban","target":{"supplier":"supplier-%d"},"components":true,"clearance":"minister","scope":"gov","from":"2026-03-01","reason":"Parent state law on access to data, and an offensive cyber programme; see the assessment of the security group."}`, n, n%97)
	b := body{
		id: fmt.Sprintf("01jx%022d", n), kind: "register.rule-added", version: 1, at: noon.Add(time.Duration(n) * time.Second), actor: "01jx2k4m6p8r0t2v4x6z8b0d2f",
		subjects: []string{fmt.Sprintf("01jx%022d", n%1000), "ban-tiktok"}, generation: store.Generation(n), commitment: commitment(salt[:], payload),
	}
	f := fullEntry{number: n, storedEntry: storedEntry{id: b.id, body: b.encode()}, salt: salt[:], payload: payload}
	if n%2 == 1 {
		f.seal = salt[:]
	}
	return f
}

// BenchmarkVerify verifies a ledger of a million entries: at most 10 s.
func BenchmarkVerify(b *testing.B) {
	const size = 1_000_000
	name := filepath.Join(b.TempDir(), "export")
	file, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	public := writeLarge(b, file, size)
	for b.Loop() {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			b.Fatal(err)
		}
		report, err := Verify(file, VerifyOptions{Key: public})
		if err != nil || report.Size != size {
			b.Fatalf("%+v: %v", report, err)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/ledger")
}
