package approvals

import (
	"portcullis/people"
	"portcullis/web/gate"
)

// draftRoutes are those of the pages that open proposals. An app and an exemption may be asked for by everybody who
// has signed in, in their own body; the rooms ask where.
func (a *area) draftRoutes(routes *gate.Routes) {
	routes.Ask("/proposals/new/ban", people.Propose, a.draftBan)
	routes.Ask("/proposals/new/adopt", people.Propose, a.draftAdopted)
	routes.Ask("/proposals/new/app", people.Own, a.draftApp)
	routes.Ask("/proposals/new/exemption", people.Own, a.draftExemption)
	routes.Ask("/proposals/new/withdrawal", people.Propose, a.draftWithdrawal)
	routes.Ask("/proposals/new/monitor", people.Propose, a.draftMonitor)
	routes.Ask("/proposals/new/organisation", people.ChangeOrganisations, a.draftMove)
	routes.Ask("/proposals/new/process", people.Propose, a.draftProcess)
	routes.Ask("/proposals/new/supplier/{id}", people.LinkIdentifiers, a.draftSupplier)
	routes.Ask("/proposals/new/product/{id}", people.LinkIdentifiers, a.draftProduct)
}
