package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"portcullis/policy"
)

// Explanation is a decision in words. Each text is one sentence or two, without markup.
type Explanation struct {
	Decision policy.Decision
	// Summary says what is judged and what the verdict is.
	Summary string
	// Reasons say why, each finding in turn, with the path that leads to each rule.
	Reasons []string
	// Ways say what would change it; empty where nothing needs to.
	Ways []string
	// Changes are what time alone will do if nobody decides anything, soonest first.
	Changes []Change
}

// Change is a verdict that begins at a time.
type Change struct {
	At      time.Time
	Verdict policy.Result
	Breach  bool
}

// maxChanges is how many changes to come are looked for; maxDates how many dates are tried.
const (
	maxChanges = 5
	maxDates   = 256
)

// Explain judges an installation of a host at t and says why. The world is valid and h stands in it.
func Explain(w *policy.World, h *policy.Host, in *policy.Installation, t time.Time) (*Explanation, error) {
	compiled, err := policy.Compile(w, t)
	if err != nil {
		return nil, err
	}
	subject, err := compiled.Subject(h)
	if err != nil {
		return nil, err
	}
	e := &explainer{names: newNames(w), world: w, host: h, in: in, at: t, policy: compiled}
	subject.Decide(in, &e.out.Decision)
	e.summary()
	for i := range e.out.Decision.Findings {
		e.finding(&e.out.Decision.Findings[i])
	}
	e.needed()
	e.circumstances()
	if e.out.Changes, err = changes(w, h, in, t); err != nil {
		return nil, err
	}
	return &e.out, nil
}

type explainer struct {
	names
	world  *policy.World
	host   *policy.Host
	in     *policy.Installation
	at     time.Time
	policy *policy.Policy
	needs  []need
	out    Explanation
}

func (e *explainer) reason(format string, args ...any) {
	e.out.Reasons = append(e.out.Reasons, fmt.Sprintf(format, args...))
}

// way notes what would change the decision, once: two findings may leave the same thing to do.
func (e *explainer) way(format string, args ...any) {
	if way := fmt.Sprintf(format, args...); !slices.Contains(e.out.Ways, way) {
		e.out.Ways = append(e.out.Ways, way)
	}
}

// what names the thing that is judged.
func (e *explainer) what() string {
	if e.out.Decision.Product != "" {
		return e.product(e.out.Decision.Product)
	}
	return quote(e.out.Decision.Identifier)
}

func (e *explainer) summary() {
	d := &e.out.Decision
	version := ""
	if d.Version != "" {
		version = " " + plain(d.Version)
	}
	on := ""
	if d.Platform != 0 {
		on = " on " + d.Platform.String()
	}
	e.out.Summary = fmt.Sprintf("%s%s%s, on host %s of %s, is %s on %s.", e.what(), version, on, quote(e.host.ID), e.organisation(e.host.Organisation), Verdict(d.Verdict, d.Breach), Date(e.at))
}

// Verdict is a verdict as people say it.
func Verdict(v policy.Result, breach bool) string {
	word := map[policy.Result]string{
		policy.Banned:       "banned",
		policy.Overdue:      "overdue for removal",
		policy.Impostor:     "signed by somebody else",
		policy.Outdated:     "too old a version",
		policy.Unlisted:     "not on the list",
		policy.Unknown:      "not known",
		policy.Exempt:       "exempt",
		policy.PhasingOut:   "to be phased out",
		policy.Unidentified: "not identified",
		policy.Allowed:      "allowed",
		policy.Permitted:    "permitted",
		policy.Advised:      "a matter of advice",
	}[v]
	switch {
	case breach:
		return word + ", and in breach"
	case v == policy.Outdated || v == policy.Unlisted || v == policy.Unknown:
		return word + ", which is only watched for now"
	}
	return word
}

// Date is a time as people read it: the day alone where it is a midnight.
func Date(t time.Time) string {
	t = t.UTC()
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format("2 January 2006")
	}
	return t.Format("2 January 2006 15:04 MST")
}

func (e *explainer) finding(f *policy.Finding) {
	switch f.Question {
	case policy.BanQuestion, policy.PhaseOutQuestion:
		e.restriction(f)
	default:
		e.listing(f)
	}
}

func (e *explainer) restriction(f *policy.Finding) {
	for _, id := range f.Rules {
		r := e.rules[id]
		verb := "bans it"
		if r.Effect == policy.PhaseOut {
			verb = "phases it out by " + Date(r.Deadline)
		}
		e.reason("Rule %s of %s %s%s, since %s.%s", quote(id), e.organisation(r.Scope), verb, e.route(id), Date(r.From), because(r.Reason))
		if f.Result != policy.Lifted {
			e.needExemption(r)
			e.nearMisses(r)
		}
	}
	for _, id := range f.Exemptions {
		x := e.exemptions[id]
		if x.Marked {
			e.reason("An exemption lifts that until %s. It is marked: only those who are assigned to it know more.", Date(x.Until))
			continue
		}
		e.reason("Exemption %s lifts that until %s, for %s.%s", quote(id), Date(x.Until), e.subject(x), cleared(x))
		e.way("The exemption ends on %s; to keep it longer, ask for a new one before then.", Date(x.Until))
	}
}

// nearMisses says of the exemptions that name a rule, and would be for this host and product, why they do not lift it.
func (e *explainer) nearMisses(r *policy.Rule) {
	for i := range e.world.Exemptions {
		x := &e.world.Exemptions[i]
		if x.Marked || !slices.Contains(x.Lifts, r.ID) || !e.concerns(x) {
			continue
		}
		if why := e.whyNot(x, r); why != "" {
			e.reason("Exemption %s names this rule but does not lift it: %s.", quote(x.ID), why)
		}
	}
}

func (e *explainer) whyNot(x *policy.Exemption, r *policy.Rule) string {
	switch {
	case e.at.Before(x.From):
		return "it begins only on " + Date(x.From)
	case !e.at.Before(x.Until):
		return "it ended on " + Date(x.Until)
	}
	return inWords(strings.Join(policy.Shortfall(x, r, e.at), "; "), x, r)
}

// concerns tells whether an exemption is for this host and for what is installed, time and clearance apart.
func (e *explainer) concerns(x *policy.Exemption) bool {
	if !x.AnyProduct && x.Product != e.out.Decision.Product {
		return false
	}
	if !slices.Contains(e.ancestry(e.host.Organisation), x.Scope) {
		return false
	}
	s, h := x.Subject, e.host
	return s.Everyone || s.Host != "" && s.Host == h.ID || s.Site != "" && s.Site == h.Site ||
		s.Person != "" && s.Person == h.Holder || s.Group != "" && slices.Contains(h.Groups, s.Group)
}

// route says by what a rule reaches the thing, where that is not the thing itself.
func (e *explainer) route(rule string) string {
	path := e.policy.Path(&e.out.Decision, rule)
	if len(path) < 2 {
		return ""
	}
	named := make([]string, len(path))
	for i, id := range path {
		named[i] = e.thing(id)
	}
	return " (" + strings.Join(named, " → ") + ")"
}
