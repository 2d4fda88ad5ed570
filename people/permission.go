package people

import (
	"slices"

	"portcullis/internal/fault"
)

// Role is what somebody is, in an organisation and all below it.
type Role string

// The roles.
const (
	CentreOfficer       Role = "centre-officer"
	SecurityOfficer     Role = "security-officer"
	Reviewer            Role = "reviewer"
	Approver            Role = "approver"
	ClearingOffice      Role = "clearing-office"
	DeviceAdministrator Role = "device-administrator"
	EstateManager       Role = "estate-manager"
	Desk                Role = "desk"
	Trainer             Role = "trainer"
	Member              Role = "member"
	Staff               Role = "staff"
	Auditor             Role = "auditor"
	Operator            Role = "operator"
)

// RoleLine is a role in words, and which roles its holder may give to others, and take from them,
// where it is held.
type RoleLine struct {
	Role  Role
	Name  string
	What  string
	Gives []Role
}

var (
	ordinary = []Role{Reviewer, Approver, DeviceAdministrator, EstateManager, Desk, Trainer, Member, Staff}
	security = append([]Role{SecurityOfficer}, ordinary...)
	centre   = append([]Role{CentreOfficer, ClearingOffice, Auditor}, security...)
	all      = append([]Role{Operator}, centre...)
	// asking are those who work for a body; an operator and an auditor look after it.
	asking = append([]Role{CentreOfficer, ClearingOffice}, security...)
)

// Roles are all roles, in the order in which they are shown.
var Roles = []RoleLine{
	{CentreOfficer, "Centre officer", "Decides for all bodies: bans, central allow rules, coverage.", centre},
	{SecurityOfficer, "Security officer", "Keeps a body's own list, its people, devices and incidents.", security},
	{Reviewer, "Reviewer", "Assesses apps and equipment and says what was found.", nil},
	{Approver, "Approver", "Signs what a reviewer or an officer proposes.", nil},
	{ClearingOffice, "Clearing office", "Clears exemptions: a minister's private office, for instance.", nil},
	{DeviceAdministrator, "Device administrator", "Brings the list onto devices and shows that it took.", nil},
	{EstateManager, "Estate manager", "Knows where the cameras, recorders and modules are, and when they go.", nil},
	{Desk, "Desk", "Takes reports, looks after visitors and passes.", nil},
	{Trainer, "Trainer", "Runs courses and exercises.", nil},
	{Member, "Member", "Serves in the House; sees and does what is their own.", nil},
	{Staff, "Staff", "Works for a member or a body; sees and does what is their own.", nil},
	{Auditor, "Auditor", "Sees everything and changes nothing.", nil},
	{Operator, "Operator", "Runs the server: organisations, people, tokens, settings.", all},
}

// line returns the line of a role, and nil where there is no such role.
func (r Role) line() *RoleLine {
	if i := slices.IndexFunc(Roles, func(l RoleLine) bool { return l.Role == r }); i >= 0 {
		return &Roles[i]
	}
	return nil
}

// Name is the role in words.
func (r Role) Name() string {
	if line := r.line(); line != nil {
		return line.Name
	}
	return string(r)
}

// ParseRole returns the role of that name.
func ParseRole(text string) (Role, error) {
	if line := Role(text).line(); line != nil {
		return line.Role, nil
	}
	names := ""
	for _, line := range Roles {
		names += ", " + string(line.Role)
	}
	return "", fault.In("role", "there is no role %q: the roles are %s", text, names[2:])
}

// Permission is something that one may be allowed to do.
type Permission string

