package ipa

import (
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
	Code   []Code
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
	// Cleartext is that it may speak without encryption to anybody, and CleartextTo the hosts to which it may.
	Cleartext   bool
	CleartextTo []string
	// Background is what it does while it is not on the screen.
	Background []string
	// Schemes are the addresses that open it, and Asks those of other apps of which it asks whether they are there.
	Schemes, Asks []string
	// Keys are all keys of its first level with the values of those that are texts, numbers or yes and no.
	Keys []Pair
}

// Pair is a key with its value.
type Pair struct{ Key, Value string }

// Code is one architecture of a program or library.
type Code struct {
	Path         string
	Architecture string
	Libraries    []string
	Encrypted    bool
	Team         string
	// Entitlements are what its signature entitles it to: the keys, with the values of those that are yes and no.
	Entitlements []Pair
	Executable   bool // its stack may be executed
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
		Minimum: first("MinimumOSVersion", "LSMinimumSystemVersion"), Made: first("DTPlatformVersion", "DTSDKName"),
		Background: t.Of("UIBackgroundModes").Texts(), Asks: t.Of("LSApplicationQueriesSchemes").Texts(),
	}
	for i, key := range t.Keys {
		value := scalar(&t.Values[i])
		b.Keys = append(b.Keys, Pair{key, value})
		if strings.HasPrefix(key, "NS") && strings.HasSuffix(key, "UsageDescription") {
			b.Usage = append(b.Usage, Pair{key, value})
		}
	}
	for i := range t.Of("CFBundleURLTypes").Values {
		b.Schemes = append(b.Schemes, t.Of("CFBundleURLTypes").Values[i].Of("CFBundleURLSchemes").Texts()...)
	}
	transport := t.Of("NSAppTransportSecurity")
	b.Cleartext = transport.Of("NSAllowsArbitraryLoads").True()
	exceptions := transport.Of("NSExceptionDomains")
	for i, host := range exceptions.Keys {
		if v := &exceptions.Values[i]; v.Of("NSExceptionAllowsInsecureHTTPLoads").True() || v.Of("NSThirdPartyExceptionAllowsInsecureHTTPLoads").True() {
			b.CleartextTo = append(b.CleartextTo, host)
		}
	}
	return b
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
	p := Privacy{Path: path, Tracking: t.Of("NSPrivacyTracking").True(), Domains: t.Of("NSPrivacyTrackingDomains").Texts()}
	data := t.Of("NSPrivacyCollectedDataTypes")
	for i := range data.Values {
		d := &data.Values[i]
		c := Collected{
			Kind:   strings.TrimPrefix(d.Of("NSPrivacyCollectedDataType").Text, "NSPrivacyCollectedDataType"),
			Linked: d.Of("NSPrivacyCollectedDataTypeLinked").True(), Tracking: d.Of("NSPrivacyCollectedDataTypeTracking").True(),
		}
		for _, purpose := range d.Of("NSPrivacyCollectedDataTypePurposes").Texts() {
			c.Purposes = append(c.Purposes, strings.TrimPrefix(purpose, "NSPrivacyCollectedDataTypePurpose"))
		}
		p.Data = append(p.Data, c)
	}
	return p
}
