package inspect

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"portcullis/vetting/apk"
	"portcullis/vetting/report"
	"portcullis/vetting/sdk"
)

// android makes the report of an Android app, in one file or in parts.
func (in *Inspector) android(ctx context.Context, rep *report.Report, files []apk.File) error {
	saw, loads := &seen{matcher: in.matcher}, &loaders{}
	opt := apk.Options{Limits: in.Limits, Workers: in.Workers, Declared: in.lists,
		See: func(where string) apk.Sightings { return &watch{saw.at(where), where, loads} }}
	app, err := apk.ReadSet(ctx, files, opt)
	if err == nil && app.Raced { // the same bytes make the same report
		saw, loads, opt.Workers = &seen{matcher: in.matcher}, &loaders{}, 1
		app, err = apk.ReadSet(ctx, files, opt)
	}
	if err != nil {
		return err
	}
	in.kits(rep, saw.all)
	androidReport(rep, app, loads.found())
	return nil
}

// loaderClasses are those by which code is loaded that is not part of an app.
var loaderClasses = map[string]bool{
	"Ldalvik/system/DexClassLoader;": true, "Ldalvik/system/InMemoryDexClassLoader;": true, "Ldalvik/system/DexFile;": true,
	"Ldalvik/system/DelegateLastClassLoader;": true,
}

// loaders is where code asks for those.
type loaders struct {
	mu  sync.Mutex
	all []report.Evidence
}

func (l *loaders) found() []report.Evidence {
	slices.SortFunc(l.all, func(a, b report.Evidence) int {
		return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.What, b.What))
	})
	return slices.Compact(l.all)
}

// watch sees what a collector sees, and code that loads code.
type watch struct {
	*sdk.Collector
	where string
	loads *loaders
}

func (w *watch) Class(descriptor []byte, defined bool) {
	if !defined && bytes.HasPrefix(descriptor, []byte("Ldalvik/")) && loaderClasses[string(descriptor)] {
		w.loads.mu.Lock()
		w.loads.all = append(w.loads.all, report.Evidence{Grade: report.GradeReferenced, Where: w.where, What: strings.ReplaceAll(string(descriptor[1:len(descriptor)-1]), "/", ".")})
		w.loads.mu.Unlock()
	}
	w.Collector.Class(descriptor, defined)
}

// androidReport puts what was read of an Android app into a report.
func androidReport(rep *report.Report, app *apk.App, loads []report.Evidence) {
	rep.Format = report.Format(app.Format)
	m := &app.Manifest
	rep.Package, rep.Name, rep.VersionName = m.Package, m.Label, m.VersionName
	if m.VersionCode != 0 {
		rep.VersionCode = strconv.FormatInt(m.VersionCode, 10)
	}
	rep.MinSDK, rep.TargetSDK = said(m.MinSDK), said(m.TargetSDK)
	rep.DEX = report.DEX{Files: app.Code.Files, Classes: app.Code.Classes, Strings: app.Code.Strings}
	rep.Domains = app.Domains
	for _, p := range m.Permissions {
		rep.Permissions.Declared = append(rep.Permissions.Declared, p.Name)
	}
	for _, p := range m.Implied {
		rep.Permissions.Implied = append(rep.Permissions.Implied, p.Name)
	}
	for _, p := range m.Widened {
		rep.Permissions.Widened = append(rep.Permissions.Widened, p.Name)
	}
	androidData(rep, m)
	androidTraits(rep, app, loads)
	androidSigning(rep, app)
	androidParts(rep, app)
	c, before := &app.Coverage, rep.Coverage.NotAnalysed
	rep.Coverage = report.Coverage{FilesTotal: c.FilesTotal, FilesRead: c.FilesRead + c.FilesMedia, FilesMedia: c.FilesMedia,
		BytesTotal: c.BytesTotal, BytesRead: c.BytesRead + c.BytesMedia, BytesMedia: c.BytesMedia, NotAnalysed: before}
	for _, n := range c.NotAnalysed {
		rep.Coverage.NotAnalysed = append(rep.Coverage.NotAnalysed, report.NotAnalysed{Path: n.Path, Why: n.Why})
	}
	if more := c.FilesNot - len(c.NotAnalysed); more > 0 {
		rep.Coverage.NotAnalysed = append(rep.Coverage.NotAnalysed, report.NotAnalysed{Path: "…", Why: fmt.Sprintf("%d more files, which are not listed, were not analysed", more)})
	}
	unread(rep)
	if app.Code.Files == 0 {
		unknown(rep, report.SDKFact, "there is no code in the file: it may be one part of several")
	}
	if app.MoreDomains {
		unknown(rep, report.DomainFact, "more hosts are named than are listed")
	}
	if m.NetworkLost != "" {
		unknown(rep, report.TraitFact, "the app's network security configuration could not be read whole: "+m.NetworkLost)
	}
	if m.Package == "" || m.Lost != "" {
		for _, kind := range []report.Fact{report.DataFact, report.PermissionFact, report.TraitFact, report.TargetFact} {
			unknown(rep, kind, strings.TrimSuffix("the app's manifest could not be read whole: "+m.Lost, ": "))
		}
	}
}

