package enforce

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	room "portcullis/enforce"
	"portcullis/people"
	"portcullis/policy"
	devicepages "portcullis/web/devices"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// UptakePath is where it is shown how far a rule has come to devices.
func UptakePath(rule string) string { return devicepages.RulePath(rule, "uptake") }

// mostBodies is how many bodies a page names; the interface for programs has all.
const mostBodies = 50

// idIn is the id in the path of a request, as pages of rules write it.
func idIn(r *http.Request) string { return strings.TrimPrefix(r.PathValue("id"), "~") }

// ruleUptake shows how far a rule has come to the devices that must have it.
func (a *area) ruleUptake(w http.ResponseWriter, r *http.Request) error {
	u, err := a.Enforce.RuleUptake(r.Context(), actor(r), idIn(r))
	if err != nil {
		return err
	}
	n := a.names()
	return a.uptake(w, r, u, n.Sentence(u.Rule), []ui.Link{{Text: "Apps", Href: "/apps"}, {Text: "Rule", Href: devicepages.RulePath(u.Rule.ID)}})
}

// exemptionUptake shows how far an exemption has come to the devices that it is for.
func (a *area) exemptionUptake(w http.ResponseWriter, r *http.Request) error {
	u, err := a.Enforce.ExemptionUptake(r.Context(), actor(r), idIn(r))
	if err != nil {
		return err
	}
	caption := "Exemption: all apps"
	if product := a.names().Product(u.Exemption.Product); u.Exemption.Product != "" {
		caption = "Exemption: " + product
	}
	return a.uptake(w, r, u, caption, []ui.Link{{Text: "Exemption", Href: "/exemptions/" + url.PathEscape(devicepages.PathID(u.Exemption.ID))}})
}

// uptake is the page of both.
func (a *area) uptake(w http.ResponseWriter, r *http.Request, u *room.Uptake, caption string, crumbs []ui.Link) error {
	n := a.names()
	page := ui.Page{Title: "How it takes hold", Caption: caption, Wide: true, Crumbs: crumbs}
	if u.Ends {
		page.Title = "How its end takes hold"
	}
	page.Content = []ui.Component{clocksOf(r, u)}
	if u.At.Before(u.From) {
		page.Content = append(page.Content, ui.Inset{ui.Para("It has not begun: no device has it yet.")})
	}
	page.Content = append(page.Content, taking(r, u), ui.Heading("By platform"), platformsOf(u), unconfirmed(u))
	page.Content = append(page.Content, confirms(u)...)
	page.Content = append(page.Content, ui.Heading("By body"), ui.Para("Each by its own devices, without those of the bodies below it; where most is missing first."), bodiesOf(r, n, u))
	return ui.Render(w, r, http.StatusOK, page)
}

// clocksOf is when it was decided and published, and how many devices have fetched and confirmed it.
func clocksOf(r *http.Request, u *room.Uptake) ui.Summary {
	at := func(key string, t ui.Time) ui.SummaryRow {
		t.Now = ui.Now(r)
		return ui.SummaryRow{Key: key, Value: t}
	}
	rows := []ui.SummaryRow{at("Decided", ui.Time{At: u.Decided})}
	if u.From.After(u.Decided) {
		key := "Begins"
		switch {
		case u.Ends:
			key = "Ended"
		case !u.At.Before(u.From):
			key = "Began"
		}
		rows = append(rows, at(key, ui.Time{At: u.From}))
	}
	return ui.Summary{Rows: append(rows,
		at("Published", ui.Time{At: u.Published, Else: "No device that can tell has been offered a list with it yet"}),
		ui.SummaryRow{Key: "Fetched", Value: ui.Text("By " + devicesIn(u.Total.Fetched+u.Total.Confirmed))},
		ui.SummaryRow{Key: "Confirmed", Value: ui.Text("By " + devicesIn(u.Total.Confirmed))},
		at("Counted", ui.Time{At: u.At, Short: true}))}
}

// devicesIn counts devices in words.
func devicesIn(n int) string { return ui.Count(n, "device", "devices") }

// taking is the drawing.
func taking(r *http.Request, u *room.Uptake) ui.Component {
	can := u.Total.Devices - u.Total.Untold
	if can == 0 {
		return ui.Empty{Text: "None of the devices that must have it can tell by itself whether it has. There is nothing to draw."}
	}
	c := ui.Curve{ID: "uptake", Title: "Devices that have confirmed it", Unit: "Confirmed", Total: int64(can), All: devicesIn(can) + " can tell", Now: ui.Now(r),
		About: "The line is how many devices had confirmed it by when, and the broken line is all that can tell: confirmed by " + ui.Number(u.Total.Confirmed).String() + " of " + ui.Number(can).String() + ".",
		Empty: ui.Empty{Text: "Of " + devicesIn(can) + " that can tell none has confirmed it yet. There is nothing to draw."}}
	if u.Total.Confirmed == 0 {
		return c
	}
	if last := len(u.Curve) - 1; last > 0 && u.At.Sub(u.Curve[last].At) > time.Minute {
		c.About += " Since the end of the line nothing has changed."
	}
	for _, p := range u.Curve {
		c.Points = append(c.Points, ui.CurvePoint{At: p.At, Value: int64(p.Confirmed)})
	}
	return c
}

