package approvals

import (
	"errors"
	"fmt"
	"slices"

	"portcullis/internal/fault"
	"portcullis/people"
)

// Path is what a body demands before one kind of decision is made. The roles of a step are those of which
// one must take it; a step without roles is left out.
type Path struct {
	Recommend []people.Role `json:"recommend,omitempty"`
	Grant     []people.Role `json:"grant,omitempty"`
	Sign      []people.Role `json:"sign,omitempty"`
	// SignAbove has the second person be one of the organisation above: a small body may have nobody else. Where
	// there is nothing above, it is one of the body itself: another person it is in any case.
	SignAbove bool `json:"signAbove,omitempty"`
	// LongestDays is for how many days it may hold at most: of exemptions and monitor periods.
	LongestDays int `json:"longestDays,omitempty"`
	// Mitigations are what every exemption here needs, besides what the rules demand that it lifts.
	Mitigations []string `json:"mitigations,omitempty"`
}

// Process is who decides in a body. A ban, a phase-out, their withdrawal and where a body belongs go by Ban; an allow
// rule and its withdrawal by Allow.
type Process struct {
	Ban       Path `json:"ban"`
	Allow     Path `json:"allow"`
	Exemption Path `json:"exemption"`
	Monitor   Path `json:"monitor"`
	// Offices are, by the name of an office, the organisation whose clearing office it is, for the rules that this body
	// makes: no body below says who clears what a rule from above demands. An office without one is that of whoever
	// holds the role of a clearing office where the exemption is to hold.
	Offices map[string]string `json:"offices,omitempty"`
}

var (
	centreAndSecurity = []people.Role{people.CentreOfficer, people.SecurityOfficer}
	signatories       = append([]people.Role{people.Approver}, centreAndSecurity...)
)

// Default is the process of a body that has set none, and nobody above it has: that of the statement of
// 16 March 2023. Exemptions are granted by the security team, case by case, with a second person, with a
// minister's clearance where the rule demands it, and with what mitigates the risk in place before they hold.
func Default() Process {
	return Process{
		Ban:       Path{Sign: signatories},
		Allow:     Path{Grant: append([]people.Role{people.Reviewer}, signatories...)},
		Exemption: Path{Grant: centreAndSecurity, Sign: signatories, LongestDays: 366},
		Monitor:   Path{Sign: signatories, LongestDays: 366},
	}
}

// everywhere is the path of what holds for all bodies and belongs to none: suppliers and products.
var everywhere = Path{Sign: []people.Role{people.CentreOfficer, people.SecurityOfficer, people.Reviewer}}

// changing is the path of a process itself. It is in nobody's gift: who decides is never one person's choice.
var changing = Path{Sign: signatories}

// longest is the most days that a process may let anything hold.
const longest = 3660

// check returns what is wrong with a process, as faults of its fields.
func (p *Process) check() error {
	return errors.Join(
		p.Ban.check("ban", people.DecideBans, true), p.Allow.check("allow", people.DecideList, false),
		p.Exemption.check("exemption", people.DecideExemptions, true), p.Monitor.check("monitor", people.DecideMonitor, true),
		p.Exemption.ends("exemption"), p.Monitor.ends("monitor"),
	)
}

func (p *Path) ends(key string) error {
	if p.LongestDays < 1 || p.LongestDays > longest {
		return fault.In(key+".longestDays", "Say for how many days it may hold at most, from 1 to %d: it always ends", longest)
	}
	return nil
}

// check holds a path to what no body may set aside: there is a decision, where it is grave by two people,
// and each step is for roles that may take it.
func (p *Path) check(key string, deciding people.Permission, second bool) error {
	var faults []error
	step := func(name string, permission people.Permission, roles []people.Role) {
		for i, r := range roles {
			if !permission.For(r) {
				faults = append(faults, fault.In(fmt.Sprintf("%s.%s[%d]", key, name, i), "The role %q may not do this: see the roles for who may", r))
			}
			if slices.Contains(roles[:i], r) {
				faults = append(faults, fault.In(fmt.Sprintf("%s.%s[%d]", key, name, i), "The role %q is here twice", r))
			}
		}
	}
	step("recommend", people.Propose, p.Recommend)
	step("grant", deciding, p.Grant)
	step("sign", deciding, p.Sign)
	switch {
	case second && len(p.Sign) == 0:
		faults = append(faults, fault.In(key+".sign", "Say who signs as the second person: this is never decided by one alone"))
	case len(p.Grant)+len(p.Sign) == 0:
		faults = append(faults, fault.In(key+".grant", "Say who decides"))
	}
	if p.SignAbove && len(p.Sign) == 0 {
		faults = append(faults, fault.In(key+".signAbove", "Say which role of the organisation above signs"))
	}
	for i, m := range p.Mitigations {
		if err := checkLine(fmt.Sprintf("%s.mitigations[%d]", key, i), m); err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// path is the one that a kind of decision goes by. effect tells of a withdrawal what it ends.
func (p *Process) path(k Kind, endsAllow bool) Path {
	switch k {
	case Allow:
		return p.Allow
	case Withdrawal:
		if endsAllow {
			return p.Allow
		}
		return p.Ban
	case Exemption:
		return p.Exemption
	case Monitor:
		return p.Monitor
	case Supplier, Product:
		return everywhere
	case Change:
		return changing
	}
	return p.Ban
}
