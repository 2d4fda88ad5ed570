package approvals

import "portcullis/people"

// Kind is what a proposal would have be decided.
type Kind string

// The kinds.
const (
	Ban        Kind = "ban"        // a ban or a phase-out
	Allow      Kind = "allow"      // an allow rule: what an app request asks for
	Withdrawal Kind = "withdrawal" // a rule ends
	Exemption  Kind = "exemption"
	Monitor    Kind = "monitor" // a body watches for a while rather than enforces
	Supplier   Kind = "supplier"
	Product    Kind = "product"      // who makes a product, and what it contains
	Change     Kind = "process"      // who decides in a body
	Belonging  Kind = "organisation" // where a body belongs, and whose list it follows
)

// Kinds of proposals, in the order in which they are shown.
var kinds = []Kind{Ban, Allow, Withdrawal, Exemption, Monitor, Supplier, Product, Change, Belonging}

// Act is what somebody does in a proposal.
type Act string

// The acts. The first six bring it further, each by another person.
const (
	Recommend Act = "recommend"
	Grant     Act = "grant"
	Sign      Act = "sign" // as the second person
	Clear     Act = "clear"
	Confirm   Act = "confirm" // what is demanded is in place
	Review    Act = "review"  // an emergency's ban is to stay

	Open     Act = "open"
	Revise   Act = "revise" // what was said until then counts no more
	Refuse   Act = "refuse"
	TakeBack Act = "take-back"
	Consult  Act = "consult"  // the centre
	Answer   Act = "answer"   // by the centre
	Question Act = "question" // to who opened it
	Reply    Act = "reply"    // by who opened it, or for whom it is
)

// advances tells whether an act is one of those that each take another person.
func (a Act) advances() bool {
	switch a {
	case Recommend, Grant, Sign, Clear, Confirm, Review:
		return true
	}
	return false
}

// State is how far a proposal has come.
type State string

// The states.
const (
	Waiting State = "open"
	Made    State = "made"    // it is decided, and the register has it
	Interim State = "interim" // an emergency's ban is in force, and lapses unless it is reviewed
	Lapsed  State = "lapsed"
	Refused State = "refused"
	Back    State = "taken-back"
)

// deciding is the permission for granting and signing what a draft proposes.
func (d *Draft) deciding() people.Permission {
	switch d.Kind {
	case Allow:
		return people.DecideList
	case Withdrawal:
		if d.Ends.Allow {
			return people.DecideList
		}
	case Exemption:
		return people.DecideExemptions
	case Monitor:
		return people.DecideMonitor
	case Supplier, Product:
		return people.LinkIdentifiers
	case Change:
		return people.DecideProcess
	}
	return people.DecideBans
}

// opened is what whoever opened a proposal of a kind has done with it: before "this".
func (k Kind) opened() string {
	if k == Allow || k == Exemption {
		return "asked for"
	}
	return "proposed"
}

// opening is the permission for opening a proposal of a kind.
func (k Kind) opening() people.Permission {
	switch k {
	case Allow, Exemption:
		return people.Ask
	case Supplier, Product:
		return people.LinkIdentifiers
	case Belonging:
		return people.ChangeOrganisations
	}
	return people.Propose
}
