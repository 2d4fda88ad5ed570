package enforce

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/drawn"
	"portcullis/internal/fault"
	"portcullis/platform"
	"portcullis/platform/platformtest"
	"portcullis/policy"
)

// held is what the suite needs to know of a form beside the form itself.
type held struct {
	form string
	// on are the platforms that it is for; all of the form's where there are none.
	on []policy.Platform
	// identifier makes a good identifier of the platform from a word.
	identifier func(word string) string
	holding    platformtest.Holding
	// under is a form that its devices hold beside it, where it does nothing by itself.
	under string
	// versions and signers tell whether the platform can tell them, and floors whether it can tell versions
	// that are too old and no others.
	versions, floors, signers bool
}

// spelt makes a word the id of an add-on.
func spelt(word string) string {
	id := []byte(strings.Repeat("a", 32))
	for i := range word {
		id[2*i], id[2*i+1] = 'a'+word[i]>>4, 'a'+word[i]&15
	}
	return string(id)
}

// hostOf makes a word the name of a host.
func hostOf(word string) string { return strings.ReplaceAll(word, " ", "-") + ".example" }

// reversed makes a word a bundle identifier or the name of a package.
func reversed(word string) string { return "uk.gov.example." + word }

// ofTeam makes a word what a Mac's program is signed as.
func ofTeam(word string) string { return "EQHXZ8M8AV:" + reversed(word) }

// published makes a word what a program for Windows is signed as.
func published(word string) string {
	return "publisher:O=EXAMPLE LTD, C=GB|" + strings.ToUpper(word) + "|*"
}

// trusted makes a word a line of trust.
func trusted(word string) string {
	return fmt.Sprintf("trust:/opt/%s %d %x", strings.ReplaceAll(word, " ", "-"), len(word), sha256.Sum256([]byte(word)))
}

// platforms are those on which the suite runs.
func (h *held) platforms() []policy.Platform {
	if len(h.on) > 0 {
		return h.on
	}
	return Named(h.form).Platforms
}

// suite has every form: TestEveryForm fails where one is missing.
var suite = []held{
	{form: "android", identifier: reversed, holding: platformtest.Android},
	{form: "apple-declaration", on: []policy.Platform{policy.IOS}, identifier: reversed, holding: platformtest.AppleDeclaration},
	{form: "apple-declaration", on: []policy.Platform{policy.MacOS}, identifier: ofTeam, holding: platformtest.AppleDeclaration},
	{form: "apple-profile", identifier: reversed, holding: platformtest.AppleProfile},
	{form: "applocker", identifier: published,
		holding: platformtest.AppLocker, versions: true},
	{form: "chromium", identifier: spelt, holding: platformtest.Chromium, floors: true},
	{form: "fapolicyd", identifier: func(word string) string { return "path:/opt/" + strings.ReplaceAll(word, " ", "-") }, holding: platformtest.Fapolicyd},
	{form: "fapolicyd-trust", identifier: trusted, under: "fapolicyd"},
	{form: "firefox", identifier: func(word string) string { return strings.ReplaceAll(word, " ", "-") + "@maker.example" }, holding: platformtest.Firefox},
	{form: "intune", on: []policy.Platform{policy.Android, policy.IOS, policy.MacOS}, identifier: reversed, holding: platformtest.Intune},
	{form: "intune", on: []policy.Platform{policy.Windows}, identifier: published, holding: platformtest.Intune, versions: true},
	{form: "rpz", identifier: hostOf, holding: platformtest.NameServer},
	{form: "santa", identifier: func(word string) string { return "ABCDE12345:org.example." + word }, holding: platformtest.Santa},
}

func TestEveryForm(t *testing.T) {
	var names []string
	carried, tested := map[string][]policy.Platform{}, map[string][]policy.Platform{}
	for _, f := range Forms {
		names, carried[f.Name] = append(names, f.Name), f.Platforms
	}
	for _, h := range suite {
		tested[h.form] = append(tested[h.form], h.platforms()...)
	}
	if diff := cmp.Diff(carried, tested); diff != "" || !slices.IsSorted(names) {
		t.Errorf("the forms, in order, are not those of the suite (-forms +suite)\n%s", diff)
	}
}

// artefact is what a form makes for a device at a day.
type artefact struct {
	list *platform.List
	data []byte
	left []platform.Left
}

