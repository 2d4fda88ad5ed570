package apk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"

	"portcullis/vetting/apk/axml"
	"portcullis/vetting/apk/dex"
	"portcullis/vetting/apk/sign"
	"portcullis/vetting/archive"
	"portcullis/vetting/domains"
)

// ErrNoApp is that a file is an archive, and holds no Android app.
var ErrNoApp = errors.New("no Android app is in it")

// Options are how an app is read. The zero value reads with the defaults, and tells nobody what it sees.
type Options struct {
	// Limits are the archive's; a limit that is not set is taken from archive.Defaults.
	Limits archive.Limits
	// Workers is how many goroutines read; as many as there are processors where it is 0.
	Workers int
	// Domains is how many hosts are listed at most; 20,000 where it is 0.
	Domains int
	// Declared walks the declarations of code as well, which lists in the Exodus form are asked about.
	Declared bool
	// See gives who looks at a place, such as "a.apk!classes2.dex". It is called from several goroutines;
	// nobody looks where it is nil.
	See func(where string) Sightings
}

// File is a file to read.
type File struct {
	Name   string // as it is called in places; may be empty
	Reader io.ReaderAt
	Size   int64
}

// Read reads an app from one file. The error wraps archive.ErrFormat where the file is no archive, is
// ErrNoApp, or the reader's or the context's own; everything else is told in the App.
func Read(ctx context.Context, file File, opt Options) (*App, error) {
	return ReadSet(ctx, []File{file}, opt)
}

