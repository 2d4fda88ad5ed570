package apk

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portcullis/internal/shared"
)

// TestPermissionFactsAreAndroids holds that every permission of the table is one of Android's, guarded
// as the table says.
func TestPermissionFactsAreAndroids(t *testing.T) {
	dir := shared.Dir(t)
	if dir == "" {
		return
	}
	data, err := os.ReadFile(filepath.Join(dir, "android", "aosp_permissions_36.json"))
	if err != nil {
		t.Fatal(err)
	}
	var aosp struct {
		Permissions map[string]struct {
			ProtectionLevel string `json:"protectionLevel"`
		} `json:"permissions"`
	}
	if err := json.Unmarshal(data, &aosp); err != nil {
		t.Fatal(err)
	}
	for _, f := range PermissionFacts() {
		p, ok := aosp.Permissions[f.Name]
		if !ok {
			t.Errorf("%s is none of Android's permissions", f.Name)
			continue
		}
		if level, _, _ := strings.Cut(p.ProtectionLevel, "|"); level != f.Level {
			t.Errorf("%s is guarded as %s, the table says %s", f.Name, p.ProtectionLevel, f.Level)
		}
	}
	for _, s := range splits {
		for _, name := range append(slices.Clone(s.given), s.asked) {
			if _, ok := aosp.Permissions[android+name]; !ok {
				t.Errorf("%s is none of Android's permissions", name)
			}
		}
	}
}

func TestPermissionFacts(t *testing.T) {
	facts := PermissionFacts()
	if !slices.IsSortedFunc(facts, func(a, b PermissionFact) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the table is not sorted by name, so that look-ups fail")
	}
	if f, ok := FactOf("android.permission.READ_CONTACTS"); !ok || f.Reach != ReachContacts || f.Words == "" {
		t.Errorf("READ_CONTACTS is %+v, %v", f, ok)
	}
	if f, ok := FactOf("android.permission.INTERNET"); ok {
		t.Errorf("INTERNET reaches %+v", f)
	}
	reached := map[Reach]bool{}
	for _, f := range facts {
		reached[f.Reach] = true
	}
	for _, r := range []Reach{ReachContacts, ReachContent, ReachLocation, ReachMicrophone, ReachCamera, ReachMessages,
		ReachCalls, ReachCalendar, ReachPhone, ReachStorage, ReachAccounts, ReachSensors, ReachScreen, ReachApps} {
		if !reached[r] {
			t.Errorf("no permission reaches %s", r)
		}
	}
}
