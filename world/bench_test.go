package world

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"portcullis/policy"
)

// benchHosts is how many hosts the benchmarks read; HOSTS in the environment sets another number.
func benchHosts(tb testing.TB) int {
	n, err := strconv.Atoi(os.Getenv("HOSTS"))
	if err != nil {
		return 2000
	}
	return n
}

// benchForms are the ways in which people write many hosts.
var benchForms = []struct {
	name, begin, apart, end string
	host                    func(io.Writer, *policy.Host)
}{
	{name: "lines", begin: "organisations: [{id: dept-a}]\nhosts:\n- ", apart: "- ", host: jsonHost},
	{name: "json", begin: `{"organisations":[{"id":"dept-a"}],"hosts":[`, apart: ", ", end: "]}\n", host: jsonHost},
	{name: "flow", begin: "organisations: [{id: dept-a}]\nhosts:\n", host: flowHost},
	{name: "block", begin: "organisations:\n- id: dept-a\nhosts:\n", host: blockHost},
}

// jsonHost writes a host as JSON on one line.
func jsonHost(w io.Writer, h *policy.Host) {
	p := pairs{json: true}
	hostPairs(&p, h)
	fmt.Fprintf(w, "{%s}\n", p.out)
}

// flowHost writes a host as people do: without quotes, over a few lines.
func flowHost(w io.Writer, h *policy.Host) {
	fmt.Fprintf(w, "  - {id: %s, kind: %s, organisation: %s, platform: %s, holder: %s, groups: [press],\n     installed: [",
		h.ID, h.Kind, h.Organisation, h.Platform, h.Holder)
	for i, in := range h.Installed {
		if i > 0 {
			fmt.Fprint(w, ", ")
		}
		fmt.Fprintf(w, "{identifier: %s, version: \"%s\", version_code: %d}", in.Identifier, in.Version, *in.VersionCode)
	}
	fmt.Fprint(w, "]}\n")
}

// blockHost writes a host as YAML libraries do.
func blockHost(w io.Writer, h *policy.Host) {
	fmt.Fprintf(w, "- groups:\n  - press\n  holder: %s\n  id: %s\n  installed:\n", h.Holder, h.ID)
	for _, in := range h.Installed {
		fmt.Fprintf(w, "  - identifier: %s\n    version: %s\n    version_code: %d\n", in.Identifier, in.Version, *in.VersionCode)
	}
	fmt.Fprintf(w, "  kind: %s\n  organisation: %s\n  platform: %s\n", h.Kind, h.Organisation, h.Platform)
}

func writeBenchFile(tb testing.TB, form, hosts int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), benchForms[form].name+".yaml")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	out := bufio.NewWriter(f)
	b := benchForms[form]
	fmt.Fprint(out, b.begin)
	for i := range hosts {
		if i > 0 {
			fmt.Fprint(out, b.apart)
		}
		b.host(out, benchHost(i))
	}
	fmt.Fprint(out, b.end)
	if err := errors.Join(out.Flush(), f.Close()); err != nil {
		tb.Fatal(err)
	}
	return path
}

func benchHost(i int) *policy.Host {
	h := &policy.Host{ID: fmt.Sprintf("device-%06d", i*7919%1000003), Kind: policy.Device, Organisation: "dept-a",
		Ownership: policy.Corporate, Platform: policy.Android, Holder: fmt.Sprintf("person-%d", i), Groups: []string{"press"}}
	for j := range 60 {
		app := (i*31 + j*17) % 5000
		if j > 0 && app <= 60 {
			app += 5000 + j
		}
		code := int64(app*1000 + i%7)
		h.Installed = append(h.Installed, policy.Installation{Identifier: fmt.Sprintf("org.example.app%d", app),
			Version: fmt.Sprintf("%d.%d.%d", app%9, i%7, j%4), VersionCode: &code})
	}
	return h
}

// BenchmarkLoadHosts measures what Load does with hosts, in bytes of the file.
func BenchmarkLoadHosts(b *testing.B) {
	for form := range benchForms {
		b.Run(benchForms[form].name, func(b *testing.B) {
			path := writeBenchFile(b, form, benchHosts(b))
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(info.Size())
			b.ReportAllocs()
			for b.Loop() {
				l, err := Load(path, nil, Options{})
				if err != nil {
					b.Fatal(err)
				}
				if err := l.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkReadHosts measures reading validated hosts again, on one core.
func BenchmarkReadHosts(b *testing.B) {
	for form := range benchForms {
		b.Run(benchForms[form].name, func(b *testing.B) {
			path := writeBenchFile(b, form, benchHosts(b))
			l, err := Load(path, nil, Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			b.SetBytes(l.sources[0].size)
			b.ReportAllocs()
			var h policy.Host
			for b.Loop() {
				for i := range l.Hosts.Len() {
					if err := l.Hosts.Read(i, &h); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
