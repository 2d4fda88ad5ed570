package bench

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/cedar-policy/cedar-go"

	"portcullis/policy"
	"portcullis/policy/policytest"
)

// cedarEngine answers with cedar-go, from the policies on a question's shelf.
type cedarEngine struct {
	*plain
	entities cedar.EntityMap
	shelves  map[place]policies
}

// policies are iterated as a slice, which is faster than Cedar's own set.
type policies []named

type named struct {
	id     cedar.PolicyID
	policy *cedar.Policy
}

func (ps policies) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, p := range ps {
			if !yield(p.id, p.policy) {
				return
			}
		}
	}
}

// cedarQuestion is a question with its request made beforehand, but for the product.
type cedarQuestion struct {
	*policytest.Question
	request cedar.Request
}

func newCedar(p *plain, questions []policytest.Question) (*cedarEngine, []cedarQuestion, error) {
	e := &cedarEngine{plain: p, entities: cedar.EntityMap{}, shelves: map[place]policies{}}
	for _, product := range p.product {
		e.addProduct(product)
	}
	asked := make([]cedarQuestion, len(questions))
	for i := range questions {
		q := &questions[i]
		at, _ := p.place(q)
		if e.shelves[at] == nil {
			ps, err := e.policies(at)
			if err != nil {
				return nil, nil, err
			}
			e.shelves[at] = ps
		}
		asked[i] = cedarQuestion{q, e.request(i, q)}
	}
	return e, asked, nil
}

func (e *cedarEngine) answer(q *cedarQuestion) outcome {
	at, _ := e.place(q.Question)
	request := q.request
	request.Resource = uid("Product", at.product)
	decision, diagnostic := cedar.Authorize(e.shelves[at], e.entities, request)
	switch {
	case decision == cedar.Allow:
		return listed
	case len(diagnostic.Reasons) > 0:
		return stopped
	}
	return neither
}

func uid(kind, id string) cedar.EntityUID {
	return cedar.NewEntityUID(cedar.EntityType(kind), cedar.String(id))
}

// addProduct makes the entity: its parents are the companies behind it, its parts what it contains
// and the companies behind that.
func (e *cedarEngine) addProduct(product *policy.Product) {
	var companies []cedar.EntityUID
	for _, id := range e.companies[product.ID] {
		companies = append(companies, uid("Supplier", id))
	}
	var parts []cedar.Value
	for _, id := range e.contents[product.ID] {
		parts = append(parts, uid("Product", id))
		for _, company := range e.companies[id] {
			parts = append(parts, uid("Supplier", company))
		}
	}
	attributes := cedar.RecordMap{"kind": cedar.String(product.Kind.String()), "parts": cedar.NewSet(parts...)}
	if product.Supplier != "" {
		attributes["supplier"] = uid("Supplier", product.Supplier)
	}
	for _, id := range product.Identifiers[policy.Android] {
		if len(id.Signers) > 0 {
			attributes["signers"] = texts(id.Signers)
		}
	}
	e.entities[uid("Product", product.ID)] = cedar.Entity{UID: uid("Product", product.ID),
		Parents: cedar.NewEntityUIDSet(companies...), Attributes: cedar.NewRecord(attributes)}
}

func texts(ss []string) cedar.Set {
	var values []cedar.Value
	for _, s := range ss {
		values = append(values, cedar.String(s))
	}
	return cedar.NewSet(values...)
}

// request makes the entity of the question's host and the request about it.
func (e *cedarEngine) request(i int, q *policytest.Question) cedar.Request {
	a := e.asked(q)
	host := uid("Host", strconv.Itoa(i))
	var parents []cedar.EntityUID
	ancestors, _ := e.ancestors(q.Host.Organisation)
	for _, id := range ancestors {
		parents = append(parents, uid("Organisation", id))
	}
	e.entities[host] = cedar.Entity{UID: host, Parents: cedar.NewEntityUIDSet(parents...), Attributes: cedar.NewRecord(cedar.RecordMap{
		"id": cedar.String(q.Host.ID), "kind": cedar.String(q.Host.Kind.String()), "platform": cedar.String(q.Host.Platform.String()),
		"holder": cedar.String(q.Host.Holder), "groups": texts(q.Host.Groups), "site": cedar.String(q.Host.Site), "class": cedar.String(a.class),
	})}
	context := cedar.RecordMap{"platform": cedar.String(platformOf(q).String()), "version": cedar.Long(a.version)}
	if code := q.Installation.VersionCode; code != nil {
		context["code"] = cedar.Long(*code)
	}
	if q.Installation.Signer != "" {
		context["signer"] = cedar.String(q.Installation.Signer)
	}
	return cedar.Request{Principal: host, Action: uid("Action", "install"), Context: cedar.NewRecord(context)}
}

