package approvals

import (
	"cmp"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
)

// Asker is the person who answers for an actor who asks for something that takes two people, in a room above: of a
// program, who made its token. Whoever has the database, and makes tokens by that, is nobody.
func Asker(tx *people.Tx) (person string, err error) {
	if who := tx.Who(); who.Program() && who.Maker != "" {
		return who.Maker, nil
	}
	return tx.RequireOwn()
}

// SecondForExemption is the person who answers for an actor who agrees, or does not, to what lets devices of an
// organisation do what bans deny, and is decided in a room above. It is held to how exemptions are signed there: by
// people.DecideExemptions and the roles of the organisation's process, in the organisation above where that says so.
// Who agrees is not the one who asked, nor somebody who has come in by them.
func SecondForExemption(tx *people.Tx, organisation, asked string, agrees bool) (person string, err error) {
	if person, err = Asker(tx); err != nil {
		return "", err
	}
	need, err := signsExemptions(tx, organisation)
	if err != nil {
		return "", err
	}
	if err := tx.RequireRole(need.Permission, need.Organisation, need.Roles); err != nil || !agrees {
		return person, err
	}
	if person == asked {
		return "", tx.Refuse(need.Permission, need.Organisation, "You have proposed this yourself: somebody else has to agree")
	}
	bar, err := tied(tx, &Case{Asked: asked})
	if err == nil && bar != "" {
		err = tx.Refuse(need.Permission, need.Organisation, "%s", bar)
	}
	return person, err
}

// MaySecondExemption tells whether the actor has what SecondForExemption asks for, whoever proposed it: for showing the way.
func MaySecondExemption(tx *people.Tx, organisation string) (bool, error) {
	need, err := signsExemptions(tx, organisation)
	if err != nil {
		return false, err
	}
	return tx.HasRole(need.Permission, need.Organisation, need.Roles)
}

// SecondsForExemption are the ids of those who may agree, as SecondForExemption has it: whom to tell that something waits.
func SecondsForExemption(tx *people.Tx, organisation string) ([]string, error) {
	need, err := signsExemptions(tx, organisation)
	if err != nil {
		return nil, err
	}
	return people.Holders(tx.Tx, need.Permission, need.Organisation, need.Roles)
}

func signsExemptions(tx *people.Tx, organisation string) (Need, error) {
	rd := read(tx)
	process, err := rd.process(organisation)
	if err != nil {
		return Need{}, err
	}
	chain, err := rd.chain(organisation)
	if err != nil {
		return Need{}, err
	}
	c := Case{Organisation: organisation, Path: process.Exemption, Deciding: people.DecideExemptions}
	if len(chain) > 1 {
		c.Above = chain[1]
	}
	return c.need(Sign, c.Deciding, c.Path.Sign), nil
}

// CheckEnd returns a fault of the field until where what exempts devices of an organisation ends too late, or not at all:
// it holds for as many days as an exemption does there.
func CheckEnd(tx *people.Tx, organisation string, until people.Time) error {
	if until.IsZero() {
		return fault.In("until", "Say until when: what exempts always ends")
	}
	if !tx.Now().Before(until) {
		return fault.In("until", "The end must be later than now")
	}
	most, days, err := LatestEnd(tx, organisation)
	if err == nil && most.Before(until.Time()) {
		err = fault.In("until", "This holds for too long: here an exemption holds for %d days at most, until %s. It can be proposed anew then", days, most.Format("2 January 2006"))
	}
	return err
}

// LatestEnd is the latest time until which what exempts devices of an organisation may hold if it began now, and after
// how many days that is.
func LatestEnd(tx *people.Tx, organisation string) (most time.Time, days int, err error) {
	process, err := read(tx).process(organisation)
	days = cmp.Or(process.Exemption.LongestDays, Default().Exemption.LongestDays)
	return tx.Now().Time().AddDate(0, 0, days), days, err
}
