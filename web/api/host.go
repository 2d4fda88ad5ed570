package api

import (
	"context"
	"slices"
	"strconv"
	"time"

	"portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
)

// Host is a device or a piece of equipment.
type Host struct {
	ID           string   `json:"id" example:"C02XK1ZZJGH5"`
	Name         string   `json:"name,omitempty" doc:"What people call it"`
	Kind         string   `json:"kind" enum:"device,equipment"`
	Organisation string   `json:"organisation" example:"dept-a"`
	Ownership    string   `json:"ownership,omitempty" enum:"corporate,personal,managed-personal" doc:"Of a device"`
	Platform     string   `json:"platform,omitempty" enum:"android,ios,macos,windows,linux,chromeos" doc:"Of a device"`
	Holder       string   `json:"holder,omitempty" doc:"Who has it, as exemptions spell them"`
	Groups       []string `json:"groups,omitempty" doc:"As exemptions spell them"`
	Site         string   `json:"site,omitempty" doc:"Where a piece of equipment stands"`
	State        string   `json:"state" enum:"in-use,lost,retired,replaced" doc:"What is in use or lost is judged"`
	ReplacedBy   string   `json:"replacedBy,omitempty" doc:"The id of the device that is used instead"`
	// Sources are left out while nothing has reported.
	Sources  []HostSource `json:"sources,omitempty" doc:"The inventories of it: what any of them names is on it"`
	Enrolled time.Time    `json:"enrolled"`
	Changed  time.Time    `json:"changed" doc:"When it, or what is on it, changed last"`
	Version  int64        `json:"version" doc:"Raised by every change, those by reports among them"`
}

// HostSource is a tool's inventory of a host.
type HostSource struct {
	Name    string    `json:"name" example:"osquery"`
	Taken   time.Time `json:"taken" doc:"When the inventory was taken that last changed something"`
	Partial bool      `json:"partial,omitempty" doc:"It never names all"`
}

// HostSeen is a host, when it was last heard from, and what it is in breach with now.
type HostSeen struct {
	Host
	Heard    time.Time `json:"heard,omitzero" doc:"When it last reported, to the minute; left out where it never did"`
	Silent   bool      `json:"silent,omitempty" doc:"A device that has not been heard from for seven days"`
	Breaches int       `json:"breaches" doc:"How many things on it are in breach now"`
}

func showHost(h devices.Host) Host {
	shown := Host{
		ID: h.ID, Name: h.Name, Kind: h.Row.Kind.String(), Organisation: h.Row.Organisation, Holder: h.Row.Holder, Groups: h.Row.Groups, Site: h.Row.Site,
		State: string(h.State), ReplacedBy: h.ReplacedBy, Enrolled: h.Enrolled.Time(), Changed: h.Changed.Time(), Version: h.Version,
	}
	if h.Row.Kind == policy.Device {
		shown.Ownership, shown.Platform = max(h.Row.Ownership, policy.Corporate).String(), h.Row.Platform.String()
	}
	for _, s := range h.Sources {
		shown.Sources = append(shown.Sources, HostSource{s.Name, s.Taken.Time(), s.Partial})
	}
	return shown
}

func showListed(l devices.ListedHost) HostSeen {
	return HostSeen{showHost(l.Host), minute(l.Heard), l.Silent, l.Breaches}
}

// minute is the time of a minute since the Unix epoch; zero is never.
func minute(n uint32) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(int64(n)*60, 0).UTC()
}

func oneHost(h devices.Host, err error) (*single[Host], error) {
	if err != nil {
		return nil, err
	}
	return one(h.Version, showHost(h))
}

// HostID is the host that a path names.
type HostID struct {
	ID string `path:"id" maxLength:"200" doc:"The host's id" example:"C02XK1ZZJGH5"`
}

type hostQuery struct {
	Paging
	Organisation string `query:"organisation" doc:"And all below it; without it, all that you may see"`
	Kind         string `query:"kind" enum:"device,equipment"`
	Platform     string `query:"platform" enum:"android,ios,macos,windows,linux,chromeos"`
	Ownership    string `query:"ownership" enum:"corporate,personal,managed-personal"`
	State        string `query:"state" enum:"in-use,lost,retired,replaced" doc:"Without it, those in use and those that are lost"`
	Silent       bool   `query:"silent" doc:"Devices not heard from for seven days"`
	InBreach     bool   `query:"inBreach" doc:"With something in breach now"`
	Q            string `query:"q" maxLength:"200" doc:"What the id or the name begins with"`
}

