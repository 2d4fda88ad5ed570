package register

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// day is how faults give times.
const day = "2 January 2006 at 15:04 UTC"

// endEntry is the payload of ruleEnded, ruleKept and exemptionEnded.
type endEntry struct {
	Until  store.Time `json:"until,omitzero"`
	Reason string     `json:"reason"`
	// TakenBack is that the rule would have ended before it began: it has never held.
	TakenBack bool `json:"takenBack,omitempty"`
}

// AddRule adds a rule in a transaction that has what such a decision needs, and returns it: it asks for no
// permission. Where no id is given one is made from what the rule does and what it is about; where no time is,
// it holds from now on. What a world file could not have is a fault of the kind Invalid with the field as world
// files name it; an id that another rule has or had is a Conflict.
func AddRule(tx *people.Tx, rule policy.Rule) (policy.Rule, error) {
	rule, err := newRule(tx, rule)
	if err != nil {
		return rule, err
	}
	p := part{id: rule.ID, document: ruleOf(&rule), reason: rule.Reason, kind: &ruleAdded, organisation: rule.Scope}
	return rule, write(tx).add(Rules, []part{p}, alone)
}

// CheckRule returns what is wrong with a rule that AddRule is to add later. It asks for no permission.
func CheckRule(tx *people.Tx, rule policy.Rule) error {
	_, err := newRule(tx, rule)
	return err
}

// newRule returns a rule as it would be added, or what is wrong with it.
func newRule(tx *people.Tx, rule policy.Rule) (_ policy.Rule, err error) {
	if err := checkWords(rule); err != nil {
		return rule, err
	}
	if rule.From.IsZero() {
		rule.From = tx.Now().Time()
	}
	target := rule.Target.Product + rule.Target.Supplier
	if rule.Target.Any {
		target = "any"
	}
	if rule.ID, err = named(tx.Tx, Rules, rule.ID, ruleID(rule.Effect.String(), target, rule.Scope)); err != nil {
		return rule, err
	}
	return validRule(tx, rule)
}

func checkWords(rule policy.Rule) error {
	return errors.Join(listed("effect", policy.EffectWords[:], rule.Effect), listed("platforms", policy.PlatformWords[:], rule.Platforms...),
		listed("kinds", policy.KindWords[:], rule.Kinds...),
		listed("min_version_code", policy.PlatformWords[:], slices.Collect(maps.Keys(rule.MinVersionCode))...))
}

// validRule returns a rule as it is stored, or what is wrong with it.
func validRule(tx *people.Tx, rule policy.Rule) (policy.Rule, error) {
	w, err := stored(Rules, ruleOf(&rule))
	if err != nil {
		return rule, err
	}
	rule = w.Rules[0]
	if err := scoped(tx, &w, rule.Scope); err != nil {
		return rule, err
	}
	if err := known(tx.Tx, &w, []string{rule.Target.Supplier}, []string{rule.Target.Product}); err != nil {
		return rule, err
	}
	return rule, errors.Join(valid(&w, "rules"), noBlanks("site_class", rule.SiteClass), noBlanks("mitigations", rule.Mitigations))
}

// alone is the place of a thing that comes alone: its faults need none among others.
func alone(int) string { return "" }

// EndRule has a rule end in a transaction that has what such a decision needs, at until or, where it is zero, now,
// and returns it: it asks for no permission. A rule does not end in the past: what it did until now it did. One that
// would end before it begins, or as it begins, is taken back: no world has it from then on, and it cannot be taken
// back where an exemption names it.
func EndRule(tx *people.Tx, id string, until store.Time, reason string) (none policy.Rule, err error) {
	row, rule, err := findRule(tx, id)
	if err != nil {
		return none, err
	}
	reason, err = checkReason("reason", reason)
	if err == nil && reason == "" {
		err = fault.In("reason", "Say why the rule ends")
	}
	if until.IsZero() {
		until = tx.Now()
	}
	if err := errors.Join(err, checkEnd(rule, until, tx.Now())); err != nil {
		return none, err
	}
	if store.TimeOf(rule.Until) == until {
		tx.NoEntry("it ends then already")
		return rule, nil
	}
	ended, err := write(tx).end([]ending{{row, rule}}, until, reason)
	if err != nil {
		return none, err
	}
	return ended[0], nil
}

// CheckEnd returns what is wrong with having a rule end so. It asks for no permission.
func CheckEnd(tx *people.Tx, id string, until store.Time) (policy.Rule, error) {
	_, rule, err := findRule(tx, id)
	if err == nil {
		if until.IsZero() {
			until = tx.Now()
		}
		err = checkEnd(rule, until, tx.Now())
	}
	return rule, err
}

