// Package storetest gives a room's tests an empty database of each engine. SQLite is a file in the
// test's directory. PostgreSQL is a real server, started once for each test binary from Debian's
// package and stopped at its end; where there is none the test fails.
package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"portcullis/store"
)

// Run runs test once on each engine, with an empty database that has the given schemas.
func Run(t *testing.T, schemas []store.Schema, test func(t *testing.T, open Open)) {
	t.Run("sqlite", func(t *testing.T) {
		dir := t.TempDir()
		test(t, Opener(t, store.Options{Data: dir}, schemas))
	})
	t.Run("postgres", func(t *testing.T) {
		test(t, Opener(t, store.Options{Database: database(t, template(t, schemas))}, schemas))
	})
}

// Each runs test once on each engine, with nothing there yet: data is a directory for SQLite, or
// database the URL of an empty PostgreSQL database.
func Each(t *testing.T, test func(t *testing.T, data, database string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "data"), "") })
	t.Run("postgres", func(t *testing.T) { test(t, "", Database(t)) })
}

// Open opens the test's database once more, as another server would, with a clock of its own. It
// is closed when the test ends.
type Open func(now func() time.Time) *store.DB

// Opener opens a database of the options, with the given schemas.
func Opener(t testing.TB, o store.Options, schemas []store.Schema) Open {
	return func(now func() time.Time) *store.DB {
		t.Helper()
		o := o
		o.Now, o.Chance = now, rand.Reader
		db, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Errorf("closing the database: %v", err)
			}
		})
		if err := db.Migrate(t.Context(), schemas...); err != nil {
			t.Fatal(err)
		}
		return db
	}
}

// Clock is a clock that stands still until it is moved. It is safe for concurrent use.
type Clock struct{ at atomic.Int64 }

// NewClock returns a clock that shows t.
func NewClock(t time.Time) *Clock {
	c := &Clock{}
	c.at.Store(t.UnixMicro())
	return c
}

// Now is what the clock shows.
func (c *Clock) Now() time.Time { return time.UnixMicro(c.at.Load()).UTC() }

// Advance moves the clock on.
func (c *Clock) Advance(d time.Duration) { c.at.Add(d.Microseconds()) }

// server is the PostgreSQL server of this test binary.
var server struct {
	once   sync.Once
	socket string
	err    error
	stop   func()
	made   atomic.Int64
	making sync.Mutex
	// templates are databases that have schemas, by what the schemas say.
	templates map[string]string
}

// Main runs the tests of a package that uses PostgreSQL, and stops the server afterwards. Call it
// from TestMain.
func Main(m *testing.M) {
	status := m.Run()
	Stop()
	os.Exit(status)
}

// Stop stops the server of this test binary, if it was started.
func Stop() {
	if server.stop != nil {
		server.stop()
	}
}

// Database makes an empty PostgreSQL database and returns its URL. It is dropped when the test ends.
func Database(t testing.TB) string {
	t.Helper()
	return database(t, "template1")
}

// database makes a PostgreSQL database that is as another one, and returns its URL. It is dropped when the test ends.
func database(t testing.TB, template string) string {
	t.Helper()
	name := create(t, template)
	t.Cleanup(func() { statement(t, "DROP DATABASE "+name+" WITH (FORCE)") })
	return address(name)
}

func create(t testing.TB, template string) (name string) {
	t.Helper()
	server.once.Do(func() { server.socket, server.stop, server.err = start() })
	if server.err != nil {
		t.Fatalf("PostgreSQL: %v", server.err)
	}
	name = fmt.Sprintf("test_%d", server.made.Add(1))
	statement(t, "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY FILE_COPY")
	return name
}

// template is an empty PostgreSQL database that has the schemas. It is made once for all tests of the binary, which
// copy it: that takes a fifth of the time. Tests that run at the same time have theirs one after the other.
func template(t testing.TB, schemas []store.Schema) string {
	t.Helper()
	var key string
	for _, s := range schemas {
		key += s.Room + "\n" + strings.Join(s.Steps, "\n") + "\n"
	}
	server.making.Lock()
	defer server.making.Unlock()
	name, ok := server.templates[key]
	if !ok {
		name = create(t, "template1")
		db, err := store.Open(t.Context(), store.Options{Database: address(name), Now: time.Now, Chance: rand.Reader})
		if err == nil {
			err = errors.Join(db.Migrate(t.Context(), schemas...), db.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		if server.templates == nil {
			server.templates = map[string]string{}
		}
		server.templates[key] = name
	}
	return name
}

func address(database string) string {
	return fmt.Sprintf("postgres:///%s?host=%s&user=postgres", database, server.socket)
}

func statement(t testing.TB, sql string) {
	t.Helper()
	db, err := store.Open(context.Background(), store.Options{Database: address("postgres"), Now: time.Now, Chance: rand.Reader})
	if err == nil {
		err = db.Administer(context.Background(), sql)
		_ = db.Close()
	}
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// start makes a cluster in a directory of its own and starts a server on a socket in it.
func start() (socket string, stop func(), err error) {
	s, err := newCluster()
	if err != nil {
		return "", nil, err
	}
	stop = func() {
		s.stop()
		_ = os.RemoveAll(s.dir)
	}
	if err := s.start(); err != nil {
		stop()
		return "", nil, err
	}
	return s.dir, stop, nil
}

// cluster is the data of a PostgreSQL server, and the server while it runs.
type cluster struct {
	dir     string
	command func(name string, args ...string) *exec.Cmd
	run     *exec.Cmd
}

func newCluster() (*cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "portcullis-postgres-")
	if err != nil {
		return nil, err
	}
	as, err := account(dir)
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir, command: func(name string, args ...string) *exec.Cmd {
		c := exec.Command(filepath.Join(bin, name), args...)
		c.Dir = dir
		c.SysProcAttr = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGQUIT}
		return c
	}}
	if out, err := c.command("initdb", "-D", c.data(), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return c, nil
}

func (c *cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *cluster) start() error {
	c.run = c.command("postgres", "-D", c.data(), "-k", c.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200")
	if err := c.run.Start(); err != nil {
		return err
	}
	return ready(c.command, c.dir)
}

// stop stops the server at once, as a crash does: what was committed is found when it starts again.
func (c *cluster) stop() {
	_ = c.run.Process.Signal(syscall.SIGQUIT)
	_ = c.run.Wait()
}

func ready(command func(string, ...string) *exec.Cmd, dir string) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		err := command("pg_isready", "-q", "-h", dir, "-t", "5").Run()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

// binaries finds the newest server that is installed.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("no server is installed: apt-get install postgresql")
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}

// account is who runs the server: it refuses to be root, so there it is the package's own user.
func account(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
}
