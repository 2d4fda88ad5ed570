package bench

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"portcullis/policy"
	"portcullis/policy/policytest"
)

//go:embed gate.rego
var gate string

// opa answers with one prepared query, in one transaction that stays open.
type opa struct {
	query rego.PreparedEvalQuery
	txn   storage.Transaction
}

// opaData is what the policy finds under `data`: everything by what a question knows.
type opaData struct {
	Identified map[string]map[string]opaFound      `json:"identified"` // platform, identifier
	Elsewhere  map[string]string                   `json:"elsewhere"`  // identifier → product
	Kinds      map[string]string                   `json:"kinds"`      // by product
	Supplied   map[string]bool                     `json:"supplied"`   // products with a known supplier
	Above      map[string]map[string]bool          `json:"above"`      // organisation → itself and its ancestors
	Reach      map[string][]string                 `json:"reach"`      // the same as far as allow rules count, the nearest first
	Stops      map[string][]opaStop                `json:"stops"`      // by product
	Allows     map[string]map[string][]opaAllow    `json:"allows"`     // by product and scope
	Lifts      map[string]map[string]*opaExemption `json:"lifts"`      // by product and rule
	Lists      map[string]*opaExemption            `json:"lists"`      // by product
}

type opaFound struct {
	Product string   `json:"product"`
	Signers []string `json:"signers,omitempty"`
}

type opaWindow struct {
	Since int64 `json:"since"`
	Until int64 `json:"until"`
}

type opaStop struct {
	ID        string      `json:"id"`
	Scope     string      `json:"scope"`
	Platforms []string    `json:"platforms,omitempty"`
	Kinds     []string    `json:"kinds,omitempty"`
	Classes   []string    `json:"classes,omitempty"`
	Versions  opaWindow   `json:"versions"`
	Windows   []opaWindow `json:"windows,omitempty"`
}

type opaAllow struct {
	Platforms []string `json:"platforms,omitempty"`
	Version   int64    `json:"version,omitempty"`
	Code      int64    `json:"code,omitempty"`
}

// opaExemption finds exemptions by their subject.
type opaExemption struct {
	Host     map[string][]opaScope `json:"host"`
	Site     map[string][]opaScope `json:"site"`
	Person   map[string][]opaScope `json:"person"`
	Group    map[string][]opaScope `json:"group"`
	Everyone []opaScope            `json:"everyone"`
}

type opaScope struct {
	Scope string `json:"scope"`
	Any   bool   `json:"any"`
}

func newOPAExemption() *opaExemption {
	return &opaExemption{map[string][]opaScope{}, map[string][]opaScope{}, map[string][]opaScope{}, map[string][]opaScope{}, []opaScope{}}
}

func (x *opaExemption) add(e *policy.Exemption) {
	entry := opaScope{e.Scope, e.AnyVersion}
	switch s := e.Subject; {
	case s.Host != "":
		x.Host[s.Host] = append(x.Host[s.Host], entry)
	case s.Site != "":
		x.Site[s.Site] = append(x.Site[s.Site], entry)
	case s.Person != "":
		x.Person[s.Person] = append(x.Person[s.Person], entry)
	case s.Group != "":
		x.Group[s.Group] = append(x.Group[s.Group], entry)
	default:
		x.Everyone = append(x.Everyone, entry)
	}
}

func newOPA(p *plain, questions []policytest.Question) (*opa, []ast.Value, error) {
	data, err := json.Marshal(p.opaData())
	if err != nil {
		return nil, nil, err
	}
	store := inmem.NewFromReaderWithOpts(bytes.NewReader(data), inmem.OptReturnASTValuesOnRead(true), inmem.OptRoundTripOnWrite(false))
	query, err := rego.New(rego.Query("data.gate.answer"), rego.Module("gate.rego", gate), rego.Store(store),
		rego.StoreReadAST(true)).PrepareForEval(context.Background())
	if err != nil {
		return nil, nil, err
	}
	inputs := make([]ast.Value, len(questions))
	for i := range questions {
		if inputs[i], err = p.opaInput(&questions[i]); err != nil {
			return nil, nil, err
		}
	}
	txn, err := store.NewTransaction(context.Background())
	if err != nil {
		return nil, nil, err
	}
	return &opa{query, txn}, inputs, nil
}

