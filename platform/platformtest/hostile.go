package platformtest

import (
	"bytes"
	"testing"
	"time"

	"portcullis/platform"
	"portcullis/policy"
)

// Hostile fuzzes a form with what people may write anywhere: the artefact is one that its device takes,
// and does what the list says with every identifier that the platform can name, as named tells.
func Hostile(f *testing.F, on policy.Platform, write platform.Artefact, holding Holding, named func(identifier string) bool, identifiers ...string) {
	f.Helper()
	const hostile = "\"]]>\n--><&'\x00\u2028\xff$(x)`;"
	for i, id := range append(identifiers, hostile, "", "*") {
		f.Add(hostile, hostile, id, hostile, i%2 == 0, i%3 == 0, i%4 == 0)
		f.Add("gov", "", id, "Name", i%2 != 0, i%3 != 0, i%4 != 0)
	}
	f.Fuzz(func(t *testing.T, organisation, host, identifier, name string, closed, listed, banned bool) {
		e := platform.Entry{Identifier: identifier, Name: name, Listed: listed, Signers: []string{name}, Decisions: []string{name}}
		if banned {
			e.Banned = []policy.Window{{}}
		}
		l := &platform.List{Platform: on, Organisation: organisation, Host: host, At: time.Unix(0, 0), Closed: closed, Shared: []platform.Entry{e}}
		var b bytes.Buffer
		if _, err := write(&b, l); err != nil {
			t.Fatal(err)
		}
		d, err := holding(b.Bytes())
		if err != nil {
			t.Fatalf("%v\n%s", err, b.Bytes())
		}
		denies := d.Denies(policy.Installation{Identifier: identifier, Version: "1"})
		if want := named(identifier) && l.Denies(&e) || !named(identifier) && closed; denies != want {
			t.Errorf("%q is denied: %t\n%s", identifier, denies, b.Bytes())
		}
	})
}
