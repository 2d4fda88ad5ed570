package index

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/drawn"
	"portcullis/policy"
)

// TestContact: what is known of a host's reports stays when its row changes, goes with the host, and is
// in a snapshot.
func TestContact(t *testing.T) {
	x := New(NewDictionary())
	x.SetBasis(basisOf(t, plain(), drawn.Day(1)))
	app := policy.Installation{Identifier: "com.app"}
	putHost(t, x, phone("d0", "pat"))
	putHost(t, x, phone("d1", "pat", app))
	putHost(t, x, phone("d2", "kim"))
	x.Hear("d1", 7)
	x.Hear("d1", 5)
	x.SetDigest("d1", math.MaxUint64)
	x.Hear("nobody", 9)
	x.SetDigest("nobody", 9)
	x.Hear("d0", math.MaxUint32)
	want := Contact{Digest: math.MaxUint64, Heard: 7}
	hold := func(when string, x *Index) {
		t.Helper()
		if organisation, c, known := x.Contact("d1"); organisation != "dept" || c != want || !known {
			t.Errorf("%s: %q %+v %t", when, organisation, c, known)
		}
		if _, c, known := x.Contact("d2"); c != (Contact{}) || !known {
			t.Errorf("%s: a host that never reported: %+v %t", when, c, known)
		}
	}
	hold("noted", x)
	putHost(t, x, phone("d1", "kim", app, policy.Installation{Identifier: "com.stranger"}))
	hold("after another row", x)
	read, err := Read(bytes.NewReader(snapshot(t, x)))
	if err != nil {
		t.Fatal(err)
	}
	hold("read back", read)
	if diff := cmp.Diff(map[string]uint32{"d0": math.MaxUint32, "d1": 7}, maps.Collect(read.HeardSince(0))); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	x.Remove("d1")
	if _, _, known := x.Contact("d1"); known {
		t.Error("a host that was removed is known")
	}
	for range x.HeardSince(8) {
		putHost(t, x, phone("d1", "pat")) // the index is not locked meanwhile
	}
	if _, c, known := x.Contact("d1"); c != (Contact{}) || !known {
		t.Errorf("a host that came anew: %+v %t", c, known)
	}
}

// TestHeardSince goes through more hosts than are looked at in one go, and stops where it is told to.
func TestHeardSince(t *testing.T) {
	x := New(NewDictionary())
	want := map[string]uint32{}
	for i := range uint32(40_000) {
		id := fmt.Sprintf("d%05d", i)
		putHost(t, x, phone(id, ""))
		if x.Hear(id, i%11); i%11 >= 10 {
			want[id] = i % 11
		}
	}
	if diff := cmp.Diff(want, maps.Collect(x.HeardSince(10))); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	for range x.HeardSince(10) {
		break
	}
}

