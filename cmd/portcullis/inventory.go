package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"portcullis/platform"
	"portcullis/platform/android"
	"portcullis/platform/apple"
	"portcullis/platform/glpi"
	"portcullis/platform/intune"
	"portcullis/platform/jamf"
	"portcullis/platform/linux"
	"portcullis/platform/ocs"
	"portcullis/platform/osquery"
	"portcullis/platform/santa"
	"portcullis/platform/sheet"
	"portcullis/platform/windows"
	"portcullis/policy"
	"portcullis/world"
)

// readers are the kinds of inventory that can be read, by the word for them on the command line.
var readers = map[string]platform.Reader{
	"android":         android.Read,
	"apple":           apple.Read,
	"csv":             sheet.Read,
	"dpkg":            linux.Read,
	"glpi":            glpi.Read,
	"intune":          intune.Read,
	"jamf":            jamf.Read,
	"ocs":             ocs.Read,
	"osquery":         osquery.Read,
	"santa":           santa.Read,
	"system_profiler": apple.ReadSystemProfiler,
	"winget":          windows.Read,
}

func kinds() []string { return slices.Sorted(maps.Keys(readers)) }

// inventoryFile is one KIND=FILE or KIND@DEVICE=FILE of the command line.
type inventoryFile struct{ kind, device, path string }

// UnmarshalText reads KIND[@DEVICE]=FILE.
func (f *inventoryFile) UnmarshalText(text []byte) error {
	what, path, ok := strings.Cut(string(text), "=")
	if !ok || path == "" {
		return fmt.Errorf("%q is not KIND=FILE, such as intune=inventory.csv", text)
	}
	kind, device, _ := strings.Cut(what, "@")
	if _, ok := readers[kind]; !ok {
		return fmt.Errorf("%q is no kind of inventory; the kinds are %s", kind, strings.Join(kinds(), ", "))
	}
	*f = inventoryFile{kind, device, path}
	return nil
}

// assumptions are what the command line says of the devices in inventories.
type assumptions struct {
	Organisation string `placeholder:"ID" help:"The organisation whose devices the inventories list. Needed where the world has more than one."`
	Ownership    string `enum:"corporate,personal,managed-personal," default:"" help:"Whose the devices are, where an inventory does not say: corporate (the same as saying nothing), personal or managed-personal."`
	Platform     string `enum:"android,ios,macos,windows,linux,chromeos," default:"" help:"What the devices run, where an inventory does not say: android, ios, macos, windows, linux or chromeos."`
}

// forHosts are the assumptions as the readers' hosts take them. The enum tags above let no other
// word through.
func (a *assumptions) forHosts() platform.Assumptions {
	ownership, _ := policy.ParseOwnership(a.Ownership)
	runs, _ := policy.ParsePlatform(a.Platform)
	return platform.Assumptions{Organisation: a.Organisation, Ownership: ownership, Platform: runs}
}

// fleet is the hosts of inventories, kept in a temporary file: memory holds one index entry a host
// and the distinct names that matched nothing.
type fleet struct {
	assume   platform.Assumptions
	declared func(id string, h *policy.Host) (bool, error) // reads a host of the files of hosts
	report   func(format string, args ...any)              // takes what a person should read

	spool *world.Spool
	spans map[string][]int // by host id: its places in the spool, in the order of the command line

	names    map[string]named // by identity: what the inventories call it
	problems int              // rows and devices that could not be used
	partial  int              // devices whose inventory is known not to be whole
	silent   int              // devices of which an inventory says nothing of what is installed

	file string // the one being read, for messages
}

// named is how people know an app.
type named struct{ name, publisher string }

func newFleet(assume platform.Assumptions, declared func(string, *policy.Host) (bool, error), report func(format string, args ...any)) (*fleet, error) {
	spool, err := world.NewSpool()
	if err != nil {
		return nil, fmt.Errorf("a temporary file for the inventories: %w", err)
	}
	return &fleet{assume: assume, declared: declared, report: report, spool: spool, spans: make(map[string][]int), names: make(map[string]named)}, nil
}

