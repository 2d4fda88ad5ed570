package report

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
)

// Settle has all lists be there, and puts those that have no order of their own into one. Whoever makes a report calls
// it before anybody reads it.
func (r *Report) Settle() {
	for _, list := range []*[]string{&r.Permissions.Declared, &r.Permissions.Implied, &r.Permissions.Widened, &r.Signing.Schemes, &r.Domains} {
		slices.Sort(*list)
		*list = there(slices.Compact(*list))
	}
	r.Signing.Certificates, r.Signing.Subjects, r.Signing.Problems = there(r.Signing.Certificates), there(r.Signing.Subjects), there(r.Signing.Problems)
	slices.SortStableFunc(r.Data, func(a, b Data) int { return strings.Compare(a.Kind, b.Kind) })
	slices.SortStableFunc(r.Traits, func(a, b Trait) int { return strings.Compare(a.ID, b.ID) })
	slices.SortStableFunc(r.SDKs, func(a, b SDK) int { return strings.Compare(a.ID, b.ID) })
	slices.SortStableFunc(r.Components, func(a, b Component) int { return strings.Compare(a.Kind+" "+a.Name, b.Kind+" "+b.Name) })
	slices.SortStableFunc(r.Libraries, func(a, b Library) int { return strings.Compare(a.Where, b.Where) })
	slices.SortStableFunc(r.Nested, func(a, b Nested) int { return strings.Compare(a.Where, b.Where) })
	slices.SortStableFunc(r.Problems, func(a, b Problem) int { return strings.Compare(a.Where, b.Where) })
	slices.SortStableFunc(r.Coverage.NotAnalysed, func(a, b NotAnalysed) int { return strings.Compare(a.Path, b.Path) })
	r.Data, r.Traits, r.SDKs, r.Components = there(r.Data), there(r.Traits), there(r.SDKs), there(r.Components)
	r.Libraries, r.Nested, r.Problems, r.Coverage.NotAnalysed = there(r.Libraries), there(r.Nested), there(r.Problems), there(r.Coverage.NotAnalysed)
	r.Criteria = there(r.Criteria)
	for i := range r.Data {
		r.Data[i].Evidence = there(r.Data[i].Evidence)
	}
	for i := range r.Traits {
		r.Traits[i].Evidence = there(r.Traits[i].Evidence)
	}
	for i := range r.SDKs {
		r.SDKs[i].Evidence = there(r.SDKs[i].Evidence)
	}
	for i := range r.Criteria {
		r.Criteria[i].Evidence = there(r.Criteria[i].Evidence)
	}
	for i := range r.Libraries {
		r.Libraries[i].Needs = there(r.Libraries[i].Needs)
	}
	if r.Tables == nil {
		r.Tables = map[string]string{}
	}
}

// there is a list that is there: nil is written as null.
func there[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// WriteJSON writes a report as one line of JSON.
func WriteJSON(w io.Writer, r *Report) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// ReadJSON reads what WriteJSON wrote.
func ReadJSON(text []byte) (*Report, error) {
	r := &Report{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, err
	}
	r.Settle()
	return r, nil
}
