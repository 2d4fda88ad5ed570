package web

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"portcullis/alerts"
	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/handbook"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/register"
	"portcullis/vetting"
	"portcullis/vetting/report"
	"portcullis/web/account"
	"portcullis/web/api"
	approvalpages "portcullis/web/approvals"
	"portcullis/web/ask"
	"portcullis/web/demo"
	devicepages "portcullis/web/devices"
	"portcullis/web/directory"
	listpages "portcullis/web/enforce"
	"portcullis/web/gate"
	handbookpages "portcullis/web/handbook"
	"portcullis/web/lists"
	"portcullis/web/lost"
	"portcullis/web/osquery"
	"portcullis/web/provision"
	"portcullis/web/santa"
	"portcullis/web/ui"
	vettingpages "portcullis/web/vetting"
	"portcullis/web/zones"
)

// Parts are the rooms that routes show, and what stands around them.
type Parts struct {
	Gate   *gate.Gate
	People *people.Room
	Alerts alerts.Desk
	// Devices and Register are the things, and what is decided about them.
	Devices  *devices.Room
	Register *register.Room
	// Approvals is how decisions come about.
	Approvals *approvals.Room
	// Vetting is what was found in apps, and how they were reviewed.
	Vetting *vetting.Room
	// Tool is what reports on apps say that they were made with.
	Tool report.Tool
	// Folder is where a file lies while it is looked at: the system's own for such files where it is empty.
	Folder string
	// Enforce is the lists that devices are to have.
	Enforce *enforce.Room
	// Handbook is what people are advised.
	Handbook *handbook.Room
	// Intake takes in reports.
	Intake *devices.Intake
	// Santa is the sync server of Macs with Santa; nil on a server that is none.
	Santa *santa.Area
	// Osquery is the TLS server of devices that speak through osquery; nil on a server that is none.
	Osquery *osquery.Area
	// Zones are the texts of zones, which name servers fetch; nil on a server that has none.
	Zones *zones.Area
	// NamesAt is where name servers take zones by transfer, as host:port; empty on a server at which they do not.
	NamesAt string
	Account *account.Area
	// Directory is the pages of people and organisations.
	Directory directory.Options
	// URL is the server's public address.
	URL *url.URL
	// Ready tells whether the server can do its work, and if not why.
	Ready func(ctx context.Context) error
	// Ledger returns what the ledger serves at a path, as C2SP tlog-tiles has it: /checkpoint and
	// /tile/…. It is nil where there is nothing.
	Ledger func(ctx context.Context, path string) (*ledger.Resource, error)
	// Demo is the pages of a demonstration; nil on a server that is none.
	Demo *demo.Area
	// DeviceManager takes the events of the device manager beside the server, which are signed; nil where there is none.
	DeviceManager http.Handler
	// Metrics are shown to Prometheus.
	Metrics *prometheus.Registry
}

// decisions are the rooms that the pages on decisions show.
func (p *Parts) decisions() approvalpages.Rooms {
	return approvalpages.Rooms{Approvals: p.Approvals, Devices: p.Devices, People: p.People, Register: p.Register, PlayOn: p.Demo.PlayOn, Looked: p.vetted().Looked}
}

// vetted are the pages of apps that were looked at.
func (p *Parts) vetted() vettingpages.Rooms {
	return vettingpages.Rooms{Vetting: p.Vetting, Approvals: p.Approvals, Devices: p.Devices, People: p.People, Register: p.Register, Tool: p.Tool, Folder: p.Folder}
}

// zonePages are the pages of zones.
func (p *Parts) zonePages() zones.Pages {
	return zones.Pages{Enforce: p.Enforce, Devices: p.Devices, URL: p.URL, Names: p.NamesAt}
}

// lost is the pages about devices that are lost or stolen.
func (p *Parts) lost() lost.Area {
	return lost.Area{Enforce: p.Enforce, Devices: p.Devices, People: p.People}
}

