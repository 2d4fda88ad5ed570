package sdk

import (
	"slices"
	"strings"
)

// SDK is one kit that app makers build in, with who makes it and by what it is known. What a field holds is
// matched as each comment says; an empty field matches nothing.
type SDK struct {
	// ID is lower-case words joined by "-" ("bytedance-pangle"). Entries of loaded lists have the list's name in
	// front ("exodus:312").
	ID string
	// Name is what its maker calls it.
	Name string
	// Company makes it; Owner is who that company belongs to in the end (the same where it belongs to nobody else).
	Company string
	Owner   string
	// Country is the owner's, ISO 3166-1 alpha-2 ("CN"); empty where it is not known.
	Country string
	// Makers are the company and those who own it, each before its owner.
	Makers []Maker
	// Supplier is the catalogue's id of the company, or of the nearest of its owners that the catalogue has; Product is
	// the catalogue's id of the kit itself. Either is empty where the catalogue has none.
	Supplier string
	Product  string
	// Note is what a reader should know beside these facts: who says what about an owner, and as of when.
	Note string

	// Prefixes are Java packages and classes. With a dot at the end ("com.bytedance.sdk.") everything in the package
	// and below it; without one ("com.bytedance.sdk.openadsdk.TTAdSdk") that class, its inner classes or, if it
	// is a package, what is in it, but never a longer word ("com.foo.ad" is not "com.foo.adapter"). Letter case counts.
	Prefixes []string
	// Classes are classes of Objective-C, which have no package ("BUAdSDKManager"): whole names, of which a longer one is another,
	// and by which a kit is known in apps for Apple's systems even where it is part of the program. Letter case counts.
	Classes []string
	// Libraries are file names of native libraries ("libpangle.so") and names of Apple frameworks and dynamic
	// libraries without folder ("BUAdSDK.framework"). Letter case does not count.
	Libraries []string
	// Components are classes that the manifest names, or packages of them; matched as Prefixes are.
	Components []string
	// Domains are host names; each stands for itself and everything below it ("pangle.io" is also
	// "log.pangle.io", never "notpangle.io"). Lower case, ASCII form.
	Domains []string
	// Keys are names of the manifest's meta-data and of Info.plist entries, whole. Letter case counts.
	Keys []string
	// OptOut are settings by which an app maker turns collection off.
	OptOut []OptOut

	// Unverified says that one source alone stands behind what the kit is known by, who owns it, or where.
	Unverified bool
	// Sources say what the kit is known by, and then who its makers are.
	Sources []Source
}

// Source is something that was read.
type Source struct {
	Title string
	URL   string // empty where it has none
	Seen  string // the day, "2006-01-02"
}

// Maker is a company that makes a kit, or owns who does.
type Maker struct {
	// ID is the table's own, and Supplier the catalogue's; that is empty where the catalogue does not have it.
	ID       string
	Name     string
	Supplier string
}

// OptOut is one setting that turns a collection off when the manifest or Info.plist holds it.
type OptOut struct {
	// Key is the entry's name.
	Key string
	// Value is what the entry must hold to mean it, letter case aside ("false"); empty means any value.
	Value string
	// Means is what is then off, as a reader of a report is told ("advertising identifier not collected").
	Means string
}

// Apple is what the table knows of the kit that apps for Apple's systems have: classes or frameworks, which show its code, or else
// hosts, or nothing, so that it is not found in them.
func (s *SDK) Apple() (code, hosts bool) {
	framework := func(l string) bool { return strings.HasSuffix(l, ".framework") }
	return len(s.Classes) > 0 || slices.ContainsFunc(s.Libraries, framework), len(s.Domains) > 0
}
