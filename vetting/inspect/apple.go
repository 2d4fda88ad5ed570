package inspect

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"portcullis/vetting/archive"
	"portcullis/vetting/ipa"
	"portcullis/vetting/report"
)

// apple makes the report of an app for iOS or macOS.
func (in *Inspector) apple(ctx context.Context, rep *report.Report, a *archive.Archive) error {
	rep.Format = report.IPA
	seen := &seen{matcher: in.matcher}
	app, err := ipa.Read(ctx, a, func(where string) ipa.Sightings { return seen.at(where) })
	if err != nil {
		return err
	}
	if app.Mac {
		rep.Format = report.Mac
	}
	m := &app.Main
	rep.Package, rep.Name, rep.VersionCode, rep.VersionName = m.Identifier, m.Name, m.Build, m.Version
	rep.MinSDK, rep.TargetSDK = said(m.Minimum), said(m.Made)
	rep.Domains = app.Domains
	in.kits(rep, seen.all)
	appleData(rep, app)
	appleTraits(rep, app)
	for _, c := range app.Code {
		l := report.Library{Where: c.Path, Architecture: c.Architecture, Needs: c.Libraries}
		rep.Libraries = append(rep.Libraries, l)
	}
	for _, n := range app.Nested {
		rep.Nested = append(rep.Nested, report.Nested{Where: n, Format: "zip"})
	}
	for _, p := range app.Problems {
		rep.Problems = append(rep.Problems, report.Problem{Where: p.Path, What: p.What})
	}
	c := &app.Coverage
	rep.Coverage = report.Coverage{FilesTotal: c.FilesTotal, FilesRead: c.FilesRead, BytesTotal: c.BytesTotal, BytesRead: c.BytesRead}
	for _, n := range c.NotAnalysed {
		rep.Coverage.NotAnalysed = append(rep.Coverage.NotAnalysed, report.NotAnalysed{Path: n.Path, Why: n.Why})
	}
	if more := c.FilesNot - len(c.NotAnalysed); more > 0 {
		rep.Coverage.NotAnalysed = append(rep.Coverage.NotAnalysed, report.NotAnalysed{Path: "…", Why: fmt.Sprintf("%d more files, which are not listed, were not analysed", more)})
	}
	unread(rep)
	for _, n := range c.NotAnalysed {
		if strings.HasSuffix(n.Path, "Info.plist") || strings.HasSuffix(n.Path, ".xcprivacy") || strings.HasPrefix(n.Path, "(") {
			for _, kind := range []report.Fact{report.DataFact, report.PermissionFact, report.TraitFact} {
				unknown(rep, kind, n.Path+" could not be read: "+n.Why)
			}
		}
	}
	if len(app.Code) == 0 {
		unknown(rep, report.SDKFact, "there is no program in the file")
	}
	if app.MoreDomains {
		unknown(rep, report.DomainFact, "more hosts are named than are listed")
	}
	if m.Identifier == "" {
		for _, kind := range []report.Fact{report.DataFact, report.PermissionFact, report.TraitFact} {
			unknown(rep, kind, "the app's Info.plist could not be read")
		}
	}
	unknown(rep, report.SigningFact, "Apple's signatures are not checked here")
	return nil
}

