package devices

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
)

// TriageQuery is what is looked for among what is on a body's devices and not on its list.
type TriageQuery struct {
	Organisation string
	Words        string // of the app's name, maker or identifier; all are wanted
	Maker        string // the key of one
	// Left shows what was left unlisted instead of what is still to be decided.
	Left  bool
	After string // the key that the page before ended with
	Limit int
}

// Triage is a page of what is on a body's devices and not on its list, by installs.
type Triage struct {
	Organisation string
	// Bodies are those whose devices count: the body, and those below it that follow its list.
	Bodies []string
	Apps   []Stray
	Makers []StrayMaker // of all pages, by installs
	Total  int          // on all pages
	Next   string       // what to ask for after this page; empty where it is the last
	// ToDecide and Left are how many apps are to be decided, and have been left unlisted, whatever is looked for.
	ToDecide, Left int
	// Watching is whether the body only watches what is not on its list, for now.
	Watching *policy.Monitor
}

// Stray is an app that is on devices of a body and not on its list.
type Stray struct {
	Product string // empty where it is no product's
	// Found is what it is on devices, where it is no product's.
	Found *register.Found
	Name  string
	// Supplier is the product's; Publisher is who says to have made what is no product's, which proves nothing.
	Supplier, Publisher string
	Platforms           []policy.Platform
	Installs            int
	// Left is who left it unlisted, and why; nil where nobody has.
	Left *register.Unlisted
}

// Key is what a stray is known by in forms and addresses.
func (s *Stray) Key() string {
	switch {
	case s.Product != "":
		return "product " + s.Product
	case s.Found != nil:
		return unknownKey(s.Found.Platform, s.Found.Identifier)
	}
	return ""
}

// maker is the key of who made it.
func (s *Stray) maker() string {
	switch {
	case s.Supplier != "":
		return "supplier " + s.Supplier
	case s.Publisher != "":
		return "publisher " + s.Publisher
	}
	return "unknown"
}

// StrayMaker is all of one maker that is on devices of a body and not on its list.
type StrayMaker struct {
	Key                 string
	Supplier, Publisher string // one of the two, or neither where nobody knows
	Apps, Installs      int
	Unknown             int // of the apps, those that are no product's yet
}

// Triage tells what is on the devices of a body, and of those below that follow its list, and is not on it.
// It needs people.SeeDevices in the organisation.
func (r *Room) Triage(ctx context.Context, actor people.Actor, q TriageQuery) (Triage, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (found Triage, err error) {
		if _, err := r.scope(tx, cmp.Or(q.Organisation, "?")); err != nil {
			return found, err
		}
		all, err := r.strays(tx, q.Organisation)
		if err != nil {
			return found, err
		}
		w := r.Fleet.View().World
		found = Triage{Organisation: q.Organisation, Bodies: following(w, q.Organisation), Watching: watching(w, q.Organisation, tx)}
		var wanted []Stray
		for i := range all {
			s := &all[i]
			if s.Left != nil {
				found.Left++
			} else {
				found.ToDecide++
			}
			if (s.Left != nil) == q.Left && s.has(q.Words) && (q.Maker == "" || q.Maker == s.maker()) {
				wanted = append(wanted, *s)
			}
		}
		found.Total, found.Makers = len(wanted), makersOf(wanted)
		page, more := after(wanted, q.Limit, func(s Stray) bool { return s.Key() == q.After })
		found.Apps = page
		if more {
			found.Next = page[len(page)-1].Key()
		}
		return found, nil
	})
}

// following are an organisation and those below it that its list reaches, in the order of their ids.
func following(w *policy.World, organisation string) (bodies []string) {
	known := make(map[string]*policy.Organisation, len(w.Organisations))
	for i := range w.Organisations {
		known[w.Organisations[i].ID] = &w.Organisations[i]
	}
	for id := range known {
		for at := known[id]; at != nil; at = known[at.Parent] {
			if at.ID == organisation {
				bodies = append(bodies, id)
				break
			}
			if at.OwnList {
				break
			}
		}
	}
	slices.Sort(bodies)
	return bodies
}

func watching(w *policy.World, organisation string, tx *people.Tx) *policy.Monitor {
	i := slices.IndexFunc(w.Organisations, func(o policy.Organisation) bool { return o.ID == organisation })
	if m := w.Organisations[i].Monitor; m != nil && m.Contains(tx.Now().Time()) {
		return m
	}
	return nil
}

