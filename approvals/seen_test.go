package approvals_test

import (
	"slices"
	"testing"

	"portcullis/approvals"
	"portcullis/people"
)

// TestSeen: of many ids, those proposals are told of that somebody may see: what is marked to those assigned to it, and what
// is another body's to nobody here.
func TestSeen(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		opens, signs := s.somebody(t, people.SecurityOfficer, "dept-a", "opens"), s.somebody(t, people.Approver, "dept-a", "signs")
		grants, outside := s.somebody(t, people.SecurityOfficer, "dept-a", "grants"), s.somebody(t, people.SecurityOfficer, "dept-b", "outside")
		staff := s.somebody(t, people.Staff, "dept-a", "staff")
		open := s.propose(t, opens, watching("dept-a"))
		d := exempting(30)
		d.Exemption.Lifts, d.Exemption.Product = nil, "maps"
		d.Marked, d.Audience = true, []string{signs.id, grants.id}
		marked := s.propose(t, opens, d)
		ids := []string{open.ID, marked.ID, "no-such-id", "dept-a"}
		for who, want := range map[*one][]string{&opens: {open.ID, marked.ID}, &grants: {open.ID, marked.ID}, &outside: nil, &staff: nil} {
			found, err := s.Seen(t.Context(), who.Actor, ids)
			got := idsOf(found)
			slices.Sort(got)
			slices.Sort(want)
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s sees %q, and not %q: %v", who.id, got, want, err)
			}
		}
	})
}

func idsOf(all []approvals.Proposal) (ids []string) {
	for i := range all {
		ids = append(ids, all[i].ID)
	}
	return ids
}
