package register_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// officer is a program with a role.
func (c centre) officer(t testing.TB, role people.Role, organisation string) people.Actor {
	t.Helper()
	made, err := c.People.MakeToken(context.Background(), command, string(role)+" of "+organisation, people.Grant{Role: role, Organisation: organisation}, store.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return people.Actor{Token: made.Secret}
}

// family is a register with organisations as an actor in the middle of them sees them, and something in it.
const family = `organisations:
  - {id: above}
  - {id: own, parent: above}
  - {id: below, parent: own}
  - {id: other}
sites: [{id: site, organisation: own}]
suppliers: [{id: maker}, {id: holding}]
products:
  - {id: chat, kind: app, name: Chat, supplier: maker, identifiers: {android: [org.chat], ios: [{id: org.chat, signers: [key]}]}}
  - {id: kit, kind: app}
rules:
  - {id: ban, effect: ban, target: {product: kit}, components: true, clearance: none, scope: own, from: 2020-01-01, reason: "it tells"}
  - {id: future, effect: ban, target: {product: kit}, components: true, clearance: none, scope: own, from: 2030-01-01}
exemptions: [{id: lifted, lifts: [future], product: kit, scope: own, subject: {everyone: true}, from: 2031-01-01, until: 2032-01-01}]
`

// families runs test on both engines with that register.
func families(t *testing.T, test func(t *testing.T, here centre)) {
	each(t, func(t *testing.T, here, _ centre) {
		here.imports(t, loadText(t, family))
		here.clock.Advance(time.Hour)
		test(t, here)
	})
}

// decided are the operations, as they are asked for about an organisation. Whether they are refused
// matters here, and not what they do otherwise.
var decided = map[string]struct {
	permission people.Permission
	wide       bool // asks Everywhere
	do         func(c centre, actor people.Actor, at string) error
}{
	"supplier": {people.LinkIdentifiers, true, func(c centre, a people.Actor, _ string) error {
		_, err := c.AddSupplier(context.Background(), a, policy.Supplier{ID: "maker"})
		return err
	}},
	"product": {people.LinkIdentifiers, true, func(c centre, a people.Actor, _ string) error {
		_, err := c.AddProduct(context.Background(), a, policy.Product{ID: "chat"})
		return err
	}},
	"identifier": {people.LinkIdentifiers, true, func(c centre, a people.Actor, _ string) error {
		_, err := c.LinkIdentifier(context.Background(), a, "chat", 0, "", nil)
		return err
	}},
	"the record of an exemption": {people.SeeRegister, false, func(c centre, a people.Actor, at string) error {
		_, err := c.Record(context.Background(), a, register.Exemptions, "lifted-"+at)
		return err
	}},
	"the record of a site": {people.SeeRegister, false, func(c centre, a people.Actor, at string) error {
		_, err := c.Record(context.Background(), a, register.Sites, "site-"+at)
		return err
	}},
}

// TestWhoDecides asks every operation in every role and every place, and compares with the table.
func TestWhoDecides(t *testing.T) {
	each(t, func(t *testing.T, here, _ centre) {
		text := "organisations: [{id: above}, {id: own, parent: above}, {id: below, parent: own}, {id: other}]\nproducts: [{id: chat, kind: app}]\nsuppliers: [{id: maker}]\n"
		sites, rules, exemptions := "sites:\n", "rules:\n", "exemptions:\n"
		places := []string{"above", "own", "below", "other"}
		for _, at := range places {
			sites += fmt.Sprintf("  - {id: site-%s, organisation: %[1]s}\n", at)
			rules += fmt.Sprintf("  - {id: allowed-%s, effect: allow, target: {any: true}, scope: %[1]s, from: 2020-01-01}\n", at)
			rules += fmt.Sprintf("  - {id: banned-%s, effect: ban, target: {any: true}, components: false, clearance: none, scope: %[1]s, from: 2020-01-01}\n", at)
			exemptions += fmt.Sprintf("  - {id: lifted-%s, product: chat, scope: %[1]s, subject: {everyone: true}, from: 2020-01-01, until: 2021-01-01}\n", at)
		}
		here.imports(t, loadText(t, text+sites+rules+exemptions))
		for _, line := range people.Roles {
			for _, in := range []string{"own", people.Everywhere} {
				actor := here.officer(t, line.Role, in)
				for name, o := range decided {
					for _, at := range places {
						if o.wide && at != "own" {
							continue // it is nowhere
						}
						table := people.Table[slices.IndexFunc(people.Table, func(l people.Line) bool { return l.Permission == o.permission })]
						want := slices.Contains(table.Roles, line.Role) && (in == people.Everywhere || !o.wide && (at == "own" || at == "below"))
						if err := o.do(here, actor, at); fault.Is(err, fault.Refused) == want {
							t.Errorf("%s by the %s of %s in %s: %v", name, line.Role, in, at, err)
						}
					}
				}
			}
		}
		for _, o := range decided {
			wants(t, o.do(here, people.Actor{}, "own"), fault.SignedOut)
		}
	})
}

// TestWhoSees holds that what is public in the register is seen in every organisation, and that nobody
// learns what is there who may not see it.
func TestWhoSees(t *testing.T) {
	families(t, func(t *testing.T, here centre) {
		desk, member := here.officer(t, people.Desk, "other"), here.officer(t, people.Member, "own")
		for section, id := range map[register.Section]string{register.Suppliers: "maker", register.Products: "chat", register.Rules: "ban"} {
			if record, err := here.Record(t.Context(), desk, section, id); err != nil || len(record) != 1 {
				t.Errorf("the record of the %s %s: %v %v", section, id, record, err)
			}
			_, err := here.Record(t.Context(), member, section, id)
			wants(t, err, fault.Refused)
		}
		_, err := here.Record(t.Context(), desk, register.Exemptions, "lifted")
		wants(t, err, fault.Refused)
		_, err = here.Record(t.Context(), desk, register.Exemptions, "nothing")
		wants(t, err, fault.NotFound)
		_, err = here.EndRule(t.Context(), here.officer(t, people.Approver, "own"), "nothing", store.Time{}, "over")
		wants(t, err, fault.NotFound)
	})
}

func allow(product, scope string) policy.Rule {
	return policy.Rule{Effect: policy.Allow, Target: policy.Target{Product: product}, Scope: scope}
}

// TestAddRule holds that a rule is in the world, as it is returned, from its transaction on and not before,
// with an entry of the ledger and a generation.
func TestAddRule(t *testing.T) {
	families(t, func(t *testing.T, here centre) {
		officer := here.officer(t, people.SecurityOfficer, "own")
		before, g := here.exports(t, time.Time{}, time.Time{}), generation(t, here)
		here.clock.Advance(time.Hour)
		ban := policy.Rule{Effect: policy.Ban, Target: policy.Target{Supplier: "maker"}, Scope: "below", Components: true, Clearance: "minister", Reason: "it tells",
			Period: policy.Period{From: noon.AddDate(0, 1, 0).Add(1)}, Platforms: []policy.Platform{policy.Android}, Versions: policy.Window{Until: "4.2"}}
		made, err := here.AddRule(t.Context(), officer, ban)
		if err != nil {
			t.Fatal(err)
		}
		ban.ID, ban.From = "ban-maker", noon.AddDate(0, 1, 0)
		if diff := gocmp.Diff(ban, made); diff != "" {
			t.Errorf("the rule that is returned: %s", diff)
		}
		d := here.changes(t, g)
		if diff := gocmp.Diff([]policy.Rule{ban}, d.Rules.Items); diff != "" || d.Generation != g+1 {
			t.Errorf("after the generation %d comes %d: %s", g, d.Generation, diff)
		}
		for _, id := range []string{"allow-chat", "allow-chat-own", "allow-chat-own-2", "allow-chat-own-3"} {
			made, err := here.AddRule(t.Context(), officer, allow("chat", "own"))
			if err != nil || made.ID != id || !made.From.Equal(noon.Add(2*time.Hour)) {
				t.Errorf("the rule is %s and not %s, from %s: %v", made.ID, id, made.From, err)
			}
		}
		same(t, "as known before", here.exports(t, time.Time{}, noon.Add(2*time.Hour-time.Microsecond)), before)
		if !strings.Contains(here.exports(t, time.Time{}, time.Time{}), "id: ban-maker") {
			t.Error("the rule is not in the world")
		}
		last := here.last(t, "register.rule-added")
		if !slices.Equal(last.Subjects, []string{"own", "allow-chat-own-3"}) || !strings.HasPrefix(last.Actor, "token:") || last.Generation != g+5 ||
			string(last.Payload) != `{"id":"allow-chat-own-3","effect":"allow","target":{"product":"chat"},"scope":"own","from":"2026-03-01T14:00:00.000000Z"}` {
			t.Errorf("the entry: %+v %s", last, last.Payload)
		}
	})
}

// last is the last entry of a kind.
func (c centre) last(t *testing.T, kind string) (last ledger.Recorded) {
	t.Helper()
	for _, e := range entries(t, c) {
		if e.Kind.Name == kind {
			last = e
		}
	}
	return last
}

// faultsOf are the fields of the faults in an error.
func faultsOf(err error) (fields []string) {
	for _, f := range fault.Fields(err) {
		fields = append(fields, string(f.Kind)+" "+f.Field)
	}
	return fields
}

// TestRulesThatCannotBe holds that what no world file could have is refused with its field, and leaves nothing.
func TestRulesThatCannotBe(t *testing.T) {
	families(t, func(t *testing.T, here centre) {
		officer := here.officer(t, people.CentreOfficer, people.Everywhere)
		g := generation(t, here)
		good := func(change func(r *policy.Rule)) policy.Rule {
			r := policy.Rule{ID: "new", Effect: policy.Ban, Target: policy.Target{Product: "chat"}, Scope: "own", Clearance: policy.ClearanceNone}
			change(&r)
			return r
		}
		for name, test := range map[string]struct {
			rule policy.Rule
			want []string
		}{
			"no product":         {good(func(r *policy.Rule) { r.Target.Product = "cat" }), []string{"invalid target.product"}},
			"no supplier":        {good(func(r *policy.Rule) { r.Target = policy.Target{Supplier: "chat"} }), []string{"invalid target.supplier"}},
			"no target":          {good(func(r *policy.Rule) { r.Target = policy.Target{} }), []string{"invalid target"}},
			"two targets":        {good(func(r *policy.Rule) { r.Target.Any = true }), []string{"invalid target"}},
			"no organisation":    {good(func(r *policy.Rule) { r.Scope = "office" }), []string{"invalid scope"}},
			"everywhere":         {good(func(r *policy.Rule) { r.Scope = people.Everywhere }), []string{"invalid scope"}},
			"nowhere":            {good(func(r *policy.Rule) { r.Scope = "" }), []string{"invalid scope"}},
			"no clearance":       {good(func(r *policy.Rule) { r.Clearance = "" }), []string{"invalid clearance"}},
			"no effect":          {good(func(r *policy.Rule) { r.Effect = 0 }), []string{"invalid effect"}},
			"no deadline":        {good(func(r *policy.Rule) { r.Effect = policy.PhaseOut }), []string{"invalid deadline"}},
			"no such effect":     {good(func(r *policy.Rule) { r.Effect = 99 }), []string{"invalid effect"}},
			"no such platform":   {good(func(r *policy.Rule) { r.Platforms = []policy.Platform{policy.IOS, 0} }), []string{"invalid platforms"}},
			"ends at once":       {good(func(r *policy.Rule) { r.From, r.Until = noon, noon.Add(1) }), []string{"invalid until"}},
			"a version":          {good(func(r *policy.Rule) { r.Versions.Since = "new" }), []string{"invalid versions.since"}},
			"a blank":            {good(func(r *policy.Rule) { r.Mitigations = []string{"m", ""} }), []string{"invalid mitigations[1]"}},
			"an id in use":       {good(func(r *policy.Rule) { r.ID = "ban" }), []string{"conflict id"}},
			"an id of two lines": {good(func(r *policy.Rule) { r.ID = "a\nb" }), []string{"invalid id"}},
			"too long":           {good(func(r *policy.Rule) { r.Reason = strings.Repeat("x", ledger.MaxPayload) }), []string{"invalid "}},
			"an allow rule":      {good(func(r *policy.Rule) { r.Effect = policy.Allow }), []string{"invalid "}},
			"two faults":         {good(func(r *policy.Rule) { r.Target.Product, r.Clearance = "", "" }), []string{"invalid target", "invalid clearance"}},
		} {
			_, err := here.AddRule(t.Context(), officer, test.rule)
			if diff := gocmp.Diff(test.want, faultsOf(err)); diff != "" {
				t.Errorf("%s: %v: %s", name, err, diff)
			}
		}
		if d := here.changes(t, g); d.Generation != g || len(d.Rules.Items) > 0 {
			t.Errorf("something was left behind: %+v", d)
		}
	})
}

// TestEndRule holds how rules end: now, later, before they begin; and what was known of them stays.
func TestEndRule(t *testing.T) {
	families(t, func(t *testing.T, here centre) {
		officer := here.officer(t, people.SecurityOfficer, "own")
		at := func(d time.Duration) store.Time { return store.TimeOf(here.clock.Now().Add(d)) }
		end := func(id string, until store.Time) error {
			_, err := here.EndRule(t.Context(), officer, id, until, " the makers mended it ")
			return err
		}
		begun := here.clock.Now()
		for _, id := range []string{"a", "b", "planned"} {
			rule := allow("chat", "own")
			if rule.ID = id; id == "planned" {
				rule.From = noon.AddDate(1, 0, 0)
			}
			if _, err := here.AddRule(t.Context(), officer, rule); err != nil {
				t.Fatal(err)
			}
		}
		before := here.exports(t, time.Time{}, time.Time{})
		here.clock.Advance(time.Hour)
		g := generation(t, here)

		_, err := here.EndRule(t.Context(), officer, "a", store.Time{}, " ")
		if diff := gocmp.Diff([]string{"invalid reason"}, faultsOf(err)); diff != "" {
			t.Error(diff)
		}
		wants(t, end("a", at(-time.Minute)), fault.Invalid)
		ended, err := here.EndRule(t.Context(), officer, "a", store.Time{}, "over")
		if err != nil || !ended.Until.Equal(here.clock.Now()) {
			t.Errorf("it ends at once: %+v %v", ended, err)
		}
		if err := end("b", at(24*time.Hour)); err != nil {
			t.Error(err)
		}
		if err := end("b", at(24*time.Hour)); err != nil {
			t.Errorf("said again: %v", err)
		}
		wants(t, end("b", at(25*time.Hour)), fault.Invalid)
		if err := end("b", at(12*time.Hour)); err != nil {
			t.Errorf("earlier: %v", err)
		}
		if err := end("planned", store.Time{}); err != nil {
			t.Error(err)
		}
		wants(t, end("planned", store.Time{}), fault.NotFound)
		wants(t, end("future", store.Time{}), fault.Conflict) // an exemption names it
		here.clock.Advance(time.Minute)
		wants(t, end("a", store.Time{}), fault.Conflict)

		d := here.changes(t, g)
		var ids []string
		for _, r := range d.Rules.Items {
			ids = append(ids, r.ID+" "+r.Until.Format(time.Stamp))
		}
		if diff := gocmp.Diff([]string{"a Mar  1 14:00:00", "b Mar  2 02:00:00"}, ids); diff != "" {
			t.Error(diff)
		}
		if diff := gocmp.Diff([]string{"planned"}, d.Rules.Gone); diff != "" || d.Generation != g+4 {
			t.Errorf("generation %d after %d; gone: %s", d.Generation, g, diff)
		}
		same(t, "as known before", here.exports(t, time.Time{}, begun), before)
		if e := here.last(t, "register.rule-ended"); string(e.Payload) != `{"until":"2026-03-01T14:00:00.000000Z","reason":"the makers mended it","takenBack":true}` || !e.Kind.Public {
			t.Errorf("the entry: %s", e.Payload)
		}
		_, err = here.AddRule(t.Context(), officer, policy.Rule{ID: "planned", Effect: policy.Allow, Target: policy.Target{Any: true}, Scope: "own"})
		wants(t, err, fault.Conflict) // an id is never used for another

		record, err := here.Record(t.Context(), officer, register.Rules, "b")
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, r := range record {
			lines = append(lines, fmt.Sprintf("%s %s-%s until %s", cmp.Or(r.Reason, "-"), r.At, r.Replaced, store.TimeOf(r.World.Rules[0].Until)))
		}
		if diff := gocmp.Diff([]string{
			"- 2026-03-01T13:00:00.000000Z-2026-03-01T14:00:00.000000Z until ",
			"the makers mended it 2026-03-01T14:00:00.000000Z-2026-03-01T14:00:00.000000Z until 2026-03-02T14:00:00.000000Z",
			"the makers mended it 2026-03-01T14:00:00.000000Z- until 2026-03-02T02:00:00.000000Z",
		}, lines); diff != "" {
			t.Error(diff)
		}
	})
}

// TestOnce holds that a request with a key decides once.
func TestOnce(t *testing.T) {
	families(t, func(t *testing.T, here centre) {
		officer := here.officer(t, people.CentreOfficer, people.Everywhere)
		officer.Key, officer.Digest = "key", "digest"
		first, err := here.AddRule(t.Context(), officer, allow("chat", "own"))
		if err != nil {
			t.Fatal(err)
		}
		g := generation(t, here)
		again, err := here.AddRule(t.Context(), officer, allow("chat", "own"))
		if diff := gocmp.Diff(first, again); diff != "" || err != nil || generation(t, here) != g {
			t.Errorf("the second time: %v %s", err, diff)
		}
		officer.Key = "another"
		choices := []register.Choice{{Product: "kit", Decision: register.AllowApp}}
		done, err := here.Triage(t.Context(), officer, "own", choices)
		if err != nil {
			t.Fatal(err)
		}
		if repeated, err := here.Triage(t.Context(), officer, "own", choices); err != nil || repeated != done || done.Allowed != 1 {
			t.Errorf("the second triage: %+v %+v %v", done, repeated, err)
		}
	})
}

// TestProducts holds what adding products and suppliers and linking identifiers does, and that an identifier
// belongs to one product.
func TestProducts(t *testing.T) {
	families(t, func(t *testing.T, here centre) {
		reviewer := here.officer(t, people.Reviewer, people.Everywhere)
		g := generation(t, here)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		supplier, err := here.AddSupplier(t.Context(), reviewer, policy.Supplier{Name: "Übel & Söhne", OwnedBy: []policy.Edge{{Supplier: "holding"}}})
		must(err)
		want := policy.Product{Kind: policy.App, Name: "Chat", Supplier: supplier.ID, Contains: []policy.Component{{Product: "kit"}},
			Identifiers: map[policy.Platform][]policy.Identifier{policy.Windows: {{ID: "Chat.Two"}}}}
		product, err := here.AddProduct(t.Context(), reviewer, want)
		must(err)
		want.ID = "chat-2"
		if diff := gocmp.Diff(want, product); diff != "" || supplier.ID != "übel-söhne" {
			t.Errorf("the supplier is %s, and the product: %s", supplier.ID, diff)
		}
		linked, err := here.LinkIdentifier(t.Context(), reviewer, "chat-2", policy.Android, "org.chat.two", []string{"a"})
		must(err)
		want.Identifiers[policy.Android] = []policy.Identifier{{ID: "org.chat.two", Signers: []string{"a"}}}
		if diff := gocmp.Diff(want, linked); diff != "" {
			t.Error(diff)
		}
		e := here.last(t, "register.identifier-linked")
		if string(e.Payload) != `{"platform":"android","identifier":"org.chat.two","signers":["a"]}` || !slices.Equal(e.Subjects, []string{"*", "chat-2"}) {
			t.Errorf("the entry: %+v %s", e, e.Payload)
		}
		if now := generation(t, here); now != g+3 {
			t.Errorf("three decisions raise the generation from %d to %d", g, now)
		}
		again, err := here.LinkIdentifier(t.Context(), reviewer, "chat-2", policy.Android, "org.chat.two", nil)
		must(err)
		if diff := gocmp.Diff(want, again); diff != "" || generation(t, here) != g+3 {
			t.Errorf("said again: %s", diff)
		}
		again, err = here.LinkIdentifier(t.Context(), reviewer, "chat-2", policy.Android, "org.chat.two", []string{"b"})
		must(err)
		if signers := again.Identifiers[policy.Android][0].Signers; !slices.Equal(signers, []string{"b"}) {
			t.Errorf("the signers are %v", signers)
		}
		// What came with a world, what was added and what was linked are all taken.
		for id, platform := range map[string]policy.Platform{"org.chat": policy.Android, "Chat.Two": policy.Windows, "org.chat.two": policy.Android} {
			_, err := here.LinkIdentifier(t.Context(), reviewer, "kit", platform, id, nil)
			if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "product chat") {
				t.Errorf("%s: %v", id, err)
			}
			_, err = here.AddProduct(t.Context(), reviewer, policy.Product{Kind: policy.App, Identifiers: map[policy.Platform][]policy.Identifier{platform: {{ID: id}}}})
			if diff := gocmp.Diff([]string{"conflict identifiers." + platform.String() + "[0]"}, faultsOf(err)); diff != "" {
				t.Error(diff)
			}
		}
		_, err = here.LinkIdentifier(t.Context(), reviewer, "kit", policy.MacOS, "org.chat", nil)
		must(err) // on another platform it is free
	})
}

