package policy_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"portcullis/policy"
	"portcullis/world"
)

// The corpus is the contract by example: each case was derived from a sentence of it by hand, never
// by running the code. A case is a txtar archive. Its comment says what it shows; world.yaml is a
// whole world file; want.jsonl is what `portcullis check --format json` prints for it at the time in
// the file `at`, or on 1 January 2024 without one. A case of several times has at-1 and want-1.jsonl,
// at-2 and want-2.jsonl and so on instead.

// fewestCases is less than there are: it is there to notice when cases are not found or get lost.
const fewestCases = 150

// corpusTime is when a case without the file `at` is judged.
var corpusTime = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

type corpusCase struct {
	name    string
	world   []byte
	moments []corpusMoment
}

// corpusMoment is one time of a case and the lines wanted then.
type corpusMoment struct {
	name string
	at   time.Time
	want []string
}

// judge is one way to decide: it returns the decision and the path to each rule that it names.
type judge func(*policy.Host, *policy.Installation) (*policy.Decision, func(rule string) []string, error)

func TestCorpus(t *testing.T) {
	for _, c := range corpus(t) {
		t.Run(c.name, func(t *testing.T) {
			w, hosts := corpusWorld(t, c.world)
			for _, m := range c.moments {
				compiled, err := policy.Compile(w, m.at)
				if err != nil {
					t.Fatalf("%s: %v", m.name, err)
				}
				m.check(t, "compiled", hosts, byPolicy(compiled))
				m.check(t, "plain evaluator", hosts, byReference(w, m.at))
			}
		})
	}
}

// byPolicy judges as the product does, using a decision's memory again from host to host.
func byPolicy(p *policy.Policy) judge {
	var d policy.Decision
	return func(h *policy.Host, in *policy.Installation) (*policy.Decision, func(string) []string, error) {
		s, err := p.Subject(h)
		if err != nil {
			return nil, nil, err
		}
		s.Decide(in, &d)
		return &d, func(rule string) []string { return p.Path(&d, rule) }, nil
	}
}

// byReference judges with the plain evaluator, so that the cases hold it to the contract as well.
func byReference(w *policy.World, at time.Time) judge {
	return func(h *policy.Host, in *policy.Installation) (*policy.Decision, func(string) []string, error) {
		d, paths := referenceDecide(w, h, in, at)
		return &d, func(rule string) []string { return paths[rule] }, nil
	}
}

func (m corpusMoment) check(t *testing.T, way string, hosts []policy.Host, judge judge) {
	t.Helper()
	got, err := corpusLines(hosts, judge)
	if err != nil {
		t.Fatalf("%s, %s: %v", m.name, way, err)
	}
	if len(got) != len(m.want) {
		t.Errorf("%s, %s: %d lines, want %d", m.name, way, len(got), len(m.want))
	}
	for i := range min(len(got), len(m.want)) {
		if diff := diffLines(m.want[i], got[i]); diff != "" {
			t.Errorf("%s, %s, line %d:\ngot  %s\nwant %s\n%s", m.name, way, i+1, got[i], m.want[i], diff)
		}
	}
}

// corpusLines judges everything on the hosts and returns the lines in the contract's order: by
// identifier and platform within a host. The hosts are in order already.
func corpusLines(hosts []policy.Host, judge judge) ([]string, error) {
	type line struct{ identifier, platform, text string }
	var all []string
	for i := range hosts {
		h := &hosts[i]
		var lines []line
		for j := range h.Installed {
			d, path, err := judge(h, &h.Installed[j])
			if err != nil {
				return nil, fmt.Errorf("host %q: %w", h.ID, err)
			}
			lines = append(lines, line{d.Identifier, d.Platform.String(), string(policy.AppendJSON(nil, h.ID, d, path))})
		}
		slices.SortFunc(lines, func(a, b line) int {
			if order := strings.Compare(a.identifier, b.identifier); order != 0 {
				return order
			}
			return strings.Compare(a.platform, b.platform)
		})
		for _, l := range lines {
			all = append(all, strings.TrimSuffix(l.text, "\n"))
		}
	}
	return all, nil
}

// keysInOrder are the keys of a line, in the order in which each first stands in it.
var keysInOrder = []string{"host", "identifier", "platform", "product", "version", "verdict", "breach",
	"findings", "finding", "result", "rules", "exemptions", "paths"}

// diffLines compares two lines by what they mean: the order of lists counts, an empty list is no
// null, and spaces and escapes do not count. Both must have their keys in the contract's order.
func diffLines(want, got string) string {
	var a, b any
	if err := errors.Join(json.Unmarshal([]byte(want), &a), json.Unmarshal([]byte(got), &b)); err != nil {
		return err.Error()
	}
	for _, line := range []string{want, got} {
		last := -1
		for _, key := range keysInOrder {
			at := strings.Index(line, `"`+key+`":`)
			if at <= last {
				return fmt.Sprintf("the key %q is missing or out of order in %s", key, line)
			}
			last = at
		}
	}
	return cmp.Diff(a, b)
}

