package ipa

import (
	"cmp"
	"path"
	"regexp"
	"strings"

	"portcullis/platform/apple"
)

// App is what was read of an app.
type App struct {
	// Mac is that it is for macOS.
	Mac bool
	// Main is the app's own bundle, and Others are extensions, frameworks and bundles of resources, by their paths.
	Main   Bundle
	Others []Bundle
	// Program is the path of the app's own program, which Main names.
	Program string
	Code    []Code
	// Privacy are the privacy manifests, by their paths.
	Privacy []Privacy
	// Provision is the profile that lets it run outside the store; nil where there is none.
	Provision *Provision
	Domains   []string
	// MoreDomains is that there are more than are listed.
	MoreDomains bool
	Nested      []string // archives inside
	Problems    []Problem
	Coverage    Coverage
}

// Bundle is what an Info.plist says.
type Bundle struct {
	Path string // of its folder; empty for the main one
	// Identifier, Name, Version and Build are CFBundleIdentifier, the name as people see it,
	// CFBundleShortVersionString and CFBundleVersion.
	Identifier, Name, Version, Build string
	// Minimum is the system that it needs at least, and Made the one that it was made with.
	Minimum, Made string
	Executable    string
	// Usage are the texts by which it asks people for what is theirs, by key.
	Usage []Pair
	// Cleartext are those to whom it may speak without encryption.
	Cleartext []string
	// Background is what it does while it is not on the screen.
	Background []string
	// Schemes are the addresses that open it, and Asks those of other apps of which it asks whether they are there.
	Schemes, Asks []string
	// Point is what it extends of the system (NSExtensionPointIdentifier); empty for what is no extension.
	Point string
	// Keys are all keys of its first level with the values of those that are texts, numbers or yes and no.
	Keys []Pair
}

// Runs tells whether the system asks this Info.plist what may be done: that of an app, an extension or a service, not
// that of a framework or of resources.
func (b *Bundle) Runs() bool {
	switch path.Ext(strings.TrimSuffix(b.Path, "/Contents")) {
	case "", ".app", ".appex", ".xpc":
		return true
	}
	return false
}

// Pair is a key with its value.
type Pair struct{ Key, Value string }

// Code is one architecture of a program or library.
type Code struct {
	Path         string
	Architecture string
	Libraries    []string
	Encrypted    bool
	Signed       bool
	Team         string
	// Entitlements are what its signature entitles it to: the keys, with the values of those that are texts, numbers or
	// yes and no.
	Entitlements []Pair
	Executable   bool   // its stack may be executed
	Writable     bool   // a part of it may be both written and executed
	Lost         string // why not all that its signature says could be read; empty where it was
	Broken       string // how it differs from what was signed; empty where it does not, or that is not known
}

// Privacy is what a privacy manifest says (PrivacyInfo.xcprivacy).
type Privacy struct {
	Path     string
	Tracking bool
	Domains  []string // with which it tracks
	Data     []Collected
}

// Collected is a kind of data that is collected, and what for, in Apple's words without their prefixes.
type Collected struct {
	Kind             string
	Linked, Tracking bool
	Purposes         []string
}

// Provision is a provisioning profile.
type Provision struct {
	Name, Team string
	// Everywhere is that it lets the app run on any device: the distribution inside a company.
	Everywhere bool
}

// Problem is something about a file that is not as it should be.
type Problem struct{ Path, What string }

// Coverage is how much was looked at, in files and in bytes as they are when unpacked.
type Coverage struct {
	FilesTotal, FilesRead int
	BytesTotal, BytesRead int64
	// NotAnalysed are the first of very many; FilesNot is how many they are.
	NotAnalysed []Unread
	FilesNot    int
}

const maxNotAnalysed = 2000

func (c *Coverage) not(path, why string) {
	if c.FilesNot++; c.FilesNot <= maxNotAnalysed {
		c.NotAnalysed = append(c.NotAnalysed, Unread{path, why})
	}
}

// Unread is a file that was not analysed.
type Unread struct{ Path, Why string }

