package provision_test

import (
	"fmt"
	"strings"
	"testing"

	"portcullis/internal/fault"
	"portcullis/people"
)

// TestEntra goes through what Microsoft Entra ID sends in the life of a person: it looks for them,
// makes them, changes them, takes them out of use and in the end removes them.
func TestEntra(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		entra := h.directory(t, people.SecurityOfficer, "treasury")
		if r := entra.find("Users", `userName eq "ada@treasury.example"`); r.TotalResults != 0 {
			t.Fatalf("before: %+v", r)
		}
		made := entra.call(201, "POST", "/Users", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
			"externalId": "ada", "userName": "ada@treasury.example", "active": true, "displayName": "Ada Lovelace",
			"emails": [{"primary": true, "type": "work", "value": "ada@treasury.example"}], "meta": {"resourceType": "User"},
			"name": {"formatted": "Ada Lovelace", "familyName": "Lovelace", "givenName": "Ada"},
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Engines", "employeeNumber": "7"}}`)
		if made.ID == "" || !made.Active || made.Enterprise.Organization != "treasury" || made.Enterprise.Department != "Engines" || made.Emails[0].Value != "ada@treasury.example" || made.Name.Formatted != "Ada Lovelace" {
			t.Errorf("made: %+v", made)
		}
		at := "/Users/" + made.ID
		for _, filter := range []string{`userName eq "ADA@treasury.example"`, `externalId eq "ada"`, `emails[type eq "work"].value eq "ada@treasury.example"`, `displayName eq "ada lovelace"`, `id eq "` + made.ID + `"`, `active eq true and name.familyName sw "Love"`} {
			if r := entra.find("Users", filter); r.TotalResults != 1 || len(r.Resources) != 1 || r.Resources[0].ID != made.ID {
				t.Errorf("%s finds %+v", filter, r)
			}
		}
		changed := entra.call(200, "PATCH", at, patch(
			`{"op": "Replace", "path": "name.familyName", "value": "King"}`,
			`{"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "king@treasury.example"}`,
			`{"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "Analysis"}`))
		if changed.DisplayName != "Ada King" || changed.Emails[0].Value != "king@treasury.example" || changed.Enterprise.Department != "Analysis" || changed.Meta.Version == made.Meta.Version {
			t.Errorf("changed: %+v", changed)
		}
		session := h.signedIn(t, made.ID)
		if off := entra.call(200, "PATCH", at, patch(`{"op": "Replace", "path": "active", "value": "False"}`)); off.Active || h.live(t, session) {
			t.Errorf("deactivated: %+v, the session is alive: %v", off, h.live(t, session))
		}
		entra.call(200, "PATCH", at, patch(`{"op": "Replace", "path": "active", "value": true}`))
		session = h.signedIn(t, made.ID)
		entra.call(204, "DELETE", at, "")
		if h.live(t, session) {
			t.Error("the session of somebody who was removed is alive")
		}
		entra.call(404, "GET", at, "")
		entra.call(404, "DELETE", at, "")
		entra.call(404, "PATCH", at, patch(`{"op": "Replace", "path": "active", "value": true}`))
		for _, filter := range []string{`userName eq "ada@treasury.example"`, `externalId eq "ada"`, `displayName eq "Ada King"`, `externalId eq "removed by the directory"`, `id eq "` + made.ID + `"`, `active eq false`} {
			if r := entra.find("Users", filter); r.TotalResults != 0 || len(r.Resources) != 0 {
				t.Errorf("after removal %s finds %+v", filter, r)
			}
		}
		if r := entra.call(200, "GET", "/Users", ""); r.TotalResults != 0 {
			t.Errorf("after removal there are %+v", r)
		}
		if again := entra.call(201, "POST", "/Users", user("ada@treasury.example")); again.ID == made.ID {
			t.Errorf("the id is given again: %+v", again)
		}
	})
}

