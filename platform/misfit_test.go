package platform

import (
	"strings"
	"testing"

	"portcullis/policy"
)

func TestMisfit(t *testing.T) {
	banned := Entry{Identifier: "x", Product: "p", Listed: true, Banned: []policy.Window{{}}}
	listed := Entry{Identifier: "x", Product: "p", Listed: true}
	for _, c := range []struct {
		entry  Entry
		closed bool
		want   string
	}{
		{banned, true, "kept out with all"},
		{banned, false, "not kept out here"},
		{listed, true, "though it is listed"},
		{listed, false, "left alone"},
	} {
		got := (&List{Closed: c.closed}).Misfit(&c.entry, "a word")
		if got.Identifier != "x" || got.Product != "p" || !strings.HasPrefix(got.Reason, "it is not a word: ") || !strings.Contains(got.Reason, c.want) {
			t.Errorf("closed %t: %+v, and not %q", c.closed, got, c.want)
		}
	}
}
