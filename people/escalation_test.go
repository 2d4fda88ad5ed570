package people_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portcullis/people"
	"portcullis/store"
)

// TestNobodyGainsPower lets some people, who hold random roles in a random tree, try whatever they can
// think of, with each other, with those whom they have come to be, and with the programs they have made.
// In the end none of them, and nobody else by their doing, may do what none of them could do or give
// before.
func TestNobodyGainsPower(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		n := 0
		rapid.Check(t, func(t *rapid.T) {
			n++
			g := &gang{T: t, house: h, name: fmt.Sprint("g", n)}
			g.settle()
			g.could = g.power()
			for range rapid.IntRange(1, 24).Draw(t, "steps") {
				g.step()
			}
			g.check()
		})
	})
}

// gang are some people who work together, in a world of others.
type gang struct {
	*rapid.T
	house
	name          string
	organisations []string
	persons       []string          // all
	ours          []string          // those whom the gang can be
	programs      []people.Actor    // those that the gang has made
	could         power             // what the gang could do or give in the beginning
	had           map[string]power  // what everybody else had in the beginning
	parent        map[string]string // in the beginning
	mails         int               // how many addresses the gang has
	grants        map[string][]people.Grant
}

// power is who may be what where.
type power map[people.Grant]bool

func (g *gang) organisation(label string) string {
	return rapid.SampledFrom(g.organisations).Draw(g.T, label)
}

func (g *gang) anybody(label string) string { return rapid.SampledFrom(g.persons).Draw(g.T, label) }

var someRoles = []people.Role{people.CentreOfficer, people.SecurityOfficer, people.Operator, people.Auditor, people.Reviewer, people.Desk, people.ClearingOffice}

func (g *gang) grant() people.Grant {
	where := append([]string{people.Everywhere}, g.organisations...)
	return people.Grant{Role: rapid.SampledFrom(someRoles).Draw(g.T, "role"), Organisation: rapid.SampledFrom(where).Draw(g.T, "where")}
}

func (g *gang) period() (p store.Period) {
	if rapid.Bool().Draw(g.T, "later") {
		p.From = store.TimeOf(g.clock.Now().Add(24 * time.Hour))
	}
	return p
}

// settle makes organisations, persons and roles, and chooses the gang.
func (g *gang) settle() {
	g.parent, g.had, g.grants = map[string]string{}, map[string]power{}, map[string][]people.Grant{}
	for i := range rapid.IntRange(2, 6).Draw(g.T, "organisations") {
		id, parent := fmt.Sprint(g.name, "-", i), ""
		if i > 0 && rapid.IntRange(0, 3).Draw(g.T, "root") > 0 {
			parent = g.organisation("parent")
		}
		_, err := g.AddOrganisation(g.Context(), command, people.NewOrganisation{ID: id, Name: id, Parent: parent})
		g.must(err)
		g.organisations, g.parent[id] = append(g.organisations, id), parent
	}
	for i := range rapid.IntRange(3, 6).Draw(g.T, "persons") {
		p, err := g.AddPerson(g.Context(), command, g.organisation("home"), people.Particulars{Name: "P", Mail: fmt.Sprintf("p%d@%s.example", i, g.name)})
		g.must(err)
		g.persons = append(g.persons, p.ID)
		for range rapid.IntRange(0, 2).Draw(g.T, "roles") {
			grant := g.grant()
			_, err := g.GiveRole(g.Context(), command, p.ID, grant, g.period())
			g.must(err)
			g.grants[p.ID] = append(g.grants[p.ID], grant)
		}
		if rapid.IntRange(0, 4).Draw(g.T, "inactive") == 0 {
			no := false
			_, err := g.ChangePerson(g.Context(), command, p.ID, people.PersonChange{Active: &no})
			g.must(err)
		}
	}
	for _, p := range g.persons {
		g.had[p] = g.spread(g.grants[p])
	}
	g.ours = slices.Clone(g.persons[:rapid.IntRange(1, 2).Draw(g.T, "gang")])
}

func (g *gang) must(err error) {
	if err != nil {
		g.Fatal(err)
	}
}

