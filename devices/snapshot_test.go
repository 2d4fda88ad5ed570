package devices_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"slices"
	"testing"

	"portcullis/devices"
	"portcullis/devices/index"
)

// A fleet that goes on from a snapshot answers as one that reads everything does, whatever happened since.
func TestResume(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, another func() *server) {
		s.must(t, report("d1", "com.parrot=1", "com.notes=3"))
		s.must(t, report("d2", "com.notes=3"))
		var saved bytes.Buffer
		if err := s.Fleet.Save(&saved); err != nil {
			t.Fatal(err)
		}
		resume := func(from []byte) (*devices.Fleet, error) {
			return devices.ResumeFleet(t.Context(), s.People.DB, s.clock.Now, slog.New(slog.DiscardHandler), bytes.NewReader(from))
		}
		agree := func(when string) {
			t.Helper()
			f, err := resume(saved.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			resumed, read := &server{Room: &devices.Room{Fleet: f}}, another()
			if got, want := resumed.breaches(t), read.breaches(t); !slices.Equal(got, want) {
				t.Errorf("%s: in breach %v, and from the tables %v", when, got, want)
			}
		}
		agree("nothing has happened")
		s.must(t, report("d1", "com.notes=1"))
		s.must(t, report("d2", "com.parrot=8", "com.new=1"))
		s.must(t, report("d3", "com.new=1", "com.notes=3"))
		agree("reports have come")
		ban := s.ban(t)
		agree("a ban was made")
		if f, err := resume(saved.Bytes()); err != nil || f.View().Generation != ban {
			t.Errorf("the generation: %v", err)
		}
		line, rest, _ := bytes.Cut(saved.Bytes(), []byte("\n"))
		later := bytes.Replace(line[9:], []byte(`":`), []byte(`":9`), 1) // its generation, or a cursor
		check := crc32.Checksum(later, crc32.MakeTable(crc32.Castagnoli))
		if _, err := resume(fmt.Appendf(nil, "%08x %s\n%s", check, later, rest)); !errors.Is(err, index.ErrDamaged) {
			t.Errorf("of a later state: %v", err)
		}
		for i := range len(line) + 1 {
			changed := bytes.Clone(saved.Bytes())
			changed[i] ^= 1 << (i % 8)
			if _, err := resume(changed); !errors.Is(err, index.ErrDamaged) {
				t.Errorf("byte %d of its line is another: %v", i, err)
			}
		}
		for name, bad := range map[string][]byte{
			"nothing": nil, "cut off": saved.Bytes()[:saved.Len()-9], "no snapshot": []byte("{}\n"), "another's index": append(bytes.Clone(line), "\nsomething else\n"...),
		} {
			if _, err := resume(bad); !errors.Is(err, index.ErrDamaged) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
