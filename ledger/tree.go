package ledger

import (
	"crypto/sha256"

	"golang.org/x/mod/sumdb/tlog"
)

// edge is the right edge of a Merkle tree (RFC 6962): all that is needed to append to it. Its hashes
// are those of the complete subtrees that make up the tree, the largest and leftmost first: one for
// each bit of the size that is set.
type edge struct {
	size   int64
	hashes []tlog.Hash
}

// add appends a leaf, by its hash. It calls completed, unless it is nil, for each subtree that is
// complete thereby, from the leaf upwards: the hash is that of the number-th subtree of 2^level leaves.
func (e *edge) add(h tlog.Hash, completed func(level int, number int64, h tlog.Hash)) {
	number := e.size
	e.size++
	for level := 0; ; level++ {
		if completed != nil {
			completed(level, number, h)
		}
		if number&1 == 0 {
			break
		}
		last := len(e.hashes) - 1
		h = tlog.NodeHash(e.hashes[last], h)
		e.hashes = e.hashes[:last]
		number >>= 1
	}
	e.hashes = append(e.hashes, h)
}

// root is the hash of the whole tree.
func (e *edge) root() tlog.Hash {
	if e.size == 0 {
		return sha256.Sum256(nil)
	}
	last := len(e.hashes) - 1
	h := e.hashes[last]
	for i := last - 1; i >= 0; i-- {
		h = tlog.NodeHash(e.hashes[i], h)
	}
	return h
}

// Tiles are eight levels high, as C2SP tlog-tiles has it.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// tileID names a tile: the number-th on its level of tiles.
type tileID struct {
	level  int
	number int64
}

// tiles reads a stored tile as it stands, complete or partial; nil where there is none.
type tiles func(id tileID) ([]byte, error)

// loadEdge takes the right edge of a tree of the given size out of its tiles. It fails with
// ErrBroken where a tile is too short; the caller compares the root.
func loadEdge(size int64, read tiles) (edge, error) {
	e := edge{size: size}
	cached := map[tileID][]byte{}
	// TreeHash asks once, for exactly these hashes in this order.
	_, err := tlog.TreeHash(size, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		for _, index := range indexes {
			tile := tlog.TileForIndex(tileHeight, index)
			id := tileID{tile.L, tile.N}
			data, ok := cached[id]
			if !ok {
				var err error
				if data, err = read(id); err != nil {
					return nil, err
				}
				cached[id] = data
			}
			if len(data) < tile.W*tlog.HashSize {
				return nil, ErrBroken
			}
			h, err := tlog.HashFromTile(tile, data, index)
			if err != nil {
				return nil, err
			}
			e.hashes = append(e.hashes, h)
		}
		return e.hashes, nil
	}))
	return e, err
}

// growth is what is added to the tiles as a tree grows.
type growth struct {
	edge    edge
	read    tiles
	changed map[tileID][]byte
	err     error
}

// grow begins to append to the tree whose right edge is given.
func grow(e edge, read tiles) *growth {
	return &growth{edge: e, read: read, changed: map[tileID][]byte{}}
}

// add appends a leaf by its hash.
func (g *growth) add(h tlog.Hash) error {
	g.edge.add(h, func(level int, number int64, h tlog.Hash) {
		if level%tileHeight != 0 || g.err != nil {
			return // the levels between are computed from the tile when they are needed
		}
		id := tileID{level / tileHeight, number / tileWidth}
		before := int(number%tileWidth) * tlog.HashSize
		data, ok := g.changed[id]
		if !ok && before > 0 {
			if data, g.err = g.read(id); g.err != nil {
				return
			}
		}
		if len(data) < before {
			g.err = ErrBroken
			return
		}
		g.changed[id] = append(data[:before], h[:]...)
	})
	return g.err
}
