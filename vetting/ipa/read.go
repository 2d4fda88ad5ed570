package ipa

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"portcullis/platform/apple"
	"portcullis/vetting/archive"
	"portcullis/vetting/content"
	"portcullis/vetting/domains"
	"portcullis/vetting/ipa/macho"
)

// Sightings are told what is seen in one place.
type Sightings interface {
	Class(descriptor []byte, defined bool)
	String(text []byte)
	Library(name string)
	Key(name, value string)
}

// Look gives the sightings of a place, which is a path in the file.
type Look func(where string) Sightings

// ErrNoApp is that an archive holds no app of Apple's systems.
var ErrNoApp = errors.New("there is no app in the archive: no .app folder with an Info.plist")

// mostDomains is how many hosts are listed.
const mostDomains = 5000

// depth is in how many folders an app is whose Info.plist has a name: it is in the app's folder for iOS, which is in
// Payload, and in Contents there for macOS. Whoever packed it may have packed the folders around it, too. Apps within apps
// are none.
func depth(name string) (folders int, is bool) {
	app, is := strings.CutSuffix(name, "/Info.plist")
	app = strings.TrimSuffix(app, "/Contents")
	above, last := path.Split(app)
	folders = strings.Count(above, "/")
	return folders, is && len(last) > len(".app") && strings.HasSuffix(last, ".app") && folders <= 4 &&
		!strings.Contains("/"+above, "//") && !strings.Contains(above, ".app/") && !strings.HasPrefix(above, "__MACOSX/")
}

// mainOf finds the app: of several the one in the fewest folders, and of those the first. There may be others.
func mainOf(a *archive.Archive) (first *archive.Entry, others []*archive.Entry) {
	least := 0
	for _, e := range a.Entries() {
		switch folders, is := depth(e.Name); {
		case !is:
		case first == nil:
			first, least = e, folders
		case folders < least:
			first, others, least = e, append(others, first), folders
		default:
			others = append(others, e)
		}
	}
	return first, others
}

// Is tells whether an archive holds an app of Apple's systems.
func Is(a *archive.Archive) bool {
	first, _ := mainOf(a)
	return first != nil
}

type reader struct {
	app   *App
	root  string // the app's folder, with its slash
	look  Look
	hosts *domains.Set
	seals map[string]macho.Seal // of programs, by their paths

	info, resources []byte // that the app's program is signed with
}

// Read reads an app from an archive.
func Read(ctx context.Context, a *archive.Archive, look Look) (*App, error) {
	r := &reader{app: &App{}, look: look, hosts: domains.NewSet(mostDomains), seals: map[string]macho.Seal{}}
	first, others := mainOf(a)
	if first == nil {
		return nil, ErrNoApp
	}
	r.root = strings.TrimSuffix(first.Name, "Info.plist")
	r.app.Mac = strings.HasSuffix(r.root, ".app/Contents/")
	for _, e := range others {
		r.problem(e.Path(), "there is another app in the archive: it is told of as if it were part of this one")
	}
	if err := r.archive(ctx, a); err != nil {
		return nil, err
	}
	for _, p := range a.Problems() {
		r.problem(p.Path, p.What)
	}
	app := r.app
	app.Domains, app.MoreDomains = r.hosts.Hosts()
	slices.SortFunc(app.Others, func(a, b Bundle) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortFunc(app.Privacy, func(a, b Privacy) int { return cmp.Compare(a.Path, b.Path) })
	slices.SortStableFunc(app.Code, func(a, b Code) int { return cmp.Compare(a.Path, b.Path) })
	if app.Program = r.root + app.Main.Executable; app.Mac {
		app.Program = r.root + "MacOS/" + app.Main.Executable
	}
	r.sealed()
	if app.Main.Identifier == "" {
		r.problem(r.root+"Info.plist", "the app has no identifier: it could not be read, or says none")
	}
	return app, nil
}

// sealed compares what lies beside the app's program with what was signed with it.
func (r *reader) sealed() {
	s := r.seals[r.app.Program]
	for i := range r.app.Code {
		if c := &r.app.Code[i]; c.Path == r.app.Program && !c.Encrypted {
			c.Broken = cmp.Or(c.Broken, s.Differs(r.info, r.resources))
		}
	}
}

func (r *reader) problem(path, what string) {
	r.app.Problems = append(r.app.Problems, Problem{path, what})
}

func (r *reader) archive(ctx context.Context, a *archive.Archive) error {
	for _, e := range a.Entries() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.Folder() && e.Size == 0 && e.Compressed <= 2 { // as nothing is, deflated
			continue
		}
		c, size := &r.app.Coverage, max(0, min(e.Size, mostClaimed))
		c.FilesTotal++
		c.BytesTotal += size
		err := r.entry(ctx, e)
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		if err != nil {
			c.not(e.Path(), err.Error())
			continue
		}
		c.FilesRead++
		c.BytesRead += size
	}
	for _, why := range a.Missing() { // as one file: nobody knows how many they are
		r.app.Coverage.FilesTotal++
		r.app.Coverage.not(cmp.Or(a.Path(), "(the file)"), why)
	}
	return nil
}

