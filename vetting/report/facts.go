package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Found is one value of a kind of facts, with where it was found.
type Found struct {
	Value    string
	Evidence Evidence
}

// Of returns what a report holds of a kind of facts, and why it is not known whether that is all; empty where it is.
func (r *Report) Of(kind Fact) (found []Found, why string) {
	add := func(value string, evidence ...Evidence) {
		for _, e := range evidence {
			found = append(found, Found{value, e})
		}
	}
	manifest := func(what string) Evidence { return Evidence{GradeDeclared, "manifest", what} }
	switch kind {
	case DataFact:
		for _, d := range r.Data {
			add(d.Kind, d.Evidence...)
		}
	case PermissionFact:
		for _, p := range slices.Concat(r.Permissions.Declared, r.Permissions.Implied, r.Permissions.Widened) {
			add(p, manifest(p))
		}
	case TraitFact, CodeFact:
		for _, t := range r.Traits {
			if slices.Contains(OfCode, t.ID) == (kind == CodeFact) {
				add(t.ID, t.Evidence...)
			}
		}
	case SDKFact, OwnerFact, CountryFact:
		for _, s := range r.SDKs {
			if value := map[Fact]string{SDKFact: s.ID, OwnerFact: s.Owner, CountryFact: s.Country}[kind]; value != "" {
				add(value, s.Evidence...)
			}
		}
	case DomainFact:
		for _, d := range r.Domains {
			add(d, Evidence{GradeDomain, r.File, d})
		}
	case SigningFact:
		if r.Signing.Verifies {
			add("verifies", Evidence{GradeSigned, r.File, "the signature verifies"})
		}
		for _, s := range r.Signing.Schemes {
			add(s, Evidence{GradeSigned, r.File, s})
		}
	case TargetFact:
		if r.TargetSDK != nil {
			add(*r.TargetSDK, manifest("made for "+*r.TargetSDK))
		}
	case AnalysedFact:
		c := &r.Coverage
		if r.Error != "" {
			break
		}
		share := int64(0)
		if c.BytesTotal > 0 && r.Unknown[SDKFact] == "" {
			share = 100 * c.BytesRead / c.BytesTotal
		}
		add(strconv.FormatInt(share, 10), Evidence{GradeSeen, r.File, fmt.Sprintf("%d of %d files and %d of %d bytes were analysed", c.FilesRead, c.FilesTotal, c.BytesRead, c.BytesTotal)})
	}
	return found, r.unknown(kind)
}

// Lacks is why it is not known whether a report has all of some values of a kind of facts; empty where it is.
func (r *Report) Lacks(kind Fact, values []string) string {
	why := r.unknown(kind)
	apple := r.Format == IPA || r.Format == Mac
	if apple && why == "" && !slices.ContainsFunc(values, func(v string) bool { return !slices.Contains(ofAndroid, v) }) && len(values) > 0 {
		why = "this is looked for in Android's apps alone"
	}
	return why
}

// unknown is why it is not known whether a report has all of a kind of facts.
func (r *Report) unknown(kind Fact) string {
	switch {
	case r.Error != "":
		return r.Error
	case r.Unknown[kind] != "":
		return r.Unknown[kind]
	case kind == CountryFact || kind == OwnerFact:
		why := r.unknown(SDKFact)
		var without []string
		for _, s := range r.SDKs {
			if kind == CountryFact && s.Country == "" || kind == OwnerFact && s.Owner == "" {
				without = append(without, s.Name)
			}
		}
		if why == "" && len(without) > 0 {
			why = "it is not known whose these are: " + strings.Join(without, ", ")
		}
		return why
	case kind == CodeFact:
		return r.unknown(SDKFact)
	case kind == MakerFact:
		return "who makes the app is for the register to say"
	}
	return ""
}

// unsaid is why kinds of facts are not known whole, in people's words: each reason once, those aside that the files that
// were not analysed give.
func (r *Report) unsaid() (all []string) {
	said := map[string][]string{}
	var order []string
	for _, kind := range sortedKeys(r.Unknown) {
		why := r.Unknown[kind]
		if strings.HasPrefix(why, notAnalysed) && len(r.Coverage.NotAnalysed) > 0 {
			continue
		}
		if said[why] == nil {
			order = append(order, why)
		}
		said[why] = append(said[why], factWords[kind])
	}
	for _, why := range order {
		all = append(all, capital(strings.Join(said[why], ", ")+": "+why))
	}
	return all
}

// notAnalysed begins why something is not known where files were not analysed.
const notAnalysed = "not analysed: "

// factWords are the kinds of facts as people call them.
var factWords = map[Fact]string{
	DataFact: "what of people's it can reach", PermissionFact: "its permissions", TraitFact: "its properties", CodeFact: "properties of its code",
	SDKFact: "other makers' code", OwnerFact: "whose that is", CountryFact: "where that is from", DomainFact: "hosts named in it", SigningFact: "its signature",
	MakerFact: "where its maker is", TargetFact: "the system it was made for", AnalysedFact: "how much was analysed",
}
