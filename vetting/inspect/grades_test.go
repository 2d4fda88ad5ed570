package inspect_test

import (
	"archive/zip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/vetting/apk/axml"
	"portcullis/vetting/apk/axml/axmltest"
	"portcullis/vetting/apk/dex/dextest"
	"portcullis/vetting/ipa/macho/machotest"
	"portcullis/vetting/report"
	"portcullis/vetting/sdk"
)

// Android's ids of the attributes "name" and "value".
const nameID, valueID = 0x01010003, 0x01010024

func named(element, name string, more ...axml.Attribute) *axml.Element {
	return &axml.Element{Name: element, Attributes: append([]axml.Attribute{axmltest.Android("name", nameID, axmltest.Text(name))}, more...)}
}

func setting(name string, value axml.Value) *axml.Element {
	return named("meta-data", name, axmltest.Android("value", valueID, value))
}

// TestGrades has an app in which each of a few kits can be known by one sort of sign alone: each is found, as strong as that
// sign is and no stronger, and settings that turn a collection off are told where they do.
func TestGrades(t *testing.T) {
	root := &axml.Element{Name: "manifest", Attributes: []axml.Attribute{axmltest.Plain("package", "org.example.app")}, Children: []*axml.Element{
		{Name: "application", Children: []*axml.Element{
			named("service", "com.vivo.push.sdk.service.CommandClientService"),
			named("receiver", "com.example.brought.Receiver"),
			setting("com.facebook.sdk.ApplicationId", axmltest.Text("1234567")),
			setting("com.facebook.sdk.AutoLogAppEventsEnabled", axml.Value{Type: axml.Boolean}),
			setting("com.facebook.sdk.AdvertiserIDCollectionEnabled", axmltest.Text("FALSE")),
			setting("io.sentry.enabled", axml.Value{Type: axml.Boolean, Data: 0xffffffff}),
		}},
	}}
	code := dextest.File{
		Classes:    dextest.Classes("org.example.app.Main", "com.appsflyer.AppsFlyerLib", "com.example.listed.Tracker", "a.b.c"),
		References: []string{"Lcom/adjust/sdk/Adjust;", "Lcom/example/other/Kit;"},
		Strings:    []string{"com.onesignal.OneSignal", "https://api.mixpanel.com/track", "https://log.pangleglobal.com/", "com/example/brought/Text"},
	}
	elf := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 57)...)
	data := pack(t, zip.Store, "AndroidManifest.xml", axmltest.Document(root), "classes.dex", dextest.Build(code), "lib/arm64-v8a/libbugly.so", elf)
	lists := []string{
		`{"trackers": {"7": {"id": 7, "name": "Listed", "code_signature": "com.example.listed.", "network_signature": "mixpanel\\.com"},
			"8": {"id": 8, "name": "Referred to", "code_signature": "com.example.other."}, "9": {"id": 9, "name": "Host", "code_signature": "com.nowhere.", "network_signature": "mixpanel\\.com"}}}`,
		`[{"id": 3, "name": "Brought", "company": "Bringer", "searchKeyword": [".example.brought."], "networkSignature": ["pangleglobal.com"]}]`,
	}
	var read []*sdk.List
	for _, text := range lists {
		l, err := sdk.ReadList([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, l)
	}
	r := vet(t, inspector(t, read...), data)
	type found struct{ grade, where, what string }
	got := map[string][]found{}
	for _, s := range r.SDKs {
		for _, e := range s.Evidence {
			got[s.ID] = append(got[s.ID], found{e.Grade, e.Where, e.What})
		}
	}
	const manifest, dex = "AndroidManifest.xml", "classes.dex"
	want := map[string][]found{
		"appsflyer":        {{report.GradeDefined, dex, "com.appsflyer.AppsFlyerLib"}},
		"adjust":           {{report.GradeReferenced, dex, "com.adjust.sdk.Adjust"}},
		"onesignal":        {{report.GradeLiteral, dex, "com.onesignal.OneSignal"}},
		"mixpanel":         {{report.GradeDomain, dex, "api.mixpanel.com"}},
		"bytedance-pangle": {{report.GradeDomain, dex, "log.pangleglobal.com"}},
		"tencent-bugly":    {{report.GradeLibrary, "lib/arm64-v8a/libbugly.so", "libbugly.so"}},
		"vivo-push":        {{report.GradePart, manifest, "com.vivo.push.sdk.service.CommandClientService"}},
		"meta-facebook-core": {{report.GradePart, manifest, "com.facebook.sdk.AdvertiserIDCollectionEnabled"}, {report.GradePart, manifest, "com.facebook.sdk.ApplicationId"},
			{report.GradePart, manifest, "com.facebook.sdk.AutoLogAppEventsEnabled"}},
		"sentry":    {{report.GradePart, manifest, "io.sentry.enabled"}},
		"exodus:7":  {{report.GradeDefined, dex, "com.example.listed.Tracker"}, {report.GradeDomain, dex, "api.mixpanel.com"}},
		"blocker:3": {{report.GradeDomain, dex, "log.pangleglobal.com"}, {report.GradePart, manifest, "com.example.brought.Receiver"}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(found{})); diff != "" {
		t.Errorf("what the kits are found by (-want +got):\n%s", diff)
	}
	flags := map[string][]report.Flag{
		"meta-facebook-core": {{Key: "com.facebook.sdk.AdvertiserIDCollectionEnabled", Value: "FALSE", Means: "the advertising identifier is not collected"},
			{Key: "com.facebook.sdk.AutoLogAppEventsEnabled", Value: "false", Means: "events are not logged by themselves"}},
	}
	for _, s := range r.SDKs {
		if diff := cmp.Diff(flags[s.ID], slices.Clip(s.Flags)); diff != "" && len(flags[s.ID])+len(s.Flags) > 0 {
			t.Errorf("%s: what is turned off (-want +got):\n%s", s.ID, diff)
		}
	}
}

// TestGradesOfApple does the same for an app of Apple's: frameworks, settings and hosts are what is left of kits there.
func TestGradesOfApple(t *testing.T) {
	info := map[string]any{"FacebookAppID": "1234567", "FacebookAutoLogAppEventsEnabled": false, "FirebaseMessagingAutoInitEnabled": true, "TikTokClientKey": "k"}
	r := vet(t, inspector(t), ios(t, info, "Payload/A.app/Frameworks/AppsFlyerLib.framework/AppsFlyerLib", machotest.Program(false), "Payload/A.app/main.jsbundle", []byte(`fetch("https://api.onesignal.com/x")`)))
	got, flags := map[string][]string{}, []string{}
	for _, s := range r.SDKs {
		for _, e := range s.Evidence {
			got[s.ID] = append(got[s.ID], e.Grade+" "+e.What)
		}
		for _, f := range s.Flags {
			flags = append(flags, s.ID+": "+f.Key+" "+f.Value+": "+f.Means)
		}
	}
	delete(got, kit) // the program of the test names a host of it
	want := map[string][]string{
		"appsflyer":                 {"library AppsFlyerLib.framework"},
		"meta-facebook-core":        {"component FacebookAppID", "component FacebookAutoLogAppEventsEnabled"},
		"google-firebase-messaging": {"component FirebaseMessagingAutoInitEnabled"},
		"onesignal":                 {"domain api.onesignal.com"},
		"tiktok-opensdk":            {"component TikTokClientKey"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what the kits are found by (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"meta-facebook-core: FacebookAutoLogAppEventsEnabled false: events are not logged by themselves"}, flags); diff != "" {
		t.Errorf("what is turned off (-want +got):\n%s", diff)
	}
}
