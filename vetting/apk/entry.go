package apk

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"portcullis/vetting/apk/axml"
	"portcullis/vetting/apk/sign"
	"portcullis/vetting/archive"
	"portcullis/vetting/content"
)

// Sizes up to which a file is held as a whole; beyond, plain bytes go by in pieces, and a library's
// headers are not read.
const (
	holdPlain   = 4 << 20
	holdSigned  = 64 << 20
	holdLibrary = 256 << 20
	pieceSize   = 256 << 10
	keepBuffer  = 32 << 20
	maxGunzip   = 32 << 20 // bytes that are taken of one compressed file
	maxUnpacked = 4        // compressed files in each other
)

// buffers are what entries are read into.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, pieceSize); return &b }}

// entry is the reading of one entry.
type entry struct {
	*walk
	e     *archive.Entry
	where string
	looks Sightings        // who looks at the entry by itself, once asked for
	many  func() Sightings // who looks at the place that the entry shares with others
	out   *piece
	buf   []byte

	unpacked int // compressed files that the bytes at hand were in
}

// do reads the entries of a job.
func (w *walk) do(j job) *piece {
	out := w.piece()
	buf := buffers.Get().(*[]byte)
	var shared Sightings
	for _, e := range j.entries {
		if w.ctx.Err() != nil {
			break
		}
		if e.Folder() && e.Size == 0 && e.Compressed <= 2 { // as nothing is, deflated
			continue
		}
		where := w.place(e.Path())
		x := &entry{walk: w, e: e, where: where, out: out, buf: (*buf)[:0]}
		x.many = func() Sightings {
			if j.where == "" {
				return x.see()
			}
			if shared == nil {
				shared = w.opt.See(j.where)
			}
			return shared
		}
		x.read()
		*buf = x.buf[:0]
	}
	if cap(*buf) <= keepBuffer {
		buffers.Put(buf)
	}
	return out
}

// see gives who looks at the entry by itself.
func (x *entry) see() Sightings {
	if x.looks == nil {
		x.looks = x.opt.See(x.where)
	}
	return x.looks
}

// read reads the entry as what its first bytes say that it is.
func (x *entry) read() {
	if data, ok := x.loaded[x.e]; ok {
		x.observe(data)
		x.content(data, nil)
		return
	}
	r, err := x.e.Open()
	if err != nil {
		x.out.cover.not(x.where, claimed(x.e), err.Error())
		return
	}
	defer r.Close()
	err = x.fill(r, content.HeadSize)
	kind, _ := content.Of(x.buf)
	switch {
	case err != nil && err != io.EOF:
	case kind == content.ZIP && x.stored():
		return
	case kind == content.Media || kind == content.Packed || kind == content.Unknown || kind == content.Code:
		x.skim(r, kind)
		return
	case kind == content.ELF && x.e.Size > holdPlain && x.storedLibrary(r):
		return
	case x.e.Size > x.most(kind):
		x.stream(r, kind)
		return
	default:
		defer x.alone(kind)()
		err = x.fill(r, x.e.Size+1)
	}
	if err == io.EOF {
		err = whole(r)
		x.observe(x.buf)
	}
	x.content(x.buf, err)
}

// whole is an error where more or less came out of an entry, which has been read to its end, than the directory says.
// What is wrong with the checksum alone Android reads, too.
func whole(r *archive.Reader) error {
	if err := r.Check(); err != nil && !errors.Is(err, archive.ErrChecksum) {
		return err
	}
	return nil
}

// most is how long a file may be to be held as a whole.
func (x *entry) most(kind content.Kind) int64 {
	switch {
	case kind == content.ELF:
		return holdLibrary
	case kind != content.Plain:
		return x.limits.Entry
	case x.signing != nil && x.signing.Wants(x.e):
		return holdSigned
	}
	return holdPlain
}

// observe gives the content to who checks the signature, so that it need not be read again.
func (x *entry) observe(data []byte) {
	if x.signing != nil {
		x.signing.Observe(x.e, data)
	}
}

// fill reads until n bytes are there. The error is io.EOF at the end.
func (x *entry) fill(r io.Reader, n int64) error {
	// A header may promise what its bytes cannot hold.
	for int64(len(x.buf)) < n {
		if len(x.buf) == cap(x.buf) {
			room := min(n, x.e.Size+1)
			if room > keepBuffer || room > 1032*(min(x.e.Compressed, keepBuffer)+1) || room <= int64(cap(x.buf)) {
				room = 2 * int64(cap(x.buf))
			}
			grown := make([]byte, len(x.buf), room)
			copy(grown, x.buf)
			x.buf = grown
		}
		end := min(int64(cap(x.buf)), n)
		m, err := r.Read(x.buf[len(x.buf):end])
		x.buf = x.buf[:len(x.buf)+m]
		if err != nil {
			return err
		}
	}
	return nil
}

