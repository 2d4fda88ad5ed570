package register

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"portcullis/policy"
	"portcullis/world"
)

// The document of a host is its line of a world file, a mapping in JSON, so that exporting many is
// copying. hostMark stands before each in the list hosts.
const (
	hostsKey = "hosts:\n"
	hostMark = "  - "
)

// hostRows makes the rows of hosts.
type hostRows struct {
	line bytes.Buffer
	out  *world.Writer
}

// row returns a host as it is stored.
func (r *hostRows) row(h *policy.Host) (hostRow, error) {
	if err := check(h.ID, nil); err != nil {
		return hostRow{}, under("the host "+h.ID, err)
	}
	if r.out == nil {
		r.out = world.NewWriter(&r.line)
	}
	r.line.Reset()
	r.out.Host(h)
	if err := r.out.Flush(); err != nil {
		return hostRow{}, fmt.Errorf("the host %s: %w", h.ID, err)
	}
	document := bytes.TrimPrefix(r.line.Bytes(), []byte(hostsKey)) // before the first alone
	document = bytes.TrimSuffix(bytes.TrimPrefix(document, []byte(hostMark)), []byte("\n"))
	return hostRow{strings.Clone(h.ID), strings.Clone(h.Organisation), bytes.Clone(document)}, nil
}

// hostLines writes the documents of hosts as the list of a world file.
type hostLines struct {
	out   io.Writer
	begun bool
	line  []byte // used again for each
}

func (l *hostLines) write(document []byte) error {
	l.line = l.line[:0]
	if !l.begun {
		l.begun = true
		l.line = append(l.line, hostsKey...)
	}
	l.line = append(append(append(l.line, hostMark...), document...), '\n')
	_, err := l.out.Write(l.line)
	return err
}
