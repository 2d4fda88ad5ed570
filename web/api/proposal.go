package api

import (
	"context"
	"time"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
)

// Draft is what is proposed: its kind, what that kind is about, and why.
type Draft struct {
	Kind         string `json:"kind" enum:"ban,allow,withdrawal,exemption,monitor,supplier,product,process,organisation"`
	Organisation string `json:"organisation,omitempty" doc:"Of a monitor period and of a process; of all else it follows from what is proposed"`

	Rule      *ProposedRule      `json:"rule,omitempty" doc:"Of a ban and of allow"`
	Found     *FoundApp          `json:"found,omitempty" doc:"Of allow, beside a rule without a target: an app that is no known product yet"`
	Ends      *RuleEnds          `json:"ends,omitempty" doc:"Of a withdrawal"`
	Exemption *ProposedExemption `json:"exemption,omitempty"`
	Monitor   *MonitorPeriod     `json:"monitor,omitempty"`
	Supplier  *SupplierEdges     `json:"supplier,omitempty"`
	Product   *ProductEdges      `json:"product,omitempty"`
	Process   *approvals.Process `json:"process,omitempty"`
	Move      *BodyMove          `json:"move,omitempty" doc:"Of organisation: where a body belongs, and whose list it follows"`

	Reason      string      `json:"reason" doc:"In words that everybody may read once it is decided"`
	Restricted  *Restricted `json:"restricted,omitempty"`
	Narrower    string      `json:"narrower,omitempty" doc:"Of a ban: why nothing narrower would do"`
	Risk        string      `json:"risk,omitempty" doc:"Of an exemption: what could go wrong, as whoever asks sees it"`
	LongestDays int         `json:"longestDays,omitempty" doc:"Of a ban: for how many days an exemption from it may hold at most"`
	For         string      `json:"for,omitempty" doc:"The id of the person for whom it is"`
	After       string      `json:"after,omitempty" doc:"The proposal that this one asks again, with new facts"`
	Renews      string      `json:"renews,omitempty" doc:"The exemption that this one is to follow"`
	Adopts      string      `json:"adopts,omitempty" doc:"The rule of another body that this one is to be like"`
	Emergency   bool        `json:"emergency,omitempty" doc:"A ban by two duty officers, which lapses within a day unless a third person reviews it"`
	Marked      bool        `json:"marked,omitempty" doc:"For those alone whom audience names, and for who opens it"`
	Audience    []string    `json:"audience,omitempty" doc:"The ids of persons who may read the restricted reason, or who are assigned to what is marked"`
}

// ProposedRule is a rule that is proposed.
type ProposedRule struct {
	RuleDraft
	RuleHolds
}

// FoundApp is what devices say of an app.
type FoundApp struct {
	Platform   string `json:"platform" enum:"android,ios,macos,windows,linux,chromeos,chrome,edge,firefox"`
	Identifier string `json:"identifier,omitempty" example:"com.example.notes" doc:"Who grants it says so, where it is left out: a name is needed then"`
	Name       string `json:"name,omitempty"`
	Publisher  string `json:"publisher,omitempty"`
	Shop       string `json:"shop,omitempty" doc:"The address of its page in a shop"`
}

// RuleEnds is that a rule is to end.
type RuleEnds struct {
	Rule  string    `json:"rule" example:"ban-parrot"`
	Until time.Time `json:"until,omitzero" doc:"Not included; at once where it is left out"`
}

// ProposedExemption is an exemption with the words of world files.
type ProposedExemption struct {
	Lifts       []string  `json:"lifts,omitempty" doc:"The ids of bans and phase-outs"`
	Product     string    `json:"product,omitempty"`
	AnyProduct  bool      `json:"anyProduct,omitempty"`
	AnyVersion  bool      `json:"anyVersion,omitempty"`
	Scope       string    `json:"scope" example:"dept-a"`
	Subject     Subject   `json:"subject" doc:"Exactly one of them"`
	From        time.Time `json:"from,omitzero" doc:"From when it is decided, where it is left out"`
	Until       time.Time `json:"until" doc:"Not included: an exemption always ends"`
	Purpose     string    `json:"purpose"`
	Mitigations []string  `json:"mitigations,omitempty" doc:"Besides those that the rules and the body demand"`
}

