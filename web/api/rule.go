package api

import (
	"context"
	"strings"
	"time"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/platform"
	"portcullis/policy"
)

// RuleTarget is what a rule is about: exactly one of the three.
type RuleTarget struct {
	Product  string `json:"product,omitempty"`
	Supplier string `json:"supplier,omitempty"`
	Any      bool   `json:"any,omitempty" doc:"Everything"`
}

// RuleDraft is a rule as far as it matters to whom it reaches, with the words of world files.
type RuleDraft struct {
	Effect         string           `json:"effect" enum:"allow,ban,phase-out"`
	Target         RuleTarget       `json:"target"`
	Scope          string           `json:"scope" example:"gov" doc:"The organisation for which it is, with all below"`
	Platforms      []string         `json:"platforms,omitempty" doc:"Where it is not for all"`
	Kinds          []string         `json:"kinds,omitempty" doc:"app and equipment, where it is not for both"`
	SiteClass      []string         `json:"siteClass,omitempty" doc:"The classes of sites, where it is not for all"`
	Versions       *Versions        `json:"versions,omitempty" doc:"Of a ban or a phase-out, where it is not for all"`
	Components     *bool            `json:"components,omitempty" doc:"Whether a ban or a phase-out is for what contains the target as well; whoever makes one says it"`
	MinVersion     string           `json:"minVersion,omitempty" doc:"Of an allow rule"`
	MinVersionCode map[string]int64 `json:"minVersionCode,omitempty" doc:"Of an allow rule, by platform"`
}

// Versions are those from since on, before until.
type Versions struct {
	Since string `json:"since,omitempty"`
	Until string `json:"until,omitempty" doc:"Not included"`
}

// Rule is a rule of the register.
type Rule struct {
	ID string `json:"id" example:"ban-parrot"`
	RuleDraft
	RuleTerms
}

// RuleTerms are when a rule holds, why, and what lifts it.
type RuleTerms struct {
	RuleHolds
	Reason string `json:"reason" example:"It sends what is on the screen to its maker"`
}

// RuleHolds are when a rule holds, and what lifts it.
type RuleHolds struct {
	From        time.Time `json:"from,omitzero" doc:"Since when it holds"`
	Until       time.Time `json:"until,omitzero" doc:"Not included; left out where no end is known"`
	Deadline    time.Time `json:"deadline,omitzero" doc:"Of a phase-out: until when it is to be gone"`
	Clearance   string    `json:"clearance,omitempty" doc:"Of a ban or a phase-out: the office that must clear an exemption, or none"`
	Mitigations []string  `json:"mitigations,omitempty" doc:"Of a ban or a phase-out: what an exemption must have in place"`
}

// rule is the draft as the rooms take it.
func (d *RuleDraft) rule() (r policy.Rule, err error) {
	r = policy.Rule{Target: policy.Target{Product: d.Target.Product, Supplier: d.Target.Supplier, Any: d.Target.Any}, Scope: d.Scope,
		SiteClass: d.SiteClass, Components: d.Components != nil && *d.Components, MinVersion: d.MinVersion}
	r.Effect, _ = policy.ParseEffect(d.Effect) // huma has checked the word
	if d.Versions != nil {
		r.Versions = policy.Window{Since: d.Versions.Since, Until: d.Versions.Until}
	}
	for _, word := range d.Platforms {
		p, ok := policy.ParsePlatform(word)
		if !ok {
			return r, noPlatform("platforms", word)
		}
		r.Platforms = append(r.Platforms, p)
	}
	for _, word := range d.Kinds {
		k, ok := policy.ParseKind(word)
		if !ok {
			return r, fault.In("kinds", "There is no kind %q: app and equipment are", word)
		}
		r.Kinds = append(r.Kinds, k)
	}
	for word, code := range d.MinVersionCode {
		p, ok := policy.ParsePlatform(word)
		if !ok {
			return r, noPlatform("minVersionCode", word)
		}
		if r.MinVersionCode == nil {
			r.MinVersionCode = map[policy.Platform]int64{}
		}
		r.MinVersionCode[p] = code
	}
	return r, nil
}

func noPlatform(field, word string) error {
	return fault.In(field, "There is no platform %q: %s are", word, strings.Join(policy.PlatformWords[1:], ", "))
}

func showRule(r policy.Rule) Rule {
	shown := Rule{ID: r.ID, RuleDraft: showDraft(r), RuleTerms: RuleTerms{RuleHolds{r.From, r.Until, r.Deadline, r.Clearance, r.Mitigations}, r.Reason}}
	return shown
}

