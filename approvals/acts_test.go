package approvals_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
	"portcullis/world"
)

// What the model's people do, and what it holds the room's answers to.

// written is the register as a world file has it.
func (m *model) written() string {
	if err := m.s.Devices.Fleet.Follow(m.Context()); err != nil {
		m.Fatal(err)
	}
	var b bytes.Buffer
	m.must(world.Write(&b, m.s.Devices.Fleet.View().World, nil))
	return b.String()
}

// draft is something to propose, in the room's words and in the model's.
func (m *model) draft() (d approvals.Draft, p *mProposal) {
	p = &mProposal{kind: rapid.SampledFrom([]approvals.Kind{approvals.Ban, approvals.Allow, approvals.Exemption, approvals.Exemption, approvals.Monitor, approvals.Withdrawal, approvals.Withdrawal, approvals.Belonging, approvals.Belonging}).Draw(m.T, "kind"),
		body: m.body(rapid.SampledFrom([]string{"d", "d", "u"}).Draw(m.T, "body")), state: "open"}
	p.until = m.now().AddDate(0, 0, rapid.IntRange(1, 40).Draw(m.T, "days"))
	var rules []*mRule
	for _, r := range m.decided {
		if r.kind == approvals.Ban || r.kind == approvals.Allow {
			rules = append(rules, r)
		}
	}
	if p.kind == approvals.Withdrawal && len(rules) == 0 {
		p.kind = approvals.Ban
	}
	d = approvals.Draft{Kind: p.kind, Reason: "So it is", Narrower: "Nothing would"}
	switch p.kind {
	case approvals.Ban:
		p.emergency = rapid.Bool().Draw(m.T, "emergency")
		d.Emergency = p.emergency
		d.Rule = &policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "maps"}, Scope: p.body, Clearance: policy.ClearanceNone}
	case approvals.Allow:
		p.wide = rapid.Bool().Draw(m.T, "wide")
		d.Rule = &policy.Rule{Effect: policy.Allow, Target: policy.Target{Product: "kites"}, Scope: p.body}
		if p.wide {
			d.Rule.Target = policy.Target{Supplier: "loft"}
		}
	case approvals.Withdrawal:
		p.ends = rapid.SampledFrom(rules).Draw(m.T, "which")
		p.body, d.Ends = p.ends.body, &approvals.Ends{Rule: p.ends.id}
	case approvals.Exemption:
		if rapid.Bool().Draw(m.T, "for somebody") {
			p.forWhom = rapid.SampledFrom(m.actors[:8]).Draw(m.T, "whom").id
		}
		d.For = p.forWhom
		d.Exemption = &policy.Exemption{ID: "mine", Lifts: []string{"ban-parrot"}, Product: "parrot", Scope: p.body, Subject: policy.ExemptionSubject{Host: "h" + p.body}, Purpose: "press",
			Period: policy.Period{Until: p.until}, Clearance: &policy.Clearance{Office: "minister", By: "myself", At: m.now()}}
	case approvals.Monitor:
		d.Organisation, d.Monitor = p.body, &people.Monitor{Period: store.Period{Until: store.TimeOf(p.until)}}
	case approvals.Belonging: // the unit goes below the department, or below the group, which is above both
		p.body, p.to, p.was = m.body("g"), m.body(rapid.SampledFrom([]string{"d", "g", "g"}).Draw(m.T, "to")), m.parent[m.body("u")]
		d.Move = &approvals.Move{Body: m.body("u"), Position: people.Position{Parent: p.to}}
	}
	return d, p
}

// mayPropose tells who may open what.
func (m *model) mayPropose(a *mPerson, p *mProposal) bool {
	if p.emergency {
		return m.can(a, p.body, duty...)
	}
	if p.kind == approvals.Belonging {
		return m.can(a, p.body, people.CentreOfficer)
	}
	if p.kind == approvals.Allow || p.kind == approvals.Exemption {
		return a.maker == nil && a.home == p.body || m.can(a, p.body, append(slices.Clip(proposers), people.ClearingOffice, people.Member)...)
	}
	return m.can(a, p.body, proposers...)
}

