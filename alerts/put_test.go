package alerts_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/alerts"
	"portcullis/internal/fault"
	"portcullis/internal/storetest"
	"portcullis/store"
)

func TestPutWritesOneRecordForEachRecipientAndChannel(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(start)
		db := open(clock.Now)
		r, _ := newRoom(t)
		id := put(t, db, r, message(person("ann"), person("ann"), person("deaf"), person("left"), person("odd"),
			alerts.Recipient{Address: "Press@example.org", Name: "The press"}, alerts.Recipient{Address: "press@example.org"},
			alerts.Recipient{Address: "ann@example.org"}))
		var got []string
		for _, d := range read(t, db, func(tx *store.Tx) ([]alerts.Delivery, error) {
			return alerts.Deliveries(tx, alerts.Filter{Message: id}, "", 100)
		}) {
			got = append(got, strings.Join([]string{string(d.Channel), d.Person, d.Name, d.Address, string(d.State)}, "|"))
			if d.MessageID != d.ID+"@example.gov" || d.Kind != "register.decided" || d.Reference != "PC-4" || d.Put != store.TimeOf(start) {
				t.Errorf("the record %+v", d)
			}
			if h := history(t, db, d.ID); !slices.Equal(h, []alerts.State{d.State}) {
				t.Errorf("the history of %s is %v", d.Address, h)
			}
			if d.Person == "odd" && d.Channel == alerts.Mail && !strings.Contains(d.Reply, "not a mail address") {
				t.Errorf("an address that cannot be used has the reply %q", d.Reply)
			}
		}
		slices.Sort(got)
		want := []string{
			"inbox|ann|Person ann||delivered", "inbox|deaf|Nobody Reachable||delivered", "inbox|left|Long Gone||delivered", "inbox|odd|Odd Address||delivered",
			"mail|ann|Person ann|ann@example.org|queued", "mail|odd|Odd Address|not an address|failed", "mail||The press|Press@example.org|queued",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPutIsPartOfTheTransaction(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		db := open(storetest.NewClock(start).Now)
		r, _ := newRoom(t)
		changed := errors.New("the decision was not made")
		_, err := write(t, db, func(tx *store.Tx) (string, error) {
			if _, err := r.Put(tx, message(person("ann"))); err != nil {
				return "", err
			}
			return "", changed
		})
		if !errors.Is(err, changed) {
			t.Fatal(err)
		}
		tr := always(alerts.Accepted, "")
		if n := step(t, sender(db, r, tr)); n != 0 || len(deliveries(t, db, alerts.Filter{})) != 0 {
			t.Error("a message whose cause was rolled back went out")
		}
	})
}

