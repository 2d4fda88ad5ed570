package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"portcullis/vetting/apk"
	"portcullis/vetting/criteria"
	"portcullis/vetting/inspect"
	vetted "portcullis/vetting/report"
	"portcullis/vetting/sdk"
	"portcullis/web/api"
)

type vetCommand struct {
	Files        []string `arg:"" name:"file" help:"Apps: APK, XAPK, APKS, APKM, AAB, IPA, a macOS app in a ZIP; or folders of them."`
	Format       string   `enum:"text,json,html,sarif,niap" default:"text" help:"How the reports are written: text, json (one a line), html, sarif (2.1.0) or niap (XML, of one file)."`
	Criteria     string   `placeholder:"FILE" help:"What is asked of the apps, instead of the set that comes with the program; with it, the exit status tells whether all are met."`
	Together     bool     `help:"The files are parts of one Android app: a base and its splits."`
	Organisation string   `placeholder:"ID" help:"Have a server look at the files for this body, and keep the reports: with --server and --token-file."`
	Proposal     string   `placeholder:"ID" help:"The same, as evidence for a proposal."`
	remote
	Trackers []string `placeholder:"FILE" help:"A list of trackers in the form of Exodus Privacy, or rules in that of blocker-general-rules; may be given several times."`
}

func (vetCommand) Help() string {
	return `What an app is and does: what of people's it can reach, who signed it, whose code is in it, and what could not be analysed, beside the criteria.

The exit status is 0 where every file could be read, 1 where --criteria was given and a criterion is not met, and 2 where a file could not be read at all.`
}

func (c *vetCommand) Run(env *environment) error {
	if c.Organisation != "" || c.Proposal != "" {
		return c.keep(env)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(seldom))
	in, err := c.inspector(env)
	if err != nil {
		return err
	}
	files, err := appFiles(env, c.Files)
	if err != nil {
		return err
	}
	if c.Format == "niap" && len(files) != 1 && !c.Together {
		return fmt.Errorf("--format niap writes a document of one app, and these are %d files: give one at a time", len(files))
	}
	looks := make([]looking, len(files))
	for i, name := range files {
		looks[i] = func(ctx context.Context) (*vetted.Report, error) { return vetFile(ctx, in, name) }
	}
	if c.Together {
		looks = []looking{func(ctx context.Context) (*vetted.Report, error) { return vetTogether(ctx, in, files) }}
	}
	beside := min(len(looks), runtime.GOMAXPROCS(0))
	if beside > 1 {
		in.Workers = 1 // they are looked at side by side
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(beside) * enough))
	var unread, unmet int
	var kept []*vetted.Report
	err = vetAll(env, looks, func(r *vetted.Report) error {
		if r.Error != "" {
			unread++
		}
		for _, stands := range r.Criteria {
			if stands.Result == vetted.NotMet {
				unmet++
				break
			}
		}
		switch c.Format {
		case "json":
			return vetted.WriteJSON(env.out, r)
		case "text":
			if len(looks) > 1 {
				defer fmt.Fprintln(env.out)
			}
			return vetted.WriteText(env.out, r)
		}
		kept = append(kept, r)
		return nil
	})
	if err == nil {
		err = c.write(env, kept)
	}
	switch {
	case err != nil:
		return err
	case unread > 0:
		return failure{exitBadInput, fmt.Errorf("%s could not be read: the reports say why", count(unread, "file", "files"))}
	case unmet > 0 && c.Criteria != "":
		return failure{exitBreach, fmt.Errorf("%s every criterion", count(unmet, "app does not meet", "apps do not meet"))}
	}
	return nil
}

// write writes the forms that hold all reports in one document.
func (c *vetCommand) write(env *environment, all []*vetted.Report) error {
	tool := vetted.Tool{Name: "Portcullis", Version: versionText()}
	switch c.Format {
	case "html":
		return vetted.WriteHTML(env.out, tool, all)
	case "sarif":
		return vetted.WriteSARIF(env.out, tool, all)
	case "niap":
		return vetted.WriteNIAP(env.out, tool, all[0])
	}
	return nil
}

// Most looks are over before what they have used up fills the memory that a look may take anyway, so that to collect it
// on the way is time lost.
const (
	seldom = 400      // percent of what is in use
	enough = 96 << 20 // bytes for an app, above which it is collected however little there is
)

// mostList is how long a file of criteria or trackers may be, in bytes.
const mostList = 64 << 20

func (c *vetCommand) inspector(env *environment) (*inspect.Inspector, error) {
	set := criteria.Default()
	if c.Criteria != "" {
		text, err := readSmall(c.Criteria)
		if err != nil {
			return nil, err
		}
		if set, err = criteria.Read(text); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Criteria, err)
		}
	}
	var lists []*sdk.List
	for _, name := range c.Trackers {
		text, err := readSmall(name)
		if err != nil {
			return nil, err
		}
		l, err := sdk.ReadList(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, p := range l.Problems {
			env.note("%s: %s", name, p)
		}
		lists = append(lists, l)
	}
	return inspect.New(set, lists...), nil
}

func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostList+1))
	if err == nil && len(text) > mostList {
		err = fmt.Errorf("%s is longer than %d MiB", name, mostList>>20)
	}
	return text, err
}

// endings are those of the names of apps, by which they are found in folders.
var endings = []string{".apk", ".xapk", ".apks", ".apkm", ".aab", ".ipa", ".zip"}

