package criteria

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"portcullis/vetting/report"
	"portcullis/vetting/sdk"
)

// Known are facts from elsewhere than the file: who makes an app is for the register to say. A kind that is there is
// known whole, unless the report has it among what is not known.
type Known map[report.Fact][]report.Found

// mostEvidence is how much evidence a criterion lists.
const mostEvidence = 8

// Evaluate returns how an app stands to each criterion that is asked of its format, in the set's order.
func (s *Set) Evaluate(r *report.Report, known Known) []report.Criterion {
	all := []report.Criterion{}
	for i := range s.All {
		c := &s.All[i]
		if len(c.Formats) == 0 || slices.Contains(c.Formats, r.Format) {
			all = append(all, c.evaluate(r, known))
		}
	}
	return all
}

func (c *Criterion) evaluate(r *report.Report, known Known) report.Criterion {
	found, _ := r.Of(c.Fact)
	why := r.Lacks(c.Fact, slices.Concat(c.None, c.Any))
	if k, is := known[c.Fact]; is {
		found, why = k, r.Unknown[c.Fact]
	}
	stands := report.Criterion{ID: c.ID, Title: c.Title, Standard: c.Standard, Evidence: []report.Evidence{}}
	switch {
	case c.Least != 0:
		c.least(&stands, found, why)
		if c.Fact == report.AnalysedFact && stands.Result == report.NotMet && r.Unknown[report.SDKFact] != "" {
			stands.Why = "code may lie in what was not analysed"
		}
	case len(c.Any) > 0:
		c.sought(&stands, found, c.Any, why, report.Met, report.NotMet)
	default:
		c.sought(&stands, found, c.None, why, report.NotMet, report.Met)
	}
	if apple := r.Format == report.IPA || r.Format == report.Mac; apple && why == "" && len(stands.Evidence) == 0 && slices.Contains(ofKits, c.Fact) {
		stands.Why = strings.TrimPrefix(stands.Why+"; "+notOnApple(), "; ")
	}
	return stands
}

// ofKits are the facts that rest on the table of kits.
var ofKits = []report.Fact{report.SDKFact, report.OwnerFact, report.CountryFact}

// notOnApple is how much of the table of kits cannot be found in apps for Apple's systems: of some kits it knows signs of Android's apps alone.
var notOnApple = sync.OnceValue(func() string {
	kits, hosts, nothing := sdk.Facts().SDKs, 0, 0
	for i := range kits {
		switch code, host := kits[i].Apple(); {
		case code:
		case host:
			hosts++
		default:
			nothing++
		}
	}
	return fmt.Sprintf("of the table's %d kits %d cannot be told in apps for Apple's systems, and %d by their hosts alone", len(kits), nothing, hosts)
})

// sought is decided by whether some values were found.
func (c *Criterion) sought(stands *report.Criterion, found []report.Found, values []string, why string, there, otherwise report.Result) {
	strong, weak := c.matching(found, values)
	switch {
	case len(strong) > 0:
		stands.Result, stands.Evidence = there, strong
	case len(weak) > 0:
		stands.Result, stands.Evidence, stands.Why = report.Unknown, weak, "there are signs of it, and no more: somebody must look"
	case why != "":
		stands.Result, stands.Why = report.Unknown, why
	default:
		stands.Result = otherwise
	}
	if stands.Result == report.NotMet && len(strong) == 0 {
		stands.Why = "none was found of: " + strings.Join(values, ", ")
	}
}

// least is decided by the lowest value where there are several.
func (c *Criterion) least(stands *report.Criterion, found []report.Found, why string) {
	stands.Result, stands.Why = report.Unknown, why
	if len(found) == 0 && why == "" {
		stands.Why = "the app does not say"
	}
	for i, f := range found {
		stands.Evidence = append(stands.Evidence, f.Evidence)
		major, _, _ := strings.Cut(f.Value, ".") // on Apple's systems levels are versions
		n, err := strconv.Atoi(major)
		switch {
		case err != nil:
			stands.Result, stands.Why = report.Unknown, fmt.Sprintf("%q is no number", f.Value)
			return
		case n < c.Least:
			stands.Result, stands.Why = report.NotMet, fmt.Sprintf("%s, and %d is asked for", f.Value, c.Least)
			return
		case i == 0 && why == "":
			stands.Result = report.Met
		}
	}
}

// matching is the evidence for some values, a little of it: what is as strong as is asked for, and what is weaker.
func (c *Criterion) matching(found []report.Found, values []string) (strong, weak []report.Evidence) {
	for _, f := range found {
		if !slices.ContainsFunc(values, func(v string) bool {
			return v == f.Value || v == "*" || c.Fact == report.DomainFact && strings.HasSuffix(f.Value, "."+v)
		}) {
			continue
		}
		into := &strong
		if c.Weakest != "" && slices.Index(report.Grades, f.Evidence.Grade) > slices.Index(report.Grades, c.Weakest) {
			into = &weak
		}
		if len(*into) < mostEvidence && !slices.Contains(*into, f.Evidence) {
			*into = append(*into, f.Evidence)
		}
	}
	return strong, weak
}
