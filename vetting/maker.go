package vetting

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"portcullis/catalogue"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/vetting/criteria"
	"portcullis/vetting/report"
	"portcullis/vetting/sdk"
)

// hold has a report stand to the criteria of a body, with what the register knows of who makes the app.
func hold(tx *people.Tx, rep *report.Report, asked *Asked) error {
	tables := map[string]string{}
	for name, version := range rep.Tables {
		tables[name] = version
	}
	tables["criteria"] = asked.Set.Name + " " + asked.Set.Version
	rep.Tables, rep.Criteria = tables, nil
	facts, err := makers(tx, rep)
	if err != nil {
		return err
	}
	rep.Criteria = asked.Set.Evaluate(rep, facts)
	return nil
}

// makers are the countries of who makes an app and who owns them, as far as they are known; nothing where the register
// does not have the app or its maker. Where that of one is not known the report says so.
func makers(tx *people.Tx, rep *report.Report) (criteria.Known, error) {
	unknown := map[report.Fact]string{}
	for fact, why := range rep.Unknown {
		if fact != report.MakerFact {
			unknown[fact] = why
		}
	}
	if rep.Unknown = unknown; len(unknown) == 0 {
		rep.Unknown = nil
	}
	id, err := productOf(tx.Tx, &Summary{Platform: platformOf(rep.Format), Package: rep.Package})
	if err != nil || id == "" || rep.Error != "" {
		return nil, err
	}
	product, _, err := findProduct(tx.Tx, id)
	if err != nil {
		return nil, err
	}
	chain, err := behind(tx, &product)
	if err != nil || len(chain) == 0 {
		return nil, err
	}
	found := []report.Found{}
	var without []string
	for _, m := range chain {
		c, known := countries()[m.id]
		if known {
			found = append(found, report.Found{Value: c.code, Evidence: report.Evidence{Grade: report.GradeRegister, Where: "register", What: m.words + ": " + c.words}})
		} else if m.top {
			without = append(without, m.name)
		}
	}
	if len(without) > 0 {
		if rep.Unknown == nil {
			rep.Unknown = map[report.Fact]string{}
		}
		rep.Unknown[report.MakerFact] = "it is not known where these are, who make the app or own who does: " + strings.Join(without, ", ")
	}
	return criteria.Known{report.MakerFact: found}, nil
}

// maker is a company behind an app.
type maker struct {
	id, name, words string
	top             bool // nobody is known to own it
}

// behind are the companies behind a product now, each before those that own it.
func behind(tx *people.Tx, p *policy.Product) (chain []maker, err error) {
	var first []string
	if p.Supplier != "" {
		first = append(first, p.Supplier)
	}
	for _, e := range p.MadeBy {
		if e.Contains(tx.Now().Time()) {
			first = append(first, e.Supplier)
		}
	}
	seen := map[string]bool{}
	var follow func(ids []string, how string) error
	follow = func(ids []string, how string) error {
		for _, id := range ids {
			if seen[id] {
				continue
			}
			seen[id] = true
			s, err := findSupplier(tx.Tx, id)
			if err != nil {
				return err
			}
			var owners []string
			for _, e := range s.OwnedBy {
				if e.Contains(tx.Now().Time()) {
					owners = append(owners, e.Supplier)
				}
			}
			name := s.Name
			if name == "" {
				name = id
			}
			chain = append(chain, maker{id, name, how + " " + name, len(owners) == 0})
			if err := follow(owners, how+" "+name+", which is owned by"); err != nil {
				return err
			}
		}
		return nil
	}
	return chain, follow(first, "made by")
}

func findSupplier(tx *store.Tx, id string) (policy.Supplier, error) {
	text, err := register.Standing(tx, register.Suppliers, id)
	if err != nil || text == "" {
		return policy.Supplier{ID: id}, err
	}
	w, err := register.Decode(register.Suppliers, text)
	if err != nil {
		return policy.Supplier{}, err
	}
	return w.Suppliers[0], nil
}

// country is where a company is, and who says so.
type country struct{ code, words string }

// countries are those of suppliers, by the ids that the catalogue gives them: the catalogue's own, and those of the table
// of kits.
var countries = sync.OnceValue(func() map[string]country {
	all := map[string]country{}
	for _, k := range sdk.Facts().SDKs {
		if owner := k.Makers[len(k.Makers)-1]; owner.Supplier != "" && k.Country != "" {
			all[owner.Supplier] = country{k.Country, k.Country + ", as the table of kits of " + sdk.Facts().Version + " has it"}
		}
	}
	facts, err := catalogue.Sources()
	if err != nil {
		return all // a test reads both tables
	}
	for _, f := range facts {
		if f.Section == "suppliers" && f.Key == "country" {
			words := fmt.Sprintf("%s, as the catalogue of %s has it", f.Value, f.Checked.Format("2 January 2006"))
			if f.Unverified {
				words += ", from one source alone"
			}
			all[f.ID] = country{f.Value, words}
		}
	}
	return all
})

// criterionOf is the criterion of an id in a report; nil where it has none.
func criterionOf(rep *report.Report, id string) *report.Criterion {
	if i := slices.IndexFunc(rep.Criteria, func(c report.Criterion) bool { return c.ID == id }); i >= 0 {
		return &rep.Criteria[i]
	}
	return nil
}
