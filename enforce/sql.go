package enforce

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"portcullis/policy"
	"portcullis/store"
)

// Agents.

const agentColumns = `host, form, credential, enrolled_at, told,
	offered_digest, offered_generation, offered_at, offered_base, offered_own,
	fetched_digest, fetched_generation, fetched_at,
	confirmed_digest, confirmed_generation, confirmed_at, confirmed_base, confirmed_own`

func (a *Agent) into() []any {
	return []any{&a.Host, &a.Form, &a.Credential, &a.Enrolled, &a.Told,
		&a.Offered.Digest, &a.Offered.Generation, &a.Offered.At, &a.Offered.Base, &a.Offered.Own,
		&a.Fetched.Digest, &a.Fetched.Generation, &a.Fetched.At,
		&a.Confirmed.Digest, &a.Confirmed.Generation, &a.Confirmed.At, &a.Confirmed.Base, &a.Confirmed.Own}
}

func (a *Agent) values() []any {
	return []any{a.Host, a.Form, a.Credential, a.Enrolled, a.Told,
		a.Offered.Digest, a.Offered.Generation, a.Offered.At, a.Offered.Base, a.Offered.Own,
		a.Fetched.Digest, a.Fetched.Generation, a.Fetched.At,
		a.Confirmed.Digest, a.Confirmed.Generation, a.Confirmed.At, a.Confirmed.Base, a.Confirmed.Own}
}

// selectAgent returns the agent of a host for a form; one that has done nothing yet where there is no row.
func selectAgent(tx *store.Tx, host, form string) (Agent, error) {
	a := Agent{}
	err := tx.Row(`SELECT `+agentColumns+` FROM enforce_agents WHERE host = $1 AND form = $2`, []any{host, form}, a.into()...)
	if errors.Is(err, store.ErrNotFound) {
		return Agent{Host: host, Form: form}, nil
	}
	return a, err
}

func upsertAgents(tx *store.Tx, agents []*Agent) error {
	args := make([]any, 0, 18*len(agents))
	for _, a := range agents {
		args = append(args, a.values()...)
	}
	return tx.Insert(`INSERT INTO enforce_agents (`+agentColumns+`)`, 18, `ON CONFLICT (host, form) DO UPDATE SET
	credential = excluded.credential, enrolled_at = excluded.enrolled_at, told = excluded.told,
	offered_digest = excluded.offered_digest, offered_generation = excluded.offered_generation, offered_at = excluded.offered_at, offered_base = excluded.offered_base, offered_own = excluded.offered_own,
	fetched_digest = excluded.fetched_digest, fetched_generation = excluded.fetched_generation, fetched_at = excluded.fetched_at,
	confirmed_digest = excluded.confirmed_digest, confirmed_generation = excluded.confirmed_generation, confirmed_at = excluded.confirmed_at, confirmed_base = excluded.confirmed_base, confirmed_own = excluded.confirmed_own`, args)
}

// touchFetched and touchConfirmed note that agents still have what they had. One that has something else by now is
// left alone, and so is what is later already.
func touchFetched(tx *store.Tx, seen []seen) error {
	return tx.Insert(`INSERT INTO enforce_agents (host, form, fetched_digest, fetched_generation, fetched_at)`, 5, `ON CONFLICT (host, form) DO UPDATE SET
	fetched_generation = excluded.fetched_generation, fetched_at = excluded.fetched_at
	WHERE enforce_agents.fetched_digest = excluded.fetched_digest AND (enforce_agents.fetched_at IS NULL OR enforce_agents.fetched_at < excluded.fetched_at)`, touches(seen))
}

func touchConfirmed(tx *store.Tx, seen []seen) error {
	return tx.Insert(`INSERT INTO enforce_agents (host, form, confirmed_digest, confirmed_generation, confirmed_at)`, 5, `ON CONFLICT (host, form) DO UPDATE SET
	confirmed_generation = excluded.confirmed_generation, confirmed_at = excluded.confirmed_at
	WHERE enforce_agents.confirmed_digest = excluded.confirmed_digest AND enforce_agents.fetched_digest = excluded.confirmed_digest AND enforce_agents.confirmed_at < excluded.confirmed_at`, touches(seen))
}

