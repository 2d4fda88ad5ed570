package devices_test

import (
	"bytes"
	"errors"
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
		later := bytes.Replace(saved.Bytes(), []byte(`":`), []byte(`":9`), 1) // its generation, or a cursor
		if _, err := resume(later); !errors.Is(err, index.ErrDamaged) {
			t.Errorf("of a later state: %v", err)
		}
		for name, bad := range map[string][]byte{
			"nothing": nil, "cut off": saved.Bytes()[:saved.Len()-9], "no snapshot": []byte("{}\n"), "another's index": []byte("{\"cursors\":{}}\nsomething else\n"),
		} {
			if _, err := resume(bad); !errors.Is(err, index.ErrDamaged) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
