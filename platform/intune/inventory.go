package intune

import (
	"strings"

	"portcullis/platform"
	"portcullis/platform/stream"
	"portcullis/policy"
)

// inventory gathers the apps of devices whose rows are scattered over the input. It keeps each text
// once and eight bytes for each row, so that a report of millions of rows fits into memory.
type inventory struct {
	apps     []app
	appIndex map[app]uint32

	devices     []device
	deviceIndex map[string]uint32

	partial bool // a row was lost, and it is not known whose
}

// app is one app in one version, on the platform that its row names.
type app struct {
	name, publisher, version string
	platform                 policy.Platform
}

// device is a device and where its apps stand.
type device struct {
	id, name  string
	line      int
	platform  policy.Platform
	other     policy.Platform // another platform that a row names for it
	ownership policy.Ownership
	partial   bool
	rows      []row
}

type row struct{ app, line uint32 }

// device returns the index of the device with an id, which stands at line.
func (v *inventory) device(id string, line int) uint32 {
	if i, ok := v.deviceIndex[id]; ok {
		return i
	}
	if v.deviceIndex == nil {
		v.deviceIndex = map[string]uint32{}
	}
	i := uint32(len(v.devices))
	id = strings.Clone(id)
	v.deviceIndex[id] = i
	v.devices = append(v.devices, device{id: id, line: line})
	return i
}

// describe adds what is said of a device; what is empty or zero says nothing.
func (d *device) describe(name string, p policy.Platform, o policy.Ownership) {
	if d.name == "" {
		d.name = strings.Clone(name)
	}
	switch {
	case d.platform == 0:
		d.platform = p
	case p != 0 && p != d.platform:
		d.other = p
	}
	if d.ownership == 0 {
		d.ownership = o
	}
}

// add puts an app on a device.
func (v *inventory) add(device uint32, a app, line int) {
	i, ok := v.appIndex[a]
	if !ok {
		if v.appIndex == nil {
			v.appIndex = map[app]uint32{}
		}
		a.name, a.publisher, a.version = strings.Clone(a.name), strings.Clone(a.publisher), strings.Clone(a.version)
		i = uint32(len(v.apps))
		v.appIndex[a] = i
		v.apps = append(v.apps, a)
	}
	d := &v.devices[device]
	d.rows = append(d.rows, row{i, uint32(line)})
}

// send hands on the devices in the order in which they were first named.
func (v *inventory) send(sink platform.Sink) error {
	for i := range v.devices {
		d := &v.devices[i]
		list := stream.List{Report: platform.Report{
			Device: d.id, Name: d.name, Platform: d.platform, Ownership: d.ownership,
			Line: d.line, Partial: d.partial || v.partial,
		}}
		if d.other != 0 {
			list.Note(d.line, "rows name both %s and %s for this device: it counts as %s, and each app as its row says", d.platform, d.other, d.platform)
		}
		for _, r := range d.rows {
			a := v.apps[r.app]
			out := platform.App{Line: int(r.line), Name: a.name, Publisher: a.publisher, Version: a.version}
			if a.platform != d.platform {
				out.Platform = a.platform
			}
			list.Add(out)
		}
		d.rows = nil
		if err := list.Send(sink); err != nil {
			return err
		}
	}
	return nil
}

// systems are the beginnings of Intune's words for platforms, in lower case.
var systems = []struct {
	word     string
	platform policy.Platform
}{
	{"windows", policy.Windows}, {"mac", policy.MacOS}, {"ios", policy.IOS}, {"ipad", policy.IOS}, {"iphone", policy.IOS},
	{"android", policy.Android}, {"chrome", policy.ChromeOS}, {"linux", policy.Linux},
}

// system is the platform of a word such as "Windows", "macOS" or "androidWorkProfile"; zero where
// policy has none.
func system(word string) policy.Platform {
	word = strings.ToLower(strings.TrimSpace(word))
	for _, s := range systems {
		if strings.HasPrefix(word, s.word) {
			return s.platform
		}
	}
	return 0
}

// owner is the ownership of a managedDeviceOwnerType.
func owner(word string) policy.Ownership {
	switch strings.ToLower(word) {
	case "company":
		return policy.Corporate
	case "personal":
		return policy.ManagedPersonal
	}
	return 0
}
