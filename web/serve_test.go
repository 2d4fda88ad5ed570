package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// brief are limits that a test can wait for.
var brief = limits{header: 200 * time.Millisecond, body: 400 * time.Millisecond, answer: 800 * time.Millisecond, idle: 200 * time.Millisecond}

// serving serves h within the brief limits, and returns where.
func serving(t *testing.T, h http.Handler) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, h, slog.New(slog.DiscardHandler), brief) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the server ends with %v", err)
		}
	})
	return listener.Addr().String()
}

// TestSlow holds that who sends or takes slowly, or not at all, is cut off, and that others are served
// meanwhile.
func TestSlow(t *testing.T) {
	broke := make(chan error, 10)
	address := serving(t, takeRest(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/read":
			_, err := io.Copy(io.Discard, r.Body)
			broke <- err
		case "/much":
			var err error
			for err == nil {
				_, err = w.Write(make([]byte, 1<<16))
			}
			broke <- err
		}
	})))
	for name, request := range map[string]string{
		"nothing":                   "",
		"half a head":               "GET / HTTP/1.1\r\nHost: x\r\n",
		"half a body":               "POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
		"half a chunk":              "POST /read HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf",
		"half of what nobody reads": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
		"not taking the answer":     "GET /much HTTP/1.1\r\nHost: x\r\n\r\n",
		"nothing after the first":   "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, request); err != nil {
				t.Fatal(err)
			}
			answer, err := http.Get("http://" + address + "/")
			if err != nil || answer.StatusCode != http.StatusOK {
				t.Fatalf("others are answered %v, %v", answer, err)
			}
			answer.Body.Close()
			if strings.Contains(request, "/read") || strings.Contains(request, "/much") {
				select {
				case err := <-broke:
					if err == nil {
						t.Error("what broke off was taken for whole")
					}
				case <-time.After(20 * time.Second):
					t.Fatal("the handler waits for ever")
				}
			}
			if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the connection stays open")
			}
		})
	}
}

// TestTakeRest: who sends too much reads why, however the server is reached, and who sends without end is
// cut off.
func TestTakeRest(t *testing.T) {
	const limit = 1 << 20
	refuses := takeRest(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, limit)); err != nil {
			http.Error(w, "send less", http.StatusRequestEntityTooLarge)
		}
	}))
	server := &http.Server{Handler: refuses}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }() // it ends with the test
	t.Cleanup(func() { _ = server.Close() })
	answer, err := http.Post("http://"+listener.Addr().String(), "text/plain", strings.NewReader(strings.Repeat("x", 33<<20)))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", answer.StatusCode)
	}
}