// mostClaimed bounds the size that a file is counted with: what directories claim cannot overflow the sums.
const mostClaimed = 1 << 44

// holdCode is how long a program or archive may be to be held as a whole, holdPlain another file, and holdList a
// property list, in bytes.
const (
	holdCode  = 128 << 20
	holdPlain = 4 << 20
	holdList  = holdPlain
)

// entry reads one entry; the error is why it was not analysed, or not all of it.
func (r *reader) entry(ctx context.Context, e *archive.Entry) error {
	head := make([]byte, max(0, min(e.Size, content.HeadSize)))
	in, err := e.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	n, err := io.ReadFull(in, head)
	kind, word := content.Of(head[:n])
	switch {
	case err != nil && err != io.EOF && err != io.ErrUnexpectedEOF:
		return err
	case e.Size > holdPlain && !macho.Is(head[:n]) && kind != content.ZIP:
		if err := r.long(e, in, head[:n]); err != nil {
			return err
		}
		if isList(e.Name) {
			return fmt.Errorf("property lists are read up to %d bytes, and this has more", holdList)
		}
		if kind != content.Plain && kind != content.Media {
			return cmp.Or(errors.New(word), fmt.Errorf("it is longer than %d bytes: it was searched as bytes only", holdPlain))
		}
		return nil
	}
	data, err := e.Bytes(holdCode)
	switch {
	case err != nil:
	case !e.Sized() && e.Size != 0:
		err = errors.New("more or less comes out of it than it is said to have")
	case crc32.ChecksumIEEE(data) != e.CRC:
		err = errChecksum
	}
	before := len(r.app.Code)
	read := r.file(ctx, e, data)
	for i := range r.app.Code[before:] {
		if c := &r.app.Code[before+i]; err != nil {
			c.Lost = cmp.Or(c.Lost, err.Error())
		}
	}
	return errors.Join(err, read)
}

// errChecksum: unlike Android, Apple's systems do not take such a file.
var errChecksum = errors.New("its checksum is not that of its bytes: it is damaged, or was changed")

// isList tells whether a file is read as a property list.
func isList(name string) bool {
	base := path.Base(name)
	return base == "Info.plist" || strings.HasSuffix(base, ".xcprivacy") || base == "embedded.mobileprovision" || base == "embedded.provisionprofile"
}

// long searches a long file piece by piece.
func (r *reader) long(e *archive.Entry, in *archive.Reader, head []byte) error {
	see := r.look(e.Path())
	buf := append(make([]byte, 0, 1<<20), head...)
	var mixed, pieces int
	for err := error(nil); err == nil; {
		var n int
		n, err = io.ReadFull(in, buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if bytes.Contains(buf, []byte(content.ArchiveMark)) {
			return fmt.Errorf("an archive may lie in it, and it is longer than %d bytes", holdPlain)
		}
		if pieces++; len(buf) >= content.Sampled && content.Mixed(buf[:content.Sampled]) {
			mixed++
		}
		r.search(buf, see)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return err
		}
		buf = append(buf[:0], buf[max(0, len(buf)-256):]...) // a name may stand on the edge
	}
	if err := in.Check(); err != nil {
		return err
	}
	if kind, _ := content.Of(head); kind != content.Media && 4*mixed > pieces {
		return errors.New("its bytes are evenly mixed: they are encrypted, or compressed in a way that is not known")
	}
	return nil
}

var errEncrypted = errors.New("the code is encrypted by the store: only the device can read it")