func touches(seen []seen) (args []any) {
	for i := range seen {
		s := &seen[i]
		args = append(args, s.host, s.form, s.clock.Digest, s.clock.Generation, s.clock.At)
	}
	return args
}

// clearCredentials has the agents of a host sign in anew.
func clearCredentials(tx *store.Tx, host string) error {
	_, err := tx.Exec(`UPDATE enforce_agents SET credential = '' WHERE host = $1`, host)
	return err
}

func insertTaken(tx *store.Tx, args []any) error {
	return tx.Insert(`INSERT INTO enforce_taken (host, form, generation, at)`, 4, `ON CONFLICT (host, form, generation) DO NOTHING`, args)
}

func deleteTaken(tx *store.Tx, before store.Time) error {
	_, err := tx.Exec(`DELETE FROM enforce_taken WHERE at < $1`, before)
	return err
}

// Lists.

func insertList(tx *store.Tx, k Kept) error {
	_, err := tx.Exec(`INSERT INTO enforce_lists (digest, form, data, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT (digest) DO UPDATE SET made_at = excluded.made_at`, k.Digest, k.Form, k.Data, tx.Now())
	return err
}

func selectList(tx *store.Tx, digest string) (data []byte, err error) {
	err = tx.Row(`SELECT data FROM enforce_lists WHERE digest = $1`, []any{digest}, &data)
	return data, err
}

// deleteLists removes lists that no agent has been offered or has confirmed last.
func deleteLists(tx *store.Tx, before store.Time) error {
	_, err := tx.Exec(`DELETE FROM enforce_lists WHERE made_at < $1
	AND NOT EXISTS (SELECT 1 FROM enforce_agents WHERE offered_base = digest) AND NOT EXISTS (SELECT 1 FROM enforce_agents WHERE confirmed_base = digest)`, before)
	return err
}

// Publications.

func selectPublished(tx *store.Tx, p Published) (digest string, err error) {
	err = tx.Row(`SELECT digest FROM enforce_published WHERE form = $1 AND organisation = $2 AND platform = $3 ORDER BY generation DESC, at DESC LIMIT 1`,
		[]any{p.Form, p.Organisation, p.Platform.String()}, &digest)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return digest, err
}

func insertPublished(tx *store.Tx, p Published) error {
	_, err := tx.Exec(`INSERT INTO enforce_published (form, organisation, platform, generation, digest, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (form, organisation, platform, generation, digest) DO NOTHING`,
		p.Form, p.Organisation, p.Platform.String(), p.Generation, p.Digest, tx.Now())
	return err
}

// selectAgents returns the agents of a form whose hosts come after one, in order, at most so many.
func selectAgents(tx *store.Tx, form, after string, limit int) (agents []Agent, err error) {
	err = tx.Rows(`SELECT `+agentColumns+` FROM enforce_agents WHERE form = $1 AND host > $2 ORDER BY host LIMIT $3`, []any{form, after, limit}, func(scan func(into ...any) error) error {
		var a Agent
		err := scan(a.into()...)
		agents = append(agents, a)
		return err
	})
	return agents, err
}

// Uptake.

// eachClock calls each with when the agents of two forms were offered, fetched and confirmed something last, and of
// which generations that was.
func eachClock(tx *store.Tx, each func(host string, c *readClock) error) error {
	return tx.Rows(`SELECT host, offered_at, fetched_generation, fetched_at, confirmed_generation, confirmed_at FROM enforce_agents WHERE form IN ($1, $2) AND enrolled_at IS NOT NULL`,
		[]any{santaForm, declarationForm}, func(scan func(into ...any) error) error {
			var host string
			var c readClock
			if err := scan(&host, &c.offered, &c.fetchedOf, &c.fetched, &c.confirmedOf, &c.confirmed); err != nil {
				return err
			}
			return each(host, &c)
		})
}

