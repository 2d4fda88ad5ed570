package index

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"portcullis/internal/drawn"
	"portcullis/policy"
)

func snapshot(t interface{ Fatal(...any) }, x *Index) []byte {
	var b bytes.Buffer
	if err := x.Snapshot(&b, "generation 7"); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestSnapshotAgrees reads back indexes that rows came to and left, and holds them to the single decision.
func TestSnapshotAgrees(t *testing.T) {
	listFew(t)
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t)
		m.setBasis(m.Drawing.World(), drawn.Day(m.UpTo(7)))
		for range 6 {
			m.step()
		}
		x, err := Read(bytes.NewReader(snapshot(t, m.x)))
		if err != nil {
			t.Fatal(err)
		}
		m.x = x
		m.recall()
		b := basisOf(t, m.world, m.at)
		switch m.UpTo(2) {
		case 0: // the server was away, and the world has changed
			m.world = m.Changed(m.world)
			m.apply(x.SetBasis(basisOf(t, m.world, m.at)))
		case 1:
			h := m.Host()
			m.apply(putHost(t, x, h))
			m.hosts[h.ID] = h
			if x.Resume(b, "generation 7") {
				t.Fatal("an index resumes in which a row has changed since")
			}
			m.apply(x.SetBasis(b))
		default:
			if x.Resume(b, "generation 8") || !x.Resume(b, "generation 7") {
				t.Fatal("an index resumes on another mark, or not on its own")
			}
		}
		m.check()
		m.step()
		m.check()
	})
}

func small(t interface{ Fatal(...any) }) *Index {
	x := New(NewDictionary())
	x.SetBasis(basisOf(t, plain(), drawn.Day(1)))
	code := int64(9)
	for _, h := range []policy.Host{
		phone("gone", "pat"), phone("d0", "pat", policy.Installation{Identifier: "com.app"}, policy.Installation{Identifier: "com.stranger"}),
		{ID: "d1", Kind: policy.Device, Organisation: "o", Platform: policy.Android, Holder: "n", Groups: []string{"g", "h"},
			Installed: []policy.Installation{{Identifier: "a", Version: "1", VersionCode: &code, Signer: "k"}, {Identifier: "b", Managed: new(true)}}},
		{ID: "c1", Kind: policy.EquipmentHost, Organisation: "o", Site: "s", Installed: []policy.Installation{{Product: "p"}}},
	} {
		if _, err := x.Put(h.ID, x.Dictionary().Row(&h)); err != nil {
			t.Fatal(err)
		}
	}
	x.Remove("gone")
	return x
}

// TestDamagedSnapshot changes, cuts off and adds every byte: each bit of the first line and the first frame's
// head, and one of each byte behind.
func TestDamagedSnapshot(t *testing.T) {
	whole := snapshot(t, small(t))
	if _, err := Read(bytes.NewReader(whole)); err != nil {
		t.Fatal(err)
	}
	refuse := func(what string, i int, b []byte) {
		if _, err := Read(bytes.NewReader(b)); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s at byte %d: %v", what, i, err)
		}
	}
	for i := range whole {
		refuse("cut off", i, whole[:i])
		for bit := range 8 {
			if i < len(snapshotHead)+8 || bit == i%8 {
				changed := bytes.Clone(whole)
				changed[i] ^= 1 << bit
				refuse(fmt.Sprintf("bit %d is another", bit), i, changed)
			}
		}
	}
	refuse("more", len(whole), append(bytes.Clone(whole), 0))
}

// TestCheck holds the checks to what they are of: all that was written so far but for checks, the first line too.
func TestCheck(t *testing.T) {
	whole, records := []byte(snapshotHead), recordsOf(snapshot(t, small(t)))
	table := crc32.MakeTable(crc32.Castagnoli)
	check := crc32.Checksum(whole, table)
	for _, content := range [][]byte{records, nil} {
		length := binary.LittleEndian.AppendUint32(nil, uint32(len(content)))
		check = crc32.Update(crc32.Update(check, table, length), table, content)
		whole = append(binary.LittleEndian.AppendUint32(append(whole, length...), check), content...)
	}
	if diff := cmp.Diff(whole, snapshot(t, small(t))); diff != "" {
		t.Errorf("the snapshot differs (-want +got):\n%s", diff)
	}
}

