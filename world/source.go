package world

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// source is one file, open for as long as its hosts may be read.
type source struct {
	name  string
	order int // among the files of a Load; the world file is 0
	file  *os.File
	owned bool // whether close closes it
	size  int64
}

// longestPipe is how much of a pipe is taken in, which has to be copied to be read twice.
const longestPipe = 16 << 30

// openSource opens a file that can be read twice. What cannot (a pipe, standard input from one) is
// first copied into a temporary file, which has no name from then on.
func openSource(path string, order int) (*source, error) {
	src := &source{name: path, order: order, owned: true}
	if path == "-" {
		src.name, src.file, src.owned = "standard input", os.Stdin, false
	} else {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		src.file = file
	}
	info, err := src.file.Stat()
	if err != nil {
		return nil, errors.Join(err, src.close())
	}
	src.size = info.Size()
	if info.IsDir() {
		return nil, errors.Join(fmt.Errorf("%s is a directory, not a file", path), src.close())
	}
	if src.owned && info.Mode()&os.ModeDevice != 0 {
		return nil, errors.Join(fmt.Errorf("%s is a device, not a file: it may have no end", path), src.close())
	}
	if at, err := src.file.Seek(0, io.SeekCurrent); info.Mode().IsRegular() && err == nil && at == 0 {
		return src, nil
	}
	return src, src.spool()
}

// spool goes on with a copy of the file.
func (src *source) spool() error {
	file, err := os.CreateTemp("", "portcullis-world-")
	if err != nil {
		return errors.Join(err, src.close())
	}
	err = os.Remove(file.Name())
	if err == nil {
		src.size, err = io.Copy(file, io.LimitReader(src.file, longestPipe+1))
	}
	if err == nil && src.size > longestPipe {
		err = fmt.Errorf("it has no end within %d GiB: give a file", longestPipe>>30)
	}
	err = errors.Join(err, src.close())
	src.file, src.owned = file, true
	if err != nil {
		return errors.Join(fmt.Errorf("copying %s: %w", src.name, err), src.close())
	}
	return nil
}

func (src *source) close() error {
	if !src.owned {
		return nil
	}
	return src.file.Close()
}

// bytes reads the whole file, without a byte order mark.
func (src *source) bytes() ([]byte, error) {
	text := make([]byte, src.size)
	n, err := src.file.ReadAt(text, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("reading %s: %w", src.name, err)
	}
	mark, err := markLen(text[:n])
	return text[mark:n], err
}

// markLen is the length of the byte order mark that some editors put before UTF-8. The marks of
// other encodings are an error.
func markLen(text []byte) (int, error) {
	switch {
	case bytes.HasPrefix(text, []byte("\ufeff")):
		return 3, nil
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}), bytes.HasPrefix(text, []byte{0xfe, 0xff}):
		return 0, &syntaxError{1, "UTF-16: save the file in UTF-8"}
	}
	return 0, nil
}
