package glpi

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"portcullis/platform"
	"portcullis/platform/export"
	"portcullis/platform/stream"
)

// Read is the platform.Reader of GLPI's inventory JSON.
func Read(r io.Reader, sink platform.Sink) error {
	in, err := stream.Text(r)
	if err != nil {
		return err
	}
	d := &documents{json: stream.NewJSON(in), sink: sink}
	err = d.all()
	if errors.Is(err, io.ErrUnexpectedEOF) && d.taken > 0 {
		sink.Problem(platform.Problem{Line: d.json.Line(), Reason: err.Error()})
		return nil
	}
	return err
}

// documents reads inventories that follow one another or stand in a list.
type documents struct {
	json  *stream.JSON
	sink  platform.Sink
	taken int
}

func (d *documents) all() error {
	for {
		b, err := d.json.Next()
		switch {
		case err == io.EOF && d.taken == 0:
			return stream.ErrEmpty
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case b == '[':
			err = d.json.Array(d.one)
		case b == '{':
			err = d.one()
		default:
			err = fmt.Errorf("line %d: expected the JSON object of a GLPI inventory, found %q", d.json.Line(), b)
		}
		if err != nil {
			return err
		}
	}
}

// one reads one inventory.
func (d *documents) one() error {
	i := &inventory{json: d.json}
	i.list.Report.Line = d.json.Line()
	err := d.json.Object(i.member)
	cut := errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !cut {
		return err
	}
	if cut && i.computer.ID(true) == "" {
		return err // nothing that can be told of a device
	}
	if refusal := i.refusal(); refusal != nil && d.taken == 0 {
		return refusal
	} else if refusal != nil {
		d.sink.Problem(platform.Problem{Line: refusal.Line, Reason: refusal.Reason})
		return nil
	}
	d.taken++
	return errors.Join(i.send(d.sink, cut), err)
}

// inventory is one document.
type inventory struct {
	json     *stream.JSON
	list     stream.List
	computer export.Computer
	keys     []string

	action, kind            string
	partial, content, lists bool
}

// maxKeys is how many keys of a document that is something else are named.
const maxKeys = 8

func (i *inventory) member(key string) (err error) {
	if len(i.keys) < maxKeys {
		i.keys = append(i.keys, key)
	}
	switch key {
	case "content":
		i.content = true
		err = i.json.Object(i.section)
	case "deviceid":
		err = i.text(&i.computer.AgentID)
	case "action":
		err = i.text(&i.action)
	case "itemtype":
		err = i.text(&i.kind)
	case "partial":
		var partial string
		err = i.text(&partial)
		i.partial = partial == "true" || partial == "1"
	}
	return i.shape(err)
}

// section takes what is read of content.
func (i *inventory) section(key string) (err error) {
	switch key {
	case "hardware":
		err = i.texts(map[string]*string{"uuid": &i.computer.UUID, "name": &i.computer.Host})
	case "bios":
		err = i.texts(map[string]*string{"ssn": &i.computer.Serial})
	case "accesslog":
		err = i.texts(map[string]*string{"logdate": &i.computer.LogDate})
	case "operatingsystem":
		err = i.system()
	case "softwares":
		var first byte
		if first, err = i.json.Next(); first == '[' {
			i.lists = true
		}
		if err == nil {
			err = i.json.Array(i.software)
		}
	}
	return i.shape(err)
}

func (i *inventory) system() error {
	var name, full, kernel string
	err := i.json.Object(func(key string) error {
		if key == "timezone" {
			return i.shape(i.texts(map[string]*string{"offset": &i.computer.Offset}))
		}
		if into, ok := map[string]*string{"name": &name, "full_name": &full, "kernel_name": &kernel}[key]; ok {
			return i.text(into)
		}
		return nil
	})
	i.computer.Systems = []string{name, full, kernel}
	return err
}

// software is an entry of softwares.
type software struct {
	Name, Version, Publisher, From, Comments stream.Value
}

func (i *inventory) software() error {
	line := i.json.Line()
	var s software
	if err := i.json.Decode(&s); stream.Misshapen(err) != nil {
		i.list.Skip(line, "an entry of softwares is not an object")
		return nil
	} else if err != nil {
		return err
	}
	i.list.Add(export.Software(string(s.From), string(s.Name), string(s.Comments), string(s.Publisher), string(s.Version), line))
	return nil
}

// texts takes an object and the members of it that into names.
func (i *inventory) texts(into map[string]*string) error {
	return i.json.Object(func(key string) error {
		if text, ok := into[key]; ok {
			return i.text(text)
		}
		return nil
	})
}

func (i *inventory) text(into *string) error {
	v, err := i.json.Value()
	*into = v.Text()
	return err
}

// shape makes a problem of a value of another kind than the format has; the walk goes on after it.
func (i *inventory) shape(err error) error {
	shape := stream.Misshapen(err)
	if shape == nil {
		return err
	}
	i.list.Skip(shape.Line, "%s", shape.Reason)
	return nil
}

// refusal says why the document is no inventory of a computer; it is nil where it is one.
func (i *inventory) refusal() *export.Refusal {
	refuse := func(format string, args ...any) *export.Refusal {
		return &export.Refusal{Line: i.list.Report.Line, Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case !i.content:
		return refuse("this is not a GLPI inventory: it has no content; its keys are %s", strings.Join(i.keys, ", "))
	case i.action != "" && i.action != "inventory":
		return refuse("this is the answer to GLPI's %q, not an inventory of a computer", i.action)
	case i.kind != "" && i.kind != "Computer" && i.kind != "Phone":
		return refuse("this is an inventory of a %q, not of a computer", i.kind)
	}
	return nil
}

func (i *inventory) send(sink platform.Sink, cut bool) error {
	r := &i.list.Report
	r.Device, r.Name = i.computer.ID(cut), i.computer.Host
	r.Platform, r.At = i.computer.Platform(), i.computer.At()
	r.Partial = r.Partial || i.partial || cut
	r.NoInventory = !i.lists
	if r.Device == "" {
		i.list.Note(r.Line, "the inventory names no device: neither UUID, serial number, deviceid nor host name")
	}
	return i.list.Send(sink)
}
