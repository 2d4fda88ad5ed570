package scim

import (
	"maps"
	"strings"
)

// applyMany changes an attribute that has many values.
func (s step) applyMany(o object) error {
	a := s.to.attribute
	values, _ := o[a.Name].(list)
	if s.at.filter != nil {
		changed, touched, err := s.applySelected(values)
		if err != nil {
			return err
		}
		o.put(a.Name, onePrimary(changed, touched))
		return nil
	}
	if s.to.sub != nil {
		return refuse(invalidPath, "%s has many values: say which one is meant, as in %s[type eq \"work\"].%s", a.Name, a.Name, s.to.sub.Name)
	}
	sent, err := a.take(s.value)
	if err != nil {
		return err
	}
	taken, _ := sent.(list)
	var touched []bool
	switch {
	case s.op == remove && s.value != nil && s.value != value(null{}):
		values = without(a, values, taken)
	case s.op == remove:
		values = nil
	case s.op == replace:
		values = taken
	default:
		if len(values)+len(taken) > maxValues {
			return refuse(invalidValue, "%s: %d values are more than the %d that are kept", a.Name, len(values)+len(taken), maxValues)
		}
		values, touched = joined(a, values, taken)
	}
	o.put(a.Name, onePrimary(values, touched))
	return nil
}

// same tells whether two values are one: their value is equal, and their type, where both have one.
func same(a *attribute, x, y value) bool {
	first, _ := x.(object)
	second, _ := y.(object)
	for _, name := range []string{"value", "type"} {
		sub := a.sub(name)
		p, q := first.text(name), second.text(name)
		if sub == nil || name == "type" && (p == "" || q == "") {
			continue
		}
		if p != q && (sub.CaseExact || !strings.EqualFold(p, q)) {
			return false
		}
	}
	return true
}

func without(a *attribute, values, leaving list) (kept list) {
	for _, v := range values {
		leaves := false
		for _, l := range leaving {
			leaves = leaves || same(a, v, l)
		}
		if !leaves {
			kept = append(kept, v)
		}
	}
	return kept
}

// joined adds values; one that is there already gets the parts that are new. It tells which ones were
// touched.
func joined(a *attribute, values, joining list) (list, []bool) {
	touched := make([]bool, len(values), len(values)+len(joining))
next:
	for _, j := range joining {
		for i, v := range values {
			if same(a, v, j) {
				merge(v, j)
				touched[i] = true
				continue next
			}
		}
		values, touched = append(values, j), append(touched, true)
	}
	return values, touched
}

// merge puts the parts of a complex value over those of another.
func merge(into, from value) {
	to, _ := into.(object)
	parts, _ := from.(object)
	maps.Copy(to, parts)
}

// onePrimary takes the mark off the values that had it before a touched one got it, RFC 7644, 3.5.2.
func onePrimary(values list, touched []bool) list {
	marked := func(i int) bool {
		o, _ := values[i].(object)
		return o["primary"] == value(boolean(true))
	}
	anew := false
	for i, t := range touched {
		anew = anew || t && marked(i)
	}
	for i, t := range touched {
		if anew && !t && marked(i) {
			delete(values[i].(object), "primary")
		}
	}
	return values
}

// applySelected changes the values that the filter of the path means, and tells which.
func (s step) applySelected(values list) (changed list, touched []bool, err error) {
	means, err := s.to.attribute.compile(s.at)
	if err != nil {
		return nil, nil, err
	}
	found := false
	for _, v := range values {
		selected := means(v.(object))
		if selected {
			found = true
			if v, err = s.changed(v.(object)); err != nil {
				return nil, nil, err
			}
		}
		if v != nil {
			changed, touched = append(changed, v), append(touched, selected)
		}
	}
	if found || s.op == remove {
		return changed, touched, nil
	}
	if fresh, ok := s.fresh(); ok && len(changed) < maxValues {
		v, err := s.changed(fresh)
		return append(changed, v), append(touched, true), err
	}
	return nil, nil, refuse(noTarget, "%s: there is no such value", s.at)
}

// changed is what the step makes of one value: nil if it goes.
func (s step) changed(o object) (value, error) {
	a := s.to.attribute
	switch {
	case s.to.sub != nil:
		return o, s.set(o, s.to.sub)
	case s.op == remove:
		return nil, nil
	}
	sent, err := a.take(list{s.value})
	if one, ok := s.value.(list); ok {
		sent, err = a.take(one)
	}
	taken, ok := sent.(list)
	switch {
	case err != nil:
		return nil, err
	case !ok || len(taken) != 1:
		return nil, refuse(invalidValue, "%s: this is to be one value", s.at)
	case s.op == replace:
		return taken[0], nil
	}
	merge(o, taken[0])
	return o, nil
}

// fresh is a value that the filter would mean, for add where there is none: what Entra ID relies on.
// ok is false where the filter does not say what the value has.
func (s step) fresh() (o object, ok bool) {
	o = object{}
	return o, s.op == add && describe(o, s.to.attribute, s.at.filter)
}

func describe(o object, a *attribute, f filter) bool {
	switch f := f.(type) {
	case all:
		for _, part := range f {
			if !describe(o, a, part) {
				return false
			}
		}
		return true
	case test:
		sub := a.sub(f.path.attribute)
		if f.op != equal || sub == nil {
			return false
		}
		v, err := sub.take(f.value)
		o.put(sub.Name, v)
		return err == nil && v != nil
	}
	return false
}
