package demo

import (
	"slices"
	"strings"

	"portcullis/policy"
)

// stocked is an app that people here have: how many in a hundred of the devices that could, which
// versions are about, the newest first, and the floor of the rule that allows it.
type stocked struct {
	product  string
	share    int
	floor    string
	versions string
}

// central is the list of the government, and of whoever inherits it.
var central = []stocked{
	{"7-zip", 55, "23.01", "25.01 24.09 23.01 19.00"},
	{"adobe-reader", 70, "24.0", "25.001.20756 25.001.20693 24.005.20414 23.008.20555"},
	{"bitwarden", 62, "2024.3", "2025.10.0 2025.9.2 2025.7.0 2023.12.1"},
	{"chrome", 82, "138", "142.0.7444.60 141.0.7390.123 140.0.7339.208 133.0.6943.142"},
	{"edge", 90, "138", "142.0.3595.53 141.0.3537.99 140.0.3485.94 131.0.2903.146"},
	{"element", 16, "", "1.12.2 1.12.0 1.11.112"},
	{"element-x", 18, "", "25.10.1 25.09.2 25.08.0"},
	{"ferrytime", 7, "", "4.4 4.3 4.1"},
	{"firefox", 66, "115", "144.0 140.4.0esr 128.14.0esr 102.15.1esr"},
	{"gimp", 14, "", "3.0.4 2.10.38"},
	{"google-docs", 44, "", "1.25.372 1.25.331"},
	{"google-earth", 15, "", "10.85.0 10.79.1"},
	{"google-maps", 76, "", "25.41.02 25.38.04 25.30.01"},
	{"jitsi-meet", 20, "", "25.4.1 25.3.0"},
	{"keepassxc", 34, "2.7", "2.7.10 2.7.9 2.6.6"},
	{"libreoffice", 38, "24.2", "25.8.2 25.2.6 24.8.7 7.6.7"},
	{"merrow-tides", 9, "", "3.2 3.1 2.9"},
	{"microsoft-365", 88, "", "16.102 16.101 16.98"},
	{"microsoft-authenticator", 84, "6.2400", "6.2510.7 6.2509.3 6.2401.1 6.2306.4"},
	{"microsoft-excel", 72, "16.0", "16.102.1 16.101.3 16.98.0 15.41"},
	{"microsoft-onedrive", 78, "", "25.184 25.179 25.164"},
	{"microsoft-onenote", 46, "", "16.102 16.99"},
	{"microsoft-outlook", 86, "4.2400", "4.2541.1 4.2539.0 4.2432.2 4.2318.0"},
	{"microsoft-powerpoint", 66, "", "16.102.1 16.101.3"},
	{"microsoft-teams", 92, "24.1", "25.290.205 25.275.503 24.335.208 1.6.00"},
	{"microsoft-word", 74, "16.0", "16.102.1 16.101.3 16.98.0 15.41"},
	{"miro", 12, "", "0.11.110 0.11.90"},
	{"nextcloud", 26, "3.13", "3.17.3 3.16.6 3.13.2 3.9.4"},
	{"notepad-plus-plus", 48, "8.6", "8.8.7 8.8.5 8.6.9 8.4.1"},
	{"obs-studio", 9, "", "32.0.2 31.1.2"},
	{"openvpn-connect", 58, "3.4", "3.8.0 3.7.1 3.4.4 3.2.2"},
	{"paperlark", 5, "", "7.2 7.1 6.8"},
	{"powertoys", 30, "", "0.95.1 0.94.0"},
	{"privacy-badger", 22, "", "2025.9.5 2025.5.30"},
	{"putty", 20, "0.81", "0.83 0.82 0.78"},
	{"shiftbook", 8, "", "6.1 5.9 5.8"},
	{"signal", 46, "7.0", "7.62 7.60 7.24 6.48"},
	{"slack", 18, "", "4.46.101 4.45.69"},
	{"thunderbird", 16, "115", "144.0 140.4.0esr 128.14.0esr 102.15.1"},
	{"ublock-origin", 40, "", "1.67.0 1.66.4"},
	{"vlc", 44, "3.0.18", "3.0.21 3.0.20 3.0.16"},
	{"vscode", 16, "", "1.105.1 1.104.3"},
	{"webex", 34, "", "45.10.0 45.8.0"},
	{"wireguard", 14, "", "0.5.3 0.5.2"},
	{"wireshark", 10, "4.2", "4.6.0 4.4.9 4.0.17"},
	{"zoom", 64, "6.0", "6.6.2 6.5.11 6.3.6 5.17.11"},
	{"zotero-connector", 12, "", "5.0.184 5.0.170"},
	{"merrow-pass", 99, "4.0", "4.4 4.3 4.1 3.8"},
}

