package devices

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"portcullis/devices/index"
	"portcullis/internal/fault"
	"portcullis/platform"
	"portcullis/policy"
	"portcullis/store"
)

// Report is what one tool says of one device.
type Report struct {
	Host string
	Name string // for people; empty where the tool has none
	// Organisation, Ownership and Platform are what the device is enrolled as where it is not known
	// yet. Of one that is known they change nothing: where they contradict, that is said.
	Organisation string
	Ownership    policy.Ownership
	Platform     policy.Platform
	// Source tells tools apart that report one device: each has its own inventory of it.
	Source string
	// Taken is when the inventory was taken; zero is now.
	Taken time.Time
	// Partial is that what the report does not name may still be installed.
	Partial bool
	// NoInventory is that it says nothing of what is installed.
	NoInventory bool
	// Installed may refer to what was sent, which is large: nothing keeps its texts.
	Installed []policy.Installation
	Names     []Named
	// Digest is what the report is known by: the same bytes have the same one. 0 is none.
	Digest uint64
}

// Named is how people know an identifier. It matches nothing by itself: it is for suggestions.
type Named struct {
	Identifier      string
	Platform        policy.Platform
	Name, Publisher string
}

// Result is what became of a report.
type Result string

// The results.
const (
	Enrolled  Result = "enrolled"  // the device is new, and is stored with what is on it
	Stored    Result = "stored"    // something has changed
	Unchanged Result = "unchanged" // it is as it was
	Older     Result = "older"     // a later inventory of this source is there already: nothing was changed
	Heard     Result = "heard"     // it says nothing of what is installed
)

// Outcome is what became of a report. Notes are for people.
type Outcome struct {
	Host    string   `json:"host"`
	Result  Result   `json:"result" enum:"enrolled,stored,unchanged,older,heard"`
	Added   int      `json:"added" doc:"How many installations are new, or new in their version"`
	Removed int      `json:"removed"`
	Left    int      `json:"left" doc:"How many were not stored, because they are personal"`
	Notes   []string `json:"notes,omitempty"`
}

const (
	maxHostID    = 200 // bytes
	maxName      = 300
	maxText      = 500 // bytes of an identifier, a version or a signer
	maxInstalled = 20_000
	maxSource    = 60
	// ahead is how far a device's clock may be ahead of ours.
	ahead = 5 * time.Minute
	// DefaultSource is the source where a report does not say.
	DefaultSource = "api"
)

// check returns faults for what no report may say, and mends what is only careless.
func (r *Report) check(now time.Time) error {
	r.Name = strings.ToValidUTF8(strings.TrimSpace(r.Name), "\ufffd")
	if r.Source == "" {
		r.Source = DefaultSource
	}
	if r.Taken.IsZero() {
		r.Taken = now
	}
	switch {
	case r.Host == "":
		return fault.In("host", "Say which device this is: a serial number or an id that stays")
	case badLine(r.Host, maxHostID):
		return fault.In("host", "The device's id must be one line of text of %d bytes or fewer, without blanks at its ends", maxHostID)
	case badLine(r.Organisation, maxHostID):
		return fault.In("organisation", "There is no such organisation: its id is one line of text")
	case badLine(r.Source, maxSource):
		return fault.In("source", "The source must be one line of text of %d bytes or fewer, such as osquery", maxSource)
	case len(r.Name) > maxName || strings.ContainsFunc(r.Name, unicode.IsControl):
		return fault.In("name", "The device's name must be one line of text of %d bytes or fewer", maxName)
	case r.Taken.After(now.Add(ahead)):
		return fault.In("taken", "The inventory says that it was taken on %s, and it is %s now: set the device's clock right and send it again",
			r.Taken.UTC().Format("2 January 2006 at 15:04 UTC"), now.UTC().Format("2 January 2006 at 15:04 UTC"))
	case len(r.Installed) > maxInstalled:
		return fault.In("installed", "%d installations are more than the %d that one device can have here: send the inventory of apps, not of files", len(r.Installed), maxInstalled)
	}
	for i := range r.Installed {
		if err := checkInstallation(i, &r.Installed[i]); err != nil {
			return err
		}
	}
	return nil
}

