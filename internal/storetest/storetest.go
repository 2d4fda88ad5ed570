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
		test(t, Opener(t, store.Options{Data: file(t, schemas)}, schemas))
	})
	t.Run("postgres", func(t *testing.T) {
		test(t, Opener(t, store.Options{Database: lend(t, schemas)}, schemas))
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
	// patterns are by what the schemas say.
	patterns map[string]*pattern
}

// Main runs the tests of a package that uses PostgreSQL, and stops the server afterwards. Call it
// from TestMain.
func Main(m *testing.M) {
	status := m.Run()
	Stop()
	os.Exit(status)
}

// AtEnd has something else that tests share be ended with the server.
func AtEnd(end func()) { ends = append(ends, end) }

var ends []func()

// Stop stops the server of this test binary, if it was started, and removes what tests had copies of.
func Stop() {
	for _, end := range ends {
		end()
	}
	if server.stop != nil {
		server.stop()
	}
	for _, dir := range files.dirs {
		_ = os.RemoveAll(dir)
	}
}

// Database makes an empty PostgreSQL database and returns its URL. It is dropped when the test ends.
func Database(t testing.TB) string {
	t.Helper()
	name := create(t, "template1")
	t.Cleanup(func() { drop(t, name) })
	return address(name)
}

// files are directories of SQLite databases that have schemas and that no test has used, by what the schemas say. Tests
// have copies of them, which takes a fifth of the time that a new one takes.
var files struct {
	making sync.Mutex
	dirs   map[string]string
}

// file gives a test the directory of a database that has the schemas.
func file(t testing.TB, schemas []store.Schema) string {
	t.Helper()
	files.making.Lock()
	defer files.making.Unlock()
	key := text(schemas)
	if files.dirs[key] == "" {
		dir, err := os.MkdirTemp("", "portcullis-sqlite-")
		if err != nil {
			t.Fatal(err)
		}
		if files.dirs == nil {
			files.dirs = map[string]string{}
		}
		files.dirs[key] = dir
		do(t, store.Options{Data: dir}, func(db *store.DB) error { return db.Migrate(t.Context(), schemas...) })
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(files.dirs[key])); err != nil {
		t.Fatal(err)
	}
	return dir
}

// text is what schemas say.
func text(schemas []store.Schema) string {
	var b strings.Builder
	for _, s := range schemas {
		b.WriteString(s.Room + "\n" + strings.Join(s.Steps, "\n") + "\n")
	}
	return b.String()
}

// pattern is a database that has schemas and that no test has used. Tests have copies of it. To renew one takes a tenth
// of the time that a new one takes.
type pattern struct {
	name, shape string
	free        []string // copies that were used and renewed
}

// lend gives a test a database that has the schemas, until it ends, and returns its URL.
func lend(t testing.TB, schemas []store.Schema) string {
	t.Helper()
	p, name := take(t, schemas)
	t.Cleanup(func() {
		if !p.renewed(t, name) {
			drop(t, name)
			return
		}
		server.making.Lock()
		defer server.making.Unlock()
		p.free = append(p.free, name)
	})
	return address(name)
}

// take takes a copy of the schemas' pattern. Tests that run at the same time take theirs one after the other.
func take(t testing.TB, schemas []store.Schema) (p *pattern, name string) {
	t.Helper()
	key := text(schemas)
	server.making.Lock()
	defer server.making.Unlock()
	p, ok := server.patterns[key]
	if !ok {
		p = newPattern(t, schemas)
		if server.patterns == nil {
			server.patterns = map[string]*pattern{}
		}
		server.patterns[key] = p
	}
	if last := len(p.free) - 1; last >= 0 {
		name, p.free = p.free[last], p.free[:last]
		return p, name
	}
	return p, create(t, p.name)
}

func newPattern(t testing.TB, schemas []store.Schema) *pattern {
	t.Helper()
	p := &pattern{name: create(t, "template1")}
	do(t, options(p.name), func(db *store.DB) error {
		return errors.Join(db.Migrate(t.Context(), schemas...), db.Administer(t.Context(), keep), p.read(db, &p.shape))
	})
	return p
}

func (p *pattern) read(db *store.DB, is *string) error {
	return db.Read(context.Background(), func(tx *store.Tx) error { return tx.Row(shape, nil, is) })
}

// renewed makes a copy what it was, unless the test has changed more than what is in its tables.
func (p *pattern) renewed(t testing.TB, name string) bool {
	t.Helper()
	is := ""
	do(t, options(name), func(db *store.DB) error {
		if err := p.read(db, &is); err != nil || is != p.shape {
			return err
		}
		return db.Administer(context.Background(), renew)
	})
	return is == p.shape
}

// create makes a PostgreSQL database that is as another one.
func create(t testing.TB, template string) (name string) {
	t.Helper()
	server.once.Do(func() { server.socket, server.stop, server.err = start() })
	if server.err != nil {
		t.Fatalf("PostgreSQL: %v", server.err)
	}
	name = fmt.Sprintf("test_%d", server.made.Add(1))
	do(t, options("postgres"), func(db *store.DB) error {
		return db.Administer(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY FILE_COPY")
	})
	return name
}

func drop(t testing.TB, name string) {
	t.Helper()
	do(t, options("postgres"), func(db *store.DB) error {
		return db.Administer(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
	})
}

func address(database string) string {
	return fmt.Sprintf("postgres:///%s?host=%s&user=postgres", database, server.socket)
}

func options(name string) store.Options { return store.Options{Database: address(name)} }

// do does something in a database.
func do(t testing.TB, o store.Options, f func(*store.DB) error) {
	t.Helper()
	o.Now, o.Chance = time.Now, rand.Reader
	db, err := store.Open(context.Background(), o)
	if err == nil {
		err = errors.Join(f(db), db.Close())
	}
	if err != nil {
		t.Fatalf("database %s%s: %v", o.Data, o.Database, err)
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
