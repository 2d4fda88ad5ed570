package people

import (
	"fmt"
	"strings"

	"portcullis/store"
)

// scanner reads one row.
type scanner = func(into ...any) error

// query is a statement that is put together from parts that may be missing. Its parameters are
// numbered as they are added.
type query struct {
	text strings.Builder
	args []any
}

// add appends text, in which each ? stands for the next of the arguments.
func (q *query) add(text string, args ...any) {
	for _, arg := range args {
		before, after, _ := strings.Cut(text, "?")
		q.args = append(q.args, arg)
		fmt.Fprintf(&q.text, "%s$%d", before, len(q.args))
		text = after
	}
	q.text.WriteString(text)
}

// below appends a table of that name with the roots and all organisations below them at t, to be
// used in what follows; nothing where the roots are Everywhere, and then it returns false.
func (q *query) below(roots []string, t store.Time) bool {
	if len(roots) == 1 && roots[0] == Everywhere {
		return false
	}
	q.add(`WITH RECURSIVE below (id) AS (VALUES `)
	for i, root := range roots {
		if i > 0 {
			q.add(`, `)
		}
		q.add(`(CAST(? AS TEXT))`, root)
	}
	q.add(` UNION SELECT f.subject FROM people_parents f JOIN below b ON f.object = b.id WHERE f.replaced_at IS NULL AND f.held_from <= ? AND (f.held_until IS NULL OR f.held_until > ?)) `, t, t)
	return true
}

func (q *query) rows(tx *store.Tx, each func(scan scanner) error) error {
	return tx.Rows(q.text.String(), q.args, each)
}

func (q *query) count(tx *store.Tx) (n int64, err error) {
	err = tx.Row(q.text.String(), q.args, &n)
	return n, err
}

// Organisations.

func insertOrganisation(tx *store.Tx, id, name string) error {
	_, err := tx.Exec(`INSERT INTO people_organisations (id, name, added, version) VALUES ($1, $2, $3, 1)`, id, name, tx.Now())
	return err
}

func updateOrganisation(tx *store.Tx, id, name string) error {
	_, err := tx.Exec(`UPDATE people_organisations SET name = $1, version = version + 1 WHERE id = $2`, name, id)
	return err
}

func selectOrganisation(tx *store.Tx, id string) (o Organisation, err error) {
	err = tx.Row(`SELECT id, name, version FROM people_organisations WHERE id = $1`, []any{id}, &o.ID, &o.Name, &o.Version)
	return o, err
}

// selectKnownOrganisations returns the organisations that had been added at the time known, in the order
// of their ids, without their places.
func selectKnownOrganisations(tx *store.Tx, known store.Time) (found []Organisation, err error) {
	err = tx.Rows(`SELECT id, name, version FROM people_organisations WHERE added <= $1 ORDER BY id`, []any{known}, func(scan scanner) error {
		var o Organisation
		err := scan(&o.ID, &o.Name, &o.Version)
		found = append(found, o)
		return err
	})
	return found, err
}

// selectKnownFacts returns what was known of all subjects of a history at the time known, by subject and
// in the order of their beginnings.
func selectKnownFacts(tx *store.Tx, history store.History, known store.Time) (facts map[string][]store.Fact, err error) {
	facts = map[string][]store.Fact{}
	err = tx.Rows(`SELECT subject, object, held_from, held_until FROM `+history.Table+` WHERE recorded_at <= $1 AND (replaced_at IS NULL OR replaced_at > $1) ORDER BY held_from`,
		[]any{known}, func(scan scanner) error {
			var f store.Fact
			err := scan(&f.Subject, &f.Object, &f.From, &f.Until)
			facts[f.Subject] = append(facts[f.Subject], f)
			return err
		})
	return facts, err
}

