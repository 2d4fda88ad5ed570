package domains

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/publicsuffix"
)

func hosts(text string) []string {
	var out []string
	Each([]byte(text), func(h []byte) { out = append(out, string(h)) })
	return out
}

func TestEach(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"nothing", "", nil},
		{"a URL", "https://log.example.com/v1", []string{"log.example.com"}},
		{"letter case", "HTTPS://Log.Example.COM:8443/V1", []string{"log.example.com"}},
		{"a URL with any registered ending", "https://example.zip/ wss://a.example.app ftp://example.name.", []string{"example.zip", "a.example.app", "example.name"}},
		{"a URL with no registered ending", "https://example.invalidending/ http://localhost/ http://a.b", nil},
		{"a public suffix is no host", "https://co.uk/ https://com/", nil},
		{"but a company's is", "https://cloudfront.net/x", []string{"cloudfront.net"}},
		{"with a name and a password", "https://me:pw@example.org/", []string{"example.org"}},
		{"URLs of the system", "content://com.example.app market://details.app android-app://org.example.media", nil},
		{"several", `["https://a.example.com","b.example.net"] c.example.org`, []string{"a.example.com", "b.example.net", "c.example.org"}},
		{"in bytes", "\x00\x01\xffexample.com\x00\xfe\x80.\x00..\x00", []string{"example.com"}},
		{"international", "see https://bücher.example.de/ and http://пример.рф/", []string{"xn--bcher-kva.example.de", "xn--e1afmkfd.xn--p1ai"}},
		{"punycode", "https://xn--e1afmkfd.xn--p1ai/", []string{"xn--e1afmkfd.xn--p1ai"}},
		{"beside other scripts", "访问example.com。", []string{"example.com"}},
		{"UTF-16", "\x00h\x00t\x00t\x00p\x00s\x00:\x00/\x00/\x00a\x00.\x00e\x00x\x00a\x00m\x00p\x00l\x00e\x00.\x00a\x00p\x00p\x00/\x00x\x00", []string{"a.example.app"}},
		{"UTF-16, bare and twice", "\x01b\x00.\x00e\x00x\x00.\x00c\x00o\x00m\x00\x00\x00c\x00.\x00e\x00x\x00.\x00o\x00r\x00g\x00\xff", []string{"b.ex.com", "c.ex.org"}},
		{"zeros around dots", "\x00.\x00\x00\x00.\x00.\x00x\x00 a.example.org", []string{"a.example.org"}},
		{"a mail address", "mailto:info@example.com", []string{"example.com"}},
		{"a format", "https://%s.example.com/%d", []string{"example.com"}},
		{"a variable", "https://${region}.example.com $host.example.org", []string{"example.com", "example.org"}},
		{"the end of a sentence", "Ask example.com.", []string{"example.com"}},
		{"packages", "com.example.Class com.example.app org.example.com java.net java.io.tmpdir android.app androidx.media io.example.net", nil},
		{"classes", "Example.com R.id System.in Math.log", nil},
		{"files", "config.zip a.js libexample.so run.sh read.me x.y.py classes.dex movie.mov coverage.ec .data.rel.ro", nil},
		{"versions", "1.2.3 v1.2.co 10.0.0.1 http://10.0.0.1/ 3.co", nil},
		{"properties", "user.name os.name e.id t.to this.state.name item.info return e.de", nil},
		{"code", "function(e){return e.to.is(t.id,n.map),r.link.call(e.my)}", nil},
		{"a short ending alone", "example.io", []string{"example.io"}},
		{"quoted", `"log.example.io":1`, []string{"log.example.io"}},
		{"with a port, with a path", "log.example.io:443\x00example.tv/x", []string{"log.example.io", "example.tv"}},
		{"a short ending in a text", "and example.io or", nil},
		{"a country's ending", "example.cn", []string{"example.cn"}},
		{"a country's ending in code", "e.locale.fr e.de t.i.se", nil},
		{"in a text", "visit www.example.fr today", []string{"www.example.fr"}},
		{"below a country's suffix", "www.example.co.uk", []string{"www.example.co.uk"}},
		{"a wordy ending that begins as hosts do", `"www.example.sh"`, []string{"www.example.sh"}},
		{"labels that are none", "https://a-.example.com https://a_b.example.com https://a..example.com", nil},
		{"a label too long", "https://" + strings.Repeat("a", 64) + ".example.com", nil},
		{"a host too long", "https://" + strings.Repeat("a.", 130) + "example.com", nil},
		{"vocabularies", "http://schemas.android.com/apk/res/android http://www.w3.org/2001/XMLSchema", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, hosts(test.text)); diff != "" {
				t.Errorf("%q (-want +got):\n%s", test.text, diff)
			}
		})
	}
}

