package devices

import (
	"net/http"

	"portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/web/ui"
)

// Names are what people call things and what rules say in words, as these pages say it, for the pages of other
// areas.
type Names struct{ own names }

// Names are the names in the world that answers rest on now.
func (r Rooms) Names() Names { return Names{(&area{r}).names()} }

// Organisation, Product and Supplier are a name, and the id where there is none.
func (n Names) Organisation(id string) string { return n.own.organisation(id) }
func (n Names) Product(id string) string      { return n.own.product(id) }
func (n Names) Supplier(id string) string     { return n.own.supplier(id) }

// Target is what a rule is about, with the way to it.
func (n Names) Target(t policy.Target) ui.Link { return n.own.target(t) }

// Sentence is what a rule says, in one, without its scope and its time.
func (n Names) Sentence(r *policy.Rule) string { return n.own.sentence(r) }

// SentenceOn is what a rule says of what is no product yet, and is called so.
func SentenceOn(what string, r *policy.Rule) string { return sentenceOn(what, r) }

// Rule is a rule in the world that answers rest on; nil where it is not there.
func (n Names) Rule(id string) *policy.Rule { return n.own.view.Rule(id) }

// World is that world. It is not to be changed.
func (n Names) World() *policy.World { return n.own.view.World }

// Offices are those that clear exemptions of the rules that there are.
func (n Names) Offices() []string { return n.own.offices() }

// Period is since when and until when something holds, in words: "since 3 May 2026".
func Period(r *http.Request, p policy.Period) string { return period(r, p) }

// PlatformName is a platform in words, and PlatformOptions are all to choose from, after those given first.
func PlatformName(p policy.Platform) string           { return platformName(p) }
func PlatformOptions(first ...ui.Option) []ui.Option  { return platformOptions(first...) }
func PlatformList(platforms []policy.Platform) string { return platformList(platforms) }

// Stacked are things below each other in a cell.
func Stacked(all []ui.Component) ui.Component { return stacked(all) }

// OfficeName is an office in words, and Mitigations what an exemption must have in place.
func OfficeName(office string) string { return officeName(office) }
func Mitigations(ids []string) string { return mitigations(ids) }

// WhatIfPath shows whom a rule would reach that is not yet made.
func WhatIfPath(r *policy.Rule) string { return "/what-if?" + draftQuery(r) }

// DraftFields ask what a rule that is not yet made says besides what it is about, beginning with what it says now.
// Their names and values are those of an address that DraftQuery makes.
func DraftFields(rule *policy.Rule, scopes []ui.Option) []*ui.Field {
	fields, more := draftFields(rule, scopes)
	return append(fields, more...)
}

// Reached is whom a rule that is not yet made would reach, body by body, and the exemptions that it would touch.
func (n Names) Reached(r *http.Request, found *devices.WhatIf) []ui.Component {
	return []ui.Component{n.own.reachedBars(found), ui.Subheading("Exemptions that it would touch"), n.own.exemptionsTable(r, found.Exemptions, found.Others)}
}

// Organisations are those that somebody may see, to choose from, after those given first.
func (r Rooms) Organisations(request *http.Request, first ...ui.Option) ([]ui.Option, error) {
	return (&area{r}).organisations(request, first...)
}

// Narrowed makes a filter that shows what the address of a page says, and refuses an address that says more.
func Narrowed(r *http.Request, fields ...*ui.Field) (*ui.Filter, error) {
	return narrowed(r, fields...)
}

// Settle lets the next page show what was just decided: it waits until the fleet answers on it, for two seconds at
// most.
func (r Rooms) Settle(request *http.Request) { (&area{r}).settle(request) }

// RecordTable is what was recorded of something, the latest first; what tells what each was.
func (r Rooms) RecordTable(request *http.Request, section register.Section, id string, what func(was, is *policy.World) string) (ui.Component, error) {
	return (&area{r}).recordTable(request, section, id, what)
}

// PathID is an id as paths have it, and IDIn what a request's path has, as PathID wrote it.
func PathID(id string, pages ...string) string { return pathID(id, pages...) }
func IDIn(r *http.Request) string              { return idIn(r) }

// ProductNow and SupplierNow are a product and a company in the world that answers rest on; nil where they are not
// there.
func (n Names) ProductNow(id string) *policy.Product   { return n.own.view.Product(id) }
func (n Names) SupplierNow(id string) *policy.Supplier { return n.own.view.Supplier(id) }

// EndOf is the end of the day that a filter's field names; zero where it names none, or today.
func EndOf(r *http.Request, filter *ui.Filter, name string) (people.Time, error) {
	return endOf(r, filter, name)
}