// TestPages goes through all hosts page by page; they come in the order of their ids' bytes, each once.
func TestPages(t *testing.T) {
	x := New(NewDictionary())
	r := rand.New(rand.NewPCG(1, 2))
	var ids []string
	for range 3_000 {
		ids = append(ids, fmt.Sprintf("d%x\xff%d", r.Uint32N(1<<16), r.Uint32N(10)))
	}
	for _, id := range ids {
		putHost(t, x, phone(id, ""))
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var got []string
	after := ""
	for range len(ids) {
		page, total, err := x.Find(Query{After: after, Limit: 70})
		if err != nil || total != len(ids) {
			t.Fatalf("%d hosts in all, want %d: %v", total, len(ids), err)
		}
		if len(page) == 0 {
			break
		}
		for _, f := range page {
			got = append(got, f.ID)
		}
		after = page[len(page)-1].ID
	}
	if diff := cmp.Diff(ids, got); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
}

// TestManyVersions: the newest are listed, the others are summed.
func TestManyVersions(t *testing.T) {
	x := New(NewDictionary())
	x.SetBasis(basisOf(t, plain(), drawn.Day(1)))
	for i := range MostVersions + 5 {
		version := fmt.Sprintf("1.%d", i)
		putHost(t, x, phone("d"+version, "", policy.Installation{Identifier: "com.app", Version: version}))
	}
	putHost(t, x, phone("both", "", policy.Installation{Identifier: "com.app"}, policy.Installation{Identifier: "com.app", Version: "1.0"}))
	got, err := x.Where("app", nil)
	if err != nil {
		t.Fatal(err)
	}
	first, last := got.Versions[0].Version, got.Versions[len(got.Versions)-1].Version
	if len(got.Versions) != MostVersions || first != fmt.Sprintf("1.%d", MostVersions+4) || last != "1.5" {
		t.Errorf("%d versions from %s to %s", len(got.Versions), first, last)
	}
	if want := (OlderVersions{6, Count{6, 6, 0}}); got.Older != want {
		t.Errorf("older versions %+v, want %+v", got.Older, want)
	}
}

// TestWhereWithin: breaches are those on the hosts asked about.
func TestWhereWithin(t *testing.T) {
	x := New(NewDictionary())
	x.SetBasis(basisOf(t, plain(), drawn.Day(1)))
	app := policy.Installation{Identifier: "com.app"}
	putHost(t, x, phone("d1", "", app))
	putHost(t, x, phone("d2", "", app))
	h := phone("d3", "", app)
	h.Organisation = "gov"
	putHost(t, x, h)
	for _, c := range []struct {
		organisations []string
		want          int
	}{{nil, 3}, {[]string{"dept"}, 2}, {[]string{"gov"}, 1}, {[]string{"nowhere"}, 0}} {
		w, err := x.Where("app", c.organisations)
		if err != nil || w.InBreach.Hosts != c.want || w.Itself.Hosts != c.want || len(w.Causes) > 0 && w.Causes[0].Hosts != c.want {
			t.Errorf("%v: %+v (%v), want %d hosts", c.organisations, w, err, c.want)
		}
	}
}

// TestQuestionsRefused: what cannot be answered says so.
func TestQuestionsRefused(t *testing.T) {
	x := New(NewDictionary())
	ask := func(want error) {
		t.Helper()
		_, _, find := x.Find(Query{InBreach: true})
		_, _, product := x.Find(Query{Product: "app"})
		_, where := x.Where("nothing of the kind", nil)
		_, supplier := x.Supplier("nothing of the kind", nil)
		_, unlinked := x.Unlinked(nil)
		_, unlisted := x.Unlisted(nil)
		for i, err := range []error{find, product, unlinked, unlisted, where, supplier} {
			if wanted := want != ErrNotDeclared || i > 3; errors.Is(err, want) != wanted {
				t.Errorf("question %d: %v", i, err)
			}
		}
	}
	ask(errNoBasis)
	if _, total, err := x.Find(Query{}); total != 0 || err != nil {
		t.Errorf("%d hosts: %v", total, err)
	}
	x.SetBasis(basisOf(t, plain(), drawn.Day(1)))
	ask(ErrNotDeclared)
}

// TestQuestionsTogether asks everything while rows are put and the basis changes; with -race it says
// whether they keep apart. Every answer is of one moment: a host has both unknown apps, or neither.
func TestQuestionsTogether(t *testing.T) {
	x := New(NewDictionary())
	bases := []*Basis{basisOf(t, plain(), drawn.Day(1)), basisOf(t, plain(), drawn.Day(5))}
	x.SetBasis(bases[0])
	putHost(t, x, phone("d0", "pat")) // it and d1 are never removed
	putHost(t, x, phone("d1", "pat"))
	var done sync.WaitGroup
	stop := make(chan struct{})
	for i := range 2 {
		done.Go(func() {
			for minute := uint32(1); ; minute++ {
				select {
				case <-stop:
					return
				default:
				}
				askAll(t, x, fmt.Sprintf("d%d", i), minute)
			}
		})
	}
	both := []policy.Installation{{Identifier: "com.app"}, {Identifier: "com.one"}, {Identifier: "com.two"}}
	for i := range 300 {
		putHost(t, x, phone(fmt.Sprintf("d%d", i%20), "pat", both[:1+2*(i/20%2)]...))
		if i%10 == 0 {
			x.SetBasis(bases[i/10%2])
			x.Remove(fmt.Sprintf("d%d", 2+i%7))
		}
		if i%100 == 0 {
			snapshot(t, x)
		}
	}
	close(stop)
	done.Wait()
}

func askAll(t *testing.T, x *Index, id string, minute uint32) {
	x.Hear(id, minute)
	x.SetDigest(id, uint64(minute))
	if _, c, known := x.Contact(id); known && c.Heard < minute {
		t.Errorf("%s: %+v after minute %d", id, c, minute)
	}
	for range x.HeardSince(minute) {
	}
	unlinked, err := x.Unlinked(nil)
	if err != nil || len(unlinked) == 1 || len(unlinked) == 2 && unlinked[0].Hosts != unlinked[1].Hosts {
		t.Errorf("%+v: %v", unlinked, err)
	}
	if _, err := x.Unlisted([]string{"dept"}); err != nil {
		t.Error(err)
	}
	if w, err := x.Where("app", nil); err != nil || w.Itself.Hosts != w.Installations {
		t.Errorf("%+v: %v", w, err)
	}
	if _, err := x.Supplier("owner", nil); err != nil {
		t.Error(err)
	}
	page, total, err := x.Find(Query{Product: "app", Limit: 50})
	if err != nil || len(page) != total {
		t.Errorf("%d of %d hosts: %v", len(page), total, err)
	}
	for _, f := range page {
		if f.Installations == 2 {
			t.Errorf("half a row: %+v", f)
		}
	}
}
