package demo

import (
	"strings"

	"portcullis/policy"
)

// conglomerate is the company that the story is about.
const conglomerate = "umberfell"

// suppliers are the invented makers.
func (c calendar) suppliers() []policy.Supplier {
	owned := func(id, name, owner string, since int) policy.Supplier {
		return policy.Supplier{ID: id, Name: name, OwnedBy: []policy.Edge{{Supplier: owner, Period: c.from(since)}}}
	}
	return append([]policy.Supplier{
		{ID: conglomerate, Name: "Umberfell Group"},
		owned("umberfell-mobile", "Umberfell Mobile", conglomerate, -2400),
		owned("corrie-analytics", "Corrie Analytics", conglomerate, -1100),
		owned("skerry-wireless", "Skerry Wireless", conglomerate, -160), // bought after its modules were
		{ID: "lantern", Name: "Lantern Security"},
	}, named(
		"castle-row", "Castle Row Security", "fernside", "Fernside Optics", "harrowby", "Harrowby Networks", "ironmere", "Ironmere Vision",
		"pellow", "Pellow Access", "quay", "Quay Networks", "ternhill", "Ternhill Modules", "wicket-row", "Wicket Row Systems",
		"hushlane", "Hushlane", "islander", "Islander Timetables", "merrow-digital", "Merrow Digital Services", "puffbird", "Puffbird Media",
		"sunporch", "Sunporch Apps", "tidewater", "Tidewater Apps", "two-hats", "Two Hats Software",
		"brightbeck", "Brightbeck Imaging", "copper-kettle", "Copper Kettle Apps", "dosewell", "Dosewell", "lindley", "Lindley Laboratories",
		"marram", "Marram Clinical", "thistle", "Thistle Health")...)
}

func named(idsAndNames ...string) (all []policy.Supplier) {
	for i := 0; i < len(idsAndNames); i += 2 {
		all = append(all, policy.Supplier{ID: idsAndNames[i], Name: idsAndNames[i+1]})
	}
	return all
}

// products are the invented apps, kits and pieces of equipment.
func (c calendar) products() []policy.Product {
	all := append(storyApps(), ownApps()...)
	all = append(all, clinicalApps()...)
	return append(all, c.equipment()...)
}

// app makes an app with its identifiers on telephones, and on desktops where it is for those too.
func app(id, name, supplier string, platforms ...policy.Platform) policy.Product {
	p := policy.Product{ID: id, Kind: policy.App, Name: name, Supplier: supplier, Identifiers: map[policy.Platform][]policy.Identifier{}}
	for _, on := range platforms {
		p.Identifiers[on] = []policy.Identifier{{ID: identifier(supplier, id, on)}}
	}
	return p
}

// identifier is what a platform calls an invented app.
func identifier(supplier, id string, on policy.Platform) string {
	switch on {
	case policy.Windows:
		return camel(supplier) + "." + camel(id)
	case policy.Linux:
		return id
	default:
		return strings.ReplaceAll("example."+supplier+"."+id, "-", "")
	}
}

func phones() []policy.Platform { return []policy.Platform{policy.Android, policy.IOS} }

func storyApps() []policy.Product {
	kit := func(id, name, supplier string) policy.Product {
		return policy.Product{ID: id, Kind: policy.App, Name: name, Supplier: supplier}
	}
	with := func(p policy.Product, inside policy.Component) policy.Product {
		p.Contains = []policy.Component{inside}
		return p
	}
	window := func(product, since, until string) policy.Component {
		return policy.Component{Product: product, Versions: policy.Window{Since: since, Until: until}}
	}
	// On Macs it is found by its bundle's id, and kept from running by the team that signs it.
	paperlark := app("paperlark", "Paperlark Scanner", "umberfell-mobile", policy.Android, policy.MacOS, policy.Windows)
	paperlark.Identifiers[policy.MacOS] = append(paperlark.Identifiers[policy.MacOS], policy.Identifier{ID: "UMBERFELL0"})
	return []policy.Product{
		// What Umberfell reaches. On iOS nobody has linked Paperlark: there it is a candidate.
		paperlark,
		kit("corrie-kit", "Corrie Kit", "corrie-analytics"),
		with(app("merrow-tides", "Merrow Tides", "tidewater", phones()...), window("corrie-kit", "3.0", "")),
		with(app("ferrytime", "Ferrytime", "islander", phones()...), window("corrie-kit", "", "")),
		with(app("shiftbook", "Shiftbook", "two-hats", policy.Android, policy.IOS, policy.Windows), window("corrie-kit", "", "6.0")),
		// What is banned already.
		app("hushlane-vpn", "Hushlane VPN", "hushlane", policy.Android, policy.IOS, policy.Windows),
		app("puffbird-clips", "Puffbird Clips", "puffbird", phones()...),
		kit("puffbird-share", "Puffbird Share", "puffbird"),
		with(app("postcard-maker", "Postcard Maker", "sunporch", phones()...), window("puffbird-share", "2.0", "")),
	}
}

