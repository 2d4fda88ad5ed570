package world

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"portcullis/policy"
)

// Hosts are the hosts of a world and of the hosts files beside it, sorted by the bytes of their
// ids. They are not held: each Read reads the file. They are safe for concurrent use until the
// Loaded that they belong to is closed.
type Hosts struct {
	entries []entry
	kept    []policy.Host // those of files that could only be read in one piece
	readers sync.Pool     // of *hostReader
}

// entry is where a host is to be found again.
type entry struct {
	id     string
	src    *source
	at     extent
	idLine int32
	nth    int32 // its index in its section
	kept   int32 // its index in kept, or -1
}

// Len is the number of hosts.
func (hs *Hosts) Len() int { return len(hs.entries) }

// ID is the id of the host at i, from 0.
func (hs *Hosts) ID(i int) string { return hs.entries[i].id }

// Read reads the host at i into h. It reuses h's lists, and with them what a former Read into h
// gave out. All texts of a host may be parts of one string: who keeps one of many hosts clones it.
func (hs *Hosts) Read(i int, h *policy.Host) error {
	e := &hs.entries[i]
	if e.kept >= 0 {
		copyHost(h, &hs.kept[e.kept])
		return nil
	}
	return readEntry(&hs.readers, e, h)
}

// readEntry reads a host from its file, with one of the readers that are free.
func readEntry(readers *sync.Pool, e *entry, h *policy.Host) error {
	r, ok := readers.Get().(*hostReader)
	if !ok {
		r = new(hostReader)
		r.decoder.report = func(int32, string, string) { r.changed = true }
	}
	defer readers.Put(r)
	if err := r.read(e, h); err != nil {
		return fmt.Errorf("reading host %s again, at %s:%d: %w", quote(e.id), e.src.name, e.idLine, err)
	}
	return nil
}

// find tells whether a host of that id is among the hosts.
func (hs *Hosts) find(id string) bool {
	_, ok := slices.BinarySearchFunc(hs.entries, id, func(e entry, id string) int { return cmp.Compare(e.id, id) })
	return ok
}

// sort puts the hosts in order, and tells report of each whose id an earlier one has.
func (hs *Hosts) sort(report func(later, first *entry)) {
	slices.SortFunc(hs.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.src.order, b.src.order),
			cmp.Compare(a.idLine, b.idLine), cmp.Compare(a.nth, b.nth))
	})
	first := 0
	for i := 1; i < len(hs.entries); i++ {
		if hs.entries[i].id != hs.entries[first].id {
			first = i
			continue
		}
		report(&hs.entries[i], &hs.entries[first])
	}
}

// hostReader reads one host at a time, and keeps its room for the next.
type hostReader struct {
	decoder decoder
	tree    tree
	buf     []byte
	changed bool
}

func (r *hostReader) read(e *entry, h *policy.Host) error {
	root, buf, err := readHostAgain(e.src.file, e.at, r.buf, &r.tree)
	r.buf = buf
	if err != nil {
		return err
	}
	r.changed = false
	r.decoder.tree, r.decoder.path = &r.tree, r.decoder.path[:0]
	readHost(&r.decoder, root, h)
	if r.changed || h.ID != e.id {
		return fmt.Errorf("the file has changed since it was validated")
	}
	return nil
}

// copyHost copies a host with all that it holds.
func copyHost(to, from *policy.Host) {
	groups, installed := to.Groups[:0], to.Installed[:0]
	*to = *from
	to.Groups = append(groups, from.Groups...)
	to.Installed = append(installed, from.Installed...)
	for i := range to.Installed {
		in := &to.Installed[i]
		if in.VersionCode != nil {
			in.VersionCode = new(*in.VersionCode)
		}
		if in.Managed != nil {
			in.Managed = new(*in.Managed)
		}
	}
}
