// Package demo is the pages of a demonstration: whoever opens them chooses who they are, and is signed in
// as that person with one press. A server has these routes in its demonstration alone, on a loopback
// address, with a database that goes when it ends.
package demo

import (
	"net/http"
	"slices"

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
	// Play is what the play goes on with once something is decided, and Above the organisation above each.
	Play  Play
	Above map[string]string
	// Macs is how many Macs the demonstration plays itself.
	Macs int
}

// Face is a person whom a visitor may be.
type Face struct {
	ID     string // in addresses
	Role   people.Role
	Person string // the id
	Name   string
	Body   string // whom they work for
	Look   string // what to look at in their role
	At     string // the page that it is about; empty where that is the first one
	Roles  []people.Grant
}

// words are who a face is.
func (f *Face) words() string { return f.Name + ", " + f.Role.Name() + ", " + f.Body }

// Path is where one chooses.
const Path = "/demonstration"

// Routes are the routes of a demonstration; an area that is nil has none.
func (a *Area) Routes() []gate.Route {
	if a == nil {
		return nil
	}
	return []gate.Route{
		{Pattern: "GET " + Path, Permission: gate.Public, Handler: ui.Handler(a.choose)},
		{Pattern: "POST " + Path + "/{face}", Permission: gate.Public, Handler: gate.Limit(maxForm, ui.Handler(a.be))},
	}
}

// maxForm is how many bytes the choice of a face may have.
const maxForm = 1 << 13

func (a *Area) choose(w http.ResponseWriter, r *http.Request) error {
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Whom would you like to be?", Wide: true, Content: a.Choice()})
}

// Choice is what to look at, and whom one may be.
func (a *Area) Choice() []ui.Component {
	var look []ui.Component
	for _, l := range a.Look {
		look = append(look, ui.Text(l))
	}
	table := ui.Table{Caption: "People of the demonstration", Unseen: true, Columns: []ui.Column{{Title: "Role"}, {Title: "Person"}, {Title: "What to look at"}, {Title: "Choose", Unseen: true}}}
	for i := range a.Faces {
		f := &a.Faces[i]
		table.Rows = append(table.Rows, ui.Row{ui.Text(f.Role.Name()), ui.Text(f.Name + ", " + f.Body), ui.Text(f.Look), f.post("Be", f.Name+", "+f.Role.Name(), "", ui.Secondary)})
	}
	return []ui.Component{
		ui.Para("Portcullis keeps one register of decisions about what may be on a government’s devices, on its estate and inside its doors: it says where each holds, what is in breach and why, and who decided it."),
		ui.Para("This is the Republic of Merrow, which is on no map: forty bodies, 20,000 devices, 300 cameras, recorders, routers and doors. Police and Parliament decide for themselves, so that the centre sees 34 of the bodies and not all. Everything but the well-known apps is invented, and all that you do goes when the demonstration ends."),
		ui.Para("No real device stands behind it. " + ui.Number(a.Macs).String() + " of its Macs are played by the demonstration itself: they fetch their lists from it by Santa’s own protocol, so that one sees a decision take hold. All its other devices stay silent."),
		ui.Heading("What to look at"), ui.List{Items: look, Numbered: true},
		ui.Heading("Whom would you like to be?"), table,
	}
}

// post is the button that makes the visitor a person, at the address to.
func (f *Face) post(text, hidden, to string, kind ui.ButtonKind) ui.Component {
	p := ui.Post{Action: Path + "/" + f.ID, Button: ui.Button{Text: text, Hidden: hidden, Kind: kind}}
	if to != "" {
		p.Hidden = []ui.Hidden{{Name: "to", Value: to}}
	}
	return p
}

// be signs the visitor in as a person, and leads on to where they come in.
func (a *Area) be(w http.ResponseWriter, r *http.Request) error {
	i := slices.IndexFunc(a.Faces, func(f Face) bool { return f.ID == r.PathValue("face") })
	if i < 0 {
		return fault.New(fault.NotFound, "Nobody in the demonstration is called so")
	}
	secret, err := a.People.OpenSession(r.Context(), a.Faces[i].Person, "demonstration", gate.Actor(r.Context()).Address, r.UserAgent())
	if err != nil {
		return err
	}
	a.Gate.Open(w, secret)
	return ui.See(w, r, gate.Local(r.PostFormValue("to")))
}

// For is what the person of a demonstration is to look at, and the way to be somebody else; nil for others.
func (a *Area) For(person string) ui.Component {
	if f := a.face(person); f != nil {
		return ui.Inset{ui.Paragraph{ui.Text("You are " + f.words() + "."), ui.Link{Text: f.Look, Href: f.At}}, ui.Paragraph{ui.Link{Text: "Be somebody else", Href: Path}}}
	}
	return nil
}

// face is the face of a person; nil where they have none.
func (a *Area) face(person string) *Face {
	if a == nil {
		return nil
	}
	if i := slices.IndexFunc(a.Faces, func(f Face) bool { return f.Person == person }); i >= 0 {
		return &a.Faces[i]
	}
	return nil
}