// TestOkta goes through what Okta sends: it looks by user name, replaces the whole person, and
// deactivates by a PATCH without a path.
func TestOkta(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		okta := h.directory(t, people.SecurityOfficer, "treasury")
		const body = `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "grace@treasury.example", "name": {"givenName": "Grace", "familyName": %q},
			"emails": [{"primary": true, "value": "grace@treasury.example", "type": "work"}], "displayName": %q, "phoneNumbers": [{"value": "1", "type": "home"}, {"value": "7946", "type": "work"}], "locale": "en-GB", "externalId": "00u1", "groups": [], "password": "x", "active": %v}`
		made := okta.call(201, "POST", "/Users", fmt.Sprintf(body, "Hopper", "Grace Hopper", false))
		if made.Active {
			t.Errorf("made inactive: %+v", made)
		}
		at := "/Users/" + made.ID
		if on := okta.call(200, "PUT", at, fmt.Sprintf(body, "Murray", "Amazing Grace", true)); !on.Active || on.DisplayName != "Amazing Grace" || on.Name.FamilyName != "Murray" || on.ExternalID != "00u1" || len(on.PhoneNumbers) != 1 || on.PhoneNumbers[0].Value != "7946" {
			t.Errorf("replaced: %+v", on)
		}
		session := h.signedIn(t, made.ID)
		if off := okta.call(200, "PATCH", at, patch(`{"op": "replace", "value": {"active": false}}`)); off.Active || h.live(t, session) {
			t.Errorf("deactivated: %+v", off)
		}
		set := okta.call(201, "POST", "/Groups", group("Travelling", made.ID))
		if len(set.Members) != 1 || set.Members[0].Value != made.ID {
			t.Errorf("the group is %+v", set)
		}
		if who := okta.call(200, "GET", at, ""); len(who.Groups) != 1 || who.Groups[0].Display != "Travelling" {
			t.Errorf("the groups are %+v", who.Groups)
		}
		okta.call(204, "PATCH", "/Groups/"+set.ID, patch(`{"op": "remove", "path": "members[value eq \"`+made.ID+`\"]"}`, `{"op": "replace", "value": {"id": "`+set.ID+`", "displayName": "Away"}}`))
		if set = okta.call(200, "GET", "/Groups/"+set.ID, ""); len(set.Members) != 0 || set.DisplayName != "Away" {
			t.Errorf("the group is %+v", set)
		}
		if r := okta.find("Groups", `displayName eq "AWAY"`); r.TotalResults != 1 || r.Resources[0].ID != set.ID {
			t.Errorf("found: %+v", r)
		}
		okta.call(204, "DELETE", "/Groups/"+set.ID, "")
		okta.call(404, "GET", "/Groups/"+set.ID, "")
		okta.call(409, "POST", "/Users", user("GRACE@treasury.example"))
	})
}

func (h *house) signedIn(t *testing.T, person string) people.Actor {
	t.Helper()
	secret, err := h.OpenSession(t.Context(), person, "passkey", "192.0.2.1", "")
	if err != nil {
		t.Fatal(err)
	}
	return people.Actor{Session: secret}
}

func (h *house) live(t *testing.T, session people.Actor) bool {
	t.Helper()
	_, err := h.Enter(t.Context(), session, "")
	if err != nil && !fault.Is(err, fault.SignedOut) {
		t.Fatal(err)
	}
	return err == nil
}

