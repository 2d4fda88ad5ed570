package vetting_test

import (
	"bytes"
	"slices"
	"testing"

	"portcullis/approvals"
	"portcullis/catalogue"
	"portcullis/devices"
	"portcullis/internal/agreed"
	"portcullis/internal/fault"
	"portcullis/internal/roomtest"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/vetting"
	"portcullis/vetting/apk/apktest"
	"portcullis/vetting/sdk"
	"portcullis/world"
)

const pangle = "com.bytedance.sdk.openadsdk.TTAdSdk"

// verdict is what the rules say of an identifier on a device now.
func (s *server) verdict(t testing.TB, host, identifier string) string {
	t.Helper()
	roomtest.Follow(t, s.devices)
	judged, err := s.devices.Decisions(t.Context(), command, devices.PastQuery{Host: host})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range judged.Decisions {
		if d.Identifier == identifier {
			return d.Verdict.String()
		}
	}
	return "not there"
}

// made is the world as the register has it now.
func (s *server) made(t testing.TB) *policy.World {
	t.Helper()
	roomtest.Follow(t, s.devices)
	return s.devices.Fleet.View().World
}

// TestOwnersBan is the whole story: somebody asks for an app, a reviewer looks at it and allows it, with the kit that is
// in it; later the kit's owner is banned, and the ban reaches the devices that have the app, from the version on in which
// the kit was seen.
func TestOwnersBan(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer, asker := s.somebody(t, people.Reviewer, people.Everywhere, "Rita"), s.somebody(t, people.Staff, "gov", "Sam")
		p := s.ask(t, asker, "gov", "com.politedroid")
		a := s.assess(t, reviewer, upload("polite.apk", polite(t, "1.5", apktest.NewSigner(t, "Umber"), pangle), "", p.ID))
		at := slices.IndexFunc(a.Kits, func(k vetting.Kit) bool { return k.SDK.ID == "bytedance-pangle" })
		if at < 0 || !a.Kits[at].Addable || a.Kits[at].Product != "" || a.Kits[at].Contained {
			t.Fatalf("the kit before the review: %+v", a.Kits)
		}
		c := allowing(&a, p)
		c.Contains, c.Publish = []string{"bytedance-pangle"}, []string{vetting.Rationale, c.Answers[0].Criterion}
		review, err := s.Conclude(t.Context(), reviewer.Actor, c)
		if err != nil {
			t.Fatal(err)
		}
		if len(review.Contains) != 1 || review.Contains[0].Since != "1.5" || !slices.Equal(review.Contains[0].Added, []string{"bytedance", "pangle"}) {
			t.Errorf("confirmed: %+v", review.Contains)
		}
		w := s.made(t)
		at = slices.IndexFunc(w.Products, func(p policy.Product) bool { return p.ID == review.Product })
		if at < 0 || len(w.Products[at].Contains) != 1 || w.Products[at].Contains[0] != (policy.Component{Product: "pangle", Versions: policy.Window{Since: "1.5"}}) {
			t.Fatalf("the product: %+v", w.Products)
		}
		if got := s.verdict(t, "a1", "com.politedroid"); got != "allowed" {
			t.Errorf("the app before the ban: %s", got)
		}
		rule := policy.Rule{Effect: policy.Ban, Target: policy.Target{Supplier: "bytedance"}, Scope: "gov", Components: true, Clearance: policy.ClearanceNone, Reason: "Its owner"}
		if _, err := (agreed.Register{Room: &register.Room{People: s.People}}).AddRule(t.Context(), command, rule); err != nil {
			t.Fatal(err)
		}
		if got := s.verdict(t, "a1", "com.politedroid"); got != "banned" {
			t.Errorf("the app with the kit, after its owner was banned: %s", got)
		}
		if got := s.verdict(t, "b1", "com.politedroid"); got == "banned" {
			t.Errorf("the version before the one that was looked at: %s", got)
		}
		if got := s.verdict(t, "a1", "com.notes"); got == "banned" {
			t.Errorf("an app without it: %s", got)
		}
		again, err := s.Assessment(t.Context(), reviewer.Actor, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if k := again.Kits[slices.IndexFunc(again.Kits, func(k vetting.Kit) bool { return k.SDK.ID == "bytedance-pangle" })]; !k.Contained || k.Product != "pangle" || k.Supplier != "bytedance" {
			t.Errorf("the kit after the review: %+v", k)
		}
		if again.Outcome != vetting.Allow || len(again.Reviews) != 1 || again.Names[reviewer.id] != "Rita" {
			t.Errorf("the review beside the report: %+v", again.Reviews)
		}
		// It was in an earlier version as well: the window begins there from now on.
		earlier := s.assess(t, reviewer, upload("polite.apk", polite(t, "1.4", apktest.NewSigner(t, "Umber"), pangle), "gov", ""))
		if k, err := s.Conclude(t.Context(), reviewer.Actor, vetting.Conclusion{Assessment: earlier.ID, Outcome: vetting.Keep, Rationale: "It was there before.", Answers: answers(&earlier), Contains: []string{"bytedance-pangle"}}); err != nil || k.Contains[0].Since != "1.4" {
			t.Fatalf("%+v, %v", k, err)
		}
		if got := s.verdict(t, "b1", "com.politedroid"); got != "banned" {
			t.Errorf("the earlier version, once the kit was seen in it: %s", got)
		}
	})
}

