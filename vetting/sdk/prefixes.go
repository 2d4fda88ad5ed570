package sdk

import "strings"

// prefixes finds, at the beginning of a name, all of a set of packages and classes in one walk. "." and "/" are the same.
// Its zero value is empty.
type prefixes struct {
	nodes []node // the first is where names begin
	ends  []end
}

// node is a letter after those of the nodes above it. Nodes are many and made as the program starts: they are small and in
// one piece. 0 is no node.
type node struct {
	label byte
	first int32 // the first of the nodes below
	next  int32 // the next beside it
	end   int32 // of a prefix, in ends, counted from 1
}

type end struct {
	below []int // entries whose prefix ends here with its dot: anything may follow
	whole []int // entries whose name ends here: no letter, digit or "_" may follow
}

// add adds a prefix as SDK.Prefixes writes it.
func (p *prefixes) add(prefix string, entry int) {
	if prefix == "" {
		return
	}
	if len(p.nodes) == 0 {
		p.nodes = make([]node, 1, 1<<13)
	}
	at := int32(0)
	for i := range len(prefix) {
		label := letter(prefix[i])
		below := p.below(at, label)
		if below == 0 {
			below = int32(len(p.nodes))
			p.nodes = append(p.nodes, node{label: label, next: p.nodes[at].first})
			p.nodes[at].first = below
		}
		at = below
	}
	if p.nodes[at].end == 0 {
		p.ends = append(p.ends, end{})
		p.nodes[at].end = int32(len(p.ends))
	}
	if e := &p.ends[p.nodes[at].end-1]; strings.HasSuffix(prefix, ".") {
		e.below = append(e.below, entry)
	} else {
		e.whole = append(e.whole, entry)
	}
}

// below is the node below one that has a label, or 0.
func (p *prefixes) below(at int32, label byte) int32 {
	at = p.nodes[at].first
	for at != 0 && p.nodes[at].label != label {
		at = p.nodes[at].next
	}
	return at
}

func letter(b byte) byte {
	if b == '/' {
		return '.'
	}
	return b
}

// walk calls found with the entry of every prefix that name begins with.
func (p *prefixes) walk(name []byte, found func(entry int)) {
	if len(p.nodes) == 0 {
		return
	}
	at := int32(0)
	for i, b := range name {
		if at = p.below(at, letter(b)); at == 0 {
			return
		}
		if p.nodes[at].end == 0 {
			continue
		}
		e := &p.ends[p.nodes[at].end-1]
		for _, entry := range e.below {
			found(entry)
		}
		if len(e.whole) > 0 && (i+1 == len(name) || !identifier(name[i+1])) {
			for _, entry := range e.whole {
				found(entry)
			}
		}
	}
}

// identifier reports whether a longer Java name can go on with b. Bytes of characters outside ASCII can.
func identifier(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '_' || b >= 0x80
}
