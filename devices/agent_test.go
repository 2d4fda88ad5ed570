package devices_test

import (
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// TestReportsOfAgents has a device send in reports with a key of its own: it reports itself, and nothing as another.
func TestReportsOfAgents(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, _ func() *server) {
		made, err := s.People.MakeToken(t.Context(), command, "keys", people.Grant{Role: people.DeviceAdministrator, Organisation: "dept-a"}, store.Time{})
		if err != nil {
			t.Fatal(err)
		}
		agent := func(host string) people.Actor {
			return people.Actor{Agent: people.Agent{Token: made.ID, Host: host, Key: people.DeviceKey(made.Secret, host, 0)}}
		}
		mac, other := agent("mac-1"), agent("mac-2")
		own := devices.Report{Host: "mac-1", Platform: policy.MacOS, Digest: 7, Installed: []policy.Installation{{Identifier: "com.notes", Version: "2"}}}
		foreign := own
		foreign.Host = "mac-2"
		got, err := s.intake.Report(t.Context(), mac, []devices.Report{own, foreign})
		if err != nil || got.Errors[0] != nil || got.Outcomes[0].Result != devices.Enrolled {
			t.Fatal(err, got)
		}
		if !fault.Is(got.Errors[1], fault.Refused) && !fault.Is(got.Errors[1], fault.Invalid) {
			t.Errorf("it enrolled another device: %v", got.Errors[1])
		}
		if got, err = s.intake.Report(t.Context(), other, []devices.Report{foreign}); err != nil || got.Errors[0] != nil {
			t.Fatal(err, got)
		}
		s.follow(t)
		if h, known := s.Fleet.Index().Host("mac-1"); !known || h.Organisation != "dept-a" {
			t.Errorf("it was enrolled in %q", h.Organisation)
		}
		changed := foreign
		changed.Installed, changed.Digest = nil, 8
		if got, err = s.intake.Report(t.Context(), mac, []devices.Report{changed}); err != nil || !fault.Is(got.Errors[0], fault.Refused) {
			t.Errorf("it reported as another: %v, %v", got, err)
		}
		for name, c := range map[string]struct {
			actor people.Actor
			host  string
			want  bool
		}{"itself": {mac, "mac-1", true}, "another": {mac, "mac-2", false}, "with another's key": {people.Actor{Agent: people.Agent{Token: made.ID, Host: "mac-2", Key: mac.Agent.Key}}, "mac-2", false}} {
			if same, err := s.intake.Unchanged(t.Context(), c.actor, c.host, 7, time.Time{}); err != nil || same != c.want {
				t.Errorf("%s, unchanged: %t, %v", name, same, err)
			}
		}
		if _, err := s.People.EndToken(t.Context(), command, made.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.intake.Report(t.Context(), mac, []devices.Report{own}); !fault.Is(err, fault.SignedOut) {
			t.Errorf("its key has ended: %v", err)
		}
	})
}
