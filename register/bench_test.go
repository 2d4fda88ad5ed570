package register_test

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"portcullis/policy/policytest"
	"portcullis/register"
	"portcullis/store"
	"portcullis/world"
)

// BenchmarkWorld imports and exports the government of the benchmarks at its full size, with 100,000
// hosts of 20 installations each, on SQLite, and asks for its world. The largest heap that was seen is
// reported beside the time.
func BenchmarkWorld(b *testing.B) {
	file := filepath.Join(b.TempDir(), "world.yaml")
	out, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	w := policytest.World(1)
	if err := world.Write(out, w, policytest.Hosts(w, 1, 100_000, 20)); err != nil {
		b.Fatal(err)
	}
	if err := out.Close(); err != nil {
		b.Fatal(err)
	}
	w = nil
	loaded := load(b, file)
	c := other(b, store.Options{Data: b.TempDir()})
	b.Run("import", func(b *testing.B) {
		for i := range b.N {
			if i > 0 {
				c = other(b, store.Options{Data: b.TempDir()})
			}
			most := uint64(0)
			progress := func(int64, int64) { most = max(most, heap()) }
			if _, err := c.Import(b.Context(), command, loaded, progress); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(most)/(1<<20), "MiB")
		}
	})
	b.Run("export", func(b *testing.B) {
		for range b.N {
			if err := c.Export(b.Context(), command, io.Discard, store.Time{}, store.Time{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("world", func(b *testing.B) {
		for range b.N {
			err := c.People.DB.Read(b.Context(), func(tx *store.Tx) error {
				_, err := register.World(tx, tx.Now(), tx.Now())
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
