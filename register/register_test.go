package register_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"portcullis/catalogue"
	"portcullis/internal/agreed"
	"portcullis/internal/fault"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/policy/policytest"
	"portcullis/register"
	"portcullis/store"
	"portcullis/world"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	schemas = []store.Schema{ledger.Schema, people.Schema, register.Schema}
	command = people.Actor{Command: true}
)

// centre is a register with its clock.
type centre struct {
	agreed.Register
	clock *storetest.Clock
}

func room(t testing.TB, open storetest.Open) centre {
	t.Helper()
	clock := storetest.NewClock(noon)
	book, err := ledger.New(rand.Reader, slices.Concat(people.Kinds, register.Kinds)...)
	if err != nil {
		t.Fatal(err)
	}
	return centre{agreed.Register{Room: &register.Room{People: &people.Room{DB: open(clock.Now), Ledger: book, Chance: rand.Reader, Log: slog.New(slog.DiscardHandler)}}}, clock}
}

// each runs test on both engines, with two registers that have nothing in them.
func each(t *testing.T, test func(t *testing.T, here, there centre)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		here := room(t, open)
		if here.People.DB.Engine() == store.SQLite {
			test(t, here, other(t, store.Options{Data: t.TempDir()}))
			return
		}
		test(t, here, other(t, store.Options{Database: storetest.Database(t)}))
	})
}

// other opens another empty database.
func other(t testing.TB, o store.Options) centre {
	return room(t, func(now func() time.Time) *store.DB {
		o.Now, o.Chance = now, rand.Reader
		db, err := store.Open(t.Context(), o)
		if err == nil {
			err = db.Migrate(t.Context(), schemas...)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	})
}

func load(t testing.TB, file string) *policy.World {
	t.Helper()
	loaded, err := world.Load(file, nil, world.Options{Elsewhere: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = loaded.Close() })
	return &loaded.World
}

func loadText(t testing.TB, text string) *policy.World {
	t.Helper()
	file := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return load(t, file)
}

// written is a world as package world writes it.
func written(t testing.TB, w *policy.World) string {
	t.Helper()
	var out bytes.Buffer
	if err := world.Write(&out, w, nil); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// fill imports a world that has no hosts.
func (c centre) fill(ctx context.Context, actor people.Actor, w *policy.World) (register.Imported, error) {
	return people.Act(ctx, c.People, actor, func(tx *people.Tx) (register.Imported, error) {
		imported, err := register.ImportIn(tx, w)
		if err != nil {
			return imported, err
		}
		return imported, imported.Record(tx)
	})
}

// world is the register as an actor may see it.
func (c centre) world(ctx context.Context, actor people.Actor, at, known time.Time) (policy.World, error) {
	return people.See(ctx, c.People, actor, func(tx *people.Tx) (policy.World, error) {
		return register.WorldIn(tx, store.TimeOf(at), store.TimeOf(known))
	})
}

func (c centre) imports(t testing.TB, w *policy.World) register.Imported {
	t.Helper()
	imported, err := c.fill(t.Context(), command, w)
	if err != nil {
		t.Fatal(err)
	}
	return imported
}

func (c centre) exports(t testing.TB, at, known time.Time) string {
	t.Helper()
	w, err := c.world(t.Context(), command, at, known)
	if err != nil {
		t.Fatal(err)
	}
	return written(t, &w)
}

func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s differs:\n%s", what, cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
	}
}

// odd has what a world may have and other worlds of the tests have not.
const odd = `organisations:
  - {id: "press/office", parent: later, monitor: {until: 2020-01-01}}
  - {id: later, name: "Comes later, above", monitor: {from: 2030-01-01, until: 2031-01-01, reason: "two\nlines"}}
  - {id: "日本 院", name: 国会, list: own}
suppliers:
  - {id: s, aliases: ["former \u0000 name", "<b>"], owned_by: [{supplier: s, from: 0001-01-01, until: 9999-12-31T23:59:59.999999Z}]}
products:
  - {id: z, kind: app, supplier: s, contains: [a, {product: z, since: "1.0", until: "2"}], identifiers: {firefox: ["{x}"], android: [{id: y, signers: [q]}]}, domains: [example.org], builtin_on: [ios, macos]}
  - {id: a, kind: equipment, made_by: [{supplier: s}]}
rules:
  - {id: r2, effect: phase-out, target: {any: true}, components: false, clearance: none, scope: later, from: 2020-01-01, deadline: 2021-01-01T10:00:00.000001Z, kinds: [equipment], site_class: [x], versions: {since: "1"}}
  - {id: r1, effect: allow, target: {product: z}, scope: "press/office", from: 2020-01-01, until: 2022-01-01, platforms: [android], min_version: "1.10", min_version_code: {android: 9007199254740993}, reason: "a \"reason\""}
exemptions:
  - {id: e, lifts: [r2], any_product: true, any_version: true, scope: later, subject: {person: p1}, from: 2020-01-01, until: 2021-01-01, purpose: trial, mitigations: [m], clearance: {office: minister, by: "The Minister", ref: "1/2", at: 2019-01-01}}
`

