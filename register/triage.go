package register

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register/search"
	"portcullis/store"
)

// Decision is what a body decides of an app that its devices have and its list has not.
type Decision string

// The decisions of a triage.
const (
	// AllowApp puts the app on the body's list.
	AllowApp Decision = "allow"
	// AllowAppUntil allows it for a while. The end is the review date: from then on the app is unlisted
	// again, and asked about again.
	AllowAppUntil Decision = "allow-until"
	// LeaveUnlisted leaves things as they are, and is not asked again.
	LeaveUnlisted Decision = "leave-unlisted"
)

const (
	reviewDays = 90     // unless said
	maxChoices = 20_000 // in one triage
)

// Choice is a decision about one app: a product, or something found on devices that is none yet.
type Choice struct {
	Product string `json:"product,omitempty"`
	Found   *Found `json:"found,omitempty"`

	Decision Decision `json:"decision"`
	// Until is the review date of AllowAppUntil; the midnight in 90 days where it is zero.
	Until  store.Time `json:"until,omitzero"`
	Reason string     `json:"reason,omitempty"`
}

// Found is what devices say of an app. Where no product has the identifier, one is made, with the name and
// without a supplier: a publisher's name proves nothing.
type Found struct {
	Platform   policy.Platform `json:"platform"`
	Identifier string          `json:"identifier"`
	Name       string          `json:"name,omitempty"`
	Publisher  string          `json:"publisher,omitempty"`
	// Shop is the address of its page in a shop, as search.FromShop has it; empty where nobody has given one.
	Shop string `json:"shop,omitempty"`
}

// Triaged is what became of the choices of a triage.
type Triaged struct {
	Allowed      int `json:"allowed"`
	AllowedUntil int `json:"allowedUntil"`
	LeftUnlisted int `json:"leftUnlisted"`
	Unchanged    int `json:"unchanged"` // were decided so already
	Products     int `json:"products"`  // that were made
}

// unlistedEntry is the payload of leftUnlisted.
type unlistedEntry struct {
	Reason string `json:"reason,omitempty"`
}

// Triage decides about many apps of an organisation at once, all or none, each with an entry of its own, in a
// transaction that has what such a decision needs. Where products are made of what was found it asks for
// people.LinkIdentifiers Everywhere, and for nothing else. A choice undoes what an earlier triage of the organisation
// chose for the same product: a rule that was made so ends. Faults name their choice, as choices[3].product.
func Triage(tx *people.Tx, organisation string, choices []Choice) (none Triaged, err error) {
	if err := tx.Exists("organisation", organisation); err != nil {
		return none, err
	}
	t := triage{tx: tx, write: write(tx), organisation: organisation, standing: map[string]chosen{}}
	if t.choices, err = checkChoices(choices, tx.Now()); err != nil {
		return none, err
	}
	for _, step := range []func() error{t.identify, t.checkProducts, t.stand, t.decide, t.unlist} {
		if err := step(); err != nil {
			return none, err
		}
	}
	if t.done.Unchanged == len(choices) {
		tx.NoEntry("everything is as it was")
	}
	return t.done, nil
}

// triage is a Triage under way.
type triage struct {
	tx           *people.Tx
	write        *writing
	organisation string
	choices      []choice
	standing     map[string]chosen // what was chosen earlier, by product
	done         Triaged
}

// choice is one with its place among those that were given, and its product once it is known.
type choice struct {
	Choice
	place string
}

// checkChoices returns the choices with what is left out filled in, or their faults together.
func checkChoices(given []Choice, now store.Time) (choices []choice, err error) {
	switch {
	case len(given) == 0:
		return nil, fault.In("choices", "Choose at least one app")
	case len(given) > maxChoices:
		return nil, fault.In("choices", "Decide about %d apps or fewer at once", maxChoices)
	}
	var faults []error
	for i, c := range given {
		place := fmt.Sprintf("choices[%d]", i)
		if err := c.check(now); err != nil {
			faults = append(faults, under(place, err))
		}
		if c.Decision == AllowAppUntil && c.Until.IsZero() {
			c.Until = store.TimeOf(now.Time().Truncate(24*time.Hour).AddDate(0, 0, reviewDays))
		}
		choices = append(choices, choice{c, place})
	}
	return choices, errors.Join(faults...)
}