// stored reads a nested archive where it lies, without a copy of it.
func (x *entry) stored() bool {
	section, ok := x.e.Stored()
	if !ok {
		return false
	}
	err := x.zip(section, section.Size())
	if err == nil && section.Size() < x.e.Size {
		err = fmt.Errorf("%d bytes come out of it, and it is said to have %d", section.Size(), x.e.Size)
	}
	x.counted(err)
	return true
}

// storedLibrary reads a long native library where it lies, and searches it piece by piece.
func (x *entry) storedLibrary(r *archive.Reader) bool {
	section, ok := x.e.Stored()
	if !ok {
		return false
	}
	x.library(section, section.Size())
	x.stream(r, content.Plain)
	return true
}

// alone waits until nobody else holds a large file, where that cannot hold up those who wait: code and
// libraries have nothing inside that is read as a file of its own. It returns what lets the next go on.
func (x *entry) alone(kind content.Kind) (done func()) {
	if x.e.Size <= keepBuffer || kind != content.ELF && kind != content.DEX && kind != content.XML {
		return func() {}
	}
	x.large.Lock()
	return x.large.Unlock
}

// counted counts the file as read, or as not analysed for the reason.
func (x *entry) counted(err error) {
	if err != nil {
		x.out.cover.not(x.where, claimed(x.e), err.Error())
		return
	}
	x.out.cover.read(claimed(x.e))
}

// content analyses what was read of the entry; err is why that is not all.
func (x *entry) content(data []byte, err error) {
	if wrong := x.analyse(data); err == nil {
		err = wrong
	}
	if err == nil && int64(len(data)) < x.e.Size {
		err = fmt.Errorf("%d bytes come out of it, and it is said to have %d", len(data), x.e.Size)
	}
	x.counted(err)
}

// analyse reads data as what it is. The error is why it is not analysed, or not all of it.
func (x *entry) analyse(data []byte) error {
	switch kind, word := content.Of(data[:min(len(data), content.HeadSize)]); {
	case kind == content.Packed || kind == content.Code || kind == content.Unknown:
		return errors.New(word)
	case kind == content.DEX:
		return x.code(data)
	case kind == content.ZIP:
		return x.zip(bytes.NewReader(data), int64(len(data)))
	case kind == content.ELF:
		x.library(bytes.NewReader(data), int64(len(data)))
		x.scan(data)
		return x.inside(data)
	case kind == content.GZIP:
		return x.gunzip(data)
	case kind == content.XML || x.manifestOf() != nil || x.packed(data):
		return x.compiled(data)
	case x.owned():
		x.scan(data)
		return errors.New(NotCode)
	case signature(x.e.Name):
		return nil // read with the signatures; its text is names of files
	case kind == content.Media:
		return x.inside(data)
	}
	x.scan(data)
	if bare := unmasked(data); bare != nil && x.unpacked < maxUnpacked {
		x.unpacked++
		x.out.problem(x.where, "it is masked with a short key: what is under it was read")
		return x.analyse(bare)
	}
	var part error
	if x.part.Format == ZIP && strings.HasSuffix(x.e.Name, ".apk") {
		part = errors.New("it is called a part of an app, and cannot be read as one")
	}
	return errors.Join(part, x.inside(data), content.MixedWithin(data))
}

// signature tells whether a name is one of the JAR signature's files.
func signature(name string) bool {
	base, ok := strings.CutPrefix(name, "META-INF/")
	if !ok || strings.Contains(base, "/") {
		return false
	}
	dot := strings.LastIndexByte(base, '.')
	switch strings.ToUpper(base[dot+1:]) {
	case "SF", "RSA", "DSA", "EC":
		return true
	}
	return strings.EqualFold(base, "MANIFEST.MF")
}

func (x *entry) scan(data []byte) {
	x.out.hosts.Scan(data)
	x.see().String(data)
}