func selectOrganisations(tx *store.Tx, roots []string, t store.Time) (found []Organisation, err error) {
	var q query
	narrow := q.below(roots, t)
	q.add(`SELECT o.id, o.name, o.version, COALESCE(p.object, ''), COALESCE(l.object, ''), COALESCE(m.object, ''), m.held_from, m.held_until FROM people_organisations o`)
	for _, part := range []struct{ table, as string }{{parents.Table, "p"}, {lists.Table, "l"}, {monitors.Table, "m"}} {
		q.add(fmt.Sprintf(` LEFT JOIN %s %s ON %[2]s.subject = o.id AND %[2]s.replaced_at IS NULL AND %[2]s.held_from <= ? AND (%[2]s.held_until IS NULL OR %[2]s.held_until > ?)`, part.table, part.as), t, t)
	}
	if narrow {
		q.add(` WHERE o.id IN (SELECT id FROM below)`)
	}
	q.add(` ORDER BY o.name, o.id`)
	err = q.rows(tx, func(scan scanner) error {
		var o Organisation
		var m Monitor
		var list string
		err := scan(&o.ID, &o.Name, &o.Version, &o.Parent, &list, &m.Reason, &m.From, &m.Until)
		o.OwnList = list == ownList
		if m.Reason != "" {
			o.Monitor = &m
		}
		found = append(found, o)
		return err
	})
	return found, err
}

// selectParentTimes returns the times after t at which some organisation comes to belong elsewhere.
func selectParentTimes(tx *store.Tx, t store.Time) (times []store.Time, err error) {
	err = tx.Rows(`SELECT DISTINCT held_from FROM people_parents WHERE replaced_at IS NULL AND held_from > $1 ORDER BY held_from`, []any{t}, func(scan scanner) error {
		var at store.Time
		err := scan(&at)
		times = append(times, at)
		return err
	})
	return times, err
}

// Persons.

const personColumns = `p.id, p.user_name, p.name, p.mail, p.phone, p.external_id, p.given_name, p.family_name, p.employee_number, p.department, p.active, p.version, p.created, p.changed`

func (p *Person) into() []any {
	return []any{&p.ID, &p.UserName, &p.Name, &p.Mail, &p.Phone, &p.ExternalID, &p.GivenName, &p.FamilyName, &p.EmployeeNumber, &p.Department,
		(*flag)(&p.Active), &p.Version, &p.Created, &p.Changed}
}

// flag is a truth value, which is stored as 0 or 1.
type flag bool

func (f *flag) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a truth value is stored as a number, not as %T", value)
	}
	*f = n != 0
	return nil
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func insertPerson(tx *store.Tx, p Person) error {
	_, err := tx.Exec(`INSERT INTO people_persons (id, user_name, user_name_lower, name, name_lower, mail, mail_lower, phone, external_id, given_name, family_name, employee_number, department, active, version, created, changed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1, $15, $15)`,
		p.ID, p.UserName, strings.ToLower(p.UserName), p.Name, strings.ToLower(p.Name), p.Mail, lowerMail(p.Mail), p.Phone, p.ExternalID, p.GivenName, p.FamilyName, p.EmployeeNumber, p.Department, number(p.Active), tx.Now())
	return err
}

func updatePerson(tx *store.Tx, p Person) error {
	_, err := tx.Exec(`UPDATE people_persons SET user_name = $1, user_name_lower = $2, name = $3, name_lower = $4, mail = $5, mail_lower = $6, phone = $7, external_id = $8, given_name = $9, family_name = $10, employee_number = $11, department = $12, active = $13, version = version + 1, changed = $14 WHERE id = $15`,
		p.UserName, strings.ToLower(p.UserName), p.Name, strings.ToLower(p.Name), p.Mail, lowerMail(p.Mail), p.Phone, p.ExternalID, p.GivenName, p.FamilyName, p.EmployeeNumber, p.Department, number(p.Active), tx.Now(), p.ID)
	return err
}

// setWords has a search find the person by the words they have now. A word is stored as bytes, which
// sort alike whatever the database takes for the order of letters.
func setWords(tx *store.Tx, p Person) error {
	if _, err := tx.Exec(`DELETE FROM people_words WHERE person = $1`, p.ID); err != nil {
		return err
	}
	return insertWords(tx, p)
}

func insertWords(tx *store.Tx, p Person) error {
	var q query
	for i, word := range p.words() {
		if i == 0 {
			q.add(`INSERT INTO people_words (word, name_lower, person) VALUES (?, ?, ?)`, []byte(word), strings.ToLower(p.Name), p.ID)
		} else {
			q.add(`, (?, ?, ?)`, []byte(word), strings.ToLower(p.Name), p.ID)
		}
	}
	if len(q.args) == 0 {
		return nil // a name may have neither letter nor digit
	}
	_, err := tx.Exec(q.text.String(), q.args...)
	return err
}

