package devices

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/policy"
)

// FuzzDraft: an address gives a draft, whatever stands in it, and a draft's address gives the same draft.
func FuzzDraft(f *testing.F) {
	for _, seed := range []string{"", "product=p&effect=phase-out&components=no&scope=gov&platform=ios&platform=chrome&kind=equipment", "supplier=a%2Fb&scope=..", "any=yes&effect=allow", "platform=&kind=x&product=a&supplier=b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		rule := draftIn(values)
		if rule.Effect != policy.Ban && rule.Effect != policy.PhaseOut {
			t.Fatalf("the effect is %s", rule.Effect)
		}
		if rule.Target.Product != "" {
			rule.Target = policy.Target{Product: rule.Target.Product} // an address has one
		} else if rule.Target.Supplier != "" {
			rule.Target.Any = false
		}
		again, err := url.ParseQuery(draftQuery(&rule))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rule, draftIn(again)); diff != "" {
			t.Error(diff)
		}
	})
}
