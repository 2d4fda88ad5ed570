package apple

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"howett.net/plist"

	"portcullis/policy"
)

// message is a property list of a device in XML.
func message(members string) []byte {
	return []byte("<plist version=\"1.0\"><dict>" + members + "</dict></plist>")
}

func TestProfiles(t *testing.T) {
	entry := func(identifier, uuid string) map[string]any {
		return map[string]any{"PayloadIdentifier": identifier, "PayloadUUID": uuid, "IsManaged": true, "PayloadContent": []map[string]string{{"PayloadIdentifier": "portcullis.apps", "PayloadUUID": "inner"}}}
	}
	for name, c := range map[string]struct {
		data []byte
		want Profiles
	}{
		"ours in XML":                          {message("<key>UDID</key><string>d</string><key>ProfileList</key><array><dict><key>PayloadUUID</key><string>A</string><key>PayloadIdentifier</key><string>portcullis.apps</string></dict></array>"), Profiles{"d", true, true, "A"}},
		"ours in the binary form among others": {binaryOf(t, map[string]any{"UDID": "d", "ProfileList": []map[string]any{entry("com.example", "B"), entry(profileID, "A"), entry("com.example.c", "C")}}), Profiles{"d", true, true, "A"}},
		"others alone":                         {binaryOf(t, map[string]any{"UDID": "d", "ProfileList": []map[string]any{entry("com.example", "B")}}), Profiles{"d", true, false, ""}},
		"none":                                 {message("<key>UDID</key><string>d</string><key>ProfileList</key><array/>"), Profiles{"d", true, false, ""}},
		"ours without a UUID":                  {message("<key>ProfileList</key><array><dict><key>PayloadIdentifier</key><string>portcullis.apps</string></dict></array>"), Profiles{"", true, true, ""}},
		"no list":                              {message("<key>UDID</key><string>d</string><key>Status</key><string>Acknowledged</string>"), Profiles{UDID: "d"}},
		"a list that is none":                  {message("<key>ProfileList</key><string>portcullis.apps</string>"), Profiles{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadProfiles(c.data)
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

func TestSystem(t *testing.T) {
	responses := func(of map[string]any) []byte {
		return binaryOf(t, map[string]any{"UDID": "d", "QueryResponses": of})
	}
	for name, c := range map[string]struct {
		data []byte
		want System
	}{
		"supervised":                         {message("<key>UDID</key><string>d</string><key>QueryResponses</key><dict><key>OSVersion</key><string>26.1</string><key>IsSupervised</key><true/></dict>"), System{"d", "26.1", yes()}},
		"not supervised":                     {message("<key>QueryResponses</key><dict><key>IsSupervised</key><false/></dict>"), System{"", "", no()}},
		"in the binary form":                 {responses(map[string]any{"OSVersion": "27.0", "IsSupervised": true}), System{"d", "27.0", yes()}},
		"not supervised, in the binary form": {responses(map[string]any{"IsSupervised": false}), System{"d", "", no()}},
		"it is not said":                     {responses(map[string]any{"IsSupervised": "true", "OSVersion": []string{"27"}}), System{UDID: "d"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadSystem(c.data)
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

func TestCheckIns(t *testing.T) {
	data := map[string]any{"MessageType": "Authenticate", "UDID": "d", "DeviceName": "Desk 7", "OSVersion": "26.1", "ProductName": "iPad14,3"}
	want := CheckIn{"d", "Desk 7", "26.1", policy.IOS}
	xml, err := plist.Marshal(data, plist.XMLFormat)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range [][]byte{xml, binaryOf(t, data)} {
		got, err := ReadCheckIn(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Error(err, diff)
		}
	}
	for _, text := range []string{"", "{}", "<html/>", "<plist><array/></plist>", "bplist00", "<plist><dict>"} {
		if got, err := ReadCheckIn([]byte(text)); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

// TestCommands reads commands as devices do.
func TestCommands(t *testing.T) {
	type command struct {
		RequestType, Identifier string
		Payload                 []byte
		ManagedOnly             bool
		Queries                 []string
	}
	for name, c := range map[string]struct {
		text []byte
		want command
	}{
		"install": {InstallProfile("c & 1", []byte("<plist/>")), command{RequestType: "InstallProfile", Payload: []byte("<plist/>")}},
		"remove":  {RemoveProfile("c & 1"), command{RequestType: "RemoveProfile", Identifier: "portcullis.apps"}},
		"list":    {ListProfiles("c & 1"), command{RequestType: "ProfileList", ManagedOnly: true}},
		"system":  {AskSystem("c & 1"), command{RequestType: "DeviceInformation", Queries: []string{"OSVersion", "IsSupervised"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got struct {
				Command     command
				CommandUUID string
			}
			_, err := plist.Unmarshal(c.text, &got)
			if diff := cmp.Diff(c.want, got.Command); err != nil || diff != "" || got.CommandUUID != "c & 1" || !strings.HasPrefix(string(c.text), "<?xml") {
				t.Error(err, diff, got.CommandUUID)
			}
		})
	}
}

// FuzzTold reads what devices say: nothing of it stops a reader, and what is read can be told again.
func FuzzTold(f *testing.F) {
	f.Add(message("<key>UDID</key><string>d</string><key>ProfileList</key><array><dict><key>PayloadUUID</key><string>A</string><key>PayloadIdentifier</key><string>portcullis.apps</string></dict></array>"))
	f.Add(message("<key>QueryResponses</key><dict><key>OSVersion</key><string>26.1</string><key>IsSupervised</key><true/></dict>"))
	f.Add(message("<key>UDID</key><string>d</string><key>ProductName</key><string>iPad14,3</string>"))
	f.Add(binaryOf(f, map[string]any{"UDID": "d", "ProfileList": []map[string]any{{"PayloadIdentifier": profileID, "PayloadUUID": "A"}}, "QueryResponses": map[string]any{"IsSupervised": true}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := ReadProfiles(data)
		if err == nil && (p.Ours && !p.Listed || p.UUID != "" && !p.Ours) {
			t.Errorf("%+v", p)
		}
		s, also := ReadSystem(data)
		c, third := ReadCheckIn(data)
		if err == nil && also == nil && third == nil && (p.UDID != s.UDID || p.UDID != c.UDID) {
			t.Errorf("%q, %q and %q are one device", p.UDID, s.UDID, c.UDID)
		}
	})
}