func showDraft(r policy.Rule) RuleDraft {
	d := RuleDraft{Effect: r.Effect.String(), Target: RuleTarget{r.Target.Product, r.Target.Supplier, r.Target.Any}, Scope: r.Scope,
		SiteClass: r.SiteClass, MinVersion: r.MinVersion}
	if r.Effect != policy.Allow {
		d.Components = &r.Components
	}
	if r.Versions != (policy.Window{}) {
		d.Versions = &Versions{r.Versions.Since, r.Versions.Until}
	}
	for _, p := range r.Platforms {
		d.Platforms = append(d.Platforms, p.String())
	}
	for _, k := range r.Kinds {
		d.Kinds = append(d.Kinds, k.String())
	}
	for p, code := range r.MinVersionCode {
		if d.MinVersionCode == nil {
			d.MinVersionCode = map[string]int64{}
		}
		d.MinVersionCode[p.String()] = code
	}
	return d
}

// named has faults of the register, which names fields as world files do, name them as they are here.
func named(err error) error {
	for _, f := range fault.Fields(err) {
		f.Field = camel(f.Field)
	}
	return err
}

// camel is a name of a world file as it is here: min_version is minVersion.
func camel(field string) string {
	var b strings.Builder
	upper := false
	for _, c := range field {
		switch {
		case c == '_':
			upper = true
			continue
		case upper:
			b.WriteString(strings.ToUpper(string(c)))
		default:
			b.WriteRune(c)
		}
		upper = false
	}
	return b.String()
}

// RuleEffect is a rule, and what it does now.
type RuleEffect struct {
	Rule
	Holds    bool    `json:"holds" doc:"Whether it holds now"`
	Ended    bool    `json:"ended,omitempty"`
	Reaches  Reached `json:"reaches" doc:"Of the hosts that you may see; of a rule that has ended, none"`
	Perhaps  int     `json:"perhaps" doc:"Of these, where nothing is known to be it, but something has an identifier that leads to it on another platform"`
	InBreach int     `json:"inBreach" doc:"How many of them are in breach by it"`
}