// TestProductsThatCannotBe holds that faults of products and suppliers name their field.
func TestProductsThatCannotBe(t *testing.T) {
	families(t, func(t *testing.T, here centre) {
		reviewer := here.officer(t, people.Reviewer, people.Everywhere)
		g := generation(t, here)
		twice := map[policy.Platform][]policy.Identifier{policy.IOS: {{ID: "x"}, {ID: "x"}}}
		for name, test := range map[string]struct {
			p    policy.Product
			want []string
		}{
			"no kind":        {policy.Product{}, []string{"invalid kind"}},
			"no supplier":    {policy.Product{Kind: policy.App, Supplier: "makers"}, []string{"invalid supplier"}},
			"no maker":       {policy.Product{Kind: policy.App, MadeBy: []policy.Edge{{Supplier: "maker"}, {Supplier: "x"}}}, []string{"invalid made_by[1].supplier"}},
			"no component":   {policy.Product{Kind: policy.App, Contains: []policy.Component{{Product: "x"}}}, []string{"invalid contains[0].product"}},
			"in itself":      {policy.Product{ID: "me", Kind: policy.App, Contains: []policy.Component{{Product: "me", Versions: policy.Window{Since: "?"}}}}, []string{"invalid contains[0].since"}},
			"one twice":      {policy.Product{Kind: policy.App, Identifiers: twice}, []string{"invalid identifiers.ios[1]"}},
			"nowhere":        {policy.Product{Kind: policy.App, Identifiers: map[policy.Platform][]policy.Identifier{0: {{ID: "x"}}}}, []string{"invalid identifiers"}},
			"nowhere known":  {policy.Product{Kind: policy.App, Identifiers: map[policy.Platform][]policy.Identifier{99: {{ID: "x"}}}}, []string{"invalid identifiers"}},
			"a blank signer": {policy.Product{Kind: policy.App, Identifiers: map[policy.Platform][]policy.Identifier{policy.IOS: {{ID: "x", Signers: []string{""}}}}}, []string{"invalid identifiers.ios[0].signers[0]"}},
			"there already":  {policy.Product{ID: "kit", Kind: policy.App}, []string{"conflict id"}},
		} {
			_, err := here.AddProduct(t.Context(), reviewer, test.p)
			if diff := gocmp.Diff(test.want, faultsOf(err)); diff != "" {
				t.Errorf("%s: %v: %s", name, err, diff)
			}
		}
		_, err := here.AddSupplier(t.Context(), reviewer, policy.Supplier{ID: "s", OwnedBy: []policy.Edge{{Supplier: "x"}}, Aliases: []string{""}})
		if diff := gocmp.Diff([]string{"invalid owned_by[0].supplier", "invalid aliases[0]"}, faultsOf(err)); diff != "" {
			t.Error(diff)
		}
		_, err = here.LinkIdentifier(t.Context(), reviewer, "chat", 0, "", []string{""})
		if diff := gocmp.Diff([]string{"invalid platform", "invalid identifier", "invalid signers[0]"}, faultsOf(err)); diff != "" {
			t.Error(diff)
		}
		_, err = here.LinkIdentifier(t.Context(), reviewer, "cat", policy.IOS, "x", nil)
		wants(t, err, fault.NotFound)
		if generation(t, here) != g {
			t.Error("something was left behind")
		}
		if kinds := slices.Sorted(maps.Keys(here.kinds(t))); slices.Contains(kinds, "register.product-added") {
			t.Errorf("the ledger has %v", kinds)
		}
	})
}

// kinds counts the ledger's entries by their kinds.
func (c centre) kinds(t *testing.T) map[string]int {
	t.Helper()
	kinds := map[string]int{}
	for _, e := range entries(t, c) {
		kinds[e.Kind.Name]++
	}
	return kinds
}
