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
	"portcullis/platform/kinds"
	"portcullis/policy"
	"portcullis/world"
)

// inventoryFile is one KIND=FILE or KIND@DEVICE=FILE of the command line.
type inventoryFile struct{ kind, device, path string }

// UnmarshalText reads KIND[@DEVICE]=FILE.
func (f *inventoryFile) UnmarshalText(text []byte) error {
	what, path, ok := strings.Cut(string(text), "=")
	if !ok || path == "" {
		return fmt.Errorf("%q is not KIND=FILE, such as intune=inventory.csv", text)
	}
	kind, device, _ := strings.Cut(what, "@")
	if kinds.Reader(kind) == nil {
		return fmt.Errorf("%q is no kind of inventory; the kinds are %s%s", kind, strings.Join(kinds.All(), ", "), meant(kind, kinds.All()))
	}
	*f = inventoryFile{kind, device, path}
	return nil
}

// assumptions are what the command line says of the devices in inventories.
type assumptions struct {
	Organisation string `placeholder:"ID" help:"The organisation whose devices the inventories list. Needed where there is more than one."`
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

	names    map[string]named  // by identity: what the inventories call it
	called   map[string]string // host ids by the names of devices; empty where several have one
	problems int               // rows and devices that could not be used
	partial  map[string]bool   // devices whose inventory is known not to be whole
	silent   map[string]bool   // devices of which an inventory says nothing of what is installed

	file    inventoryFile     // the one being read
	unnamed map[string]string // the files that name no device, by the host that they stand for
}

// named is how people know an app.
type named struct{ name, publisher string }

func newFleet(assume platform.Assumptions, declared func(string, *policy.Host) (bool, error), report func(format string, args ...any)) (*fleet, error) {
	spool, err := world.NewSpool()
	if err != nil {
		return nil, fmt.Errorf("a temporary file for the inventories: %w", err)
	}
	return &fleet{
		assume: assume, declared: declared, report: report, spool: spool, spans: map[string][]int{},
		names: map[string]named{}, called: map[string]string{}, partial: map[string]bool{}, silent: map[string]bool{}, unnamed: map[string]string{},
	}, nil
}

func (f *fleet) Close() error { return f.spool.Close() }

// read takes in one inventory; "-" is standard input. One that cannot be read at all is an error.
func (f *fleet) read(file inventoryFile, standardInput *os.File, progress func(done, total int64)) error {
	in := standardInput
	if file.path == "-" {
		file.path = "standard input"
	} else {
		var err error
		if in, err = os.Open(file.path); err != nil {
			return err
		}
		defer in.Close()
	}
	info, err := in.Stat()
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a directory, not a file", file.path)
	case info.Mode()&os.ModeDevice != 0:
		return fmt.Errorf("%s is a device, not a file: it may have no end", file.path)
	}
	f.file = file
	f.assume.Device = cmp.Or(file.device, filepath.Base(file.path))
	if other, taken := f.unnamed[f.assume.Device]; taken && file.device == "" && other != file.path {
		f.assume.Device = file.path // two files of one name are of two devices
	}
	if err := kinds.Reader(file.kind)(&meter{in, 0, info.Size(), progress}, f); err != nil {
		return fmt.Errorf("%s: as %s: %w", file.path, file.kind, err)
	}
	switch named, host := f.unnamed[f.assume.Device] == file.path, f.assume.Device; {
	case named && file.device == "":
		f.report("%s does not name its device: it stands as host %s (to call it otherwise: %s@NAME=%s).", file.path, host, file.kind, file.path)
	case !named && file.device != "":
		f.report("%s names its devices itself: the name %s is not used.", file.path, file.device)
	}
	return nil
}

// Report takes one device's inventory.
func (f *fleet) Report(r platform.Report) error {
	assume, err := f.assumptions(r.Device)
	var host policy.Host
	if err == nil {
		host, err = assume.Host(&r, f.Problem)
	}
	if err != nil {
		f.Problem(platform.Problem{Device: r.Device, Line: r.Line, Reason: err.Error()})
		return nil
	}
	if r.Device == "" {
		f.unnamed[host.ID] = f.file.path
	}
	if r.Name != "" {
		if id, ok := f.called[r.Name]; ok && id != host.ID {
			f.called[r.Name] = ""
		} else {
			f.called[r.Name] = host.ID
		}
	}
	switch {
	case r.NoInventory:
		f.silent[host.ID] = true
		f.report("%s: host %s: what is installed on it is not in this file, so nothing is judged.", f.file.path, host.ID)
		return nil
	case r.Partial:
		f.partial[host.ID] = true
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
	switch {
	case err != nil:
		return assume, err
	case declared && h.Kind == policy.EquipmentHost:
		return assume, fmt.Errorf("%q is declared as equipment, and this is the inventory of a device: one of them is wrong", h.ID)
	case declared:
		assume.Organisation, assume.Ownership, assume.Platform = h.Organisation, h.Ownership, h.Platform
	}
	return assume, nil
}

// Problem takes one row or device that could not be used.
func (f *fleet) Problem(p platform.Problem) {
	f.problems++
	where := f.file.path
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

// add puts what the inventories say is installed on a host into h, and returns what they disagree
// on, in words. Where the host is not declared elsewhere, h becomes the host as the first inventory
// has it. Where sources differ on one thing, h has it as each of them says, for each to be judged.
// It is safe for concurrent use.
func (f *fleet) add(id string, h *policy.Host, declared bool) (clashes []string, err error) {
	clash := func(format string, args ...any) {
		clashes = append(clashes, fmt.Sprintf("host %s: ", id)+fmt.Sprintf(format, args...))
	}
	first := !declared
	for _, at := range f.spans[id] {
		var from policy.Host
		if err := f.spool.Read(at, &from); err != nil {
			return nil, err
		}
		if first {
			*h, first = from, false
			continue
		}
		if from.Platform != h.Platform {
			clash("it is said to run %s, and %s: it counts as %s, and what is installed as its own source says", h.Platform, from.Platform, h.Platform)
			for i := range from.Installed {
				if in := &from.Installed[i]; in.Platform == 0 {
					in.Platform = from.Platform
				}
			}
		}
		if a, b := max(h.Ownership, policy.Corporate), max(from.Ownership, policy.Corporate); !declared && a != b {
			if laxity(b) < laxity(a) {
				h.Ownership = b
			}
			clash("it is said to be %s, and %s: it is judged as %s", a, b, max(h.Ownership, policy.Corporate))
		}
		h.Installed = platform.Join(h.Installed, from.Installed, h.Platform, func(in, other *policy.Installation) {
			clash("%s: each is judged, and the worst counts", platform.Difference(in, other))
		})
	}
	return clashes, nil
}

// laxity orders ownerships by how strictly what is on a device is judged, the strictest first.
func laxity(o policy.Ownership) int {
	return slices.Index([]policy.Ownership{policy.Corporate, policy.ManagedPersonal, policy.Personal}, max(o, policy.Corporate))
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
