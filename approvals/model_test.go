package approvals_test

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/store"
)

// families are how many bodies with units the model's government has: each run of the test takes the next.
const families = 150

// government is a world of families: a group of two bodies, the lower of which moves about, with a device each.
func government() string {
	var organisations, hosts strings.Builder
	for n := range families {
		fmt.Fprintf(&organisations, "  - {id: g%d, name: Group, parent: gov}\n  - {id: d%[1]d, name: Department, parent: g%[1]d}\n  - {id: u%[1]d, name: Unit, parent: d%[1]d}\n", n)
		for _, in := range []string{"d", "u"} {
			fmt.Fprintf(&hosts, "  - {id: h%s%d, kind: device, organisation: %[1]s%[2]d, platform: android, installed: [{identifier: com.parrot, version: \"1\"}, {identifier: com.maps, version: \"1\"}, {identifier: com.kites, version: \"1\"}]}\n", in, n)
		}
	}
	return `organisations:
  - {id: gov, name: Government}
` + organisations.String() + `suppliers:
  - {id: loft, name: Loft Ltd}
products:
  - {id: parrot, kind: app, name: Parrot Chat, identifiers: {android: [com.parrot]}}
  - {id: maps, kind: app, name: Maps, identifiers: {android: [com.maps]}}
  - {id: kites, kind: app, name: Kites, supplier: loft, identifiers: {android: [com.kites]}}
rules:
  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: minister, mitigations: [dedicated-device], scope: gov, from: 2026-01-01, reason: "a reason"}
hosts:
` + hosts.String()
}

// The model: what the words of this room say, in the plainest way.

type mPerson struct {
	id, home string
	grants   []people.Grant
	session  people.Actor
	stale    bool
	maker    *mPerson // of a program
}

func (a *mPerson) principal() string {
	if a.maker != nil {
		return a.maker.id
	}
	return a.id
}

type mStep struct {
	act, principal string
	conditions     bool
}

type mProposal struct {
	id        string
	version   int64
	kind      approvals.Kind
	body      string
	asker     *mPerson
	forWhom   string
	emergency bool
	wide      bool // an allow rule for all that a maker makes
	until     time.Time
	ends      *mRule
	to, was   string // where the unit is to belong, and where it did
	steps     []mStep
	revisers  []string
	state     string // open, interim, closed
	lapses    time.Time
	rule      *mRule
}

// mRule is something that is decided, and holds until it ends.
type mRule struct {
	id    string
	kind  approvals.Kind
	body  string
	until time.Time // zero: no end
}

func (r *mRule) holds(now time.Time) bool { return r.until.IsZero() || now.Before(r.until) }

type model struct {
	*rapid.T
	s       *server
	n       int
	parent  map[string]string
	process map[string]approvals.Process
	actors  []*mPerson
	chiefs  [2]*mPerson
	open    []*mProposal
	decided []*mRule
	count   map[string]int // what came about, over all runs
}

var modelRoles = []people.Role{people.CentreOfficer, people.SecurityOfficer, people.Reviewer, people.Approver, people.ClearingOffice, people.DeviceAdministrator, people.EstateManager, people.Member}

func (m *model) body(letter string) string { return letter + strconv.Itoa(m.n) }

func (m *model) above(body string) (chain []string) {
	for body != "" {
		chain, body = append(chain, body), m.parent[body]
	}
	return chain
}

// can tells whether an actor has one of the roles in a body.
func (m *model) can(a *mPerson, body string, roles ...people.Role) bool {
	if a.maker != nil && !m.mayMake(a.maker, a.grants[0]) {
		return false // the program has ended
	}
	return slices.ContainsFunc(a.grants, func(g people.Grant) bool {
		return slices.Contains(roles, g.Role) && slices.Contains(m.above(body), g.Organisation)
	})
}