func checkInstallation(i int, in *policy.Installation) error {
	field := func(key string) string { return fmt.Sprintf("installed[%d].%s", i, key) }
	switch {
	case (in.Identifier == "") == (in.Product == ""):
		return fault.In(field("identifier"), "Say either an identifier or a product")
	case badLine(in.Identifier+in.Product, maxText):
		return fault.In(field("identifier"), "It must be one line of text of %d bytes or fewer, without blanks at its ends", maxText)
	case badLine(in.Version, maxText):
		return fault.In(field("version"), "It must be one line of text of %d bytes or fewer, without blanks at its ends", maxText)
	case badLine(in.Signer, maxText):
		return fault.In(field("signer"), "It must be one line of text of %d bytes or fewer, without blanks at its ends", maxText)
	}
	return nil
}

// badLine tells whether text is not one line of so many bytes.
func badLine(text string, most int) bool {
	return len(text) > most || !oneWord(text) && (text != strings.TrimSpace(text) || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl))
}

// oneWord tells whether text is ASCII without any blank, as nearly all of a report is.
func oneWord(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] >= 0x7f {
			return false
		}
	}
	return true
}

// receiving is a report on its way into a host.
type receiving struct {
	*Report
	now store.Time
	// heard is the minute of the last inventory that is known; 0 where there is none.
	heard  uint32
	number func(index.Thing) uint32
	thing  func(uint32) *index.Thing
}

// enrol makes the host of a report about a device that is not known.
func (r receiving) enrol(organisation string) (Host, error) {
	if r.Platform == 0 {
		return Host{}, fault.In("platform", "The device %s is not known here: say which platform it has, such as android, and it is enrolled", r.Host)
	}
	ownership := cmp.Or(r.Ownership, policy.Corporate)
	return Host{
		ID: r.Host, Name: r.Name, State: InUse, Enrolled: r.now, Changed: r.now,
		Row: index.Row{Kind: policy.Device, Organisation: organisation, Ownership: ownership, Platform: r.Platform},
	}, nil
}

// contradicts returns a fault where the report cannot be of this host, and notes for people where it says
// what a report does not change.
func (r receiving) contradicts(h *Host) (notes []string, err error) {
	switch {
	case h.Row.Kind != policy.Device:
		return nil, fault.New(fault.Conflict, "%s is a piece of equipment here, and this is the inventory of a device: one of the two ids is wrong", h.ID)
	case h.State == Retired:
		return nil, fault.New(fault.Conflict, "%s was retired: if it is in use again, return it to use first", h.ID)
	case h.State == Replaced:
		return nil, fault.New(fault.Conflict, "%s was replaced by %s: report under that id, or return it to use first", h.ID, h.ReplacedBy)
	case r.Platform != 0 && r.Platform != h.Row.Platform:
		return nil, fault.New(fault.Conflict, "%s is known as a device with %s, and this report is of one with %s: two devices have one id. Nothing was stored", h.ID, h.Row.Platform, r.Platform)
	case r.Organisation != "" && r.Organisation != h.Row.Organisation:
		return nil, fault.New(fault.Conflict, "%s is a device of %s, and this report says %s: two devices have one id, or it has moved. A report does not move a device: somebody has to say so", h.ID, h.Row.Organisation, r.Organisation)
	}
	if r.Ownership != 0 && r.Ownership != h.Row.Ownership {
		notes = append(notes, fmt.Sprintf("it stays %s: a report does not change whose a device is", h.Row.Ownership))
	}
	return notes, nil
}

