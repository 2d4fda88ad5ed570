package search

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"portcullis/policy"
)

const onChrome = "cfhdojbkjhnklbpkdaibdccddilifddb"

var shopLinks = map[string]Shop{
	"https://play.google.com/store/apps/details?id=com.example.notes&hl=en&referrer=me":             {Platform: policy.Android, Identifier: "com.example.notes", Link: "https://play.google.com/store/apps/details?id=com.example.notes"},
	"play.google.com/store/apps/details?id=com.example.notes":                                       {Platform: policy.Android, Identifier: "com.example.notes", Link: "https://play.google.com/store/apps/details?id=com.example.notes"},
	"Look at this:\nhttps://Play.Google.com/store/apps/details?id=com.example.notes (nice)":         {Platform: policy.Android, Identifier: "com.example.notes", Link: "https://play.google.com/store/apps/details?id=com.example.notes"},
	"market://details?id=com.example.notes":                                                         {Platform: policy.Android, Identifier: "com.example.notes", Link: "https://play.google.com/store/apps/details?id=com.example.notes"},
	"https://apps.apple.com/gb/app/merrow-tides/id1234567890?l=en#reviews":                          {Platform: policy.IOS, Name: "Merrow tides", Link: "https://apps.apple.com/gb/app/merrow-tides/id1234567890"},
	"https://apps.apple.com/app/id1234567890":                                                       {Platform: policy.IOS, Link: "https://apps.apple.com/app/id1234567890"},
	"https://apps.apple.com/fr/app/mar%C3%A9es/id1234567890?mt=12":                                  {Platform: policy.MacOS, Name: "Marées", Link: "https://apps.apple.com/fr/app/mar%C3%A9es/id1234567890"},
	"https://apps.microsoft.com/detail/9wzdncrfj3tj?hl=en-gb&gl=GB":                                 {Platform: policy.Windows, Link: "https://apps.microsoft.com/detail/9wzdncrfj3tj"},
	"https://www.microsoft.com/en-gb/p/merrow-tides/9wzdncrfj3tj?activetab=pivot":                   {Platform: policy.Windows, Name: "Merrow tides", Link: "https://microsoft.com/en-gb/p/merrow-tides/9wzdncrfj3tj"},
	"https://f-droid.org/en/packages/org.example.notes/":                                            {Platform: policy.Android, Identifier: "org.example.notes", Link: "https://f-droid.org/en/packages/org.example.notes"},
	"https://chromewebstore.google.com/detail/a-blocker/" + onChrome:                                {Platform: policy.Chrome, Identifier: onChrome, Name: "A blocker", Link: "https://chromewebstore.google.com/detail/a-blocker/" + onChrome},
	"https://chromewebstore.google.com/detail/" + onChrome + "?hl=en":                               {Platform: policy.Chrome, Identifier: onChrome, Link: "https://chromewebstore.google.com/detail/" + onChrome},
	"https://chrome.google.com/webstore/detail/a-blocker/" + onChrome:                               {Platform: policy.Chrome, Identifier: onChrome, Name: "A blocker", Link: "https://chrome.google.com/webstore/detail/a-blocker/" + onChrome},
	"https://microsoftedge.microsoft.com/addons/detail/a-blocker/" + onChrome:                       {Platform: policy.MSEdge, Identifier: onChrome, Name: "A blocker", Link: "https://microsoftedge.microsoft.com/addons/detail/a-blocker/" + onChrome},
	"https://addons.mozilla.org/en-GB/firefox/addon/a-blocker/?utm_source=addons.mozilla.org#about": {Platform: policy.Firefox, Name: "A blocker", Link: "https://addons.mozilla.org/en-GB/firefox/addon/a-blocker"},
}

// noShop are texts that lead to no app in a shop, however much they look so.
var noShop = []string{
	"", "merrow tides", "com.example.notes", "https://play.google.com/store/apps", "https://play.google.com/store/apps/details?id=", "https://play.google.com/store/apps/details?id=com",
	"https://play.google.com/store/apps/details?id=com.example%22%3E", "https://play.google.com.evil.example/store/apps/details?id=com.example.notes",
	"https://me@play.google.com/store/apps/details?id=com.example.notes", "https://play.google.com:8443/store/apps/details?id=com.example.notes",
	"javascript://play.google.com/store/apps/details?id=com.example.notes", "https://apps.apple.com/gb/developer/merrow/id1234567890", "https://apps.apple.com/gb/app/merrow-tides",
	"https://apps.microsoft.com/detail/short", "https://microsoft.com/windows", "https://addons.mozilla.org/en-GB/firefox/", "https://f-droid.org/packages/",
	"https://chromewebstore.google.com/detail/a-blocker/" + onChrome[1:], "https://example.com/app/id1234567890", "%", "https://[::1",
}

func TestFromShop(t *testing.T) {
	for text, want := range shopLinks {
		if got, ok := FromShop(text); got != want || !ok {
			t.Errorf("%s: %+v, not %+v", text, got, want)
		}
	}
	for _, text := range noShop {
		if got, ok := FromShop(text); ok {
			t.Errorf("%s: %+v", text, got)
		}
	}
}

// FuzzFromShop: whatever is pasted, what comes of it is a page of a shop, whose address says the same of the app.
func FuzzFromShop(f *testing.F) {
	for text := range shopLinks {
		f.Add(text)
	}
	for _, text := range noShop {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, ok := FromShop(text)
		if !ok {
			return
		}
		at, err := url.Parse(s.Link)
		if err != nil || at.Scheme != "https" || at.User != nil || at.Port() != "" || s.Platform == 0 || strings.ContainsAny(s.Link, " \n\"<>") {
			t.Fatalf("%q: %+v, %v", text, s, err)
		}
		if !utf8.ValidString(s.Name) || strings.ContainsAny(s.Name, "\n\r\t") || strings.ContainsAny(s.Identifier, " \n\"<>/") {
			t.Fatalf("%q: %+v", text, s)
		}
		again, ok := FromShop(s.Link)
		if s.Platform == policy.MacOS {
			s.Platform = policy.IOS // which shop of Apple's it is, the rest of the address says
		}
		if again != s || !ok {
			t.Fatalf("%q: %+v, and of its own address %+v", text, s, again)
		}
	})
}
