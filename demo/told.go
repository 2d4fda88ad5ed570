package demo

import (
	_ "embed" // the files of apps
	"time"

	"portcullis/people"
	"portcullis/policy"
)

// Proposal is something that somebody of the story proposed, with what others did in it since. Persons are named by
// their ids, and Kind and Act are the words that room approvals has for them.
type Proposal struct {
	Kind, Organisation string
	By                 string
	At                 time.Time

	// One of these is what is proposed.
	Rule      *policy.Rule
	Exemption *policy.Exemption
	Monitor   *people.Monitor
	Process   *Process
	// Found is the app of an allow rule that is no product yet, and Looked how a reviewer looked at it; nil where nobody has.
	Found  *FoundApp
	Looked *Looked

	Reason, Narrower       string
	Restricted, Assessment string // of a restricted reason, which those of the audience read
	Audience               []string
	Marked, Emergency      bool
	For, Adopts            string
	LongestDays            int

	Steps []Step
}

// FoundApp is an app that somebody has found in a shop.
type FoundApp struct {
	Platform                    policy.Platform
	Identifier, Name, Publisher string
}

// Looked is that somebody handed in the file of an app.
type Looked struct {
	By   string
	At   time.Time
	Name string // of the file
	File []byte
}

// Step is what somebody did in a proposal.
type Step struct {
	Act, By string
	At      time.Time
	// What was said, as far as the act needs it.
	Reason, Risk, Criteria, Minister, Reference string
}

// Process is how a body departs from the usual: who signs an exemption there, for how long it holds at most, and whose
// clearing office is meant by an office.
type Process struct {
	ExemptionSigned []people.Role
	LongestDays     int
	Offices         map[string]string
}

// began is how many days ago the server of the demonstration was set up: longer than anything on it has been in breach.
const began = 200

// play is what a visitor goes on with once Umberfell Group is banned.
var play = Play{
	Rule: "no-umberfell",
	See:  []Seen{{"paperlark", "an app of its own"}, {"corrie-kit", "the kit inside three others"}, {"lantern-dome-4", "a camera under another name"}},
	Asks: "rosalind-achterberg", Product: "paperlark", Host: chartsPhone, Days: 60,
	Purpose: "reading paper charts until the new scanners arrive", Reason: "Forty wards still write on paper, and the new scanners come in two months",
	Risk: "What is scanned could be read abroad: it is on one telephone, without contacts, and no patient is named on a chart",
}

// proposed is everything that was proposed before the demonstration begins, in the order of the states in which the
// visitor finds it.
func (c calendar) proposed(now time.Time) []Proposal {
	ago := func(days, hours int) time.Time {
		return now.AddDate(0, 0, -days).Add(-time.Duration(hours) * time.Hour)
	}
	draft := c.draft()
	draft.From = time.Time{} // once it is signed
	return append([]Proposal{
		{
			Kind: "ban", By: "adaeze-nwosu", At: ago(0, 2), Rule: &draft, Reason: draft.Reason, LongestDays: 180,
			Narrower:   "One app would leave the kit inside three others; one name would leave the cameras that bear another’s",
			Restricted: "A partner has seen what its servers were made to hand over.", Assessment: "Likely to be used against us within months; the partner is sure of its source.",
			Audience: []string{"henrik-solberg", "priya-raghunathan"},
		},
		c.emergency(ago),
		{
			Kind: "monitor", Organisation: "ambulance", By: "elisabet-jonsdottir", At: ago(1, 3),
			Monitor: &people.Monitor{Period: people.Period{Until: people.TimeOf(c.day(28))}},
			Reason:  "New telephones arrive in the ambulances this month: for four weeks we look at what is on them before anything is in breach",
		},
		{
			Kind: "process", Organisation: "health", By: "rosalind-achterberg", At: ago(101, 0),
			Process: &Process{ExemptionSigned: []people.Role{people.Approver, people.SecurityOfficer}, LongestDays: 90, Offices: map[string]string{"minister": "health"}},
			Reason:  "Our officers ask and our approvers sign; exemptions are looked at again each quarter, and the department’s own private office clears them",
			Steps:   []Step{{Act: "sign", By: "kwame-boateng", At: ago(100, 0)}},
		},
		c.adopted(ago),
	}, append(c.requested(ago), c.exempted(ago)...)...)
}

// emergency is a ban that two duty officers made 19 hours ago, and that lapses in five unless a third person reviews it.
func (c calendar) emergency(ago func(days, hours int) time.Time) Proposal {
	reason := "Yesterday’s update sends the address book to a server that nobody knows"
	return Proposal{
		Kind: "ban", Emergency: true, By: "henrik-solberg", At: ago(0, 20), Reason: reason,
		Rule:     &policy.Rule{Effect: policy.Ban, Target: policy.Target{Product: "bus-home"}, Scope: "merrow", Clearance: "security-officer", Reason: reason},
		Narrower: "It is one app already, and every version that the shops still have is the new one",
		Steps:    []Step{{Act: "sign", By: "adaeze-nwosu", At: ago(0, 19)}},
	}
}

// adopted is the rule of another body with which the police agreed.
func (c calendar) adopted(ago func(days, hours int) time.Time) Proposal {
	reason := "It copies address books: those of witnesses too"
	return Proposal{
		Kind: "ban", By: "gwendolyn-asante", At: ago(31, 0), Adopts: "no-puffbird", Reason: reason,
		Rule: &policy.Rule{ID: "police-no-puffbird", Effect: policy.Ban, Target: policy.Target{Supplier: "puffbird"}, Components: true, Scope: "police",
			Clearance: "chief-constable", Reason: reason},
		Narrower: "Its kit does the same from inside other makers’ apps",
		Steps:    []Step{{Act: "sign", By: "duarte-pacheco", At: ago(30, 0)}},
	}
}

