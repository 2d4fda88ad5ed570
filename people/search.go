package people

import (
	"slices"
	"strings"

	"portcullis/store"
)

// The search for persons, apart from sql.go because it is long and only reads. With 100,000
// persons most pages take a few milliseconds, and a count of what very many fit up to a second: TestSpeed
// measures them.

// few is how many persons are found first and put in order then. Where a query may find more, the order is
// walked instead until a page is full: where one in ten fits, that is soon.
const few = 10_000

// part finds the ids of all persons that fit one part of a query.
type part struct {
	text string // what follows SELECT; each ? stands for the next of the arguments
	args []any
	word string // that they fit, where it is one
}

// fewest looks for the part of a query that the fewest persons fit, and says how many they are at most; it
// is nil where that is more than few. What a database guesses of it by itself is far off, because it knows
// neither the tree nor the words.
func fewest(tx *store.Tx, roots []string, p PersonQuery, words []string) (first *part, n int64, err error) {
	organisations, err := selectBelow(tx, roots)
	if err != nil {
		return nil, 0, err
	}
	n = few + 1
	for _, candidate := range personParts(organisations, p, words, tx.Now()) {
		var q query
		q.add(`SELECT COUNT(*) FROM (SELECT `+candidate.text, candidate.args...)
		q.add(` LIMIT ?) fit`, n)
		fit, err := q.count(tx)
		if err != nil {
			return nil, 0, err
		}
		if fit < n {
			first, n = &candidate, fit
		}
		if n == 0 {
			break
		}
	}
	return first, n, nil
}

// selectBelow returns the roots and all organisations below them, and none for Everywhere. Given them one
// by one, a database knows how few they are.
func selectBelow(tx *store.Tx, roots []string) (organisations []string, err error) {
	var q query
	if !q.below(roots, tx.Now()) {
		return nil, nil
	}
	q.add(`SELECT id FROM below`)
	err = q.rows(tx, func(scan scanner) error {
		var id string
		err := scan(&id)
		organisations = append(organisations, id)
		return err
	})
	return organisations, err
}

// personParts are the parts of a query that an index finds.
func personParts(organisations []string, p PersonQuery, words []string, t store.Time) (parts []part) {
	add := func(text string, args ...any) { parts = append(parts, part{text: text, args: args}) }
	if p.UserName != "" {
		add(`id FROM people_persons WHERE user_name_lower = ?`, strings.ToLower(p.UserName))
	}
	if p.Mail != "" {
		add(`id FROM people_persons WHERE mail_lower = ?`, lowerMail(p.Mail))
	}
	if p.ExternalID != "" {
		add(`id FROM people_persons WHERE external_id = ?`, p.ExternalID)
	}
	for _, word := range words {
		add(`person FROM people_words WHERE word >= ? AND word < ?`, []byte(word), append([]byte(word), 0xff))
		parts[len(parts)-1].word = word
	}
	if p.Group != "" {
		add(`subject FROM people_group_members WHERE object = ? AND replaced_at IS NULL`, p.Group)
	}
	if p.Role != "" {
		add(`subject FROM people_roles WHERE SUBSTR(object, 1, ?) = ? AND replaced_at IS NULL`, len(p.Role)+1, string(p.Role)+"@")
	}
	if n := len(organisations); n > 0 && n <= mostOrganisations {
		text, args := among("object", organisations)
		add(`subject FROM people_memberships WHERE replaced_at IS NULL AND held_from <= ? AND (held_until IS NULL OR held_until > ?)`+text, append([]any{t, t}, args...)...)
	}
	return parts
}

// mostOrganisations is how many are looked through one by one. Whoever sees more sees so many people that
// walking the order is quicker.
const mostOrganisations = 512

// among is a condition that a column is one of some ids. Their number is rounded up to a power of two,
// lest every number of them be a statement of its own to the database.
func among(column string, ids []string) (text string, args []any) {
	n := 1
	for n < len(ids) {
		n *= 2
	}
	for i := range n {
		args = append(args, ids[min(i, len(ids)-1)])
	}
	return ` AND ` + column + ` IN (?` + strings.Repeat(`, ?`, n-1) + `)`, args
}

