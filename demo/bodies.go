package demo

import (
	"portcullis/policy"
)

// body is one organisation with its devices.
type body struct {
	id, name, parent string
	code             string // begins the ids of its hosts
	own              bool   // keeps its own list
	devices          int
	mix              mix
}

// mix is how many in a hundred devices are of each platform, in the order of mixed.
type mix [6]int

var mixed = [6]policy.Platform{policy.Windows, policy.IOS, policy.Android, policy.MacOS, policy.Linux, policy.ChromeOS}

var (
	office = mix{55, 22, 13, 6, 2, 2}
	field  = mix{22, 18, 56, 1, 2, 1}
	tech   = mix{38, 14, 8, 18, 20, 2}
	ward   = mix{58, 12, 26, 2, 2, 0}
	school = mix{24, 14, 8, 4, 1, 49}
	beat   = mix{38, 20, 38, 2, 2, 0}
	house  = mix{40, 34, 14, 10, 1, 1}
)

// bodies are all organisations, parents before what is below them.
var bodies = []body{
	{"merrow", "Government of Merrow", "", "GOV", false, 60, office},
	{"chancery", "Chancery", "merrow", "CHY", false, 420, office},
	{"security-centre", "Centre for Public Security", "chancery", "SEC", false, 120, tech},
	{"digital-office", "Office for Digital Services", "chancery", "DIG", false, 310, tech},
	{"information-office", "Merrow Information Office", "chancery", "INF", false, 140, office},
	{"external-affairs", "Department of External Affairs", "merrow", "EXT", false, 820, office},
	{"passport-office", "Passport Office", "external-affairs", "PAS", false, 380, office},
	{"harbours", "Department of Harbours and Roads", "merrow", "HBR", false, 640, office},
	{"lighthouse-board", "Lighthouse Board", "harbours", "LIG", false, 110, field},
	{"roads-agency", "Roads Agency", "harbours", "ROD", false, 520, field},
	{"coast-patrol", "Coast Patrol", "harbours", "CST", false, 340, field},
	{"revenue", "Revenue Department", "merrow", "REV", true, 980, office},
	{"customs", "Customs Service", "revenue", "CUS", false, 620, field},
	{"land-registry", "Land Registry", "revenue", "LAN", false, 260, office},
	{"health", "Department of Health", "merrow", "HEA", false, 560, office},
	{"island-hospitals", "Island Hospitals", "health", "HOS", false, 1480, ward},
	{"ambulance", "Ambulance Service", "health", "AMB", false, 610, field},
	{"medicines-board", "Medicines Board", "health", "MED", false, 150, office},
	{"schools", "Department of Schools", "merrow", "SCH", false, 420, office},
	{"school-service", "Schools Service", "schools", "SSV", false, 2100, school},
	{"examinations-board", "Examinations Board", "schools", "EXM", false, 120, office},
	{"justice", "Department of Justice", "merrow", "JUS", false, 430, office},
	{"courts", "Courts Service", "justice", "CRT", false, 840, office},
	{"prisons", "Prison Service", "justice", "PRI", false, 690, field},
	{"public-defender", "Public Defender's Office", "justice", "PDO", true, 130, office},
	{"defence", "Department of Defence", "merrow", "DEF", true, 760, office},
	{"hydrographic-survey", "Hydrographic Survey", "defence", "HYD", false, 140, tech},
	{"treasury", "Treasury", "merrow", "TRE", false, 380, office},
	{"statistics-office", "Statistics Office", "treasury", "STA", true, 260, tech},
	{"pensions-office", "Pensions Office", "treasury", "PEN", false, 340, office},
	{"fisheries", "Department of Fisheries and Farming", "merrow", "FIS", false, 430, field},
	{"food-safety-board", "Food Safety Board", "fisheries", "FOO", false, 130, field},
	{"energy", "Department of Energy and Tides", "merrow", "ENE", false, 320, office},
	{"water-board", "Water Board", "energy", "WAT", false, 410, field},
	{"weather-service", "Weather Service", "energy", "WEA", false, 150, tech},
	// Nobody's children: what the government decides does not reach them.
	{"police", "Merrow Police", "", "POL", true, 1900, beat},
	{"harbour-police", "Harbour Police", "", "HPO", true, 410, beat},
	{"parliament", "Parliament of Merrow", "", "PAR", true, 240, house},
	{"assembly", "The Assembly", "parliament", "ASM", false, 620, house},
	{"wardens", "House of Wardens", "parliament", "WAR", false, 260, house},
}

