package alerts

import (
	"fmt"
	"strings"

	"portcullis/store"
)

// Schema is this room's tables.
//
// A delivery holds where it stands; its events hold how it came there. Who a delivery goes to is
// written down as it was when the message was put, because that is what was done.
var Schema = store.Schema{Room: "alerts", Steps: []string{`
CREATE TABLE alerts_message (
	id TEXT PRIMARY KEY,
	at TEXT NOT NULL,
	kind TEXT NOT NULL,
	subject TEXT NOT NULL,
	body TEXT NOT NULL,
	link TEXT NOT NULL,
	link_secret BIGINT NOT NULL,
	reference TEXT NOT NULL
);
CREATE INDEX alerts_message_at ON alerts_message (at);
CREATE INDEX alerts_message_secret ON alerts_message (id) WHERE link_secret = 1;
CREATE TABLE alerts_endpoint (
	id TEXT PRIMARY KEY,
	organisation TEXT NOT NULL,
	url TEXT NOT NULL,
	secret TEXT NOT NULL,
	kinds TEXT NOT NULL,
	disabled TEXT,
	why TEXT NOT NULL
);
CREATE TABLE alerts_delivery (
	id TEXT PRIMARY KEY,
	message TEXT NOT NULL REFERENCES alerts_message (id),
	channel TEXT NOT NULL,
	person TEXT NOT NULL,
	endpoint TEXT NOT NULL,
	name TEXT NOT NULL,
	address TEXT NOT NULL,
	state TEXT NOT NULL,
	put TEXT NOT NULL,
	attempts BIGINT NOT NULL,
	attempted TEXT,
	next TEXT,
	message_id TEXT NOT NULL,
	reply TEXT NOT NULL,
	replied TEXT,
	maybe_twice BIGINT NOT NULL,
	read_at TEXT,
	acknowledged TEXT,
	changes BIGINT NOT NULL
);
CREATE INDEX alerts_delivery_message ON alerts_delivery (message);
CREATE INDEX alerts_delivery_person ON alerts_delivery (person, channel, id);
CREATE INDEX alerts_delivery_state ON alerts_delivery (state, put);
CREATE INDEX alerts_delivery_message_id ON alerts_delivery (message_id);
CREATE TABLE alerts_event (
	delivery TEXT NOT NULL REFERENCES alerts_delivery (id),
	number BIGINT NOT NULL,
	at TEXT NOT NULL,
	state TEXT NOT NULL,
	words TEXT NOT NULL,
	PRIMARY KEY (delivery, number)
);
CREATE INDEX alerts_event_at ON alerts_event (at, delivery, number);
CREATE TABLE alerts_digest (
	hour TEXT PRIMARY KEY,
	events BIGINT NOT NULL,
	sha256 TEXT NOT NULL
);
`}}

// scanner is what store.Tx.Rows hands out.
type scanner = func(into ...any) error

