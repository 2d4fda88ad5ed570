package search

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"portcullis/policy"
)

// Shop is what the address of an app's page in a shop says of the app. What a shop calls an app is not always what a
// device calls it: then Identifier is empty.
type Shop struct {
	Platform policy.Platform
	// Identifier is the app's on the platform, as inventories have it; empty where the address does not have that.
	Identifier string
	// Name is made of the readable part of the address, which anybody may write as they like; empty where it has none.
	Name string
	// Link is the address of the page, without what it says of whoever copied it.
	Link string
}

// maxLink is how many bytes the address of a shop's page may have.
const maxLink = 500

// FromShop reads the address of an app's page in a shop that a text has in it, as people paste it: with or without
// its scheme, in the midst of words. The shops are those of Google, Apple, Microsoft and F-Droid, and those of the
// add-ons of Chrome, Edge and Firefox. It is false where there is none, or the page is no app's.
func FromShop(text string) (s Shop, ok bool) {
	if len(text) > 4*maxLink || !utf8.ValidString(text) {
		return s, false
	}
	for _, word := range strings.FieldsFunc(text, outsideLink) {
		if s, ok = shopAt(word); ok {
			return s, true
		}
	}
	return s, false
}

func outsideLink(c rune) bool {
	return unicode.IsSpace(c) || unicode.IsControl(c) || strings.ContainsRune(`"<>()`, c)
}

// What tells apps apart in the shops.
var (
	javaName   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)+$`) })
	appleID    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^id[0-9]{5,15}$`) })
	storeID    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Za-z]{12}$`) })
	chromiumID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-p]{32}$`) })
)

func shopAt(word string) (s Shop, ok bool) {
	if !strings.Contains(word, "://") {
		word = "https://" + word
	}
	at, err := url.Parse(word)
	if err != nil || len(word) > maxLink || at.User != nil || at.Port() != "" || !utf8.ValidString(at.Path) {
		return s, false
	}
	host := strings.TrimPrefix(strings.ToLower(at.Hostname()), "www.")
	var parts []string
	for part := range strings.SplitSeq(at.Path, "/") {
		if part != "" {
			parts = append(parts, part)
		}
	}
	switch scheme := strings.ToLower(at.Scheme); {
	case scheme == "market" && host == "details", (scheme == "https" || scheme == "http") && host == "play.google.com" && leads(parts, "store", "apps"):
		id := at.Query().Get("id")
		return Shop{policy.Android, id, "", "https://play.google.com/store/apps/details?id=" + id}, javaName().MatchString(id)
	case scheme != "https" && scheme != "http":
		return s, false
	}
	read := shops[host]
	if read == nil {
		return s, false
	}
	if s, ok = read(parts, at.Query()); ok && s.Link == "" {
		s.Link = (&url.URL{Scheme: "https", Host: host, Path: "/" + strings.Join(parts, "/")}).String()
	}
	return s, ok
}

// shops read the path of a page of theirs, by the host's name.
var shops = map[string]func(parts []string, query url.Values) (Shop, bool){
	"apps.apple.com":              apple,
	"itunes.apple.com":            apple,
	"apps.microsoft.com":          microsoft,
	"microsoft.com":               microsoft,
	"f-droid.org":                 fdroid,
	"chromewebstore.google.com":   addOn(policy.Chrome, "detail"),
	"chrome.google.com":           addOn(policy.Chrome, "webstore", "detail"),
	"microsoftedge.microsoft.com": addOn(policy.MSEdge, "addons", "detail"),
	"addons.mozilla.org":          mozilla,
}

func leads(parts []string, with ...string) bool {
	if len(parts) < len(with) {
		return false
	}
	for i := range with {
		if !strings.EqualFold(parts[i], with[i]) {
			return false
		}
	}
	return true
}

// apple reads /gb/app/a-name/id1234567890. The number is not the app's bundle identifier, which no address has.
func apple(parts []string, query url.Values) (Shop, bool) {
	n := len(parts)
	if n < 2 || !appleID().MatchString(parts[n-1]) || parts[0] != "app" && parts[min(1, n-1)] != "app" {
		return Shop{}, false
	}
	s := Shop{Platform: policy.IOS}
	if query.Get("mt") == "12" { // the shop for the Mac
		s.Platform = policy.MacOS
	}
	if parts[n-2] != "app" {
		s.Name = readable(parts[n-2])
	}
	return s, true
}

// microsoft reads /detail/9wzdncrfj3tj and /en-gb/p/a-name/9wzdncrfj3tj. The shop's number is not the package's name.
func microsoft(parts []string, _ url.Values) (s Shop, ok bool) {
	s.Platform = policy.Windows
	for i, part := range parts {
		if (part == "detail" || part == "p" || part == "productId") && i+1 < len(parts) {
			last := parts[len(parts)-1]
			if name := parts[i+1]; name != last {
				s.Name = readable(name)
			}
			return s, storeID().MatchString(last) && len(parts) <= i+3
		}
	}
	return s, false
}

// fdroid reads /packages/org.example.app, with or without a language before it.
func fdroid(parts []string, _ url.Values) (Shop, bool) {
	for i, part := range parts {
		if part == "packages" && i+1 < len(parts) {
			return Shop{Platform: policy.Android, Identifier: parts[i+1]}, javaName().MatchString(parts[i+1])
		}
	}
	return Shop{}, false
}

// addOn reads the page of an add-on for a browser of Chromium's kind: its identifier is the last part.
func addOn(p policy.Platform, path ...string) func([]string, url.Values) (Shop, bool) {
	return func(parts []string, _ url.Values) (s Shop, ok bool) {
		if !leads(parts, path...) {
			return s, false
		}
		for i, part := range parts[len(path):] {
			if chromiumID().MatchString(part) {
				s = Shop{Platform: p, Identifier: part}
				if i > 0 {
					s.Name = readable(parts[len(path)])
				}
				return s, true
			}
		}
		return s, false
	}
}

// mozilla reads /en-GB/firefox/addon/a-name. The name in the address is not the add-on's identifier.
func mozilla(parts []string, _ url.Values) (Shop, bool) {
	for i, part := range parts {
		if part == "addon" && i > 0 && i+1 < len(parts) && (parts[i-1] == "firefox" || parts[i-1] == "android") {
			return Shop{Platform: policy.Firefox, Name: readable(parts[i+1])}, true
		}
	}
	return Shop{}, false
}

// readable is a name as it stands in an address, as people would write it: "merrow-tides" is "Merrow tides".
func readable(part string) string {
	name := strings.Join(strings.FieldsFunc(part, func(c rune) bool {
		return c == '-' || c == '_' || c == '+' || !unicode.IsPrint(c) || unicode.IsSpace(c)
	}), " ")
	first, size := utf8.DecodeRuneInString(name)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + name[size:]
}