// owned tells whether Android loads the entry as the app's own code: classes.dex, classes2.dex and so
// on, of a bundle in each module's folder dex.
func (x *entry) owned() bool {
	name := x.e.Name
	switch x.part.Format {
	case APK:
	case AAB:
		module, rest, ok := strings.Cut(name, "/dex/")
		if !ok || strings.Contains(module, "/") {
			return false
		}
		name = rest
	default:
		return false
	}
	digits, ok := strings.CutPrefix(name, "classes")
	digits, dex := strings.CutSuffix(digits, ".dex")
	return ok && dex && strings.Trim(digits, "0123456789") == ""
}

func (x *entry) code(data []byte) error {
	code, err := x.dex(x.where, data, x.see(), x.out)
	switch {
	case code.Files == 0:
		x.scan(data)
		return fmt.Errorf("its code cannot be read: %w", err)
	case x.owned():
		x.out.code.add(code)
	default:
		x.out.nested = append(x.out.nested, Nested{Where: x.where, Format: DEX, Code: code})
	}
	return errors.Join(err, x.behindCode(data))
}

// behindCode reads what follows where code says that it ends: packers put there what they unpack.
func (x *entry) behindCode(data []byte) error {
	size := int64(data[32]) | int64(data[33])<<8 | int64(data[34])<<16 | int64(data[35])<<24
	if size < 0x70 || int64(len(data))-size < leastOutside || string(data[4:7]) >= "041" { // containers hold several files
		return nil
	}
	return x.loose(x.where, data[size:], x.out)
}

// zip reads an archive inside the entry, and all that is in it.
func (x *entry) zip(r io.ReaderAt, size int64) error {
	a, err := x.e.Nested(r, size)
	if err != nil {
		return fmt.Errorf("the archive in it cannot be opened: %w", err)
	}
	part, inner := x.archive(a)
	if x.e.Archive().Depth() == 0 {
		part.again = again(x.e)
	}
	n := Nested{Where: x.where, Format: part.Format, Code: part.Code}
	if part.Manifest != nil {
		n.Package = part.Manifest.Package
		x.out.parts = append(x.out.parts, part)
	}
	if part.Signing != nil {
		for _, c := range part.Signing.Certificates {
			n.Certificates = append(n.Certificates, c.SHA256)
		}
	}
	x.out.nested = append(x.out.nested, n)
	x.out.add(inner)
	return nil
}

// again checks the signature of the package that an entry is, which is no longer held.
func again(e *archive.Entry) func(sign.Options) *sign.Result {
	return func(opt sign.Options) *sign.Result {
		section, stored := e.Stored()
		var r io.ReaderAt = section
		size := e.Size
		if !stored {
			data, err := e.Bytes(holdLibrary)
			if err != nil {
				return nil
			}
			r, size = bytes.NewReader(data), int64(len(data))
		}
		a, err := e.Nested(r, size)
		if err != nil {
			return nil
		}
		return sign.Verify(a, opt)
	}
}

// compiled reads the texts of XML and of resources, of a manifest what it names, and what lies in or behind them.
func (x *entry) compiled(data []byte) error {
	see := x.many()
	m := x.manifestOf()
	whole := axml.Strings(data, func(text []byte) {
		if bytes.IndexByte(text, '.') < 0 && bytes.IndexByte(text, '/') < 0 {
			return
		}
		x.out.hosts.Scan(text)
		if m == nil {
			see.String(text)
		}
	})
	if m != nil {
		m.show(see)
	}
	if !whole {
		x.scan(data)
		x.out.problem(x.where, "not all of it could be read as compiled XML or resources; its bytes were searched")
	}
	if codeAt(data, 0) < 0 && content.ArchiveEnd(data) < 0 { // nearly always: thousands of files need no place each
		return nil
	}
	return x.inside(data)
}

// packed tells whether the entry is one that a bundle has in protobuf form. Raw resources are as their author wrote them.
func (x *entry) packed(data []byte) bool {
	xml := strings.HasSuffix(x.e.Name, ".xml") && !bytes.HasPrefix(data, []byte("<"))
	return x.part.Format == AAB && (xml || strings.HasSuffix(x.e.Name, "/resources.pb"))
}

// manifestOf is the manifest that the entry is; nil for others.
func (x *entry) manifestOf() *Manifest {
	if x.part.Format == APK && x.e.Name == manifestName || x.part.Format == AAB && x.e.Name == "base/"+bundleManifest {
		return x.part.Manifest
	}
	return nil
}

// show tells who looks what the manifest names.
func (m *Manifest) show(see Sightings) {
	if m.Application != "" {
		see.Component(m.Application)
	}
	for _, d := range m.MetaData {
		see.Key(d.Name, d.Value)
	}
	for _, c := range m.Components {
		see.Component(c.Name)
		for _, d := range c.MetaData {
			see.Key(d.Name, d.Value)
		}
	}
}

