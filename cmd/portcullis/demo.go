package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

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
	return "A fictional government with 40 bodies, 20,000 devices and 300 pieces of equipment, in a database that goes when the demonstration ends. Whoever opens the page chooses who they are, without signing in: so it answers on a loopback address and nowhere else."
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

// demonstration fills an empty database with the fictional government, and returns who one may be.
func (a *assembly) demonstration(env *environment) (*web.Area, error) {
	starter, err := demo.Starter()
	if err != nil {
		return nil, err
	}
	g, err := demo.Government(starter, env.now())
	if err != nil {
		return nil, err
	}
	if err := a.govern(env, g); err != nil {
		return nil, err
	}
	ids, err := a.populate(env, g)
	if err != nil {
		return nil, err
	}
	if err := a.advise(env); err != nil {
		return nil, err
	}
	if err := a.devices.Fleet.Follow(env); err != nil {
		return nil, err
	}
	if err := a.dateBack(env, g); err != nil {
		return nil, err
	}
	area := &web.Area{People: a.people, Gate: a.parts.Gate, Look: g.Look[:]}
	names := map[string]string{}
	for i := range g.World.Organisations {
		names[g.World.Organisations[i].ID] = g.World.Organisations[i].Name
	}
	for _, f := range g.Faces {
		for _, p := range g.People {
			if p.ID == f.Person {
				area.Faces = append(area.Faces, web.Face{Role: f.Role, Person: ids[p.ID], Name: p.Name, Body: names[p.Organisation], Look: f.Look})
			}
		}
	}
	return area, nil
}

// advise has the centre say something of its own, beside the starter set. Nobody of the story has a role everywhere,
// which that needs; so a program says it, once.
func (a *assembly) advise(ctx context.Context) error {
	made, err := a.people.MakeToken(ctx, atCommand, "What the centre advises", people.Grant{Role: people.CentreOfficer, Organisation: people.Everywhere}, people.Time{})
	if err != nil {
		return err
	}
	about, said := handbook.About{Subject: handbook.OnProduct, Of: "paperlark"}, handbook.Draft{
		Title: "Paperlark Scanner on your own phone",
		Text: "It is your own phone, and yours to decide. We would not use it for anything that matters.\n\n" +
			"- What you photograph is sent to the maker’s servers to be made legible.\n- Never photograph papers from work with it, not even a timetable.\n- The camera that came with the phone makes readable pictures too, and keeps them there.",
	}
	if _, err := a.parts.Handbook.AddAdvice(ctx, people.Actor{Token: made.Secret}, about, said); err != nil {
		return err
	}
	_, err = a.people.EndToken(ctx, atCommand, made.ID)
	return err
}

// dateBack has the breaches of the demonstration open over the past months.
func (a *assembly) dateBack(env *environment, g *demo.Demo) error {
	heard := map[string]time.Time{}
	for h := range g.Hosts() {
		heard[h.ID] = h.LastHeard
	}
	triggers := map[demo.Opening]devices.Trigger{demo.Found: devices.ByReport, demo.Decided: devices.ByDecision, demo.Deadline: devices.ByTime}
	return a.devices.Fleet.DateBack(env, func(host string, o index.Open) (time.Time, devices.Trigger) {
		at, why := g.Opened(host, heard[host], o.Thing, o.Cause.Rule)
		return at, triggers[why]
	})
}

// invite says where the demonstration is, and what to look at.
func (a *assembly) invite(env *environment, url string) {
	fmt.Fprintf(env.out, "The Republic of Merrow is open at %s — end it with Ctrl-C.\n", url)
	for i, look := range a.parts.Demo.Look {
		fmt.Fprintf(env.out, "%d. %s\n", i+1, look)
	}
}

// govern takes in the world and the hosts.
func (a *assembly) govern(env *environment, g *demo.Demo) error {
	named := map[string]string{} // hosts and exemptions name people and groups as people do
	for _, p := range g.People {
		named[p.ID] = p.Name
	}
	for _, group := range g.Groups {
		named[group.ID] = group.Name
	}
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
