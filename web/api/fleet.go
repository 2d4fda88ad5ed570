package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/policy"
)

// Breached is a host with something in breach now.
type Breached struct {
	Host         string        `json:"host"`
	Name         string        `json:"name,omitempty"`
	Kind         string        `json:"kind" enum:"device,equipment"`
	Organisation string        `json:"organisation"`
	Heard        time.Time     `json:"heard,omitzero" doc:"When it last reported, to the minute"`
	Since        time.Time     `json:"since,omitzero" doc:"Since when it is in breach for something that passes what is asked; left out for the seconds until that is written"`
	Breaches     []BreachThing `json:"breaches" doc:"What is in breach, and passes what is asked"`
}

// BreachThing is something in breach.
type BreachThing struct {
	Product    string `json:"product,omitempty" doc:"Left out where it is no known product's"`
	Identifier string `json:"identifier,omitempty"`
	Version    string `json:"version,omitempty"`
	Verdict    string `json:"verdict" example:"banned"`
	// Rules are empty where it is on no list.
	Rules    []string  `json:"rules" doc:"The ids of those for which it is in breach"`
	Reason   string    `json:"reason,omitempty" doc:"Why these rules are so"`
	Since    time.Time `json:"since,omitzero" doc:"Since when it is in breach for what the verdict says; left out for the seconds until that is written"`
	WhatToDo string    `json:"whatToDo,omitempty" doc:"What would end it; left out unless explained was asked for, and behind the tenth on a host"`
}

// BreachPage is hosts with something in breach, and what that rests on.
type BreachPage struct {
	Decision int64      `json:"decision" doc:"The number of the last decision that is in this"`
	At       time.Time  `json:"at"`
	Items    []Breached `json:"items" doc:"What is on this page"`
	Next     string     `json:"next,omitempty" doc:"Where there are more: give it as after"`
}

type breachList struct {
	Link string `header:"Link" doc:"The address of the next page, rel=\"next\" (RFC 8288)"`
	Body BreachPage
}

type breachQuery struct {
	Paging
	Organisation string `query:"organisation" doc:"And all below it; without it, all that you may see"`
	Product      string `query:"product"`
	Result       string `query:"result" enum:"banned,overdue,impostor,outdated,unlisted,unknown" doc:"For what it is in breach"`
	Rule         string `query:"rule" doc:"By which rule"`
	Age          string `query:"age" enum:"today,week,month,older" doc:"How long ago it came into breach"`
	Explained    bool   `query:"explained" doc:"With what would end each breach, which takes longer"`
}

func (a *api) listBreaches(ctx context.Context, in *breachQuery) (*breachList, error) {
	q := devices.BreachQuery{Organisation: in.Organisation, Product: in.Product, Rule: in.Rule, Age: devices.Age(in.Age), Limit: in.Limit, Explained: in.Explained}
	for i, word := range policy.ResultWords {
		if in.Result != "" && word == in.Result {
			q.Result = policy.Result(i)
		}
	}
	query := given("organisation", in.Organisation, "product", in.Product, "result", in.Result, "rule", in.Rule, "age", in.Age, "explained", said(in.Explained))
	var found devices.Breaches
	l, err := stretched(in.Paging, "/breaches", query, func(after string) (_ []devices.BreachedHost, _ string, err error) {
		q.After = after
		found, err = a.Devices.Breaches(ctx, actorOf(ctx), q)
		return found.Page, found.Next, err
	}, showBreached)
	if err != nil {
		return nil, err
	}
	return &breachList{l.Link, BreachPage{int64(found.Generation), found.At.Time(), l.Body.Items, l.Body.Next}}, nil
}

func showBreached(b devices.BreachedHost) Breached {
	shown := Breached{Host: b.ID, Name: b.Name, Kind: b.Kind.String(), Organisation: b.Organisation, Heard: minute(b.Heard), Since: b.Since.Time(), Breaches: []BreachThing{}}
	for _, t := range b.Breaches {
		shown.Breaches = append(shown.Breaches, BreachThing{t.Product, t.Identifier, t.Version, t.Verdict.String(), t.Rules, t.Reason, t.Since.Time(), strings.Join(t.Ways, " ")})
	}
	return shown
}

// Coverage is how much of what bodies have is judged.
type Coverage struct {
	At    time.Time      `json:"at"`
	Items []BodyCoverage `json:"items" doc:"Each by its own hosts, in the order of the tree"`
	Total CoverageCount  `json:"total"`
}