// persons appends the tables and conditions of a query for persons, its page left out. Those who fit the
// first part, where there is one, are found before the rest is asked of them. To SQLite a CROSS JOIN also
// says which table comes first, and to PostgreSQL the limit how few they are.
func (q *query) persons(roots []string, p PersonQuery, words []string, t store.Time, columns string, first *part) {
	narrow, with, from := q.below(roots, t), `WITH `, ``
	if narrow {
		with = `, `
	}
	if first != nil {
		q.add(with+`fit (id) AS MATERIALIZED (SELECT DISTINCT `+first.text, first.args...)
		q.add(` LIMIT ?) `, few)
		from = `fit CROSS JOIN `
	}
	q.add(`SELECT `+columns+` FROM `+from+`people_persons p CROSS JOIN people_memberships m WHERE m.subject = p.id AND m.replaced_at IS NULL AND m.held_from <= ? AND (m.held_until IS NULL OR m.held_until > ?)`, t, t)
	if first != nil {
		q.add(` AND p.id = fit.id`)
	}
	if narrow {
		// As an expression it is compared for each person who is come to, not looked up for each organisation.
		q.add(` AND m.object || '' IN (SELECT id FROM below)`)
	}
	for _, word := range words {
		if first != nil && word == first.word {
			continue
		}
		q.add(` AND EXISTS (SELECT 1 FROM people_words w WHERE w.person = p.id AND w.word >= ? AND w.word < ?)`, []byte(word), append([]byte(word), 0xff))
	}
	if p.Active != nil {
		q.add(` AND p.active = ?`, number(*p.Active))
	}
	if p.UserName != "" {
		q.add(` AND p.user_name_lower = ?`, strings.ToLower(p.UserName))
	}
	if p.ExternalID != "" {
		q.add(` AND p.external_id = ?`, p.ExternalID)
	}
	if p.Mail != "" {
		q.add(` AND p.mail_lower = ?`, lowerMail(p.Mail))
	}
	if p.Group != "" {
		q.add(` AND 0 < (SELECT COUNT(*) FROM people_group_members g WHERE g.subject = p.id AND g.object = ? AND g.replaced_at IS NULL AND g.held_from <= ? AND (g.held_until IS NULL OR g.held_until > ?))`, p.Group, t, t)
	}
	if p.Role != "" {
		// The object of a role is role@organisation. Counted, it is asked of each person who is come to:
		// no database can guess how many begin so.
		q.add(` AND 0 < (SELECT COUNT(*) FROM people_roles r WHERE r.subject = p.id AND SUBSTR(r.object, 1, ?) = ? AND r.replaced_at IS NULL AND r.held_from <= ? AND (r.held_until IS NULL OR r.held_until > ?))`,
			len(p.Role)+1, string(p.Role)+"@", t, t)
	}
}

func selectPersons(tx *store.Tx, roots []string, p PersonQuery, words []string) (found []Person, err error) {
	first, n, err := fewest(tx, roots, p, words)
	if err != nil || n == 0 {
		return nil, err
	}
	if first == nil || first.word == "" {
		return selectPage(tx, roots, p, words, first)
	}
	// Of a word the order of names is known: who fits the rest is looked for a stretch of it at a time.
	for stretch := 128; ; stretch *= 4 {
		some := first.stretch(p.After, stretch)
		last, n, err := some.last(tx)
		if err != nil || n == 0 {
			return found, err
		}
		page, err := selectPage(tx, roots, p, words, &some.part)
		if err != nil {
			return nil, err
		}
		if found = append(found, page...); len(page) == p.Limit || n < stretch {
			return found, nil
		}
		p.After, p.Limit = last, p.Limit-len(page)
	}
}

// stretch is some of those who have a word, in the order of names.
type stretch struct {
	part
	among string
}

// stretch is at most n of those who have the word, after a place in the order of names.
func (w part) stretch(after Place, n int) stretch {
	const among = `SELECT DISTINCT name_lower, person FROM people_words WHERE word >= ? AND word < ? AND (name_lower, person) > (?, ?) ORDER BY name_lower, person LIMIT ?`
	args := append(slices.Clone(w.args), strings.ToLower(after.Name), after.ID, n)
	return stretch{part{text: `person FROM (` + among + `) ordered`, args: args, word: w.word}, among}
}

// last is the last place of the stretch, and how many it has.
func (s stretch) last(tx *store.Tx) (last Place, n int, err error) {
	var q query
	q.add(s.among, s.args...)
	err = q.rows(tx, func(scan scanner) error { n++; return scan(&last.Name, &last.ID) })
	return last, n, err
}

// selectPage returns a page of the persons who fit a query, of whom first finds few.
func selectPage(tx *store.Tx, roots []string, p PersonQuery, words []string, first *part) (found []Person, err error) {
	var q query
	q.persons(roots, p, words, tx.Now(), personColumns+`, m.object`, first)
	if p.After != (Place{}) {
		q.add(` AND (p.name_lower, p.id) > (?, ?)`, strings.ToLower(p.After.Name), p.After.ID)
	}
	q.add(` ORDER BY p.name_lower, p.id LIMIT ?`, p.Limit)
	err = q.rows(tx, func(scan scanner) error {
		var person Person
		err := scan(append(person.into(), &person.Organisation)...)
		found = append(found, person)
		return err
	})
	return found, err
}

// countPersons counts; of a query without a condition the memberships alone, of which everybody has one
// at any time.
func countPersons(tx *store.Tx, roots []string, p PersonQuery, words []string) (int64, error) {
	var q query
	p.After, p.Limit, p.Organisation, p.Words = Place{}, 0, "", ""
	if p == (PersonQuery{}) && len(words) == 0 && slices.Equal(roots, []string{Everywhere}) {
		q.add(`SELECT COUNT(*) FROM people_persons`)
		return q.count(tx)
	}
	if p == (PersonQuery{}) && len(words) == 0 {
		organisations, err := selectBelow(tx, roots)
		if err != nil {
			return 0, err
		}
		q.add(`SELECT COUNT(*) FROM people_memberships WHERE replaced_at IS NULL AND held_from <= ? AND (held_until IS NULL OR held_until > ?)`, tx.Now(), tx.Now())
		text, args := among("object", organisations)
		q.add(text, args...)
		return q.count(tx)
	}
	first, n, err := fewest(tx, roots, p, words)
	if err != nil || n == 0 {
		return 0, err
	}
	q.persons(roots, p, words, tx.Now(), `COUNT(*)`, first)
	return q.count(tx)
}