func selectPerson(tx *store.Tx, id string) (p Person, err error) {
	err = tx.Row(`SELECT `+personColumns+` FROM people_persons p WHERE p.id = $1`, []any{id}, p.into()...)
	return p, err
}

func selectPersonByUserName(tx *store.Tx, lower string) (id string, err error) {
	err = tx.Row(`SELECT id FROM people_persons WHERE user_name_lower = $1`, []any{lower}, &id)
	return id, err
}

func selectPersonsByMail(tx *store.Tx, lower string) (found []Person, err error) {
	err = tx.Rows(`SELECT `+personColumns+` FROM people_persons p WHERE p.mail_lower = $1`, []any{lower}, func(scan scanner) error {
		var p Person
		err := scan(p.into()...)
		found = append(found, p)
		return err
	})
	return found, err
}

func anybody(tx *store.Tx) (there bool, err error) {
	err = tx.Rows(`SELECT id FROM people_persons LIMIT 1`, nil, func(scanner) error { there = true; return nil })
	return there, err
}

// isAssignedToAll tells whether somebody is assigned to all that a person is assigned to.
func isAssignedToAll(tx *store.Tx, somebody, person string) (all bool, err error) {
	all = true
	err = tx.Rows(`SELECT 1 FROM people_assignments a WHERE a.person = $1 AND NOT EXISTS (SELECT 1 FROM people_assignments b WHERE b.thing = a.thing AND b.person = $2) LIMIT 1`,
		[]any{person, somebody}, func(scanner) error { all = false; return nil })
	return all, err
}

func isAssigned(tx *store.Tx, person, thing string) (assigned bool, err error) {
	err = tx.Rows(`SELECT 1 FROM people_assignments WHERE thing = $1 AND person = $2`, []any{thing, person}, func(scanner) error { assigned = true; return nil })
	return assigned, err
}

// selectIDs returns the ids that a query finds.
func selectIDs(tx *store.Tx, query string, args []any) (found []string, err error) {
	err = tx.Rows(query, args, func(scan scanner) error {
		var id string
		err := scan(&id)
		found = append(found, id)
		return err
	})
	return found, err
}

// selectCalled returns the active persons whom a text names: by id, user name, mail address or name; at most three.
func selectCalled(tx *store.Tx, id, lower string) (found []string, err error) {
	return selectIDs(tx, `SELECT id FROM people_persons WHERE active = 1 AND (id = $1 OR user_name_lower = $2 OR mail_lower = $2 OR name_lower = $2) ORDER BY id LIMIT 3`, []any{id, lower})
}

// hasNamesake tells whether another active person of an organisation goes by a text: as user name, mail address or name.
func hasNamesake(tx *store.Tx, person, organisation, lower string) (there bool, err error) {
	err = tx.Rows(`SELECT 1 FROM people_persons p JOIN people_memberships m ON m.subject = p.id WHERE p.active = 1 AND p.id <> $1 AND (p.user_name_lower = $2 OR p.mail_lower = $2 OR p.name_lower = $2)
		AND m.object = $3 AND m.replaced_at IS NULL AND m.held_from <= $4 AND (m.held_until IS NULL OR m.held_until > $4) LIMIT 1`,
		[]any{person, lower, organisation, tx.Now()}, func(scanner) error { there = true; return nil })
	return there, err
}

func upsertSponsor(tx *store.Tx, person, sponsor string) error {
	_, err := tx.Exec(`INSERT INTO people_sponsors (person, sponsor, at) VALUES ($1, $2, $3) ON CONFLICT (person, sponsor) DO UPDATE SET at = $3`, person, sponsor, tx.Now())
	return err
}

