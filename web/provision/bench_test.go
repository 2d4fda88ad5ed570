package provision_test

import (
	"crypto/rand"
	"fmt"
	"testing"

	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/store"
)

// town is a server on SQLite with many people, all of them in one group.
func town(b *testing.B, persons int) (d directory, ids []string, group people.Group) {
	b.Helper()
	clock := storetest.NewClock(noon)
	db, err := store.Open(b.Context(), store.Options{Data: b.TempDir(), Now: clock.Now, Chance: rand.Reader})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(b.Context(), ledger.Schema, people.Schema); err != nil {
		b.Fatal(err)
	}
	h := serve(b, db, clock)
	if _, err := people.Act(b.Context(), h.Room, command, func(tx *people.Tx) (none struct{}, err error) {
		ids = nil
		for i := range persons {
			p, err := tx.AddPerson("treasury", people.Particulars{Name: fmt.Sprintf("Person %05d", i), Mail: fmt.Sprintf("p%05d@treasury.example", i), ExternalID: fmt.Sprint(i)})
			if err != nil {
				return none, err
			}
			ids = append(ids, p.ID)
		}
		return none, nil
	}); err != nil {
		b.Fatal(err)
	}
	if group, err = h.AddGroup(b.Context(), command, "treasury", "Everybody", "", ids[:persons/2]); err != nil {
		b.Fatal(err)
	}
	return h.directory(b, people.SecurityOfficer, "treasury"), ids, group
}

// BenchmarkDirectory measures what a directory asks most often, with 20,000 people, 10,000 of them
// in a group.
func BenchmarkDirectory(b *testing.B) {
	d, ids, set := town(b, 20_000)
	d.t = b
	b.Run("filter by user name", func(b *testing.B) {
		for i := range b.N {
			if r := d.find("Users", fmt.Sprintf(`userName eq "P%05d@treasury.example"`, i%20_000)); r.TotalResults != 1 {
				b.Fatalf("%+v", r)
			}
		}
	})
	b.Run("filter by external id", func(b *testing.B) {
		for i := range b.N {
			if r := d.find("Users", fmt.Sprintf(`externalId eq "%d"`, i%20_000)); r.TotalResults != 1 {
				b.Fatalf("%+v", r)
			}
		}
	})
	b.Run("filter by display name", func(b *testing.B) {
		for i := range b.N {
			if r := d.find("Users", fmt.Sprintf(`displayName eq "person %05d"`, i%20_000)); r.TotalResults != 1 {
				b.Fatalf("%+v", r)
			}
		}
	})
	b.Run("one more member", func(b *testing.B) {
		for i := range b.N {
			id := ids[10_000+i%10_000]
			d.call(204, "PATCH", "/Groups/"+set.ID, patch(`{"op": "add", "path": "members", "value": [{"value": "`+id+`"}]}`))
			d.call(204, "PATCH", "/Groups/"+set.ID, patch(`{"op": "remove", "path": "members[value eq \"`+id+`\"]"}`))
		}
	})
	b.Run("change of a person", func(b *testing.B) {
		for i := range b.N {
			d.call(200, "PATCH", "/Users/"+ids[i%20_000], patch(fmt.Sprintf(`{"op": "replace", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "D%d"}`, i)))
		}
	})
	b.Run("first page", func(b *testing.B) {
		for range b.N {
			d.call(200, "GET", "/Users?count=100", "")
		}
	})
	b.Run("last page", func(b *testing.B) {
		for range b.N {
			d.call(200, "GET", "/Users?startIndex=19901&count=100", "")
		}
	})
	b.Run("the whole group", func(b *testing.B) {
		for range b.N {
			d.call(200, "GET", "/Groups/"+set.ID, "")
		}
	})
}
