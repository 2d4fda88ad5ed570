package web

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"portcullis/approvals"
	"portcullis/people"
	"portcullis/policy"
	approvalpages "portcullis/web/approvals"
	devicepages "portcullis/web/devices"
	"portcullis/web/directory"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

const ledgerPage = 50

// ledger shows the ledger's entries, the newest first.
func (p *pages) ledger(w http.ResponseWriter, r *http.Request) error {
	// What is no number is the newest page: the address was mistyped, and nothing is lost.
	before, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	page, err := p.People.LedgerPage(r.Context(), gate.Actor(r.Context()), before, ledgerPage)
	if err != nil {
		return err
	}
	known, err := p.known(r, page.Entries)
	if err != nil {
		return err
	}
	things := devicepages.Rooms{Devices: p.Devices}.Names()
	table := ui.Table{
		Caption: "Entries", Unseen: true, At: r.URL,
		Columns: []ui.Column{{Title: "Entry"}, {Title: "What", Main: true}, {Title: "When"}, {Title: "Who"}, {Title: "About"}},
		Empty:   ui.Empty{Text: "There is no entry yet. The first comes with the first decision."},
	}
	for end := len(page.Entries); end > 0; {
		first := end - 1
		for alike := alikeAs(&page.Entries[first]); alike != nil && first > 0 && alike(&page.Entries[first-1]); {
			first--
		}
		table.Rows = append(table.Rows, stretch(r, page.Entries[first:end], known, things))
		end = first
	}
	if page.From > 0 {
		table.Pages = ui.PagesAt(r.URL, "entries", "", strconv.FormatInt(page.From, 10))
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "Ledger", Wide: true, Content: []ui.Component{
		ui.Para("Every decision enters here and stays. So far that makes " + ui.Count(int(page.Size), "entry", "entries") + "."),
		table,
		ui.Details{Summary: "How to check that nothing was rewritten", Content: []ui.Component{
			ui.Para("Keep a checkpoint, or a whole export, away from this server. Later, compare: the command asks no server and says which entry differs, if one does."),
			ui.Paragraph{ui.ID{Value: "portcullis ledger verify export.jsonl --checkpoint saved.txt", Of: "command"}},
			ui.Paragraph{ui.Link{Text: "The checkpoint as it is now", Href: "/ledger/checkpoint"}},
		}},
	}})
}

// alikeAs tells what may stand in one row with an entry: what may not be seen, and digests, of which there are two each
// hour however little happens. It is nil for what has a row of its own.
func alikeAs(e *people.Shown) func(*people.Shown) bool {
	digest := func(e *people.Shown) bool { return !e.Sealed && strings.HasSuffix(e.Kind.Name, "digest") }
	switch {
	case e.Sealed:
		return func(o *people.Shown) bool { return o.Sealed }
	case digest(e):
		return digest
	}
	return nil
}

// stretch is a row of entries that are alike, or of one.
func stretch(r *http.Request, entries []people.Shown, known names, things devicepages.Names) ui.Row {
	first, last := entries[0], entries[len(entries)-1]
	switch {
	case last.Sealed:
		return sealedRow(first.Index, last.Index)
	case len(entries) == 1:
		return entryRow(r, last, known, things)
	}
	var each []ui.Component
	for _, e := range slices.Backward(entries) {
		row := entryRow(r, e, known, things)
		each = append(each, ui.Paragraph{row[0], ui.Text("· "), row[1], ui.Text("· "), row[2]}, row[4])
	}
	return ui.Row{
		ui.Text(ui.Number(first.Index).String() + " to " + ui.Number(last.Index).String()), ui.Text("Digests of what happened, hour by hour: " + ui.Number(len(entries)).String()),
		ui.Time{At: last.At.Time(), Now: ui.Now(r), Short: true}, known.link(last.Actor), ui.Details{Summary: "Each of them", Content: each},
	}
}

// sealedRow is a stretch of entries that the actor may not see: of these there is their place alone.
func sealedRow(first, last int64) ui.Row {
	place := ui.Component(ui.Number(first))
	if first < last {
		place = ui.Text(ui.Number(first).String() + " to " + ui.Number(last).String())
	}
	return ui.Row{place, ui.Muted("Not public"), ui.Text("–"), ui.Text("–"), ui.Text("–")}
}

// entryRow is an entry in the table.
func entryRow(r *http.Request, e people.Shown, known names, things devicepages.Names) ui.Row {
	if e.Sealed {
		return sealedRow(e.Index, e.Index)
	}
	actor := known.link(e.Actor)
	if e.Name != "" {
		actor.Text = e.Name // who may see the entry may know who it was, if not always their page
	}
	about := ui.Stack{subjects(r, &e, known, things)}
	if full := payload(r, e, known); full != nil {
		about = append(about, full)
	}
	return ui.Row{ui.Number(e.Index), ui.Text(happened(&e)), ui.Time{At: e.At.Time(), Now: ui.Now(r), Short: true}, actor, about}
}

