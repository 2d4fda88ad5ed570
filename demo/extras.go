package demo

import (
	"strings"

	"portcullis/policy"
)

// extras are the apps that no list has: what makes the three in a hundred.
type extras struct {
	products map[string]*policy.Product
	// By the platform of the device.
	everyday, clinical, unknown, banned map[policy.Platform][]item
}

const (
	// everydayApps are what people have without a thought, the commonest first.
	everydayApps = "spotify waze linkedin canva notion todoist booking strava ebay uber duolingo evernote pinterest shazam soundcloud bluesky disney-plus airbnb"
	bannedApps   = "hushlane-vpn puffbird-clips postcard-maker"
)

func newExtras(products map[string]*policy.Product, names map[Identifier]Name) extras {
	collect := func(ids, versions string) map[policy.Platform][]item {
		all := make(map[policy.Platform][]item)
		for id := range strings.FieldsSeq(ids) {
			for _, on := range mixed {
				if found := products[id].Identifiers[on]; len(found) > 0 {
					all[on] = append(all[on], newItem(found[0], 0, 0, &stocked{versions: versions}))
				}
			}
		}
		return all
	}
	var clinical []string
	for _, p := range clinicalApps() {
		clinical = append(clinical, p.ID)
	}
	x := extras{products: products, unknown: make(map[policy.Platform][]item),
		everyday: collect(everydayApps, "12.4 12.3 12.0"),
		clinical: collect(strings.Join(clinical, " "), "5.2 5.1 4.8"),
		banned:   collect(bannedApps, "2.3 2.2 1.9"),
	}
	for _, u := range unlinked {
		names[Identifier{u.platform, u.identifier}] = Name{u.name, u.publisher}
		x.unknown[u.platform] = append(x.unknown[u.platform], newItem(policy.Identifier{ID: u.identifier}, 0, 0, &stocked{versions: u.versions}))
	}
	return x
}

// add installs an item, sooner one of the first than one of the last, unless the device has it.
func (x *extras) add(dr *draw, h *policy.Host, items []item, managed *bool) {
	if len(items) == 0 {
		return
	}
	it := &items[min(dr.below(len(items)), dr.below(len(items)))]
	if find(h, it.identifier) < 0 {
		in := it.install(dr)
		in.Managed = managed
		h.Installed = append(h.Installed, in)
	}
}

func find(h *policy.Host, identifier string) int {
	for i := range h.Installed {
		if in := &h.Installed[i]; in.Identifier == identifier && (in.Platform == 0 || in.Platform == h.Platform) {
			return i
		}
	}
	return -1
}

// scatter adds what nobody has listed, here and there; in the body that has just been brought in,
// on nearly every device.
func (x *extras) scatter(dr *draw, h *policy.Host) {
	if h.Organisation == imported {
		for range 3 + dr.below(5) {
			x.add(dr, h, x.clinical[h.Platform], nil)
		}
		for range 1 + dr.below(4) {
			x.add(dr, h, x.everyday[h.Platform], nil)
		}
		if dr.in1000(600) {
			x.add(dr, h, x.unknown[h.Platform], nil)
		}
		return
	}
	if dr.in1000(60) {
		x.add(dr, h, x.everyday[h.Platform], nil)
	}
	if dr.in1000(50) {
		x.add(dr, h, x.unknown[h.Platform], nil)
	}
	if dr.in1000(16) {
		x.add(dr, h, x.banned[h.Platform], nil)
	}
}

var isManaged, isPrivate = true, false

// private makes of the apps on a device those that are managed, and adds some that are not.
func (x *extras) private(dr *draw, h *policy.Host) {
	for i := range h.Installed {
		h.Installed[i].Managed = &isManaged
	}
	for range 3 {
		x.add(dr, h, x.everyday[h.Platform], &isPrivate)
	}
}

// play puts the apps of a part on a device.
func (x *extras) play(p *part, h *policy.Host) {
	for _, app := range p.apps {
		id := x.products[app.product].Identifiers[h.Platform][0].ID
		in := policy.Installation{Identifier: id, Version: app.version, Signer: app.signer}
		if at := find(h, id); at >= 0 {
			h.Installed[at] = in
		} else {
			h.Installed = append(h.Installed, in)
		}
	}
}

