package ledger_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"portcullis/internal/storetest"
	"portcullis/ledger"
	"portcullis/store"
)

// follower follows a ledger as anybody could: it has the verifier key and what is served, and uses
// nothing of this package but the paths.
type follower struct {
	t   *testing.T
	get func(path string) (ledger.Resource, error)
	by  note.Verifier
}

func follow(s *server) *follower {
	by, err := note.NewVerifier(s.key.Public)
	if err != nil {
		s.t.Fatal(err)
	}
	return &follower{t: s.t.(*testing.T), by: by, get: func(path string) (r ledger.Resource, err error) {
		err = s.db.Read(s.t.Context(), func(tx *store.Tx) (err error) {
			r, err = ledger.Serve(ledger.In(tx), path)
			return err
		})
		return r, err
	}}
}

// tree is the one that the checkpoint states.
func (f *follower) tree() (tree tlog.Tree) {
	f.t.Helper()
	r, err := f.get("/checkpoint")
	if err != nil {
		f.t.Fatal(err)
	}
	if r.Type != "text/plain; charset=utf-8" || r.Immutable {
		f.t.Errorf("the checkpoint is served as %s, immutable: %t", r.Type, r.Immutable)
	}
	n, err := note.Open(r.Body, note.VerifierList(f.by))
	if err != nil {
		f.t.Fatal(err)
	}
	// The format of tlog-checkpoint is that of tlog but for its first line.
	rest, ok := strings.CutPrefix(n.Text, f.by.Name()+"\n")
	if !ok {
		f.t.Fatalf("the checkpoint has the origin of another: %q", n.Text)
	}
	if tree, err = tlog.ParseTree([]byte("go.sum database tree\n" + rest)); err != nil {
		f.t.Fatalf("%q: %v", n.Text, err)
	}
	return tree
}

func (f *follower) Height() int { return 8 }

func (f *follower) SaveTiles([]tlog.Tile, [][]byte) {}

func (f *follower) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		path := "/tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
		r, err := f.get(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if r.Type != "application/octet-stream" || !r.Immutable {
			f.t.Errorf("%s is served as %s, immutable: %t", path, r.Type, r.Immutable)
		}
		data = append(data, r.Body)
	}
	return data, nil
}

// leaves are all entries of a tree, from its bundles.
func (f *follower) leaves(size int64) (leaves [][]byte) {
	f.t.Helper()
	for _, tile := range tlog.NewTiles(8, 0, size) {
		if tile.L != 0 {
			continue
		}
		tile.L = -1
		path := "/tile/entries/" + strings.TrimPrefix(tile.Path(), "tile/8/data/")
		r, err := f.get(path)
		if err != nil {
			f.t.Fatalf("%s: %v", path, err)
		}
		for rest := r.Body; len(rest) > 0; {
			n := int(binary.BigEndian.Uint16(rest))
			leaves, rest = append(leaves, rest[2:2+n]), rest[2+n:]
		}
	}
	if int64(len(leaves)) != size {
		f.t.Errorf("the bundles hold %d entries, of %d", len(leaves), size)
	}
	return leaves
}

// TestFollower has an independent client follow a ledger as it grows, by sizes at which tiles begin,
// are partial, and end.
func TestFollower(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		s := serve(t, open(time.Now), "a")
		s.sequence()
		f := follow(s)
		if tree := f.tree(); tree.N != 0 || tree.Hash != mustRoot(t, nil) {
			t.Errorf("an empty ledger states %+v", tree)
		}
		var trees []tlog.Tree
		size := int64(0)
		for _, grown := range []int64{1, 2, 3, 7, 255, 256, 257, 700, 1024, 1025, 2600} {
			var more []ledger.Entry
			for ; size < grown; size++ {
				more = append(more, entry([]ledger.Kind{opened, sealed}[size%2], int(size)))
			}
			s.record(more...)
			s.sequence()
			tree := f.tree()
			if tree.N != size {
				t.Fatalf("of %d entries the checkpoint states %d", size, tree.N)
			}
			leaves := f.leaves(size)
			if root := mustRoot(t, leaves); root != tree.Hash {
				t.Fatalf("the %d entries that are served have the root %s, and the checkpoint states %s", size, root, tree.Hash)
			}
			proven(t, f, tree, leaves)
			for _, older := range trees {
				proof, err := tlog.ProveTree(tree.N, older.N, tlog.TileHashReader(tree, f))
				if err != nil {
					t.Fatal(err)
				}
				if err := tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash); err != nil {
					t.Errorf("the tree of %d entries does not go on from that of %d: %v", tree.N, older.N, err)
				}
			}
			trees = append(trees, tree)
		}
		// What was partial once is served still.
		for _, older := range trees {
			for _, tile := range tlog.NewTiles(8, 0, older.N) {
				if _, err := f.ReadTiles([]tlog.Tile{tile}); err != nil {
					t.Error(err)
				}
			}
			f.leaves(older.N)
		}
	})
}

