package santa

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"

	protocol "portcullis/platform/santa"
)

const (
	// maxBody is how many bytes a body has at most, packed and unpacked.
	maxBody = 8 << 20
	// usual is as large as nearly all bodies are.
	usual = 64 << 10
)

var (
	errTooLarge = fmt.Errorf("a body has %d bytes at most, unpacked", maxBody)
	errEncoding = errors.New("a body is JSON or protobuf, and packed by deflate, by gzip or not at all")
	errBroken   = errors.New("the body broke off, or is not packed as it says")
)

// room is where a body is unpacked.
type room struct {
	body    bytes.Buffer
	packed  bufio.Reader  // which unpacking would make anew each time
	deflate io.ReadCloser // with zlib's head and sum, which is what HTTP means by the word
	gzip    gzip.Reader
}

var spare = sync.Pool{New: func() any { return new(room) }}

// giveBack lets others have the room, unless it is unusually large.
func (m *room) giveBack() {
	if m.body.Cap() <= usual {
		m.body.Reset()
		m.packed.Reset(nil)
		spare.Put(m)
	}
}

// read reads a body and says how it is encoded. The body is a part of the room.
func (m *room) read(w http.ResponseWriter, r *http.Request) (protocol.Encoding, []byte, error) {
	encoding, err := encodingOf(r.Header.Get("Content-Type"))
	if err != nil {
		return 0, nil, err
	}
	m.packed.Reset(http.MaxBytesReader(w, r.Body, maxBody))
	plain, err := m.unpack(&m.packed, strings.ToLower(r.Header.Get("Content-Encoding")))
	if err == nil {
		_, err = m.body.ReadFrom(io.LimitReader(plain, maxBody+1))
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large), m.body.Len() > maxBody:
		return 0, nil, errTooLarge
	case errors.Is(err, errEncoding):
		return 0, nil, err
	case err != nil:
		return 0, nil, errBroken
	}
	return encoding, m.body.Bytes(), nil
}

func encodingOf(contentType string) (protocol.Encoding, error) {
	if contentType == "" {
		return protocol.JSON, nil // the stage xsrf has no body
	}
	kind, _, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil:
	case kind == "application/json":
		return protocol.JSON, nil
	case kind == "application/x-protobuf", kind == "application/protobuf":
		return protocol.Protobuf, nil
	}
	return 0, errEncoding
}

// unpack is a body as it was before it was packed.
func (m *room) unpack(packed io.Reader, how string) (_ io.Reader, err error) {
	switch how {
	case "", "identity":
		return packed, nil
	case "deflate":
		if m.deflate == nil {
			m.deflate, err = zlib.NewReader(packed)
			return m.deflate, err
		}
		return m.deflate, m.deflate.(zlib.Resetter).Reset(packed, nil)
	case "gzip":
		return &m.gzip, m.gzip.Reset(packed)
	}
	return nil, errEncoding
}
