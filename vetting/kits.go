package vetting

import (
	"slices"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/vetting/report"
	"portcullis/vetting/sdk"
)

// Confirmed is a kit that a reviewer has confirmed to be in an app.
type Confirmed struct {
	SDK     string `json:"sdk"`     // its id in the table
	Product string `json:"product"` // in the register
	// Since is the version from which the register says so from now on; empty for all.
	Since string `json:"since,omitempty"`
	// Added are the product and the suppliers that the register did not have; Unverified that one source alone says whose
	// the kit is.
	Added      []string `json:"added,omitempty"`
	Unverified bool     `json:"unverified,omitempty"`
}

// known is the kit of an id in the project's table; nil where it is not there, as those of lists that somebody brought
// are not.
func known(id string) *sdk.SDK {
	kits := sdk.Facts().SDKs
	if i := slices.IndexFunc(kits, func(s sdk.SDK) bool { return s.ID == id }); i >= 0 {
		return &kits[i]
	}
	return nil
}

// kitIn is the id of a kit in the register: the one of its own under which it was confirmed first, or else the catalogue's,
// or else one of its own. The table's alone would be that of an app now and then: a maker's kit and its app go by one name.
func kitIn(tx *store.Tx, k *sdk.SDK) (string, error) {
	own := "kit-" + k.ID
	if k.Product == "" {
		return own, nil
	}
	_, there, err := findProduct(tx, own) // before the catalogue had it
	if err != nil || there {
		return own, err
	}
	return k.Product, nil
}

// kitsOf are the kits of an assessment, with what the register has of them.
func kitsOf(tx *store.Tx, a *Assessment) (kits []Kit, err error) {
	var contains []policy.Component
	if a.Product != "" {
		product, _, err := findProduct(tx, a.Product)
		if err != nil {
			return nil, err
		}
		contains = product.Contains
	}
	for _, s := range a.Report.SDKs {
		kit := Kit{SDK: s}
		if k := known(s.ID); k != nil {
			kit.Addable, kit.Sources = true, k.Sources
			id, err := kitIn(tx, k)
			if err != nil {
				return nil, err
			}
			product, there, err := findProduct(tx, id)
			if err != nil {
				return nil, err
			}
			if there {
				kit.Product, kit.Supplier = product.ID, product.Supplier
				kit.Contained = slices.ContainsFunc(contains, func(c policy.Component) bool { return c.Product == product.ID && within(c.Versions, a.VersionName) })
			}
		}
		kits = append(kits, kit)
	}
	return kits, nil
}

// within tells whether a version lies in a window; one that says nothing does.
func within(w policy.Window, version string) bool {
	return policy.VersionMissing(version) || (w.Since == "" || policy.CompareVersions(version, w.Since) >= 0) && (w.Until == "" || policy.CompareVersions(version, w.Until) < 0)
}

// findProduct returns a product of the register, and tells whether it is there.
func findProduct(tx *store.Tx, id string) (none policy.Product, there bool, err error) {
	text, err := register.Standing(tx, register.Products, id)
	if err != nil || text == "" {
		return none, false, err
	}
	w, err := register.Decode(register.Products, text)
	if err != nil {
		return none, false, err
	}
	return w.Products[0], true, nil
}

// checkKits returns a fault unless what is confirmed was found, and the file is what it says that it is: what an app
// contains holds for all bodies, and anybody can call a file of their own by another's name.
func checkKits(rep *report.Report, product *policy.Product, platform policy.Platform, ids []string) error {
	for i, id := range ids {
		switch k := known(id); {
		case !slices.ContainsFunc(rep.SDKs, func(s report.SDK) bool { return s.ID == id }):
			return fault.In("contains", "The report has no kit %s", shown(id))
		case k == nil:
			return fault.In("contains", "Whose the kit %s is, a list says that somebody brought: add it to the register as a product, and propose that the app contains it", shown(id))
		case slices.Contains(ids[:i], id):
			return fault.In("contains", "The kit %s is named twice", shown(id))
		}
	}
	if len(ids) == 0 || platform != policy.Android {
		return nil
	}
	if rep.Format != report.AAB && !rep.Signing.Verifies {
		return fault.In("contains", "The signature of this file does not verify: whoever made it, it need not be this app. Confirm kits from a file that is signed")
	}
	for _, identifier := range product.Identifiers[platform] {
		if identifier.ID == rep.Package && len(identifier.Signers) > 0 && !slices.ContainsFunc(rep.Signing.Certificates, func(c string) bool { return slices.Contains(identifier.Signers, c) }) {
			return fault.In("contains", "This file is signed by somebody else than the register has for %s: it is another app that goes by the same name", shown(rep.Package))
		}
	}
	return nil
}

