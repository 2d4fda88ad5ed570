package devices

import (
	"embed"
	"net/http"

	"portcullis/people"
	"portcullis/register"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

//go:embed seek.html triage.html lines.html place.html
var appFiles embed.FS

var appTemplates = ui.Parse(appFiles)

// maxTicks is how many bytes the form of a triage may have: thousands of apps that are ticked on other pages.
const maxTicks = 4 << 20

// appRoutes are those about what is installed: apps, their makers, rules about them, and what is not on a
// list yet.
func (a *area) appRoutes(routes *gate.Routes) {
	routes.See("/apps", people.SeeDevices, a.apps)
	routes.See("/apps/{id}", people.SeeDevices, a.app)
	routes.See("/suppliers", people.SeeDevices, a.suppliers)
	routes.See("/suppliers/{id}", people.SeeDevices, a.supplier)
	routes.See("/what-if", people.SeeDevices, a.whatIf)
	routes.See("/rules/{id}", people.SeeDevices, a.rule)
	routes.See("/register/past/rules/{id}", people.SeeRegister, a.registerPast(register.Rules))
	routes.See("/register/past/suppliers/{id}", people.SeeRegister, a.registerPast(register.Suppliers))
	routes.See("/register/past/apps/{id}", people.SeeRegister, a.registerPast(register.Products))
	routes.See("/register/past/exemptions/{id}", people.SeeRegister, a.registerPast(register.Exemptions))
	routes.See("/unlinked", people.SeeDevices, a.unlinked)
	routes.See("/triage", people.SeeDevices, a.triages)
	routes.See("/triage/{id}", people.SeeDevices, a.triage)
	routes.Take("/triage/{id}", people.DecideList, maxTicks, a.triage)
	routes.Ask("/unlinked/link", people.LinkIdentifiers, a.link)
}

// AppPath is where an app, or a kind of equipment, is shown.
func AppPath(id string) string { return gate.Path("apps", pathID(id)) }

// SupplierPath is where a supplier is shown.
func SupplierPath(id string) string { return gate.Path("suppliers", pathID(id)) }

// RulePath is where a rule is shown, or what is asked of it.
func RulePath(id string, more ...string) string {
	return gate.Path(append([]string{"rules", pathID(id)}, more...)...)
}

// TriagePath is where it is decided what a body's list allows of what its devices have.
func TriagePath(organisation string) string { return gate.Path("triage", pathID(organisation)) }

// seek is a form that is sent with the address: what is sought stands in it and can be sent on.
type seek struct {
	At     string // the path
	Label  string // what the form is for
	Hidden []ui.Hidden
	Fields []*ui.Field
	// More are fields that few need, under a line that opens them; Opened shows them at once.
	More   []*ui.Field
	Opened bool
	Line   string
	Button string
}

// stacked are things below each other in a cell.
func stacked(all []ui.Component) ui.Component { return appTemplates.View("lines", all) }

// place is something that a link on the same page leads to.
type place struct {
	ID      string
	Content ui.Component
}

func (p place) shown() ui.Component { return appTemplates.View("place", p) }

func (s seek) shown() ui.Component { return appTemplates.View("seek", s) }

// narrowedToBody is narrowed for what is on one body's hosts, and by other fields before that.
func (a *area) narrowedToBody(r *http.Request, fields ...*ui.Field) (*ui.Filter, error) {
	options, err := a.organisations(r, ui.Option{Label: "All that you may see"})
	if err != nil {
		return nil, err
	}
	return narrowed(r, append(fields, &ui.Field{Name: "organisation", Label: "On devices of", As: ui.Select{Options: options}})...)
}
