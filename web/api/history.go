package api

import (
	"context"
	"slices"
	"time"

	"portcullis/policy"
	"portcullis/register"
)

// Version is a thing of the register as it was recorded at one time: just one of rule, exemption, supplier and product.
type Version struct {
	Recorded  time.Time        `json:"recorded" doc:"Since when it counts"`
	Replaced  time.Time        `json:"replaced,omitzero" doc:"Since when something else counts in its stead, or nothing, where it was taken back; left out while it counts"`
	By        string           `json:"by" doc:"Who recorded it: the id of a person, token: and the id of a token, or command"`
	Reason    string           `json:"reason,omitempty" doc:"Why it is so, where that was said"`
	Rule      *Rule            `json:"rule,omitempty"`
	Exemption *Exemption       `json:"exemption,omitempty"`
	Supplier  *SupplierEdges   `json:"supplier,omitempty"`
	Product   *RecordedProduct `json:"product,omitempty"`
}

// RecordedProduct is a product as it was recorded.
type RecordedProduct struct {
	ProductEdges
	Kind        string              `json:"kind" enum:"app,equipment"`
	Identifiers map[string][]string `json:"identifiers,omitempty" doc:"By platform"`
}

type historyQuery struct {
	ID    string    `path:"id" maxLength:"200" doc:"Its id"`
	Known time.Time `query:"known" doc:"Only the version that counted then"`
}

// historyOf tells what was ever recorded of one thing of a section.
func (a *api) historyOf(section register.Section) func(context.Context, *historyQuery) (*list[Version], error) {
	return func(ctx context.Context, in *historyQuery) (*list[Version], error) {
		record, err := a.Register.Record(ctx, actorOf(ctx), section, in.ID)
		if err != nil {
			return nil, err
		}
		if !in.Known.IsZero() {
			record = slices.DeleteFunc(record, func(v register.Recorded) bool {
				return in.Known.Before(v.At.Time()) || !v.Replaced.IsZero() && !in.Known.Before(v.Replaced.Time())
			})
		}
		slices.Reverse(record)
		return whole(record, showVersion), nil
	}
}

func showVersion(r register.Recorded) Version {
	v := Version{Recorded: r.At.Time(), Replaced: r.Replaced.Time(), By: r.By, Reason: r.Reason}
	switch w := &r.World; {
	case len(w.Rules) > 0:
		rule := showRule(w.Rules[0])
		v.Rule = &rule
	case len(w.Exemptions) > 0:
		exemption := showExemption(&w.Exemptions[0])
		v.Exemption = &exemption
	case len(w.Suppliers) > 0:
		v.Supplier = showSupplier(&w.Suppliers[0])
	case len(w.Products) > 0:
		v.Product = showRecorded(&w.Products[0])
	}
	return v
}

func showRecorded(p *policy.Product) *RecordedProduct {
	shown := RecordedProduct{ProductEdges: *showProduct(p), Kind: p.Kind.String()}
	for platform, identifiers := range p.Identifiers {
		if shown.Identifiers == nil {
			shown.Identifiers = map[string][]string{}
		}
		for _, i := range identifiers {
			shown.Identifiers[platform.String()] = append(shown.Identifiers[platform.String()], i.ID)
		}
	}
	return &shown
}