// BodyCoverage is one organisation's, without what is below it.
type BodyCoverage struct {
	Organisation string `json:"organisation"`
	Watched      bool   `json:"watched,omitempty" doc:"What is on no list is only watched here as yet"`
	CoverageCount
}

// CoverageCount is numbers of hosts, and of breaches.
type CoverageCount struct {
	Devices   int `json:"devices"`
	Equipment int `json:"equipment" doc:"Does not report"`
	Reporting int `json:"reporting" doc:"Devices heard from within seven days"`
	Silent    int `json:"silent" doc:"Devices heard from before, and not since"`
	Never     int `json:"never" doc:"Devices never heard from"`
	Empty     int `json:"empty" doc:"Hosts of which nothing is known to be installed, the personal ones apart"`
	Personal  int `json:"personal" doc:"Devices of which nothing is stored"`
	Unjudged  int `json:"unjudged" doc:"Hosts whose organisation the register does not know"`
	InBreach  int `json:"inBreach" doc:"Hosts with something in breach"`
	Breaches  int `json:"breaches" doc:"Installations in breach"`
}

func (a *api) getCoverage(ctx context.Context, in *struct {
	Organisation string `query:"organisation" doc:"And all below it; without it, all that you may see"`
}) (*single[Coverage], error) {
	found, err := a.Devices.Coverage(ctx, actorOf(ctx), in.Organisation)
	if err != nil {
		return nil, err
	}
	c := Coverage{At: found.At.Time(), Items: make([]BodyCoverage, 0, len(found.Bodies)), Total: showCount(&found.Total)}
	for i := range found.Bodies {
		b := &found.Bodies[i]
		c.Items = append(c.Items, BodyCoverage{b.Organisation, b.Watched, showCount(b)})
	}
	return &single[Coverage]{Body: c}, nil
}

func showCount(b *devices.BodyCoverage) CoverageCount {
	return CoverageCount{b.Devices, b.Equipment, b.Reporting, b.Silent, b.Never, b.Empty, b.Personal, b.Unjudged, b.InBreach, b.Breaches}
}

// HostChanged is a host that has changed, as it is now.
type HostChanged struct {
	ID   string `json:"id"`
	Gone bool   `json:"gone,omitempty" doc:"It belonged where you may see devices, and does no longer"`
	Host *Host  `json:"host,omitempty" doc:"Left out where it is gone"`
}

// HostChanges is which hosts have changed since.
type HostChanges struct {
	Items []HostChanged `json:"items" doc:"Each once, in the order in which servers recorded it"`
	Next  string        `json:"next" doc:"What to give as after the next time; it is good for two days"`
	More  bool          `json:"more" doc:"There are more already: ask at once"`
}

type changesQuery struct {
	After string `query:"after" maxLength:"20000" doc:"What the answer before had as next; without it nothing is listed, and next is where to begin: read all hosts then, and go on from there"`
	Limit int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many items are enough: the last batch is listed to its end"`
}

func (a *api) listChanges(ctx context.Context, in *changesQuery) (*single[HostChanges], error) {
	since, err := parseFollowed(in.After)
	if err != nil {
		return nil, err
	}
	found, err := a.Devices.ChangesSince(ctx, actorOf(ctx), since, in.Limit)
	if err != nil {
		return nil, err
	}
	changes := HostChanges{Items: []HostChanged{}, More: found.More}
	for _, h := range found.Hosts {
		item := HostChanged{ID: h.ID, Gone: h.Gone}
		if !h.Gone {
			shown := showHost(h.Host)
			item.Host = &shown
		}
		changes.Items = append(changes.Items, item)
	}
	changes.Next, err = followedText(found.Followed)
	return &single[HostChanges]{Body: changes}, err
}

// followedText is how far a program has followed, as it is given to it. It gives no right to anything, so
// that it need not be signed; the sum finds what was mangled on its way.
func followedText(f devices.Followed) (string, error) {
	encoded, err := json.Marshal(f)
	sum := sha256.Sum256(encoded)
	return base64.RawURLEncoding.EncodeToString(append(sum[:cursorSum], encoded...)), err
}

func parseFollowed(text string) (*devices.Followed, error) {
	if text == "" {
		return nil, nil
	}
	wrong := fault.In("after", "This is not what the answer before had as next: give it back unchanged, or begin again without it")
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(decoded) <= cursorSum {
		return nil, wrong
	}
	var f devices.Followed
	sum := sha256.Sum256(decoded[cursorSum:])
	if !bytes.Equal(sum[:cursorSum], decoded[:cursorSum]) || json.Unmarshal(decoded[cursorSum:], &f) != nil || f.At.IsZero() {
		return nil, wrong
	}
	return &f, nil
}