// spread is what grants are in each organisation, in the tree of the beginning.
func (g *gang) spread(grants []people.Grant) power {
	p := power{}
	for _, held := range grants {
		if held.Organisation == people.Everywhere {
			p[held] = true
		}
		for _, o := range g.organisations {
			for at := o; at != ""; at = g.parent[at] {
				if at == held.Organisation || held.Organisation == people.Everywhere {
					p[people.Grant{Role: held.Role, Organisation: o}] = true
				}
			}
		}
	}
	return p
}

// power is what the gang may be or give, and what it can bring about by moving organisations to where it
// may.
func (g *gang) power() power {
	p := power{}
	for _, id := range g.ours {
		maps.Copy(p, g.spread(g.grants[id]))
	}
	for size := -1; size != len(p); {
		size = len(p)
		for held := range maps.Clone(p) {
			line := slices.IndexFunc(people.Roles, func(l people.RoleLine) bool { return l.Role == held.Role })
			for _, given := range people.Roles[line].Gives {
				p[people.Grant{Role: given, Organisation: held.Organisation}] = true
			}
		}
		for _, moved := range g.organisations {
			above := g.parent[moved]
			if above == "" {
				above = people.Everywhere
			}
			for _, to := range g.organisations {
				if p.moves(moved) && p.moves(above) && p.moves(to) {
					p.follow(g, moved, to)
				}
			}
		}
	}
	return p
}

// moves tells whether one may change where an organisation belongs.
func (p power) moves(organisation string) bool {
	return p[people.Grant{Role: people.CentreOfficer, Organisation: organisation}] || p[people.Grant{Role: people.Operator, Organisation: organisation}]
}

// follow gives the power over one organisation over another and all below it.
func (p power) follow(g *gang, moved, to string) {
	for held := range maps.Clone(p) {
		if held.Organisation != to {
			continue
		}
		for _, o := range g.organisations {
			for at := o; at != ""; at = g.parent[at] {
				if at == moved {
					p[people.Grant{Role: held.Role, Organisation: o}] = true
				}
			}
		}
	}
}

// actor is somebody of the gang, or one of its programs.
func (g *gang) actor() people.Actor {
	if len(g.programs) > 0 && rapid.IntRange(0, 3).Draw(g.T, "program") == 0 {
		return rapid.SampledFrom(g.programs).Draw(g.T, "which")
	}
	return g.as(rapid.SampledFrom(g.ours).Draw(g.T, "who"))
}

// as is a person of the gang, with a new session; nobody where they are not active.
func (g *gang) as(person string) people.Actor {
	session, err := g.OpenSession(g.Context(), person, "test", "", "")
	if err != nil {
		return people.Actor{Session: "none"}
	}
	return people.Actor{Session: session}
}

// become takes a person into the gang.
func (g *gang) become(person string) {
	if !slices.Contains(g.ours, person) {
		g.ours = append(g.ours, person)
	}
}

