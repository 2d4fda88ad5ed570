package santa

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"portcullis/platform"
	"portcullis/platform/export"
)

// Upload reads the events of an EventUploadRequest of one machine, as Read does those of a file. What names another
// machine is refused as a whole.
func Upload(body []byte, e Encoding, machine string, sink platform.Sink) error {
	only := &ofMachine{sink, machine}
	if e == JSON {
		// The reader of files takes what is compressed, and events by themselves. Here neither is meant.
		var members map[string]json.RawMessage
		if err := json.Unmarshal(body, &members); err != nil {
			return malformed("it is not an object of JSON")
		}
		switch events := members["events"]; {
		case len(events) == 0, string(events) == "null":
			return nil // of the other kinds of events none says what is there
		case events[0] != '[':
			return malformed("its events are not a list")
		}
		return Read(bytes.NewReader(body), only)
	}
	m := newMachines(only)
	var programs []program
	err := eachField(body, func(number protowire.Number, kind protowire.Type, value []byte, _ uint64) error {
		switch {
		case number == 1 && kind == protowire.BytesType:
			p, err := eventOf(value)
			p.line = len(programs) + 1 // events are counted where there are no lines
			programs = append(programs, p)
			return err
		case number == 2 && string(value) != machine:
			return malformed("it is of another machine")
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, p := range programs {
		p.machine = machine
		m.add(p)
	}
	return m.send()
}

// eventOf reads a santa.sync.v1.Event.
func eventOf(body []byte) (p program, err error) {
	var file, bundle string
	chained := false
	texts := map[protowire.Number]*string{1: &p.sha256, 3: &file, 9: &p.bundleID, 12: &bundle, 14: &p.version, 22: &p.signingID}
	err = eachField(body, func(number protowire.Number, kind protowire.Type, value []byte, n uint64) error {
		switch into := texts[number]; {
		case into != nil && kind == protowire.BytesType:
			*into = string(value)
		case number == 5 && kind == protowire.Fixed64Type:
			p.at = seconds(fmt.Sprint(math.Float64frombits(n)))
		case number == 28 && kind == protowire.BytesType && !chained: // the leaf comes first
			chained = true
			return readProtobuf(value, []field{{number: 1, text: &p.certificate}, {number: 3, text: &p.publisher}})
		}
		return nil
	})
	p.name = firstGiven(bundle, file)
	return p, err
}

// ofMachine refuses the reports of others.
type ofMachine struct {
	platform.Sink
	machine string
}

func (s *ofMachine) Report(r platform.Report) error {
	if r.Device != "" && r.Device != export.DeviceID(s.machine) {
		return malformed("it has events of another machine")
	}
	r.Device = s.machine
	return s.Sink.Report(r)
}
