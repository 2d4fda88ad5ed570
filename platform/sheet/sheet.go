package sheet

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"portcullis/platform"
	"portcullis/platform/export"
	"portcullis/platform/stream"
)

// Read is the platform.Reader of tables.
func Read(r io.Reader, sink platform.Sink) error {
	in, err := stream.Text(r)
	if err != nil {
		return err
	}
	passed, err := export.SkipBlank(in)
	if err == io.EOF {
		return stream.ErrEmpty
	}
	if err != nil {
		return err
	}
	t := &table{records: records{lines: export.NewLines(in, passed)}, sink: sink, devices: map[string]*device{}}
	if err := t.head(); err != nil {
		return err
	}
	if err := t.rows(); err != nil {
		return err
	}
	return t.send()
}

// mostHeld is how many rows are gathered before the devices that they are of are reported. One whose
// rows go on after that is reported again, with the rest.
const mostHeld = 1 << 18

// separators are what cells may be separated by, the likeliest first.
const separators = ",;\t|"

// table is the table that is being read.
type table struct {
	records
	sink    platform.Sink
	columns columns
	row     record
	known   interned

	devices map[string]*device
	order   []*device
	held    int  // rows since reports were last sent
	sent    bool // some were
	partial bool // something is not known of every device
	garbled bool // it has been said that text is not UTF-8
}

// head reads the head, by whichever separator gives it the most columns that are known.
func (t *table) head() error {
	text, err := t.headText()
	if err != nil {
		return err
	}
	line := t.lines.Line
	tried := separators
	if t.separator != 0 {
		tried = string(t.separator)
	}
	for i := range len(tried) {
		var r record
		s := splitter{separator: tried[i], into: &r}
		s.feed(text)
		s.endCell()
		if c := newColumns(r.cells); i == 0 || c.found > t.columns.found || c.found == t.columns.found && c.width > t.columns.width {
			t.separator, t.columns, t.row = tried[i], c, r
		}
	}
	if strings.HasPrefix(string(text), "{") || strings.HasPrefix(string(text), "<") {
		return fmt.Errorf("line %d: this begins like JSON or XML, not like a table with a head", line)
	}
	if refusal := t.columns.refusal(t.row.cells); refusal != "" {
		return fmt.Errorf("line %d: %s", line, refusal)
	}
	return nil
}

// headText returns the line of the head, after Excel's line that names the separator if there is one.
func (t *table) headText() ([]byte, error) {
	for {
		text, _, err := t.lines.Next()
		if err == io.EOF {
			err = stream.ErrEmpty
		}
		if err != nil {
			return nil, err
		}
		if separator, ok := strings.CutPrefix(strings.ToLower(string(text)), "sep="); ok && len(separator) == 1 && strings.Contains(separators, separator) {
			t.separator = separator[0]
			continue
		}
		if strings.IndexByte(string(text), 0) >= 0 {
			return nil, fmt.Errorf("line %d: there are NUL bytes in it, as in UTF-16 without a byte-order mark: save it as CSV UTF-8", t.lines.Line)
		}
		return text, nil
	}
}

// rows reads all rows.
func (t *table) rows() error {
	for {
		err := t.next(&t.row)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if t.row.blank() {
			continue
		}
		t.encoding()
		if fault := t.fault(); fault != "" && t.row.open {
			t.row.fault = fmt.Sprintf("%s: nothing from this line on is used", fault)
		} else if fault != "" && t.row.line < t.lines.Line {
			t.row.fault = fmt.Sprintf("%s: lines %d to %d are not used", fault, t.row.line, t.lines.Line)
		}
		if fault := t.fault(); fault != "" {
			t.partial = t.partial || t.row.open || !t.row.ended // there may have been rows of any device
			t.miss(fault)
		} else {
			t.take()
		}
		if t.held++; t.held >= mostHeld {
			if err := t.send(); err != nil {
				return err
			}
			t.held, t.devices, t.order, t.known = 0, map[string]*device{}, nil, interned{}
		}
		if t.row.open {
			return nil
		}
	}
}

// encoding says once where text is not UTF-8. What is garbled in it is replaced, and an identifier
// with a replacement is not used.
func (t *table) encoding() {
	garbled := func(cell string) bool { return !utf8.ValidString(cell) }
	if !t.garbled && slices.ContainsFunc(t.row.cells, garbled) {
		t.garbled = true
		t.sink.Problem(platform.Problem{Line: t.row.line, Reason: "there is text that is not UTF-8, here and perhaps further on: save the table as CSV UTF-8"})
	}
}

// fault says what keeps the present row from being used; it is empty where nothing does.
func (t *table) fault() string {
	r := &t.row
	switch n := len(r.cells); {
	case r.fault != "":
		return r.fault
	case n < t.columns.width && !r.ended:
		return "the file ends in the middle of this row: it was cut off"
	case n != t.columns.width:
		return fmt.Sprintf("the row has %d cells and the head has %d", n, t.columns.width)
	}
	return ""
}

// miss says that the present row is not used. The report of its device is partial, or every report
// where the row does not tell whose it is.
func (t *table) miss(reason string) {
	p := platform.Problem{Line: t.row.line, Reason: reason}
	if t.columns.device() {
		p.Device = t.deviceID()
	}
	if d := t.devices[p.Device]; d != nil {
		d.report.Partial = true
	} else {
		t.partial = true
	}
	t.sink.Problem(p)
}

func (t *table) deviceID() string {
	cell := func(c column) string { return t.columns.cell(&t.row, c) }
	return export.DeviceID(cell(uuid), cell(serial), cell(deviceID), cell(host))
}

// device is what the rows say of one device.
type device struct {
	report     platform.Report
	contradict bool // the rows do not agree about its ownership
	apps       []entry
}

// entry is an app and its line.
type entry struct {
	app  *platform.App
	line int
}

// send hands over the reports, in the order in which the devices come.
func (t *table) send() error {
	if len(t.order) == 0 && !t.partial && !t.sent {
		return fmt.Errorf("line %d: there are no rows under the head", t.lines.Line)
	}
	t.sent = true
	for _, d := range t.order {
		list := stream.List{Report: d.report}
		list.Report.Partial = d.report.Partial || t.partial
		list.Report.Apps = make([]platform.App, 0, len(d.apps))
		for _, e := range d.apps {
			a := *e.app
			a.Line = e.line
			list.Add(a)
		}
		if err := list.Send(t.sink); err != nil {
			return err
		}
	}
	return nil
}

// interned keeps one copy of each app: most devices have the same ones.
type interned struct {
	apps  map[platform.App]*platform.App
	codes map[int64]*int64
}

// app returns the copy of a, whose Line and VersionCode are not set; code is its version code.
func (i *interned) app(a platform.App, code *int64) *platform.App {
	if i.apps == nil {
		i.apps, i.codes = map[platform.App]*platform.App{}, map[int64]*int64{}
	}
	if code != nil {
		if i.codes[*code] == nil {
			i.codes[*code] = code
		}
		a.VersionCode = i.codes[*code]
	}
	if i.apps[a] == nil {
		i.apps[a] = &a
	}
	return i.apps[a]
}