func (h *held) artefact(t *testing.T, w *policy.World, on policy.Platform, host policy.Host, day int) artefact {
	t.Helper()
	at := drawn.Day(day)
	p, err := policy.Compile(w, at)
	if err != nil {
		t.Fatal(err)
	}
	host.Kind = policy.Device
	if host.Organisation == "" {
		host.Organisation = "gov"
	}
	if host.Platform = on; isBrowser(on) {
		host.Platform = policy.Windows
	}
	lists := New(w, p, 7, at)
	list, err := lists.For(&host, on)
	if on == 0 { // name servers do not know who asks
		list, err = lists.Of(host.Organisation, on)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h.write(t, list)
}

func (h *held) write(t *testing.T, list *platform.List) artefact {
	t.Helper()
	var b, again bytes.Buffer
	left, err := Named(h.form).Write(&b, list)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Named(h.form).Write(&again, list); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Fatalf("the same list gives other bytes: %v", err)
	}
	return artefact{list, b.Bytes(), left}
}

// device is one that holds the artefact.
func (h *held) device(t *testing.T, a artefact) platformtest.Device {
	t.Helper()
	holding := h.holding
	if h.under != "" {
		var under bytes.Buffer
		if _, err := Named(h.under).Write(&under, a.list); err != nil {
			t.Fatal(err)
		}
		holding = platformtest.FapolicydTrusting(under.Bytes())
	}
	d, err := holding(a.data)
	if err != nil {
		t.Fatalf("%v\n%s", err, a.data)
	}
	return d
}

// on is a world as government has it, on one platform and with its identifiers.
func (h *held) government(on policy.Platform) *policy.World {
	w := government()
	for i := range w.Products {
		p := &w.Products[i]
		if ids, ok := p.Identifiers[policy.Android]; ok {
			signers := ids[0].Signers
			if len(signers) > 0 {
				signers = []string{strings.Repeat("a0", 32)}
			}
			p.Identifiers = map[policy.Platform][]policy.Identifier{on: {{ID: h.identifier(p.ID), Signers: signers}}}
			if on == 0 {
				p.Identifiers = nil
			}
		}
		if len(p.BuiltinOn) > 0 {
			p.BuiltinOn = []policy.Platform{on}
		}
		p.Domains = []string{hostOf(p.ID)}
	}
	for i := range w.Rules {
		if code, ok := w.Rules[i].MinVersionCode[policy.Android]; ok {
			w.Rules[i].MinVersionCode = map[policy.Platform]int64{on: code}
			if on == 0 {
				w.Rules[i].MinVersionCode = nil
			}
		}
	}
	return w
}

// TestForms is the suite that every platform runs: an artefact, held by a device of the platform, does
// there what the decision says.
func TestForms(t *testing.T) {
	for _, h := range suite {
		platforms := h.platforms()
		for _, on := range platforms {
			t.Run(fmt.Sprint(h.form, "/", on), func(t *testing.T) { h.run(t, on) })
			if isBrowser(on) {
				t.Run(fmt.Sprint(h.form, "/", on, "/network"), func(t *testing.T) { h.network(t, on) })
			}
		}
		if len(platforms) == 0 {
			t.Run(h.form, func(t *testing.T) { h.network(t, 0) })
		}
		t.Run(fmt.Sprint(h.form, "/a list for another platform"), func(t *testing.T) { h.foreign(t) })
	}
}

// network: browsers and name servers keep from the domains of what is banned outright, with all that is
// below them, and from no others.
func (h *held) network(t *testing.T, on policy.Platform) {
	w := h.government(on)
	for _, c := range []struct {
		name string
		host policy.Host
		day  int
		// blocked and reached are products.
		blocked, reached []string
	}{
		{"a ban", policy.Host{ID: "any"}, 1, []string{"banned"}, []string{"unlisted", "later", "window", "floor"}},
		{"an exemption for one device", policy.Host{ID: "press"}, 1, nil, []string{"banned"}},
		{"the exemption ends", policy.Host{ID: "press"}, 3, []string{"banned"}, []string{"later"}},
		{"a phase-out past its deadline", policy.Host{ID: "any"}, 9, []string{"banned", "later"}, []string{"unlisted"}},
		{"a body that only watches", policy.Host{ID: "any", Organisation: "watching"}, 1, []string{"banned"}, []string{"unlisted"}},
	} {
		if on == 0 && c.host.ID != "any" {
			continue // name servers serve everybody
		}
		t.Run(c.name, func(t *testing.T) {
			a := h.artefact(t, w, on, c.host, c.day)
			d := h.device(t, a).(platformtest.Network)
			for _, product := range c.blocked {
				if host := hostOf(product); !d.Blocks(host) || !d.Blocks("cdn."+host) || d.Blocks("my"+host) {
					t.Errorf("%s: blocked %t, below it %t, another %t\n%s", host, d.Blocks(host), d.Blocks("cdn."+host), d.Blocks("my"+host), a.data)
				}
			}
			for _, product := range c.reached {
				if host := hostOf(product); d.Blocks(host) {
					t.Errorf("%s is blocked\n%s", host, a.data)
				}
			}
		})
	}
}

