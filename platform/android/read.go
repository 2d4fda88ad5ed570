package android

import (
	"io"

	"portcullis/platform"
	"portcullis/platform/stream"
)

// Read reads devices of the Android Management API or a listing of pm list packages. It is a
// platform.Reader.
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
		return readDevices(stream.NewJSON(in), sink)
	}
	return readListing(in, sink)
}
