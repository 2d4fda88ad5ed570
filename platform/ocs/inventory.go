package ocs

import (
	"errors"
	"fmt"
	"io"

	"portcullis/platform"
	"portcullis/platform/export"
	"portcullis/platform/stream"
)

// Read is the platform.Reader of OCS and FusionInventory XML.
func Read(r io.Reader, sink platform.Sink) error {
	plain, sink, err := export.Inflated(r, sink)
	if err != nil {
		return err
	}
	in, err := stream.Text(plain)
	if err != nil {
		return err
	}
	if in, err = declared(in); err != nil {
		return err
	}
	d := &requests{xml: stream.NewXML(in), sink: sink}
	err = d.all()
	if errors.Is(err, io.ErrUnexpectedEOF) && d.taken > 0 {
		sink.Problem(platform.Problem{Line: d.xml.Line(), Reason: err.Error()})
		return nil
	}
	return err
}

// requests reads REQUEST documents that follow one another.
type requests struct {
	xml   *stream.XML
	sink  platform.Sink
	taken int
}

func (d *requests) all() error {
	for n := 0; ; n++ {
		root, err := d.xml.Root()
		switch {
		case err == io.EOF && n == 0:
			return stream.ErrEmpty
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case root != "REQUEST":
			err = d.refuse(&export.Refusal{Line: d.xml.Line(), Reason: fmt.Sprintf("this is not an OCS or FusionInventory inventory: its root is <%s>, not <REQUEST>", root)})
			if err == nil {
				err = d.xml.Skip()
			}
		default:
			err = d.one()
		}
		if err != nil {
			return err
		}
	}
}

// refuse makes an error of what is no inventory, and a problem where others in the file are.
func (d *requests) refuse(refusal *export.Refusal) error {
	if d.taken == 0 {
		return refusal
	}
	d.sink.Problem(platform.Problem{Line: refusal.Line, Reason: refusal.Reason})
	return nil
}

// one reads one REQUEST.
func (d *requests) one() error {
	i := &inventory{xml: d.xml}
	i.list.Report.Line = d.xml.Line()
	err := d.xml.Children(i.child)
	cut := errors.Is(err, io.ErrUnexpectedEOF)
	if err != nil && !cut || cut && i.computer.ID(true) == "" {
		return err
	}
	if refusal := i.refusal(); refusal != nil {
		return d.refuse(refusal)
	}
	d.taken++
	return errors.Join(i.send(d.sink, cut), err)
}

// inventory is one REQUEST.
type inventory struct {
	xml      *stream.XML
	list     stream.List
	computer export.Computer

	query                      string
	content, discovery, listed bool
	name, full, kernel, osname string
}

func (i *inventory) child(name string) error {
	switch name {
	case "CONTENT":
		i.content = true
		return i.xml.Children(i.section)
	case "DEVICEID":
		return i.text(&i.computer.AgentID)
	case "QUERY":
		return i.text(&i.query)
	}
	return nil
}

// section takes what is read of CONTENT.
func (i *inventory) section(name string) error {
	switch name {
	case "HARDWARE":
		return i.texts(map[string]*string{"UUID": &i.computer.UUID, "NAME": &i.computer.Host, "OSNAME": &i.osname})
	case "BIOS":
		return i.texts(map[string]*string{"SSN": &i.computer.Serial})
	case "ACCESSLOG":
		return i.texts(map[string]*string{"LOGDATE": &i.computer.LogDate})
	case "OPERATINGSYSTEM":
		return i.system()
	case "SOFTWARES":
		i.listed = true
		return i.software()
	case "DEVICE":
		i.discovery = true
	}
	return nil
}

func (i *inventory) system() error {
	into := map[string]*string{"NAME": &i.name, "FULL_NAME": &i.full, "KERNEL_NAME": &i.kernel}
	return i.xml.Children(func(name string) error {
		if name == "TIMEZONE" {
			return i.texts(map[string]*string{"OFFSET": &i.computer.Offset})
		}
		if text, ok := into[name]; ok {
			return i.text(text)
		}
		return nil
	})
}

// software takes an entry. One without children is how an agent that found none writes the list.
func (i *inventory) software() error {
	line := i.xml.Line()
	var name, version, publisher, from, comments string
	err := i.texts(map[string]*string{"NAME": &name, "VERSION": &version, "PUBLISHER": &publisher, "FROM": &from, "COMMENTS": &comments})
	if err != nil {
		return err
	}
	i.list.Add(export.Software(from, name, comments, publisher, version, line))
	return nil
}

// texts takes the children of the present element that into names.
func (i *inventory) texts(into map[string]*string) error {
	return i.xml.Children(func(name string) error {
		if text, ok := into[name]; ok {
			return i.text(text)
		}
		return nil
	})
}

func (i *inventory) text(into *string) (err error) {
	*into, err = i.xml.Text()
	return err
}

// queries are what the same envelope carries besides inventories.
var queries = map[string]string{
	"NETDISCOVERY": "a scan of the network for devices",
	"NETINVENTORY": "an inventory of network equipment",
	"SNMPQUERY":    "an inventory of network equipment",
	"SNMP":         "an inventory of network equipment",
	"PROLOG":       "an agent's greeting",
	"DOWNLOAD":     "the state of a deployment",
}

// refusal says why the request is no inventory of a computer; it is nil where it is one.
func (i *inventory) refusal() *export.Refusal {
	refuse := func(reason string) *export.Refusal { return &export.Refusal{Line: i.list.Report.Line, Reason: reason} }
	what, known := queries[i.query]
	switch {
	case known:
		return refuse(fmt.Sprintf("this is %s (QUERY %s), not an inventory of a computer's software", what, i.query))
	case i.query != "" && i.query != "INVENTORY":
		return refuse(fmt.Sprintf("QUERY is %q: expected INVENTORY", i.query))
	case !i.content:
		return refuse("this REQUEST has no CONTENT: expected an inventory")
	case i.query == "" && i.discovery:
		return refuse("this is a scan of the network for devices, not an inventory of a computer's software")
	}
	return nil
}

func (i *inventory) send(sink platform.Sink, cut bool) error {
	i.computer.Systems = []string{i.name, i.full, i.osname, i.kernel}
	r := &i.list.Report
	r.Device, r.Name = i.computer.ID(cut), i.computer.Host
	r.Platform, r.At = i.computer.Platform(), i.computer.At()
	r.Partial = r.Partial || cut
	r.NoInventory = !i.listed || cut && len(r.Apps) == 0
	if r.Device == "" {
		i.list.Note(r.Line, "the inventory names no device: neither UUID, serial number, DEVICEID nor host name")
	}
	return i.list.Send(sink)
}