func (m *model) propose() {
	a := rapid.SampledFrom(m.actors).Draw(m.T, "who")
	d, p := m.draft()
	if able := slices.DeleteFunc(slices.Clone(m.actors), func(a *mPerson) bool { return !m.mayPropose(a, p) }); p.kind == approvals.Belonging && len(able) > 0 && rapid.IntRange(0, 5).Draw(m.T, "well") > 0 {
		a = rapid.SampledFrom(able).Draw(m.T, "who may") // few may
	}
	want, before := m.mayPropose(a, p) && m.makeable(p), m.written()
	got, err := m.s.Propose(m.Context(), m.actor(a), d)
	m.answers("propose", want, err)
	if m.written() != before {
		m.Fatalf("proposing %s changed the register", p.kind)
	}
	again := slices.ContainsFunc(m.open, func(o *mProposal) bool { return o.id == got.ID })
	if err == nil && !again { // what is said again in the same words is what was said before
		p.id, p.version, p.asker = got.ID, got.Version, a
		m.open = append(m.open, p)
	}
}

// answers fails unless an operation was done or told no as the model says, in words for people.
func (m *model) answers(what string, want bool, err error) {
	m.Helper()
	var told *fault.Error
	if err != nil && (!errors.As(err, &told) || told.Kind == fault.Changed || told.Message == "") {
		m.Fatalf("%s: %v", what, err)
	}
	if (err == nil) != want {
		m.Fatalf("%s: the model says %v, the room %v", what, want, err)
	}
}

// take has somebody do something in a proposal: often the right thing, by somebody who may.
func (m *model) take() {
	if len(m.open) == 0 {
		return
	}
	p := rapid.SampledFrom(m.open).Draw(m.T, "proposal")
	act, roles, body := m.next(p)
	a := rapid.SampledFrom(m.actors).Draw(m.T, "who")
	if able := slices.DeleteFunc(slices.Clone(m.actors), func(a *mPerson) bool { return p.barred(a) || !m.can(a, body, roles...) }); len(able) > 0 && rapid.IntRange(0, 5).Draw(m.T, "well") > 0 {
		a = rapid.SampledFrom(able).Draw(m.T, "who may")
	}
	if again := slices.DeleteFunc(slices.Clone(m.actors), func(a *mPerson) bool { return !p.barred(a) || !m.can(a, body, roles...) }); len(again) > 0 && rapid.IntRange(0, 5).Draw(m.T, "again") == 0 {
		a = rapid.SampledFrom(again).Draw(m.T, "who may no more") // or a program of theirs
	}
	if act == "" || rapid.IntRange(0, 7).Draw(m.T, "else") == 0 {
		act = rapid.SampledFrom([]string{"recommend", "grant", "sign", "clear", "confirm", "review"}).Draw(m.T, "act")
	}
	m.step(p, a, act)
}

func (m *model) step(p *mProposal, a *mPerson, act string) {
	due, roles, body := m.next(p)
	do := approvals.Doing{Act: approvals.Act(act), Version: p.version, Said: approvals.Said{Reason: "It is", Risk: "Small"}}
	number := m.reach(p)
	if rapid.IntRange(0, 9).Draw(m.T, "miscounted") == 0 {
		number++
	}
	do.Affirmed = &number
	conditions := act == "clear" && rapid.Bool().Draw(m.T, "conditions")
	if act == "clear" {
		do.Office, do.Minister = "minister", "The Minister of State"
	}
	if conditions {
		do.Conditions = "Only by day"
	}
	want := act == due && !p.barred(a) && m.can(a, body, roles...)
	switch { // as the affirmed number is asked for where all of a body's devices are reached
	case p.kind != approvals.Ban && p.kind != approvals.Withdrawal || act != "sign" && act != "grant":
	case number != m.reach(p):
		want = false
	}
	final := want && m.last(p, act, conditions)
	if act == "review" {
		want = want && p.rule.holds(m.now())
	} else if final && !m.makeable(p) {
		want = false
	}
	before := m.written()
	got, err := m.s.Take(m.Context(), m.actor(a), p.id, do)
	m.answers(fmt.Sprintf("%s of a %s in %s by %v, barred %v, with %d", act, p.kind, p.body, a.grants, p.barred(a), number), want, err)
	after := m.written()
	if err == nil {
		p.version = got.Version
		p.steps = append(p.steps, mStep{act, a.principal(), conditions})
	}
	switch made := err == nil && final || act == "review" && err == nil; {
	case !made && after != before:
		m.Fatalf("%s of a %s (%v) changed the register, and nothing is made", act, p.kind, err)
	case made && after == before:
		m.Fatalf("%s of a %s made nothing", act, p.kind)
	case made:
		m.made(p, got)
	case err == nil && got.State != approvals.Waiting:
		m.Fatalf("%s of a %s: the room says %s, the model that it waits", act, p.kind, got.State)
	}
}