// bundleOf reads an Info.plist.
func bundleOf(path string, t *apple.Tree) Bundle {
	first := func(keys ...string) string {
		for _, key := range keys {
			if text := t.Of(key).Text; text != "" {
				return text
			}
		}
		return ""
	}
	b := Bundle{
		Path: path, Identifier: first("CFBundleIdentifier"), Name: first("CFBundleDisplayName", "CFBundleName"),
		Version: first("CFBundleShortVersionString"), Build: first("CFBundleVersion"), Executable: first("CFBundleExecutable"),
		Minimum: first("MinimumOSVersion", "LSMinimumSystemVersion"), Made: madeFor(first("DTPlatformVersion"), first("DTSDKName")),
		Point:      t.Of("NSExtension").Of("NSExtensionPointIdentifier").Text,
		Background: t.Of("UIBackgroundModes").Texts(), Asks: t.Of("LSApplicationQueriesSchemes").Texts(),
	}
	for i, key := range t.Keys {
		value := scalar(&t.Values[i])
		b.Keys = append(b.Keys, Pair{key, value})
		if strings.HasSuffix(key, "UsageDescription") || strings.HasSuffix(key, "UsageDescriptionDictionary") {
			b.Usage = append(b.Usage, Pair{key, value})
		}
	}
	for i := range t.Of("CFBundleURLTypes").Values {
		b.Schemes = append(b.Schemes, t.Of("CFBundleURLTypes").Values[i].Of("CFBundleURLSchemes").Texts()...)
	}
	b.transport(t.Of("NSAppTransportSecurity"))
	return b
}

// transport reads to whom the app may speak without encryption. Where one of the narrower keys is there, systems since
// iOS 10 and macOS 10.12 go by it instead of the one for everything; older ones still go by that.
func (b *Bundle) transport(t *apple.Tree) {
	if on(t.Of("NSAllowsArbitraryLoads")) {
		b.Cleartext = append(b.Cleartext, "to any host (NSAllowsArbitraryLoads)")
	}
	for _, key := range []string{"NSAllowsArbitraryLoadsInWebContent", "NSAllowsArbitraryLoadsForMedia", "NSAllowsLocalNetworking"} {
		if on(t.Of(key)) {
			b.Cleartext = append(b.Cleartext, cleartext[key]+" ("+key+")")
		}
	}
	exceptions := t.Of("NSExceptionDomains")
	for i, host := range exceptions.Keys {
		for _, key := range []string{"NSExceptionAllowsInsecureHTTPLoads", "NSThirdPartyExceptionAllowsInsecureHTTPLoads", "NSTemporaryExceptionAllowsInsecureHTTPLoads", "NSTemporaryThirdPartyExceptionAllowsInsecureHTTPLoads"} {
			if on(exceptions.Values[i].Of(key)) {
				b.Cleartext = append(b.Cleartext, "to "+host+" ("+key+")")
				break
			}
		}
	}
}

var cleartext = map[string]string{
	"NSAllowsArbitraryLoadsInWebContent": "to any host, for pages that it shows", "NSAllowsArbitraryLoadsForMedia": "to any host, for sound and films",
	"NSAllowsLocalNetworking": "to devices nearby",
}

// on tells whether a value says yes. Apple's systems take texts and numbers for it, too.
func on(t *apple.Tree) bool {
	switch strings.ToLower(t.Text) {
	case "yes", "true", "1":
		return true
	}
	return t.True()
}

// number is the beginning of a version.
var number = regexp.MustCompile(`[0-9]+(\.[0-9]+)*$`)

// madeFor is the version of the system that an app was made with: macOS has it in the name of the SDK alone.
func madeFor(version, sdk string) string {
	if version != "" && version[0] >= '0' && version[0] <= '9' {
		return version
	}
	return cmp.Or(number.FindString(sdk), version)
}

// scalar is a value that is a text, a number, or yes or no.
func scalar(t *apple.Tree) string {
	switch t.Kind {
	case "true", "false":
		return t.Kind
	}
	return t.Text
}

func privacyOf(path string, t *apple.Tree) Privacy {
	p := Privacy{Path: path, Tracking: on(t.Of("NSPrivacyTracking")), Domains: t.Of("NSPrivacyTrackingDomains").Texts()}
	data := t.Of("NSPrivacyCollectedDataTypes")
	for i := range data.Values {
		d := &data.Values[i]
		c := Collected{
			Kind:   strings.TrimPrefix(d.Of("NSPrivacyCollectedDataType").Text, "NSPrivacyCollectedDataType"),
			Linked: on(d.Of("NSPrivacyCollectedDataTypeLinked")), Tracking: on(d.Of("NSPrivacyCollectedDataTypeTracking")),
		}
		for _, purpose := range d.Of("NSPrivacyCollectedDataTypePurposes").Texts() {
			c.Purposes = append(c.Purposes, strings.TrimPrefix(purpose, "NSPrivacyCollectedDataTypePurpose"))
		}
		p.Data = append(p.Data, c)
	}
	return p
}