// step is one thing that the gang tries. That most of it is refused does not matter.
func (g *gang) step() {
	ctx, actor := g.Context(), g.actor()
	switch what := rapid.SampledFrom([]string{"give", "take", "invite", "mail", "name", "move person", "active", "token", "person", "organisation", "import", "wait"}).Draw(g.T, "what"); what {
	case "give":
		_, _ = g.GiveRole(ctx, actor, g.anybody("to"), g.grant(), g.period())
	case "take":
		_, _ = g.TakeRole(ctx, actor, g.anybody("from"), g.grant(), store.Time{})
	case "invite":
		person := g.anybody("invited")
		if link, err := g.Invite(ctx, actor, person); err == nil {
			_, err := g.EnrolByLink(ctx, link, people.Passkey{ID: link, Person: person}, "", "")
			g.must(err)
			g.become(person)
		}
	case "mail":
		g.steal(actor, g.anybody("victim"))
	case "name":
		g.mails++
		_, _ = g.ChangePerson(ctx, actor, g.anybody("renamed"), people.PersonChange{Particulars: &people.Particulars{Name: "P", UserName: fmt.Sprint(g.name, g.mails)}})
	case "move person":
		to := g.organisation("to")
		_, _ = g.ChangePerson(ctx, actor, g.anybody("moved"), people.PersonChange{Organisation: &to, From: g.period().From})
	case "active":
		active := rapid.Bool().Draw(g.T, "active")
		_, _ = g.ChangePerson(ctx, actor, g.anybody("activated"), people.PersonChange{Active: &active})
	case "token":
		if made, err := g.MakeToken(ctx, actor, "tool", g.grant(), store.Time{}); err == nil {
			g.programs = append(g.programs, people.Actor{Token: made.Secret})
		}
	case "person":
		g.mails++
		if p, err := g.AddPerson(ctx, actor, g.organisation("home"), people.Particulars{Name: "P", Mail: fmt.Sprintf("new%d@%s.example", g.mails, g.name)}); err == nil {
			g.persons = append(g.persons, p.ID)
		}
	case "organisation":
		g.mails++
		id := fmt.Sprint(g.name, "-new-", g.mails)
		if _, err := g.AddOrganisation(ctx, actor, people.NewOrganisation{ID: id, Name: id, Parent: g.organisation("parent")}); err == nil {
			g.organisations = append(g.organisations, id)
		}
	case "import":
		grant := g.grant()
		row := people.Row{Line: 2, Particulars: people.Particulars{Mail: fmt.Sprintf("p%d@%s.example", rapid.IntRange(0, 5).Draw(g.T, "whom"), g.name)}, Organisation: grant.Organisation, Roles: []people.Role{grant.Role}}
		_, _ = g.ImportPeople(ctx, actor, []people.Row{row})
	case "wait":
		g.clock.Advance(25 * time.Hour)
	}
}

// steal has the provider know a victim by an address of the gang's.
func (g *gang) steal(actor people.Actor, victim string) {
	g.mails++
	mail := fmt.Sprintf("gang%d@%s.example", g.mails, g.name)
	_, err := g.ChangePerson(g.Context(), actor, victim, people.PersonChange{Particulars: &people.Particulars{Name: "P", UserName: mail, Mail: mail}})
	if err != nil {
		return
	}
	identity := people.Identity{Issuer: g.name, Subject: mail, Mail: mail, Verified: true, Provider: "provider"}
	if _, err := g.SignInByIdentity(g.Context(), identity, "", ""); err == nil {
		g.become(victim)
	}
}

// check compares what everybody is now with what they were, or the gang could give.
func (g *gang) check() {
	now, err := g.Organisations(g.Context(), command)
	g.must(err)
	parent, there := map[string]string{}, len(g.parent)
	for _, o := range now {
		parent[o.ID] = o.Parent
	}
	beginning := g.organisations[:there]
	holds := func(who string, grants []people.Grant, also power) {
		for _, held := range grants {
			for _, o := range append([]string{people.Everywhere}, beginning...) {
				for at := o; at != ""; at = parent[at] {
					is := people.Grant{Role: held.Role, Organisation: o}
					if (at == held.Organisation || held.Organisation == people.Everywhere) && !g.could[is] && !also[is] {
						g.Fatalf("%s is %s in %s, and nobody of the gang could give that", who, is.Role, is.Organisation)
					}
				}
			}
		}
	}
	for _, id := range g.persons {
		p, err := g.Person(g.Context(), command, id)
		g.must(err)
		var grants []people.Grant
		for _, held := range p.Roles {
			grants = append(grants, people.Grant{Role: held.Role, Organisation: held.Organisation})
		}
		if slices.Contains(g.ours, id) {
			holds("one of the gang", grants, nil)
		} else {
			g.others(id, grants, holds)
		}
	}
	for _, program := range g.programs {
		if entry, err := g.Enter(g.Context(), program, ""); err == nil {
			holds("a program of the gang", entry.Who.Grants, nil)
		}
	}
}

// others checks a person who is not of the gang: what they had before is theirs, even where it reaches
// further now because an organisation was moved.
func (g *gang) others(id string, grants []people.Grant, holds func(string, []people.Grant, power)) {
	grants = slices.DeleteFunc(grants, func(held people.Grant) bool { return slices.Contains(g.grants[id], held) })
	holds("somebody else", grants, g.had[id])
}
