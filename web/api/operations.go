package api

import (
	"net/http"

	"portcullis/people"
	"portcullis/register"
)

// register is the list of all operations, each with the permission without which nobody gets in. What
// may be done to whom, and where, the room's operation asks itself.
func (a *api) register() {
	const created, gone = http.StatusCreated, http.StatusNoContent

	add(a, operation{id: "list-organisations", pattern: "GET /organisations", permission: people.SeeOrganisations, summary: "List organisations, in the order of their names"}, a.listOrganisations)
	add(a, operation{id: "add-organisation", pattern: "POST /organisations", permission: people.ChangeOrganisations, summary: "Add an organisation", status: created}, a.addOrganisation)
	add(a, operation{id: "get-organisation", pattern: "GET /organisations/{id}", permission: people.SeeOrganisations, summary: "Get an organisation"}, a.getOrganisation)
	add(a, operation{id: "change-organisation", pattern: "PATCH /organisations/{id}", permission: people.ChangeOrganisations, summary: "Rename an organisation; where it belongs, and whose list it follows, is proposed"}, a.changeOrganisation)
	add(a, operation{id: "end-watch", pattern: "DELETE /organisations/{id}/monitor", permission: people.ChangeOrganisations, summary: "Enforce what is not listed again, from now on", status: gone}, a.endWatch)
	add(a, operation{id: "get-organisation-history", pattern: "GET /organisations/{id}/history", permission: people.SeeOrganisations, summary: "Get everything that was ever recorded of an organisation's place"}, a.organisationHistory)
	add(a, operation{id: "list-triage", pattern: "GET /organisations/{id}/triage", permission: people.SeeDevices, summary: "List what is on an organisation's devices and not on its list, by installs"}, a.listTriage)
	add(a, operation{id: "list-triage-makers", pattern: "GET /organisations/{id}/triage/makers", permission: people.SeeDevices, summary: "List who made what is on an organisation's devices and not on its list, by installs"}, a.listTriageMakers)
	add(a, operation{id: "decide-triage", pattern: "POST /organisations/{id}/triage", permission: people.DecideList, summary: "Decide about many apps at once that are not on an organisation's list, all or none, where one person's word is enough there"}, a.triageApps)

	add(a, operation{id: "list-persons", pattern: "GET /persons", permission: people.SeePeople, summary: "List people, in the order of their names"}, a.listPersons)
	add(a, operation{id: "add-person", pattern: "POST /persons", permission: people.ChangePeople, summary: "Add a person", status: created}, a.addPerson)
	add(a, operation{id: "get-person", pattern: "GET /persons/{id}", permission: people.SeePeople, summary: "Get a person, with their groups and roles"}, a.getPerson)
	add(a, operation{id: "change-person", pattern: "PATCH /persons/{id}", permission: people.ChangePeople, summary: "Change, move, deactivate or reactivate a person"}, a.changePerson)
	add(a, operation{id: "invite-person", pattern: "POST /persons/{id}/invitation", permission: people.ChangePeople, summary: "Make a link by which a person adds a passkey and signs in, once; any earlier one ends", status: created, secret: true}, a.invitePerson)
	add(a, operation{id: "give-role", pattern: "POST /persons/{id}/roles", permission: people.GiveRoles, summary: "Give a person a role in an organisation and all below it"}, a.giveRole)
	add(a, operation{id: "take-role", pattern: "DELETE /persons/{id}/roles/{role}/{organisation}", permission: people.GiveRoles, summary: "Take a role from a person", status: gone}, a.takeRole)
	add(a, operation{id: "list-sessions", pattern: "GET /persons/{id}/sessions", permission: people.EndSessions, summary: "List where a person is signed in, the newest first"}, a.listSessions)
	add(a, operation{id: "end-sessions", pattern: "DELETE /persons/{id}/sessions", permission: people.EndSessions, summary: "Sign a person out everywhere", status: gone}, a.endSessions)
	add(a, operation{id: "end-session", pattern: "DELETE /persons/{id}/sessions/{session}", permission: people.EndSessions, summary: "Sign a person out in one place", status: gone}, a.endSession)

	add(a, operation{id: "list-passkeys", pattern: "GET /persons/{id}/passkeys", permission: people.ChangePeople, summary: "List the passkeys by which a person signs in"}, a.listPasskeys)
	add(a, operation{id: "remove-passkey", pattern: "DELETE /persons/{id}/passkeys/{passkey}", permission: people.ChangePeople, summary: "Remove a person's passkey, which was lost, say", status: gone}, a.removePasskey)

	add(a, operation{id: "list-groups", pattern: "GET /groups", permission: people.SeePeople, summary: "List groups, in the order of their names"}, a.listGroups)
	add(a, operation{id: "add-group", pattern: "POST /groups", permission: people.ChangePeople, summary: "Add a group", status: created}, a.addGroup)
	add(a, operation{id: "get-group", pattern: "GET /groups/{id}", permission: people.SeePeople, summary: "Get a group"}, a.getGroup)
	add(a, operation{id: "change-group", pattern: "PATCH /groups/{id}", permission: people.ChangePeople, summary: "Rename a group, or change who is in it"}, a.changeGroup)
	add(a, operation{id: "remove-group", pattern: "DELETE /groups/{id}", permission: people.ChangePeople, summary: "Remove a group", status: gone}, a.removeGroup)
	add(a, operation{id: "list-members", pattern: "GET /groups/{id}/members", permission: people.SeePeople, summary: "List who is in a group"}, a.listMembers)

	// Programs make no tokens: a person does, on the pages.
	add(a, operation{id: "list-tokens", pattern: "GET /tokens", permission: people.SeeTokens, summary: "List tokens, the newest first"}, a.listTokens)
	add(a, operation{id: "get-token", pattern: "GET /tokens/{id}", permission: people.SeeTokens, summary: "Get a token, without its secret"}, a.getToken)
	add(a, operation{id: "end-token", pattern: "DELETE /tokens/{id}", permission: people.ChangeTokens, summary: "End a token at once", status: gone}, a.endToken)

	add(a, operation{id: "list-hosts", pattern: "GET /hosts", permission: people.SeeDevices, summary: "List devices and equipment, in the order of their ids"}, a.listHosts)
	add(a, operation{id: "enrol-host", pattern: "POST /hosts", permission: people.ChangeDevices, summary: "Enrol a device that has not reported yet", status: created}, a.enrolHost)
	add(a, operation{id: "get-host", pattern: "GET /hosts/{id}", permission: people.SeeDevices, summary: "Get a device or a piece of equipment"}, a.getHost)
	add(a, operation{id: "change-host", pattern: "PATCH /hosts/{id}", permission: people.ChangeDevices, summary: "Change what a device is called and who has it, or have more of it judged"}, a.changeHost)
	add(a, operation{id: "move-host", pattern: "POST /hosts/{id}/move", permission: people.ChangeDevices, summary: "Move a device to another organisation"}, a.moveHost)
	add(a, operation{id: "retire-host", pattern: "POST /hosts/{id}/retire", permission: people.ChangeDevices, summary: "Say that a device is lost, retired or replaced"}, a.retireHost)
	add(a, operation{id: "return-host", pattern: "POST /hosts/{id}/return", permission: people.ChangeDevices, summary: "Return a device to use"}, a.returnHost)
	add(a, operation{id: "forget-source", pattern: "DELETE /hosts/{id}/sources/{source}", permission: people.ChangeDevices, summary: "Forget the inventory of one tool: what only that names is on the device no more", status: gone}, a.forgetSource)
	add(a, operation{id: "list-installations", pattern: "GET /hosts/{id}/installations", permission: people.SeeDevices, summary: "List what is on a host, and what the rules say of it now; what is in breach first"}, a.listInstallations)
	add(a, operation{id: "list-decisions", pattern: "GET /hosts/{id}/decisions", permission: people.SeeDevices, summary: "List what the rules said of a host at any time, as it was known at any other"}, a.listDecisions)

	// Two people have less of a device be judged: a program stands for the person who made its token.
	add(a, operation{id: "list-releases", pattern: "GET /releases", permission: people.SeeDevices, summary: "List the proposals that a device become somebody's own, the newest first"}, a.listReleases)
	add(a, operation{id: "get-release", pattern: "GET /releases/{id}", permission: people.SeeDevices, summary: "Get such a proposal, and what became of it"}, a.getRelease)
	add(a, operation{id: "ask-release", pattern: "POST /hosts/{id}/releases", permission: people.ChangeDevices, summary: "Propose that a device become somebody's own, for another person to agree; for programs of a person's", status: created}, a.askRelease)
	add(a, operation{id: "answer-release", pattern: "POST /releases/{id}/answer", permission: people.ReleaseDevices, summary: "Agree, as the second person, that a device becomes somebody's own, or refuse it; for programs of a person's"}, a.answerRelease)
	add(a, operation{id: "take-back-release", pattern: "POST /releases/{id}/take-back", permission: people.ChangeDevices, summary: "Take back what one has proposed oneself"}, a.takeBackRelease)
	add(a, operation{id: "list-breaches", pattern: "GET /breaches", permission: people.SeeDevices, summary: "List the hosts with something in breach now, in the order of their ids"}, a.listBreaches)
	add(a, operation{id: "get-coverage", pattern: "GET /coverage", permission: people.SeeDevices, summary: "Get how much of what each organisation has is judged, and how many are silent"}, a.getCoverage)
	add(a, operation{id: "list-changes", pattern: "GET /changes", permission: people.SeeDevices, summary: "List which hosts have changed since one asked last"}, a.listChanges)
	add(a, operation{id: "try-rule", pattern: "POST /affected", permission: people.SeeDevices, summary: "Count whom a ban or a phase-out that is not yet made would reach"}, a.tryRule)

	add(a, operation{id: "search", pattern: "GET /search", permission: people.SeeRegister, summary: "Find products and suppliers by a name, a former name, an identifier or a maker, the likeliest first"}, a.search)
	add(a, operation{id: "ask", pattern: "GET /ask", permission: people.SeeOrganisations, summary: "Ask whether something may be installed on an organisation's devices; nothing of it is written down"}, a.mayInstall)
	add(a, operation{id: "list-differences", pattern: "GET /lists/difference", permission: people.SeeRegister, summary: "List the apps that two organisations' lists do not have alike, in the order of their names"}, a.listDifference)

	add(a, operation{id: "get-rule-history", pattern: "GET /rules/{id}/history", permission: people.SeeRegister, summary: "Get everything that was ever recorded of a rule, or what was known of it at one time, the newest first"}, a.historyOf(register.Rules))
	add(a, operation{id: "get-exemption-history", pattern: "GET /exemptions/{id}/history", permission: people.SeeRegister, summary: "Get the same of an exemption; it needs to be one who may know of it, too"}, a.historyOf(register.Exemptions))
	add(a, operation{id: "get-supplier-history", pattern: "GET /suppliers/{id}/history", permission: people.SeeRegister, summary: "Get the same of a supplier"}, a.historyOf(register.Suppliers))
	add(a, operation{id: "get-product-history", pattern: "GET /products/{id}/history", permission: people.SeeRegister, summary: "Get the same of a product"}, a.historyOf(register.Products))

	// What is decided is proposed first, and takes the steps that its body's process demands.
	add(a, operation{id: "list-proposals", pattern: "GET /proposals", permission: people.SeeOrganisations, summary: "List what was proposed, the newest first"}, a.listProposals)
	add(a, operation{id: "list-waiting", pattern: "GET /waiting", permission: people.SeeOrganisations, summary: "List what waits for you, what lapses by itself and then the oldest first, each with the step that you can take"}, a.listWaiting)
	add(a, operation{id: "add-proposal", pattern: "POST /proposals", permission: people.SeeOrganisations, summary: "Propose a decision, or ask for an app or an exemption", status: created}, a.addProposal)
	add(a, operation{id: "get-proposal", pattern: "GET /proposals/{id}", permission: people.SeeOrganisations, summary: "Get a proposal, with its steps and what is missing"}, a.getProposal)
	add(a, operation{id: "take-step", pattern: "POST /proposals/{id}/steps", permission: people.SeeOrganisations, summary: "Take a step in a proposal; with the last one that is missing it is decided"}, a.takeStep)
	add(a, operation{id: "get-process", pattern: "GET /organisations/{id}/process", permission: people.SeeOrganisations, summary: "Get who decides in an organisation, at any time"}, a.getProcess)
	add(a, operation{id: "end-exemption", pattern: "POST /exemptions/{id}/end", permission: people.DecideExemptions, summary: "End an exemption early, at once"}, a.endExemption)
	add(a, operation{id: "get-rule", pattern: "GET /rules/{id}", permission: people.SeeDevices, summary: "Get a rule, and what it does now"}, a.getRule)
	add(a, operation{id: "get-rule-uptake", pattern: "GET /rules/{id}/uptake", permission: people.SeeDevices, summary: "Get how far a rule has come to the devices that must have it: when it was decided and published, and how many have fetched and confirmed it"}, a.getRuleUptake)
	add(a, operation{id: "get-exemption-uptake", pattern: "GET /exemptions/{id}/uptake", permission: people.SeeDevices, summary: "Get how far an exemption has come to the devices that it is for; it needs to be one who may know of it, too"}, a.getExemptionUptake)
	add(a, operation{id: "get-artefact", pattern: "GET /artefacts/{form}", permission: people.FetchLists, summary: "Get the list that an organisation's devices are to have, or one of them, in a platform's own form"}, a.getArtefact)
	add(a, operation{id: "get-manifest", pattern: "GET /artefacts/{form}/manifest", permission: people.FetchLists, summary: "Get what such a list is: of which generation, its digests, the decisions it came from, and what the form cannot carry"}, a.getManifest)
	add(a, operation{id: "try-proposal", pattern: "GET /proposals/{id}/dry-run", permission: people.FetchLists, summary: "Get what would change in such a list if a proposal were signed now; it needs to be one who may see the proposal, too"}, a.tryProposal)

	add(a, operation{id: "list-zones", pattern: "GET /zones", permission: people.SeeZones, summary: "List the response policy zones from which organisations' name servers answer, in the order of their names"}, a.listZones)
	add(a, operation{id: "add-zone", pattern: "POST /zones", permission: people.KeepZones, summary: "Add a zone; its secrets are shown this once", status: created, secret: true}, a.addZone)
	add(a, operation{id: "get-zone", pattern: "GET /zones/{id}", permission: people.SeeZones, summary: "Get a zone, without its secrets"}, a.getZone)
	add(a, operation{id: "change-zone", pattern: "PATCH /zones/{id}", permission: people.KeepZones, summary: "Change which name servers are told, or have fewer networks pass; more takes two people"}, a.changeZone)
	add(a, operation{id: "rotate-zone", pattern: "POST /zones/{id}/rotation", permission: people.KeepZones, summary: "Draw the key or the address of a zone anew; they are shown this once", secret: true}, a.rotateZone)
	add(a, operation{id: "ask-zone-network", pattern: "POST /zones/{id}/networks", permission: people.KeepZones, summary: "Propose that a zone pass a network until an end, for another person to agree; for programs of a person's", status: created}, a.askZoneNetwork)
	add(a, operation{id: "answer-zone-network", pattern: "POST /zones/{id}/networks/{network}/answer", permission: people.DecideExemptions, summary: "Agree, as the second person, that a zone pass a network, or refuse it; for programs of a person's"}, a.answerZoneNetwork)
	add(a, operation{id: "take-back-zone-network", pattern: "POST /zones/{id}/networks/{network}/take-back", permission: people.KeepZones, summary: "Take back a network that one has proposed oneself"}, a.takeBackZoneNetwork)
	add(a, operation{id: "end-zone", pattern: "DELETE /zones/{id}", permission: people.KeepZones, summary: "End a zone and its secrets at once", status: gone}, a.endZone)

	add(a, operation{id: "list-vetted", pattern: "GET /vetting/reports", permission: people.SeeVetting, summary: "List what was found in apps, the newest first"}, a.listVetted)
	add(a, operation{id: "get-vetted", pattern: "GET /vetting/reports/{id}", permission: people.SeeVetting, summary: "Get what was found in an app, how it differs from the one before, and how it was reviewed"}, a.getVetted)
	add(a, operation{id: "vet-again", pattern: "POST /vetting/reports/{id}/again", permission: people.AssessApps, summary: "Hold a report to the criteria as they are now, or keep it for another proposal, without its file", status: created}, a.vetAgain)
	add(a, operation{id: "conclude", pattern: "POST /vetting/reports/{id}/conclusion", permission: people.AssessApps, summary: "Conclude from a report: the review, the step in the proposal and the kits that are confirmed, all or nothing", status: created}, a.concludeVetted)
	add(a, operation{id: "list-reviews", pattern: "GET /vetting/reviews", permission: people.SeeVetting, summary: "List the reviews of a product, or those in a proposal, the newest first"}, a.listReviews)
	add(a, operation{id: "list-due", pattern: "GET /vetting/due", permission: people.SeeVetting, summary: "List the apps of which devices have a later version than was reviewed, those on most devices first"}, a.listAppsDue)
	add(a, operation{id: "get-criteria", pattern: "GET /organisations/{id}/criteria", permission: people.SeeVetting, summary: "Get what is asked of apps in an organisation"}, a.getCriteria)
	add(a, operation{id: "set-criteria", pattern: "POST /organisations/{id}/criteria", permission: people.DecideProcess, summary: "Have an organisation ask by a file of its own"}, a.setCriteria)
	add(a, operation{id: "get-trackers", pattern: "GET /organisations/{id}/trackers", permission: people.SeeVetting, summary: "Get the list of trackers that is looked for in apps in an organisation, besides what the program knows"}, a.getTrackers)
	add(a, operation{id: "set-trackers", pattern: "POST /organisations/{id}/trackers", permission: people.DecideProcess, summary: "Have an organisation look for what a list of its own names"}, a.setTrackers)

	add(a, operation{id: "list-unlinked", pattern: "GET /unlinked", permission: people.SeeDevices, summary: "List the identifiers on devices that are no product's, those on most hosts first"}, a.listUnlinked)
	add(a, operation{id: "link-identifier", pattern: "POST /unlinked", permission: people.LinkIdentifiers, summary: "Say which product an identifier is, for everyone"}, a.linkIdentifier)

	add(a, operation{id: "list-advice", pattern: "GET /advice", permission: people.SeeOrganisations, summary: "List what people are advised, for their own devices, platforms, apps and private channels, now or at an earlier time"}, a.listAdvice)
	add(a, operation{id: "add-advice", pattern: "POST /advice", permission: people.KeepAdvice, summary: "Add a piece of advice", status: created}, a.addAdvice)
	add(a, operation{id: "get-advice", pattern: "GET /advice/{id}", permission: people.SeeOrganisations, summary: "Get a piece of advice as it is now"}, a.getAdvice)
	add(a, operation{id: "change-advice", pattern: "PATCH /advice/{id}", permission: people.KeepAdvice, summary: "Change a piece of advice, also one that was taken back, which then stands again"}, a.changeAdvice)
	add(a, operation{id: "take-back-advice", pattern: "DELETE /advice/{id}", permission: people.KeepAdvice, summary: "Take a piece of advice back; its versions stay", status: gone}, a.takeBackAdvice)
	add(a, operation{id: "list-advice-versions", pattern: "GET /advice/{id}/versions", permission: people.SeeOrganisations, summary: "List a piece of advice in all its versions, the newest first"}, a.listAdviceVersions)
	// A note is what a person says of themselves: programs write none.
	add(a, operation{id: "get-record-aid", pattern: "GET /record/aid", permission: people.SeeOrganisations, summary: "Get the questions that find out whether what was said on a private channel belongs to the official record"}, a.getRecordAid)
	add(a, operation{id: "list-record-notes", pattern: "GET /record/notes", permission: people.SeePassed, summary: "List the notes that say which conversations went to the official record, the newest first"}, a.listPassed)
	add(a, operation{id: "get-record-note", pattern: "GET /record/notes/{id}", permission: people.SeePassed, summary: "Get a note in all its versions, the newest first"}, a.getPassed)

	add(a, operation{id: "list-endpoints", pattern: "GET /endpoints", permission: people.ChangeEndpoints, summary: "List the servers that are told of events by webhooks"}, a.listEndpoints)
	add(a, operation{id: "add-endpoint", pattern: "POST /endpoints", permission: people.ChangeEndpoints, summary: "Have a server be told of events; its secret is shown this once", status: created, secret: true}, a.addEndpoint)
	add(a, operation{id: "change-endpoint", pattern: "PATCH /endpoints/{id}", permission: people.ChangeEndpoints, summary: "Change an endpoint, or switch it off or on"}, a.changeEndpoint)
	add(a, operation{id: "remove-endpoint", pattern: "DELETE /endpoints/{id}", permission: people.ChangeEndpoints, summary: "Remove an endpoint and its secret", status: gone}, a.removeEndpoint)
	add(a, operation{id: "try-endpoint", pattern: "POST /endpoints/{id}/trial", permission: people.ChangeEndpoints, summary: "Send an endpoint a message that means nothing"}, a.tryEndpoint)

	add(a, operation{id: "list-access", pattern: "GET /access", permission: people.SeeAccess, summary: "List who signed in and out and what was refused, the newest first"}, a.listAccess)
	add(a, operation{id: "list-ledger", pattern: "GET /ledger", permission: people.SeeLedger, summary: "List the ledger's entries, the newest first"}, a.listLedger)
	add(a, operation{id: "list-notices", pattern: "GET /notices", permission: people.SeeNotices, summary: "List which messages went to whom and what became of them, the newest first"}, a.listNotices)
	add(a, operation{id: "list-permissions", pattern: "GET /permissions", permission: people.SeeOrganisations, summary: "List the permissions, and the roles that have each"}, a.listPermissions)
	add(a, operation{id: "list-roles", pattern: "GET /roles", permission: people.SeeOrganisations, summary: "List the roles, and which of them each may give"}, a.listRoles)
}
