package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Differences are how an app differs from an earlier one.
type Differences struct {
	// Before and After are the versions as people read them, and the digests are those of the files.
	Before, After             string
	BeforeSHA256, AfterSHA256 string
	Changes                   []Change // in the order of the constants of About, and of the values
	// Cautions say of which kinds of facts it is not known whether all were found, before or now: what is told of these may
	// have been there before, or be there still.
	Cautions []string
}

// Change is one thing that differs.
type Change struct {
	About     About
	Direction Direction
	// Value is what has come or gone, or is otherwise: a permission, a kind of data, the id of a kit or a criterion.
	Value string
	// Was and Is are how it was and is, where that can be said in a word or two.
	Was, Is string
	// Words say it to people: a sentence without its full stop.
	Words string
}

// About is what a change is about.
type About string

// What changes are about, in the order in which they are told.
const (
	AboutApp        About = "app" // what it calls itself, its form and what it was made for
	AboutSigner     About = "signer"
	AboutCriterion  About = "criterion"
	AboutData       About = "data"
	AboutKit        About = "kit"
	AboutPermission About = "permission"
	AboutTrait      About = "trait"
	AboutDomain     About = "domain"
	AboutCoverage   About = "coverage"
)

// Direction is which way a change goes.
type Direction string

// The directions.
const (
	Came      Direction = "came"
	Went      Direction = "went"
	Otherwise Direction = "otherwise" // it was there, and is there in another way
)

// Compare tells how a report differs from an earlier one of the same app. Where one of the files could not be read that
// alone is told.
func Compare(before, after *Report) *Differences {
	d := &Differences{Before: version(before), After: version(after), BeforeSHA256: before.SHA256, AfterSHA256: after.SHA256, Changes: []Change{}, Cautions: []string{}}
	if before.Error != "" || after.Error != "" {
		d.otherwise(AboutApp, "error", cmp.Or(before.Error, "it was read"), cmp.Or(after.Error, "it was read"), "Whether the file could be read")
		return d
	}
	d.app(before, after)
	d.signer(before, after)
	d.criteria(before, after)
	d.lists(AboutData, each(before.Data, func(x Data) string { return x.Kind }), each(after.Data, func(x Data) string { return x.Kind }),
		func(kind string) string { return cmp.Or(DataKinds[kind], kind) }, "It can reach %s, which it could not before", "It can no longer reach %s")
	d.kits(before, after)
	d.permissions(before, after)
	d.lists(AboutTrait, each(before.Traits, func(x Trait) string { return x.ID }), each(after.Traits, func(x Trait) string { return x.ID }),
		func(id string) string { return cmp.Or(Traits[id], id) }, "This is so now, and was not: %s", "This was so, and is no longer: %s")
	d.lists(AboutDomain, before.Domains, after.Domains, itself, "It names the host %s, which it did not before", "It no longer names the host %s")
	d.coverage(before, after)
	d.cautions(before, after)
	return d
}

// version is a version as people read it.
func version(r *Report) string {
	switch {
	case r.VersionName == "":
		return r.VersionCode
	case r.VersionCode == "" || r.VersionCode == r.VersionName:
		return r.VersionName
	}
	return r.VersionName + " (" + r.VersionCode + ")"
}

func itself(text string) string { return text }

func each[T, U any](all []T, f func(T) U) []U {
	made := make([]U, len(all))
	for i, one := range all {
		made[i] = f(one)
	}
	return made
}

func (d *Differences) add(c Change) { d.Changes = append(d.Changes, c) }

// otherwise tells of something that is always there, where it is another.
func (d *Differences) otherwise(about About, value, was, is, what string) {
	if was != is {
		d.add(Change{about, Otherwise, value, was, is, fmt.Sprintf("%s: %s (before: %s)", what, cmp.Or(is, "not said"), cmp.Or(was, "not said"))})
	}
}

// lists tells what has come to a list and what has gone from it.
func (d *Differences) lists(about About, before, after []string, called func(string) string, came, went string) {
	for _, value := range union(before, after) {
		switch was, is := slices.Contains(before, value), slices.Contains(after, value); {
		case is && !was:
			d.add(Change{About: about, Direction: Came, Value: value, Words: fmt.Sprintf(came, called(value))})
		case was && !is:
			d.add(Change{About: about, Direction: Went, Value: value, Words: fmt.Sprintf(went, called(value))})
		}
	}
}

// union is what stands in one list or the other, in order.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func (d *Differences) app(before, after *Report) {
	level := func(of *string) string {
		if of == nil {
			return ""
		}
		return *of
	}
	d.otherwise(AboutApp, "package", before.Package, after.Package, "It calls itself")
	d.otherwise(AboutApp, "format", string(before.Format), string(after.Format), "The form of the file")
	d.otherwise(AboutApp, "min-sdk", level(before.MinSDK), level(after.MinSDK), "The oldest system that it runs on")
	d.otherwise(AboutApp, "target-sdk", level(before.TargetSDK), level(after.TargetSDK), "The system that it was made for")
}

func (d *Differences) signer(before, after *Report) {
	verdict := func(r *Report) string {
		if why := r.unknown(SigningFact); why != "" {
			return "not known"
		}
		if r.Signing.Verifies {
			return "verifies"
		}
		return "does not verify"
	}
	d.otherwise(AboutSigner, "verdict", verdict(before), verdict(after), "The signature")
	was, is := before.Signing.Certificates, after.Signing.Certificates
	if slices.Equal(was, is) || len(was) == 0 && len(is) == 0 {
		return
	}
	c := Change{AboutSigner, Otherwise, "certificates", strings.Join(was, " "), strings.Join(is, " "), ""}
	switch {
	case len(was) == 0:
		c.Direction, c.Words = Came, "It is signed now, and was not"
	case len(is) == 0:
		c.Direction, c.Words = Went, "It is signed no longer"
	case len(was) == 1 && slices.Contains(after.Signing.Lineage, was[0]):
		c.Words = "It is signed with another key, and the one before vouches for that one"
	default:
		c.Words = "It is signed by somebody else: the signer before does not vouch for this one"
	}
	d.add(c)
}