func TestSet(t *testing.T) {
	var all []string
	for i := range 50 {
		all = append(all, fmt.Sprintf("h%02d.example.com", i))
	}
	for workers := 1; workers < 4; workers++ {
		sets := make([]*Set, workers)
		for i := range sets {
			sets[i] = NewSet(10)
		}
		for i, k := range rand.New(rand.NewPCG(1, uint64(workers))).Perm(len(all)) {
			sets[i%workers].Scan([]byte("https://" + all[k] + "/ " + all[k]))
		}
		for _, other := range sets[1:] {
			sets[0].Merge(other)
		}
		got, more := sets[0].Hosts()
		if diff := cmp.Diff(all[:10], got); diff != "" || !more {
			t.Errorf("%d workers, more %t (-want +got):\n%s", workers, more, diff)
		}
	}
	full, one := NewSet(1), NewSet(1)
	full.Scan([]byte("a.example.com b.example.com"))
	one.Add([]byte("a.example.com"))
	one.Merge(full)
	if got, more := one.Hosts(); len(got) != 1 || !more {
		t.Errorf("merged with a full one: %v, more %t", got, more)
	}
	s := NewSet(50)
	s.Scan([]byte(strings.Join(all, " ")))
	if got, more := s.Hosts(); len(got) != 50 || more {
		t.Errorf("%d hosts, more %t", len(got), more)
	}
	s.Add([]byte("z.example.com"))
	if got, more := s.Hosts(); len(got) != 50 || !more {
		t.Errorf("%d hosts, more %t", len(got), more)
	}
}

func FuzzEach(f *testing.F) {
	for _, seed := range []string{"https://a.example.com/ b.example.net", "http://пример.рф/", "\xff.\xff://.com", "%s.example.com", "content://com.example.app"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, h := range hosts(string(text)) {
			if h != strings.ToLower(h) || len(h) > maxHost || strings.HasPrefix(h, ".") || strings.HasSuffix(h, ".") || !strings.Contains(h, ".") {
				t.Errorf("%q is no host, in %q", h, text)
			}
			if _, err := publicsuffix.EffectiveTLDPlusOne(h); err != nil && !registered(h) {
				t.Errorf("%q in %q: %v", h, text, err)
			}
			if !slices.Contains(hosts("https://"+h+"/"), h) {
				t.Errorf("%q is not found in a URL of its own", h)
			}
		}
	})
}

func BenchmarkEach(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	binary := make([]byte, 16<<20)
	for i := range binary {
		binary[i] = byte(random.Uint32())
	}
	code := bytes.Repeat([]byte(`function(e,t){var n=e.state.items.map(function(e){return e.id});t.call(this,n.length),r.emit("x",n)};`), 1<<16)
	urls := bytes.Repeat([]byte(`{"u":"https://log.example.com/v1/collect?x=1","v":"a longer text without any name"},`), 1<<16)
	for _, c := range []struct {
		name string
		text []byte
	}{{"binary", binary}, {"code", code}, {"urls", urls}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			s := NewSet(1000)
			for b.Loop() {
				s.Scan(c.text)
			}
		})
	}
}
