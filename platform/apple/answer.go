package apple

import (
	"fmt"
	"strings"

	"portcullis/platform"
	"portcullis/platform/stream"
	"portcullis/policy"
)

// answer is a device's response to one command.
type answer struct {
	list stream.List

	udid, enrollment, status string
	errors                   []string // of ErrorChain
	installed, managed       bool     // which of the lists it has
	broken                   string   // what is wrong with its list
	unknown                  []string // keys that a response does not have
}

// state is what a managed app's Status tells.
type state uint8

const (
	unclear   state = iota // whether it is installed is not said
	absent                 // not installed
	present                // installed and managed
	unmanaged              // installed, not by the manager
)

// states are the values of Status in a ManagedApplicationList, as Apple documents them. An app that
// is being installed or has failed may be there in an older version.
var states = map[string]state{
	"Managed":                 present,
	"PromptingForUpdate":      present,
	"PromptingForUpdateLogin": present,
	"ValidatingUpdate":        present,
	"Updating":                present,
	"UpdateRejected":          present,
	"UserInstalledApp":        unmanaged,
	"PromptingForManagement":  unmanaged,
	"ManagementRejected":      unmanaged,
	"ManagedButUninstalled":   absent,
	"NeedsRedemption":         absent,
	"Redeeming":               absent,
	"Queued":                  absent,
	"Prompting":               absent,
	"PromptingForLogin":       absent,
	"ValidatingPurchase":      absent,
	"UserRejected":            absent,
	"Installing":              unclear,
	"Failed":                  unclear,
	"Unknown":                 unclear,
}

// addManaged adds an app of a ManagedApplicationList.
func (a *answer) addManaged(line int, identifier, status string) {
	yes, no := true, false
	switch states[status] {
	case present:
		a.list.Add(platform.App{Line: line, Identifier: identifier, Managed: &yes})
	case unmanaged:
		a.list.Add(platform.App{Line: line, Identifier: identifier, Managed: &no})
	case unclear:
		a.list.Skip(line, "%s has the status %q, which does not say whether it is installed", stream.Clean(identifier), status)
	}
}

// addError adds an entry of ErrorChain.
func (a *answer) addError(domain, code, description string) {
	text := strings.TrimSpace(domain + " " + code)
	if description != "" {
		text += ": " + description
	}
	a.errors = append(a.errors, text)
}

// end hands on what the answer says. Where that is nothing of apps, told is false.
func (a *answer) end(sink platform.Sink) (told bool, err error) {
	report := &a.list.Report
	report.Device = a.udid
	if a.udid == "" && a.enrollment != "" {
		report.Device, report.Ownership = a.enrollment, policy.ManagedPersonal
	}
	switch a.status {
	case "", "Acknowledged":
		if a.broken != "" {
			sink.Problem(platform.Problem{Device: stream.Clean(report.Device), Line: report.Line, Reason: a.broken})
			return true, nil
		}
		if !a.installed && !a.managed {
			return false, nil
		}
		report.Partial = report.Partial || a.managed
		return true, a.list.Send(sink)
	case "Idle":
		return false, nil
	}
	reason := fmt.Sprintf("the device answered %s: what is installed on it is not known", a.status)
	if a.status == "NotNow" {
		reason += "; it asks to be asked again later"
	}
	if len(a.errors) > 0 {
		reason += " (" + strings.Join(a.errors, "; ") + ")"
	}
	sink.Problem(platform.Problem{Device: stream.Clean(report.Device), Line: report.Line, Reason: reason})
	return true, nil
}

// refusal says what a property list is that is no answer; "" where it may be one.
func (a *answer) refusal() string {
	if a.status != "" || a.installed || a.managed || a.broken != "" {
		return ""
	}
	for _, key := range a.unknown {
		switch key {
		case "PayloadType", "PayloadContent":
			return "this is a configuration profile"
		case "RequestType", "Command":
			return "this is a command to a device"
		case "_items", "_dataType":
			return "this is what system_profiler prints as XML; make it with -json"
		}
	}
	if len(a.unknown) == 0 {
		return "this is an empty property list"
	}
	return "this is a property list with " + stream.Some(a.unknown)
}

// wanted ends the sentence that says what an input is instead.
const wanted = ", not a device's answer to InstalledApplicationList or ManagedApplicationList"