// eachTaken calls each with who confirmed another list when, in no order, from one time until before another: lists of
// a generation or a later one.
func eachTaken(tx *store.Tx, from, until store.Time, generation int64, each func(host string, at store.Time) error) error {
	return tx.Rows(`SELECT host, at FROM enforce_taken WHERE at >= $1 AND at < $2 AND generation >= $3 AND form IN ($4, $5)`,
		[]any{from, until, generation, santaForm, declarationForm}, func(scan func(into ...any) error) error {
			var host string
			var at store.Time
			if err := scan(&host, &at); err != nil {
				return err
			}
			return each(host, at)
		})
}

// selectFirstPublished is when a server first had a list of a generation or a later one, not before a time, for one
// of some organisations; zero where none has.
func selectFirstPublished(tx *store.Tx, organisations []string, generation int64, from store.Time) (first store.Time, err error) {
	for chunk := range slices.Chunk(organisations, 500) {
		args := []any{generation, from, santaForm, declarationForm, policy.IOS.String(), policy.MacOS.String()}
		var marks []string
		for _, o := range chunk {
			args = append(args, o)
			marks = append(marks, "$"+strconv.Itoa(len(args)))
		}
		err := tx.Rows(`SELECT MIN(at) FROM enforce_published WHERE generation >= $1 AND at >= $2 AND form IN ($3, $4) AND platform IN ($5, $6) AND organisation IN (`+strings.Join(marks, ", ")+`)`,
			args, func(scan func(into ...any) error) error {
				var at store.Time
				if err := scan(&at); err != nil {
					return err
				}
				if !at.IsZero() && (first.IsZero() || at.Before(first)) {
					first = at
				}
				return nil
			})
		if err != nil {
			return first, err
		}
	}
	return first, nil
}

// Orders.

const orderColumns = `id, host, organisation, action, reason, pin, asked_by, asked_at, answer, answered_by, answered_at, why, sent_at, done_at, failed`

func (o *Order) values() []any {
	return []any{o.ID, o.Host, o.Organisation, o.Action, o.Reason, o.PIN, o.AskedBy, o.Asked, o.Answer, o.AnsweredBy, o.Answered, o.Why, o.Sent, o.Done, o.Failed}
}

func selectOrders(tx *store.Tx, where string, args ...any) (orders []Order, err error) {
	err = tx.Rows(`SELECT `+orderColumns+` FROM enforce_orders WHERE `+where, args, func(scan func(into ...any) error) error {
		var o Order
		err := scan(&o.ID, &o.Host, &o.Organisation, &o.Action, &o.Reason, &o.PIN, &o.AskedBy, &o.Asked, &o.Answer, &o.AnsweredBy, &o.Answered, &o.Why, &o.Sent, &o.Done, &o.Failed)
		orders = append(orders, o)
		return err
	})
	return orders, err
}

// selectOrder returns an order, or store.ErrNotFound.
func selectOrder(tx *store.Tx, id string) (Order, error) {
	orders, err := selectOrders(tx, `id = $1`, id)
	if err == nil && len(orders) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return Order{}, err
	}
	return orders[0], nil
}

// selectOrdersOf returns those of a host, the newest first, at most so many.
func selectOrdersOf(tx *store.Tx, host string, limit int) ([]Order, error) {
	return selectOrders(tx, `host = $1 ORDER BY id DESC LIMIT $2`, host, limit)
}

// selectDue returns those that are to be sent, the oldest first, at most so many.
func selectDue(tx *store.Tx, limit int) ([]Order, error) {
	return selectOrders(tx, `answer = 'agreed' AND sent_at IS NULL AND done_at IS NULL ORDER BY id LIMIT $1`, limit)
}

