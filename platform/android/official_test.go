package android

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/androidmanagement/v1"

	"portcullis/platform/platformtest"
	"portcullis/policy"
)

// TestOfficial: the types that Google generates from the API's discovery document know every member that
// is written, and lose nothing of it.
func TestOfficial(t *testing.T) {
	for _, closed := range []bool{true, false} {
		var b bytes.Buffer
		if _, err := Write(&b, platformtest.Example(policy.Android, closed, named)); err != nil {
			t.Fatal(err)
		}
		dec := json.NewDecoder(bytes.NewReader(b.Bytes()))
		dec.DisallowUnknownFields()
		var official androidmanagement.Policy
		if err := dec.Decode(&official); err != nil {
			t.Fatal(err)
		}
		again, err := official.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := json.Unmarshal(b.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(again, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("closed %t (-written +official)\n%s", closed, diff)
		}
	}
}
