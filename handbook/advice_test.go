package handbook_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"portcullis/handbook"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
)

var onTikTok = handbook.About{Subject: handbook.OnProduct, Of: "tiktok"}

// ids are the ids of advice.
func ids(found []handbook.Advice) (ids []string) {
	for _, a := range found {
		ids = append(ids, a.ID)
	}
	return ids
}

func TestStarterStandsUntilTheCentreKeepsItsOwn(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		keeper, member := h.keeper(t), h.person(t, "Mo Member", "below")
		ios := handbook.About{Subject: handbook.OnPlatform, Of: "ios"}
		all := must[[]handbook.Advice](t)(h.Advice(t.Context(), member, handbook.About{}))
		if len(all) < 15 || slices.ContainsFunc(all, func(a handbook.Advice) bool { return !a.Starter || a.Version != 1 }) {
			t.Fatalf("at first there are %d: %v", len(all), ids(all))
		}
		before := must[[]handbook.Advice](t)(h.Advice(t.Context(), member, ios))
		if len(before) != 1 || before[0].ID != "platform-ios" {
			t.Fatalf("on iOS: %v", ids(before))
		}
		h.clock.Advance(time.Hour)
		own := handbook.Draft{Title: " iPhones of Merrow ", Text: "Ask\r\nfirst.\r\n"}
		changed := must[handbook.Advice](t)(h.ChangeAdvice(t.Context(), keeper, "platform-ios", own, 1))
		if changed.Version != 2 || changed.Starter || changed.Text != "Ask\nfirst." || changed.Title != "iPhones of Merrow" {
			t.Errorf("changed: %+v", changed)
		}
		after := must[[]handbook.Advice](t)(h.Advice(t.Context(), member, handbook.About{}))
		if diff := gocmp.Diff(ids(all), ids(after)); diff != "" {
			t.Errorf("the order: %s", diff)
		}
		h.clock.Advance(time.Hour)
		gone := must[handbook.Advice](t)(h.TakeBackAdvice(t.Context(), keeper, "platform-ios", 2))
		if none := must[[]handbook.Advice](t)(h.Advice(t.Context(), member, ios)); len(none) != 0 || !gone.TakenBack {
			t.Errorf("taken back, and there is %v", none)
		}
		versions := must[[]handbook.Advice](t)(h.AdviceVersions(t.Context(), member, "platform-ios"))
		if len(versions) != 3 || versions[2].Text != before[0].Text || !versions[2].Starter || versions[2].Replaced != changed.Recorded || !versions[2].Recorded.IsZero() {
			t.Errorf("the versions are %+v", versions)
		}
		for at, want := range map[time.Duration]string{-time.Hour: before[0].Title, 30 * time.Minute: before[0].Title, time.Hour: "iPhones of Merrow", 90 * time.Minute: "iPhones of Merrow"} {
			then := must[[]handbook.Advice](t)(h.AdviceAt(t.Context(), member, ios, store.TimeOf(noon.Add(at))))
			if len(then) != 1 || then[0].Title != want {
				t.Errorf("%s after noon it was %+v, not %s", at, then, want)
			}
		}
		if then := must[[]handbook.Advice](t)(h.AdviceAt(t.Context(), member, ios, store.TimeOf(noon.Add(2*time.Hour)))); len(then) != 0 {
			t.Errorf("once taken back it was %v", then)
		}
		if back := must[handbook.Advice](t)(h.ChangeAdvice(t.Context(), keeper, "platform-ios", own, 3)); back.Version != 4 || back.TakenBack {
			t.Errorf("put back: %+v", back)
		}
	})
}

func TestAdviceOfTheCentresOwn(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		keeper, member := h.keeper(t), h.person(t, "Mo Member", "below")
		draft := handbook.Draft{Title: "TikTok on your own phone", Text: "It is yours to decide.\n\n- Look at what it may reach."}
		made := must[handbook.Advice](t)(h.AddAdvice(t.Context(), keeper, onTikTok, draft))
		own := []string{"own-devices", "own-devices-work", "own-devices-lost"}
		for _, test := range []struct {
			product, platform string
			want              []string
		}{
			{"tiktok", "android", []string{made.ID, "platform-android"}}, {"tiktok", "", []string{made.ID}}, {"", "ios", []string{"platform-ios"}},
			{"", "", nil}, {"chat", "beos", nil}, {"messaging", "tiktok", nil},
		} {
			got := must[[]handbook.Advice](t)(h.AdviceFor(t.Context(), member, test.product, test.platform))
			if diff := gocmp.Diff(append(test.want, own...), ids(got)); diff != "" {
				t.Errorf("%+v: %s", test, diff)
			}
		}
		if diff := gocmp.Diff(made, must[[]handbook.Advice](t)(h.AdviceFor(t.Context(), member, "tiktok", ""))[0], times); diff != "" {
			t.Errorf("what is stored: %s", diff)
		}
		last := h.entries(t)
		if e := last[len(last)-1]; e.Kind.Name != "handbook.advice-kept" || !e.Kind.Public || !slices.Equal(e.Subjects, []string{people.Everywhere, made.ID}) || e.Actor != made.By ||
			string(e.Payload) != `{"subject":"product","of":"tiktok","title":"TikTok on your own phone","text":"It is yours to decide.\n\n- Look at what it may reach.","version":1}` {
			t.Errorf("the entry: %+v %s", e, e.Payload)
		}
		must[handbook.Advice](t)(h.TakeBackAdvice(t.Context(), keeper, made.ID, 1))
		last = h.entries(t)
		if e := last[len(last)-1]; len(last) != 2 || e.Kind.Name != "handbook.advice-taken-back" || string(e.Payload) != `{"subject":"product","of":"tiktok","version":2}` {
			t.Errorf("the entry: %+v %s", e, e.Payload)
		}
		_, err := h.AdviceVersions(t.Context(), member, "nothing")
		want(t, err, fault.NotFound)
	})
}

func TestSecondComesToAConflictAndLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		keeper := h.keeper(t)
		first := handbook.Draft{Title: "First", Text: "First."}
		must[handbook.Advice](t)(h.ChangeAdvice(t.Context(), keeper, "own-devices", first, 1))
		_, err := h.ChangeAdvice(t.Context(), keeper, "own-devices", handbook.Draft{Title: "Second", Text: "Second."}, 1)
		want(t, err, fault.Changed)
		_, err = h.TakeBackAdvice(t.Context(), keeper, "own-devices", 1)
		want(t, err, fault.Changed)
		_, err = h.ChangeAdvice(t.Context(), keeper, "own-devices", first, 0)
		want(t, err, fault.Changed)
		same := must[handbook.Advice](t)(h.ChangeAdvice(t.Context(), keeper, "own-devices", first, 2))
		if versions := must[[]handbook.Advice](t)(h.AdviceVersions(t.Context(), keeper, "own-devices")); len(versions) != 2 || versions[0].Title != "First" || same.Version != 2 {
			t.Errorf("%+v", versions)
		}
		if n := len(h.entries(t)); n != 1 {
			t.Errorf("%d entries, of one change", n)
		}
	})
}

func TestAdviceThatCannotBe(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		keeper := h.keeper(t)
		good := handbook.Draft{Title: "T", Text: "T"}
		for _, test := range []struct {
			about handbook.About
			draft handbook.Draft
			want  []string
		}{
			{handbook.About{}, handbook.Draft{}, []string{"subject", "title", "text"}},
			{handbook.About{Subject: "animals"}, good, []string{"subject"}},
			{handbook.About{Subject: handbook.OnPersonal, Of: "ios"}, good, []string{"of"}},
			{handbook.About{Subject: handbook.OnPlatform}, good, []string{"of"}},
			{handbook.About{Subject: handbook.OnPlatform, Of: "beos"}, good, []string{"of"}},
			{handbook.About{Subject: handbook.OnChannel, Of: "other"}, good, []string{"of"}},
			{handbook.About{Subject: handbook.OnProduct, Of: "a\nb"}, good, []string{"of"}},
			{handbook.About{Subject: handbook.OnProduct, Of: " "}, good, []string{"of"}},
			{handbook.About{Subject: handbook.OnProduct, Of: strings.Repeat("é", 101)}, good, []string{"of"}},
			{onTikTok, handbook.Draft{Title: strings.Repeat("é", 121), Text: " \n "}, []string{"title", "text"}},
			{onTikTok, handbook.Draft{Title: "a\u2028b", Text: strings.Repeat("é", 8001)}, []string{"title", "text"}},
			{onTikTok, handbook.Draft{Title: "\xff", Text: "a\x00"}, []string{"title", "text"}},
			{onTikTok, handbook.Draft{Title: "T", Text: "\xff"}, []string{"text"}},
		} {
			_, err := h.AddAdvice(t.Context(), keeper, test.about, test.draft)
			if diff := gocmp.Diff(test.want, fields(err)); diff != "" {
				t.Errorf("%+v: %v: %s", test.about, err, diff)
			}
		}
		if n := h.rows(t, "handbook_advice"); n != 0 {
			t.Errorf("%d versions were stored", n)
		}
		must[handbook.Advice](t)(h.AddAdvice(t.Context(), keeper, onTikTok, handbook.Draft{Title: strings.Repeat("é", 120), Text: strings.Repeat("é", 8000)}))
		e := h.entries(t)[0]
		var payload struct{ Text string }
		if err := json.Unmarshal(e.Payload, &payload); err != nil || len(payload.Text) != 16000 {
			t.Errorf("the entry has %d bytes: %v", len(payload.Text), err)
		}
	})
}

// TestTwoAtOnce has two change the same piece at the same moment: one does, and the other is told.
func TestTwoAtOnce(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		keeper := h.keeper(t)
		for version := int64(1); version <= 4; version++ {
			for _, id := range []string{"own-devices", "platform-ios", "channel-mail"} {
				errs := make(chan error)
				for _, title := range []string{"One", "Another"} {
					go func() {
						_, err := h.ChangeAdvice(t.Context(), keeper, id, handbook.Draft{Title: fmt.Sprint(title, version), Text: "T"}, version)
						errs <- err
					}()
				}
				first, second := <-errs, <-errs
				if first == nil {
					first, second = second, first
				}
				if want(t, first, fault.Changed); second != nil {
					t.Errorf("%s: neither: %v", id, second)
				}
			}
		}
	})
}