// selectOpenOrders returns those that nobody has answered yet, the oldest first.
func selectOpenOrders(tx *store.Tx) ([]Order, error) {
	return selectOrders(tx, `answer = '' ORDER BY id`)
}

// upsertOrder writes an order, or what has become of it.
func upsertOrder(tx *store.Tx, o *Order) error {
	return tx.Insert(`INSERT INTO enforce_orders (`+orderColumns+`)`, 15, `ON CONFLICT (id) DO UPDATE SET answer = excluded.answer, answered_by = excluded.answered_by, answered_at = excluded.answered_at,
	why = excluded.why, sent_at = excluded.sent_at, done_at = excluded.done_at, failed = excluded.failed`, o.values())
}

// Zones.

// The kinds of secrets of zones. A key is kept as it is, for it signs; of an address there is the digest.
const (
	keySecret     = "key"
	addressSecret = "address"
)

const zoneColumns = `id, name, organisation, passed, notify, keys, added_at, ended_at, version, editions, serial, digest, generation, listed_at, published_at`

func scanZone(scan func(into ...any) error) (*Zone, error) {
	z := &Zone{}
	var passed, notify string
	var serial int64
	e := &z.Edition
	if err := scan(&z.ID, &z.Name, &z.Organisation, &passed, &notify, &z.drawn, &z.Added, &z.Ended, &z.Version, &e.Number, &serial, &e.Digest, &e.Generation, &e.At, &e.Published); err != nil {
		return nil, err
	}
	e.Serial = uint32(serial)
	var bad, worse error
	z.Passed, bad = readNetworksText(passed)
	z.Notify, worse = readServersText(notify)
	return z, errors.Join(bad, worse)
}