// ReadSet reads an app whose parts were given as files of their own. The error is also that they are
// not parts of one app.
func ReadSet(ctx context.Context, files []File, opt Options) (*App, error) {
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	if opt.Domains <= 0 {
		opt.Domains = 20_000
	}
	if opt.See == nil {
		opt.See = func(string) Sightings { return unseen{} }
	}
	s, raced := &session{ctx: ctx, opt: opt, workers: newWorkers(opt.Workers)}, false
	all := s.piece()
	var tops []*Part
	for _, f := range files {
		budget := archive.NewBudget(opt.Limits, f.Size)
		a, err := archive.Open(f.Reader, f.Size, budget)
		if err != nil {
			return nil, named(f.Name, err)
		}
		s.limits = budget.Limits()
		if claimedBy(a) > budget.Total() {
			s.workers = newWorkers(1) // so that what is left unread does not depend on who was quicker
		}
		top, p := (&reader{session: s, name: f.Name}).archive(a)
		raced = raced || cap(s.workers) > 0 && budget.Spent() >= budget.Total()
		tops = append(tops, top)
		all.add(p)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	app, err := s.app(tops, all)
	if app != nil {
		app.Raced = raced
	}
	return app, err
}

func named(name string, err error) error {
	if name == "" {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// claimedBy is how much would come out of an archive's entries if its directory told the truth.
func claimedBy(a *archive.Archive) (sum int64) {
	for _, e := range a.Entries() {
		sum += claimed(e)
	}
	return sum
}

// session is what the files of one app share.
type session struct {
	ctx     context.Context
	opt     Options
	workers workers
	limits  archive.Limits
	large   sync.Mutex // held by who holds a large file in memory
}

// reader reads one file.
type reader struct {
	*session
	name string
}

// place is where something is, for people and evidence.
func (r *reader) place(path string) string {
	switch {
	case path == "":
		return r.name
	case r.name == "":
		return path
	}
	return r.name + "!" + path
}

// piece is what came of a part of the work. Pieces are put together in the order of the files, so that
// the whole does not depend on who worked on what.
type piece struct {
	cover     Coverage
	code      Code
	parts     []*Part
	libraries []Library
	nested    []Nested
	problems  []Problem
	hosts     *domains.Set
}

func (s *session) piece() *piece { return &piece{hosts: domains.NewSet(s.opt.Domains)} }

func (p *piece) add(o *piece) {
	p.cover.add(&o.cover)
	p.code.add(o.code)
	p.parts = append(p.parts, o.parts...)
	p.libraries = append(p.libraries, o.libraries[:min(len(o.libraries), maxLibraries-len(p.libraries))]...)
	p.nested = append(p.nested, o.nested[:min(len(o.nested), maxNested-len(p.nested))]...)
	p.problems = append(p.problems, o.problems[:min(len(o.problems), maxProblems-len(p.problems))]...)
	p.hosts.Merge(o.hosts)
}

func (p *piece) problem(where, format string, args ...any) {
	p.problems = append(p.problems, Problem{where, fmt.Sprintf(format, args...)})
}

// archive reads all of an archive: first the manifest, which says how the rest is to be taken.
func (r *reader) archive(a *archive.Archive) (*Part, *piece) {
	out := r.piece()
	part := &Part{Where: r.place(a.Path()), Format: formatOf(a), bundle: bundleOf(a), depth: a.Depth()}
	w := &walk{reader: r, part: part, loaded: map[*archive.Entry][]byte{}}
	r.outside(a, out)
	w.manifest(a, out)
	if part.Format != ZIP {
		opt := sign.Options{Workers: r.opt.Workers}
		if m := part.Manifest; part.known {
			opt.MinSDK, opt.TargetSDK = m.SigningLevels()
			opt.Sandbox = m.Sandbox
		}
		w.signing = sign.Begin(a, opt)
		if a.Depth() == 0 {
			part.again = func(opt sign.Options) *sign.Result { return sign.Verify(a, opt) }
		}
	}
	jobs := r.jobs(a)
	pieces := make([]*piece, len(jobs))
	r.workers.each(len(jobs), func(i int) { pieces[i] = w.do(jobs[i]) })
	for _, p := range pieces {
		out.add(p)
	}
	part.Code, out.code = out.code, Code{}
	if w.signing != nil && r.ctx.Err() == nil {
		part.Signing = w.signing.Finish()
		slices.Sort(part.Signing.Problems) // files that were changed are found in any order
	}
	for _, why := range a.Missing() {
		out.cover.not(r.whole(a), 0, why)
	}
	for _, p := range a.Problems() {
		out.problem(r.place(p.Path), "%s", p.What)
	}
	return part, out
}

// job is a number of entries that one worker reads one after the other, and who looks at them.
type job struct {
	entries []*archive.Entry
	where   string // of all of them together; empty where each is a place of its own
}

// together is how many small files of one sort are one place, so that an app with thousands of them has
// not as many places.
const together = 250

// jobs are the entries of an archive in their order, the compiled XML of the resources put together.
func (r *reader) jobs(a *archive.Archive) []job {
	var jobs []job
	var layouts []*archive.Entry
	for _, e := range a.Entries() {
		if strings.HasSuffix(e.Name, ".xml") && strings.Contains("/"+e.Name, "/res/") {
			layouts = append(layouts, e)
		} else {
			jobs = append(jobs, job{entries: []*archive.Entry{e}})
		}
	}
	for group := range slices.Chunk(layouts, together) {
		jobs = append(jobs, job{group, r.place(a.Within("res/"))})
	}
	return jobs
}

// walk is the reading of one archive.
type walk struct {
	*reader
	part    *Part
	signing *sign.Verification // nil where there is no app to sign
	loaded  map[*archive.Entry][]byte
}

// formatOf tells what an archive is by what lies where Android looks.
func formatOf(a *archive.Archive) Format {
	switch {
	case a.Lookup(manifestName) != nil || a.Depth() == 0 && a.Lookup("classes.dex") != nil:
		return APK
	case a.Lookup("base/"+bundleManifest) != nil || a.Lookup("BundleConfig.pb") != nil:
		return AAB
	case a.Depth() == 0 && len(a.Entries()) == 0 && len(sign.Verify(a, sign.Options{}).Blocks) > 0:
		return APK // signed as one, and empty
	}
	return ZIP
}

const (
	manifestName   = "AndroidManifest.xml"
	resourcesName  = "resources.arsc"
	bundleManifest = "manifest/AndroidManifest.xml"
)

// manifest reads the manifest of an app, or of each module of a bundle.
func (w *walk) manifest(a *archive.Archive, out *piece) {
	switch w.part.Format {
	case APK:
		w.part.Manifest = w.oneManifest(a, manifestName, resourcesName, "", out)
	case AAB:
		w.part.Manifest = w.oneManifest(a, "base/"+bundleManifest, "base/resources.pb", "base/", out)
		for _, e := range a.Entries() {
			if module, ok := strings.CutSuffix(e.Name, "/"+bundleManifest); ok && module != "base" && len(w.part.modules) < 1000 {
				known := w.part.known // what counts is the base
				m := w.oneManifest(a, e.Name, module+"/resources.pb", module+"/", out)
				w.part.known = known
				w.part.modules = append(w.part.modules, *m)
			}
		}
	}
}

func (w *walk) oneManifest(a *archive.Archive, name, resources, root string, out *piece) *Manifest {
	where := w.place(a.Within(name))
	e := a.Lookup(name)
	if e == nil {
		out.problem(w.part.Where, "there is no %s in it: Android does not install it", name)
		return nil
	}
	xml, err := axml.Parse(w.load(e, out))
	if err != nil {
		out.problem(where, "the manifest cannot be read: %v", err)
		return &Manifest{Problems: []string{err.Error()}, Lost: err.Error()}
	}
	var table *axml.Table
	if e := a.Lookup(resources); e != nil {
		if table, err = axml.ParseTable(w.load(e, out)); err != nil {
			out.problem(w.place(e.Path()), "the resources cannot be read: %v", err)
		}
	}
	m := ReadManifest(xml, table)
	w.part.known = m.Refused == ""
	w.network(a, &m, table, root, out)
	for _, p := range m.Problems {
		out.problem(where, "%s", p)
	}
	if table != nil {
		for _, p := range table.Problems {
			out.problem(w.place(a.Within(resources)), "%s", p)
		}
	}
	return &m
}

// network reads the network security configuration that the manifest names.
func (w *walk) network(a *archive.Archive, m *Manifest, table *axml.Table, root string, out *piece) {
	if m.NetworkConfig == "" {
		return
	}
	e := a.Lookup(root + m.NetworkConfig)
	if e == nil {
		out.problem(w.part.Where, "the network security configuration %s is not in it", m.NetworkConfig)
		m.NetworkLost = "it is not there"
		return
	}
	data, err := e.Bytes(maxXML)
	var xml *axml.Document
	if err == nil {
		xml, err = axml.Parse(data)
	}
	if err != nil {
		out.problem(w.place(e.Path()), "the network security configuration cannot be read: %v", err)
		m.NetworkLost = err.Error()
		return
	}
	n := ReadNetworkSecurity(xml, table, m.TargetLevel())
	m.Network, m.NetworkLost = &n, xml.Lost
	for _, p := range n.Problems {
		out.problem(w.place(e.Path()), "%s", p)
	}
}

// maxXML and maxTable bound what is held of a manifest and of resources.
const (
	maxXML   = 64 << 20
	maxTable = 256 << 20
)

// load reads an entry before the others, and keeps it for when its turn comes.
func (w *walk) load(e *archive.Entry, out *piece) []byte {
	if data, ok := w.loaded[e]; ok {
		return data
	}
	data, err := e.Bytes(maxTable)
	if err != nil {
		out.problem(w.place(e.Path()), "%v", err)
		return data
	}
	w.loaded[e] = data
	return data
}

// dex reads code, and shows it to whoever looks. The error is why it cannot be read, or not all of it: then there is
// Code as well.
func (s *session) dex(where string, data []byte, see Sightings, out *piece) (Code, error) {
	f, err := dex.Read(data)
	if err != nil {
		return Code{}, err
	}
	for c := range f.Classes {
		see.Class(c.Name, true)
	}
	for name := range f.References {
		see.Class(name, false)
	}
	if s.opt.Declared {
		for signature := range f.Declared {
			see.Declared(signature)
		}
	}
	for text := range f.Literals {
		if bytes.IndexByte(text, '.') >= 0 || bytes.IndexByte(text, '/') >= 0 {
			out.hosts.Scan(text)
			see.String(text)
		}
	}
	for _, p := range f.Problems {
		out.problem(where, "%s", p)
	}
	code := Code{Files: 1, Classes: f.Counts.Classes, Strings: f.Counts.Strings}
	for _, p := range f.Problems {
		if p.Lost {
			return code, fmt.Errorf("not all of its code could be read: %s", p)
		}
	}
	return code, nil
}
