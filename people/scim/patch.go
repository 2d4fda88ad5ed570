package scim

import "strings"

// The operations of PATCH, RFC 7644, 3.5.2.
const (
	add     = "add"
	replace = "replace"
	remove  = "remove"
)

// operation is one of a PATCH request.
type operation struct {
	op    string
	path  string // empty for none
	value value  // nil for none
}

// step is an operation on one attribute.
type step struct {
	op    string
	at    path
	to    target
	value value // nil for none
}

// operations reads a PATCH request. An empty list is taken, and changes nothing.
func operations(data []byte) ([]operation, error) {
	doc, err := document(data)
	if err != nil {
		return nil, err
	}
	if err := checkSchemas(doc, patchSchema, []string{patchSchema}); err != nil {
		return nil, err
	}
	items, ok := doc.get("Operations").(list)
	if !ok {
		return nil, refuse(invalidSyntax, "Operations is missing: it is the list of what to change")
	}
	ops := make([]operation, len(items))
	for i, item := range items {
		o, ok := item.(object)
		if !ok {
			return nil, refuse(invalidSyntax, "operation %d is to be an object", i+1)
		}
		op, _ := o.get("op").(text)
		ops[i] = operation{op: strings.ToLower(string(op)), value: o.get("value")}
		switch ops[i].op {
		case add, replace, remove:
		default:
			return nil, refuse(invalidSyntax, "operation %d: op is to be add, replace or remove, not %q", i+1, brief(string(op)))
		}
		switch at := o.get("path").(type) {
		case text:
			ops[i].path = string(at)
		case nil, null:
		default:
			return nil, refuse(invalidPath, "operation %d: path is to be text", i+1)
		}
	}
	return ops, nil
}

// steps are the changes that an operation makes, attribute by attribute.
func (rt *resourceType) steps(o operation) ([]step, error) {
	if o.path == "" {
		sent, ok := o.value.(object)
		switch {
		case o.op == remove:
			return nil, refuse(noTarget, "remove needs a path: name what is to go")
		case !ok:
			return nil, refuse(invalidValue, "%s without path: value is to be an object with the attributes to change", o.op)
		}
		return rt.stepsOf(o.op, sent, true)
	}
	at, err := parsePath(o.path)
	if err != nil {
		return nil, err
	}
	to, ok := rt.find(at)
	switch {
	case !ok:
		return nil, refuse(invalidPath, "a %s has no %s: /Schemas says what there is", rt.name, at)
	case to.forgotten:
		return nil, nil
	case to.attribute == nil:
		return rt.extensionSteps(o.op, to.extension, o.value, true)
	case to.leaf().readOnly() || to.attribute.readOnly():
		return nil, refuse(mutability, "%s is for the server to say", at)
	case at.filter != nil && !to.attribute.MultiValued:
		return nil, refuse(invalidPath, "%s has one value: leave the brackets out", to.attribute.Name)
	}
	return []step{{o.op, at, to, o.value}}, nil
}

// stepsOf are the steps of an object whose keys are attributes, or paths to them. Where strict is
// not set, keys that are not understood are passed over.
func (rt *resourceType) stepsOf(op string, sent object, strict bool) (steps []step, err error) {
	for _, key := range sent.keys() {
		at, err := parsePath(key)
		to, ok := target{}, false
		if err == nil {
			to, ok = rt.find(at)
		}
		switch {
		case !ok && strict:
			return nil, refuse(invalidPath, "a %s has no %q: /Schemas says what there is", rt.name, brief(key))
		case !ok || to.forgotten:
		case to.attribute == nil:
			inner, err := rt.extensionSteps(op, to.extension, sent[key], strict)
			if err != nil {
				return nil, err
			}
			steps = append(steps, inner...)
		default:
			steps = append(steps, step{op, at, to, sent[key]})
		}
	}
	return steps, nil
}

// extensionSteps are the steps of an object that holds the attributes of an extension.
func (rt *resourceType) extensionSteps(op string, extension *schema, v value, strict bool) ([]step, error) {
	if op == remove || v == value(null{}) {
		return []step{{op: remove, to: target{extension: extension}, value: v}}, nil
	}
	sent, ok := v.(object)
	if !ok {
		return nil, refuse(invalidValue, "%s: this is to be an object with its attributes", extension.ID)
	}
	named := object{}
	for key, inner := range sent {
		if !strings.HasPrefix(strings.ToLower(key), "urn:") {
			key = extension.ID + ":" + key
		}
		named[key] = inner
	}
	if inside := sent.get(extension.ID); inside != nil {
		return nil, refuse(invalidSyntax, "%s stands inside itself", extension.ID)
	}
	return rt.stepsOf(op, named, strict)
}

// apply changes o, which holds a resource and shares nothing with others.
func (s step) apply(o object) error {
	if s.to.extension == nil {
		return s.applyIn(o)
	}
	inner, ok := o[s.to.extension.ID].(object)
	if !ok || s.to.attribute == nil {
		inner = object{}
	}
	if s.to.attribute != nil {
		if err := s.applyIn(inner); err != nil {
			return err
		}
	}
	o.put(s.to.extension.ID, inner)
	return nil
}

// put sets what is not empty, and deletes what is.
func (o object) put(name string, v value) {
	switch v := v.(type) {
	case nil:
		delete(o, name)
		return
	case object:
		if len(v) == 0 {
			delete(o, name)
			return
		}
	case list:
		if len(v) == 0 {
			delete(o, name)
			return
		}
	}
	o[name] = v
}

func (s step) applyIn(o object) error {
	a := s.to.attribute
	switch {
	case a.readOnly():
		if before, set := o[a.Name].(text); set && a.Name == "id" && s.value != value(before) {
			return refuse(mutability, "the id is for the server to say, and is another")
		}
		return nil
	case a.MultiValued:
		return s.applyMany(o)
	case s.to.sub != nil:
		inner, ok := o[a.Name].(object)
		if !ok {
			inner = object{}
		}
		if err := s.set(inner, s.to.sub); err != nil {
			return err
		}
		o.put(a.Name, inner)
		return nil
	}
	return s.set(o, a)
}

// set changes an attribute that has one value.
func (s step) set(o object, a *attribute) error {
	if s.op == remove {
		if a.Required {
			return refuse(mutability, "%s is required and cannot be removed", a.Name)
		}
		delete(o, a.Name)
		return nil
	}
	if sent, ok := s.value.(object); ok && a.Type == complexType {
		return s.setParts(o, a, sent)
	}
	v, err := a.take(s.value)
	switch {
	case err != nil:
		return err
	case v == nil && s.op == add:
		return nil // nothing to add
	case v == nil && a.Required:
		return refuse(invalidValue, "%s is required and cannot be empty", a.Name)
	}
	o.put(a.Name, v)
	return nil
}

// setParts changes the parts that are sent and leaves the others, RFC 7644, 3.5.2.3.
func (s step) setParts(o object, a *attribute, sent object) error {
	inner, ok := o[a.Name].(object)
	if !ok {
		inner = object{}
	}
	for _, key := range sent.keys() {
		sub := a.sub(key)
		if sub == nil || sub.readOnly() {
			continue
		}
		if err := (step{op: s.op, value: sent[key]}).set(inner, sub); err != nil {
			return err
		}
	}
	o.put(a.Name, inner)
	return nil
}