func TestPutRefuses(t *testing.T) {
	db := openSQLite(t)
	r, _ := newRoom(t)
	for name, test := range map[string]struct {
		change func(m *alerts.Message)
		field  string
	}{
		"a header in the subject":       {func(m *alerts.Message) { m.Subject = "Hello\r\nBcc: all@example.org" }, "subject"},
		"a line feed in the subject":    {func(m *alerts.Message) { m.Subject = "Hello\nBcc: all@example.org" }, "subject"},
		"a carriage return alone":       {func(m *alerts.Message) { m.Subject = "Hello\rBcc: all@example.org" }, "subject"},
		"a null byte in the subject":    {func(m *alerts.Message) { m.Subject = "Hello\x00" }, "subject"},
		"bytes that are not UTF-8":      {func(m *alerts.Message) { m.Subject = "\xff" }, "subject"},
		"a subject without end":         {func(m *alerts.Message) { m.Subject = strings.Repeat("x", 251) }, "subject"},
		"no subject":                    {func(m *alerts.Message) { m.Subject = "" }, "subject"},
		"a header in the reference":     {func(m *alerts.Message) { m.Reference = "1\r\nX: y" }, "reference"},
		"a header in an address":        {func(m *alerts.Message) { m.To[0].Address = "a@example.org\r\nBcc: b@example.org" }, "to"},
		"a second address":              {func(m *alerts.Message) { m.To[0].Address = "a@example.org, b@example.org" }, "to"},
		"a command in an address":       {func(m *alerts.Message) { m.To[0].Address = "a@example.org> NOTIFY=NEVER" }, "to"},
		"an address with a name":        {func(m *alerts.Message) { m.To[0].Address = "A <a@example.org>" }, "to"},
		"an address beyond ASCII":       {func(m *alerts.Message) { m.To[0].Address = "jörg@example.org" }, "to"},
		"a header in a name":            {func(m *alerts.Message) { m.To[0].Name = "A\r\nBcc: b@example.org" }, "to"},
		"a header in a person's name":   {func(m *alerts.Message) { m.To = []alerts.Recipient{person("eve")} }, "to"},
		"nobody":                        {func(m *alerts.Message) { m.To = nil }, "to"},
		"two recipients in one":         {func(m *alerts.Message) { m.To[0].Person = "ann" }, "to"},
		"too many":                      {func(m *alerts.Message) { m.To = persons(alerts.MaxRecipients + 1) }, "to"},
		"no kind":                       {func(m *alerts.Message) { m.Kind = "hello" }, "kind"},
		"no text":                       {func(m *alerts.Message) { m.Text = " \n" }, "text"},
		"a null byte in the text":       {func(m *alerts.Message) { m.Text = "a\x00" }, "text"},
		"an escape in the text":         {func(m *alerts.Message) { m.Text = "a\x1b[2J" }, "text"},
		"a text without end":            {func(m *alerts.Message) { m.Text = strings.Repeat("x", alerts.MaxText+1) }, "text"},
		"a link to another server":      {func(m *alerts.Message) { m.Link = "https://example.com/" }, "link"},
		"a link without a scheme":       {func(m *alerts.Message) { m.Link = "//example.com/" }, "link"},
		"a link with a backslash":       {func(m *alerts.Message) { m.Link = "/\\example.com" }, "link"},
		"a link that makes a host name": {func(m *alerts.Message) { m.Link = ".example.com/" }, "link"},
		"a link with a line end":        {func(m *alerts.Message) { m.Link = "/a\r\nb" }, "link"},
	} {
		m := message(alerts.Recipient{Address: "a@example.org"})
		test.change(&m)
		_, err := write(t, db, func(tx *store.Tx) (string, error) { return r.Put(tx, m) })
		faults := fault.Fields(err)
		if len(faults) != 1 || faults[0].Kind != fault.Invalid || faults[0].Field != test.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := write(t, db, func(tx *store.Tx) (string, error) {
		return r.Put(tx, message(alerts.Recipient{Endpoint: "unknown"}))
	})
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("an endpoint that is not there: %v", err)
	}
	if found := deliveries(t, db, alerts.Filter{}); len(found) != 0 {
		t.Errorf("what was refused left %v", found)
	}
}

func TestNewRefuses(t *testing.T) {
	_, l := newRoom(t)
	for name, test := range map[string]struct{ base, domain, field string }{
		"no scheme":       {"apps.example.gov", "example.gov", "base"},
		"another scheme":  {"ftp://apps.example.gov", "example.gov", "base"},
		"a query":         {"https://apps.example.gov/?x=1", "example.gov", "base"},
		"a bad domain":    {"https://apps.example.gov", "exa mple", "domain"},
		"a domain in two": {"https://apps.example.gov", "example.gov>\r\nX: y", "domain"},
	} {
		_, err := alerts.New(alerts.Config{Base: test.base, Domain: test.domain, MailboxOf: mailboxOf, Ledger: l, Chance: rand.Reader})
		if faults := fault.Fields(err); len(faults) != 1 || faults[0].Field != test.field {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := alerts.New(alerts.Config{Base: "https://a.example", Domain: "a.example", Chance: bytes.NewReader(nil)}); err == nil {
		t.Error("a room without people was made")
	}
}

func TestInbox(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(start)
		db := open(clock.Now)
		r, _ := newRoom(t)
		for _, subject := range []string{"first", "second", "third"} {
			m := message(person("ann"), person("bob"))
			m.Subject = subject
			put(t, db, r, m)
			clock.Advance(1e9)
		}
		page := func(before string, limit int) (subjects []string, last string) {
			for _, i := range read(t, db, func(tx *store.Tx) ([]alerts.Item, error) { return alerts.InboxOf(tx, "ann", before, limit) }) {
				subjects, last = append(subjects, i.Subject), i.ID
			}
			return subjects, last
		}
		newest, second := page("", 2)
		oldest, first := page(second, 2)
		if diff := cmp.Diff([][]string{{"third", "second"}, {"first"}}, [][]string{newest, oldest}); diff != "" {
			t.Error(diff)
		}
		unread := func() int64 {
			return read(t, db, func(tx *store.Tx) (int64, error) { return alerts.Unread(tx, "ann") })
		}
		if n := unread(); n != 3 {
			t.Errorf("%d messages are unread", n)
		}
		item, err := write(t, db, func(tx *store.Tx) (alerts.Item, error) { return alerts.Open(tx, "ann", first) })
		if err != nil || item.State != alerts.Read || item.ReadAt.IsZero() || item.Text != "Signal may be used.\n\nUntil the end of May." || item.Link != "/requests/4" {
			t.Errorf("opening: %+v, %v", item, err)
		}
		readAt := item.ReadAt
		for range 2 { // the second changes nothing
			clock.Advance(1e9)
			item, err = write(t, db, func(tx *store.Tx) (alerts.Item, error) { return alerts.Acknowledge(tx, "ann", first) })
			if err != nil || item.State != alerts.Acknowledged || item.ReadAt != readAt || item.Acknowledged != store.TimeOf(start.Add(4e9)) {
				t.Errorf("acknowledging: %+v, %v", item, err)
			}
		}
		if _, err := write(t, db, func(tx *store.Tx) (alerts.Item, error) { return alerts.Open(tx, "ann", first) }); err != nil {
			t.Error(err)
		}
		want := []alerts.State{alerts.Delivered, alerts.Read, alerts.Acknowledged}
		if got := history(t, db, first); !slices.Equal(got, want) || unread() != 2 {
			t.Errorf("the history is %v, %d are unread", got, unread())
		}
	})
}

