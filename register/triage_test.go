package register_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

func (c centre) unlisted(t testing.TB, organisation string) (products []string) {
	t.Helper()
	err := c.People.DB.Read(t.Context(), func(tx *store.Tx) error {
		left, err := register.LeftUnlisted(tx, organisation)
		for _, u := range left {
			products = append(products, u.Product+" "+u.Reason)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return products
}

// rules are the rules of a register as it is now, each in a few words.
func (c centre) rules(t testing.TB) (rules []string) {
	t.Helper()
	w := c.now(t)
	for _, r := range w.Rules {
		if r.Effect == policy.Allow {
			rules = append(rules, fmt.Sprintf("%s %s %s %s-%s", r.ID, r.Target.Product, r.Scope, r.From.Format(time.DateOnly), store.TimeOf(r.Until)))
		}
	}
	return rules
}

func found(identifier, name string) *register.Found {
	return &register.Found{Platform: policy.Android, Identifier: identifier, Name: name, Publisher: "Somebody Ltd"}
}

// TestTriage decides about apps that are products and about some that are none yet, and then anew.
func TestTriage(t *testing.T) {
	families(t, func(t *testing.T, here centre) {
		security, reviewer := here.officer(t, people.SecurityOfficer, "own"), here.officer(t, people.CentreOfficer, people.Everywhere)
		triage := func(actor people.Actor, choices ...register.Choice) register.Triaged {
			t.Helper()
			done, err := here.Triage(t.Context(), actor, "own", choices)
			if err != nil {
				t.Fatal(err)
			}
			return done
		}
		expect := func(what string, got, want any) {
			t.Helper()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
		}
		g := generation(t, here)
		first := []register.Choice{
			{Product: "kit", Decision: register.AllowAppUntil, Reason: " a trial "},
			{Found: found("org.chat", "Chat"), Decision: register.AllowApp}, // somebody has linked it meanwhile
		}
		expect("what is known", triage(security, first...), register.Triaged{Allowed: 1, AllowedUntil: 1})
		expect("the generation", generation(t, here), g+1)
		expect("said again", triage(security, first...), register.Triaged{Unchanged: 2})
		expect("the generation then", generation(t, here), g+1)

		_, err := here.Triage(t.Context(), security, "own", []register.Choice{{Found: found("org.maps", "Maps"), Decision: register.LeaveUnlisted}})
		wants(t, err, fault.Refused) // which products there are holds for everyone
		expect("what is found", triage(reviewer,
			register.Choice{Found: found("org.maps", "Maps"), Decision: register.LeaveUnlisted, Reason: "ask the maker"},
			register.Choice{Found: found("org.maps2", "Maps"), Decision: register.AllowApp},
			register.Choice{Found: found("org.日本", ""), Decision: register.AllowAppUntil, Until: store.TimeOf(noon.AddDate(0, 1, 0))},
		), register.Triaged{Allowed: 1, AllowedUntil: 1, LeftUnlisted: 1, Products: 3})
		expect("the generation of products, rules and what is left", generation(t, here), g+2)
		expect("the rules", here.rules(t), []string{
			"allow-kit kit own 2026-03-01-2026-05-30T00:00:00.000000Z", "allow-chat chat own 2026-03-01-",
			"allow-maps-2 maps-2 own 2026-03-01-", "allow-org-日本 org-日本 own 2026-03-01-2026-04-01T12:00:00.000000Z",
		})
		expect("left unlisted", here.unlisted(t, "own"), []string{"maps ask the maker"})
		expect("elsewhere", here.unlisted(t, "below"), []string(nil))
		if e := here.last(t, "register.left-unlisted"); !slices.Equal(e.Subjects, []string{"own", "maps"}) || string(e.Payload) != `{"reason":"ask the maker"}` || e.Kind.Public {
			t.Errorf("the entry: %+v %s", e, e.Payload)
		}
		if e := here.last(t, "register.product-added"); string(e.Payload) !=
			`{"product":{"id":"org-日本","kind":"app","identifiers":{"android":[{"id":"org.日本"}]}},"publisher":"Somebody Ltd"}` {
			t.Errorf("the entry of a product: %s", e.Payload)
		}

		here.clock.Advance(24 * time.Hour)
		before := here.exports(t, time.Time{}, time.Time{})
		here.clock.Advance(24 * time.Hour)
		expect("anew", triage(security,
			register.Choice{Product: "kit", Decision: register.LeaveUnlisted},
			register.Choice{Product: "maps", Decision: register.AllowApp},
			register.Choice{Product: "maps-2", Decision: register.AllowAppUntil},
		), register.Triaged{Allowed: 1, AllowedUntil: 1, LeftUnlisted: 1})
		expect("the rules then", here.rules(t), []string{
			"allow-kit kit own 2026-03-01-2026-03-03T13:00:00.000000Z", "allow-chat chat own 2026-03-01-",
			"allow-maps-2 maps-2 own 2026-03-01-2026-03-03T13:00:00.000000Z", "allow-org-日本 org-日本 own 2026-03-01-2026-04-01T12:00:00.000000Z",
			"allow-maps maps own 2026-03-03-", "allow-maps-2-own maps-2 own 2026-03-03-2026-06-01T00:00:00.000000Z",
		})
		expect("left unlisted then", here.unlisted(t, "own"), []string{"kit "})
		same(t, "as known the day before", here.exports(t, time.Time{}, here.clock.Now().Add(-24*time.Hour)), before)
		kinds := here.kinds(t)
		expect("the entries", []int{kinds["register.rule-added"], kinds["register.rule-ended"], kinds["register.left-unlisted"], kinds["register.product-added"]}, []int{2 + 2 + 2 + 2, 2, 2, 3})
		expect("its world", policy.Validate(new(here.now(t))), []policy.Problem(nil))
	})
}

// TestTriageThatCannotBe holds that one choice which cannot be taken leaves nothing of the others, and that
// the fault names it.
func TestTriageThatCannotBe(t *testing.T) {
	families(t, func(t *testing.T, here centre) {
		officer := here.officer(t, people.CentreOfficer, people.Everywhere)
		g, good := generation(t, here), register.Choice{Found: found("org.new", "New"), Decision: register.AllowApp}
		past := store.TimeOf(noon.AddDate(-1, 0, 0))
		for name, test := range map[string]struct {
			choice register.Choice
			want   string
		}{
			"nothing":        {register.Choice{Decision: register.AllowApp}, "choices[1].product"},
			"both":           {register.Choice{Product: "kit", Found: found("org.y", ""), Decision: register.AllowApp}, "choices[1].product"},
			"no product":     {register.Choice{Product: "cat", Decision: register.AllowApp}, "choices[1].product"},
			"no platform":    {register.Choice{Found: &register.Found{Identifier: "x"}, Decision: register.AllowApp}, "choices[1].found.platform"},
			"no identifier":  {register.Choice{Found: found("", "x"), Decision: register.AllowApp}, "choices[1].found.identifier"},
			"no decision":    {register.Choice{Product: "kit"}, "choices[1].decision"},
			"the past":       {register.Choice{Product: "kit", Decision: register.AllowAppUntil, Until: past}, "choices[1].until"},
			"no review":      {register.Choice{Product: "kit", Decision: register.AllowApp, Until: past}, "choices[1].until"},
			"a long reason":  {register.Choice{Product: "kit", Decision: register.AllowApp, Reason: strings.Repeat("x", 2001)}, "choices[1].reason"},
			"the same again": {good, "choices[1]"},
		} {
			_, err := here.Triage(t.Context(), officer, "own", []register.Choice{good, test.choice})
			if diff := cmp.Diff([]string{"invalid " + test.want}, faultsOf(err)); diff != "" {
				t.Errorf("%s: %v: %s", name, err, diff)
			}
		}
		_, err := here.Triage(t.Context(), officer, "own", []register.Choice{{Product: "chat", Decision: register.AllowApp}, {Found: found("org.chat", ""), Decision: register.LeaveUnlisted}})
		if diff := cmp.Diff([]string{"invalid choices[1]"}, faultsOf(err)); diff != "" {
			t.Error(diff)
		}
		_, err = here.Triage(t.Context(), officer, "nowhere", []register.Choice{good})
		if diff := cmp.Diff([]string{"invalid organisation"}, faultsOf(err)); diff != "" {
			t.Error(diff)
		}
		for _, n := range []int{0, 20_001} {
			_, err = here.Triage(t.Context(), officer, "own", make([]register.Choice, n))
			if diff := cmp.Diff([]string{"invalid choices"}, faultsOf(err)); diff != "" {
				t.Error(diff)
			}
		}
		if generation(t, here) != g || len(here.unlisted(t, "own")) > 0 || len(here.rules(t)) > 0 {
			t.Error("something was left behind")
		}
	})
}

// TestTriageOfMany holds that each of many apps is a decision of its own, found again by everybody who follows.
func TestTriageOfMany(t *testing.T) {
	families(t, func(t *testing.T, here centre) {
		officer := here.officer(t, people.CentreOfficer, people.Everywhere)
		var choices []register.Choice
		for i := range 700 {
			decision := []register.Decision{register.AllowApp, register.LeaveUnlisted}[i%2]
			choices = append(choices, register.Choice{Found: found(fmt.Sprint("org.example.", i), fmt.Sprint("App ", i%350)), Decision: decision})
		}
		first := here.changes(t, 0)
		w := first.Apply(new(policy.World))
		done, err := here.Triage(t.Context(), officer, "own", choices)
		if want := (register.Triaged{Allowed: 350, LeftUnlisted: 350, Products: 700}); err != nil || done != want {
			t.Fatalf("%+v %v", done, err)
		}
		if done, err = here.Triage(t.Context(), officer, "below", choices); err != nil || done.Products != 0 || done.Allowed != 350 {
			t.Fatalf("another body: %+v %v", done, err)
		}
		d, fresh := here.changes(t, first.Generation), here.now(t)
		w = d.Apply(w)
		same(t, "the world", text(t, w), text(t, &fresh))
		if len(w.Products) != 702 || len(w.Rules) != 702 || len(here.unlisted(t, "own")) != 350 || len(policy.Validate(w)) > 0 {
			t.Errorf("%d products, %d rules, %d left unlisted: %v", len(w.Products), len(w.Rules), len(here.unlisted(t, "own")), policy.Validate(w))
		}
	})
}