// reaches are the words of reports for what permissions reach, where they differ.
var reaches = map[apk.Reach]string{apk.ReachPhone: "identity", apk.ReachStorage: "content", apk.ReachApps: "apps"}

func androidData(rep *report.Report, m *apk.Manifest) {
	var g gathered
	add := func(name, because string) {
		f, known := apk.FactOf(name)
		if !known {
			return
		}
		kind, other := reaches[f.Reach]
		if !other {
			kind = string(f.Reach)
		}
		g.add(kind, report.GradeDeclared, "AndroidManifest.xml", strings.TrimSpace(name+because)+": "+f.Words)
	}
	for _, p := range m.Permissions {
		add(p.Name, "")
	}
	for _, list := range [][]apk.ImpliedPermission{m.Implied, m.Widened} {
		for _, p := range list {
			add(p.Name, " (because "+p.Because+")")
		}
	}
	for _, c := range m.Components {
		if c.Kind == apk.Service && strings.HasPrefix(c.Permission, "android.permission.BIND_") {
			add(c.Permission, " ("+c.Name+")")
		}
	}
	rep.Data = g.data()
}

// mostNamedTraits is how many components are named as one trait.
const mostNamedTraits = 20

func androidTraits(rep *report.Report, app *apk.App, loads []report.Evidence) {
	var g gathered
	m := &app.Manifest
	declared := func(is bool, trait, what string) {
		if is {
			g.add(trait, report.GradeDeclared, "AndroidManifest.xml", what)
		}
	}
	said := func(s apk.Setting, name string) string {
		if s.Declared {
			return name
		}
		return name + ", which it does not say and is Android's default"
	}
	declared(m.Debuggable, report.Debuggable, "debuggable")
	declared(m.TestOnly, report.TestOnly, "testOnly")
	declared(m.AllowBackup.On, report.Backup, said(m.AllowBackup, "allowBackup"))
	declared(m.SharedUserID != "", report.SharedUser, "sharedUserId "+m.SharedUserID)
	if m.Network == nil {
		declared(m.Cleartext.On, report.Cleartext, said(m.Cleartext, "usesCleartextTraffic"))
		declared(m.TargetLevel() < 24, report.UserCertificates, "made for Android before 7, which trusts them")
	} else {
		declared(m.Network.Base.Cleartext.On, report.Cleartext, said(m.Network.Base.Cleartext, "cleartextTrafficPermitted in "+m.NetworkConfig))
		declared(m.Network.Base.TrustsUser, report.UserCertificates, "in "+m.NetworkConfig)
		for _, rule := range m.Network.Domains {
			var names []string
			for _, d := range rule.Domains {
				names = append(names, d.Name)
			}
			to := " for " + strings.Join(names, ", ") + " in " + m.NetworkConfig
			declared(rule.Cleartext.On && !m.Network.Base.Cleartext.On, report.Cleartext, "cleartextTrafficPermitted"+to)
			declared(rule.TrustsUser && !m.Network.Base.TrustsUser, report.UserCertificates, "trusted"+to)
		}
	}
	open := 0
	for _, c := range m.Components {
		switch {
		case c.Permission == "android.permission.BIND_ACCESSIBILITY_SERVICE":
			declared(true, report.Accessibility, c.Name)
		case c.Permission == "android.permission.BIND_DEVICE_ADMIN":
			declared(true, report.Administrator, c.Name)
		}
		if c.Exported.On && c.Enabled && c.Permission == "" && c.ReadPermission == "" && c.WritePermission == "" && !starts(&c) {
			if open++; open <= mostNamedTraits {
				declared(true, report.Unguarded, c.Kind+" "+c.Name)
			}
		}
	}
	for _, n := range app.Coverage.NotAnalysed {
		if strings.HasSuffix(n.Why, apk.NotCode) {
			g.add(report.Encrypted, report.GradeSeen, n.Path, apk.NotCode)
		}
	}
	for _, e := range loads {
		g.add(report.LoadsCode, e.Grade, e.Where, e.What)
	}
	for _, l := range app.Libraries {
		if l.Facts != nil && (!l.Facts.NX || l.Facts.WriteExec || l.Facts.TextRel) {
			g.add(report.Executable, report.GradeSeen, l.Where, l.Architecture)
		}
	}
	for _, n := range app.Nested {
		if n.Format != apk.ZIP || n.Code.Files > 0 {
			g.add(report.HiddenCode, report.GradeSeen, n.Where, strings.TrimSpace(string(n.Format)+" "+n.Package))
		}
	}
	for _, p := range app.Problems {
		if strings.Contains(p.What, "CVE-2017-13156") {
			g.add(report.Polyglot, report.GradeSeen, p.Where, p.What)
		}
	}
	rep.Traits = g.traits()
}

