package sign

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
)

const (
	chunkSize = 1 << 20
	pageSize  = 4096
)

// errPages is a file whose signature needs its block to begin and end at a page.
var errPages = errors.New("the APK Signing Block does not begin and end at a multiple of 4096 bytes, which its kind of digest needs")

// checkDigests computes the digests of the file that the signatures name, each once, and compares.
func (v *Verification) checkDigests() {
	actual := map[content][]byte{}
	for _, s := range v.schemes {
		for _, c := range s.wanted {
			if _, done := actual[c]; done {
				continue
			}
			digest, err := v.digest(c)
			if err != nil {
				v.problem("%s: the digest of the file (%v) cannot be computed: %v", s.name, c, err)
			}
			actual[c] = digest
		}
	}
	for _, s := range v.schemes {
		for _, one := range s.signers {
			s.compare(one, actual)
			one.told.Verifies = !one.failed && len(one.told.Certificates) > 0
			v.result.Signers = append(v.result.Signers, *one.told)
		}
	}
}

// compare compares the digests that a signer has signed with those of the file.
func (s *scheme) compare(one *signer, actual map[content][]byte) {
	for _, d := range one.digests {
		a, ok := algorithmOf(d.algorithm)
		if !ok {
			continue
		}
		if digest, asked := actual[a.content]; asked && !bytes.Equal(digest, d.digest) {
			s.fail(one, "the file has been changed after it was signed (%v)", a.content)
		}
	}
}

// endRecord is the end record as it was when the file was signed: with the place of the APK Signing
// Block as that of the directory.
func (v *Verification) endRecord() ([]byte, error) {
	b, err := v.read(v.file.end, v.file.size-v.file.end)
	if err != nil {
		return nil, err
	}
	if len(b) < 22 || v.file.contents > 1<<32-1 {
		return nil, errShort
	}
	binary.LittleEndian.PutUint32(b[16:], uint32(v.file.contents))
	return b, nil
}

func (v *Verification) digest(c content) ([]byte, error) {
	end, err := v.endRecord()
	if err != nil {
		return nil, err
	}
	switch c {
	case chunked256:
		return v.chunked(sha256.New, end)
	case chunked512:
		return v.chunked(sha512.New, end)
	case verity256:
		return v.verity(end)
	}
	return nil, fmt.Errorf("unknown kind %d", c)
}

// chunk is a part of what is signed that has a digest of its own.
type chunk struct {
	r    io.ReaderAt
	at   int64
	size int
}

// chunked is the digest of "APK Signature Scheme v2", integrity-protected contents: each of the three
// sections in chunks of 1 MiB, and then the chunks' digests.
func (v *Verification) chunked(newHash func() hash.Hash, end []byte) ([]byte, error) {
	var chunks []chunk
	cut := func(r io.ReaderAt, from, to int64) {
		for ; from < to; from += chunkSize {
			chunks = append(chunks, chunk{r, from, int(min(chunkSize, to-from))})
		}
	}
	whole := v.archive.ReaderAt()
	cut(whole, 0, v.file.contents)
	cut(whole, v.file.central, v.file.end)
	cut(bytes.NewReader(end), 0, int64(len(end)))
	digests := make([][]byte, len(chunks))
	err := v.inParallel(len(chunks), func() func(int) error {
		h, buf := newHash(), make([]byte, min(chunkSize, max(v.file.size, int64(len(end)))))
		return func(i int) error {
			c := chunks[i]
			if n, err := c.r.ReadAt(buf[:c.size], c.at); n < c.size {
				return err
			}
			h.Reset()
			h.Write(binary.LittleEndian.AppendUint32([]byte{0xa5}, uint32(c.size)))
			h.Write(buf[:c.size])
			digests[i] = h.Sum(nil)
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	h := newHash()
	h.Write(binary.LittleEndian.AppendUint32([]byte{0x5a}, uint32(len(chunks))))
	for _, d := range digests {
		h.Write(d)
	}
	return h.Sum(nil), nil
}

// verity is the root of a tree of SHA-256 over pages, with eight zero bytes as salt, and the size of
// what is signed ("APK Signature Scheme v3", verity): what fs-verity would compute.
func (v *Verification) verity(end []byte) ([]byte, error) {
	f := v.file
	if f.contents%pageSize != 0 || (f.central-f.contents)%pageSize != 0 {
		return nil, errPages
	}
	signed := &spliced{v.archive.ReaderAt(), f.contents, f.central, f.end, end}
	size := signed.size()
	level, err := v.pages(signed, size)
	if err != nil {
		return nil, err
	}
	for len(level) > pageSize {
		if level, err = v.pages(bytes.NewReader(level), int64(len(level))); err != nil {
			return nil, err
		}
	}
	root := sha256.New()
	root.Write(make([]byte, 8))
	root.Write(level)
	if pad := len(level) % pageSize; pad > 0 {
		root.Write(make([]byte, pageSize-pad))
	}
	return binary.LittleEndian.AppendUint64(root.Sum(nil), uint64(size)), nil
}

// pages are the digests of all pages of r, of which the last is filled up with zeros.
func (v *Verification) pages(r io.ReaderAt, size int64) ([]byte, error) {
	const run = chunkSize / pageSize // pages that are read at once
	count := int((size + pageSize - 1) / pageSize)
	digests := make([]byte, count*sha256.Size)
	err := v.inParallel((count+run-1)/run, func() func(int) error {
		h, buf, sum := sha256.New(), make([]byte, min(chunkSize, (size+pageSize-1)/pageSize*pageSize)), make([]byte, 0, sha256.Size)
		return func(i int) error {
			from := int64(i) * chunkSize
			n := int(min(chunkSize, size-from))
			if got, err := r.ReadAt(buf[:n], from); got < n {
				return err
			}
			whole := (n + pageSize - 1) / pageSize * pageSize
			clear(buf[n:whole])
			for p := 0; p < whole; p += pageSize {
				h.Reset()
				h.Write(make([]byte, 8))
				h.Write(buf[p : p+pageSize])
				copy(digests[(i*run+p/pageSize)*sha256.Size:], h.Sum(sum[:0]))
			}
			return nil
		}
	})
	return digests, err
}

// spliced is a file without its APK Signing Block and with another end record.
type spliced struct {
	r                      io.ReaderAt
	contents, central, end int64
	record                 []byte
}

func (s *spliced) size() int64 { return s.contents + s.end - s.central + int64(len(s.record)) }

// ReadAt implements io.ReaderAt.
func (s *spliced) ReadAt(p []byte, off int64) (n int, err error) {
	directory := s.end - s.central
	for _, part := range []struct {
		r        io.ReaderAt
		at, size int64
	}{{s.r, 0, s.contents}, {s.r, s.central, directory}, {bytes.NewReader(s.record), 0, int64(len(s.record))}} {
		if off < part.size && n < len(p) {
			want := int(min(int64(len(p)-n), part.size-off))
			got, err := part.r.ReadAt(p[n:n+want], part.at+off)
			if n += got; got < want {
				return n, err
			}
			off = part.size
		}
		off -= part.size
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// inParallel does the work with the numbers 0 to n-1, on all workers. start makes one worker's own
// room. The first error ends it.
func (v *Verification) inParallel(n int, start func() func(int) error) error {
	workers := v.opt.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var failed atomic.Bool
	var wg sync.WaitGroup
	errs := make([]error, min(workers, n))
	for w := range errs {
		wg.Go(func() {
			work := start()
			for i := int(next.Add(1)) - 1; i < n && !failed.Load(); i = int(next.Add(1)) - 1 {
				if err := work(i); err != nil {
					errs[w] = err
					failed.Store(true)
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}