// unlinkedApp is an identifier that is no product's, with what the tool that reports it says.
type unlinkedApp struct {
	platform                              policy.Platform
	identifier, name, publisher, versions string
}

// byName is an app that a tool gives by its name alone.
func byName(on policy.Platform, name, publisher, versions string) unlinkedApp {
	return unlinkedApp{on, "name:" + name, name, publisher, versions}
}

// unlinked are mostly well-known apps under names that nobody has linked yet.
var unlinked = []unlinkedApp{
	byName(policy.Windows, "Microsoft Teams", "Microsoft Corporation", "25.290.205 24.335.208"),
	byName(policy.Windows, "Google Chrome", "Google LLC", "142.0.7444.60 141.0.7390.123"),
	byName(policy.Windows, "Mozilla Firefox (x64 en-GB)", "Mozilla", "144.0 140.4.0"),
	byName(policy.Windows, "Zoom Workplace (64-bit)", "Zoom Communications, Inc.", "6.6.2 6.5.11"),
	byName(policy.Windows, "VLC media player", "VideoLAN", "3.0.21 3.0.20"),
	byName(policy.Windows, "Adobe Acrobat Reader - English", "Adobe", "25.001.20756"),
	byName(policy.Windows, "Notepad++ (64-bit x64)", "Notepad++ Team", "8.8.7 8.8.5"),
	byName(policy.Windows, "KeePassXC", "KeePassXC Team", "2.7.10"),
	byName(policy.Windows, "LibreOffice 25.8.2.2", "The Document Foundation", "25.8.2.2"),
	byName(policy.Windows, "Webex", "Cisco", "45.10.0"),
	byName(policy.Windows, "Microsoft OneNote - en-gb", "Microsoft Corporation", "16.0.19231"),
	byName(policy.Windows, "Umberfell Sentry Viewer", "Umberfell Group", "3.4 3.3"),
	byName(policy.Windows, "Tallyho Accounts 2", "Tallyho Ledgers", "2.18"),
	byName(policy.Windows, "Bellwether Labels", "Bellwether Stationers", "4.0"),
	byName(policy.MacOS, "Signal.app", "Signal Messenger, LLC", "7.62.0"),
	byName(policy.MacOS, "zoom.us.app", "Zoom Communications, Inc.", "6.6.2"),
	byName(policy.MacOS, "Notion.app", "Notion Labs", "4.24.0"),
	{policy.IOS, identifier("umberfell-mobile", "paperlark", policy.IOS), "Paperlark Scanner", "Umberfell Mobile", "7.2 7.1"},
	byName(policy.IOS, "OneNote", "Microsoft Corporation", "16.102"),
	byName(policy.IOS, "Bitwarden Password Manager", "Bitwarden Inc.", "2025.10.0"),
	byName(policy.IOS, "Adobe Acrobat Reader: Edit PDF", "Adobe Inc.", "25.10.0"),
	byName(policy.IOS, "Nextcloud", "Nextcloud GmbH", "7.1.6"),
	{policy.IOS, "example.bellwether.forecast", "Bellwether Forecast", "Bellwether Weather", "2.6 2.5"},
	{policy.Android, "example.islandbus.times", "Island Bus", "Island Bus Company", "3.1 3.0"},
	{policy.Android, "example.bellwether.forecast", "Bellwether Forecast", "Bellwether Weather", "2.6 2.5"},
	{policy.Android, "example.tallyho.expenses", "Tallyho Expenses", "Tallyho Ledgers", "1.9"},
	byName(policy.Android, "Copilot", "Microsoft Corporation", "30.0.4"),
	{policy.Linux, "vlc-bin", "VLC media player", "VideoLAN", "3.0.21-0"},
	{policy.Linux, "libreoffice-writer", "LibreOffice Writer", "The Document Foundation", "4:25.2.3"},
	{policy.Linux, "wireguard-tools", "WireGuard", "", "1.0.20210914"},
	byName(policy.ChromeOS, "Canva", "Canva", "1.0"),
	byName(policy.ChromeOS, "Google Earth", "Google LLC", "1.0"),
	{policy.ChromeOS, "example.gradebook.web", "Gradebook", "Chalk and Slate", "8.2"},
}