func (d *Differences) criteria(before, after *Report) {
	by := func(r *Report) map[string]*Criterion {
		all := map[string]*Criterion{}
		for i := range r.Criteria {
			all[r.Criteria[i].ID] = &r.Criteria[i]
		}
		return all
	}
	was, is := by(before), by(after)
	for _, id := range union(sortedKeys(was), sortedKeys(is)) {
		b, a := was[id], is[id]
		switch {
		case b == nil:
			d.add(Change{AboutCriterion, Came, id, "", string(a.Result), fmt.Sprintf("%s: this was not asked before, and is %s", a.Title, ResultWords[a.Result])})
		case a == nil:
			d.add(Change{AboutCriterion, Went, id, string(b.Result), "", fmt.Sprintf("%s: this is asked no longer, and was %s", b.Title, ResultWords[b.Result])})
		case a.Result != b.Result:
			d.add(Change{AboutCriterion, Otherwise, id, string(b.Result), string(a.Result), fmt.Sprintf("%s: %s, and it was %s", a.Title, ResultWords[a.Result], ResultWords[b.Result])})
		}
	}
}

// strongest is the strongest grade of evidence for a kit.
func strongest(s *SDK) string {
	for _, grade := range Grades {
		if s.Count[grade] > 0 || slices.ContainsFunc(s.Evidence, func(e Evidence) bool { return e.Grade == grade }) {
			return grade
		}
	}
	return ""
}

func (d *Differences) kits(before, after *Report) {
	by := func(r *Report) map[string]*SDK {
		all := map[string]*SDK{}
		for i := range r.SDKs {
			all[r.SDKs[i].ID] = &r.SDKs[i]
		}
		return all
	}
	whose := func(s *SDK) string {
		return fmt.Sprintf("%s, of %s (%s)", s.Name, cmp.Or(s.Owner, s.Company, "nobody known"), cmp.Or(s.Country, "country not known"))
	}
	was, is := by(before), by(after)
	for _, id := range union(sortedKeys(was), sortedKeys(is)) {
		b, a := was[id], is[id]
		switch {
		case b == nil:
			d.add(Change{AboutKit, Came, id, "", strongest(a), fmt.Sprintf("%s, is in it now, and was not found before: %s", whose(a), GradeWord(strongest(a)))})
		case a == nil:
			d.add(Change{AboutKit, Went, id, strongest(b), "", fmt.Sprintf("%s, was in it, and is not found any more", whose(b))})
		case strongest(a) != strongest(b):
			d.add(Change{AboutKit, Otherwise, id, strongest(b), strongest(a), fmt.Sprintf("%s, is found in another way: %s, and it was %s", whose(a), GradeWord(strongest(a)), GradeWord(strongest(b)))})
		}
	}
}

// permissions tells of what is asked for, and apart from that of what the system adds.
func (d *Differences) permissions(before, after *Report) {
	state := func(r *Report, permission string) string {
		switch {
		case slices.Contains(r.Permissions.Declared, permission):
			return "declared"
		case slices.Contains(r.Permissions.Implied, permission):
			return "implied"
		}
		return ""
	}
	all := func(r *Report) []string { return slices.Concat(r.Permissions.Declared, r.Permissions.Implied) }
	for _, p := range union(all(before), all(after)) {
		was, is := state(before, p), state(after, p)
		switch {
		case was == is:
		case was == "":
			d.add(Change{AboutPermission, Came, p, was, is, fmt.Sprintf("It asks for %s, which it did not before (%s)", p, is)})
		case is == "":
			d.add(Change{AboutPermission, Went, p, was, is, fmt.Sprintf("It no longer asks for %s", p)})
		default:
			d.add(Change{AboutPermission, Otherwise, p, was, is, fmt.Sprintf("%s is %s now, and was %s", p, is, was)})
		}
	}
}

func (d *Differences) coverage(before, after *Report) {
	paths := func(r *Report) []string {
		return each(r.Coverage.NotAnalysed, func(n NotAnalysed) string { return n.Path })
	}
	d.lists(AboutCoverage, paths(before), paths(after), itself, "%s was not analysed, which the one before did not have, or could be read in it", "%s, which was not analysed before, is analysed, or is there no longer")
}

// cautions tells of which kinds of facts not all are known.
func (d *Differences) cautions(before, after *Report) {
	for _, kind := range union(each(sortedKeys(before.Unknown), func(f Fact) string { return string(f) }), each(sortedKeys(after.Unknown), func(f Fact) string { return string(f) })) {
		if kind == string(MakerFact) {
			continue // which is not of the file
		}
		what := cmp.Or(Facts[Fact(kind)], kind)
		if why := before.Unknown[Fact(kind)]; why != "" {
			d.Cautions = append(d.Cautions, fmt.Sprintf("Not all was known before of this: %s (%s). What is new may have been there", what, why))
		}
		if why := after.Unknown[Fact(kind)]; why != "" {
			d.Cautions = append(d.Cautions, fmt.Sprintf("Not all is known of this: %s (%s). What is gone may be there still", what, why))
		}
	}
}