// selectSponsored returns those of some persons between whom and a person one has sponsored the other since a time.
func selectSponsored(tx *store.Tx, person string, others []string, since store.Time) (found []string, err error) {
	if len(others) == 0 {
		return nil, nil
	}
	args := []any{person, since}
	for _, o := range others {
		args = append(args, o)
	}
	in := store.In(3, len(others))
	return selectIDs(tx, `SELECT sponsor FROM people_sponsors WHERE person = $1 AND at > $2 AND sponsor IN `+in+` UNION SELECT person FROM people_sponsors WHERE sponsor = $1 AND at > $2 AND person IN `+in, args)
}

func insertAssigned(tx *store.Tx, thing, person string) error {
	_, err := tx.Exec(`INSERT INTO people_assignments (thing, person) VALUES ($1, $2) ON CONFLICT (thing, person) DO NOTHING`, thing, person)
	return err
}

// selectHolders returns the active persons who have one of the grants, given as the objects of facts.
func selectHolders(tx *store.Tx, objects []string, t store.Time) (found []string, err error) {
	if len(objects) == 0 {
		return nil, nil
	}
	args := []any{t}
	for _, o := range objects {
		args = append(args, o)
	}
	return selectIDs(tx, `SELECT DISTINCT r.subject FROM people_roles r JOIN people_persons p ON p.id = r.subject WHERE p.active = 1 AND r.replaced_at IS NULL AND r.held_from <= $1 AND (r.held_until IS NULL OR r.held_until > $1) AND r.object IN `+
		store.In(2, len(objects))+` ORDER BY r.subject`, args)
}

// Groups.

const groupColumns = `g.id, g.name, g.external_id, g.organisation, g.version, g.created, g.changed`

func (g *Group) into() []any {
	return []any{&g.ID, &g.Name, &g.ExternalID, &g.Organisation, &g.Version, &g.Created, &g.Changed}
}

func insertGroup(tx *store.Tx, g Group) error {
	_, err := tx.Exec(`INSERT INTO people_groups (id, name, name_lower, external_id, organisation, version, created, changed) VALUES ($1, $2, $3, $4, $5, 1, $6, $6)`,
		g.ID, g.Name, strings.ToLower(g.Name), g.ExternalID, g.Organisation, tx.Now())
	return err
}

func updateGroup(tx *store.Tx, g Group) error {
	_, err := tx.Exec(`UPDATE people_groups SET name = $1, name_lower = $2, external_id = $3, version = version + 1, changed = $4 WHERE id = $5`,
		g.Name, strings.ToLower(g.Name), g.ExternalID, tx.Now(), g.ID)
	return err
}

func deleteGroup(tx *store.Tx, id string) error {
	_, err := tx.Exec(`DELETE FROM people_groups WHERE id = $1`, id)
	return err
}

func selectGroup(tx *store.Tx, id string) (g Group, err error) {
	err = tx.Row(`SELECT `+groupColumns+` FROM people_groups g WHERE g.id = $1`, []any{id}, g.into()...)
	return g, err
}

func (q *query) groups(roots []string, g GroupQuery, t store.Time, columns string) {
	narrow := q.below(roots, t)
	q.add(`SELECT ` + columns + ` FROM people_groups g WHERE 1 = 1`)
	if narrow {
		q.add(` AND g.organisation IN (SELECT id FROM below)`)
	}
	if g.Name != "" {
		q.add(` AND g.name_lower = ?`, strings.ToLower(g.Name))
	}
	if g.ExternalID != "" {
		q.add(` AND g.external_id = ?`, g.ExternalID)
	}
	if g.Member != "" {
		q.add(` AND g.id IN (SELECT f.object FROM people_group_members f WHERE f.subject = ? AND f.replaced_at IS NULL AND f.held_from <= ? AND (f.held_until IS NULL OR f.held_until > ?))`, g.Member, t, t)
	}
}

func selectGroups(tx *store.Tx, roots []string, g GroupQuery) (found []Group, err error) {
	var q query
	q.groups(roots, g, tx.Now(), groupColumns)
	if g.After != (Place{}) {
		q.add(` AND (g.name_lower, g.id) > (?, ?)`, strings.ToLower(g.After.Name), g.After.ID)
	}
	q.add(` ORDER BY g.name_lower, g.id LIMIT ?`, g.Limit)
	err = q.rows(tx, func(scan scanner) error {
		var group Group
		err := scan(group.into()...)
		found = append(found, group)
		return err
	})
	return found, err
}

