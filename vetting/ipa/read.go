package ipa

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

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

// main is the Info.plist of an app: in Payload for iOS, in Contents for macOS.
var main = regexp.MustCompile(`^(Payload/)?([^/]+\.app)/(Contents/)?Info\.plist$`)

// Is tells whether an archive holds an app of Apple's systems.
func Is(a *archive.Archive) bool {
	return slices.ContainsFunc(a.Entries(), func(e *archive.Entry) bool { return main.MatchString(e.Name) })
}

type reader struct {
	app   *App
	root  string // the app's folder, with its slash
	look  Look
	hosts *domains.Set
}

// Read reads an app from an archive.
func Read(ctx context.Context, a *archive.Archive, look Look) (*App, error) {
	r := &reader{app: &App{}, look: look, hosts: domains.NewSet(mostDomains)}
	for _, e := range a.Entries() {
		if found := main.FindStringSubmatch(e.Name); found != nil {
			if r.root != "" {
				r.problem(e.Path(), "there is another app in the archive: this one is not told of, but its code and files are")
				continue
			}
			r.root, r.app.Mac = strings.TrimSuffix(e.Name, "Info.plist"), found[3] != ""
		}
	}
	if r.root == "" {
		return nil, ErrNoApp
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
	if app.Main.Identifier == "" {
		r.problem(r.root+"Info.plist", "the app has no identifier: it could not be read, or says none")
	}
	return app, nil
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
	var head [content.HeadSize]byte
	in, err := e.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	n, err := io.ReadFull(in, head[:])
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
	if err == nil && !e.Sized() && e.Size != 0 {
		err = errors.New("more or less comes out of it than it is said to have")
	}
	return errors.Join(err, r.file(ctx, e, data))
}

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
	if err := in.Check(); err != nil && !errors.Is(err, archive.ErrChecksum) {
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
	switch {
	case base == "Info.plist":
		return r.info(e.Name, where, nested, see, data)
	case strings.HasSuffix(base, ".xcprivacy"):
		t, err := apple.ReadTree(data)
		if err != nil {
			return fmt.Errorf("the privacy manifest could not be read: %w", err)
		}
		r.app.Privacy = append(r.app.Privacy, privacyOf(where, t))
		r.search(data, see)
		return nil
	case base == "embedded.mobileprovision" || base == "embedded.provisionprofile":
		return r.provision(data)
	case macho.Is(data):
		return r.code(where, data, see)
	case len(data) > 4 && string(data[:4]) == "PK\x03\x04":
		return r.nested(ctx, e, data)
	}
	r.search(data, see)
	switch kind, word := content.Of(data[:min(len(data), content.HeadSize)]); kind {
	case content.GZIP, content.Packed, content.Code, content.DEX, content.ELF, content.Unknown:
		return fmt.Errorf("it is not read: %s", word)
	case content.Plain:
		if content.ArchiveEnd(data) < 0 {
			return content.MixedWithin(data)
		}
	}
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

func (r *reader) info(name, where string, nested bool, see Sightings, data []byte) error {
	t, err := apple.ReadTree(data)
	if err != nil {
		return fmt.Errorf("the property list could not be read: %w", err)
	}
	b := bundleOf(strings.TrimSuffix(strings.TrimSuffix(where, "Info.plist"), "/"), t)
	for _, k := range b.Keys {
		see.Key(k.Key, k.Value)
	}
	if name == r.root+"Info.plist" && !nested {
		b.Path = ""
		r.app.Main = b
	} else {
		r.app.Others = append(r.app.Others, b)
	}
	r.search(data, see)
	return nil
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
	for i := range all {
		f := &all[i]
		for _, p := range f.Problems {
			r.problem(where, p)
		}
		c := Code{Path: where, Architecture: f.Architecture, Libraries: f.Libraries, Encrypted: f.Encrypted, Team: f.Team, Executable: f.Executable}
		if len(f.Entitlements) > 0 {
			t, err := apple.ReadTree(f.Entitlements)
			if err != nil {
				r.problem(where, "what its signature entitles it to could not be read: "+err.Error())
				t = &apple.Tree{}
			}
			for i, key := range t.Keys {
				c.Entitlements = append(c.Entitlements, Pair{key, scalar(&t.Values[i])})
			}
		}
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
			}
		}
	}
	return lost
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
