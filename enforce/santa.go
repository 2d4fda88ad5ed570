package enforce

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/platform"
	"portcullis/platform/santa"
	"portcullis/policy"
	"portcullis/store"
)

// Santa answers what Macs with Santa ask in a sync: each about itself, with a key of its own. What a Mac is told to
// have at the preflight is what it then downloads and confirms, whatever is decided meanwhile: the next sync has that.
// It is safe for concurrent use, and so are several servers over one database.
type Santa struct {
	room   *Room
	agents *Agents
	intake *devices.Intake
	now    func() time.Time
	// Page is how many rules a page has: 500, unless it is set before the first is asked for.
	Page int
	// Count is told what became of each sync, in one of SantaResults; nil is nobody.
	Count func(what string)

	mu       sync.Mutex
	lists    *Lists
	shared   map[*platform.List]*makingRules
	byDigest map[string]*santaRules
	kept     map[string]time.Time // lists by digest that were written, and when
	pages    *pages
}

// form is the name under which agents of Santa are known.
const santaForm = "santa"

const (
	usualPage = 500
	// eventBatch is how many events a Mac sends at once, and syncEvery how many seconds it waits between syncs.
	eventBatch = 100
	syncEvery  = 600
)

// NewSanta makes what answers from the lists of a room.
func NewSanta(room *Room, agents *Agents, intake *devices.Intake, now func() time.Time) *Santa {
	return &Santa{room: room, agents: agents, intake: intake, now: now, Page: usualPage, byDigest: map[string]*santaRules{}, kept: map[string]time.Time{}, pages: newPages()}
}

// What becomes of syncs.
const (
	santaUnchanged   = "unchanged"   // the Mac has what it is to have, and needs nothing
	santaChanged     = "changed"     // it is given what has changed
	santaClean       = "clean"       // it is given everything, for what it has is not known
	santaConfirmed   = "confirmed"   // it has taken what it was given
	santaUnconfirmed = "unconfirmed" // it ends its sync, and does not say that it has taken all of it
	santaLeftOut     = "left_out"    // of what it sent, something about one program was not understood
)

// SantaResults are the words that Santa.Count is told.
var SantaResults = []string{santaUnchanged, santaChanged, santaClean, santaConfirmed, santaUnconfirmed, santaLeftOut}

func (s *Santa) count(what string) {
	if s.Count != nil {
		s.Count(what)
	}
}

// errMoved is that an agent was changed by somebody else meanwhile.
var errMoved = errors.New("the agent was changed meanwhile")

// Visit is a device that has entered, for one request.
type Visit struct {
	actor people.Actor
	agent Agent
	host  policy.Host
	// fresh is that the agent was read for this request, and nothing was done with it yet.
	fresh bool
}

// Enter refuses whoever is not the device that they say they are. One that is not known as yet may enter. begins is
// that it does so for a preflight.
func (s *Santa) Enter(ctx context.Context, actor people.Actor, begins bool) (*Visit, error) {
	a, host, err := s.agents.open(ctx, actor, santaForm, opening{anew: begins})
	if fault.Is(err, fault.NotFound) {
		return &Visit{actor: actor}, nil
	}
	return &Visit{actor, a, host, true}, err
}

// moved runs something again, on what is then known, as long as others change the agent meanwhile.
func moved[T any](do func() (T, error)) (result T, err error) {
	for range 4 {
		if result, err = do(); !errors.Is(err, errMoved) {
			return result, err
		}
	}
	return result, fault.New(fault.Conflict, "This device syncs several times at once: let it sync again")
}

// open finds the agent of a Mac that is known, and refuses any machine but its own.
func (s *Santa) open(ctx context.Context, v *Visit, machine string) (a Agent, host policy.Host, err error) {
	a, host = v.agent, v.host
	if !v.fresh {
		a, host, err = s.agents.Open(ctx, v.actor, santaForm)
	}
	v.fresh = false
	switch {
	case err != nil:
		return a, host, err
	case host.Platform != policy.MacOS:
		return a, host, fault.New(fault.Conflict, "%s is known as a device with %s: Santa's rules are for Macs", host.ID, host.Platform)
	case a.Credential != "" && a.Credential != machine:
		return a, host, errMachine
	}
	return a, host, nil
}

var errMachine = fault.New(fault.Refused, "This key is of another machine: each has one of its own. If the machine was replaced, end its keys and give it another")

