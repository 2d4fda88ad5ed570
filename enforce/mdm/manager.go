package mdm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"portcullis/enforce"
	"portcullis/platform"
	"portcullis/platform/apple"
	"portcullis/policy"
)

// Devices is what devices have and are to have: enforce.Managed.
type Devices interface {
	Devices(ctx context.Context, workers int, each func(*enforce.ManagedDevice)) error
	Lists() *enforce.Lists
	Offer(ctx context.Context, d *enforce.ManagedDevice, own string) (enforce.Content, error)
	Withdraw(ctx context.Context, d *enforce.ManagedDevice, own string) (enforce.Content, error)
	Confirm(ctx context.Context, d *enforce.ManagedDevice) error
	Refused(ctx context.Context, d *enforce.ManagedDevice, why string) error
	Undeclared(ctx context.Context, host string) error
	Due(ctx context.Context) ([]enforce.Order, error)
	Sent(ctx context.Context, id string) error
}

// Manager keeps devices and what they are to have together: it gives out declarations and profiles when lists change,
// reads back what devices say of them, and asks devices for their apps when their last answer is old. A pass changes only what is
// not so already, so that two servers at once do no harm.
type Manager struct {
	client  *Client
	devices Devices
	secret  []byte
	every   time.Duration
	now     func() time.Time
	log     *slog.Logger

	mu       sync.Mutex
	sets     map[string]*putting                  // by the set's name
	done     map[task]string                      // what was last sent to a device, so that it is sent once
	placed   map[string]string                    // the set that a device was put into
	begun    time.Time                            // since when sets and placed are remembered
	profiles map[*platform.List]*enforce.Artefact // those of lists that devices share, in this pass

	orderAgain time.Time // until when orders are not tried again
}

// task is what is sent to a device once for each reason, of which there is one in each period at least.
type task struct{ what, host string }

// putting is a set that is being put, or was.
type putting struct {
	mu     sync.Mutex
	digest string
	token  string // of the configuration, as KMFDDM calls it
}

const (
	// workers is how many devices are seen to at once.
	workers = 8
	// remember is for how long it is taken for granted that KMFDDM still has what it was given.
	remember = time.Hour
)

// NewManager makes a manager that asks each device for its apps every so often. secret is the webhook's.
func NewManager(c *Client, d Devices, secret string, every time.Duration, now func() time.Time, log *slog.Logger) *Manager {
	return &Manager{client: c, devices: d, secret: []byte(secret), every: every, now: now, log: log}
}

// Reconcile sees to all devices once. What fails for one is logged, and tried again in the next pass.
func (m *Manager) Reconcile(ctx context.Context) error {
	if now := m.now(); m.sets == nil || now.Sub(m.begun) > remember || now.Before(m.begun) {
		m.sets, m.placed, m.begun = map[string]*putting{}, map[string]string{}, now
		if m.done == nil {
			m.done = map[task]string{}
		}
	}
	m.profiles = map[*platform.List]*enforce.Artefact{}
	var failed atomic.Int64
	var first sync.Once
	err := m.devices.Devices(ctx, workers, func(d *enforce.ManagedDevice) {
		if err := errors.Join(m.give(ctx, d), m.ask(ctx, d)); err != nil {
			failed.Add(1)
			first.Do(func() {
				m.log.Warn("a managed device could not be seen to; it is tried again", "host", d.Host, "error", err)
			})
		}
	})
	if n := failed.Load(); n > 1 {
		m.log.Warn("managed devices could not be seen to; they are tried again", "devices", n)
	}
	return err
}

// ask asks a device for its apps and, where that decides what it is given, for what system it runs, where its last
// answer is old. Until it answers, or the period ends, it is asked once.
func (m *Manager) ask(ctx context.Context, d *enforce.ManagedDevice) (err error) {
	if d.Want == nil {
		return nil
	}
	if m.old(d.Said.Listed) {
		err = m.once("apps", d.Host, "", func(period int64) error {
			return m.client.Enqueue(ctx, d.Host, apple.ListApps(commandFor(m.secret, d.Host, period)))
		})
	}
	if d.Want.Platform == policy.IOS && m.old(d.Said.System.At) {
		err = errors.Join(err, m.once("system", d.Host, "", func(period int64) error {
			return m.client.Enqueue(ctx, d.Host, apple.AskSystem(command{verb: askSystem, period: period}.id(m.secret, d.Host)))
		}))
	}
	return err
}

// old tells whether an answer of a time is to be asked for anew.
func (m *Manager) old(at time.Time) bool {
	now := m.now()
	return now.Sub(at) >= m.every || now.Before(at)
}

// nudge has a device fetch its declarations that has not confirmed them: KMFDDM tells it once, when they change, and
// not at all where it enrolled anew.
func (m *Manager) nudge(ctx context.Context, d *enforce.ManagedDevice) error {
	if d.Confirmed.Digest == d.Want.Digest() {
		return nil
	}
	enrolment := d.Host + "-" + strconv.FormatInt(d.Enrolled.Time().Unix(), 10)
	return m.once("declare", d.Host, enrolment, func(period int64) error {
		return m.client.Enqueue(ctx, d.Host, apple.Declare(fmt.Sprintf("%s%d-%s", declarePrefix, period, enrolment)))
	})
}

// declarePrefix begins the ids of commands to fetch declarations.
const declarePrefix = "portcullis-declare-"

