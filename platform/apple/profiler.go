package apple

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"portcullis/platform"
	"portcullis/platform/stream"
	"portcullis/policy"
)

// ReadSystemProfiler reads what `system_profiler -json SPApplicationsDataType` prints, once or
// several times after one another. It is a platform.Reader.
func ReadSystemProfiler(r io.Reader, sink platform.Sink) error {
	in, err := stream.Text(r)
	if err != nil {
		return err
	}
	first, err := stream.First(in)
	if err != nil {
		return err
	}
	if first != '{' {
		return errors.New("line 1: this is not system_profiler's JSON; make it with `system_profiler -json SPApplicationsDataType`")
	}
	j := stream.NewJSON(in)
	for {
		if _, err := j.Next(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := readProfile(j, sink); err != nil {
			return err
		}
	}
}

// profile is one run of system_profiler.
type profile struct {
	json         *stream.JSON
	list         stream.List
	uuid, serial stream.Value
	listed       bool
}

func readProfile(j *stream.JSON, sink platform.Sink) error {
	p := profile{json: j}
	report := &p.list.Report
	report.Line, report.Platform = j.Line(), policy.MacOS
	err := j.Object(func(key string) error {
		switch key {
		case "SPApplicationsDataType":
			p.listed = true
			return j.Array(p.app)
		case "SPHardwareDataType":
			return j.Array(p.hardware)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !p.listed {
		return fmt.Errorf("line %d: there is no SPApplicationsDataType in it; make it with `system_profiler -json SPApplicationsDataType`", report.Line)
	}
	if report.Device = p.uuid.Text(); report.Device == "" {
		report.Device = p.serial.Text()
	}
	if len(report.Apps) == 0 {
		p.list.Skip(report.Line, "the list has no apps, and every Mac has some: run system_profiler again")
		p.list.SendProblems(sink)
		return nil
	}
	return p.list.Send(sink)
}

// hardware reads what identifies the Mac.
func (p *profile) hardware() error {
	var h struct {
		UUID   stream.Value `json:"platform_UUID"`
		Serial stream.Value `json:"serial_number"`
	}
	line := p.json.Line()
	if err := p.json.Decode(&h); stream.Misshapen(err) != nil {
		p.list.Note(line, "the description of the hardware is not understood")
		return nil
	} else if err != nil {
		return err
	}
	p.uuid, p.serial = h.UUID, h.Serial
	return nil
}

func (p *profile) app() error {
	var a struct {
		Name     stream.Value `json:"_name"`
		Version  stream.Value `json:"version"`
		From     stream.Value `json:"obtained_from"`
		SignedBy leaf         `json:"signed_by"`
	}
	line := p.json.Line()
	if err := p.json.Decode(&a); stream.Misshapen(err) != nil {
		p.list.Skip(line, "an entry is no object")
		return nil
	} else if err != nil {
		return err
	}
	p.list.Add(platform.App{
		Line: line, Name: string(a.Name), Version: string(a.Version), Publisher: publisher(string(a.SignedBy), string(a.From)),
	})
	return nil
}

// leaf is the first of a chain of certificates' names.
type leaf string

// UnmarshalJSON leaves a leaf empty where there is none.
func (l *leaf) UnmarshalJSON(data []byte) error {
	var chain []stream.Value
	if json.Unmarshal(data, &chain) == nil && len(chain) > 0 {
		*l = leaf(chain[0])
	}
	return nil
}

// publisher is who signed an app with the certificate of that name: a company with a Developer ID
// or Apple itself. Other certificates tell nothing (the App Store's) or name a person (a
// developer's own).
func publisher(certificate, from string) string {
	if from == "apple" {
		return "Apple"
	}
	name, ok := strings.CutPrefix(certificate, "Developer ID Application: ")
	if !ok {
		return ""
	}
	if i := strings.LastIndex(name, " ("); i > 0 && strings.HasSuffix(name, ")") {
		name = name[:i]
	}
	return name
}
