package sheet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"portcullis/platform"
	"portcullis/platform/export"
	"portcullis/policy"
)

// take uses the present row.
func (t *table) take() {
	cell := func(c column) string { return t.columns.cell(&t.row, c) }
	d := t.deviceOf()
	if d == nil {
		t.miss("the row names no device")
		return
	}
	a := platform.App{
		Identifier: t.columns.raw(&t.row, identifier), Name: cell(name), Publisher: cell(publisher), Version: cell(version),
		Signer: t.signer(), Managed: t.managed(),
	}
	if !t.platform(d, &a) {
		return
	}
	t.ownership(d)
	if slices.Contains(removed, plain(cell(state))) {
		return
	}
	if a.Identifier == "" && a.Name == "" {
		t.miss("the row names no app: it has neither an identifier nor a name")
		return
	}
	d.apps = append(d.apps, entry{t.known.app(a, t.versionCode()), t.row.line})
}

// removed are words for what is not installed.
var removed = []string{"removed", "uninstalled", "notinstalled", "absent", "deleted", "notpresent"}

// deviceOf returns the device of the present row; nil where the table has devices and the row has none.
func (t *table) deviceOf() *device {
	id := ""
	if t.columns.device() {
		if id = t.deviceID(); id == "" {
			return nil
		}
	}
	d := t.devices[id]
	if d == nil {
		d = &device{report: platform.Report{Device: id, Name: t.columns.cell(&t.row, host), Line: t.row.line}}
		t.devices[id] = d
		t.order = append(t.order, d)
	}
	return d
}

// note says what is left out of the present row.
func (t *table) note(format string, args ...any) {
	p := platform.Problem{Line: t.row.line, Reason: fmt.Sprintf(format, args...)}
	if t.columns.device() {
		p.Device = t.deviceID()
	}
	t.sink.Problem(p)
}

func (t *table) signer() string {
	given := t.columns.cell(&t.row, signer)
	hash, ok := export.SHA256(given)
	if !ok {
		t.note("the signer %q is not a SHA-256 in hex: it is left out", shorten(given))
		return ""
	}
	return hash
}

// yes and no are what Managed points to.
var yes, no = true, false

func (t *table) managed() *bool {
	given := t.columns.cell(&t.row, managed)
	switch strings.ToLower(given) {
	case "":
		return nil
	case "true", "yes", "y", "1", "managed":
		return &yes
	case "false", "no", "n", "0", "unmanaged":
		return &no
	}
	t.note("managed is %q: expected true or false; it is left out", shorten(given))
	return nil
}

func (t *table) versionCode() *int64 {
	given := t.columns.cell(&t.row, versionCode)
	if given == "" {
		return nil
	}
	code, err := strconv.ParseInt(given, 10, 64)
	if err != nil {
		t.note("the version code %q is not a whole number: it is left out", shorten(given))
		return nil
	}
	return &code
}

// platform takes the platform of the row: the add-on's where it is a browser, else the device's. It
// is false where the row contradicts those before it, and is not used.
func (t *table) platform(d *device, a *platform.App) bool {
	given := t.columns.cell(&t.row, platformColumn)
	if given == "" {
		return true
	}
	p, known := export.PlatformOf(given)
	switch {
	case !known:
		t.note("the platform %q is not one that is known: it is left out", shorten(given))
	case p == policy.Chrome || p == policy.MSEdge || p == policy.Firefox:
		a.Platform = p
	case d.report.Platform == 0:
		d.report.Platform = p
	case d.report.Platform != p:
		t.miss(fmt.Sprintf("the device is on %s in this row and on %s in one before", p, d.report.Platform))
		return false
	}
	return true
}

// ownerships are words for whose a device is.
var ownerships = map[string]policy.Ownership{
	"corporate": policy.Corporate, "company": policy.Corporate, "companyowned": policy.Corporate, "corporateowned": policy.Corporate,
	"personal": policy.Personal, "byod": policy.Personal, "personallyowned": policy.Personal, "employeeowned": policy.Personal,
	"managedpersonal": policy.ManagedPersonal,
}

// ownership takes whose the device is. Where rows do not agree nothing is said of it.
func (t *table) ownership(d *device) {
	given := t.columns.cell(&t.row, ownership)
	if given == "" || d.contradict {
		return
	}
	o, known := ownerships[plain(given)]
	switch {
	case !known:
		t.note("the ownership %q is not one that is known: expected corporate, personal or managed-personal; it is left out", shorten(given))
	case d.report.Ownership == 0:
		d.report.Ownership = o
	case d.report.Ownership != o:
		t.note("the device is %s in this row and %s in one before: its ownership is left out", o, d.report.Ownership)
		d.report.Ownership, d.contradict = 0, true
	}
}
