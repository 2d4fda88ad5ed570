package intune

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"portcullis/platform"
	"portcullis/platform/stream"
)

// maxRow bounds a row: a quote that is never closed would make one of all the rest.
const maxRow = 1 << 20

// mostHeld is how many rows are gathered before the devices that they are of are reported. One whose
// rows go on after that is reported again, with the rest.
const mostHeld = 1 << 18

// table reads the report as CSV (RFC 4180).
type table struct {
	in      *csv.Reader
	guard   *stream.Guard
	sink    platform.Sink
	columns map[string]int // by name in lower case, without spaces
	apps    inventory
	held    int  // rows since devices were last reported
	sent    bool // some were
}

func readTable(in *bufio.Reader, sink platform.Sink) error {
	guard := &stream.Guard{In: in, Limit: maxRow, What: "a row"}
	comma := separator(in)
	t := table{in: csv.NewReader(guard), guard: guard, sink: sink}
	t.in.ReuseRecord = true
	t.in.Comma = comma
	if err := t.header(); err != nil {
		return err
	}
	if err := t.rows(); err != nil {
		return err
	}
	if len(t.apps.devices) == 0 && !t.apps.partial && !t.sent {
		return errors.New("there are no rows in it below its header")
	}
	return t.apps.send(sink)
}

// separator is what parts the columns of the header.
func separator(in *bufio.Reader) rune {
	head, _ := in.Peek(in.Size()) // what cannot be read now is told when it is read
	head, _, _ = bytes.Cut(bytes.TrimLeft(head, "\r\n"), []byte("\n"))
	for _, c := range ",;\t" {
		if bytes.ContainsRune(head, c) {
			return c
		}
	}
	return ','
}

// header reads the names of the columns and refuses what names no devices.
func (t *table) header() error {
	names, err := t.in.Read()
	if err != nil {
		return place(err)
	}
	line, _ := t.in.FieldPos(0)
	t.columns = map[string]int{}
	var found []string
	for i, name := range names {
		name = stream.Clean(strings.Clone(name))
		found = append(found, name)
		key := strings.ToLower(strings.ReplaceAll(name, " ", ""))
		if _, twice := t.columns[key]; !twice {
			t.columns[key] = i
		}
	}
	if !t.has("applicationname") {
		return fmt.Errorf("line %d: this is no AppInvRawData report of Intune: it has no column ApplicationName, but %s", line, stream.Some(found))
	}
	if !t.has("deviceid") && !t.has("devicename") {
		return fmt.Errorf("line %d: the report has no column DeviceId, so it counts apps and does not say where they are: "+
			"export the report AppInvRawData, with DeviceId, ApplicationName, ApplicationPublisher, ApplicationVersion and Platform", line)
	}
	return nil
}

func (t *table) has(column string) bool { _, ok := t.columns[column]; return ok }

// rows reads all rows. The last needs no line end, as many tools write none: it must have all its
// cells like any other.
func (t *table) rows() error {
	for {
		t.guard.Reset()
		record, err := t.in.Read()
		var parse *csv.ParseError
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &parse):
			t.lose(parse.StartLine, reason(parse.Err))
		case err != nil:
			return err
		default:
			t.row(record)
		}
		if t.held >= mostHeld {
			if err := t.apps.send(t.sink); err != nil {
				return err
			}
			t.held, t.sent, t.apps = 0, true, inventory{partial: t.apps.partial}
		}
	}
}

// lose tells of a row whose device is not known.
func (t *table) lose(line int, why string) {
	t.apps.partial = true
	t.sink.Problem(platform.Problem{Line: line, Reason: why})
}

func (t *table) row(record []string) {
	line, _ := t.in.FieldPos(0)
	cell := func(column string) string {
		if i, ok := t.columns[column]; ok {
			return stream.Clean(record[i])
		}
		return ""
	}
	id, name := cell("deviceid"), cell("devicename")
	if id == "" && !t.has("deviceid") {
		id = name
	}
	if id == "" {
		t.lose(line, "the row names no device")
		return
	}
	runs := system(cell("platform"))
	a := app{cell("applicationname"), cell("applicationpublisher"), cell("applicationshortversion"), runs}
	if a.version == "" {
		a.version = cell("applicationversion")
	}
	i := t.apps.device(id, line)
	d := &t.apps.devices[i]
	d.describe(name, runs, 0)
	if a.name == "" {
		d.partial = true
		t.sink.Problem(platform.Problem{Device: id, Line: line, Reason: "the row names no application"})
		return
	}
	t.apps.add(i, a, line)
	t.held++
}

// place gives an error of the CSV reader its line in front.
func place(err error) error {
	var parse *csv.ParseError
	switch {
	case errors.As(err, &parse):
		return fmt.Errorf("line %d: %s", parse.StartLine, reason(parse.Err))
	case err == io.EOF:
		return stream.ErrEmpty
	}
	return err
}

// reason says in words for people what is wrong with a row.
func reason(err error) string {
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		return "the row does not have as many cells as the header"
	case errors.Is(err, csv.ErrQuote):
		return "a quote in the row is not closed, or stands in the middle of a cell"
	case errors.Is(err, csv.ErrBareQuote):
		return "a quote stands in the middle of a cell without quotes"
	}
	return err.Error()
}
