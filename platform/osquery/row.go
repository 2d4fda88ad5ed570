package osquery

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"portcullis/platform"
	"portcullis/platform/export"
	"portcullis/platform/stream"
	"portcullis/policy"
)

// table is what a row is of.
type table uint8

const (
	noTable table = iota
	apps
	programs
	deb
	rpm
	homebrew
	safari
	chrome
	firefox
	systemInfo
)

// tables are their names in osquery.
var tables = map[string]table{"apps": apps, "programs": programs, "deb_packages": deb, "rpm_packages": rpm, "homebrew_packages": homebrew,
	"safari_extensions": safari, "chrome_extensions": chrome, "firefox_addons": firefox, "system_info": systemInfo}

var tableNames = sorted(tables)

// systems are the operating systems of tables that have one.
var systems = map[table]policy.Platform{apps: policy.MacOS, homebrew: policy.MacOS, safari: policy.MacOS, programs: policy.Windows, deb: policy.Linux, rpm: policy.Linux}

// primary tells whether a table lists the software of an operating system, and not what is in a browser
// or beside it.
func (t table) primary() bool { return t == apps || t == programs || t == deb || t == rpm }

// row is a row of a table of software.
type row struct {
	app  *platform.App
	hash uint64 // of all columns, in whatever order
	seq  int64
	line int32

	table table
	// gone is set where the row says of itself that the package is not installed, odd where it says
	// neither that nor the contrary.
	gone, odd bool
}

// system is what a row of system_info says of the device.
type system struct{ id, host string }

// columns are the columns that something is read of.
type columns map[string]string

// wanted are the columns whose text is kept. Of the others only the presence counts, and the hash.
var wanted = map[string]bool{"table_name": true, "source": true, "name": true, "display_name": true, "bundle_name": true, "bundle_identifier": true,
	"bundle_id": true, "bundle_short_version": true, "bundle_version_str": true, "version": true, "release": true, "publisher": true,
	"vendor": true, "status": true, "identifier": true, "referenced_identifier": true, "extension_id": true, "browser_type": true, "browser": true,
	"creator": true, "author": true, "uuid": true, "hardware_serial": true, "hostname": true, "computer_name": true, "path": true}

