package ask_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"portcullis/handbook"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/ask"
)

func TestWork(t *testing.T) {
	each(t, ask.Area{}, func(h house) {
		civil, reporter, harbour := h.guest("civil", "dept-a"), h.guest("reporter", "dept-a"), h.guest("harbour", "dept-b")
		civil.work().Shows(200, "May I install this?", "On a work device", "On my own device").Lacks("Error")
		civil.Get("/ask").Shows(200, "May I install this?")
		civil.work("q", " ").Shows(422, "Type the name of the app")
		civil.work("q", strings.Repeat("a", 300)).Shows(422, "This is too long")

		civil.work("q", "parrot").Shows(200, "No, do not install Parrot", "Ministry of Tides", "It sends what it hears abroad", "Government of Merrow has banned everything that comes from Umberfell, since 1\u00a0January\u00a02026, until 1\u00a0January\u00a02027.",
			"An exemption is possible, through your security team. It must be cleared by the office: Minister. It needs in place: ", "What to do", "take it off").Lacks("exemption that reaches you", "/requests")
		civil.work("q", "chirper").Shows(200, "No, do not install Parrot", "Parrot is also known as Chirper.")
		reporter.work("q", "parrot").Shows(200, "Yes, you may install Parrot", "exemption that reaches you, for press work, until 1\u00a0April\u00a02026", "It holds with this in place: ")
		civil.work("q", "notes").Shows(200, "Yes, you may install Notes on Android or iPhone or iPad, from version 2.5", "by a decision of Government of Merrow", "On other platforms", "Not on your list yet", "Did you mean another app?", "Notes Pro", "an older version is not allowed")
		civil.work("product", "notes", "platform", "windows").Shows(200, "Not yet: Notes is not on your list on Windows")
		civil.work("product", "notes", "platform", "linux").Shows(200, "Not known: the register has no Notes for Linux", "another app altogether", "on Android, iPhone and iPad and Windows")
		civil.work("product", "notes", "platform", "toaster").Shows(200, "Yes, you may install Notes")
		civil.work("q", "not").Shows(200, "Which one do you mean?", "Notes Pro", "Made by Maker Ltd")
		civil.work("q", "maps").Shows(200, "Not yet: Maps is not on your list", "nothing good", "Do not install it yet")
		harbour.work("q", "maps").Shows(200, "Not yet: Maps is not on your list", "Harbour Board", "Until 1\u00a0June\u00a02026 such apps are only watched")
		civil.work("q", "ends").Shows(200, "Yes, you may install Ends", "That holds until 1\u00a0September\u00a02026")
		civil.work("q", "oldster").Shows(200, "Better not: Oldster is on its way out", "No longer mended", "is phasing it out, since 1\u00a0January\u00a02026; it must be gone by 1\u00a0May\u00a02026.")
		civil.work("q", "clock").Shows(200, "Yes, you may install Clock", "It comes with the device")
		civil.work("product", "camera").Shows(200, "Camera is equipment, not an app")
		civil.work("q", "parott").Shows(200, "The register knows nothing by this name", "That does not say that it is harmless", "Did you mean one of these?", "Parrot", "Do not install it on a work device")
		civil.work("q", "zzzzzzzz").Shows(200, "The register knows nothing by this name").Lacks("Did you mean")
		civil.work("product", "gone").Shows(404)
		civil.work("q", "<b>bold</b>").Shows(200, "<b>Bold</b>").Lacks("harmless")
		guest{h.Nobody()}.work("q", "parrot").Shows(303)
		guest{h.Nobody()}.own("q", "parrot").Shows(401)
	})
}

func TestOwn(t *testing.T) {
	each(t, ask.Area{}, func(h house) {
		civil := h.guest("civil", "dept-a")
		written := []string{"It is your own device: this is advice, and you decide.", "not in the ledger"}
		civil.own("q", "parrot").Shows(200, written...).Shows(200, "On your own device", "We advise you not to have Parrot", "It sends what it hears abroad").Lacks("exemption is possible", "do not install", "What to do")
		civil.own("q", "notes").Shows(200, written...).Shows(200, "Nothing that was decided speaks against Notes", "work devices, from version 2.5")
		civil.own("q", "maps").Shows(200, written...).Shows(200, "Nothing has been decided about Maps", "neither good nor bad")
		civil.own("product", "oldster").Shows(404)
		civil.own("product", "old").Shows(200, "look for something else than Oldster")
		civil.own("product", "camera").Shows(200, "Camera is equipment, not an app")
		civil.own("q", "not").Shows(200, "Which one do you mean?")
		civil.own("q", "zzzzzzzz").Shows(200, written...).Shows(200, "neither good nor bad").Lacks("What to do")
		civil.own("q", "").Shows(422, "Type the name of the app")
		civil.own().Shows(422, "Type the name of the app")
		if page := civil.own("q", "not").Main(); strings.Contains(page, `method="get"`) || strings.Contains(page, "q=not") || !strings.Contains(page, `method="post"`) {
			t.Errorf("choosing puts the question into the address: %s", page)
		}
		if log := h.log.String(); strings.Contains(strings.ToLower(log), "parrot") || strings.Contains(log, "zzzz") || strings.Contains(log, "oldster") {
			t.Errorf("the log has what was asked: %s", log)
		}
	})
}

