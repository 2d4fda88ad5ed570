package approvals_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	rooms "portcullis/approvals"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/web/approvals"
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
		anna.Get(to[0]).Shows(http.StatusOK, "Ask for Maps", "Department A", "What do you need it on?", "Android", "iOS", "On which of your devices?", "a1, Android").Has(`value="a1" selected`, `value="android" checked`)
		anna.Answer(to[0], "platform", "").FaultsAt("platform", "reason")
		anna.Answer(to[0]).FaultsAt("reason")
		v := anna.proposed(anna.Answer(to[0], "device", "", "reason", "To find the way to those I visit"))
		if v.Kind != rooms.Allow || v.Organisation != "dept-a" || v.Rule.Target.Product != "maps" || !slices.Equal(v.Rule.Platforms, []policy.Platform{policy.Android}) || v.Reason != "To find the way to those I visit" {
			t.Errorf("asked for: %+v %+v", v.Draft, v.Rule)
		}

		// Who asks again while it waits is told so; what others asked for, they are not told.
		anna.Get(to[0]).Shows(http.StatusOK, "Asked for already on", "still to be decided").Has(`href="` + approvals.ProposalPath(v.ID) + `"`)
		b.drafter("", "dept-a", "carl").Get(to[0]).Shows(http.StatusOK, "Ask for Maps").Lacks("Asked for already")

		// It is refused, and asked for again with something new.
		b.drafter(people.Reviewer, "dept-a", "rhea").takes(v.ID, rooms.Doing{Act: rooms.Refuse, Said: rooms.Said{Reason: "Paper does"}})
		again := "/proposals/new/app?after=" + v.ID
		anna.Get(again).Shows(http.StatusOK, "Ask again for Maps", "Refused, because", "Paper does", "To find the way to those I visit").Lacks("Asked for already")
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
		anna.Get(other).Shows(http.StatusOK, "Ask for Chess", "Where is it offered?").Has(`value="Chess"`, `value="android" checked`, `value="a1" selected`)
		anna.Answer(other, "name", " ", "platform", "").FaultsAt("name", "platform", "reason")
		anna.Answer(other, "shop", "somewhere").FaultsAt("shop", "reason")
		anna.Answer(other, "shop", "https://apps.apple.com/gb/app/chess/id123456789", "reason", "A course").FaultsAt("platform")

		// Its name is enough: whoever allows it says what devices call it.
		v := anna.proposed(anna.Answer(other, "reason", "A course"))
		if want := (register.Found{Platform: policy.Android, Name: "Chess"}); v.Found == nil || *v.Found != want || v.Reason != "A course\n\nFor the device a1, Android." {
			t.Errorf("asked for: %+v, %q", v.Found, v.Reason)
		}
		rhea, grant := b.drafter(people.Reviewer, "dept-a", "rhea"), "/proposals/"+v.ID+"/grant"
		rhea.Get(grant).Shows(http.StatusOK, "What do devices call it?", "Whoever allows it says what devices call it")
		rhea.Answer(grant, "reason", "It is harmless", "risk", "Small").FaultsAt("terms.identifier")
		rhea.Answer(grant, "reason", "It is harmless", "risk", "Small", "terms.identifier", " com.chess.new ").Shows(http.StatusSeeOther)
		b.catchUp()
		if made := anna.Get("/proposals/new/app?platform=android&identifier=com.chess.new").Shows(http.StatusOK, "Ask for Chess", "It is allowed here already"); made.Status != http.StatusOK {
			t.Error("what was allowed is not known")
		}

		// The address of its page in a shop says the rest.
		pasted := anna.Get("/proposals/new/app?q=" + url.QueryEscape("Have a look: https://play.google.com/store/apps/details?id=com.chess&hl=en"))
		v = anna.proposed(anna.Answer(pasted.Location, "name", "Chess", "device", "", "reason", "A course"))
		if want := (register.Found{Platform: policy.Android, Identifier: "com.chess", Name: "Chess", Shop: "https://play.google.com/store/apps/details?id=com.chess"}); v.Found == nil || *v.Found != want {
			t.Errorf("asked for: %+v", v.Found)
		}
		anna.Get("/proposals/"+v.ID).Shows(http.StatusOK, "Its page in the shop", "com.chess")
		v = anna.proposed(anna.Answer(other, "platform", "", "device", "", "shop", "https://addons.mozilla.org/en-GB/firefox/addon/a-chess/", "reason", "Another course"))
		if v.Found == nil || v.Found.Platform != policy.Firefox || v.Found.Identifier != "" || v.Found.Name != "Chess" {
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
		anna.Get("/proposals/new/app?product=notes").Shows(http.StatusOK).Lacks("What do you need it on?") // there is but one
		anna.Get("/proposals/new/app?product=notes&platform=android").Shows(http.StatusOK, "It is allowed here already")
		anna.Get("/proposals/new/app?product=nothing").Shows(http.StatusNotFound)
		anna.Get("/proposals/new/app?product=notes&platform=toaster").Shows(http.StatusUnprocessableEntity)
		anna.Get("/proposals/new/app?product=maps&platform=ios&scope=dept-b").Shows(http.StatusForbidden)
		anna.Answer("/proposals/new/app?product=maps&platform=ios&scope=dept-b", "reason", "x").Shows(http.StatusForbidden)
	})
}
