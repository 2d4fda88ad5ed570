package osquery

import (
	"fmt"
	"hash/maphash"
	"io"
	"strconv"
	"strings"
	"time"

	"portcullis/platform"
	"portcullis/platform/export"
	"portcullis/platform/stream"
)

// Read is the platform.Reader of osquery's results.
func Read(r io.Reader, sink platform.Sink) error {
	in, err := stream.Text(r)
	if err != nil {
		return err
	}
	l := newLog(sink)
	if err := export.Each(export.NewDocuments(in, 0), sink, l.document); err != nil {
		return err
	}
	return l.send()
}

// log gathers what is said of each host.
type log struct {
	sink  platform.Sink
	hosts map[string]*host // by a key that is not always the id
	order []*host
	apps  map[platform.App]*platform.App // one copy of each: most hosts have the same ones
	hash  maphash.Hash
	seq   int64 // of rows and results, in the order of the input
	other int   // results of tables that are not software

	columns columns // of the present row
}

func newLog(sink platform.Sink) *log {
	return &log{sink: sink, hosts: map[string]*host{}, apps: map[platform.App]*platform.App{}, columns: columns{}}
}

// entry is one object of the log, of whatever kind.
type entry struct {
	line int
	keys []string

	name, action, hostID, nodeKey, logType string
	time, counter                          string
	status                                 bool // it is a status log

	columns, snapshot, diff, data, queries, statuses, messages, decorations export.Document
}

// maxKeys is how many keys of an object that is something else are named.
const maxKeys = 8

func parseEntry(doc export.Document) (*entry, error) {
	e := &entry{line: doc.Line}
	err := doc.Members(func(key string, v export.Document) error {
		if len(e.keys) < maxKeys {
			e.keys = append(e.keys, key)
		}
		if part := e.part(key); part != nil {
			*part = v
		} else if field := e.field(key); field != nil {
			text, _ := v.Text()
			*field = stream.Clean(text)
		}
		e.status = e.status || key == "severity" || key == "filename"
		return nil
	})
	return e, err
}

// field is where the text of a key belongs; nil where it is not read.
func (e *entry) field(key string) *string {
	switch key {
	case "name":
		return &e.name
	case "action":
		return &e.action
	case "hostIdentifier":
		return &e.hostID
	case "node_key":
		return &e.nodeKey
	case "log_type":
		return &e.logType
	case "unixTime":
		return &e.time
	case "counter":
		return &e.counter
	}
	return nil
}

// part is where the object or list of a key belongs; nil where it is not read.
func (e *entry) part(key string) *export.Document {
	switch key {
	case "columns":
		return &e.columns
	case "snapshot":
		return &e.snapshot
	case "diffResults":
		return &e.diff
	case "data":
		return &e.data
	case "queries":
		return &e.queries
	case "statuses":
		return &e.statuses
	case "messages":
		return &e.messages
	case "decorations":
		return &e.decorations
	}
	return nil
}

// document takes one object of the input.
func (l *log) document(doc export.Document) error {
	e, err := parseEntry(doc)
	if err == export.ErrCut && e.data.Is('[') {
		return l.body(e) // the results in it that are complete
	}
	if err == export.ErrCut {
		return &export.Refusal{Line: doc.Line, Reason: "the file ends in the middle of what begins here: it was cut off"}
	}
	if err != nil {
		return err
	}
	return l.entry(e, doc)
}

func (l *log) entry(e *entry, doc export.Document) error {
	switch {
	case e.queries.Is('{'):
		return l.distributed(e)
	case e.data.Is('['):
		return l.body(e)
	case e.status && e.columns.Blank() && e.snapshot.Blank():
		return nil
	case e.name != "" && (e.columns.Is('{') || len(e.snapshot.JSON) > 0 || len(e.diff.JSON) > 0):
		return l.result(e)
	}
	if r, _, err := l.row(doc, noTable); err == nil && r != nil {
		return l.bare(e, r)
	}
	return &export.Refusal{Line: e.line, Reason: "this is no result of osquery: an object with the keys " + strings.Join(e.keys, ", ")}
}

// body takes the results in a body of POST log.
func (l *log) body(e *entry) error {
	return e.data.Elements(func(doc export.Document) error {
		if doc.Cut {
			return export.ErrCut
		}
		if e.logType == "status" {
			return nil
		}
		refusal := &export.Refusal{Line: doc.Line, Reason: "an element of data is not an object"}
		if doc.Is('{') {
			inner, err := parseEntry(doc)
			if err != nil {
				return err
			}
			inner.nodeKey = e.nodeKey
			if err = l.entry(inner, doc); err == nil {
				return nil
			}
			var ok bool
			if refusal, ok = err.(*export.Refusal); !ok {
				return err
			}
		}
		l.sink.Problem(platform.Problem{Line: refusal.Line, Reason: refusal.Reason})
		return nil
	})
}

// rank is when a row was seen. A time that is not given ranks first, and the order of lines decides.
type rank struct{ time, counter, seq int64 }

func (r rank) before(s rank) bool {
	if r.time != s.time {
		return r.time < s.time
	}
	if r.counter != s.counter {
		return r.counter < s.counter
	}
	return r.seq < s.seq
}

// rank returns the rank of an entry's rows, and whether it has a counter.
func (l *log) rank(e *entry) (rank, bool) {
	counter, err := strconv.ParseInt(e.counter, 10, 64)
	seconds, _ := strconv.ParseFloat(e.time, 64)
	l.seq++
	if !(seconds > 0 && seconds < 1<<38) { // some year that time.Time can tell; false for NaN
		seconds = 0
	}
	return rank{int64(seconds), counter, l.seq}, err == nil
}

