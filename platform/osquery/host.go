package osquery

import (
	"cmp"
	"fmt"
	"slices"

	"portcullis/platform"
	"portcullis/platform/export"
	"portcullis/platform/stream"
	"portcullis/policy"
)

// host is what the log says of one device.
type host struct {
	platform.Report
	sink    platform.Sink
	queries map[string]*query
	partial bool
	// several is set where system_info names more than one device.
	several bool
}

// identity is what an entry says of the host that it is of.
type identity struct {
	key, id, name string
	several       bool
}

// identify tells which host an entry is of. Where the entry does not say, the system_info among its rows
// does; where nothing does, all of one node are one device without an id.
func (l *log) identify(e *entry, rows *rows) identity {
	var uuid, name string
	if e.decorations.Is('{') {
		// The decorations are complete, so that there is no error.
		_ = e.decorations.Members(func(key string, v export.Document) error {
			switch key {
			case "host_uuid":
				uuid, _ = v.Text()
			case "hostname", "computer_name":
				name, _ = v.Text()
			}
			return nil
		})
	}
	i := identity{id: export.DeviceID(uuid, e.hostID), name: name}
	if i.id == "" {
		for n, s := range rows.systems {
			i.several = i.several || n > 0 && s.id != i.id
			i.id, i.name = s.id, cmp.Or(i.name, s.host)
		}
	}
	if i.several {
		i.id, i.name = "", ""
	}
	if i.name == "" && e.hostID != i.id {
		i.name = e.hostID
	}
	if i.key = "id " + i.id; i.id == "" {
		i.key = "node " + e.nodeKey
	}
	return i
}

// host returns the host that an entry is of.
func (l *log) host(e *entry, rows *rows) *host {
	i := l.identify(e, rows)
	h := l.hosts[i.key]
	if h == nil {
		h = &host{sink: l.sink, queries: map[string]*query{}}
		h.Device, h.Name, h.Line = i.id, stream.Clean(i.name), e.line
		l.hosts[i.key] = h
		l.order = append(l.order, h)
	}
	if i.several && !h.several {
		h.several = true
		h.note(e.line, "system_info names several devices in one result: it is not known which of them this is")
	}
	return h
}

func (h *host) note(line int, reason string) {
	h.sink.Problem(platform.Problem{Device: h.Device, Line: line, Reason: reason})
}

// miss is a note of something that leaves the host's list incomplete.
func (h *host) miss(line int, reason string) {
	h.partial = true
	h.note(line, reason)
}

// query is what one query says of one host.
type query struct {
	name string
	// begun is set where the log has a beginning, from which on all is known: a snapshot, or a first run.
	begun bool
	base  rank
	rows  []*row // of the snapshot
	// changes are the newest of each row after the beginning, by the row's hash.
	changes map[uint64]change
	newest  rank
	line    int  // of the newest result
	about   bool // it has had software, or is called after a table of it
}

// change is a row that was added or removed.
type change struct {
	rank  rank
	added bool
	row   *row
}

func (h *host) query(name string) *query {
	q := h.queries[name]
	if q == nil {
		q = &query{name: name, changes: map[uint64]change{}}
		h.queries[name] = q
	}
	return q
}

// begin notes a beginning, unless a later one is known. What came before it counts no more.
func (q *query) begin(at rank, rows []*row) bool {
	if q.begun && at.before(q.base) {
		return false
	}
	q.begun, q.base, q.rows = true, at, rows
	return true
}

// changed returns what became last of a row since the beginning, if anything did.
func (q *query) changed(hash uint64) (change, bool) {
	c, ok := q.changes[hash]
	return c, ok && !(q.begun && c.rank.before(q.base))
}

// snapshot takes a whole result.
func (h *host) snapshot(q *query, rows *rows, at rank) {
	h.see(q, rows, at)
	q.begin(at, rows.of)
}

// take takes rows that were added or removed.
func (h *host) take(q *query, rows *rows, at rank, added bool) {
	h.see(q, rows, at)
	for _, r := range rows.of {
		if q.begun && at.before(q.base) {
			continue
		}
		if c, ok := q.changes[r.hash]; !ok || !at.before(c.rank) {
			q.changes[r.hash] = change{at, added, r}
		}
	}
}