// TestShop asks by the address of a page in a shop, and goes on to asking for what nobody knows.
func TestShop(t *testing.T) {
	each(t, ask.Area{Requests: "/requests/new", Exemptions: "/exemptions/new"}, func(h house) {
		civil := h.guest("civil", "dept-a")
		const play, apple = "https://play.google.com/store/apps/details?id=", "https://apps.apple.com/gb/app/parrot/id123456789"
		civil.work("q", "Look: "+play+"com.parrot&referrer="+strings.Repeat("x", 300)).Shows(200, "No, do not install Parrot").Has(`"/exemptions/new?product=parrot&amp;subject=person"`)
		civil.work("q", apple).Shows(200, "Which one do you mean?", "does not tell which app it is", "Parrot").Lacks("do not install")
		for asked, want := range map[string]string{
			play + "com.never": "/requests/new?identifier=com.never&name=&other=yes&platform=android&shop=https%3A%2F%2Fplay.google.com%2Fstore%2Fapps%2Fdetails%3Fid%3Dcom.never",
			"zzzzzzzz":         "/requests/new?name=zzzzzzzz&other=yes",
			"not":              "/requests/new?name=not&other=yes",
		} {
			if to := civil.work("q", asked).Shows(200).Hrefs("/requests/new"); len(to) != 1 || to[0] != want {
				t.Errorf("%s leads to %q, not %q", asked, to, want)
			}
			civil.own("q", asked).Shows(200).HasNo("/requests/new")
		}
		civil.own("q", play+"com.parrot").Shows(200, "We advise you not to have Parrot")
		if log := h.log.String(); strings.Contains(log, "com.never") || strings.Contains(log, "com.parrot") {
			t.Errorf("the log has what was asked: %s", log)
		}
	})
}

// TestHeld answers for the one device that somebody holds for their work, first.
func TestHeld(t *testing.T) {
	each(t, ask.Area{Requests: "/requests/new"}, func(h house) {
		keeper := h.guest("keeper", "dept-a")
		keeper.work("q", "clock").Shows(200, "On your work device k1", "Yes, you may install Clock")
		keeper.work("q", "maps").Shows(200, "On a work device of Ministry of Tides") // which is not known on what they hold
		keeper.work("product", "notes", "platform", "ios").Shows(200, "On your work device k1")
		keeper.own("q", "notes").Shows(200, "On your own device").Lacks("k1", "k2")
		if to := keeper.work("product", "old", "platform", "ios").Shows(200, "Not known").Hrefs("/requests/new"); len(to) != 1 || to[0] != "/requests/new?name=Oldster&other=yes&platform=ios" {
			t.Errorf("leads to %q", to)
		}
		h.guest("civil", "dept-a").work("q", "clock").Shows(200).Lacks("k1")
	})
}

// TestAdviceAndRequests: what others write and build is shown where it is there.
func TestAdviceAndRequests(t *testing.T) {
	var asked []string
	area := ask.Area{Requests: "/requests/new", Exemptions: "/exemptions/new", Advice: func(_ context.Context, _ people.Actor, product, platform string) ([]ask.Text, error) {
		asked = append(asked, product+" "+platform)
		switch product {
		case "parrot":
			return []ask.Text{{Title: "Why we would not", Body: "It listens.\n\n- It tells.", By: "The centre", At: noon}, {Title: "Unsigned", Body: "Text"}}, nil
		case "maps":
			return nil, fault.New(fault.NotFound, "nothing")
		case "ends":
			return nil, errors.New("the texts cannot be read")
		}
		return nil, nil
	}}
	each(t, area, func(h house) {
		asked = nil
		civil := h.guest("civil", "dept-a")
		civil.own("product", "parrot").Shows(200, "Why we would not", "It listens.", "It tells.", "By The centre, 1\u00a0March\u00a02026", "Unsigned")
		civil.own("product", "maps").Shows(200, "Nothing has been decided about Maps")
		civil.own("product", "notes", "platform", "windows").Shows(200)
		civil.own("product", "ends").Shows(500)
		if got := strings.Join(asked, ", "); got != "parrot , maps android, notes windows, ends android" {
			t.Errorf("asked for: %s", got)
		}
		civil.work("product", "parrot").Shows(200, "Ask for an exemption", "/exemptions/new?product=parrot&subject=person").Lacks("Why we would not")
		civil.work("product", "maps").Shows(200, "Ask for Maps", "/requests/new?platform=android&product=maps")
		civil.work("product", "notes", "platform", "linux").Shows(200, "/requests/new?name=Notes&other=yes&platform=linux")
		civil.work("product", "ends").Shows(200).Lacks("/requests")
	})
}

