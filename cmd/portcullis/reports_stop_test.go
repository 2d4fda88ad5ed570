package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestStopUnderReports tells a server to stop while many report: it ends well, and soon.
func TestStopUnderReports(t *testing.T) {
	s := newReporting(t, place(t, filepath.Join(t.TempDir(), "data"), ""))
	server := s.start(t, itself(t))
	stop := make(chan struct{})
	var wait sync.WaitGroup
	for w := range 16 {
		wait.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				r := inventory{device: &device{id: fmt.Sprint("d", w)}, source: "one", apps: []string{fmt.Sprint("app0=", n)}}
				if _, err := s.post(s.address.Load().(string), "/reports", r.encode()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	<-time.After(time.Second)
	began := time.Now()
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := server.Wait()
	close(stop)
	wait.Wait()
	if took := time.Since(began); err != nil || took > 3*time.Second {
		t.Errorf("it ends with %v, after %v", err, took)
	}
}

// TestDeviceTwiceInABatch reports a device twice in one batch: the last report of it stands.
func TestDeviceTwiceInABatch(t *testing.T) {
	s := newReporting(t, place(t, filepath.Join(t.TempDir(), "data"), ""))
	server := s.start(t, itself(t))
	defer kill(t, server)
	d := &device{id: "d"}
	a := inventory{device: d, source: "one", apps: []string{"app0=1"}}
	b := inventory{device: d, source: "one", apps: []string{"app0=2"}}
	for range 2 {
		if _, err := s.post(s.address.Load().(string), "/reports", a.encode()); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Second) // the index knows it
	}
	results, err := s.post(s.address.Load().(string), "/reports/batch", fmt.Appendf(nil, `{"reports":[%s,%s]}`, b.encode(), a.encode()))
	if err != nil {
		t.Fatal(err)
	}
	if got := on(t, s.load, "d", "installations"); !slices.Equal(got, a.apps) {
		t.Errorf("acknowledged as %v; the last says %v, and there is %v", results, a.apps, got)
	}
}
