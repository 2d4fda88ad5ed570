package register_test

import (
	"fmt"
	"testing"

	"portcullis/people"
	"portcullis/policy"
	"portcullis/policy/policytest"
	"portcullis/register"
	"portcullis/store"
)

// BenchmarkWorld imports the government of the benchmarks at its full size, without hosts, on SQLite, and asks
// for its world.
func BenchmarkWorld(b *testing.B) {
	w := policytest.World(1)
	var c centre
	b.Run("import", func(b *testing.B) {
		for range b.N {
			b.StopTimer()
			c = other(b, store.Options{Data: b.TempDir()})
			b.StartTimer()
			c.imports(b, w)
		}
	})
	c = government(b)
	b.Run("world", func(b *testing.B) {
		for range b.N {
			err := c.People.DB.Read(b.Context(), func(tx *store.Tx) error {
				_, err := register.World(tx, tx.Now(), tx.Now())
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// government is a register with the government of the benchmarks, without hosts, on SQLite.
func government(b *testing.B) centre {
	c := other(b, store.Options{Data: b.TempDir()})
	c.imports(b, policytest.World(1))
	return c
}

// BenchmarkFollow is what a server that holds a world does after a decision: it asks for what has
// changed, and makes the next world of it. A rule beside it is what the decision itself takes.
func BenchmarkFollow(b *testing.B) {
	c := government(b)
	officer := c.officer(b, people.CentreOfficer, people.Everywhere)
	w, since := new(policy.World), store.Generation(0)
	follow := func() {
		d := c.changes(b, since)
		w, since = d.Apply(w), d.Generation
	}
	b.Run("all", func(b *testing.B) {
		for range b.N {
			w, since = new(policy.World), 0
			follow()
		}
	})
	follow()
	n := 0
	decide := func() {
		n++
		rule := policy.Rule{Effect: policy.Allow, Target: policy.Target{Product: w.Products[n%10_000].ID}, Scope: "org-000"}
		if _, err := c.AddRule(b.Context(), officer, rule); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("rule", func(b *testing.B) {
		for range b.N {
			decide()
		}
	})
	b.Run("follow", func(b *testing.B) {
		for range b.N {
			b.StopTimer()
			decide()
			b.StartTimer()
			follow()
		}
	})
}

// BenchmarkTriage decides about 5,000 apps that are no products yet.
func BenchmarkTriage(b *testing.B) {
	c := government(b)
	officer := c.officer(b, people.CentreOfficer, people.Everywhere)
	for n := range b.N {
		var choices []register.Choice
		for i := range 5000 {
			decision := []register.Decision{register.AllowApp, register.AllowAppUntil, register.LeaveUnlisted}[i%3]
			choices = append(choices, register.Choice{Decision: decision,
				Found: &register.Found{Platform: policy.Android, Identifier: fmt.Sprintf("org.example.n%d.i%d", n, i), Name: fmt.Sprintf("App %d", i)}})
		}
		if _, err := c.Triage(b.Context(), officer, "org-001", choices); err != nil {
			b.Fatal(err)
		}
	}
}
