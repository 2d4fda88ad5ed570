package alerts_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/alerts"
	"portcullis/internal/fault"
	"portcullis/internal/storetest"
	"portcullis/store"
)

func endpoint(t *testing.T, db *store.DB, r *alerts.Room, organisation string, kinds ...string) string {
	t.Helper()
	secret, err := alerts.NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id, err := write(t, db, func(tx *store.Tx) (string, error) {
		return r.AddEndpoint(tx, alerts.Endpoint{Organisation: organisation, URL: "https://hooks.example.org/" + organisation, Secret: secret, Kinds: kinds})
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestEndpoints(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(start)
		db := open(clock.Now)
		r, _ := newRoom(t)
		all, some := endpoint(t, db, r, "mod"), endpoint(t, db, r, "moj", "register.decided")
		subscribers := func(kind string, organisations ...string) (ids []string) {
			for _, to := range read(t, db, func(tx *store.Tx) ([]alerts.Recipient, error) { return alerts.Subscribers(tx, kind, organisations...) }) {
				ids = append(ids, to.Endpoint)
			}
			return ids
		}
		if diff := cmp.Diff([][]string{{some}, nil, {all}}, [][]string{subscribers("register.decided", "moj"), subscribers("duties.due", "moj"), subscribers("duties.due", "moj", "mod")}); diff != "" {
			t.Error(diff)
		}
		hooks := func(tr alerts.Transport) *alerts.Sender { return alerts.NewSender(db, r, alerts.Webhook, tr, quiet()) }
		put(t, db, r, message(alerts.Recipient{Endpoint: all}))
		tr := always(alerts.Accepted, "204")
		if n := step(t, hooks(tr)); n != 1 || tr.sent()[0].URL != "https://hooks.example.org/mod" || !strings.HasPrefix(tr.sent()[0].Secret, "whsec_") {
			t.Errorf("sent %+v", tr.sent())
		}
		if d := deliveries(t, db, alerts.Filter{Endpoint: all})["webhook"]; d.State != alerts.Delivered {
			t.Errorf("it is %s", d.State)
		}

		// The other side asks for no more: nothing is sent, and it is found out by the next.
		put(t, db, r, message(alerts.Recipient{Endpoint: all}))
		step(t, hooks(always(alerts.Gone, "410 gone")))
		e := read(t, db, func(tx *store.Tx) (alerts.Endpoint, error) { return alerts.EndpointOf(tx, all) })
		if e.Disabled != store.TimeOf(clock.Now()) || e.Why != "410 gone" || len(subscribers("duties.due", "mod")) != 0 {
			t.Errorf("the endpoint is %+v", e)
		}
		put(t, db, r, message(alerts.Recipient{Endpoint: all}))
		off := always(alerts.Later, "")
		step(t, hooks(off))
		if got := off.sent(); len(got) != 1 || got[0].URL != "" {
			t.Errorf("an endpoint that is switched off was given %+v", got)
		}

		// Switched on again, it gets what waits.
		e.Disabled, e.Why = store.Time{}, ""
		if _, err := write(t, db, func(tx *store.Tx) (string, error) { return "", r.ChangeEndpoint(tx, e) }); err != nil {
			t.Fatal(err)
		}
		clock.Advance(time.Minute)
		if n := step(t, hooks(tr)); n != 1 || tr.sent()[1].URL == "" {
			t.Errorf("switched on again: %+v", tr.sent())
		}

		for range 2 {
			_, err := write(t, db, func(tx *store.Tx) (string, error) { return "", alerts.RemoveEndpoint(tx, all) })
			if err != nil && !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		}
		if left := read(t, db, alerts.Endpoints); len(left) != 1 || left[0].ID != some {
			t.Errorf("left are %+v", left)
		}
		if _, err := write(t, db, func(tx *store.Tx) (string, error) { return "", r.ChangeEndpoint(tx, e) }); !fault.Is(err, fault.NotFound) {
			t.Errorf("changing one that is removed: %v", err)
		}
	})
}

func TestEndpointRefuses(t *testing.T) {
	db := openSQLite(t)
	r, _ := newRoom(t)
	good := alerts.Endpoint{Organisation: "mod", URL: "https://hooks.example.org/", Secret: "whsec_" + strings.Repeat("A", 32)}
	for name, test := range map[string]struct {
		change func(e *alerts.Endpoint)
		field  string
	}{
		"no URL":           {func(e *alerts.Endpoint) { e.URL = "" }, "url"},
		"another scheme":   {func(e *alerts.Endpoint) { e.URL = "file:///etc/passwd" }, "url"},
		"no host":          {func(e *alerts.Endpoint) { e.URL = "https:///x" }, "url"},
		"a password":       {func(e *alerts.Endpoint) { e.URL = "https://u:p@hooks.example.org/" }, "url"},
		"a line end":       {func(e *alerts.Endpoint) { e.URL += "\r\nX: y" }, "url"},
		"no secret":        {func(e *alerts.Endpoint) { e.Secret = "" }, "secret"},
		"another secret":   {func(e *alerts.Endpoint) { e.Secret = strings.Repeat("A", 32) }, "secret"},
		"a short secret":   {func(e *alerts.Endpoint) { e.Secret = "whsec_AAAA" }, "secret"},
		"a kind of no use": {func(e *alerts.Endpoint) { e.Kinds = []string{"register.decided duties.due"} }, "kinds"},
	} {
		e := good
		test.change(&e)
		_, err := write(t, db, func(tx *store.Tx) (string, error) { return r.AddEndpoint(tx, e) })
		if faults := fault.Fields(err); len(faults) != 1 || faults[0].Field != test.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := write(t, db, func(tx *store.Tx) (string, error) { return r.AddEndpoint(tx, good) }); err != nil {
		t.Errorf("a good one: %v", err)
	}
}