// policies writes a shelf in Cedar and parses it.
func (e *cedarEngine) policies(at place) (policies, error) {
	s := e.shelf(at)
	ps := policies{}
	add := func(id, text string) error {
		var p cedar.Policy
		if err := p.UnmarshalCedar([]byte(text)); err != nil {
			return fmt.Errorf("%s: %w:\n%s", id, err, text)
		}
		ps = append(ps, named{cedar.PolicyID(id), &p})
		return nil
	}
	for i := range s.stops {
		if err := add(s.stops[i].ID, forbid(&s.stops[i])); err != nil {
			return nil, err
		}
	}
	for _, r := range s.permits {
		if err := add(r.ID, permit(r)); err != nil {
			return nil, err
		}
	}
	for i, subject := range s.listed {
		text := fmt.Sprintf("permit(principal, action, resource == Product::%q) when { %s && %s };", at.product, isSubject(subject), signed)
		if err := add(fmt.Sprintf("exemption-%d", i), text); err != nil {
			return nil, err
		}
	}
	if s.equipment {
		if err := add("equipment", `permit(principal, action, resource) when { resource.kind == "equipment" && resource has supplier };`); err != nil {
			return nil, err
		}
	}
	return ps, nil
}

// signed holds unless the product lists signers and the installation names another.
const signed = "(!(resource has signers) || !(context has signer) || resource.signers.contains(context.signer))"

// forbid writes a ban, or a phase-out that is overdue, with those it is lifted for.
func forbid(s *lifting) string {
	resource, when := "resource", []string{"true"}
	target := fmt.Sprintf("Supplier::%q", s.Target.Supplier)
	if s.Target.Product != "" {
		target = fmt.Sprintf("Product::%q", s.Target.Product)
	}
	switch {
	case s.windows != nil:
		var windows []string
		for _, w := range s.windows {
			windows = append(windows, inWindow(w))
		}
		when = append(when, fmt.Sprintf("resource.parts.contains(%s)", target), "("+strings.Join(windows, " || ")+")")
	case s.Target.Product != "":
		resource = "resource == " + target
	default:
		resource = "resource in " + target
	}
	if s.Versions != (policy.Window{}) {
		when = append(when, inWindow(s.Versions))
	}
	if len(s.Platforms) > 0 {
		when = append(when, fmt.Sprintf("(%[1]s.contains(context.platform) || %[1]s.contains(principal.platform))", words(s.Platforms)))
	}
	if len(s.Kinds) > 0 {
		when = append(when, words(s.Kinds)+".contains(resource.kind)")
	}
	if len(s.SiteClass) > 0 {
		when = append(when, fmt.Sprintf(`principal.kind == "equipment" && (principal.class == "" || [%q].contains(principal.class))`, s.SiteClass[0]))
	}
	text := fmt.Sprintf("forbid(principal in Organisation::%q, action, %s) when { %s }", s.Scope, resource, strings.Join(when, " && "))
	for _, subject := range s.subjects {
		text += " unless { " + isSubject(subject) + " }"
	}
	return text + ";"
}

// permit writes an allow rule with its floor.
func permit(r *policy.Rule) string {
	resource, when := "resource", []string{signed}
	if r.Target.Product != "" {
		resource = fmt.Sprintf("resource == Product::%q", r.Target.Product)
	} else {
		when = append(when, fmt.Sprintf("resource has supplier && resource.supplier == Supplier::%q", r.Target.Supplier))
	}
	if len(r.Platforms) > 0 {
		when = append(when, words(r.Platforms)+".contains(context.platform)")
	}
	floor := "true"
	if r.MinVersion != "" {
		floor = fmt.Sprintf("context.version >= %d", number(r.MinVersion))
	}
	if code, coded := r.MinVersionCode[policy.Android]; coded {
		if r.MinVersion == "" {
			floor = `context.platform != "android"`
		}
		floor = fmt.Sprintf(`if context.platform == "android" && context has code then context.code >= %d else %s`, code, floor)
	}
	when = append(when, "("+floor+")")
	return fmt.Sprintf("permit(principal in Organisation::%q, action, %s) when { %s };", r.Scope, resource, strings.Join(when, " && "))
}

func isSubject(s policy.ExemptionSubject) string {
	switch {
	case s.Host != "":
		return fmt.Sprintf("principal.id == %q", s.Host)
	case s.Site != "":
		return fmt.Sprintf("principal.site == %q", s.Site)
	case s.Person != "":
		return fmt.Sprintf("principal.holder == %q", s.Person)
	case s.Group != "":
		return fmt.Sprintf("principal.groups.contains(%q)", s.Group)
	}
	return "true"
}

func inWindow(w policy.Window) string {
	since, until := ends(w)
	return fmt.Sprintf("(context.version < 0 || context.version >= %d && context.version < %d)", since, until)
}

func words[T fmt.Stringer](list []T) string {
	var quoted []string
	for _, w := range list {
		quoted = append(quoted, strconv.Quote(w.String()))
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
