// Package demo is the pages of a demonstration: whoever opens them chooses who they are, and is signed in
// as that person with one press. A server has these routes in its demonstration alone, on a loopback
// address, with a database that goes when it ends.
package demo

import (
	"net/http"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Area is the pages, with whom one may be.
type Area struct {
	People *people.Room
	Gate   *gate.Gate
	Faces  []Face
	// Look is what to look at first, in a sentence each.
	Look []string
}

// Face is a person whom a visitor may be.
type Face struct {
	Role   people.Role
	Person string // the id
	Name   string
	Body   string // whom they work for
	Look   string // what to look at in their role
}

// Path is where one chooses.
const Path = "/demonstration"

// Routes are the routes of a demonstration; an area that is nil has none.
func (a *Area) Routes() []gate.Route {
	if a == nil {
		return nil
	}
	return []gate.Route{
		{Pattern: "GET " + Path, Permission: gate.Public, Handler: ui.Handler(a.choose)},
		{Pattern: "POST " + Path + "/{role}", Permission: gate.Public, Handler: ui.Handler(a.be)},
	}
}

func (a *Area) choose(w http.ResponseWriter, r *http.Request) error {
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Whom would you like to be?", Wide: true, Content: a.Choice()})
}

// Choice is what to look at, and whom one may be.
func (a *Area) Choice() []ui.Component {
	var look []ui.Component
	for _, l := range a.Look {
		look = append(look, ui.Text(l))
	}
	table := ui.Table{Caption: "People of the demonstration", Unseen: true, Columns: []ui.Column{{Title: "Role"}, {Title: "Person"}, {Title: "What to look at"}, {Title: ""}}}
	for _, f := range a.Faces {
		table.Rows = append(table.Rows, ui.Row{
			ui.Text(f.Role.Name()), ui.Text(f.Name + ", " + f.Body), ui.Text(f.Look),
			ui.Post{Action: Path + "/" + string(f.Role), Button: ui.Button{Text: "Be", Hidden: f.Name + ", " + f.Role.Name(), Kind: ui.Secondary}},
		})
	}
	return []ui.Component{
		ui.Para("This is the Republic of Merrow, which is on no map: forty bodies, 20,000 devices, 300 cameras, recorders, routers and doors. Police and Parliament decide for themselves, so that the centre sees 34 of the bodies and not all. Everything but the well-known apps is invented, and all that you do goes when the demonstration ends."),
		ui.Heading("What to look at"), ui.List{Items: look, Numbered: true},
		ui.Heading("Whom would you like to be?"), table,
	}
}

// be signs the visitor in as the person of a role.
func (a *Area) be(w http.ResponseWriter, r *http.Request) error {
	for _, f := range a.Faces {
		if string(f.Role) == r.PathValue("role") {
			secret, err := a.People.OpenSession(r.Context(), f.Person, "demonstration", gate.Actor(r.Context()).Address, r.UserAgent())
			if err != nil {
				return err
			}
			a.Gate.Open(w, secret)
			return ui.See(w, r, "/")
		}
	}
	return fault.New(fault.NotFound, "Nobody in the demonstration has this role")
}

// For is what the person of a demonstration is to look at, and the way to be somebody else; nil for others.
func (a *Area) For(person string) ui.Component {
	if a == nil {
		return nil
	}
	for _, f := range a.Faces {
		if f.Person == person {
			return ui.Inset{ui.Para("You are " + f.Name + ", " + f.Role.Name() + ", " + f.Body + ". " + f.Look), ui.Paragraph{ui.Link{Text: "Be somebody else", Href: Path}}}
		}
	}
	return nil
}
