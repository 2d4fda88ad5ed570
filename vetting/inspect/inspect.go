package inspect

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"portcullis/vetting/apk"
	"portcullis/vetting/archive"
	"portcullis/vetting/criteria"
	"portcullis/vetting/domains"
	"portcullis/vetting/ipa"
	"portcullis/vetting/report"
	"portcullis/vetting/sdk"
)

// Inspector looks at files. It may be used for several at once.
type Inspector struct {
	// Criteria are what is asked of apps, and Known the facts from elsewhere that they ask for.
	Criteria *criteria.Set
	Known    criteria.Known
	// Limits are what one file may cost; what is not set is archive.Defaults.
	Limits archive.Limits
	// Workers is how many goroutines look at one file; 0 is one a processor.
	Workers int

	matcher *sdk.Matcher
	lists   bool // somebody has brought lists
	tables  map[string]string
}

// New makes an inspector with the project's table of kits, and with lists that somebody has brought.
func New(asked *criteria.Set, lists ...*sdk.List) *Inspector {
	facts := sdk.Facts()
	in := &Inspector{Criteria: asked, matcher: sdk.New(facts.SDKs, lists...), lists: len(lists) > 0, tables: map[string]string{
		"kits": facts.Version, "permissions": apk.PermissionTable, "endings of hosts": domains.Endings(),
	}}
	for _, l := range lists {
		in.tables[l.Name] = "SHA-256 " + l.Digest + ", " + l.Credit
	}
	return in
}

// File looks at one file of size bytes, which is called name. The error is the context's, and nothing else.
func (in *Inspector) File(ctx context.Context, name string, r io.ReaderAt, size int64) (*report.Report, error) {
	rep := in.report(name)
	if err := in.read(ctx, rep, r, size); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return in.settled(&report.Report{File: name, Format: rep.Format, SHA256: rep.SHA256, Tables: rep.Tables, Error: err.Error()}), nil
	}
	return in.settled(rep), nil
}

// Unread is the report of a file that could not be opened.
func (in *Inspector) Unread(name string, why error) *report.Report {
	rep := in.report(name)
	rep.Error = why.Error()
	return in.settled(rep)
}

func (in *Inspector) report(name string) *report.Report {
	rep := &report.Report{File: name, Tables: map[string]string{"criteria": in.Criteria.Name + " " + in.Criteria.Version}}
	for table, version := range in.tables {
		rep.Tables[table] = version
	}
	return rep
}

func (in *Inspector) settled(rep *report.Report) *report.Report {
	rep.Settle()
	rep.Criteria = in.Criteria.Evaluate(rep, in.Known)
	return rep
}

// Together looks at several files that are parts of one Android app. The error is the context's, and nothing else.
func (in *Inspector) Together(ctx context.Context, files []apk.File) (*report.Report, error) {
	var names []string
	for _, f := range files {
		names = append(names, f.Name)
	}
	rep := in.report(strings.Join(names, " + "))
	if err := in.readTogether(ctx, rep, files); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return in.settled(&report.Report{File: rep.File, Format: report.Split, SHA256: rep.SHA256, Tables: rep.Tables, Error: err.Error()}), nil
	}
	return in.settled(rep), nil
}

func (in *Inspector) readTogether(ctx context.Context, rep *report.Report, files []apk.File) error {
	var sums []string
	for _, f := range files {
		sum, err := digest(ctx, f.Reader, f.Size)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		sums = append(sums, sum+"\n")
	}
	slices.Sort(sums)
	all := sha256.Sum256([]byte(strings.Join(sums, "")))
	rep.SHA256 = hex.EncodeToString(all[:])
	return in.android(ctx, rep, files)
}

