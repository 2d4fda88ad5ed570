package world

import (
	"errors"
	"strings"

	"portcullis/policy"
)

// document is a file as a tree, in which the values of hosts are stand-ins where it was split.
type document struct {
	tree  *tree
	root  int
	spans []span
}

// splitDocument reads a file without its hosts. Where it fails with errUnsplit the document is
// still there to say where the hosts are.
func splitDocument(src *source) (*document, error) {
	k, err := split(src)
	if err != nil {
		return nil, err
	}
	d := &document{tree: new(tree), spans: k.spans}
	if d.root, err = parse(k.text, 1, d.tree); err != nil {
		var syntax *syntaxError
		if errors.As(err, &syntax) {
			syntax.line = k.fix(syntax.line)
		}
		return d, err
	}
	if len(k.shifts) > 0 {
		for i := range d.tree.nodes {
			d.tree.nodes[i].line = k.fix(d.tree.nodes[i].line)
		}
	}
	if !d.confirmed() {
		return d, errUnsplit
	}
	return d, nil
}

// wholeDocument reads a file in one piece.
func wholeDocument(src *source) (*document, error) {
	text, err := src.bytes()
	if err != nil {
		return nil, err
	}
	d := &document{tree: new(tree)}
	d.root, err = parse(text, 1, d.tree)
	return d, err
}

// confirmed tells whether each stand-in is where it was put: the value of a key hosts.
func (d *document) confirmed() bool {
	n := 0
	for _, v := range d.hosts() {
		if node := &d.tree.nodes[v]; n < len(d.spans) && d.isStandIn(v, n) && node.line == d.spans[n].line {
			n++
		}
	}
	return n == len(d.spans)
}

func (d *document) isStandIn(v, n int) bool {
	return d.tree.nodes[v].quoted && d.tree.is(v, standIn(n))
}

// hosts returns the values of the keys hosts; more than one is an error that the decoder reports.
func (d *document) hosts() []int {
	var values []int
	if d.tree.nodes[d.root].kind != mapping {
		return nil
	}
	for k, v := range d.tree.pairs(d.root) {
		if d.tree.is(k, hostsKey) {
			values = append(values, v)
		}
	}
	return values
}

// document takes in a file. Where it turns out not to be what the document says and undo is set,
// nothing of it is kept, and the file can be taken in once more.
func (l *loader) document(src *source, d *document, undo bool) error {
	entries, kept, done := len(l.Hosts.entries), len(l.Hosts.kept), l.done
	r := &reading{loader: l, src: src}
	r.decoder = decoder{tree: d.tree, report: r.report}
	r.sections(d)
	err := r.hosts(d)
	if err != nil && undo {
		l.Hosts.entries, l.Hosts.kept, l.done = l.Hosts.entries[:entries], l.Hosts.kept[:kept], done
		return err
	}
	l.problems.merge(&r.found)
	l.advance(done + src.size - l.done)
	return err
}

// advance tells the caller that n more bytes are dealt with.
func (l *loader) advance(n int64) {
	l.done += n
	if l.progress != nil && n > 0 {
		l.progress(min(l.done, l.total), l.total)
	}
}

// reading is one file being taken in.
type reading struct {
	*loader
	src     *source
	decoder decoder
	found   collector
	host    policy.Host
	nth     int // hosts of the section so far
}

func (r *reading) report(line int32, key, message string) { r.found.add(r.src, line, key, message) }

// sections reads everything but the hosts.
func (r *reading) sections(d *document) {
	if r.src.order > 0 {
		readHostsOnly(&r.decoder, d.root)
		return
	}
	r.World, r.validator = policy.World{}, nil
	r.tree, r.root = d.tree, d.root
	readWorld(&r.decoder, d.root, &r.World)
	for _, p := range policy.Validate(&r.World) {
		if !r.found.touches(r.src, p.Key) {
			r.report(d.tree.line(d.root, p.Key), p.Key, p.Message)
		}
	}
	if r.found.total == 0 {
		r.validator = policy.NewHostValidator(&r.World)
	}
}

// hosts reads the hosts, from where they stand in the file or from the tree.
func (r *reading) hosts(d *document) error {
	n := 0
	for _, v := range d.hosts() {
		r.nth = 0
		if n < len(d.spans) && d.isStandIn(v, n) {
			if err := r.stream(d.spans[n]); err != nil {
				return err
			}
			n++
			continue
		}
		r.decoder.tree, r.decoder.path = d.tree, append(r.decoder.path[:0], place{key: hostsKey})
		var none []struct{}
		readList(&r.decoder, v, &none, func(_ *decoder, i int, _ *struct{}) { r.take(i, extent{}, true) })
	}
	return nil
}

// stream reads the hosts of a span: one goroutine finds them, this one looks at them.
func (r *reading) stream(s span) error {
	const batches = 3
	free, full := make(chan *batch, batches), make(chan *batch, batches)
	for range batches {
		free <- &batch{buf: make([]byte, r.window)}
	}
	go func() {
		defer close(full)
		st := &stream{src: r.src, off: s.off, end: s.end, line: s.line}
		for more := true; more; {
			b := <-free
			more = st.next(b)
			full <- b
		}
	}()
	var err error
	for b := range full {
		for _, it := range b.items {
			r.decoder.tree = &b.tree
			r.decoder.path = append(r.decoder.path[:0], place{key: hostsKey}, place{index: r.nth})
			r.take(it.root, it.at, false)
		}
		r.advance(b.bytes)
		err = b.err
		free <- b
	}
	return err
}

// take validates the host at a root, to which the decoder's path leads, and notes where it is.
func (r *reading) take(root int, at extent, keep bool) {
	before := r.found.total
	if keep {
		r.host = policy.Host{}
	}
	readHost(&r.decoder, root, &r.host)
	if r.validator != nil {
		r.relateHost(root, r.found.total > before)
	}
	if r.host.ID != "" {
		e := entry{id: strings.Clone(r.host.ID), src: r.src, at: at, idLine: r.decoder.tree.line(root, "id"), nth: int32(r.nth), kept: -1}
		if keep {
			e.kept = int32(len(r.Hosts.kept))
			r.Hosts.kept = append(r.Hosts.kept, r.host)
		}
		r.Hosts.entries = append(r.Hosts.entries, e)
	}
	r.nth++
}

// relateHost holds the host against the world.
func (r *reading) relateHost(root int, mistaken bool) {
	for _, p := range r.validator.Validate(&r.host) {
		key := joinPath(r.decoder.path) + "." + p.Key
		if !mistaken || !r.found.touches(r.src, key) {
			r.report(r.decoder.tree.line(root, p.Key), key, p.Message)
		}
	}
}
