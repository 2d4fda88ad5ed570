package intune

import (
	"io"

	"portcullis/platform"
	"portcullis/platform/stream"
)

// Read reads a report of Intune or resources of Microsoft Graph. It is a platform.Reader.
func Read(r io.Reader, sink platform.Sink) error {
	in, err := stream.Text(r)
	if err != nil {
		return err
	}
	first, err := stream.First(in)
	if err != nil {
		return err
	}
	if first == '{' || first == '[' {
		return readGraph(stream.NewJSON(in), sink)
	}
	return readTable(in, sink)
}
