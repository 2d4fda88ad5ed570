package world

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"portcullis/policy"
)

func written(tb testing.TB, w *policy.World, hosts []*policy.Host) string {
	tb.Helper()
	var out bytes.Buffer
	if err := Write(&out, w, slices.Values(hosts)); err != nil {
		tb.Fatal(err)
	}
	return out.String()
}

// TestWrite shows the form: short items on a line, long ones on several, each host on one.
func TestWrite(t *testing.T) {
	w := ministry()
	w.Products, w.Rules, w.Exemptions = w.Products[:2], w.Rules[:1], w.Exemptions[:1]
	const want = `organisations:
  - {id: crown, name: "The Crown"}
  - {id: interior, name: "Ministry of the Interior", parent: crown, list: own}
  - {id: works, parent: crown, monitor: {from: 2023-03-01, until: 2023-06-01T10:30:00Z, reason: "rolling out"}}
sites:
  - {id: gatehouse, organisation: interior, class: sensitive}
  - {id: depot, organisation: works}
suppliers:
  - {id: parent-co, name: "Parent Co"}
  - id: video-co
    aliases: ["Old Video Co", "the \"Co\""]
    owned_by: [{supplier: parent-co, from: 2017-11-01}, {supplier: parent-co, until: 2015-01-01}]
products:
  - id: clips
    kind: app
    name: Clips
    aliases: ["Clips Lite"]
    supplier: video-co
    identifiers: {android: [org.clips, {id: org.clips.lite, signers: [ab12, cd34]}], ios: [org.clips]}
    domains: [clips.example]
    contains: [ads, {product: push, since: "3.10", until: "4.0"}]
    builtin_on: [ios, chromeos]
  - {id: ads, kind: app}
rules:
  - id: no-clips
    effect: ban
    target: {product: clips}
    components: false
    clearance: minister
    mitigations: [own-device]
    scope: crown
    from: 2023-03-16T12:00:00Z
    until: 2033-03-16
    versions: {until: "4.2"}
    reason: "…"
exemptions:
  - id: ex1
    lifts: [no-clips]
    product: clips
    any_version: true
    scope: interior
    subject: {host: "123"}
    from: 2023-04-01
    until: 2023-07-01
    purpose: press
    mitigations: [own-device]
    clearance: {office: minister, by: "the Minister", ref: "PO/23", at: 2023-03-30}
hosts:
  - {"id":"123","kind":"device","organisation":"interior","ownership":"managed-personal","platform":"android","holder":"p1","groups":["press"],"installed":[{"identifier":"org.clips","version":"29.30","version_code":2902903040,"signer":"ab12","managed":false},{"product":"ads","platform":"chrome","managed":true}]}
  - {"id":"eye-0017","kind":"equipment","organisation":"interior","site":"gatehouse","installed":[{"product":"eye","version":"5.5"}]}
`
	if diff := cmp.Diff(want, written(t, w, ministryHosts())); diff != "" {
		t.Error(diff)
	}
}

func TestWriteNothing(t *testing.T) {
	if got := written(t, new(policy.World), nil); got != "" {
		t.Errorf("%q", got)
	}
}

// TestPlain has texts that YAML readers take for something else, or that need thought.
func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		"tiktok": "tiktok", "org.app-2_x": "org.app-2_x", "Yes": `"Yes"`, "n": `"n"`, "null": `"null"`, "OFF": `"OFF"`, "4.10": `"4.10"`,
		"2023-01-01": `"2023-01-01"`, "a b": `"a b"`, "a:b": `"a:b"`, "é": `"é"`, "😀": `"😀"`, ".inf": `".inf"`, "-": `"-"`,
		"\x00\t\n\r\x7f\u0085\u2028\ufeff\uffff\u00a0": "\"\\u0000\\t\\n\\u000d\\u007f\\u0085\\u2028\\ufeff\\uffff\u00a0\"", `a\b"`: `"a\\b\""`,
	} {
		var p pairs
		p.scalar(text)
		if string(p.out) != want {
			t.Errorf("%q: %s, want %s", text, p.out, want)
		}
	}
}