func (a *api) listHosts(ctx context.Context, in *hostQuery) (*list[HostSeen], error) {
	q := devices.ListQuery{Organisation: in.Organisation, Silent: in.Silent, InBreach: in.InBreach, State: devices.State(in.State), Words: in.Q, Limit: in.Limit}
	q.Kind, _ = policy.ParseHostKind(in.Kind) // huma has checked the words
	q.Platform, _ = policy.ParsePlatform(in.Platform)
	q.Ownership, _ = policy.ParseOwnership(in.Ownership)
	query := given("organisation", in.Organisation, "kind", in.Kind, "platform", in.Platform, "ownership", in.Ownership, "state", in.State,
		"silent", said(in.Silent), "inBreach", said(in.InBreach), "q", in.Q)
	return stretched(in.Paging, "/hosts", query, func(after string) ([]devices.ListedHost, string, error) {
		q.After = after
		found, err := a.Devices.List(ctx, actorOf(ctx), q)
		return found.Hosts, found.Next, err
	}, showListed)
}

// said is a parameter that is true, and nothing otherwise.
func said(is bool) string {
	if is {
		return strconv.FormatBool(is)
	}
	return ""
}

type newHost struct {
	Body struct {
		ID           string   `json:"id" example:"C02XK1ZZJGH5" doc:"A serial number, or an id that stays"`
		Name         string   `json:"name,omitempty" doc:"What people call it"`
		Organisation string   `json:"organisation" example:"dept-a"`
		Ownership    string   `json:"ownership,omitempty" enum:"corporate,personal,managed-personal" doc:"corporate where it is left out"`
		Platform     string   `json:"platform" enum:"android,ios,macos,windows,linux,chromeos"`
		Holder       string   `json:"holder,omitempty" doc:"Who has it, as exemptions spell them"`
		Groups       []string `json:"groups,omitempty" doc:"As exemptions spell them"`
	} `nameHint:"NewHost"`
}

func (a *api) enrolHost(ctx context.Context, in *newHost) (*single[Host], error) {
	b := in.Body
	e := devices.Enrolment{ID: b.ID, Name: b.Name, Organisation: b.Organisation, Holder: b.Holder, Groups: b.Groups}
	e.Ownership, _ = policy.ParseOwnership(b.Ownership)
	e.Platform, _ = policy.ParsePlatform(b.Platform)
	h, err := a.Devices.Enrol(ctx, actorOf(ctx), e)
	if err != nil {
		return nil, err
	}
	return made(h.Version, "/hosts/"+segment(h.ID), showHost(h))
}

