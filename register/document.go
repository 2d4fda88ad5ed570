package register

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"portcullis/policy"
	"portcullis/store"
)

// The documents of the register: one for each site, supplier, product, rule and exemption, as JSON.
// The keys and words are those of world files; a time is a store.Time. What is not given is left out.
// A document is read strictly: a key or a word that is not known was written by a newer version, and
// to pass over it would be to decide without it.

type siteDocument struct {
	ID           string `json:"id"`
	Organisation string `json:"organisation"`
	Class        string `json:"class,omitempty"`
}

type supplierDocument struct {
	ID      string         `json:"id"`
	Name    string         `json:"name,omitempty"`
	Aliases []string       `json:"aliases,omitempty"`
	OwnedBy []edgeDocument `json:"owned_by,omitempty"`
}

type periodDocument struct {
	From  store.Time `json:"from,omitzero"`
	Until store.Time `json:"until,omitzero"`
}

type edgeDocument struct {
	Supplier string `json:"supplier"`
	periodDocument
}

type productDocument struct {
	ID          string                          `json:"id"`
	Kind        string                          `json:"kind"`
	Name        string                          `json:"name,omitempty"`
	Aliases     []string                        `json:"aliases,omitempty"`
	Supplier    string                          `json:"supplier,omitempty"`
	MadeBy      []edgeDocument                  `json:"made_by,omitempty"`
	Identifiers map[string][]identifierDocument `json:"identifiers,omitempty"`
	Domains     []string                        `json:"domains,omitempty"`
	Contains    []componentDocument             `json:"contains,omitempty"`
	BuiltinOn   []string                        `json:"builtin_on,omitempty"`
}

type identifierDocument struct {
	ID      string   `json:"id"`
	Signers []string `json:"signers,omitempty"`
}

type windowDocument struct {
	Since string `json:"since,omitempty"`
	Until string `json:"until,omitempty"`
}

type componentDocument struct {
	Product string `json:"product"`
	windowDocument
}

type ruleDocument struct {
	ID             string           `json:"id"`
	Effect         string           `json:"effect"`
	Target         targetDocument   `json:"target"`
	Components     bool             `json:"components,omitempty"`
	Clearance      string           `json:"clearance,omitempty"`
	Mitigations    []string         `json:"mitigations,omitempty"`
	Scope          string           `json:"scope"`
	periodDocument                  // from and until
	Deadline       store.Time       `json:"deadline,omitzero"`
	Platforms      []string         `json:"platforms,omitempty"`
	Kinds          []string         `json:"kinds,omitempty"`
	SiteClass      []string         `json:"site_class,omitempty"`
	Versions       windowDocument   `json:"versions,omitzero"`
	MinVersion     string           `json:"min_version,omitempty"`
	MinVersionCode map[string]int64 `json:"min_version_code,omitempty"`
	Reason         string           `json:"reason,omitempty"`
}

type targetDocument struct {
	Product  string `json:"product,omitempty"`
	Supplier string `json:"supplier,omitempty"`
	Any      bool   `json:"any,omitempty"`
}

type exemptionDocument struct {
	ID             string          `json:"id"`
	Lifts          []string        `json:"lifts,omitempty"`
	Product        string          `json:"product,omitempty"`
	AnyProduct     bool            `json:"any_product,omitempty"`
	AnyVersion     bool            `json:"any_version,omitempty"`
	Scope          string          `json:"scope"`
	Subject        subjectDocument `json:"subject"`
	periodDocument                 // from and until
	Purpose        string          `json:"purpose,omitempty"`
	Mitigations    []string        `json:"mitigations,omitempty"`
	Clearance      *clearance      `json:"clearance,omitempty"`
	Marked         bool            `json:"marked,omitempty"`
}

type subjectDocument struct {
	Host     string `json:"host,omitempty"`
	Site     string `json:"site,omitempty"`
	Person   string `json:"person,omitempty"`
	Group    string `json:"group,omitempty"`
	Everyone bool   `json:"everyone,omitempty"`
}

