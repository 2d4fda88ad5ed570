package scim

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// wants checks that err is a problem with the scimType.
func wants(t *testing.T, err error, scimType string) {
	t.Helper()
	var p *problem
	if !errors.As(err, &p) || p.scimType != scimType {
		t.Errorf("the error is %v (%+v), not one with %s", err, p, scimType)
	}
}

func TestFilterText(t *testing.T) {
	for _, c := range []struct{ written, want string }{
		{`userName eq "bjensen"`, `userName eq "bjensen"`},
		{`USERNAME   EQ "b\u006aensen"`, `USERNAME eq "bjensen"`},
		{`title pr`, `title pr`},
		{`a eq 1 or b eq 2 and c eq 3`, `a eq 1 or b eq 2 and c eq 3`},
		{`(a eq 1 or b eq 2) and c eq 3`, `(a eq 1 or b eq 2) and c eq 3`},
		{`((a eq 1)) AND (b eq -2.5e+3 And c eq null)`, `a eq 1 and (b eq -2.5e+3 and c eq null)`},
		{`not(a pr) or NOT (a eq TRUE and b ne false)`, `not (a pr) or not (a eq true and b ne false)`},
		{`emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp"]`, `emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp"]`},
		{`emails[ not (type eq "work") ].value sw "\"<"`, `emails[not (type eq "work")].value sw "\"<"`},
		{`urn:ietf:params:scim:schemas:core:2.0:User:name.familyName ge "M"`, `urn:ietf:params:scim:schemas:core:2.0:User:name.familyName ge "M"`},
		{`members.$ref pr`, `members.$ref pr`},
		{`not eq "x" and and eq "y"`, `not eq "x" and and eq "y"`},
	} {
		f, err := parseFilter(c.written)
		if err != nil {
			t.Errorf("%s: %v", c.written, err)
		} else if got := f.String(); got != c.want {
			t.Errorf("%s: is written %s, not %s", c.written, got, c.want)
		}
	}
}

func TestFilterErrors(t *testing.T) {
	for _, s := range []string{
		``, ` `, `userName`, `userName eq`, `userName eq bjensen`, `userName eq 'bjensen'`, `userName eq "bjensen`, `userName is "x"`,
		`userName eq "\x"`, `userName eq "x" and`, `userName eq "x" userName eq "y"`, `and`, `(a pr`, `a pr)`, `not a pr`, `not (a pr`,
		`emails[type eq "work"`, `emails[type eq "work"]value pr`, `emails[]`, `emails[a[b pr]]`, `emails.value[a pr]`, `a.b.c pr`, `1a pr`, `cat:a pr`,
		`a eq 01`, `a eq .`, `emails[a pr].b.c pr`, "a eq \"\xff\"", `a eq "x"]`,
		strings.Repeat("(", 30) + "a pr" + strings.Repeat(")", 30), strings.Repeat("not (", 30) + "a pr" + strings.Repeat(")", 30),
		`a eq "` + strings.Repeat("x", maxFilter) + `"`,
	} {
		_, err := parseFilter(s)
		if err == nil {
			t.Errorf("%.60s: is taken", s)
			continue
		}
		wants(t, err, invalidFilter)
	}
}

var barbara = User{
	ID: "2819c223", UserName: "bjensen", ExternalID: "Abc", DisplayName: "Babs", Name: Name{FamilyName: "Jensen", GivenName: "Barbara"},
	Emails: []Contact{{"bjensen@example.com", "work", true}, {"babs@jensen.org", "home", false}}, Active: true, PhoneNumbers: []Contact{{Value: "+44 20", Type: "work"}},
	Enterprise: Enterprise{EmployeeNumber: "701984", Department: "Tours"}, Groups: []Reference{{"g1", "Guides"}},
	Meta: Meta{Created: time.Date(2010, 1, 23, 4, 56, 22, 0, time.UTC), LastModified: time.Date(2011, 5, 13, 4, 42, 34, 0, time.UTC), Version: "7"},
}

