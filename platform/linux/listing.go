package linux

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"

	"portcullis/platform"
	"portcullis/platform/export"
	"portcullis/platform/stream"
	"portcullis/policy"
)

// Read is the platform.Reader of package listings.
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
	lines := export.NewLines(in, passed)
	first, err := firstLine(in)
	if err != nil {
		return err
	}
	if bytes.IndexByte(first, '\t') >= 0 {
		return readTabs(lines, sink)
	}
	return readTable(lines, sink)
}

// firstLine returns the beginning of the line that stands next, and leaves it to be read.
func firstLine(in *bufio.Reader) ([]byte, error) {
	head, err := in.Peek(in.Size())
	if err != nil && err != io.EOF {
		return nil, err
	}
	head, _, _ = bytes.Cut(head, []byte("\n"))
	return head, nil
}

// listing is what one listing says of one device.
type listing struct {
	stream.List
}

func newListing(line int) *listing {
	l := &listing{}
	l.Report.Platform, l.Report.Line = policy.Linux, line
	return l
}

// state is what dpkg says of a package.
type state uint8

const (
	unknownState state = iota
	installed
	absent
	between
)

// stateOf returns the state of a package by the second letter of dpkg's codes. The letters are the
// same in every language; the unfinished states were in lower case once.
func stateOf(code byte) state {
	switch code {
	case 'i', 'W', 'w', 't':
		return installed
	case 'n', 'c':
		return absent
	case 'u', 'U', 'f', 'F', 'h', 'H':
		return between
	}
	return unknownState
}

// wishes are dpkg's first letters: what is wished for a package (unknown, install, hold, remove, purge).
const wishes = "uihrp"

// isCode tells whether s is dpkg's abbreviation of a state: "ii", "rc", "iU", "iHR".
func isCode(s string) bool {
	return (len(s) == 2 || len(s) == 3) && strings.IndexByte(wishes, s[0]) >= 0 && stateOf(s[1]) != unknownState &&
		(len(s) == 2 || strings.IndexByte(" RHX#", s[2]) >= 0)
}

// add takes a package in a state.
func (l *listing) add(a platform.App, is state, code string) {
	switch is {
	case installed:
		a.Version = export.PackageVersion(a.Version)
		l.Add(a)
	case between:
		l.Skip(a.Line, "package %s is in the state %q, between installed and removed: it is counted as neither", a.Name, code)
	case unknownState:
		l.Skip(a.Line, "package %s is in the state %q, which is not one of dpkg's", a.Name, code)
	}
}

// bare returns a package's name without its architecture, and whether it had one.
func bare(name string) (string, bool) {
	name, _, qualified := strings.Cut(name, ":")
	return name, qualified
}

// isPackage tells whether name can be a package's in Debian or RPM: letters, digits and +._-
func isPackage(name string) bool {
	for i := range len(name) {
		c := name[i]
		alphanumeric := '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !alphanumeric && (i == 0 || strings.IndexByte("+._-", c) < 0) {
			return false
		}
	}
	return name != ""
}

// expected ends the messages for inputs that are none of the forms.
const expected = "expected the table of `dpkg -l` with its head, or package and version with a tab between: " +
	"dpkg-query -W -f '${db:Status-Abbrev}\\t${Package}\\t${Version}\\n', or rpm -qa --queryformat '%{NAME}\\t%{VERSION}-%{RELEASE}\\n'"

// readTabs reads a line for each package: its name and version, and before or after them its state.
func readTabs(lines *export.Lines, sink platform.Sink) error {
	l := newListing(lines.Line + 1)
	stated, good := false, 0
	for {
		text, ended, err := lines.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		row := strings.Trim(string(text), "\x00")
		if strings.TrimSpace(row) == "" {
			continue
		}
		p := parseTabs(row)
		if p.fault != "" && good == 0 {
			return fmt.Errorf("line %d: %s: %s", lines.Line, p.fault, expected)
		}
		good++
		switch {
		case p.fault != "":
			l.Skip(lines.Line, "%s", p.fault)
		case !ended && stated && p.code == "":
			l.Skip(lines.Line, "the file ends in the middle of this line: it was cut off")
		default:
			stated = stated || p.code != ""
			l.add(platform.App{Identifier: p.name, Name: p.name, Version: p.version, Line: lines.Line}, p.state, p.code)
		}
	}
	if !stated && len(l.Report.Apps) > 0 {
		l.Note(l.Report.Line, "the lines have no state: if they are from dpkg-query -W, packages that were removed and left their settings are among them, "+
			"and are counted as installed; list with -f '${db:Status-Abbrev}\\t${Package}\\t${Version}\\n' to tell them apart")
	}
	return l.Send(sink)
}

// tabbed is one line with tabs.
type tabbed struct {
	name, version, code string
	state               state
	fault               string // what is wrong with the line
}

func parseTabs(row string) tabbed {
	p := tabbed{state: installed}
	var fields []string
	for _, f := range strings.Split(row, "\t") {
		switch words := strings.Fields(f); {
		case p.code == "" && isCode(f):
			p.code, p.state = strings.TrimSpace(f), stateOf(f[1])
		case p.code == "" && len(words) == 3 && words[1] == "ok":
			p.code, p.state = f, stateOfWords(words[2])
		default:
			fields = append(fields, strings.TrimSpace(f))
		}
	}
	if len(fields) < 2 {
		p.fault = "there is no tab between package and version"
		return p
	}
	p.name, _ = bare(fields[0])
	p.version = fields[1]
	if !isPackage(p.name) {
		p.fault = fmt.Sprintf("%.60q is not the name of a package", fields[0])
	}
	if p.code == "" && p.version == "" {
		p.state = absent // dpkg-query -W names what it only knows of
	}
	return p
}

// stateOfWords returns the state of a package by dpkg's word for it.
func stateOfWords(word string) state {
	switch word {
	case "installed", "triggers-awaited", "triggers-pending":
		return installed
	case "not-installed", "config-files":
		return absent
	case "unpacked", "half-configured", "half-installed":
		return between
	}
	return unknownState
}
