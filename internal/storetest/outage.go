package storetest

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Server is a PostgreSQL server of one test's own, which goes away and comes back.
type Server struct {
	t testing.TB
	c *cluster
}

// NewServer starts a server, until the test ends.
func NewServer(t testing.TB) *Server {
	t.Helper()
	c, err := newCluster()
	if err == nil {
		err = c.start()
	}
	if err != nil {
		t.Fatalf("PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		c.stop()
		_ = os.RemoveAll(c.dir)
	})
	return &Server{t, c}
}

// URL is the address of its database.
func (s *Server) URL() string {
	return fmt.Sprintf("postgres:///postgres?host=%s&user=postgres", s.c.dir)
}

// Crash ends the server as a loss of power does.
func (s *Server) Crash() { s.c.stop() }

// Return starts the server again, with the data that it had.
func (s *Server) Return() {
	s.t.Helper()
	if err := s.c.start(); err != nil {
		s.t.Fatalf("PostgreSQL does not come back: %v", err)
	}
}

// Freeze has the server stop answering, with every connection open, as a network does that loses
// packets.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw has it go on.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

// signal is for the server and the processes of its connections, which are groups of their own. The server
// comes first, so that it makes no more of them.
func (s *Server) signal(signal syscall.Signal) {
	s.t.Helper()
	server := s.c.run.Process.Pid
	if err := syscall.Kill(server, signal); err != nil {
		s.t.Fatal(err)
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		// proc(5): the parent is the second field behind the name, which is in brackets.
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		_, behind, found := strings.Cut(string(stat), ") ")
		if fields := strings.Fields(behind); err == nil && found && fields[1] == strconv.Itoa(server) {
			_ = syscall.Kill(pid, signal) // it may have ended
		}
	}
}
