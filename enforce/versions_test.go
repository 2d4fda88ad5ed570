package enforce

import (
	"io"
	"testing"

	"portcullis/platform"
	"portcullis/policy"
)

// TestTellsVersions holds what is said of platforms against what their forms write: a form that
// does not tell versions leaves a ban of some of them out, and says so.
func TestTellsVersions(t *testing.T) {
	names := map[policy.Platform]string{
		policy.Android: "com.parrot", policy.IOS: "com.parrot", policy.MacOS: "EQHXZ8M8AV:com.parrot", policy.Linux: "/usr/bin/parrot",
		policy.Windows: "appx:CN=Umberfell|Parrot", policy.Chrome: "abcdefghijklmnopabcdefghijklmnop", policy.MSEdge: "abcdefghijklmnopabcdefghijklmnop", policy.Firefox: "parrot@example.org",
	}
	told := map[policy.Platform]bool{}
	for _, form := range Forms {
		for _, p := range form.Platforms {
			l := &platform.List{Platform: p, Organisation: "a", Closed: true, Shared: []platform.Entry{{Identifier: names[p], Product: "parrot", Listed: true, Banned: []policy.Window{{Since: "3.0"}}}}}
			left, err := form.Write(io.Discard, l)
			if err != nil {
				t.Fatalf("%s for %s: %v", form.Name, p, err)
			}
			told[p] = told[p] || len(left) == 0
		}
	}
	for p, is := range told {
		if TellsVersions(p) != is {
			t.Errorf("%s: said to tell versions: %t; its forms do: %t", p, !is, is)
		}
	}
}
