package approvals

import (
	"slices"

	"portcullis/people"
	"portcullis/web/gate"
)

// draftRoutes are those of the pages that open proposals. An app and an exemption may be asked for by everybody who
// has signed in, in their own body; the rooms ask where.
func draftRoutes(a *area) []gate.Route {
	return slices.Concat(
		ask("/proposals/new/ban", people.Propose, a.draftBan),
		ask("/proposals/new/adopt", people.Propose, a.draftAdopted),
		ask("/proposals/new/app", people.Own, a.draftApp),
		ask("/proposals/new/exemption", people.Own, a.draftExemption),
		ask("/proposals/new/withdrawal", people.Propose, a.draftWithdrawal),
		ask("/proposals/new/monitor", people.Propose, a.draftMonitor),
		ask("/proposals/new/process", people.Propose, a.draftProcess),
		ask("/proposals/new/supplier/{id}", people.LinkIdentifiers, a.draftSupplier),
		ask("/proposals/new/product/{id}", people.LinkIdentifiers, a.draftProduct),
	)
}