type clearance struct {
	Office string     `json:"office"`
	By     string     `json:"by,omitempty"`
	Ref    string     `json:"ref,omitempty"`
	At     store.Time `json:"at,omitzero"`
}

// each returns a list of what convert makes of each element, and nil of none.
func each[From, To any](list []From, convert func(From) To) (made []To) {
	for _, one := range list {
		made = append(made, convert(one))
	}
	return made
}

func word[T fmt.Stringer](w T) string { return w.String() }

func periodOf(p policy.Period) periodDocument {
	return periodDocument{store.TimeOf(p.From), store.TimeOf(p.Until)}
}

func edgeOf(e policy.Edge) edgeDocument { return edgeDocument{e.Supplier, periodOf(e.Period)} }

func siteOf(s *policy.Site) any { return siteDocument(*s) }

func supplierOf(s *policy.Supplier) any {
	return supplierDocument{s.ID, s.Name, s.Aliases, each(s.OwnedBy, edgeOf)}
}

func productOf(p *policy.Product) any {
	document := productDocument{
		ID: p.ID, Kind: p.Kind.String(), Name: p.Name, Aliases: p.Aliases, Supplier: p.Supplier, MadeBy: each(p.MadeBy, edgeOf),
		Domains: p.Domains, BuiltinOn: each(p.BuiltinOn, word),
		Contains: each(p.Contains, func(c policy.Component) componentDocument {
			return componentDocument{c.Product, windowDocument(c.Versions)}
		}),
	}
	for platform, ids := range p.Identifiers {
		if document.Identifiers == nil {
			document.Identifiers = map[string][]identifierDocument{}
		}
		document.Identifiers[platform.String()] = each(ids, func(id policy.Identifier) identifierDocument { return identifierDocument(id) })
	}
	return document
}

func ruleOf(r *policy.Rule) any {
	document := ruleDocument{
		ID: r.ID, Effect: r.Effect.String(), Target: targetDocument(r.Target), Components: r.Components, Clearance: r.Clearance,
		Mitigations: r.Mitigations, Scope: r.Scope, periodDocument: periodOf(r.Period), Deadline: store.TimeOf(r.Deadline),
		Platforms: each(r.Platforms, word), Kinds: each(r.Kinds, word), SiteClass: r.SiteClass,
		Versions: windowDocument(r.Versions), MinVersion: r.MinVersion, Reason: r.Reason,
	}
	for platform, code := range r.MinVersionCode {
		if document.MinVersionCode == nil {
			document.MinVersionCode = map[string]int64{}
		}
		document.MinVersionCode[platform.String()] = code
	}
	return document
}

func exemptionOf(e *policy.Exemption) any {
	document := exemptionDocument{
		ID: e.ID, Lifts: e.Lifts, Product: e.Product, AnyProduct: e.AnyProduct, AnyVersion: e.AnyVersion, Scope: e.Scope,
		Subject: subjectDocument(e.Subject), periodDocument: periodOf(e.Period), Purpose: e.Purpose, Mitigations: e.Mitigations, Marked: e.Marked,
	}
	if c := e.Clearance; c != nil {
		document.Clearance = &clearance{c.Office, c.By, c.Ref, store.TimeOf(c.At)}
	}
	return document
}

// add reads a document of a section and appends what it says to the world.
func add(w *policy.World, section Section, document string) error {
	switch section {
	case Sites:
		return read(document, &w.Sites, func(d siteDocument) (policy.Site, error) { return policy.Site(d), nil })
	case Suppliers:
		return read(document, &w.Suppliers, func(d supplierDocument) (policy.Supplier, error) {
			return policy.Supplier{ID: d.ID, Name: d.Name, Aliases: d.Aliases, OwnedBy: each(d.OwnedBy, edgeDocument.edge)}, nil
		})
	case Products:
		return read(document, &w.Products, productDocument.product)
	case Rules:
		return read(document, &w.Rules, ruleDocument.rule)
	case Exemptions:
		return read(document, &w.Exemptions, exemptionDocument.exemption)
	}
	return fmt.Errorf("the section %q is not known: a newer version of the server wrote it", section)
}

