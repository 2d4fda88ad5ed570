package osquery

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"portcullis/platform"
	"portcullis/platform/export"
	"portcullis/platform/stream"
	"portcullis/policy"
)

// Enrolment is what a device says of itself in POST enroll.
type Enrolment struct {
	Secret string
	// Name is what people call the device; empty where it has none.
	Name string
	// Platform is zero where it does not say.
	Platform policy.Platform
}

// loose is a text that tools write as a number now and then.
type loose string

func (l *loose) UnmarshalJSON(data []byte) error {
	text, ok := export.Document{JSON: data}.Text()
	if !ok {
		return errors.New("a list or an object stands where a text belongs")
	}
	*l = loose(text)
	return nil
}

// Bits of platform_type (osquery/core/system.h).
const (
	onWindows = 0x02
	onLinux   = 0x08
	onMac     = 0x10
)

// ReadEnrolment reads the body of POST enroll.
func ReadEnrolment(body []byte) (Enrolment, error) {
	var b struct {
		Secret       loose `json:"enroll_secret"`
		PlatformType loose `json:"platform_type"`
		Details      struct {
			OS struct {
				Platform loose `json:"platform"`
				Like     loose `json:"platform_like"`
			} `json:"os_version"`
			System struct {
				Computer loose `json:"computer_name"`
				Host     loose `json:"hostname"`
			} `json:"system_info"`
		} `json:"host_details"`
	}
	if err := json.Unmarshal(body, &b); err != nil {
		return Enrolment{}, fmt.Errorf("this is no body of POST enroll: %w", err)
	}
	e := Enrolment{Secret: string(b.Secret), Name: stream.Clean(string(cmp.Or(b.Details.System.Computer, b.Details.System.Host)))}
	bits, _ := strconv.Atoi(string(b.PlatformType)) // 0 where it does not say
	switch on := string(cmp.Or(b.Details.OS.Platform, b.Details.OS.Like)); {
	case on == "darwin", bits&onMac != 0:
		e.Platform = policy.MacOS
	case on == "windows", bits&onWindows != 0:
		e.Platform = policy.Windows
	case bits&onLinux != 0, slices.Contains(linuxes, on):
		e.Platform = policy.Linux
	}
	return e, nil
}

// linuxes are what os_version calls the distributions that osquery has packages for, and those that they are like.
var linuxes = []string{"ubuntu", "debian", "rhel", "centos", "fedora", "amzn", "ol", "rocky", "almalinux", "sles", "suse", "opensuse", "arch", "linuxmint", "kali", "pop"}

// Message is what a device that has enrolled sends: the body of config, log, distributed/read and distributed/write.
type Message struct {
	// NodeKey is what it signs in with.
	NodeKey string
	entry   *entry
}

// ReadMessage reads the body of a device that has enrolled.
func ReadMessage(body []byte) (*Message, error) {
	doc := export.Document{Line: 1, JSON: bytes.TrimSpace(body)}
	if !doc.Is('{') || !json.Valid(doc.JSON) {
		return nil, errors.New("this is no body of osquery: expected one JSON object")
	}
	e, err := parseEntry(doc)
	if err != nil {
		return nil, fmt.Errorf("this is no body of osquery: %w", err)
	}
	return &Message{e.nodeKey, e}, nil
}

// Lines is how many results or status lines a body of POST log has.
func (m *Message) Lines() (n int) {
	if m.entry.data.Is('[') {
		// The document is complete, so that there is no error.
		_ = m.entry.data.Elements(func(export.Document) error { n++; return nil })
	}
	return n
}

// Said are the bytes of what a body of distributed/write answers, which say all that Answers does: the same ones are
// the same answers.
func (m *Message) Said() [][]byte {
	return [][]byte{m.entry.queries.JSON, m.entry.statuses.JSON}
}

// Answers are what a device says to the queries that Questions has.
type Answers struct {
	// Report is nil where nothing says what is installed. It has no id: whose it is, the key says.
	Report *platform.Report
	// Failed are the queries that failed, and how: they say nothing of what is installed.
	Failed   map[string]string
	Problems []platform.Problem
}

// Answers reads the answers in a body of distributed/write from a device with the platform. They are a whole
// inventory only where every query that each such device can answer was answered.
func (m *Message) Answers(p policy.Platform) (*Answers, error) {
	e := m.entry
	if e.queries.Blank() {
		e.queries = export.Document{JSON: []byte("{}"), Line: e.line}
	}
	if !e.queries.Is('{') {
		return nil, errors.New("this is no body of distributed/write: queries is not an object")
	}
	if !e.statuses.Blank() && !e.statuses.Is('{') {
		return nil, errors.New("this is no body of distributed/write: statuses is not an object, so that nobody knows what failed")
	}
	a := &Answers{}
	l := newLog(collect{a})
	var err error
	if a.Failed, err = failures(e); err != nil {
		return nil, err
	}
	if err = l.distributed(e); err != nil {
		return nil, err
	}
	if err = l.send(); err != nil {
		return nil, err
	}
	if a.Report != nil && !whole(p, a.answered(e)) {
		a.Report.Partial = true
	}
	return a, nil
}

// answered are the queries that did not fail.
func (a *Answers) answered(e *entry) (names []string) {
	// The document is complete, so that there is no error.
	_ = e.queries.Members(func(name string, _ export.Document) error {
		if a.Failed[name] == "" {
			names = append(names, name)
		}
		return nil
	})
	return names
}

// collect takes what the reader finds.
type collect struct{ *Answers }

func (c collect) Report(r platform.Report) error {
	if c.Answers.Report != nil {
		return errors.New("the answers are of several devices")
	}
	r.Device, r.Apps = "", slices.Clone(r.Apps)
	c.Answers.Report = &r
	return nil
}

func (c collect) Problem(p platform.Problem) { c.Problems = append(c.Problems, p) }

// Settings are what a device is told in config.
type Settings struct {
	// Interval is how often it asks whether there is something to be answered.
	Interval time.Duration
}

// Config is the answer to POST config: no scheduled queries, and distributed ones asked for at an interval.
func (s Settings) Config() []byte {
	type options struct {
		Disable  bool   `json:"disable_distributed"`
		Plugin   string `json:"distributed_plugin"`
		Interval int    `json:"distributed_interval"`
	}
	return encode(struct {
		Options  options  `json:"options"`
		Schedule struct{} `json:"schedule"`
	}{Options: options{Plugin: "tls", Interval: int(s.Interval / time.Second)}})
}

// Enrolled is the answer to POST enroll that hands out a node key.
func Enrolled(nodeKey string) []byte {
	return encode(struct {
		NodeKey string `json:"node_key"`
		Invalid bool   `json:"node_invalid"`
	}{nodeKey, false})
}

// Taken is the answer to log and distributed/write; Invalid the one to whoever has no node key that is known, who is
// to enrol anew. They are shared, and not to be changed.
var (
	Taken   = []byte(`{"node_invalid":false}`)
	Invalid = []byte(`{"node_invalid":true}`)
)

// Refused is an answer that says why something was not done.
func Refused(invalid bool, reason string) []byte {
	return encode(struct {
		Invalid bool   `json:"node_invalid"`
		Error   string `json:"error"`
	}{invalid, reason})
}
