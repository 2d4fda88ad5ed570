package scim

import "strings"

// kinds say what the values of a type are, for messages.
var kinds = map[string]string{
	stringType:    "text",
	booleanType:   "true or false",
	dateTimeType:  "a time, as text",
	referenceType: "an address, as text",
	complexType:   "an object with parts",
}

// maxValues is how many values one attribute of a person may have.
const maxValues = 100

// take makes what an attribute holds of what a client sent: nil where that is no value.
func (a *attribute) take(v value) (value, error) {
	items, isList := v.(list)
	if !a.MultiValued {
		if isList && len(items) == 1 {
			v = items[0] // one value, in a list: some clients do
		}
		return a.takeOne(v)
	}
	if !isList {
		items = list{v}
	}
	taken := list{}
	for _, item := range items {
		t, err := a.takeOne(item)
		if err != nil {
			return nil, err
		}
		if t != nil {
			taken = append(taken, t)
		}
	}
	if len(taken) == 0 {
		return nil, nil
	}
	return taken, nil
}

// takeOne is take for one of several values.
func (a *attribute) takeOne(v value) (value, error) {
	if o, ok := v.(object); ok && a.Type != complexType {
		if inner := o.get("value"); inner != nil {
			return a.takeOne(inner) // {"value": …} for a simple attribute: some clients do
		}
	}
	if v == nil || v == value(null{}) {
		return nil, nil
	}
	switch a.Type {
	case complexType:
		return a.takeParts(v)
	case booleanType:
		if t, ok := v.(text); ok {
			switch strings.ToLower(string(t)) {
			case "true":
				return boolean(true), nil
			case "false":
				return boolean(false), nil
			}
		}
		if f, ok := v.(boolean); ok {
			return f, nil
		}
	default:
		switch v := v.(type) {
		case text:
			if v == "" {
				return nil, nil
			}
			return v, nil
		case number:
			return text(v), nil
		}
	}
	return nil, refuse(invalidValue, "%s: this is to be %s", a.Name, kinds[a.Type])
}

// takeParts makes a complex value; text alone is its value. Parts that are not known or not for
// clients to say are left out.
func (a *attribute) takeParts(v value) (value, error) {
	o, ok := v.(object)
	if t, isText := v.(text); isText && a.sub("value") != nil {
		o, ok = object{"value": t}, true
	}
	if !ok {
		return nil, refuse(invalidValue, "%s: this is to be %s", a.Name, kinds[complexType])
	}
	taken := object{}
	for _, key := range o.keys() {
		sub := a.sub(key)
		if sub == nil || sub.readOnly() {
			continue
		}
		part, err := sub.take(o[key])
		if err != nil {
			return nil, err
		}
		if part != nil {
			taken[sub.Name] = part
		}
	}
	return taken, nil // empty where nothing is known: who wants a value says so
}

// checkSchemas wants a list of the schemas of a document: at least wanted, and none but known.
func checkSchemas(o object, wanted string, known []string) error {
	ids, ok := textsOf(o.get("schemas"))
	if !ok {
		return refuse(invalidSyntax, "schemas is missing: name at least %s", wanted)
	}
	for _, id := range ids {
		if !holds(known, id) {
			return refuse(invalidSyntax, "the schema %q is not known here: known are %s", brief(id), strings.Join(known, ", "))
		}
	}
	if !holds(ids, wanted) {
		return refuse(invalidSyntax, "schemas does not name %s", wanted)
	}
	return nil
}

// document reads a request whose body is one object.
func document(data []byte) (object, error) {
	v, err := parse(data)
	if err != nil {
		return nil, err
	}
	o, ok := v.(object)
	if !ok {
		return nil, refuse(invalidSyntax, "the request is to be an object")
	}
	return o, nil
}

// readInto puts what a document says of a resource on top of what o holds. What is read-only or not
// kept is left out.
func (rt *resourceType) readInto(o object, data []byte) error {
	sent, err := document(data)
	if err != nil {
		return err
	}
	if err := checkSchemas(sent, rt.core.ID, rt.known()); err != nil {
		return err
	}
	steps, err := rt.stepsOf(replace, sent, false)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if s.value == value(null{}) {
			continue // no value, as if it were not there
		}
		if err := s.apply(o); err != nil {
			return err
		}
	}
	return nil
}
