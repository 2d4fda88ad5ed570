package vetting

import (
	"cmp"
	"slices"
	"strings"

	"portcullis/vetting/report"
	"portcullis/web/ui"
)

// countries are the countries of owners in words; a code that is not among them is shown as it is.
var countries = map[string]string{
	"AE": "United Arab Emirates", "AU": "Australia", "BE": "Belgium", "BR": "Brazil", "BY": "Belarus", "CA": "Canada", "CH": "Switzerland", "CN": "China", "CZ": "Czechia", "DE": "Germany", "DK": "Denmark",
	"ES": "Spain", "FI": "Finland", "FR": "France", "GB": "United Kingdom", "HK": "Hong Kong", "IE": "Ireland", "IL": "Israel", "IN": "India", "IR": "Iran", "IT": "Italy", "JP": "Japan", "KP": "North Korea",
	"KR": "South Korea", "NL": "Netherlands", "NO": "Norway", "NZ": "New Zealand", "PA": "Panama", "PL": "Poland", "RU": "Russia", "SE": "Sweden", "SG": "Singapore", "TR": "Türkiye", "TW": "Taiwan", "UA": "Ukraine", "US": "United States",
}

// country is a country in words.
func country(code string) string { return cmp.Or(countries[code], code, "Country not known") }

// formats are the formats of files in words.
var formats = map[report.Format]string{
	report.APK: "Android app (APK)", report.AAB: "Android bundle (AAB)", report.XAPK: "Android app in parts (XAPK)", report.APKS: "Android app in parts (APKS)", report.APKM: "Android app in parts (APKM)",
	report.Split: "Android app in parts", report.IPA: "iPhone or iPad app (IPA)", report.Mac: "macOS app",
}

// kinds are the kinds of facts as they are named where one is not known whole.
var kinds = map[report.Fact]string{
	report.DataFact: "What of people’s it can reach", report.PermissionFact: "Its permissions", report.TraitFact: "Its properties", report.SDKFact: "Other makers’ code in it", report.OwnerFact: "Who owns the code in it",
	report.CountryFact: "Where those are who own the code in it", report.DomainFact: "Hosts named in it", report.SigningFact: "Its signature", report.MakerFact: "Who makes it", report.TargetFact: "Which system it was made for",
	report.CodeFact: "What its code does", report.AnalysedFact: "How much of it was looked at",
}

// resultTags are how criteria stand.
var resultTags = map[report.Result]ui.Tag{
	report.NotMet:  {Text: "Not met", Tone: ui.Bad},
	report.Unknown: {Text: "Not known", Tone: ui.Waiting},
	report.Met:     {Text: "Met", Tone: ui.Good},
}

// strengths are what the strongest evidence of a kit comes to.
var strengths = map[string]string{
	report.GradeDefined:    "Its code is in the app",
	report.GradeReferenced: "The app’s code asks for its code, which was not found itself",
	report.GradeLiteral:    "A text of it stands in the code; its code was not found",
	report.GradeDomain:     "A host of it is named; its code was not found",
	report.GradeLibrary:    "A native library of it is in the app",
	report.GradePart:       "The manifest names it; its code was not found",
}

// strongest is the strongest grade of evidence there is of a kit.
func strongest(s *report.SDK) string {
	best := ""
	rank := func(grade string) int { return slices.Index(report.Grades, grade) }
	for _, e := range s.Evidence {
		if rank(e.Grade) >= 0 && (best == "" || rank(e.Grade) < rank(best)) {
			best = e.Grade
		}
	}
	return best
}

// inside tells whether a kit itself is in an app, and not a mere sign of it.
func inside(s *report.SDK) bool {
	grade := strongest(s)
	return grade == report.GradeDefined || grade == report.GradeLibrary
}

// called is what an app is called: by its own name, or else by its identifier, or by its file.
func called(r *report.Report) string {
	return cmp.Or(r.Name, r.Package, r.File, "A file without a name")
}

// version is which version a report is of.
func version(r *report.Report) string {
	switch {
	case r.VersionName == "" && r.VersionCode == "":
		return "Version not known"
	case r.VersionName == "" || r.VersionName == r.VersionCode:
		return "Version " + cmp.Or(r.VersionName, r.VersionCode)
	case r.VersionCode == "":
		return "Version " + r.VersionName
	}
	return "Version " + r.VersionName + " (" + r.VersionCode + ")"
}

// lower is a text that begins in the middle of a sentence.
func lower(text string) string { return strings.ToLower(text[:1]) + text[1:] }

// missing is what a report does not say whole of a kind of facts, as the end of a sentence; empty where it says all.
func missing(r *report.Report, kind report.Fact) string {
	_, why := r.Of(kind)
	return why
}

// none is what stands where nothing of a kind was found: whether everything was looked at is always said.
func none(r *report.Report, kind report.Fact, text string) ui.Component {
	if why := missing(r, kind); why != "" {
		return ui.Inset{ui.Para(text + " in what was looked at. That is not all of it: " + strings.TrimSuffix(why, ".") + ".")}
	}
	return ui.Para(text + ". All of it was looked at.")
}

// size is a number of bytes in words.
func size(bytes int64) string {
	if bytes < 1000 {
		return ui.Count(int(bytes), "byte", "bytes")
	}
	for unit, name := range []string{"kB", "MB", "GB"} {
		scale := int64(1000)
		for range unit {
			scale *= 1000
		}
		if bytes < 1000*scale || name == "GB" {
			tenths := ui.Number(10 * bytes / scale).String()
			return tenths[:len(tenths)-1] + "." + tenths[len(tenths)-1:] + "\u00a0" + name
		}
	}
	return ""
}
