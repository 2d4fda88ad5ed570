package platformtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"portcullis/platform"
)

// Sample is one input that the reader under test reads, if need be with problems.
type Sample struct {
	Name string
	Data []byte
	// Text is set where the format has lines: reports, apps and problems are then expected to have
	// line numbers, and line ends and a byte-order mark not to matter.
	Text bool
}

// Collect reads data and returns what the reader handed to its sink, and its error. It fails the
// test where a report or a problem is not well formed, so a fuzz target need only call it.
func Collect(t testing.TB, read platform.Reader, data []byte) ([]platform.Report, []platform.Problem, error) {
	t.Helper()
	o := collect(read, data)
	for _, fault := range malformed(o, data) {
		t.Error(fault)
	}
	return o.Reports, o.Problems, o.err
}

// Readers runs the suite over samples. Each must give at least one report or problem.
func Readers(t *testing.T, read platform.Reader, samples ...Sample) {
	t.Helper()
	report(t, empties(read))
	for _, s := range samples {
		t.Run(s.Name, func(t *testing.T) {
			w := collect(read, s.Data)
			if len(w.Reports)+len(w.Problems) == 0 {
				t.Fatalf("the sample gives neither a report nor a problem, but error %v", w.err)
			}
			report(t, malformed(w, s.Data))
			for _, promise := range promises {
				t.Run(promise.name, func(t *testing.T) { report(t, promise.faults(read, s, w)) })
			}
		})
	}
}

func report(t *testing.T, faults []string) {
	t.Helper()
	for _, fault := range faults {
		t.Error(fault)
	}
}

// promises are what is checked of each sample, of which w is the outcome.
var promises = []struct {
	name   string
	faults func(read platform.Reader, s Sample, w outcome) []string
}{
	{"same again", sameAgain},
	{"cut off", cutOff},
	{"input fails", inputFails},
	{"sink fails", sinkFails},
	{"line ends and marks", variants},
	{"lines", lineless},
}

// outcome is all that a reader says of one input.
type outcome struct {
	Reports  []platform.Report
	Problems []platform.Problem
	Error    string
	err      error
}

func collect(read platform.Reader, data []byte) outcome {
	var s sink
	err := read(bytes.NewReader(data), &s)
	o := outcome{Reports: s.reports, Problems: s.problems, err: err}
	if err != nil {
		o.Error = err.Error()
	}
	return o
}

// differ compares two outcomes.
func differ(what string, want, got outcome) []string {
	unexported := cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "err" }, cmp.Ignore())
	if diff := cmp.Diff(want, got, unexported); diff != "" {
		return []string{what + " (-sample +this):\n" + diff}
	}
	return nil
}

func empties(read platform.Reader) (faults []string) {
	for _, data := range []string{"", "\n", " \r\n\t", "\xef\xbb\xbf", "\x00\x00"} {
		if o := collect(read, []byte(data)); o.err == nil || len(o.Reports) > 0 {
			faults = append(faults, fmt.Sprintf("an input of %q, with nothing in it, gives %d reports and error %v", data, len(o.Reports), o.err))
		}
	}
	return faults
}

func sameAgain(read platform.Reader, s Sample, w outcome) []string {
	slow := func(r io.Reader, sink platform.Sink) error { return read(iotest.OneByteReader(r), sink) }
	return append(
		differ("read twice, the sample gives something else", w, collect(read, s.Data)),
		differ("read a byte at a time, the sample gives something else", w, collect(slow, s.Data))...)
}

// maxCuts bounds the prefixes tried of one sample, so that large samples stay quick.
const maxCuts = 1500

