package register

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/policy"
)

// documents are one of each section, with every key.
var documents = map[Section]string{
	Sites:     `{"id":"s","organisation":"o","class":"sensitive"}`,
	Suppliers: `{"id":"s","name":"S","aliases":["T"],"owned_by":[{"supplier":"u","from":"2020-01-01T00:00:00.000000Z","until":"2021-01-01T00:00:00.000001Z"}]}`,
	Products: `{"id":"p","kind":"app","name":"P","aliases":["Q"],"supplier":"s","made_by":[{"supplier":"t"}],"identifiers":{"android":[{"id":"a","signers":["x"]}]},` +
		`"domains":["example.org"],"contains":[{"product":"k","since":"1","until":"2"}],"builtin_on":["ios"]}`,
	Rules: `{"id":"r","effect":"ban","target":{"product":"p"},"components":true,"clearance":"minister","mitigations":["m"],"scope":"o","from":"2020-01-01T00:00:00.000000Z",` +
		`"until":"2021-01-01T00:00:00.000000Z","deadline":"2020-06-01T00:00:00.000000Z","platforms":["edge"],"kinds":["equipment"],"site_class":["c"],"versions":{"since":"1"},` +
		`"min_version":"2","min_version_code":{"android":7},"reason":"because"}`,
	Exemptions: `{"id":"e","lifts":["r"],"product":"p","any_version":true,"scope":"o","subject":{"group":"g"},"from":"2020-01-01T00:00:00.000000Z",` +
		`"until":"2021-01-01T00:00:00.000000Z","purpose":"trial","mitigations":["m"],"clearance":{"office":"minister","by":"M","ref":"1","at":"2019-01-01T00:00:00.000000Z"}}`,
}

// again writes the document of the one thing in a world.
func again(t *testing.T, w *policy.World) string {
	t.Helper()
	var document any
	switch {
	case len(w.Sites) == 1:
		document = siteOf(&w.Sites[0])
	case len(w.Suppliers) == 1:
		document = supplierOf(&w.Suppliers[0])
	case len(w.Products) == 1:
		document = productOf(&w.Products[0])
	case len(w.Rules) == 1:
		document = ruleOf(&w.Rules[0])
	case len(w.Exemptions) == 1:
		document = exemptionOf(&w.Exemptions[0])
	}
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDocuments holds that what was stored is read as it was, key by key: the stored form may not
// change under a database.
func TestDocuments(t *testing.T) {
	for section, document := range documents {
		var w policy.World
		if err := add(&w, section, document); err != nil {
			t.Errorf("%s: %v", section, err)
			continue
		}
		if got := again(t, &w); got != document {
			t.Errorf("%s: %s", section, cmp.Diff(document, got))
		}
	}
}

// TestDocumentsOfNewerVersions holds that what a newer server wrote is not passed over.
func TestDocumentsOfNewerVersions(t *testing.T) {
	for _, test := range []struct {
		section  Section
		document string
	}{
		{Rules, `{"id":"r","effect":"ban","target":{"product":"p"},"weather":"rain"}`},
		{Rules, `{"id":"r","effect":"discourage"}`},
		{Rules, `{"id":"r","effect":"ban","platforms":["toaster"]}`},
		{Products, `{"id":"p","kind":"service"}`},
		{Products, `{"id":"p","kind":"app","identifiers":{"toaster":[]}}`},
		{Sites, `{"id":"s"} {}`},
		{Sites, `{"id":"s"`},
		{"opinion", `{}`},
	} {
		var w policy.World
		if err := add(&w, test.section, test.document); err == nil {
			t.Errorf("%s %s is read: %+v", test.section, test.document, w)
		}
	}
}

// FuzzDocument holds that nothing in a table brings the server down, and that what is read is written
// as it was read.
func FuzzDocument(f *testing.F) {
	for section, document := range documents {
		f.Add(string(section), document)
	}
	f.Fuzz(func(t *testing.T, name, document string) {
		section := Section(name)
		var w, other policy.World
		if add(&w, section, document) != nil {
			return
		}
		if err := add(&other, section, again(t, &w)); err != nil {
			t.Fatal(err)
		}
		if got, want := again(t, &other), again(t, &w); got != want {
			t.Errorf("%s", cmp.Diff(want, got))
		}
	})
}
