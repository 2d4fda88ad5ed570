package android

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"portcullis/platform"
	"portcullis/platform/export"
	"portcullis/platform/stream"
	"portcullis/policy"
)

// readListing reads what pm list packages prints: a line for each package.
func readListing(in *bufio.Reader, sink platform.Sink) error {
	var l listing
	l.list.Report = platform.Report{Line: 1, Platform: policy.Android}
	lines := export.NewLines(in, 0)
	for {
		text, _, err := lines.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if err := l.line(lines.Line, string(text)); err != nil {
			return err
		}
	}
	if l.packages == 0 {
		return errors.New("line 1: this is neither JSON of the Android Management API nor output of pm list packages, whose lines begin with the word package and a colon")
	}
	report := &l.list.Report
	report.Partial = report.Partial || !l.whole
	return l.list.Send(sink)
}

// listing is one run of pm list packages.
type listing struct {
	list     stream.List
	packages int
	whole    bool // it has the package that every device has
}

// packageName is what Android takes for a package's name.
var packageName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*$`)

// attributes are what follows a name, each after a space.
var attributes = regexp.MustCompile(`\s+(versionCode:|installer=|uid:|launcher=)`)

// frameworkPackage is on every Android device.
const frameworkPackage = "android"

// line reads one line.
func (l *listing) line(n int, text string) error {
	text = stream.Clean(text)
	rest, is := strings.CutPrefix(text, "package:")
	switch {
	case text == "":
	case !is && strings.Contains(text, "pm list packages"):
		return command(n, text)
	case !is:
		l.list.Skip(n, "%.60q is no line of pm list packages", text)
	default:
		l.packages++
		l.add(n, strings.TrimSpace(rest))
	}
	return nil
}

// command reads the line in which somebody has called pm, and refuses what -u makes.
func command(n int, text string) error {
	_, options, _ := strings.Cut(text, "pm list packages")
	if slices.Contains(strings.Fields(options), "-u") {
		return fmt.Errorf("line %d: the listing was made with -u, which names uninstalled packages as if they were installed: make it without", n)
	}
	return nil
}

// add reads [PATH=]NAME, with attributes after it.
func (l *listing) add(n int, text string) {
	var code *int64
	if at := attributes.FindStringIndex(text); at != nil {
		code = l.versionCode(n, text[at[0]:])
		text = text[:at[0]]
	}
	path, name, hasPath := cutLast(text, "=")
	if hasPath && (path == "" || path == "null") {
		return // data kept of a package that is not installed
	}
	if !packageName.MatchString(name) {
		l.list.Skip(n, "%.100q is no package's name", name)
		return
	}
	l.whole = l.whole || name == frameworkPackage
	l.list.Add(platform.App{Line: n, Identifier: name, VersionCode: code})
}

// cutLast cuts at the last separator; a path may hold some itself.
func cutLast(s, separator string) (before, after string, found bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return "", s, false
}

// versionCode finds the version code among attributes.
func (l *listing) versionCode(n int, text string) *int64 {
	for _, attribute := range strings.Fields(text) {
		if digits, is := strings.CutPrefix(attribute, "versionCode:"); is {
			code, err := strconv.ParseInt(digits, 10, 64)
			if err != nil {
				l.list.Note(n, "the version code %.40q is no number: it counts as not known", digits)
				return nil
			}
			return &code
		}
	}
	return nil
}
