package enforce

import (
	"context"
	"errors"
	"net/netip"
	"slices"

	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/platform/dns"
	"portcullis/store"
)

// The kinds of entries about networks that a zone is to pass. The subjects are those of entries about zones; the payload is
// a networkEntry.
var (
	networkAsked   = ledger.Kind{Name: "enforce.zone-network-asked", Version: 1}
	networkAgreed  = ledger.Kind{Name: "enforce.zone-network-agreed", Version: 1}
	networkRefused = ledger.Kind{Name: "enforce.zone-network-refused", Version: 1} // or taken back
)

// networkEntry is what the ledger is told of a network. Reasons are for those who decide.
type networkEntry struct {
	Name     string     `json:"name"` // the zone's
	Proposal string     `json:"proposal"`
	Network  string     `json:"network"`
	Until    store.Time `json:"until"`
	Back     bool       `json:"takenBack,omitempty"`
}

// ZoneNetwork is a network whose devices a zone's name servers are to answer as if there were no zone. That exempts whoever
// asks from there from every ban, so it takes two people, and ends.
type ZoneNetwork struct {
	ID, Zone string
	Network  netip.Prefix
	Reason   string
	Until    store.Time
	AskedBy  string // a person
	Asked    store.Time
	// Answer is empty while it waits for the second person; Agreed, Refused or TakenBack.
	Answer     string
	AnsweredBy string // a person
	Answered   store.Time
	Why        string // of a refusal
	// Over is since when it passes no longer, and OverBy who has said so: nobody where its end came, or another stands in
	// its place.
	Over   store.Time
	OverBy string
}

// Waits tells whether nobody has answered yet, and Passes whether it is passed now.
func (n *ZoneNetwork) Waits() bool  { return n.Answer == "" }
func (n *ZoneNetwork) Passes() bool { return n.Answer == Agreed && n.Over.IsZero() }

// inside tells whether all of a network is in another.
func inside(n, other netip.Prefix) bool { return other.Bits() <= n.Bits() && other.Contains(n.Addr()) }

// NewNetwork is what is proposed.
type NewNetwork struct {
	Network netip.Prefix
	Until   store.Time
	Reason  string
}

// mostWaiting is how many networks of a zone may wait for an answer.
const mostWaiting = 50

// pastNetworks is how many that neither wait nor pass are shown of a zone.
const pastNetworks = 200

const noNetwork = "There is no such proposal"

// AskNetwork proposes that a zone pass a network. The actor is a person, or a program of a person's, who has people.KeepZones
// where the zone belongs. A version other than 0 is the zone's, as they saw it.
func (r *Room) AskNetwork(ctx context.Context, actor people.Actor, id string, version int64, asked NewNetwork) (ZoneNetwork, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none ZoneNetwork, err error) {
		person, err := approvals.Asker(tx)
		if err != nil {
			return none, err
		}
		z, err := zoneFrom(tx, people.KeepZones, id, version)
		if err != nil {
			return none, err
		}
		n := ZoneNetwork{Zone: z.ID, Network: asked.Network, Reason: asked.Reason, Until: asked.Until, AskedBy: person, Asked: tx.Now()}
		if err := errors.Join(n.settle(), approvals.CheckEnd(tx, z.Organisation, n.Until), devices.CheckReason("reason", n.Reason)); err != nil {
			return none, err
		}
		if err := z.takes(&n); err != nil {
			return none, err
		}
		if n.ID, err = tx.NewID(); err != nil {
			return none, err
		}
		if err := insertZoneNetwork(tx.Tx, &n); err != nil {
			return none, err
		}
		if err := z.record(tx, networkAsked, &n); err != nil {
			return none, err
		}
		return n, r.tellSeconds(tx, z, &n)
	})
}

// The widest networks that pass, by the length of their prefix: two halves of all there is would be everybody.
const widest4, widest6 = 8, 16

// settle puts a network into its form, or is the fault why it cannot be passed.
func (n *ZoneNetwork) settle() error {
	widest := widest6
	if n.Network.Addr().Is4() {
		widest = widest4
	}
	settled, err := dns.Networks([]netip.Prefix{n.Network})
	if err != nil || n.Network.Bits() < widest {
		return fault.In("network", "%s cannot pass: it is to be a network like 192.0.2.0/24 or 2001:db8::/32, and no wider than /%d", n.Network, widest)
	}
	n.Network = settled[0]
	return nil
}