// small is the government of the benchmarks with few of its decisions.
func small(seed uint64) *policy.World {
	w := policytest.World(seed)
	w.Exemptions = w.Exemptions[:300]
	wanted := map[string]bool{}
	for _, e := range w.Exemptions {
		for _, id := range e.Lifts {
			wanted[id] = true
		}
	}
	n := 0
	w.Rules = slices.DeleteFunc(w.Rules, func(r policy.Rule) bool { n++; return n > 300 && !wanted[r.ID] })
	fewProducts(w)
	return w
}

// fewProducts leaves the products that decisions name, some others, and what all those contain.
func fewProducts(w *policy.World) {
	wanted := map[string]bool{}
	for _, r := range w.Rules {
		wanted[r.Target.Product] = true
	}
	for _, e := range w.Exemptions {
		wanted[e.Product] = true
	}
	for i, p := range w.Products {
		wanted[p.ID] = wanted[p.ID] || i < 500
	}
	for more := true; more; {
		more = false
		for _, p := range w.Products {
			for _, c := range p.Contains {
				if wanted[p.ID] && !wanted[c.Product] {
					wanted[c.Product], more = true, true
				}
			}
		}
	}
	w.Products = slices.DeleteFunc(w.Products, func(p policy.Product) bool { return !wanted[p.ID] })
}

// TestRoundTrip holds that a world goes out as package world writes what came in, and that it comes into
// another register and out of it again the same.
func TestRoundTrip(t *testing.T) {
	worlds := map[string]*policy.World{
		"demo":      load(t, filepath.Join("..", "demo", "world.yaml")),
		"catalogue": loadText(t, string(catalogue.World())),
		"odd":       loadText(t, odd),
		"nothing":   loadText(t, ""),
		"random":    loadText(t, written(t, small(7))),
	}
	for name, w := range worlds {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, here, there centre) {
				want := written(t, w)
				imported := here.imports(t, w)
				got := here.exports(t, time.Time{}, time.Time{})
				same(t, "the export", got, want)
				if other := there.imports(t, loadText(t, got)); other != imported {
					t.Errorf("the second import: %v, the first: %v", other, imported)
				}
				same(t, "the second export", there.exports(t, time.Time{}, time.Time{}), want)
			})
		})
	}
}

// TestTwoTimes holds that what was not known yet is not there, and that the world is there for past
// times.
func TestTwoTimes(t *testing.T) {
	each(t, func(t *testing.T, here, _ centre) {
		w := loadText(t, odd)
		here.imports(t, w)
		want := written(t, w)
		same(t, "a thousand years ago", here.exports(t, noon.AddDate(-1000, 0, 0), time.Time{}), want)
		same(t, "as known at the import", here.exports(t, time.Time{}, noon), want)
		before := here.exports(t, time.Time{}, noon.Add(-time.Microsecond))
		for _, section := range []string{"suppliers", "products", "rules", "exemptions", "parent", "monitor", "list"} {
			if strings.Contains(before, section) {
				t.Errorf("%s were known before they were recorded:\n%s", section, before)
			}
		}
		here.clock.Advance(time.Hour)
		if err := settle(t, here.People, "press/office", func(p *people.Position) { p.Parent = "日本 院" }, store.Time{}); err != nil {
			t.Fatal(err)
		}
		same(t, "at the time before the move", here.exports(t, noon, time.Time{}), want)
		same(t, "as known before the move", here.exports(t, time.Time{}, noon), want)
		moved := here.exports(t, time.Time{}, time.Time{})
		same(t, "after the move", moved, strings.Replace(want, "parent: later", `parent: "日本 院"`, 1))
		_, err := here.world(t.Context(), command, time.Time{}, noon.AddDate(1, 0, 0))
		wants(t, err, fault.Invalid)
	})
}

