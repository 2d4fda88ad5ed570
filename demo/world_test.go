package demo_test

import (
	"cmp"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"portcullis/demo"
	"portcullis/devices/index"
	"portcullis/platform/santa"
	"portcullis/policy"
	"portcullis/world"
)

func compile(t testing.TB, w *policy.World, at time.Time) *policy.Policy {
	t.Helper()
	p, err := policy.Compile(w, at)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// judged yields every host, or those of some organisations, with what the single decision says of all
// that is on it; of equipment in any case.
func judged(t testing.TB, d *demo.Demo, p *policy.Policy, organisations ...string) iter.Seq2[*demo.Host, []policy.Decision] {
	return func(yield func(*demo.Host, []policy.Decision) bool) {
		var decisions []policy.Decision
		for h := range d.Hosts() {
			if h.Kind == policy.Device && len(organisations) > 0 && !slices.Contains(organisations, h.Organisation) {
				continue
			}
			subject, err := p.Subject(&h.Host)
			if err != nil {
				t.Fatal(err)
			}
			if decisions = subject.DecideAll(h.Installed, decisions); !yield(&h, decisions) {
				return
			}
		}
	}
}

func TestIsValidAndRoundTrips(t *testing.T) {
	d := government(t, thursday)
	for _, p := range policy.Validate(&d.World) {
		t.Errorf("%s: %s", p.Key, p.Message)
	}
	validator := policy.NewHostValidator(&d.World)
	// All are checked; of the devices one in eight goes the long way, and the one that an exemption names.
	var hosts []*policy.Host
	nth := 0
	for h := range d.Hosts() {
		nth++
		for _, p := range validator.Validate(&h.Host) {
			t.Errorf("%s: %s: %s", h.ID, p.Key, p.Message)
		}
		if h.Kind == policy.EquipmentHost || nth%8 == 0 || h.ID == "SEC-PHONE-0041" {
			hosts = append(hosts, &h.Host)
		}
	}
	slices.SortFunc(hosts, func(a, b *policy.Host) int { return cmp.Compare(a.ID, b.ID) })
	path := filepath.Join(t.TempDir(), "world.yaml")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := world.Write(file, &d.World, slices.Values(hosts)); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	loaded, err := world.Load(path, nil, world.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	if diff := gocmp.Diff(d.World, loaded.World); diff != "" {
		t.Errorf("the world after a round trip: %s", diff)
	}
	if loaded.Hosts.Len() != len(hosts) {
		t.Fatalf("%d hosts of %d", loaded.Hosts.Len(), len(hosts))
	}
	for i := 0; i < len(hosts); i += 11 {
		var h policy.Host
		if err := loaded.Hosts.Read(i, &h); err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(*hosts[i], h); diff != "" {
			t.Fatalf("%s after a round trip: %s", hosts[i].ID, diff)
		}
	}
}

// TestVerdicts holds alike in any year and on any day of the week.
func TestVerdicts(t *testing.T) {
	var before map[policy.Result]int
	for _, now := range []time.Time{
		time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", 7200)), time.Date(2030, 12, 31, 23, 59, 0, 0, time.UTC),
	} {
		d := government(t, now)
		verdicts, total, breaches := make(map[policy.Result]int), 0, 0
		watched := make(map[string]int)
		for h, decisions := range judged(t, d, compile(t, &d.World, d.Now)) {
			for _, dec := range decisions {
				verdicts[dec.Verdict]++
				total++
				if dec.Breach {
					breaches++
				}
				if dec.Verdict == policy.Unlisted && !dec.Breach {
					watched[h.Organisation]++
				}
			}
		}
		t.Logf("%d installations, %d breaches, %v", total, breaches, verdicts)
		if diff := gocmp.Diff(before, verdicts); before != nil && diff != "" {
			t.Errorf("%s: %s", now.Format(time.DateOnly), diff)
		}
		before = verdicts
		for r := policy.Banned; r <= policy.Advised; r++ {
			if verdicts[r] == 0 && r != policy.Lifted {
				t.Errorf("%s: nothing is %s", now.Format(time.DateOnly), r)
			}
		}
		if share := float64(verdicts[policy.Allowed]) / float64(total); share < 0.95 || share > 0.99 {
			t.Errorf("%s: %.3f are allowed", now.Format(time.DateOnly), share)
		}
		if len(watched) != 1 || watched[d.Imported] < 4000 {
			t.Errorf("%s: watched and not listed: %v", now.Format(time.DateOnly), watched)
		}
	}
}

// TestSoon: one exemption lapses within days and something is in breach by it; the one body that
// watches stops within weeks; the deadline comes.
func TestSoon(t *testing.T) {
	d := government(t, thursday)
	now, days, weeks, months := breaches(t, d, 0), breaches(t, d, 5), breaches(t, d, 40), breaches(t, d, 50)
	if now["SEC-PHONE-0041"] != 0 || days["SEC-PHONE-0041"] != 1 {
		t.Errorf("the analysts' telephone: %d breaches now, %d then", now["SEC-PHONE-0041"], days["SEC-PHONE-0041"])
	}
	if now["HEA-PHONE-0014"] != 4 || now["HBR-PHONE-0002"] == 0 {
		t.Errorf("breaches: %d on the telephone of which the front page speaks, %d on the minister's", now["HEA-PHONE-0014"], now["HBR-PHONE-0002"])
	}
	monitored := func(in map[string]int) (n int) {
		for id, count := range in {
			if strings.HasPrefix(id, "HOS-") {
				n += count
			}
		}
		return n
	}
	if monitored(days) > 200 || monitored(weeks) < 4000 {
		t.Errorf("in the hospitals %d breaches while they watch, %d after", monitored(days), monitored(weeks))
	}
	if equipment(months) < equipment(weeks)+15 {
		t.Errorf("in breach are %d pieces of equipment before the deadline, %d after", equipment(weeks), equipment(months))
	}
}

func equipment(in map[string]int) (n int) {
	for id := range in {
		if strings.Contains(id, "-CAM-") || strings.Contains(id, "-REC-") {
			n++
		}
	}
	return n
}

// breaches counts by host what would be in breach so many days from now, on equipment and on the
// devices of the bodies in question.
func breaches(t *testing.T, d *demo.Demo, days int) map[string]int {
	count := make(map[string]int)
	for h, decisions := range judged(t, d, compile(t, &d.World, d.Now.AddDate(0, 0, days)), "security-centre", "health", "harbours", d.Imported) {
		for _, dec := range decisions {
			if dec.Breach {
				count[h.ID]++
			}
		}
	}
	return count
}

// TestStory makes the rule that the visitor is invited to make.
func TestStory(t *testing.T) {
	d := government(t, thursday)
	after := d.World
	after.Rules = append(slices.Clone(d.World.Rules), d.Draft)
	p := compile(t, &after, d.Now)
	hits, bodies, hosts := make(map[string]int), make(map[string]bool), make(map[string]bool)
	kinds := map[policy.HostKind]map[string]bool{policy.Device: {}, policy.EquipmentHost: {}}
	for h, decisions := range judged(t, d, p) {
		for i := range decisions {
			dec := &decisions[i]
			for _, f := range dec.Findings {
				if f.Result == policy.Banned && slices.Contains(f.Rules, d.Draft.ID) {
					path := p.Path(dec, d.Draft.ID)
					hits[path[0]]++
					bodies[h.Organisation], hosts[h.ID] = true, true
					kinds[h.Kind][h.ID] = true
				}
			}
		}
	}
	t.Log(hits, len(bodies), "bodies", len(hosts), "hosts", len(kinds[policy.EquipmentHost]), "pieces")
	for _, product := range []string{"paperlark", "merrow-tides", "ferrytime", "shiftbook", "umberfell-sentry-2", "umberfell-sentry-4", "umberfell-vault-16",
		"lantern-dome-4", "skerry-m4", "quay-gateway", "harrowby-r5", "pellow-door-4"} {
		if hits[product] == 0 {
			t.Errorf("the ban reaches no %s", product)
		}
	}
	if hits["lantern-dome-2"] != 0 || hits["quay-gateway-5g"] != 0 || hits["umberfell-sentry-viewer"] != 0 {
		t.Errorf("the ban reaches too much: %v", hits)
	}
	if len(bodies) < 30 || bodies["police"] || bodies["parliament"] || len(hosts) < 1500 || len(hosts) > 6000 || len(kinds[policy.EquipmentHost]) < 50 {
		t.Errorf("the ban reaches %d hosts in %d bodies", len(hosts), len(bodies))
	}
	affected := affected(t, d)
	if affected.Direct.Len() < 500 || affected.Component.Len() < 1000 || affected.Direct.Len()+affected.Component.Len() < len(hosts) {
		t.Errorf("affected: %d for what it is, %d for what it contains; the decision says %d in all", affected.Direct.Len(), affected.Component.Len(), len(hosts))
	}
	if !slices.Equal(affected.Exemptions, []string{"statistics-paperlark"}) {
		t.Errorf("exemptions touched: %v", affected.Exemptions)
	}
}

// TestBanChangesTheListsOfMacs holds that the ban of the story is about something that Santa keeps from running: else
// nothing would come to the Macs that are to show how it takes hold.
func TestBanChangesTheListsOfMacs(t *testing.T) {
	d := government(t, thursday)
	i := slices.IndexFunc(d.World.Products, func(p policy.Product) bool { return p.ID == d.Play.Product })
	if !slices.ContainsFunc(d.World.Products[i].Identifiers[policy.MacOS], func(id policy.Identifier) bool { _, err := santa.Identify(id.ID); return err == nil }) {
		t.Errorf("Santa can tell nothing of %v", d.World.Products[i].Identifiers)
	}
}

func affected(t *testing.T, d *demo.Demo) index.Affected {
	dictionary := index.NewDictionary()
	x := index.New(dictionary)
	if err := x.Load(func(yield func(string, index.Row) bool) {
		for h := range d.Hosts() {
			if !yield(h.ID, dictionary.Row(&h.Host)) {
				return
			}
		}
	}); err != nil {
		t.Fatal(err)
	}
	basis, err := index.NewBasis(&d.World, d.Now)
	if err != nil {
		t.Fatal(err)
	}
	x.SetBasis(basis)
	a, err := x.Affected(d.Draft)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func BenchmarkGovernment(b *testing.B) {
	starter, err := demo.Starter()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		d, err := demo.Government(starter, thursday)
		if err != nil {
			b.Fatal(err)
		}
		for range d.Hosts() {
		}
	}
}

func BenchmarkStarter(b *testing.B) {
	for b.Loop() {
		if _, err := demo.Starter(); err != nil {
			b.Fatal(err)
		}
	}
}
