package api

import (
	"context"
	"errors"
	"math"
	"regexp"
	"slices"
	"time"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/register"
)

// Triage is a page of what is on a body's devices and not on its list.
type Triage struct {
	Bodies   []string    `json:"bodies" doc:"Whose devices count: the body, and those below it that follow its list"`
	ToDecide int         `json:"toDecide" doc:"How many apps are still to be decided, whatever is looked for"`
	Left     int         `json:"left" doc:"How many were left unlisted"`
	Watched  time.Time   `json:"watched,omitzero" doc:"Until when the body only watches what is not on its list"`
	Items    []TriageApp `json:"items" doc:"What is on this page, most installs first"`
	Next     string      `json:"next,omitempty" doc:"Where there are more: give it as after"`
}

// TriageApp is an app that is on devices of a body and not on its list.
type TriageApp struct {
	Key        string      `json:"key" example:"product parrot" doc:"Name it so to decide about it"`
	Product    string      `json:"product,omitempty" doc:"Left out where it is no known product's"`
	Identifier string      `json:"identifier,omitempty" doc:"Of what is no known product's"`
	Name       string      `json:"name"`
	Supplier   string      `json:"supplier,omitempty" doc:"Of a known product"`
	Publisher  string      `json:"publisher,omitempty" doc:"Who says to have made what is no known product's, which proves nothing"`
	Platforms  []string    `json:"platforms"`
	Installs   int         `json:"installs"`
	Left       *LeftAsItIs `json:"left,omitempty" doc:"Who left it unlisted, and why"`
}