// passSigner is the certificate that signs Merrow Pass on Android; whatever else bears the name is
// an impostor.
const (
	passSigner     = "3f1d0c6be1f08d1f5f7c2c6e7ad4b3f0a9b8c7d6e5f40312233445566778899a"
	impostorSigner = "b06ad1153c02f7d4f9e87a1c40f5de22019b77c3a6581e4fd39c20e7716b45c8"
)

// ownApps are those that the government makes itself.
func ownApps() (all []policy.Product) {
	everywhere := []policy.Platform{policy.Android, policy.IOS, policy.MacOS, policy.Windows, policy.Linux, policy.ChromeOS}
	for _, name := range []string{"Backup", "Call", "Directory", "Files", "Forms", "Guard", "Map", "Notes", "Pass", "Print", "Remote", "Sign", "Stationery", "Updates"} {
		p := app("merrow-"+hyphened(name), "Merrow "+name, "merrow-digital", everywhere...)
		if name == "Pass" {
			p.Identifiers[policy.Android][0].Signers = []string{passSigner}
		}
		all = append(all, p)
	}
	return all
}

// clinicalApps are what the hospitals brought with them.
func clinicalApps() (all []policy.Product) {
	for _, maker := range [][]string{
		{"marram", "Ward Board", "Bed Planner", "Handover Notes", "Observation Round"},
		{"brightbeck", "Beck Viewer", "Beck Dictate"},
		{"dosewell", "Dosewell Rounds", "Dosewell Stock"},
		{"lindley", "Lindley Results", "Sample Track"},
		{"thistle", "Thistle Triage", "Thistle Rehab", "Thistle Diary"},
		{"copper-kettle", "Coffee Round", "Bus Home"},
	} {
		for _, name := range maker[1:] {
			all = append(all, app(hyphened(name), name, maker[0], policy.Android, policy.IOS, policy.Windows))
		}
	}
	return all
}

func (c calendar) equipment() []policy.Product {
	piece := func(id, name, supplier string, contains ...string) policy.Product {
		p := policy.Product{ID: id, Kind: policy.Equipment, Name: name, Supplier: supplier}
		for _, inside := range contains {
			p.Contains = append(p.Contains, policy.Component{Product: inside})
		}
		return p
	}
	rebrand := func(p policy.Product, maker string, since int) policy.Product {
		p.MadeBy = []policy.Edge{{Supplier: maker, Period: c.from(since)}}
		return p
	}
	return []policy.Product{
		piece("umberfell-sentry-2", "Umberfell Sentry 2 camera", conglomerate),
		piece("umberfell-sentry-4", "Umberfell Sentry 4 camera", conglomerate),
		piece("umberfell-vault-16", "Umberfell Vault 16 recorder", conglomerate),
		piece("lantern-dome-2", "Lantern Dome 2 camera", "lantern"),
		rebrand(piece("lantern-dome-4", "Lantern Dome 4 camera", "lantern"), conglomerate, -900), // Lantern's name, Umberfell's camera
		piece("skerry-m4", "Skerry M4 cellular module", "skerry-wireless"),
		piece("quay-gateway", "Quay Gateway LTE router", "quay", "skerry-m4"),
		piece("harrowby-r5", "Harrowby R5 router", "harrowby", "skerry-m4"),
		piece("pellow-door-4", "Pellow Door 4 controller", "pellow", "skerry-m4"),
		piece("pellow-door-2", "Pellow Door 2 controller", "pellow"),
		piece("wicket-reader", "Wicket Row card reader", "wicket-row"),
		piece("ternhill-t1", "Ternhill T1 cellular module", "ternhill"),
		piece("quay-gateway-5g", "Quay Gateway 5G router", "quay", "ternhill-t1"),
		piece("fernside-c2", "Fernside C2 camera", "fernside"),
		piece("fernside-store-8", "Fernside Store 8 recorder", "fernside"),
		piece("ironmere-bullet-3", "Ironmere Bullet 3 camera", "ironmere"),
		piece("ironmere-store-32", "Ironmere Store 32 recorder", "ironmere"),
		rebrand(piece("castle-row-eye", "Castle Row Eye camera", "castle-row"), "ironmere", -1300),
		piece("unmarked-dome", "a dome without a maker's mark", ""),
	}
}