// common are what the rules on a maker admit: Apple's own, Google's on Android, and the government's.
var common = []stocked{
	{"apple-app-store", 99, "", "18.7 18.6"}, {"apple-camera", 99, "", "18.7 18.6"}, {"apple-facetime", 92, "", "18.7 18.6"},
	{"apple-mail", 99, "", "18.7 18.6"}, {"apple-maps", 94, "", "18.7 18.6"}, {"apple-messages", 99, "", "18.7 18.6"},
	{"apple-music", 66, "", "18.7 18.6"}, {"apple-phone", 99, "", "18.7 18.6"}, {"apple-photos", 97, "", "18.7 18.6"},
	{"apple-settings", 99, "", "18.7 18.6"}, {"safari", 99, "", "18.7 18.6"},
	{"gmail", 88, "", "2025.10.06 2025.09.22"}, {"google-calendar", 86, "", "2025.41.1 2025.39.0"}, {"google-drive", 60, "", "2.25.420 2.25.391"},
	{"google-meet", 42, "", "335.0 331.1"}, {"google-messages", 94, "", "20251008 20250922"}, {"google-photos", 82, "", "7.50.1 7.48.0"},
	{"google-play-services", 99, "", "25.40.33 25.38.31 25.35.32"}, {"google-play-store", 99, "", "48.4.23 48.2.20"}, {"google-translate", 50, "", "9.19.60 9.16.58"},
	{"merrow-backup", 88, "", "3.1 3.0"}, {"merrow-call", 90, "", "2.4 2.3 2.1"}, {"merrow-directory", 84, "", "1.9 1.8"}, {"merrow-files", 92, "", "5.2 5.1"},
	{"merrow-forms", 86, "", "4.0 3.9"}, {"merrow-guard", 98, "", "7.3 7.2 7.1"}, {"merrow-map", 60, "", "2.2 2.1"}, {"merrow-notes", 78, "", "3.3 3.2"},
	{"merrow-print", 88, "", "1.4 1.3"}, {"merrow-remote", 76, "", "6.0 5.9"}, {"merrow-sign", 84, "", "2.8 2.7"},
	{"merrow-stationery", 82, "", "1.2 1.1"}, {"merrow-updates", 97, "", "9.1 9.0"},
}

// byMaker are the rules on a maker. They are on every list.
var byMaker = []struct {
	id, supplier string
	platforms    []policy.Platform
}{
	{"apple", "apple", []policy.Platform{policy.IOS, policy.MacOS}},
	{"google-android", "google", []policy.Platform{policy.Android}},
	{"merrow", "merrow-digital", nil},
}

// ownLists are what bodies with a list of their own take from the central one: the apps that they
// have rules for. Shorter, and each their own decision.
var ownLists = map[string]string{
	"revenue": "7-zip adobe-reader bitwarden chrome edge firefox google-maps keepassxc libreoffice microsoft-365 microsoft-authenticator microsoft-excel " +
		"microsoft-onedrive microsoft-outlook microsoft-powerpoint microsoft-teams microsoft-word notepad-plus-plus openvpn-connect merrow-pass paperlark ublock-origin zoom",
	"defence": "7-zip adobe-reader edge firefox keepassxc libreoffice microsoft-365 microsoft-authenticator microsoft-excel microsoft-outlook " +
		"microsoft-powerpoint microsoft-teams microsoft-word merrow-tides merrow-pass openvpn-connect putty signal thunderbird ublock-origin vlc wireguard wireshark",
	"statistics-office": "7-zip adobe-reader chrome edge element firefox gimp keepassxc libreoffice microsoft-365 microsoft-authenticator microsoft-excel microsoft-outlook " +
		"microsoft-teams microsoft-word merrow-pass nextcloud notepad-plus-plus openvpn-connect signal thunderbird ublock-origin vscode webex zotero-connector",
	"public-defender": "7-zip adobe-reader bitwarden chrome edge firefox google-maps libreoffice microsoft-365 microsoft-authenticator microsoft-excel microsoft-outlook " +
		"microsoft-teams microsoft-word merrow-pass nextcloud openvpn-connect signal ublock-origin vlc webex zoom",
	"police": "7-zip adobe-reader chrome edge element-x ferrytime firefox google-maps keepassxc libreoffice merrow-tides microsoft-365 microsoft-authenticator microsoft-excel " +
		"microsoft-onedrive microsoft-outlook microsoft-teams microsoft-word merrow-pass notepad-plus-plus openvpn-connect shiftbook signal ublock-origin vlc wireguard zoom",
	"harbour-police": "adobe-reader bitwarden chrome edge firefox google-maps libreoffice merrow-tides microsoft-365 microsoft-authenticator microsoft-excel microsoft-onedrive " +
		"microsoft-outlook microsoft-teams microsoft-word merrow-pass openvpn-connect shiftbook signal ublock-origin vlc webex",
}