// in is an installation of a product of the government.
func (h *held) in(product, version string) policy.Installation {
	in := policy.Installation{Identifier: h.identifier(product), Version: version}
	if code := int64(41); product == "floor" {
		if version == "5.0" {
			code = 50
		}
		in.VersionCode = &code
	}
	return in
}

func (h *held) run(t *testing.T, on policy.Platform) {
	w := h.government(on)
	for _, c := range []struct {
		name string
		host policy.Host
		day  int
		// denied and admitted are products, with a version where it matters.
		denied, admitted []string
	}{
		{"default deny, and ban beats allow", policy.Host{ID: "any"}, 1, []string{"banned", "unlisted", "heard of nowhere"}, []string{"builtin", "later", "signed", "floor 5.0"}},
		{"an exemption for one device", policy.Host{ID: "press"}, 1, []string{"unlisted", "heard of nowhere"}, []string{"banned", "later"}},
		{"the exemption ends", policy.Host{ID: "press"}, 3, []string{"banned", "unlisted"}, []string{"later"}},
		{"an exemption that is named nowhere", policy.Host{ID: "undercover"}, 1, []string{"banned"}, []string{"unlisted"}},
		{"a group's exemption", policy.Host{ID: "t1", Groups: []string{"testers"}}, 1, []string{"banned"}, []string{"window 2.5"}},
		{"a phase-out past its deadline", policy.Host{ID: "any"}, 9, []string{"later"}, []string{"builtin"}},
		{"a body that only watches", policy.Host{ID: "any", Organisation: "watching"}, 1, []string{"banned"}, []string{"unlisted", "heard of nowhere", "later"}},
		{"which ends", policy.Host{ID: "any", Organisation: "watching"}, 5, []string{"banned", "unlisted", "heard of nowhere"}, []string{"later"}},
		{"versions", policy.Host{ID: "any"}, 1, []string{"window 2.5"}, []string{"floor 5.0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := h.artefact(t, w, on, c.host, c.day)
			d := h.device(t, a)
			for _, product := range c.denied {
				name, version, _ := strings.Cut(product, " ")
				if !d.Denies(h.in(name, version)) {
					t.Errorf("%s is not denied\n%s", product, a.data)
				}
			}
			for _, product := range c.admitted {
				name, version, _ := strings.Cut(product, " ")
				if d.Denies(h.in(name, version)) {
					t.Errorf("%s is denied\n%s", product, a.data)
				}
			}
		})
	}
	t.Run("what versions decide", func(t *testing.T) { h.versionsTold(t, w, on) })
	t.Run("an empty list allows nothing", func(t *testing.T) { h.empty(t, on) })
	t.Run("a personal device gets nothing", func(t *testing.T) { h.personal(t, w, on) })
	t.Run("nor does one of another platform", func(t *testing.T) { h.elsewhere(t, w, on) })
}

// elsewhere: there is no artefact for a device that could not take it. Add-ons are for browsers on computers.
func (h *held) elsewhere(t *testing.T, w *policy.World, on policy.Platform) {
	p, err := policy.Compile(w, drawn.Day(1))
	if err != nil {
		t.Fatal(err)
	}
	lists := New(w, p, 7, drawn.Day(1))
	for _, device := range networkHosts {
		takes := device == on || isBrowser(on) && slices.Contains(browserHosts, device)
		_, err := lists.Artefact(Query{Form: h.form, Platform: on}, &policy.Host{ID: "any", Kind: policy.Device, Organisation: "gov", Platform: device})
		if (err == nil) != takes || err != nil && fault.Fields(err)[0].Field != "host" {
			t.Errorf("a device with %s: %v", device, err)
		}
	}
}