// TestConfirming holds what may be confirmed to what the file is.
func TestConfirming(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer, local, asker := s.somebody(t, people.Reviewer, people.Everywhere, "Rita"), s.somebody(t, people.Reviewer, "dept-a", "Lena"), s.somebody(t, people.Staff, "dept-a", "Sam")
		p := s.ask(t, asker, "dept-a", "com.politedroid")
		signer, other := apktest.NewSigner(t, "Umber"), apktest.NewSigner(t, "Somebody")
		good := s.assess(t, reviewer, upload("polite.apk", polite(t, "1.5", signer, pangle), "", p.ID))
		bare := s.assess(t, reviewer, upload("bare.apk", polite(t, "1.5", nil, pangle), "", p.ID))
		forged := s.assess(t, reviewer, upload("forged.apk", polite(t, "1.5", other, pangle), "", p.ID))
		conclude := func(who one, a vetting.Assessment, kits ...string) error {
			c := allowing(&a, p)
			c.Contains = kits
			_, err := s.Conclude(t.Context(), who.Actor, c)
			return err
		}
		untouched := func(when string) {
			t.Helper()
			if v, err := s.Approvals.Proposal(t.Context(), asker.Actor, p.ID); err != nil || v.Version != 1 {
				t.Errorf("%s: the proposal has %d steps, %v", when, v.Version, err)
			}
			if reviews, err := s.Reviews(t.Context(), reviewer.Actor, "", p.ID, 10); err != nil || len(reviews) != 0 {
				t.Errorf("%s: %+v, %v", when, reviews, err)
			}
			if w := s.made(t); slices.ContainsFunc(w.Products, func(p policy.Product) bool { return p.ID == "pangle" || len(p.Contains) > 0 }) {
				t.Errorf("%s: the register has %+v", when, w.Products)
			}
		}
		for name, err := range map[string]error{
			"what was not found": conclude(reviewer, good, "yandex-appmetrica"), "twice": conclude(reviewer, good, "bytedance-pangle", "bytedance-pangle"),
			"not signed": conclude(reviewer, bare, "bytedance-pangle"),
		} {
			if !fault.Is(err, fault.Invalid) || fault.Fields(err)[0].Field != "contains" {
				t.Errorf("%s: %v", name, err)
			}
			untouched(name)
		}
		if _, err := s.Conclude(t.Context(), local.Actor, vetting.Conclusion{Assessment: good.ID, Outcome: vetting.Confirm, Rationale: "I have seen it.", Contains: []string{"bytedance-pangle"}}); !fault.Is(err, fault.Refused) {
			t.Errorf("what holds for all bodies, by a reviewer of one: %v", err)
		}
		untouched("a reviewer of one body")
		product, err := (&register.Room{People: s.People}).AddProduct(t.Context(), reviewer.Actor, policy.Product{ID: "polite", Kind: policy.App, Name: "Polite",
			Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com.politedroid", Signers: []string{signer.Certificate()}}}}})
		if err != nil {
			t.Fatal(err)
		}
		if err := conclude(reviewer, forged, "bytedance-pangle"); !fault.Is(err, fault.Invalid) {
			t.Errorf("signed by somebody else than the register has: %v", err)
		}
		untouched("signed by somebody else")
		if err := conclude(reviewer, good, "bytedance-pangle", "bytedance"); err != nil {
			t.Fatal(err)
		}
		w := s.made(t)
		if at := slices.IndexFunc(w.Products, func(p policy.Product) bool { return p.ID == product.ID }); len(w.Products[at].Contains) != 2 {
			t.Errorf("%+v", w.Products[at])
		}
		// What somebody says who may not for all bodies waits, also where the register has all of the kit already.
		later := s.assess(t, local, upload("polite.apk", polite(t, "1.4", signer, pangle), "dept-a", ""))
		if _, err := s.Conclude(t.Context(), local.Actor, vetting.Conclusion{Assessment: later.ID, Outcome: vetting.Keep, Rationale: "As before.", Answers: answers(&later), Contains: []string{"bytedance-pangle"}}); err != nil {
			t.Fatal(err)
		}
		w = s.made(t)
		if at := slices.IndexFunc(w.Products, func(p policy.Product) bool { return p.ID == product.ID }); w.Products[at].Contains[0].Versions.Since != "1.5" {
			t.Errorf("a kit that is known, by a reviewer of one body: %+v", w.Products[at])
		}
	})
}

