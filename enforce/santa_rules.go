package enforce

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"portcullis/internal/fault"
	"portcullis/platform"
	"portcullis/platform/santa"
	"portcullis/policy"
	"portcullis/store"
)

// santaRules are the rules and the mode of a list that devices share.
type santaRules struct {
	mode   santa.Mode
	rules  []santa.Rule // with that which is about nothing
	counts santa.Counts
	digest string
	page   []byte // the rules in protobuf
}

// makingRules are rules that are being made or were.
type makingRules struct {
	once  sync.Once
	rules *santaRules
	err   error
}

// wanted is what one Mac is to have.
type wanted struct {
	base       *santaRules
	mode       santa.Mode
	own        []byte // nil where it is what all have
	counts     santa.Counts
	digest     string
	generation int64
	personal   bool
}

// mostLists is how many shared lists are kept in memory.
const mostLists = 256

func newSantaRules(mode santa.Mode, rules []santa.Rule) (*santaRules, error) {
	page, err := santa.Page(rules, santa.Protobuf)
	if err != nil {
		return nil, err
	}
	r := &santaRules{mode: mode, rules: rules, counts: santa.Count(rules), page: page}
	r.digest = digestOf([]byte{byte(mode)}, page)
	return r, nil
}

func digestOf(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d\n", len(p))
		h.Write(p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// rulesOfList are the rules of a list with that which is about nothing.
func rulesOfList(l *platform.List) []santa.Rule {
	rules, _ := santa.Rules(l) // what they cannot carry is in the artefact's manifest
	return santa.Apply(rules, []santa.Rule{santa.Nothing})
}

// content is what a Mac is to have now. A personal one is to have nothing: whatever it had goes.
func (s *Santa) content(host *policy.Host) (*wanted, error) {
	lists := s.room.current()
	list, err := lists.For(host, policy.MacOS)
	switch {
	case errors.Is(err, ErrPersonal):
		base, err := s.know(newSantaRules(santa.Monitor, []santa.Rule{santa.Nothing}))
		if err != nil {
			return nil, err
		}
		nothing := base.forAll(lists.generation)
		nothing.personal = true
		return nothing, nil
	case errors.Is(err, ErrNoDevice):
		return nil, fault.New(fault.Conflict, "%s is not a device: it has no rules", host.ID)
	case err != nil:
		return nil, err
	}
	all := list
	if list.Host != "" {
		shared, err := lists.share(place{host.Organisation, policy.MacOS, host.Platform})
		if err != nil {
			return nil, err
		}
		all = shared.list
	}
	base, err := s.sharedRules(lists, all)
	if err != nil || all == list {
		return base.forAll(lists.generation), err
	}
	return base.singled(list, all)
}

func (r *santaRules) forAll(generation int64) *wanted {
	if r == nil {
		return nil
	}
	return &wanted{base: r, mode: r.mode, counts: r.counts, digest: r.digest, generation: generation}
}

// singled is what a Mac is to have that exemptions single out.
func (r *santaRules) singled(list, all *platform.List) (*wanted, error) {
	h := r.forAll(list.Generation)
	h.mode = santa.ModeOf(list)
	var own []santa.Rule
	if list.Closed == all.Closed && slices.Equal(list.Banned, all.Banned) {
		own = r.changes(list)
	} else {
		own = santa.Difference(r.rules, rulesOfList(list))
	}
	if len(own) == 0 && h.mode == r.mode {
		return h, nil
	}
	page, err := santa.Page(own, santa.Protobuf)
	if err != nil {
		return nil, err
	}
	h.own = append([]byte{byte(h.mode)}, page...)
	h.digest = digestOf([]byte(r.digest), h.own)
	for i := range own {
		_, had := santa.Find(r.rules, own[i])
		switch gone := own[i].Policy == santa.Remove; {
		case gone:
			h.counts[own[i].Type]--
		case !had:
			h.counts[own[i].Type]++
		}
	}
	return h, nil
}

// changes are the difference that a Mac's own entries make to what all have.
func (r *santaRules) changes(list *platform.List) (own []santa.Rule) {
	for i := range list.Own {
		e := &list.Own[i]
		rule, err := santa.RuleOf(list, e)
		if err != nil {
			continue
		}
		if !list.Names(e) {
			rule.Policy = 0
		}
		was, had := santa.Find(r.rules, rule)
		switch {
		case rule.Policy == 0 && had:
			own = append(own, santa.Rule{Identifier: rule.Identifier, Type: rule.Type, Policy: santa.Remove})
		case rule.Policy != 0 && (!had || was != rule):
			own = append(own, rule)
		}
	}
	slices.SortFunc(own, santa.Compare)
	return own
}

// sharedRules are the rules of a shared list, made once.
func (s *Santa) sharedRules(lists *Lists, list *platform.List) (*santaRules, error) {
	s.mu.Lock()
	if s.lists != lists {
		s.lists, s.shared = lists, map[*platform.List]*makingRules{}
	}
	m := s.shared[list]
	if m == nil {
		m = &makingRules{}
		s.shared[list] = m
	}
	s.mu.Unlock()
	m.once.Do(func() { m.rules, m.err = s.know(newSantaRules(santa.ModeOf(list), rulesOfList(list))) })
	return m.rules, m.err
}

// know remembers rules by their digest, and returns those that were known as the same before.
func (s *Santa) know(r *santaRules, err error) (*santaRules, error) {
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.byDigest[r.digest]; known != nil {
		return known, nil
	}
	if len(s.byDigest) >= mostLists {
		for digest := range s.byDigest { // any one: it is read again where it is needed
			delete(s.byDigest, digest)
			break
		}
	}
	s.byDigest[r.digest] = r
	return r, nil
}

// rulesOf are the rules of what an agent was offered or has. It is store.ErrNotFound where they are kept nowhere.
func (s *Santa) rulesOf(ctx context.Context, c *Content) ([]santa.Rule, error) {
	if c.Digest == "" {
		return nil, nil
	}
	base, err := s.rulesBy(ctx, c.Base)
	if err != nil || len(c.Own) == 0 {
		if err != nil {
			return nil, err
		}
		return base.rules, nil
	}
	own, err := santa.ReadRules(c.Own[1:])
	if err != nil {
		return nil, err
	}
	return santa.Apply(base.rules, own), nil
}

func (s *Santa) rulesBy(ctx context.Context, digest string) (*santaRules, error) {
	s.mu.Lock()
	known := s.byDigest[digest]
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	data, err := s.agents.List(ctx, digest)
	if err != nil {
		return nil, err
	}
	r, err := unpack(data)
	if err == nil && r.digest != digest {
		err = fmt.Errorf("the kept list %s has another digest", digest)
	}
	return s.know(r, err)
}

// pack is a list as it is kept: the mode and the rules, compressed.
func (r *santaRules) pack() []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte{byte(r.mode)}) // a buffer takes everything
	_, _ = w.Write(r.page)
	_ = w.Close()
	return b.Bytes()
}

