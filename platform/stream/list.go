package stream

import (
	"fmt"

	"portcullis/platform"
	"portcullis/policy"
)

// List gathers what an export says of one device, and hands it on when it is whole: the device's id
// often comes after its apps. The zero List is ready for use.
type List struct {
	Report platform.Report

	seen     map[entry]int // index in Report.Apps
	problems []platform.Problem
}

// entry is what no two apps on a device share: the identifier on its platform or, where an app has
// a name alone, all that is told of it.
type entry struct {
	identifier               string
	platform                 policy.Platform
	name, publisher, version string
}

// Add adds an app. One with neither identifier nor name, or with a damaged identifier, becomes a
// problem. Of several with one identifier the first stays; where the others differ from it, a
// problem says so.
func (l *List) Add(app platform.App) {
	app.Identifier = trim(app.Identifier)
	if damaged(app.Identifier) {
		l.Skip(app.Line, "the identifier %q is damaged: it has bytes that are no text", app.Identifier)
		return
	}
	app.Name, app.Publisher, app.Version = Clean(app.Name), Clean(app.Publisher), Clean(app.Version)
	e := entry{identifier: app.Identifier, platform: app.Platform}
	if app.Identifier == "" {
		e.name, e.publisher, e.version = app.Name, app.Publisher, app.Version
	}
	if e == (entry{platform: app.Platform, version: app.Version, publisher: app.Publisher}) {
		l.Skip(app.Line, "an entry has neither an identifier nor a name")
		return
	}
	if i, twice := l.seen[e]; twice {
		l.twice(&l.Report.Apps[i], &app)
		return
	}
	if l.seen == nil {
		l.seen = map[entry]int{}
	}
	l.seen[e] = len(l.Report.Apps)
	l.Report.Apps = append(l.Report.Apps, app)
}

// twice tells where a second entry of an identifier differs from the first.
func (l *List) twice(first, second *platform.App) {
	switch {
	case first.Version != second.Version:
		l.Note(second.Line, "%s is listed twice, with version %q and version %q: the first stands",
			first.Identifier, first.Version, second.Version)
	case !same(first.VersionCode, second.VersionCode):
		l.Note(second.Line, "%s is listed twice, with two version codes: the first stands", first.Identifier)
	case first.Signer != second.Signer:
		l.Note(second.Line, "%s is listed twice, with two signers: the first stands", first.Identifier)
	case !same(first.Managed, second.Managed):
		l.Note(second.Line, "%s is listed twice, managed and not: the first stands", first.Identifier)
	}
}

// same tells whether both are given and equal, or neither is given.
func same[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

// Skip tells of an entry that could not be used, so that the list is not known to be whole.
func (l *List) Skip(line int, format string, args ...any) {
	l.Report.Partial = true
	l.Note(line, format, args...)
}

// Note tells of something that leaves the list as whole as it was.
func (l *List) Note(line int, format string, args ...any) {
	l.problems = append(l.problems, platform.Problem{Line: line, Reason: fmt.Sprintf(format, args...)})
}

// Send hands the problems and the report to sink.
func (l *List) Send(sink platform.Sink) error {
	l.Report.Device, l.Report.Name = Clean(l.Report.Device), Clean(l.Report.Name)
	if l.Report.Name == l.Report.Device {
		l.Report.Name = ""
	}
	l.SendProblems(sink)
	return sink.Report(l.Report)
}

// SendProblems hands on the problems alone, where there is nothing to report of the device.
func (l *List) SendProblems(sink platform.Sink) {
	for _, p := range l.problems {
		p.Device = Clean(l.Report.Device)
		sink.Problem(p)
	}
	l.problems = nil
}