// appFiles are the files that are meant: those that are named, in their order, and those in folders that are.
func appFiles(env *environment, named []string) (files []string, err error) {
	for _, name := range named {
		if info, err := os.Stat(name); err != nil || !info.IsDir() {
			files = append(files, name) // that it cannot be opened its report says
			continue
		}
		found, others := 0, 0
		err := filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			if !slices.Contains(endings, strings.ToLower(filepath.Ext(path))) {
				others++
				return nil
			}
			found++
			files = append(files, path)
			return nil
		})
		if err != nil {
			return nil, err
		}
		if found == 0 {
			return nil, fmt.Errorf("there is no app in %s: the names of apps end in %s", name, strings.Join(endings, ", "))
		}
		if others > 0 {
			env.note("%s: %s passed over, whose names do not end as those of apps do", name, count(others, "file was", "files were"))
		}
	}
	return files, nil
}

// looking makes one report.
type looking func(context.Context) (*vetted.Report, error)

// vetAll looks at apps, several at once, and hands the reports on in their order.
func vetAll(env *environment, looks []looking, take func(*vetted.Report) error) error {
	ctx, cancel := context.WithCancel(env)
	defer cancel()
	type looked struct {
		report *vetted.Report
		err    error
	}
	// The one that is next has a place of its own; no more are looked at beside it than there are processors.
	queue := make(chan chan looked, runtime.GOMAXPROCS(0)-1)
	go func() {
		defer close(queue)
		for _, look := range looks {
			one := make(chan looked, 1)
			select {
			case queue <- one:
			case <-ctx.Done():
				return
			}
			go func() {
				r, err := look(ctx)
				one <- looked{r, err}
			}()
		}
	}()
	progress, finish := func(int64, int64) {}, func() {}
	if len(looks) > 1 {
		progress, finish = env.bar("Vetting")
	}
	defer finish()
	done := int64(0)
	for one := range queue {
		l := <-one
		if l.err != nil {
			return l.err
		}
		if env.progress != nil {
			_ = env.progress.Clear() // what is printed next may go to the same terminal
		}
		if err := take(l.report); err != nil {
			return err
		}
		done++
		progress(done, int64(len(looks)))
	}
	return env.Err()
}

// vetFile looks at one file; one that cannot be opened makes a report that says so.
func vetFile(ctx context.Context, in *inspect.Inspector, name string) (*vetted.Report, error) {
	f, size, err := openApp(name)
	if err != nil {
		return in.Unread(name, err), nil
	}
	defer f.Close()
	return in.File(ctx, name, f, size)
}

// vetTogether looks at the parts of one app.
func vetTogether(ctx context.Context, in *inspect.Inspector, names []string) (*vetted.Report, error) {
	var parts []apk.File
	for _, name := range names {
		f, size, err := openApp(name)
		if err != nil {
			return in.Unread(name, err), nil
		}
		defer f.Close()
		parts = append(parts, apk.File{Name: name, Reader: f, Size: size})
	}
	return in.Together(ctx, parts)
}

func openApp(name string) (*os.File, int64, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // a pipe would be waited for
		return nil, 0, fmt.Errorf("this is no file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("this is no file")
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// keep has a server look at the files, one after another, and keep what it found.
func (c *vetCommand) keep(env *environment) error {
	if c.Criteria != "" || len(c.Trackers) > 0 || c.Together || c.Format != "text" && c.Format != "json" {
		return errors.New("a server holds apps to the body's own criteria, looks for what its own list of trackers names, and answers as text or json: leave --criteria, --trackers and --together out")
	}
	asking, err := c.client()
	if err != nil {
		return err
	}
	files, err := appFiles(env, c.Files)
	if err != nil {
		return err
	}
	unread := 0
	for _, name := range files {
		kept, text, err := c.send(env, asking, name)
		if err != nil {
			return err
		}
		found, err := vetted.ReadJSON(kept.Report)
		if err != nil {
			return fmt.Errorf("what %s answers is not understood: %w", asking.server, err)
		}
		if found.Error != "" {
			unread++
		}
		if kept.Misfit != "" {
			env.note("%s: nothing can be concluded from this for the proposal. %s", name, kept.Misfit)
		}
		if c.Format == "json" {
			_, err = fmt.Fprintf(env.out, "%s\n", bytes.TrimSpace(text))
		} else if _, err = fmt.Fprintf(env.out, "%s/vetting/%s\n", asking.server, kept.ID); err == nil {
			err = vetted.WriteText(env.out, found)
		}
		if err != nil {
			return err
		}
	}
	if unread > 0 {
		return failure{exitBadInput, fmt.Errorf("%s could not be read: the reports say why", count(unread, "file", "files"))}
	}
	return nil
}

func (c *vetCommand) send(env *environment, asking *client, name string) (kept api.VettedAppReport, text []byte, err error) {
	f, size, err := openApp(name)
	if err != nil {
		return kept, nil, err
	}
	defer f.Close()
	query := url.Values{"name": {filepath.Base(name)}}
	if c.Organisation != "" {
		query.Set("organisation", c.Organisation)
	}
	if c.Proposal != "" {
		query.Set("proposal", c.Proposal)
	}
	text, err = asking.upload(env, "/vetting/reports", query, f, size, &kept)
	return kept, text, err
}
