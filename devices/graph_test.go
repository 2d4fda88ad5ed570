package devices_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
)

// lines says a graph in lines, each an edge; times are days.
func lines(g devices.Graph) (said []string) {
	name := func(at int) string {
		switch n := &g.Nodes[at]; {
		case n.Supplier != nil:
			return n.Supplier.ID + strings.Repeat("!", len(n.Banning))
		case n.Product != nil:
			return n.Product.ID + strings.Repeat("!", len(n.Banning))
		default:
			return fmt.Sprintf("+%d of %s", n.More, n.Of)
		}
	}
	words := [...]string{devices.Owns: "owns", devices.Supplies: "supplies", devices.Makes: "makes", devices.IsMadeBy: "is made by", devices.IsSoldBy: "is sold by", devices.Contains: "contains", devices.IsInside: "is inside"}
	for _, e := range g.Edges {
		line := name(e.From) + " " + words[e.Means] + " " + name(e.To)
		if !e.Holds {
			line += ", not now"
		}
		if e.Versions.Until != "" {
			line += ", before " + e.Versions.Until
		}
		said = append(said, line)
	}
	return said
}

func TestSupplierGraph(t *testing.T) {
	each(t, harbour, func(t *testing.T, s *server, _ func() *server) {
		for id, want := range map[string][]string{
			"group": {"group! owns maker", "maker supplies parrot!", "maker supplies kit", "kit is inside notes, before 3", "notes is inside suite", "group! owns sold, not now", "sold supplies maps", "group! makes cam", "cam is sold by other"},
			"maker": {"group! owns maker", "maker supplies parrot!", "maker supplies kit", "kit is inside notes, before 3", "notes is inside suite", "group! owns +1 of group"},
			"other": {"other supplies cam", "cam is made by group!", "other supplies notes", "notes is inside suite", "notes contains kit, before 3", "other supplies suite"},
			"sold":  {"group! owns sold, not now", "sold supplies maps", "group! owns +1 of group"},
		} {
			g, err := s.SupplierGraph(t.Context(), command, id)
			if err != nil {
				t.Fatal(err)
			}
			got := lines(g)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s:\n%s\nand not\n%s", id, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		if _, err := s.SupplierGraph(t.Context(), command, "none"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a company that is not there: %v", err)
		}
		desk, officer := s.holder(t, people.Desk, "dept-b"), s.holder(t, people.SecurityOfficer, "dept-b")
		for _, ask := range []func(people.Actor) error{
			func(a people.Actor) error { _, err := s.SupplierGraph(t.Context(), a, "group"); return err },
			func(a people.Actor) error {
				_, err := s.SuppliersGraph(t.Context(), a, []string{"group"})
				return err
			},
		} {
			if err := ask(desk); !fault.Is(err, fault.Refused) {
				t.Errorf("the desk: %v", err)
			}
			if err := ask(officer); err != nil {
				t.Errorf("an officer of one body: %v", err)
			}
		}
		all, err := s.SuppliersGraph(t.Context(), command, []string{"group", "maker", "other", "sold", "none"})
		if got := lines(all); err != nil || !slices.Equal(got, []string{"group! owns maker", "maker supplies parrot!", "maker supplies +1 of maker", "group! owns sold, not now", "sold supplies +1 of sold"}) {
			t.Errorf("all: %q %v", got, err)
		}
	})
}

// conglomerate is a company at the end of a chain of owners, with 40 companies and 200 products of its own.
func conglomerate() string {
	var b strings.Builder
	b.WriteString("organisations: [{id: gov, name: Government}]\nsuppliers:\n  - {id: o1, name: One}\n  - {id: o2, owned_by: [{supplier: o1}]}\n  - {id: o3, owned_by: [{supplier: o2}]}\n  - {id: o4, owned_by: [{supplier: o3}]}\n  - {id: big, name: Big, owned_by: [{supplier: o4}, {supplier: o1, until: 2020-01-01}]}\n")
	for i := range 40 {
		fmt.Fprintf(&b, "  - {id: sub-%02d, owned_by: [{supplier: big}]}\n  - {id: deep-%02d, owned_by: [{supplier: sub-%02d}]}\n  - {id: beside-%02d, owned_by: [{supplier: o2}]}\n", i, i, i, i)
	}
	b.WriteString("products:\n")
	for i := range 200 {
		fmt.Fprintf(&b, "  - {id: p-%03d, kind: app, supplier: big}\n  - {id: q-%03d, kind: app, supplier: sub-05}\n  - {id: c-%03d, kind: app, contains: [{product: p-000}]}\n", i, i, i)
	}
	b.WriteString("rules:\n  - {id: b1, effect: ban, target: {product: p-199}, components: false, clearance: none, scope: gov, from: 2026-01-01, reason: \"x\"}\n")
	b.WriteString("  - {id: b2, effect: ban, target: {supplier: sub-39}, components: false, clearance: none, scope: gov, from: 2026-01-01, reason: \"x\"}\n")
	return b.String()
}