// TestNothingHalfDone has the last part of a conclusion fail, after the step in the proposal was taken.
func TestNothingHalfDone(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer, asker := s.somebody(t, people.Reviewer, people.Everywhere, "Rita"), s.somebody(t, people.Staff, "dept-a", "Sam")
		_, err := (&register.Room{People: s.People}).AddProduct(t.Context(), reviewer.Actor, policy.Product{ID: "pangle", Kind: policy.App, Name: "Pangle",
			Identifiers: map[policy.Platform][]policy.Identifier{policy.Android: {{ID: "com.politedroid"}}}})
		if err != nil {
			t.Fatal(err)
		}
		p := s.ask(t, asker, "dept-a", "com.politedroid")
		a := s.assess(t, reviewer, upload("polite.apk", polite(t, "1.5", apktest.NewSigner(t, "Umber"), pangle), "", p.ID))
		c := allowing(&a, p)
		c.Contains = []string{"bytedance", "bytedance-pangle"}
		if _, err := s.Conclude(t.Context(), reviewer.Actor, c); !fault.Is(err, fault.Invalid) {
			t.Fatalf("the app is the kit: %v", err)
		}
		v, err := s.Approvals.Proposal(t.Context(), asker.Actor, p.ID)
		if err != nil || v.Version != 1 || v.State != approvals.Waiting {
			t.Errorf("the proposal: %+v, %v", v.Proposal, err)
		}
		w := s.made(t)
		if len(w.Rules) != 0 || len(w.Suppliers) != 1 || slices.ContainsFunc(w.Products, func(p policy.Product) bool { return p.ID == "kit-bytedance" }) {
			t.Errorf("the register: %+v, %+v, %+v", w.Rules, w.Suppliers, w.Products)
		}
		if reviews, err := s.Reviews(t.Context(), reviewer.Actor, "", p.ID, 10); err != nil || len(reviews) != 0 {
			t.Errorf("%+v, %v", reviews, err)
		}
		if entries := s.entries(t, "vetting.reviewed"); len(entries) != 0 {
			t.Errorf("entries of reviews: %s", entries)
		}
	})
}

// TestKitsByID has no kit that the catalogue lacks be taken for something that the catalogue has.
func TestKitsByID(t *testing.T) {
	loaded := roomtest.Load(t, string(catalogue.World()), world.Options{})
	products, suppliers := map[string]string{}, map[string]bool{}
	for _, p := range loaded.World.Products {
		products[p.ID] = p.Name
	}
	for _, p := range loaded.World.Suppliers {
		suppliers[p.ID] = true
	}
	for _, k := range sdk.Facts().SDKs {
		if name, there := products["kit-"+k.ID]; there {
			t.Errorf("the kit %s has the id of the catalogue's product %s", k.ID, name)
		}
		if k.Product != "" && products[k.Product] == "" {
			t.Errorf("the kit %s is the product %s, which the catalogue does not have", k.ID, k.Product)
		}
		if len(k.Makers) == 0 {
			t.Errorf("the kit %s has no maker", k.ID)
		}
		for _, m := range k.Makers {
			if m.Supplier == "" && suppliers[m.ID] {
				t.Errorf("the maker %s of the kit %s has the id of a supplier of the catalogue", m.ID, k.ID)
			}
		}
	}
	if len(sdk.Facts().SDKs) == 0 || !bytes.Contains(catalogue.World(), []byte("suppliers")) {
		t.Error("nothing was held against anything")
	}
}

// TestKitThatWasThere has a kit that was confirmed before the catalogue had it stay the product that it was.
func TestKitThatWasThere(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		reviewer := s.somebody(t, people.Reviewer, people.Everywhere, "Rita")
		if _, err := (&register.Room{People: s.People}).AddProduct(t.Context(), reviewer.Actor, policy.Product{ID: "kit-bytedance-pangle", Kind: policy.App, Name: "Pangle"}); err != nil {
			t.Fatal(err)
		}
		a := s.assess(t, reviewer, upload("polite.apk", polite(t, "1.5", apktest.NewSigner(t, "Umber"), pangle), "gov", ""))
		review, err := s.Conclude(t.Context(), reviewer.Actor, vetting.Conclusion{Assessment: a.ID, Outcome: vetting.Confirm, Rationale: "Its classes are there.", Contains: []string{"bytedance-pangle"}})
		if err != nil || review.Contains[0].Product != "kit-bytedance-pangle" || len(review.Contains[0].Added) != 0 {
			t.Fatalf("%+v, %v", review.Contains, err)
		}
		if w := s.made(t); slices.ContainsFunc(w.Products, func(p policy.Product) bool { return p.ID == "pangle" }) {
			t.Error("it is there twice")
		}
	})
}
