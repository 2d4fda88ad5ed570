package scim

// selection is which attributes an answer shows, RFC 7644, 3.9.
type selection struct {
	only    []target // empty for all
	without []target
}

// selection reads the names of attributes. Those that resources of the type do not have are passed
// over: the client may be asking about other types too.
func (rt *resourceType) selection(attributes, excluded []string) selection {
	return selection{only: rt.targets(attributes), without: rt.targets(excluded)}
}

func (rt *resourceType) targets(names []string) (found []target) {
	for _, name := range names {
		t, ok := target{}, false
		if at, err := parsePath(name); err == nil {
			t, ok = rt.find(at)
		}
		if !ok || t.forgotten {
			t = target{} // leads nowhere, and yet the list is not empty, which would mean all
		}
		found = append(found, t)
	}
	return found
}

// of is what is shown of a resource.
func (s selection) of(o object) object {
	shown := object{}
	for name, v := range o {
		inner, isExtension := v.(object)
		if !isExtension || name != enterpriseSchema {
			shown.put(name, s.part(nil, name, v))
			continue
		}
		extension := object{}
		for name, v := range inner {
			extension.put(name, s.part(users.extension, name, v))
		}
		shown.put(enterpriseSchema, extension)
	}
	return shown
}

// shows tells whether an attribute of the core schema is shown, at least in part.
func (s selection) shows(name string) bool {
	return s.part(nil, name, text(name)) != nil
}

// part is what is shown of an attribute: nil for nothing.
func (s selection) part(extension *schema, name string, v value) value {
	if extension == nil && (name == "schemas" || name == "id") {
		return v // always returned
	}
	if len(s.only) > 0 {
		whole, subs := asked(s.only, extension, name)
		switch {
		case whole:
		case len(subs) == 0:
			return nil
		default:
			v = pick(v, func(sub string) bool { return subs[sub] })
		}
	}
	whole, subs := asked(s.without, extension, name)
	if whole {
		return nil
	}
	return pick(v, func(sub string) bool { return !subs[sub] })
}

// asked tells whether the targets name an attribute as a whole, or which parts of it.
func asked(targets []target, extension *schema, name string) (whole bool, subs map[string]bool) {
	subs = map[string]bool{}
	for _, t := range targets {
		switch {
		case t.extension != extension:
		case t.attribute == nil:
			whole = whole || extension != nil
		case t.attribute.Name != name:
		case t.sub == nil:
			whole = true
		default:
			subs[t.sub.Name] = true
		}
	}
	return whole, subs
}

// pick keeps parts of a complex value, or of each of several.
func pick(v value, keeps func(sub string) bool) value {
	switch v := v.(type) {
	case list:
		picked := make(list, len(v))
		for i, item := range v {
			picked[i] = pick(item, keeps)
		}
		return picked
	case object:
		picked := object{}
		for name, part := range v {
			if keeps(name) {
				picked[name] = part
			}
		}
		return picked
	}
	return v
}
