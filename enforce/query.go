package enforce

import (
	"slices"
	"strings"

	"portcullis/internal/fault"
	"portcullis/platform"
	"portcullis/policy"
)

// Query asks for an artefact.
type Query struct {
	// Form is the name of one of Forms.
	Form string
	// Organisation may be left out where a Host is named: it is then that device's.
	Organisation, Host string
	// Platform may be left out: Form.Platform says which is meant.
	Platform policy.Platform
	// Audit asks for what denies nothing and notes what the list denies, of a form that has such.
	Audit bool
}

// Artefact makes the artefact that a query asks for; host is the device that it names, or nil. What cannot be
// is a fault.
func (l *Lists) Artefact(q Query, host *policy.Host) (*Artefact, error) {
	form, list, err := l.answer(&q, host)
	if err != nil {
		return nil, err
	}
	return form.Make(list)
}

// answer finds the form and the list that a query asks for, and fills in what it leaves out.
func (l *Lists) answer(q *Query, host *policy.Host) (*Form, *platform.List, error) {
	form, list, err := l.enforced(q, host)
	if err != nil || !q.Audit {
		return form, list, err
	}
	if !form.Audits {
		return nil, nil, fault.In("audit", "The form %s has no audit, in which nothing is denied: applocker alone has one", form.Name)
	}
	tried := *list
	tried.Audit = true
	return form, &tried, nil
}

// enforced is answer but for what is to be tried alone.
func (l *Lists) enforced(q *Query, host *policy.Host) (*Form, *platform.List, error) {
	form := Named(q.Form)
	if form == nil {
		return nil, nil, fault.In("form", "There is no form %q: the forms are %s", q.Form, strings.Join(Names(), ", "))
	}
	device := policy.Platform(0)
	if host != nil {
		if len(form.Platforms) == 0 {
			return nil, nil, fault.In("host", "The form %s is for all of a body's network: leave the device out", form.Name)
		}
		if q.Organisation != "" && q.Organisation != host.Organisation {
			return nil, nil, fault.In("organisation", "The device is in %s: leave the organisation out, or name that one", host.Organisation)
		}
		q.Organisation, device = host.Organisation, host.Platform
	}
	if q.Platform == 0 {
		q.Platform = form.Platform(device)
	} else if !slices.Contains(form.Platforms, q.Platform) {
		return nil, nil, fault.In("platform", "The form %s is not for %s", form.Name, q.Platform)
	}
	if !l.has(q.Organisation) {
		return nil, nil, noOrganisation(q.Organisation)
	}
	if host == nil {
		list, err := l.Of(q.Organisation, q.Platform)
		return form, list, err
	}
	if err := none(host); err != nil {
		return nil, nil, err
	}
	if device != 0 && !slices.Contains(form.on(host), q.Platform) {
		return nil, nil, fault.In("host", "%s is a device with %s: the form %s for %s is nothing that it takes", host.ID, device, form.Name, q.Platform)
	}
	list, err := l.For(host, q.Platform)
	return form, list, err
}

// none returns the fault that says why a host has no list; nil where it has.
func none(host *policy.Host) error {
	switch {
	case host.Kind != policy.Device:
		return fault.In("host", "%s is not a device: it has no list of apps", host.ID)
	case host.Ownership == policy.Personal:
		return fault.New(fault.Conflict, "%s is a personal device: nothing is enforced on it, and its holder is advised", host.ID)
	case !reaches(host.Ownership, host.Platform):
		return fault.New(fault.Conflict, "%s is somebody's own, and a list would hold for all of it, not for its managed part alone: it has none", host.ID)
	}
	return nil
}

func noOrganisation(id string) error {
	return fault.New(fault.NotFound, "There is no organisation %s", id)
}