// known is open for a stage that comes after a preflight.
func (s *Santa) known(ctx context.Context, v *Visit, machine string) (Agent, policy.Host, error) {
	a, host, err := s.open(ctx, v, machine)
	if err == nil && a.Offered.Digest == "" {
		err = fault.New(fault.Conflict, "A sync begins with a preflight")
	}
	return a, host, err
}

// Preflight begins a sync.
func (s *Santa) Preflight(ctx context.Context, v *Visit, machine string, p santa.Preflight) (santa.Answer, error) {
	if p.Machine != "" && p.Machine != machine || machine == "" || len(machine) > 200 {
		return santa.Answer{}, errMachine
	}
	begin := func() (santa.Answer, error) { return s.preflight(ctx, v, machine, &p) }
	answer, err := moved(begin)
	if !fault.Is(err, fault.NotFound) {
		return answer, err
	}
	if err := s.enrol(ctx, v.actor, p); err != nil {
		return santa.Answer{}, err
	}
	return moved(begin)
}

// enrol makes a Mac known that asks for the first time.
func (s *Santa) enrol(ctx context.Context, actor people.Actor, p santa.Preflight) error {
	got, err := s.intake.Report(ctx, actor, []devices.Report{{Host: actor.Agent.Host, Name: p.Hostname, Platform: policy.MacOS, Source: santaForm, NoInventory: true}})
	if err == nil {
		err = got.Errors[0]
	}
	if err == nil {
		err = s.room.Fleet.Follow(ctx)
	}
	return err
}

func (s *Santa) preflight(ctx context.Context, v *Visit, machine string, p *santa.Preflight) (santa.Answer, error) {
	a, host, err := s.open(ctx, v, machine)
	if err != nil {
		return santa.Answer{}, err
	}
	want, err := s.content(&host)
	if err != nil {
		return santa.Answer{}, err
	}
	answer := santa.Answer{Mode: want.mode, Type: santa.Normal, Batch: eventBatch, Interval: syncEvery}
	if want.unchanged(&a, p) {
		s.agents.StillFetched(&a, want.generation)
		s.agents.Unmoved(v.actor.Agent, &a)
		s.count(santaUnchanged)
		return answer, nil
	}
	had, drift := want.counts, p.Clean
	if a.Confirmed.Digest != want.digest {
		before, err := s.rulesOf(ctx, &a.Confirmed)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return santa.Answer{}, err
		}
		drift = drift || err != nil // what it has cannot be told from what it should have
		had = santa.Count(before)
	}
	drift = drift || p.Has() != had || strayed(&a, p)
	a, err = s.agents.Put(ctx, v.actor, santaForm, Step{
		Do:   func(is *Agent, now store.Time) error { return want.offer(is, &a, machine, p, drift, now) },
		Keep: s.keep(want.base), Published: want.published(&host),
	})
	if err != nil {
		return santa.Answer{}, err
	}
	s.isKept(want.base)
	what := santaChanged
	if a.Confirmed.Digest == "" {
		answer.Type, what = santa.Clean, santaClean
	}
	s.count(what)
	return answer, nil
}

// told is what a Mac says of its state: its mode, and the hash of its rules.
func told(mode santa.Mode, hash string) string {
	return string(rune('0'+min(int32(mode), 9))) + hash
}

// strayed tells whether the rules of a Mac have changed since it last told of them, by nothing that it was given.
func strayed(a *Agent, p *santa.Preflight) bool {
	return a.Told != "" && a.Told[1:] != "" && p.Hash != "" && a.Told[1:] != p.Hash && a.Settled()
}

// unchanged tells whether a Mac has confirmed what it is to have, and still says so.
func (h *wanted) unchanged(a *Agent, p *santa.Preflight) bool {
	return a.Credential != "" && a.Settled() && a.Confirmed.Digest == h.digest && a.Offered.Digest == h.digest &&
		a.Told == told(p.Mode, p.Hash) && (p.Mode == h.mode) == !a.Confirmed.At.IsZero() && !p.Clean && p.Has() == h.counts
}

