package approvals_test

import (
	"net/http"
	"slices"
	"testing"

	rooms "portcullis/approvals"
	"portcullis/people"
	"portcullis/policy"
)

// take takes a step as a person sees it now.
func (d drafter) take(id string, do rooms.Doing) {
	d.t.Helper()
	v, err := d.room.Proposal(d.t.Context(), d.actor(), id)
	if err == nil {
		do.Version = v.Version
		_, err = d.room.Take(d.t.Context(), d.actor(), id, do)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	d.follow()
}

func TestDraftApp(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		anna := b.drafter("", "dept-a", "anna")
		anna.get("/proposals/new/app").shows(http.StatusOK, "What is the app called?")
		to := anna.get("/proposals/new/app?q=map").shows(http.StatusOK, "Maps", "Its maker is not known").hrefs("/proposals/new/app?product")
		if len(to) != 1 {
			t.Fatalf("found: %q", to)
		}
		anna.get("/proposals/new/app?q=zzz").shows(http.StatusOK, "Nothing that is known here is called so", "It is none of these")
		to = anna.get(to[0]).shows(http.StatusOK, "What do you need it on?", "Android", "iOS", "All of them").hrefs("/proposals/new/app?platform")
		if len(to) != 3 {
			t.Fatalf("platforms: %q", to)
		}
		anna.get(to[0]).shows(http.StatusOK, "Ask for Maps", "Department A", "Android")
		anna.post(to[0]).faults("reason")
		v := anna.proposed(anna.post(to[0], "reason", "To find the way to those I visit"))
		if v.Kind != rooms.Allow || v.Organisation != "dept-a" || v.Rule.Target.Product != "maps" || !slices.Equal(v.Rule.Platforms, []policy.Platform{policy.Android}) || v.Reason != "To find the way to those I visit" {
			t.Errorf("asked for: %+v %+v", v.Draft, v.Rule)
		}

		// It is refused, and asked for again with something new.
		b.drafter(people.Reviewer, "dept-a", "rhea").take(v.ID, rooms.Doing{Act: rooms.Refuse, Said: rooms.Said{Reason: "Paper does"}})
		again := "/proposals/new/app?after=" + v.ID
		anna.get(again).shows(http.StatusOK, "Ask again for Maps", "Refused, because", "Paper does", "To find the way to those I visit")
		next := anna.proposed(anna.post(again, "reason", "The paper maps are gone"))
		if next.After != v.ID || next.Rule.Target.Product != "maps" || !slices.Equal(next.Rule.Platforms, v.Rule.Platforms) {
			t.Errorf("asked again: %+v", next.Draft)
		}
		b.drafter("", "dept-b", "bert").get(again).shows(http.StatusForbidden).lacks("Paper does")
	})
}

func TestDraftAppThatNobodyKnows(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		anna := b.drafter("", "dept-a", "anna")
		other := "/proposals/new/app?other=yes&name=Chess"
		anna.get(other).shows(http.StatusOK, `value="Chess"`[7:12], "What does the shop call it?")
		anna.post(other, "name", " ").faults("name")
		anna.post(other).faults("platform")
		anna.post(other, "platform", "android").faults("identifier")
		p := anna.post(other, "platform", "android", "identifier", " com.chess ")
		anna.get(p.location).shows(http.StatusOK, "Ask for Chess", "Android")
		v := anna.proposed(anna.post(p.location, "reason", "A course"))
		if v.Found == nil || v.Found.Identifier != "com.chess" || v.Found.Name != "Chess" || v.Found.Platform != policy.Android {
			t.Errorf("asked for: %+v", v.Found)
		}
		// What turns out to be a product is that product.
		v = anna.proposed(anna.post("/proposals/new/app?platform=android&identifier=com.maps&name=Whatever", "reason", "A course"))
		if v.Found != nil || v.Rule.Target.Product != "maps" {
			t.Errorf("asked for: %+v %+v", v.Found, v.Rule)
		}
	})
}

func TestDraftAppSaysWhatHoldsAlready(t *testing.T) {
	eachBureau(t, func(t *testing.T, b *bureau) {
		anna := b.drafter("", "dept-a", "anna")
		p := anna.get("/proposals/new/app?product=parrot&platform=android").shows(http.StatusOK, "It is banned or phased out here: It reads contacts")
		to := p.hrefs("/proposals/new/exemption")
		if len(to) != 1 {
			t.Fatalf("leads to %q", to)
		}
		anna.get(to[0]).shows(http.StatusOK, "Ask for an exemption for Parrot Chat")
		// One platform asks no question.
		if p := anna.get("/proposals/new/app?product=notes"); p.location != "/proposals/new/app?platform=android&product=notes" {
			t.Errorf("leads to %q", p.location)
		}
		anna.get("/proposals/new/app?product=notes&platform=android").shows(http.StatusOK, "It is allowed here already")
		anna.get("/proposals/new/app?product=nothing").shows(http.StatusNotFound)
		anna.get("/proposals/new/app?product=notes&platform=toaster").shows(http.StatusUnprocessableEntity)
		anna.get("/proposals/new/app?product=maps&platform=ios&scope=dept-b").shows(http.StatusForbidden)
		anna.post("/proposals/new/app?product=maps&platform=ios&scope=dept-b", "reason", "x").shows(http.StatusForbidden)
	})
}