// Subject is whom an exemption is for.
type Subject struct {
	Host     string `json:"host,omitempty"`
	Site     string `json:"site,omitempty"`
	Person   string `json:"person,omitempty"`
	Group    string `json:"group,omitempty"`
	Everyone bool   `json:"everyone,omitempty"`
}

// MonitorPeriod is when a body watches rather than enforces.
type MonitorPeriod struct {
	From  time.Time `json:"from,omitzero" doc:"From when it is decided, where it is left out"`
	Until time.Time `json:"until" doc:"Not included"`
}

// BodyMove is where a body is to belong: all of it, and not what changes alone.
type BodyMove struct {
	Body    string    `json:"body" example:"dept-a"`
	Parent  string    `json:"parent,omitempty" example:"gov" doc:"The organisation right above it; left out it becomes a root"`
	OwnList bool      `json:"ownList,omitempty" doc:"The allow rules of those above do not reach there"`
	From    time.Time `json:"from,omitzero" doc:"From when it is decided, where it is left out"`
}

// MoveCount is whom a move is about, and what stops and begins to hold there.
type MoveCount struct {
	Hosts       int `json:"hosts" doc:"Devices and pieces of equipment in the body and below"`
	Bodies      int `json:"bodies" doc:"The body, and those below it"`
	BansEnd     int `json:"bansEnd" doc:"Bans and phase-outs that stop to hold"`
	BansBegin   int `json:"bansBegin"`
	AllowsEnd   int `json:"allowsEnd"`
	AllowsBegin int `json:"allowsBegin"`
}

// EdgeTo leads to a supplier for a period.
type EdgeTo struct {
	Supplier string    `json:"supplier"`
	From     time.Time `json:"from,omitzero"`
	Until    time.Time `json:"until,omitzero"`
}

// SupplierEdges is a supplier as it is to be.
type SupplierEdges struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
	OwnedBy []EdgeTo `json:"ownedBy,omitempty"`
}

// ProductEdges is a product as it is to be; its kind and its identifiers stay.
type ProductEdges struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Aliases   []string   `json:"aliases,omitempty"`
	Supplier  string     `json:"supplier,omitempty"`
	MadeBy    []EdgeTo   `json:"madeBy,omitempty"`
	Domains   []string   `json:"domains,omitempty"`
	Contains  []Contains `json:"contains,omitempty"`
	BuiltinOn []string   `json:"builtinOn,omitempty"`
}

// Contains is a product inside another, in the versions of the one that holds it.
type Contains struct {
	Product string `json:"product"`
	Since   string `json:"since,omitempty"`
	Until   string `json:"until,omitempty"`
}

// Restricted is why something is decided, for some alone.
type Restricted struct {
	Reason     string `json:"reason"`
	Assessment string `json:"assessment,omitempty"`
}

// Proposal is what is proposed, and how far it came.
type Proposal struct {
	ID      string    `json:"id"`
	State   string    `json:"state" enum:"open,made,interim,lapsed,refused,taken-back"`
	Asked   string    `json:"asked" doc:"Who opened it: a person, or token: and a token"`
	At      time.Time `json:"at"`
	Version int64     `json:"version" doc:"Give it with the next step"`
	Made    string    `json:"made,omitempty" doc:"The id of what came of it: a rule, an exemption, a body, a supplier, a product"`
	Lapses  time.Time `json:"lapses,omitzero" doc:"Of an emergency: when it ends unless it is reviewed"`
	Draft
	Steps []ProposalStep `json:"steps"`
	// What follows is of one proposal alone, and left out in lists.
	Missing []StepNeeded `json:"missing,omitempty" doc:"The steps that are missing, in their order"`
	Can     []string     `json:"can,omitempty" doc:"The steps that you can take now"`
	Bar     string       `json:"bar,omitempty" doc:"What bars you from a step that your role allows"`
	Reach   *ReachCount  `json:"reach,omitempty" doc:"Whom it reaches now"`
	Moving  *MoveCount   `json:"moving,omitempty" doc:"Of organisation: what it would do now"`
}

