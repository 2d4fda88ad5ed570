package api

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/people"
)

// Zone is a response policy zone, from which an organisation's name servers answer.
type Zone struct {
	ID           string        `json:"id" example:"01kq3t8w9v0000000000000000"`
	Name         string        `json:"name" example:"rpz.dept-a.example"`
	Organisation string        `json:"organisation" example:"dept-a" doc:"Whose list it has"`
	Passed       []string      `json:"passed" example:"[\"192.0.2.0/24\"]" doc:"The networks whose devices are answered as if there were no zone, until each one's end: see networks"`
	Networks     []ZoneNetwork `json:"networks" doc:"The networks that pass, that wait for an answer and, where one zone is asked for, that once did, the newest first"`
	Notify       []NameServer  `json:"notify" doc:"The name servers that are told when the serial has risen"`
	Added        time.Time     `json:"added"`
	Serial       uint32        `json:"serial,omitempty" doc:"It rises when what the zone says changes, and only then; left out before there is anything"`
	Digest       string        `json:"sha256,omitempty" doc:"Of what the zone says, whatever its serial"`
	Generation   int64         `json:"generation,omitempty" doc:"The register's, in which the zone first said this"`
	Published    time.Time     `json:"published,omitzero" doc:"When it was first given out with this serial"`
	Keys         []ZoneKey     `json:"keys" doc:"The keys that may take it by transfer, the newest first"`
	Addresses    []ZoneAddress `json:"addresses" doc:"The addresses under which its text is found, without their secrets, the newest first"`
}

// ZoneNetwork is a network whose devices a zone's name servers are to answer as if there were no zone. It takes two people.
type ZoneNetwork struct {
	ID         string    `json:"id" example:"01kq3t8w9v0000000000000000"`
	Network    string    `json:"network" example:"192.0.2.0/24"`
	Reason     string    `json:"reason"`
	Until      time.Time `json:"until" doc:"When it passes no longer: it always ends"`
	State      string    `json:"state" enum:"open,passes,over,refused,taken-back"`
	AskedBy    string    `json:"askedBy" doc:"The person who proposed it"`
	Asked      time.Time `json:"asked"`
	AnsweredBy string    `json:"answeredBy,omitempty" doc:"The person who answered; left out while it is open"`
	Answered   time.Time `json:"answered,omitzero"`
	Why        string    `json:"why,omitempty" doc:"The reason of a refusal"`
	Over       time.Time `json:"over,omitzero" doc:"Since when it passes no longer"`
	OverBy     string    `json:"overBy,omitempty" doc:"Who had it pass no longer; left out where its end came, or another took its place"`
}

func showZoneNetwork(n enforce.ZoneNetwork) ZoneNetwork {
	shown := ZoneNetwork{ID: n.ID, Network: n.Network.String(), Reason: n.Reason, Until: n.Until.Time(), State: n.Answer, AskedBy: n.AskedBy, Asked: n.Asked.Time(),
		AnsweredBy: n.AnsweredBy, Answered: n.Answered.Time(), Why: n.Why, Over: n.Over.Time(), OverBy: n.OverBy}
	switch {
	case n.Waits():
		shown.State = "open"
	case n.Passes():
		shown.State = "passes"
	case n.Answer == enforce.Agreed:
		shown.State = "over"
	}
	return shown
}

// NameServer is one that is told when a serial has risen.
type NameServer struct {
	Address  string `json:"address" maxLength:"100" example:"192.0.2.53" doc:"With a port where it is not 53: 192.0.2.53:5353, [2001:db8::53]:5353"`
	Unsigned bool   `json:"unsigned,omitempty" doc:"It knows no key, as Unbound does not"`
}

// ZoneKey is a key that signs transfers.
type ZoneKey struct {
	Name      string    `json:"name" example:"key1.rpz.dept-a.example"`
	Algorithm string    `json:"algorithm" example:"hmac-sha256"`
	Made      time.Time `json:"made"`
	Until     time.Time `json:"until,omitzero" doc:"When it is good no longer, for another stands in its place"`
	ZoneFetched
}

// ZoneFetched is what was last taken by a secret.
type ZoneFetched struct {
	Fetched time.Time `json:"fetched,omitzero" doc:"When the zone was last taken by it, or asked for by who had it already; left out where it never was"`
	Serial  uint32    `json:"fetched_serial,omitempty" doc:"The serial that was taken then"`
}

// ZoneAddress is an address of a zone's text.
type ZoneAddress struct {
	Made  time.Time `json:"made"`
	Until time.Time `json:"until,omitzero" doc:"When it is good no longer, for another stands in its place"`
	ZoneFetched
}