func insertMessage(tx *store.Tx, id string, m *Message) error {
	secret := 0
	if m.LinkSecret {
		secret = 1
	}
	_, err := tx.Exec(`INSERT INTO alerts_message (id, at, kind, subject, body, link, link_secret, reference) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, tx.Now(), m.Kind, m.Subject, m.Text, m.Link, secret, m.Reference)
	return err
}

// forgetSecrets removes the links that are secret from messages that have gone out, or have been given up.
func forgetSecrets(tx *store.Tx) error {
	_, err := tx.Exec(`UPDATE alerts_message SET link = '', link_secret = 0 WHERE link_secret = 1 AND NOT EXISTS (SELECT 1 FROM alerts_delivery d WHERE d.message = alerts_message.id AND d.state IN ($1, $2))`, Queued, Sending)
	return err
}

// atOnce is how many rows one statement writes: SQLite's driver finds each parameter by its name, which
// takes longer the more there are.
const atOnce = 20

func insertDeliveries(tx *store.Tx, deliveries []Delivery) error {
	for part := range parts(deliveries) {
		var args []any
		for _, d := range part {
			args = append(args, d.ID, d.Message, d.Channel, d.Person, d.Endpoint, d.Name, d.Address, d.State, d.Put, d.Next,
				d.MessageID, d.Reply, d.Changes)
		}
		_, err := tx.Exec(`INSERT INTO alerts_delivery (id, message, channel, person, endpoint, name, address, state, put, next,
	message_id, reply, changes, attempts, maybe_twice) VALUES `+rowsOf(len(part), 13, `, 0, 0`), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

func insertEvents(tx *store.Tx, events []Event) error {
	for part := range parts(events) {
		var args []any
		for _, e := range part {
			args = append(args, e.Delivery, e.Number, e.At, e.State, e.Text)
		}
		if _, err := tx.Exec(`INSERT INTO alerts_event (delivery, number, at, state, words) VALUES `+rowsOf(len(part), 5, ``), args...); err != nil {
			return err
		}
	}
	return nil
}

// parts cuts a list into what one statement writes.
func parts[T any](list []T) func(yield func([]T) bool) {
	return func(yield func([]T) bool) {
		for len(list) > 0 {
			n := min(len(list), atOnce)
			if !yield(list[:n]) {
				return
			}
			list = list[n:]
		}
	}
}

// rowsOf is the rows of a VALUES list: each of so many parameters, and then what is constant.
func rowsOf(rows, columns int, constant string) string {
	var b strings.Builder
	for r := range rows {
		if r > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + parameters(r*columns+1, columns) + constant + ")")
	}
	return b.String()
}

// parameters are n of them, from a number on.
func parameters(from, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", from+i)
	}
	return b.String()
}

const deliveryColumns = `d.id, d.message, m.kind, m.subject, m.reference, d.channel, d.person, d.endpoint, d.name, d.address, d.state,
	d.put, d.attempts, d.attempted, d.next, d.message_id, d.reply, d.replied, d.maybe_twice, d.read_at, d.acknowledged, d.changes`

const deliveryTables = ` FROM alerts_delivery d JOIN alerts_message m ON m.id = d.message `

func scanDelivery(scan scanner, more ...any) (d Delivery, err error) {
	var twice int64
	err = scan(append([]any{&d.ID, &d.Message, &d.Kind, &d.Subject, &d.Reference, &d.Channel, &d.Person, &d.Endpoint, &d.Name, &d.Address, &d.State,
		&d.Put, &d.Attempts, &d.Attempted, &d.Next, &d.MessageID, &d.Reply, &d.Replied, &twice, &d.ReadAt, &d.Acknowledged, &d.Changes}, more...)...)
	d.MaybeTwice = twice != 0
	return d, err
}

// selectOutgoing returns deliveries with what is to be sent. An endpoint that is not there or
// switched off has no URL.
func selectOutgoing(tx *store.Tx, ids []string) (found []outgoing, err error) {
	err = tx.Rows(`SELECT `+deliveryColumns+`, m.body, m.link, COALESCE(e.url, ''), COALESCE(e.secret, '')`+deliveryTables+
		`LEFT JOIN alerts_endpoint e ON e.id = d.endpoint AND e.disabled IS NULL WHERE d.id IN (`+parameters(1, len(ids))+`) ORDER BY d.put, d.id`,
		texts(ids), func(scan func(...any) error) error {
			var o outgoing
			o.Delivery, err = scanDelivery(scan, &o.text, &o.link, &o.url, &o.secret)
			found = append(found, o)
			return err
		})
	return found, err
}

func selectDeliveriesByID(tx *store.Tx, ids []string) (map[string]*Delivery, error) {
	found := map[string]*Delivery{}
	err := tx.Rows(`SELECT `+deliveryColumns+deliveryTables+`WHERE d.id IN (`+parameters(1, len(ids))+`)`, texts(ids),
		func(scan func(...any) error) error {
			d, err := scanDelivery(scan)
			found[d.ID] = &d
			return err
		})
	return found, err
}

func selectByMessageID(tx *store.Tx, id string) (d Delivery, err error) {
	d, err = scanDelivery(func(into ...any) error {
		return tx.Row(`SELECT `+deliveryColumns+deliveryTables+`WHERE d.message_id = $1`, []any{id}, into...)
	})
	return d, err
}

// updateSending writes down that deliveries are being sent. Those of which somebody had already
// written it down may go twice.
func updateSending(tx *store.Tx, ids []string) error {
	_, err := tx.Exec(`UPDATE alerts_delivery SET maybe_twice = CASE WHEN state = 'sending' THEN 1 ELSE maybe_twice END, state = 'sending',
	attempts = attempts + 1, attempted = $1, next = NULL, changes = changes + 1 WHERE id IN (`+parameters(2, len(ids))+`)`,
		append([]any{tx.Now()}, texts(ids)...)...)
	return err
}

// updateDelivery writes where a delivery stands.
func updateDelivery(tx *store.Tx, d *Delivery) error {
	var twice int64
	if d.MaybeTwice {
		twice = 1
	}
	_, err := tx.Exec(`UPDATE alerts_delivery SET state = $1, attempts = $2, next = $3, reply = $4, replied = $5, maybe_twice = $6,
	read_at = $7, acknowledged = $8, changes = $9 WHERE id = $10`,
		d.State, d.Attempts, d.Next, d.Reply, d.Replied, twice, d.ReadAt, d.Acknowledged, d.Changes, d.ID)
	return err
}

func texts(ids []string) []any {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	return args
}

// selectInbox returns what a person has in the inbox, the newest first.
func selectInbox(tx *store.Tx, person, before string, limit int) (items []Item, err error) {
	err = tx.Rows(`SELECT d.id, m.kind, m.subject, m.body, m.link, m.reference, d.put, d.state, d.read_at, d.acknowledged`+deliveryTables+
		`WHERE d.person = $1 AND d.channel = 'inbox' AND ($2 = '' OR d.id < $2) ORDER BY d.id DESC LIMIT $3`,
		[]any{person, before, limit}, func(scan func(...any) error) error {
			item, err := scanItem(scan)
			items = append(items, item)
			return err
		})
	return items, err
}

func selectItem(tx *store.Tx, person, id string) (Item, error) {
	return scanItem(func(into ...any) error {
		return tx.Row(`SELECT d.id, m.kind, m.subject, m.body, m.link, m.reference, d.put, d.state, d.read_at, d.acknowledged`+deliveryTables+
			`WHERE d.id = $1 AND d.person = $2 AND d.channel = 'inbox'`, []any{id, person}, into...)
	})
}

func scanItem(scan scanner) (i Item, err error) {
	err = scan(&i.ID, &i.Kind, &i.Subject, &i.Text, &i.Link, &i.Reference, &i.At, &i.State, &i.ReadAt, &i.Acknowledged)
	return i, err
}

func countUnread(tx *store.Tx, person string) (n int64, err error) {
	err = tx.Row(`SELECT COUNT(*) FROM alerts_delivery WHERE person = $1 AND channel = 'inbox' AND state = 'delivered'`, []any{person}, &n)
	return n, err
}

func selectDeliveries(tx *store.Tx, f Filter, before string, limit int) (found []Delivery, err error) {
	err = tx.Rows(`SELECT `+deliveryColumns+deliveryTables+`WHERE ($1 = '' OR d.message = $1) AND ($2 = '' OR d.person = $2)
	AND ($3 = '' OR d.address = $3) AND ($4 = '' OR d.endpoint = $4) AND ($5 = '' OR d.channel = $5) AND ($6 = '' OR d.state = $6)
	AND ($7 = '' OR m.kind = $7) AND ($8 = '' OR m.reference = $8) AND ($9 = '' OR d.put >= $9) AND ($10 = '' OR d.put < $10)
	AND ($11 = 0 OR d.maybe_twice = 1) AND ($12 = '' OR d.id < $12) ORDER BY d.id DESC LIMIT $13`,
		[]any{f.Message, f.Person, f.Address, f.Endpoint, string(f.Channel), string(f.State), f.Kind, f.Reference,
			f.From.String(), f.Until.String(), flag(f.MaybeTwice), before, limit},
		func(scan func(...any) error) error {
			d, err := scanDelivery(scan)
			found = append(found, d)
			return err
		})
	return found, err
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func selectHistory(tx *store.Tx, delivery string) ([]Event, error) {
	return selectEvents(tx, `WHERE delivery = $1 ORDER BY number`, delivery)
}

func selectHour(tx *store.Tx, from, until store.Time) ([]Event, error) {
	return selectEvents(tx, `WHERE at >= $1 AND at < $2 ORDER BY at, delivery, number`, from, until)
}

func selectEvents(tx *store.Tx, which string, args ...any) (events []Event, err error) {
	err = tx.Rows(`SELECT delivery, number, at, state, words FROM alerts_event `+which, args, func(scan func(...any) error) error {
		var e Event
		err := scan(&e.Delivery, &e.Number, &e.At, &e.State, &e.Text)
		events = append(events, e)
		return err
	})
	return events, err
}

// firstEvent is when the first event happened at or after a time; not given where there is none.
func firstEvent(tx *store.Tx, from store.Time) (at store.Time, err error) {
	err = tx.Row(`SELECT MIN(at) FROM alerts_event WHERE at >= $1`, []any{from.String()}, &at)
	return at, err
}

// lastDigest is the last hour that has a digest; not given where none has.
func lastDigest(tx *store.Tx) (hour store.Time, err error) {
	err = tx.Row(`SELECT MAX(hour) FROM alerts_digest`, nil, &hour)
	return hour, err
}

func insertDigest(tx *store.Tx, hour store.Time, events int64, sum string) error {
	_, err := tx.Exec(`INSERT INTO alerts_digest (hour, events, sha256) VALUES ($1, $2, $3)`, hour, events, sum)
	return err
}

func selectStats(tx *store.Tx) (queued int64, oldest store.Time, err error) {
	err = tx.Row(`SELECT COUNT(*), MIN(put) FROM alerts_delivery WHERE state IN ('queued', 'sending')`, nil, &queued, &oldest)
	return queued, oldest, err
}

// oldMessages are messages that were put before a time.
func oldMessages(tx *store.Tx, before store.Time, limit int) (ids []string, err error) {
	err = tx.Rows(`SELECT id FROM alerts_message WHERE at < $1 ORDER BY at LIMIT $2`,
		[]any{before, limit}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			ids = append(ids, id)
			return err
		})
	return ids, err
}

func deleteMessages(tx *store.Tx, ids []string) error {
	list := `(` + parameters(1, len(ids)) + `)`
	for _, statement := range []string{
		`DELETE FROM alerts_event WHERE delivery IN (SELECT id FROM alerts_delivery WHERE message IN ` + list + `)`,
		`DELETE FROM alerts_delivery WHERE message IN ` + list,
		`DELETE FROM alerts_message WHERE id IN ` + list,
	} {
		if _, err := tx.Exec(statement, texts(ids)...); err != nil {
			return err
		}
	}
	return nil
}

func insertEndpoint(tx *store.Tx, e Endpoint) error {
	_, err := tx.Exec(`INSERT INTO alerts_endpoint (id, organisation, url, secret, kinds, disabled, why) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		e.ID, e.Organisation, e.URL, e.Secret, strings.Join(e.Kinds, " "), e.Disabled, e.Why)
	return err
}