// ProposalStep is what somebody did in a proposal.
type ProposalStep struct {
	Number int64     `json:"number"`
	Act    string    `json:"act" example:"sign"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	approvals.Said
	Counted *ReachCount `json:"counted,omitempty" doc:"Whom it reached as it was signed"`
	Moving  *MoveCount  `json:"moving,omitempty" doc:"What it was to do as it was signed"`
}

// StepNeeded is a step that is missing, and who may take it.
type StepNeeded struct {
	Act          string   `json:"act"`
	Permission   string   `json:"permission"`
	Roles        []string `json:"roles"`
	Organisation string   `json:"organisation"`
	Office       string   `json:"office,omitempty"`
}

// ReachCount is whom a rule reaches.
type ReachCount struct {
	Reached
	Either     int `json:"either" doc:"In one way or in both"`
	Perhaps    int `json:"perhaps" doc:"Of these, where nothing is known to be it, but something has an identifier that leads to it on another platform"`
	Hosts      int `json:"hosts" doc:"That there are in its scope"`
	Bodies     int `json:"bodies" doc:"In which it reaches something"`
	Exemptions int `json:"exemptions" doc:"In force for what it reaches"`
	AllowRules int `json:"allowRules" doc:"In force, for an app that it reaches, where it holds"`
}

// draft is the draft as the room takes it.
func (d *Draft) draft() (approvals.Draft, error) {
	out := approvals.Draft{
		Kind: approvals.Kind(d.Kind), Organisation: d.Organisation, Reason: d.Reason, Narrower: d.Narrower, Risk: d.Risk, LongestDays: d.LongestDays, For: d.For,
		After: d.After, Renews: d.Renews, Adopts: d.Adopts, Emergency: d.Emergency, Marked: d.Marked, Audience: d.Audience,
	}
	if d.Restricted != nil {
		out.Restricted = &approvals.Restricted{Reason: d.Restricted.Reason, Assessment: d.Restricted.Assessment}
	}
	if d.Rule != nil {
		rule, err := d.Rule.rule()
		if err != nil {
			return out, err
		}
		if rule.Effect != policy.Allow && d.Rule.Components == nil {
			return out, fault.In("components", "Say whether it is for what contains the target as well: that reaches other people's apps")
		}
		t := d.Rule.RuleHolds
		rule.Period, rule.Deadline = policy.Period{From: t.From.UTC(), Until: t.Until.UTC()}, t.Deadline.UTC()
		rule.Clearance, rule.Mitigations = t.Clearance, t.Mitigations
		out.Rule = &rule
	}
	if f := d.Found; f != nil {
		out.Found = &register.Found{Identifier: f.Identifier, Name: f.Name, Publisher: f.Publisher, Shop: f.Shop}
		out.Found.Platform, _ = policy.ParsePlatform(f.Platform)
	}
	if d.Ends != nil {
		out.Ends = &approvals.Ends{Rule: d.Ends.Rule, Until: people.TimeOf(d.Ends.Until)}
	}
	if e := d.Exemption; e != nil {
		out.Exemption = &policy.Exemption{Lifts: e.Lifts, Product: e.Product, AnyProduct: e.AnyProduct, AnyVersion: e.AnyVersion, Scope: e.Scope, Subject: policy.ExemptionSubject(e.Subject),
			Period: policy.Period{From: e.From.UTC(), Until: e.Until.UTC()}, Purpose: e.Purpose, Mitigations: e.Mitigations}
	}
	if m := d.Monitor; m != nil {
		out.Monitor = &people.Monitor{Period: people.Period{From: people.TimeOf(m.From), Until: people.TimeOf(m.Until)}, Reason: d.Reason}
	}
	if s := d.Supplier; s != nil {
		out.Supplier = &policy.Supplier{ID: s.ID, Name: s.Name, Aliases: s.Aliases, OwnedBy: edges(s.OwnedBy)}
	}
	if m := d.Move; m != nil {
		out.Move = &approvals.Move{Body: m.Body, Position: people.Position{Parent: m.Parent, OwnList: m.OwnList}, From: people.TimeOf(m.From)}
	}
	out.Process = d.Process
	var err error
	if d.Product != nil {
		out.Product, err = d.Product.product()
	}
	return out, err
}

func edges(given []EdgeTo) (made []policy.Edge) {
	for _, e := range given {
		made = append(made, policy.Edge{Supplier: e.Supplier, Period: policy.Period{From: e.From.UTC(), Until: e.Until.UTC()}})
	}
	return made
}

func showEdges(had []policy.Edge) (shown []EdgeTo) {
	for _, e := range had {
		shown = append(shown, EdgeTo{e.Supplier, e.From, e.Until})
	}
	return shown
}

func (p *ProductEdges) product() (*policy.Product, error) {
	out := &policy.Product{ID: p.ID, Name: p.Name, Aliases: p.Aliases, Supplier: p.Supplier, MadeBy: edges(p.MadeBy), Domains: p.Domains}
	for _, c := range p.Contains {
		out.Contains = append(out.Contains, policy.Component{Product: c.Product, Versions: policy.Window{Since: c.Since, Until: c.Until}})
	}
	for _, word := range p.BuiltinOn {
		platform, ok := policy.ParsePlatform(word)
		if !ok {
			return nil, noPlatform("product.builtinOn", word)
		}
		out.BuiltinOn = append(out.BuiltinOn, platform)
	}
	return out, nil
}

func showProposedDraft(d *approvals.Draft) Draft {
	shown := Draft{Kind: string(d.Kind), Organisation: d.Organisation, Process: d.Process, Reason: d.Reason, Narrower: d.Narrower, Risk: d.Risk, LongestDays: d.LongestDays, For: d.For,
		After: d.After, Renews: d.Renews, Adopts: d.Adopts, Emergency: d.Emergency, Marked: d.Marked, Audience: d.Audience}
	if d.Restricted != nil {
		shown.Restricted = &Restricted{d.Restricted.Reason, d.Restricted.Assessment}
	}
	if d.Rule != nil {
		rule := showRule(*d.Rule)
		shown.Rule = &ProposedRule{rule.RuleDraft, rule.RuleHolds}
	}
	if f := d.Found; f != nil {
		shown.Found = &FoundApp{f.Platform.String(), f.Identifier, f.Name, f.Publisher, f.Shop}
	}
	if d.Ends != nil {
		shown.Ends = &RuleEnds{d.Ends.Rule, d.Ends.Until.Time()}
	}
	if e := d.Exemption; e != nil {
		shown.Exemption = &ProposedExemption{e.Lifts, e.Product, e.AnyProduct, e.AnyVersion, e.Scope, Subject(e.Subject), e.From, e.Until, e.Purpose, e.Mitigations}
	}
	if m := d.Monitor; m != nil {
		shown.Monitor = &MonitorPeriod{m.From.Time(), m.Until.Time()}
	}
	if m := d.Move; m != nil {
		shown.Move = &BodyMove{m.Body, m.Parent, m.OwnList, m.From.Time()}
	}
	if d.Supplier != nil {
		shown.Supplier = showSupplier(d.Supplier)
	}
	if d.Product != nil {
		shown.Product = showProduct(d.Product)
	}
	return shown
}

func showSupplier(s *policy.Supplier) *SupplierEdges {
	return &SupplierEdges{s.ID, s.Name, s.Aliases, showEdges(s.OwnedBy)}
}

func showProduct(p *policy.Product) *ProductEdges {
	shown := ProductEdges{ID: p.ID, Name: p.Name, Aliases: p.Aliases, Supplier: p.Supplier, MadeBy: showEdges(p.MadeBy), Domains: p.Domains}
	for _, c := range p.Contains {
		shown.Contains = append(shown.Contains, Contains{c.Product, c.Versions.Since, c.Versions.Until})
	}
	for _, platform := range p.BuiltinOn {
		shown.BuiltinOn = append(shown.BuiltinOn, platform.String())
	}
	return &shown
}

func showNumbers(n *approvals.Numbers) *ReachCount {
	if n == nil {
		return nil
	}
	return &ReachCount{Reached(n.Reached), n.Either, n.Perhaps, n.Hosts, n.Bodies, n.Exemptions, n.AllowRules}
}

func showProposal(p approvals.Proposal) Proposal {
	shown := Proposal{ID: p.ID, State: string(p.State), Asked: p.Asked, At: p.At.Time(), Version: p.Version, Made: p.Made, Lapses: p.Lapses.Time(), Draft: showProposedDraft(&p.Draft), Steps: []ProposalStep{}}
	for i := range p.Steps {
		s := &p.Steps[i]
		shown.Steps = append(shown.Steps, ProposalStep{s.Number, string(s.Act), s.By, s.At.Time(), s.Said, showNumbers(s.Counted), (*MoveCount)(s.Moving)})
	}
	return shown
}

func showView(v *approvals.View) Proposal {
	shown := showProposal(v.Proposal)
	for _, n := range v.Missing {
		need := StepNeeded{Act: string(n.Act), Permission: string(n.Permission), Organisation: n.Organisation, Office: n.Office, Roles: []string{}}
		for _, r := range n.Roles {
			need.Roles = append(need.Roles, string(r))
		}
		shown.Missing = append(shown.Missing, need)
	}
	for _, a := range v.Can {
		shown.Can = append(shown.Can, string(a))
	}
	shown.Bar, shown.Reach, shown.Moving = v.Bar, showNumbers(v.Reach), (*MoveCount)(v.Moving)
	return shown
}

type proposalQuery struct {
	Paging
	Organisation string `query:"organisation" doc:"For that body itself; without it, for all of which you may see proposals"`
	Kind         string `query:"kind" enum:"ban,allow,withdrawal,exemption,monitor,supplier,product,process,organisation"`
	State        string `query:"state" enum:"open,made,interim,refused,taken-back"`
	Made         string `query:"made" doc:"Of which this rule or exemption came"`
	Mine         bool   `query:"mine" doc:"What you opened, or what is for you"`
}

func (a *api) listProposals(ctx context.Context, in *proposalQuery) (*list[Proposal], error) {
	q := approvals.Query{Organisation: in.Organisation, Kind: approvals.Kind(in.Kind), State: approvals.State(in.State), Made: in.Made, Mine: in.Mine, Limit: in.Limit}
	mine := ""
	if in.Mine {
		mine = "true"
	}
	query := given("organisation", in.Organisation, "kind", in.Kind, "state", in.State, "made", in.Made, "mine", mine)
	return stretched(in.Paging, "/proposals", query, func(after string) ([]approvals.Proposal, string, error) {
		q.Before = after
		found, err := a.Approvals.Proposals(ctx, actorOf(ctx), q)
		return found.Proposals, found.Next, err
	}, showProposal)
}

type waitingQuery struct {
	Paging
	Organisation string `query:"organisation" doc:"For that body itself; without it, for all"`
	Kind         string `query:"kind" enum:"ban,allow,withdrawal,exemption,monitor,supplier,product,process,organisation"`
	State        string `query:"state" enum:"open,interim" doc:"interim: what lapses by itself unless it is reviewed"`
}

func (a *api) listWaiting(ctx context.Context, in *waitingQuery) (*list[Proposal], error) {
	q := approvals.WaitingQuery{Organisation: in.Organisation, Kind: approvals.Kind(in.Kind), State: approvals.State(in.State), Limit: in.Limit}
	query := given("organisation", in.Organisation, "kind", in.Kind, "state", in.State)
	return stretched(in.Paging, "/waiting", query, func(after string) ([]approvals.Waits, string, error) {
		q.After = after
		found, err := a.Approvals.WaitingPage(ctx, actorOf(ctx), q)
		return found.Waits, found.Next, err
	}, func(w approvals.Waits) Proposal {
		shown := showProposal(w.Proposal)
		shown.Can = []string{string(w.For)}
		return shown
	})
}

// ProposalID is the proposal that a path names.
type ProposalID struct {
	ID string `path:"id" maxLength:"200" doc:"The proposal's id"`
}

func (a *api) getProposal(ctx context.Context, in *ProposalID) (*single[Proposal], error) {
	v, err := a.Approvals.Proposal(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &single[Proposal]{Body: showView(&v)}, nil
}

func (a *api) addProposal(ctx context.Context, in *struct {
	Body Draft `nameHint:"NewProposal"`
}) (*single[Proposal], error) {
	d, err := in.Body.draft()
	if err != nil {
		return nil, err
	}
	p, err := a.Approvals.Propose(ctx, actorOf(ctx), d)
	if err != nil {
		return nil, named(err)
	}
	return &single[Proposal]{Location: Base + "/proposals/" + segment(p.ID), Body: showProposal(p)}, nil
}

type newStep struct {
	ProposalID
	Body struct {
		Act     string `json:"act" enum:"recommend,grant,sign,clear,confirm,review,refuse,take-back,consult,answer,question,reply,revise"`
		Version int64  `json:"version" doc:"That of the proposal as you saw it"`
		approvals.Said
		Affirmed *int      `json:"affirmed,omitempty" doc:"How many devices and pieces of equipment it reaches, where those are more than half of all there are: that it is meant"`
		Terms    *AppTerms `json:"terms,omitempty" doc:"Of who grants an app: on what terms; as it was asked for where they are left out"`
		Draft    *Draft    `json:"draft,omitempty" doc:"Of revise: what is proposed from now on"`
	} `nameHint:"NewStep"`
}

// AppTerms are on what terms an app is allowed.
type AppTerms struct {
	Product        string           `json:"product,omitempty" doc:"Which known product it is, where it was asked for by what was found"`
	Identifier     string           `json:"identifier,omitempty" doc:"What devices call it, where it was asked for without that"`
	MinVersion     string           `json:"minVersion,omitempty"`
	MinVersionCode map[string]int64 `json:"minVersionCode,omitempty" doc:"By platform"`
	Platforms      []string         `json:"platforms,omitempty"`
	Until          time.Time        `json:"until,omitzero"`
}

func (a *api) takeStep(ctx context.Context, in *newStep) (*single[Proposal], error) {
	b := &in.Body
	do := approvals.Doing{Act: approvals.Act(b.Act), Version: b.Version, Said: b.Said, Affirmed: b.Affirmed}
	var err error
	if do.Terms, err = b.Terms.read(); err != nil {
		return nil, err
	}
	if b.Draft != nil {
		d, err := b.Draft.draft()
		if err != nil {
			return nil, err
		}
		do.Draft = &d
	}
	p, err := a.Approvals.Take(ctx, actorOf(ctx), in.ID, do)
	if err != nil {
		return nil, named(err)
	}
	return &single[Proposal]{Body: showProposal(p)}, nil
}

// BodyProcess is who decides in a body.
type BodyProcess struct {
	approvals.Process
	Of string `json:"of,omitempty" doc:"The organisation that has set it: the body itself or one above; left out where none has, and it is what everybody begins with"`
}

type processQuery struct {
	ID
	At    time.Time `query:"at" doc:"As it was then; now where it is left out"`
	Known time.Time `query:"known" doc:"As it was known then"`
}

func (a *api) getProcess(ctx context.Context, in *processQuery) (*single[BodyProcess], error) {
	d, err := a.Approvals.Process(ctx, actorOf(ctx), in.ID.ID, people.TimeOf(in.At), people.TimeOf(in.Known))
	if err != nil {
		return nil, err
	}
	return &single[BodyProcess]{Body: BodyProcess{d.Process, d.Of}}, nil
}

type exemptionEnd struct {
	ExemptionID
	Body struct {
		Reason string `json:"reason" doc:"Why it ends early"`
	} `nameHint:"ExemptionEnd"`
}

// ExemptionID is the exemption that a path names.
type ExemptionID struct {
	ID string `path:"id" maxLength:"200" doc:"The exemption's id"`
}

// Exemption is an exemption of the register.
type Exemption struct {
	ID string `json:"id"`
	ProposedExemption
}

func (a *api) endExemption(ctx context.Context, in *exemptionEnd) (*single[Exemption], error) {
	e, err := a.Approvals.Revoke(ctx, actorOf(ctx), in.ID, in.Body.Reason)
	if err != nil {
		return nil, named(err)
	}
	return &single[Exemption]{Body: showExemption(&e)}, nil
}

func showExemption(e *policy.Exemption) Exemption {
	return Exemption{e.ID, ProposedExemption{e.Lifts, e.Product, e.AnyProduct, e.AnyVersion, e.Scope, Subject(e.Subject), e.From, e.Until, e.Purpose, e.Mitigations}}
}