func TestFilterMatches(t *testing.T) {
	for filter, want := range map[string]bool{
		`userName eq "BJENSEN"`:                                                   true,
		`userName ne "bjensen"`:                                                   false,
		`externalId eq "abc"`:                                                     false, // exactly
		`externalId eq "Abc"`:                                                     true,
		`userName co "JEN" and userName sw "bj"`:                                  true,
		`userName ew "SEN" and not (userName ew "bj")`:                            true,
		`userName gt "a" and userName lt "c"`:                                     true,
		`userName ge "bjensen" and userName le "bjensen"`:                         true,
		`userName gt "bjensen" or userName lt "bjensen"`:                          false,
		`name.formatted pr`:                                                       false,
		`name pr and name.givenName eq "barbara"`:                                 true,
		`name.formatted eq null and name ne null`:                                 true,
		`name.formatted ne "x"`:                                                   true, // it has none
		`name.formatted eq ""`:                                                    false,
		`displayName co ""`:                                                       true,
		`active eq true`:                                                          true,
		`active eq "False"`:                                                       false,
		`active ne false`:                                                         true,
		`emails eq "babs@jensen.org"`:                                             true,
		`emails.value ne "babs@jensen.org"`:                                       false, // one of them is
		`emails.type eq "home" and emails co "example"`:                           true,
		`emails[type eq "home" and value co "example"]`:                           false,
		`emails[type eq "work"].value ew "example.com"`:                           true,
		`emails[type eq "home"].value ew "example.com"`:                           false,
		`emails[primary eq true and type eq "work"]`:                              true,
		`phoneNumbers[type eq "work"].value sw "+44"`:                             true,
		`emails[display pr]`:                                                      false, // not kept
		`groups.value eq "g1" and groups.display eq "x"`:                          false,
		`groups[display eq "guides"]`:                                             true,
		`nickName pr or addresses[type eq "work"]`:                                false, // not kept
		`nickName ne "x" and nickName eq null`:                                    true,
		`schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"`: true,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:DEPARTMENT eq "tours"`:                                                    true,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization pr`:                                                          false,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "1"`:                                                     false,
		`urn:ietf:params:scim:schemas:core:2.0:User:userName eq "bjensen" and id eq "2819c223"`:                                               true,
		`meta.resourceType eq "User" and meta.created lt "2010-01-23T05:56:23+01:00"`:                                                         true,
		`meta.lastModified gt "2011-05-13T04:42:34Z" or meta.created eq "2010-01-23T04:56:23Z" or meta.created ge "2010-01-23T04:56:22.001Z"`: false,
		`meta.version eq "W/\"7\""`: true,
	} {
		f, err := parseFilter(filter)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		means, err := users.compile(f, false)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
		} else if got := means(barbara.object(here)); got != want {
			t.Errorf("%s: %v", filter, got)
		}
	}
}

func TestFilterRefused(t *testing.T) {
	for _, filter := range []string{
		`cat eq "x"`, `members.value eq "x"`, `name.cat pr`, `emails[cat pr]`, `emails[name.x pr]`, `userName[value pr]`, `urn:cat:userName pr`,
		`name eq "x"`, `active gt true`, `active eq "perhaps"`, `active eq 1`, `userName eq true`, `meta.created eq "yesterday"`, `meta.created sw "2010-01-23T04:56:22Z"`,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr`, `userName pr and cat pr`, `userName pr or not (cat pr)`,
	} {
		f, err := parseFilter(filter)
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		_, err = users.compile(f, false)
		wants(t, err, invalidFilter)
		if err == nil {
			t.Errorf("%s: is taken", filter)
		}
	}
}

