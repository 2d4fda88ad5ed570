package handbook_test

import (
	"strings"
	"testing"
	"time"

	room "portcullis/handbook"
)

func TestAdvice(t *testing.T) {
	each(t, func(h *house) {
		h.grace.Get("/advice").Shows(200, "Your own devices", "iPhone and iPad", "Extensions of Chrome", "Private messaging", "This is the starter set that comes with Portcullis").Lacks("Single apps", "(starter set)", "Add advice")
		h.grace.Get("/advice/platform-ios").Shows(200, "From the starter set").Has("<li>Contacts: the app can copy them.").Lacks("Earlier versions", "Change this advice")
		h.grace.Get("/advice/nothing").Shows(404)
		h.grace.Get("/advice/channel-mail").Shows(200).Has(`href="/channels/decide"`)

		first, second := h.keeper.Get("/advice/platform-ios/change").Shows(200, "iPhone and iPad", "starter set"), h.keeper.Get("/advice/platform-ios/change")
		h.keeper.goesOn(first, "/advice/platform-ios/change", "title", "", "text", "").Shows(422, "Enter a title", "Enter the advice")
		h.Clock.Advance(time.Hour)
		h.keeper.Leads(h.keeper.goesOn(first, "/advice/platform-ios/change", "title", "Phones <of> Merrow", "text", "Ask & wait.\n\n- <b>one</b>\n- two"), "/advice/platform-ios?done=changed").
			Shows(200, "The advice has been changed", "Phones <of> Merrow", "Ask & wait.", "kept by Kay Keeper", "Earlier versions").Has("<li>&lt;b&gt;one&lt;/b&gt;</li>").HasNo("<b>one")
		h.keeper.goesOn(second, "/advice/platform-ios/change", "title", "Mine", "text", "My long text").
			Shows(422, "Somebody else has changed this", "Phones <of> Merrow", "My long text").Has(`value="Mine"`, `name="version" value="2"`)
		h.keeper.Post("/advice/platform-ios/change", "title", "T", "text", "T").Shows(422, "arrived damaged")
		h.keeper.Leads(h.keeper.goesOn(h.keeper.Get("/advice/platform-ios/change"), "/advice/platform-ios/change", "text", "Ask & wait.\n\n- <b>one</b>\n- two"), "/advice/platform-ios?done=same").Shows(200, "Everything is as it was")
		h.keeper.Get("/advice").Shows(200, "Phones <of> Merrow", "(starter set)")
		h.grace.Get("/advice").Shows(200, "Phones <of> Merrow", "Part of this is the starter set").Lacks("(starter set)")
		h.grace.Get("/advice/platform-ios").Shows(200, "kept by somebody")

		h.grace.Get("/advice/platform-ios/versions").Shows(200, "Since 3\u00a0May\u00a02026, 13:00", "Until 3\u00a0May\u00a02026, 13:00", "iPhone and iPad", "Photographs: choose single ones.")
		h.grace.Get("/advice/earlier").Shows(200, "On which day?")
		h.grace.Get("/advice/earlier?day-day=31&day-month=2&day-year=2026").Shows(422, "Give a day that exists")
		h.grace.Get("/advice/earlier?day-day=2&day-month=5&day-year=2026").Shows(200, "At the end of 2\u00a0May\u00a02026", "iPhone and iPad").Lacks("Phones &lt;of&gt;")
		h.grace.Get("/advice/earlier?day-day=3&day-month=5&day-year=2026").Shows(200, "Phones <of> Merrow")
	})
}

func TestAddAndTakeBack(t *testing.T) {
	each(t, func(h *house) {
		form := h.keeper.Get("/advice/add").Shows(200, "Add this advice")
		h.keeper.goesOn(form, "/advice/add", "title", "Keep me").Shows(422, "Choose what the advice is about", "Enter the advice").Has(`value="Keep me"`)
		for subject, text := range map[string]string{"platform": "Choose the platform", "channel": "Choose the channel", "product": "Enter the id"} {
			h.keeper.goesOn(form, "/advice/add", "subject", subject, "title", "T", "text", "T").Shows(422, text).Has(`href="#` + subject)
		}
		a := h.keeper.goesOn(form, "/advice/add", "subject", "product", "product", "tiktok", "title", "TikTok on your own phone", "text", "Yours to decide.")
		h.keeper.Leads(a, "/advice/").Shows(200, "The advice has been added", "The app tiktok").Has(`href="/apps/tiktok"`)
		path, _, _ := strings.Cut(a.Location, "?")
		h.grace.Get(path).Shows(200, "Yours to decide.").Lacks("/apps/tiktok")
		h.grace.Get("/advice").Shows(200, "Single apps", "TikTok on your own phone")

		stale := h.keeper.Get(path+"/take-back").Shows(200, "Take back this advice?")
		h.keeper.goesOn(h.keeper.Get(path+"/change"), path+"/change", "text", "Yours.")
		again := h.keeper.goesOn(stale, path+"/take-back").Shows(422, "Somebody else has changed this", "Yours.")
		h.keeper.Leads(h.keeper.goesOn(again, path+"/take-back"), "/advice?done=taken-back").Shows(200, "has been taken back").Lacks("TikTok")
		h.grace.Get(path).Shows(200, "This advice no longer stands").Lacks("Yours.")
		h.keeper.Get(path).Shows(200, "Put it back")
		h.grace.Get(path+"/versions").Shows(200, "Nothing was advised", "Yours to decide.")
	})
}

func TestNothingIsAdvised(t *testing.T) {
	each(t, func(h *house) {
		all, err := h.rooms.Handbook.Advice(t.Context(), h.keeper.Actor(), room.About{})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range all {
			if _, err := h.rooms.Handbook.TakeBackAdvice(t.Context(), h.keeper.Actor(), a.ID, a.Version); err != nil {
				t.Fatal(err)
			}
		}
		h.grace.Get("/advice").Shows(200, "Nothing is advised at present").Lacks("starter set")
		h.grace.Get("/channels").Shows(200, "Pass this to the official record")
		h.grace.Get("/advice/earlier?day-day=3&day-month=5&day-year=2026").Shows(200, "Nothing was advised then")
	})
}