// gunzip reads what is compressed in the entry, as what it is.
func (x *entry) gunzip(data []byte) error {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("it begins as gzip does, and is damaged: %w", err)
	}
	inner, err := io.ReadAll(io.LimitReader(r, maxGunzip))
	if err == nil && len(inner) == maxGunzip {
		err = fmt.Errorf("more than %d bytes are compressed in it: the rest was not read", maxGunzip)
	}
	if x.unpacked++; x.unpacked > maxUnpacked {
		return fmt.Errorf("compressed files are read to a depth of %d", maxUnpacked)
	}
	if over := x.e.Archive().Budget().Take(int64(len(inner))); over != nil {
		return over
	}
	return errors.Join(err, x.analyse(inner))
}

// skim reads over what is not searched, to see whether an archive or code lies in it.
func (x *entry) skim(r *archive.Reader, kind content.Kind) {
	_, word := content.Of(x.buf)
	w := watch{}
	w.see(x.buf)
	err := error(nil)
	for err == nil {
		x.buf = x.buf[:0]
		err = x.fill(r, min(pieceSize, int64(cap(x.buf))))
		w.see(x.buf)
	}
	if err == io.EOF {
		err = whole(r)
	}
	switch {
	case err != nil:
		x.out.cover.not(x.where, claimed(x.e), err.Error())
	case w.within():
		x.within(kind, word)
	case x.owned():
		x.out.cover.not(x.where, claimed(x.e), NotCode)
	case signature(x.e.Name):
		x.out.cover.read(claimed(x.e))
	case kind == content.Media && !w.cut():
		x.out.cover.media(claimed(x.e))
	case kind == content.Media:
		x.out.cover.not(x.where, claimed(x.e), "it begins as a picture does, and does not end as one")
	default:
		x.out.cover.not(x.where, claimed(x.e), word)
	}
}

// NotCode is why a file was not analysed that Android takes for the app's code, and that is none.
const NotCode = "it is no DEX file, and Android takes it for the app's code: it is encrypted or damaged"

// within reads the archive or code that lies in what is not searched itself.
func (x *entry) within(kind content.Kind, word string) {
	data, err := x.e.Bytes(holdLibrary)
	if err == nil {
		err = x.inside(data)
	}
	if kind != content.Media && kind != content.Plain && kind != content.ELF {
		err = errors.Join(err, errors.New(word))
	}
	x.counted(err)
}

// inside reads the archive or the code that lies in the middle of data.
func (x *entry) inside(data []byte) error {
	end := content.ArchiveEnd(data)
	if end < 0 {
		return x.buried(x.where, data, x.see(), x.out)
	}
	return errors.Join(x.zip(bytes.NewReader(data[:end]), int64(end)), x.buried(x.where, data[end:], x.see(), x.out))
}

// stream searches a long file piece by piece. Pieces end between words, where there is a place.
func (x *entry) stream(r *archive.Reader, kind content.Kind) {
	see := x.see()
	w := watch{}
	w.see(x.buf)
	var err error
	for err == nil {
		kept := len(x.buf)
		err = x.fill(r, pieceSize)
		end := len(x.buf)
		w.see(x.buf[kept:])
		if err == nil {
			end = lastGap(x.buf)
		}
		x.out.hosts.Scan(x.buf[:end])
		see.String(x.buf[:end])
		x.buf = x.buf[:copy(x.buf, x.buf[end:])]
	}
	if err == io.EOF {
		err = whole(r)
	}
	if err == nil && w.size < x.e.Size {
		err = fmt.Errorf("%d bytes come out of it, and it is said to have %d", w.size, x.e.Size)
	}
	switch {
	case err != nil:
		x.out.cover.not(x.where, claimed(x.e), err.Error())
	case kind != content.Plain:
		x.out.cover.not(x.where, claimed(x.e), fmt.Sprintf("it is longer than %d bytes: it was searched as bytes only", x.most(kind)))
	case w.within():
		x.within(kind, "")
	default:
		x.counted(w.even())
	}
}

// lastGap is behind the last byte that no word or address goes on over.
func lastGap(data []byte) int {
	for i := len(data) - 1; i >= len(data)-4096 && i >= 0; i-- {
		if data[i] <= ' ' || data[i] == '"' || data[i] == '\'' || data[i] >= 0x80 {
			return i + 1
		}
	}
	return len(data)
}
