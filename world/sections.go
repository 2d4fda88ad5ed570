package world

import "portcullis/policy"

// The keys of every part of a world file, in the order in which Write gives them.

const (
	needID       = "an id that no other in this section has"
	emptyFilter  = "an empty filter would match nothing and everything: leave the key out, or say what it is about"
	emptyTarget  = "empty: say which one"
	onlyTogether = "%s cannot be said on %s"
)

var organisationFields = []field[policy.Organisation]{
	{key: "id", read: func(d *decoder, i int, v *policy.Organisation) { readText(d, i, &v.ID) }, need: needID},
	{key: "name", read: func(d *decoder, i int, v *policy.Organisation) { readText(d, i, &v.Name) }},
	{key: "parent", read: func(d *decoder, i int, v *policy.Organisation) { readText(d, i, &v.Parent) }},
	{key: "list", read: readOwnList},
	{key: "monitor", read: readMonitor},
}

func readOrganisation(d *decoder, i int, v *policy.Organisation) {
	readMapping(d, i, v, organisationFields)
}

var readListWord = word[uint8]([]string{"", "inherit", "own"})

// readOwnList reads whether the ancestors' allow rules stop short of an organisation.
func readOwnList(d *decoder, i int, v *policy.Organisation) {
	const own = 2
	var list uint8
	readListWord(d, i, &list)
	v.OwnList = list == own
}

var monitorFields = []field[policy.Monitor]{
	{key: "from", read: func(d *decoder, i int, v *policy.Monitor) { readTime(d, i, &v.From) }},
	{key: "until", read: func(d *decoder, i int, v *policy.Monitor) { readTime(d, i, &v.Until) },
		need: "the time at which watching ends and enforcing begins"},
	{key: "reason", read: func(d *decoder, i int, v *policy.Monitor) { readText(d, i, &v.Reason) }},
}

func readMonitor(d *decoder, i int, v *policy.Organisation) {
	v.Monitor = new(policy.Monitor)
	readMapping(d, i, v.Monitor, monitorFields)
}

var siteFields = []field[policy.Site]{
	{key: "id", read: func(d *decoder, i int, v *policy.Site) { readText(d, i, &v.ID) }, need: needID},
	{key: "organisation", read: func(d *decoder, i int, v *policy.Site) { readText(d, i, &v.Organisation) },
		need: "the organisation whose site it is"},
	{key: "class", read: func(d *decoder, i int, v *policy.Site) { readText(d, i, &v.Class) }},
}

func readSite(d *decoder, i int, v *policy.Site) { readMapping(d, i, v, siteFields) }

var supplierFields = []field[policy.Supplier]{
	{key: "id", read: func(d *decoder, i int, v *policy.Supplier) { readText(d, i, &v.ID) }, need: needID},
	{key: "name", read: func(d *decoder, i int, v *policy.Supplier) { readText(d, i, &v.Name) }},
	{key: "aliases", read: func(d *decoder, i int, v *policy.Supplier) { readTexts(d, i, &v.Aliases) }},
	{key: "owned_by", read: func(d *decoder, i int, v *policy.Supplier) { readList(d, i, &v.OwnedBy, readEdge) }},
}

func readSupplier(d *decoder, i int, v *policy.Supplier) { readMapping(d, i, v, supplierFields) }

var edgeFields = []field[policy.Edge]{
	{key: "supplier", read: func(d *decoder, i int, v *policy.Edge) { readText(d, i, &v.Supplier) },
		need: "the supplier that it leads to"},
	{key: "from", read: func(d *decoder, i int, v *policy.Edge) { readTime(d, i, &v.From) }},
	{key: "until", read: func(d *decoder, i int, v *policy.Edge) { readTime(d, i, &v.Until) }},
}

func readEdge(d *decoder, i int, v *policy.Edge) { readMapping(d, i, v, edgeFields) }

var productFields = []field[policy.Product]{
	{key: "id", read: func(d *decoder, i int, v *policy.Product) { readText(d, i, &v.ID) }, need: needID},
	{key: "kind", read: func(d *decoder, i int, v *policy.Product) { readKind(d, i, &v.Kind) }, need: "app or equipment"},
	{key: "name", read: func(d *decoder, i int, v *policy.Product) { readText(d, i, &v.Name) }},
	{key: "aliases", read: func(d *decoder, i int, v *policy.Product) { readTexts(d, i, &v.Aliases) }},
	{key: "supplier", read: func(d *decoder, i int, v *policy.Product) { readText(d, i, &v.Supplier) }},
	{key: "made_by", read: func(d *decoder, i int, v *policy.Product) { readList(d, i, &v.MadeBy, readEdge) }},
	{key: "identifiers", read: func(d *decoder, i int, v *policy.Product) { v.Identifiers = readByPlatform(d, i, readIdentifiers) }},
	{key: "domains", read: func(d *decoder, i int, v *policy.Product) { readTexts(d, i, &v.Domains) }},
	{key: "contains", read: func(d *decoder, i int, v *policy.Product) { readList(d, i, &v.Contains, readComponent) }},
	{key: "builtin_on", read: func(d *decoder, i int, v *policy.Product) { readList(d, i, &v.BuiltinOn, readPlatform) }},
}

