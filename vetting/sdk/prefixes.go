package sdk

import (
	"slices"
	"strings"
)

// prefixes finds, at the beginning of a name, all of a set of packages and classes in one walk. "." and "/" are the same.
// Its zero value is empty.
type prefixes struct {
	nodes []node
}

type node struct {
	labels  []byte // of the edges, sorted
	targets []int  // nodes
	below   []int  // entries whose prefix ends here with its dot: anything may follow
	whole   []int  // entries whose name ends here: no letter, digit or "_" may follow
}

// add adds a prefix as SDK.Prefixes writes it.
func (p *prefixes) add(prefix string, entry int) {
	if len(p.nodes) == 0 {
		p.nodes = []node{{}}
	}
	at := 0
	for _, b := range []byte(strings.ReplaceAll(prefix, "/", ".")) {
		i, there := slices.BinarySearch(p.nodes[at].labels, b)
		if !there {
			p.nodes = append(p.nodes, node{})
			n := &p.nodes[at]
			n.labels = slices.Insert(n.labels, i, b)
			n.targets = slices.Insert(n.targets, i, len(p.nodes)-1)
		}
		at = p.nodes[at].targets[i]
	}
	if n := &p.nodes[at]; strings.HasSuffix(prefix, ".") {
		n.below = append(n.below, entry)
	} else if at != 0 {
		n.whole = append(n.whole, entry)
	}
}

// walk calls found with the entry of every prefix that name begins with.
func (p *prefixes) walk(name []byte, found func(entry int)) {
	if len(p.nodes) == 0 {
		return
	}
	n := &p.nodes[0]
	for i, b := range name {
		if b == '/' {
			b = '.'
		}
		k := 0
		for k < len(n.labels) && n.labels[k] < b {
			k++
		}
		if k == len(n.labels) || n.labels[k] != b {
			return
		}
		n = &p.nodes[n.targets[k]]
		for _, entry := range n.below {
			found(entry)
		}
		if len(n.whole) > 0 && (i+1 == len(name) || !identifier(name[i+1])) {
			for _, entry := range n.whole {
				found(entry)
			}
		}
	}
}

// identifier reports whether a longer Java name can go on with b. Bytes of characters outside ASCII can.
func identifier(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '_' || b >= 0x80
}