// KeepRule has a rule that was to end go on: until the time given, or without an end. It cannot bring one
// back that has ended. It asks for no permission.
func KeepRule(tx *people.Tx, id string, until store.Time, reason string) (none policy.Rule, err error) {
	row, rule, err := findRule(tx, id)
	if err != nil {
		return none, err
	}
	if !rule.Until.IsZero() && !tx.Now().Time().Before(rule.Until) {
		return none, fault.New(fault.Conflict, "The rule %s has ended, on %s: propose it anew", id, rule.Until.Format(day))
	}
	rule.Until = until.Time()
	if row, err = row.with(ruleOf(&rule), reason); err != nil {
		return none, err
	}
	if err := write(tx).replace(Rules, []item{row}); err != nil {
		return none, err
	}
	return rule, tx.Record(ruleKept, rule.Scope, []string{id}, endEntry{Until: until, Reason: reason})
}

// findRule returns a rule that counts, and its row.
func findRule(tx *people.Tx, id string) (item, policy.Rule, error) {
	rows, err := selectItems(tx.Tx, Rules, []string{id})
	if err != nil {
		return item{}, policy.Rule{}, err
	}
	row, there := rows[id]
	if !there {
		return item{}, policy.Rule{}, fault.New(fault.NotFound, "There is no rule %s", id)
	}
	rule, err := row.rule()
	return row, rule, err
}

func checkEnd(rule policy.Rule, until, now store.Time) error {
	switch ends := store.TimeOf(rule.Until); {
	case !ends.IsZero() && !now.Before(ends) && ends != until:
		return fault.New(fault.Conflict, "The rule %s ended on %s: nothing is left to end", rule.ID, rule.Until.Format(day))
	case until.Before(now) && ends != until:
		return fault.In("until", "A rule cannot end in the past, for people have gone by it until now: leave the time out to end it at once")
	case !ends.IsZero() && ends.Before(until):
		return fault.In("until", "The rule ends earlier, on %s: to have it go on, add another from then on", rule.Until.Format(day))
	}
	return nil
}

// ending is a rule that is to end, and its row.
type ending struct {
	row  item
	rule policy.Rule
}

// end has rules end at one time, each with its entry, and returns them as they then are.
func (w *writing) end(rules []ending, until store.Time, reason string) (ended []policy.Rule, err error) {
	var replaced []item
	var back []string
	for _, e := range rules {
		never := !e.rule.From.Before(until.Time())
		e.rule.Until = until.Time()
		ended = append(ended, e.rule)
		if never {
			if err := takesBack(w.tx.Tx, e.rule); err != nil {
				return nil, err
			}
			back = append(back, e.row.id)
		} else {
			row, err := e.row.with(ruleOf(&e.rule), reason)
			if err != nil {
				return nil, err
			}
			replaced = append(replaced, row)
		}
		if err := w.raise(); err != nil {
			return nil, err
		}
		if err := w.tx.Record(ruleEnded, e.rule.Scope, []string{e.rule.ID}, endEntry{until, reason, never}); err != nil {
			return nil, err
		}
	}
	if err := w.takeBack(Rules, back); err != nil {
		return nil, err
	}
	return ended, w.replace(Rules, replaced)
}

// takesBack returns a fault where an exemption names the rule, which only bans and phase-outs are: it would
// lift what is not there.
func takesBack(tx *store.Tx, rule policy.Rule) error {
	if rule.Effect == policy.Allow {
		return nil
	}
	return eachOf(tx, Exemptions, func(i item) error {
		w, err := i.read()
		if err == nil && slices.Contains(w.Exemptions[0].Lifts, rule.ID) {
			err = &fault.Error{Kind: fault.Conflict, Field: "until", Message: fmt.Sprintf(
				"The exemption %s lifts the rule %s, which therefore cannot be taken back before it begins: give a time after its beginning", i.id, rule.ID)}
		}
		return err
	})
}

// FindRule returns a rule that counts, and tells whether there is one. It asks for no permission.
func FindRule(tx *store.Tx, id string) (policy.Rule, bool, error) {
	rows, err := selectItems(tx, Rules, []string{id})
	if err != nil {
		return policy.Rule{}, false, err
	}
	row, there := rows[id]
	if !there {
		return policy.Rule{}, false, nil
	}
	rule, err := row.rule()
	return rule, true, err
}

// FindRules returns those of the rules that count, by their ids. It asks for no permission.
func FindRules(tx *store.Tx, ids []string) (map[string]policy.Rule, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := selectItems(tx, Rules, ids)
	if err != nil {
		return nil, err
	}
	found := make(map[string]policy.Rule, len(rows))
	for id, row := range rows {
		if found[id], err = row.rule(); err != nil {
			return nil, err
		}
	}
	return found, nil
}