func (o *opa) answer(input ast.Value) (outcome, error) {
	results, err := o.query.Eval(context.Background(), rego.EvalParsedInput(input), rego.EvalTransaction(o.txn))
	if err != nil {
		return neither, err
	}
	word, ok := results[0].Expressions[0].Value.(string)
	if !ok {
		return neither, fmt.Errorf("no answer: %v", results)
	}
	return outcomeWords[word], nil
}

func (p *plain) opaData() *opaData {
	d := &opaData{map[string]map[string]opaFound{}, p.elsewhere, map[string]string{}, map[string]bool{}, map[string]map[string]bool{},
		map[string][]string{}, map[string][]opaStop{}, map[string]map[string][]opaAllow{},
		map[string]map[string]*opaExemption{}, map[string]*opaExemption{}}
	for at, f := range p.identified {
		platform := at.platform.String()
		if d.Identified[platform] == nil {
			d.Identified[platform] = map[string]opaFound{}
		}
		d.Identified[platform][at.identifier] = opaFound{f.product, f.signers}
	}
	for id := range p.organisation {
		ancestors, reach := p.ancestors(id)
		d.Above[id], d.Reach[id] = map[string]bool{}, ancestors[:reach]
		for _, ancestor := range ancestors {
			d.Above[id][ancestor] = true
		}
	}
	for id, product := range p.product {
		p.addToOPA(d, id, product)
	}
	return d
}

func (p *plain) addToOPA(d *opaData, id string, product *policy.Product) {
	d.Kinds[id] = product.Kind.String()
	if product.Supplier != "" {
		d.Supplied[id] = true
	}
	d.Allows[id], d.Lifts[id], d.Lists[id] = map[string][]opaAllow{}, map[string]*opaExemption{}, newOPAExemption()
	for _, s := range p.stopsOf[id] {
		stop := opaStop{ID: s.ID, Scope: s.Scope, Platforms: wordsOf(s.Platforms), Kinds: wordsOf(s.Kinds), Classes: s.SiteClass, Versions: opaEnds(s.Versions)}
		for _, w := range s.windows {
			stop.Windows = append(stop.Windows, opaEnds(w))
		}
		d.Stops[id] = append(d.Stops[id], stop)
		d.Lifts[id][s.ID] = newOPAExemption()
	}
	for _, r := range p.allowsOf[id] {
		allow := opaAllow{Platforms: wordsOf(r.Platforms), Version: max(0, number(r.MinVersion)), Code: r.MinVersionCode[policy.Android]}
		d.Allows[id][r.Scope] = append(d.Allows[id][r.Scope], allow)
	}
	for _, e := range p.exemptions[id] {
		lists := true
		for _, rule := range e.Lifts {
			meets := p.meets(e, p.rule[rule])
			lists = lists && meets
			if x := d.Lifts[id][rule]; x != nil && meets {
				x.add(e)
			}
		}
		if lists {
			d.Lists[id].add(e)
		}
	}
}

func opaEnds(w policy.Window) opaWindow {
	since, until := ends(w)
	return opaWindow{since, until}
}

func wordsOf[T fmt.Stringer](list []T) []string {
	var words []string
	for _, w := range list {
		words = append(words, w.String())
	}
	return words
}

// opaQuestion is a question as the policy reads it under `input`.
type opaQuestion struct {
	Product    string  `json:"product,omitempty"`
	Identifier string  `json:"identifier"`
	Platform   string  `json:"platform"`
	Version    int64   `json:"version"`
	Code       *int64  `json:"code,omitempty"`
	Signer     string  `json:"signer,omitempty"`
	Host       opaHost `json:"host"`
}

type opaHost struct {
	ID           string   `json:"id"`
	Kind         string   `json:"kind"`
	Organisation string   `json:"organisation"`
	Platform     string   `json:"platform"`
	Holder       string   `json:"holder"`
	Groups       []string `json:"groups"`
	Site         string   `json:"site"`
	Class        string   `json:"class"`
}

func (p *plain) opaInput(q *policytest.Question) (ast.Value, error) {
	a := p.asked(q)
	groups := append([]string{}, q.Host.Groups...)
	return ast.InterfaceToValue(opaQuestion{q.Installation.Product, q.Installation.Identifier, platformOf(q).String(), a.version,
		q.Installation.VersionCode, q.Installation.Signer,
		opaHost{q.Host.ID, q.Host.Kind.String(), q.Host.Organisation, q.Host.Platform.String(), q.Host.Holder, groups, q.Host.Site, a.class}})
}