// see notes what a result says besides its rows.
func (h *host) see(q *query, rows *rows, at rank) {
	if q.newest.before(at) {
		q.newest, q.line = at, rows.line
	}
	q.about = q.about || rows.software() || aboutTable(q.name) != noTable
	for _, p := range rows.missed {
		h.miss(p.Line, p.Reason)
	}
}

// present returns the rows that are there at the end of the log.
func (q *query) present() []*row {
	var present []*row
	known := map[uint64]bool{}
	for _, r := range q.rows {
		if c, ok := q.changed(r.hash); !ok || c.added {
			present = append(present, r)
		}
		known[r.hash] = true
	}
	var later []change
	for hash := range q.changes {
		if c, ok := q.changed(hash); ok && c.added && !known[hash] {
			later = append(later, c)
		}
	}
	slices.SortFunc(later, func(a, b change) int { return cmp.Compare(a.row.seq, b.row.seq) })
	for _, c := range later {
		present = append(present, c.row)
	}
	return present
}

// send hands over the reports, in the order in which the hosts come.
func (l *log) send() error {
	reported := 0
	for _, h := range l.order {
		sent, err := h.send()
		if err != nil {
			return err
		}
		if sent {
			reported++
		}
	}
	if reported == 0 {
		l.sink.Problem(platform.Problem{Reason: fmt.Sprintf("nothing here says what is installed: %d results are of other tables than "+
			"apps, programs, deb_packages, rpm_packages, homebrew_packages and browser extensions", l.other)})
	}
	return nil
}

// send reports the host, unless nothing in the log is about its software.
func (h *host) send() (bool, error) {
	list := stream.List{Report: h.Report}
	var seen []policy.Platform
	whole := false
	for _, q := range h.newestFirst() {
		rows := q.present()
		if len(rows) == 0 && q.begun && aboutTable(q.name).primary() {
			h.miss(q.line, fmt.Sprintf("the query %q came back empty: that is not taken to mean that nothing is installed", q.name))
		}
		h.partial = h.partial || !q.begun
		if at := q.newest.at(); at.After(list.Report.At) {
			list.Report.At = at
		}
		for _, r := range rows {
			whole = whole || r.table.primary()
			if system := systems[r.table]; system != 0 && !slices.Contains(seen, system) {
				seen = append(seen, system)
			}
			h.add(&list, r)
		}
	}
	if len(list.Report.Apps) == 0 && !whole {
		return false, nil
	}
	list.Report.Partial = list.Report.Partial || h.partial || !whole
	h.settle(&list, seen)
	return true, list.Send(h.sink)
}

// newestFirst returns the queries about software; where two list an app, the newest is believed.
func (h *host) newestFirst() []*query {
	var all []*query
	for _, q := range h.queries {
		if q.about {
			all = append(all, q)
		}
	}
	slices.SortFunc(all, func(a, b *query) int {
		switch {
		case b.newest.before(a.newest):
			return -1
		case a.newest.before(b.newest):
			return 1
		}
		return cmp.Compare(a.name, b.name)
	})
	return all
}

// add adds the app of a row. Its system stands as its platform until it is known whether the host has
// one system.
func (h *host) add(list *stream.List, r *row) {
	switch a := *r.app; {
	case r.odd:
		list.Skip(int(r.line), "package %s is in a state between installed and removed: it is counted as neither", stream.Clean(a.Name))
	case !r.gone:
		a.Line = int(r.line)
		if a.Platform == 0 {
			a.Platform = systems[r.table]
		}
		list.Add(a)
	}
}

// settle makes the one operating system that the tables are of the device's. Where they are of
// several, each app keeps its own.
func (h *host) settle(list *stream.List, seen []policy.Platform) {
	if len(seen) > 1 {
		slices.Sort(seen)
		list.Note(h.Line, "the tables are of several operating systems, %s and %s: which one the device has is not known", seen[0], seen[1])
		return
	}
	if len(seen) == 0 {
		return
	}
	list.Report.Platform = seen[0]
	for i := range list.Report.Apps {
		if a := &list.Report.Apps[i]; a.Platform == seen[0] {
			a.Platform = 0
		}
	}
}
