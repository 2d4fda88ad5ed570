package scim

import (
	"strings"
	"time"
)

// condition tells whether a resource, or a value of a complex attribute, is meant.
type condition func(object) bool

// reader finds the values that a path leads to in an object.
type reader func(object) list

// scope resolves the paths of a filter: those of a resource, or of the values of one attribute. A
// leaf of nil is an attribute that is not kept, and so has no value.
type scope func(p path) (read reader, leaf *attribute, err error)

// compile makes a condition of a filter on resources. An attribute that no resource of the type has
// is an error, or has no value where others is set: the filter is then for other types as well.
func (rt *resourceType) compile(f filter, others bool) (condition, error) {
	return compile(f, func(p path) (reader, *attribute, error) { return rt.read(p, others) })
}

func compile(f filter, in scope) (condition, error) {
	switch f := f.(type) {
	case all:
		parts, err := compileParts(f, in)
		return func(o object) bool {
			for _, holds := range parts {
				if !holds(o) {
					return false
				}
			}
			return true
		}, err
	case either:
		parts, err := compileParts(f, in)
		return func(o object) bool {
			for _, holds := range parts {
				if holds(o) {
					return true
				}
			}
			return false
		}, err
	case not:
		holds, err := compile(f.filter, in)
		return func(o object) bool { return !holds(o) }, err
	}
	return compileTest(f.(test), in)
}

func compileParts(parts []filter, in scope) (conditions []condition, err error) {
	for _, p := range parts {
		c, err := compile(p, in)
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, c)
	}
	return conditions, nil
}

func compileTest(t test, in scope) (condition, error) {
	read, leaf, err := in(t.path)
	if err != nil {
		return nil, err
	}
	if leaf != nil && leaf.Type == complexType && t.op != "" && t.op != present && t.value != (null{}) {
		// A complex attribute compares by its value, RFC 7644, 3.4.2.2 ("emails co").
		sub := leaf.sub("value")
		if sub == nil || t.path.sub != "" {
			return nil, refuse(invalidFilter, "%s has parts: name the one to compare", t.path)
		}
		read, leaf = parts(read, sub), sub
	}
	some := func(o object) bool { return len(read(o)) > 0 }
	op := t.op
	switch {
	case op == "" || op == present || op == notEqual && t.value == null{}:
		return some, nil
	case op == equal && t.value == null{}:
		return func(o object) bool { return !some(o) }, nil
	case leaf == nil:
		return func(object) bool { return op == notEqual }, nil
	}
	compares, err := comparison(t, leaf)
	if err != nil {
		return nil, err
	}
	return func(o object) bool {
		for _, v := range read(o) {
			if compares(v) {
				return op != notEqual
			}
		}
		return op == notEqual
	}, nil
}

// comparison is what one value is asked. For ne it is that of eq, which the caller turns round: what
// has several values differs where all of them do.
func comparison(t test, leaf *attribute) (func(value) bool, error) {
	wanted, err := leaf.takeOne(t.value)
	if err != nil || wanted == nil && t.value != text("") {
		return nil, refuse(invalidFilter, "%s is %s, which %s is not", t.path, kinds[leaf.Type], literal(t.value))
	}
	switch leaf.Type {
	case booleanType:
		if t.op != equal && t.op != notEqual {
			return nil, refuse(invalidFilter, "%s is true or false: only eq, ne and pr are of use with it", t.path)
		}
		return func(v value) bool { return v == wanted }, nil
	case dateTimeType:
		return compareTimes(t)
	}
	w, _ := wanted.(text) // none where it is empty
	return compareTexts(t.op, string(w), leaf.CaseExact), nil
}

func compareTexts(op operator, wanted string, exact bool) func(value) bool {
	fold := func(s string) string { return s }
	if !exact {
		fold = strings.ToLower
	}
	wanted = fold(wanted)
	var holds func(s string) bool
	switch op {
	case contains:
		holds = func(s string) bool { return strings.Contains(s, wanted) }
	case startsWith:
		holds = func(s string) bool { return strings.HasPrefix(s, wanted) }
	case endsWith:
		holds = func(s string) bool { return strings.HasSuffix(s, wanted) }
	default:
		holds = func(s string) bool { return op.orders(strings.Compare(s, wanted)) }
	}
	return func(v value) bool {
		s, ok := v.(text)
		return ok && holds(fold(string(s)))
	}
}

