package santa

import (
	"bufio"
	"io"

	"portcullis/platform"
	"portcullis/platform/export"
	"portcullis/platform/stream"
)

// Read is the platform.Reader of Santa's events and logs.
func Read(r io.Reader, sink platform.Sink) error {
	plain, sink, err := export.Inflated(r, sink)
	if err != nil {
		return err
	}
	in, err := stream.Text(plain)
	if err != nil {
		return err
	}
	passed, err := export.SkipBlank(in)
	if err == io.EOF {
		return stream.ErrEmpty
	}
	if err != nil {
		return err
	}
	m := newMachines(sink)
	json, err := isJSON(in)
	switch {
	case err != nil:
		return err
	case json:
		err = export.Each(export.NewDocuments(in, passed), sink, m.document)
	default:
		err = m.log(export.NewLines(in, passed))
	}
	if err != nil {
		return err
	}
	return m.send()
}

// isJSON tells events from lines of santa.log, which may begin with a time in brackets.
func isJSON(in *bufio.Reader) (bool, error) {
	head, err := in.Peek(64)
	if err != nil && err != io.EOF {
		return false, err
	}
	for i, c := range head {
		switch {
		case c == '{' || i > 0 && (c == '[' || c == ']'):
			return true, nil
		case i == 0 && c == '[', c == ' ', c == '\t', c == '\r', c == '\n':
		default:
			return false, nil
		}
	}
	return true, nil
}
