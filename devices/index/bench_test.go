package index

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"

	"portcullis/policy"
	"portcullis/policy/policytest"
)

// Environment: how many hosts the benchmarks have, 10,000 where it is not set. The figures that count
// are those of 1,000,000.
const hostsVariable = "PORTCULLIS_BENCH_HOSTS"

const installations = 60

// fleet is the benchmarks' world and hosts, which several of them share.
type fleet struct {
	world      *policy.World
	basis      *Basis
	dictionary *Dictionary
	ids        []string
	rows       [][]byte
	popular    string // a product on three hosts in a hundred
	index      *Index
	bytes      uint64 // of the index in memory
}

var theFleet = sync.OnceValue(func() *fleet {
	n := 10_000
	if text := os.Getenv(hostsVariable); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			panic(err)
		}
	}
	f := &fleet{world: policytest.World(1), dictionary: NewDictionary()}
	f.fill(n)
	b, err := NewBasis(f.world, policytest.At)
	if err != nil {
		panic(err)
	}
	f.basis = b
	b.prepare(nil)
	before := inUse()
	f.index = f.load()
	f.index.SetBasis(b)
	f.index.inBreach()
	f.bytes = inUse() - before
	return f
})

func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (f *fleet) fill(n int) {
	d := &dresser{Rand: rand.New(rand.NewPCG(1, 2)), w: f.world}
	d.choosePopular()
	f.popular = d.popular.ID
	for h := range policytest.Hosts(f.world, 1, n, installations) {
		d.dress(h)
		row := f.dictionary.Row(h)
		f.ids = append(f.ids, h.ID)
		f.rows = append(f.rows, slices.Clip(row.Append(nil)))
	}
}

// dresser makes policytest's hosts what a fleet is like: most run one of few versions of an app, and
// some have what is not right.
type dresser struct {
	*rand.Rand
	w       *policy.World
	popular *policy.Product
}

func (d *dresser) choosePopular() {
	for i := range slices.Backward(d.w.Products) {
		if p := &d.w.Products[i]; len(p.Identifiers[policy.Android])*len(p.Identifiers[policy.IOS])*len(p.Identifiers[policy.MacOS]) > 0 {
			d.popular = p
			return
		}
	}
}

func (d *dresser) dress(h *policy.Host) {
	for i := range h.Installed {
		in := &h.Installed[i]
		release := min(int(d.ExpFloat64()*1.3), 9)
		in.Version = fmt.Sprintf("%d.%d.1", 69-release, release)
		if in.VersionCode != nil {
			*in.VersionCode = int64(69-release) * 1000
		}
		switch wrong := d.IntN(1000); {
		case wrong < 4:
			in.Version = "0.9"
			if in.VersionCode != nil {
				*in.VersionCode = 900
			}
		case wrong < 7:
			in.Identifier = fmt.Sprintf("com.unheard.of%03d", d.IntN(1000))
		case wrong < 10 && in.Signer != "":
			in.Signer = "forged"
		}
	}
	if ids := d.popular.Identifiers[h.Platform]; len(ids) > 0 && d.IntN(800) < 30 {
		h.Installed[len(h.Installed)-1] = policy.Installation{Identifier: ids[0].ID, Version: fmt.Sprintf("%d.0", 60+d.IntN(5))}
	}
}

func (f *fleet) load() *Index {
	x := New(f.dictionary)
	err := x.Load(func(yield func(string, Row) bool) {
		for i, b := range f.rows {
			row, err := ParseRow(b)
			if err != nil {
				panic(err)
			}
			if !yield(f.ids[i], row) {
				return
			}
		}
	})
	if err != nil {
		panic(err)
	}
	return x
}

// BenchmarkAffected asks who would be affected by the ban of an app on three hosts in a hundred.
func BenchmarkAffected(b *testing.B) {
	f := theFleet()
	var found Affected
	for b.Loop() {
		var err error
		found, err = f.index.Affected(policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: f.popular}, Scope: "org-000", Components: true, Clearance: "minister"})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(found.Direct.Len()), "hosts")
	b.ReportMetric(float64(len(found.Organisations)), "organisations")
}

