package enforce

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"time"

	"portcullis/platform"
	"portcullis/policy"
)

// Why a host gets no list.
var (
	ErrPersonal = errors.New("nothing is enforced on a personal device: its holder is advised")
	ErrNoDevice = errors.New("what is not a device has no list of apps")
)

// Lists compiles lists from one compiled policy and keeps those that are shared. It is safe for
// concurrent use.
type Lists struct {
	policy     *policy.Policy
	generation int64
	at, since  time.Time

	catalogue  *catalogue
	rules      map[string]*policy.Rule
	exemptions map[string]*policy.Exemption

	mu     sync.Mutex
	shared map[place]*shared
}

// place is where a list is shared: on an organisation's devices of one platform, or for a browser on them.
type place struct {
	organisation     string
	platform, device policy.Platform
}

// shared is a list that is being made or was.
type shared struct {
	once sync.Once
	err  error
	list *platform.List
	bans map[string][]string // by a rule's id: the identifiers that it bans
}

// New prepares to compile lists of w, of which p is the compiled form at a time, in a generation.
func New(w *policy.World, p *policy.Policy, generation int64, at time.Time) *Lists {
	l := &Lists{policy: p, generation: generation, at: at, since: p.ValidFrom(), catalogue: newCatalogue(w.Products), shared: map[place]*shared{}}
	l.index(w)
	return l
}

// Next is New, made from l: what is known of products is looked up again only where w has others.
func (l *Lists) Next(w *policy.World, p *policy.Policy, generation int64, at time.Time) *Lists {
	next := &Lists{policy: p, generation: generation, at: at, since: p.ValidFrom(), catalogue: l.catalogue, shared: map[place]*shared{}}
	if !next.catalogue.of(w.Products) {
		next.catalogue = newCatalogue(w.Products)
	}
	next.index(w)
	return next
}

func (l *Lists) index(w *policy.World) {
	l.rules = make(map[string]*policy.Rule, len(w.Rules))
	for i := range w.Rules {
		l.rules[w.Rules[i].ID] = &w.Rules[i]
	}
	l.exemptions = make(map[string]*policy.Exemption, len(w.Exemptions))
	for i := range w.Exemptions {
		l.exemptions[w.Exemptions[i].ID] = &w.Exemptions[i]
	}
}

// has tells whether there is an organisation.
func (l *Lists) has(organisation string) bool {
	_, err := l.policy.Subject(&policy.Host{Organisation: organisation})
	return err == nil
}

// Of returns the list that the devices of an organisation share on a platform. For a browser's add-ons
// it is the strictest of those for the browsers on every platform; for no platform, the one for name
// servers.
func (l *Lists) Of(organisation string, on policy.Platform) (*platform.List, error) {
	s, err := l.share(place{organisation: organisation, platform: on})
	if err != nil {
		return nil, err
	}
	return s.list, nil
}

func (l *Lists) share(at place) (*shared, error) {
	l.mu.Lock()
	s := l.shared[at]
	if s == nil {
		s = &shared{}
		l.shared[at] = s
	}
	l.mu.Unlock()
	s.once.Do(func() { s.err = l.compile(s, at) })
	return s, s.err
}

// reaches tells whether lists for a platform are for devices by whose they are. Nothing is enforced on somebody's own; where
// a part of it is managed, only what keeps to that part is, as Android's work profile does: any other list would hold for
// the whole of it.
func reaches(whose policy.Ownership, on policy.Platform) bool {
	switch whose {
	case policy.Personal:
		return false
	case policy.ManagedPersonal:
		return on == policy.Android
	}
	return true
}

// For returns the list of one device on a platform: its own, or a browser's on it. It is ErrPersonal
// for a personal one, or one whose managed part the list would not keep to, and ErrNoDevice for equipment.
func (l *Lists) For(h *policy.Host, on policy.Platform) (*platform.List, error) {
	if h.Kind != policy.Device {
		return nil, ErrNoDevice
	}
	if !reaches(h.Ownership, on) {
		return nil, ErrPersonal
	}
	s, err := l.share(place{h.Organisation, on, h.Platform})
	if err != nil {
		return nil, err
	}
	subject, err := l.policy.Subject(h)
	if err != nil {
		return nil, err
	}
	singled := subject.Singled()
	if len(singled) == 0 {
		return s.list, nil
	}
	return l.own(s, h, on, singled)
}

// browserHosts are the platforms on which browsers take add-ons, and networkHosts those of devices that
// ask name servers.
var (
	browserHosts = []policy.Platform{policy.Windows, policy.MacOS, policy.Linux, policy.ChromeOS}
	networkHosts = []policy.Platform{policy.Android, policy.IOS, policy.MacOS, policy.Windows, policy.Linux, policy.ChromeOS}
)

// isBrowser tells whether a platform is a browser's.
func isBrowser(p policy.Platform) bool {
	return p == policy.Chrome || p == policy.MSEdge || p == policy.Firefox
}

// hosts stand for the devices that share a list.
func (at place) hosts() (hosts []*policy.Host) {
	on := []policy.Platform{at.device}
	switch {
	case at.device != 0:
	case at.platform == 0:
		on = networkHosts
	case isBrowser(at.platform):
		on = browserHosts
	default:
		on = []policy.Platform{at.platform}
	}
	for _, p := range on {
		hosts = append(hosts, &policy.Host{Kind: policy.Device, Organisation: at.organisation, Ownership: policy.Corporate, Platform: p})
	}
	return hosts
}

func (l *Lists) compile(s *shared, at place) error {
	asked, err := l.ask(at.platform, at.hosts()...)
	if err != nil {
		return err
	}
	s.bans = map[string][]string{}
	s.list = &platform.List{Platform: at.platform, Organisation: at.organisation, Generation: l.generation, At: l.at, Since: l.since, Until: l.policy.ValidUntil()}
	asked.rest(s.list)
	asked.domains(s.list)
	asked.name(s.list, l.catalogue.known(at.platform))
	if !s.list.Closed { // else what is known elsewhere is denied whatever is said of it
		asked.name(s.list, l.catalogue.elsewhere(at.platform, l.policy.Restricted))
		slices.SortFunc(s.list.Shared, func(a, b platform.Entry) int { return cmp.Compare(a.Identifier, b.Identifier) })
	}
	for i := range s.list.Shared {
		if e := &s.list.Shared[i]; e.Bans() {
			for _, rule := range e.Decisions {
				s.bans[rule] = append(s.bans[rule], e.Identifier)
			}
		}
	}
	return nil
}

// own makes the list of one device that exemptions single out.
func (l *Lists) own(s *shared, h *policy.Host, on policy.Platform, singled []string) (*platform.List, error) {
	asked, err := l.ask(on, h)
	if err != nil {
		return nil, err
	}
	list := *s.list
	list.Host = h.ID
	asked.rest(&list)
	asked.domains(&list)
	for _, k := range l.touched(s, on, singled) {
		list.Own = append(list.Own, asked.entry(&k))
	}
	return &list, nil
}

// touched are what exemptions may change the entries of, ascending and each once.
func (l *Lists) touched(s *shared, on policy.Platform, exemptions []string) (touched []known) {
	for _, id := range exemptions {
		e := l.exemptions[id]
		if e.Product != "" {
			product := l.catalogue.product(e.Product)
			for _, identifier := range product.Identifiers[on] {
				touched = append(touched, known{identifier.ID, product, identifier.Signers})
			}
			continue
		}
		for _, rule := range e.Lifts {
			for _, identifier := range s.bans[rule] {
				touched = append(touched, l.catalogue.find(on, identifier))
			}
		}
	}
	return once(touched)
}