// strays are all that is on devices of a body and not on its list, most installs first. What nobody could
// decide about, a product's id that is no product's, is left out.
func (r *Room) strays(tx *people.Tx, organisation string) ([]Stray, error) {
	view := r.Fleet.View()
	unlisted, err := r.Fleet.Index().Unlisted(following(view.World, organisation))
	if err != nil {
		return nil, err
	}
	left, err := register.LeftUnlisted(tx.Tx, organisation)
	if err != nil {
		return nil, err
	}
	b, known := newBook(view.World), map[string]int{}
	var all []Stray
	for _, u := range unlisted {
		s := Stray{Product: u.Product, Supplier: u.Supplier, Platforms: []policy.Platform{u.Platform}, Installs: u.Hosts}
		switch at, again := known[u.Product]; {
		case u.Product != "" && again:
			all[at].Platforms, all[at].Installs = append(all[at].Platforms, u.Platform), all[at].Installs+u.Hosts
			continue
		case u.Product != "":
			known[u.Product] = len(all)
			s.Name = b.called(u.Product)
			if i := slices.IndexFunc(left, func(l register.Unlisted) bool { return l.Product == u.Product }); i >= 0 {
				s.Left = &left[i]
			}
		case u.Given || u.Platform == 0:
			continue
		default:
			named, _ := r.Fleet.Name(u.Name, u.Platform)
			s.Name, s.Publisher = cmp.Or(named.Name, u.Name), named.Publisher
			s.Found = &register.Found{Platform: u.Platform, Identifier: u.Name, Name: named.Name, Publisher: named.Publisher}
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(x, y Stray) int { return cmp.Compare(y.Installs, x.Installs) })
	return all, nil
}

// has tells whether all of some words stand in the name, the maker or the identifier.
func (s *Stray) has(words string) bool {
	text := s.Name + " " + s.Product + " " + s.Supplier + " " + s.Publisher
	if s.Found != nil {
		text += " " + s.Found.Identifier
	}
	text = strings.ToLower(text)
	for word := range strings.FieldsSeq(strings.ToLower(words)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// makersOf brings strays together by who made them, most installs first.
func makersOf(strays []Stray) (makers []StrayMaker) {
	known := map[string]int{}
	for i := range strays {
		s := &strays[i]
		at, is := known[s.maker()]
		if !is {
			at = len(makers)
			known[s.maker()] = at
			makers = append(makers, StrayMaker{Key: s.maker(), Supplier: s.Supplier, Publisher: s.Publisher})
		}
		m := &makers[at]
		m.Apps++
		m.Installs += s.Installs
		if s.Product == "" {
			m.Unknown++
		}
	}
	slices.SortStableFunc(makers, func(a, b StrayMaker) int { return cmp.Compare(b.Installs, a.Installs) })
	return makers
}

// Chosen is what somebody has ticked in a triage, and decides about all of it.
type Chosen struct {
	Organisation string
	Apps         []string // by their keys
	Makers       []string // by theirs: all of what they made, of the list that was looked at
	Left         bool     // it is decided anew about what was left unlisted
	Decision     register.Decision
	Reason       string
}

// Choices are the decisions that somebody's choice comes to, one for each app that is still there, for
// register.Triage to make. Of a maker, what is no product's yet is among them only where products may be made of
// it. Gone is how many of the apps are no longer to be decided.
func (r *Room) Choices(ctx context.Context, actor people.Actor, c Chosen) (choices []register.Choice, gone int, err error) {
	choices, err = people.See(ctx, r.People, actor, func(tx *people.Tx) (choices []register.Choice, err error) {
		if _, err := r.scope(tx, cmp.Or(c.Organisation, "?")); err != nil {
			return nil, err
		}
		all, err := r.strays(tx, c.Organisation)
		if err != nil {
			return nil, err
		}
		links, err := tx.May(people.LinkIdentifiers, people.Everywhere)
		if err != nil {
			return nil, err
		}
		apps, makers := set(c.Apps), set(c.Makers)
		gone = len(apps)
		for i := range all {
			s := &all[i]
			if (s.Left != nil) != c.Left {
				continue
			}
			if apps[s.Key()] {
				gone--
			} else if !makers[s.maker()] || s.Product == "" && !links {
				continue
			}
			choices = append(choices, register.Choice{Product: s.Product, Found: s.Found, Decision: c.Decision, Reason: c.Reason})
		}
		if len(choices) == 0 {
			return nil, fault.In("apps", "Tick at least one app that is still to be decided")
		}
		return choices, nil
	})
	return choices, gone, err
}

func set(texts []string) map[string]bool {
	is := make(map[string]bool, len(texts))
	for _, t := range texts {
		is[t] = true
	}
	return is
}