func insertZone(tx *store.Tx, z *Zone) error {
	_, err := tx.Exec(`INSERT INTO enforce_zones (id, name, organisation, passed, notify, keys, added_at, version, serial) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		z.ID, z.Name, z.Organisation, networksText(z.Passed), serversText(z.Notify), z.drawn, z.Added, z.Version, int64(z.Edition.Serial))
	return err
}

// updateZone writes what may change of a zone.
func updateZone(tx *store.Tx, z *Zone) error {
	e := &z.Edition
	_, err := tx.Exec(`UPDATE enforce_zones SET passed = $1, notify = $2, keys = $3, ended_at = $4, version = $5, editions = $6, serial = $7, digest = $8, generation = $9, listed_at = $10, published_at = $11 WHERE id = $12`,
		networksText(z.Passed), serversText(z.Notify), z.drawn, z.Ended, z.Version, e.Number, int64(e.Serial), e.Digest, e.Generation, e.At, e.Published, z.ID)
	return err
}

// selectZoneName tells whether a zone of a name has not ended, and the serial of the last that had the name.
func selectZoneName(tx *store.Tx, name string) (serial uint32, taken bool, err error) {
	var last int64
	var ended store.Time
	err = tx.Row(`SELECT serial, ended_at FROM enforce_zones WHERE name = $1 ORDER BY id DESC LIMIT 1`, []any{name}, &last, &ended)
	if errors.Is(err, store.ErrNotFound) {
		return 0, false, nil
	}
	return uint32(last), err == nil && ended.IsZero(), err
}

// selectZone returns a zone, also one that has ended.
func selectZone(tx *store.Tx, id string) (*Zone, error) {
	z, err := selectZoneAlone(tx, id)
	if err != nil {
		return nil, err
	}
	if err := eachZoneSecret(tx, id, map[string]*Zone{id: z}); err != nil {
		return nil, err
	}
	z.Networks, err = selectZoneNetworks(tx, id)
	return z, err
}

// selectZoneAlone returns a zone without its secrets.
func selectZoneAlone(tx *store.Tx, id string) (*Zone, error) {
	found, err := zonesWhere(tx, `WHERE id = $1`, id)
	if err == nil && len(found) == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// selectZones returns the zones that have not ended, in the order of their names.
func selectZones(tx *store.Tx) ([]*Zone, error) {
	zones, err := zonesWhere(tx, `WHERE ended_at IS NULL ORDER BY name`)
	if err != nil || len(zones) == 0 {
		return nil, err
	}
	byID := make(map[string]*Zone, len(zones))
	for _, z := range zones {
		byID[z.ID] = z
	}
	return zones, eachZoneSecret(tx, "", byID)
}

func zonesWhere(tx *store.Tx, which string, args ...any) (zones []*Zone, err error) {
	err = tx.Rows(`SELECT `+zoneColumns+` FROM enforce_zones `+which, args, func(scan func(into ...any) error) error {
		z, err := scanZone(scan)
		zones = append(zones, z)
		return err
	})
	return zones, err
}

// eachZoneSecret gives zones, or one of them, their secrets that are good, the newest first.
func eachZoneSecret(tx *store.Tx, zone string, byID map[string]*Zone) error {
	return tx.Rows(`SELECT zone, kind, name, secret, made_at, until, fetched, fetched_at FROM enforce_zone_secrets WHERE (until IS NULL OR until > $1) AND ($2 = '' OR zone = $2) ORDER BY made_at DESC, name DESC`, []any{tx.Now(), zone}, func(scan func(into ...any) error) error {
		var id, kind, name, secret string
		var made, until, at store.Time
		var serial int64
		if err := scan(&id, &kind, &name, &secret, &made, &until, &serial, &at); err != nil {
			return err
		}
		fetched := Fetched{uint32(serial), at}
		switch z := byID[id]; {
		case z == nil:
		case kind == keySecret:
			z.Keys = append(z.Keys, ZoneKey{name, made, until, fetched, secret})
		default:
			z.Addresses = append(z.Addresses, ZoneAddress{made, until, fetched, secret})
		}
		return nil
	})
}

// selectZonesStamp is a number that rises with every change of a zone, and when the next secret is good no longer or the next
// network passes no longer; zero where none is to end.
func selectZonesStamp(tx *store.Tx) (stamp int64, next store.Time, err error) {
	var secret, network store.Time
	err = tx.Row(`SELECT (SELECT CAST(COALESCE(SUM(version + editions), 0) AS BIGINT) FROM enforce_zones),
		(SELECT MIN(until) FROM enforce_zone_secrets WHERE until IS NOT NULL),
		(SELECT MIN(until) FROM enforce_zone_networks WHERE answer = 'agreed' AND over_at IS NULL)`, nil, &stamp, &secret, &network)
	if next = secret; next.IsZero() || !network.IsZero() && network.Before(next) {
		next = network
	}
	return stamp, next, err
}

func insertZoneSecret(tx *store.Tx, zone, kind, name, secret string) error {
	_, err := tx.Exec(`INSERT INTO enforce_zone_secrets (zone, kind, name, secret, made_at) VALUES ($1, $2, $3, $4, $5)`, zone, kind, name, secret, tx.Now())
	return err
}

// limitZoneSecrets has the secrets of a kind be good until a time at most.
func limitZoneSecrets(tx *store.Tx, zone, kind string, until store.Time) error {
	_, err := tx.Exec(`UPDATE enforce_zone_secrets SET until = $1 WHERE zone = $2 AND kind = $3 AND (until IS NULL OR until > $1)`, until, zone, kind)
	return err
}

// updateZoneFetched notes what was last taken by a secret, which is as it is kept, unless another server knows of something later.
func updateZoneFetched(tx *store.Tx, zone, secret string, f Fetched) error {
	_, err := tx.Exec(`UPDATE enforce_zone_secrets SET fetched = $1, fetched_at = $2 WHERE zone = $3 AND secret = $4 AND (fetched_at IS NULL OR fetched_at <= $2)`, int64(f.Serial), f.At, zone, secret)
	return err
}

// deleteZoneSecrets forgets the secrets that are good no longer.
func deleteZoneSecrets(tx *store.Tx) error {
	_, err := tx.Exec(`DELETE FROM enforce_zone_secrets WHERE until <= $1`, tx.Now())
	return err
}

const networkColumns = `id, zone, network, reason, until, asked_by, asked_at, answer, answered_by, answered_at, why, over_at, over_by`

func scanZoneNetwork(scan func(into ...any) error) (n ZoneNetwork, err error) {
	var network string
	if err = scan(&n.ID, &n.Zone, &network, &n.Reason, &n.Until, &n.AskedBy, &n.Asked, &n.Answer, &n.AnsweredBy, &n.Answered, &n.Why, &n.Over, &n.OverBy); err == nil {
		n.Network, err = netip.ParsePrefix(network)
	}
	return n, err
}

func insertZoneNetwork(tx *store.Tx, n *ZoneNetwork) error {
	return tx.Insert(`INSERT INTO enforce_zone_networks (`+networkColumns+`)`, 13, ``, []any{n.ID, n.Zone, n.Network.String(), n.Reason, n.Until, n.AskedBy, n.Asked,
		n.Answer, n.AnsweredBy, n.Answered, n.Why, n.Over, n.OverBy})
}

// updateZoneNetwork writes what may change of a network.
func updateZoneNetwork(tx *store.Tx, n *ZoneNetwork) error {
	_, err := tx.Exec(`UPDATE enforce_zone_networks SET answer = $1, answered_by = $2, answered_at = $3, why = $4, over_at = $5, over_by = $6 WHERE id = $7`,
		n.Answer, n.AnsweredBy, n.Answered, n.Why, n.Over, n.OverBy, n.ID)
	return err
}

// selectZoneNetworks returns the networks of a zone: all that wait or pass, and of the others the newest; the newest first.
func selectZoneNetworks(tx *store.Tx, zone string) ([]ZoneNetwork, error) {
	found, err := zoneNetworksWhere(tx, `WHERE zone = $1 AND (answer = '' OR answer = 'agreed' AND over_at IS NULL)`, zone)
	if err != nil {
		return nil, err
	}
	past, err := zoneNetworksWhere(tx, `WHERE zone = $1 AND answer <> '' AND (answer <> 'agreed' OR over_at IS NOT NULL) ORDER BY id DESC LIMIT $2`, zone, pastNetworks)
	found = append(found, past...)
	slices.SortFunc(found, func(a, b ZoneNetwork) int { return strings.Compare(b.ID, a.ID) })
	return found, err
}

// eachCurrentNetwork gives zones their networks that wait or pass, the newest first.
func eachCurrentNetwork(tx *store.Tx, zones []*Zone) error {
	if len(zones) == 0 {
		return nil
	}
	byID := make(map[string]*Zone, len(zones))
	for _, z := range zones {
		byID[z.ID] = z
	}
	found, err := zoneNetworksWhere(tx, `WHERE answer = '' OR answer = 'agreed' AND over_at IS NULL ORDER BY id DESC`)
	for _, n := range found {
		if z := byID[n.Zone]; z != nil {
			z.Networks = append(z.Networks, n)
		}
	}
	return err
}

func zoneNetworksWhere(tx *store.Tx, which string, args ...any) (found []ZoneNetwork, err error) {
	err = tx.Rows(`SELECT `+networkColumns+` FROM enforce_zone_networks `+which, args, func(scan func(into ...any) error) error {
		n, err := scanZoneNetwork(scan)
		found = append(found, n)
		return err
	})
	return found, err
}

// selectZonesOverdue are the ids of the zones that pass a network whose end has come.
func selectZonesOverdue(tx *store.Tx) (ids []string, err error) {
	err = tx.Rows(`SELECT DISTINCT zone FROM enforce_zone_networks WHERE answer = 'agreed' AND over_at IS NULL AND until <= $1`, []any{tx.Now()}, func(scan func(into ...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}