// at is the time of a rank; zero where it was not given.
func (r rank) at() time.Time {
	if r.time == 0 {
		return time.Time{}
	}
	return time.Unix(r.time, 0).UTC()
}

// result takes a result of a scheduled query.
func (l *log) result(e *entry) error {
	switch {
	case len(e.diff.JSON) > 0:
		return l.differences(e)
	case len(e.snapshot.JSON) > 0:
		return l.whole(e)
	case e.action == "added" || e.action == "removed" || e.action == "snapshot":
		rows, err := l.rows(e, "columns", e.columns)
		if err != nil || l.skips(e.name, rows) {
			return err
		}
		at, counted := l.rank(e)
		h := l.host(e, rows)
		q := h.query(e.name)
		if e.action == "snapshot" || counted && at.counter == 0 {
			q.begin(rank{at.time, at.counter, -1}, nil)
		}
		h.take(q, rows, at, e.action != "removed")
		return nil
	}
	return &export.Refusal{Line: e.line, Reason: fmt.Sprintf("the result of %q has the action %q: expected added, removed or snapshot", e.name, e.action)}
}

// whole takes a snapshot. An empty one counts whatever the query is called, for an older one of the
// same query may have had software.
func (l *log) whole(e *entry) error {
	rows, err := l.rows(e, "snapshot", e.snapshot)
	if err != nil {
		return err
	}
	known := false
	if h := l.hosts[l.identify(e, rows).key]; h != nil {
		known = h.queries[e.name] != nil
	}
	if l.skips(e.name, rows) && rows.count > 0 && !known {
		return nil
	}
	h := l.host(e, rows)
	at, _ := l.rank(e)
	h.snapshot(h.query(e.name), rows, at)
	return nil
}

// differences takes a result in the batch form.
func (l *log) differences(e *entry) error {
	var added, removed export.Document
	if e.diff.Is('{') {
		err := e.diff.Members(func(key string, v export.Document) error {
			switch key {
			case "added":
				added = v
			case "removed":
				removed = v
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	gone, err := l.rows(e, "removed", removed)
	if err != nil {
		return err
	}
	come, err := l.rows(e, "added", added)
	if err != nil {
		return err
	}
	if l.skips(e.name, come, gone) {
		return nil
	}
	at, counted := l.rank(e)
	h := l.host(e, come)
	q := h.query(e.name)
	if counted && at.counter == 0 {
		q.begin(rank{at.time, at.counter, -1}, nil)
	}
	h.take(q, gone, at, false)
	h.take(q, come, at, true)
	return nil
}

// skips tells whether a result says nothing of software: it has no row of it, and is not called after a
// table of it either. It counts those that do not.
func (l *log) skips(query string, results ...*rows) bool {
	empty := true
	for _, rows := range results {
		if rows.software() {
			return false
		}
		empty = empty && rows.count == 0
	}
	if empty && aboutTable(query) != noTable {
		return false
	}
	l.other++
	return true
}

// failures are the distributed queries that failed, and how. A status is a number or a text.
func failures(e *entry) (map[string]string, error) {
	failed := map[string]string{}
	each := func(texts export.Document, take func(query, text string)) error {
		if !texts.Is('{') {
			return nil
		}
		return texts.Members(func(query string, v export.Document) error {
			text, ok := v.Text()
			if !ok {
				text = "that cannot be read" // whatever it is, it is not 0
			}
			take(query, stream.Clean(text))
			return nil
		})
	}
	err := each(e.statuses, func(query, status string) {
		if status != "" && status != "0" {
			failed[query] = "status " + status
		}
	})
	if err != nil {
		return nil, err
	}
	err = each(e.messages, func(query, message string) {
		if failed[query] != "" && message != "" {
			failed[query] += ": " + message
		}
	})
	return failed, err
}

// distributed takes the answers to distributed queries. Each is a whole result, without a time.
func (l *log) distributed(e *entry) error {
	failed, err := failures(e)
	if err != nil {
		return err
	}
	answers := map[string]*rows{}
	var all rows
	err = e.queries.Members(func(query string, v export.Document) error {
		if failed[query] != "" {
			return nil
		}
		rows, err := l.rows(&entry{name: query, line: v.Line}, "rows", v)
		if err != nil {
			return err
		}
		answers[query] = rows
		all.systems = append(all.systems, rows.systems...)
		return nil
	})
	if err != nil {
		return err
	}
	l.answers(l.host(e, &all), e, answers, failed)
	return nil
}

// answers takes what the distributed queries of one host said.
func (l *log) answers(h *host, e *entry, answers map[string]*rows, failed map[string]string) {
	for _, query := range sorted(answers) {
		if rows := answers[query]; !l.skips(query, rows) {
			at, _ := l.rank(e)
			h.snapshot(h.query(query), rows, at)
		}
	}
	for _, query := range sorted(failed) {
		if aboutSoftware(query) {
			h.miss(e.line, fmt.Sprintf("the query %q failed with %s: it says nothing of what is installed", query, failed[query]))
		}
	}
}

// bare takes a row that stands by itself, of a host and a query that are not known.
func (l *log) bare(e *entry, r *row) error {
	l.seq++
	h := l.host(&entry{line: e.line}, &rows{})
	h.partial = true
	h.take(h.query(""), &rows{line: e.line, of: []*row{r}}, rank{seq: l.seq}, true)
	return nil
}