var tallyColumns = []ui.Column{{Title: "Must have it", Number: true}, {Title: "Confirmed", Number: true}, {Title: "Fetched, not confirmed", Number: true}, {Title: "Not heard from", Number: true}, {Title: "Cannot tell", Number: true}}

func tally(first ui.Component, t *room.Tally) ui.Row {
	return ui.Row{first, ui.Number(t.Devices), ui.Number(t.Confirmed), ui.Number(t.Fetched), ui.Number(t.Silent), ui.Number(t.Untold)}
}

func platformsOf(u *room.Uptake) ui.Table {
	t := ui.Table{Caption: "Devices by platform", Unseen: true, Columns: append([]ui.Column{{Title: "Platform"}}, tallyColumns...), Empty: ui.Empty{Text: "None of the devices that you may see must have it."}}
	for i := range u.Platforms {
		p := &u.Platforms[i]
		name := ui.Line{ui.Text(platformOf(p.Platform))}
		if p.Untold > 0 {
			name = append(name, ui.Tag{Text: untold(u), Tone: ui.Waiting})
		}
		t.Rows = append(t.Rows, tally(name, &p.Tally))
	}
	if len(u.Platforms) > 1 {
		t.Total = tally(ui.Text("All"), &u.Total)
	}
	return t
}

// untold is what is said of a platform on which nothing tells.
func untold(u *room.Uptake) string {
	if u.Ends {
		return "Expiry unconfirmed"
	}
	return "Cannot tell"
}

// unconfirmed says what the numbers do not.
func unconfirmed(u *room.Uptake) ui.Component {
	said := ui.Stack{}
	if u.Total.Silent > 0 {
		said = append(said, ui.Para("Silence is unknown, and never counts as done: "+devicesIn(u.Total.Silent)+" not heard from since, of which "+ui.Number(u.Total.Never).String()+" never asked here for a list."))
	}
	if u.Ends && u.Total.Devices > u.Total.Confirmed {
		said = append(said, ui.Para("Its expiry is unconfirmed on "+devicesIn(u.Total.Devices-u.Total.Confirmed)+": lists carry no clock, so a device goes on with what it has until it takes the next one."))
	}
	if u.Browsers {
		said = append(said, ui.Para("It is about add-ons of browsers as well. Nothing tells whether a browser has it: reports say whether the add-on is still there."))
	}
	if u.Network {
		said = append(said, ui.Para("It is about names on the network as well. Name servers take it for all who ask them, and nothing tells of single devices."))
	}
	return append(said, ui.Para("Personal devices are not counted: nothing is enforced on them."))
}

func bodiesOf(r *http.Request, n devicepages.Names, u *room.Uptake) ui.Component {
	t := ui.Table{Caption: "Devices by body", Unseen: true, Columns: append([]ui.Column{{Title: "Body"}}, tallyColumns...), Empty: ui.Empty{Text: "No body that you may see has such devices."}}
	links := gate.Who(r.Context()).May(people.SeeDevices)
	for i := range u.Bodies[:min(len(u.Bodies), mostBodies)] {
		b := &u.Bodies[i]
		name := ui.Link{Text: n.Organisation(b.Organisation)}
		if links {
			name.Href = "/devices?" + url.Values{"organisation": {b.Organisation}}.Encode()
			name.Hidden = "its devices"
		}
		t.Rows = append(t.Rows, tally(name, &b.Tally))
	}
	if more := len(u.Bodies) - mostBodies; more > 0 {
		return ui.Stack{t, ui.Para("And " + ui.Count(more, "more body", "more bodies") + ", where less is missing.")}
	}
	return t
}

// confirming is what counts as confirmed on each platform, as docs/protocols has it.
var confirming = map[policy.Platform]string{
	policy.MacOS:    "Santa says after a sync that it took every rule that it was given, and runs in the mode that it was told. A Mac that is managed through declarations reports that the one it was sent is active and valid.",
	policy.IOS:      "The device reports that the declaration it was sent is active and valid. One below version 27 lists the profile it was sent. Where somebody else sends the profile, the device counts as not heard from.",
	policy.Android:  "The department's manager knows: the device with the policy's version applied, and nothing about apps among what it does not comply with.",
	policy.Windows:  "The policy is read back from the device by whatever manages it. Nothing comes here.",
	policy.Linux:    "fapolicyd's own list of rules is looked at on the device. Nothing comes here.",
	policy.ChromeOS: "The browser's own page of policies shows it. Nothing comes here.",
}

// confirms says what confirms it on the platforms that are counted.
func confirms(u *room.Uptake) []ui.Component {
	facts := ui.Summary{}
	for _, p := range u.Platforms {
		if what := confirming[p.Platform]; what != "" {
			facts.Rows = append(facts.Rows, ui.SummaryRow{Key: platformOf(p.Platform), Value: ui.Text(what)})
		}
	}
	if len(facts.Rows) == 0 {
		return nil
	}
	return []ui.Component{ui.Heading("What counts as confirmed"), facts}
}
