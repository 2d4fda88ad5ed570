package apk

import (
	"fmt"
	"slices"
	"strings"
)

// Permission is one that the app asks for.
type Permission struct {
	Name   string `json:"name"`
	MinSDK string `json:"min_sdk,omitempty"` // "23" where it asks on Android 6 and later alone
	MaxSDK string `json:"max_sdk,omitempty"` // the last level on which it asks
}

// ImpliedPermission is one that Android grants without being asked, and why.
type ImpliedPermission struct {
	Name    string `json:"name"`
	Because string `json:"because"`
}

// Prefix of Android's own permissions.
const android = "android.permission."

// imply adds what Android gives the app beyond what it asks for. Implied are those that aapt reports
// and that hold on every Android; Widened those that newer phones add for an app which targets an old
// level, when a permission has since been taken apart (platform.xml, split-permission).
func (m *Manifest) imply() {
	target, tools := max(m.TargetLevel(), m.MinLevel()), toolLevel(m.MinSDK, m.TargetSDK)
	have, newly := map[string]bool{}, map[string]bool{} // newly is what is asked for on newer phones alone
	for _, p := range m.Permissions {
		newly[p.Name] = p.MinSDK != "" && (newly[p.Name] || !have[p.Name])
		have[p.Name] = true
	}
	add := func(list *[]ImpliedPermission, name, because string) {
		if name = android + name; !have[name] {
			have[name] = true
			*list = append(*list, ImpliedPermission{name, because})
		}
	}
	for _, name := range []string{"WRITE_EXTERNAL_STORAGE", "READ_PHONE_STATE"} {
		switch {
		case tools >= 4:
		case target < 4:
			add(&m.Implied, name, "the app targets a level below 4")
		default:
			add(&m.Implied, name, "the app names only previews as its levels, which Android's build tools count as below 4")
		}
	}
	for _, s := range splits {
		list, level := &m.Implied, tools
		if s.newer || newly[android+s.asked] {
			list, level = &m.Widened, target
		}
		if (level < s.below || s.below == 0) && have[android+s.asked] {
			for _, name := range s.given {
				add(list, name, s.because())
			}
		}
	}
}

// splitPermission is a permission of which another was taken off.
type splitPermission struct {
	asked string
	given []string
	below int // the target level from which on the app must ask itself; 0 for never
	newer bool
}

func (s splitPermission) because() string {
	if s.below == 0 {
		return "the app asks for " + s.asked
	}
	return fmt.Sprintf("the app asks for %s and targets a level below %d", s.asked, s.below)
}

// splits stand in the order in which one may bring the next.
var splits = []splitPermission{
	{asked: "WRITE_EXTERNAL_STORAGE", given: []string{"READ_EXTERNAL_STORAGE"}},
	{asked: "READ_CONTACTS", given: []string{"READ_CALL_LOG"}, below: 16},
	{asked: "WRITE_CONTACTS", given: []string{"WRITE_CALL_LOG"}, below: 16},
	{asked: "ACCESS_FINE_LOCATION", given: []string{"ACCESS_COARSE_LOCATION"}, newer: true},
	{asked: "ACCESS_COARSE_LOCATION", given: []string{"ACCESS_BACKGROUND_LOCATION"}, below: 29, newer: true},
	{asked: "READ_EXTERNAL_STORAGE", given: []string{"ACCESS_MEDIA_LOCATION"}, below: 29, newer: true},
	{asked: "READ_EXTERNAL_STORAGE", given: []string{"READ_MEDIA_AUDIO", "READ_MEDIA_VIDEO", "READ_MEDIA_IMAGES"}, below: 33, newer: true},
	{asked: "BLUETOOTH", given: []string{"BLUETOOTH_SCAN", "BLUETOOTH_CONNECT", "BLUETOOTH_ADVERTISE"}, below: 31, newer: true},
	{asked: "BLUETOOTH_ADMIN", given: []string{"BLUETOOTH_SCAN", "BLUETOOTH_CONNECT", "BLUETOOTH_ADVERTISE"}, below: 31, newer: true},
	{asked: "BODY_SENSORS", given: []string{"BODY_SENSORS_BACKGROUND"}, below: 33, newer: true},
}

// Reach is what of people's lives an app gets at through a permission.
type Reach string

// What permissions reach.
const (
	ReachContacts   Reach = "contacts"
	ReachContent    Reach = "content" // photographs, recordings, documents
	ReachLocation   Reach = "location"
	ReachMicrophone Reach = "microphone"
	ReachCamera     Reach = "camera"
	ReachMessages   Reach = "messages"
	ReachCalls      Reach = "calls"
	ReachCalendar   Reach = "calendar"
	ReachPhone      Reach = "phone identity"
	ReachStorage    Reach = "storage"
	ReachAccounts   Reach = "accounts"
	ReachSensors    Reach = "sensors"
	ReachScreen     Reach = "screen" // what is shown, and what is typed
	ReachApps       Reach = "other apps"
)

// PermissionFact is what a permission means to people. Level is how Android guards it: normal is
// granted on installing, dangerous when the person agrees, signature to the system's own apps or in
// its settings.
type PermissionFact struct {
	Name  string
	Reach Reach
	Level string
	Words string
}

// FactOf is what is known of a permission; not ok for one that reaches none of what the table is
// about.
func FactOf(name string) (PermissionFact, bool) {
	i, ok := slices.BinarySearchFunc(PermissionFacts(), name, func(f PermissionFact, name string) int {
		return strings.Compare(f.Name, name)
	})
	if !ok {
		return PermissionFact{}, false
	}
	return permissionFacts[i], true
}

// PermissionFacts are all of them, by name.
func PermissionFacts() []PermissionFact { return permissionFacts }

// PermissionTable is the day of the table of permissions, and the Android that it was held against.
const PermissionTable = "2026-11-23, for Android 16 (API 36)"