// TestUnwritable has what Load could not read again.
func TestUnwritable(t *testing.T) {
	for name, w := range map[string]policy.World{
		"text that is not UTF-8":    {Sites: []policy.Site{{ID: "caf\xe9"}}},
		"time finer than writing":   {Rules: []policy.Rule{{ID: "r", Period: policy.Period{From: day(2023, 1, 1).Add(time.Nanosecond)}}}},
		"time beyond the year 9999": {Exemptions: []policy.Exemption{{ID: "e", Period: policy.Period{Until: day(10000, 1, 1)}}}},
		"deep inside": {Products: []policy.Product{{ID: "p", Identifiers: map[policy.Platform][]policy.Identifier{
			policy.IOS: {{ID: "a", Signers: []string{"\xff"}}}}}}},
	} {
		if err := Write(new(bytes.Buffer), &w, nil); err == nil || !strings.Contains(err.Error(), "cannot be written") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Write(new(bytes.Buffer), new(policy.World), slices.Values([]*policy.Host{{ID: "\xff"}})); err == nil {
		t.Error("a host whose id is not UTF-8 was written")
	}
}

var errDisk = errors.New("no room on the disk")

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errDisk }

func TestWriteError(t *testing.T) {
	if err := Write(fullDisk{}, ministry(), slices.Values(ministryHosts())); !errors.Is(err, errDisk) {
		t.Error(err)
	}
}

// TestRoundTrip writes random valid worlds and loads them again.
func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "world.yaml")
	rapid.Check(t, func(t *rapid.T) {
		w, hosts := drawWorld(t)
		var out bytes.Buffer
		if err := Write(&out, w, slices.Values(hosts)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := loadWith([]string{path}, rapid.IntRange(1, 5000).Draw(t, "window"), rapid.Bool().Draw(t, "whole"))
		if err != nil {
			t.Fatalf("%v\n%s", err, out.String())
		}
		defer l.Close()
		if diff := cmp.Diff(*w, l.World, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
		slices.SortFunc(hosts, func(a, b *policy.Host) int { return strings.Compare(a.ID, b.ID) })
		for i, want := range hosts {
			var got policy.Host
			if err := l.Hosts.Read(i, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, &got, cmpopts.EquateEmpty()); diff != "" {
				t.Fatal(diff)
			}
		}
		if l.Hosts.Len() != len(hosts) {
			t.Fatalf("%d hosts of %d", l.Hosts.Len(), len(hosts))
		}
	})
}

// drawer draws the parts of a world, each of which may lean on those drawn before.
type drawer struct {
	*rapid.T
	w *policy.World
	n int
}

func (d *drawer) one(max int) bool { return rapid.IntRange(0, max).Draw(d.T, "chance") == 0 }

// text draws any text that is not empty; most are short and odd.
func (d *drawer) text() string {
	return rapid.OneOf(rapid.StringN(1, 12, -1),
		rapid.SampledFrom([]string{"null", "~", "yes", "4.10", "1e3", "- a", "a: b", "a #b", "{", "]", "'", "\"", "\\", " a ", "\x00", "\u2028", "<<", "*a", "|", "...", "---", "😀"}),
	).Draw(d.T, "text")
}

func (d *drawer) some() string {
	if d.one(2) {
		return ""
	}
	return d.text()
}

func (d *drawer) texts() []string {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return (&drawer{T: t}).text() }), 0, 3).Draw(d.T, "texts")
}

// id draws a text that no other id is.
func (d *drawer) id() string {
	d.n++
	return fmt.Sprintf("%s%d", d.some(), d.n)
}

func (d *drawer) time() time.Time {
	return time.Unix(rapid.Int64Range(-62135596799, 253402300000).Draw(d.T, "second"), rapid.Int64Range(0, 999_999).Draw(d.T, "micro")*1000).UTC()
}

func (d *drawer) period(ends bool) policy.Period {
	p := policy.Period{From: d.time()}
	if ends || d.one(1) {
		p.Until = p.From.Add(time.Duration(rapid.Int64Range(1, 1e12).Draw(d.T, "length")) * time.Microsecond)
	}
	if p.Until.Year() > 9999 {
		p.From, p.Until = day(2023, 1, 1), day(2024, 1, 1)
	}
	return p
}

