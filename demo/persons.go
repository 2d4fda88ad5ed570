package demo

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"portcullis/people"
)

//go:embed persons.txt
var personLines string

// persons are all of them, in the order of the file.
var persons = sync.OnceValue(func() []Person { return readPersons(personLines) })

func readPersons(lines string) (all []Person) {
	for line := range strings.Lines(lines) {
		fields := strings.Split(line, "|")
		if strings.HasPrefix(line, "#") || len(fields) != 3 {
			continue
		}
		p := Person{Name: strings.TrimSpace(fields[0]), Organisation: strings.TrimSpace(fields[1])}
		p.ID = plain.Replace(hyphened(p.Name))
		p.Mail = p.ID + "@" + p.Organisation + ".merrow.example"
		for grant := range strings.FieldsSeq(fields[2]) {
			role, organisation, _ := strings.Cut(grant, "@")
			p.Roles = append(p.Roles, people.Grant{Role: people.Role(role), Organisation: organisation})
		}
		all = append(all, p)
	}
	return all
}

// plain writes the letters in persons' names as those of mail addresses.
var plain = strings.NewReplacer("á", "a", "é", "e", "í", "i", "ó", "o", "ö", "o", "ó", "o", "ń", "n", "ř", "r", "ı", "i", "ễ", "e", "ị", "i", "þ", "th")

// minister is the person whose exemption falls short.
const minister = "edmund-carraway"

// nameOf is the name of the face of a role.
func nameOf(role people.Role) string {
	face := slices.IndexFunc(faces(), func(f Face) bool { return f.Role == role })
	person := slices.IndexFunc(persons(), func(p Person) bool { return p.ID == faces()[face].Person })
	return persons()[person].Name
}

// looks are what to look at in each role.
var looks = map[people.Role]string{
	people.CentreOfficer:       "Type Umberfell, see where it all is, and what you have proposed about it.",
	people.SecurityOfficer:     "Sign what the Ambulance Service proposes, and ask for an exemption for one telephone.",
	people.Reviewer:            "Decide about apps for which people ask, with criteria and a note of the risk.",
	people.Approver:            "Review a ban that two duty officers made in an emergency: it lapses within hours unless you do.",
	people.ClearingOffice:      "Clear an exemption on your telephone, in under a minute.",
	people.DeviceAdministrator: "Open " + brokenPhone + ": in breach for four reasons, each with the path that led to it.",
	people.EstateManager:       "See which cameras must go from sensitive sites, and by when.",
	people.Desk:                "See who works where, and what the register says.",
	people.Trainer:             "See what a person with no say in the register sees.",
	people.Member:              "See what is your own: your account, your messages, your way of signing in.",
	people.Staff:               "Ask whether you may install something, and see what became of what you asked for.",
	people.Auditor:             "See who decided what and when, and check that nothing was rewritten.",
	people.Operator:            "See who has signed in, what was refused, and that the server is well.",
}

// pages are where that is, for those whose first page does not have it.
var pages = map[people.Role]string{
	people.CentreOfficer:       "/apps?q=Umberfell",
	people.SecurityOfficer:     "/proposals?show=waiting",
	people.Reviewer:            "/proposals?show=waiting",
	people.DeviceAdministrator: "/devices/" + brokenPhone,
	people.EstateManager:       "/rules/ironmere-sensitive",
	people.Desk:                "/people",
	people.Trainer:             "/account",
	people.Member:              "/account",
	people.Staff:               "/ask",
	people.Auditor:             "/ledger",
	people.Operator:            "/access",
}

// faces are the people of the centre in each role or, where it has none, those of the Department of
// Health; in the order of people.Roles.
var faces = sync.OnceValue(func() (all []Face) {
	persons := persons()
	for _, line := range people.Roles {
		for _, organisation := range []string{"merrow", "health", people.Everywhere, "assembly"} {
			i := slices.IndexFunc(persons, func(p Person) bool {
				return slices.Contains(p.Roles, people.Grant{Role: line.Role, Organisation: organisation})
			})
			if i >= 0 {
				all = append(all, Face{line.Role, persons[i].ID, looks[line.Role], pages[line.Role]})
				break
			}
		}
	}
	return all
})

// adviser keeps what people are advised: that holds for everyone, and so she has her role everywhere.
const adviser = "ilse-brandvold"

// others are those who take part in the story besides: a second person signs, and a department decides for itself.
var others = []Face{
	{people.CentreOfficer, "henrik-solberg", "Sign the ban of Umberfell Group as the second person: its numbers are on the page.", ""},
	{people.CentreOfficer, adviser, "Keep what people are advised about their own telephones, for everyone.", "/advice"},
	{people.SecurityOfficer, "elisabet-jonsdottir", "See what you have proposed for the Ambulance Service, and what it waits for.", ""},
	{people.Reviewer, "nguyen-thi-mai", "Decide about an app for which a colleague has asked.", ""},
	{people.Approver, "kwame-boateng", "Sign exemptions of the Department of Health, which has a process of its own.", "/process/health"},
	{people.ClearingOffice, "siobhan-ni-bhriain", "Clear exemptions for the Minister for Health: one comes to you when an approver has signed it.", "/process/health"},
	{people.SecurityOfficer, "gwendolyn-asante", "See what the police decide for themselves, and what they adopted of others.", "/proposals?state=made"},
	{people.SecurityOfficer, "cordelia-vance", "See an exemption that two people know of, and nobody else.", "/exemptions"},
}

// peopleAndGroups returns copies, for the caller to keep.
func peopleAndGroups() ([]Person, []Group) {
	in := func(organisation string, last int) (ids []string) {
		for _, p := range persons() {
			if p.Organisation == organisation && len(ids) < last {
				ids = append(ids, p.ID)
			}
		}
		return ids
	}
	return slices.Clone(persons()), []Group{
		{"press", "Press office", "external-affairs", []string{"camille-rousselot", "salma-haddad", "jun-ho-baek"}},
		{"analysts", "Analysts' bench", "security-centre", []string{"yuki-hoshino", "idris-benhaddou"}},
		{"hearings", "Remote hearings", "public-defender", in("public-defender", 3)},
		{"echo-lab", "Echo laboratory", "hydrographic-survey", in("hydrographic-survey", 2)},
		{"ward-leads", "Ward leads", imported, []string{"gethin-rowlands", "rukhsana-mirza"}},
	}
}
