package index

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"portcullis/internal/drawn"
	"portcullis/policy"
)

func TestRowRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := NewDictionary()
		h := drawn.Drawing{T: t}.Host()
		row := d.Row(&h)
		got, err := ParseRow(row.Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(row, got); diff != "" {
			t.Fatalf("read back (-written +read):\n%s", diff)
		}
		back := d.Host(h.ID, &got)
		if diff := cmp.Diff(row, d.Row(&back)); diff != "" {
			t.Fatalf("the host's row again (-first +again):\n%s", diff)
		}
	})
}

// TestRowSize holds a row to what a fleet of a million has room for.
func TestRowSize(t *testing.T) {
	row := Row{Kind: policy.Device, Organisation: "org-001", Platform: policy.IOS, Holder: "person-00001"}
	for i := range uint32(60) {
		row.Things = append(row.Things, 7+i*700)
	}
	if n := len(row.Append(nil)); n > 150 {
		t.Errorf("a row with 60 things takes %d bytes", n)
	}
}

func FuzzParseRow(f *testing.F) {
	row := Row{Kind: policy.Device, Organisation: "o", Platform: policy.Android, Holder: "n", Groups: []string{"a", "b"}, Things: []uint32{0, 1, 500, 1 << 20, lastThing}}
	whole := row.Append(nil)
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add((&Row{Kind: policy.EquipmentHost, Site: "s"}).Append(nil))
	f.Add(append((&Row{}).Append(nil), 0x80, 0))
	f.Add([]byte{rowForm, 1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		row, err := ParseRow(b)
		if err != nil {
			if !errors.Is(err, errRow) {
				t.Fatal(err)
			}
			return
		}
		if again := row.Append(nil); !bytes.Equal(b, again) {
			t.Fatalf("%x is read as what is written %x", b, again)
		}
	})
}

func TestThingKeepsEveryField(t *testing.T) {
	code := int64(7)
	for _, in := range []policy.Installation{
		{Identifier: "a", Platform: policy.Chrome, Version: "1", VersionCode: &code, Signer: "k", Managed: new(false)},
		{Product: "a", Managed: new(true)},
		{Identifier: "a"},
	} {
		thing := ThingOf(&in)
		if diff := cmp.Diff(in, thing.Installation(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("-installed +thing:\n%s", diff)
		}
		parsed, ok := parseThing(&cursor{rest: thing.append(nil)})
		if diff := cmp.Diff(thing, parsed); !ok || diff != "" {
			t.Errorf("-thing +read back:\n%s", diff)
		}
	}
}
