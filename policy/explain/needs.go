package explain

import (
	"fmt"
	"strings"

	"portcullis/policy"
)

// need is something without which a thing may not stay.
type need struct {
	alone string // what to do, where nothing else is needed
	among string // what is needed, said among other needs
}

func (e *explainer) need(alone, among string) { e.needs = append(e.needs, need{alone, among}) }

// needed says what would have to be done about what stands. No single thing is a way out where several are needed:
// a ban that is lifted leaves an app that is on no list where it was.
func (e *explainer) needed() {
	switch len(e.needs) {
	case 0:
	case 1:
		e.way("%s", e.needs[0].alone)
	default:
		all := make([]string, len(e.needs))
		for i, n := range e.needs {
			all[i] = n.among
		}
		number := "both of these are"
		if len(all) > 2 {
			number = "all of these are"
		}
		last := len(all) - 1
		e.way("%s. To keep it, %s needed: %s; and %s.", e.removal(), number, strings.Join(all[:last], "; "), all[last])
	}
}

// removal is who is to remove it, or advised to.
func (e *explainer) removal() string {
	if e.out.Decision.Verdict == policy.Advised {
		return "This is the holder's own device: they are advised to remove it"
	}
	return "Remove it"
}

// needExemption says what a ban or phase-out that stands leaves to be done.
func (e *explainer) needExemption(r *policy.Rule) {
	exemption := "an exemption from " + quote(r.ID)
	if r.Clearance != policy.ClearanceNone {
		exemption += ", which " + office(r.Clearance) + " must clear"
	}
	if len(r.Mitigations) == 0 {
		e.need(fmt.Sprintf("%s, or ask for %s.", e.removal(), exemption), exemption)
		return
	}
	e.need(fmt.Sprintf("%s, or ask for %s; it needs in place: %s.", e.removal(), exemption, mitigations(r.Mitigations)),
		fmt.Sprintf("%s (it needs in place: %s)", exemption, mitigations(r.Mitigations)))
}

// needPlace says what an app that is on no list lacks. An exemption from a ban lists the app that it is for.
func (e *explainer) needPlace() {
	home := e.organisation(e.host.Organisation)
	among := fmt.Sprintf("a place on the list, which %s has to give it unless an exemption is for %s itself rather than for any product", home, e.what())
	if m := e.organisations[e.host.Organisation].Monitor; m != nil && m.Contains(e.at) {
		among = "from " + Date(m.Until) + " on, " + among
	}
	e.need(fmt.Sprintf("Remove it, or ask %s to allow it.", home), among)
}
