package devices_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/policy/policytest"
	"portcullis/store"
	"portcullis/world"
)

// TestExportOfThePast holds that an export is of a time, as it was known at another.
func TestExportOfThePast(t *testing.T) {
	text := strings.Replace(house, "suppliers:", "hosts: [{id: d1, kind: device, organisation: dept-a, platform: android, installed: [{identifier: com.notes, version: '3'}]}]\nsuppliers:", 1)
	each(t, text, func(t *testing.T, s *server, another func() *server) {
		none, officer := time.Time{}, s.program(t, people.Everywhere, people.CentreOfficer)
		imported := s.exports(t, none, none)
		at := func(hour int) time.Time { return noon.Add(time.Duration(hour) * time.Hour) }
		edit := func(text string, pairs ...string) string {
			for i := 0; i < len(pairs); i += 2 {
				if !strings.Contains(text, pairs[i]) {
					t.Fatalf("there is no %s in %s", pairs[i], text)
				}
			}
			return strings.NewReplacer(pairs...).Replace(text)
		}
		const line = `  - {"id":"d1","kind":"device","organisation":"dept-a","ownership":"corporate","platform":"android","installed":[{"identifier":"com.notes","version":"3"}]}` + "\n"
		if !strings.Contains(imported, line) {
			t.Fatalf("the host is not written so: %s", imported)
		}

		s.clock.Advance(time.Hour) // 1: d1 is in dept-b, and has been since a day before the import
		if _, err := s.Move(t.Context(), officer, "d1", devices.HostMove{Organisation: "dept-b", From: store.TimeOf(at(-24))}); err != nil {
			t.Fatal(err)
		}
		moved := edit(imported, line, strings.Replace(line, "dept-a", "dept-b", 1))
		s.clock.Advance(time.Hour) // 2: something else is on it, and there is another
		inventory := report("d1", "com.parrot=1")
		inventory.Organisation, inventory.Source = "", "mdm"
		s.must(t, inventory)
		s.must(t, report("d2", "com.notes=1"))
		reported := s.exports(t, none, none)
		if !strings.Contains(reported, `"id":"d2"`) || !strings.Contains(reported, `[{"identifier":"com.notes","version":"3"},{"identifier":"com.parrot","version":"1"}]`) {
			t.Errorf("after the reports: %s", reported)
		}
		s.clock.Advance(time.Hour) // 3: the other is retired
		if _, err := s.ChangeState(t.Context(), officer, "d2", devices.StateChange{State: devices.Retired}); err != nil {
			t.Fatal(err)
		}
		retired := s.exports(t, none, none)
		if strings.Contains(retired, `"id":"d2"`) {
			t.Errorf("what is retired is exported: %s", retired)
		}
		s.clock.Advance(time.Hour)
		for _, s := range []*server{s, another()} {
			same(t, "now", s.exports(t, none, none), retired)
			same(t, "as known at the import", s.exports(t, none, at(0)), imported)
			same(t, "of a thousand years ago, as known at the import", s.exports(t, noon.AddDate(-1000, 0, 0), at(0)), imported)
			same(t, "of two days before, as known now", s.exports(t, at(-48), none), imported)
			same(t, "of the import, as known now", s.exports(t, at(0), none), moved)
			same(t, "as known after the move", s.exports(t, none, at(1)), moved)
			same(t, "of the time after the reports", s.exports(t, at(2), none), reported)
			same(t, "as known after the reports", s.exports(t, none, at(2)), reported)
			same(t, "of the import, as known after the reports", s.exports(t, at(0), at(2)), moved)
			same(t, "of the time to come", s.exports(t, at(1000), none), retired)
			before := s.exports(t, none, at(0).Add(-time.Microsecond))
			for _, what := range []string{"hosts", "rules", "products"} {
				if strings.Contains(before, what) {
					t.Errorf("%s were known before the import: %s", what, before)
				}
			}
			err := s.Export(t.Context(), command, io.Discard, store.Time{}, store.TimeOf(at(5)))
			wants(t, "as it will be known", err, fault.Invalid, "nobody can say yet")
		}
	})
}

// meanwhile calls what happens meanwhile once something has been written.
type meanwhile struct {
	io.Writer
	happens func()
}

func (m *meanwhile) Write(p []byte) (int, error) {
	if m.happens != nil {
		m.happens()
		m.happens = nil
	}
	return m.Writer.Write(p)
}