func unpack(data []byte) (*santaRules, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(r)
	if err != nil || len(plain) == 0 {
		return nil, errors.Join(err, errors.New("a kept list is broken"))
	}
	rules, err := santa.ReadRules(plain[1:])
	if err != nil {
		return nil, err
	}
	return newSantaRules(santa.Mode(plain[0]), rules)
}

// keepAgain is after how long a list is written again that some device is offered: a list that nobody had for a day
// was removed.
const keepAgain = keptUnused / 2

// keep is what is to be written of a list, so that the difference to a later one can be told; nil where it is there.
func (s *Santa) keep(r *santaRules) *Kept {
	s.mu.Lock()
	at, kept := s.kept[r.digest]
	s.mu.Unlock()
	if kept && s.now().Sub(at).Abs() < keepAgain {
		return nil
	}
	return &Kept{Digest: r.digest, Form: santaForm, Data: r.pack()}
}

func (s *Santa) isKept(r *santaRules) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, kept := s.kept[r.digest]; kept && s.now().Sub(at).Abs() < keepAgain {
		return
	}
	if len(s.kept) >= 4*mostLists {
		clear(s.kept)
	}
	s.kept[r.digest] = s.now()
}

// published is that there is a list for the host's organisation; nil where what the host is to have is no list.
func (h *wanted) published(host *policy.Host) *Published {
	if h.personal {
		return nil
	}
	return &Published{Form: santaForm, Organisation: host.Organisation, Platform: policy.MacOS, Digest: h.base.digest, Generation: h.generation}
}

// turn is the way from what an agent has to what it is offered.
type turn struct {
	mode  santa.Mode
	rules int
	moves bool // by more than what is said to people
	pages [][]byte
}

// turnKey says which turn is meant.
type turnKey struct {
	before, after string
	encoding      santa.Encoding
}

// pages are turns in memory: as many as fit, the latest.
type pages struct {
	mu    sync.Mutex
	known map[turnKey]*turn
	order []turnKey
	size  int
}

// mostPages is how many bytes of pages are kept in memory.
const mostPages = 48 << 20

func newPages() *pages { return &pages{known: map[turnKey]*turn{}} }

// turn returns the turn that an agent is to make: to all of what it is offered, where nobody knows what it has.
func (s *Santa) turn(ctx context.Context, a *Agent, e santa.Encoding) (*turn, error) {
	key := turnKey{a.Confirmed.Digest, a.Offered.Digest, e}
	s.pages.mu.Lock()
	found := s.pages.known[key]
	s.pages.mu.Unlock()
	if found != nil {
		return found, nil
	}
	before, err := s.rulesOf(ctx, &a.Confirmed)
	if err != nil {
		return nil, notKept(err)
	}
	after, err := s.rulesOf(ctx, &a.Offered)
	if err != nil {
		return nil, notKept(err)
	}
	base, err := s.rulesBy(ctx, a.Offered.Base)
	if err != nil {
		return nil, notKept(err)
	}
	t := &turn{mode: base.mode}
	if len(a.Offered.Own) > 0 {
		t.mode = santa.Mode(a.Offered.Own[0])
	}
	if err := t.make(before, after, s.Page, e); err != nil {
		return nil, err
	}
	s.pages.add(key, t)
	return t, nil
}

func notKept(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fault.New(fault.Conflict, "What this device has is no longer known: begin a sync anew")
	}
	return err
}

func (t *turn) make(before, after []santa.Rule, size int, e santa.Encoding) error {
	rules := santa.Difference(before, after)
	t.rules = len(rules)
	t.moves = slices.ContainsFunc(rules, func(r santa.Rule) bool {
		was, had := santa.Find(before, r)
		return !had || was.Policy != r.Policy
	})
	for chunk := range slices.Chunk(rules, size) {
		page, err := santa.Page(chunk, e)
		if err != nil {
			return err
		}
		t.pages = append(t.pages, page)
	}
	if len(t.pages) == 0 {
		t.pages = [][]byte{nil}
	}
	return nil
}

func (p *pages) add(key turnKey, t *turn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known[key] != nil {
		return
	}
	p.known[key], p.order, p.size = t, append(p.order, key), p.size+t.size()
	for p.size > mostPages && len(p.order) > 1 {
		p.size -= p.known[p.order[0]].size()
		delete(p.known, p.order[0])
		p.order = p.order[1:]
	}
}

func (t *turn) size() (n int) {
	for _, page := range t.pages {
		n += len(page) + 100
	}
	return n
}
