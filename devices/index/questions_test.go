package index

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"portcullis/internal/drawn"
	"portcullis/policy"
)

// What follows counts slowly, over all hosts and with the single decision, what the index is asked.

// same compares what the slow count says with an answer.
func same[T any](m *model, what string, want, got T) {
	m.Helper()
	if diff := gocmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateComparable(open{})); diff != "" {
		m.Fatalf("%s (-policy +index):\n%s", what, diff)
	}
}

// each calls f with everything that is installed, each thing on a host once, and with what policy says of it.
func (m *model) each(organisations []string, f func(h *policy.Host, in *policy.Installation, d *policy.Decision)) {
	for id := range m.hosts {
		h, seen := m.hosts[id], map[Thing]bool{}
		if len(organisations) > 0 && !slices.Contains(organisations, h.Organisation) {
			continue
		}
		for i := range h.Installed {
			in := &h.Installed[i]
			if t := ThingOf(in); seen[t] {
				continue
			} else {
				seen[t] = true
			}
			d, err := policy.Decide(m.world, &h, in, m.at)
			if err != nil {
				m.Fatal(err)
			}
			f(&h, in, &d)
		}
	}
}

func (m *model) someOrganisations() []string {
	if m.OneIn(2) {
		return nil
	}
	return []string{drawn.From(m.Drawing, drawn.Organisations), drawn.From(m.Drawing, drawn.Organisations)}
}

// hear has some hosts report, those that are not known too, and asks when they did.
func (m *model) hear() {
	known := map[string]uint32{}
	for id := range m.hosts {
		known[id] = m.heard[id]
	}
	m.heard = known
	for range m.UpTo(2) {
		id, minute := drawn.From(m.Drawing, drawn.Hosts), uint32(m.UpTo(9))
		m.x.Hear(id, minute)
		if was, ok := known[id]; ok {
			known[id] = max(was, minute)
		}
	}
	for _, id := range drawn.Hosts {
		organisation, c, ok := m.x.Contact(id)
		h, want := m.hosts[id]
		if ok != want || organisation != h.Organisation || c.Heard != known[id] {
			m.Fatalf("%s: contact %+v of %q (known: %t), heard at %d", id, c, organisation, ok, known[id])
		}
	}
	since := uint32(m.UpTo(9))
	got := maps.Collect(m.x.HeardSince(since))
	maps.DeleteFunc(known, func(_ string, at uint32) bool { return at == 0 || at < since })
	same(m, "heard since", known, got)
	m.heard = map[string]uint32{}
	for id := range m.hosts {
		_, c, _ := m.x.Contact(id)
		m.heard[id] = c.Heard
	}
}

func (m *model) silent(h *policy.Host, before uint32) bool {
	return h.Kind == policy.Device && (m.heard[h.ID] == 0 || m.heard[h.ID] < before)
}

func (m *model) checkCoverage(breaches map[open]bool) {
	before, of := uint32(m.UpTo(9)), map[string]*Coverage{}
	hosts, things := map[string]bool{}, map[open]bool{}
	for o := range breaches {
		hosts[o.host], things[open{host: o.host, thing: o.thing}] = true, true
	}
	for id, h := range m.hosts {
		if of[h.Organisation] == nil {
			of[h.Organisation] = &Coverage{Organisation: h.Organisation}
		}
		c := of[h.Organisation]
		count := func(n *int, yes bool) {
			if yes {
				*n++
			}
		}
		c.Hosts++
		count(&c.Devices, h.Kind == policy.Device)
		count(&c.Equipment, h.Kind == policy.EquipmentHost)
		count(&c.Silent, m.silent(&h, before))
		count(&c.Never, h.Kind == policy.Device && m.heard[id] == 0)
		count(&c.Empty, len(h.Installed) == 0)
		count(&c.InBreach, hosts[id])
	}
	for t := range things {
		of[m.hosts[t.host].Organisation].Breaches++
	}
	got, err := m.x.Coverage(before)
	if err != nil {
		m.Fatal(err)
	}
	var want []Coverage
	for _, id := range slices.Sorted(maps.Keys(of)) {
		want = append(want, *of[id])
	}
	same(m, "coverage", want, got)
}

