package scim

import (
	"errors"
	"net/url"
	"time"
)

// object is the person as an answer shows one; base is where the service is.
func (u User) object(base string) object {
	o := object{"schemas": list{text(userSchema)}}
	o.putText("id", u.ID)
	o.putText("externalId", u.ExternalID)
	o.putText("userName", u.UserName)
	o.putText("displayName", u.DisplayName)
	o["active"] = boolean(u.Active)
	name := object{}
	name.putText("formatted", u.Name.Formatted)
	name.putText("givenName", u.Name.GivenName)
	name.putText("familyName", u.Name.FamilyName)
	o.put("name", name)
	o.put("emails", contactList(u.Emails))
	o.put("phoneNumbers", contactList(u.PhoneNumbers))
	var in list
	for _, g := range u.Groups {
		in = append(in, g.object(base, groups, "direct"))
	}
	o.put("groups", in)
	place := object{}
	place.putText("employeeNumber", u.Enterprise.EmployeeNumber)
	place.putText("department", u.Enterprise.Department)
	place.putText("organization", u.Enterprise.Organization)
	if o.put(enterpriseSchema, place); len(place) > 0 {
		o["schemas"] = list{text(userSchema), text(enterpriseSchema)}
	}
	o.put("meta", u.Meta.object(base, users, u.ID))
	return o
}

func contactList(contacts []Contact) (l list) {
	for _, c := range contacts {
		o := object{"value": text(c.Value)}
		o.putText("type", c.Type)
		if c.Primary {
			o["primary"] = boolean(true)
		}
		l = append(l, o)
	}
	return l
}

func (o object) putText(name, s string) {
	if s != "" {
		o[name] = text(s)
	}
}

func (r Reference) object(base string, to *resourceType, kind string) object {
	o := object{"value": text(r.ID), "$ref": text(location(base, to, r.ID)), "type": text(kind)}
	o.putText("display", r.Display)
	return o
}

func location(base string, rt *resourceType, id string) string {
	return base + rt.endpoint + "/" + url.PathEscape(id)
}

func (m Meta) object(base string, rt *resourceType, id string) object {
	o := object{"resourceType": text(rt.name), "location": text(location(base, rt, id))}
	if m.Version != "" {
		o["version"] = text(etag(m.Version))
	}
	for name, at := range map[string]time.Time{"created": m.Created, "lastModified": m.LastModified} {
		if !at.IsZero() {
			o[name] = text(at.UTC().Format(time.RFC3339Nano))
		}
	}
	return o
}

// etag is weak: the same version may be shown with other attributes.
func etag(version string) string { return `W/"` + version + `"` }

// userOf reads what clients may say of a person.
func userOf(o object) (User, error) {
	name, _ := o["name"].(object)
	place, _ := o[enterpriseSchema].(object)
	u := User{
		ExternalID:  o.text("externalId"),
		UserName:    o.text("userName"),
		DisplayName: o.text("displayName"),
		Name:        Name{Formatted: name.text("formatted"), GivenName: name.text("givenName"), FamilyName: name.text("familyName")},
		Enterprise: Enterprise{EmployeeNumber: place.text("employeeNumber"), Department: place.text("department"),
			Organization: place.text("organization")},
	}
	active, said := o["active"].(boolean)
	switch {
	case u.UserName == "":
		return User{}, refuse(invalidValue, "userName is missing: it is what the person signs in with")
	case !said:
		return User{}, refuse(invalidValue, "active is to be true or false")
	}
	u.Active = bool(active)
	var mail, phone error
	u.Emails, mail = o.contacts("emails")
	u.PhoneNumbers, phone = o.contacts("phoneNumbers")
	return u, errors.Join(mail, phone)
}

func (o object) text(name string) string {
	t, _ := o[name].(text)
	return string(t)
}

// contacts reads a list of contacts; one without its value is none.
func (o object) contacts(name string) (contacts []Contact, err error) {
	items, _ := o[name].(list)
	if len(items) > maxValues {
		return nil, refuse(invalidValue, "%s: %d values are more than the %d that are kept", name, len(items), maxValues)
	}
	primary := 0
	for _, item := range items {
		parts, _ := item.(object)
		c := Contact{Value: parts.text("value"), Type: parts.text("type"), Primary: parts["primary"] == value(boolean(true))}
		if c.Value == "" {
			continue
		}
		if c.Primary {
			primary++
		}
		contacts = append(contacts, c)
	}
	if primary > 1 {
		return nil, refuse(invalidValue, "%s: %d of them are primary: there is one at most", name, primary)
	}
	return contacts, nil
}

// newUser reads the person of a POST request. Who is not said to be inactive is active.
func newUser(data []byte) (User, error) {
	o := object{"active": boolean(true)}
	if err := users.readInto(o, data); err != nil {
		return User{}, err
	}
	return userOf(o)
}

// replaced is the person that a PUT request makes of u. What it does not say is empty from now on,
// but for active.
func (u User) replaced(data []byte) (User, error) {
	o := object{"active": boolean(u.Active)}
	if err := users.readInto(o, data); err != nil {
		return User{}, err
	}
	return u.with(o)
}

// patched is the person that the operations make of u; base is where the service is.
func (u User) patched(ops []operation, base string) (User, error) {
	o := u.object(base)
	for _, op := range ops {
		steps, err := users.steps(op)
		if err != nil {
			return User{}, err
		}
		for _, s := range steps {
			if err := s.apply(o); err != nil {
				return User{}, err
			}
		}
	}
	return u.with(o)
}

// with is u with what clients may say taken from o.
func (u User) with(o object) (User, error) {
	next, err := userOf(o)
	next.ID, next.Groups, next.Meta = u.ID, u.Groups, u.Meta
	return next, err
}