func (a *api) getRule(ctx context.Context, in *RuleID) (*single[RuleEffect], error) {
	found, err := a.Devices.Rule(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &single[RuleEffect]{Body: RuleEffect{showRule(found.Rule), found.Holds, found.Ended, Reached(found.Reaches), found.Perhaps, found.InBreach.Hosts.Len()}}, nil
}

// RuleID is the rule that a path names.
type RuleID struct {
	ID string `path:"id" maxLength:"200" doc:"The rule's id" example:"ban-parrot"`
}

// Reached counts hosts; one may be in both.
type Reached struct {
	Direct    int `json:"direct" doc:"For what is installed itself"`
	Component int `json:"component" doc:"For what that contains"`
}

// Affected is whom a rule that is not yet made would reach.
type Affected struct {
	Reached
	Either     int            `json:"either" doc:"In one way or in both"`
	Perhaps    int            `json:"perhaps" doc:"Of these, where nothing is known to be it, but something has an identifier that leads to it on another platform"`
	Hosts      int            `json:"hosts" doc:"That the rule's scope has in all"`
	Bodies     []BodyAffected `json:"bodies"`
	Exemptions []string       `json:"exemptions" doc:"The ids of those in force for what the rule may reach, as far as you may see them: they lift it only if they come to name it"`
	Others     int            `json:"others" doc:"How many more exemptions there are"`
	Narrower   []Narrower     `json:"narrower" doc:"Rules that reach less"`
}

// BodyAffected counts the hosts of one organisation.
type BodyAffected struct {
	Organisation string `json:"organisation"`
	Reached
}

// Narrower is a rule that reaches less.
type Narrower struct {
	By   string    `json:"by" enum:"components,scope,platforms" doc:"In what it is narrower"`
	Rule RuleDraft `json:"rule"`
	Reached
}

func (a *api) tryRule(ctx context.Context, in *struct{ Body RuleDraft }) (*single[Affected], error) {
	rule, err := in.Body.rule()
	if err != nil {
		return nil, err
	}
	found, err := a.Devices.WhatIf(ctx, actorOf(ctx), rule)
	if err != nil {
		return nil, named(err)
	}
	shown := Affected{Reached: Reached(found.Reached), Either: found.Either, Perhaps: found.Perhaps, Hosts: found.Hosts, Bodies: []BodyAffected{}, Exemptions: []string{}, Others: found.Others, Narrower: []Narrower{}}
	for _, b := range found.Bodies {
		shown.Bodies = append(shown.Bodies, BodyAffected{b.Organisation, Reached{b.Direct, b.Component}})
	}
	for i := range found.Exemptions {
		shown.Exemptions = append(shown.Exemptions, found.Exemptions[i].ID)
	}
	for i := range found.Narrower {
		n := &found.Narrower[i]
		shown.Narrower = append(shown.Narrower, Narrower{string(n.By), showDraft(n.Rule), Reached(n.Reached)})
	}
	return &single[Affected]{Body: shown}, nil
}

// Unlinked is an identifier on devices that is no product's on its platform.
type Unlinked struct {
	Platform    string       `json:"platform" example:"android"`
	Identifier  string       `json:"identifier" example:"com.example.notes"`
	Name        string       `json:"name,omitempty" doc:"As tools call it"`
	Publisher   string       `json:"publisher,omitempty"`
	Hosts       int          `json:"hosts" doc:"On how many hosts it is, of those that you may see"`
	Versions    []string     `json:"versions,omitempty" doc:"The newest, at most five"`
	Suggestions []Suggestion `json:"suggestions,omitempty" doc:"The likeliest products. Nothing is linked by them"`
}

// Suggestion is a product that an identifier may be.
type Suggestion struct {
	Product    string  `json:"product"`
	Confidence float64 `json:"confidence" doc:"From 0 to 1"`
	Why        string  `json:"why"`
}

type unlinkedQuery struct {
	Paging
	Organisation string `query:"organisation" doc:"On whose devices, with all below; without it, all that you may see"`
	Platform     string `query:"platform" enum:"android,ios,macos,windows,linux,chromeos,chrome,edge,firefox"`
	Q            string `query:"q" maxLength:"200" doc:"Words of the name, the publisher or the identifier"`
}

func (a *api) listUnlinked(ctx context.Context, in *unlinkedQuery) (*list[Unlinked], error) {
	q := devices.UnlinkedQuery{Words: in.Q, Organisation: in.Organisation, Limit: in.Limit}
	q.Platform, _ = policy.ParsePlatform(in.Platform)
	query := given("organisation", in.Organisation, "platform", in.Platform, "q", in.Q)
	return stretched(in.Paging, "/unlinked", query, func(after string) ([]devices.Unknown, string, error) {
		if q.After = after; after != "" {
			if err := a.stillUnlinked(ctx, after); err != nil {
				return nil, "", err
			}
		}
		found, err := a.Devices.Unlinked(ctx, actorOf(ctx), q)
		return found.Found, found.Next, err
	}, showUnlinked)
}

// stillUnlinked returns a fault where what a page ended with has gone: the list is in the order of hosts, and
// where it went on nobody knows then.
func (a *api) stillUnlinked(ctx context.Context, key string) error {
	on, identifier, _ := strings.Cut(key, " ")
	p, _ := policy.ParsePlatform(on)
	_, err := a.Devices.UnlinkedOne(ctx, actorOf(ctx), p, identifier)
	if fault.Is(err, fault.NotFound) {
		return fault.In("after", "What the page before ended with has been linked meanwhile: begin again without it")
	}
	return err
}

func showUnlinked(u devices.Unknown) Unlinked {
	shown := Unlinked{Platform: u.Unlinked.Platform.String(), Identifier: u.Unlinked.Name, Name: u.Named.Name, Publisher: u.Publisher, Hosts: u.Hosts, Versions: u.Versions}
	for _, s := range u.Suggestions {
		shown.Suggestions = append(shown.Suggestions, showSuggestion(s))
	}
	return shown
}

func showSuggestion(s platform.Suggestion) Suggestion {
	return Suggestion{s.Product, s.Confidence, s.Why}
}

// Link is that an identifier is a product's, for everyone.
type Link struct {
	Platform   string   `json:"platform" enum:"android,ios,macos,windows,linux,chromeos,chrome,edge,firefox"`
	Identifier string   `json:"identifier" example:"com.example.notes"`
	Product    string   `json:"product" doc:"The id of a product of the register"`
	Signers    []string `json:"signers,omitempty" doc:"Who alone may sign it: the SHA-256 of certificates, in hexadecimal"`
}

// Linked is that it is known which product an identifier is.
type Linked struct {
	Product string `json:"product"`
	Name    string `json:"name,omitempty"`
}

func (a *api) linkIdentifier(ctx context.Context, in *struct{ Body Link }) (*single[Linked], error) {
	p, _ := policy.ParsePlatform(in.Body.Platform)
	product, err := a.Register.LinkIdentifier(ctx, actorOf(ctx), in.Body.Product, p, in.Body.Identifier, in.Body.Signers)
	if err != nil {
		return nil, named(err)
	}
	return &single[Linked]{Body: Linked{product.ID, product.Name}}, nil
}
