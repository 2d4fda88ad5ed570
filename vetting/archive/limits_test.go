package archive_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"portcullis/vetting/archive"
)

func budgeted(t testing.TB, file []byte, limits archive.Limits) *archive.Archive {
	t.Helper()
	a, err := archive.Open(bytes.NewReader(file), int64(len(file)), archive.NewBudget(limits, int64(len(file))))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// What is over a limit is told, and what comes before and after it is read.
func TestEntryLimit(t *testing.T) {
	big := bytes.Repeat([]byte{0}, 3<<20)
	a := budgeted(t, build(t, item{name: "big", data: big, method: 8}, item{name: "small", data: []byte("text")}), archive.Limits{Entry: 1 << 20})
	b, err := a.Lookup("big").Bytes(0)
	if !errors.Is(err, archive.ErrLimit) || len(b) < 1<<20 || len(b) > 1<<20+64<<10 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	r, err := a.Lookup("big").Open()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, r); !errors.Is(err, archive.ErrLimit) || n > 1<<20+64<<10 {
		t.Errorf("%d bytes, %v", n, err)
	}
	if b, err := a.Lookup("small").Bytes(0); string(b) != "text" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if got := a.Problems(); len(got) != 1 || got[0].Code != archive.Limited || got[0].Path != "big" {
		t.Errorf("problems: %v", got)
	}
}

// A bomb ends when the budget does, whether it lies in one entry, in many that share their bytes, or
// in archives inside archives.
func TestBombs(t *testing.T) {
	zeros := make([]byte, 1<<20)
	many := []item{{name: "0", data: zeros, method: 8}}
	for i := range 200 {
		many = append(many, item{name: strings.Repeat("x", i+1), data: zeros, method: 8, again: true})
	}
	inner := build(t, item{name: "zeros", data: zeros, method: 8})
	var wide []item
	for i := range 200 {
		wide = append(wide, item{name: strings.Repeat("x", i+1), data: inner, method: 8})
	}
	limits := archive.Limits{Total: 10 << 20}
	for name, file := range map[string][]byte{"shared bytes": build(t, many...), "nested": build(t, wide...)} {
		a := budgeted(t, file, limits)
		walk(a)
		if got := a.Budget().Spent(); got != limits.Total {
			t.Errorf("%s: %d bytes came out", name, got)
		}
		told := false
		for _, p := range a.Problems() {
			told = told || p.Code == archive.Limited
		}
		if name == "shared bytes" && !told {
			t.Errorf("%s: nothing is told: %v", name, a.Problems())
		}
	}
}

func TestNesting(t *testing.T) {
	file := build(t, item{name: "end.txt", data: []byte("the innermost")})
	for range 2000 {
		file = build(t, item{name: "x.zip", data: file})
	}
	a := budgeted(t, file, archive.Limits{Depth: 5})
	for depth := 0; ; depth++ {
		e := a.Entries()[0]
		r, ok := e.Stored()
		if !ok {
			t.Fatal("it is stored")
		}
		inner, err := e.Nested(r, r.Size())
		if depth == 5 {
			if !errors.Is(err, archive.ErrLimit) || len(a.Problems()) != 1 {
				t.Errorf("at depth %d: %v, %v", depth, err, a.Problems())
			}
			if want := strings.Repeat("x.zip!", 5) + "x.zip"; e.Path() != want {
				t.Errorf("its path is %q", e.Path())
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		a = inner
	}
}

func TestManyEntries(t *testing.T) {
	var items []item
	for range 50 {
		items = append(items, item{name: "a"})
	}
	a := budgeted(t, build(t, items...), archive.Limits{Entries: 20})
	if len(a.Entries()) != 20 || a.Exact() {
		t.Errorf("%d entries, exact %v", len(a.Entries()), a.Exact())
	}
}

// A hostile archive's problems do not grow without bound.
func TestManyProblems(t *testing.T) {
	var items []item
	for i := range 3000 {
		items = append(items, item{name: "../" + strings.Repeat("a", i%50) + string(rune('a'+i%26)) + strings.Repeat("b", i/50)})
	}
	got := open(t, build(t, items...)).Problems()
	if len(got) != 1001 || !strings.Contains(got[1000].What, "more problems") {
		t.Errorf("%d problems, the last %v", len(got), got[len(got)-1])
	}
}

// What is read again is not counted again, by however many at once.
func TestBudgetCountsOnce(t *testing.T) {
	text := []byte(strings.Repeat("text ", 100_000))
	a := open(t, build(t, item{name: "a", data: text, method: 8}, item{name: "b", data: text}))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, e := range a.Entries() {
				if b, err := e.Bytes(0); err != nil || !bytes.Equal(b, text) {
					t.Errorf("%d bytes, %v", len(b), err)
				}
			}
		})
	}
	wg.Wait()
	if got := a.Budget().Spent(); got != int64(2*len(text)) {
		t.Errorf("%d bytes were counted, and there are %d", got, 2*len(text))
	}
}

func TestRatio(t *testing.T) {
	limits := archive.Limits{Ratio: 10, Floor: 1000, Total: 1 << 20}
	for size, want := range map[int64]int64{0: 1000, 50: 1000, 200: 2000, 1 << 30: 1 << 20} {
		if got := archive.NewBudget(limits, size).Total(); got != want {
			t.Errorf("a file of %d bytes may become %d, want %d", size, got, want)
		}
	}
}

// Long names of many folders cost no more than they have letters.
func TestLongNames(t *testing.T) {
	var items []item
	for i := range 400 {
		items = append(items, item{name: string(rune('a'+i%26)) + strings.Repeat("/x", 32_000-i) + "/../"})
	}
	a := open(t, build(t, items...))
	for _, p := range a.Problems() {
		if len(p.Path) > 3000 || len(p.What) > 3000 {
			t.Fatalf("a problem of %d letters", len(p.Path)+len(p.What))
		}
	}
	if len(a.Entries()) != 400 || len(a.Problems()) < 26 {
		t.Errorf("%d entries, %d problems", len(a.Entries()), len(a.Problems()))
	}
}
