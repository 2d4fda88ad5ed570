package intune

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"portcullis/platform"
	"portcullis/platform/stream"
)

// graph reads resources of Microsoft Graph.
type graph struct {
	json *stream.JSON
	sink platform.Sink
	apps inventory // of detectedApps

	expanded, bare int // detectedApps with and without their devices
	firstBare      int // line
	more           int // line of the nextLink of the last page; 0 where it has none
}

func readGraph(j *stream.JSON, sink platform.Sink) error {
	g := graph{json: j, sink: sink}
	for {
		first, err := j.Next()
		if err == io.EOF {
			return g.end()
		}
		if err != nil {
			return err
		}
		g.more = 0
		if first == '[' {
			err = j.Array(func() error { return g.resource(false) })
		} else {
			err = g.resource(true)
		}
		if err != nil {
			return err
		}
	}
}

// end hands on what was gathered of detectedApps.
func (g *graph) end() error {
	if g.expanded == 0 && g.bare > 0 {
		return fmt.Errorf("line %d: the list counts apps and does not say where they are: ask Graph for "+
			"deviceManagement/detectedApps?$expand=managedDevices, or export the report AppInvRawData", g.firstBare)
	}
	if g.bare > 0 {
		g.lose(g.firstBare, fmt.Sprintf("%d detected apps do not name their devices", g.bare))
	}
	if g.more > 0 {
		g.lose(g.more, "this is one page of several (@odata.nextLink): the others are not in it")
	}
	return g.apps.send(g.sink)
}

// resource is one object of Graph: a page of resources where it may be one, a managedDevice or a
// detectedApp. The members of all three stand at one level.
type resource struct {
	line     int
	keys     []string
	isPage   bool
	isDevice bool
	isApp    bool

	id, displayName, version, publisher, deviceName, system, owner, serial, at stream.Value
	count                                                                      stream.Value

	installed stream.List // a managedDevice's detectedApps
	listed    bool
	holders   []uint32 // a detectedApp's managedDevices
	expanded  bool
	cut       bool // there are more holders than are in it
}

// resource reads one object.
func (g *graph) resource(mayBePage bool) error {
	r := resource{line: g.json.Line()}
	err := g.json.Object(func(key string) error {
		r.keys = append(r.keys, key)
		if mayBePage {
			switch key {
			case "value":
				r.isPage = true
				return g.json.Array(func() error { return g.resource(false) })
			case "@odata.nextLink":
				line := g.json.Line()
				link, err := g.json.Value()
				if link != "" {
					g.more = line
				}
				return err
			case "error":
				return fmt.Errorf("line %d: this is an error that Graph answered, not an inventory", r.line)
			}
		}
		return g.member(&r, key)
	})
	if stream.Misshapen(err) != nil && !mayBePage {
		g.lose(r.line, "an entry is not understood: "+stream.Misshapen(err).Reason)
		return nil
	}
	switch {
	case err != nil || r.isPage:
		return err
	case r.isDevice:
		return g.endDevice(&r)
	case r.isApp:
		g.endApp(&r)
		return nil
	}
	return fmt.Errorf("line %d: this is neither a managedDevice nor a detectedApp of Microsoft Graph; it has %s", r.line, stream.Some(r.keys))
}

// member reads a member of a managedDevice or a detectedApp.
func (g *graph) member(r *resource, key string) error {
	var to *stream.Value
	switch key {
	case "id":
		to = &r.id
	case "version":
		to = &r.version
	case "publisher":
		to = &r.publisher
	case "displayName":
		r.isApp, to = true, &r.displayName
	case "deviceCount":
		r.isApp, to = true, &r.count
	case "deviceName":
		r.isDevice, to = true, &r.deviceName
	case "managedDeviceOwnerType":
		r.isDevice, to = true, &r.owner
	case "operatingSystem":
		r.isDevice, to = true, &r.system
	case "serialNumber":
		r.isDevice, to = true, &r.serial
	case "lastSyncDateTime":
		to = &r.at
	case "detectedApps":
		r.isDevice = true
		return g.list(&r.listed, func() error { return g.installed(r) })
	case "detectedApps@odata.nextLink":
		r.installed.Skip(g.json.Line(), "the device has more detected apps than are in it")
	case "managedDevices":
		r.isApp = true
		return g.list(&r.expanded, func() error { return g.holder(r) })
	case "managedDevices@odata.nextLink":
		r.cut = true
	}
	if to == nil {
		return nil
	}
	v, err := g.json.Value()
	*to = v
	return err
}