// mayMake tells whether somebody may make a program with a grant: security officers may, of what they may give.
func (m *model) mayMake(a *mPerson, g people.Grant) bool {
	return slices.ContainsFunc(a.grants, func(own people.Grant) bool {
		return own.Role == people.SecurityOfficer && slices.Contains(m.above(g.Organisation), own.Organisation)
	})
}

// processOf is the process of the nearest above that has set one.
func (m *model) processOf(body string) approvals.Process {
	for _, o := range m.above(body) {
		if p, set := m.process[o]; set {
			return p
		}
	}
	return approvals.Default()
}

func (m *model) pathOf(p *mProposal) approvals.Path {
	process := m.processOf(p.body)
	switch p.kind {
	case approvals.Allow:
		return process.Allow
	case approvals.Withdrawal:
		if p.ends.kind == approvals.Allow {
			return process.Allow
		}
		return process.Ban
	case approvals.Exemption:
		return process.Exemption
	case approvals.Monitor:
		return process.Monitor
	}
	return process.Ban
}

var (
	deciders  = []people.Role{people.CentreOfficer, people.SecurityOfficer, people.Approver}
	duty      = []people.Role{people.CentreOfficer, people.SecurityOfficer}
	proposers = []people.Role{people.CentreOfficer, people.SecurityOfficer, people.Reviewer, people.Approver, people.DeviceAdministrator, people.EstateManager}
	fitters   = []people.Role{people.CentreOfficer, people.SecurityOfficer, people.DeviceAdministrator, people.EstateManager}
)

// next is what a proposal waits for, and who of which body may do it; "" where it waits for nothing.
func (m *model) next(p *mProposal) (act string, roles []people.Role, body string) {
	if p.state == "interim" && m.now().Before(p.lapses) {
		return "review", deciders, p.body
	}
	if p.state != "open" {
		return "", nil, ""
	}
	has := func(act string) bool {
		return slices.ContainsFunc(p.steps, func(s mStep) bool { return s.act == act })
	}
	path := m.pathOf(p)
	signs := path.Sign
	if p.kind == approvals.Allow && p.wide && len(signs) == 0 {
		signs = deciders
	}
	above := p.body
	if path.SignAbove && m.parent[p.body] != "" {
		above = m.parent[p.body]
	}
	if p.emergency {
		path.Recommend, path.Grant, signs, above = nil, nil, duty, p.body
	}
	conditions := slices.ContainsFunc(p.steps, func(s mStep) bool { return s.conditions })
	switch {
	case len(path.Recommend) > 0 && !has("recommend"):
		return "recommend", path.Recommend, p.body
	case len(path.Grant) > 0 && !has("grant"):
		return "grant", path.Grant, p.body
	case len(signs) > 0 && !has("sign"):
		return "sign", signs, above
	case p.kind == approvals.Exemption && !has("clear"):
		return "clear", []people.Role{people.ClearingOffice}, p.body // whose office it is, who made the rule has not said
	case (p.kind == approvals.Exemption || conditions) && !has("confirm"):
		return "confirm", fitters, p.body
	}
	return "sign", append(slices.Clip(signs), path.Grant...), above
}

// barred tells whether somebody has a part in it that keeps them from deciding.
func (p *mProposal) barred(a *mPerson) bool {
	me := a.principal()
	return me == p.asker.principal() || me == p.forWhom || slices.Contains(p.revisers, me) ||
		slices.ContainsFunc(p.steps, func(s mStep) bool { return s.principal == me })
}

func (m *model) now() time.Time { return m.s.clock.Now() }

// makeable tells whether a proposal could be made now.
func (m *model) makeable(p *mProposal) bool {
	longest := 0
	switch p.kind {
	case approvals.Withdrawal:
		return p.ends.holds(m.now())
	case approvals.Exemption:
		longest = m.processOf(p.body).Exemption.LongestDays
	case approvals.Monitor:
		longest = m.processOf(p.body).Monitor.LongestDays
	case approvals.Belonging:
		return p.was == m.parent[m.body("u")] && p.to != p.was
	default:
		return true
	}
	return m.now().Before(p.until) && !p.until.After(m.now().AddDate(0, 0, longest))
}

