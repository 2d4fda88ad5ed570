package sheet

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"portcullis/platform/stream"
)

// column is what a column holds.
type column uint8

const (
	uuid column = iota
	serial
	deviceID
	host
	identifier
	name
	publisher
	version
	versionCode
	signer
	managed
	platformColumn
	ownership
	state
	numColumns
)

// heads are the names that columns have, without case, spaces and punctuation, the surest first.
var heads = [numColumns][]string{
	uuid:           {"uuid", "udid", "hardwareuuid", "deviceuuid", "hostuuid"},
	serial:         {"serial", "serialnumber", "serialno", "deviceserial", "deviceserialnumber", "hardwareserial"},
	deviceID:       {"deviceid", "device", "hostid", "computerid", "machineid", "assetid", "assettag", "asset"},
	host:           {"host", "hostname", "devicename", "computer", "computername", "machine", "machinename", "endpoint", "endpointname"},
	identifier:     {"identifier", "bundleid", "bundleidentifier", "package", "packagename", "packageid", "packageidentifier", "appid", "applicationid", "appidentifier", "applicationidentifier", "extensionid"},
	name:           {"application", "applicationname", "app", "appname", "software", "softwarename", "program", "programname", "product", "productname", "displayname", "title", "name"},
	publisher:      {"publisher", "vendor", "applicationpublisher", "apppublisher", "softwarepublisher", "softwarevendor", "developer"},
	version:        {"version", "applicationversion", "appversion", "softwareversion", "versionname", "displayversion", "versionstring", "shortversion", "bundleshortversion"},
	versionCode:    {"versioncode"},
	signer:         {"signer", "signersha256", "signingcertificate", "signingcertificatesha256", "certificatesha256", "certsha256"},
	managed:        {"managed", "ismanaged"},
	platformColumn: {"platform", "os", "operatingsystem", "osname", "ostype"},
	ownership:      {"ownership", "ownertype", "deviceownership", "manageddeviceownertype"},
	state:          {"state", "status", "installstate", "installstatus", "applicationstate"},
}

// general are names of name columns that device lists have for their devices.
var general = []string{"name", "displayname", "title"}

// ofDevices are columns that tables of devices have and tables of apps have not.
var ofDevices = []string{"model", "devicemodel", "manufacturer", "osversion", "imei", "phonenumber", "compliance", "compliancestate",
	"lastseen", "lastcheckin", "lastsync", "lastsyncdatetime", "enrolleddatetime", "enrollmentdate"}

// ofCounts are columns that tables of apps over many devices have.
var ofCounts = []string{"devicecount", "devices", "count", "hostscount", "installs", "installcount", "installations"}

// columns are the places of the columns of a table, -1 where it has none.
type columns struct {
	at    [numColumns]int
	found int
	width int
}

// plain is a head without case, spaces and punctuation.
func plain(head string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, head)
}

func newColumns(cells []string) columns {
	c := columns{width: len(cells)}
	plains := make([]string, len(cells))
	for i, cell := range cells {
		plains[i] = plain(cell)
	}
	for what := range c.at {
		c.at[what] = -1
		for _, head := range heads[what] {
			if at := slices.Index(plains, head); at >= 0 {
				c.at[what] = at
				c.found++
				break
			}
		}
	}
	return c
}

// cell returns what a row has in a column, clean; empty where the table has no such column.
func (c *columns) cell(r *record, what column) string { return stream.Clean(c.raw(r, what)) }

// raw is cell as it is in the file: an identifier that is damaged must be seen to be.
func (c *columns) raw(r *record, what column) string {
	if at := c.at[what]; at >= 0 && at < len(r.cells) {
		return r.cells[at]
	}
	return ""
}

// device is set where the table names devices.
func (c *columns) device() bool {
	return c.at[uuid] >= 0 || c.at[serial] >= 0 || c.at[deviceID] >= 0 || c.at[host] >= 0
}

// refusal says why the table is none of apps on devices; it is empty where it is one.
func (c *columns) refusal(cells []string) string {
	has := func(any []string) (string, bool) {
		at := slices.IndexFunc(cells, func(cell string) bool { return slices.Contains(any, plain(cell)) })
		if at < 0 {
			return "", false
		}
		return stream.Clean(cells[at]), true
	}
	listed := make([]string, len(cells))
	for i, cell := range cells {
		listed[i] = fmt.Sprintf("%q", shorten(stream.Clean(cell)))
	}
	found := "the columns are " + strings.Join(listed[:min(len(listed), maxListed)], ", ")
	if c.at[identifier] < 0 && c.at[name] < 0 {
		return found + `: expected a head with a column of identifiers (called identifier, bundle id, package or app id) or of names (called name or application)`
	}
	if count, ok := has(ofCounts); ok && !c.device() {
		return fmt.Sprintf("the column %q counts devices and no column names them: expected a row for each app on each device, with a column called device, host or serial", count)
	}
	attribute, ok := has(ofDevices)
	alone := c.at[identifier] < 0 && c.at[publisher] < 0 && c.at[version] < 0 && c.at[versionCode] < 0
	if ok && alone && slices.Contains(general, plain(cells[c.at[name]])) {
		return fmt.Sprintf("this looks like a list of devices, with %q: expected a row for each app on each device; if %q names apps, call it application",
			attribute, stream.Clean(cells[c.at[name]]))
	}
	return ""
}

// maxListed is how many columns of a table that cannot be read are named.
const maxListed = 20

func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
