package platformtest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"portcullis/platform"
	"portcullis/policy"
)

// readLines is a reader of one identifier a line, as simple as keeps the promises.
func readLines(r io.Reader, sink platform.Sink) error {
	report := platform.Report{Device: "d1", Line: 1}
	in := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := in.ReadString('\n')
		if err != nil && err != io.EOF {
			return err
		}
		if id := strings.Trim(line, "\ufeff\x00\r\n\t "); err == nil && id != "" {
			report.Apps = append(report.Apps, platform.App{Identifier: id, Line: n})
		} else if id != "" {
			sink.Problem(platform.Problem{Line: n, Reason: "the last line may be cut off"})
		}
		if err == nil {
			continue
		}
		if len(report.Apps) == 0 {
			return errors.New("no identifiers")
		}
		return sink.Report(report)
	}
}

var lines = Sample{Name: "lines", Data: []byte("org.example.a\norg.example.b\n"), Text: true}

func TestReadersPassesAReaderThatKeepsThePromises(t *testing.T) { Readers(t, readLines, lines) }

// with is readLines with the bytes and the sink changed on the way.
func with(in func([]byte) []byte, out func(platform.Sink) platform.Sink) platform.Reader {
	return func(r io.Reader, sink platform.Sink) error {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if in != nil {
			data = in(data)
		}
		if out != nil {
			sink = out(sink)
		}
		return readLines(bytes.NewReader(data), sink)
	}
}

// change is a sink that changes reports.
type change struct {
	platform.Sink
	report func(platform.Report) error
}

func (c change) Report(r platform.Report) error { return c.report(r) }

// TestPromisesCanBeBroken holds that a reader that breaks a promise is found out by it.
func TestPromisesCanBeBroken(t *testing.T) {
	runs := 0
	broken := map[string]platform.Reader{
		"same again": with(func(data []byte) []byte {
			runs++
			return data[:len(data)-runs%2*len("org.example.b\n")]
		}, nil),
		"cut off": with(func(data []byte) []byte {
			if len(data) < len(lines.Data) {
				return append(data, "\norg.example.made.up\n"...)
			}
			return data
		}, nil),
		"input fails": func(r io.Reader, sink platform.Sink) error {
			data, _ := io.ReadAll(r)
			return readLines(bytes.NewReader(data), sink)
		},
		"sink fails": with(nil, func(s platform.Sink) platform.Sink {
			return change{s, func(r platform.Report) error { _ = s.Report(r); return nil }}
		}),
		"line ends and marks": with(func(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\r"), []byte("r")) }, nil),
		"lines": with(nil, func(s platform.Sink) platform.Sink {
			return change{s, func(r platform.Report) error { r.Line = 0; return s.Report(r) }}
		}),
	}
	for _, promise := range promises {
		read := broken[promise.name]
		if read == nil {
			t.Errorf("no reader breaks the promise %q", promise.name)
			continue
		}
		if faults := promise.faults(readLines, lines, collect(readLines, lines.Data)); len(faults) > 0 {
			t.Errorf("%s: a good reader has %q", promise.name, faults)
		}
		if faults := promise.faults(read, lines, collect(read, lines.Data)); len(faults) == 0 {
			t.Errorf("%s: a broken reader passes", promise.name)
		}
	}
	nothing := func(io.Reader, platform.Sink) error { return nil }
	if len(empties(nothing)) == 0 {
		t.Error("a reader that takes empty inputs passes")
	}
}

func TestMalformed(t *testing.T) {
	app := platform.App{Identifier: "org.example.a", Line: 2}
	addOn := platform.App{Identifier: "org.example.a", Platform: policy.Chrome}
	but := func(a platform.App, change func(*platform.App)) platform.App { change(&a); return a }
	tests := []struct {
		name    string
		report  platform.Report
		problem platform.Problem
		faults  int
	}{
		{"well formed", platform.Report{Device: "d1", Apps: []platform.App{app, addOn, {Name: "Notes"}, {Name: "Notes"}}}, platform.Problem{}, 0},
		{"apps without inventory", platform.Report{NoInventory: true, Apps: []platform.App{app}}, platform.Problem{}, 1},
		{"a line that is not there", platform.Report{Line: 4}, platform.Problem{}, 1},
		{"an app's line that is not there", platform.Report{Apps: []platform.App{but(app, func(a *platform.App) { a.Line = 4 })}}, platform.Problem{}, 1},
		{"space around the device", platform.Report{Device: "d1 "}, platform.Problem{}, 1},
		{"neither identifier nor name", platform.Report{Apps: []platform.App{{}}}, platform.Problem{}, 1},
		{"twice", platform.Report{Apps: []platform.App{app, app}}, platform.Problem{}, 1},
		{"signer in capitals", platform.Report{Apps: []platform.App{but(app, func(a *platform.App) { a.Signer = "AB" })}}, platform.Problem{}, 1},
		{"NUL in a name", platform.Report{Apps: []platform.App{{Name: "No\x00tes"}}}, platform.Problem{}, 1},
		{"a problem's line that is not there", platform.Report{}, platform.Problem{Line: 4, Reason: "x"}, 1},
		{"a problem without reason", platform.Report{}, platform.Problem{Line: 1}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := outcome{Reports: []platform.Report{tt.report}}
			if tt.problem != (platform.Problem{}) {
				o.Problems = []platform.Problem{tt.problem}
			}
			if got := malformed(o, []byte("1\n2\n3")); len(got) != tt.faults {
				t.Errorf("faults: %q, want %d", got, tt.faults)
			}
		})
	}
}