func (m *model) query() Query {
	q := Query{Organisations: m.someOrganisations(), SilentBefore: uint32(m.UpTo(9)), Silent: m.OneIn(4), InBreach: m.OneIn(4), Limit: m.UpTo(4)}
	if m.OneIn(4) {
		q.Kind = drawn.From(m.Drawing, []policy.HostKind{policy.Device, policy.EquipmentHost})
	}
	if m.OneIn(4) {
		q.Platform = drawn.From(m.Drawing, drawn.Platforms)
	}
	if m.OneIn(4) {
		q.Ownership = drawn.From(m.Drawing, []policy.Ownership{policy.Corporate, policy.Personal})
	}
	if m.OneIn(4) {
		q.Result = drawn.From(m.Drawing, []policy.Result{policy.Banned, policy.Unlisted, policy.Unknown, policy.Exempt})
	}
	if m.OneIn(6) {
		q.Rule = "r1"
	}
	if m.OneIn(3) {
		q.Product = drawn.From(m.Drawing, append([]string{"no such product"}, drawn.Products...))
	}
	if m.OneIn(4) {
		q.Identifier = drawn.From(m.Drawing, drawn.Identifiers)
	}
	if m.OneIn(2) {
		q.After = drawn.From(m.Drawing, append([]string{"h", "h9"}, drawn.Hosts...))
	}
	return q
}

func (m *model) checkFind(breaches map[open]bool) {
	q, found := m.query(), map[string]*Found{}
	fits := map[string]bool{}
	for id, h := range m.hosts {
		found[id] = &Found{ID: id, Organisation: h.Organisation, Kind: h.Kind, Platform: h.Platform, Ownership: h.Ownership, Heard: m.heard[id]}
	}
	m.each(nil, func(h *policy.Host, in *policy.Installation, d *policy.Decision) {
		found[h.ID].Installations++
		causes := slices.Collect(maps.Keys(breaches))
		causes = slices.DeleteFunc(causes, func(o open) bool { return o.host != h.ID || o.thing != ThingOf(in) })
		if len(causes) > 0 {
			found[h.ID].Breaches++
		}
		caused := slices.ContainsFunc(causes, func(o open) bool {
			return (q.Result == 0 || q.Result == o.cause.Result) && (q.Rule == "" || q.Rule == o.cause.Rule)
		})
		if (caused || !q.InBreach && q.Result == 0 && q.Rule == "") &&
			(q.Product == "" || q.Product == d.Product) && (q.Identifier == "" || q.Identifier == in.Identifier) {
			fits[h.ID] = true
		}
	})
	var page []Found
	total := 0
	for _, id := range slices.Sorted(maps.Keys(m.hosts)) {
		h := m.hosts[id]
		ownership := h.Ownership
		if ownership == 0 && h.Kind == policy.Device {
			ownership = policy.Corporate
		}
		some := q.InBreach || q.Result != 0 || q.Rule != "" || q.Product != "" || q.Identifier != ""
		if len(q.Organisations) > 0 && !slices.Contains(q.Organisations, h.Organisation) || q.Kind != 0 && q.Kind != h.Kind ||
			q.Platform != 0 && q.Platform != h.Platform || q.Ownership != 0 && q.Ownership != ownership ||
			q.Silent && !m.silent(&h, q.SilentBefore) || some && !fits[id] {
			continue
		}
		total++
		if id > q.After && len(page) < q.Limit {
			page = append(page, *found[id])
		}
	}
	got, n, err := m.x.Find(q)
	if err != nil {
		m.Fatal(err)
	}
	same(m, "hosts found", page, got)
	same(m, "total of hosts", total, n)
}

// tallied is a set of hosts, by what they have.
type tallied[K comparable] map[K]map[string]bool

func (m *model) count(hosts map[string]bool) (c Count) {
	for id := range hosts {
		c.Hosts++
		if m.hosts[id].Kind == policy.EquipmentHost {
			c.Equipment++
		} else {
			c.Devices++
		}
	}
	return c
}

// leads asks policy whether something is what a target is about, or contains it.
func (m *model) leads(target policy.Target, h *policy.Host, in *policy.Installation) (directly, atAll bool) {
	ban := policy.Rule{ID: "draft", Effect: policy.Ban, Target: target, Scope: h.Organisation, Clearance: policy.ClearanceNone}
	return m.covered(ban, false, h, in), m.covered(ban, true, h, in)
}

// sought is what the slow count finds of a target.
type sought struct {
	itself, carried                 tallied[string]
	everywhere, inside, either, may map[string]bool
	platforms                       tallied[policy.Platform]
	versions                        tallied[string]
	on                              map[policy.Platform]tallied[string] // versions
	causes                          tallied[Cause]
	breach                          map[string]bool
	installations                   int
}