// last tells whether the next act is the last.
func (m *model) last(p *mProposal, act string, conditions bool) bool {
	after := *p
	after.steps = append(slices.Clip(p.steps), mStep{act: act, conditions: conditions})
	next, _, _ := m.next(&after)
	// What no step is missing of the model answers with a signature: is it one that is there already?
	return next == "sign" && slices.ContainsFunc(after.steps, func(s mStep) bool { return s.act == "sign" }) || next == "sign" && m.signless(p)
}

// signless tells whether a path has no second signature.
func (m *model) signless(p *mProposal) bool {
	return len(m.pathOf(p).Sign) == 0 && !p.emergency && !(p.kind == approvals.Allow && p.wide)
}

// actor is one of the actors, with a session that has not ended.
func (m *model) actor(a *mPerson) people.Actor {
	if a.stale && a.maker == nil {
		session, err := m.s.People.OpenSession(m.Context(), a.id, "test", "", "")
		m.must(err)
		a.session, a.stale = people.Actor{Session: session}, false
	}
	return a.session
}

func (m *model) must(err error) {
	m.Helper()
	if err != nil {
		m.Fatal(err)
	}
}

func (m *model) person(home, name string, grants ...people.Grant) *mPerson {
	p, err := m.s.People.AddPerson(m.Context(), command, home, people.Particulars{Name: name, UserName: fmt.Sprintf("%s of %d", name, m.n)})
	m.must(err)
	a := &mPerson{id: p.ID, home: home, stale: true}
	for _, g := range grants {
		if slices.Contains(a.grants, g) {
			continue
		}
		_, err := m.s.People.GiveRole(m.Context(), command, p.ID, g, store.Period{})
		m.must(err)
		a.grants = append(a.grants, g)
	}
	return a
}

func (m *model) cast() {
	bodies := []string{m.body("g"), m.body("d"), m.body("u")}
	for i := range 6 {
		var grants []people.Grant
		for range rapid.IntRange(0, 2).Draw(m.T, "roles") {
			grants = append(grants, people.Grant{Role: rapid.SampledFrom(modelRoles).Draw(m.T, "role"), Organisation: rapid.SampledFrom(bodies).Draw(m.T, "in")})
		}
		m.actors = append(m.actors, m.person(rapid.SampledFrom(bodies[1:]).Draw(m.T, "home"), fmt.Sprintf("actor %d", i), grants...))
	}
	// Some with whom a decision comes about, for else it hardly ever does.
	for i, role := range []people.Role{people.SecurityOfficer, people.SecurityOfficer, people.Approver, people.ClearingOffice, people.DeviceAdministrator, people.CentreOfficer, people.CentreOfficer} {
		m.actors = append(m.actors, m.person(bodies[1], fmt.Sprintf("keen %d", i), people.Grant{Role: role, Organisation: rapid.SampledFrom(bodies[:2]).Draw(m.T, "in")}))
	}
	for i := range 2 {
		m.chiefs[i] = m.person(bodies[0], fmt.Sprintf("chief %d", i), people.Grant{Role: people.CentreOfficer, Organisation: bodies[0]})
	}
	for _, maker := range slices.Clone(m.actors) {
		g := people.Grant{Role: rapid.SampledFrom([]people.Role{people.SecurityOfficer, people.Approver, people.Reviewer, people.DeviceAdministrator}).Draw(m.T, "program"), Organisation: bodies[1]}
		if !m.mayMake(maker, g) {
			continue
		}
		made, err := m.s.People.MakeToken(m.Context(), m.actor(maker), "program", g, store.Time{})
		m.must(err)
		m.actors = append(m.actors, &mPerson{id: "token:" + made.ID, grants: []people.Grant{g}, session: people.Actor{Token: made.Secret}, maker: maker})
	}
}

