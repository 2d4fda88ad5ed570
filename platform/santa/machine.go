package santa

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"portcullis/platform"
	"portcullis/platform/export"
	"portcullis/platform/stream"
	"portcullis/policy"
)

// machines gathers what ran on each machine.
type machines struct {
	sink  platform.Sink
	byID  map[string]*machine
	order []*machine
	apps  map[platform.App]*platform.App // one copy of each: most machines run the same ones
}

func newMachines(sink platform.Sink) *machines {
	return &machines{sink: sink, byID: map[string]*machine{}, apps: map[platform.App]*platform.App{}}
}

// machine is what is said of one.
type machine struct {
	id     string
	line   int
	at     time.Time
	ran    map[string]run  // by identifier
	differ map[string]bool // differences that have been said
}

// run is the latest run of an app, of those in one version and with one signer.
type run struct {
	app  *platform.App
	at   time.Time
	line int // of the first of them
}

// program is what one event says of a program that ran.
type program struct {
	machine, bundleID, signingID, sha256, certificate string
	name, publisher, version                          string
	at                                                time.Time
	line                                              int
}

// add takes a program.
func (m *machines) add(p program) {
	h := m.machine(p)
	note := func(format string, args ...any) {
		m.sink.Problem(platform.Problem{Device: h.id, Line: p.line, Reason: fmt.Sprintf(format, args...)})
	}
	a := platform.App{Name: p.name, Publisher: p.publisher, Version: p.version}
	if a.Identifier = firstGiven(p.bundleID, p.signingID); a.Identifier == "" {
		hash, ok := export.SHA256(p.sha256)
		if !ok || hash == "" {
			note("the program %q has neither bundle id nor signing id, and %q is not its SHA-256: it is left out", stream.Clean(p.name), stream.Clean(p.sha256))
			return
		}
		a.Identifier = "sha256:" + hash
	}
	signer, ok := export.SHA256(p.certificate)
	if !ok {
		note("the certificate of %q is given as %q, which is not a SHA-256: it is left out", a.Identifier, stream.Clean(p.certificate))
		signer = ""
	}
	a.Signer = signer
	if p.at.After(h.at) {
		h.at = p.at
	}
	m.ran(h, run{m.intern(a), p.at, p.line}, note)
}

// firstGiven returns the first of texts that is not blank.
func firstGiven(texts ...string) string {
	for _, s := range texts {
		if stream.Clean(s) != "" {
			return s
		}
	}
	return ""
}

// ran notes that an app ran, beside its other runs.
func (m *machines) ran(h *machine, now run, note func(string, ...any)) {
	id := now.app.Identifier
	before, again := h.ran[id]
	switch {
	case !again:
		h.ran[id] = now
		return
	case before.app.Version == now.app.Version && before.app.Signer == now.app.Signer:
		if before.at.Before(now.at) {
			before.at = now.at
		}
		h.ran[id] = before
		return
	case before.at.Before(now.at):
		h.ran[id] = now
	}
	if said := strings.Join([]string{id, now.app.Version, now.app.Signer}, "\x00"); !h.differ[said] {
		h.differ[said] = true
		note("%q ran as version %q with signer %q (line %d), and here as version %q with signer %q: the later run stands",
			id, before.app.Version, before.app.Signer, before.line, now.app.Version, now.app.Signer)
	}
}

func (m *machines) machine(p program) *machine {
	id := export.DeviceID(p.machine)
	h := m.byID[id]
	if h == nil {
		h = &machine{id: id, line: p.line, ran: map[string]run{}, differ: map[string]bool{}}
		m.byID[id] = h
		m.order = append(m.order, h)
	}
	return h
}

// intern returns the one copy of a.
func (m *machines) intern(a platform.App) *platform.App {
	if m.apps[a] == nil {
		m.apps[a] = &a
	}
	return m.apps[a]
}

// send hands over the reports, in the order in which the machines come. One of which nothing that ran
// could be read is not reported.
func (m *machines) send() error {
	for _, h := range m.order {
		runs := make([]run, 0, len(h.ran))
		for _, r := range h.ran {
			runs = append(runs, r)
		}
		slices.SortFunc(runs, func(a, b run) int {
			return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.app.Identifier, b.app.Identifier))
		})
		list := stream.List{Report: platform.Report{Device: h.id, Platform: policy.MacOS, At: h.at, Partial: true, Line: h.line}}
		for _, r := range runs {
			a := *r.app
			a.Line = r.line
			list.Add(a)
		}
		if len(list.Report.Apps) == 0 {
			list.SendProblems(m.sink)
			continue
		}
		if err := list.Send(m.sink); err != nil {
			return err
		}
	}
	return nil
}

// appName is the name of the app that a file is in, or of the file: the rest of a path can name people.
func appName(path string) string {
	parts := strings.Split(path, "/")
	for _, part := range parts {
		if name, ok := strings.CutSuffix(part, ".app"); ok && name != "" {
			return name
		}
	}
	return parts[len(parts)-1]
}
