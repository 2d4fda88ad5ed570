package devices

import (
	"cmp"
	"context"
	"math"
	"slices"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/policy/explain"
	"portcullis/register/search"
)

// Question is whether something may be installed.
type Question struct {
	// Product is what is meant, by its id. Without it, Words are what people call it.
	Product, Words string
	// Platform is where; 0 is wherever it is known.
	Platform policy.Platform
	// Own is that it is for somebody's own device: then the answer is advice.
	Own bool
}

// Asked is what the register says to a question.
type Asked struct {
	Organisation string // for whose devices; for those of somebody's own, whose people are advised
	Own          bool
	// Product is what the question was about; nil where the words fit none, or several.
	Product *policy.Product
	// Choices are what the words may mean besides, the likeliest first. Where all of them are Near, nothing is
	// called so.
	Choices []Found
	// By is how the words led to the product, where they did.
	By search.Hit
	// Held are the asker's own devices of work; none where it is asked about somebody's own.
	Held []Host
	// Shop is the page of a shop whose address was asked about; nil where that was no address.
	Shop *search.Shop
	// Replies are the answers, the one for the platform that was asked about first, else those for the devices held; platforms with the same
	// answer stand together. They are empty where Product is nil.
	Replies []Reply
}

// Saying is an answer in a word.
type Saying string

// The outcomes. None of them says that something is harmless.
const (
	Yes      Saying = "yes"
	Leaving  Saying = "leaving"  // yes for now: it is being phased out
	Unlisted Saying = "unlisted" // not on the list, and one may ask for it
	No       Saying = "no"       // banned, or phased out and past the deadline
	// Unseen is that the product is not known on that platform: what is there under its name may be anything.
	Unseen Saying = "unseen"
	// NotApp is that it is equipment, which is not installed on a device.
	NotApp Saying = "not-an-app"
)

// Reply is the answer for some platforms.
type Reply struct {
	Platforms []policy.Platform
	Saying    Saying
	// From and Before are the versions for which a Yes or Leaving holds: from the one on, up to the other and
	// without it. Empty ends are open.
	From, Before string
	// Code is the version code from which it holds, where rules give nothing else; 0 where they do.
	Code int64
	// Held are the asker's devices of work that it is about; none where they hold none of the platforms.
	Held []Host
	// Barred are the bans and phase-outs, with the path to each, that stand against other versions than those for
	// which a Yes or Leaving holds: what cannot tell versions apart refuses it in all.
	Barred []policy.Rule
	// Paths lead from the product to what each ban and phase-out names, by its id: see policy.Policy.Path.
	Paths map[string][]string
	// Rules are those by which it is so: bans and phase-outs that stand, or else the rules that allow it.
	Rules []policy.Rule
	// Exemptions are those that reach the asker and by which it is so.
	Exemptions []policy.Exemption
	// Changes are what time alone will do; none on an own device.
	Changes []explain.Change
	// Watched is that the body only watches, for now, what is not on its list.
	Watched *policy.Monitor
}

// maxChoices is how many things words may mean before they are too few to choose by.
const maxChoices = 12

// Ask answers whether the actor may install something, on a device of the organisation that they belong to or on
// their own. It is for everybody who is a person. Nothing of it is written down.
func (e *Enquiries) Ask(ctx context.Context, actor people.Actor, q Question) (Asked, error) {
	person, spelt, err := e.holder(ctx, actor)
	if err != nil {
		return Asked{}, err
	}
	who := asker{person.Organisation, person.ID, spelt, person.Groups, nil}
	if !q.Own {
		if who.held, err = e.heldBy(ctx, actor, who.organisation, spelt); err != nil {
			return Asked{}, err
		}
	}
	return e.answer(q, who)
}