// Navigation are the places that the head of every page leads to.
var Navigation = slices.Concat(
	[]gate.Place{{Link: ui.Link{Text: "Today", Href: "/"}, Permission: people.Own}, ask.Place()},
	approvalpages.Places(),
	[]gate.Place{vettingpages.Place()},
	devicepages.Places(),
	[]gate.Place{lists.Place(), listpages.Place(), zones.Place()},
	handbookpages.Places(),
	directory.Places(),
	[]gate.Place{
		{Link: ui.Link{Text: "Notices", Href: "/notices"}, Permission: people.SeeNotices, Everywhere: true},
		{Link: ui.Link{Text: "Ledger", Href: "/ledger"}, Permission: people.Own},
	},
)

// First are the places that come first for each role: where its work is.
var First = []gate.Own{
	{Role: people.CentreOfficer, Paths: []string{"/apps", "/proposals", "/breaches", "/what-if", "/coverage"}},
	{Role: people.SecurityOfficer, Paths: []string{"/proposals", "/breaches", "/devices", "/apps", "/coverage"}},
	{Role: people.DeviceAdministrator, Paths: []string{"/devices", "/breaches", "/device-lists", "/coverage", "/apps"}},
	{Role: people.Reviewer, Paths: []string{"/proposals", "/vetting", "/apps", "/lists", "/breaches"}},
	{Role: people.Approver, Paths: []string{"/proposals", "/apps"}},
	{Role: people.ClearingOffice, Paths: []string{"/proposals"}},
	{Role: people.EstateManager, Paths: []string{"/devices", "/breaches", "/coverage"}},
	{Role: people.Auditor, Paths: []string{"/ledger", "/proposals", "/coverage", "/breaches", "/apps"}},
	{Role: people.Operator, Paths: []string{"/people", "/organisations", "/notices"}},
	{Role: "", Paths: []string{"/ask", "/advice", "/proposals"}},
}

// footer stands at the foot of every page.
var footer = []ui.Link{{Text: "For programs", Href: "/api"}, {Text: "Roles", Href: "/roles"}, {Text: "The head of the ledger", Href: "/ledger/checkpoint"}}

// Routes are all routes of the server.
func Routes(p Parts) []gate.Route {
	pages, enquiries := &pages{p}, devices.NewEnquiries(p.Devices)
	return slices.Concat(
		[]gate.Route{
			{Pattern: "GET /healthz", Permission: gate.Open, Handler: http.HandlerFunc(healthy)},
			{Pattern: "GET /readyz", Permission: gate.Open, Handler: ready(p.Ready)},
			{Pattern: "GET /metrics", Permission: gate.Open, Handler: promhttp.HandlerFor(p.Metrics, promhttp.HandlerOpts{})},
			{Pattern: "GET /ledger/{path...}", Permission: gate.Open, Handler: tiles(p.Ledger)},
			{Pattern: ui.AssetsPattern, Permission: gate.Open, Handler: ui.Assets()},

			{Pattern: "GET /{$}", Permission: gate.Public, Handler: ui.Handler(pages.today)},
			{Pattern: "GET /api", Permission: gate.Public, Handler: ui.Handler(pages.operations)},
			{Pattern: "GET /components", Permission: gate.Public, Handler: ui.Handler(ui.Components)},
			{Pattern: "GET /ledger", Permission: people.Own, Handler: ui.Handler(pages.ledger)},
			{Pattern: "GET /notices", Permission: people.SeeNotices, Handler: ui.Handler(pages.notices)},
			{Pattern: "/", Permission: gate.Public, Handler: ui.Handler(pages.nothing)},
		},
		events(p.DeviceManager),
		p.Demo.Routes(),
		p.Santa.Routes(),
		p.Osquery.Routes(),
		p.Zones.Routes(),
		p.zonePages().Routes(),
		p.Account.Routes(),
		devicepages.Routes(devicepages.Rooms{Devices: p.Devices, Register: p.Register, People: p.People, Approvals: p.Approvals, Looked: p.vetted().OfProduct}),
		handbookpages.Routes(handbookpages.Rooms{Handbook: p.Handbook, People: p.People}),
		approvalpages.Routes(p.decisions()),
		vettingpages.Routes(p.vetted()),
		directory.Routes(p.People, p.Directory),
		ask.Routes(ask.Area{Enquiries: enquiries, Advice: ask.Handbook(p.Handbook), Requests: "/proposals/new/app", Exemptions: "/proposals/new/exemption"}),
		lists.Routes(lists.Area{Enquiries: enquiries}),
		lost.Routes(p.lost()),
		listpages.Routes(listpages.Rooms{Enforce: p.Enforce, Approvals: p.Approvals, Devices: p.Devices}),
		api.Routes(api.Rooms{People: p.People, Alerts: p.Alerts, Devices: p.Devices, Enquiries: enquiries, Register: p.Register, Approvals: p.Approvals, Vetting: p.Vetting, Folder: p.Folder, Enforce: p.Enforce, Handbook: p.Handbook, Intake: p.Intake, InvitationLink: p.Directory.Join}),
		provision.Routes(p.People, p.URL, p.Gate.Log),
	)
}