func (a *api) getHost(ctx context.Context, in *HostID) (*single[HostSeen], error) {
	h, err := a.Devices.One(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	shown := showListed(h.ListedHost)
	shown.Breaches = 0
	for i := range h.Installed {
		if h.Installed[i].Decision.Breach {
			shown.Breaches++
		}
	}
	return one(h.Version, shown)
}

type hostChange struct {
	HostID
	IfMatch
	Body struct {
		Name      *string   `json:"name,omitempty" doc:"What people call it"`
		Holder    *string   `json:"holder,omitempty" doc:"Who has it, as exemptions spell them"`
		Groups    *[]string `json:"groups,omitempty" doc:"As exemptions spell them"`
		Ownership string    `json:"ownership,omitempty" enum:"corporate,personal,managed-personal" doc:"So that more of the device is judged: that less is takes two people: propose it"`
	} `nameHint:"HostChange"`
}

func (a *api) changeHost(ctx context.Context, in *hostChange) (*single[Host], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	c := devices.HostChange{Version: version, Name: in.Body.Name, Holder: in.Body.Holder, Groups: in.Body.Groups}
	c.Ownership, _ = policy.ParseOwnership(in.Body.Ownership)
	return oneHost(a.Devices.Change(ctx, actorOf(ctx), in.ID, c))
}

type hostMove struct {
	HostID
	IfMatch
	Body struct {
		Organisation string    `json:"organisation" example:"dept-b" doc:"Where it belongs from then on"`
		From         time.Time `json:"from,omitzero" example:"2026-03-01T00:00:00Z" doc:"Since when; now where it is left out. It may have passed"`
	} `nameHint:"HostMove"`
}

func (a *api) moveHost(ctx context.Context, in *hostMove) (*single[Host], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	m := devices.HostMove{Version: version, Organisation: in.Body.Organisation, From: people.TimeOf(in.Body.From)}
	return oneHost(a.Devices.Move(ctx, actorOf(ctx), in.ID, m))
}

type hostRetirement struct {
	HostID
	IfMatch
	Body struct {
		State      string `json:"state" enum:"lost,retired,replaced" doc:"What is lost is judged as before"`
		ReplacedBy string `json:"replacedBy,omitempty" doc:"The id of the device that is used instead, of one that is replaced"`
	} `nameHint:"HostRetirement"`
}

func (a *api) retireHost(ctx context.Context, in *hostRetirement) (*single[Host], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	c := devices.StateChange{Version: version, State: devices.State(in.Body.State), ReplacedBy: in.Body.ReplacedBy}
	return oneHost(a.Devices.ChangeState(ctx, actorOf(ctx), in.ID, c))
}

type hostReturn struct {
	HostID
	IfMatch
}

func (a *api) returnHost(ctx context.Context, in *hostReturn) (*single[Host], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return oneHost(a.Devices.ChangeState(ctx, actorOf(ctx), in.ID, devices.StateChange{Version: version, State: devices.InUse}))
}

// Installed is something on a host, and what the rules say of it now.
type Installed struct {
	Installation
	Called  string    `json:"called,omitempty" doc:"The name of the product that the identifier leads to, or as a report has called it"`
	Known   string    `json:"known,omitempty" doc:"The id of the product that it is"`
	Verdict string    `json:"verdict" example:"allowed"`
	Breach  bool      `json:"breach"`
	Since   time.Time `json:"since,omitzero" doc:"Since when it is in breach for what the verdict says"`
	Sources []string  `json:"sources,omitempty" doc:"Whose inventories name it, where there is more than one"`
}

type hostSource struct {
	HostID
	IfMatch
	Source string `path:"source" maxLength:"60" doc:"The name of a source, as the host has it"`
}

func (a *api) forgetSource(ctx context.Context, in *hostSource) (*nothing, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	_, err = a.Devices.ForgetSource(ctx, actorOf(ctx), in.ID, in.Source, version)
	return &nothing{}, err
}

func (a *api) listInstallations(ctx context.Context, in *HostID) (*list[Installed], error) {
	h, err := a.Devices.One(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return whole(h.Installed, showInstalled), nil
}

func showInstalled(i devices.Installed) Installed {
	in := &i.Installation
	return Installed{
		Installation: Installation{Identifier: in.Identifier, Product: in.Product, Platform: in.Platform.String(), Version: in.Version, VersionCode: in.VersionCode, Signer: in.Signer, Managed: in.Managed},
		Called:       i.Called.Name, Known: i.Called.Product, Verdict: i.Decision.Verdict.String(), Breach: i.Decision.Breach, Since: i.Since.At.Time(), Sources: slices.Clone(i.Sources),
	}
}

// Judged is what the rules said of a host at a time, as it was known at another.
type Judged struct {
	At       time.Time  `json:"at" doc:"What was so then"`
	Known    time.Time  `json:"known" doc:"As it was known then"`
	Here     bool       `json:"here" doc:"Whether the host was here, and in use"`
	Unjudged bool       `json:"unjudged,omitempty" doc:"The register did not know its organisation: nothing says anything of it"`
	Items    []Decision `json:"items" doc:"In the order of identifier and platform"`
}

// Decision is what the rules said of something installed, with the members of a line of portcullis check.
type Decision struct {
	Host       string              `json:"host"`
	Identifier string              `json:"identifier"`
	Platform   string              `json:"platform" doc:"Empty on equipment"`
	Product    string              `json:"product" doc:"Empty where none was found"`
	Version    string              `json:"version"`
	Verdict    string              `json:"verdict" example:"banned"`
	Breach     bool                `json:"breach"`
	Findings   []Finding           `json:"findings"`
	Paths      map[string][]string `json:"paths" doc:"By rule: how it leads to what is installed"`
}

// Finding answers one question about something installed.
type Finding struct {
	Finding    string   `json:"finding" enum:"ban,phase-out,listing"`
	Result     string   `json:"result" example:"banned"`
	Rules      []string `json:"rules"`
	Exemptions []string `json:"exemptions"`
}

type pastQuery struct {
	HostID
	At    time.Time `query:"at" example:"2026-03-01T00:00:00Z" doc:"What was so; now where it is left out"`
	Known time.Time `query:"known" example:"2026-03-01T00:00:00Z" doc:"As it was known; now where it is left out"`
}

func (a *api) listDecisions(ctx context.Context, in *pastQuery) (*single[Judged], error) {
	q := devices.PastQuery{Host: in.ID, At: people.TimeOf(in.At), Known: people.TimeOf(in.Known)}
	found, err := a.Devices.Decisions(ctx, actorOf(ctx), q)
	if err != nil {
		return nil, err
	}
	judged := Judged{At: found.At.Time(), Known: found.Known.Time(), Here: found.Here, Unjudged: found.Unjudged, Items: make([]Decision, 0, len(found.Decisions))}
	for i := range found.Decisions {
		judged.Items = append(judged.Items, showDecision(in.ID, &found.Decisions[i]))
	}
	return &single[Judged]{Body: judged}, nil
}

func showDecision(host string, d *devices.JudgedThing) Decision {
	shown := Decision{Host: host, Identifier: d.Identifier, Platform: d.Platform.String(), Product: d.Product, Version: d.Version,
		Verdict: d.Verdict.String(), Breach: d.Breach, Findings: make([]Finding, 0, len(d.Findings)), Paths: d.Paths}
	for _, f := range d.Findings {
		shown.Findings = append(shown.Findings, Finding{f.Question.String(), f.Result.String(), listed(f.Rules), listed(f.Exemptions)})
	}
	return shown
}

// listed is texts as a list that is there where it is empty.
func listed(texts []string) []string { return append([]string{}, texts...) }
