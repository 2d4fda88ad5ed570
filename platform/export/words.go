package export

import (
	"slices"
	"strings"

	"portcullis/platform/stream"
	"portcullis/policy"
)

// placeholders are what firmware has in place of a serial number or UUID that was never set. They
// are the same on many devices, and so identify none.
var placeholders = []string{"none", "null", "n/a", "na", "unknown", "not specified", "not applicable", "not available", "not settable",
	"default string", "default", "system serial number", "serial number", "to be filled by o.e.m.", "o.e.m.", "oem", "invalid", "empty",
	"03000200-0400-0500-0006-000700080009", "12345678-1234-5678-90ab-cddeefaabbcc"}

// DeviceID returns the first of ids that identifies a device: not empty, and not a placeholder of
// firmware. It is empty where none does.
func DeviceID(ids ...string) string {
	for _, id := range ids {
		id = stream.Clean(id)
		lower := strings.ToLower(id)
		zeros := strings.Trim(lower, "0-") == "" || strings.Trim(lower, "f-") == ""
		if !zeros && !slices.Contains(placeholders, lower) {
			return id
		}
	}
	return ""
}

// systems are words in the names that tools have for operating systems, in the order in which they
// are looked for: an Android device runs Linux too.
var systems = []struct {
	word     string
	platform policy.Platform
}{
	{"android", policy.Android}, {"iphone", policy.IOS}, {"ipad", policy.IOS}, {"ios", policy.IOS},
	{"mac", policy.MacOS}, {"os x", policy.MacOS}, {"darwin", policy.MacOS}, {"windows", policy.Windows}, {"mswin", policy.Windows},
	{"chromeos", policy.ChromeOS}, {"chrome os", policy.ChromeOS}, {"cros", policy.ChromeOS},
	{"linux", policy.Linux}, {"debian", policy.Linux}, {"ubuntu", policy.Linux}, {"fedora", policy.Linux}, {"red hat", policy.Linux},
	{"rhel", policy.Linux}, {"centos", policy.Linux}, {"suse", policy.Linux}, {"opensuse", policy.Linux},
}

// PlatformOf returns the platform that the name of an operating system begins with or is followed in
// as a word ("Microsoft Windows 11 Pro", "macOS 15", "MSWin32"), or of a browser that takes add-ons;
// false where it names none that rules know.
func PlatformOf(system string) (policy.Platform, bool) {
	s := strings.ToLower(stream.Clean(system))
	if p, ok := policy.ParsePlatform(s); ok {
		return p, true
	}
	for _, known := range systems {
		if strings.HasPrefix(s, known.word) || strings.Contains(s, " "+known.word) {
			return known.platform, true
		}
	}
	return 0, false
}

// PackageVersion is the version of a package of Debian or RPM without its epoch ("1:" before the
// rest), which orders packages among themselves and is no part of what the maker calls the version:
// with it, a floor of 2.0 would admit 5:1.9.
func PackageVersion(version string) string {
	if epoch, rest, ok := strings.Cut(version, ":"); ok && epoch != "" && strings.Trim(epoch, "0123456789") == "" {
		return rest
	}
	return version
}

// SHA256 returns a SHA-256 in lower-case hex without colons; false where s is neither that nor empty.
func SHA256(s string) (string, bool) {
	s = strings.ToLower(strings.ReplaceAll(stream.Clean(s), ":", ""))
	return s, s == "" || len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}
