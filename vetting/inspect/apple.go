package inspect

import (
	"cmp"
	"context"
	"fmt"
	"slices"
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
	declared := func(why string) {
		for _, kind := range []report.Fact{report.DataFact, report.PermissionFact, report.TraitFact} {
			unknown(rep, kind, why)
		}
	}
	for _, n := range c.NotAnalysed {
		if strings.HasSuffix(n.Path, "Info.plist") || strings.HasSuffix(n.Path, ".xcprivacy") || strings.HasPrefix(n.Path, "(") {
			declared(n.Path + " could not be read: " + n.Why)
		}
	}
	for _, code := range app.Code {
		if code.Lost != "" {
			declared(code.Path + ": " + code.Lost)
		}
	}
	if !slices.ContainsFunc(app.Code, func(c ipa.Code) bool { return c.Path == app.Program }) {
		declared("the app's program could not be read, and with it what it is entitled to")
		unknown(rep, report.SDKFact, "the app's program is not in the file, or could not be read")
	}
	if app.MoreDomains {
		unknown(rep, report.DomainFact, "more hosts are named than are listed")
	}
	if m.Identifier == "" {
		declared("the app's Info.plist could not be read")
	}
	appleSigning(rep, app)
	return nil
}

// appleSigning tells what the signature says of itself, and whether the bytes are those that were signed. That it is
// Apple's or the maker's is not checked: where all bytes are, it is not known whether systems take it.
func appleSigning(rep *report.Report, app *ipa.App) {
	known := false
	say := func(format string, args ...any) {
		if what := fmt.Sprintf(format, args...); !slices.Contains(rep.Signing.Problems, what) {
			rep.Signing.Problems = append(rep.Signing.Problems, what)
		}
	}
	for _, c := range app.Code {
		if c.Broken != "" {
			known = true
			say("%s (%s): %s", c.Path, c.Architecture, c.Broken)
		}
	}
	for _, c := range app.Code {
		switch {
		case c.Path != app.Program:
		case !c.Signed:
			say("its program (%s) carries no signature", c.Architecture)
		case c.Team != "":
			say("its signature names the team %s", c.Team)
		}
	}
	if !known {
		unknown(rep, report.SigningFact, "whether its signature is Apple's or its maker's is not checked here")
	}
	if p := app.Provision; p != nil {
		say("its provisioning profile is “%s” of %s", p.Name, cmp.Or(p.Team, "nobody who is named"))
		if p.Everywhere {
			say("the profile lets it run on any device without the store, as inside a company")
		}
	}
}

