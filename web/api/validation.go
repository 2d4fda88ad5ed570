package api

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/danielgtaylor/huma/v2/validation"

	"portcullis/internal/fault"
	"portcullis/internal/nearest"
)

// huma is set up once for the whole process, by variables of its own; no other package uses it.
func init() {
	huma.NewError = func(status int, msg string, _ ...error) huma.StatusError {
		return &Problem{Status: status, Detail: msg}
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		_, w := humago.Unwrap(ctx)
		w.(*answer).failure = failureOf(ctx.Operation(), status, msg, errs)
		return &Problem{Status: status, Detail: msg}
	}
	huma.ValidateStrictCasing = true
	huma.DefaultArrayNullable = false
	for message, words := range map[*string]string{
		&validation.MsgExpectedRFC3339DateTime:  "Write the time as RFC 3339 has it, such as 2026-03-01T12:00:00Z",
		&validation.MsgExpectedBoolean:          "This is true or false",
		&validation.MsgExpectedNumber:           "This is a number",
		&validation.MsgExpectedInteger:          "This is a whole number",
		&validation.MsgExpectedString:           "This is text, in quotation marks",
		&validation.MsgExpectedArray:            "This is a list, in square brackets",
		&validation.MsgExpectedObject:           "This is an object, in curly brackets",
		&validation.MsgExpectedOneOf:            "This is one of \"%s\"",
		&validation.MsgExpectedMinimumNumber:    "This is %v at least",
		&validation.MsgExpectedMaximumNumber:    "This is %v at most",
		&validation.MsgExpectedMinLength:        "This has %d characters at least",
		&validation.MsgExpectedMaxLength:        "This has %d characters at most",
		&validation.MsgExpectedMinItems:         "This has %d items at least",
		&validation.MsgExpectedMaxItems:         "This has %d items at most",
		&validation.MsgExpectedRequiredProperty: requiredBefore + "%s",
	} {
		*message = words
	}
}

// requiredBefore stands before the name of a member that is missing, which huma reports at the
// object and not at the member.
const requiredBefore = "missing: "

// Messages that huma has no variable for.
const (
	unknownParameter = "unknown query parameter"
	wrongInteger     = "invalid integer"
)

// failureOf is what went wrong in huma, or in an operation that huma called, as a fault.
func failureOf(o *huma.Operation, status int, msg string, errs []error) error {
	var faults []error
	for _, err := range errs {
		detail, found := err.(*huma.ErrorDetail)
		if !found {
			return err // an operation's own
		}
		faults = append(faults, detailOf(o, status, detail))
	}
	slices.SortStableFunc(faults, func(a, b error) int {
		return strings.Compare(a.(*fault.Error).Field, b.(*fault.Error).Field)
	})
	switch len(faults) {
	case 0:
		if status < 500 {
			return refuse(fault.Invalid, "", "Send a body: an object in JSON")
		}
		return fmt.Errorf("the request could not be read: %s", msg)
	case 1:
		return faults[0]
	}
	return errors.Join(faults...)
}

func detailOf(o *huma.Operation, status int, d *huma.ErrorDetail) error {
	where, field, _ := strings.Cut(d.Location, ".")
	switch {
	case status == 400:
		return refuse(malformed, field, "%s", d.Message)
	case d.Message == unknownParameter:
		return refuse(fault.Invalid, field, "There is no such parameter here%s", didYouMean(field, parameters(o)))
	case d.Message == validation.MsgUnexpectedProperty:
		return refuse(fault.Invalid, field, "There is no such member here%s", didYouMean(last(field), membersBeside(o, field)))
	case strings.HasPrefix(d.Message, requiredBefore):
		name := strings.Trim(d.Message[len(requiredBefore):], ".")
		if field != "" {
			name = field + "." + name
		}
		return refuse(fault.Invalid, name, "This must be given")
	case d.Message == wrongInteger:
		return refuse(fault.Invalid, field, "This is a whole number")
	}
	if where == "body" && field == "" {
		return refuse(fault.Invalid, "", "The body: %s", d.Message)
	}
	return refuse(fault.Invalid, field, "%s", d.Message)
}

func last(path string) string { return path[strings.LastIndex(path, ".")+1:] }

func parameters(o *huma.Operation) (names []string) {
	for _, p := range o.Parameters {
		if p.In == "query" {
			names = append(names, p.Name)
		}
	}
	return names
}

// membersBeside are the members that the object may have in which the path's last one is not known.
// The objects that are sent here are flat.
func membersBeside(o *huma.Operation, path string) []string {
	if strings.Contains(path, ".") {
		return nil
	}
	members, _ := o.Metadata[membersKey].([]string)
	return members
}

// membersKey is where an operation's metadata have the members of its body.
const membersKey = "members"

// membersOf are the members of the body of the input I, and none where it has no body.
func membersOf[I any](r huma.Registry) []string {
	body, found := reflect.TypeFor[I]().FieldByName("Body")
	if !found {
		return nil
	}
	schema := r.SchemaFromRef(r.Schema(body.Type, true, body.Tag.Get("nameHint")).Ref)
	return slices.Sorted(maps.Keys(schema.Properties))
}

// didYouMean is the end of a message that names the known name which is most like one that is not known.
func didYouMean(unknown string, known []string) string {
	best := nearest.Of(unknown, known)
	switch {
	case best != "":
		return ": did you mean " + best + "?"
	case len(known) == 0:
		return ""
	}
	return ": there are " + strings.Join(known, ", ")
}