// TestPaths has random people do random things in random proposals, and compares each answer, the register, and
// what the rules say of two devices with the model.
func TestPaths(t *testing.T) {
	for _, engine := range []struct {
		name   string
		checks string
	}{{"sqlite", "30"}, {"postgres", "8"}} {
		t.Run(engine.name, func(t *testing.T) {
			had := flag.Lookup("rapid.checks").Value.String()
			if had == flag.Lookup("rapid.checks").DefValue {
				_ = flag.Set("rapid.checks", engine.checks)
				t.Cleanup(func() { _ = flag.Set("rapid.checks", had) })
			}
			var s *server
			n, count := families, map[string]int{}
			rapid.Check(t, func(rt *rapid.T) {
				if n++; n >= families {
					o := store.Options{Data: t.TempDir()}
					if engine.name == "postgres" {
						o = store.Options{Database: storetest.Database(t)}
					}
					s, n = start(t, storetest.Opener(t, o, schemas), storetest.NewClock(noon)), 0
					s.load(t, government())
				}
				m := &model{T: rt, s: s, n: n, count: count, process: map[string]approvals.Process{}, parent: map[string]string{fmt.Sprintf("g%d", n): "gov", fmt.Sprintf("d%d", n): fmt.Sprintf("g%d", n), fmt.Sprintf("u%d", n): fmt.Sprintf("d%d", n)}}
				m.run()
			})
			t.Log(count)
			for _, what := range []string{"ban", "allow", "exemption", "monitor", "emergency", "organisation"} {
				if count[what] == 0 && engine.name == "sqlite" && !t.Failed() {
					t.Errorf("no %s ever came about: the test tries too little", what)
				}
			}
		})
	}
}

func (m *model) run() {
	m.cast()
	acts := []func(){m.propose, m.propose, m.take, m.take, m.take, m.take, m.take, m.take, m.take, m.take, m.take, m.refuse, m.revise, m.revoke, m.wait, m.rolesChange, m.move, m.change}
	for range rapid.IntRange(20, 45).Draw(m.T, "long") {
		acts[rapid.IntRange(0, len(acts)-1).Draw(m.T, "what")]()
		m.s.clock.Advance(time.Second)
	}
	m.holds()
	m.lists()
	m.s.clock.Advance(25 * time.Hour)
	m.holds()
}

// lists compares what lists show each actor with what the pages of all proposals say one by one.
func (m *model) lists() {
	for _, a := range m.actors {
		actor := m.actor(a)
		listed, err := m.s.Proposals(m.Context(), actor, approvals.Query{Limit: 1000})
		if fault.Is(err, fault.SignedOut) {
			continue // the program has ended
		}
		m.must(err)
		waiting, err := m.s.Waiting(m.Context(), actor)
		m.must(err)
		for _, p := range m.open {
			v, err := m.s.Proposal(m.Context(), actor, p.id)
			if err != nil && !fault.Is(err, fault.Refused) {
				m.Fatal(err)
			}
			if got := slices.ContainsFunc(listed.Proposals, func(l approvals.Proposal) bool { return l.ID == p.id }); got != (err == nil) {
				m.Fatalf("%v sees the %s in %s: %v; and it is listed: %v", a.grants, p.kind, p.body, err, got)
			}
			want := slices.ContainsFunc(v.Can, func(act approvals.Act) bool { return slices.Contains(steps, act) })
			if got := slices.ContainsFunc(waiting, func(w approvals.Waits) bool { return w.ID == p.id }); got != want {
				m.Fatalf("%v may do %v in the %s in %s, and it waits for them: %v", a.grants, v.Can, p.kind, p.body, got)
			}
		}
	}
}

var steps = []approvals.Act{approvals.Recommend, approvals.Grant, approvals.Sign, approvals.Clear, approvals.Confirm, approvals.Review}
