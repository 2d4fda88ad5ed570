package world

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"portcullis/policy"
)

// Spool keeps hosts in a temporary file that has no name, in the order in which they are added, so
// that memory need not hold them. Add and Flush are for one goroutine; Read, after Flush, for any
// number.
type Spool struct {
	src     *source
	out     *bufio.Writer
	entries []entry
	readers sync.Pool // of *hostReader
}

// NewSpool opens an empty spool.
func NewSpool() (*Spool, error) {
	file, err := os.CreateTemp("", "portcullis-hosts-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Spool{src: &source{name: "the temporary file of hosts", file: file, owned: true}, out: bufio.NewWriterSize(file, 1<<18)}, nil
}

// Add keeps a host, and returns its index. A host that Read cannot give back as it is (one with a
// text that is not UTF-8, say) is an error, and is not kept.
func (s *Spool) Add(h *policy.Host) (int, error) {
	p := pairs{json: true}
	hostPairs(&p, h)
	if p.err != nil {
		return 0, fmt.Errorf("host %s: %w", quote(h.ID), p.err)
	}
	size := int32(len(p.out) + len("{}"))
	if size > largestHost {
		return 0, fmt.Errorf("host %s takes more than %d MiB", quote(h.ID), largestHost>>20)
	}
	for _, piece := range []string{"{", string(p.out), "}"} {
		if _, err := s.out.WriteString(piece); err != nil {
			return 0, err
		}
	}
	s.entries = append(s.entries, entry{id: strings.Clone(h.ID), src: s.src, at: extent{off: s.src.size, size: size, line: 1, form: flowForm}, kept: -1})
	s.src.size += int64(size)
	return len(s.entries) - 1, nil
}

// Flush ends the adding.
func (s *Spool) Flush() error { return s.out.Flush() }

// Read reads the host at i into h, as Hosts.Read does.
func (s *Spool) Read(i int, h *policy.Host) error { return readEntry(&s.readers, &s.entries[i], h) }

// Close gives the file back.
func (s *Spool) Close() error { return s.src.close() }