func countGroups(tx *store.Tx, roots []string, g GroupQuery) (int64, error) {
	var q query
	q.groups(roots, g, tx.Now(), `COUNT(*)`)
	return q.count(tx)
}

func selectMembers(tx *store.Tx, group string) (persons []string, err error) {
	err = tx.Rows(`SELECT subject FROM people_group_members WHERE object = $1 AND replaced_at IS NULL AND held_from <= $2 AND (held_until IS NULL OR held_until > $2) ORDER BY subject`,
		[]any{group, tx.Now()}, func(scan scanner) error {
			var person string
			err := scan(&person)
			persons = append(persons, person)
			return err
		})
	return persons, err
}

func selectMembersPage(tx *store.Tx, group, after string, limit int) (found []Person, err error) {
	err = tx.Rows(`SELECT `+personColumns+` FROM people_group_members f JOIN people_persons p ON p.id = f.subject WHERE f.object = $1 AND f.replaced_at IS NULL AND f.held_from <= $2 AND (f.held_until IS NULL OR f.held_until > $2) AND f.subject > $3 ORDER BY f.subject LIMIT $4`,
		[]any{group, tx.Now(), after, limit}, func(scan scanner) error {
			var p Person
			err := scan(p.into()...)
			found = append(found, p)
			return err
		})
	return found, err
}

// Sessions.

const sessionColumns = `s.id, s.person, s.method, s.address, s.agent, s.begun, s.seen, s.expires`

func (s *Session) into() []any {
	return []any{&s.ID, &s.Person, &s.Method, &s.Address, &s.Agent, &s.Begun, &s.Seen, &s.Expires}
}

func insertSession(tx *store.Tx, s Session, digest string) error {
	_, err := tx.Exec(`INSERT INTO people_sessions (id, digest, person, method, address, agent, begun, seen, expires) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		s.ID, digest, s.Person, s.Method, s.Address, s.Agent, s.Begun, s.Seen, s.Expires)
	return err
}

// selectLiveSession returns a session that has not expired, was used since a time, and is of an
// active person, and that person's name.
func selectLiveSession(tx *store.Tx, digest string, since store.Time) (s Session, name string, err error) {
	err = tx.Row(`SELECT `+sessionColumns+`, p.name FROM people_sessions s JOIN people_persons p ON p.id = s.person WHERE s.digest = $1 AND s.expires > $2 AND s.seen > $3 AND p.active = 1`,
		[]any{digest, tx.Now(), since}, append(s.into(), &name)...)
	return s, name, err
}

func selectSessions(tx *store.Tx, person string, since store.Time) (found []Session, err error) {
	err = tx.Rows(`SELECT `+sessionColumns+` FROM people_sessions s WHERE s.person = $1 AND s.expires > $2 AND s.seen > $3 ORDER BY s.begun DESC, s.id DESC`,
		[]any{person, tx.Now(), since}, func(scan scanner) error {
			var s Session
			err := scan(s.into()...)
			found = append(found, s)
			return err
		})
	return found, err
}

func touchSession(tx *store.Tx, digest string, before store.Time) error {
	_, err := tx.Exec(`UPDATE people_sessions SET seen = $1 WHERE digest = $2 AND seen < $3`, tx.Now(), digest, before)
	return err
}

func deleteSession(tx *store.Tx, id string) error {
	_, err := tx.Exec(`DELETE FROM people_sessions WHERE id = $1`, id)
	return err
}

// deleteSessions ends one session of a person, or all where id is empty.
func deleteSessions(tx *store.Tx, person, id string) error {
	var q query
	q.add(`DELETE FROM people_sessions WHERE person = ?`, person)
	if id != "" {
		q.add(` AND id = ?`, id)
	}
	_, err := tx.Exec(q.text.String(), q.args...)
	return err
}

// deleteCredentials ends all by which a person could sign in or have a program act.
func deleteCredentials(tx *store.Tx, person string) error {
	for _, statement := range []string{
		`DELETE FROM people_passkeys WHERE person = $1`,
		`DELETE FROM people_identities WHERE person = $1`,
		`DELETE FROM people_links WHERE person = $1`,
		`DELETE FROM people_links WHERE maker = $1`,
	} {
		if _, err := tx.Exec(statement, person); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`UPDATE people_tokens SET ended = $1 WHERE maker = $2 AND ended IS NULL`, tx.Now(), person)
	return err
}

// Ceremonies and links.

func insertCeremony(tx *store.Tx, digest, kind, state string, expires store.Time) error {
	_, err := tx.Exec(`INSERT INTO people_ceremonies (digest, kind, state, expires) VALUES ($1, $2, $3, $4)`, digest, kind, state, expires)
	return err
}

// takeCeremony returns what was kept, and removes it.
func takeCeremony(tx *store.Tx, digest, kind string) (state string, err error) {
	err = tx.Row(`SELECT state FROM people_ceremonies WHERE digest = $1 AND kind = $2 AND expires > $3`, []any{digest, kind, tx.Now()}, &state)
	if err == nil {
		_, err = tx.Exec(`DELETE FROM people_ceremonies WHERE digest = $1`, digest)
	}
	return state, err
}

func replaceLink(tx *store.Tx, digest, person, maker string, expires store.Time) error {
	if err := deleteLinks(tx, person); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO people_links (digest, person, maker, expires) VALUES ($1, $2, $3, $4)`, digest, person, maker, expires)
	return err
}

