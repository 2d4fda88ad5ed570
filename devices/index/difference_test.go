package index

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/policy"
)

// TestFieldsCompared knows every field of what is compared: with a new one it fails, so that somebody
// says in difference.go whether a decision rests on it, and then adds it here.
func TestFieldsCompared(t *testing.T) {
	for _, c := range []struct {
		value  any
		fields []string
	}{
		{policy.Organisation{}, []string{"ID", "Name", "Parent", "OwnList", "Monitor"}},
		{policy.Site{}, []string{"ID", "Organisation", "Class"}},
		{policy.Supplier{}, []string{"ID", "Name", "Aliases", "OwnedBy"}},
		{policy.Product{}, []string{"ID", "Kind", "Name", "Aliases", "Supplier", "MadeBy", "Identifiers", "Domains", "Contains", "BuiltinOn"}},
		{policy.Identifier{}, []string{"ID", "Signers"}},
		{policy.Rule{}, []string{"ID", "Effect", "Target", "Scope", "Period", "Reason", "Platforms", "Kinds", "SiteClass", "Versions",
			"Components", "Clearance", "Mitigations", "Deadline", "MinVersion", "MinVersionCode"}},
		{policy.Exemption{}, []string{"ID", "Lifts", "Product", "AnyProduct", "Scope", "Subject", "Period", "Purpose", "Mitigations", "Clearance", "AnyVersion", "Marked"}},
		{policy.Clearance{}, []string{"Office", "By", "Ref", "At"}},
		{policy.Host{}, []string{"ID", "Kind", "Organisation", "Ownership", "Platform", "Holder", "Groups", "Site", "Installed"}},
		{policy.Installation{}, []string{"Identifier", "Product", "Platform", "Version", "VersionCode", "Signer", "Managed"}},
	} {
		var fields []string
		for _, f := range reflect.VisibleFields(reflect.TypeOf(c.value)) {
			if len(f.Index) == 1 {
				fields = append(fields, f.Name)
			}
		}
		if diff := cmp.Diff(c.fields, fields); diff != "" {
			t.Errorf("%T (-known +there is):\n%s", c.value, diff)
		}
	}
}