// TestExportIsOfOneMoment holds that what is recorded while an export is under way is not in it.
func TestExportIsOfOneMoment(t *testing.T) {
	var text strings.Builder
	text.WriteString("organisations: [{id: dept-a}, {id: dept-b}]\nhosts:\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "  - {id: h%04d, kind: device, organisation: dept-a, platform: android, installed: [{identifier: app, version: '%d'}]}\n", i, i%7)
	}
	each(t, text.String(), func(t *testing.T, s *server, _ func() *server) {
		want, officer := s.exports(t, time.Time{}, time.Time{}), s.program(t, people.Everywhere, people.CentreOfficer)
		var out bytes.Buffer
		w := &meanwhile{&out, func() {
			s.clock.Advance(time.Minute)
			s.must(t, report("h0900", "new=1"))
			s.must(t, report("h0999x", "newer=1"))
			if _, err := s.Move(t.Context(), officer, "h0950", devices.HostMove{Organisation: "dept-b"}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.ChangeState(t.Context(), officer, "h0960", devices.StateChange{State: devices.Retired}); err != nil {
				t.Fatal(err)
			}
		}}
		if err := s.Export(t.Context(), command, w, store.Time{}, store.Time{}); err != nil {
			t.Fatal(err)
		}
		if w.happens != nil {
			t.Error("nothing happened meanwhile")
		}
		same(t, "the export", out.String(), want)
		if now := s.exports(t, time.Time{}, time.Time{}); now == want || !strings.Contains(now, "newer") {
			t.Error("what happened meanwhile is not in the next export")
		}
	})
}

// fullDisk takes so many bytes and then no more.
type fullDisk struct{ left int }

var errFull = errors.New("the disk is full")

func (f *fullDisk) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestExportSaysWhatItCouldNotWrite(t *testing.T) {
	each(t, odd, func(t *testing.T, s *server, _ func() *server) {
		size := len(s.exports(t, time.Time{}, time.Time{}))
		for left, want := range map[int]error{0: errFull, size - 1: errFull, size: nil} {
			if err := s.Export(t.Context(), command, &fullDisk{left}, store.Time{}, store.Time{}); !errors.Is(err, want) {
				t.Errorf("with %d bytes left of %d: %v", left, size, err)
			}
		}
	})
}

// held is the heap that is in use.
func held() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// crowd is so many hosts, each with 40 of 200 things: 200 bytes for each of those, were they kept in memory.
func crowd(n int) devices.Government {
	w := &policy.World{Organisations: []policy.Organisation{{ID: "o"}}}
	return devices.Government{World: w, Count: n, Hosts: func(yield func(devices.Known, error) bool) {
		for i := range n {
			h := policy.Host{ID: fmt.Sprintf("host-%06d", i), Kind: policy.Device, Platform: policy.Linux, Organisation: "o"}
			for k := range 40 {
				h.Installed = append(h.Installed, policy.Installation{Identifier: fmt.Sprintf("org.example.application-%03d", (i+k*5)%200), Version: "1.0"})
			}
			if !yield(devices.Known{Host: &h}, nil) {
				return
			}
		}
	}}
}

// TestWorldMemory holds that importing and exporting many hosts takes no more memory than few.
func TestWorldMemory(t *testing.T) {
	const hosts, most = 4000, 6 << 20
	each(t, "", func(t *testing.T, s *server, _ func() *server) {
		var first, last uint64
		_, err := s.Fill(t.Context(), command, crowd(hosts), func(done, total int64) {
			if last = held(); first == 0 {
				first = last
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if last > first+most {
			t.Errorf("importing took %d bytes more towards the end", last-first)
		}
		first, last = 0, 0
		counting := &counted{each: func() {
			if last = max(last, held()); first == 0 {
				first = last
			}
		}}
		if err := s.Export(t.Context(), command, counting, store.Time{}, store.Time{}); err != nil {
			t.Fatal(err)
		}
		if last > first+most {
			t.Errorf("exporting took %d bytes more later on", last-first)
		}
		if counting.written < 3*most/2 {
			t.Errorf("the file has %d bytes: the bounds say nothing", counting.written)
		}
	})
}

// counted calls each whenever a further half megabyte has been written.
type counted struct {
	written, next int
	each          func()
}

func (c *counted) Write(p []byte) (int, error) {
	if c.written += len(p); c.written >= c.next {
		c.next = c.written + 1<<19
		c.each()
	}
	return len(p), nil
}

// BenchmarkWorld imports and exports the government of the benchmarks with 20,000 hosts of 20 installations each,
// on SQLite.
func BenchmarkWorld(b *testing.B) {
	w := policytest.World(1)
	var text bytes.Buffer
	if err := world.Write(&text, w, policytest.Hosts(w, 1, 20_000, 20)); err != nil {
		b.Fatal(err)
	}
	loaded := open(b, write(b, text.String()))
	fresh := func() *server {
		return start(b, storetest.Opener(b, store.Options{Data: b.TempDir()}, schemas), storetest.NewClock(noon))
	}
	var s *server
	b.Run("import", func(b *testing.B) {
		for range b.N {
			b.StopTimer()
			s = fresh()
			b.StartTimer()
			if _, err := s.Import(context.Background(), command, loaded, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	s = fresh()
	if _, err := s.Import(b.Context(), command, loaded, nil); err != nil {
		b.Fatal(err)
	}
	s.follow(b) // as servers have
	s.clock.Advance(time.Hour)
	for name, at := range map[string]time.Time{"export": {}, "past": noon} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				if err := s.Export(b.Context(), command, io.Discard, store.TimeOf(at), store.Time{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
