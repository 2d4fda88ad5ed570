package sdk

import (
	"cmp"
	"slices"
	"strings"
)

// Grade is how strong evidence is, the strongest first.
type Grade uint8

// The grades.
const (
	ClassDefined    Grade = iota // code of that name is in the app
	ClassReferenced              // code in the app asks for code of that name, and it is not there
	Literal                      // a string of the app names it: the code may be there under other names
	Domain                       // a host of the SDK's is named
	Library                      // a native library or a framework of that name is in the app
	Component                    // the manifest or Info.plist names a part or a setting of it
	grades
)

var gradeNames = [grades]string{"class-defined", "class-referenced", "string", "domain", "library", "component"}

// String is the grade as reports write it: "class-defined", "class-referenced", "string", "domain", "library", "component".
func (g Grade) String() string {
	if g < grades {
		return gradeNames[g]
	}
	return "unknown"
}

// MarshalText writes what String returns.
func (g Grade) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// Evidence is one thing that an SDK was found by.
type Evidence struct {
	Grade Grade `json:"grade"`
	// Where is the place inside the app: "base.apk!classes2.dex".
	Where string `json:"where"`
	// What was there: a class in dotted form, a string (cut where it is long), a host, a library, a component or a setting.
	What string `json:"what"`
}

// Flag is a setting of an SDK that an app has made, and what it means.
type Flag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Means string `json:"means"`
}

// Hit is one SDK that was found.
type Hit struct {
	SDK *SDK
	// Evidence are a few examples of each grade, the strongest grade first.
	Evidence []Evidence
	// Counts says how many sightings there were of each grade, by Grade.
	Counts [grades]int
	// Flags are the opt-out settings that were seen.
	Flags []Flag
}

// Grade is the strongest grade that the SDK was found by.
func (h *Hit) Grade() Grade {
	for g, n := range h.Counts {
		if n > 0 {
			return Grade(g)
		}
	}
	return grades
}

// Bounds of what is kept as examples.
const (
	maxExamples = 3   // of one grade of one SDK
	maxWhat     = 200 // bytes
	maxHost     = 253 // bytes of a host (RFC 1035); of more, the end counts
)

// found is what one collector has seen of one SDK. Examples are those that sort first, so that they do not depend on
// the order in which they are seen. Classes are kept as they stand in code, with slashes.
type found struct {
	counts   [grades]int
	examples [grades][]string
	flags    []Flag
}

// add counts a sighting and keeps it if it is one of the first few.
func (f *found) add(g Grade, what []byte) {
	f.counts[g]++
	kept := f.examples[g]
	what = what[:min(len(what), maxWhat)]
	if len(kept) == maxExamples && string(what) >= kept[maxExamples-1] {
		return
	}
	i, there := slices.BinarySearch(kept, string(what))
	if there {
		return
	}
	kept = slices.Insert(kept, i, string(what))
	f.examples[g] = kept[:min(len(kept), maxExamples)]
}

// Hits puts together what collectors have seen: one hit for each SDK with evidence, by id. The collectors are the
// matcher's own, are no longer in use, and their order makes no difference.
func (m *Matcher) Hits(collectors ...*Collector) []Hit {
	var hits []Hit
	for i := range m.entries {
		if h := m.hit(i, collectors); h != nil {
			hits = append(hits, *h)
		}
	}
	slices.SortStableFunc(hits, func(a, b Hit) int { return cmp.Compare(a.SDK.ID, b.SDK.ID) })
	return hits
}

func (m *Matcher) hit(i int, collectors []*Collector) *Hit {
	e := &m.entries[i]
	h := &Hit{SDK: &e.SDK}
	var evidence [grades][]Evidence
	for _, c := range collectors {
		if c.found == nil || c.found[i] == nil {
			continue
		}
		f := c.found[i]
		for g, n := range f.counts {
			h.Counts[g] += n
			for _, what := range f.examples[g] {
				evidence[g] = append(evidence[g], Evidence{Grade(g), c.where, shown(Grade(g), what)})
			}
		}
		h.Flags = append(h.Flags, f.flags...)
	}
	if h.Counts[ClassDefined] > 0 { // then it is not only referred to
		h.Counts[ClassReferenced], evidence[ClassReferenced] = 0, nil
	}
	if h.Grade() == grades || e.byCodeOnly && h.Counts[ClassDefined]+h.Counts[ClassReferenced]+h.Counts[Literal]+h.Counts[Component] == 0 {
		return nil
	}
	for _, list := range evidence {
		slices.SortFunc(list, func(a, b Evidence) int { return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.What, b.What)) })
		list = slices.Compact(list)
		h.Evidence = append(h.Evidence, list[:min(len(list), maxExamples)]...)
	}
	slices.SortFunc(h.Flags, func(a, b Flag) int {
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value), cmp.Compare(a.Means, b.Means))
	})
	h.Flags = slices.Compact(h.Flags)
	return h
}

// shown is a piece of evidence as people read it.
func shown(g Grade, what string) string {
	if g == ClassDefined || g == ClassReferenced {
		what = strings.ReplaceAll(what, "/", ".")
	}
	return strings.ToValidUTF8(what, "�")
}
