package devices_test

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"portcullis/catalogue"
	"portcullis/demo"
	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/policy/policytest"
	"portcullis/store"
	"portcullis/world"
)

// open loads a world file and hosts beside it.
func open(t testing.TB, file string, hosts ...string) *world.Loaded {
	t.Helper()
	loaded, err := world.Load(file, hosts, world.Options{Elsewhere: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = loaded.Close() })
	return loaded
}

// other is a server over another, empty database of the same engine.
func (s *server) other(t *testing.T) *server {
	t.Helper()
	o := store.Options{}
	if s.People.DB.Engine() == store.SQLite {
		o.Data = t.TempDir()
	} else {
		o.Database = storetest.Database(t)
	}
	return start(t, storetest.Opener(t, o, schemas), storetest.NewClock(noon))
}

func (s *server) exports(t testing.TB, at, known time.Time) string {
	t.Helper()
	var out bytes.Buffer
	if err := s.Export(t.Context(), command, &out, store.TimeOf(at), store.TimeOf(known)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func same(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s differs:\n%s", what, gocmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
	}
}

// canonical is a loaded world as package world writes it, with hosts as this room has them.
func canonical(t testing.TB, loaded *world.Loaded) string {
	t.Helper()
	var out bytes.Buffer
	err := world.Write(&out, &loaded.World, func(yield func(*policy.Host) bool) {
		for i := range loaded.Hosts.Len() {
			var h policy.Host
			if err := loaded.Hosts.Read(i, &h); err != nil {
				t.Error(err)
			}
			if h.Kind == policy.Device && h.Ownership == 0 {
				h.Ownership = policy.Corporate
			}
			slices.Sort(h.Groups)
			h.Groups = slices.Compact(h.Groups)
			h.Installed = slices.DeleteFunc(h.Installed, func(in policy.Installation) bool {
				return h.Ownership == policy.Personal || h.Ownership == policy.ManagedPersonal && (in.Managed == nil || !*in.Managed)
			})
			slices.SortFunc(h.Installed, inOrder)
			h.Installed = slices.CompactFunc(h.Installed, func(a, b policy.Installation) bool { return inOrder(a, b) == 0 })
			if !yield(&h) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// inOrder is the order of what is installed on a host: nothing before something, unmanaged before managed.
func inOrder(a, b policy.Installation) int {
	code := func(in policy.Installation) (said int, code int64) {
		if in.VersionCode == nil {
			return 0, 0
		}
		return 1, *in.VersionCode
	}
	aSaid, aCode := code(a)
	bSaid, bCode := code(b)
	return cmp.Or(strings.Compare(a.Identifier, b.Identifier), strings.Compare(a.Product, b.Product), int(a.Platform)-int(b.Platform), strings.Compare(a.Version, b.Version),
		aSaid-bSaid, cmp.Compare(aCode, bCode), strings.Compare(a.Signer, b.Signer), slices.Index(managed, said(a.Managed))-slices.Index(managed, said(b.Managed)))
}

var managed = []string{"", "false", "true"}

func said(b *bool) string {
	if b == nil {
		return ""
	}
	return fmt.Sprint(*b)
}

// odd has what hosts may have and those of other worlds have not.
const odd = `organisations:
  - {id: gov}
  - {id: "press/office", parent: gov, monitor: {until: 2020-01-01}}
sites:
  - {id: hall, organisation: gov, class: office}
products:
  - {id: z, kind: app, identifiers: {android: [y]}}
  - {id: cam, kind: equipment}
hosts:
  - {id: ü, kind: device, organisation: gov, platform: linux}
  - {id: "a b", kind: device, organisation: "press/office", platform: android, ownership: managed-personal, holder: p1, groups: [h, g, h], installed: [{identifier: x, managed: false}, {identifier: y, version: "1", version_code: 0, managed: true, signer: q}, {product: z}]}
  - {id: Z, kind: device, organisation: gov, platform: ios, ownership: personal, holder: "日本 院", installed: [{identifier: secret}, {product: z}]}
  - {id: m, kind: device, organisation: gov, platform: android, installed: [{product: z, version: "2"}, {identifier: y, version: "10", version_code: -1}, {identifier: never, platform: firefox}, {identifier: never, managed: true}, {identifier: a, version: "9", signer: "\""}]}
  - {id: cam-1, kind: equipment, organisation: gov, site: hall, installed: [{product: cam, version: "1.0"}]}
`

// random has some hosts of the government of the benchmarks, without what its products decide.
func random(t testing.TB, seed uint64) *world.Loaded {
	w := policytest.World(seed)
	var hosts []*policy.Host
	for h := range policytest.Hosts(w, seed, 900, 12) { // each is written over by the next
		kept := *h
		kept.Groups = slices.Clone(h.Groups)
		kept.Installed = slices.DeleteFunc(slices.Clone(h.Installed), func(in policy.Installation) bool { return in.Product != "" })
		hosts = append(hosts, &kept)
	}
	var text bytes.Buffer
	if err := world.Write(&text, &policy.World{Organisations: w.Organisations, Sites: w.Sites}, slices.Values(hosts)); err != nil {
		t.Fatal(err)
	}
	return open(t, write(t, text.String()))
}

// imported are the ledger's entries of imports.
func (s *server) imported(t testing.TB) (payloads []string) {
	t.Helper()
	s.sequence(t)
	err := s.People.DB.Read(t.Context(), func(tx *store.Tx) error {
		recorded, err := ledger.Entries(tx, 0, 5000)
		for _, e := range recorded {
			if e.Kind.Name == "register.world-imported" {
				payloads = append(payloads, string(e.Payload))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return payloads
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// TestWorldRoundTrip holds that a world goes out as the canonical form of what came in, that the SHA-256 of that
// is in the ledger, and that it comes into another server and out of it again the same.
func TestWorldRoundTrip(t *testing.T) {
	folder := filepath.Join("..", "demo")
	worlds := map[string]*world.Loaded{
		"demo":      open(t, filepath.Join(folder, "world.yaml"), filepath.Join(folder, "hosts.yaml")),
		"catalogue": open(t, write(t, string(catalogue.World()))),
		"odd":       open(t, write(t, odd)),
		"nothing":   open(t, write(t, "")),
		"random":    random(t, 7),
	}
	for name, loaded := range worlds {
		t.Run(name, func(t *testing.T) {
			each(t, "", func(t *testing.T, s *server, another func() *server) {
				want := canonical(t, loaded)
				imported, err := s.Import(t.Context(), command, loaded, nil)
				if err != nil {
					t.Fatal(err)
				}
				got := s.exports(t, time.Time{}, time.Time{})
				same(t, "the export", got, want)
				same(t, "the export of a server that started later", another().exports(t, time.Time{}, time.Time{}), want)
				if imported.SHA256 != digest(got) || imported.Hosts != loaded.Hosts.Len() {
					t.Errorf("the export has the digest %s and %d hosts, and the import says %+v", digest(got), loaded.Hosts.Len(), imported)
				}
				entry, err := json.Marshal(imported)
				if entries := s.imported(t); err != nil || !slices.Equal(entries, []string{string(entry)}) {
					t.Errorf("the ledger has %s, and not %s", entries, entry)
				}
				there := s.other(t)
				again, err := there.Import(t.Context(), command, open(t, write(t, got)), nil)
				if err != nil || again != imported {
					t.Errorf("the second import: %+v, the first: %+v (%v)", again, imported, err)
				}
				same(t, "the second export", there.exports(t, time.Time{}, time.Time{}), want)
			})
		})
	}
}

// TestFillSums holds that the SHA-256 is that of the export also where the hosts come in another order, as those of
// the demonstration do.
func TestFillSums(t *testing.T) {
	starter, err := demo.Starter()
	if err != nil {
		t.Fatal(err)
	}
	made, err := demo.Government(starter, noon)
	if err != nil {
		t.Fatal(err)
	}
	const some = 900
	government := devices.Government{World: &made.World, Count: some, Hosts: func(yield func(devices.Known, error) bool) {
		n := 0
		for h := range made.Hosts() {
			if n++; n > some || !yield(devices.Known{Host: &h.Host, Name: h.Name, Heard: h.LastHeard}, nil) {
				return
			}
		}
	}}
	each(t, "", func(t *testing.T, s *server, _ func() *server) {
		var told []int64
		imported, err := s.Fill(t.Context(), command, government, func(done, total int64) { told = append(told, done, total) })
		if err != nil {
			t.Fatal(err)
		}
		if got := digest(s.exports(t, time.Time{}, time.Time{})); got != imported.SHA256 {
			t.Errorf("the export has the digest %s, and the ledger %s", got, imported.SHA256)
		}
		if !slices.Equal(told, []int64{400, some, 800, some, some, some}) {
			t.Errorf("progress: %v", told)
		}
	})
}

// TestInstalledInOrder holds that what several tools saw in several versions goes out in one order, each once.
func TestInstalledInOrder(t *testing.T) {
	no, yes, low, high := false, true, int64(-1), int64(3)
	ordered := []policy.Installation{
		{Product: "a"}, {Product: "z", Version: "2"}, {Identifier: "x", Platform: policy.Android}, {Identifier: "x", Platform: policy.IOS}, {Identifier: "y"},
		{Identifier: "y", Version: "10"}, {Identifier: "y", Version: "9"}, {Identifier: "y", Version: "9", Managed: &no}, {Identifier: "y", Version: "9", Managed: &yes},
		{Identifier: "y", Version: "9", Signer: "q"}, {Identifier: "y", Version: "9", VersionCode: &low}, {Identifier: "y", Version: "9", VersionCode: &high},
	}
	if !slices.IsSortedFunc(ordered, inOrder) {
		t.Fatal("the test is out of order itself")
	}
	shuffled := slices.Concat(ordered[5:], ordered[:7])
	ordered = ordered[:5] // a world file names a thing once on a host: the lowest version, and none is the lowest
	slices.Reverse(shuffled)
	host := func(installed []policy.Installation) *policy.Host {
		return &policy.Host{ID: "d", Kind: policy.Device, Organisation: "o", Ownership: policy.Corporate, Platform: policy.Windows, Installed: installed}
	}
	w := &policy.World{Organisations: []policy.Organisation{{ID: "o"}}}
	var want bytes.Buffer
	if err := world.Write(&want, w, slices.Values([]*policy.Host{host(ordered)})); err != nil {
		t.Fatal(err)
	}
	each(t, "", func(t *testing.T, s *server, _ func() *server) {
		government := devices.Government{World: w, Count: 1, Hosts: func(yield func(devices.Known, error) bool) { yield(devices.Known{Host: host(shuffled)}, nil) }}
		imported, err := s.Fill(t.Context(), command, government, nil)
		if err != nil || imported.SHA256 != digest(want.String()) {
			t.Errorf("the import: %+v, %v", imported, err)
		}
		same(t, "the export", s.exports(t, time.Time{}, time.Time{}), want.String())
	})
}

// TestNothingPersonalIsKept looks for what is on personal devices in everything that the database has.
func TestNothingPersonalIsKept(t *testing.T) {
	each(t, odd, func(t *testing.T, s *server, _ func() *server) {
		err := s.People.DB.Read(t.Context(), func(tx *store.Tx) error {
			var n int
			err := tx.Row(`SELECT COUNT(*) FROM devices_things WHERE name = $1`, []any{"secret"}, &n)
			if err == nil && n > 0 {
				t.Error("what is on a personal device is numbered")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, what := range []string{s.exports(t, time.Time{}, time.Time{}), s.exports(t, time.Time{}, noon)} {
			if strings.Contains(what, "secret") {
				t.Errorf("what is on a personal device is exported: %s", what)
			}
		}
	})
}

// TestImportIsWhole holds that nothing is there where one thing cannot be taken, that the fault names it, and that
// what is mended then comes in.
func TestImportIsWhole(t *testing.T) {
	host := func(id, installed string) string {
		return fmt.Sprintf("organisations: [{id: o}]\nhosts: [{id: first, kind: device, organisation: o, platform: linux, installed: [{identifier: fine}]}, {id: \"%s\", kind: device, organisation: o, platform: linux, installed: [%s]}]", id, installed)
	}
	long := strings.Repeat("x", 201)
	for name, c := range map[string]struct{ text, says string }{
		"two lines":            {host(`a\nb`, ""), "its id must be one line"},
		"too long":             {host(long, ""), "its id must be one line"},
		"a blank":              {host("b ", ""), "its id must be one line"},
		"no text":              {host("b", `{identifier: "a\0b"}`), "belong to no text"},
		"the register's":       {"organisations: [{id: ' p'}]\nhosts: []", "id"},
		"an organisation's id": {"organisations: [{id: o}, {id: '*'}]", "id"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, "", func(t *testing.T, s *server, _ func() *server) {
				_, err := s.Import(t.Context(), command, open(t, write(t, c.text)), nil)
				wants(t, "the import", err, fault.Invalid, c.says)
				same(t, "what is there", s.exports(t, time.Time{}, time.Time{}), "")
				if entries := s.imported(t); len(entries) != 0 {
					t.Errorf("the ledger has %s", entries)
				}
				s.load(t, odd)
				same(t, "what then came", s.exports(t, time.Time{}, time.Time{}), canonical(t, open(t, write(t, odd))))
			})
		})
	}
}

// TestHostsThatCannotBeRead holds that nothing comes in where reading the hosts fails in the middle.
func TestHostsThatCannotBeRead(t *testing.T) {
	torn := errors.New("the file is torn")
	each(t, "", func(t *testing.T, s *server, _ func() *server) {
		w := &policy.World{Organisations: []policy.Organisation{{ID: "o"}}}
		government := devices.Government{World: w, Count: 1000, Hosts: func(yield func(devices.Known, error) bool) {
			for i := range 700 {
				if !yield(devices.Known{Host: &policy.Host{ID: fmt.Sprint(i), Kind: policy.Device, Platform: policy.Linux, Organisation: "o"}}, nil) {
					return
				}
			}
			yield(devices.Known{}, torn)
		}}
		if _, err := s.Fill(t.Context(), command, government, nil); !errors.Is(err, torn) {
			t.Errorf("the error: %v", err)
		}
		same(t, "what is there", s.exports(t, time.Time{}, time.Time{}), "")
	})
}

// TestImportOnlyIntoNothing holds that there may be no decisions, and no devices.
func TestImportOnlyIntoNothing(t *testing.T) {
	each(t, odd, func(t *testing.T, s *server, _ func() *server) {
		_, err := s.Import(t.Context(), command, open(t, write(t, "suppliers: [{id: s}]")), nil)
		wants(t, "where there are decisions", err, fault.Conflict, "empty register")
		there := s.other(t)
		if _, err := there.People.AddOrganisation(t.Context(), command, people.NewOrganisation{ID: "dept-a", Name: "A"}); err != nil {
			t.Fatal(err)
		}
		there.must(t, report("d1", "com.notes=3"))
		_, err = there.Import(t.Context(), command, open(t, write(t, odd)), nil)
		wants(t, "where there are devices", err, fault.Conflict, "there are 1 here")
		_, err = there.Import(t.Context(), there.program(t, people.Everywhere, people.Auditor), open(t, write(t, odd)), nil)
		wants(t, "of who may not", err, fault.Refused, "may not")
	})
}

// TestWorldPermissions asks everybody to import and to export, who has their role everywhere and in one body alone.
func TestWorldPermissions(t *testing.T) {
	has := func(p people.Permission, role people.Role) bool {
		return slices.ContainsFunc(people.Table, func(l people.Line) bool { return l.Permission == p && slices.Contains(l.Roles, role) })
	}
	each(t, house, func(t *testing.T, s *server, _ func() *server) {
		loaded := open(t, write(t, odd))
		sees := 0
		for _, line := range people.Roles {
			allowed := has(people.SeeRegister, line.Role) && has(people.SeeDevices, line.Role)
			everywhere, here := s.program(t, people.Everywhere, line.Role), s.program(t, "gov", line.Role)
			if allowed {
				sees++
			}
			err := s.Export(t.Context(), everywhere, io.Discard, store.Time{}, store.Time{})
			if allowed && err != nil || !allowed && !fault.Is(err, fault.Refused) {
				t.Errorf("%s exports: %v", line.Role, err)
			}
			wants(t, string(line.Role)+" of one body exports", s.Export(t.Context(), here, io.Discard, store.Time{}, store.Time{}), fault.Refused, "may not")
			// There is a world already, so that who may is told of a conflict.
			kind := fault.Refused
			if has(people.ImportRegister, line.Role) && has(people.ChangeOrganisations, line.Role) {
				kind = fault.Conflict
			}
			_, err = s.Import(t.Context(), everywhere, loaded, nil)
			wants(t, string(line.Role)+" imports", err, kind, "")
			_, err = s.Import(t.Context(), here, loaded, nil)
			wants(t, string(line.Role)+" of one body imports", err, fault.Refused, "")
		}
		if sees == 0 || sees == len(people.Roles) {
			t.Errorf("%d roles of %d may export: nothing is told apart", sees, len(people.Roles))
		}
		_, err := s.Import(t.Context(), people.Actor{}, loaded, nil)
		wants(t, "nobody imports", err, fault.SignedOut, "")
		wants(t, "nobody exports", s.Export(t.Context(), people.Actor{}, io.Discard, store.Time{}, store.Time{}), fault.SignedOut, "")
	})
}