// file reads one file; the error is why it was not analysed.
func (r *reader) file(ctx context.Context, e *archive.Entry, data []byte) error {
	where := e.Path()
	see := r.look(where)
	base := path.Base(e.Name)
	nested := e.Archive().Depth() > 0
	if dir := path.Base(path.Dir(e.Name)); strings.HasSuffix(dir, ".framework") && strings.TrimSuffix(dir, ".framework") == base {
		see.Library(dir)
	}
	if strings.HasSuffix(base, ".dylib") {
		see.Library(base)
	}
	if where == r.root+"_CodeSignature/CodeResources" {
		r.resources = data
	}
	switch {
	case base == "Info.plist":
		return r.infoList(e, nested, see, data)
	case strings.HasSuffix(base, ".xcprivacy"):
		t, err := apple.ReadTree(data)
		if err != nil {
			return fmt.Errorf("the privacy manifest could not be read: %w", err)
		}
		r.app.Privacy = append(r.app.Privacy, privacyOf(where, t))
		return r.list(e, t, see)
	case base == "embedded.mobileprovision" || base == "embedded.provisionprofile":
		return r.provision(data)
	case macho.Is(data):
		return errors.Join(r.code(where, data, see), r.behind(ctx, e, data))
	case len(data) > 4 && string(data[:4]) == "PK\x03\x04":
		return r.nested(ctx, e, data)
	}
	if bytes.HasPrefix(data, []byte("\xca\xfe\xba\xbe")) {
		return errors.New("it begins as a program of more architectures than are read, or as code for Java")
	}
	var err error
	if bytes.HasPrefix(data, []byte("bplist")) {
		err = r.binaryList(e, data, see)
	} else {
		r.search(readable(data), see)
	}
	switch kind, word := content.Of(data[:min(len(data), content.HeadSize)]); kind {
	case content.GZIP, content.Packed, content.Code, content.DEX, content.ELF, content.Unknown:
		return fmt.Errorf("it is not read: %s", word)
	case content.Plain:
		err = errors.Join(err, content.MixedWithin(data))
	case content.Media:
		if bytes.HasPrefix(data, []byte("\x89PNG")) && !bytes.Contains(data[max(0, len(data)-64):], []byte("IEND")) {
			err = errors.New("it begins as a picture does, and does not end as one")
		}
	}
	return errors.Join(err, r.behind(ctx, e, data))
}

// binaryList searches a property list that may be about anything.
func (r *reader) binaryList(e *archive.Entry, data []byte, see Sightings) error {
	t, err := apple.ReadTree(data)
	if err != nil {
		r.search(data, see)
		return fmt.Errorf("the property list could not be read: %w", err)
	}
	return r.list(e, t, see)
}

// behind reads an archive that lies in a file of another kind.
func (r *reader) behind(ctx context.Context, e *archive.Entry, data []byte) error {
	if end := content.ArchiveEnd(data); end >= 0 {
		return r.nested(ctx, e, data[:end])
	}
	return nil
}

// nested reads an archive inside an entry.
func (r *reader) nested(ctx context.Context, e *archive.Entry, data []byte) error {
	inner, err := e.Nested(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return fmt.Errorf("the archive inside could not be opened: %w", err)
	}
	r.app.Nested = append(r.app.Nested, e.Path())
	if err := r.archive(ctx, inner); err != nil {
		return err
	}
	for _, p := range inner.Problems() {
		r.problem(p.Path, p.What)
	}
	return nil
}

// search looks for hosts and names in bytes.
func (r *reader) search(data []byte, see Sightings) {
	r.hosts.Scan(data)
	see.String(data)
}

func (r *reader) infoList(e *archive.Entry, nested bool, see Sightings, data []byte) error {
	where := e.Path()
	t, err := apple.ReadTree(data)
	if err != nil {
		return fmt.Errorf("the property list could not be read: %w", err)
	}
	b := bundleOf(strings.TrimSuffix(strings.TrimSuffix(where, "Info.plist"), "/"), t)
	said := map[string]int{}
	for _, k := range b.Keys {
		see.Key(k.Key, k.Value)
		if said[k.Key]++; said[k.Key] == 2 {
			r.problem(where, fmt.Sprintf("it says %.100q twice: systems may take either", k.Key))
		}
	}
	if e.Name == r.root+"Info.plist" && !nested {
		b.Path = ""
		r.app.Main, r.info = b, data
	} else {
		r.app.Others = append(r.app.Others, b)
	}
	return r.list(e, t, see)
}

// list searches the texts of a property list, which may be longer than it is: a text can stand in it once and be used
// many times.
func (r *reader) list(e *archive.Entry, t *apple.Tree, see Sightings) error {
	all := texts(t, nil)
	if err := e.Archive().Budget().Take(int64(len(all))); err != nil {
		return err
	}
	r.search(all, see)
	return nil
}

// texts appends all texts of a property list, each on a line of its own. In the binary form bytes that look like letters
// stand between them.
func texts(t *apple.Tree, into []byte) []byte {
	for _, k := range t.Keys {
		into = append(append(into, k...), '\n')
	}
	if t.Text != "" {
		into = append(append(into, t.Text...), '\n')
	}
	for i := range t.Values {
		into = texts(&t.Values[i], into)
	}
	return into
}

// readable is what is searched of a plain file: UTF-16 is searched in UTF-8.
func readable(data []byte) []byte {
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return narrow(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return narrow(data[2:], binary.BigEndian)
	case bytes.HasPrefix(data, []byte("<?xml")) && bytes.Contains(data[:min(len(data), 512)], doctype):
		return bytes.Replace(data, doctype, nil, 1)
	}
	return data
}

