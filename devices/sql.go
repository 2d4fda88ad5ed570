package devices

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"portcullis/devices/index"
	"portcullis/policy"
	"portcullis/store"
)

const hostColumns = `id, name, state, version, packed, sources, enrolled_at, changed_at, replaced_by`

func scanHost(scan func(...any) error) (h Host, err error) {
	var id, packed []byte
	var sources string
	if err := scan(&id, &h.Name, &h.State, &h.Version, &packed, &sources, &h.Enrolled, &h.Changed, &h.ReplacedBy); err != nil {
		return h, err
	}
	h.ID = string(id)
	if h.Row, err = index.ParseRow(packed); err != nil {
		return h, err
	}
	h.Sources, err = decodeSources(sources)
	return h, err
}

// many is how many ids are asked for in one statement.
const many = 24

// selectHosts returns those of the hosts that are there.
func selectHosts(tx *store.Tx, ids []string) (map[string]Host, error) {
	found := make(map[string]Host, len(ids))
	for part := range slices.Chunk(ids, many) {
		var args []any
		for _, id := range part {
			args = append(args, []byte(id))
		}
		err := tx.Rows(`SELECT `+hostColumns+` FROM devices_hosts WHERE id IN `+store.In(1, len(part)), args, func(scan func(...any) error) error {
			h, err := scanHost(scan)
			found[h.ID] = h
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// selectHost returns one, or store.ErrNotFound.
func selectHost(tx *store.Tx, id string) (Host, error) {
	found, err := selectHosts(tx, []string{id})
	if err != nil {
		return Host{}, err
	}
	h, ok := found[id]
	if !ok {
		return Host{}, store.ErrNotFound
	}
	return h, nil
}

// eachRow calls each for every host, in the order of their ids.
func eachRow(tx *store.Tx, each func(id string, state State, row index.Row, digest uint64) error) error {
	return tx.Rows(`SELECT id, state, packed, digest FROM devices_hosts ORDER BY id`, nil, func(scan func(...any) error) error {
		var id, packed []byte
		var state State
		var digest int64
		if err := scan(&id, &state, &packed, &digest); err != nil {
			return err
		}
		row, err := index.ParseRow(packed)
		if err != nil {
			return fmt.Errorf("the host %s: %w", id, err)
		}
		return each(string(id), state, row, uint64(digest))
	})
}

// selectPage returns the hosts of organisations (all where there are none) after an id, in the order of the
// ids.
func selectPage(tx *store.Tx, organisations []string, after string, limit int) (page []Host, err error) {
	query, args := `SELECT `+hostColumns+` FROM devices_hosts WHERE id > $1`, []any{[]byte(after)}
	if len(organisations) > 0 {
		query += ` AND organisation IN ` + store.In(2, len(organisations))
		for _, o := range organisations {
			args = append(args, o)
		}
	}
	args = append(args, limit)
	query += ` ORDER BY id LIMIT ` + store.In(len(args), 1)
	err = tx.Rows(query, args, func(scan func(...any) error) error {
		h, err := scanHost(scan)
		page = append(page, h)
		return err
	})
	return page, err
}

func countHosts(tx *store.Tx) (n int, err error) {
	err = tx.Row(`SELECT COUNT(*) FROM devices_hosts`, nil, &n)
	return n, err
}

// What is written of hosts that are there already. To write a column that an index has, SQLite takes the row out of the
// index and puts it in again, also where nothing has changed in it.
const (
	stayedColumns = `version = excluded.version, packed = excluded.packed, sources = excluded.sources, digest = excluded.digest, changed_at = excluded.changed_at`
	movedColumns  = stayedColumns + `, organisation = excluded.organisation, name = excluded.name, state = excluded.state, replaced_by = excluded.replaced_by`
)

// upsertHosts writes hosts as they are now: all of those that are new, and of others what columns say.
func upsertHosts(tx *store.Tx, hosts []*Host, columns string) error {
	args := make([]any, 0, 10*len(hosts))
	for _, h := range hosts {
		sources, err := encodeSources(h.Sources)
		if err != nil {
			return err
		}
		args = append(args, []byte(h.ID), h.Row.Organisation, h.Name, string(h.State), h.Version, h.Row.Append(nil), sources, int64(h.digest()), h.Enrolled, h.Changed, h.ReplacedBy)
	}
	return tx.Insert(`INSERT INTO devices_hosts (id, organisation, name, state, version, packed, sources, digest, enrolled_at, changed_at, replaced_by)`, 11,
		`ON CONFLICT (id) DO UPDATE SET `+columns, args)
}

func insertChanges(tx *store.Tx, changes []Change) error {
	args := make([]any, 0, 8*len(changes))
	for i := range changes {
		c := &changes[i]
		args = append(args, []byte(c.Host), c.Version, tx.Now(), c.Taken, c.Source, c.Reporter, index.AppendThings([]byte{}, c.Added), index.AppendThings([]byte{}, c.Removed))
	}
	return tx.Insert(`INSERT INTO devices_changes (host, version, recorded_at, taken_at, source, reporter, added, removed)`, 8, ``, args)
}

// selectChanges returns the changes of a host, the oldest first.
func selectChanges(tx *store.Tx, host string) (changes []Change, err error) {
	err = tx.Rows(`SELECT version, recorded_at, taken_at, source, reporter, added, removed FROM devices_changes WHERE host = $1 ORDER BY version`, []any{[]byte(host)},
		func(scan func(...any) error) error {
			c := Change{Host: host}
			var added, removed []byte
			err := scan(&c.Version, &c.Recorded, &c.Taken, &c.Source, &c.Reporter, &added, &removed)
			if err != nil {
				return err
			}
			if c.Added, err = index.ParseThings(added); err != nil {
				return err
			}
			c.Removed, err = index.ParseThings(removed)
			changes = append(changes, c)
			return err
		})
	return changes, err
}

// insertAttributes writes the first attributes of hosts that are new; they hold from now on, unless it is
// said since when.
func insertAttributes(tx *store.Tx, hosts []*Host, since map[string]store.Time) error {
	args := make([]any, 0, 4*len(hosts))
	for _, h := range hosts {
		text, err := attributesOf(&h.Row).encode()
		if err != nil {
			return err
		}
		from, ok := since[h.ID]
		if !ok {
			from = tx.Now()
		}
		args = append(args, h.ID, text, from, tx.Now())
	}
	return tx.Insert(`INSERT INTO devices_attributes (subject, object, held_from, recorded_at)`, 4, ``, args)
}

const thingColumns = `name, product, platform, version, code, signer, managed`

// selectThings returns the things from a number on, in the order of their numbers.
func selectThings(tx *store.Tx, from int) (things []index.Thing, err error) {
	err = tx.Rows(`SELECT `+thingColumns+` FROM devices_things WHERE number >= $1 ORDER BY number`, []any{from}, func(scan func(...any) error) error {
		var t index.Thing
		var product, managed int
		var platform string
		var code *int64
		if err := scan(&t.Name, &product, &platform, &t.Version, &code, &t.Signer, &managed); err != nil {
			return err
		}
		t.Product, t.Managed = product == 1, index.Managed(managed)
		if platform != "" {
			var ok bool
			if t.Platform, ok = policy.ParsePlatform(platform); !ok {
				return errors.New("a thing's platform " + platform + " is not known: a newer version wrote it")
			}
		}
		if code != nil {
			t.Code, t.Coded = *code, true
		}
		things = append(things, t)
		return nil
	})
	return things, err
}

func insertThings(tx *store.Tx, first int, things []index.Thing) error {
	args := make([]any, 0, 8*len(things))
	for i := range things {
		t := &things[i]
		var product int
		if t.Product {
			product = 1
		}
		var platform string
		if t.Platform != 0 {
			platform = t.Platform.String()
		}
		var code any
		if t.Coded {
			code = t.Code
		}
		args = append(args, first+i, t.Name, product, platform, t.Version, code, t.Signer, int(t.Managed))
	}
	return tx.Insert(`INSERT INTO devices_things (number, `+thingColumns+`)`, 8, ``, args)
}

// take adds n to a counter and returns what it was. Two that take at once cannot both commit.
func take(tx *store.Tx, counter string, n int) (was int, err error) {
	touched, err := tx.Exec(`UPDATE devices_counters SET value = value + $1 WHERE name = $2`, n, counter)
	if err != nil {
		return 0, err
	}
	if touched == 0 {
		_, err = tx.Exec(`INSERT INTO devices_counters (name, value) VALUES ($1, $2)`, counter, n)
		return 0, err
	}
	err = tx.Row(`SELECT value FROM devices_counters WHERE name = $1`, []any{counter}, &was)
	return was - n, err
}

// counted is what a counter stands at.
func counted(tx *store.Tx, counter string) (n int, err error) {
	err = tx.Row(`SELECT value FROM devices_counters WHERE name = $1`, []any{counter}, &n)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return n, err
}

// upsertNames notes how people know identifiers; the name that came last stands.
func upsertNames(tx *store.Tx, names []Named) error {
	args := make([]any, 0, 4*len(names))
	for i := range names {
		n := &names[i]
		args = append(args, n.Identifier, n.Platform.String(), n.Name, n.Publisher)
	}
	return tx.Insert(`INSERT INTO devices_names (identifier, platform, name, publisher)`, 4,
		`ON CONFLICT (identifier, platform) DO UPDATE SET name = excluded.name, publisher = excluded.publisher`, args)
}

// eachName calls each for how people know the identifiers; all where none are given.
func eachName(tx *store.Tx, identifiers []string, each func(Named)) error {
	const query = `SELECT identifier, platform, name, publisher FROM devices_names`
	read := func(query string, args []any) error {
		return tx.Rows(query, args, func(scan func(...any) error) error {
			var n Named
			var platform string
			err := scan(&n.Identifier, &platform, &n.Name, &n.Publisher)
			n.Platform, _ = policy.ParsePlatform(platform)
			each(n)
			return err
		})
	}
	if len(identifiers) == 0 {
		return read(query, nil)
	}
	for part := range slices.Chunk(identifiers, many) {
		var args []any
		for _, id := range part {
			args = append(args, id)
		}
		if err := read(query+` WHERE identifier IN `+store.In(1, len(part)), args); err != nil {
			return err
		}
	}
	return nil
}

// nextBatch numbers a server's next batch.
func nextBatch(tx *store.Tx, server string) (number int64, err error) {
	touched, err := tx.Exec(`UPDATE devices_servers SET last = last + 1, active_at = $1 WHERE server = $2`, tx.Now(), server)
	if err != nil {
		return 0, err
	}
	if touched == 0 {
		_, err = tx.Exec(`INSERT INTO devices_servers (server, last, active_at) VALUES ($1, 1, $2)`, server, tx.Now())
		return 1, err
	}
	err = tx.Row(`SELECT last FROM devices_servers WHERE server = $1`, []any{server}, &number)
	return number, err
}

func insertBatch(tx *store.Tx, server string, number int64, hosts []byte) error {
	_, err := tx.Exec(`INSERT INTO devices_batches (server, number, recorded_at, hosts) VALUES ($1, $2, $3, $4)`, server, number, tx.Now(), hosts)
	return err
}

// selectServers returns the last batch of every server.
func selectServers(tx *store.Tx) (last map[string]int64, err error) {
	last = map[string]int64{}
	err = tx.Rows(`SELECT server, last FROM devices_servers`, nil, func(scan func(...any) error) error {
		var server string
		var number int64
		err := scan(&server, &number)
		last[server] = number
		return err
	})
	return last, err
}

// eachBatch calls each for a server's batches after a number.
func eachBatch(tx *store.Tx, server string, after int64, each func(number int64, hosts []byte) error) error {
	return tx.Rows(`SELECT number, hosts FROM devices_batches WHERE server = $1 AND number > $2 ORDER BY number`, []any{server, after}, func(scan func(...any) error) error {
		var number int64
		var hosts []byte
		if err := scan(&number, &hosts); err != nil {
			return err
		}
		return each(number, hosts)
	})
}

// upsertSeen notes when hosts were heard from, in minutes; the later time stands.
func upsertSeen(tx *store.Tx, heard map[string]uint32, noted uint32) error {
	args := make([]any, 0, 3*len(heard))
	for _, id := range slices.Sorted(maps.Keys(heard)) { // in one order, so that two servers do not wait for each other
		args = append(args, []byte(id), int64(heard[id]), int64(noted))
	}
	return tx.Insert(`INSERT INTO devices_seen (host, heard, noted)`, 3,
		`ON CONFLICT (host) DO UPDATE SET heard = excluded.heard, noted = excluded.noted WHERE excluded.heard > devices_seen.heard`, args)
}

// eachSeen calls each for the hosts that were noted as heard from since a minute.
func eachSeen(tx *store.Tx, since uint32, each func(host string, heard uint32)) error {
	return tx.Rows(`SELECT host, heard FROM devices_seen WHERE noted >= $1`, []any{int64(since)}, func(scan func(...any) error) error {
		var host []byte
		var heard int64
		err := scan(&host, &heard)
		each(string(host), uint32(heard))
		return err
	})
}

const breachColumns = `host, thing, result, rule, opened_at, opened_generation, opened_by, closed_at, closed_generation, closed_by`

func scanBreach(scan func(...any) error) (b Breach, err error) {
	var host []byte
	var result string
	var closed *int64
	if err := scan(&host, &b.Thing, &result, &b.Cause.Rule, &b.Opened.At, &b.Opened.Generation, &b.Opened.By, &b.Closed.At, &closed, &b.Closed.By); err != nil {
		return b, err
	}
	b.Host = string(host)
	if closed != nil {
		b.Closed.Generation = store.Generation(*closed)
	}
	word := slices.Index(policy.ResultWords[:], result)
	if word <= 0 {
		return b, errors.New("a breach's result " + result + " is not known: a newer version wrote it")
	}
	b.Cause.Result = policy.Result(word)
	return b, nil
}

// selectCounter returns what a counter counted; 0 where it has not begun.
func selectCounter(tx *store.Tx, counter string) (value int64, err error) {
	err = tx.Row(`SELECT value FROM devices_counters WHERE name = $1`, []any{counter}, &value)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return value, err
}

func setCounter(tx *store.Tx, counter string, value int64) error {
	_, err := tx.Exec(`INSERT INTO devices_counters (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, counter, value)
	return err
}

// openBreaches writes the breaches of turns that opened. One that closes and opens again at one time goes on.
func openBreaches(tx *store.Tx, turns []turn) error {
	var args []any
	for i := range turns {
		if t := &turns[i]; t.opened {
			args = append(args, []byte(t.host), t.Thing, t.Cause.Result.String(), t.Cause.Rule, t.At, int64(t.Generation), string(t.By), "")
		}
	}
	return tx.Insert(`INSERT INTO devices_breaches (host, thing, result, rule, opened_at, opened_generation, opened_by, closed_by)`, 8,
		`ON CONFLICT (host, thing, result, rule, opened_at) DO UPDATE SET closed_at = NULL, closed_generation = NULL, closed_by = ''`, args)
}

// closeBreaches closes the breaches of turns that closed, none before it opened.
func closeBreaches(tx *store.Tx, turns []turn) error {
	type alike struct {
		index.Open
		Turn
	}
	hosts, order := map[alike][]any{}, []alike(nil)
	for i := range turns {
		t := &turns[i]
		if t.opened {
			continue
		}
		key := alike{t.Open, t.Turn}
		if hosts[key] == nil {
			order = append(order, key)
		}
		hosts[key] = append(hosts[key], []byte(t.host))
	}
	for _, a := range order {
		for part := range slices.Chunk(hosts[a], many) {
			args := append([]any{a.At, int64(a.Generation), string(a.By), a.Thing, a.Cause.Result.String(), a.Cause.Rule}, part...)
			if _, err := tx.Exec(`UPDATE devices_breaches SET closed_at = CASE WHEN opened_at > $1 THEN opened_at ELSE $1 END, closed_generation = $2, closed_by = $3 `+
				`WHERE thing = $4 AND result = $5 AND rule = $6 AND closed_at IS NULL AND host IN `+store.In(7, len(part)), args...); err != nil {
				return err
			}
		}
	}
	return nil
}

// selectOpen returns the open breaches after one, in the order of their hosts.
func selectOpen(tx *store.Tx, after breach, limit int) (open []breach, err error) {
	err = tx.Rows(`SELECT `+breachColumns+` FROM devices_breaches WHERE closed_at IS NULL AND (host, thing, result, rule) > ($1, $2, $3, $4) `+
		`ORDER BY host, thing, result, rule LIMIT $5`, []any{[]byte(after.host), after.Thing, after.Cause.Result.String(), after.Cause.Rule, limit},
		func(scan func(...any) error) error {
			b, err := scanBreach(scan)
			open = append(open, breach{b.Host, index.Open{Thing: b.Thing, Cause: b.Cause}})
			return err
		})
	return open, err
}

// eachOpened calls each for the breaches that are open and opened since a time.
func eachOpened(tx *store.Tx, since store.Time, each func(Breach)) error {
	return tx.Rows(`SELECT `+breachColumns+` FROM devices_breaches WHERE closed_at IS NULL AND opened_at >= $1 ORDER BY opened_at, host`, []any{since}, func(scan func(...any) error) error {
		b, err := scanBreach(scan)
		each(b)
		return err
	})
}

// eachBatchBetween calls each for the batches of a time, in the order of the servers and numbers.
func eachBatchBetween(tx *store.Tx, from, until store.Time, each func(Line) error) error {
	return tx.Rows(`SELECT server, number, recorded_at, hosts FROM devices_batches WHERE recorded_at >= $1 AND recorded_at < $2 ORDER BY server, number`, []any{from, until},
		func(scan func(...any) error) error {
			var line Line
			var hosts []byte
			if err := scan(&line.Server, &line.Number, &line.At, &hosts); err != nil {
				return err
			}
			line.Hosts = hosts
			return each(line)
		})
}

// deleteBatches deletes the batches before a time, and the servers that made none since.
func deleteBatches(tx *store.Tx, before store.Time) error {
	if _, err := tx.Exec(`DELETE FROM devices_batches WHERE recorded_at < $1`, before); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM devices_servers WHERE active_at < $1 AND NOT EXISTS (SELECT 1 FROM devices_batches b WHERE b.server = devices_servers.server)`, before)
	return err
}

// --- devices and their releases

const releaseColumns = `id, host, organisation, ownership, becomes, reason, asked_by, asked_at, answer, why, answered_by, answered_at`

func scanRelease(scan func(...any) error) (r Release, err error) {
	var host []byte
	var from, to, answer string
	if err := scan(&r.ID, &host, &r.Organisation, &from, &to, &r.Reason, &r.AskedBy, &r.Asked, &answer, &r.Why, &r.AnsweredBy, &r.Answered); err != nil {
		return r, err
	}
	r.Host, r.Agreed, r.TakenBack = string(host), answer == agreed, answer == takenBack
	var ok, also bool
	r.From, ok = policy.ParseOwnership(from)
	r.To, also = policy.ParseOwnership(to)
	if !ok || !also {
		return r, fmt.Errorf("a proposed release from %q to %q", from, to)
	}
	return r, nil
}

// selectRelease returns one, or store.ErrNotFound.
func selectRelease(tx *store.Tx, id string) (r Release, err error) {
	r, found := Release{}, false
	err = tx.Rows(`SELECT `+releaseColumns+` FROM devices_releases WHERE id = $1`, []any{id}, func(scan func(...any) error) error {
		found = true
		r, err = scanRelease(scan)
		return err
	})
	if err == nil && !found {
		err = store.ErrNotFound
	}
	return r, err
}

// selectReleases returns releases, the newest first: of one host, of organisations (all where they are
// nil), those that are open, those before one; each where it is given.
func selectReleases(tx *store.Tx, host string, organisations []string, open bool, before string, limit int) (found []Release, err error) {
	query, args := `SELECT `+releaseColumns+` FROM devices_releases WHERE 1 = 1`, []any{}
	if host != "" {
		args = append(args, []byte(host))
		query += ` AND host = ` + store.In(len(args), 1)
	}
	if organisations != nil {
		if len(organisations) == 0 {
			return nil, nil
		}
		query += ` AND organisation IN ` + store.In(len(args)+1, len(organisations))
		for _, o := range organisations {
			args = append(args, o)
		}
	}
	if open {
		query += ` AND answered_at IS NULL`
	}
	if before != "" {
		args = append(args, before)
		query += ` AND id < ` + store.In(len(args), 1)
	}
	args = append(args, limit)
	query += ` ORDER BY id DESC LIMIT ` + store.In(len(args), 1)
	err = tx.Rows(query, args, func(scan func(...any) error) error {
		r, err := scanRelease(scan)
		found = append(found, r)
		return err
	})
	return found, err
}

func insertRelease(tx *store.Tx, r Release) error {
	_, err := tx.Exec(`INSERT INTO devices_releases (id, host, organisation, ownership, becomes, reason, asked_by, asked_at, answer, why, answered_by, answered_at) `+
		`VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', '', NULL)`,
		r.ID, []byte(r.Host), r.Organisation, r.From.String(), r.To.String(), r.Reason, r.AskedBy, r.Asked)
	return err
}

// updateRelease writes the answer down.
func updateRelease(tx *store.Tx, r Release) error {
	_, err := tx.Exec(`UPDATE devices_releases SET answer = $1, why = $2, answered_by = $3, answered_at = $4 WHERE id = $5`, r.Answer.word(), r.Why, r.AnsweredBy, r.Answered, r.ID)
	return err
}

// deleteNames forgets how people know identifiers.
func deleteNames(tx *store.Tx, identifiers []string) error {
	for part := range slices.Chunk(identifiers, many) {
		args := make([]any, 0, len(part))
		for _, id := range part {
			args = append(args, id)
		}
		if _, err := tx.Exec(`DELETE FROM devices_names WHERE identifier IN `+store.In(1, len(part)), args...); err != nil {
			return err
		}
	}
	return nil
}

// selectHeard returns when a host was last heard from, in minutes, as it is written down; 0 for never.
func selectHeard(tx *store.Tx, host string) (uint32, error) {
	var heard int64
	err := tx.Row(`SELECT heard FROM devices_seen WHERE host = $1`, []any{[]byte(host)}, &heard)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return uint32(heard), err
}

// sought is which hosts a page of the table has.
type sought struct {
	organisations []string // all where they are nil
	states        []State  // all where there are none
	begins        string   // what the id or the name begins with; anything where it is empty
}

// manyNames is how many names are few enough to be looked up one by one.
const manyNames = 2000

// selectSought returns a page of hosts after an id, in the order of the ids. Ids and names are asked for one
// after the other: neither engine takes an index for either of the two. Where very many names begin so,
// going through the hosts in the order of their ids soon has a page of them.
func selectSought(tx *store.Tx, s sought, after string, limit int) (page []Host, err error) {
	if s.organisations != nil && len(s.organisations) == 0 {
		return nil, nil
	}
	if s.begins == "" {
		return s.page(tx, ``, nil, after, limit)
	}
	page, err = s.page(tx, ` AND id BETWEEN $2 AND $3`, []any{[]byte(s.begins), append([]byte(s.begins), 0xff)}, after, limit)
	if err != nil {
		return nil, err
	}
	names, n := []any{s.begins, s.begins + "\U0010ffff"}, 0
	if err := tx.Row(`SELECT COUNT(*) FROM (SELECT id FROM devices_hosts WHERE name BETWEEN $1 AND $2 LIMIT $3) AS named`, append(slices.Clip(names), manyNames), &n); err != nil {
		return nil, err
	}
	condition := ` AND id IN (SELECT id FROM devices_hosts WHERE name BETWEEN $2 AND $3)`
	if n == manyNames {
		condition = ` AND name || '' BETWEEN $2 AND $3` // which no index is taken for
	}
	named, err := s.page(tx, condition, names, after, limit)
	if err != nil {
		return nil, err
	}
	page = append(page, named...)
	slices.SortFunc(page, func(a, b Host) int { return strings.Compare(a.ID, b.ID) })
	page = slices.CompactFunc(page, func(a, b Host) bool { return a.ID == b.ID })
	return page[:min(limit, len(page))], nil
}

// page is a page of the hosts that fit a condition as well, whose parameters begin with $2.
func (s *sought) page(tx *store.Tx, condition string, args []any, after string, limit int) (page []Host, err error) {
	query := `SELECT ` + hostColumns + ` FROM devices_hosts WHERE id > $1` + condition
	args = append([]any{[]byte(after)}, args...)
	in := func(column string, values []any) {
		query += ` AND ` + column + ` IN ` + store.In(len(args)+1, len(values))
		args = append(args, values...)
	}
	if s.organisations != nil {
		in(`organisation`, anys(s.organisations))
	}
	if len(s.states) > 0 {
		in(`state`, anys(s.states))
		if !slices.Contains(s.states, InUse) {
			query += ` AND state <> 'in-use'` // as an index of the few has it
		}
	}
	args = append(args, limit)
	query += ` ORDER BY id LIMIT ` + store.In(len(args), 1)
	err = tx.Rows(query, args, func(scan func(...any) error) error {
		h, err := scanHost(scan)
		page = append(page, h)
		return err
	})
	return page, err
}

func anys[T ~string](all []T) []any {
	values := make([]any, len(all))
	for i := range all {
		values[i] = string(all[i])
	}
	return values
}

// eachOpen calls each for the open breaches of hosts, of each host in the order in which they opened.
func eachOpen(tx *store.Tx, hosts []string, each func(Breach)) error {
	for part := range slices.Chunk(hosts, many) {
		var args []any
		for _, id := range part {
			args = append(args, []byte(id))
		}
		err := tx.Rows(`SELECT `+breachColumns+` FROM devices_breaches WHERE closed_at IS NULL AND host IN `+store.In(1, len(part))+` ORDER BY opened_at, thing`, args, func(scan func(...any) error) error {
			b, err := scanBreach(scan)
			each(b)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
