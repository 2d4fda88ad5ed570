package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"portcullis/store"
)

// Source is where Serve finds what it serves. All it returns is of one moment.
type Source interface {
	// Checkpoint is the newest signed checkpoint.
	Checkpoint() (note string, err error)
	// Tile is a tile of hashes as far as it reaches, empty where there is none yet.
	Tile(level int, number int64) (hashes []byte, err error)
	// Leaves are the leaves of the entries from ≤ index < until, as many as there are.
	Leaves(from, until int64) (leaves [][]byte, err error)
}

// Resource is what stands at a path.
type Resource struct {
	Body []byte
	// Type is the content type.
	Type string
	// Immutable says that the resource never changes once it is there.
	Immutable bool
}

// Serve answers the paths of a tiled log, as C2SP tlog-tiles has them: /checkpoint,
// /tile/<L>/<N>[.p/<W>] and /tile/entries/<N>[.p/<W>]. Paths that are none of these and resources
// that are not there (yet) are store.ErrNotFound.
func Serve(from Source, path string) (Resource, error) {
	if path == "/checkpoint" {
		signed, err := from.Checkpoint()
		return Resource{Body: []byte(signed), Type: "text/plain; charset=utf-8"}, err
	}
	tile, err := parseTilePath(path)
	if err != nil {
		return Resource{}, err
	}
	read := hashTile
	if tile.L < 0 {
		read = bundle
	}
	body, err := read(from, tile)
	return Resource{Body: body, Type: "application/octet-stream", Immutable: true}, err
}

// parseTilePath reads the path of a tile or, as level -1, of a bundle of entries.
func parseTilePath(path string) (tlog.Tile, error) {
	rest, ok := strings.CutPrefix(path, "/tile/")
	if !ok {
		return tlog.Tile{}, store.ErrNotFound
	}
	// In the paths of tlog the height comes first, and bundles have another name.
	if bundle, ok := strings.CutPrefix(rest, "entries/"); ok {
		rest = "data/" + bundle
	} else if strings.HasPrefix(rest, "data/") {
		return tlog.Tile{}, store.ErrNotFound
	}
	tile, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", tileHeight, rest))
	if err != nil || tile.L > 63 || tile.N < 0 || tile.N > 1<<(63-tileHeight)-1 {
		return tlog.Tile{}, store.ErrNotFound
	}
	return tile, nil
}

// hashTile cuts a tile out of what is stored: a narrower one is the beginning of a wider.
func hashTile(from Source, tile tlog.Tile) ([]byte, error) {
	hashes, err := from.Tile(tile.L, tile.N)
	if err != nil {
		return nil, err
	}
	if len(hashes) < tile.W*tlog.HashSize {
		return nil, store.ErrNotFound
	}
	return hashes[:tile.W*tlog.HashSize], nil
}

// bundle writes leaves one after the other, each after its length.
func bundle(from Source, tile tlog.Tile) ([]byte, error) {
	first := tile.N * tileWidth
	leaves, err := from.Leaves(first, first+int64(tile.W))
	if err != nil {
		return nil, err
	}
	if len(leaves) < tile.W {
		return nil, store.ErrNotFound
	}
	var out []byte
	for _, l := range leaves {
		out = binary.BigEndian.AppendUint16(out, uint16(len(l)))
		out = append(out, l...)
	}
	return out, nil
}

// In is the ledger that a transaction sees, for Serve.
func In(tx *store.Tx) Source { return source{tx} }

type source struct{ tx *store.Tx }

func (s source) Checkpoint() (string, error) {
	_, signed, err := lastCheckpoint(s.tx)
	return signed, s.explain(err)
}

func (s source) Tile(level int, number int64) ([]byte, error) {
	hashes, err := readTile(s.tx, tileID{level, number})
	return hashes, s.explain(err)
}

func (s source) Leaves(from, until int64) ([][]byte, error) {
	found, err := bodies(s.tx, from, until)
	leaves := make([][]byte, len(found))
	for i, e := range found {
		leaves[i] = leaf(e.body, e.seal)
	}
	return leaves, s.explain(err)
}

func (s source) explain(err error) error {
	if err == nil || errors.Is(err, store.ErrNotFound) {
		return err
	}
	return fmt.Errorf("reading the ledger: %w", err)
}
