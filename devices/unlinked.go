package devices

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"portcullis/devices/index"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/platform"
	"portcullis/policy"
)

// UnlinkedQuery is what is looked for among the identifiers that are no product's.
type UnlinkedQuery struct {
	Words        string          // of the name, the publisher or the identifier; all are wanted
	Platform     policy.Platform // 0 for all
	Organisation string          // on whose devices they are, with all below; empty for all that the actor may see
	After        string          // the key that the page before ended with
	Limit        int
}

// Unlinked is a page of the identifiers that are no product's, those on most hosts first.
type Unlinked struct {
	Found []Unknown
	Total int
	Next  string // what to ask for after this page; empty where it is the last
}

// Unknown is an identifier that is no product's on its platform.
type Unknown struct {
	index.Unlinked
	Named  // as tools call it; empty where none has said
	Bodies []index.OrganisationHosts
	// Suggestions are the likeliest products, the likeliest first. Nothing is linked by them.
	Suggestions []platform.Suggestion
}

// Key is what the identifier is known by in an address.
func (u *Unknown) Key() string { return unknownKey(u.Unlinked.Platform, u.Unlinked.Name) }

func unknownKey(p policy.Platform, identifier string) string { return p.String() + " " + identifier }

// Unlinked returns the identifiers on hosts that are no product's, for somebody to say which. It needs
// people.SeeDevices; what is on hosts of organisations where the actor does not have it is not there.
func (r *Room) Unlinked(ctx context.Context, actor people.Actor, q UnlinkedQuery) (Unlinked, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (found Unlinked, err error) {
		scope, err := r.scope(tx, q.Organisation)
		if err != nil {
			return found, err
		}
		all, err := r.unknown(scope, func(u *Unknown) bool {
			return (q.Platform == 0 || q.Platform == u.Unlinked.Platform) && u.has(q.Words)
		})
		if err != nil {
			return found, err
		}
		found.Total = len(all)
		page, more := after(all, q.Limit, func(u Unknown) bool { return u.Key() == q.After })
		if more {
			found.Next = page[len(page)-1].Key()
		}
		found.Found = r.suggest(scope, slices.Clone(page))
		return found, nil
	})
}

// UnlinkedOne returns one of them. What has been linked meanwhile is no longer there.
func (r *Room) UnlinkedOne(ctx context.Context, actor people.Actor, p policy.Platform, identifier string) (Unknown, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (none Unknown, err error) {
		scope, err := r.scope(tx, "")
		if err != nil {
			return none, err
		}
		found, err := r.unknown(scope, func(u *Unknown) bool { return u.Unlinked.Platform == p && u.Unlinked.Name == identifier })
		if err != nil {
			return none, err
		}
		if len(found) == 0 {
			return none, fault.New(fault.NotFound, "%q is not among the identifiers that no product has: it has been linked meanwhile, or is no longer on any device", identifier)
		}
		return r.suggest(scope, found[:1])[0], nil
	})
}

// unknown are the identifiers wanted. What was given as a product that is not there is left out: there is
// nothing to link in it.
func (r *Room) unknown(scope []string, wanted func(*Unknown) bool) (found []Unknown, err error) {
	all, err := r.Fleet.Index().Unlinked(scope)
	for _, u := range all {
		if u.Product || u.Platform == 0 {
			continue
		}
		one := Unknown{Unlinked: u}
		one.Named, _ = r.Fleet.Name(u.Name, u.Platform)
		if wanted(&one) {
			found = append(found, one)
		}
	}
	return found, err
}

// has tells whether all of some words stand in the name, the publisher or the identifier.
func (u *Unknown) has(words string) bool {
	text := strings.ToLower(u.Named.Name + " " + u.Named.Publisher + " " + u.Unlinked.Name)
	for word := range strings.FieldsSeq(strings.ToLower(words)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// suggest adds to identifiers where they are and which products they may be: what has the same identifier on
// another platform, and what is called alike.
func (r *Room) suggest(scope []string, page []Unknown) []Unknown {
	view := r.Fleet.View()
	s := view.suggester()
	for i := range page {
		u := &page[i]
		u.Bodies = r.Fleet.Index().Bodies(u.Unlinked.Name, u.Unlinked.Platform, scope)
		for _, id := range u.Candidates {
			u.Suggestions = append(u.Suggestions, platform.Suggestion{Product: id, Confidence: 1, Why: "it has this identifier on another platform"})
		}
		for _, more := range s.For(u.Named.Name, u.Publisher) {
			if !slices.Contains(u.Candidates, more.Product) && !beaten(u.Suggestions, more) {
				u.Suggestions = append(u.Suggestions, more)
			}
		}
	}
	return page
}

// beaten tells whether one of the suggestions is as good as sure, and another far less.
func beaten(suggestions []platform.Suggestion, other platform.Suggestion) bool {
	const sure, far = 0.9, 0.2
	return len(suggestions) > 0 && suggestions[0].Confidence >= sure && other.Confidence < suggestions[0].Confidence-far
}

// ProductName is what a product is called, for who is to link something to it; a fault of the field product
// where there is none of that id.
func (r *Room) ProductName(id string) (string, error) {
	p := r.Fleet.View().Product(id)
	if p == nil {
		return "", fault.In("product", "There is no product %s", id)
	}
	return cmp.Or(p.Name, p.ID), nil
}
