package vetting_test

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/vetting"
)

// operations are all operations of the room, as they are asked for about a report of Department A. Whether they are
// refused matters here, and not what they do otherwise.
var operations = map[string]struct {
	permission people.Permission
	list       bool // is refused where one has the permission nowhere, and shows the report only where one has it
	report     bool // answers as if there were no report, where one may see none there and some elsewhere
	do         func(s *server, a people.Actor, report string) (shown bool, err error)
}{
	"Assess": {permission: people.AssessApps, do: func(s *server, a people.Actor, _ string) (bool, error) {
		_, err := s.Assess(context.Background(), a, vetting.Upload{Organisation: "dept-a"})
		return false, err
	}},
	"MayAssess": {permission: people.AssessApps, do: func(s *server, a people.Actor, _ string) (bool, error) {
		return false, s.MayAssess(context.Background(), a, "dept-a", "")
	}},
	"Again": {permission: people.AssessApps, report: true, do: func(s *server, a people.Actor, report string) (bool, error) {
		_, err := s.Again(context.Background(), a, report, "", "")
		return false, err
	}},
	"Conclude": {permission: people.AssessApps, report: true, do: func(s *server, a people.Actor, report string) (bool, error) {
		_, err := s.Conclude(context.Background(), a, vetting.Conclusion{Assessment: report})
		return false, err
	}},
	"Assessment": {permission: people.SeeVetting, report: true, do: func(s *server, a people.Actor, report string) (bool, error) {
		_, err := s.Assessment(context.Background(), a, report)
		return false, err
	}},
	"Assessments": {permission: people.SeeVetting, list: true, do: func(s *server, a people.Actor, report string) (bool, error) {
		listed, err := s.Assessments(context.Background(), a, vetting.Query{})
		return slices.ContainsFunc(listed.Assessments, func(one vetting.Summary) bool { return one.ID == report }), err
	}},
	"Assessments of one body": {permission: people.SeeVetting, do: func(s *server, a people.Actor, report string) (bool, error) {
		_, err := s.Assessments(context.Background(), a, vetting.Query{Organisation: "dept-a"})
		return false, err
	}},
	"Reviews": {permission: people.SeeVetting, list: true, do: func(s *server, a people.Actor, _ string) (bool, error) {
		found, err := s.Reviews(context.Background(), a, "polite", "", 10)
		return len(found) > 0, err
	}},
	"Due": {permission: people.SeeVetting, list: true, do: func(s *server, a people.Actor, _ string) (bool, error) {
		found, err := s.Due(context.Background(), a, 10)
		return len(found) > 0, err
	}},
	"Criteria": {permission: people.SeeVetting, do: func(s *server, a people.Actor, _ string) (bool, error) {
		_, err := s.Criteria(context.Background(), a, "dept-a")
		return false, err
	}},
	"Trackers": {permission: people.SeeVetting, do: func(s *server, a people.Actor, _ string) (bool, error) {
		_, err := s.Trackers(context.Background(), a, "dept-a")
		return false, err
	}},
	"SetTrackers": {permission: people.DecideProcess, do: func(s *server, a people.Actor, _ string) (bool, error) {
		_, err := s.SetTrackers(context.Background(), a, "dept-a", "", "")
		return false, err
	}},
	"SetCriteria": {permission: people.DecideProcess, do: func(s *server, a people.Actor, _ string) (bool, error) {
		_, err := s.SetCriteria(context.Background(), a, "dept-a", "", "")
		return false, err
	}},
}

// TestPermissions asks every operation as every role, held in the body, above it, beside it and everywhere, and as nobody.
func TestPermissions(t *testing.T) {
	for method := range reflect.TypeFor[*vetting.Room]().Methods() {
		if _, there := operations[method.Name]; !there {
			t.Errorf("%s is asked by nobody here", method.Name)
		}
	}
	each(t, func(t *testing.T, s *server) {
		reviewer, asker := s.somebody(t, people.Reviewer, "dept-a", "Rita"), s.somebody(t, people.Staff, "dept-a", "Sam")
		p := s.ask(t, asker, "dept-a", "com.politedroid")
		a := s.assess(t, reviewer, upload("polite.apk", polite(t, "1.4", nil), "", p.ID))
		if review, err := s.Conclude(t.Context(), reviewer.Actor, allowing(&a, p)); err != nil || review.Product != "polite" {
			t.Fatalf("%+v, %v", review, err)
		}
		s.made(t) // the fleet follows
		for name, o := range operations {
			if _, err := o.do(s, people.Actor{}, a.ID); !fault.Is(err, fault.SignedOut) {
				t.Errorf("%s, by nobody: %v", name, err)
			}
			for _, line := range people.Roles {
				for held, reaches := range map[string]bool{"dept-a": true, "gov": true, people.Everywhere: true, "dept-b": false, "police": false} {
					who := s.somebody(t, line.Role, held, "one")
					shown, err := o.do(s, who.Actor, a.ID)
					has, may := o.permission.For(line.Role), o.permission.For(line.Role) && reaches
					switch refused := fault.Is(err, fault.Refused); {
					case o.report && !reaches && people.SeeVetting.For(line.Role):
						if _, none := o.do(s, who.Actor, "no-such-report"); !fault.Is(err, fault.NotFound) || none == nil || err.Error() != none.Error() {
							t.Errorf("%s, by %s at %s: %v, and of none: %v", name, line.Role, held, err, none)
						}
					case o.list && (refused == has || shown != may):
						t.Errorf("%s, by %s at %s: shown %v, %v", name, line.Role, held, shown, err)
					case !o.list && refused == may:
						t.Errorf("%s, by %s at %s: %v", name, line.Role, held, err)
					}
				}
			}
		}
	})
}