// said is a text that is there; nil where it is empty.
func said(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func appleData(rep *report.Report, app *ipa.App) {
	var g gathered
	for _, b := range bundles(app) {
		for _, u := range b.Usage {
			rep.Permissions.Declared = append(rep.Permissions.Declared, u.Key)
			for _, kind := range usage[u.Key] {
				g.add(kind, report.GradeDeclared, infoOf(&b), strings.TrimSuffix(u.Key+": "+u.Value, ": "))
			}
		}
		if len(b.Asks) > 0 {
			g.add("apps", report.GradeDeclared, infoOf(&b), "asks whether these are there: "+strings.Join(b.Asks, ", "))
		}
		if slices.Contains(b.Background, "location") {
			g.add("location", report.GradeDeclared, infoOf(&b), "also while it is not on the screen")
		}
		if e, known := extends[b.Point]; known {
			g.add(e.kind, report.GradeDeclared, infoOf(&b), e.what+" ("+b.Point+")")
		}
	}
	for _, c := range app.Code {
		for _, e := range c.Entitlements {
			if kind := entitledTo[e.Key]; kind != "" && e.Value != "false" {
				g.add(kind, report.GradeSigned, c.Path, e.Key)
			}
		}
	}
	if app.Mac && !sandboxed(app) {
		g.add("content", report.GradeSigned, app.Program, "it is not in a sandbox: it can read the files that whoever uses it can read")
	}
	for i := range app.Privacy {
		applePrivacy(&g, &app.Privacy[i])
	}
	rep.Data = g.data()
}

// sandboxed tells whether an app for macOS is kept from the files of whoever uses it, in each architecture.
func sandboxed(app *ipa.App) bool {
	is := false
	for _, c := range app.Code {
		if c.Path == app.Program {
			if is = slices.Contains(c.Entitlements, ipa.Pair{Key: "com.apple.security.app-sandbox", Value: "true"}); !is {
				return false
			}
		}
	}
	return is
}

func applePrivacy(g *gathered, p *ipa.Privacy) {
	for _, d := range p.Data {
		kinds := collected[d.Kind]
		if len(kinds) == 0 {
			kinds = []string{"other"}
		}
		what := "its maker says that it collects " + cmp.Or(d.Kind, "something without a name") + forWhat(d.Purposes)
		if d.Linked {
			what += "; linked to the person"
		}
		if d.Tracking {
			what += "; used to track people"
		}
		for _, kind := range kinds {
			g.add(kind, report.GradeDeclared, p.Path, what)
		}
	}
	if p.Tracking || len(p.Domains) > 0 {
		g.add("tracking", report.GradeDeclared, p.Path, strings.TrimSuffix("its maker says that it tracks, with "+strings.Join(p.Domains, ", "), ", with "))
	}
}

func forWhat(purposes []string) string {
	if len(purposes) == 0 {
		return ""
	}
	return " for " + strings.Join(purposes, ", ")
}

// bundles are the app and what it extends the system with; frameworks cannot ask people for anything.
func bundles(app *ipa.App) []ipa.Bundle {
	return slices.DeleteFunc(append([]ipa.Bundle{app.Main}, app.Others...), func(b ipa.Bundle) bool { return !b.Runs() })
}

func infoOf(b *ipa.Bundle) string {
	if b.Path == "" {
		return "Info.plist"
	}
	return b.Path + "/Info.plist"
}

// entitlements are the traits that a signature gives.
var entitlements = map[string]string{
	"get-task-allow": report.Debuggable, "com.apple.security.get-task-allow": report.Debuggable,
	"com.apple.security.cs.disable-library-validation":         report.LoadsCode,
	"com.apple.security.cs.allow-dyld-environment-variables":   report.LoadsCode,
	"com.apple.security.cs.allow-unsigned-executable-memory":   report.Executable,
	"com.apple.security.cs.disable-executable-page-protection": report.Executable,
	"com.apple.security.cs.allow-jit":                          report.Executable,
	"dynamic-codesigning":                                      report.Executable,
}

func appleTraits(rep *report.Report, app *ipa.App) {
	var g gathered
	for _, b := range bundles(app) {
		for _, to := range b.Cleartext {
			g.add(report.Cleartext, report.GradeDeclared, infoOf(&b), to)
		}
	}
	if major, _, _ := strings.Cut(app.Main.Made, "."); len(major) == 1 && major < "9" && !app.Mac {
		g.add(report.Cleartext, report.GradeDeclared, "Info.plist", "to any host: it was made for iOS before 9, which asks nobody to encrypt")
	}
	for _, p := range app.Privacy {
		if p.Tracking {
			g.add(report.Tracking, report.GradeDeclared, p.Path, cmp.Or(strings.Join(p.Domains, ", "), "NSPrivacyTracking"))
		}
	}
	for _, c := range app.Code {
		if c.Encrypted {
			g.add(report.Encrypted, report.GradeSeen, c.Path, c.Architecture)
		}
		if c.Executable {
			g.add(report.Executable, report.GradeSeen, c.Path, "its stack may be executed")
		}
		if c.Writable {
			g.add(report.Executable, report.GradeSeen, c.Path, "a part of it is loaded to be both written and executed")
		}
		if strings.Contains(c.Path, "!") {
			g.add(report.HiddenCode, report.GradeSeen, c.Path, "code for "+c.Architecture)
		}
		for _, e := range c.Entitlements {
			rep.Permissions.Declared = append(rep.Permissions.Declared, e.Key)
			if trait := entitlements[e.Key]; trait != "" && e.Value == "true" {
				g.add(trait, report.GradeSigned, c.Path, e.Key)
			}
		}
	}
	rep.Traits = g.traits()
}
