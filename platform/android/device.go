package android

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"portcullis/platform"
	"portcullis/platform/export"
	"portcullis/platform/stream"
	"portcullis/policy"
)

// documents reads JSON of the Android Management API.
type documents struct {
	json   *stream.JSON
	sink   platform.Sink
	nested bool // inside a Pub/Sub message
	found  *int // devices, whether or not there was something to report
	other  *int // messages of other kinds
	more   int  // line of the nextPageToken of the last page; 0 where it has none
}

func readDevices(j *stream.JSON, sink platform.Sink) error {
	d := documents{json: j, sink: sink, found: new(int), other: new(int)}
	for {
		_, err := j.Next()
		switch {
		case err == io.EOF && *d.found == 0 && *d.other > 0:
			return fmt.Errorf("there is no device in it, but %d messages of other kinds", *d.other)
		case err == io.EOF:
			if d.more > 0 {
				sink.Problem(platform.Problem{Line: d.more, Reason: "this is one page of several: there are more devices than are in it"})
			}
			return nil
		case err != nil:
			return err
		}
		d.more = 0
		if err := d.document(); err != nil {
			return err
		}
	}
}

// document reads a value in which devices can be: a device, a list of devices, a message, a list of
// any of them. A device has its members at the same level as the list has "devices".
func (d *documents) document() error {
	if first, err := d.json.Next(); err != nil {
		return err
	} else if first == '[' {
		return d.json.Array(d.document)
	}
	line := d.json.Line()
	dev := newDevice(line)
	var keys []string
	holds := false // something other than a device
	err := d.json.Object(func(key string) error {
		switch key {
		case "devices", "receivedMessages":
			holds = true
			return d.json.Array(d.document)
		case "nextPageToken":
			at := d.json.Line()
			token, err := d.json.Value()
			if token != "" {
				d.more = at
			}
			return err
		case "message":
			holds = true
			return d.message()
		default:
			keys = append(keys, key)
			return dev.member(d.json, key)
		}
	})
	switch {
	case err != nil:
		return err
	case dev.known || strings.Contains(string(dev.name), "/devices/"):
		*d.found++
		return dev.end(d.sink)
	case holds:
		return nil
	}
	return fmt.Errorf("line %d: this is no device of the Android Management API, nor a list or message of it: it has %s",
		line, stream.Some(keys))
}

// message reads a Pub/Sub message, whose data is a device where it tells of its status or of its
// enrolment. Other messages tell of commands and logs.
func (d *documents) message() error {
	var kind stream.Value
	var data stream.Value
	line := d.json.Line()
	if d.nested {
		return fmt.Errorf("line %d: a message is inside a message", line)
	}
	err := d.json.Object(func(key string) (err error) {
		switch key {
		case "attributes":
			return d.json.Object(func(key string) (err error) {
				if key == "notificationType" {
					kind, err = d.json.Value()
				}
				return err
			})
		case "data":
			data, err = d.json.Value()
		}
		return err
	})
	if err != nil {
		return err
	}
	switch kind {
	case "", "STATUS_REPORT", "ENROLLMENT":
	default:
		*d.other++
		return nil
	}
	return d.data(line, string(data))
}

// data reads the device in a message. Where it cannot be read that is a problem of this message.
func (d *documents) data(line int, data string) error {
	raw, err := base64.StdEncoding.DecodeString(data)
	if err == nil && len(raw) == 0 {
		err = errors.New("it has no data")
	}
	if err == nil {
		failing := &remember{Sink: d.sink}
		err = (&documents{json: stream.NewJSONAt(raw, line), sink: failing, nested: true, found: d.found, other: d.other}).document()
		if failing.err != nil {
			return failing.err
		}
	}
	if err != nil {
		*d.found++
		d.sink.Problem(platform.Problem{Line: line, Reason: "the message cannot be read: " + err.Error()})
	}
	return nil
}

// remember keeps the sink's own error apart from those of what is read.
type remember struct {
	platform.Sink
	err error
}

func (r *remember) Report(report platform.Report) error {
	r.err = r.Sink.Report(report)
	return r.err
}

// device is one Device of the API.
type device struct {
	list                     stream.List
	known                    bool // it has a member that only a device has
	name, state, ownership   stream.Value
	serial, enterpriseID, at stream.Value
}

func newDevice(line int) *device {
	d := &device{}
	d.list.Report = platform.Report{Line: line, Platform: policy.Android}
	return d
}