// The permissions, those of the rooms above among them: there is one table.
const (
	// Own is everybody's: what is one's own, such as one's sessions, messages and passkeys.
	Own Permission = "own"

	SeeOrganisations    Permission = "organisations.see"
	ChangeOrganisations Permission = "organisations.change"
	SeePeople           Permission = "people.see"
	ChangePeople        Permission = "people.change"
	GiveRoles           Permission = "roles.give"
	EndSessions         Permission = "sessions.end"
	SeeTokens           Permission = "tokens.see"
	ChangeTokens        Permission = "tokens.change"
	SeeLedger           Permission = "ledger.see"
	SeeAccess           Permission = "access.see"
	SeeNotices          Permission = "notices.see"
	ChangeEndpoints     Permission = "endpoints.change"
	SeeRegister         Permission = "register.see"
	// ImportRegister is to fill an empty register, and not to change one: whoever sets a server up decides
	// nothing on it afterwards.
	ImportRegister Permission = "register.import"
	// DecideList is about allow rules, DecideBans about bans and phase-outs: each in the rule's scope.
	DecideList Permission = "register.list"
	DecideBans Permission = "register.ban"
	// DecideExemptions is asked in an exemption's scope, DecideMonitor and DecideProcess in the body that they are
	// about: each is one signature of those that its process demands. Clear is a clearing office's own.
	DecideExemptions Permission = "register.exempt"
	DecideMonitor    Permission = "register.monitor"
	DecideProcess    Permission = "register.process"
	Clear            Permission = "register.clear"
	// Propose is to open a proposal, and to recommend one. To ask for an app or an exemption needs less: Ask.
	Propose Permission = "register.propose"
	Ask     Permission = "register.ask"
	// SeeProposals is to see what others propose, before it is decided and after.
	SeeProposals Permission = "register.proposals"
	// Advise is to answer a body that consults the centre.
	Advise Permission = "register.advise"
	// Confirm is to say that what an exemption demands is in place.
	Confirm Permission = "register.confirm"
	// LinkIdentifiers is asked Everywhere: which product an identifier is holds for everyone.
	LinkIdentifiers Permission = "register.link"
	// SeeVetting is to see what was found in apps, and what was concluded; AssessApps to have apps looked at, and conclude.
	SeeVetting Permission = "vetting.see"
	AssessApps Permission = "vetting.assess"

	// KeepAdvice is asked Everywhere: what people are advised holds for everyone.
	KeepAdvice Permission = "handbook.advice"
	// SeePassed is to see which conversations were passed to the official record, and by whom.
	SeePassed Permission = "handbook.passed"

	SeeDevices    Permission = "devices.see"
	ReportDevices Permission = "devices.report"
	ChangeDevices Permission = "devices.change"
	// ReleaseDevices is the second person's part where judging a device is to end, for it becomes somebody's own.
	ReleaseDevices Permission = "devices.release"

	// FetchLists is to fetch what devices are to have: also single devices, and so what is exempt on them.
	FetchLists Permission = "lists.fetch"
	// KeepZones is about the zones from which a body's name servers answer, and SeeZones is to see them. Which networks
	// these pass is an exemption for all who ask there: who keeps a zone proposes it, and another person agrees who has
	// DecideExemptions.
	SeeZones  Permission = "zones.see"
	KeepZones Permission = "zones.keep"
)

// Line is one line of the permission table.
type Line struct {
	Permission Permission
	What       string // in words, as the end of "May …"
	Roles      []Role
}

