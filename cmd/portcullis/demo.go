package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"portcullis/approvals"
	"portcullis/demo"
	"portcullis/devices"
	"portcullis/devices/index"
	"portcullis/handbook"
	"portcullis/people"
	web "portcullis/web/demo"
)

type demoCommand struct {
	Listen string `default:"127.0.0.1:8417" placeholder:"ADDRESS" help:"Where to answer HTTP: a loopback address."`
}

func (demoCommand) Help() string {
	return "A fictional government with 40 bodies, 20,000 devices and 300 pieces of equipment, in a database that goes when the demonstration ends: it prints where that is, for other commands' --data. Whoever opens the page chooses who they are, without signing in: so it answers on a loopback address and nowhere else."
}

func (c *demoCommand) Run(env *environment) error {
	if err := loopback(c.Listen); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "portcullis-demo-")
	if err != nil {
		return err
	}
	quiet := *env
	clock := &past{present: env.now}
	quiet.Context, quiet.now = context.WithValue(env.Context, pastKey{}, clock), clock.now
	quiet.err = io.Discard // what an operator reads of a server is not what a visitor wants to know
	s := serveCommand{database: database{Data: filepath.Join(dir, "data")}, Listen: c.Listen, demonstration: true}
	return errors.Join(s.Run(&quiet), os.RemoveAll(dir))
}

// loopback returns an error unless an address is one of this machine's own alone. A name is not: what it
// stands for is another's to say.
func loopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("the demonstration lets everybody be anybody, and so answers on a loopback address alone, such as 127.0.0.1:8417 or [::1]:8417, and not on %q", address)
	}
	return nil
}

// demonstration fills an empty database with the fictional government, as months have left it, and returns who one
// may be. Its Macs speak with the server at an address.
func (a *assembly) demonstration(env *environment, address string) (*web.Area, error) {
	starter, err := demo.Starter()
	if err != nil {
		return nil, err
	}
	g, err := demo.Government(starter, env.now())
	if err != nil {
		return nil, err
	}
	named := namesIn(g)
	pastOf(env).at(g.Began)
	if err := a.govern(env, g, named); err != nil {
		return nil, err
	}
	ids, err := a.populate(env, g)
	if err != nil {
		return nil, err
	}
	story := &telling{assembly: a, ids: ids, named: named, made: map[string]time.Time{}, opened: map[*demo.Proposal]approvals.Proposal{}}
	if err := story.advise(env, g.Adviser); err != nil {
		return nil, err
	}
	if err := a.devices.Fleet.Follow(env); err != nil {
		return nil, err
	}
	if err := story.tell(env, g); err != nil {
		return nil, err
	}
	if err := a.devices.Fleet.Follow(env); err != nil {
		return nil, err
	}
	if err := a.dateBack(env, g, story.made); err != nil {
		return nil, err
	}
	played, err := a.macs(env, g, address)
	if err != nil {
		return nil, err
	}
	a.workers = append(a.workers, played.run)
	area := a.faces(g, ids)
	area.Macs = len(played.all)
	return area, nil
}

// faces are the pages of the demonstration, with whom one may be.
func (a *assembly) faces(g *demo.Demo, ids map[string]string) *web.Area {
	area := &web.Area{People: a.people, Gate: a.parts.Gate, Look: g.Look[:], Play: played(&g.Play), Above: map[string]string{}}
	bodies := map[string]string{}
	for i := range g.World.Organisations {
		o := &g.World.Organisations[i]
		bodies[o.ID], area.Above[o.ID] = o.Name, o.Parent
	}
	for _, line := range people.Roles {
		for _, f := range g.Faces {
			i := slices.IndexFunc(g.People, func(p demo.Person) bool { return p.ID == f.Person })
			if p := &g.People[i]; f.Role == line.Role {
				area.Faces = append(area.Faces, web.Face{ID: p.ID, Role: f.Role, Person: ids[p.ID], Name: p.Name, Body: bodies[p.Organisation], Look: f.Look, At: f.At, Roles: p.Roles})
			}
		}
	}
	return area
}

// played is what the play goes on with, for its pages.
func played(p *demo.Play) web.Play {
	out := web.Play{Rule: p.Rule, Asks: p.Asks, Product: p.Product, Host: p.Host, Purpose: p.Purpose, Reason: p.Reason, Risk: p.Risk, Days: p.Days}
	for _, s := range p.See {
		out.See = append(out.See, web.Seen(s))
	}
	return out
}

