package api

import (
	"context"
	"time"

	"portcullis/enforce"
)

// Uptake is how far a decision has come to the devices that must have it.
type Uptake struct {
	Ends       bool             `json:"ends" doc:"It has ended, and this is how far its end has come"`
	Decided    time.Time        `json:"decided" doc:"When it was recorded"`
	Generation int64            `json:"generation" doc:"The register's since which it counts"`
	From       time.Time        `json:"from" doc:"When it takes effect: not before it was decided"`
	Published  time.Time        `json:"published,omitzero" doc:"When a server first had a list with it for a device that tells what it has; left out where none has"`
	Counted    time.Time        `json:"counted" doc:"When devices were counted"`
	Devices    Tally            `json:"devices" doc:"All that must have it, as far as you may see them; personal devices are not among them"`
	Platforms  []PlatformUptake `json:"platforms"`
	Bodies     []BodyUptake     `json:"bodies" doc:"Each by its own devices; where most is missing first"`
	Browsers   bool             `json:"browsers" doc:"It is about add-ons of browsers as well: nothing tells whether a browser has it"`
	Network    bool             `json:"network" doc:"It is about names on the network as well: nothing tells of single devices"`
	Curve      []UptakePoint    `json:"curve" maxItems:"50" doc:"How many devices had confirmed it by when, in equal steps; empty before it takes effect"`
}

// Tally counts devices: each is one of confirmed, fetched, silent and untold.
type Tally struct {
	MustHave  int `json:"mustHave"`
	Confirmed int `json:"confirmed" doc:"They have said that it is in force on them"`
	Fetched   int `json:"fetched" doc:"They were given it, and have not said that it is in force"`
	Silent    int `json:"silent" doc:"They have not been heard from since, by what would tell: it is not known whether they have it"`
	Never     int `json:"never" doc:"Those of the silent that never asked here for a list"`
	Untold    int `json:"untold" doc:"They are on platforms where nothing tells: where it has ended, their expiry is unconfirmed"`
}

// PlatformUptake is the devices of one platform.
type PlatformUptake struct {
	Platform string `json:"platform" example:"macos"`
	Tally
}

// BodyUptake is the devices of one organisation, without those below it.
type BodyUptake struct {
	Organisation string `json:"organisation"`
	Tally
}

// UptakePoint is how many devices had confirmed it at a time.
type UptakePoint struct {
	At        time.Time `json:"at"`
	Confirmed int       `json:"confirmed"`
}

func (a *api) getRuleUptake(ctx context.Context, in *RuleID) (*single[Uptake], error) {
	u, err := a.Enforce.RuleUptake(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &single[Uptake]{Body: showUptake(u)}, nil
}

func (a *api) getExemptionUptake(ctx context.Context, in *ExemptionID) (*single[Uptake], error) {
	u, err := a.Enforce.ExemptionUptake(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &single[Uptake]{Body: showUptake(u)}, nil
}

func showUptake(u *enforce.Uptake) Uptake {
	shown := Uptake{Ends: u.Ends, Decided: u.Decided, Generation: u.Generation, From: u.From, Published: u.Published, Counted: u.At, Devices: showTally(&u.Total),
		Platforms: []PlatformUptake{}, Bodies: []BodyUptake{}, Browsers: u.Browsers, Network: u.Network, Curve: []UptakePoint{}}
	for i := range u.Platforms {
		shown.Platforms = append(shown.Platforms, PlatformUptake{u.Platforms[i].Platform.String(), showTally(&u.Platforms[i].Tally)})
	}
	for i := range u.Bodies {
		shown.Bodies = append(shown.Bodies, BodyUptake{u.Bodies[i].Organisation, showTally(&u.Bodies[i].Tally)})
	}
	for _, p := range u.Curve {
		shown.Curve = append(shown.Curve, UptakePoint(p))
	}
	return shown
}

func showTally(t *enforce.Tally) Tally {
	return Tally{MustHave: t.Devices, Confirmed: t.Confirmed, Fetched: t.Fetched, Silent: t.Silent, Never: t.Never, Untold: t.Untold}
}