func readProduct(d *decoder, i int, v *policy.Product) { readMapping(d, i, v, productFields) }

var identifierFields = []field[policy.Identifier]{
	{key: "id", read: func(d *decoder, i int, v *policy.Identifier) { readText(d, i, &v.ID) },
		need: "the identifier that the platform gives the product"},
	{key: "signers", read: func(d *decoder, i int, v *policy.Identifier) { readTexts(d, i, &v.Signers) },
		filled: "an empty list of signers keeps nobody out: leave the key out, or name the certificates"},
}

func readIdentifiers(d *decoder, i int, v *[]policy.Identifier) { readList(d, i, v, readIdentifier) }

// readIdentifier reads an identifier in its short form, a text, or with its signers.
func readIdentifier(d *decoder, i int, v *policy.Identifier) {
	if d.kind(i) == scalar {
		readText(d, i, &v.ID)
		return
	}
	readMapping(d, i, v, identifierFields)
}

var componentFields = []field[policy.Component]{
	{key: "product", read: func(d *decoder, i int, v *policy.Component) { readText(d, i, &v.Product) },
		need: "the product that is inside"},
	{key: "since", read: func(d *decoder, i int, v *policy.Component) { readText(d, i, &v.Versions.Since) }},
	{key: "until", read: func(d *decoder, i int, v *policy.Component) { readText(d, i, &v.Versions.Until) }},
}

// readComponent reads a component in its short form, a product's id, or with its versions.
func readComponent(d *decoder, i int, v *policy.Component) {
	if d.kind(i) == scalar {
		readText(d, i, &v.Product)
		return
	}
	readMapping(d, i, v, componentFields)
}

var windowFields = []field[policy.Window]{
	{key: "since", read: func(d *decoder, i int, v *policy.Window) { readText(d, i, &v.Since) }},
	{key: "until", read: func(d *decoder, i int, v *policy.Window) { readText(d, i, &v.Until) }},
}

// readFilterWindow reads a window that is a filter, and so must have an end that is not open.
func readFilterWindow(d *decoder, i int, v *policy.Window) {
	if _, ok := readMapping(d, i, v, windowFields); !ok || *v != (policy.Window{}) {
		return
	}
	for _, key := range []string{"since", "until"} {
		if val, _ := d.tree.find(i, key); val >= 0 && !d.nothing(val) {
			return // it is mistaken, and was reported
		}
	}
	d.fail(i, "%s", emptyFilter)
}

// worldFields are the sections, without the hosts, which Load reads on their own.
var worldFields = []field[policy.World]{
	{key: "organisations", read: func(d *decoder, i int, v *policy.World) { readList(d, i, &v.Organisations, readOrganisation) }},
	{key: "sites", read: func(d *decoder, i int, v *policy.World) { readList(d, i, &v.Sites, readSite) }},
	{key: "suppliers", read: func(d *decoder, i int, v *policy.World) { readList(d, i, &v.Suppliers, readSupplier) }},
	{key: "products", read: func(d *decoder, i int, v *policy.World) { readList(d, i, &v.Products, readProduct) }},
	{key: "rules", read: func(d *decoder, i int, v *policy.World) { readList(d, i, &v.Rules, readRule) }},
	{key: "exemptions", read: func(d *decoder, i int, v *policy.World) { readList(d, i, &v.Exemptions, readExemption) }},
	{key: hostsKey, read: func(*decoder, int, *policy.World) {}},
}

// hostsKey is the section that a hosts file has and no other.
const hostsKey = "hosts"

// readWorld reads everything but the hosts. A document with nothing in it is a world of nothing.
func readWorld(d *decoder, i int, v *policy.World) {
	if !d.nothing(i) || d.tree.nodes[i].quoted {
		readMapping(d, i, v, worldFields)
	}
}

// readHostsOnly looks at the sections of a hosts file.
func readHostsOnly(d *decoder, i int) {
	if d.nothing(i) && !d.tree.nodes[i].quoted {
		return
	}
	seen, ok := readMapping(d, i, new(policy.World), worldFields)
	for f := range worldFields {
		if key := worldFields[f].key; ok && seen&(1<<f) != 0 && key != hostsKey {
			_, k := d.tree.find(i, key)
			d.failKey(d.line(k), key, "only hosts belong in a hosts file: put this section into the world file")
		}
	}
}