// digest is the SHA-256 of a file, in hex.
func digest(ctx context.Context, r io.ReaderAt, size int64) (string, error) {
	sum := sha256.New()
	if _, err := io.CopyBuffer(sum, &whole{ctx, io.NewSectionReader(r, 0, size)}, make([]byte, 1<<18)); err != nil {
		return "", fmt.Errorf("the file could not be read: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func (in *Inspector) read(ctx context.Context, rep *report.Report, r io.ReaderAt, size int64) (err error) {
	if rep.SHA256, err = digest(ctx, r, size); err != nil {
		return err
	}
	if size == 0 {
		return errors.New("the file is empty")
	}
	budget := archive.NewBudget(in.Limits, size)
	l := budget.Limits()
	rep.Tables["limits"] = fmt.Sprintf("%d entries, %d deep, %d MiB an entry, %d MiB in all", l.Entries, l.Depth, l.Entry>>20, budget.Total()>>20)
	a, err := archive.Open(r, size, budget)
	if err != nil {
		return err
	}
	// Whoever wants to be read as an app of one system can put a file of the other's beside it.
	switch android := a.Lookup("AndroidManifest.xml") != nil || a.Lookup("classes.dex") != nil; {
	case ipa.Is(a) && !android:
		return in.apple(ctx, rep, a)
	case ipa.Is(a):
		rep.Coverage.NotAnalysed = []report.NotAnalysed{{Path: "Info.plist", Why: "an app of Apple's systems is in it, too: it was read as one of Android's"}}
	}
	err = in.android(ctx, rep, []apk.File{{Reader: r, Size: size}})
	if errors.Is(err, apk.ErrNoApp) {
		err = errNoApp
	}
	return err
}

var errNoApp = errors.New("no app is in it: neither one of Android's, with an AndroidManifest.xml, nor one of Apple's, with an Info.plist in a folder whose name ends in .app")

// seen gathers what is seen in all places of a file. Places are asked for from several goroutines; each is one's own.
type seen struct {
	matcher *sdk.Matcher
	mu      sync.Mutex
	all     []*sdk.Collector
}

func (s *seen) at(where string) *sdk.Collector {
	c := s.matcher.Collector(where)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, c)
	return c
}

// whole is a reader that ends with its context.
type whole struct {
	ctx context.Context
	*io.SectionReader
}

func (w *whole) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.SectionReader.Read(p)
}

// kits puts the kits that were found into a report.
func (in *Inspector) kits(rep *report.Report, collectors []*sdk.Collector) {
	for _, h := range in.matcher.Hits(collectors...) {
		s := report.SDK{ID: h.SDK.ID, Name: h.SDK.Name, Company: h.SDK.Company, Owner: h.SDK.Owner, Country: h.SDK.Country, Unverified: h.SDK.Unverified, Count: map[string]int{}}
		for _, e := range h.Evidence {
			s.Evidence = append(s.Evidence, report.Evidence{Grade: e.Grade.String(), Where: e.Where, What: e.What})
		}
		for g, n := range h.Counts {
			if n > 0 {
				s.Count[sdk.Grade(g).String()] = n
			}
		}
		for _, f := range h.Flags {
			s.Flags = append(s.Flags, report.Flag{Key: f.Key, Value: f.Value, Means: f.Means})
		}
		rep.SDKs = append(rep.SDKs, s)
	}
}

// mostNamed is how many files are named where it is said that some were not analysed.
const mostNamed = 3

// unread makes not known what could lie in files that were not analysed.
func unread(rep *report.Report) {
	files := rep.Coverage.NotAnalysed
	if len(files) == 0 {
		return
	}
	var named []string
	for _, f := range files[:min(mostNamed, len(files))] {
		named = append(named, f.Path+" ("+f.Why+")")
	}
	why := "not analysed: " + strings.Join(named, ", ")
	if n := len(files) - len(named); n > 0 {
		why += fmt.Sprintf(", and %d more", n)
	}
	for _, kind := range []report.Fact{report.SDKFact, report.DomainFact} {
		unknown(rep, kind, why)
	}
}

// unknown says why it is not known whether all of a kind of facts was found.
func unknown(rep *report.Report, kind report.Fact, why string) {
	if rep.Unknown == nil {
		rep.Unknown = map[report.Fact]string{}
	}
	rep.Unknown[kind] = cmp.Or(rep.Unknown[kind], why)
}

// gathered is data or traits as they are found, with what each rests on.
type gathered struct {
	words []string
	of    map[string][]report.Evidence
}

func (g *gathered) add(word, grade, where, what string) {
	if g.of == nil {
		g.of = map[string][]report.Evidence{}
	}
	if g.of[word] == nil {
		g.words = append(g.words, word)
	}
	g.of[word] = append(g.of[word], report.Evidence{Grade: grade, Where: where, What: what})
}

func (g *gathered) data() (all []report.Data) {
	for _, w := range g.words {
		all = append(all, report.Data{Kind: w, Evidence: g.of[w]})
	}
	return all
}

func (g *gathered) traits() (all []report.Trait) {
	for _, w := range g.words {
		all = append(all, report.Trait{ID: w, Evidence: g.of[w]})
	}
	return all
}
