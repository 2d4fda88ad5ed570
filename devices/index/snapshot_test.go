package index

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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
		m := &model{drawing: drawing{t}, x: New(NewDictionary()), hosts: map[string]policy.Host{}, open: map[open]bool{}}
		m.setBasis(m.drawing.world(), day(m.upTo(7)))
		for range 6 {
			m.step()
		}
		x, err := Read(bytes.NewReader(snapshot(t, m.x)))
		if err != nil {
			t.Fatal(err)
		}
		m.x = x
		b := basisOf(t, m.world, m.at)
		switch m.upTo(2) {
		case 0: // the server was away, and the world has changed
			m.world = m.changed(m.world)
			m.apply(x.SetBasis(basisOf(t, m.world, m.at)))
		case 1:
			h := m.host()
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
	x.SetBasis(basisOf(t, plain(), day(1)))
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

// TestDamagedSnapshot changes, cuts off and adds every byte.
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
		changed := bytes.Clone(whole)
		changed[i] ^= 0x10
		refuse("changed", i, changed)
		refuse("cut off", i, whole[:i])
	}
	refuse("more", len(whole), append(bytes.Clone(whole), 0))
}

// FuzzRead gives any records at all in a frame that is right.
func FuzzRead(f *testing.F) {
	whole := snapshot(f, small(f))
	records := whole[len(snapshotHead)+8 : len(whole)-8]
	f.Add(records)
	f.Add(records[:len(records)-2])
	f.Add([]byte{'e', 0})
	f.Add([]byte{'t', 0xff, 1, 0, 0, 0, 0, 'e', 0})
	f.Fuzz(func(t *testing.T, records []byte) {
		var b bytes.Buffer
		_, _ = io.WriteString(&b, snapshotHead)
		out := &frames{w: &b, buffer: bytes.Clone(records)}
		if out.flush(); len(records) > 0 {
			out.flush()
		}
		x, err := Read(&b)
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
