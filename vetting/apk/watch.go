package apk

import (
	"bytes"
	"fmt"

	"portcullis/vetting/content"
)

// watch looks for what lies inside a file that goes by in pieces.
type watch struct {
	size  int64
	last  []byte // of what went by
	found bool   // something that may be code or an archive
	mixed int64  // bytes that are evenly mixed, of those looked at
	look  int64  // bytes that were looked at for that
	png   bool
}

const lastSize = 64

func (w *watch) see(piece []byte) {
	if w.size == 0 {
		w.png = bytes.HasPrefix(piece, []byte("\x89PNG"))
	}
	w.size += int64(len(piece))
	edge := append(bytes.Clone(w.last), piece[:min(len(piece), lastSize)]...)
	for _, data := range [][]byte{edge, piece} {
		w.found = w.found || bytes.Contains(data, []byte(content.ArchiveMark)) || bytes.Contains(data, []byte("dex\n0"))
	}
	for at := 0; at+content.Sampled <= len(piece); at += 16 * content.Sampled {
		w.look += content.Sampled
		if content.Mixed(piece[at : at+content.Sampled]) {
			w.mixed += content.Sampled
		}
	}
	if len(piece) < lastSize {
		piece = edge
	}
	w.last = append(w.last[:0], piece[max(0, len(piece)-lastSize):]...)
}

// within tells whether something that may be code or an archive lies in the file.
func (w *watch) within() bool { return w.found }

// cut tells whether the file begins as a picture in PNG does, and does not end as one.
func (w *watch) cut() bool { return w.png && !bytes.Contains(w.last, []byte("IEND")) }

// even is an error where a quarter of the file or more is as evenly mixed as encrypted bytes are.
func (w *watch) even() error {
	if w.look == 0 || w.mixed < w.look/4 {
		return nil
	}
	return fmt.Errorf("%d of %d bytes are evenly mixed: they are encrypted, or compressed in a way that is not known", w.mixed*(w.size/w.look), w.size)
}