func cutOff(read platform.Reader, s Sample, w outcome) []string {
	has := map[string]bool{}
	for _, r := range w.Reports {
		for _, a := range r.Apps {
			has[claim(r, a)] = true
		}
	}
	step := len(s.Data)/maxCuts + 1
	for n := 0; n < len(s.Data); n += step {
		o := collect(read, s.Data[:n])
		after := fmt.Sprintf("cut off after %d bytes (…%q), ", n, s.Data[max(0, n-20):n])
		if faults := malformed(o, s.Data[:n]); len(faults) > 0 {
			return []string{after + faults[0]}
		}
		// The last line of a text may have no end and be whole all the same, so it is taken as it is.
		lastLine := 0
		if s.Text {
			lastLine = 1 + bytes.Count(s.Data[:n], []byte("\n"))
		}
		for _, r := range o.Reports {
			for _, a := range r.Apps {
				if c := claim(r, a); !has[c] && a.Line != lastLine {
					return []string{after + "it reports " + c + ", which the whole does not have"}
				}
			}
		}
	}
	return nil
}

// claim is what is said of a device in one app of a report.
func claim(r platform.Report, a platform.App) string {
	code := "none"
	if a.VersionCode != nil {
		code = fmt.Sprint(*a.VersionCode)
	}
	return fmt.Sprintf("on %q: identifier %q, name %q, platform %q, version %q, code %s, signer %q",
		r.Device, a.Identifier, a.Name, a.Platform, a.Version, code, a.Signer)
}

var errBroken = errors.New("platformtest: broken")

func inputFails(read platform.Reader, s Sample, _ outcome) []string {
	broken := io.MultiReader(bytes.NewReader(s.Data[:len(s.Data)/2]), iotest.ErrReader(errBroken))
	if err := read(broken, &sink{}); !errors.Is(err, errBroken) {
		return []string{fmt.Sprintf("the input fails half-way and the reader returns %v, not its error", err)}
	}
	return nil
}

func sinkFails(read platform.Reader, s Sample, w outcome) (faults []string) {
	for n := 1; n <= len(w.Reports); n++ {
		failing := &sink{failAt: n}
		if err := read(bytes.NewReader(s.Data), failing); !errors.Is(err, errBroken) {
			faults = append(faults, fmt.Sprintf("the sink fails at report %d and the reader returns %v, not its error", n, err))
		}
		if len(failing.reports) > n {
			faults = append(faults, fmt.Sprintf("the reader goes on after the sink has failed at report %d", n))
		}
	}
	return faults
}

func variants(read platform.Reader, s Sample, w outcome) (faults []string) {
	if !s.Text {
		return nil
	}
	bom := []byte("\xef\xbb\xbf")
	bare := bytes.TrimPrefix(s.Data, bom)
	unix := bytes.ReplaceAll(s.Data, []byte("\r\n"), []byte("\n"))
	for what, data := range map[string][]byte{
		"LF line ends":       unix,
		"CRLF line ends":     bytes.ReplaceAll(unix, []byte("\n"), []byte("\r\n")),
		"a byte-order mark":  append(bom, bare...),
		"no byte-order mark": bare,
	} {
		faults = append(faults, differ("with "+what+" the sample gives something else", w, collect(read, data))...)
	}
	nul := collect(read, append(make([]byte, 16), bare...))
	if refused := nul.err != nil && len(nul.Reports) == 0; !refused {
		w.Problems, nul.Problems = nil, nil
		faults = append(faults, differ("with NUL bytes in front the sample is neither refused nor the same", w, nul)...)
	}
	return faults
}

func lineless(_ platform.Reader, s Sample, w outcome) (faults []string) {
	if !s.Text {
		return nil
	}
	for _, r := range w.Reports {
		if r.Line == 0 {
			faults = append(faults, fmt.Sprintf("the report of device %q has no line", r.Device))
		}
		for _, a := range r.Apps {
			if a.Line == 0 {
				faults = append(faults, fmt.Sprintf("device %q: app %q %q has no line", r.Device, a.Identifier, a.Name))
			}
		}
	}
	return faults
}

// sink keeps what it is given, and fails at the report numbered failAt, counted from 1.
type sink struct {
	reports  []platform.Report
	problems []platform.Problem
	failAt   int
}

func (s *sink) Report(r platform.Report) error {
	s.reports = append(s.reports, r)
	if len(s.reports) == s.failAt {
		return errBroken
	}
	return nil
}

func (s *sink) Problem(p platform.Problem) { s.problems = append(s.problems, p) }