// TestHandbook: what the handbook has is shown, and what is about everybody's own devices always.
func TestHandbook(t *testing.T) {
	var book *handbook.Room
	area := ask.Area{Advice: func(ctx context.Context, actor people.Actor, product, platform string) ([]ask.Text, error) {
		return ask.Handbook(book)(ctx, actor, product, platform)
	}}
	each(t, area, func(h house) {
		book = &handbook.Room{People: h.People}
		civil := h.guest("civil", "dept-a")
		general, err := book.Advice(h.T.Context(), civil.Actor(), handbook.About{Subject: handbook.OnPersonal})
		if err != nil || len(general) == 0 {
			t.Fatal(general, err)
		}
		android, err := book.Advice(h.T.Context(), civil.Actor(), handbook.About{Subject: handbook.OnPlatform, Of: "android"})
		if err != nil || len(android) == 0 {
			t.Fatal(android, err)
		}
		civil.own("product", "maps").Shows(200, general[0].Title, android[0].Title, handbook.Blocks(general[0].Text)[0].Lines[0])
		civil.own("product", "parrot").Shows(200, general[0].Title).Lacks(android[0].Title)
		civil.work("product", "maps").Shows(200).Lacks(general[0].Title)
	})
}

// TestSomeVersions: where newer versions are banned nobody is told to keep it up to date, but why, and what refuses it.
func TestSomeVersions(t *testing.T) {
	each(t, ask.Area{}, func(h house) {
		civil := h.guest("civil", "dept-a")
		civil.work("q", "tides").Shows(200, "Only some versions: Tides may be installed, but only in versions before 3.0", "Government of Merrow has banned it in versions from 3.0 on", "It was sold",
			"What manages devices cannot tell versions apart on Android: a managed device refuses Tides in every version.", "do not let it update to 3.0").Lacks("Yes, you may", "keep it up to date")
		civil.own("q", "tides").Shows(200, "We advise you to have only some versions of Tides", "It was sold").Lacks("Nothing that was decided", "keep it up to date", "managed device")
		civil.work("q", "shifts").Shows(200, "Only some versions: Shifts may be installed, from version 6.0", "banned it in versions before 6.0", "in every version", "install the newest version")
	})
}

// TestRoute: a ban on a maker says by which part it reaches what another has made.
func TestRoute(t *testing.T) {
	each(t, ask.Area{}, func(h house) {
		civil := h.guest("civil", "dept-a")
		civil.work("q", "ferries").Shows(200, "No, do not install Ferries", "Ferries contains Kit, which comes from Umberfell.")
	})
}

// TestSpeltByName: an exemption and a device that spell somebody by their name reach them, but for where two are called so.
func TestSpeltByName(t *testing.T) {
	each(t, ask.Area{Exemptions: "/exemptions/new"}, func(h house) {
		named := func(user string) guest {
			return guest{h.SignIn(h.Person("dept-a", people.Particulars{Name: "Ada Wren", UserName: user, Mail: user + "@dept-a.example"}))}
		}
		ada := named("ada")
		ada.work("q", "maps").Shows(200, "On your work device w1", "Yes, you may install Maps", "exemption that reaches you, for drawing")
		if to := ada.work("q", "parrot").Shows(200, "No, do not install").Hrefs("/exemptions/new"); len(to) != 1 || to[0] != "/exemptions/new?person=Ada+Wren&product=parrot&subject=person" {
			t.Errorf("leads to %q", to)
		}
		other := named("ada2")
		other.work("q", "maps").Shows(200, "Not yet").Lacks("w1", "reaches you")
		ada.work("q", "maps").Shows(200, "Not yet").Lacks("w1", "reaches you")
	})
}