// doctype stands in every property list in XML, and nobody calls it.
var doctype = []byte("http://www.apple.com/DTDs/PropertyList-1.0.dtd")

// narrow is a text of UTF-16 in UTF-8.
func narrow(data []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}

// provision reads the property list in a profile, whose signature is not checked.
func (r *reader) provision(data []byte) error {
	from, to := bytes.Index(data, []byte("<?xml")), bytes.LastIndex(data, []byte("</plist>"))
	if from < 0 || to < from {
		return errors.New("the provisioning profile holds no property list")
	}
	t, err := apple.ReadTree(data[from : to+len("</plist>")])
	if err != nil {
		return fmt.Errorf("the provisioning profile could not be read: %w", err)
	}
	if r.app.Provision == nil {
		r.app.Provision = &Provision{Name: t.Of("Name").Text, Team: t.Of("TeamName").Text, Everywhere: t.Of("ProvisionsAllDevices").True()}
	}
	return nil
}

// code reads a program or library, each of its architectures.
func (r *reader) code(where string, data []byte, see Sightings) error {
	all, err := macho.Read(data)
	if err != nil {
		return err
	}
	r.search(data, see) // names and hosts stand in other places than those of texts, too
	var lost error
	modules := map[string]bool{}
	for i := range all {
		f := &all[i]
		for _, p := range f.Problems {
			r.problem(where, p)
		}
		c := Code{Path: where, Architecture: f.Architecture, Libraries: f.Libraries, Encrypted: f.Encrypted, Signed: f.Signed, Team: f.Team,
			Executable: f.Executable, Writable: f.Writable, Lost: f.SignatureLost, Broken: f.Seal.Broken}
		r.seals[where] = f.Seal
		r.entitle(&c, f)
		for _, library := range f.Libraries {
			see.Library(frameworkOf(library))
		}
		r.app.Code = append(r.app.Code, c)
		switch {
		case f.Encrypted:
			lost = errEncrypted
		case f.Lost != "":
			lost = cmp.Or(lost, errors.New(f.Lost))
		}
		for text, class := range f.Texts {
			if class {
				see.Class(slices.Concat([]byte("L"), text, []byte(";")), true)
				if module := moduleOf(text); module != "" && !modules[module] {
					modules[module] = true
					see.Library(module + ".framework")
				}
			}
		}
	}
	if lost == nil {
		lost = mixed(data, all)
	}
	return lost
}

// entitle puts together what both forms of a signature's entitlements say: systems go by either.
func (r *reader) entitle(c *Code, f *macho.File) {
	if len(f.Entitlements) > 0 {
		t, err := apple.ReadTree(f.Entitlements)
		if err != nil {
			c.Lost = cmp.Or(c.Lost, "what its signature entitles it to could not be read: "+err.Error())
			r.problem(c.Path, c.Lost)
			t = &apple.Tree{}
		}
		for i, key := range t.Keys {
			c.Entitlements = append(c.Entitlements, Pair{key, scalar(&t.Values[i])})
		}
	}
	if len(c.Entitlements) == 0 {
		for _, e := range f.Entitled {
			c.Entitlements = append(c.Entitlements, Pair(e))
		}
		return
	}
	for _, e := range f.Entitled {
		if !slices.Contains(c.Entitlements, Pair(e)) {
			r.problem(c.Path, fmt.Sprintf("one form of its signature entitles it to %s %s, and the other does not", e.Key, e.Value))
			c.Entitlements = append(c.Entitlements, Pair(e))
		}
	}
}

// mixed is an error where much of a program is as evenly mixed as encrypted bytes are, its signatures aside.
func mixed(data []byte, all []macho.File) error {
	at := 0
	for _, f := range all {
		if from, to := f.Signature[0], f.Signature[1]; from >= at && to > from {
			if err := content.MixedWithin(data[at:from]); err != nil {
				return err
			}
			at = to
		}
	}
	return content.MixedWithin(data[at:])
}

// moduleOf is the module that a class of Swift is from, as its name has it (_TtC6Module5Class); empty for others. A library
// that is part of the program itself has no other trace of its name.
func moduleOf(class []byte) string {
	rest, swift := bytes.CutPrefix(class, []byte("_Tt"))
	rest = bytes.TrimLeft(rest, "GC")
	digits := 0
	for digits < len(rest) && digits < 3 && '0' <= rest[digits] && rest[digits] <= '9' {
		digits++
	}
	n, err := strconv.Atoi(string(rest[:digits]))
	if !swift || err != nil || n > len(rest)-digits {
		return ""
	}
	return string(rest[digits:][:n])
}

// frameworkOf is the framework or library that a path of one names.
func frameworkOf(library string) string {
	for part := range strings.SplitSeq(library, "/") {
		if strings.HasSuffix(part, ".framework") {
			return part
		}
	}
	return path.Base(library)
}
