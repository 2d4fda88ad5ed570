package enforce

import (
	"cmp"
	"net/http"
	"slices"

	room "portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/platform"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// mostNamed is how many of a kind a page names; the manifest names all.
const mostNamed = 100

// audited is what an address says of a list that is only to be tried.
const audited = "true"

// query is what the address of a page about one list asks for.
func query(r *http.Request, form string) (q room.Query, err error) {
	filter, err := devicepages.Narrowed(r, &ui.Field{Name: "organisation", Label: "Body"}, &ui.Field{Name: "host", Label: "Device"},
		&ui.Field{Name: "platform", Label: "Platform", As: ui.Select{Options: devicepages.PlatformOptions()}},
		&ui.Field{Name: "audit", Label: "Audit only", As: ui.Select{Options: []ui.Option{{Value: audited, Label: "Yes"}}}})
	if err != nil {
		return q, err
	}
	if room.Named(form) == nil {
		return q, fault.New(fault.NotFound, "There is no list in a form of this name")
	}
	q = room.Query{Form: form, Organisation: filter.Value("organisation"), Host: filter.Value("host"), Audit: filter.Value("audit") == audited}
	q.Platform, _ = policy.ParsePlatform(filter.Value("platform"))
	if q.Organisation == "" && q.Host == "" {
		return q, fault.In("organisation", "Say whose devices the list is for: go to “Lists for devices” and choose a body")
	}
	return q, nil
}

// made is the list that a request asks for.
func (a *area) made(r *http.Request) (*room.Artefact, error) {
	q, err := query(r, r.PathValue("form"))
	if err != nil {
		return nil, err
	}
	return a.Enforce.Artefact(r.Context(), actor(r), q)
}

// file has the browser keep a list.
func (a *area) file(w http.ResponseWriter, r *http.Request) error {
	made, err := a.made(r)
	if err != nil {
		return err
	}
	attach(w, made.Form.Media, fileName(made, made.Form.Extension))
	_, _ = w.Write(made.Data) // who has gone away is not told
	return nil
}

// manifest has the browser keep what a list is.
func (a *area) manifest(w http.ResponseWriter, r *http.Request) error {
	made, err := a.made(r)
	if err != nil {
		return err
	}
	attach(w, "application/json", fileName(made, "manifest.json"))
	return made.WriteManifest(w)
}

func attach(w http.ResponseWriter, kind, name string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}

// artefact shows one list: what it is, and what its form cannot carry.
func (a *area) artefact(w http.ResponseWriter, r *http.Request) error {
	made, err := a.made(r)
	if err != nil {
		return err
	}
	n, host := a.names(), r.URL.Query().Get("host")
	path := Path + "/" + made.Form.Name
	get := func(what string) string {
		return at(path+what, made.Organisation, host, made.Platform) + audit(made.Audit)
	}
	page := ui.Page{Title: made.Form.Title, Caption: n.Organisation(made.Organisation), Wide: true,
		Crumbs: []ui.Link{{Text: "Lists for devices", Href: Path}, {Text: cmp.Or(host, n.Organisation(made.Organisation)), Href: at(Path, made.Organisation, host, 0)}}}
	switch {
	case made.Audit:
		page.Title += ": audit only"
		page.Content = append(page.Content, ui.Warning("This denies nothing. Devices let run what the list denies, and note it in their log. It is for trying the list out, and where it is used nothing is enforced."),
			ui.Paragraph{ui.Text("When nothing is noted that people need, take"), ui.Link{Text: "the list that is enforced", Href: at(path, made.Organisation, host, made.Platform)}, ui.Text("in its place.")})
	case made.Form.Audits:
		page.Content = append(page.Content, ui.Paragraph{ui.Text("To try it without effect, take"), ui.Link{Text: "the audit of it", Href: get("") + audit(true)}, ui.Text("first: it denies nothing, and notes what this one denies.")})
	}
	page.Content = append(page.Content,
		facts(r, made, host),
		ui.ButtonGroup{{Text: "Download", Href: get("/file")}, {Text: "Download the manifest", Href: get("/manifest"), Kind: ui.Secondary}},
		ui.Heading("What this form cannot carry"), left(made.Left),
		ui.Heading("What it rests on"), rests(r, n, made.Decisions()))
	return ui.Render(w, r, http.StatusOK, page)
}

// audit is what an address has more of a list that is only to be tried.
func audit(tried bool) string {
	if tried {
		return "&audit=" + audited
	}
	return ""
}

func facts(r *http.Request, made *room.Artefact, host string) ui.Summary {
	whose := "All devices of the body that no exemption singles out"
	switch {
	case made.Host != "":
		whose = "The device " + made.Host + " alone: exemptions single it out"
	case host != "":
		whose = "The device " + host + ", as all of the body that no exemption singles out"
	}
	rows := []ui.SummaryRow{
		{Key: "For", Value: ui.Text(whose)},
		{Key: "Platform", Value: ui.Text(platformOf(made.Platform))},
		{Key: "What it does not name", Value: shut(made.List)},
		{Key: "Entries", Value: ui.Number(entries(made.List))},
		{Key: "By the decisions up to", Value: ui.Number(made.Generation)},
		{Key: "Worked out", Value: ui.Time{At: made.At, Now: ui.Now(r)}},
		{Key: "Until a date changes it", Value: until(r, made)},
		{Key: "SHA-256 of what it says", Value: ui.ID{Value: made.Digest(), Of: "list"}},
		{Key: "SHA-256 of the file", Value: ui.ID{Value: made.SHA256, Of: "file"}},
	}
	return ui.Summary{Rows: rows}
}

// left is what a form cannot carry, by why.
func left(all []platform.Left) ui.Component {
	if len(all) == 0 {
		return ui.Para("It carries all that the list says.")
	}
	var reasons []string
	by := map[string][]string{}
	for _, l := range all {
		if by[l.Reason] == nil {
			reasons = append(reasons, l.Reason)
		}
		by[l.Reason] = append(by[l.Reason], cmp.Or(l.Identifier, "The list as a whole"))
	}
	slices.SortStableFunc(reasons, func(a, b string) int { return cmp.Compare(len(by[b]), len(by[a])) })
	shown := ui.Stack{ui.Para("The platform has no way to say these. What comes of that is found by reports, and not stopped.")}
	for _, reason := range reasons {
		shown = append(shown, ui.Details{Summary: ui.Capital(ui.Count(len(by[reason]), "entry", "entries")) + ": " + reason, Content: []ui.Component{named(by[reason])}})
	}
	return shown
}

// named are names below each other, as many as a page takes.
func named(all []string) ui.Component {
	var items []ui.Component
	for _, name := range all[:min(len(all), mostNamed)] {
		items = append(items, ui.Text(name))
	}
	return listed(items, len(all))
}

func listed(items []ui.Component, of int) ui.Component {
	shown := ui.Stack{ui.List{Items: items}}
	if more := of - len(items); more > 0 {
		shown = append(shown, ui.Para("And "+ui.Number(more).String()+" more: the manifest has all of them."))
	}
	return shown
}

// rests is what a list comes from: rules in words, and how many exemptions.
func rests(r *http.Request, n devicepages.Names, decisions []string) ui.Component {
	if len(decisions) == 0 {
		return ui.Para("Nothing is decided that it would have to say.")
	}
	var rules []ui.Component
	all, exemptions, links := 0, 0, gate.Who(r.Context()).May(people.SeeDevices)
	for _, id := range decisions {
		rule := n.Rule(id)
		if rule == nil {
			exemptions++
			continue
		}
		if all++; all > mostNamed {
			continue
		}
		link := ui.Link{Text: n.Sentence(rule) + ", for " + n.Organisation(rule.Scope)}
		if links {
			link.Href = devicepages.RulePath(id)
		}
		rules = append(rules, link)
	}
	shown := ui.Stack{}
	if all > 0 {
		shown = append(shown, ui.Details{Summary: ui.Capital(ui.Count(all, "rule", "rules")), Content: []ui.Component{listed(rules, all)}})
	}
	if exemptions > 0 {
		shown = append(shown, ui.Para(ui.Capital(ui.Count(exemptions, "exemption", "exemptions"))+", which the manifest names."))
	}
	return shown
}
