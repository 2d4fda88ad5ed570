package inspect_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"portcullis/vetting/apk/dex/dextest"
)

// large writes an APK of some 45 MB with 84,000 classes in it: code, text, and bytes that do not compress.
func large(b *testing.B) string {
	b.Helper()
	chance := rand.New(rand.NewPCG(1, 2))
	name := filepath.Join(b.TempDir(), "large.apk")
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	add := func(name string, data []byte) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	for part := range 2 {
		file := dextest.File{}
		for i := range 42_000 {
			file.Classes = append(file.Classes, dextest.Classes(fmt.Sprintf("Lcom/example/part%d/package%03d/Class%05dOf%x;", part, i%400, i, chance.Uint32()))...)
		}
		add([]string{"classes.dex", "classes2.dex"}[part], dextest.Build(file))
	}
	words := []string{"https://example.org/", "function", "return ", "user.name", "com.example.app", "{\"key\": ", "\n", "lorem ipsum dolor ", "0123456789"}
	for i := range 40 {
		var text bytes.Buffer
		for text.Len() < 1<<20 {
			text.WriteString(words[chance.IntN(len(words))])
			fmt.Fprintf(&text, "%x", chance.Uint32())
		}
		add(fmt.Sprintf("assets/%02d.js", i), text.Bytes())
	}
	noise := make([]byte, 1<<20)
	for i := range 24 {
		for at := 0; at < len(noise); at += 4 {
			noise[at], noise[at+1], noise[at+2], noise[at+3] = byte(chance.Uint32()), byte(chance.Uint32()), byte(chance.Uint32()), byte(chance.Uint32())
		}
		add(fmt.Sprintf("res/%02d.png", i), append([]byte("\x89PNG\r\n\x1a\n"), noise...))
	}
	if err := z.Close(); err != nil {
		b.Fatal(err)
	}
	return name
}

// BenchmarkVet looks at a large app, and tells how much processor time that took beside `unzip -t` of the same file.
func BenchmarkVet(b *testing.B) {
	name := os.Getenv("PORTCULLIS_BENCH_APK")
	if name == "" {
		name = large(b)
	}
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		b.Fatal(err)
	}
	in := inspector(b)
	var ours, theirs time.Duration
	for b.Loop() {
		before := spent(b, syscall.RUSAGE_SELF)
		r, err := in.File(b.Context(), name, f, info.Size())
		if err != nil || r.Error != "" {
			b.Fatal(r.Error, err)
		}
		ours += spent(b, syscall.RUSAGE_SELF) - before
		unzip := exec.Command("unzip", "-tqq", name)
		if out, err := unzip.CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		theirs += unzip.ProcessState.UserTime() + unzip.ProcessState.SystemTime()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(info.Size())/1e6, "MB-file")
	b.ReportMetric(ours.Seconds()*1e3/float64(b.N), "cpu-ms/op")
	b.ReportMetric(theirs.Seconds()*1e3/float64(b.N), "unzip-cpu-ms/op")
	b.ReportMetric(float64(ours)/float64(theirs), "of-unzip")
	b.ReportMetric(float64(m.Sys)/(1<<20), "MiB")
}

func spent(b *testing.B, who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
