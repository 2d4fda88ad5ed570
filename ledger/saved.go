package ledger

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// saved is what an export is compared with.
type saved interface {
	// compare is called before the first entry and after each one. A difference is kept for finish;
	// an error is of what was saved itself.
	compare(r *reading) error
	// finish tells how many of the saved checkpoints agree with the export, which has size entries
	// and agrees with its own key. A difference is a *Fault.
	finish(size int64) (agree int, err error)
}

// longestSaved is how much is read of a file of checkpoints.
const longestSaved = 16 << 20

// openSaved reads what was saved of the ledger that r is an export of. An export begins with a
// brace, and a checkpoint with an origin, which is no JSON.
func openSaved(in io.Reader, r *reading) (saved, error) {
	if in == nil {
		return &savedCheckpoints{}, nil
	}
	buffered := bufio.NewReader(in)
	if first, err := buffered.Peek(1); err == nil && first[0] == '{' {
		earlier, err := openExport(buffered, "")
		if err != nil {
			return nil, err
		}
		if earlier.report.Key != r.report.Key {
			return nil, &Fault{First: -1, Last: -1, Why: fmt.Sprintf("it is signed with the key %s, and the export with %s", earlier.report.Key, r.report.Key)}
		}
		return &savedExport{earlier: earlier, more: true}, nil
	}
	text, err := io.ReadAll(io.LimitReader(buffered, longestSaved+1))
	if err != nil {
		return nil, err
	}
	if len(text) > longestSaved {
		return nil, fmt.Errorf("it has more than %d bytes: these are no checkpoints", longestSaved)
	}
	return openSavedCheckpoints(string(text), r.by)
}

// savedCheckpoints are ordered by size.
type savedCheckpoints struct {
	checkpoints []Checkpoint
	next        int // the first that was not compared yet
	fork        *Checkpoint
}

func openSavedCheckpoints(text string, by note.Verifier) (*savedCheckpoints, error) {
	var s savedCheckpoints
	for i, signed := range splitNotes(text) {
		c, err := openCheckpoint(signed, by)
		if err != nil {
			return nil, &Fault{First: -1, Last: -1, Why: fmt.Sprintf("checkpoint %d: %v", i+1, err)}
		}
		s.checkpoints = append(s.checkpoints, c)
	}
	if len(s.checkpoints) == 0 {
		return nil, &Fault{First: -1, Last: -1, Why: "there is no checkpoint in it"}
	}
	slices.SortStableFunc(s.checkpoints, func(a, b Checkpoint) int { return cmp.Compare(a.Size, b.Size) })
	return &s, nil
}

// splitNotes divides notes that stand one after the other: each ends with its lines of signatures.
func splitNotes(text string) (notes []string) {
	var current strings.Builder
	signatures := false
	for line := range strings.Lines(text) {
		isSignature := strings.HasPrefix(line, "— ")
		if signatures && !isSignature {
			notes = append(notes, current.String())
			current.Reset()
			if signatures = false; strings.TrimSpace(line) == "" {
				continue // an empty line between notes
			}
		}
		signatures = isSignature
		current.WriteString(line)
	}
	if strings.TrimSpace(current.String()) != "" {
		notes = append(notes, current.String())
	}
	return notes
}

func (s *savedCheckpoints) compare(r *reading) error {
	for ; s.fork == nil && s.next < len(s.checkpoints) && s.checkpoints[s.next].Size == r.tree.size; s.next++ {
		if c := &s.checkpoints[s.next]; c.Root != r.tree.root() {
			s.fork = c
		}
	}
	return nil
}

func (s *savedCheckpoints) finish(size int64) (int, error) {
	switch {
	case s.fork != nil:
		return 0, &Fault{First: s.agreed(), Last: s.fork.Size - 1, Why: fmt.Sprintf(
			"the ledger was forked: the same key signed the saved checkpoint of %d entries, with the root %s, and this export, which has another root there; the first entry that differs can be told from an earlier export",
			s.fork.Size, s.fork.Root)}
	case s.next < len(s.checkpoints):
		return 0, tooShort(size, s.checkpoints[len(s.checkpoints)-1].Size)
	}
	return s.next, nil
}

// agreed is how many entries are known to be before the fork: those of the largest checkpoint that is
// smaller, for all of these agree.
func (s *savedCheckpoints) agreed() (size int64) {
	for _, c := range s.checkpoints {
		if c.Size < s.fork.Size {
			size = c.Size
		}
	}
	return size
}

// tooShort is that more was saved than the export has; what both have agrees.
func tooShort(size, saved int64) error {
	return &Fault{First: -1, Last: -1, Why: fmt.Sprintf(
		"the export ends after %d entries, and %d were saved: it is older than what was saved, or the ledger was cut back", size, saved)}
}

// savedExport is an earlier export, read beside the later one.
type savedExport struct {
	earlier *reading
	more    bool // until the end of the earlier one
	fork    *Fault
}

// next reads the earlier export on. What is wrong there is not about the later one.
func (s *savedExport) next() (err error) {
	if s.more, err = s.earlier.next(); err != nil {
		return fmt.Errorf("the saved export: %w", err)
	}
	return nil
}

func (s *savedExport) compare(r *reading) error {
	if r.tree.size == 0 || !s.more {
		return nil
	}
	if err := s.next(); err != nil {
		return err
	}
	if s.more && s.fork == nil && s.earlier.leaf != r.leaf {
		s.fork = &Fault{First: r.last.index, Last: r.last.index, Line: r.line, Why: fmt.Sprintf(
			"the ledger was forked: the same key signed %s here, and %s in the saved export; all before agree", &r.last, &s.earlier.last)}
	}
	return nil
}

func (s *savedExport) finish(size int64) (int, error) {
	for s.more {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	switch {
	case s.fork != nil:
		return 0, s.fork
	case s.earlier.tree.size > size:
		return 0, tooShort(size, s.earlier.tree.size)
	}
	return 1, nil
}
