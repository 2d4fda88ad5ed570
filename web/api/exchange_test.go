package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"portcullis/people"
	"portcullis/web/api"
)

// TestPagesWhilePeopleCome walks through 500 people while others are added before and behind.
func TestPagesWhilePeopleCome(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		officer := h.token(t, people.SecurityOfficer, "treasury")
		for i := range 500 {
			h.person(t, fmt.Sprintf("Person %c %03d", 'a'+i%3, i), "treasury")
		}
		seen, path, pages := map[string]int{}, "/api/v1/persons?q=person&limit=60&active=true", 0
		for path != "" {
			got := h.call(t, officer, "GET", path, "")
			p := decode[page[api.Person]](t, got, 200)
			for _, person := range p.Items {
				seen[person.ID]++
			}
			pages++
			h.person(t, fmt.Sprintf("Person a 0000%d", pages), "treasury")
			h.person(t, fmt.Sprintf("Person c 250%d", pages), "treasury")
			path = ""
			if link := got.header.Get("Link"); link != "" {
				address, relation, _ := strings.Cut(strings.TrimPrefix(link, "<"), ">")
				if path = address; relation != `; rel="next"` || !strings.Contains(address, "after="+url.QueryEscape(p.Next)) {
					t.Errorf("the link is %s, next is %s", link, p.Next)
				}
			}
			if (path == "") != (p.Next == "") {
				t.Errorf("next is %q, the link %q", p.Next, path)
			}
		}
		if len(seen) < 500 || pages < 9 {
			t.Errorf("%d were seen on %d pages", len(seen), pages)
		}
		for id, times := range seen {
			if times != 1 {
				t.Errorf("%s was seen %d times", id, times)
			}
		}
	})
}

func TestEveryListHasPages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		operator := h.token(t, people.Operator, "*")
		group := h.group(t, "treasury", h.person(t, "Ada", "treasury").ID, h.person(t, "Grace", "treasury").ID, h.person(t, "Alan", "audit").ID)
		h.group(t, "audit")
		h.group(t, "health")
		h.spare(t, "treasury")
		h.spare(t, "health")
		for range 3 {
			h.call(t, h.token(t, people.Member, "health"), "GET", "/api/v1/persons", "")
		}
		h.sequence(t)
		told := h.target(t, "treasury").ID
		h.tell(t, told, "first")
		h.tell(t, told, "second")
		var cursors []string
		for _, list := range []string{"/organisations", "/persons", "/groups", "/groups/" + group.ID + "/members", "/tokens", "/access", "/ledger", "/notices"} {
			all := decode[page[json.RawMessage]](t, h.call(t, operator, "GET", "/api/v1"+list, ""), 200)
			if len(all.Items) < 3 || all.Next != "" {
				t.Fatalf("%s has %d items, and then %q", list, len(all.Items), all.Next)
			}
			var walked []string
			for after, first := "", true; first || after != ""; first = false {
				p := decode[page[json.RawMessage]](t, h.call(t, operator, "GET", "/api/v1"+list+"?limit=1&after="+after, ""), 200)
				for _, item := range p.Items {
					walked = append(walked, string(item))
				}
				if after = p.Next; after != "" && first {
					cursors = append(cursors, after)
				}
			}
			for i := range all.Items {
				if i >= len(walked) || string(all.Items[i]) != walked[i] {
					t.Errorf("%s: item %d differs", list, i)
				}
			}
		}
		// A cursor is good for its own list, and whole.
		for i, after := range cursors {
			other := cursors[(i+1)%len(cursors)]
			flipped := []byte(after)
			flipped[len(flipped)/2] ^= 1
			for _, wrong := range []string{after[:len(after)-1], after + "A", string(flipped)} {
				if got := h.call(t, operator, "GET", "/api/v1/persons?limit=1&after="+url.QueryEscape(wrong), ""); got.status != 422 {
					t.Errorf("the cursor %s, mangled: %d", after, got.status)
				}
			}
			a, b := h.call(t, operator, "GET", "/api/v1/persons?limit=1&after="+after, ""), h.call(t, operator, "GET", "/api/v1/persons?limit=1&after="+other, "")
			if a.status == 200 && b.status == 200 {
				t.Errorf("the list of people takes the cursors of two lists")
			}
		}
		if got := h.call(t, operator, "GET", "/api/v1/persons?limit=1&q=ada&after="+cursors[1], ""); got.status != 422 {
			t.Errorf("a cursor with another query: %d", got.status)
		}
	})
}

