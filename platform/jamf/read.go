package jamf

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"portcullis/platform"
	"portcullis/platform/stream"
)

// Read reads inventories of Jamf Pro. It is a platform.Reader.
func Read(r io.Reader, sink platform.Sink) error {
	in, err := stream.Text(r)
	if err != nil {
		return err
	}
	first, err := stream.First(in)
	if err != nil {
		return err
	}
	switch first {
	case '{', '[':
		return readJSON(stream.NewJSON(in), sink)
	case '<':
		return readXML(stream.NewXML(in), sink)
	}
	return errors.New("line 1: this is neither JSON nor XML, and Jamf Pro gives inventories as one of them")
}

// pages reads JSON.
type pages struct {
	json    *stream.JSON
	sink    platform.Sink
	records int

	total, totalLine int // how many there are on all pages, and where the last page says so
}

func readJSON(j *stream.JSON, sink platform.Sink) error {
	p := pages{json: j, sink: sink}
	for {
		first, err := j.Next()
		if err == io.EOF {
			if p.records < p.total {
				sink.Problem(platform.Problem{Line: p.totalLine,
					Reason: fmt.Sprintf("%d of %d devices are in it: the others are on other pages", p.records, p.total)})
			}
			return nil
		}
		if err != nil {
			return err
		}
		if first == '[' {
			err = j.Array(p.record)
		} else {
			err = p.page(0)
		}
		if err != nil {
			return err
		}
	}
}

// page reads an object in which records can be: a page, one with a page inside, or a record, whose
// members are at the same level as a page's. wrapped is how many objects are around it.
func (p *pages) page(wrapped int) error {
	line, before, holds := p.json.Line(), p.records, false
	r := newRecord(line)
	var keys []string
	err := p.json.Object(func(key string) error {
		keys = append(keys, key)
		switch key {
		case "results", "computers", "mobile_devices":
			holds = true
			return p.json.Array(p.record)
		case "computer", "mobile_device":
			holds = true
			return p.record()
		case "totalCount":
			p.totalLine = p.json.Line()
			count, err := p.json.Value()
			total, _ := strconv.Atoi(string(count)) // 0 where it is no number
			p.total = max(p.total, total)
			return err
		case "httpStatus":
			return fmt.Errorf("line %d: this is an error that Jamf Pro answered, not an inventory", p.json.Line())
		}
		return p.member(r, key, wrapped)
	})
	if err != nil {
		return err
	}
	if wrapped > 0 || holds || p.records > before {
		return nil
	}
	if r.known {
		return p.end(r)
	}
	return fmt.Errorf("line %d: this is no inventory of Jamf Pro; it has %s", line, stream.Some(keys))
}

// member reads a member of a record, or looks for records in what may be wrapped around them.
func (p *pages) member(r *record, key string, wrapped int) error {
	taken, err := r.member(p.json, key)
	if err != nil || taken || wrapped > 0 {
		return err
	}
	if first, err := p.json.Next(); err != nil || first != '{' {
		return err
	}
	return p.page(wrapped + 1)
}

// record reads an object that must be a record.
func (p *pages) record() error {
	r := newRecord(p.json.Line())
	var keys []string
	err := p.json.Object(func(key string) error {
		keys = append(keys, key)
		_, err := r.member(p.json, key)
		return err
	})
	if shape := stream.Misshapen(err); shape != nil {
		p.sink.Problem(platform.Problem{Line: shape.Line, Reason: "a record is not understood: " + shape.Reason})
		return nil
	}
	if err != nil {
		return err
	}
	if !r.known && r.id == "" {
		return fmt.Errorf("line %d: this is no record of Jamf Pro; it has %s", r.list.Report.Line, stream.Some(keys))
	}
	return p.end(r)
}

func (p *pages) end(r *record) error {
	if r.kandji {
		return fmt.Errorf("line %d: this looks like Kandji's list of devices, not an inventory of Jamf Pro", r.list.Report.Line)
	}
	p.records++
	return r.end(p.sink)
}

// member reads a member of a record; taken is false where records have none of that name.
func (r *record) member(j *stream.JSON, key string) (taken bool, err error) {
	switch key {
	case "general", "applications", "udid", "serialNumber", "serial_number", "mobileDeviceId":
		r.known = true
	case "device_id":
		r.kandji = true
	}
	switch key {
	case "general", "hardware":
		return true, part(j, func(key string) error { return value(j, r.field(key)) })
	case "ios", "software":
		return true, part(j, func(key string) error {
			if key != "applications" {
				return nil
			}
			return r.applications(j)
		})
	case "applications":
		return true, r.applications(j)
	}
	to := r.field(key)
	return to != nil, value(j, to)
}

// part reads an object that is passed over where it is none.
func part(j *stream.JSON, member func(key string) error) error {
	if first, err := j.Next(); err != nil || first != '{' {
		return err
	}
	return j.Object(member)
}

// value takes the next value into to, unless that is nil or has one already.
func value(j *stream.JSON, to *string) error {
	if to == nil || *to != "" {
		return nil
	}
	v, err := j.Value()
	*to = v.Text()
	return err
}

// applications reads a list of applications; null is none.
func (r *record) applications(j *stream.JSON) error {
	line := j.Line()
	first, err := j.Next()
	if err != nil || first == 'n' {
		return err
	}
	if first != '[' {
		r.list.Skip(line, "applications is no list")
		return nil
	}
	r.listed = true
	return j.Array(func() error {
		var a application
		line := j.Line()
		err := j.Object(func(key string) error { return value(j, a.field(key)) })
		if shape := stream.Misshapen(err); shape != nil {
			r.list.Skip(line, "an application is not understood: %s", shape.Reason)
			return nil
		}
		r.add(line, &a)
		return err
	})
}

// readXML reads documents of the Classic API.
func readXML(x *stream.XML, sink platform.Sink) error {
	for {
		name, err := x.Root()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch name {
		case "computer", "mobile_device":
			err = xmlRecord(x, sink)
		case "computers", "mobile_devices":
			err = x.Children(func(name string) error {
				if name != "computer" && name != "mobile_device" {
					return nil
				}
				return xmlRecord(x, sink)
			})
		default:
			err = fmt.Errorf("line %d: this is a document of <%s>, not a computer or mobile device of Jamf Pro's Classic API", x.Line(), name)
		}
		if err != nil {
			return err
		}
	}
}

func xmlRecord(x *stream.XML, sink platform.Sink) error {
	r := newRecord(x.Line())
	field := func(name string) error { return element(x, r.field(name)) }
	err := x.Children(func(name string) error {
		switch name {
		case "general", "hardware":
			return x.Children(field)
		case "software":
			return x.Children(func(name string) error {
				if name != "applications" {
					return nil
				}
				return r.xmlApplications(x)
			})
		case "applications":
			return r.xmlApplications(x)
		}
		return field(name)
	})
	if err != nil {
		return err
	}
	return r.end(sink)
}

// xmlApplications reads the applications among an element's children; the others count them.
func (r *record) xmlApplications(x *stream.XML) error {
	r.listed = true
	return x.Children(func(name string) error {
		if name != "application" {
			return nil
		}
		var a application
		line := x.Line()
		err := x.Children(func(name string) error { return element(x, a.field(name)) })
		r.add(line, &a)
		return err
	})
}

// element takes the present element's text into to, unless that is nil or has one already.
func element(x *stream.XML, to *string) error {
	if to == nil || *to != "" {
		return nil
	}
	text, err := x.Text()
	*to = text
	return err
}