// member takes a member of a Device.
func (d *device) member(j *stream.JSON, key string) (err error) {
	switch key {
	case "name":
		d.name, err = j.Value()
	case "state":
		d.state, err = j.Value()
	case "ownership":
		d.known = true
		d.ownership, err = j.Value()
	case "lastStatusReportTime":
		d.known = true
		d.at, err = j.Value()
	case "hardwareInfo":
		d.known = true
		err = j.Object(func(key string) (err error) {
			switch key {
			case "serialNumber":
				d.serial, err = j.Value()
			case "enterpriseSpecificId":
				d.enterpriseID, err = j.Value()
			}
			return err
		})
	case "applicationReports":
		d.known = true
		line := j.Line()
		if err = j.Array(func() error { return d.app(j) }); stream.Misshapen(err) != nil {
			d.list.Skip(line, "applicationReports is no list")
			err = nil
		}
	case "softwareInfo", "appliedState", "appliedPolicyName", "appliedPolicyVersion", "policyName", "managementMode",
		"enrollmentTime", "enrollmentTokenName", "policyCompliant", "memoryInfo", "apiLevel":
		d.known = true
	}
	return err
}

// application is an entry of applicationReports.
type application struct {
	packageName, displayName, versionName, versionCode, state stream.Value
	fingerprints                                              []stream.Value
}

// member takes a member of an entry of applicationReports.
func (a *application) member(j *stream.JSON, key string) (err error) {
	switch key {
	case "packageName":
		a.packageName, err = j.Value()
	case "displayName":
		a.displayName, err = j.Value()
	case "versionName":
		a.versionName, err = j.Value()
	case "versionCode":
		a.versionCode, err = j.Value()
	case "state":
		a.state, err = j.Value()
	case "signingKeyCertFingerprints":
		err = j.Array(func() error {
			sum, err := j.Value()
			a.fingerprints = append(a.fingerprints, sum)
			return err
		})
		if stream.Misshapen(err) != nil {
			a.fingerprints, err = []stream.Value{""}, nil // one that cannot be read
		}
	}
	return err
}

func (d *device) app(j *stream.JSON) error {
	var a application
	line := j.Line()
	err := j.Object(func(key string) error { return a.member(j, key) })
	if shape := stream.Misshapen(err); shape != nil {
		d.list.Skip(line, "an entry of applicationReports is not understood: %s", shape.Reason)
		return nil
	} else if err != nil {
		return err
	}
	switch a.state {
	case "INSTALLED":
		d.list.Add(platform.App{
			Line: line, Identifier: string(a.packageName), Name: string(a.displayName), Version: string(a.versionName),
			VersionCode: d.versionCode(line, &a), Signer: d.signer(line, &a),
		})
	case "REMOVED":
	default:
		d.list.Skip(line, "%s has the state %q, which does not say whether it is installed", a.packageName.Text(), a.state.Text())
	}
	return nil
}

// versionCode is nil where there is none; the API leaves out what is 0.
func (d *device) versionCode(line int, a *application) *int64 {
	text := a.versionCode.Text()
	code, err := strconv.ParseInt(text, 10, 64)
	if err == nil && code != 0 {
		return &code
	}
	if err != nil && text != "" {
		d.list.Note(line, "%s has a version code that is no number: it counts as not known", a.packageName.Text())
	}
	return nil
}

// signer is the first fingerprint. An app with several is signed by all of them, or has changed its
// key; one fingerprint stands for it.
func (d *device) signer(line int, a *application) string {
	if len(a.fingerprints) == 0 {
		return ""
	}
	if len(a.fingerprints) > 1 {
		d.list.Note(line, "%s has %d signing certificates: the first stands for it", a.packageName.Text(), len(a.fingerprints))
	}
	if sum, ok := export.SHA256(string(a.fingerprints[0])); ok && sum != "" {
		return sum
	}
	sum, err := base64.StdEncoding.DecodeString(a.fingerprints[0].Text())
	if err != nil || len(sum) != sha256.Size {
		d.list.Note(line, "the fingerprint of %s's signing certificate is no SHA-256: its signer counts as not known", a.packageName.Text())
		return ""
	}
	return hex.EncodeToString(sum)
}

// end hands on what the API says of the device.
func (d *device) end(sink platform.Sink) error {
	report := &d.list.Report
	for _, id := range []stream.Value{d.serial, d.enterpriseID, d.name} {
		if report.Device = id.Text(); report.Device != "" {
			break
		}
	}
	if at, err := time.Parse(time.RFC3339, d.at.Text()); err == nil {
		report.At = at.UTC()
	}
	switch d.ownership {
	case "COMPANY_OWNED":
		report.Ownership = policy.Corporate
	case "PERSONALLY_OWNED":
		report.Ownership = policy.ManagedPersonal
		managed := true
		for i := range report.Apps {
			report.Apps[i].Managed = &managed
		}
	}
	if d.state == "DELETED" {
		d.list.Skip(report.Line, "the device has been deleted: what is installed on it is not known")
		d.list.SendProblems(sink)
		return nil
	}
	report.NoInventory = len(report.Apps) == 0 && !report.Partial
	return d.list.Send(sink)
}
