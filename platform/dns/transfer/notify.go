package transfer

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/miekg/dns"

	zones "portcullis/platform/dns"
)

// Secondary is a name server that takes a zone, and is told when it has changed.
type Secondary struct {
	// Zone is the zone's name in lower case with its final dot, and Address where it hears: host and port.
	Zone, Address string
	// Key is the name of the key that it is told with; empty for those that know none. Being told is to be
	// asked to ask: nothing is taken on its word. Earlier is the one before, for those that do not know Key yet;
	// empty where there is none.
	Key, Earlier string
}

// Notifier tells secondaries that a serial has risen.
type Notifier struct {
	Zones       Zones
	Keys        Keys
	Secondaries func() []Secondary
	Now         func() time.Time
	Log         *slog.Logger
	// Again is how long to wait before those that did not answer are told again, at first: it doubles up to
	// Rarely. 0 is 5 seconds, and Rarely 5 minutes.
	Again, Rarely time.Duration
	// Told, where it is set, counts what became of it each time; nil is that the secondary answered.
	Told func(err error)
}

// patience is how long a secondary may take to answer.
const patience = 3 * time.Second

// Run tells all secondaries once, and then those whose zone's serial has risen when something is received
// from changed, until the context ends. What is sent to changed while it is full need not be. No secondary waits
// for another.
func (n *Notifier) Run(ctx context.Context, changed <-chan struct{}) {
	type telling struct {
		wake chan struct{}
		stop context.CancelFunc
	}
	running := map[Secondary]telling{}
	var all sync.WaitGroup
	defer all.Wait()
	for ctx.Err() == nil {
		present := map[Secondary]bool{}
		for _, s := range n.Secondaries() {
			if present[s] {
				continue
			}
			present[s] = true
			if t, ok := running[s]; ok {
				select {
				case t.wake <- struct{}{}:
				default: // it is awake
				}
				continue
			}
			within, stop := context.WithCancel(ctx)
			t := telling{make(chan struct{}, 1), stop}
			running[s] = t
			all.Go(func() { n.keepTold(within, s, t.wake) })
		}
		for s, t := range running {
			if !present[s] {
				t.stop()
				delete(running, s)
			}
		}
		select {
		case <-ctx.Done():
		case <-changed:
		}
	}
	for _, t := range running {
		t.stop()
	}
}

// keepTold tells one secondary whenever it is woken and behind, and again until it answers.
func (n *Notifier) keepTold(ctx context.Context, s Secondary, wake <-chan struct{}) {
	first, rarely := cmp.Or(n.Again, 5*time.Second), cmp.Or(n.Rarely, 5*time.Minute)
	told, ever := uint32(0), false
	for wait := first; ctx.Err() == nil; {
		zone := n.Zones.Zone(s.Zone)
		var again <-chan time.Time // never
		if zone != nil && (!ever || zones.Above(zone.Serial, told)) {
			if n.told(ctx, s, zone) {
				told, ever, wait = zone.Serial, true, first
				continue // it may have risen meanwhile
			}
			again = time.After(wait)
		}
		select {
		case <-ctx.Done():
		case <-wake:
			wait = first
		case <-again:
			wait = min(2*wait, rarely)
		}
	}
}

// told tells a secondary of a zone's serial, and whether it answered.
func (n *Notifier) told(ctx context.Context, s Secondary, zone *Zone) bool {
	err := n.tell(ctx, s, s.Key, zone)
	if err != nil && s.Earlier != "" && n.tell(ctx, s, s.Earlier, zone) == nil {
		err = nil
	}
	if ctx.Err() != nil {
		return false
	}
	if n.Told != nil {
		n.Told(err)
	}
	if err != nil {
		n.Log.Warn("a name server is not told of a change", "zone", s.Zone, "at", s.Address, "serial", zone.Serial, "err", err)
		return false
	}
	n.Log.Debug("a name server is told of a change", "zone", s.Zone, "at", s.Address, "serial", zone.Serial)
	return true
}

// tell sends one NOTIFY, signed with a key if there is one, and waits for its answer.
func (n *Notifier) tell(ctx context.Context, s Secondary, key string, zone *Zone) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	m := new(dns.Msg).SetNotify(s.Zone)
	m.Answer = zone.Records[:1]
	if key != "" {
		m.SetTsig(key, dns.HmacSHA256, fudge, n.Now().Unix())
	}
	client := dns.Client{Net: "udp", Timeout: patience, TsigProvider: signer{n.Keys}}
	reply, _, err := client.ExchangeContext(ctx, m, s.Address)
	if err != nil {
		return err
	}
	if key != "" && reply.IsTsig() == nil {
		return fmt.Errorf("its answer %s is not signed", dns.RcodeToString[reply.Rcode])
	}
	if reply.Rcode != dns.RcodeSuccess {
		return fmt.Errorf("it answers %s", dns.RcodeToString[reply.Rcode])
	}
	return nil
}