func read[Document, T any](text string, into *[]T, convert func(Document) (T, error)) error {
	var document Document
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&document); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is something after the document")
	}
	made, err := convert(document)
	if err != nil {
		return err
	}
	*into = append(*into, made)
	return nil
}

func (p periodDocument) period() policy.Period {
	return policy.Period{From: p.From.Time(), Until: p.Until.Time()}
}

func (d edgeDocument) edge() policy.Edge {
	return policy.Edge{Supplier: d.Supplier, Period: d.period()}
}

func (d productDocument) product() (policy.Product, error) {
	var w words
	p := policy.Product{
		ID: d.ID, Kind: one(&w, policy.ParseKind, d.Kind), Name: d.Name, Aliases: d.Aliases, Supplier: d.Supplier,
		MadeBy: each(d.MadeBy, edgeDocument.edge), Domains: d.Domains, BuiltinOn: all(&w, policy.ParsePlatform, d.BuiltinOn),
		Contains: each(d.Contains, func(c componentDocument) policy.Component {
			return policy.Component{Product: c.Product, Versions: policy.Window(c.windowDocument)}
		}),
	}
	for platform, ids := range d.Identifiers {
		if p.Identifiers == nil {
			p.Identifiers = map[policy.Platform][]policy.Identifier{}
		}
		p.Identifiers[one(&w, policy.ParsePlatform, platform)] = each(ids, func(id identifierDocument) policy.Identifier { return policy.Identifier(id) })
	}
	return p, w.err
}

func (d ruleDocument) rule() (policy.Rule, error) {
	var w words
	r := policy.Rule{
		ID: d.ID, Effect: one(&w, policy.ParseEffect, d.Effect), Target: policy.Target(d.Target), Scope: d.Scope, Period: d.period(), Reason: d.Reason,
		Platforms: all(&w, policy.ParsePlatform, d.Platforms), Kinds: all(&w, policy.ParseKind, d.Kinds), SiteClass: d.SiteClass,
		Versions: policy.Window(d.Versions), Components: d.Components, Clearance: d.Clearance, Mitigations: d.Mitigations,
		Deadline: d.Deadline.Time(), MinVersion: d.MinVersion,
	}
	for platform, code := range d.MinVersionCode {
		if r.MinVersionCode == nil {
			r.MinVersionCode = map[policy.Platform]int64{}
		}
		r.MinVersionCode[one(&w, policy.ParsePlatform, platform)] = code
	}
	return r, w.err
}

func (d exemptionDocument) exemption() (policy.Exemption, error) {
	e := policy.Exemption{
		ID: d.ID, Lifts: d.Lifts, Product: d.Product, AnyProduct: d.AnyProduct, AnyVersion: d.AnyVersion, Scope: d.Scope,
		Subject: policy.ExemptionSubject(d.Subject), Period: d.period(), Purpose: d.Purpose, Mitigations: d.Mitigations, Marked: d.Marked,
	}
	if c := d.Clearance; c != nil {
		e.Clearance = &policy.Clearance{Office: c.Office, By: c.By, Ref: c.Ref, At: c.At.Time()}
	}
	return e, nil
}

// words keeps the first word that is on no list.
type words struct{ err error }

func one[T any](w *words, parse func(string) (T, bool), text string) T {
	found, ok := parse(text)
	if !ok && w.err == nil {
		w.err = fmt.Errorf("the word %q is not known: a newer version of the server wrote it", text)
	}
	return found
}

func all[T any](w *words, parse func(string) (T, bool), texts []string) []T {
	return each(texts, func(text string) T { return one(w, parse, text) })
}