// TestAnotherBody holds that a directory sees and changes nothing of another body.
func TestAnotherBody(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		own, other := h.directory(t, people.SecurityOfficer, "treasury"), h.directory(t, people.SecurityOfficer, "health")
		ada := own.call(201, "POST", "/Users", user("ada"))
		below := own.call(201, "POST", "/Users", strings.Replace(user("alan"), "{", `{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"organization": "audit"}, `, 1))
		if below.Enterprise.Organization != "audit" {
			t.Errorf("below: %+v", below)
		}
		set := own.call(201, "POST", "/Groups", group("Travelling", ada.ID))
		change := patch(`{"op": "replace", "path": "active", "value": false}`)
		other.call(404, "GET", "/Users/"+ada.ID, "")
		other.call(404, "PUT", "/Users/"+ada.ID, user("eve"))
		other.call(404, "PATCH", "/Users/"+ada.ID, change)
		other.call(404, "DELETE", "/Users/"+ada.ID, "")
		other.call(404, "GET", "/Groups/"+set.ID, "")
		other.call(404, "PATCH", "/Groups/"+set.ID, patch(`{"op": "replace", "path": "displayName", "value": "x"}`))
		other.call(404, "PUT", "/Groups/"+set.ID, group("x"))
		other.call(404, "DELETE", "/Groups/"+set.ID, "")
		for _, filter := range []string{`userName eq "ada"`, `id eq "` + ada.ID + `"`, `displayName eq "ada"`, `active eq true`, `userName ne "x"`} {
			if r := other.find("Users", filter); r.TotalResults != 0 || len(r.Resources) != 0 {
				t.Errorf("%s finds %+v", filter, r)
			}
		}
		for _, filter := range []string{`displayName eq "Travelling"`, `members.value eq "` + ada.ID + `"`, `id eq "` + set.ID + `"`} {
			if r := other.find("Groups", filter); r.TotalResults != 0 {
				t.Errorf("%s finds %+v", filter, r)
			}
		}
		eve := other.call(201, "POST", "/Users", user("eve"))
		if eve.Enterprise.Organization != "health" {
			t.Errorf("eve: %+v", eve)
		}
		// Nor does it move its own there, or put others into its groups.
		other.call(403, "PATCH", "/Users/"+eve.ID, patch(`{"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization", "value": "treasury"}`))
		other.call(403, "POST", "/Users", strings.Replace(user("bob"), "{", `{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"organization": "treasury"}, `, 1))
		theirs := other.call(201, "POST", "/Groups", group("Theirs"))
		for id, status := range map[string]int{ada.ID: 403, "nobody": 400} {
			other.call(status, "PATCH", "/Groups/"+theirs.ID, patch(`{"op": "add", "path": "members", "value": [{"value": "`+id+`"}]}`))
			other.call(status, "POST", "/Groups", group("More", id))
		}
		if still := own.call(200, "GET", "/Users/"+ada.ID, ""); !still.Active || still.UserName != "ada" {
			t.Errorf("ada is now %+v", still)
		}
	})
}

func TestGate(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		officer, desk := h.directory(t, people.SecurityOfficer, "treasury"), h.directory(t, people.Desk, "treasury")
		ada := officer.call(201, "POST", "/Users", user("ada"))
		nobody := directory{t, h, ""}
		for _, path := range []string{"/Users", "/Users/" + ada.ID, "/Groups", "/Schemas", "/ServiceProviderConfig", "/nothing"} {
			if r := nobody.call(401, "GET", path, ""); r.Status != "401" || len(r.Schemas) != 1 || r.Detail == "" {
				t.Errorf("%s: %+v", path, r)
			}
		}
		if r := desk.call(200, "GET", "/Users/"+ada.ID, ""); r.UserName != "ada" {
			t.Errorf("the desk sees %+v", r)
		}
		if r := desk.call(200, "POST", "/Users/.search", `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName eq \"ada\""}`); r.TotalResults != 1 {
			t.Errorf("the desk finds %+v", r)
		}
		if r := desk.call(403, "DELETE", "/Users/"+ada.ID, ""); r.Status != "403" {
			t.Errorf("the desk removes: %+v", r)
		}
		officer.call(404, "GET", "/nothing", "")
		everywhere := h.directory(t, people.Operator, "*")
		if r := everywhere.call(400, "POST", "/Users", user("bob")); !strings.Contains(r.Detail, "organization") {
			t.Errorf("no organisation: %+v", r)
		}
		if r := officer.call(400, "POST", "/Users", strings.Replace(user("eve"), "{", `{"emails": [{"value": "eve@"}], `, 1)); !strings.Contains(r.Detail, "emails.value") {
			t.Errorf("a wrong address: %+v", r)
		}
	})
}