// offer tells a Mac of what it is to have. What it has is no longer known where it drifted, or never told that it
// has what it was given last.
func (h *wanted) offer(is, was *Agent, machine string, p *santa.Preflight, drift bool, now store.Time) error {
	switch {
	case is.Credential == "":
		is.Credential, is.Enrolled = machine, now
	case is.Credential != machine:
		return errMachine
	}
	if is.Confirmed.Digest != was.Confirmed.Digest || is.Fetched.Digest != was.Fetched.Digest || is.Told != was.Told {
		return errMoved
	}
	if drift || !is.Settled() {
		is.Confirmed = Content{}
	}
	is.Offered = Content{Clock{h.digest, h.generation, now}, h.base.digest, h.own}
	is.Told = told(p.Mode, p.Hash)
	if is.Confirmed.Digest == h.digest {
		is.Confirmed.Generation, is.Confirmed.At = h.generation, h.confirmedAt(p.Mode, now)
	}
	return nil
}

// confirmedAt is when what a Mac has counts as confirmed: not while it is in another mode.
func (h *wanted) confirmedAt(mode santa.Mode, now store.Time) store.Time {
	if mode != h.mode {
		return store.Time{}
	}
	return now
}

// Download gives a page of the rules.
func (s *Santa) Download(ctx context.Context, v *Visit, machine string, d santa.Download, e santa.Encoding) ([]byte, error) {
	return moved(func() ([]byte, error) { return s.download(ctx, v, machine, &d, e) })
}

var errCursor = fault.New(fault.Invalid, "This cursor is of another device, or of a list that is no longer offered: begin a sync anew")

func (s *Santa) download(ctx context.Context, v *Visit, machine string, d *santa.Download, e santa.Encoding) ([]byte, error) {
	if d.Machine != "" && d.Machine != machine {
		return nil, errMachine
	}
	a, _, err := s.known(ctx, v, machine)
	if err != nil {
		return nil, err
	}
	if a.Settled() && a.Offered.Digest == a.Confirmed.Digest {
		if d.Cursor != "" {
			return nil, errCursor
		}
		return santa.AppendDownload(nil, nil, "", e), nil
	}
	turn, err := s.turn(ctx, &a, e)
	if err != nil {
		return nil, err
	}
	page := 0
	if d.Cursor != "" {
		if page, err = readCursor(d.Cursor, v.actor, &a, len(turn.pages)); err != nil {
			return nil, err
		}
	}
	if a.Fetched.Digest != a.Offered.Digest {
		if d.Cursor != "" {
			return nil, errCursor
		}
		was := a
		if _, err = s.agents.Put(ctx, v.actor, santaForm, Step{Do: func(is *Agent, now store.Time) error {
			if is.Offered.Digest != was.Offered.Digest || is.Confirmed.Digest != was.Confirmed.Digest || is.Fetched.Digest != was.Fetched.Digest {
				return errMoved
			}
			is.Fetched = Clock{is.Offered.Digest, is.Offered.Generation, now}
			return nil
		}}); err != nil {
			return nil, err
		}
	}
	next := ""
	if page+1 < len(turn.pages) {
		next = cursor(v.actor, &a, page+1)
	}
	bytes := turn.pages[page]
	return santa.AppendDownload(make([]byte, 0, len(bytes)+128), bytes, next, e), nil
}

// cursor is the page of a list, for one device on its way from what it had to what it is offered. The device's key
// seals it, which every server can tell.
func cursor(actor people.Actor, a *Agent, page int) string {
	text := binary.BigEndian.AppendUint32(nil, uint32(page))
	return base64.RawURLEncoding.EncodeToString(append(text, seal(actor, a, text)...))
}

func seal(actor people.Actor, a *Agent, page []byte) []byte {
	mac := hmac.New(sha256.New, []byte(actor.Agent.Key))
	mac.Write([]byte("santa cursor\x00" + a.Confirmed.Digest + "\x00" + a.Offered.Digest + "\x00"))
	mac.Write(page)
	return mac.Sum(nil)[:16]
}

func readCursor(text string, actor people.Actor, a *Agent, pages int) (page int, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != 20 || !hmac.Equal(raw[4:], seal(actor, a, raw[:4])) {
		return 0, errCursor
	}
	if page = int(binary.BigEndian.Uint32(raw)); page >= pages {
		return 0, errCursor
	}
	return page, nil
}

// Postflight ends a sync: the Mac has what it was given, if it says that it took all of it.
func (s *Santa) Postflight(ctx context.Context, v *Visit, machine string, p santa.Postflight) error {
	_, err := moved(func() (struct{}, error) { return struct{}{}, s.postflight(ctx, v, machine, &p) })
	return err
}