// takes returns a fault where a network cannot be proposed beside those that there are.
func (z *Zone) takes(n *ZoneNetwork) error {
	waiting, passing := 0, 0
	for i := range z.Networks {
		switch o := &z.Networks[i]; {
		case o.Waits() && o.Network == n.Network:
			return &fault.Error{Kind: fault.Conflict, Field: "network", Message: "This network has been proposed already, and waits for an answer"}
		case o.Waits():
			waiting++
		case o.Passes() && inside(n.Network, o.Network) && !o.Until.Before(n.Until):
			return fault.In("network", "%s passes already, until %s", n.Network, o.Until.Time().Format("2 January 2006 at 15:04 UTC"))
		case o.Passes():
			passing++
		}
	}
	switch {
	case waiting >= mostWaiting:
		return fault.New(fault.Conflict, "%d networks wait for an answer already: have those answered first", waiting)
	case passing >= mostPassed:
		return fault.In("network", "A zone passes %d networks at most: larger ones have one line", mostPassed)
	}
	return nil
}

// AnswerNetwork agrees that a zone pass a network, or refuses it. The actor is a person, or a program of a person's, who may
// sign exemptions where the zone belongs as the second person, and is not the one who proposed it; they may take it
// back, with people.KeepZones. On agreement name servers are given it with the next serial. A version other than 0 is the zone's, as
// they saw it.
func (r *Room) AnswerNetwork(ctx context.Context, actor people.Actor, id, network string, version int64, agree bool, why string) (ZoneNetwork, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (none ZoneNetwork, err error) {
		person, err := approvals.Asker(tx)
		if err != nil {
			return none, err
		}
		z, n, err := zoneNetwork(tx, id, network)
		if err != nil {
			return none, err
		}
		back := !agree && person == n.AskedBy
		if back {
			err = tx.Require(people.KeepZones, z.Organisation)
		} else {
			_, err = approvals.SecondForExemption(tx, z.Organisation, n.AskedBy, agree)
		}
		if err == nil {
			err = z.seen(version)
		}
		switch {
		case err != nil:
			return none, err
		case !n.Waits():
			return none, fault.New(fault.Conflict, "This was answered already, on %s", n.Answered.Time().Format("2 January 2006 at 15:04 UTC"))
		case !agree && !back:
			err = devices.CheckReason("why", why)
		case agree:
			err = z.agreeable(tx, n)
		}
		if err != nil {
			return none, err
		}
		n.AnsweredBy, n.Answered = person, tx.Now()
		switch {
		case agree:
			n.Answer = Agreed
			err = z.agree(tx, n)
		case back:
			n.Answer = TakenBack
			return *n, z.refuse(tx, n)
		default:
			n.Answer, n.Why = Refused, why
			err = z.refuse(tx, n)
		}
		if err != nil {
			return none, err
		}
		return *n, r.tellProposer(tx, z, n)
	})
}

// refuse notes that a network does not pass.
func (z *Zone) refuse(tx *people.Tx, n *ZoneNetwork) error {
	if err := updateZoneNetwork(tx.Tx, n); err != nil {
		return err
	}
	return z.record(tx, networkRefused, n)
}

// agreeable returns a fault where a network can no longer be agreed to as it was proposed.
func (z *Zone) agreeable(tx *people.Tx, n *ZoneNetwork) error {
	if err := approvals.CheckEnd(tx, z.Organisation, n.Until); fault.Is(err, fault.Invalid) {
		return fault.New(fault.Conflict, "It cannot be until %s any more: refuse this, and have it proposed anew if it is still meant", n.Until.Time().Format("2 January 2006 at 15:04 UTC"))
	} else if err != nil {
		return err
	}
	others := slices.DeleteFunc(slices.Clone(z.Networks), func(o ZoneNetwork) bool { return o.Waits() })
	return (&Zone{Networks: others}).takes(n)
}

// agree has a network pass from now on. Another that is the same, or all in it and ends no later, is over with that.
func (z *Zone) agree(tx *people.Tx, n *ZoneNetwork) error {
	for i := range z.Networks {
		o := &z.Networks[i]
		if o.Passes() && inside(o.Network, n.Network) && (o.Network == n.Network || !n.Until.Before(o.Until)) {
			o.Over = tx.Now()
			if err := updateZoneNetwork(tx.Tx, o); err != nil {
				return err
			}
		}
		if o.ID == n.ID {
			*o = *n
		}
	}
	if err := updateZoneNetwork(tx.Tx, n); err != nil {
		return err
	}
	z.pass()
	return z.record(tx, networkAgreed, n)
}

// pass sets which networks are passed, after those of the zone have changed.
func (z *Zone) pass() {
	var passing []netip.Prefix
	for i := range z.Networks {
		if n := &z.Networks[i]; n.Passes() {
			passing = append(passing, n.Network)
		}
	}
	z.Passed, _ = dns.Networks(passing) // each was settled
}