// TestRemovingTheMighty deactivates whom the token may not rename.
func TestRemovingTheMighty(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		d := h.directory(t, people.SecurityOfficer, "treasury")
		ada := d.call(201, "POST", "/Users", user("ada"))
		if _, err := h.GiveRole(t.Context(), command, ada.ID, people.Grant{Role: people.Operator, Organisation: people.Everywhere}, people.Period{}); err != nil {
			t.Fatal(err)
		}
		session := h.signedIn(t, ada.ID)
		d.call(403, "PATCH", "/Users/"+ada.ID, patch(`{"op": "replace", "path": "userName", "value": "eve"}`))
		d.call(403, "DELETE", "/Users/"+ada.ID, "")
		if now := d.call(200, "GET", "/Users/"+ada.ID, ""); now.Active || now.UserName != "ada" || h.live(t, session) {
			t.Errorf("%+v, the session is alive: %v", now, h.live(t, session))
		}
	})
}

func TestPages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		d := h.directory(t, people.SecurityOfficer, "treasury")
		for i := range 25 {
			made := d.call(201, "POST", "/Users", user(fmt.Sprintf("person%02d", i)))
			if i%5 == 4 {
				d.call(204, "DELETE", "/Users/"+made.ID, "")
			}
			d.call(201, "POST", "/Groups", group(fmt.Sprintf("Group %02d", i)))
		}
		for kind, total := range map[string]int{"Users": 20, "Groups": 25} {
			seen := map[string]bool{}
			for start := 1; start <= total; start += 7 {
				r := d.call(200, "GET", fmt.Sprintf("/%s?startIndex=%d&count=7", kind, start), "")
				if r.TotalResults != total || r.StartIndex != start || len(r.Resources) != min(7, total-start+1) {
					t.Errorf("%s from %d: %d of %d", kind, start, len(r.Resources), r.TotalResults)
				}
				for _, item := range r.Resources {
					if seen[item.ID] {
						t.Errorf("%s is there twice", item.ID)
					}
					seen[item.ID] = true
				}
			}
			if len(seen) != total {
				t.Errorf("%d of %d %s were seen", len(seen), total, kind)
			}
			if r := d.call(200, "GET", "/"+kind+"?count=0", ""); r.TotalResults != total || len(r.Resources) != 0 {
				t.Errorf("none of %s: %+v", kind, r)
			}
		}
	})
}

func TestPreconditions(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		d := h.directory(t, people.SecurityOfficer, "treasury")
		ada := d.call(201, "POST", "/Users", user("ada"))
		change := patch(`{"op": "replace", "path": "displayName", "value": "Ada"}`)
		d.call(412, "PATCH", "/Users/"+ada.ID, change, "If-Match", `W/"99"`)
		d.call(200, "PATCH", "/Users/"+ada.ID, change, "If-Match", ada.Meta.Version)
		d.call(412, "DELETE", "/Users/"+ada.ID, "", "If-Match", ada.Meta.Version)
		g := d.call(201, "POST", "/Groups", group("Travelling"))
		d.call(204, "PATCH", "/Groups/"+g.ID, patch(`{"op": "add", "path": "members", "value": [{"value": "`+ada.ID+`"}]}`), "If-Match", g.Meta.Version)
		d.call(412, "DELETE", "/Groups/"+g.ID, "", "If-Match", g.Meta.Version)
		// Whoever is removed is no member any more.
		d.call(204, "DELETE", "/Users/"+ada.ID, "")
		if r := d.call(200, "GET", "/Groups/"+g.ID, ""); len(r.Members) != 0 {
			t.Errorf("the members are %+v", r.Members)
		}
	})
}