func (s *Santa) postflight(ctx context.Context, v *Visit, machine string, p *santa.Postflight) error {
	if p.Machine != "" && p.Machine != machine {
		return errMachine
	}
	a, host, err := s.known(ctx, v, machine)
	if err != nil {
		return err
	}
	if a.Settled() && a.Offered.Digest == a.Confirmed.Digest {
		if p.Received == 0 && !a.Confirmed.At.IsZero() && (p.Hash == "" || a.Told[1:] == "" || a.Told[1:] == p.Hash) {
			s.agents.StillConfirmed(&a, s.generationOf(&a, &host))
		}
		return nil
	}
	if a.Fetched.Digest != a.Offered.Digest {
		s.count(santaUnconfirmed)
		return nil
	}
	turn, err := s.turn(ctx, &a, santa.JSON)
	if err != nil {
		return err
	}
	if !turn.taken(&a, p) {
		s.count(santaUnconfirmed)
		return nil
	}
	was := a
	_, err = s.agents.Put(ctx, v.actor, santaForm, Step{Do: func(is *Agent, now store.Time) error {
		if is.Offered.Digest != was.Offered.Digest || is.Confirmed.Digest != was.Confirmed.Digest || is.Fetched.Digest != was.Fetched.Digest || is.Told != was.Told {
			return errMoved
		}
		is.Confirmed = is.Offered
		is.Confirmed.At = now
		if is.Told[:1] != told(turn.mode, "")[:1] {
			is.Confirmed.At = store.Time{} // until it has said that it is in the mode that it was told to be in
		}
		is.Told = is.Told[:1] + p.Hash
		return nil
	}})
	if err == nil {
		s.count(santaConfirmed)
	}
	return err
}

// taken tells whether a postflight is that of a sync in which the Mac took all that it was given.
func (t *turn) taken(a *Agent, p *santa.Postflight) bool {
	clean := a.Confirmed.Digest == ""
	switch p.Type {
	case 0: // older clients do not say
	case santa.Normal:
		if clean {
			return false
		}
	case santa.Clean, santa.CleanAll:
		if !clean {
			return false
		}
	default:
		return false
	}
	if int(p.Received) != t.rules || p.Processed != p.Received {
		return false
	}
	// Rules that differ have another hash: this one comes from before.
	return clean || !t.moves || p.Hash == "" || a.Told[1:] == "" || a.Told[1:] != p.Hash
}

// generationOf is the latest generation of what an agent has, as far as this server knows.
func (s *Santa) generationOf(a *Agent, host *policy.Host) int64 {
	if want, err := s.content(host); err == nil && want.digest == a.Confirmed.Digest {
		return want.generation
	}
	return a.Confirmed.Generation
}

// Upload takes in what ran on a Mac, or was kept from running.
func (s *Santa) Upload(ctx context.Context, v *Visit, machine string, body []byte, e santa.Encoding) error {
	_, host, err := s.known(ctx, v, machine)
	if err != nil {
		return err
	}
	var reports []devices.Report
	sink := &uploaded{func(r platform.Report) {
		report := devices.ReportOf(&r, platform.Assumptions{}, santaForm, func(platform.Problem) {})
		report.Host, report.Platform, report.Partial, report.Taken = host.ID, policy.MacOS, true, s.notAhead(report.Taken)
		reports = append(reports, report)
	}, func() { s.count(santaLeftOut) }}
	if err := santa.Upload(body, e, machine, sink); err != nil {
		return err
	}
	if len(reports) == 0 {
		return nil
	}
	got, err := s.intake.Report(ctx, v.actor, reports)
	return errors.Join(append([]error{err}, got.Errors...)...)
}

// notAhead is a time by a device's clock, and now where that is ahead: what ran has run by now.
func (s *Santa) notAhead(taken time.Time) time.Time {
	if now := s.now(); taken.After(now) {
		return now
	}
	return taken
}

// uploaded takes reports. Problems are about single programs, which are left out.
type uploaded struct {
	report  func(platform.Report)
	leftOut func()
}

func (u *uploaded) Report(r platform.Report) error {
	u.report(r)
	return nil
}

func (u *uploaded) Problem(platform.Problem) { u.leftOut() }