func (d *drawer) version() string {
	return fmt.Sprintf("%d.%d%s", rapid.IntRange(0, 20).Draw(d.T, "major"), rapid.IntRange(0, 20).Draw(d.T, "minor"), rapid.SampledFrom([]string{"", "-rc1", "b", " (5)"}).Draw(d.T, "tail"))
}

func (d *drawer) window() policy.Window {
	return rapid.SampledFrom([]policy.Window{{Since: "1.10"}, {Until: "2.0"}, {Since: "1", Until: "1.0.1"}}).Draw(d.T, "window")
}

// pick draws the id of one of several things.
func pick[T any](d *drawer, of []T, id func(*T) string) string {
	return id(&of[rapid.IntRange(0, len(of)-1).Draw(d.T, "one of")])
}

func subset[T ~uint8](d *drawer, words []string, least int) []T {
	word := rapid.Custom(func(t *rapid.T) T { return T(rapid.IntRange(1, len(words)-1).Draw(t, "word")) })
	return rapid.SliceOfNDistinct(word, least, 2, rapid.ID[T]).Draw(d.T, "words")
}

func (d *drawer) organisation() string {
	return pick(d, d.w.Organisations, func(o *policy.Organisation) string { return o.ID })
}

func (d *drawer) supplier() string {
	return pick(d, d.w.Suppliers, func(s *policy.Supplier) string { return s.ID })
}

func (d *drawer) product() string {
	return pick(d, d.w.Products, func(p *policy.Product) string { return p.ID })
}

func (d *drawer) site() *policy.Site {
	return &d.w.Sites[rapid.IntRange(0, len(d.w.Sites)-1).Draw(d.T, "site")]
}

func (d *drawer) edges() []policy.Edge {
	var edges []policy.Edge
	for !d.one(2) && len(edges) < 3 {
		e := policy.Edge{Supplier: d.supplier(), Period: d.period(false)}
		if d.one(2) {
			e.From = time.Time{}
		}
		edges = append(edges, e)
	}
	return edges
}

func drawWorld(t *rapid.T) (*policy.World, []*policy.Host) {
	d := &drawer{T: t, w: new(policy.World)}
	times := func(max int, f func()) {
		for range rapid.IntRange(1, max).Draw(t, "number") {
			f()
		}
	}
	times(3, func() {
		o := policy.Organisation{ID: d.id(), Name: d.some(), OwnList: d.one(1)}
		if len(d.w.Organisations) > 0 && d.one(1) {
			o.Parent = d.organisation()
		}
		if d.one(2) {
			o.Monitor = &policy.Monitor{Period: d.period(true), Reason: d.some()}
		}
		d.w.Organisations = append(d.w.Organisations, o)
	})
	times(2, func() {
		d.w.Sites = append(d.w.Sites, policy.Site{ID: d.id(), Organisation: d.organisation(), Class: d.some()})
	})
	times(3, func() {
		s := policy.Supplier{ID: d.id(), Name: d.some(), Aliases: d.texts()}
		d.w.Suppliers = append(d.w.Suppliers, s)
		d.w.Suppliers[len(d.w.Suppliers)-1].OwnedBy = d.edges()
	})
	times(3, func() { d.w.Products = append(d.w.Products, d.drawProduct()) })
	times(4, func() { d.w.Rules = append(d.w.Rules, d.drawRule()) })
	var hosts []*policy.Host
	times(3, func() { hosts = append(hosts, d.drawHost()) })
	times(3, func() { d.w.Exemptions = append(d.w.Exemptions, d.drawExemption(hosts)) })
	return d.w, hosts
}

func (d *drawer) drawProduct() policy.Product {
	p := policy.Product{ID: d.id(), Kind: policy.Kind(rapid.IntRange(1, 2).Draw(d.T, "kind")), Name: d.some(), Aliases: d.texts(),
		MadeBy: d.edges(), Domains: d.texts(), BuiltinOn: subset[policy.Platform](d, policy.PlatformWords[:], 0)}
	if d.one(1) {
		p.Supplier = d.supplier()
	}
	for _, platform := range subset[policy.Platform](d, policy.PlatformWords[:], 0) {
		if p.Identifiers == nil {
			p.Identifiers = make(map[policy.Platform][]policy.Identifier)
		}
		p.Identifiers[platform] = []policy.Identifier{{ID: d.id()}, {ID: d.id(), Signers: d.texts()}}
	}
	if len(d.w.Products) > 0 {
		p.Contains = []policy.Component{{Product: d.product()}, {Product: d.product(), Versions: d.window()}}
	}
	return p
}

