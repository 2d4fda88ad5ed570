package apple

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"portcullis/platform"
	"portcullis/platform/stream"
)

// Read reads the answers of devices to InstalledApplicationList and ManagedApplicationList. It is a
// platform.Reader.
func Read(r io.Reader, sink platform.Sink) error {
	raw := bufio.NewReader(r)
	if magic, _ := raw.Peek(len(binaryMagic)); string(magic) == binaryMagic {
		told, err := readBinary(raw, 0, sink)
		return none(told, 1, err)
	}
	in, err := stream.Text(raw)
	if err != nil {
		return err
	}
	first, err := stream.First(in)
	if err != nil {
		return err
	}
	switch first {
	case '<':
		told, other, err := readXML(stream.NewXML(in), sink)
		return none(told > 0, other, err)
	case '{', '[':
		return readEvents(stream.NewJSON(in), sink)
	}
	return errors.New("line 1: this is neither a property list nor JSON" + wanted)
}

// none makes an error of an input in which nothing is told of apps.
func none(told bool, other int, err error) error {
	if err == nil && !told {
		return fmt.Errorf("there is no list of apps in it, but %d answers of devices to other commands", other)
	}
	return err
}

// events reads what a webhook was sent.
type events struct {
	json        *stream.JSON
	sink        platform.Sink
	told, other int
}

func readEvents(j *stream.JSON, sink platform.Sink) error {
	e := events{json: j, sink: sink}
	for {
		first, err := j.Next()
		if err == io.EOF {
			return none(e.told > 0, e.other, nil)
		}
		if err != nil {
			return err
		}
		if first == '[' {
			err = j.Array(e.event)
		} else {
			err = e.event()
		}
		if err != nil {
			return err
		}
	}
}

// event reads one event: {"topic", "created_at", "acknowledge_event": {…}}. Events of other topics
// have no acknowledge_event.
func (e *events) event() error {
	var (
		line     = e.json.Line()
		at       stream.Value
		a        acknowledgement
		is       bool
		mistaken error
	)
	err := e.json.Object(func(key string) (err error) {
		switch key {
		case "created_at":
			at, err = e.json.Value()
		case "topic", "checkin_event":
			is = true
		case "acknowledge_event":
			is, a.is = true, true
			err = a.read(e.json)
		case "StatusItems":
			mistaken = fmt.Errorf("line %d: this is a status report of declarative management%s", line, wanted)
		case "SPApplicationsDataType":
			mistaken = fmt.Errorf("line %d: this is what system_profiler prints, which is read as such%s", line, wanted)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case mistaken != nil:
		return mistaken
	case !is:
		return fmt.Errorf("line %d: this is JSON, but no event of a device manager's webhook%s", line, wanted)
	case !a.is:
		e.other++
		return nil
	}
	return e.acknowledged(line, &a, at.Text())
}

// acknowledgement is the part of an event that a device's answer comes in.
type acknowledgement struct {
	is                       bool
	udid, enrollment, status stream.Value
	payload                  []byte
}

func (a *acknowledgement) read(j *stream.JSON) error {
	return j.Object(func(key string) (err error) {
		switch key {
		case "udid":
			a.udid, err = j.Value()
		case "enrollment_id":
			a.enrollment, err = j.Value()
		case "status":
			a.status, err = j.Value()
		case "raw_payload":
			if err = j.Decode(&a.payload); stream.Misshapen(err) != nil {
				a.payload, err = nil, nil
			}
		}
		return err
	})
}

// acknowledged reads the answer that an event holds. One that cannot be read is a problem.
func (e *events) acknowledged(line int, a *acknowledgement, at string) error {
	taken, _ := time.Parse(time.RFC3339, at) // zero where it is not said
	sink := &stamp{Sink: e.sink, at: taken.UTC()}
	var (
		told  bool
		other int
		err   error
	)
	switch {
	case len(a.payload) == 0:
		bare := answer{udid: a.udid.Text(), enrollment: a.enrollment.Text(), status: a.status.Text()}
		bare.list.Report.Line = line
		if told, err = bare.end(sink); err == nil && !told && bare.status == "Acknowledged" {
			err = errors.New("it has no raw_payload")
		}
	case bytes.HasPrefix(a.payload, []byte(binaryMagic)):
		told, err = readBinary(bufio.NewReader(bytes.NewReader(a.payload)), line, sink)
	default:
		var n int
		n, other, err = readXML(stream.NewXMLAt(bufio.NewReader(bytes.NewReader(a.payload)), line), sink)
		told = n > 0
	}
	if sink.err != nil {
		return sink.err
	}
	if err != nil {
		told = true
		device := a.udid.Text()
		if device == "" {
			device = a.enrollment.Text()
		}
		e.sink.Problem(platform.Problem{Device: device, Line: line, Reason: "the event's answer cannot be read: " + err.Error()})
	}
	if told {
		e.told++
	} else {
		e.other += max(other, 1)
	}
	return nil
}

// stamp hands reports on with the time of their event, and remembers that the sink failed.
type stamp struct {
	platform.Sink
	at  time.Time
	err error
}

func (s *stamp) Report(r platform.Report) error {
	r.At = s.at
	s.err = s.Sink.Report(r)
	return s.err
}
