package santa

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"portcullis/platform"
	"portcullis/platform/export"
)

// maxKeys is how many keys of an object that is something else are named.
const maxKeys = 8

// document takes one JSON object: a body of events, an event, or a message of telemetry.
func (m *machines) document(doc export.Document) error {
	var keys []string
	parts := map[string]export.Document{}
	err := members(doc, func(key string, v export.Document) {
		parts[key] = v
		if len(keys) < maxKeys {
			keys = append(keys, key)
		}
	})
	machine := text(parts["machine_id"])
	switch has := func(key string) bool { _, ok := parts[key]; return ok }; {
	case parts["events"].Is('['):
		return m.events(parts["events"], machine)
	case errors.Is(err, export.ErrCut):
		return &export.Refusal{Line: doc.Line, Reason: "the file ends in the middle of what begins here: it was cut off"}
	case err != nil:
		return err
	case has("file_sha256"):
		m.event(doc, machine)
		return nil
	case parts["execution"].Is('{'):
		m.execution(parts["execution"], machine, text(parts["event_time"]))
		return nil
	case parts["target"].Is('{') && has("decision"):
		m.execution(doc, machine, "")
		return nil
	case has("event_time") && has("boot_session_uuid"), has("instigator"):
		return nil // telemetry of another kind
	case has("rules"), has("policy") && (has("rule_type") || has("type")):
		return &export.Refusal{Line: doc.Line, Reason: "these are rules for Santa, not events of what ran"}
	case has("client_mode"):
		return &export.Refusal{Line: doc.Line, Reason: "this is a preflight message of Santa, not events of what ran"}
	}
	return &export.Refusal{Line: doc.Line, Reason: "these are not Santa's events: an object with the keys " + strings.Join(keys, ", ")}
}

// events takes the events of a body; machine is the one that sent it, where that is known.
func (m *machines) events(list export.Document, machine string) error {
	return list.Elements(func(e export.Document) error {
		switch {
		case e.Cut:
			return export.ErrCut
		case e.Is('{'):
			m.event(e, machine)
		default:
			m.sink.Problem(platform.Problem{Line: e.Line, Reason: "an event is not an object"})
		}
		return nil
	})
}

// event takes one event of the sync protocol.
func (m *machines) event(e export.Document, machine string) {
	p := program{machine: machine, line: e.Line}
	var file, bundle string
	fields := map[string]*string{"machine_id": &p.machine, "file_sha256": &p.sha256, "file_name": &file, "file_bundle_id": &p.bundleID,
		"file_bundle_name": &bundle, "file_bundle_version_string": &p.version, "signing_id": &p.signingID}
	// An event is complete, so that there is no error.
	_ = members(e, func(key string, v export.Document) {
		switch into, ok := fields[key]; {
		case ok:
			*into = text(v)
		case key == "execution_time":
			p.at = seconds(text(v))
		case key == "signing_chain":
			leaf := first(v)
			p.certificate, p.publisher = text(at(leaf, "sha256")), text(at(leaf, "org"))
		}
	})
	p.name = firstGiven(bundle, file)
	m.add(p)
}

// execution takes one execution of telemetry.
func (m *machines) execution(e export.Document, machine, when string) {
	target := at(e, "target")
	p := program{
		machine: machine, line: e.Line,
		sha256:      text(at(target, "executable", "hash", "hash")),
		certificate: text(at(e, "certificate_info", "hash", "hash")),
		publisher:   developer(text(at(e, "certificate_info", "common_name"))),
		name:        appName(text(at(target, "executable", "path"))),
		signingID: signingID(text(at(target, "code_signature", "signing_id")), text(at(target, "code_signature", "team_id")),
			text(at(target, "is_platform_binary")) == "true"),
	}
	if t, err := time.Parse(time.RFC3339, when); err == nil {
		p.at = t.UTC()
	}
	m.add(p)
}

// signingID puts a signing id together as the sync protocol has it: behind the team's id, or "platform"
// for what is part of macOS.
func signingID(id, team string, ofPlatform bool) string {
	switch {
	case id == "" || strings.Contains(id, ":"):
		return id
	case ofPlatform:
		return "platform:" + id
	case team != "":
		return team + ":" + id
	}
	return id
}

// developer is the company in a certificate's common name, "Developer ID Application: Example Ltd
// (TEAM)". Other certificates than for distribution can name a person, and are left out.
func developer(commonName string) string {
	name, ok := strings.CutPrefix(commonName, "Developer ID Application: ")
	if !ok {
		return ""
	}
	if at := strings.LastIndex(name, " ("); at > 0 {
		name = name[:at]
	}
	return name
}

// seconds reads a time in seconds since 1970, with a fraction.
func seconds(s string) time.Time {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f > 0 && f < 1<<36) { // the second is false for NaN too
		return time.Time{}
	}
	return time.UnixMicro(int64(f * 1e6)).UTC()
}

// members calls member with each key in snake_case: protobuf's JSON has camelCase, and readers accept both.
func members(doc export.Document, member func(key string, v export.Document)) error {
	return doc.Members(func(key string, v export.Document) error {
		member(snake(key), v)
		return nil
	})
}

func snake(key string) string {
	if !slices.ContainsFunc([]byte(key), isUpper) {
		return key
	}
	var b strings.Builder
	for i := range len(key) {
		if c := key[i]; isUpper(c) {
			b.WriteByte('_')
			b.WriteByte(c + 'a' - 'A')
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

// at returns the value at a path of keys; blank where there is none.
func at(doc export.Document, path ...string) export.Document {
	for _, key := range path {
		var found export.Document
		if doc.Is('{') {
			_ = members(doc, func(k string, v export.Document) {
				if k == key {
					found = v
				}
			})
		}
		doc = found
	}
	return doc
}

// errFound ends a walk.
var errFound = errors.New("found")

// first returns the first element of a list; blank where there is none.
func first(list export.Document) (element export.Document) {
	if list.Is('[') {
		_ = list.Elements(func(e export.Document) error {
			element = e
			return errFound
		})
	}
	return element
}

func text(d export.Document) string {
	s, _ := d.Text()
	return s
}