// AskFor is Ask for a program, on behalf of anybody in an organisation: what exempts single persons does not
// count. It needs people.SeeOrganisations there, which every role has: whoever may know of a body may ask what it allows.
func (e *Enquiries) AskFor(ctx context.Context, actor people.Actor, organisation string, q Question) (Asked, error) {
	_, err := people.See(ctx, e.People, actor, func(tx *people.Tx) (none struct{}, err error) {
		return none, tx.Require(people.SeeOrganisations, organisation)
	})
	if err != nil {
		return Asked{}, err
	}
	return e.answer(q, asker{organisation: organisation})
}

// asker is for whom a question is answered.
type asker struct {
	organisation string
	id           string
	spelt        []string // how exemptions may spell them
	groups       []string
	held         []Host
}

// on are the held devices of a platform.
func (who *asker) on(p policy.Platform) (held []*Host) {
	for i := range who.held {
		if who.held[i].Row.Platform == p {
			held = append(held, &who.held[i])
		}
	}
	return held
}

// has is 1 where somebody holds a device of a platform, and 0 where they do not.
func (who *asker) has(p policy.Platform) int {
	return min(len(who.on(p)), 1)
}

func (e *Enquiries) answer(q Question, who asker) (a Asked, err error) {
	q.Words = clean(q.Words)
	if _, link := search.FromShop(q.Words); !link {
		if err := checkSought(q.Words); err != nil {
			return a, err
		}
	}
	view := e.Fleet.View()
	if view.Organisation(who.organisation) == nil {
		return a, fault.New(fault.Conflict, "The register does not know your organisation yet: try again in a minute, and if it stays so tell your security team")
	}
	a = Asked{Organisation: who.organisation, Own: q.Own, Held: who.held}
	if q.Words != "" {
		e.choose(&a, view, &q)
	}
	if q.Product == "" {
		return a, nil
	}
	if a.Product = view.Product(q.Product); a.Product == nil {
		return a, fault.New(fault.NotFound, "There is no product %s", q.Product)
	}
	a.Replies, err = e.replies(view.World, a.Product, q, who)
	return a, err
}

// choose finds what the words of a question mean. One thing that is called just so is taken, and what else they
// may mean is told.
//
// The address of a page in a shop means the app of its identifier. Where it has none, its name, which anybody may have
// written, is one to choose by, and nothing is taken.
func (e *Enquiries) choose(a *Asked, view View, q *Question) {
	words, given := q.Words, q.Product != ""
	if shop, ok := search.FromShop(q.Words); ok {
		a.Shop, words, given = &shop, cmp.Or(shop.Identifier, shop.Name), given || shop.Identifier == ""
		q.Platform = cmp.Or(q.Platform, shop.Platform)
	}
	hits := e.indexOf(view.World).Products(words, policy.App, maxChoices)
	if a.Shop != nil && a.Shop.Identifier != "" {
		hits = slices.DeleteFunc(hits, func(h search.Hit) bool { return !h.Exact || h.By != search.Identifier })
	}
	exact := 0
	for exact < len(hits) && hits[exact].Exact {
		exact++
	}
	if !given && (exact == 1 || len(hits) == 1 && !hits[0].Near) {
		q.Product, a.By = hits[0].Product, hits[0]
	}
	hits = slices.DeleteFunc(hits, func(h search.Hit) bool { return h.Product == q.Product })
	a.Choices = view.found(hits)
}

// usual are the platforms of devices, without those of browsers.
var usual = []policy.Platform{policy.Android, policy.IOS, policy.MacOS, policy.Windows, policy.Linux, policy.ChromeOS}

// browsers run on devices of other platforms.
func browser(p policy.Platform) bool { return p != 0 && !slices.Contains(usual, p) }

// knownOn are the platforms on which a product is known.
func knownOn(p *policy.Product) (known []policy.Platform) {
	for platform := policy.Android; int(platform) < len(policy.PlatformWords); platform++ {
		if len(p.Identifiers[platform]) > 0 || slices.Contains(p.BuiltinOn, platform) {
			known = append(known, platform)
		}
	}
	return known
}