// advise has the centre say something of its own, beside the starter set.
func (t *telling) advise(ctx context.Context, adviser string) error {
	about, said := handbook.About{Subject: handbook.OnProduct, Of: "paperlark"}, handbook.Draft{
		Title: "Paperlark Scanner on your own phone",
		Text: "It is your own phone, and yours to decide. We would not use it for anything that matters.\n\n" +
			"- What you photograph is sent to the maker’s servers to be made legible.\n- Never photograph papers from work with it, not even a timetable.\n- The camera that came with the phone makes readable pictures too, and keeps them there.",
	}
	by, err := t.as(ctx, adviser)
	if err != nil {
		return err
	}
	_, err = t.parts.Handbook.AddAdvice(ctx, by, about, said)
	return err
}

// dateBack has the breaches of the demonstration open over the past months; none before the rule was made that it is by.
func (a *assembly) dateBack(env *environment, g *demo.Demo, made map[string]time.Time) error {
	heard := map[string]time.Time{}
	for h := range g.Hosts() {
		heard[h.ID] = h.LastHeard
	}
	triggers := map[demo.Opening]devices.Trigger{demo.Found: devices.ByReport, demo.Decided: devices.ByDecision, demo.Deadline: devices.ByTime}
	return a.devices.Fleet.DateBack(env, func(host string, o index.Open) (time.Time, devices.Trigger) {
		at, why := g.Opened(host, heard[host], o.Thing, o.Cause.Rule)
		if began := made[o.Cause.Rule]; at.Before(began) {
			at, why = began, demo.Decided
		}
		return at, triggers[why]
	})
}

// invite says where the demonstration is, what to look at, and where other commands find its data.
func (a *assembly) invite(env *environment, url, data string) {
	fmt.Fprintf(env.out, "The Republic of Merrow is open at %s — end it with Ctrl-C.\n", url)
	for i, look := range a.parts.Demo.Look {
		fmt.Fprintf(env.out, "%d. %s\n", i+1, look)
	}
	fmt.Fprintf(env.out, "Its data, for other commands while it runs: --data %s, as in portcullis export android --organisation health --data %s\n", data, data)
}

// namesIn are what hosts and exemptions call people and groups: what people call them.
func namesIn(g *demo.Demo) map[string]string {
	named := map[string]string{}
	for _, p := range g.People {
		named[p.ID] = p.Name
	}
	for _, group := range g.Groups {
		named[group.ID] = group.Name
	}
	return named
}

// govern takes in the world and the hosts.
func (a *assembly) govern(env *environment, g *demo.Demo, named map[string]string) error {
	w := g.World
	for i := range w.Exemptions {
		s := &w.Exemptions[i].Subject
		s.Person, s.Group = called(named, s.Person), called(named, s.Group)
	}
	government := devices.Government{World: &w, Hosts: func(yield func(devices.Known, error) bool) {
		for h := range g.Hosts() {
			h.Holder = called(named, h.Holder)
			for i := range h.Groups {
				h.Groups[i] = called(named, h.Groups[i])
			}
			if !yield(devices.Known{Host: &h.Host, Name: h.Name, Heard: h.LastHeard}, nil) {
				return
			}
		}
	}}
	for range g.Hosts() {
		government.Count++
	}
	for id, n := range g.Names {
		government.Names = append(government.Names, devices.Named{Identifier: id.ID, Platform: id.Platform, Name: n.Name, Publisher: n.Publisher})
	}
	_, err := a.devices.Fill(env, atCommand, government, nil)
	return err
}

func called(names map[string]string, id string) string {
	if name, ok := names[id]; ok {
		return name
	}
	return id
}

// populate adds the people, with their groups and roles, and returns their ids by those of the story.
func (a *assembly) populate(ctx context.Context, g *demo.Demo) (ids map[string]string, err error) {
	ids = map[string]string{}
	for _, p := range g.People {
		added, err := a.people.AddPerson(ctx, atCommand, p.Organisation, people.Particulars{Name: p.Name, Mail: p.Mail})
		if err != nil {
			return nil, fmt.Errorf("the person %s: %w", p.ID, err)
		}
		ids[p.ID] = added.ID
		for _, grant := range p.Roles {
			if _, err := a.people.GiveRole(ctx, atCommand, added.ID, grant, people.Period{}); err != nil {
				return nil, fmt.Errorf("the person %s: %w", p.ID, err)
			}
		}
	}
	for _, group := range g.Groups {
		var members []string
		for _, m := range group.Members {
			members = append(members, ids[m])
		}
		if _, err := a.people.AddGroup(ctx, atCommand, group.Organisation, group.Name, "", members); err != nil {
			return nil, fmt.Errorf("the group %s: %w", group.ID, err)
		}
	}
	return ids, nil
}