// NewZoneSecrets are what was drawn for a zone. They are not shown again.
type NewZoneSecrets struct {
	Key  *ZoneSecret `json:"key,omitempty"`
	Path string      `json:"path,omitempty" doc:"The path of the zone's text on this server. Whoever knows it may fetch the text"`
}

// ZoneSecret is a key with its secret.
type ZoneSecret struct {
	Name      string `json:"name" example:"key1.rpz.dept-a.example"`
	Algorithm string `json:"algorithm" example:"hmac-sha256"`
	Secret    string `json:"secret" doc:"In base64, as name servers' configurations take it"`
}

// NewZone is a zone with what was just drawn for it.
type NewZone struct {
	Zone
	Secrets NewZoneSecrets `json:"secrets"`
}

func showZone(z *enforce.Zone) Zone {
	e := z.Edition
	shown := Zone{ID: z.ID, Name: z.Name, Organisation: z.Organisation, Passed: []string{}, Networks: []ZoneNetwork{}, Notify: []NameServer{}, Added: z.Added.Time(), Keys: []ZoneKey{}, Addresses: []ZoneAddress{}}
	if e.Number > 0 {
		shown.Serial, shown.Digest, shown.Generation, shown.Published = e.Serial, e.Digest, e.Generation, e.Published.Time()
	}
	for _, n := range z.Passed {
		shown.Passed = append(shown.Passed, n.String())
	}
	for _, n := range z.Networks {
		shown.Networks = append(shown.Networks, showZoneNetwork(n))
	}
	for _, n := range z.Notify {
		shown.Notify = append(shown.Notify, NameServer{n.Address.String(), n.Unsigned})
	}
	for _, k := range z.Keys {
		shown.Keys = append(shown.Keys, ZoneKey{k.Name, enforce.ZoneAlgorithm, k.Made.Time(), k.Until.Time(), showFetched(k.Fetched)})
	}
	for _, a := range z.Addresses {
		shown.Addresses = append(shown.Addresses, ZoneAddress{a.Made.Time(), a.Until.Time(), showFetched(a.Fetched)})
	}
	return shown
}

func showFetched(f enforce.Fetched) ZoneFetched { return ZoneFetched{f.At.Time(), f.Serial} }

func showSecrets(s enforce.ZoneSecrets) (shown NewZoneSecrets) {
	if s.Key != "" {
		shown.Key = &ZoneSecret{s.Key, enforce.ZoneAlgorithm, s.KeySecret}
	}
	shown.Path = s.Path
	return shown
}

// readServers reads name servers; faults are about the field notify.
func readServers(said []NameServer) (servers []enforce.NameServer, err error) {
	var errs []error
	for _, s := range said {
		at, err := enforce.ReadNameServer(s.Address)
		errs = append(errs, err)
		servers = append(servers, enforce.NameServer{Address: at, Unsigned: s.Unsigned})
	}
	return servers, errors.Join(errs...)
}

func (a *api) listZones(ctx context.Context, _ *struct{}) (*list[Zone], error) {
	found, err := a.Enforce.Zones(ctx, actorOf(ctx))
	return whole(found, showZone), err
}

type zoneAdded struct {
	Body struct {
		Name         string       `json:"name" example:"rpz.dept-a.example" doc:"No two zones have one name"`
		Organisation string       `json:"organisation" example:"dept-a"`
		Notify       []NameServer `json:"notify,omitempty"`
	} `nameHint:"ZoneAdded"`
}

func (a *api) addZone(ctx context.Context, in *zoneAdded) (*single[NewZone], error) {
	notify, err := readServers(in.Body.Notify)
	if err != nil {
		return nil, err
	}
	z, secrets, err := a.Enforce.AddZone(ctx, actorOf(ctx), enforce.Zone{Name: in.Body.Name, Organisation: in.Body.Organisation, Notify: notify})
	if err != nil {
		return nil, err
	}
	return made(z.Version, "/zones/"+segment(z.ID), NewZone{showZone(&z), showSecrets(secrets)})
}