// once does something for a device once in each period for the same reason, and again where it failed.
func (m *Manager) once(what, host, reason string, do func(period int64) error) error {
	t, period := task{what, host}, m.now().UnixNano()/int64(m.every)
	reason += " " + strconv.FormatInt(period, 10)
	m.mu.Lock()
	was := m.done[t] == reason
	m.done[t] = reason
	m.mu.Unlock()
	if was {
		return nil
	}
	err := do(period)
	if err != nil {
		m.mu.Lock()
		delete(m.done, t)
		m.mu.Unlock()
	}
	return err
}

// declare gives a device its declarations, and reads back what it says of them.
func (m *Manager) declare(ctx context.Context, d *enforce.ManagedDevice) error {
	if m.client.config.DeclarationsURL == "" {
		return nil
	}
	both, err := declarations(d.Want)
	if err != nil {
		return err
	}
	set := both[0].Identifier
	if d.Offered.Digest != d.Want.Digest() || string(d.Offered.Own) != set {
		if _, err := m.devices.Offer(ctx, d, set); err != nil {
			return err
		}
	}
	token, err := m.put(ctx, d.Want.Digest(), both)
	if err != nil {
		return err
	}
	if err := errors.Join(m.place(ctx, d.Host, set), m.nudge(ctx, d)); err != nil {
		return err
	}
	return m.confirm(ctx, d, set, token)
}

// declarations are those of an artefact: the configuration, and the activation that puts it into force.
func declarations(a *enforce.Artefact) (both []declaration, err error) {
	if err := json.Unmarshal(a.Data, &both); err != nil {
		return nil, err
	}
	if len(both) != 2 || !strings.HasPrefix(both[0].Identifier, prefix) {
		return nil, fmt.Errorf("the declarations of %s are not a configuration and an activation", a.Organisation)
	}
	return both, nil
}

// put has KMFDDM keep a set's declarations, once for all devices of it.
func (m *Manager) put(ctx context.Context, digest string, both []declaration) (token string, err error) {
	set := both[0].Identifier
	m.mu.Lock()
	p := m.sets[set]
	if p == nil {
		p = &putting{}
		m.sets[set] = p
	}
	m.mu.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.digest == digest {
		return p.token, nil
	}
	p.digest = ""
	for i := range both {
		t, err := m.client.Put(ctx, both[i])
		if err != nil {
			return "", err
		}
		if i == 0 {
			token = t
		}
		if err := m.client.PutSet(ctx, set, both[i].Identifier); err != nil {
			return "", err
		}
	}
	p.digest, p.token = digest, token
	return token, nil
}

// place has a device be in one of our sets; in none where that is empty.
func (m *Manager) place(ctx context.Context, host, set string) error {
	if m.client.config.DeclarationsURL == "" {
		return nil
	}
	m.mu.Lock()
	was, is := m.placed[host]
	m.mu.Unlock()
	if is && was == set {
		return nil
	}
	if err := m.client.Assign(ctx, host, set); err != nil {
		return err
	}
	m.mu.Lock()
	m.placed[host] = set
	m.mu.Unlock()
	return nil
}

// confirm reads what a device says of its configuration. What it said before it was offered this one says nothing of it.
func (m *Manager) confirm(ctx context.Context, d *enforce.ManagedDevice, set, token string) error {
	if d.Offered.Digest != d.Want.Digest() || string(d.Offered.Own) != set {
		return nil // it was offered in this pass: the next reads what it says
	}
	all, err := m.client.Status(ctx, d.Host)
	if err != nil {
		return err
	}
	for i := range all {
		s := &all[i]
		if s.Identifier != set || s.Token != token || s.Received.Before(d.Offered.At.Time()) {
			continue
		}
		if s.Active && s.Valid == "valid" {
			return m.devices.Confirm(ctx, d)
		}
		err := m.devices.Refused(ctx, d, s.why())
		if strings.Contains(s.why(), unknownType) && !d.Said.Undeclared {
			err = errors.Join(err, m.devices.Undeclared(ctx, d.Host))
		}
		return err
	}
	return nil
}

// unknownType is what a device says that does not know declarations of apps.
const unknownType = "Error.UnknownDeclarationType"

// why is why a declaration is not in force, in a few words.
func (s *status) why() string {
	var words []string
	for _, r := range s.Reasons {
		words = append(words, r.Code)
	}
	if len(words) == 0 {
		words = []string{s.Valid, "and not active"}
	}
	text := strings.Join(words, " ")
	return strings.ToValidUTF8(text[:min(len(text), 200)], "")
}

// passEvery is how often a pass is made, lists changed or not; lookEvery is how often it is looked whether they did.
const (
	passEvery = 2 * time.Minute
	lookEvery = time.Second
)

// Alone has something done by one server at a time, and tells whether this was the one.
type Alone func(ctx context.Context, do func(ctx context.Context) error) (bool, error)

// Run makes passes until the context ends: one each few minutes, and one at once when lists change.
func (m *Manager) Run(ctx context.Context, alone Alone) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var lists *enforce.Lists
	var last time.Time
	for {
		now := m.now()
		if err := m.order(ctx, alone); err != nil && ctx.Err() == nil {
			m.log.Warn("devices could not be locked or erased as people want; it is tried again", "error", err)
		}
		if is := m.devices.Lists(); is != lists || now.Sub(last) > passEvery || now.Before(last) {
			done, err := alone(ctx, m.Reconcile)
			if err != nil && ctx.Err() == nil {
				m.log.Warn("managed devices could not be seen to; they are tried again", "error", err)
			}
			if !done {
				m.sets = nil // what another server does meanwhile is not known here
			}
			lists, last = is, now
		}
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}