// into puts the report into a host, and returns the change, nil where nothing is to be written.
func (r receiving) into(h *Host) (*Change, Outcome, error) {
	out := Outcome{Host: h.ID, Result: Unchanged}
	taken := store.TimeOf(r.Taken)
	if r.NoInventory {
		out.Result = Heard
		return nil, out, nil
	}
	was := h.source(r.Source)
	if was != nil && (taken.Before(was.Taken) || len(h.Sources) == 1 && Minute(r.Taken) < r.heard) {
		out.Result = Older
		return nil, out, nil
	}
	things, left := r.things(h.Row.Ownership)
	out.Left = left
	had := []uint32(nil)
	if was != nil {
		var err error
		if had, err = h.things(was); err != nil {
			return nil, out, err
		}
	}
	if r.Partial {
		things = r.amend(had, things)
	}
	if was != nil && slices.Equal(had, things) {
		return nil, out, nil // the next one like it is found out only when it has been read
	}
	before := h.Row.Things
	digest := r.Digest
	if left > 0 || h.Row.Ownership == policy.Personal {
		digest = 0 // it would tell of what is not stored
	}
	if err := h.put(Source{Name: r.Source, Taken: taken, Digest: digest, Partial: r.Partial}, things); err != nil {
		return nil, out, err
	}
	change := &Change{Host: h.ID, Taken: taken, Source: r.Source, Added: index.Without(h.Row.Things, before), Removed: index.Without(before, h.Row.Things)}
	out.Added, out.Removed = len(change.Added), len(change.Removed)
	out.Result = Stored
	return change, out, nil
}

// things are the numbers of what may be stored, ascending, and how many were left out.
func (r receiving) things(ownership policy.Ownership) (things []uint32, left int) {
	for i := range r.Installed {
		in := &r.Installed[i]
		if !storable(ownership, in) {
			left++
			continue
		}
		things = append(things, r.number(index.ThingOf(in)))
	}
	slices.Sort(things)
	return slices.Compact(things), left
}

// storable tells whether what is installed may be stored: nothing of a personal device, and of a managed
// one only what is said to be managed.
func storable(o policy.Ownership, in *policy.Installation) bool {
	switch o {
	case policy.Personal:
		return false
	case policy.ManagedPersonal:
		return in.Managed != nil && *in.Managed
	}
	return true
}

// amend is what a partial inventory makes of what was known: what it names stands for what it was, in
// whatever version, and all else stays.
func (r receiving) amend(had, named []uint32) []uint32 {
	type called struct {
		name     string
		product  bool
		platform policy.Platform
	}
	of := func(n uint32) called {
		t := r.thing(n)
		return called{t.Name, t.Product, t.Platform}
	}
	again := map[called]bool{}
	for _, n := range named {
		again[of(n)] = true
	}
	kept := slices.DeleteFunc(slices.Clone(had), func(n uint32) bool { return again[of(n)] })
	return union(kept, named)
}

// names are those of the report of what may be stored.
func (r *Report) names(h *Host) (names []Named) {
	if len(r.Names) == 0 || h.Row.Ownership == policy.Personal {
		return nil
	}
	stored := map[string]bool{}
	for i := range r.Installed {
		if in := &r.Installed[i]; storable(h.Row.Ownership, in) {
			stored[in.Identifier] = true
		}
	}
	for _, n := range r.Names {
		n.Name, n.Publisher, n.Platform = line(n.Name), line(n.Publisher), cmp.Or(n.Platform, h.Row.Platform)
		if n.Name != "" && stored[n.Identifier] {
			names = append(names, n)
		}
	}
	return names
}

// line is text as one line of a name's length.
func line(text string) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "\ufffd"), func(c rune) bool { return unicode.IsControl(c) || c == ' ' }), " ")
	if len(text) > maxName {
		text = strings.ToValidUTF8(text[:maxName], "")
	}
	return text
}

// ReportOf makes a report of what a reader found, with what the person who imports says of the devices;
// what neither says stays open, for the device that is known already.
func ReportOf(found *platform.Report, assume platform.Assumptions, source string, problem func(platform.Problem)) Report {
	r := Report{
		Host: cmp.Or(found.Device, assume.Device), Name: found.Name, Organisation: assume.Organisation, Source: source, Taken: found.At,
		Ownership: cmp.Or(found.Ownership, assume.Ownership), Platform: cmp.Or(found.Platform, assume.Platform),
		Partial: found.Partial, NoInventory: found.NoInventory,
	}
	r.Host = strings.ToValidUTF8(r.Host, "\ufffd")
	r.Installed = found.Installed(r.Platform, problem)
	for i := range found.Apps {
		if app := &found.Apps[i]; app.Name != "" {
			r.Names = append(r.Names, Named{app.Identity(), cmp.Or(app.Platform, r.Platform), app.Name, app.Publisher})
		}
	}
	return r
}
