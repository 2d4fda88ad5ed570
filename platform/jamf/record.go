package jamf

import (
	"strings"
	"time"

	"portcullis/platform"
	"portcullis/platform/stream"
	"portcullis/policy"
)

// record is one computer or mobile device.
type record struct {
	list   stream.List
	known  bool // it has a member that only a record has
	listed bool // it has a list of applications
	kandji bool // it has a key of another tool's

	udid, serial, id, name, system, owner, at string
}

func newRecord(line int) *record {
	r := &record{}
	r.list.Report.Line = line
	return r
}

// field is where the value of a key goes, at the top of a record or in its parts general and
// hardware; nil where it is not read.
func (r *record) field(key string) *string {
	switch key {
	case "udid":
		return &r.udid
	case "serialNumber", "serial_number":
		return &r.serial
	case "id", "mobileDeviceId":
		return &r.id
	case "name", "displayName", "display_name", "device_name":
		return &r.name
	case "platform", "deviceType", "type", "os_type":
		return &r.system
	case "deviceOwnershipType", "device_ownership_level":
		return &r.owner
	case "reportDate", "report_date_utc", "lastInventoryUpdateDate", "lastInventoryUpdateTimestamp", "last_inventory_update_utc":
		return &r.at
	}
	return nil
}

// systems are Jamf's words for platforms, in lower case.
var systems = map[string]policy.Platform{
	"mac": policy.MacOS, "macos": policy.MacOS,
	"ios": policy.IOS, "ipados": policy.IOS, "iphone": policy.IOS, "ipad": policy.IOS,
}

// owners are Jamf's words for ownerships.
var owners = map[string]policy.Ownership{
	"Institutional":               policy.Corporate,
	"Personal":                    policy.ManagedPersonal,
	"PersonalDeviceProfile":       policy.ManagedPersonal,
	"UserEnrollment":              policy.ManagedPersonal,
	"AccountDrivenUserEnrollment": policy.ManagedPersonal,
}

// times are the forms of Jamf's times.
var times = []string{time.RFC3339, "2006-01-02T15:04:05.000-0700"}

// end hands on the record.
func (r *record) end(sink platform.Sink) error {
	report := &r.list.Report
	for _, id := range []string{r.udid, r.serial, r.id} {
		if report.Device = stream.Clean(id); report.Device != "" {
			break
		}
	}
	report.Name = r.name
	report.Platform = systems[strings.ToLower(r.system)]
	report.Ownership = owners[r.owner]
	for _, layout := range times {
		if at, err := time.Parse(layout, r.at); err == nil {
			report.At = at.UTC()
		}
	}
	report.NoInventory = !r.listed
	return r.list.Send(sink)
}

// application is one entry of a list of applications.
type application struct {
	identifier, name, version, short, status string
}

// field is where the value of a key goes; nil where it is not read.
func (a *application) field(key string) *string {
	switch key {
	case "identifier", "bundleId", "bundle_id":
		return &a.identifier
	case "name", "application_name":
		return &a.name
	case "version", "application_version":
		return &a.version
	case "shortVersion", "application_short_version":
		return &a.short
	case "managementStatus":
		return &a.status
	}
	return nil
}

// add adds an application that stands at line.
func (r *record) add(line int, a *application) {
	app := platform.App{Line: line, Identifier: a.identifier, Name: strings.TrimSuffix(stream.Clean(a.name), ".app"), Version: a.short}
	if stream.Clean(app.Version) == "" {
		app.Version = a.version
	}
	yes, no := true, false
	switch strings.ToLower(strings.ReplaceAll(a.status, " ", "")) {
	case "managed":
		app.Managed = &yes
	case "unmanaged", "notmanaged":
		app.Managed = &no
	case "managedbutuninstalled":
		return
	}
	r.list.Add(app)
}