// narrow has no more pass than those that are said, each of which is in one that passes and ends with it.
func (z *Zone) narrow(tx *people.Tx, wanted []netip.Prefix) error {
	wanted, err := dns.Networks(wanted)
	if err != nil {
		return fault.In("passed", "%s", err)
	}
	var further []ZoneNetwork
	for _, w := range wanted {
		var from *ZoneNetwork
		for i := range z.Networks {
			if n := &z.Networks[i]; n.Passes() && inside(w, n.Network) && (from == nil || n.Network == w || from.Network != w && from.Until.Before(n.Until)) {
				from = n
			}
		}
		if from == nil {
			return fault.In("passed", "%s does not pass: propose it, with a reason and an end, for somebody else to agree", w)
		}
		if from.Network != w {
			narrower := *from
			narrower.Network = w
			further = append(further, narrower)
		}
	}
	if len(wanted) > mostPassed {
		return fault.In("passed", "A zone passes %d networks at most: larger ones have one line", mostPassed)
	}
	for i := range z.Networks {
		n := &z.Networks[i]
		if !n.Passes() || slices.Contains(wanted, n.Network) {
			continue
		}
		n.Over, n.OverBy = tx.Now(), tx.Who().Principal()
		if err := updateZoneNetwork(tx.Tx, n); err != nil {
			return err
		}
	}
	for i := range further {
		n := &further[i]
		if n.ID, err = tx.NewID(); err != nil {
			return err
		}
		if err := insertZoneNetwork(tx.Tx, n); err != nil {
			return err
		}
	}
	z.Networks = append(z.Networks, further...)
	z.pass()
	return nil
}

// record raises the version of a zone, writes it and enters what was done about a network.
func (z *Zone) record(tx *people.Tx, kind ledger.Kind, n *ZoneNetwork) error {
	z.Version++
	if err := updateZone(tx.Tx, z); err != nil {
		return err
	}
	return tx.Record(kind, z.Organisation, []string{z.ID}, networkEntry{Name: z.Name, Proposal: n.ID, Network: n.Network.String(), Until: n.Until, Back: n.Answer == TakenBack})
}

// zoneNetwork is a network of a zone, and the zone, for whoever may see it.
func zoneNetwork(tx *people.Tx, id, network string) (*Zone, *ZoneNetwork, error) {
	z, err := zone(tx, people.SeeZones, id)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(z.Networks, func(n ZoneNetwork) bool { return n.ID == network })
	if i < 0 {
		return nil, nil, fault.New(fault.NotFound, noNetwork)
	}
	n := z.Networks[i]
	return z, &n, nil
}

// ZoneSight is a zone as somebody sees it, and what they may do about it.
type ZoneSight struct {
	*Zone
	MayKeep, MayAgree bool
	// Latest is until when a network that is proposed now may pass at most.
	Latest store.Time
	// Names are those of the people who had a part in its networks, by id: whoever is to agree has to know with whom.
	Names map[string]string
}

// SeeZone returns a zone without its secrets, and what the actor may do about it. It needs people.SeeZones in the
// organisation.
func (r *Room) SeeZone(ctx context.Context, actor people.Actor, id string) (ZoneSight, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (s ZoneSight, err error) {
		if s.Zone, err = zone(tx, people.SeeZones, id); err != nil {
			return s, err
		}
		if s.MayKeep, err = tx.May(people.KeepZones, s.Organisation); err != nil {
			return s, err
		}
		if s.MayAgree, err = approvals.MaySecondExemption(tx, s.Organisation); err != nil {
			return s, err
		}
		latest, _, err := approvals.LatestEnd(tx, s.Organisation)
		if err != nil {
			return s, err
		}
		s.Latest = store.TimeOf(latest)
		s.Names, err = namesIn(tx.Tx, s.Networks)
		return s, err
	})
}

// namesIn are the names of the people who had a part in networks.
func namesIn(tx *store.Tx, networks []ZoneNetwork) (map[string]string, error) {
	var ids []string
	for i := range networks {
		ids = append(ids, networks[i].AskedBy, networks[i].AnsweredBy, networks[i].OverBy)
	}
	return people.NamesOf(tx, ids...)
}

// overdueZones has networks pass no longer whose end has come, and forgets the secrets that are good no longer.
func overdueZones(tx *store.Tx) error {
	if err := deleteZoneSecrets(tx); err != nil {
		return err
	}
	ids, err := selectZonesOverdue(tx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		z, err := selectZone(tx, id)
		if err != nil {
			return err
		}
		for i := range z.Networks {
			n := &z.Networks[i]
			if !n.Passes() || tx.Now().Before(n.Until) {
				continue
			}
			n.Over = tx.Now()
			if err := updateZoneNetwork(tx, n); err != nil {
				return err
			}
		}
		z.pass()
		z.Version++
		if err := updateZone(tx, z); err != nil {
			return err
		}
	}
	return nil
}