// reach is how many devices there are in a body and below.
func (m *model) reach(p *mProposal) (n int) {
	for _, o := range []string{m.body("d"), m.body("u")} {
		if slices.Contains(m.above(o), p.body) {
			n++
		}
	}
	return n
}

// made has the model know of what is decided.
func (m *model) made(p *mProposal, got approvals.Proposal) {
	persons := []string{p.asker.principal()}
	for _, s := range p.steps {
		if slices.Contains(persons, s.principal) {
			m.Fatalf("somebody decided twice: %v", p.steps)
		}
		persons = append(persons, s.principal)
	}
	switch {
	case p.state == "interim":
		p.state, p.rule.until = "closed", time.Time{}
		m.count["review"]++
		return
	case p.kind == approvals.Withdrawal:
		p.ends.until = m.now()
	case p.kind == approvals.Belonging:
		m.parent[m.body("u")] = p.to
	default:
		p.rule = &mRule{id: got.Made, kind: p.kind, body: p.body}
		if p.kind == approvals.Exemption || p.kind == approvals.Monitor {
			p.rule.until = p.until
		}
		m.decided = append(m.decided, p.rule)
	}
	p.state = "closed"
	m.count[string(p.kind)]++
	if p.emergency {
		m.count["emergency"]++
		p.state, p.lapses = "interim", m.now().Add(24*time.Hour)
		p.rule.until = p.lapses
	}
}

func (m *model) refuse() {
	if len(m.open) == 0 {
		return
	}
	p, a := rapid.SampledFrom(m.open).Draw(m.T, "proposal"), rapid.SampledFrom(m.actors).Draw(m.T, "who")
	act := rapid.SampledFrom([]approvals.Act{approvals.Refuse, approvals.TakeBack}).Draw(m.T, "no")
	due, roles, body := m.next(p)
	want, before := false, m.written()
	if act == approvals.TakeBack {
		want = p.state == "open" && a.principal() == p.asker.principal() && (a.maker == nil || m.mayMake(a.maker, a.grants[0]))
	} else {
		want = due != "" && m.can(a, body, roles...) && a.principal() != p.asker.principal()
		if p.state == "interim" {
			want = want && !p.barred(a) && p.rule.holds(m.now())
		}
	}
	got, err := m.s.Take(m.Context(), m.actor(a), p.id, approvals.Doing{Act: act, Version: p.version, Said: approvals.Said{Reason: "It is not"}})
	m.answers(string(act), want, err)
	if (m.written() != before) != (err == nil && p.state == "interim") {
		m.Fatalf("%s of a %s: the register changed, or did not", act, p.kind)
	}
	if err == nil {
		p.version = got.Version
		if p.state == "interim" {
			p.rule.until = m.now()
		}
		p.state = "closed"
		m.count[string(act)]++
	}
}

func (m *model) revise() {
	if len(m.open) == 0 {
		return
	}
	p, a := rapid.SampledFrom(m.open).Draw(m.T, "proposal"), rapid.SampledFrom(m.actors).Draw(m.T, "who")
	due, roles, body := m.next(p)
	if p.kind != approvals.Exemption {
		return
	}
	revised := *p
	revised.until = m.now().AddDate(0, 0, rapid.IntRange(1, 40).Draw(m.T, "days"))
	d := approvals.Draft{Kind: p.kind, Reason: "Otherwise", For: p.forWhom, Content: approvals.Content{Exemption: &policy.Exemption{Lifts: []string{"ban-parrot"}, Product: "parrot", Scope: p.body,
		Subject: policy.ExemptionSubject{Host: "h" + p.body}, Purpose: "press", Period: policy.Period{Until: revised.until}}}}
	want := p.state == "open" && m.makeable(&revised)
	if a.principal() == p.asker.principal() {
		want = want && m.mayPropose(a, p)
	} else {
		want = want && due != "" && m.can(a, body, roles...)
	}
	before := m.written()
	got, err := m.s.Take(m.Context(), m.actor(a), p.id, approvals.Doing{Act: approvals.Revise, Version: p.version, Said: yes, Draft: &d})
	m.answers("revise", want, err)
	if m.written() != before {
		m.Fatal("to propose something else changed the register")
	}
	if err == nil {
		m.count["revise"]++
		p.version = got.Version
		p.until, p.steps, p.revisers = revised.until, nil, append(p.revisers, a.principal())
	}
}