// Table is the one permission table.
var Table = []Line{
	{Permission: SeeOrganisations, What: "see organisations, where they belong and whose list they follow", Roles: all},
	{Permission: ChangeOrganisations, What: "add organisations, rename them, and propose where they belong", Roles: []Role{CentreOfficer, Operator}},
	{Permission: SeePeople, What: "see people, their groups and their roles", Roles: []Role{CentreOfficer, SecurityOfficer, Desk, Auditor, Operator}},
	{Permission: ChangePeople, What: "add people, change their particulars, invite them to sign in, deactivate them", Roles: []Role{CentreOfficer, SecurityOfficer, Operator}},
	{Permission: GiveRoles, What: "give and take roles: those that their own role may give", Roles: []Role{CentreOfficer, SecurityOfficer, Operator}},
	{Permission: EndSessions, What: "sign somebody else out", Roles: []Role{CentreOfficer, SecurityOfficer, Operator}},
	{Permission: SeeTokens, What: "see which programs have tokens", Roles: []Role{CentreOfficer, SecurityOfficer, Auditor, Operator}},
	{Permission: ChangeTokens, What: "make tokens for programs, and end them", Roles: []Role{SecurityOfficer, Operator}},
	{Permission: SeeLedger, What: "see the ledger's entries, those that are not public among them", Roles: []Role{CentreOfficer, SecurityOfficer, Auditor, Operator}},
	{Permission: SeeAccess, What: "see who signed in and what was refused", Roles: []Role{Auditor, Operator}},
	{Permission: SeeNotices, What: "see which messages went to whom, and what became of them", Roles: []Role{CentreOfficer, SecurityOfficer, Auditor, Operator}},
	{Permission: ChangeEndpoints, What: "say which programs are told of events, and take in mail that came back", Roles: []Role{Operator}},
	{Permission: SeeRegister, What: "see suppliers, products, rules and exemptions", Roles: []Role{CentreOfficer, SecurityOfficer, Reviewer, Approver, ClearingOffice, DeviceAdministrator, EstateManager, Desk, Auditor, Operator}},
	{Permission: ImportRegister, What: "fill an empty register from a world file", Roles: []Role{CentreOfficer, Operator}},
	{Permission: DecideList, What: "decide what a body's list allows, for how long, and what stays off it", Roles: []Role{CentreOfficer, SecurityOfficer, Reviewer, Approver}},
	{Permission: DecideBans, What: "sign that something is banned or phased out, or is no longer, and where a body belongs", Roles: []Role{CentreOfficer, SecurityOfficer, Approver}},
	{Permission: DecideExemptions, What: "grant an exemption, sign one as the second person, and end one early", Roles: []Role{CentreOfficer, SecurityOfficer, Approver}},
	{Permission: DecideMonitor, What: "sign that a body watches for a while rather than enforces", Roles: []Role{CentreOfficer, SecurityOfficer, Approver}},
	{Permission: DecideProcess, What: "say who decides in a body, and sign that", Roles: []Role{CentreOfficer, SecurityOfficer, Approver}},
	{Permission: Clear, What: "clear exemptions for a minister, or say no", Roles: []Role{ClearingOffice}},
	{Permission: Propose, What: "propose decisions, and recommend what others ask for", Roles: []Role{CentreOfficer, SecurityOfficer, Reviewer, Approver, DeviceAdministrator, EstateManager}},
	{Permission: Ask, What: "ask for an app, or for an exemption", Roles: asking},
	{Permission: SeeProposals, What: "see what is proposed, and how it was decided", Roles: []Role{CentreOfficer, SecurityOfficer, Reviewer, Approver, Auditor}},
	{Permission: Advise, What: "answer bodies that consult the centre", Roles: []Role{CentreOfficer}},
	{Permission: Confirm, What: "say that what an exemption demands is in place", Roles: []Role{CentreOfficer, SecurityOfficer, DeviceAdministrator, EstateManager}},
	{Permission: LinkIdentifiers, What: "say which product an identifier belongs to, and add products and suppliers, for all bodies", Roles: []Role{CentreOfficer, SecurityOfficer, Reviewer}},
	{Permission: SeeVetting, What: "see what was found in apps, what is asked of them, and how they were reviewed", Roles: []Role{CentreOfficer, SecurityOfficer, Reviewer, Approver, Auditor}},
	{Permission: AssessApps, What: "have apps looked at, and say what follows from what was found", Roles: []Role{CentreOfficer, SecurityOfficer, Reviewer}},
	{Permission: KeepAdvice, What: "keep the advice that people are given, for their own devices too", Roles: []Role{CentreOfficer, SecurityOfficer}},
	{Permission: SeePassed, What: "see which conversations were passed to the official record", Roles: []Role{CentreOfficer, SecurityOfficer, Auditor}},
	{Permission: SeeDevices, What: "see devices, what is installed on them, and what must not stay so", Roles: []Role{CentreOfficer, SecurityOfficer, Reviewer, Approver, DeviceAdministrator, EstateManager, Auditor, Operator}},
	{Permission: ReportDevices, What: "send in what is installed on devices, and enrol devices that way", Roles: []Role{SecurityOfficer, DeviceAdministrator, Operator}},
	{Permission: ChangeDevices, What: "enrol devices, move them, call them lost, retired or replaced, and propose that one becomes personal", Roles: []Role{CentreOfficer, SecurityOfficer, DeviceAdministrator}},
	{Permission: ReleaseDevices, What: "agree, as the second person, that a device becomes personal and is judged no longer", Roles: []Role{CentreOfficer, SecurityOfficer, Approver}},
	{Permission: FetchLists, What: "fetch the lists that devices are to have, in each platform's own form", Roles: []Role{CentreOfficer, SecurityOfficer, DeviceAdministrator, Operator}},
	{Permission: SeeZones, What: "see from which zones a body's name servers answer, and which networks these pass", Roles: []Role{CentreOfficer, SecurityOfficer, Approver, DeviceAdministrator, Auditor, Operator}},
	{Permission: KeepZones, What: "say which name servers take a body's list, and with which keys, and propose which networks pass", Roles: []Role{CentreOfficer, SecurityOfficer, DeviceAdministrator, Operator}},
}

// lineOf returns the line of a permission, and nil where there is none: then nobody may.
func lineOf(p Permission) *Line {
	if i := slices.IndexFunc(Table, func(l Line) bool { return l.Permission == p }); i >= 0 {
		return &Table[i]
	}
	return nil
}

// What is the permission in words, as the end of "You may not …".
func (p Permission) What() string {
	if line := lineOf(p); line != nil {
		return line.What
	}
	return "do this without being signed in as a person"
}

// Grant is a role held in an organisation and all below it, or Everywhere.
type Grant struct {
	Role         Role
	Organisation string
}

// Everywhere stands for all organisations, those that do not belong together among them.
const Everywhere = "*"
