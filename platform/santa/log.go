package santa

import (
	"fmt"
	"io"
	"strings"
	"time"

	"portcullis/platform"
	"portcullis/platform/export"
	"portcullis/platform/stream"
)

// maxForeign is how many lines may stand before the first of santa.log.
const maxForeign = 100

// log reads santa.log. NUL bytes, which a crash leaves in a log, are passed over with the blank lines.
func (m *machines) log(lines *export.Lines) error {
	ours := 0
	var foreign []platform.Problem // before the first line of ours
	for ours > 0 || len(foreign) < maxForeign {
		line, ended, err := lines.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		event := strings.Trim(string(line), "\x00 \t\r")
		if event == "" {
			continue
		}
		fault := m.line(event, lines.Line, ended)
		if fault != "" {
			foreign = append(foreign, platform.Problem{Line: lines.Line, Reason: fault})
		}
		if fault != noAction {
			ours++
		}
		if ours > 0 {
			for _, p := range foreign {
				m.sink.Problem(p)
			}
			foreign = nil
		}
	}
	switch {
	case ours == 0:
		return fmt.Errorf("line %d: expected Santa's events in JSON, or a santa.log with lines of action=…", foreign[0].Line)
	case len(m.order) == 0:
		m.sink.Problem(platform.Problem{Reason: "no program ran in this log: it has no lines of action=EXEC that can be used"})
	}
	return nil
}

const noAction = "this is not a line of santa.log: it has no action"

// line takes a line, and says what keeps it from being used.
func (m *machines) line(event string, number int, ended bool) (fault string) {
	l, ok := parseLine(event)
	switch {
	case !ok:
		return noAction
	case !ended:
		return "the last line has no end and may be cut off: it is not used"
	case l.action == "EXEC":
		l.program.line = number
		m.add(l.program)
	}
	return ""
}

// logged is what is read of a line.
type logged struct {
	action  string
	program program
}

// parseLine reads a line: a time in brackets and the daemon's name, which may be missing, and keys and
// values between bars, in which a bar is written <pipe>.
func parseLine(line string) (logged, bool) {
	var l logged
	start := strings.Index(line, "action=")
	if start < 0 {
		return l, false
	}
	var path, commonName, team string
	fields := map[string]*string{"action": &l.action, "sha256": &l.program.sha256, "cert_sha256": &l.program.certificate, "cert_cn": &commonName,
		"path": &path, "machineid": &l.program.machine, "signing_id": &l.program.signingID, "signingid": &l.program.signingID,
		"team_id": &team, "teamid": &team}
	for field := range strings.SplitSeq(line[start:], "|") {
		key, value, _ := strings.Cut(field, "=")
		if into := fields[key]; into != nil {
			*into = stream.Clean(strings.ReplaceAll(value, "<pipe>", "|"))
		}
	}
	if when, _, ok := strings.Cut(strings.TrimPrefix(line[:start], "["), "]"); ok {
		if t, err := time.Parse(time.RFC3339, when); err == nil {
			l.program.at = t.UTC()
		}
	}
	p := &l.program
	p.name, p.publisher, p.signingID = appName(path), developer(commonName), signingID(p.signingID, team, false)
	return l, true
}