// replies judges a product on each platform on which it is known, and on the one that is asked about.
func (e *Enquiries) replies(w *policy.World, p *policy.Product, q Question, who asker) ([]Reply, error) {
	if p.Kind != policy.App {
		return []Reply{{Saying: NotApp}}, nil
	}
	known := knownOn(p)
	platforms := known
	switch {
	case q.Platform != 0:
		platforms = append([]policy.Platform{q.Platform}, slices.DeleteFunc(slices.Clone(known), func(p policy.Platform) bool { return p == q.Platform })...)
	case len(known) == 0:
		platforms = usual
	default:
		platforms = slices.Clone(known)
		slices.SortStableFunc(platforms, func(x, y policy.Platform) int { return cmp.Compare(who.has(y), who.has(x)) })
	}
	at := people.TimeOf(e.Fleet.now())
	whatever, err := newSupposed(w, p, who.anyDevice(q.Own), who.reached(w.Exemptions, nil), at)
	if err != nil {
		return nil, err
	}
	var all []Reply
	for _, platform := range platforms {
		isKnown, held := slices.Contains(known, platform), who.on(platform)
		if len(held) == 0 {
			reply, err := whatever.reply(platform, isKnown)
			if err != nil {
				return nil, err
			}
			all = joined(all, reply)
		}
		for _, h := range held {
			s, err := newSupposed(w, p, who.device(h), who.reached(w.Exemptions, h), at)
			if err != nil {
				return nil, err
			}
			reply, err := s.reply(platform, isKnown)
			if err != nil {
				return nil, err
			}
			reply.Held = []Host{*h}
			all = joined(all, reply)
		}
	}
	return all, nil
}

// joined are replies with one more, which stands together with one that says the same.
func joined(all []Reply, reply Reply) []Reply {
	at := slices.IndexFunc(all, reply.same)
	if at < 0 {
		return append(all, reply)
	}
	for _, p := range reply.Platforms {
		if !slices.Contains(all[at].Platforms, p) {
			all[at].Platforms = append(all[at].Platforms, p)
		}
	}
	all[at].Held = append(all[at].Held, reply.Held...)
	return all
}

// same tells whether another reply says the same, the platforms apart.
func (r *Reply) same(o Reply) bool {
	return r.Saying == o.Saying && r.From == o.From && r.Before == o.Before && r.Code == o.Code && slices.Equal(r.Changes, o.Changes) &&
		slices.EqualFunc(r.Rules, o.Rules, sameRule) && slices.EqualFunc(r.Barred, o.Barred, sameRule) &&
		slices.EqualFunc(r.Exemptions, o.Exemptions, func(a, b policy.Exemption) bool { return a.ID == b.ID })
}

func sameRule(a, b policy.Rule) bool { return a.ID == b.ID }

// supposed is a device that somebody might have, with something on it.
type supposed struct {
	world    *policy.World // the part that has a say
	product  *policy.Product
	host     policy.Host
	at       people.Time
	compiled *policy.Policy
	versions []string // at which the answer may change, ascending; the first is before all others
}

// anyDevice is a device that somebody might have, of work or their own.
func (who *asker) anyDevice(own bool) policy.Host {
	h := policy.Host{ID: "a device of " + who.organisation, Kind: policy.Device, Organisation: who.organisation, Ownership: policy.Corporate, Platform: policy.Android,
		Holder: who.id, Groups: who.groups}
	if own {
		h.Ownership = policy.Personal
	}
	return h
}

// device is one that somebody has; who holds it is spelt by their id.
func (who *asker) device(h *Host) policy.Host {
	return policy.Host{ID: h.ID, Kind: policy.Device, Organisation: who.organisation, Ownership: h.Row.Ownership, Platform: h.Row.Platform, Holder: who.id, Groups: h.Row.Groups}
}