func updateEndpoint(tx *store.Tx, e Endpoint) (int64, error) {
	return tx.Exec(`UPDATE alerts_endpoint SET organisation = $1, url = $2, secret = $3, kinds = $4, disabled = $5, why = $6 WHERE id = $7`,
		e.Organisation, e.URL, e.Secret, strings.Join(e.Kinds, " "), e.Disabled, e.Why, e.ID)
}

func deleteEndpoint(tx *store.Tx, id string) (int64, error) {
	return tx.Exec(`DELETE FROM alerts_endpoint WHERE id = $1`, id)
}

func disableEndpoint(tx *store.Tx, id, why string) error {
	_, err := tx.Exec(`UPDATE alerts_endpoint SET disabled = $1, why = $2 WHERE id = $3 AND disabled IS NULL`, tx.Now(), why, id)
	return err
}

func selectEndpoints(tx *store.Tx, id string) (found []Endpoint, err error) {
	err = tx.Rows(`SELECT id, organisation, url, secret, kinds, disabled, why FROM alerts_endpoint WHERE ($1 = '' OR id = $1) ORDER BY id`,
		[]any{id}, func(scan func(...any) error) error {
			var e Endpoint
			var kinds string
			err := scan(&e.ID, &e.Organisation, &e.URL, &e.Secret, &kinds, &e.Disabled, &e.Why)
			e.Kinds = strings.Fields(kinds)
			found = append(found, e)
			return err
		})
	return found, err
}
