package demo

import "portcullis/policy"

// restrictions are the bans and phase-outs. All are against invented makers.
func (c calendar) restrictions() []policy.Rule {
	var (
		hushlane = policy.Rule{ID: "no-hushlane", Effect: policy.Ban, Target: policy.Target{Supplier: "hushlane"}, Scope: "merrow", Period: c.from(-240),
			Clearance: "minister", Mitigations: []string{"dedicated-device"},
			Reason: "All traffic passes through its servers, and it does not say who runs them"}
		ironmere = policy.Rule{ID: "ironmere-sensitive", Effect: policy.PhaseOut, Target: policy.Target{Supplier: "ironmere"}, Components: true, Scope: "merrow", Period: c.from(-300),
			Deadline: c.day(45), Kinds: []policy.Kind{policy.Equipment}, SiteClass: []string{"sensitive"}, Clearance: "security-officer",
			Reason: "Its cameras can be opened from outside, and it no longer mends them: off sensitive sites first"}
	)
	// The independent bodies adopted what they agreed with, on their own terms.
	parliament, police := hushlane, ironmere
	parliament.ID, parliament.Scope, parliament.Clearance, parliament.Period = "parliament-no-hushlane", "parliament", "speaker", c.from(-200)
	police.ID, police.Scope, police.Clearance, police.Deadline = "police-ironmere", "police", "chief-constable", c.day(-20)
	return []policy.Rule{
		hushlane,
		{ID: "no-puffbird", Effect: policy.Ban, Target: policy.Target{Supplier: "puffbird"}, Components: true, Scope: "merrow", Period: c.from(-60),
			Clearance: "security-officer", Reason: "It copies address books, also from inside other makers' apps"},
		ironmere, parliament, police,
	}
}

// draft is the rule that a visitor is invited to make.
func (c calendar) draft() policy.Rule {
	return policy.Rule{ID: "no-umberfell", Effect: policy.Ban, Target: policy.Target{Supplier: conglomerate}, Components: true, Scope: "merrow", Period: c.from(0),
		Clearance: "minister", Mitigations: []string{"dedicated-device"}, Reason: "Its owner must hand over what it collects, and may not say so"}
}

func (c calendar) exemptions() []policy.Exemption {
	cleared := func(office, by, ref string, at int) *policy.Clearance {
		return &policy.Clearance{Office: office, By: by, Ref: ref, At: c.day(at)}
	}
	dedicated := []string{"dedicated-device"}
	return []policy.Exemption{
		{ID: "press-hushlane", Lifts: []string{"no-hushlane"}, Product: "hushlane-vpn", Scope: "external-affairs", Period: c.period(-70, 150),
			Subject: policy.ExemptionSubject{Group: "press"}, Purpose: "reading what is blocked abroad", Mitigations: dedicated,
			Clearance: cleared("minister", "Minister for External Affairs", "PO/114", -74)},
		// Lapses within days: then the analysts' telephone is in breach.
		{ID: "bench-puffbird", Lifts: []string{"no-puffbird"}, Product: "puffbird-clips", Scope: "security-centre", Period: c.period(-55, 4),
			Subject: policy.ExemptionSubject{Host: benchPhone}, Purpose: "taking it apart", Mitigations: []string{"own-network"},
			Clearance: cleared("security-officer", "Centre for Public Security", "SO/31", -56)},
		// Falls short: cleared, but for a telephone that is used for everything. The ban stands.
		{ID: "minister-hushlane", Lifts: []string{"no-hushlane"}, Product: "hushlane-vpn", Scope: "harbours", Period: c.period(-40, 140),
			Subject: policy.ExemptionSubject{Person: minister}, Purpose: "travel", Clearance: cleared("minister", "Minister for Harbours", "PO/131", -42)},
		{ID: "registry-cameras", Lifts: []string{"ironmere-sensitive"}, AnyProduct: true, Scope: "chancery", Period: c.period(-20, 200),
			Subject: policy.ExemptionSubject{Site: "registry"}, Purpose: "the building closes for repair in spring", Mitigations: []string{"no-route-out"},
			Clearance: cleared("security-officer", "Centre for Public Security", "SO/38", -22)},
		// Names an app of Umberfell's: a ban would not be lifted by it, and the preview says that it is touched.
		{ID: "statistics-paperlark", Product: "paperlark", Scope: "statistics-office", Period: c.period(-90, 90),
			Subject: policy.ExemptionSubject{Everyone: true}, Purpose: "scanning paper census forms"},
		{ID: "hearings-jitsi", Product: "jitsi-meet", Scope: "public-defender", Period: c.period(-120, 60),
			Subject: policy.ExemptionSubject{Group: "hearings"}, Purpose: "hearings of courts that use it"},
		{ID: "survey-firefox", Product: "firefox", AnyVersion: true, Scope: "hydrographic-survey", Period: c.period(-30, 330),
			Subject: policy.ExemptionSubject{Group: "echo-lab"}, Purpose: "the sounding instruments' pages need the old one"},
	}
}
