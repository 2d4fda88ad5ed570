package windows

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"portcullis/platform"
	"portcullis/platform/export"
	"portcullis/platform/stream"
	"portcullis/policy"
)

// Read is the platform.Reader of `winget export`.
func Read(r io.Reader, sink platform.Sink) error {
	in, err := stream.Text(r)
	if err != nil {
		return err
	}
	e := &wingetExport{json: stream.NewJSON(in)}
	switch first, err := e.json.Next(); {
	case err == io.EOF:
		return stream.ErrEmpty
	case err != nil:
		return err
	case first != '{':
		return fmt.Errorf("line %d: expected the JSON object that `winget export` writes, found %q", e.json.Line(), first)
	}
	e.list.Report = platform.Report{Platform: policy.Windows, Partial: true, Line: e.json.Line()}
	err = e.json.Object(e.member)
	cut := errors.Is(err, io.ErrUnexpectedEOF)
	switch {
	case err != nil && (!cut || len(e.list.Report.Apps) == 0):
		return err
	case cut:
		sink.Problem(platform.Problem{Line: e.json.Line(), Reason: err.Error()})
	case !e.sources:
		return e.refusal()
	default:
		if err := e.end(); err != nil {
			return err
		}
	}
	return e.list.Send(sink)
}

// wingetExport is one file.
type wingetExport struct {
	json    *stream.JSON
	list    stream.List
	keys    []string
	schema  string
	sources bool
}

// maxKeys is how many keys of a file that is something else are named.
const maxKeys = 8

func (e *wingetExport) member(key string) (err error) {
	if len(e.keys) < maxKeys {
		e.keys = append(e.keys, key)
	}
	switch key {
	case "$schema":
		var v stream.Value
		v, err = e.json.Value()
		e.schema = v.Text()
		if err == nil && e.schema != "" && !strings.Contains(e.schema, "winget-packages") {
			err = e.refusal()
		}
	case "CreationDate":
		var v stream.Value
		v, err = e.json.Value()
		if at, wrong := time.Parse(time.RFC3339, v.Text()); wrong == nil {
			e.list.Report.At = at.UTC()
		}
	case "Sources":
		e.sources = true
		err = e.json.Array(e.source)
	}
	return e.shape(err)
}

func (e *wingetExport) source() error {
	return e.shape(e.json.Object(func(key string) error {
		if key == "Packages" {
			return e.shape(e.json.Array(e.pack))
		}
		return nil
	}))
}

// pack takes one package.
func (e *wingetExport) pack() error {
	line := e.json.Line()
	var p struct {
		PackageIdentifier, ID, Version stream.Value
	}
	if err := e.json.Decode(&p); stream.Misshapen(err) != nil {
		e.list.Skip(line, "an entry of Packages is not an object")
		return nil
	} else if err != nil {
		return err
	}
	id := cmp.Or(string(p.PackageIdentifier), string(p.ID))
	if stream.Clean(id) == "" {
		e.list.Skip(line, "an entry of Packages has neither PackageIdentifier nor Id")
		return nil
	}
	e.list.Add(platform.App{Identifier: id, Version: string(p.Version), Line: line})
	return nil
}

// shape makes a problem of a value of another kind than the format has; the walk goes on after it.
func (e *wingetExport) shape(err error) error {
	shape := stream.Misshapen(err)
	if shape == nil {
		return err
	}
	e.list.Skip(shape.Line, "%s", shape.Reason)
	return nil
}

// refusal says what the file is instead.
func (e *wingetExport) refusal() error {
	what := "its keys are " + strings.Join(e.keys, ", ")
	if e.schema != "" {
		what = fmt.Sprintf("its schema is %q", e.schema)
	}
	return &export.Refusal{Line: e.list.Report.Line, Reason: "this is not what `winget export` writes, which has Sources: " + what}
}

// end makes sure that nothing stands after the object: a second export would be of another device.
func (e *wingetExport) end() error {
	if b, err := e.json.Next(); err == nil {
		return fmt.Errorf("line %d: expected the end of the file, found %q; give one export at a time, for it does not name its device", e.json.Line(), b)
	} else if err != io.EOF {
		return err
	}
	return nil
}