// TestCorpusReachesEverything holds that there is a case for every result of every finding, and for
// every verdict as a breach and as none, where it can be either.
func TestCorpusReachesEverything(t *testing.T) {
	cases := corpus(t)
	if len(cases) < fewestCases {
		t.Errorf("%d cases, want %d or more", len(cases), fewestCases)
	}
	seen := map[string]bool{}
	for _, c := range cases {
		for _, m := range c.moments {
			for _, line := range m.want {
				noteLine(t, c.name, line, seen)
			}
		}
	}
	want := map[string]bool{}
	for _, words := range []string{
		"ban: banned lifted", "phase-out: overdue phase-out lifted",
		"listing: impostor allowed exempt outdated unlisted unknown permitted unidentified",
		"breach: banned overdue impostor outdated unlisted unknown",
		"no-breach: advised exempt phase-out outdated unlisted unknown unidentified allowed permitted",
	} {
		topic, results, _ := strings.Cut(words, ": ")
		for result := range strings.FieldsSeq(results) {
			want[topic+" "+result] = true
		}
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("what the cases reach (-want +got):\n%s", diff)
	}
}

// noteLine notes each finding and the verdict of a line in seen.
func noteLine(t *testing.T, name, text string, seen map[string]bool) {
	t.Helper()
	var line struct {
		Verdict  string
		Breach   bool
		Findings []struct{ Finding, Result string }
	}
	if err := json.Unmarshal([]byte(text), &line); err != nil {
		t.Fatalf("%s: %v in %s", name, err, text)
	}
	for _, f := range line.Findings {
		seen[f.Finding+" "+f.Result] = true
	}
	if line.Breach {
		seen["breach "+line.Verdict] = true
	} else {
		seen["no-breach "+line.Verdict] = true
	}
}

// corpusWorld reads a case's world as check would, and all its hosts in order.
func corpusWorld(t *testing.T, text []byte) (*policy.World, []policy.Host) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "world.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	loaded, err := world.Load(path, nil, world.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := loaded.Close(); err != nil {
			t.Error(err)
		}
	}()
	hosts := make([]policy.Host, loaded.Hosts.Len())
	for i := range hosts {
		if err := loaded.Hosts.Read(i, &hosts[i]); err != nil {
			t.Fatal(err)
		}
	}
	return &loaded.World, hosts
}

// corpus reads every case below testdata/corpus, in order of their names.
func corpus(t *testing.T) []corpusCase {
	t.Helper()
	root := filepath.Join("testdata", "corpus")
	var cases []corpusCase
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		c, err := readCase(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		name, err := filepath.Rel(root, strings.TrimSuffix(path, ".txtar"))
		c.name = filepath.ToSlash(name)
		cases = append(cases, c)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// readCase reads one archive and accepts nothing in it that would not be run.
func readCase(path string) (corpusCase, error) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		return corpusCase{}, err
	}
	if len(bytes.TrimSpace(archive.Comment)) == 0 {
		return corpusCase{}, errors.New("the comment does not say what the case shows")
	}
	files := map[string][]byte{}
	for _, f := range archive.Files {
		if _, doubled := files[f.Name]; doubled {
			return corpusCase{}, fmt.Errorf("two files are called %q", f.Name)
		}
		files[f.Name] = f.Data
	}
	c := corpusCase{world: files["world.yaml"]}
	delete(files, "world.yaml")
	if c.moments, err = takeMoments(files); err != nil {
		return corpusCase{}, err
	}
	for name := range files {
		return corpusCase{}, fmt.Errorf("the file %q belongs to no time of the case", name)
	}
	if len(c.world) == 0 || len(c.moments) == 0 {
		return corpusCase{}, errors.New("a case needs world.yaml, and want.jsonl or at-1 and want-1.jsonl")
	}
	return c, nil
}

// takeMoments takes the times of a case out of its files: the one without number, then 1, 2 and on.
func takeMoments(files map[string][]byte) ([]corpusMoment, error) {
	var moments []corpusMoment
	for number := 0; ; number++ {
		suffix := ""
		if number > 0 {
			suffix = fmt.Sprintf("-%d", number)
		}
		want, ok := files["want"+suffix+".jsonl"]
		if !ok && number > 0 {
			return moments, nil
		}
		if !ok {
			continue
		}
		m := corpusMoment{name: "want" + suffix + ".jsonl", at: corpusTime}
		m.want = strings.Split(strings.TrimSuffix(string(want), "\n"), "\n")
		text, given := files["at"+suffix]
		if number > 0 && !given {
			return nil, fmt.Errorf("%s has no time at%s", m.name, suffix)
		}
		if given {
			var err error
			if m.at, err = parseAt(strings.TrimSpace(string(text))); err != nil {
				return nil, err
			}
		}
		moments = append(moments, m)
		delete(files, "want"+suffix+".jsonl")
		delete(files, "at"+suffix)
	}
}

// parseAt reads a bare date, which is its midnight, or a time with its zone.
func parseAt(text string) (time.Time, error) {
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	return at.UTC(), err
}
