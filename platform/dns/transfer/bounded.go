package transfer

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// How many connections may be open, in all and from one address, and for how long.
const (
	connections = 64
	fromOne     = 8
	lifetime    = 5 * time.Minute
)

// bounded is a listener that closes at once the connections that are too many, and those that live too
// long.
type bounded struct {
	net.Listener
	now func() time.Time

	mu    sync.Mutex
	open  map[*conn]bool
	from  map[netip.Addr]int
	ended bool
}

func newBounded(l net.Listener, now func() time.Time) *bounded {
	return &bounded{Listener: l, now: now, open: map[*conn]bool{}, from: map[netip.Addr]int{}}
}

// Accept returns the next connection that there is room for.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		accepted, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &conn{Conn: accepted, listener: b, until: b.now().Add(lifetime)}
		if remote, ok := accepted.RemoteAddr().(*net.TCPAddr); ok {
			c.from = remote.AddrPort().Addr().Unmap()
		}
		if b.admit(c) {
			return c, nil
		}
		accepted.Close()
	}
}

func (b *bounded) admit(c *conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended || len(b.open) >= connections || b.from[c.from] >= fromOne {
		return false
	}
	b.open[c] = true
	b.from[c.from]++
	return true
}

func (b *bounded) leave(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open[c] {
		return
	}
	delete(b.open, c)
	if b.from[c.from]--; b.from[c.from] == 0 {
		delete(b.from, c.from)
	}
}

// Close closes the listener and all of its connections.
func (b *bounded) Close() error {
	err := b.Listener.Close()
	b.mu.Lock()
	b.ended = true
	open := make([]*conn, 0, len(b.open))
	for c := range b.open {
		open = append(open, c)
	}
	b.mu.Unlock()
	for _, c := range open {
		c.Close()
	}
	return err
}

// conn is a connection that ends at a time, and whose writes do.
type conn struct {
	net.Conn
	listener *bounded
	from     netip.Addr
	until    time.Time
}

func (c *conn) sooner(t time.Time) time.Time {
	if t.IsZero() || t.After(c.until) {
		return c.until
	}
	return t
}

// SetReadDeadline sets the time by which a read is to have ended: that of the connection at the latest.
func (c *conn) SetReadDeadline(t time.Time) error { return c.Conn.SetReadDeadline(c.sooner(t)) }

// Write writes in the time that is for it, or fails.
func (c *conn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(c.sooner(c.listener.now().Add(writing))); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// Close closes the connection and makes room for another.
func (c *conn) Close() error {
	c.listener.leave(c)
	return c.Conn.Close()
}
