package criteria_test

import (
	"archive/zip"
	"bytes"
	"slices"
	"strings"
	"testing"

	"portcullis/vetting/criteria"
	"portcullis/vetting/inspect"
	"portcullis/vetting/ipa/macho/machotest"
	"portcullis/vetting/report"
)

// program is a program of which a class has that name; it loads nothing of others and names no host.
func program(t *testing.T, class string) []byte {
	t.Helper()
	code := machotest.Program(false)
	for _, swap := range [][2]string{{"BUAdSDKManager\x00AppDelegate\x00", class}, {"https://pangle.io/a", ""}, {"@rpath/BUAdSDK.framework/BUAdSDK", "/usr/lib/libSystem.B.dylib"}} {
		if !bytes.Contains(code, []byte(swap[0])) || len(swap[1]) >= len(swap[0]) {
			t.Fatalf("%q cannot stand for %q", swap[1], swap[0])
		}
		padded := swap[1] + strings.Repeat("\x00", len(swap[0])-len(swap[1]))
		code = bytes.ReplaceAll(code, []byte(swap[0]), []byte(padded))
	}
	return code
}

// app is an app for iOS with that program and no other code.
func app(t *testing.T, program []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	info := `<plist><dict><key>CFBundleIdentifier</key><string>org.example.a</string><key>CFBundleExecutable</key><string>A</string></dict></plist>`
	for _, f := range [][2]string{{"Payload/A.app/Info.plist", info}, {"Payload/A.app/A", string(program)}} {
		w, err := z.Create(f[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPartOfTheProgram: on iOS most kits are part of the program itself, and only their classes tell of them.
func TestPartOfTheProgram(t *testing.T) {
	in := inspect.New(criteria.Default())
	vet := func(class string) (*report.Report, report.Criterion) {
		data := app(t, program(t, class))
		r, err := in.File(t.Context(), "a.ipa", bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(r.Criteria, func(c report.Criterion) bool { return c.ID == "sdk-jurisdiction" })
		return r, r.Criteria[i]
	}
	for class, kit := range map[string]string{
		"BUAdSDKManager": "bytedance-pangle", "TikTokBusiness": "tiktok-business", "WXApi": "tencent-wechat-opensdk", "JPUSHService": "jpush", "GeTuiSdk": "getui",
		"MobClick": "umeng-analytics", "KSAdSDKManager": "kuaishou-ads", "AMAAppMetrica": "yandex-appmetrica", "VKSdk": "vk-sdk", "PWInAppManager": "pushwoosh",
	} {
		r, c := vet(class)
		there := slices.ContainsFunc(r.SDKs, func(s report.SDK) bool {
			return s.ID == kit && len(s.Evidence) == 1 && s.Evidence[0] == report.Evidence{Grade: report.GradeDefined, Where: "Payload/A.app/A", What: class}
		})
		if len(r.SDKs) != 1 || !there || c.Result != report.NotMet {
			t.Errorf("%s: %+v, %+v", class, r.SDKs, c)
		}
	}
	for _, class := range []string{"Mobclick", "MyMobClick", "MobClickX", "MobClick.X", "_TtC1A8MobClick", "AppDelegate"} {
		r, c := vet(class)
		if len(r.SDKs) != 0 || c.Result != report.Met {
			t.Errorf("%s: %+v, %+v", class, r.SDKs, c)
		}
		if !strings.Contains(c.Why, "kits") || !strings.Contains(c.Why, "cannot be told in apps for Apple's systems") {
			t.Errorf("%s: it is not said what could not be looked for: %q", class, c.Why)
		}
	}
}