func TestNarrow(t *testing.T) {
	for _, c := range []struct {
		rt     *resourceType
		filter string
		want   Query
		exact  bool
	}{
		{users, `USERNAME eq "b"`, Query{By: ByUserName, Value: "b"}, true},
		{users, `urn:ietf:params:scim:schemas:core:2.0:User:externalid eq "b"`, Query{By: ByExternalID, Value: "b"}, true},
		{users, `id eq "b"`, Query{By: ByID, Value: "b"}, true},
		{users, `displayName eq "b"`, Query{By: ByDisplayName, Value: "b"}, true},
		{users, `emails eq "b"`, Query{By: ByEmail, Value: "b"}, true},
		{users, `emails.value eq "b"`, Query{By: ByEmail, Value: "b"}, true},
		{users, `emails[type eq "work"].value eq "b"`, Query{By: ByEmail, Value: "b"}, false},
		{users, `active eq true and (emails.value eq "b" and active pr)`, Query{By: ByEmail, Value: "b"}, false},
		{users, `userName eq "b" or id eq "c"`, Query{}, false},
		{users, `not (userName eq "b")`, Query{}, false},
		{users, `userName sw "b"`, Query{}, false},
		{users, `userName eq ""`, Query{}, false},
		{users, `emails.type eq "b"`, Query{}, false},
		{users, `title eq "b"`, Query{}, false},
		{users, `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "b"`, Query{}, false},
		{groups, `members.value eq "b"`, Query{By: ByMember, Value: "b"}, true},
		{groups, `members eq "b"`, Query{By: ByMember, Value: "b"}, true},
		{groups, `userName eq "b"`, Query{}, false},
	} {
		f, err := parseFilter(c.filter)
		if err != nil {
			t.Fatal(err)
		}
		if q, exact := c.rt.narrow(f); q != c.want || exact != c.exact {
			t.Errorf("%s: %+v, exactly: %v", c.filter, q, exact)
		}
	}
}

func TestPathText(t *testing.T) {
	for _, s := range []string{`members`, `name.familyName`, `addresses[type eq "work"]`, `members[value eq "2819c223"].displayName`,
		`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`, `urn:ietf:params:scim:schemas:core:2.0:User:emails[type eq "work" or type pr].value`} {
		p, err := parsePath(s)
		if err != nil {
			t.Errorf("%s: %v", s, err)
		} else if p.String() != s {
			t.Errorf("%s: is written %s", s, p)
		}
	}
	for _, s := range []string{``, `emails[type eq "work"`, `emails[].value`, `emails.value.x`, `emails[type eq "work"].`, `a b`, `a eq "x"`, `cat:a`, `/members/0`} {
		_, err := parsePath(s)
		wants(t, err, invalidPath)
	}
}

// FuzzFilter: no filter brings the parser down, and what is written parses to the same again.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{`userName eq "bjensen"`, `not (a.b co "\u00e9") and (c pr or d gt -1.5e3)`,
		`emails[type eq "work" and not (value ew "x")].value ne null`, `urn:ietf:params:scim:schemas:core:2.0:User:active eq true`, `((`, `a[b`, `a eq "`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		first, err := parseFilter(s)
		if err != nil {
			wants(t, err, invalidFilter)
			return
		}
		written := first.String()
		if len(written) > maxFilter {
			return // escapes made it longer than what is read
		}
		second, err := parseFilter(written)
		if err != nil || !reflect.DeepEqual(first, second) {
			t.Fatalf("%q is written %q, which is another: %v", s, written, err)
		}
		for _, rt := range resourceTypes {
			if means, err := rt.compile(first, true); err == nil {
				means(barbara.object(here))
			}
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{`members`, `name.familyName`, `emails[type eq "work"].value`, `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`, `a[`, `:`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		first, err := parsePath(s)
		if err != nil {
			wants(t, err, invalidPath)
			return
		}
		written := first.String()
		if len(written) > maxFilter {
			return
		}
		if second, err := parsePath(written); err != nil || !reflect.DeepEqual(first, second) {
			t.Fatalf("%q is written %q, which is another: %v", s, written, err)
		}
	})
}

// BenchmarkFilter is one person of the many that a filter without an index is tried on.
func BenchmarkFilter(b *testing.B) {
	f, err := parseFilter(`emails[type eq "work" and value ew "@example.org"] or name.familyName sw "k"`)
	if err != nil {
		b.Fatal(err)
	}
	means, err := users.compile(f, false)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if means(barbara.object(here)) {
			b.Fatal("she is not meant")
		}
	}
}

func TestUserObject(t *testing.T) {
	back, err := barbara.with(barbara.object(here))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(barbara, back); diff != "" {
		t.Errorf("a person written and read (-want +got):\n%s", diff)
	}
}