// TestNonsense has records that do not fit each other in a frame that is right.
func TestNonsense(t *testing.T) {
	x := small(t)
	whole := recordsOf(snapshot(t, x))
	hosts, oneGone := x.hosts.appendShelf([]byte{'h'}, 0), []byte{'h', 1, 0}
	sizes := func(grow ...byte) []byte {
		b := bytes.Clone(whole)
		for i, n := range grow {
			b[1+i] += n
		}
		return b
	}
	replace := func(in, old, by []byte) []byte {
		if bytes.Count(in, old) != 1 {
			t.Fatalf("%q is there %d times", old, bytes.Count(in, old))
		}
		return bytes.Replace(in, old, by, 1)
	}
	moreHosts := sizes(0, 0, 0, 1)
	for what, records := range map[string][]byte{
		"no sizes":                   whole[5:],
		"another number of things":   sizes(1),
		"another number of persons":  sizes(0, 1),
		"another number of sets":     sizes(0, 0, 1),
		"another number of hosts":    moreHosts,
		"a shelf before is not full": replace(moreHosts, hosts, slices.Concat(oneGone, hosts)),
		"a shelf behind one":         replace(moreHosts, hosts, slices.Concat(hosts, oneGone)),
		"an empty shelf":             replace(whole, hosts, slices.Concat([]byte{'h', 0}, hosts)),
		"too large a shelf":          replace(whole, hosts, slices.Concat([]byte{'h', shelf + 1}, make([]byte, shelf+1))),
		"a host is there twice":      replace(whole, []byte("d0d1c1"), []byte("d0d0c1")),
		"a class that is not there":  replace(whole, hosts, replace(hosts, []byte{'h', 4, 0, 1}, []byte{'h', 4, 0, 9})),
		"a thing that is not there":  replace(whole, hosts, append(bytes.Clone(hosts[:len(hosts)-1]), 100)),
	} {
		if _, err := Read(bytes.NewReader(framed(records))); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
	head, rest, _ := bytes.Cut(moreHosts, hosts)
	if _, err := Read(bytes.NewReader(framed(slices.Concat(head, oneGone), slices.Concat(hosts, rest)))); !errors.Is(err, ErrDamaged) {
		t.Errorf("a shelf of the frame before is not full: %v", err)
	}
	head, rest, _ = bytes.Cut(whole, hosts)
	if _, err := Read(bytes.NewReader(framed(slices.Concat(head, hosts), rest))); err != nil {
		t.Errorf("two frames: %v", err)
	}
	read, err := Read(bytes.NewReader(framed([]byte{'n', 0, 0, 0, 1, 'h', 1, 0, 'e', 0})))
	if err != nil || read.hosts.len() != 1 || read.hosts.known != 0 {
		t.Errorf("nothing but one that is gone: %v %v", read, err)
	}
	if _, err := Read(bytes.NewReader(snapshot(t, New(NewDictionary())))); err != nil {
		t.Errorf("an empty index: %v", err)
	}
}

// recordsOf are those of a snapshot of one frame.
func recordsOf(whole []byte) []byte { return whole[len(snapshotHead)+8 : len(whole)-8] }

// framed is a snapshot of records, in one frame or several.
func framed(parts ...[]byte) []byte {
	var b bytes.Buffer
	out := newFrames(&b)
	for _, records := range parts {
		if out.buffer = append(out.buffer, records...); len(records) > 0 {
			out.flush()
		}
	}
	out.flush()
	return b.Bytes()
}

// FuzzRead gives any records at all in a frame that is right.
func FuzzRead(f *testing.F) {
	whole := snapshot(f, small(f))
	records := recordsOf(whole)
	f.Add(records)
	f.Add(records[:len(records)-2])
	f.Add([]byte{'n', 0, 0, 0, 1, 'h', 1, 0, 'e', 0})
	f.Add([]byte{'e', 0})
	f.Add([]byte{'t', 0xff, 1, 0, 0, 0, 0, 'e', 0})
	f.Fuzz(func(t *testing.T, records []byte) {
		x, err := Read(bytes.NewReader(framed(records)))
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		again, err := Read(bytes.NewReader(snapshot(t, x)))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(snapshot(t, x), snapshot(t, again)); diff != "" {
			t.Fatalf("a snapshot of what was read differs:\n%s", diff)
		}
	})
}