// happened is what an entry says, in words: of a step in a proposal, which it was.
func happened(e *people.Shown) string {
	if e.Kind.Name == "approvals.step-taken" {
		var step struct{ Act approvals.Act }
		if json.Unmarshal(e.Payload, &step) == nil && approvalpages.Did(step.Act) != "" {
			return approvalpages.Did(step.Act)
		}
	}
	return kindText(e.Kind.Name)
}

// kinds are the kinds of entries whose names do not say all.
var kinds = map[string]string{
	"alerts.digest": "Digest of an hour’s notices", "people.access-digest": "Digest of an hour of the access log", "people.first-administrator": "First administrator set up",
	"people.identity-linked": "Sign-in with a provider linked", "people.invited": "Invited to sign in", "ledger.redacted": "Contents of entries erased", "server.started": "Server started",
}

// kindText is a kind of entry in words: people.role-given is "Role given".
func kindText(name string) string {
	if words, known := kinds[name]; known {
		return words
	}
	_, what, _ := strings.Cut(name, ".")
	what = strings.NewReplacer("-", " ", ".", " ").Replace(what)
	if what == "" {
		return name
	}
	return strings.ToUpper(what[:1]) + what[1:]
}

// names are ids in words, with the way to what they stand for.
type names map[string]ui.Link

func (n names) link(id string) ui.Link {
	if link, known := n[id]; known {
		return link
	}
	if token, is := strings.CutPrefix(id, "token:"); is {
		return ui.Link{Text: "A program, token " + token}
	}
	return ui.Link{Text: id}
}

// known are the names of what stands in entries, as far as the actor may see them.
func (p *pages) known(r *http.Request, entries []people.Shown) (names, error) {
	actor := gate.Actor(r.Context())
	known := names{people.Everywhere: {Text: "every organisation"}, "server": {Text: "The server"}, "alerts": {Text: "The server"}, "command": {Text: "The command line"}, "first-link": {Text: "The first link"}}
	var ids []string
	for _, e := range entries {
		ids = append(append(ids, e.Actor), e.Subjects...)
		ids = append(ids, mentioned(e.Payload)...)
	}
	ids = slices.DeleteFunc(ids, func(text string) bool { return text == "" || strings.ContainsAny(text, " \n\x00") }) // what no id is
	slices.Sort(ids)
	ids = slices.Compact(ids)
	persons, err := p.People.Names(r.Context(), actor, ids...)
	if err != nil {
		return nil, err
	}
	for id, name := range persons {
		link := ui.Link{Text: name}
		if gate.Who(r.Context()).May(people.SeePeople) {
			link.Href = "/people/" + url.PathEscape(id)
		}
		known[id] = link
	}
	proposals, err := p.decisions().Titles(r, ids)
	if err != nil {
		return nil, err
	}
	maps.Copy(known, proposals)
	if !gate.Who(r.Context()).May(people.SeeOrganisations) {
		return known, nil
	}
	organisations, err := p.People.Organisations(r.Context(), actor)
	for _, o := range organisations {
		known[o.ID] = ui.Link{Text: o.Name, Href: directory.OrganisationPath(o.ID)}
	}
	return known, err
}

// thing is what an id stands for in an entry of the register or of devices, with the way to it for who may see it.
func thing(r *http.Request, n devicepages.Names, kind, id string) ui.Link {
	link := ui.Link{Text: id}
	about, _, _ := strings.Cut(kind, "-")
	needs := people.SeeDevices
	switch about {
	case "register.rule":
		if link.Href = devicepages.RulePath(id); n.Rule(id) != nil {
			link.Text = n.Sentence(n.Rule(id))
		}
	case "register.exemption":
		// Of one that is marked there is a page for those alone who are assigned to it.
		if !slices.ContainsFunc(n.World().Exemptions, func(e policy.Exemption) bool { return e.ID == id && e.Marked }) {
			link.Href, needs = approvalpages.ExemptionPath(id), people.SeeRegister
		}
	case "register.supplier":
		link = ui.Link{Text: cmp.Or(n.Supplier(id), id), Href: devicepages.SupplierPath(id)}
	case "register.product", "register.identifier", "register.left":
		link = ui.Link{Text: cmp.Or(n.Product(id), id), Href: devicepages.AppPath(id)}
	case "devices.host", "devices.release", "devices.source":
		link.Href = devicepages.DevicePath(id)
	}
	if !gate.Who(r.Context()).May(needs) {
		link.Href = ""
	}
	return link
}

// subjects are what an entry is about.
func subjects(r *http.Request, e *people.Shown, known names, things devicepages.Names) ui.Component {
	var line ui.Line
	for i, id := range e.Subjects {
		link, is := known[id]
		if !is {
			if link = thing(r, things, e.Kind.Name, id); link.Text == id {
				link.Text = known.link(id).Text
			}
		}
		if i < len(e.Subjects)-1 {
			line = append(line, ui.Stack{link, ui.Text(",")})
		} else {
			line = append(line, link)
		}
	}
	return line
}