// personal: there is no artefact for somebody's own device, nor for what is none, even where an exemption names it.
func (h *held) personal(t *testing.T, w *policy.World, on policy.Platform) {
	p, err := policy.Compile(w, drawn.Day(1))
	if err != nil {
		t.Fatal(err)
	}
	lists := New(w, p, 7, drawn.Day(1))
	for _, id := range []string{"any", "press"} {
		for _, host := range []policy.Host{
			{Kind: policy.Device, Ownership: policy.Personal}, {Kind: policy.Device, Ownership: policy.ManagedPersonal}, {Kind: policy.EquipmentHost, Ownership: policy.Corporate},
		} {
			host.ID, host.Organisation, host.Platform = id, "gov", on
			profile := on == policy.Android && host.Ownership == policy.ManagedPersonal // which is managed, and nothing beside it
			if made, err := lists.Artefact(Query{Form: h.form, Platform: on}, &host); (err == nil) != profile || err != nil && len(fault.Fields(err)) != 1 {
				t.Errorf("%+v has %v, %v", host, made, err)
			}
		}
	}
}

// versionsTold: a platform that can tell versions keeps out those alone that are banned or too old; one
// that cannot says so.
func (h *held) versionsTold(t *testing.T, w *policy.World, on policy.Platform) {
	a := h.artefact(t, w, on, policy.Host{ID: "any"}, 1)
	d := h.device(t, a)
	floors := h.versions || h.floors
	if got := d.Denies(h.in("floor", "4.1")); got != floors {
		t.Errorf("4.1, where 4.2 is the least: denied %t", got)
	}
	if got := d.Denies(h.in("window", "3.1")); got == h.versions {
		t.Errorf("3.1, where versions from 2 to 3 are banned: denied %t", got)
	}
	impostor := h.in("signed", "")
	impostor.Signer = strings.Repeat("b1", 32)
	if got := d.Denies(impostor); got != h.signers {
		t.Errorf("an impostor: denied %t", got)
	}
	said := map[string]bool{}
	for _, l := range a.left {
		said[l.Product] = true
	}
	if said["floor"] == floors || said["window"] == h.versions || said["signed"] == h.signers {
		t.Errorf("what is not carried: %+v", a.left)
	}
}

// empty: a list without entries, of a body that enforces, denies everything.
func (h *held) empty(t *testing.T, on policy.Platform) {
	w := &policy.World{Organisations: []policy.Organisation{{ID: "gov"}}}
	d := h.device(t, h.artefact(t, w, on, policy.Host{ID: "any"}, 1))
	if !d.Denies(h.in("unlisted", "1")) {
		t.Error("an empty list allows")
	}
}

// TestAudit: what is to be tried alone is asked for expressly, of the form that has it, and is never the artefact that is enforced
// nor has its digests. No other form writes such a list.
func TestAudit(t *testing.T) {
	at := drawn.Day(1)
	w := (&held{identifier: published}).government(policy.Windows)
	p, err := policy.Compile(w, at)
	if err != nil {
		t.Fatal(err)
	}
	lists := New(w, p, 7, at)
	for i := range Forms {
		form := &Forms[i]
		q := Query{Form: form.Name, Organisation: "gov"}
		enforced, err := lists.Artefact(q, nil)
		if err != nil {
			t.Fatal(err)
		}
		q.Audit = true
		tried, err := lists.Artefact(q, nil)
		if !form.Audits {
			if faults := fault.Fields(err); len(faults) != 1 || faults[0].Field != "audit" || !strings.Contains(faults[0].Message, "applocker alone") {
				t.Errorf("%s: %v", form.Name, err)
			}
			list := *enforced.List
			list.Audit = true
			if made, err := form.Make(&list); err == nil {
				t.Errorf("%s writes a list for an audit: %s", form.Name, made.Data)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		was, is := enforced.Manifest(), tried.Manifest()
		if enforced.Audit || was.Audit || !is.Audit || was.File == is.File || was.List == is.List || bytes.Contains(tried.Data, []byte(was.List)) {
			t.Errorf("%s: the enforced one is %+v, and the audit %+v", form.Name, was, is)
		}
		if len(is.NotCarried) == 0 || is.NotCarried[0].Identifier != "" || !strings.Contains(is.NotCarried[0].Reason, "nothing is denied") {
			t.Errorf("%s: not carried is %+v", form.Name, is.NotCarried)
		}
	}
}

// foreign: a list for a platform that the form is not for is refused, with nothing written.
func (h *held) foreign(t *testing.T) {
	for i := range policy.PlatformWords {
		on := policy.Platform(i)
		if slices.Contains(Named(h.form).Platforms, on) || on == 0 && len(Named(h.form).Platforms) == 0 {
			continue
		}
		var b bytes.Buffer
		list := &platform.List{Platform: on, Organisation: "gov", At: time.Unix(0, 0)}
		if _, err := Named(h.form).Write(&b, list); err == nil || b.Len() > 0 {
			t.Errorf("a list for %s is written: %v %q", on, err, b.String())
		}
	}
}