// said is a text that is there; nil where it is empty.
func said(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// usage is which kinds of data an app may reach that asks people with a text of that name.
var usage = map[string]string{
	"NSContactsUsageDescription": "contacts", "NSPhotoLibraryUsageDescription": "content", "NSPhotoLibraryAddUsageDescription": "content",
	"NSLocationWhenInUseUsageDescription": "location", "NSLocationAlwaysUsageDescription": "location", "NSLocationAlwaysAndWhenInUseUsageDescription": "location",
	"NSLocationUsageDescription": "location", "NSLocationTemporaryUsageDescriptionDictionary": "location",
	"NSMicrophoneUsageDescription": "microphone", "NSSpeechRecognitionUsageDescription": "microphone", "NSCameraUsageDescription": "camera",
	"NSCalendarsUsageDescription": "calendar", "NSCalendarsFullAccessUsageDescription": "calendar", "NSCalendarsWriteOnlyAccessUsageDescription": "calendar",
	"NSRemindersUsageDescription": "calendar", "NSRemindersFullAccessUsageDescription": "calendar",
	"NSMotionUsageDescription": "sensors", "NSHealthShareUsageDescription": "health", "NSHealthUpdateUsageDescription": "health", "NSHealthClinicalHealthRecordsShareUsageDescription": "health",
	"NSBluetoothAlwaysUsageDescription": "network", "NSBluetoothPeripheralUsageDescription": "network", "NSLocalNetworkUsageDescription": "network",
	"NSHomeKitUsageDescription": "network", "NSNearbyInteractionUsageDescription": "network", "NSUserTrackingUsageDescription": "tracking",
	"NSAppleMusicUsageDescription": "content", "NSDesktopFolderUsageDescription": "content", "NSDocumentsFolderUsageDescription": "content",
	"NSDownloadsFolderUsageDescription": "content", "NSRemovableVolumesUsageDescription": "content", "NSNetworkVolumesUsageDescription": "content", "NSFileProviderDomainUsageDescription": "content",
	"NSScreenCaptureUsageDescription": "screen",
}

// collected is which kinds of data those of Apple's privacy manifests are, by how they begin.
var collected = []struct{ begins, kind string }{
	{"Contacts", "contacts"}, {"EmailsOrTextMessages", "messages"}, {"PhotosorVideos", "content"}, {"AudioData", "microphone"}, {"OtherUserContent", "content"}, {"GameplayContent", "content"},
	{"CustomerSupport", "content"}, {"PreciseLocation", "location"}, {"CoarseLocation", "location"}, {"Health", "health"}, {"Fitness", "sensors"},
	{"UserID", "identity"}, {"DeviceID", "identity"}, {"PhoneNumber", "identity"}, {"EmailAddress", "identity"}, {"Name", "identity"}, {"PhysicalAddress", "identity"},
}

func appleData(rep *report.Report, app *ipa.App) {
	var g gathered
	for _, b := range bundles(app) {
		for _, u := range b.Usage {
			if kind := usage[u.Key]; kind != "" {
				g.add(kind, report.GradeDeclared, infoOf(&b), u.Key+": "+u.Value)
			}
		}
		if len(b.Asks) > 0 {
			g.add("apps", report.GradeDeclared, infoOf(&b), "asks whether these are there: "+strings.Join(b.Asks, ", "))
		}
		for _, mode := range b.Background {
			if mode == "location" {
				g.add("location", report.GradeDeclared, infoOf(&b), "also while it is not on the screen")
			}
		}
	}
	for _, p := range app.Privacy {
		for _, d := range p.Data {
			for _, c := range collected {
				if strings.HasPrefix(d.Kind, c.begins) {
					g.add(c.kind, report.GradeDeclared, p.Path, "its maker says that it collects "+d.Kind+forWhat(d.Purposes))
				}
			}
		}
		if p.Tracking {
			g.add("tracking", report.GradeDeclared, p.Path, "its maker says that it tracks")
		}
	}
	rep.Data = g.data()
}

func forWhat(purposes []string) string {
	if len(purposes) == 0 {
		return ""
	}
	return " for " + strings.Join(purposes, ", ")
}

// bundles are the app and what it extends the system with; frameworks cannot ask people for anything.
func bundles(app *ipa.App) []ipa.Bundle { return append([]ipa.Bundle{app.Main}, app.Others...) }

func infoOf(b *ipa.Bundle) string {
	if b.Path == "" {
		return "Info.plist"
	}
	return b.Path + "/Info.plist"
}

func appleTraits(rep *report.Report, app *ipa.App) {
	var g gathered
	for _, b := range bundles(app) {
		if b.Cleartext {
			g.add(report.Cleartext, report.GradeDeclared, infoOf(&b), "to any host (NSAllowsArbitraryLoads)")
		}
		if len(b.CleartextTo) > 0 {
			g.add(report.Cleartext, report.GradeDeclared, infoOf(&b), "to "+strings.Join(b.CleartextTo, ", "))
		}
	}
	for _, p := range app.Privacy {
		if p.Tracking {
			g.add(report.Tracking, report.GradeDeclared, p.Path, cmp.Or(strings.Join(p.Domains, ", "), "NSPrivacyTracking"))
		}
	}
	entitled := map[string]string{
		"get-task-allow": report.Debuggable, "com.apple.security.get-task-allow": report.Debuggable,
		"com.apple.security.cs.disable-library-validation":         report.LoadsCode,
		"com.apple.security.cs.allow-unsigned-executable-memory":   report.Executable,
		"com.apple.security.cs.disable-executable-page-protection": report.Executable,
	}
	for _, c := range app.Code {
		if c.Encrypted {
			g.add(report.Encrypted, report.GradeSeen, c.Path, c.Architecture)
		}
		if c.Executable {
			g.add(report.Executable, report.GradeSeen, c.Path, "its stack may be executed")
		}
		for _, e := range c.Entitlements {
			rep.Permissions.Declared = append(rep.Permissions.Declared, e.Key)
			if trait := entitled[e.Key]; trait != "" && e.Value == "true" {
				g.add(trait, report.GradeSigned, c.Path, e.Key)
			}
		}
	}
	rep.Traits = g.traits()
}