func deleteLinks(tx *store.Tx, person string) error {
	_, err := tx.Exec(`DELETE FROM people_links WHERE person = $1`, person)
	return err
}

func selectLink(tx *store.Tx, digest string) (person string, err error) {
	err = tx.Row(`SELECT person FROM people_links WHERE digest = $1 AND expires > $2`, []any{digest, tx.Now()}, &person)
	return person, err
}

// Passkeys and identities.

const passkeyColumns = `id, person, name, credential, added, used`

func (k *Passkey) into() []any {
	return []any{&k.ID, &k.Person, &k.Name, &k.Credential, &k.Added, &k.Used}
}

func insertPasskey(tx *store.Tx, k Passkey) error {
	_, err := tx.Exec(`INSERT INTO people_passkeys (`+passkeyColumns+`) VALUES ($1, $2, $3, $4, $5, NULL)`, k.ID, k.Person, k.Name, k.Credential, tx.Now())
	return err
}

func selectPasskey(tx *store.Tx, id string) (k Passkey, err error) {
	err = tx.Row(`SELECT `+passkeyColumns+` FROM people_passkeys WHERE id = $1`, []any{id}, k.into()...)
	return k, err
}

func selectPasskeys(tx *store.Tx, person string) (found []Passkey, err error) {
	err = tx.Rows(`SELECT `+passkeyColumns+` FROM people_passkeys WHERE person = $1 ORDER BY added, id`, []any{person}, func(scan scanner) error {
		var k Passkey
		err := scan(k.into()...)
		found = append(found, k)
		return err
	})
	return found, err
}

func usePasskey(tx *store.Tx, id, credential string) error {
	_, err := tx.Exec(`UPDATE people_passkeys SET credential = $1, used = $2 WHERE id = $3`, credential, tx.Now(), id)
	return err
}

func deletePasskey(tx *store.Tx, id string) error {
	_, err := tx.Exec(`DELETE FROM people_passkeys WHERE id = $1`, id)
	return err
}

func countWaysIn(tx *store.Tx, person string) (n int64, err error) {
	err = tx.Row(`SELECT (SELECT COUNT(*) FROM people_passkeys WHERE person = $1) + (SELECT COUNT(*) FROM people_identities WHERE person = $1)`, []any{person}, &n)
	return n, err
}

func insertIdentity(tx *store.Tx, person string, i Identity) error {
	_, err := tx.Exec(`INSERT INTO people_identities (issuer, subject, person, added) VALUES ($1, $2, $3, $4)`, i.Issuer, i.Subject, person, tx.Now())
	return err
}

func selectIdentity(tx *store.Tx, issuer, subject string) (person string, err error) {
	err = tx.Row(`SELECT person FROM people_identities WHERE issuer = $1 AND subject = $2`, []any{issuer, subject}, &person)
	return person, err
}

func hasIdentity(tx *store.Tx, person, issuer string) (has bool, err error) {
	err = tx.Rows(`SELECT 1 FROM people_identities WHERE person = $1 AND issuer = $2`, []any{person, issuer}, func(scanner) error { has = true; return nil })
	return has, err
}

