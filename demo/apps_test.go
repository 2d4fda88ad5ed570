package demo_test

import (
	"bytes"
	"flag"
	"os"
	"slices"
	"testing"

	"portcullis/vetting/apk/apktest"
	"portcullis/vetting/criteria"
	"portcullis/vetting/inspect"
	"portcullis/vetting/report"
)

var update = flag.Bool("update", false, "make the files of apps anew")

// TestApps: the file of the app into which a reviewer has looked is one that is invented, signed, and not whole to be read.
func TestApps(t *testing.T) {
	if *update {
		data := apktest.Build(t, apktest.App{
			Package: "example.copperkettle.roundsheet", Label: "Round Sheet", VersionName: "4.2", VersionCode: 402, Signer: apktest.NewSigner(t, "Copper Kettle Apps"),
			Permissions: []string{"android.permission.INTERNET", "android.permission.CAMERA", "android.permission.READ_CONTACTS", "android.permission.ACCESS_FINE_LOCATION"},
			Classes:     []string{"example.copperkettle.roundsheet.Stock", "com.google.firebase.analytics.FirebaseAnalytics"},
			Strings:     []string{"https://sheets.copperkettle.example/v2/used", "https://vehicles.copperkettle.example/v1"},
			Files:       map[string][]byte{"classes2.dex": []byte("dex\n035\x00 of which the rest is missing")},
		})
		if err := os.WriteFile("apps/round-sheet.apk", data, 0o644); err != nil {
			t.Fatal(err)
		}

	}
	roundSheet, err := os.ReadFile("apps/round-sheet.apk")
	if err != nil {
		t.Fatal(err)
	}
	in := inspect.New(criteria.Default())
	r, err := in.File(t.Context(), "round-sheet.apk", bytes.NewReader(roundSheet), int64(len(roundSheet)))
	if err != nil {
		t.Fatal(err)
	}
	if r.Package != "example.copperkettle.roundsheet" || r.Name != "Round Sheet" || r.VersionName != "4.2" || !r.Signing.Verifies {
		t.Errorf("it is %s, %s, %s; %+v", r.Package, r.Name, r.VersionName, r.Signing)
	}
	if !slices.ContainsFunc(r.SDKs, func(s report.SDK) bool { return s.ID == "google-firebase-analytics" }) || len(r.Coverage.NotAnalysed) == 0 {
		t.Errorf("what is in it: %+v, %+v", r.SDKs, r.Coverage)
	}
}