// requested are apps that somebody asked for.
func (c calendar) requested(ago func(days, hours int) time.Time) []Proposal {
	ask := func(product, body, by string, days int, reason string, steps ...Step) Proposal {
		return Proposal{
			Kind: "allow", By: by, At: ago(days, 5), Reason: reason, Steps: steps,
			Rule: &policy.Rule{Effect: policy.Allow, Target: policy.Target{Product: product}, Scope: body},
		}
	}
	return []Proposal{
		c.roundSheet(ago),
		ask("todoist", "health", "tomasz-wilk", 2, "Our team plans the vaccination rounds with it, and would rather not do so on private telephones"),
		ask("notion", "fisheries", "amina-sesay", 4, "The inspectors share their notes from the quays with it",
			Step{Act: "consult", By: "finlay-urquhart", At: ago(1, 6), Reason: "Do other bodies allow it for what is not sensitive, and on what terms?"}),
		ask("waze", "ambulance", "moana-tuhiwai", 12, "It knows the jams before the control room does",
			Step{Act: "refuse", By: "nguyen-thi-mai", At: ago(9, 2), Reason: "It tells its maker where each ambulance is, and that cannot be turned off. Merrow Map shows the same jams: if it does not on your routes, ask again and say which"}),
		ask("linkedin", "information-office", "beatriz-salgado", 15, "We answer questions from the press there, from telephones that are used for nothing else",
			Step{Act: "grant", By: "idris-benhaddou", At: ago(11, 1), Reason: "It is public work, done from telephones with nothing on them", Risk: "Small: it reads the address book if it is let, and there is none on these", Criteria: "What it may read, where it sends that, and who could make it do more"}),
	}
}

// roundSheet is an app that somebody has found, and into which a reviewer has looked: it waits for her word.
func (c calendar) roundSheet(ago func(days, hours int) time.Time) Proposal {
	return Proposal{
		Kind: "allow", By: "moana-tuhiwai", At: ago(3, 4), Reason: "The crews write down what they have used, and the store sees at once what a vehicle needs",
		Rule:   &policy.Rule{Effect: policy.Allow, Scope: "ambulance", Platforms: []policy.Platform{policy.Android}},
		Found:  &FoundApp{policy.Android, "example.copperkettle.roundsheet", "Round Sheet", "Copper Kettle Apps"},
		Looked: &Looked{"nguyen-thi-mai", ago(1, 7), "round-sheet-4.2.apk", roundSheet},
	}
}

// roundSheet is the file of an invented app. What it contains the tests say, which make it.
//
//go:embed apps/round-sheet.apk
var roundSheet []byte

// exempted are exemptions: one that waits for a minister's office, one that ends within days, and one that is for those
// alone who are assigned to it.
func (c calendar) exempted(ago func(days, hours int) time.Time) []Proposal {
	return []Proposal{
		{
			Kind: "exemption", By: "catarina-lobo", For: "catarina-lobo", At: ago(3, 2),
			Exemption: &policy.Exemption{Lifts: []string{"no-hushlane"}, Product: "hushlane-vpn", Scope: "pensions-office", Period: policy.Period{Until: c.day(60)},
				Subject: policy.ExemptionSubject{Host: pensionsPhone}, Purpose: "speaking with pensioners in two countries that block everything else"},
			Reason: "Some 300 of them reach us by no other way, and each must show twice a year that they are alive",
			Steps: []Step{
				{Act: "grant", By: "dhruv-malhotra", At: ago(2, 4), Reason: "There is no other way to these pensioners", Risk: "Its maker sees who is called and when, and not what is said. The telephone is used for nothing else", Criteria: "Purpose, person and device"},
				{Act: "sign", By: "eleanor-whitcombe", At: ago(1, 2), Reason: "For two months, and no longer"},
			},
		},
		{
			Kind: "exemption", By: "tomasz-wilk", For: "tomasz-wilk", At: ago(45, 0),
			Exemption: &policy.Exemption{Product: "canva", Scope: "health", Period: policy.Period{Until: c.day(5)},
				Subject: policy.ExemptionSubject{Person: "tomasz-wilk"}, Purpose: "making the posters for the vaccination rounds"},
			Reason: "The print shop takes six weeks",
			Steps:  []Step{{Act: "sign", By: "kwame-boateng", At: ago(44, 0), Reason: "Posters only: nothing about patients"}},
		},
		{
			Kind: "exemption", Marked: true, Audience: []string{"cordelia-vance", "mikael-lahtinen"}, By: "lindiwe-khumalo", At: ago(25, 0),
			Exemption: &policy.Exemption{Product: "booking", Scope: "defence", Period: policy.Period{Until: c.day(100)},
				Subject: policy.ExemptionSubject{Person: "bartholomew-finch"}, Purpose: "journeys that are not to be known"},
			Reason: "They are booked as anybody would book them",
			Steps: []Step{
				{Act: "grant", By: "cordelia-vance", At: ago(24, 0), Reason: "It is needed for the work that was agreed", Risk: "Small: a name and dates, of which neither is ours"},
				{Act: "sign", By: "mikael-lahtinen", At: ago(23, 0)},
			},
		},
	}
}
