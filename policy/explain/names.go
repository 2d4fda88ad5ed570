package explain

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"portcullis/policy"
)

// names finds the parts of a world by their ids.
type names struct {
	organisations map[string]*policy.Organisation
	products      map[string]*policy.Product
	suppliers     map[string]*policy.Supplier
	rules         map[string]*policy.Rule
	exemptions    map[string]*policy.Exemption
}

func newNames(w *policy.World) names {
	return names{
		byID(w.Organisations, func(o *policy.Organisation) string { return o.ID }),
		byID(w.Products, func(p *policy.Product) string { return p.ID }),
		byID(w.Suppliers, func(s *policy.Supplier) string { return s.ID }),
		byID(w.Rules, func(r *policy.Rule) string { return r.ID }),
		byID(w.Exemptions, func(x *policy.Exemption) string { return x.ID }),
	}
}

func byID[T any](items []T, id func(*T) string) map[string]*T {
	m := make(map[string]*T, len(items))
	for i := range items {
		m[id(&items[i])] = &items[i]
	}
	return m
}

func (n *names) organisation(id string) string { return name(n.organisations[id].Name, id) }
func (n *names) product(id string) string      { return name(n.products[id].Name, id) }

// thing names a step of a path, which is a product or a supplier.
func (n *names) thing(id string) string {
	if p, ok := n.products[id]; ok {
		return name(p.Name, id)
	}
	return name(n.suppliers[id].Name, id)
}

func name(name, id string) string {
	if name == "" {
		return plain(id)
	}
	return plain(name)
}

// ancestry is an organisation and those above it, nearest first.
func (n *names) ancestry(id string) (up []string) {
	for id != "" {
		up = append(up, id)
		id = n.organisations[id].Parent
	}
	return up
}

// quote shows an id: quoted where it holds anything but plain text.
func quote(id string) string {
	if q := strconv.Quote(id); len(q) != len(id)+2 || strings.ContainsAny(id, " ") || id == "" {
		return q
	}
	return id
}

// plain is text for people, with control characters and the like escaped.
func plain(s string) string {
	q := strconv.QuoteToGraphic(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " The reason given: " + strings.TrimSuffix(plain(reason), ".") + "."
}

func cleared(x *policy.Exemption) string {
	c := x.Clearance
	if c == nil {
		return ""
	}
	by, ref := "", ""
	if c.By != "" {
		by = fmt.Sprintf(" (%s)", plain(c.By))
	}
	if c.Ref != "" {
		ref = ", reference " + plain(c.Ref)
	}
	return fmt.Sprintf(" It was cleared by %s%s on %s%s.", office(c.Office), by, Date(c.At), ref)
}

// Words are an id that is made of words, as people say these: dedicated-device is a dedicated device. What is not an
// id is already as people say it.
func Words(id string) string {
	if strings.ContainsAny(id, " \t") {
		return plain(id)
	}
	return strings.NewReplacer("-", " ", "_", " ").Replace(plain(id))
}

// office is an office in words: the minister, the chief constable. What begins with a capital is a name, and has no
// article.
func office(id string) string {
	words := Words(id)
	if first, _ := utf8.DecodeRuneInString(words); !unicode.IsLower(first) || strings.HasPrefix(words, "the ") {
		return words
	}
	return "the " + words
}

func mitigations(ids []string) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = Words(id)
	}
	return strings.Join(words, ", ")
}

// inWords has the offices and mitigations of an exemption and a rule in words where a text of policy quotes their ids.
func inWords(text string, x *policy.Exemption, r *policy.Rule) string {
	pairs := []string{strconv.Quote(r.Clearance), office(r.Clearance)}
	if x.Clearance != nil {
		pairs = append(pairs, strconv.Quote(x.Clearance.Office), office(x.Clearance.Office))
	}
	for _, m := range r.Mitigations {
		pairs = append(pairs, strconv.Quote(m), strconv.Quote(Words(m)))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// subject says whom an exemption is for.
func (n *names) subject(x *policy.Exemption) string {
	switch s := x.Subject; {
	case s.Host != "":
		return "host " + quote(s.Host)
	case s.Site != "":
		return "site " + quote(s.Site)
	case s.Person != "":
		return quote(s.Person)
	case s.Group != "":
		return "group " + quote(s.Group)
	}
	return "everyone in " + n.organisation(x.Scope)
}