// events are the route of a device manager's events: who sends them is told by their signature.
func events(h http.Handler) []gate.Route {
	if h == nil {
		return nil
	}
	return []gate.Route{{Pattern: "POST /mdm/events", Permission: gate.Open, Handler: h}}
}

// maxBody is how many bytes a request may send: as many as the largest file of people and what a browser
// sends around it. A route that takes less says so itself.
const maxBody = 65 << 20

// maxLong is how many a request may send to a route that takes in large files: as many as an app has, and what a browser
// sends around it.
const maxLong = vetting.MaxFile + 1<<20

// most is how many bytes a request to a route may send.
func most(r *gate.Route) int64 {
	if r.Long {
		return maxLong
	}
	return maxBody
}

// Handler serves the routes. Posts from other sites are refused, and every answer forbids what a
// page of this server never does.
func Handler(p Parts) http.Handler {
	p.Gate.Frame.Links = footer
	mux := http.NewServeMux()
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portcullis_http_requests_total", Help: "Requests by route and status."}, []string{"route", "code"})
	seconds := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "portcullis_http_request_seconds", Help: "How long requests took, by route.", Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 5}}, []string{"route"})
	p.Metrics.MustRegister(requests, seconds)
	for _, r := range Routes(p) {
		route := prometheus.Labels{"route": r.Pattern}
		mux.Handle(r.Pattern, promhttp.InstrumentHandlerCounter(requests.MustCurryWith(route), promhttp.InstrumentHandlerDuration(seconds.MustCurryWith(route), gate.Limit(most(&r), p.Gate.Guard(r)))))
	}
	ours := http.NewCrossOriginProtection()
	ours.SetDenyHandler(p.Gate.Guard(gate.Route{Permission: gate.Public, Handler: ui.Handler((&borders{Parts: p}).foreign)}))
	return headers(p.Gate.Secure, takeRest(ours.Handler(mux)))
}

// maxRest is how many bytes of a body that nobody wanted are taken all the same.
const maxRest = 32 << 20

// takeRest takes what a handler has left of a body. A browser that is cut off while it sends shows that
// the connection was reset; one that could send what it had shows the page that says why it was refused.
func takeRest(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := r.Body
		next.ServeHTTP(w, r)
		if r.Header.Get("Expect") == "" { // who asks first has not begun to send
			_, _ = io.CopyN(io.Discard, body, maxRest) // it may break off
		}
	})
}

func headers(secure bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", ui.ContentPolicy)
		h.Set("Cache-Control", "no-store") // what may be kept says so itself
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		if secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}
