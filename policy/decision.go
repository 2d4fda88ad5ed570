package policy

// Decision is what the rules say of one installation on one host at one time.
type Decision struct {
	// Identifier is the installation's, or its product's id where it gave a product.
	Identifier string
	// Platform is the installation's own or its host's; zero on equipment.
	Platform Platform
	// Product is the id of the product found on that platform; empty where none was.
	Product string
	Version string
	Verdict Result
	Breach  bool
	// Findings are in the order ban, phase-out, listing, each only where it applies.
	Findings []Finding

	ids        []string // what the findings' Rules and Exemptions are slices of
	product    int32    // by its index, or none
	candidates []int32
}

// Finding answers one question. Rules and Exemptions are sorted by id.
type Finding struct {
	Question Question
	Result   Result
	// Rules are those of the result: for Lifted all that cover, for Allowed those met, for Outdated
	// the deciding ones, for Banned, Overdue and PhasingOut those not lifted; else none.
	Rules []string
	// Exemptions are those that lifted (Lifted) or that list (Exempt); else none.
	Exemptions []string
}