func TestInboxIsOnesOwn(t *testing.T) {
	db := openSQLite(t)
	r, _ := newRoom(t)
	put(t, db, r, message(person("ann")))
	all := deliveries(t, db, alerts.Filter{Person: "ann"})
	for name, id := range map[string]string{"inbox": all["inbox"].ID, "mail": all["ann@example.org"].ID, "none": "none"} {
		who := "bob"
		if name == "mail" {
			who = "ann" // a mail is not in the inbox, not even in one's own
		}
		for what, f := range map[string]func(*store.Tx, string, string) (alerts.Item, error){"open": alerts.Open, "acknowledge": alerts.Acknowledge} {
			if _, err := write(t, db, func(tx *store.Tx) (alerts.Item, error) { return f(tx, who, id) }); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s of %s: %v", what, name, err)
			}
		}
	}
	if d := deliveries(t, db, alerts.Filter{Person: "ann"})["inbox"]; d.State != alerts.Delivered || d.Changes != 1 {
		t.Errorf("somebody else changed it to %s", d.State)
	}
}

func TestRegisterFilters(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(start)
		db := open(clock.Now)
		r, _ := newRoom(t)
		first := put(t, db, r, message(person("ann"), person("bob")))
		clock.Advance(3600e9)
		m := message(person("ann"))
		m.Kind, m.Reference = "duties.due", "T-1"
		put(t, db, r, m)
		later := store.TimeOf(start.Add(1e9))
		for name, test := range map[string]struct {
			f    alerts.Filter
			want int
		}{
			"all":       {alerts.Filter{}, 6},
			"message":   {alerts.Filter{Message: first}, 4},
			"person":    {alerts.Filter{Person: "ann"}, 4},
			"address":   {alerts.Filter{Address: "bob@example.org"}, 1},
			"channel":   {alerts.Filter{Channel: alerts.Mail}, 3},
			"state":     {alerts.Filter{State: alerts.Delivered}, 3},
			"kind":      {alerts.Filter{Kind: "duties.due"}, 2},
			"reference": {alerts.Filter{Reference: "T-1"}, 2},
			"from":      {alerts.Filter{From: later}, 2},
			"until":     {alerts.Filter{Until: later}, 4},
			"twice":     {alerts.Filter{MaybeTwice: true}, 0},
			"endpoint":  {alerts.Filter{Endpoint: "x"}, 0},
			"several":   {alerts.Filter{Person: "ann", Channel: alerts.Mail, From: later}, 1},
		} {
			got := read(t, db, func(tx *store.Tx) ([]alerts.Delivery, error) { return alerts.Deliveries(tx, test.f, "", 100) })
			if len(got) != test.want {
				t.Errorf("%s: %d records, want %d", name, len(got), test.want)
			}
		}
		var ids []string
		for before := ""; ; {
			page := read(t, db, func(tx *store.Tx) ([]alerts.Delivery, error) {
				return alerts.Deliveries(tx, alerts.Filter{}, before, 4)
			})
			if len(page) == 0 {
				break
			}
			for _, d := range page {
				ids = append(ids, d.ID)
			}
			before = ids[len(ids)-1]
		}
		if len(ids) != 6 || !slices.IsSortedFunc(ids, func(a, b string) int { return strings.Compare(b, a) }) {
			t.Errorf("page by page: %v", ids)
		}
		s := read(t, db, alerts.StatsOf)
		if s.Queued != 3 || s.Oldest.Hours() != 1 {
			t.Errorf("the outbox stands at %+v", s)
		}
	})
}