func (m *model) revoke() {
	for _, r := range m.decided {
		if r.kind != approvals.Exemption {
			continue
		}
		a := rapid.SampledFrom(m.actors).Draw(m.T, "who")
		_, err := m.s.Revoke(m.Context(), m.actor(a), r.id, "no more")
		m.answers("revoke", m.can(a, r.body, deciders...) && r.holds(m.now()), err)
		if err == nil {
			r.until = m.now()
			m.count["revoke"]++
		}
		return
	}
}

func (m *model) wait() {
	m.s.clock.Advance(rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 25 * time.Hour, 9 * 24 * time.Hour}).Draw(m.T, "time"))
	for _, a := range append(slices.Clone(m.actors), m.chiefs[:]...) {
		a.stale = true
	}
}

func (m *model) rolesChange() {
	a := rapid.SampledFrom(m.actors).Draw(m.T, "whose")
	if a.maker != nil {
		return
	}
	if len(a.grants) > 0 && rapid.Bool().Draw(m.T, "taken") {
		g := a.grants[0]
		_, err := m.s.People.TakeRole(m.Context(), command, a.id, g, store.Time{})
		m.must(err)
		a.grants = slices.Clone(a.grants[1:])
		return
	}
	g := people.Grant{Role: rapid.SampledFrom(modelRoles).Draw(m.T, "role"), Organisation: m.body("d")}
	if !slices.Contains(a.grants, g) {
		_, err := m.s.People.GiveRole(m.Context(), command, a.id, g, store.Period{})
		m.must(err)
		a.grants = append(slices.Clip(a.grants), g)
	}
}

// move has the unit stand below the department, below the group, or for itself.
func (m *model) move() {
	to := rapid.SampledFrom([]string{m.body("d"), m.body("g")}).Draw(m.T, "below")
	if m.parent[m.body("u")] == to {
		return
	}
	m.must(settle(m.Context(), m.s, m.body("u"), people.Position{Parent: to}))
	m.parent[m.body("u")] = to
}

// change has two chiefs set the process of a body.
func (m *model) change() {
	p := approvals.Default()
	roles := func(of []people.Role) []people.Role {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(of), 1, 2, rapid.ID).Draw(m.T, "roles")
	}
	maybe := func(of []people.Role) []people.Role {
		if rapid.Bool().Draw(m.T, "left out") {
			return nil
		}
		return roles(of)
	}
	p.Ban = approvals.Path{Recommend: maybe(proposers), Sign: roles(deciders), SignAbove: rapid.Bool().Draw(m.T, "above")}
	p.Allow.Sign = maybe(deciders)
	p.Exemption.Grant, p.Exemption.SignAbove = maybe(deciders), rapid.Bool().Draw(m.T, "above")
	p.Exemption.LongestDays = rapid.SampledFrom([]int{10, 366}).Draw(m.T, "longest")
	p.Monitor.LongestDays = p.Exemption.LongestDays
	if rapid.Bool().Draw(m.T, "office") {
		p.Offices = map[string]string{"minister": m.body("g")}
	}
	at := m.body(rapid.SampledFrom([]string{"g", "d", "u"}).Draw(m.T, "at"))
	got, err := m.s.Propose(m.Context(), m.actor(m.chiefs[0]), approvals.Draft{Kind: approvals.Change, Organisation: at, Reason: "It suits us", Content: approvals.Content{Process: &p}})
	m.must(err)
	_, err = m.s.Take(m.Context(), m.actor(m.chiefs[1]), got.ID, approvals.Doing{Act: approvals.Sign, Version: got.Version})
	m.must(err)
	m.process[at] = p
}

// holds compares what the rules say of the two devices with what the model knows to be decided.
func (m *model) holds() {
	for _, body := range []string{m.body("d"), m.body("u")} {
		want := map[string]string{"com.maps": "unlisted", "com.kites": "unlisted", "com.parrot": "banned"}
		for _, r := range m.decided {
			if !r.holds(m.now()) || !slices.Contains(m.above(body), r.body) {
				continue
			}
			switch r.kind {
			case approvals.Ban:
				want["com.maps"] = "banned"
			case approvals.Allow:
				want["com.kites"] = "allowed"
			case approvals.Exemption:
				if r.body == body { // it is for the one device
					want["com.parrot"] = "exempt"
				}
			}
		}
		for identifier, verdict := range want {
			if got := m.verdict("h"+body, identifier); got != verdict {
				m.Fatalf("%s on h%s at %s: %s, want %s", identifier, body, m.now(), got, verdict)
			}
		}
	}
}

func (m *model) verdict(host, identifier string) string { return verdictOf(m, m.s, host, identifier) }
