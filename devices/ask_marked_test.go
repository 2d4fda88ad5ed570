package devices

import (
	"testing"

	"portcullis/policy"
)

// TestMarkedIsToldToNobodyElse: whether a marked exemption is for a group or a whole body, nobody learns of it by
// asking; whom it names does.
func TestMarkedIsToldToNobodyElse(t *testing.T) {
	all := []policy.Exemption{
		{ID: "everyone", Subject: policy.ExemptionSubject{Everyone: true}, Marked: true},
		{ID: "group", Subject: policy.ExemptionSubject{Group: "g"}, Marked: true},
		{ID: "person", Subject: policy.ExemptionSubject{Person: "me@x.example"}, Marked: true},
		{ID: "another", Subject: policy.ExemptionSubject{Person: "other@x.example"}, Marked: true},
		{ID: "host", Subject: policy.ExemptionSubject{Host: "h"}},
		{ID: "plain", Subject: policy.ExemptionSubject{Everyone: true}},
	}
	who := asker{id: "1", spelt: []string{"1", "me@x.example"}, groups: []string{"g"}}
	ids := ""
	for _, x := range who.reached(all, nil) {
		ids += " " + x.ID + x.Subject.Person
	}
	if ids != " person1 plain" {
		t.Errorf("reached:%s", ids)
	}
	program := asker{}
	if got := program.reached(all, nil); len(got) != 1 || got[0].ID != "plain" {
		t.Errorf("a program is told of %+v", got)
	}
}