func (a *api) getZone(ctx context.Context, in *ID) (*single[Zone], error) {
	z, err := a.Enforce.Zone(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return one(z.Version, showZone(z))
}

type zoneChanged struct {
	ID
	IfMatch
	Body struct {
		Passed *[]string     `json:"passed,omitempty" example:"[\"192.0.2.0/24\"]" doc:"The networks that go on passing, or parts of those: all others pass no longer. More takes two people"`
		Notify *[]NameServer `json:"notify,omitempty" doc:"All that are told from now on"`
	} `nameHint:"ZoneChanged"`
}

func (a *api) changeZone(ctx context.Context, in *zoneChanged) (*single[Zone], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	change := enforce.ZoneChange{Version: version}
	var errs [2]error
	if in.Body.Passed != nil {
		var passed []netip.Prefix
		passed, errs[0] = enforce.ReadNetworks(*in.Body.Passed)
		change.Passed = &passed
	}
	if in.Body.Notify != nil {
		var notify []enforce.NameServer
		notify, errs[1] = readServers(*in.Body.Notify)
		change.Notify = &notify
	}
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	z, err := a.Enforce.ChangeZone(ctx, actorOf(ctx), in.ID.ID, change)
	if err != nil {
		return nil, err
	}
	return one(z.Version, showZone(z))
}

type zoneRotated struct {
	ID
	Body struct {
		Key     bool `json:"key,omitempty" doc:"Whether another key is to be drawn"`
		Address bool `json:"address,omitempty" doc:"Whether another address is to be drawn"`
		Hours   *int `json:"hours,omitempty" example:"24" doc:"For how many hours those before are still good: 24 unless said, 720 at most, and 0 for what others have seen"`
	} `nameHint:"ZoneRotated"`
}

// usualOverlap is for how many hours the secrets before are still good.
const usualOverlap = 24

func (a *api) rotateZone(ctx context.Context, in *zoneRotated) (*single[NewZone], error) {
	hours := usualOverlap
	if in.Body.Hours != nil {
		hours = *in.Body.Hours
	}
	if hours < 0 || hours > 720 {
		return nil, fault.In("hours", "What was there before is good for 0 to 720 hours more")
	}
	z, secrets, err := a.Enforce.RotateZone(ctx, actorOf(ctx), in.ID.ID, enforce.Rotation{Key: in.Body.Key, Address: in.Body.Address, Overlap: time.Duration(hours) * time.Hour})
	if err != nil {
		return nil, err
	}
	return one(z.Version, NewZone{showZone(z), showSecrets(secrets)})
}

func (a *api) endZone(ctx context.Context, in *ID) (*nothing, error) {
	return &nothing{}, a.Enforce.EndZone(ctx, actorOf(ctx), in.ID, 0)
}

type newZoneNetwork struct {
	ID
	IfMatch
	Body struct {
		Network string    `json:"network" maxLength:"100" example:"192.0.2.0/24"`
		Until   time.Time `json:"until" doc:"When it passes no longer: at most as many days from now as an exemption holds in the organisation"`
		Reason  string    `json:"reason" doc:"Whoever agrees reads this"`
	} `nameHint:"NewZoneNetwork"`
}

func (a *api) askZoneNetwork(ctx context.Context, in *newZoneNetwork) (*single[ZoneNetwork], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	network, err := enforce.ReadNetwork("network", in.Body.Network)
	if err != nil {
		return nil, err
	}
	n, err := a.Enforce.AskNetwork(ctx, actorOf(ctx), in.ID.ID, version, enforce.NewNetwork{Network: network, Until: people.TimeOf(in.Body.Until), Reason: in.Body.Reason})
	if err != nil {
		return nil, err
	}
	return &single[ZoneNetwork]{Location: Base + "/zones/" + segment(in.ID.ID), Body: showZoneNetwork(n)}, nil
}

// NetworkID is a network of a zone.
type NetworkID struct {
	ID
	Network string `path:"network" maxLength:"200" doc:"The id of the network's proposal"`
}

type zoneNetworkAnswer struct {
	NetworkID
	IfMatch
	Body struct {
		Agree bool   `json:"agree" doc:"It passes at once, until its end"`
		Why   string `json:"why,omitempty" doc:"Of who refuses: why"`
	} `nameHint:"ZoneNetworkAnswer"`
}

func (a *api) answerZoneNetwork(ctx context.Context, in *zoneNetworkAnswer) (*single[ZoneNetwork], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return oneNetwork(a.Enforce.AnswerNetwork(ctx, actorOf(ctx), in.ID.ID, in.Network, version, in.Body.Agree, in.Body.Why))
}

func (a *api) takeBackZoneNetwork(ctx context.Context, in *NetworkID) (*single[ZoneNetwork], error) {
	return oneNetwork(a.Enforce.AnswerNetwork(ctx, actorOf(ctx), in.ID.ID, in.Network, 0, false, ""))
}

func oneNetwork(n enforce.ZoneNetwork, err error) (*single[ZoneNetwork], error) {
	if err != nil {
		return nil, err
	}
	return &single[ZoneNetwork]{Body: showZoneNetwork(n)}, nil
}