// Tokens.

const tokenColumns = `t.id, t.name, t.role, t.organisation, t.maker, t.made, t.expires, t.ended, t.used`

func (t *Token) into() []any {
	return []any{&t.ID, &t.Name, &t.Role, &t.Organisation, &t.Maker, &t.Made, &t.Expires, &t.Ended, &t.Used}
}

func insertToken(tx *store.Tx, t Token, digest string) error {
	_, err := tx.Exec(`INSERT INTO people_tokens (id, digest, name, role, organisation, maker, made, expires, ended, used) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, NULL, NULL)`,
		t.ID, digest, t.Name, t.Role, t.Organisation, t.Maker, t.Made, t.Expires)
	return err
}

func selectToken(tx *store.Tx, id string) (t Token, err error) {
	err = tx.Row(`SELECT `+tokenColumns+` FROM people_tokens t WHERE t.id = $1`, []any{id}, t.into()...)
	return t, err
}

// selectLiveToken returns a token that has not ended and whose maker, if it has one, is active.
func selectLiveToken(tx *store.Tx, digest string) (t Token, err error) {
	err = tx.Row(`SELECT `+tokenColumns+` FROM people_tokens t LEFT JOIN people_persons p ON p.id = t.maker WHERE t.digest = $1 AND t.ended IS NULL AND t.expires > $2 AND (t.maker = '' OR p.active = 1)`,
		[]any{digest, tx.Now()}, t.into()...)
	return t, err
}

// selectKeyed returns a token as selectLiveToken does, by its id, with its digest and the epoch of a device's keys.
func selectKeyed(tx *store.Tx, host, id string) (t Token, digest string, epoch int64, err error) {
	err = tx.Row(`SELECT `+tokenColumns+`, t.digest, COALESCE(k.epoch, 0) FROM people_tokens t LEFT JOIN people_persons p ON p.id = t.maker LEFT JOIN people_device_keys k ON k.host = $1 WHERE t.id = $2 AND t.ended IS NULL AND t.expires > $3 AND (t.maker = '' OR p.active = 1)`,
		[]any{host, id, tx.Now()}, append(t.into(), &digest, &epoch)...)
	return t, digest, epoch, err
}

func selectEpoch(tx *store.Tx, host string) (epoch int64, err error) {
	err = tx.Row(`SELECT epoch FROM people_device_keys WHERE host = $1`, []any{host}, &epoch)
	return epoch, err
}

func upsertEpoch(tx *store.Tx, host string, epoch int64) error {
	_, err := tx.Exec(`INSERT INTO people_device_keys (host, epoch) VALUES ($1, $2) ON CONFLICT (host) DO UPDATE SET epoch = excluded.epoch`, host, epoch)
	return err
}

func touchTokenOf(tx *store.Tx, id string, before store.Time) error {
	_, err := tx.Exec(`UPDATE people_tokens SET used = $1 WHERE id = $2 AND (used IS NULL OR used < $3)`, tx.Now(), id, before)
	return err
}

func selectTokens(tx *store.Tx, roots []string, before string, limit int) (found []Token, err error) {
	var q query
	narrow := q.below(roots, tx.Now())
	q.add(`SELECT ` + tokenColumns + ` FROM people_tokens t WHERE 1 = 1`)
	if narrow {
		q.add(` AND t.organisation IN (SELECT id FROM below)`)
	}
	if before != "" {
		q.add(` AND t.id < ?`, before)
	}
	q.add(` ORDER BY t.id DESC LIMIT ?`, limit)
	err = q.rows(tx, func(scan scanner) error {
		var t Token
		err := scan(t.into()...)
		found = append(found, t)
		return err
	})
	return found, err
}

func endToken(tx *store.Tx, id string) error {
	_, err := tx.Exec(`UPDATE people_tokens SET ended = $1 WHERE id = $2`, tx.Now(), id)
	return err
}

func touchToken(tx *store.Tx, digest string, before store.Time) error {
	_, err := tx.Exec(`UPDATE people_tokens SET used = $1 WHERE digest = $2 AND (used IS NULL OR used < $3)`, tx.Now(), digest, before)
	return err
}

