package devices_test

import (
	"slices"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/store"
)

// does runs a statement behind everybody's back.
func (s *server) does(t *testing.T, statement string, args ...any) {
	t.Helper()
	if err := s.People.DB.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(statement, args...)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// sends sends a report, and does not follow it.
func (s *server) sends(t *testing.T, r devices.Report) {
	t.Helper()
	if out, err := s.send(t, command, r); err != nil || out.Result == devices.Unchanged {
		t.Fatalf("%+v %v", out, err)
	}
}

// TestHandedOver holds that a server follows what it wrote itself without reading it back, and that what another
// wrote after it stands.
func TestHandedOver(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, another func() *server) {
		two := another()
		has := func(what, want string) {
			t.Helper()
			s.follow(t)
			if got := s.indexed(t, "d1"); !slices.Equal(got, []string{want}) {
				t.Errorf("%s: %v instead of %s", what, got, want)
			}
			if n := s.Fleet.Handed(); n != 0 {
				t.Errorf("%s: %d hosts still wait", what, n)
			}
		}
		s.sends(t, report("d1", "com.notes=3"))
		s.sends(t, report("d1", "com.notes=4"))
		has("two batches", "com.notes=4 allowed")

		s.sends(t, report("d1", "com.notes=5"))
		s.does(t, `UPDATE devices_hosts SET packed = $1 WHERE id = $2`, []byte{0}, []byte("d1")) // which nobody can read
		has("nothing is read back", "com.notes=5 allowed")
		s.does(t, `DELETE FROM devices_hosts WHERE id = $1`, []byte("d1"))
		s.does(t, `DELETE FROM devices_changes WHERE host = $1`, []byte("d1"))
		s.does(t, `DELETE FROM devices_attributes WHERE subject = $1`, "d1")

		s.sends(t, report("d1", "com.notes=6"))
		two.sends(t, report("d1", "com.notes=7"))
		has("another server after it", "com.notes=7 allowed")
		two.sends(t, report("d1", "com.notes=8"))
		s.sends(t, report("d1", "com.notes=9"))
		has("another server before it", "com.notes=9 allowed")

		s.sends(t, report("d1", "com.notes=10"))
		two.sends(t, report("d1", "com.notes=11"))
		s.does(t, `DELETE FROM devices_batches WHERE server = $1`, two.Server)
		has("batches of the other are gone", "com.notes=11 allowed")

		s.Fleet.FillHanded()
		s.sends(t, report("d1", "com.notes=12"))
		s.follow(t)
		if got := s.indexed(t, "d1"); !slices.Equal(got, []string{"com.notes=12 allowed"}) {
			t.Errorf("too many wait: %v", got)
		}
	})
}

// TestToldLate holds that a fleet which has followed a batch before it is told of it waits for nothing.
func TestToldLate(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, _ func() *server) {
		program := s.program(t, "dept-a", "device-administrator")
		r := report("d1", "com.notes=3")
		r.Digest = 7
		s.must(t, r)
		s.Fleet.ToldLate(s.Server, 1, devices.Host{ID: "d1", Version: 1})
		if same, err := s.intake.Unchanged(t.Context(), program, "d1", 7, time.Time{}); err != nil || !same {
			t.Errorf("the same report once more: %t %v", same, err)
		}
		if n := s.Fleet.Handed(); n != 0 {
			t.Errorf("%d hosts wait", n)
		}
	})
}