// imported is the body that has just brought in its devices and only watches as yet; atSea is the
// one whose devices are often not heard from.
const (
	imported = "island-hospitals"
	atSea    = "coast-patrol"
)

func (c calendar) organisations() []policy.Organisation {
	all := make([]policy.Organisation, len(bodies))
	for i, b := range bodies {
		all[i] = policy.Organisation{ID: b.id, Name: b.name, Parent: b.parent, OwnList: b.own}
		if b.id == imported {
			all[i].Monitor = &policy.Monitor{Period: c.period(-6, 36),
				Reason: "three hospitals' devices came in together this week: what is on them is looked through first"}
		}
	}
	return all
}

// site is a place, with how many pieces of equipment stand there.
type site struct {
	id, organisation, class, code string
	pieces                        int
	first                         string // the products that are there in any case
}

var sites = []site{
	{"registry", "chancery", "sensitive", "REGISTRY", 14, "ironmere-bullet-3 ironmere-bullet-3 castle-row-eye"},
	{"chancery-house", "chancery", "sensitive", "CHANCERY", 16, "lantern-dome-4 quay-gateway"},
	{"watch-room", "security-centre", "sensitive", "WATCH", 6, "umberfell-sentry-4 fernside-c2"},
	{"data-hall", "digital-office", "sensitive", "DATAHALL", 12, ""},
	{"envoys-court", "external-affairs", "sensitive", "ENVOYS", 14, ""},
	{"passport-hall", "passport-office", "public", "PASSPORT", 10, ""},
	{"depot", "harbours", "public", "DEPOT", 12, ""},
	{"pier-9", "harbours", "", "PIER9", 9, "ironmere-bullet-3 unmarked-dome"}, // nobody has said yet how sensitive it is
	{"ferry-terminal", "harbours", "public", "FERRY", 14, ""},
	{"north-light", "lighthouse-board", "public", "NLIGHT", 5, ""},
	{"tunnel", "roads-agency", "public", "TUNNEL", 16, ""},
	{"patrol-quay", "coast-patrol", "sensitive", "PATROL", 8, ""},
	{"customs-house", "customs", "sensitive", "CUSTOMS", 14, ""},
	{"revenue-hall", "revenue", "public", "REVENUE", 8, ""},
	{"east-hospital", "island-hospitals", "public", "EASTHOSP", 18, ""},
	{"west-hospital", "island-hospitals", "public", "WESTHOSP", 12, ""},
	{"ambulance-yard", "ambulance", "public", "AMBYARD", 6, ""},
	{"grammar-hill", "school-service", "public", "GRAMMAR", 10, ""},
	{"law-courts", "courts", "sensitive", "COURTS", 12, ""},
	{"blackrock", "prisons", "sensitive", "BLACKROCK", 16, ""},
	{"signal-hill", "defence", "sensitive", "SIGNAL", 10, ""},
	{"mint", "treasury", "sensitive", "MINT", 8, ""},
	{"fish-market", "fisheries", "public", "MARKET", 6, ""},
	{"waterworks", "water-board", "sensitive", "WATERWKS", 12, ""},
	{"police-house", "police", "sensitive", "POLICE", 12, "ironmere-bullet-3 ironmere-bullet-3 castle-row-eye ironmere-store-32 umberfell-sentry-2"},
	{"boat-station", "harbour-police", "public", "BOATS", 6, ""},
	{"parliament-house", "parliament", "sensitive", "HOUSE", 14, "lantern-dome-4 pellow-door-4"},
}

func policySites() []policy.Site {
	all := make([]policy.Site, len(sites))
	for i, s := range sites {
		all[i] = policy.Site{ID: s.id, Organisation: s.organisation, Class: s.class}
	}
	return all
}
