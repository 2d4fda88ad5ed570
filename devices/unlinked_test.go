package devices_test

import (
	"slices"
	"testing"

	"portcullis/devices"
	"portcullis/devices/index"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
)

// tell has a device of A report an identifier with a name and a publisher.
func (s *server) tell(t testing.TB, host, identifier, name, publisher string) {
	t.Helper()
	r := report(host, identifier)
	r.Names = []devices.Named{{Identifier: identifier, Platform: policy.Android, Name: name, Publisher: publisher}}
	s.must(t, r)
}

func TestUnlinked(t *testing.T) {
	each(t, harbour, func(t *testing.T, s *server, _ func() *server) {
		ctx := t.Context()
		s.tell(t, "a5", "com.parrot.lite", "Canary", "Wren Soft Inc")
		s.tell(t, "a6", "com.parrot.lite", "Canary", "Wren Soft Inc")
		s.tell(t, "a7", "com.tide", "Tide Tables", "")
		ghost := report("a8")
		ghost.Installed = []policy.Installation{{Product: "ghost"}} // it is no identifier: nothing could be linked
		s.must(t, ghost)
		all, err := s.Unlinked(ctx, command, devices.UnlinkedQuery{Limit: 10})
		if err != nil || all.Total != 4 || all.Found[0].Unlinked.Name != "com.parrot.lite" {
			t.Fatalf("all: %+v %v", all, err)
		}
		first := all.Found[0]
		if first.Hosts != 2 || first.Named.Name != "Canary" || !slices.Equal(first.Bodies, []index.OrganisationHosts{{Organisation: "dept-a", Hosts: 2}}) {
			t.Errorf("the first: %+v", first)
		}
		if len(first.Suggestions) != 1 || first.Suggestions[0].Product != "parrot" || first.Suggestions[0].Confidence < 0.9 {
			t.Errorf("suggested: %+v", first.Suggestions)
		}
		one, err := s.UnlinkedOne(ctx, command, policy.Android, "com.parrot.ios")
		if err != nil || len(one.Suggestions) != 1 || one.Suggestions[0].Product != "parrot" || one.Suggestions[0].Confidence != 1 {
			t.Errorf("what it is elsewhere is not suggested: %+v %v", one, err)
		}
		for words, want := range map[string]int{"canary": 1, "wren canary": 1, "tide": 1, "COM.": 4, "canary tide": 0} {
			if got, err := s.Unlinked(ctx, command, devices.UnlinkedQuery{Words: words, Limit: 10}); err != nil || got.Total != want {
				t.Errorf("%q: %+v %v", words, got, err)
			}
		}
		if got, err := s.Unlinked(ctx, command, devices.UnlinkedQuery{Platform: policy.IOS, Limit: 10}); err != nil || got.Total != 0 {
			t.Errorf("on iOS: %+v %v", got, err)
		}
		page, err := s.Unlinked(ctx, command, devices.UnlinkedQuery{Limit: 3})
		rest, again := s.Unlinked(ctx, command, devices.UnlinkedQuery{Limit: 3, After: page.Next})
		if err != nil || again != nil || len(page.Found) != 3 || len(rest.Found) != 1 || rest.Next != "" {
			t.Errorf("in pages: %+v %+v %v", page, rest, again)
		}
		if got, err := s.Unlinked(ctx, s.holder(t, people.Reviewer, "dept-b"), devices.UnlinkedQuery{Limit: 10}); err != nil || got.Total != 0 {
			t.Errorf("a reviewer of B: %+v %v", got, err)
		}

		reviewer := s.holder(t, people.Reviewer, people.Everywhere)
		if _, err := s.decisions().LinkIdentifier(ctx, reviewer, "parrot", policy.Android, "com.parrot.lite", nil); err != nil {
			t.Fatal(err)
		}
		s.follow(t)
		if got, err := s.Unlinked(ctx, command, devices.UnlinkedQuery{Limit: 10}); err != nil || got.Total != 3 {
			t.Errorf("after one was linked: %+v %v", got, err)
		}
		if _, err := s.UnlinkedOne(ctx, command, policy.Android, "com.parrot.lite"); !fault.Is(err, fault.NotFound) {
			t.Errorf("what has been linked: %v", err)
		}
		if app, err := s.App(ctx, command, "parrot", ""); err != nil || app.Where.Itself.Hosts != 6 {
			t.Errorf("where the product is then: %+v %v", app.Where.Itself, err)
		}
	})
}
