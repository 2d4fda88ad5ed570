package approvals_test

import (
	"net/http"
	"slices"
	"testing"

	rooms "portcullis/approvals"
	"portcullis/people"
	"portcullis/policy"
)

func TestDraftApp(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		anna := b.drafter("", "dept-a", "anna")
		anna.Get("/proposals/new/app").Shows(http.StatusOK, "What is the app called?")
		to := anna.Get("/proposals/new/app?q=map").Shows(http.StatusOK, "Maps", "Its maker is not known").Hrefs("/proposals/new/app?product")
		if len(to) != 1 {
			t.Fatalf("found: %q", to)
		}
		anna.Get("/proposals/new/app?q=zzz").Shows(http.StatusOK, "Nothing that is known here is called so", "It is none of these")
		to = anna.Get(to[0]).Shows(http.StatusOK, "What do you need it on?", "Android", "iOS", "All of them").Hrefs("/proposals/new/app?platform")
		if len(to) != 3 {
			t.Fatalf("platforms: %q", to)
		}
		anna.Get(to[0]).Shows(http.StatusOK, "Ask for Maps", "Department A", "Android")
		anna.Answer(to[0]).FaultsAt("reason")
		v := anna.proposed(anna.Answer(to[0], "reason", "To find the way to those I visit"))
		if v.Kind != rooms.Allow || v.Organisation != "dept-a" || v.Rule.Target.Product != "maps" || !slices.Equal(v.Rule.Platforms, []policy.Platform{policy.Android}) || v.Reason != "To find the way to those I visit" {
			t.Errorf("asked for: %+v %+v", v.Draft, v.Rule)
		}

		// It is refused, and asked for again with something new.
		b.drafter(people.Reviewer, "dept-a", "rhea").takes(v.ID, rooms.Doing{Act: rooms.Refuse, Said: rooms.Said{Reason: "Paper does"}})
		again := "/proposals/new/app?after=" + v.ID
		anna.Get(again).Shows(http.StatusOK, "Ask again for Maps", "Refused, because", "Paper does", "To find the way to those I visit")
		next := anna.proposed(anna.Answer(again, "reason", "The paper maps are gone"))
		if next.After != v.ID || next.Rule.Target.Product != "maps" || !slices.Equal(next.Rule.Platforms, v.Rule.Platforms) {
			t.Errorf("asked again: %+v", next.Draft)
		}
		b.drafter("", "dept-b", "bert").Get(again).Shows(http.StatusForbidden).Lacks("Paper does")
	})
}

func TestDraftAppThatNobodyKnows(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		anna := b.drafter("", "dept-a", "anna")
		other := "/proposals/new/app?other=yes&name=Chess"
		anna.Get(other).Shows(http.StatusOK, `value="Chess"`[7:12], "What does the shop call it?")
		anna.Answer(other, "name", " ").FaultsAt("name")
		anna.Answer(other).FaultsAt("platform")
		anna.Answer(other, "platform", "android").FaultsAt("identifier")
		p := anna.Answer(other, "platform", "android", "identifier", " com.chess ")
		anna.Get(p.Location).Shows(http.StatusOK, "Ask for Chess", "Android")
		v := anna.proposed(anna.Answer(p.Location, "reason", "A course"))
		if v.Found == nil || v.Found.Identifier != "com.chess" || v.Found.Name != "Chess" || v.Found.Platform != policy.Android {
			t.Errorf("asked for: %+v", v.Found)
		}
		// What turns out to be a product is that product.
		v = anna.proposed(anna.Answer("/proposals/new/app?platform=android&identifier=com.maps&name=Whatever", "reason", "A course"))
		if v.Found != nil || v.Rule.Target.Product != "maps" {
			t.Errorf("asked for: %+v %+v", v.Found, v.Rule)
		}
	})
}

func TestDraftAppSaysWhatHoldsAlready(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		anna := b.drafter("", "dept-a", "anna")
		p := anna.Get("/proposals/new/app?product=parrot&platform=android").Shows(http.StatusOK, "It is banned or phased out here: It reads contacts")
		to := p.Hrefs("/proposals/new/exemption")
		if len(to) != 1 {
			t.Fatalf("leads to %q", to)
		}
		anna.Get(to[0]).Shows(http.StatusOK, "Ask for an exemption for Parrot Chat")
		// One platform asks no question.
		if p := anna.Get("/proposals/new/app?product=notes"); p.Location != "/proposals/new/app?platform=android&product=notes" {
			t.Errorf("leads to %q", p.Location)
		}
		anna.Get("/proposals/new/app?product=notes&platform=android").Shows(http.StatusOK, "It is allowed here already")
		anna.Get("/proposals/new/app?product=nothing").Shows(http.StatusNotFound)
		anna.Get("/proposals/new/app?product=notes&platform=toaster").Shows(http.StatusUnprocessableEntity)
		anna.Get("/proposals/new/app?product=maps&platform=ios&scope=dept-b").Shows(http.StatusForbidden)
		anna.Answer("/proposals/new/app?product=maps&platform=ios&scope=dept-b", "reason", "x").Shows(http.StatusForbidden)
	})
}
