package apk

import (
	"slices"

	"portcullis/vetting/apk/axml"
)

// Kinds of components.
const (
	Activity = "activity"
	Alias    = "activity-alias"
	Service  = "service"
	Receiver = "receiver"
	Provider = "provider"
)

// Component is a part of the app that Android can start.
type Component struct {
	Kind    string `json:"kind"`
	Name    string `json:"name"` // of its class, completed
	Target  string `json:"target,omitempty"`
	Enabled bool   `json:"enabled"`
	// Exported tells whether other apps reach it: because it says so, or by Android's default, which
	// is yes for one with an intent filter in an app that targets less than 31, and for a provider in
	// one that targets less than 17.
	Exported        Setting  `json:"exported"`
	Permission      string   `json:"permission,omitempty"` // that others need to reach it
	ReadPermission  string   `json:"read_permission,omitempty"`
	WritePermission string   `json:"write_permission,omitempty"`
	Authorities     []string `json:"authorities,omitempty"`
	Process         string   `json:"process,omitempty"`
	Filters         []Filter `json:"filters,omitempty"`
	// Foreground are the bits of foregroundServiceType, as Android numbers them.
	Foreground string     `json:"foreground,omitempty"`
	MetaData   []MetaData `json:"meta_data,omitempty"`
}

// Filter is an intent filter: what the component answers to.
type Filter struct {
	Actions    []string `json:"actions,omitempty"`
	Categories []string `json:"categories,omitempty"`
	Schemes    []string `json:"schemes,omitempty"`
	Hosts      []string `json:"hosts,omitempty"`
	Paths      []string `json:"paths,omitempty"`
	Types      []string `json:"types,omitempty"`
	Verified   bool     `json:"verified,omitempty"` // autoVerify: Android asks the host whether it agrees
}

// Link tells whether web pages can open the app through the filter.
func (f Filter) Link() bool {
	return slices.Contains(f.Actions, "android.intent.action.VIEW") &&
		slices.Contains(f.Categories, "android.intent.category.BROWSABLE") && len(f.Schemes) > 0
}

func (r *manifestReader) component(e *axml.Element) {
	m := &r.m
	c := Component{
		Kind:    e.Name,
		Name:    m.class(r.literal(e, "name")),
		Enabled: r.truth(e, "enabled", true).On,
		Target:  m.class(r.literal(e, "targetActivity")),
		Process: r.literal(e, "process"),
	}
	c.Permission = r.literal(e, "permission")
	if c.Permission == "" {
		c.Permission = r.permission
	}
	if e.Name == Provider {
		c.Authorities = split(r.text(e, "authorities"))
		c.ReadPermission, c.WritePermission = r.literal(e, "readPermission"), r.literal(e, "writePermission")
	}
	if e.Name == Service {
		c.Foreground = r.text(e, "foregroundServiceType")
	}
	for _, inner := range e.Children {
		switch inner.Name {
		case "intent-filter":
			c.Filters = append(c.Filters, r.filter(inner))
		case "meta-data":
			c.MetaData = append(c.MetaData, r.metaData(inner))
		}
	}
	c.Exported = r.exported(e, len(c.Filters) > 0)
	m.Components = append(m.Components, c)
}

func (r *manifestReader) exported(e *axml.Element, filtered bool) Setting {
	target := r.m.TargetLevel()
	otherwise := filtered && target < 31
	if e.Name == Provider {
		otherwise = target < 17
	}
	s := r.truth(e, "exported", otherwise)
	if filtered && !s.Declared && target >= 31 && e.Name != Provider {
		r.problem("a %s has an intent filter and does not say whether it is exported: Android 12 and later refuse such an app", e.Name)
	}
	return s
}

func (r *manifestReader) filter(e *axml.Element) Filter {
	f := Filter{Verified: r.truth(e, "autoVerify", false).On}
	for _, c := range e.Children {
		switch c.Name {
		case "action":
			f.Actions = append(f.Actions, r.text(c, "name"))
		case "category":
			f.Categories = append(f.Categories, r.text(c, "name"))
		case "data":
			r.data(c, &f)
		}
	}
	return f
}

// data reads what a filter says of addresses. All data of a filter count together: every scheme with
// every host with every path.
func (r *manifestReader) data(e *axml.Element, f *Filter) {
	f.Schemes = addOnce(f.Schemes, r.text(e, "scheme"))
	f.Types = addOnce(f.Types, r.text(e, "mimeType"))
	host := r.text(e, "host")
	if port := r.text(e, "port"); host != "" && port != "" {
		host = cut(host) + ":" + cut(port)
	}
	f.Hosts = addOnce(f.Hosts, host)
	for _, path := range []struct{ name, before, after string }{
		{"path", "", ""}, {"pathPrefix", "", "*"}, {"pathSuffix", "*", ""},
		{"pathPattern", "", ""}, {"pathAdvancedPattern", "", ""},
	} {
		if p := r.text(e, path.name); p != "" {
			f.Paths = addOnce(f.Paths, path.before+cut(p)+path.after)
		}
	}
}

func addOnce(list []string, s string) []string {
	if s == "" || len(list) > 1000 || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