// local are apps that a body has besides, by rules of its own.
type local struct {
	organisation string
	stocked
	until  int // the day on which the rule ends; 0 for none
	reason string
}

var locals = []local{
	{"external-affairs", stocked{"whatsapp", 60, "2.24", "2.25.31 2.25.27 2.24.25 2.23.1"}, 75, "Posts abroad are called on it; to be looked at again"},
	{"information-office", stocked{"canva", 55, "", "2.330.0 2.327.0"}, 0, "Posters and leaflets"},
	{"information-office", stocked{"linkedin", 50, "", "9.31.1 9.30.0"}, 0, "Vacancies are told there"},
	{"digital-office", stocked{"github-desktop", 45, "", "3.5.3 3.5.2"}, 0, "Work on the government's own apps"},
	{"digital-office", stocked{"docker-desktop", 40, "4.30", "4.49.0 4.47.0 4.32.0 4.21.1"}, 120, "Until the build servers are there"},
	{"health", stocked{"lindley-results", 30, "", "5.2 5.1"}, 40, "A trial with the laboratories"},
	{"school-service", stocked{"canva", 35, "", "2.330.0 2.327.0"}, 0, "In lessons"},
	{"school-service", stocked{"minecraft", 12, "1.20", "1.21.114 1.21.101 1.20.81 1.18.2"}, 200, "A term's project"},
	{"coast-patrol", stocked{"whatsapp", 25, "2.24", "2.25.31 2.25.27 2.24.25 2.23.1"}, 9, "While the new radio is fitted"},
	{"courts", stocked{"todoist", 20, "", "11.6 11.5"}, 0, "Clerks' lists"},
	{"treasury", stocked{"microsoft-teams", 0, "25.1", ""}, 0, "Stricter than the central list: recordings leaked from older ones"},
	{"weather-service", stocked{"ollama", 25, "0.5", "0.12.6 0.12.3 0.6.8 0.3.14"}, 90, "A trial on machines without personal data"},
}

// chosen are apps that members of parliament have by its rule that admits whatever is known.
var chosen = []stocked{
	{"whatsapp", 58, "", "2.25.31 2.25.27"}, {"linkedin", 40, "", "9.31.1 9.30.0"}, {"spotify", 34, "", "9.0.88 9.0.82"}, {"bluesky", 26, "", "1.110 1.108"},
	{"booking", 22, "", "58.2 58.0"}, {"uber", 24, "", "4.590 4.588"}, {"duolingo", 12, "", "6.52 6.50"}, {"evernote", 9, "", "10.160 10.155"},
}

func stockedIn(names string) (all []stocked) {
	for name := range strings.FieldsSeq(names) {
		i := slices.IndexFunc(central, func(s stocked) bool { return s.product == name })
		all = append(all, central[i])
	}
	return all
}

// allowRules are the central list, the bodies' own, and what the parliament admits.
func (c calendar) allowRules() []policy.Rule {
	rules := c.list("list", "merrow", central, "Works, is mended, and its maker answers")
	for _, b := range bodies {
		if names, own := ownLists[b.id]; own {
			rules = append(rules, c.list(b.id, b.id, stockedIn(names), "On our own list")...)
		}
	}
	for _, l := range locals {
		r := c.allow(l.organisation+"-"+l.product, l.organisation, &l.stocked, l.reason)
		if l.until > 0 {
			r.Until = c.day(l.until)
		}
		rules = append(rules, r)
	}
	return append(rules, policy.Rule{ID: "parliament-known", Effect: policy.Allow, Target: policy.Target{Any: true}, Scope: "parliament", Period: c.from(-700),
		Reason: "Members choose their own tools, as long as it is known what they are"})
}

func (c calendar) list(prefix, scope string, stock []stocked, reason string) (rules []policy.Rule) {
	for _, m := range byMaker {
		rules = append(rules, policy.Rule{ID: prefix + "-maker-" + m.id, Effect: policy.Allow, Target: policy.Target{Supplier: m.supplier}, Scope: scope,
			Period: c.from(-800), Platforms: m.platforms, Reason: "Comes with the device, or is our own"})
	}
	for i := range stock {
		rules = append(rules, c.allow(prefix+"-"+stock[i].product, scope, &stock[i], reason))
	}
	return rules
}

func (c calendar) allow(id, scope string, s *stocked, reason string) policy.Rule {
	d := drawFor(drawRules, len(id)*31+len(s.versions))
	return policy.Rule{ID: id, Effect: policy.Allow, Target: policy.Target{Product: s.product}, Scope: scope, Period: c.from(-60 - d.below(700)),
		MinVersion: s.floor, Reason: reason}
}