// TestMonitor holds which of several monitor periods a world has: the one that holds, else the next,
// else the last.
func TestMonitor(t *testing.T) {
	each(t, func(t *testing.T, here, _ centre) {
		here.imports(t, loadText(t, "organisations: [{id: o, monitor: {until: 2020-01-01, reason: first}}]"))
		here.clock.Advance(time.Hour)
		year := func(n int) store.Time { return store.TimeOf(time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC)) }
		for _, m := range []people.Monitor{
			{Period: store.Period{From: year(2026), Until: year(2027)}, Reason: "second"},
			{Period: store.Period{From: year(2030), Until: year(2031)}, Reason: "third"},
		} {
			_, err := agreed.Act(t.Context(), here.People, command, func(tx *people.Tx) (people.Organisation, error) {
				return tx.Watch("o", m)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for at, want := range map[int]string{1000: "first", 2019: "first", 2020: "second", 2026: "second", 2027: "third", 2030: "third", 2031: "third"} {
			if got := here.exports(t, year(at).Time(), time.Time{}); !strings.Contains(got, "reason: "+want) {
				t.Errorf("in %d: %s and not %s", at, got, want)
			}
		}
		if got := here.exports(t, year(2026).Time(), noon); !strings.Contains(got, "reason: first") {
			t.Errorf("as known before: %s", got)
		}
	})
}

// TestReplaced holds that what was replaced is known as of the time before it was.
func TestReplaced(t *testing.T) {
	each(t, func(t *testing.T, here, _ centre) {
		here.imports(t, loadText(t, "suppliers: [{id: s}]"))
		here.clock.Advance(time.Hour)
		err := here.People.DB.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE register_items SET replaced_at = $1`, tx.Now())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		same(t, "now", here.exports(t, time.Time{}, time.Time{}), "")
		same(t, "as known a moment before", here.exports(t, time.Time{}, noon.Add(time.Hour-time.Microsecond)), "suppliers:\n  - {id: s}\n")
	})
}

func wants(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("the error is %v, not one of the kind %s", err, kind)
	}
}

// TestImportOnlyIntoNothing holds that nothing of a world may be there, nor an organisation of the same id;
// another one may, such as the first administrator's.
func TestImportOnlyIntoNothing(t *testing.T) {
	each(t, func(t *testing.T, here, there centre) {
		products := loadText(t, string(catalogue.World()))
		here.imports(t, products)
		_, err := here.fill(t.Context(), command, products)
		wants(t, err, fault.Conflict)
		if _, err := there.People.AddOrganisation(t.Context(), command, people.NewOrganisation{Name: "Press"}); err != nil {
			t.Fatal(err)
		}
		_, err = there.fill(t.Context(), command, loadText(t, "organisations: [{id: press}]"))
		wants(t, err, fault.Conflict)
		same(t, "what was there", there.exports(t, time.Time{}, time.Time{}), "organisations:\n  - {id: press, name: Press}\n")
		there.imports(t, loadText(t, "organisations: [{id: o}]"))
		same(t, "both", there.exports(t, time.Time{}, time.Time{}), "organisations:\n  - {id: o}\n  - {id: press, name: Press}\n")
	})
}

// TestImportIsWhole holds that nothing is there where one thing cannot be taken, and that the fault
// names it.
func TestImportIsWhole(t *testing.T) {
	long := strings.Repeat("x", 201)
	tests := map[string]struct{ text, field string }{
		"an organisation's id": {"organisations: [{id: o}, {id: '*'}]", "organisations[1].id"},
		"its name":             {"organisations: [{id: o}, {id: p, name: " + long + "}]", "organisations[1].name"},
		"a blank":              {"organisations: [{id: o}, {id: ' p'}]", "organisations[1].id"},
		"a long one":           {"organisations: [{id: " + long + "}]", "organisations[0].id"},
		"a monitor's reason":   {`organisations: [{id: o, monitor: {until: 2020-01-01, reason: "a\0b"}}]`, "organisations[0].monitor.reason"},
		"a rule's id":          {"organisations: [{id: o}]\nrules: [{id: " + long + ", effect: allow, target: {any: true}, scope: o, from: 2020-01-01}]", "rules[0].id"},
		"a document":           {"suppliers: [{id: s}, {id: t, name: " + strings.Repeat("x", ledger.MaxPayload) + "}]", "suppliers[1]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, here, _ centre) {
				_, err := here.fill(t.Context(), command, loadText(t, test.text))
				wants(t, err, fault.Invalid)
				if faults := fault.Fields(err); len(faults) != 1 || faults[0].Field != test.field {
					t.Errorf("the fault is not about %s: %v", test.field, err)
				}
				same(t, "what is there", here.exports(t, time.Time{}, time.Time{}), "")
				here.imports(t, loadText(t, odd))
			})
		})
	}
}

// TestLedger holds that an import is in the ledger: what it was, and each decision of it, the
// exemptions sealed.
func TestLedger(t *testing.T) {
	each(t, func(t *testing.T, here, _ centre) {
		imported := here.imports(t, loadText(t, odd))
		kinds := map[string]int{}
		for _, e := range entries(t, here) {
			kinds[e.Kind.Name]++
			switch e.Kind.Name {
			case "register.world-imported":
				var payload register.Imported
				if err := json.Unmarshal(e.Payload, &payload); err != nil || payload != imported || !e.Kind.Public || e.Actor != "command" {
					t.Errorf("the entry of the import: %+v %v", e, err)
				}
			case "register.rule-added":
				if !e.Kind.Public || e.Subjects[1] == "r2" && e.Subjects[0] != "later" || !strings.Contains(string(e.Payload), `"effect":`) {
					t.Errorf("the entry of a rule: %+v", e)
				}
			case "register.exemption-added":
				if e.Kind.Public || !slices.Equal(e.Subjects, []string{"later", "e"}) {
					t.Errorf("the entry of an exemption: %+v", e)
				}
			}
		}
		want := map[string]int{"people.organisation-added": 3, "people.organisation-changed": 2, "register.rule-added": 2, "register.exemption-added": 1, "register.world-imported": 1}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Errorf("the entries: %s", diff)
		}
	})
}

// ledgerKey is one key for all ledgers: each is signed with the same at every look.
var ledgerKey = sync.OnceValues(func() (ledger.Key, error) {
	secret, _, err := note.GenerateKey(rand.Reader, "ledger.example/test")
	if err != nil {
		return ledger.Key{}, err
	}
	return ledger.ParseKey(secret)
})

// entries returns the ledger's entries, in their places.
func entries(t *testing.T, c centre) (found []ledger.Recorded) {
	t.Helper()
	key, err := ledgerKey()
	if err != nil {
		t.Fatal(err)
	}
	sequencer, err := ledger.NewSequencer(c.People.DB, c.People.Ledger, key, "test", c.People.Log)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sequencer.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	err = c.People.DB.Read(t.Context(), func(tx *store.Tx) error {
		found, err = ledger.Entries(tx, 0, 5000)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestPermission holds that only who sets up or decides for all may fill a register, and that the
// generation rises.
func TestPermission(t *testing.T) {
	each(t, func(t *testing.T, here, _ centre) {
		w := loadText(t, "suppliers: [{id: s}]")
		token := func(role people.Role) people.Actor {
			made, err := here.People.MakeToken(t.Context(), command, string(role), people.Grant{Role: role, Organisation: people.Everywhere}, store.Time{})
			if err != nil {
				t.Fatal(err)
			}
			return people.Actor{Token: made.Secret}
		}
		for _, line := range people.Roles {
			if line.Role == people.CentreOfficer || line.Role == people.Operator {
				continue
			}
			_, err := here.fill(t.Context(), token(line.Role), w)
			wants(t, err, fault.Refused)
		}
		_, err := here.fill(t.Context(), people.Actor{}, w)
		wants(t, err, fault.SignedOut)
		before := generation(t, here)
		if _, err := here.fill(t.Context(), token(people.CentreOfficer), w); err != nil {
			t.Error(err)
		}
		if after := generation(t, here); after <= before {
			t.Errorf("the generation was %d and is %d", before, after)
		}
		_, err = here.world(t.Context(), token(people.Member), time.Time{}, time.Time{})
		wants(t, err, fault.Refused)
		if _, err := here.world(t.Context(), token(people.Auditor), time.Time{}, time.Time{}); err != nil {
			t.Error(err)
		}
	})
}

func generation(t *testing.T, c centre) (g store.Generation) {
	t.Helper()
	err := c.People.DB.Read(t.Context(), func(tx *store.Tx) (err error) {
		g, err = tx.Generation()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}