func newSupposed(w *policy.World, p *policy.Product, host policy.Host, reached []policy.Exemption, at people.Time) (*supposed, error) {
	s := &supposed{product: p, at: at, host: host}
	s.host.Installed = []policy.Installation{{Product: p.ID}}
	reaching := *w
	reaching.Exemptions = reached
	s.world = concerning(&reaching, &s.host)
	var err error
	if s.compiled, err = policy.Compile(s.world, at.Time()); err != nil {
		return nil, err
	}
	s.versions = s.boundaries()
	return s, nil
}

// reached are the exemptions that may reach somebody on a device that they hold, or on whatever device where that is
// nil, with the person spelt by their id: one for them reaches only devices whose holder is spelt as it spells them. One
// that is marked is told to whom it is for, and to nobody else.
func (who *asker) reached(all []policy.Exemption, held *Host) (reached []policy.Exemption) {
	spelt := who.spelt
	if held != nil {
		spelt = []string{held.Row.Holder}
	}
	for i := range all {
		switch x := &all[i]; {
		case !x.Marked && (x.Subject.Everyone || x.Subject.Group != "" || held != nil && x.Subject.Host == held.ID):
			reached = append(reached, *x)
		case x.Subject.Person != "" && slices.Contains(spelt, x.Subject.Person):
			reached = append(reached, *x)
			reached[len(reached)-1].Subject.Person = who.id
		}
	}
	return reached
}

// boundaries are the versions at which a rule begins or ceases to be met.
func (s *supposed) boundaries() []string {
	versions := []string{"0"}
	add := func(version string) {
		if !policy.VersionMissing(version) {
			versions = append(versions, version)
		}
	}
	for i := range s.world.Rules {
		r := &s.world.Rules[i]
		add(r.MinVersion)
		add(r.Versions.Since)
		add(r.Versions.Until)
	}
	for _, c := range s.product.Contains {
		add(c.Versions.Since)
		add(c.Versions.Until)
	}
	slices.SortStableFunc(versions, policy.CompareVersions)
	return slices.CompactFunc(versions, func(a, b string) bool { return policy.CompareVersions(a, b) == 0 })
}

// outdated is the outcome of a version that is too old; no reply has it.
const outdated Saying = "outdated"

// reply judges every version there may be, the newest first.
func (s *supposed) reply(platform policy.Platform, known bool) (Reply, error) {
	s.host.Platform = platform
	in := policy.Installation{Product: s.product.ID}
	if browser(platform) {
		s.host.Platform, in.Platform = policy.Windows, platform
	}
	judged := make([]policy.Decision, len(s.versions))
	outcomes := make([]Saying, len(s.versions))
	subject, err := s.compiled.Subject(&s.host)
	if err != nil {
		return Reply{}, err
	}
	for i, version := range s.versions {
		in.Version = version
		subject.Decide(&in, &judged[i])
		outcomes[i] = outcomeOf(&judged[i])
	}
	at := len(outcomes) - 1
	for at > 0 && outcomes[at] != Yes && outcomes[at] != Leaving {
		at--
	}
	if outcomes[at] != Yes && outcomes[at] != Leaving {
		at = len(outcomes) - 1
	}
	reply := Reply{Platforms: []policy.Platform{platform}, Saying: outcomes[at]}
	in.Version = s.versions[at]
	switch reply.Saying {
	case Yes, Leaving:
		reply.between(s.versions, outcomes, at)
		for i := range judged {
			if outcomes[i] == No {
				s.restrict(&reply, &reply.Barred, &judged[i])
			}
		}
	case outdated: // whatever its version: the rules go by version codes, which the newest is taken to reach
		code := int64(math.MaxInt64)
		in.VersionCode = &code
		subject.Decide(&in, &judged[at])
		reply.Saying = outcomeOf(&judged[at])
	}
	if reply.Saying == outdated {
		reply.Saying = Unlisted
	}
	if !known && reply.Saying != No {
		return Reply{Platforms: reply.Platforms, Saying: Unseen}, nil
	}
	return reply, s.fill(&reply, &in, &judged[at])
}