// starts tells whether a component is what people start the app by, which must be open to all.
func starts(c *apk.Component) bool {
	for _, f := range c.Filters {
		for _, a := range f.Actions {
			if a == "android.intent.action.MAIN" {
				return true
			}
		}
	}
	return false
}

func androidSigning(rep *report.Report, app *apk.App) {
	s := app.Signing
	if s == nil {
		unknown(rep, report.SigningFact, "there is no app of which the signature could be checked: the store signs it when it is installed")
		return
	}
	rep.Signing.Verifies, rep.Signing.Schemes = s.Verifies, s.Schemes
	for _, c := range s.Certificates {
		rep.Signing.Certificates = append(rep.Signing.Certificates, c.SHA256)
		rep.Signing.Subjects = append(rep.Signing.Subjects, c.Subject)
	}
	rep.Signing.Problems = append(append([]string{}, s.Problems...), s.Notes...)
	for _, a := range s.Lineage {
		rep.Signing.Lineage = append(rep.Signing.Lineage, a.Certificate.SHA256)
	}
}

func androidParts(rep *report.Report, app *apk.App) {
	for _, c := range app.Manifest.Components {
		rep.Components = append(rep.Components, report.Component{Kind: c.Kind, Name: c.Name, Exported: c.Exported.On, Permission: c.Permission})
	}
	for _, l := range app.Libraries {
		rep.Libraries = append(rep.Libraries, report.Library{Where: l.Where, Architecture: l.Architecture, Needs: l.Needs})
	}
	for _, n := range app.Nested {
		rep.Nested = append(rep.Nested, report.Nested{Where: n.Where, Format: string(n.Format), Package: n.Package})
	}
	for _, p := range app.Problems {
		rep.Problems = append(rep.Problems, report.Problem{Where: p.Where, What: p.What})
	}
}