// contain has the register say that a product contains kits, in the version that was looked at and later ones. What the
// register lacks of the kits and of who makes them is added.
func contain(tx *people.Tx, product, version string, ids []string) (confirmed []Confirmed, err error) {
	for _, id := range ids {
		k := known(id)
		in, err := kitIn(tx.Tx, k)
		if err != nil {
			return nil, err
		}
		c := Confirmed{SDK: id, Product: in, Unverified: k.Unverified}
		if c.Product == product {
			return nil, fault.In("contains", "This is the kit %s itself", shown(id))
		}
		if c.Added, err = addKit(tx, k, in); err != nil {
			return nil, err
		}
		confirmed = append(confirmed, c)
	}
	p, there, err := findProduct(tx.Tx, product)
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, fault.New(fault.Conflict, "The register has no product %s any more: look again", shown(product))
	}
	changed := false
	for i := range confirmed {
		widened, since := widen(&p, confirmed[i].Product, version)
		confirmed[i].Since = since
		changed = changed || widened
	}
	if changed {
		_, err = register.ChangeProduct(tx, p)
	}
	return confirmed, err
}

// widen has a product contain a kit in a version, and tells whether that is news, and from which version it contains it.
// Windows that are there are kept, and one of them is widened: nobody has said that the kit has gone.
func widen(p *policy.Product, kit, version string) (news bool, since string) {
	if policy.VersionMissing(version) {
		version = ""
	}
	for i := range p.Contains {
		c := &p.Contains[i]
		if c.Product != kit {
			continue
		}
		was := c.Versions
		switch {
		case version == "" || c.Versions.Since != "" && policy.CompareVersions(version, c.Versions.Since) < 0:
			c.Versions.Since = version
		case c.Versions.Until != "" && policy.CompareVersions(version, c.Versions.Until) >= 0:
			c.Versions.Until = ""
		}
		if version == "" {
			c.Versions.Until = ""
		}
		return c.Versions != was, c.Versions.Since
	}
	p.Contains = append(slices.Clip(p.Contains), policy.Component{Product: kit, Versions: policy.Window{Since: version}})
	return true, version
}

// addKit adds to the register what it lacks of a kit under an id: the product, who makes it, and who owns those, up to the
// first that is there.
func addKit(tx *people.Tx, k *sdk.SDK, id string) (added []string, err error) {
	if _, there, err := findProduct(tx.Tx, id); err != nil || there {
		return nil, err
	}
	var suppliers []policy.Supplier
	product := policy.Product{ID: id, Kind: policy.App, Name: k.Name}
	for i, m := range k.Makers {
		id := m.Supplier
		if id == "" {
			id = m.ID
		}
		if i == 0 {
			product.Supplier = id
		} else {
			suppliers[i-1].OwnedBy = []policy.Edge{{Supplier: id}}
		}
		if text, err := register.Standing(tx.Tx, register.Suppliers, id); err != nil {
			return nil, err
		} else if text != "" {
			break // who owns it is the register's to say
		}
		suppliers, added = append(suppliers, policy.Supplier{ID: id, Name: m.Name}), append(added, id)
	}
	place := func(int) string { return "contains" }
	return append(added, product.ID), register.AddTogether(tx, suppliers, []policy.Product{product}, place, place)
}

// shown is the beginning of something that somebody has given, for a fault that names it.
func shown(text string) string {
	if runes := []rune(text); len(runes) > maxName {
		return string(runes[:maxName]) + "…"
	}
	return text
}
