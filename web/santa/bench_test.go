package santa_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"portcullis/internal/storetest"
	"portcullis/store"
)

// engines runs a benchmark on each engine.
func engines(b *testing.B, run func(b *testing.B, s *served)) {
	b.Run("sqlite", func(b *testing.B) {
		run(b, serve(b, storetest.Opener(b, store.Options{Data: b.TempDir()}, schemas), 3000))
	})
	b.Run("postgres", func(b *testing.B) {
		run(b, serve(b, storetest.Opener(b, store.Options{Database: storetest.Database(b)}, schemas), 3000))
	})
}

// cpu is the processor time that this process has had.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// macs is how many sync in turn.
const macs = 40

// asking sends requests of a Mac, and returns the answers.
type asking func(base, stage string, body []byte) []byte

// settle has a Mac sync until nothing changes.
func settle(b *testing.B, base string, ask asking, preflight, postflight []byte) {
	for range 2 {
		ask(base, "preflight", preflight)
		body := "{}"
		for n := 1; ; n++ {
			answer := string(ask(base, "ruledownload", packed(b, []byte(body), "deflate")))
			at := strings.Index(answer, `"cursor":`)
			if at < 0 {
				break
			}
			body = "{" + answer[at:]
		}
		ask(base, "postflight", postflight)
	}
}

// messages are what a Mac with all rules sends, packed as Santa does.
func messages(b *testing.B, received int) (preflight, postflight []byte) {
	preflight = fmt.Appendf(nil, `{"serial_num":"QYGF4QM373","hostname":"full-hostname.example.com","os_version":"14.5","os_build":"23F79","model_identifier":"MacBookPro18,3","santa_version":"2024.6.655965194","primary_user":"username1","client_mode":"LOCKDOWN","binary_rule_count":1,"signingid_rule_count":3001,"machine_id":"M","sipStatus":111,"rulesHash":"%s"}`, "the-hash")
	postflight = fmt.Appendf(nil, `{"rules_received":%d,"rules_processed":%d,"machine_id":"M","rulesHash":"the-hash"}`, received, received)
	return packed(b, preflight, "deflate"), packed(b, postflight, "deflate")
}

// BenchmarkUnchanged is a whole sync of a Mac of which nothing has changed: preflight, rules, postflight. cpu-µs is what
// this process takes for it, the sending of the requests included. Each Mac comes after more than a second, so that it
// is not remembered; others come with the same token meanwhile, and some at the same time, as they do where there are
// many.
func BenchmarkUnchanged(b *testing.B) {
	engines(b, func(b *testing.B, s *served) {
		ask := func(base, stage string, body []byte) []byte {
			w := s.post(base+stage+"/M", "application/json", "deflate", body)
			if w.Code != http.StatusOK {
				b.Error(stage, w.Code, w.Body)
			}
			return w.Body.Bytes()
		}
		unchanged(b, s, ask)
	})
}

func unchanged(b *testing.B, s *served, ask asking) {
	preflight, first := messages(b, 3002)
	var bases []string
	for n := range macs {
		bases = append(bases, s.base(fmt.Sprint("mac-", n)))
		settle(b, bases[n], ask, preflight, first)
	}
	_, postflight := messages(b, 0)
	download := packed(b, []byte(`{"machine_id":"M"}`), "deflate")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := cpu(b)
	var count atomic.Int64
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			s.clock.Advance(1100 * time.Millisecond / macs)
			base := bases[count.Add(1)%macs]
			if !bytes.Contains(ask(base, "preflight", preflight), []byte("NORMAL")) || len(ask(base, "ruledownload", download)) > 20 {
				b.Error("it has changed")
			}
			ask(base, "postflight", postflight)
		}
	})
	b.StopTimer()
	spent, n := cpu(b)-began, count.Load()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(spent.Microseconds())/float64(n), "cpu-µs/sync")
	b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/float64(n), "kept-B/sync")
}

// BenchmarkUnchangedTLS is the same over one connection with TLS, the client's work included.
func BenchmarkUnchangedTLS(b *testing.B) {
	engines(b, func(b *testing.B, s *served) {
		server := httptest.NewTLSServer(s)
		b.Cleanup(server.Close)
		client := server.Client()
		unchanged(b, s, func(base, stage string, body []byte) []byte {
			r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+base+stage+"/M", bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				return nil
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Content-Encoding", "deflate")
			got, err := client.Do(r)
			if err != nil {
				b.Error(err)
				return nil
			}
			answer, err := io.ReadAll(got.Body)
			if err = errorsOf(err, got.Body.Close()); err != nil || got.StatusCode != http.StatusOK {
				b.Error(err, got.Status, answer)
			}
			return answer
		})
	})
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkPage is a page of 500 rules of a list of 3,000, for a Mac that is given all of it.
func BenchmarkPage(b *testing.B) {
	engines(b, func(b *testing.B, s *served) {
		base := s.base("mac-1")
		preflight, _ := messages(b, 0)
		if w := s.post(base+"preflight/M", "application/json", "deflate", preflight); w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
		body := []byte("{}")
		if w := s.post(base+"ruledownload/M", "application/json", "", body); w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
		began, n, size := cpu(b), 0, 0
		for b.Loop() {
			s.clock.Advance(time.Second)
			size = s.post(base+"ruledownload/M", "application/json", "", body).Body.Len()
			n++
		}
		b.ReportMetric(float64((cpu(b)-began).Microseconds())/float64(n), "cpu-µs/page")
		b.ReportMetric(float64(size), "bytes")
	})
}