// between says for which versions the outcome at one of them holds.
func (r *Reply) between(versions []string, outcomes []Saying, at int) {
	if at+1 < len(versions) {
		r.Before = versions[at+1]
	}
	for at > 0 && outcomes[at-1] == outcomes[at] {
		at--
	}
	if at > 0 {
		r.From = versions[at]
	}
}

// outcomeOf is what findings come to for somebody who asks before they install.
func outcomeOf(d *policy.Decision) Saying {
	leaving := false
	for i := range d.Findings {
		switch f := &d.Findings[i]; f.Result {
		case policy.Banned, policy.Overdue:
			return No
		case policy.PhasingOut:
			leaving = true
		case policy.Outdated:
			return outdated
		case policy.Allowed, policy.Exempt:
			if leaving {
				return Leaving
			}
			return Yes
		}
	}
	return Unlisted
}

// fill adds by what it is so, and what will change.
func (s *supposed) fill(r *Reply, in *policy.Installation, d *policy.Decision) error {
	if r.Saying == No || r.Saying == Leaving {
		s.restrict(r, &r.Rules, d)
	}
	for i := range d.Findings {
		f := &d.Findings[i]
		if f.Result == policy.Allowed && r.Saying != No && r.Saying != Leaving {
			r.Rules = append(r.Rules, s.rules(f.Rules)...)
		}
		for _, id := range f.Exemptions {
			at := slices.IndexFunc(s.world.Exemptions, func(x policy.Exemption) bool { return x.ID == id })
			if !slices.ContainsFunc(r.Exemptions, func(x policy.Exemption) bool { return x.ID == id }) {
				r.Exemptions = append(r.Exemptions, s.world.Exemptions[at])
			}
		}
	}
	if in.VersionCode != nil {
		r.Code = leastCode(r.Rules, cmp.Or(in.Platform, s.host.Platform))
	}
	if o := s.world.Organisations[slices.IndexFunc(s.world.Organisations, func(o policy.Organisation) bool { return o.ID == s.host.Organisation })]; r.Saying == Unlisted && o.Monitor != nil && o.Monitor.Contains(s.at.Time()) {
		r.Watched = o.Monitor
	}
	if s.host.Ownership == policy.Personal {
		return nil
	}
	why, err := explain.Explain(s.world, &s.host, in, s.at.Time())
	if err != nil {
		return err
	}
	r.Changes = why.Changes
	return nil
}

// restrict adds the bans and phase-outs of a decision, each once, and the paths to what they name.
func (s *supposed) restrict(r *Reply, into *[]policy.Rule, d *policy.Decision) {
	if r.Paths == nil {
		r.Paths = map[string][]string{}
	}
	for i := range d.Findings {
		f := &d.Findings[i]
		if f.Result != policy.Banned && f.Result != policy.Overdue && f.Result != policy.PhasingOut {
			continue
		}
		for _, rule := range s.rules(f.Rules) {
			if !slices.ContainsFunc(*into, func(o policy.Rule) bool { return o.ID == rule.ID }) {
				*into = append(*into, rule)
				r.Paths[rule.ID] = s.compiled.Path(d, rule.ID)
			}
		}
	}
}

// rules are those of the ids.
func (s *supposed) rules(ids []string) (found []policy.Rule) {
	for i := range s.world.Rules {
		if slices.Contains(ids, s.world.Rules[i].ID) {
			found = append(found, s.world.Rules[i])
		}
	}
	slices.SortFunc(found, func(a, b policy.Rule) int { return cmp.Compare(a.ID, b.ID) })
	return found
}

// leastCode is the least version code that one of the rules takes on a platform.
func leastCode(rules []policy.Rule, platform policy.Platform) (least int64) {
	for i := range rules {
		if code, is := rules[i].MinVersionCode[platform]; is && (least == 0 || code < least) {
			least = code
		}
	}
	return least
}