// row reads one row; hint is the table that the query's name speaks of. It returns a row of software,
// or what one of system_info says; of another table, nothing.
func (l *log) row(doc export.Document, hint table) (*row, *system, error) {
	if !doc.Is('{') {
		return nil, nil, errors.New("it is not an object")
	}
	l.seq++
	r, c := &row{seq: l.seq, line: int32(doc.Line)}, l.columns
	clear(c)
	err := doc.Members(func(key string, v export.Document) error {
		r.hash += l.columnHash(key, v) // a sum, so that the order does not count
		text, ok := "", true
		if wanted[key] {
			text, ok = v.Text()
		}
		c[key] = text
		if !ok {
			return fmt.Errorf("the column %s is not a text", key)
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	switch r.table = c.table(hint); r.table {
	case noTable:
		return nil, nil, nil
	case systemInfo:
		return nil, &system{export.DeviceID(c["uuid"], c["hardware_serial"]), c.first("computer_name", "hostname")}, nil
	}
	r.app = l.intern(c.app(r.table))
	r.gone, r.odd = c.state(r.table)
	return r, nil, nil
}

func (l *log) columnHash(key string, v export.Document) uint64 {
	// A Hash never fails to be written to.
	l.hash.Reset()
	_, _ = l.hash.WriteString(key)
	_ = l.hash.WriteByte(0)
	_, _ = l.hash.Write(v.JSON)
	return l.hash.Sum64()
}

// intern returns the one copy of a.
func (l *log) intern(a platform.App) *platform.App {
	if l.apps[a] == nil {
		l.apps[a] = &a
	}
	return l.apps[a]
}

func (c columns) has(names ...string) bool {
	for _, name := range names {
		if _, ok := c[name]; !ok {
			return false
		}
	}
	return true
}

func (c columns) any(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return c.has(name) })
}

// first returns the first of the columns that is not empty.
func (c columns) first(names ...string) string {
	for _, name := range names {
		if stream.Clean(c[name]) != "" {
			return c[name]
		}
	}
	return ""
}

// table tells which table the row is of: by the column that says so, by columns that no other table
// has, or by the name of the query.
func (c columns) table(hint table) table {
	if t, ok := tables[c["source"]]; ok {
		return t
	}
	if c["table_name"] != "" {
		return tables[c["table_name"]]
	}
	switch {
	case c.has("hardware_serial") && c.any("computer_name", "uuid", "cpu_brand"):
		return systemInfo
	case c.any("browser_type", "referenced_identifier", "from_webstore") && c.any("identifier", "referenced_identifier"),
		c.has("identifier", "update_url", "permissions"):
		return chrome
	case c.has("identifier") && c.any("creator", "autoupdate", "source_url"):
		return firefox
	case c.has("identifier") && c.any("developer_id", "sdk", "extension_type"):
		return safari
	case c.any("bundle_identifier", "bundle_id") && !c.any("pid", "is_active"):
		return apps
	case c.has("name") && c.any("identifying_number", "uninstall_string", "install_source"):
		return programs
	case c.has("name", "version", "release") && c.any("arch", "epoch", "vendor", "package_group", "sha1"):
		return rpm
	case c.has("name", "version") && (c.has("section", "priority") || c.has("maintainer", "status") || c.has("revision", "arch")):
		return deb
	case hint != noTable && hint != systemInfo && c.any("name", "identifier") && !c.has("pid"):
		return hint
	}
	return noTable
}

// app is what a row of a table says is installed.
func (c columns) app(t table) platform.App {
	a := platform.App{Name: c["name"], Version: c["version"]}
	switch t {
	case apps:
		a.Identifier = c.first("bundle_identifier", "bundle_id")
		a.Name = strings.TrimSuffix(c.first("bundle_name", "display_name", "name"), ".app")
		a.Version = c.first("bundle_short_version", "bundle_version_str", "version")
	case programs:
		a.Publisher = c.first("publisher", "vendor")
	case homebrew:
		a.Identifier = c["name"]
	case deb:
		a.Identifier, a.Version = c["name"], export.PackageVersion(a.Version)
	case rpm:
		a.Identifier, a.Publisher = c["name"], c["vendor"]
		if release := c["release"]; release != "" && a.Version != "" {
			a.Version += "-" + release
		}
	case safari:
		a.Identifier, a.Publisher = c.first("identifier", "extension_id"), c["author"]
	case chrome:
		a.Identifier, a.Platform = c.first("identifier", "referenced_identifier", "extension_id"), policy.Chrome
		if strings.HasPrefix(strings.ToLower(c.first("browser_type", "browser")), "edge") {
			a.Platform = policy.MSEdge
		}
	case firefox:
		a.Identifier, a.Publisher, a.Platform = c.first("identifier", "extension_id"), c["creator"], policy.Firefox
	}
	return a
}

// state reads dpkg's state of a package ("install ok installed"), of which the last word counts. A
// query may have a column status of its own, which says nothing here.
func (c columns) state(t table) (gone, odd bool) {
	words := strings.Fields(c["status"])
	if t != deb || len(words) != 3 {
		return false, false
	}
	switch words[2] {
	case "installed", "triggers-awaited", "triggers-pending":
		return false, false
	case "not-installed", "config-files":
		return true, false
	}
	return false, true
}

// rows are the rows of one result that count.
type rows struct {
	line    int
	count   int    // all rows, of whatever table
	of      []*row // of software
	systems []*system
	missed  []platform.Problem
}

func (r *rows) software() bool { return len(r.of) > 0 || len(r.missed) > 0 }

// rows reads the rows of a result. An empty text is how osquery writes that there are none.
func (l *log) rows(e *entry, what string, list export.Document) (*rows, error) {
	out := &rows{line: e.line}
	hint := aboutTable(e.name)
	take := func(doc export.Document) error {
		out.count++
		r, its, err := l.row(doc, hint)
		switch {
		case err != nil:
			out.missed = append(out.missed, platform.Problem{Line: doc.Line, Reason: fmt.Sprintf("a row of the query %q is not used: %v", e.name, err)})
		case its != nil:
			out.systems = append(out.systems, its)
		case r != nil:
			out.of = append(out.of, r)
		}
		return nil
	}
	switch {
	case list.Blank():
		return out, nil
	case list.Is('{'):
		return out, take(list)
	case list.Is('['):
		return out, list.Elements(take)
	}
	return nil, &export.Refusal{Line: e.line, Reason: fmt.Sprintf("%s of the query %q is not a list of rows", what, e.name)}
}

// aboutTable returns the table whose name a query's name ends in: pack/team/deb_packages.
func aboutTable(query string) table {
	query = strings.ToLower(query)
	for _, name := range tableNames {
		before, ok := strings.CutSuffix(query, name)
		if ok && (before == "" || strings.ContainsAny(before[len(before)-1:], "/_-.: ")) {
			return tables[name]
		}
	}
	return noTable
}

// aboutSoftware tells whether a query that failed would have said what is installed, as far as its name
// tells.
func aboutSoftware(query string) bool {
	query = strings.ToLower(query)
	return slices.ContainsFunc([]string{"software", "install", "package", "program", "app", "extension", "addon", "add-on", "inventory"},
		func(word string) bool { return strings.Contains(query, word) })
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