func (f *fleet) Close() error { return f.spool.Close() }

// read takes in one inventory. An inventory that cannot be read at all is an error.
func (f *fleet) read(file inventoryFile, progress func(done, total int64)) error {
	in, err := os.Open(file.path)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a directory, not a file", file.path)
	case info.Mode()&os.ModeDevice != 0:
		return fmt.Errorf("%s is a device, not a file: it may have no end", file.path)
	}
	f.file = file.path
	f.assume.Device = cmp.Or(file.device, filepath.Base(file.path))
	before := len(f.spans)
	err = readers[file.kind](&meter{in, 0, info.Size(), progress}, f)
	if err != nil {
		return fmt.Errorf("%s: as %s: %w", file.path, file.kind, err)
	}
	if host := f.assume.Device; file.device == "" && len(f.spans[host]) > 0 && len(f.spans) == before+1 {
		f.report("%s does not name its device: it stands as host %s (to call it otherwise: %s@NAME=%s).", file.path, host, file.kind, file.path)
	}
	return nil
}

// Report takes one device's inventory.
func (f *fleet) Report(r platform.Report) error {
	assume, err := f.assumptions(r.Device)
	if err != nil {
		return err
	}
	host, err := assume.Host(&r, f.Problem)
	if err != nil {
		f.Problem(platform.Problem{Device: r.Device, Line: r.Line, Reason: err.Error()})
		return nil
	}
	switch {
	case r.NoInventory:
		f.silent++
		f.report("%s: host %s: what is installed on it is not in this file, so nothing is judged.", f.file, host.ID)
		return nil
	case r.Partial:
		f.partial++
	}
	for i := range r.Apps {
		if app := &r.Apps[i]; app.Name != "" {
			f.names[app.Identity()] = named{app.Name, app.Publisher}
		}
	}
	at, err := f.spool.Add(&host)
	if err != nil {
		return err
	}
	f.spans[host.ID] = append(f.spans[host.ID], at)
	return nil
}

// assumptions are those of the command line; for a host that a file declares, what the file says.
func (f *fleet) assumptions(device string) (platform.Assumptions, error) {
	assume := f.assume
	var h policy.Host
	declared, err := f.declared(cmp.Or(device, assume.Device), &h)
	if declared {
		assume.Organisation, assume.Ownership, assume.Platform = h.Organisation, h.Ownership, h.Platform
	}
	return assume, err
}

// Problem takes one row or device that could not be used.
func (f *fleet) Problem(p platform.Problem) {
	f.problems++
	where := f.file
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d", where, p.Line)
	}
	if p.Device != "" {
		where += ": " + p.Device
	}
	f.report("%s: %s", where, p.Reason)
}

// flush ends the reading of inventories: from here on hosts are read back.
func (f *fleet) flush() error { return f.spool.Flush() }

// add merges what the inventories say is installed on a host into h, and returns what they
// disagree on, in words. Where the host is not declared elsewhere, h becomes the host as the first
// inventory has it. It is safe for concurrent use.
func (f *fleet) add(id string, h *policy.Host, declared bool) (clashes []string, err error) {
	for _, at := range f.spans[id] {
		var from policy.Host
		if err := f.spool.Read(at, &from); err != nil {
			return nil, err
		}
		if !declared {
			*h, declared = from, true
			continue
		}
		h.Installed = platform.Merge(h.Installed, from.Installed, h.Platform, func(in, kept *policy.Installation) {
			clashes = append(clashes, fmt.Sprintf("host %s: %s", id, platform.Clash(in, kept)))
		})
	}
	return clashes, nil
}

// ids are the ids of the hosts, in their order.
func (f *fleet) ids() []string { return slices.Sorted(maps.Keys(f.spans)) }

// meter counts what has been read.
type meter struct {
	io.Reader
	done, total int64
	progress    func(done, total int64)
}

func (m *meter) Read(b []byte) (int, error) {
	n, err := m.Reader.Read(b)
	m.done += int64(n)
	m.progress(m.done, max(m.total, m.done))
	return n, err
}