func (d *drawer) drawRule() policy.Rule {
	r := policy.Rule{ID: d.id(), Effect: policy.Effect(rapid.IntRange(1, 3).Draw(d.T, "effect")), Scope: d.organisation(),
		Period: d.period(false), Reason: d.some(), Platforms: subset[policy.Platform](d, policy.PlatformWords[:], 0),
		Kinds: subset[policy.Kind](d, policy.KindWords[:], 0), SiteClass: d.texts()}
	switch rapid.IntRange(0, 2).Draw(d.T, "target") {
	case 0:
		r.Target.Product = d.product()
	case 1:
		r.Target.Supplier = d.supplier()
	case 2:
		r.Target.Any = true
	}
	if r.Effect == policy.Allow {
		if d.one(1) {
			r.MinVersion = d.version()
		}
		if d.one(1) {
			r.MinVersionCode = map[policy.Platform]int64{policy.Android: rapid.Int64Range(0, 1<<62).Draw(d.T, "code"), policy.IOS: 0}
		}
		return r
	}
	r.Components, r.Clearance, r.Mitigations = d.one(1), d.text(), d.texts()
	if d.one(1) {
		r.Versions = d.window()
	}
	if r.Effect == policy.PhaseOut {
		r.Deadline = r.From
	}
	return r
}

func (d *drawer) drawExemption(hosts []*policy.Host) policy.Exemption {
	e := policy.Exemption{ID: d.id(), Scope: d.organisation(), Period: d.period(true), Purpose: d.some(), Mitigations: d.texts(), AnyVersion: d.one(1)}
	for i := range d.w.Rules {
		if d.w.Rules[i].Effect != policy.Allow {
			e.Lifts = append(e.Lifts, d.w.Rules[i].ID)
		}
	}
	if e.AnyProduct = len(e.Lifts) > 0 && d.one(1); !e.AnyProduct {
		e.Product = d.product()
	}
	switch rapid.IntRange(0, 4).Draw(d.T, "subject") {
	case 0:
		e.Subject.Host = hosts[rapid.IntRange(0, len(hosts)-1).Draw(d.T, "host")].ID
	case 1:
		e.Subject.Site = d.site().ID
	case 2:
		e.Subject.Person = d.text()
	case 3:
		e.Subject.Group = d.text()
	case 4:
		e.Subject.Everyone = true
	}
	if d.one(1) {
		e.Clearance = &policy.Clearance{Office: d.text(), By: d.some(), Ref: d.some(), At: d.time()}
	}
	return e
}

func (d *drawer) drawHost() *policy.Host {
	h := &policy.Host{ID: d.id(), Kind: policy.HostKind(rapid.IntRange(1, 2).Draw(d.T, "kind")), Organisation: d.organisation()}
	if h.Kind == policy.Device {
		h.Ownership = policy.Ownership(rapid.IntRange(0, 3).Draw(d.T, "ownership"))
		h.Platform = policy.Platform(rapid.IntRange(1, len(policy.PlatformWords)-1).Draw(d.T, "platform"))
		h.Holder, h.Groups = d.some(), d.texts()
	} else if d.one(1) {
		s := d.site()
		h.Site, h.Organisation = s.ID, s.Organisation
	}
	for !d.one(4) {
		in := policy.Installation{Version: d.some(), Signer: d.some()}
		if d.one(1) {
			in.Identifier = d.id()
		} else if in.Product = d.product(); slices.ContainsFunc(h.Installed, func(other policy.Installation) bool { return other.Product == in.Product }) {
			continue
		}
		if h.Kind == policy.Device && d.one(1) {
			in.Platform = policy.Platform(rapid.IntRange(1, len(policy.PlatformWords)-1).Draw(d.T, "platform"))
		}
		if d.one(1) {
			in.VersionCode = new(rapid.Int64().Draw(d.T, "code"))
		}
		if d.one(1) {
			in.Managed = new(d.one(1))
		}
		h.Installed = append(h.Installed, in)
	}
	return h
}