// BenchmarkBreaches asks for everything in breach.
func BenchmarkBreaches(b *testing.B) {
	f := theFleet()
	var found Breaches
	for b.Loop() {
		var err error
		if found, err = f.index.Breaches(Filter{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(found.Hosts.Len()), "hosts")
	b.ReportMetric(100*float64(found.Installations)/float64(len(f.ids)*installations), "%breaches")
	b.ReportMetric(float64(f.bytes)/(1<<20), "MiB")
	kinds := map[policy.Result]int{}
	for _, c := range found.Causes {
		kinds[c.Result] += c.Installations
	}
	b.Log(len(f.ids), "hosts", f.dictionary.Len(), "things", len(f.index.hosts.classes.items), "classes", kinds)
}

// BenchmarkRuleChange enters a ban of the popular app and takes it back, by turns: from the world with
// the rule to every answer on it.
func BenchmarkRuleChange(b *testing.B) {
	f := theFleet()
	with := *f.world
	with.Rules = append(slices.Clone(f.world.Rules), policy.Rule{ID: "ban-popular", Effect: policy.Ban, Target: policy.Target{Product: f.popular},
		Scope: "org-000", Period: policy.Period{From: policytest.At.AddDate(0, 0, -1)}, Clearance: "minister", Components: true})
	worlds := []*policy.World{&with, f.world}
	var changes []Change
	basis := f.basis
	for i := 0; b.Loop(); i++ {
		var err error
		if basis, err = basis.Next(worlds[i%2], policytest.At); err != nil {
			b.Fatal(err)
		}
		changes = f.index.SetBasis(basis)
	}
	n := 0
	for _, c := range changes {
		n += c.Hosts.Len()
	}
	b.ReportMetric(float64(n), "changes")
	f.index.SetBasis(f.basis)
}

// BenchmarkBreaching brings what is in breach host by host up to date: anew, and after a rule's change.
func BenchmarkBreaching(b *testing.B) {
	f := theFleet()
	b.Run("anew", func(b *testing.B) {
		for b.Loop() {
			f.index.findBreaching()
		}
	})
	b.Run("turned", func(b *testing.B) {
		with := *f.world
		with.Rules = append(slices.Clone(f.world.Rules), policy.Rule{ID: "ban-popular", Effect: policy.Ban, Target: policy.Target{Product: f.popular},
			Scope: "org-000", Period: policy.Period{From: policytest.At.AddDate(0, 0, -1)}, Clearance: "minister", Components: true})
		banned, err := NewBasis(&with, policytest.At)
		if err != nil {
			b.Fatal(err)
		}
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			f.index.SetBasis([]*Basis{banned, f.basis}[i%2])
			b.StartTimer()
			f.index.inBreach()
		}
		b.StopTimer()
		f.index.SetBasis(f.basis)
	})
}

// BenchmarkCompile is the part of a rule's change that is not the index's.
func BenchmarkCompile(b *testing.B) {
	f := theFleet()
	for b.Loop() {
		if _, err := NewBasis(f.world, policytest.At); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStart builds the index from rows as they are stored, with every breach.
func BenchmarkStart(b *testing.B) {
	f := theFleet()
	for b.Loop() {
		f.load().SetBasis(f.basis)
	}
}

// BenchmarkJudgeAll finds every breach anew, as after a change in the organisations.
func BenchmarkJudgeAll(b *testing.B) {
	f := theFleet()
	for b.Loop() {
		f.index.basis = nil
		f.index.SetBasis(f.basis)
	}
}

// BenchmarkPut puts rows in which one thing differs, and puts them back.
func BenchmarkPut(b *testing.B) {
	f := theFleet()
	for i := 0; b.Loop(); i++ {
		n := i / 2 % len(f.ids)
		row, err := ParseRow(f.rows[n])
		if err != nil {
			b.Fatal(err)
		}
		if i%2 == 0 {
			row.Things = row.Things[1:]
		}
		if _, err := f.index.Put(f.ids[n], row); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStartFromSnapshot is the same from the index's own file.
func BenchmarkStartFromSnapshot(b *testing.B) {
	f := theFleet()
	var file bytes.Buffer
	if err := f.index.Snapshot(&file, "1"); err != nil {
		b.Fatal(err)
	}
	var x *Index
	before := inUse()
	for b.Loop() {
		x = nil
		var err error
		if x, err = Read(bytes.NewReader(file.Bytes())); err != nil {
			b.Fatal(err)
		}
		if !x.Resume(f.basis, "1") {
			b.Fatal("the snapshot is of another basis")
		}
	}
	x.inBreach()
	b.ReportMetric(float64(file.Len())/(1<<20), "MiB-file")
	b.ReportMetric(float64(inUse()-before)/(1<<20), "MiB")
	runtime.KeepAlive(x)
	runtime.KeepAlive(file.Bytes())
}