// TestConglomerate folds what is too much to be drawn: nothing is lost count of, and what is banned is shown first.
func TestConglomerate(t *testing.T) {
	each(t, conglomerate(), func(t *testing.T, s *server, _ func() *server) {
		g, err := s.SupplierGraph(t.Context(), command, "big")
		if err != nil {
			t.Fatal(err)
		}
		got := lines(g)
		for _, want := range []string{"o1 owns o2", "o2 owns o3", "o3 owns o4", "o4 owns big", "o1 owns big, not now", "o2 owns +40 of o2", "big owns sub-39!", "big owns +32 of big", "big supplies p-199!", "p-000 is inside +197 of p-000", "big supplies +194 of big", "sub-05 supplies +197 of sub-05"} {
			if !slices.Contains(got, want) {
				t.Errorf("it is not said that %s", want)
			}
		}
		if len(g.Nodes) > 100 {
			t.Errorf("%d nodes", len(g.Nodes))
		}
		var ids []string
		for _, l := range []string{"sub", "deep", "beside"} {
			for i := range 40 {
				ids = append(ids, fmt.Sprintf("%s-%02d", l, i))
			}
		}
		all, err := s.SuppliersGraph(t.Context(), command, ids[:50])
		if err != nil || len(all.Nodes) > 150 {
			t.Errorf("a page of companies: %d nodes %v", len(all.Nodes), err)
		}
		if t.Failed() {
			t.Log(strings.Join(got, "\n"))
		}
	})
}

// TestGraphsInCircles asks about companies that own each other, and products that contain each other, as chance has it:
// it ends, each is one node, and each company that owns another is shown or counted.
func TestGraphsInCircles(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 6 {
		var b strings.Builder
		b.WriteString("organisations: [{id: gov}]\nsuppliers:\n")
		n := 2 + r.IntN(12)
		owners := map[string]map[string]bool{}
		for i := range n {
			fmt.Fprintf(&b, "  - {id: s%d, owned_by: [", i)
			for k := range n {
				if r.IntN(n) < 2 && k != i {
					fmt.Fprintf(&b, "{supplier: s%d}, ", k)
					if owners[fmt.Sprint("s", k)] == nil {
						owners[fmt.Sprint("s", k)] = map[string]bool{}
					}
					owners[fmt.Sprint("s", k)][fmt.Sprint("s", i)] = true
				}
			}
			b.WriteString("]}\n")
		}
		b.WriteString("products:\n")
		for i := range n {
			fmt.Fprintf(&b, "  - {id: p%d, kind: app, supplier: s%d, contains: [{product: p%d}]}\n", i, r.IntN(n), (i+1)%n)
		}
		each(t, b.String(), func(t *testing.T, s *server, _ func() *server) {
			for i := range n {
				g, err := s.SupplierGraph(t.Context(), command, fmt.Sprint("s", i))
				if err != nil {
					t.Fatal(err)
				}
				seen, owned := map[string]bool{}, map[string]int{}
				for _, node := range g.Nodes {
					if node.Supplier != nil {
						if seen[node.Supplier.ID] {
							t.Errorf("%s is there twice", node.Supplier.ID)
						}
						seen[node.Supplier.ID] = true
					}
				}
				for _, e := range g.Edges {
					if e.Means == devices.Owns {
						owned[g.Nodes[e.From].Supplier.ID] += max(1, g.Nodes[e.To].More)
					}
				}
				for id, count := range owned {
					if count != len(owners[id]) {
						t.Errorf("%s owns %d, and %d are shown or counted", id, len(owners[id]), count)
					}
				}
				if owned[fmt.Sprint("s", i)] != len(owners[fmt.Sprint("s", i)]) {
					t.Errorf("whom s%d owns is not shown", i)
				}
			}
		})
	}
}