// mustRoot computes a root by the recursion of RFC 6962, section 2.1.
func mustRoot(t *testing.T, leaves [][]byte) tlog.Hash {
	t.Helper()
	if len(leaves) == 0 {
		root, err := tlog.TreeHash(0, nil)
		if err != nil {
			t.Fatal(err)
		}
		return root
	}
	if len(leaves) == 1 {
		return tlog.RecordHash(leaves[0])
	}
	k := 1
	for k*2 < len(leaves) {
		k *= 2
	}
	return tlog.NodeHash(mustRoot(t, leaves[:k]), mustRoot(t, leaves[k:]))
}

// proven checks that entries are in the tree, by their proofs.
func proven(t *testing.T, f *follower, tree tlog.Tree, leaves [][]byte) {
	t.Helper()
	for _, n := range []int64{0, tree.N / 3, tree.N / 2, tree.N - 1} {
		proof, err := tlog.ProveRecord(tree.N, n, tlog.TileHashReader(tree, f))
		if err != nil {
			t.Fatal(err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, n, tlog.RecordHash(leaves[n])); err != nil {
			t.Errorf("entry %d is not proven to be in the tree of %d: %v", n, tree.N, err)
		}
	}
}

func TestServeRefuses(t *testing.T) {
	storetest.Run(t, schema, func(t *testing.T, open storetest.Open) {
		s := serve(t, open(time.Now), "a")
		f := follow(s)
		refused := func(path string) {
			if r, err := f.get(path); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%q is served with %d bytes, %v", path, len(r.Body), err)
			}
		}
		refused("/checkpoint") // of a ledger that never had a sequencer
		var entries []ledger.Entry
		for i := range 300 {
			entries = append(entries, entry(opened, i))
		}
		s.record(entries...)
		s.sequence()
		for _, path := range []string{
			"", "/", "checkpoint", "/checkpoint/", "/tile", "/tile/", "/tile/0", "/tile/0/", "/tile/0/1", "/tile/0/0001", "/tile/00/000",
			"/tile/0/001", "/tile/0/001.p/45", "/tile/0/001.p/0", "/tile/0/000.p/256", "/tile/0/000.p/01", "/tile/0/000.p/", "/tile/0/002.p/1",
			"/tile/1/000", "/tile/1/000.p/2", "/tile/2/000.p/1", "/tile/64/000", "/tile/-1/000", "/tile/data/000", "/tile/8/0/000", "/tile/0/x000/000",
			"/tile/0/x999/x999/x999/x999/x999/x999/x999/x999/x999/999", "/tile/0/x009/x223/x372/x036/x854/775/807", "/tile/0/-01", "/tile/0/+01",
			"/tile/entries/000/", "/tile/entries/001", "/tile/entries/001.p/45", "/tile/entries/002.p/1", "/tile/entries/entries/000", "/tile/0/000?x", "/tile/0/../0/000",
			"/tile/99999999999999999999/000", "/tile/63/x036/x028/x797/x018/x963/967.p/1", "/tile/entries/x036/x028/x797/x018/x963/968.p/1",
		} {
			refused(path)
		}
		for path, size := range map[string]int{"/tile/0/000": 8192, "/tile/0/001.p/44": 44 * 32, "/tile/0/001.p/1": 32, "/tile/0/000.p/255": 255 * 32, "/tile/1/000.p/1": 32} {
			if r, err := f.get(path); err != nil || len(r.Body) != size {
				t.Errorf("%s has %d bytes, not %d: %v", path, len(r.Body), size, err)
			}
		}
	})
}

// endless is a source that has whatever it is asked for.
type endless struct{ t *testing.T }

func (e endless) Checkpoint() (string, error) { return "c", nil }

func (e endless) Tile(level int, number int64) ([]byte, error) {
	if level < 0 || level > 63 || number < 0 {
		e.t.Errorf("the tile %d, %d is asked for", level, number)
	}
	return make([]byte, 256*32), nil
}

func (e endless) Leaves(from, until int64) ([][]byte, error) {
	if from < 0 || until <= from || until-from > 256 || from%256 != 0 {
		e.t.Errorf("the leaves from %d to %d are asked for", from, until)
	}
	return make([][]byte, until-from), nil
}

// FuzzServe finds paths that ask for what cannot be, or two paths of one resource.
func FuzzServe(f *testing.F) {
	for _, path := range []string{"/checkpoint", "/tile/0/000", "/tile/63/x001/x234/067.p/1", "/tile/entries/x001/000.p/255", "/tile/data/000",
		"/tile/64/000", "/tile/0/x036/x028/x797/x018/x963/968", "/tile/entries/x036/x028/x797/x018/x963/968"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		r, err := ledger.Serve(endless{t}, path)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return
		case err != nil:
			t.Fatal(err)
		case path == "/checkpoint":
			return
		}
		width := len(r.Body) / 32
		if strings.HasPrefix(path, "/tile/entries/") {
			width = len(r.Body) / 2 // of empty leaves
		}
		if partial := strings.Contains(path, ".p/"); partial != (width < 256) || width < 1 || partial && !strings.HasSuffix(path, fmt.Sprintf(".p/%d", width)) {
			t.Errorf("%q has the width %d", path, width)
		}
	})
}