// LeftAsItIs is that an app was left unlisted.
type LeftAsItIs struct {
	By     string    `json:"by" doc:"As the ledger names them"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

type triageList struct {
	Link string `header:"Link" doc:"The address of the next page, rel=\"next\" (RFC 8288)"`
	Body Triage
}

// TriageOf is of which apps a triage is.
type TriageOf struct {
	ID
	Paging
	Q    string `query:"q" maxLength:"200" doc:"Words of the app's name, maker or identifier"`
	Left bool   `query:"left" doc:"What was left unlisted, and not what is still to be decided"`
}

type triageQuery struct {
	TriageOf
	Maker string `query:"maker" maxLength:"400" doc:"Only of this maker, by its key"`
}

// triage is all of what is asked for: where its pages begin is found here, for the room begins anew where what a page
// ended with has been decided meanwhile.
func (a *api) triage(ctx context.Context, in *TriageOf, maker string) (devices.Triage, error) {
	q := devices.TriageQuery{Organisation: in.ID.ID, Words: in.Q, Maker: maker, Left: in.Left, Limit: math.MaxInt}
	return a.Devices.Triage(ctx, actorOf(ctx), q)
}

// behind are the items behind the one with the key; all, without a key.
func behind[T any](all []T, key string, keyOf func(*T) string, limit int) ([]T, error) {
	if key != "" {
		at := slices.IndexFunc(all, func(item T) bool { return keyOf(&item) == key })
		if at < 0 {
			return nil, fault.In("after", "What the page before ended with has been decided meanwhile: begin again without it")
		}
		all = all[at+1:]
	}
	return all[:min(limit, len(all))], nil
}

func (a *api) listTriage(ctx context.Context, in *triageQuery) (*triageList, error) {
	var found devices.Triage
	l, err := paged(in.Paging, "/organisations/"+segment(in.ID.ID)+"/triage", given("q", in.Q, "left", said(in.Left), "maker", in.Maker), func(after cursor, limit int) (_ []devices.Stray, err error) {
		if found, err = a.triage(ctx, &in.TriageOf, in.Maker); err != nil {
			return nil, err
		}
		return behind(found.Apps, after.ID, (*devices.Stray).Key, limit)
	}, func(s devices.Stray) cursor { return cursor{ID: s.Key()} }, showStray)
	if err != nil {
		return nil, err
	}
	shown := Triage{Bodies: listed(found.Bodies), ToDecide: found.ToDecide, Left: found.Left, Items: l.Body.Items, Next: l.Body.Next}
	if found.Watching != nil {
		shown.Watched = found.Watching.Until
	}
	return &triageList{l.Link, shown}, nil
}

func showStray(s devices.Stray) TriageApp {
	shown := TriageApp{Key: s.Key(), Product: s.Product, Name: s.Name, Supplier: s.Supplier, Publisher: s.Publisher, Platforms: []string{}, Installs: s.Installs}
	if s.Found != nil {
		shown.Identifier = s.Found.Identifier
	}
	for _, p := range s.Platforms {
		shown.Platforms = append(shown.Platforms, p.String())
	}
	if s.Left != nil {
		shown.Left = &LeftAsItIs{s.Left.By, s.Left.At.Time(), s.Left.Reason}
	}
	return shown
}

// TriageMaker is all of one maker that is on devices of a body and not on its list.
type TriageMaker struct {
	Key       string `json:"key" example:"supplier parrot-inc" doc:"Name it so to decide about all that they made"`
	Supplier  string `json:"supplier,omitempty" doc:"Or else publisher; neither, where nobody is known"`
	Publisher string `json:"publisher,omitempty" doc:"By its own word, which proves nothing"`
	Apps      int    `json:"apps"`
	Unknown   int    `json:"unknown" doc:"How many of the apps are no known product's yet"`
	Installs  int    `json:"installs"`
}

func (a *api) listTriageMakers(ctx context.Context, in *TriageOf) (*list[TriageMaker], error) {
	return paged(in.Paging, "/organisations/"+segment(in.ID.ID)+"/triage/makers", given("q", in.Q, "left", said(in.Left)), func(after cursor, limit int) ([]devices.StrayMaker, error) {
		found, err := a.triage(ctx, in, "")
		if err != nil {
			return nil, err
		}
		return behind(found.Makers, after.ID, func(m *devices.StrayMaker) string { return m.Key }, limit)
	}, func(m devices.StrayMaker) cursor { return cursor{ID: m.Key} }, func(m devices.StrayMaker) TriageMaker {
		return TriageMaker{m.Key, m.Supplier, m.Publisher, m.Apps, m.Unknown, m.Installs}
	})
}

type triageDecision struct {
	ID
	Body struct {
		Apps     []string  `json:"apps,omitempty" doc:"By their keys"`
		Makers   []string  `json:"makers,omitempty" doc:"By their keys: all that they made and that is on the devices, of what is still to be decided. What is no known product's is among it only where you may say which product it is"`
		Left     bool      `json:"left,omitempty" doc:"It is decided anew about what was left unlisted"`
		Decision string    `json:"decision" enum:"allow,allow-until,leave-unlisted" doc:"About all of it. leave-unlisted: it stays in breach where the list is enforced, and is not asked about again"`
		Until    time.Time `json:"until,omitzero" doc:"Of allow-until: when it is to be looked at again. From then on it is off the list; the midnight in 90 days, where it is left out"`
		Reason   string    `json:"reason,omitempty" doc:"It is recorded with each of the decisions"`
	} `nameHint:"TriageDecision"`
}

// Triaged is what became of a triage.
type Triaged struct {
	Allowed      int `json:"allowed"`
	AllowedUntil int `json:"allowedUntil"`
	LeftUnlisted int `json:"leftUnlisted"`
	Unchanged    int `json:"unchanged" doc:"Were decided so already"`
	Products     int `json:"products" doc:"That were made, of what was no known product's"`
	Gone         int `json:"gone" doc:"Apps that were named and are no longer to be decided"`
}

func (a *api) triageApps(ctx context.Context, in *triageDecision) (*single[Triaged], error) {
	b := &in.Body
	chosen := devices.Chosen{Organisation: in.ID.ID, Apps: b.Apps, Makers: b.Makers, Left: b.Left, Decision: register.Decision(b.Decision), Reason: b.Reason}
	choices, gone, err := a.Devices.Choices(ctx, actorOf(ctx), chosen)
	if err != nil {
		return nil, err
	}
	for i := range choices {
		choices[i].Until = people.TimeOf(b.Until)
	}
	done, err := a.Approvals.Triage(ctx, actorOf(ctx), in.ID.ID, choices)
	if err != nil {
		return nil, ofAll(err)
	}
	return &single[Triaged]{Body: Triaged{done.Allowed, done.AllowedUntil, done.LeftUnlisted, done.Unchanged, done.Products, gone}}, nil
}

var choicePlace = regexp.MustCompile(`^choices\[[0-9]+\]\.(decision|until|reason)$`)

// ofAll has what is wrong with each of the choices, which all say the same, be told once.
func ofAll(err error) error {
	if !fault.Is(err, fault.Invalid) {
		return err
	}
	told := map[fault.Error]bool{}
	var faults []error
	for _, f := range fault.Fields(err) {
		once := *f
		once.Field = choicePlace.ReplaceAllString(f.Field, "$1")
		if !told[once] {
			told[once] = true
			faults = append(faults, &once)
		}
	}
	return errors.Join(faults...)
}