// list reads a list, and tells in is whether it is one; null is not to have asked for it.
func (g *graph) list(is *bool, each func() error) error {
	first, err := g.json.Next()
	if *is = err == nil && first == '['; *is {
		return g.json.Array(each)
	}
	return err
}

// installed reads one of a managedDevice's detectedApps.
func (g *graph) installed(r *resource) error {
	var a struct{ DisplayName, Publisher, Version stream.Value }
	line := g.json.Line()
	if err := g.json.Decode(&a); stream.Misshapen(err) != nil {
		r.installed.Skip(line, "a detected app is not understood: %s", stream.Misshapen(err).Reason)
		return nil
	} else if err != nil {
		return err
	}
	r.installed.Add(platform.App{Line: line, Name: string(a.DisplayName), Publisher: string(a.Publisher), Version: string(a.Version)})
	return nil
}

// holder reads one of a detectedApp's managedDevices.
func (g *graph) holder(r *resource) error {
	var d struct{ ID, DeviceName, OperatingSystem, ManagedDeviceOwnerType stream.Value }
	line := g.json.Line()
	err := g.json.Decode(&d)
	if stream.Misshapen(err) == nil && err != nil {
		return err
	}
	id := d.ID.Text()
	if id == "" {
		id = d.DeviceName.Text()
	}
	if id == "" {
		g.lose(line, "a managed device has no id")
		return nil
	}
	i := g.apps.device(id, line)
	g.apps.devices[i].describe(d.DeviceName.Text(), system(string(d.OperatingSystem)), owner(string(d.ManagedDeviceOwnerType)))
	r.holders = append(r.holders, i)
	return nil
}

// endDevice hands on a managedDevice.
func (g *graph) endDevice(r *resource) error {
	report := &r.installed.Report
	for _, id := range []stream.Value{r.id, r.serial, r.deviceName} {
		if report.Device = id.Text(); report.Device != "" {
			break
		}
	}
	report.Name = r.deviceName.Text()
	report.Platform, report.Ownership = system(string(r.system)), owner(string(r.owner))
	report.Line, report.NoInventory = r.line, !r.listed
	if at, err := time.Parse(time.RFC3339, r.at.Text()); err == nil && !at.IsZero() {
		report.At = at.UTC()
	}
	return r.installed.Send(g.sink)
}

// endApp puts a detectedApp on the devices that hold it.
func (g *graph) endApp(r *resource) {
	if !r.expanded {
		if g.bare++; g.bare == 1 {
			g.firstBare = r.line
		}
		return
	}
	g.expanded++
	a := app{name: r.displayName.Text(), publisher: r.publisher.Text(), version: r.version.Text()}
	if a.name == "" {
		g.lose(r.line, "a detected app has no displayName")
		return
	}
	if count, err := strconv.Atoi(r.count.Text()); r.cut || err == nil && count > len(r.holders) {
		g.lose(r.line, fmt.Sprintf("%s is on more devices than the %d that are named", a.name, len(r.holders)))
	}
	for _, i := range r.holders {
		g.apps.add(i, a, r.line)
	}
}

// lose tells of something that some device may have.
func (g *graph) lose(line int, why string) {
	g.apps.partial = true
	g.sink.Problem(platform.Problem{Line: line, Reason: why})
}