// check mends the reason and returns what is wrong with a choice by itself.
func (c *Choice) check(now store.Time) (err error) {
	var faults []error
	if (c.Product == "") == (c.Found == nil) {
		faults = append(faults, fault.In("product", "Say which app: a product, or what was found, and not both"))
	}
	if c.Found != nil {
		faults = append(faults, CheckFound(*c.Found))
	}
	switch c.Decision {
	case AllowApp, AllowAppUntil, LeaveUnlisted:
	default:
		faults = append(faults, fault.In("decision", "Choose one of %s, %s and %s", AllowApp, AllowAppUntil, LeaveUnlisted))
	}
	switch {
	case c.Until.IsZero():
	case c.Decision != AllowAppUntil:
		faults = append(faults, fault.In("until", "A review date is for what is allowed for a while"))
	case !now.Before(c.Until):
		faults = append(faults, fault.In("until", "The review date must be later than now"))
	}
	if c.Reason, err = checkReason("reason", c.Reason); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// identify finds the products of what was found, and makes those that are not there.
func (t *triage) identify() error {
	var digests []string
	var found []int // the choices that they belong to
	for i := range t.choices {
		if f := t.choices[i].Found; f != nil {
			digests, found = append(digests, digestOf(f.Platform, f.Identifier)), append(found, i)
		}
	}
	products, err := selectLinked(t.tx.Tx, digests)
	if err != nil {
		return err
	}
	var unknown []*choice
	seen := map[string]*choice{}
	for n, i := range found {
		c := &t.choices[i]
		if c.Product = products[digests[n]]; c.Product != "" {
			continue
		}
		if first := seen[digests[n]]; first != nil {
			return twice(c, first)
		}
		seen[digests[n]] = c
		unknown = append(unknown, c)
	}
	if len(unknown) == 0 {
		return nil
	}
	if err := t.tx.Require(people.LinkIdentifiers, people.Everywhere); err != nil {
		return err
	}
	return t.makeProducts(unknown)
}

func twice(c, first *choice) error {
	return fault.In(c.place, "This app is in the list twice: see %s", first.place)
}

func (t *triage) makeProducts(choices []*choice) error {
	names := each(choices, func(c *choice) func(int) string {
		return numbered(cmp.Or(slug(c.Found.Name), slug(c.Found.Identifier), "app"))
	})
	ids, err := free(t.tx.Tx, Products, names)
	if err != nil {
		return err
	}
	var products []policy.Product
	var publishers []string
	for i, c := range choices {
		c.Product = ids[i]
		products = append(products, policy.Product{ID: ids[i], Kind: policy.App, Name: c.Found.Name,
			Identifiers: map[policy.Platform][]policy.Identifier{c.Found.Platform: {{ID: c.Found.Identifier}}}})
		publishers = append(publishers, c.Found.Publisher)
	}
	t.done.Products = len(products)
	return t.write.addProducts(products, publishers, func(n int) string { return choices[n].place + ".found" })
}

// checkProducts returns the faults of products that are not there, or are there twice.
func (t *triage) checkProducts() error {
	there, err := selectItems(t.tx.Tx, Products, each(t.choices, func(c choice) string { return c.Product }))
	if err != nil {
		return err
	}
	var faults []error
	seen := map[string]*choice{}
	for i := range t.choices {
		c := &t.choices[i]
		if _, is := there[c.Product]; !is {
			faults = append(faults, fault.In(c.place+".product", "There is no product %s", c.Product))
		}
		if first := seen[c.Product]; first != nil {
			faults = append(faults, twice(c, first))
		}
		seen[c.Product] = c
	}
	return errors.Join(faults...)
}

// stand leaves out what was decided so already, and ends what earlier choices for the others made.
func (t *triage) stand() error {
	standing, err := selectChosen(t.tx.Tx, t.organisation, "")
	if err != nil {
		return err
	}
	for _, c := range standing {
		t.standing[c.product] = c
	}
	rules, err := t.standingRules()
	if err != nil {
		return err
	}
	var left []choice
	var over []string
	var ends []ending
	for _, c := range t.choices {
		earlier, is := t.standing[c.Product]
		rule, inForce := rules[earlier.rule]
		switch {
		case is && c.repeats(earlier, rule, inForce):
			t.done.Unchanged++
			continue
		case is:
			over = append(over, c.Product)
		}
		if is && inForce {
			ends = append(ends, rule)
		}
		left = append(left, c)
	}
	t.choices = left
	if _, err := t.write.end(ends, t.tx.Now(), "decided anew"); err != nil || len(over) == 0 {
		return err
	}
	if err := t.write.raise(); err != nil {
		return err
	}
	return retireChosen(t.tx.Tx, t.organisation, t.write.generation, over)
}

// standingRules returns the rules that earlier choices for the same products made and that have not ended.
func (t *triage) standingRules() (map[string]ending, error) {
	var ids []string
	for _, c := range t.choices {
		if earlier := t.standing[c.Product]; earlier.rule != "" {
			ids = append(ids, earlier.rule)
		}
	}
	rows, err := selectItems(t.tx.Tx, Rules, ids)
	if err != nil {
		return nil, err
	}
	rules := make(map[string]ending, len(rows))
	for id, row := range rows {
		rule, err := row.rule()
		if err != nil {
			return nil, err
		}
		if rule.Until.IsZero() || t.tx.Now().Time().Before(rule.Until) {
			rules[id] = ending{row, rule}
		}
	}
	return rules, nil
}

// repeats tells whether a choice says what an earlier one has brought about already.
func (c *choice) repeats(earlier chosen, rule ending, inForce bool) bool {
	if c.Decision != earlier.decision {
		return false
	}
	return c.Decision == LeaveUnlisted || inForce && store.TimeOf(rule.rule.Until) == c.Until
}

// decide adds the rules of what is allowed.
func (t *triage) decide() error {
	var allowed []*choice
	for i := range t.choices {
		if t.choices[i].Decision != LeaveUnlisted {
			allowed = append(allowed, &t.choices[i])
		}
	}
	ids, err := free(t.tx.Tx, Rules, each(allowed, func(c *choice) func(int) string {
		return ruleID(policy.Allow.String(), c.Product, t.organisation)
	}))
	if err != nil {
		return err
	}
	var parts []part
	var rows []chosen
	for i, c := range allowed {
		rule := policy.Rule{ID: ids[i], Effect: policy.Allow, Target: policy.Target{Product: c.Product}, Scope: t.organisation,
			Period: policy.Period{From: t.tx.Now().Time(), Until: c.Until.Time()}, Reason: c.Reason}
		parts = append(parts, part{id: ids[i], document: ruleOf(&rule), reason: c.Reason, kind: &ruleAdded, organisation: t.organisation})
		rows = append(rows, chosen{product: c.Product, decision: c.Decision, rule: ids[i], reason: c.Reason})
		if c.Decision == AllowApp {
			t.done.Allowed++
		} else {
			t.done.AllowedUntil++
		}
	}
	if err := t.write.add(Rules, parts, func(n int) string { return allowed[n].place }); err != nil {
		return err
	}
	return t.choose(rows)
}

// unlist notes what is left unlisted.
func (t *triage) unlist() error {
	var rows []chosen
	for _, c := range t.choices {
		if c.Decision != LeaveUnlisted {
			continue
		}
		if err := t.write.raise(); err != nil {
			return err
		}
		if err := t.tx.Record(leftUnlisted, t.organisation, []string{c.Product}, unlistedEntry{c.Reason}); err != nil {
			return err
		}
		rows = append(rows, chosen{product: c.Product, decision: c.Decision, reason: c.Reason})
	}
	t.done.LeftUnlisted = len(rows)
	return t.choose(rows)
}

// choose notes choices, for a later triage to know them.
func (t *triage) choose(rows []chosen) error {
	return insertChosen(t.tx.Tx, t.tx.Who().ID, t.organisation, t.write.generation, rows)
}

// Unlisted is an app that an organisation has left unlisted.
type Unlisted struct {
	Product, Reason string
	By              string // as in the ledger: see people.Who
	At              store.Time
}

// LeftUnlisted returns what an organisation has left unlisted and decided nothing else of in a triage since,
// in the order of the products' ids. Like World it asks for no permission.
func LeftUnlisted(tx *store.Tx, organisation string) (left []Unlisted, err error) {
	rows, err := selectChosen(tx, organisation, LeaveUnlisted)
	return each(rows, func(c chosen) Unlisted { return Unlisted{c.product, c.reason, c.by, c.at} }), err
}

// CheckFound returns what is wrong with what devices say of an app.
func CheckFound(f Found) error {
	return errors.Join(CheckAsked(f), checkIdentifier("found.identifier", f.Identifier))
}

// CheckAsked returns what is wrong with an app that somebody asks for: it may be without its identifier, which whoever
// asks need not know, if it has a name.
func CheckAsked(f Found) error {
	faults := []error{listed("found.platform", policy.PlatformWords[:], f.Platform)}
	if f.Identifier == "" && f.Name == "" {
		faults = append(faults, fault.In("found.name", "Say what it is called"))
	}
	if page, ok := search.FromShop(f.Shop); f.Shop != "" && (!ok || page.Link != f.Shop) {
		faults = append(faults, fault.In("found.shop", "This is not the address of an app in a shop that is known here: leave it out"))
	}
	return errors.Join(faults...)
}

// FindOrAdd returns the product of what was found; where there is none, one is made, with the name and without
// a supplier. It asks for no permission.
func FindOrAdd(tx *people.Tx, f Found) (product string, err error) {
	digest := digestOf(f.Platform, f.Identifier)
	there, err := selectLinked(tx.Tx, []string{digest})
	if err != nil || there[digest] != "" {
		return there[digest], err
	}
	t := triage{tx: tx, write: write(tx)}
	c := choice{Choice: Choice{Found: &f}}
	if err := t.makeProducts([]*choice{&c}); err != nil {
		return "", err
	}
	return c.Product, nil
}