func compareTimes(t test) (func(value) bool, error) {
	w, _ := t.value.(text)
	wanted, err := time.Parse(time.RFC3339, string(w))
	if err != nil {
		return nil, refuse(invalidFilter, "%s is a time: write it like 2024-05-15T09:30:00Z", t.path)
	}
	switch t.op {
	case contains, startsWith, endsWith:
		return nil, refuse(invalidFilter, "%s is a time: compare it with eq, ne, gt, ge, lt or le", t.path)
	}
	return func(v value) bool {
		s, _ := v.(text)
		at, err := time.Parse(time.RFC3339, string(s))
		return err == nil && t.op.orders(at.Compare(wanted))
	}, nil
}

// orders tells whether the operator holds for an order: -1, 0 or 1.
func (op operator) orders(order int) bool {
	switch op {
	case greater:
		return order > 0
	case greaterOrEqual:
		return order >= 0
	case less:
		return order < 0
	case lessOrEqual:
		return order <= 0
	}
	return order == 0
}

// read finds the values of a path in resources of the type.
func (rt *resourceType) read(p path, others bool) (reader, *attribute, error) {
	t, ok := rt.find(p)
	none := func(object) list { return nil }
	switch {
	case t.forgotten || !ok && others && elsewhere(p):
		return none, nil, nil
	case !ok || t.attribute == nil:
		return nil, nil, refuse(invalidFilter, "a %s has no %s: /Schemas says what there is", rt.name, p)
	}
	read := parts(func(o object) list { return list{o} }, t.attribute)
	if t.extension != nil {
		inner := read
		read = func(o object) list {
			extension, ok := o[t.extension.ID].(object)
			if !ok {
				return nil
			}
			return inner(extension)
		}
	}
	read, err := selected(read, p, t.attribute)
	if err != nil {
		return nil, nil, err
	}
	if t.sub != nil {
		read = parts(read, t.sub)
	}
	return read, t.leaf(), nil
}

// elsewhere tells whether some type of resource has the attribute.
func elsewhere(p path) bool {
	for _, rt := range resourceTypes {
		if _, ok := rt.find(p); ok {
			return true
		}
	}
	return false
}

// parts reads one attribute of each object that read finds.
func parts(read reader, a *attribute) reader {
	return func(o object) (found list) {
		for _, v := range read(o) {
			inner, _ := v.(object)
			switch v := inner[a.Name].(type) {
			case nil:
			case list:
				found = append(found, v...)
			default:
				found = append(found, v)
			}
		}
		return found
	}
}

// selected keeps of what read finds the values that the filter of the path means.
func selected(read reader, p path, a *attribute) (reader, error) {
	if p.filter == nil {
		return read, nil
	}
	means, err := a.compile(p)
	return func(o object) (found list) {
		for _, v := range read(o) {
			if inner, ok := v.(object); ok && means(inner) {
				found = append(found, v)
			}
		}
		return found
	}, err
}

// compile makes a condition on the values of the attribute of the path's filter.
func (a *attribute) compile(p path) (condition, error) {
	if a.Type != complexType {
		return nil, refuse(invalidFilter, "%s has no parts to select by", a.Name)
	}
	return compile(p.filter, func(inner path) (reader, *attribute, error) {
		sub := a.sub(inner.attribute)
		switch {
		case inner.schema == "" && inner.sub == "" && sub != nil:
			return parts(func(o object) list { return list{o} }, sub), sub, nil
		case inner.schema == "" && inner.sub == "" && holds(a.forgotten, inner.attribute):
			return func(object) list { return nil }, nil, nil
		}
		return nil, nil, refuse(invalidFilter, "%s has no part %s: /Schemas says what there is", a.Name, inner)
	})
}

// narrow is the query that a Directory can answer from an index and that gives all the filter means;
// exact tells that it gives no others.
func (rt *resourceType) narrow(f filter) (q Query, exact bool) {
	switch f := f.(type) {
	case test:
		return rt.lookUp(f)
	case all:
		for _, part := range f {
			if q, _ := rt.narrow(part); q.By != "" {
				return q, false
			}
		}
	}
	return Query{}, false
}

// lookUps are the attributes that a Directory can look up, by type of resource.
var lookUps = map[*resourceType][]Attribute{
	users:  {ByID, ByExternalID, ByUserName, ByDisplayName, ByEmail},
	groups: {ByID, ByExternalID, ByDisplayName, ByMember},
}

func (rt *resourceType) lookUp(f test) (q Query, exact bool) {
	wanted, _ := f.value.(text)
	at, ok := rt.find(f.path)
	if f.op != equal || wanted == "" || !ok || at.attribute == nil || at.extension != nil {
		return Query{}, false
	}
	name := at.attribute.Name
	switch {
	case at.sub != nil:
		name += "." + at.sub.Name
	case at.attribute.Type == complexType:
		name += ".value"
	}
	for _, by := range lookUps[rt] {
		if string(by) == name {
			return Query{By: by, Value: string(wanted)}, f.path.filter == nil
		}
	}
	return Query{}, false
}
