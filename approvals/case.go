package approvals

import (
	"slices"

	"portcullis/internal/fault"
	"portcullis/people"
)

// Step is what somebody did in a proposal.
type Step struct {
	Number int64
	Act    Act
	// By is as in the ledger, Principal who answers for it: see people.Who.
	By, Principal string
	At            people.Time
	Said
	// Counted is what stood on the page that was signed: whom the decision reaches.
	Counted *Numbers
	Moving  *Moving // where it is about where a body belongs
}

// Said is what somebody says with a step. Which parts a step needs is its own; see Case.Check.
type Said struct {
	Reason string `json:"reason,omitempty"`
	// Risk and Criteria are the note of whoever recommends or grants.
	Risk     string `json:"risk,omitempty"`
	Criteria string `json:"criteria,omitempty"`
	// Office, Minister and Reference are of a clearance: which office, in whose name, and its file.
	Office    string `json:"office,omitempty"`
	Minister  string `json:"minister,omitempty"`
	Reference string `json:"reference,omitempty"`
	// Conditions are what an office demands besides: it must be in place before the exemption holds.
	Conditions string `json:"conditions,omitempty"`
}

// Case is a proposal as far as it matters to who may take the next step.
type Case struct {
	Kind         Kind
	Organisation string
	Above        string // the organisation above, if there is one
	Path         Path
	// Deciding is the permission for granting and signing it.
	Deciding people.Permission
	// Offices are those that must clear it, and Where the organisation whose clearing office each is, as the body says
	// that made the rule.
	Offices []string
	Where   map[string]string
	// InPlace is that something must be in place before it holds.
	InPlace bool
	// Emergency is a ban that two duty officers have made, and a third person reviews.
	Emergency bool
	// Asked is who opened it, and For whom it is: neither decides about it.
	Asked, For string
	Steps      []Step
	State      State
}

// Need is a step that is missing, and who may take it: one of the roles that has the permission in the
// organisation.
type Need struct {
	Act          Act
	Permission   people.Permission
	Roles        []people.Role
	Organisation string
	Office       string // of a clearance
}

// since are the steps that count: those since it was last revised.
func (c *Case) since() []Step {
	for i := len(c.Steps) - 1; i >= 0; i-- {
		if c.Steps[i].Act == Revise {
			return c.Steps[i+1:]
		}
	}
	return c.Steps
}

func (c *Case) has(act Act, office string) bool {
	return slices.ContainsFunc(c.since(), func(s Step) bool { return s.Act == act && s.Office == office })
}

// Missing are all steps that are missing, in their order. Nothing is missing of what is decided.
func (c *Case) Missing() (needs []Need) {
	switch {
	case c.State == Interim:
		return []Need{c.need(Review, c.Deciding, signatories)}
	case c.State != Waiting:
		return nil
	}
	add := func(act Act, permission people.Permission, roles []people.Role) {
		if len(roles) > 0 && !c.has(act, "") {
			needs = append(needs, c.need(act, permission, roles))
		}
	}
	if !c.Emergency {
		add(Recommend, people.Propose, c.Path.Recommend)
		add(Grant, c.Deciding, c.Path.Grant)
	}
	add(Sign, c.Deciding, c.signers())
	for _, office := range c.Offices {
		if !c.has(Clear, office) {
			needs = append(needs, Need{Act: Clear, Permission: people.Clear, Roles: []people.Role{people.ClearingOffice}, Organisation: c.clears(office), Office: office})
		}
	}
	conditions := slices.ContainsFunc(c.since(), func(s Step) bool { return s.Act == Clear && s.Conditions != "" })
	if c.InPlace || conditions {
		add(Confirm, people.Confirm, people.Confirm.Roles())
	}
	return needs
}

// signers are who signs as the second person; in an emergency two duty officers are enough, and needed.
func (c *Case) signers() []people.Role {
	if c.Emergency {
		return centreAndSecurity
	}
	return c.Path.Sign
}

func (c *Case) need(act Act, permission people.Permission, roles []people.Role) Need {
	n := Need{Act: act, Permission: permission, Roles: roles, Organisation: c.Organisation}
	if act == Sign && c.Path.SignAbove && c.Above != "" && !c.Emergency {
		n.Organisation = c.Above
	}
	return n
}

// clears is where the role of an office is held.
func (c *Case) clears(office string) string {
	if where := c.Where[office]; where != "" {
		return where
	}
	return c.Organisation
}

// Next are the steps that can be taken now: the first that is missing, or all clearances that are. Where the
// process has changed so that none is, what is open is not yet decided: somebody says so, as its last step.
func (c *Case) Next() []Need {
	missing := c.Missing()
	if len(missing) == 0 && c.State == Waiting {
		return []Need{c.need(Sign, c.Deciding, append(slices.Clip(c.signers()), c.Path.Grant...))}
	}
	for i := range missing {
		if missing[i].Act != Clear || missing[0].Act != Clear {
			return missing[:max(i, min(1, len(missing)))]
		}
	}
	return missing
}

// decides tells whether somebody has a part in it that bars them from deciding: they asked, it is for them, they
// revised it, or they have taken a step that counts.
func (c *Case) decides(principal string) (bar string) {
	switch {
	case principal == c.Asked:
		return "You have " + c.Kind.opened() + " this yourself: somebody else has to decide"
	case c.For != "" && principal == c.For:
		return "This is for you: somebody else has to decide"
	}
	for _, s := range c.Steps {
		if s.Principal == principal && s.Act == Revise {
			return "You have changed what is proposed: somebody else has to decide"
		}
	}
	for _, s := range c.since() {
		if s.Principal == principal && s.Act.advances() {
			return "You have taken a step in this already: each is taken by another person"
		}
	}
	return ""
}

// Check returns the need that an act meets, or a fault where somebody cannot take it now, whatever their roles:
// it does not ask for permission.
func (c *Case) Check(act Act, office, principal string) (Need, error) {
	next := c.Next()
	if len(next) == 0 {
		return Need{}, fault.New(fault.Conflict, "Nothing waits here any more: %s", c.State.words())
	}
	at := slices.IndexFunc(next, func(n Need) bool { return n.Act == act && n.Office == office })
	if at < 0 {
		return Need{}, fault.New(fault.Conflict, "This waits for something else now: %s", next[0].Act.Waits())
	}
	if bar := c.decides(principal); bar != "" {
		return next[at], fault.New(fault.Refused, "%s", bar)
	}
	return next[at], nil
}

// Complete tells whether an open proposal has all that it needs.
func (c *Case) Complete() bool { return c.State == Waiting && len(c.Missing()) == 0 }

// words are a state as the end of a sentence.
func (s State) words() string {
	switch s {
	case Made:
		return "it is decided"
	case Interim:
		return "it is in force, and waits for its review"
	case Lapsed:
		return "it has lapsed, for nobody has reviewed it in time"
	case Refused:
		return "it was refused"
	case Back:
		return "it was taken back"
	}
	return "it is open"
}

// Waits is what a proposal waits for, as the end of a sentence.
func (a Act) Waits() string {
	switch a {
	case Recommend:
		return "a recommendation"
	case Grant:
		return "a decision"
	case Sign:
		return "a second signature"
	case Clear:
		return "a clearance"
	case Confirm:
		return "word that all it demands is in place"
	case Review:
		return "a review by a third person"
	}
	return "nothing"
}
