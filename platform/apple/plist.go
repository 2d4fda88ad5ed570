package apple

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"portcullis/platform"
	"portcullis/platform/stream"
)

// values walks the values of a property list, whichever its form. There is always a present value:
// the root at first, then the one that a callback is called for.
type values interface {
	// line is where the present value begins.
	line() int
	// dict calls member for each key of the present value, a dictionary, with its value's kind.
	dict(member func(key, kind string) error) error
	// array calls element for each element of the present value, an array, with its kind.
	array(element func(kind string) error) error
	// text is the present value, a string or a number.
	text() (string, error)
	// bytes is the present value, data.
	bytes() (string, error)
}

// text takes the present value's text into to, where it is of a kind that has one.
func text(v values, kind string, to *string) (err error) {
	if kind == "string" || kind == "integer" {
		*to, err = v.text()
		*to = stream.Clean(*to)
	}
	return err
}

// xmlValues are the values of a property list in XML, whose kinds are the names of its elements.
type xmlValues struct{ *stream.XML }

func (x xmlValues) line() int { return x.Line() }

func (x xmlValues) dict(member func(key, kind string) error) error {
	key, keyed := "", false
	return x.Children(func(kind string) (err error) {
		if kind == "key" {
			key, err = x.Text()
			keyed = true
			return err
		}
		if !keyed {
			return nil
		}
		keyed = false
		return member(key, kind)
	})
}

func (x xmlValues) array(element func(kind string) error) error { return x.Children(element) }

func (x xmlValues) text() (string, error) { return x.Text() }

func (x xmlValues) bytes() (string, error) {
	text, err := x.Text()
	if err != nil {
		return "", err
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	return string(data), err
}

// readXML reads property lists in XML, one after another. told counts the answers that tell of apps
// and other those that do not.
func readXML(x *stream.XML, sink platform.Sink) (told, other int, err error) {
	for {
		name, err := x.Root()
		if err == io.EOF {
			return told, other, nil
		}
		if err != nil {
			return told, other, err
		}
		if name != "plist" {
			return told, other, fmt.Errorf("line %d: this is a document of <%s>%s", x.Line(), name, wanted)
		}
		err = x.Children(func(kind string) error {
			tells, err := readAnswer(xmlValues{x}, kind, sink)
			if tells {
				told++
			} else {
				other++
			}
			return err
		})
		if err != nil {
			return told, other, err
		}
	}
}

// readBinary reads a property list in the binary form, which stands at line of the input or, where
// that is 0, is the input.
func readBinary(in *bufio.Reader, line int, sink platform.Sink) (told bool, err error) {
	b, kind, err := newBinary(in, line)
	if err != nil {
		return false, err
	}
	return readAnswer(b, kind, sink)
}

// readAnswer reads the answer whose root is the present value, and hands on what it says.
func readAnswer(v values, kind string, sink platform.Sink) (told bool, err error) {
	var a answer
	a.list.Report.Line = v.line()
	if kind != "dict" {
		a.unknown = []string{"a root of <" + kind + ">"}
	} else if err := v.dict(func(key, kind string) error { return a.member(v, key, kind) }); err != nil {
		return false, err
	}
	what := a.refusal()
	switch line := a.list.Report.Line; {
	case what == "":
		return a.end(sink)
	case line > 0:
		return false, fmt.Errorf("line %d: %s%s", line, what, wanted)
	}
	return false, errors.New(what + wanted)
}

// member reads a member of an answer.
func (a *answer) member(v values, key, kind string) error {
	switch key {
	case "UDID":
		return text(v, kind, &a.udid)
	case "EnrollmentID":
		return text(v, kind, &a.enrollment)
	case "Status":
		return text(v, kind, &a.status)
	case "CommandUUID":
	case "ErrorChain":
		return v.array(func(string) error { return a.error(v) })
	case "InstalledApplicationList":
		if a.installed = kind == "array"; a.installed {
			return v.array(func(kind string) error { return a.app(v, kind) })
		}
		a.broken = "InstalledApplicationList is no list: what is installed on the device is not known"
	case "ManagedApplicationList":
		if a.managed = kind == "dict"; a.managed {
			return v.dict(func(identifier, kind string) error { return a.managedApp(v, identifier, kind) })
		}
		a.broken = "ManagedApplicationList is no dictionary: what is installed on the device is not known"
	default:
		a.unknown = append(a.unknown, key)
	}
	return nil
}

func (a *answer) app(v values, kind string) error {
	app := platform.App{Line: v.line()}
	if kind != "dict" {
		a.list.Skip(app.Line, "an entry of InstalledApplicationList is <%s>, not a dictionary", kind)
		return nil
	}
	err := v.dict(func(key, kind string) (err error) {
		switch key {
		case "Identifier":
			app.Identifier, err = v.text() // as it is, so that damage is seen
			return err
		case "Name":
			return text(v, kind, &app.Name)
		case "ShortVersion":
			return text(v, kind, &app.Version)
		}
		return nil
	})
	a.list.Add(app)
	return err
}

func (a *answer) managedApp(v values, identifier, kind string) error {
	line, status := v.line(), ""
	if kind != "dict" {
		a.list.Skip(line, "%s has <%s>, not a dictionary", stream.Clean(identifier), kind)
		return nil
	}
	err := v.dict(func(key, kind string) error {
		if key == "Status" {
			return text(v, kind, &status)
		}
		return nil
	})
	a.addManaged(line, identifier, status)
	return err
}

// error reads an entry of ErrorChain.
func (a *answer) error(v values) error {
	var domain, code, english, local string
	err := v.dict(func(key, kind string) error {
		switch key {
		case "ErrorDomain":
			return text(v, kind, &domain)
		case "ErrorCode":
			return text(v, kind, &code)
		case "USEnglishDescription":
			return text(v, kind, &english)
		case "LocalizedDescription":
			return text(v, kind, &local)
		}
		return nil
	})
	if english == "" {
		english = local
	}
	a.addError(domain, code, english)
	return err
}