func TestETags(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		officer := h.token(t, people.SecurityOfficer, "treasury")
		ada := h.person(t, "Ada", "treasury")
		path := "/api/v1/persons/" + ada.ID
		first := h.call(t, officer, "GET", path, "").header.Get("ETag")
		if !strings.HasPrefix(first, `"1-`) {
			t.Fatalf("the ETag is %s", first)
		}
		for _, header := range []string{first, `"x", W/` + first, "*"} {
			if got := h.call(t, officer, "GET", path, "", "If-None-Match", header); got.status != 304 || got.body != "" || got.header.Get("ETag") != first {
				t.Errorf("If-None-Match %s: %+v", header, got)
			}
		}
		for header, status := range map[string]int{`"9-0123456789ab"`: 412, `"1"`: 412, "W/" + first: 412, `"0-0123456789ab"`: 412, first + ", " + first: 412, "nonsense": 412} {
			if got := h.call(t, officer, "PATCH", path, `{"phone": "1"}`, "If-Match", header); got.status != status {
				t.Errorf("If-Match %s: %d %s", header, got.status, got.body)
			}
		}
		changed := h.call(t, officer, "PATCH", path, `{"phone": "1"}`, "If-Match", first)
		second := changed.header.Get("ETag")
		if changed.status != 200 || !strings.HasPrefix(second, `"2-`) {
			t.Fatalf("%+v", changed)
		}
		if got := h.call(t, officer, "GET", path, "", "If-None-Match", second); got.status != 304 {
			t.Errorf("the ETag of the change is not that of the person: %+v", got)
		}
		if got := h.call(t, officer, "PATCH", path, `{"phone": "2"}`, "If-Match", first); got.status != 412 {
			t.Errorf("a stale ETag: %d", got.status)
		}
		// A role does not raise the version, and is shown: what is kept is not what is there.
		h.call(t, officer, "POST", path+"/roles", `{"role": "reviewer", "organisation": "treasury"}`)
		if got := h.call(t, officer, "GET", path, "", "If-None-Match", second); got.status != 200 {
			t.Errorf("after a role was given: %d", got.status)
		}
		for _, header := range []string{second, "*"} {
			if got := h.call(t, officer, "PATCH", path, `{"department": "D"}`, "If-Match", header); got.status != 200 {
				t.Errorf("If-Match %s: %d %s", header, got.status, got.body)
			}
		}
	})
}

func TestOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		officer := h.token(t, people.SecurityOfficer, "treasury")
		add := func(key, body string) reply {
			return h.call(t, officer, "POST", "/api/v1/persons", body, "Idempotency-Key", key)
		}
		const ada = `{"name": "Ada", "userName": "ada", "organisation": "treasury"}`
		replies := make([]reply, 8)
		var all sync.WaitGroup
		for i := range replies {
			all.Go(func() { replies[i] = add(`"k-1"`, ada) })
		}
		all.Wait()
		for _, r := range replies {
			if r.status != 201 || r.body != replies[0].body || r.header.Get("Location") != replies[0].header.Get("Location") || r.header.Get("ETag") != replies[0].header.Get("ETag") {
				t.Errorf("%d %s", r.status, r.body)
			}
		}
		if n := len(decode[page[api.Person]](t, h.call(t, officer, "GET", "/api/v1/persons", ""), 200).Items); n != 1 {
			t.Errorf("%d people were added", n)
		}
		if r := add("k-1", ada); r.status != 201 || r.body != replies[0].body {
			t.Errorf("the key without quotation marks: %+v", r)
		}
		if r := add("k-1", `{"name": "Bob", "userName": "bob", "organisation": "treasury"}`); r.status != 409 {
			t.Errorf("another request with the same key: %d %s", r.status, r.body)
		}
		id := decode[api.Person](t, replies[0], 201).ID
		if r := h.call(t, officer, "PATCH", "/api/v1/persons/"+id, `{"phone": "1"}`, "Idempotency-Key", "k-1"); r.status != 409 {
			t.Errorf("another operation with the same key: %d %s", r.status, r.body)
		}
		for range 2 {
			if r := h.call(t, officer, "PATCH", "/api/v1/persons/"+id, `{"phone": "1"}`, "Idempotency-Key", "k-2", "If-Match", replies[0].header.Get("ETag")); r.status != 200 {
				t.Errorf("the change again: %d %s", r.status, r.body)
			}
		}
		// Another program's keys are its own.
		if r := h.call(t, h.token(t, people.SecurityOfficer, "health"), "POST", "/api/v1/persons", `{"name": "Ada", "userName": "ada2", "organisation": "health"}`, "Idempotency-Key", "k-1"); r.status != 201 {
			t.Errorf("another program with the same key: %d %s", r.status, r.body)
		}
		for _, key := range []string{"", `""`, "a b", `a"b`, strings.Repeat("k", 256), "é"} {
			if r := add(key, ada); r.status != 422 || !strings.Contains(r.body, "Idempotency-Key") {
				t.Errorf("the key %q: %d %s", key, r.status, r.body)
			}
		}
		if r := add(strings.Repeat("k", 255), `{"name": "Eve", "userName": "eve", "organisation": "treasury"}`); r.status != 201 {
			t.Errorf("a long key: %d %s", r.status, r.body)
		}
		if r := h.call(t, officer, "POST", "/api/v1/persons/"+id+"/invitation", "", "Idempotency-Key", "k-3"); r.status != 422 {
			t.Errorf("a key where the answer is a secret: %d %s", r.status, r.body)
		}
	})
}