// Requests.

func selectRequest(tx *store.Tx, actor, key string) (digest, result string, err error) {
	err = tx.Row(`SELECT digest, result FROM people_requests WHERE actor = $1 AND key = $2`, []any{actor, key}, &digest, &result)
	return digest, result, err
}

func insertRequest(tx *store.Tx, actor, key, digest, result string) error {
	_, err := tx.Exec(`INSERT INTO people_requests (actor, key, digest, result, at) VALUES ($1, $2, $3, $4, $5)`, actor, key, digest, result, tx.Now())
	return err
}

// The access log.

const accessColumns = `id, at, actor, address, outcome, permission, organisation, detail`

func (a *Access) into() []any {
	return []any{&a.ID, &a.At, &a.Actor, &a.Address, &a.Outcome, &a.Permission, &a.Organisation, &a.Detail}
}

func insertAccess(tx *store.Tx, a Access) error {
	_, err := tx.Exec(`INSERT INTO people_access (`+accessColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		a.ID, a.At, a.Actor, a.Address, a.Outcome, a.Permission, a.Organisation, a.Detail)
	return err
}

func selectAccess(tx *store.Tx, before string, limit int) (found []Access, err error) {
	var q query
	q.add(`SELECT ` + accessColumns + ` FROM people_access WHERE 1 = 1`)
	if before != "" {
		q.add(` AND id < ?`, before)
	}
	q.add(` ORDER BY id DESC LIMIT ?`, limit)
	err = q.rows(tx, func(scan scanner) error {
		var a Access
		err := scan(a.into()...)
		found = append(found, a)
		return err
	})
	return found, err
}

// eachAccess hands the events of a period to each, in the order of their times and ids.
func eachAccess(tx *store.Tx, from, until store.Time, each func(Access) error) error {
	return tx.Rows(`SELECT `+accessColumns+` FROM people_access WHERE at >= $1 AND at < $2 ORDER BY at, id`, []any{from, until}, func(scan scanner) error {
		var a Access
		if err := scan(a.into()...); err != nil {
			return err
		}
		return each(a)
	})
}

func selectLastHour(tx *store.Tx) (last store.Time, err error) {
	err = tx.Row(`SELECT hour FROM people_hours ORDER BY hour DESC LIMIT 1`, nil, &last)
	return last, err
}

func isHourClosed(tx *store.Tx, from store.Time) (closed bool, err error) {
	err = tx.Rows(`SELECT 1 FROM people_hours WHERE hour = $1`, []any{from}, func(scanner) error { closed = true; return nil })
	return closed, err
}

func insertHour(tx *store.Tx, h digestEntry) error {
	_, err := tx.Exec(`INSERT INTO people_hours (hour, events, digest) VALUES ($1, $2, $3)`, h.Hour, h.Events, h.SHA256)
	return err
}

func selectHours(tx *store.Tx, since store.Time) (hours []digestEntry, err error) {
	err = tx.Rows(`SELECT hour, events, digest FROM people_hours WHERE hour >= $1 ORDER BY hour`, []any{since}, func(scan scanner) error {
		var h digestEntry
		err := scan(&h.Hour, &h.Events, &h.SHA256)
		hours = append(hours, h)
		return err
	})
	return hours, err
}

// deleteEnded removes what has been kept long enough.
func deleteEnded(tx *store.Tx) error {
	for _, old := range []struct {
		statement string
		before    store.Time
	}{
		{`DELETE FROM people_sessions WHERE expires <= $1`, tx.Now()},
		{`DELETE FROM people_sessions WHERE seen <= $1`, tx.Now().Add(-sessionIdle)},
		{`DELETE FROM people_ceremonies WHERE expires <= $1`, tx.Now()},
		{`DELETE FROM people_links WHERE expires <= $1`, tx.Now()},
		{`DELETE FROM people_requests WHERE at <= $1`, tx.Now().Add(-keptRequests)},
		{`DELETE FROM people_access WHERE at <= $1`, tx.Now().Add(-keptAccess)},
	} {
		if _, err := tx.Exec(old.statement, old.before); err != nil {
			return err
		}
	}
	return nil
}
