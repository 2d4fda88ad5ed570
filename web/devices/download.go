package devices

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	room "portcullis/devices"
	"portcullis/policy"
	"portcullis/policy/explain"
	"portcullis/web/ui"
)

// How many devices of a download are asked for at once: fewer where what would end each breach is said.
const (
	perStretch          = 1000
	explainedPerStretch = 100
)

// breachRow is something in breach, as whoever manages the device needs it.
type breachRow struct {
	Device       string    `json:"device"`
	Name         string    `json:"name,omitempty"`
	Organisation string    `json:"organisation"`
	Identifier   string    `json:"identifier"`
	App          string    `json:"app,omitempty"`
	Version      string    `json:"version,omitempty"`
	Verdict      string    `json:"verdict"`
	Rules        []string  `json:"rules"`
	Reason       string    `json:"reason,omitempty"`
	Do           string    `json:"whatToDo,omitempty"`
	Since        time.Time `json:"since,omitzero"`
}

// proof is what a download rests on: up to which decision, and when it was made.
type proof struct {
	Decision int64     `json:"decision"`
	At       time.Time `json:"at"`
}

var breachTitles = []string{"device", "name", "organisation", "identifier", "app", "version", "verdict", "rules", "reason", "what_to_do", "since", "decision", "at"}

func (b *breachRow) cells(p proof) []string {
	return []string{b.Device, b.Name, b.Organisation, b.Identifier, b.App, b.Version, b.Verdict, strings.Join(b.Rules, " "), b.Reason, b.Do, stamp(b.Since), strconv.FormatInt(p.Decision, 10), stamp(p.At)}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// proofOf is what an answer rests on: the decision up to which this server answers, and now.
func (a *area) proofOf(r *http.Request) proof {
	return proof{int64(a.Devices.Fleet.View().Generation), ui.Now(r).UTC()}
}

// attach has the browser keep what follows in a file.
func attach(w http.ResponseWriter, kind, name string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}

// sheet writes rows as CSV (RFC 4180), in UTF-8, as they come. A spreadsheet takes none of them for a formula.
type sheet struct{ out *csv.Writer }

func newSheet(w http.ResponseWriter, name string, titles []string) sheet {
	attach(w, "text/csv; charset=utf-8; header=present", name)
	s := sheet{csv.NewWriter(w)}
	s.row(titles)
	return s
}

// row writes one row. Who has gone away is not told.
func (s sheet) row(cells []string) {
	defused := make([]string, len(cells))
	for i, cell := range cells {
		defused[i] = defuse(cell)
	}
	_ = s.out.Write(defused)
}

// defuse keeps a spreadsheet from taking a text for a formula: it has an apostrophe before it then.
func defuse(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// takeOff is what to do where nothing more is known.
const takeOff = "Take it off the device, or ask for an exemption"

// whatToDo says what would end a breach.
func whatToDo(ways []string) string { return cmp.Or(strings.Join(ways, " "), takeOff) }

// breachRows are what is in breach on one device.
func breachRows(n names, one *room.One) (rows []breachRow) {
	for i := range one.Installed {
		in := &one.Installed[i]
		if !in.Decision.Breach {
			continue
		}
		row := breachRow{
			Device: one.ID, Name: one.Name, Organisation: one.Row.Organisation, Identifier: in.Called.Identifier, App: in.Called.Name, Version: in.Called.Version,
			Verdict: explain.Verdict(in.Decision.Verdict, true), Rules: room.BreakingRules(&in.Decision), Do: takeOff, Since: in.Since.At.Time(),
		}
		row.Reason = n.view.Reasons(row.Rules)
		if in.Why != nil {
			row.Do = whatToDo(in.Why.Ways)
		}
		rows = append(rows, row)
	}
	return rows
}

// deviceBreaches is what is in breach on one device, as a file for whoever manages it.
func (a *area) deviceBreaches(w http.ResponseWriter, r *http.Request) error {
	one, err := a.Devices.One(r.Context(), actor(r), idIn(r))
	if err != nil {
		return err
	}
	if err := checkAddress(r.URL.Query(), []*ui.Field{{Name: "as", Label: "As", As: ui.Select{Options: ui.Options("csv", "CSV", "json", "JSON")}}}); err != nil {
		return err
	}
	rows, p := breachRows(a.names(), &one), a.proofOf(r)
	if r.URL.Query().Get("as") == "json" {
		attach(w, "application/json", "breaches.json")
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(struct {
			proof
			Breaches []breachRow `json:"breaches"`
		}{p, append([]breachRow{}, rows...)})
	}
	s := newSheet(w, "breaches.csv", breachTitles)
	for i := range rows {
		s.row(rows[i].cells(p))
	}
	s.out.Flush()
	return nil
}

// downloadBreaches is the list of what is in breach, narrowed down as its page is, as a file.
func (a *area) downloadBreaches(w http.ResponseWriter, r *http.Request) error {
	q, _, err := a.breachQuery(r)
	if err != nil {
		return err
	}
	q.Limit, q.Explained = explainedPerStretch, true
	found, err := a.Devices.Breaches(r.Context(), actor(r), q)
	if err != nil {
		return err
	}
	n, p := a.names(), a.proofOf(r)
	s := newSheet(w, "breaches.csv", breachTitles)
	for {
		for i := range found.Page {
			h := &found.Page[i]
			for _, b := range h.Breaches {
				row := breachRow{Device: h.ID, Name: h.Name, Organisation: h.Organisation, Identifier: cmp.Or(b.Identifier, b.Product), Version: b.Version, Verdict: explain.Verdict(b.Verdict, true), Rules: b.Rules, Reason: b.Reason, Do: whatToDo(b.Ways), Since: b.Since.Time()}
				if b.Product != "" {
					row.App = n.product(b.Product)
				}
				s.row(row.cells(p))
			}
		}
		if s.out.Flush(); s.out.Error() != nil || found.Next == "" {
			return nil
		}
		q.After = found.Next
		if found, err = a.Devices.Breaches(r.Context(), actor(r), q); err != nil {
			return broken(err)
		}
	}
}

// broken ends a download whose beginning is sent already: the connection is cut, so that nobody takes what has come for
// the whole.
func broken(error) error { panic(http.ErrAbortHandler) }

// downloadDevices is the list of devices, narrowed down as its page is, as a file.
func (a *area) downloadDevices(w http.ResponseWriter, r *http.Request) error {
	organisations, err := a.organisations(r, ui.Option{Label: "Any"})
	if err != nil {
		return err
	}
	filter, err := devicesFilter(r, organisations)
	if err != nil {
		return err
	}
	q := listQuery(r, filter)
	q.Limit = perStretch
	found, err := a.Devices.List(r.Context(), actor(r), q)
	if err != nil {
		return err
	}
	p := a.proofOf(r)
	s := newSheet(w, "devices.csv", []string{"device", "name", "organisation", "kind", "platform", "ownership", "state", "holder", "site", "last_heard", "in_breach", "decision", "at"})
	for {
		for i := range found.Hosts {
			s.row(deviceCells(&found.Hosts[i], p))
		}
		if s.out.Flush(); s.out.Error() != nil || found.Next == "" {
			return nil
		}
		q.After = found.Next
		if found, err = a.Devices.List(r.Context(), actor(r), q); err != nil {
			return broken(err)
		}
	}
}

func deviceCells(h *room.ListedHost, p proof) []string {
	platform, ownership, heard := "", "", ""
	if h.Row.Kind == policy.Device {
		platform, ownership = h.Row.Platform.String(), cmp.Or(h.Row.Ownership, policy.Corporate).String()
	}
	if h.Heard != 0 {
		heard = stamp(minute(h.Heard))
	}
	return []string{h.ID, h.Name, h.Row.Organisation, h.Row.Kind.String(), platform, ownership, string(h.State), h.Row.Holder, h.Row.Site, heard, strconv.Itoa(h.Breaches), strconv.FormatInt(p.Decision, 10), stamp(p.At)}
}

// download leads to a list as a file, narrowed down as its page is.
func download(at *url.URL, path string) ui.Component {
	query := at.Query()
	query.Del("after")
	return ui.Paragraph{ui.Link{Text: "Download these as CSV", Href: (&url.URL{Path: path, RawQuery: query.Encode()}).String()}}
}
