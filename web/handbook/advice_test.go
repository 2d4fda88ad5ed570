package handbook_test

import (
	"strings"
	"testing"
	"time"

	room "portcullis/handbook"
)

func TestAdvice(t *testing.T) {
	each(t, func(h *house) {
		h.grace.get("/advice").shows(200, "Your own devices", "iPhone and iPad", "Extensions of Chrome", "Private messaging", "This is the starter set that comes with Portcullis").lacks("Single apps", "(starter set)", "Add advice")
		h.grace.get("/advice/platform-ios").shows(200, "From the starter set", "<li>Contacts: the app can copy them.").lacks("Earlier versions", "Change this advice")
		h.grace.get("/advice/nothing").shows(404)
		h.grace.get("/advice/channel-mail").shows(200, `href="/channels/decide"`)

		first, second := h.keeper.get("/advice/platform-ios/change").shows(200, "iPhone and iPad", "starter set"), h.keeper.get("/advice/platform-ios/change")
		h.keeper.goesOn(first, "/advice/platform-ios/change", "title", "", "text", "").shows(422, "Enter a title", "Enter the advice")
		h.clock.Advance(time.Hour)
		h.keeper.leads(h.keeper.goesOn(first, "/advice/platform-ios/change", "title", "Phones <of> Merrow", "text", "Ask & wait.\n\n- <b>one</b>\n- two"), "/advice/platform-ios?done=changed").
			shows(200, "The advice has been changed", "Phones <of> Merrow", "Ask & wait.", "<li>&lt;b&gt;one&lt;/b&gt;</li>", "kept by Kay Keeper", "Earlier versions").lacks("<b>one")
		h.keeper.goesOn(second, "/advice/platform-ios/change", "title", "Mine", "text", "My long text").
			shows(422, "Somebody else has changed this", "Phones <of> Merrow", `value="Mine"`, "My long text", `name="version" value="2"`)
		h.keeper.post("/advice/platform-ios/change", "title", "T", "text", "T").shows(422, "arrived damaged")
		h.keeper.leads(h.keeper.goesOn(h.keeper.get("/advice/platform-ios/change"), "/advice/platform-ios/change", "text", "Ask & wait.\n\n- <b>one</b>\n- two"), "/advice/platform-ios?done=same").shows(200, "Everything is as it was")
		h.keeper.get("/advice").shows(200, "Phones <of> Merrow", "(starter set)")
		h.grace.get("/advice").shows(200, "Phones <of> Merrow", "Part of this is the starter set").lacks("(starter set)")
		h.grace.get("/advice/platform-ios").shows(200, "kept by somebody")

		h.grace.get("/advice/platform-ios/versions").shows(200, "Since 3\u00a0May\u00a02026, 13:00", "Until 3\u00a0May\u00a02026, 13:00", "iPhone and iPad", "Photographs: choose single ones.")
		h.grace.get("/advice/earlier").shows(200, "On which day?")
		h.grace.get("/advice/earlier?day-day=31&day-month=2&day-year=2026").shows(422, "Give a day that exists")
		h.grace.get("/advice/earlier?day-day=2&day-month=5&day-year=2026").shows(200, "At the end of 2\u00a0May\u00a02026", "iPhone and iPad").lacks("Phones &lt;of&gt;")
		h.grace.get("/advice/earlier?day-day=3&day-month=5&day-year=2026").shows(200, "Phones <of> Merrow")
	})
}

func TestAddAndTakeBack(t *testing.T) {
	each(t, func(h *house) {
		form := h.keeper.get("/advice/add").shows(200, "Add this advice")
		h.keeper.goesOn(form, "/advice/add", "title", "Keep me").shows(422, "Choose what the advice is about", "Enter the advice", `value="Keep me"`)
		for subject, text := range map[string]string{"platform": "Choose the platform", "channel": "Choose the channel", "product": "Enter the id"} {
			h.keeper.goesOn(form, "/advice/add", "subject", subject, "title", "T", "text", "T").shows(422, text, `href="#`+subject)
		}
		a := h.keeper.goesOn(form, "/advice/add", "subject", "product", "product", "tiktok", "title", "TikTok on your own phone", "text", "Yours to decide.")
		h.keeper.leads(a, "/advice/").shows(200, "The advice has been added", "The app tiktok", `href="/apps/tiktok"`)
		path, _, _ := strings.Cut(a.location, "?")
		h.grace.get(path).shows(200, "Yours to decide.").lacks("/apps/tiktok")
		h.grace.get("/advice").shows(200, "Single apps", "TikTok on your own phone")

		stale := h.keeper.get(path+"/take-back").shows(200, "Take back this advice?")
		h.keeper.goesOn(h.keeper.get(path+"/change"), path+"/change", "text", "Yours.")
		again := h.keeper.goesOn(stale, path+"/take-back").shows(422, "Somebody else has changed this", "Yours.")
		h.keeper.leads(h.keeper.goesOn(again, path+"/take-back"), "/advice?done=taken-back").shows(200, "has been taken back").lacks("TikTok")
		h.grace.get(path).shows(200, "This advice no longer stands").lacks("Yours.")
		h.keeper.get(path).shows(200, "Put it back")
		h.grace.get(path+"/versions").shows(200, "Nothing was advised", "Yours to decide.")
	})
}

func TestNothingIsAdvised(t *testing.T) {
	each(t, func(h *house) {
		all, err := h.rooms.Handbook.Advice(t.Context(), h.keeper.actor(), room.About{})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range all {
			if _, err := h.rooms.Handbook.TakeBackAdvice(t.Context(), h.keeper.actor(), a.ID, a.Version); err != nil {
				t.Fatal(err)
			}
		}
		h.grace.get("/advice").shows(200, "Nothing is advised at present").lacks("starter set")
		h.grace.get("/channels").shows(200, "Pass this to the official record")
		h.grace.get("/advice/earlier?day-day=3&day-month=5&day-year=2026").shows(200, "Nothing was advised then")
	})
}
