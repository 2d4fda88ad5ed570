package demo

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"portcullis/catalogue"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/world"
)

// Demo is a government, as it is at one time.
type Demo struct {
	Now    time.Time
	World  policy.World
	People []Person
	Groups []Group

	// Began is when the demonstration's server would have been set up: everything below happened since.
	Began time.Time
	// Proposed is what was proposed since, each with what others did in it.
	Proposed []Proposal
	// Adviser is the person who keeps what people are advised.
	Adviser string

	// Faces are the people whom a visitor may be: one for each role, in the order of people.Roles, and then those who
	// take part in the story besides, because a decision takes several people.
	Faces []Face
	// Look is what to look at, in three lines.
	Look [3]string
	// Draft is the rule that the first of these lines leads to, and Play what the play goes on with once it is made.
	// Neither is in the world.
	Draft policy.Rule
	Play  Play
	// Imported is the body that has just brought in its devices, for the triage of the first day.
	Imported string
	// Names are what the tools that report say of identifiers which are no product's.
	Names map[Identifier]Name

	shelves map[shelfKey][]item
	extras  extras
}

// Person is somebody who may sign in. Their ID is what hosts and exemptions name them by.
type Person struct {
	ID, Name, Mail, Organisation string
	Roles                        []people.Grant
}

// Group is what hosts and exemptions name by ID. Members are ids of persons.
type Group struct {
	ID, Name, Organisation string
	Members                []string
}

// Face is a role that a visitor may take.
type Face struct {
	Role   people.Role
	Person string // an id
	// Look is what to look at in this role, in a sentence, and At the page that it is about; empty where that is the first
	// one.
	Look, At string
}

// Play is what a visitor sees and asks for once the rule Rule is made.
type Play struct {
	Rule string
	See  []Seen
	// Asks is the person who asks for an exemption for Product on Host, for Purpose, because of Reason and at that Risk, for Days.
	Asks, Product, Host, Purpose, Reason, Risk string
	Days                                       int
}

// Seen is a product on whose page one sees a rule take hold, and what it is.
type Seen struct{ Product, What string }

// Identifier is what a platform calls an app.
type Identifier struct {
	Platform policy.Platform
	ID       string
}

// Name is what people call an app, for suggestions.
type Name struct{ Name, Publisher string }

// Starter returns the suppliers and products of the starter catalogue.
func Starter() (*policy.World, error) {
	file, err := os.CreateTemp("", "portcullis-catalogue-")
	if err != nil {
		return nil, fmt.Errorf("reading the starter catalogue: %w", err)
	}
	_, err = file.Write(catalogue.World())
	var loaded *world.Loaded
	if err = errors.Join(err, file.Close()); err == nil {
		loaded, err = world.Load(file.Name(), nil, world.Options{})
	}
	if err = errors.Join(err, os.Remove(file.Name())); err != nil {
		return nil, fmt.Errorf("reading the starter catalogue: %w", err)
	}
	return &loaded.World, loaded.Close()
}

// Government returns the government as it is at a time, on top of the starter catalogue, which it
// does not change.
func Government(starter *policy.World, now time.Time) (*Demo, error) {
	c := calendar{now.UTC().Truncate(24 * time.Hour)}
	d := &Demo{Now: now.UTC(), Imported: imported, Draft: c.draft(), Faces: slices.Concat(faces(), others), Names: map[Identifier]Name{},
		Began: c.day(-began), Adviser: adviser, Play: play}
	d.Proposed = c.proposed(d.Now)
	d.Look = [3]string{
		"Umberfell Group is banned nowhere, and is in an app, a kit inside three others, cameras under two names and modules inside routers. " + nameOf(people.CentreOfficer) + " has proposed to ban it: be Henrik Solberg, see whom that reaches, sign, and see it in force.",
		"Play on from there: the Department of Health asks for an exemption for one telephone, its approver signs, its private office clears it, its device administrator confirms. Each page says who comes next.",
		"On a telephone: be " + nameOf(people.ClearingOffice) + " of the private office, and clear what waits for her, with a condition. Then see why " + brokenPhone + " is in breach, and what Island Hospitals has to decide before " + c.day(36).Format("2 January") + ".",
	}
	d.World = policy.World{
		Organisations: c.organisations(),
		Sites:         policySites(),
		Suppliers:     append(c.suppliers(), starter.Suppliers...),
		Products:      append(c.products(), starter.Products...),
		Rules:         append(c.restrictions(), c.allowRules()...),
		Exemptions:    c.exemptions(),
	}
	d.People, d.Groups = peopleAndGroups()
	return d, d.stock()
}

// calendar counts days from the midnight at which the day of the demonstration began.
type calendar struct{ today time.Time }

func (c calendar) day(n int) time.Time { return c.today.AddDate(0, 0, n) }

func (c calendar) from(n int) policy.Period { return policy.Period{From: c.day(n)} }

func (c calendar) period(from, until int) policy.Period {
	return policy.Period{From: c.day(from), Until: c.day(until)}
}

// hyphened makes an id of a name: "Ward Board" is ward-board.
func hyphened(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "-") }

// camel makes of an id what Windows calls a thing: "ward-board" is WardBoard.
func camel(id string) (text string) {
	for word := range strings.SplitSeq(id, "-") {
		text += strings.ToUpper(word[:1]) + word[1:]
	}
	return text
}