func (m *model) seek(target policy.Target, organisations []string) *sought {
	s := &sought{tallied[string]{}, tallied[string]{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{},
		tallied[policy.Platform]{}, tallied[string]{}, map[policy.Platform]tallied[string]{}, tallied[Cause]{}, map[string]bool{}, 0}
	m.each(organisations, func(h *policy.Host, in *policy.Installation, d *policy.Decision) {
		switch directly, atAll := m.leads(target, h, in); {
		case !atAll:
		case d.Product == "":
			s.may[h.ID] = true
		case directly:
			s.installations++
			s.everywhere[h.ID], s.either[h.ID] = true, true
			put(s.itself, d.Product, h.ID)
			put(s.platforms, d.Platform, h.ID)
			put(s.versions, in.Version, h.ID)
			if s.on[d.Platform] == nil {
				s.on[d.Platform] = tallied[string]{}
			}
			put(s.on[d.Platform], in.Version, h.ID)
			for _, c := range m.causes(h, d) {
				put(s.causes, c, h.ID)
				s.breach[h.ID] = true
			}
		default:
			s.inside[h.ID], s.either[h.ID] = true, true
			put(s.carried, d.Product, h.ID)
		}
	})
	return s
}

// presence puts the slow count into an answer's form.
func (m *model) presence(target policy.Target, s *sought) (p Presence, theirs []ProductCount) {
	maps.DeleteFunc(s.may, func(id string, _ bool) bool { return s.either[id] })
	p = Presence{Itself: m.count(s.everywhere), Inside: m.count(s.inside), Either: m.count(s.either), Perhaps: m.count(s.may)}
	for _, o := range drawn.Organisations {
		one := OrganisationPresence{Organisation: o}
		for id, h := range m.hosts {
			if h.Organisation == o && s.everywhere[id] {
				one.Itself++
			}
			if h.Organisation == o && s.inside[id] {
				one.Inside++
			}
		}
		if one.Itself+one.Inside > 0 {
			p.Organisations = append(p.Organisations, one)
		}
	}
	host := policy.Host{ID: "none", Kind: policy.Device, Organisation: drawn.Organisations[0]}
	for i := range m.world.Products {
		id := m.world.Products[i].ID
		switch directly, atAll := m.leads(target, &host, &policy.Installation{Product: id}); {
		case directly:
			theirs = append(theirs, ProductCount{id, m.count(s.itself[id])})
		case atAll:
			p.Carriers = append(p.Carriers, ProductCount{id, m.count(s.carried[id])})
		}
	}
	most := func(a, b ProductCount) int {
		return cmp.Or(cmp.Compare(b.Hosts, a.Hosts), strings.Compare(a.Product, b.Product))
	}
	slices.SortFunc(theirs, most)
	slices.SortFunc(p.Carriers, most)
	return p, theirs
}

func (m *model) checkWhere() {
	product, supplier, organisations := drawn.From(m.Drawing, drawn.Products), drawn.From(m.Drawing, drawn.Suppliers), m.someOrganisations()
	target := policy.Target{Product: product}
	s := m.seek(target, organisations)
	want := Where{Product: product, Installations: s.installations, InBreach: m.count(s.breach)}
	want.Presence, _ = m.presence(target, s)
	got, err := m.x.Where(product, organisations)
	if err != nil {
		m.Fatal(err)
	}
	platforms, versions, causes := map[policy.Platform]Count{}, map[string]Count{}, map[Cause]Count{}
	for _, p := range got.Platforms {
		platforms[p.Platform] = p.Count
	}
	for i, v := range got.Versions {
		versions[v.Version] = v.Count
		if i > 0 && !policy.VersionMissing(v.Version) && policy.CompareVersions(got.Versions[i-1].Version, v.Version) < 0 {
			m.Fatalf("versions are not in order: %+v", got.Versions)
		}
	}
	for _, c := range got.Causes {
		causes[c.Cause] = c.Count
	}
	same(m, "platforms", counted(m, s.platforms), platforms)
	same(m, "versions", counted(m, s.versions), versions)
	same(m, "causes", counted(m, s.causes), causes)
	got.Platforms, got.Versions, got.Causes = nil, nil, nil
	same(m, "where "+product+" is", want, got)
	m.checkLater(product, organisations, s)

	target = policy.Target{Supplier: supplier}
	theirs := SupplierWhere{Supplier: supplier}
	theirs.Presence, theirs.Products = m.presence(target, m.seek(target, organisations))
	all, err := m.x.Supplier(supplier, organisations)
	if err != nil {
		m.Fatal(err)
	}
	same(m, "where "+supplier+"'s things are", theirs, all)
}

// checkLater holds the hosts with a later version than each that there is to a slow count.
func (m *model) checkLater(product string, organisations []string, s *sought) {
	for platform, versions := range s.on {
		for than := range versions {
			hosts, newest := map[string]bool{}, ""
			for v, ids := range versions {
				if policy.VersionMissing(v) || policy.CompareVersions(v, than) <= 0 {
					continue
				}
				maps.Copy(hosts, ids)
				if newest == "" || policy.CompareVersions(v, newest) > 0 {
					newest = v
				}
			}
			got, count, err := m.x.Later(product, platform, than, organisations)
			if err != nil || count != m.count(hosts) || policy.CompareVersions(got, newest) != 0 {
				m.Fatalf("%s later than %q on %s: %q on %+v, not %q on %+v: %v", product, than, platform, got, count, newest, m.count(hosts), err)
			}
		}
	}
}

func counted[K comparable](m *model, hosts tallied[K]) map[K]Count {
	counts := map[K]Count{}
	for k, ids := range hosts {
		counts[k] = m.count(ids)
	}
	return counts
}

// nameOn is a name on a platform.
type nameOn struct {
	name     string
	product  bool
	platform policy.Platform
}

func nameOf(in *policy.Installation, d *policy.Decision) nameOn {
	return nameOn{d.Identifier, in.Product != "", d.Platform}
}

func (m *model) checkUnlinked() {
	organisations := m.someOrganisations()
	hosts, want := tallied[nameOn]{}, map[nameOn]Unlinked{}
	m.each(organisations, func(h *policy.Host, in *policy.Installation, d *policy.Decision) {
		if d.Findings[len(d.Findings)-1].Result != policy.Unknown {
			return
		}
		k := nameOf(in, d)
		put(hosts, k, h.ID)
		u := want[k]
		u.Name, u.Product, u.Platform, u.Hosts, u.Candidates = k.name, k.product, k.platform, len(hosts[k]), nil
		u.Installations++
		for _, p := range m.world.Products {
			for _, ids := range p.Identifiers {
				if !k.product && slices.ContainsFunc(ids, func(id policy.Identifier) bool { return id.ID == k.name }) && !slices.Contains(u.Candidates, p.ID) {
					u.Candidates = append(u.Candidates, p.ID)
				}
			}
		}
		if !policy.VersionMissing(in.Version) && !slices.Contains(u.Versions, in.Version) {
			u.Versions = append(u.Versions, in.Version)
			slices.SortFunc(u.Versions, func(a, b string) int { return policy.CompareVersions(b, a) })
		}
		want[k] = u
	})
	list, err := m.x.Unlinked(organisations)
	if err != nil {
		m.Fatal(err)
	}
	got := map[nameOn]Unlinked{}
	for _, u := range list {
		got[nameOn{u.Name, u.Product, u.Platform}] = u
	}
	same(m, "names that lead to nothing", want, got)
	if len(list) != len(got) || !slices.IsSortedFunc(list, func(a, b Unlinked) int { return b.Hosts - a.Hosts }) {
		m.Fatalf("names are there twice, or not in order: %+v", list)
	}
}

func (m *model) checkUnlisted() {
	organisations := m.someOrganisations()
	hosts := tallied[Unlisted]{}
	m.each(organisations, func(h *policy.Host, in *policy.Installation, d *policy.Decision) {
		if d.Verdict != policy.Unlisted && d.Verdict != policy.Unknown {
			return
		}
		u := Unlisted{Product: d.Product, Platform: d.Platform}
		if d.Product == "" {
			u.Name, u.Given = d.Identifier, in.Product != ""
		}
		for _, p := range m.world.Products {
			if p.ID == d.Product {
				u.Supplier = p.Supplier
			}
		}
		put(hosts, u, h.ID)
	})
	list, err := m.x.Unlisted(organisations)
	if err != nil {
		m.Fatal(err)
	}
	want, got := map[Unlisted]int{}, map[Unlisted]int{}
	for u, ids := range hosts {
		want[u] = len(ids)
	}
	for _, u := range list {
		n := u.Hosts
		u.Hosts = 0
		got[u] = n
	}
	same(m, "what is on no list", want, got)
	if len(list) != len(got) || !slices.IsSortedFunc(list, func(a, b Unlisted) int { return b.Hosts - a.Hosts }) {
		m.Fatalf("products are there twice, or not in order: %+v", list)
	}
}

// TestWatched: what is only watched is no breach, and is in what waits for a list.
func TestWatched(t *testing.T) {
	x := New(NewDictionary())
	x.SetBasis(basisOf(t, plain(), drawn.Day(7)))
	if changes := putHost(t, x, phone("d1", "pat", policy.Installation{Identifier: "com.stranger"})); len(changes) > 0 {
		t.Errorf("watched, and a breach: %v", words(changes))
	}
	got, err := x.Unlisted(nil)
	if diff := gocmp.Diff([]Unlisted{{Name: "com.stranger", Platform: policy.IOS, Hosts: 1}}, got); diff != "" || err != nil {
		t.Errorf("what waits (-want +got, %v):\n%s", err, diff)
	}
	covered, err := x.Coverage(0)
	if err != nil || covered[0].Breaches+covered[0].InBreach > 0 {
		t.Errorf("coverage %+v, %v", covered, err)
	}
	page, _, err := x.Find(Query{Limit: 1})
	if err != nil || len(page) != 1 || page[0].Breaches > 0 {
		t.Errorf("found %+v, %v", page, err)
	}
}

func put[K comparable](sets map[K]map[string]bool, k K, id string) {
	if sets[k] == nil {
		sets[k] = map[string]bool{}
	}
	sets[k][id] = true
}
