package world

import (
	"errors"
	"strconv"

	"portcullis/policy"
)

// Options are what a caller may want of Load beside the world.
type Options struct {
	// Progress, where it is set, is told now and then how many bytes of the files are dealt with.
	Progress func(done, total int64)
	// Elsewhere is set where there are hosts beside those of the files. That the hosts which
	// exemptions name are declared is then left to Loaded.Undeclared.
	Elsewhere bool
}

// Loaded is a world that was validated, with its hosts.
type Loaded struct {
	World policy.World
	Hosts *Hosts

	sources []*source
	tree    *tree // of the world file
	root    int
}

// Line returns the line in the world file of a place such as `exemptions[2].lifts[0]`, or of the
// nearest thing around it.
func (l *Loaded) Line(key string) int { return int(l.tree.line(l.root, key)) }

// Close gives the files back. The hosts cannot be read any more.
func (l *Loaded) Close() error {
	var errs []error
	for _, src := range l.sources {
		errs = append(errs, src.close())
	}
	return errors.Join(errs...)
}

// Load reads a world file and the hosts files that belong to it; "-" is standard input. Where they
// are not valid the error is Errors, with all that is wrong; any other error is one of reading.
func Load(worldPath string, hostPaths []string, opts Options) (*Loaded, error) {
	l := &loader{Loaded: &Loaded{Hosts: new(Hosts)}, window: 1 << 18, progress: opts.Progress, elsewhere: opts.Elsewhere}
	if err := l.load(append([]string{worldPath}, hostPaths...)); err != nil {
		// What closing says would hide what is wrong.
		_ = l.Close()
		return nil, err
	}
	return l.Loaded, nil
}

// loader is a Load under way.
type loader struct {
	*Loaded
	problems collector
	// validator is nil as long as there is no world to hold hosts against: it is invalid, say.
	validator *policy.HostValidator
	// partial is set where a file could not be read to its end, so that not all hosts are known.
	partial bool
	// elsewhere is as in Options.
	elsewhere bool

	window      int  // bytes of a file that are read at a time
	whole       bool // never split; for tests, which compare
	done, total int64
	progress    func(done, total int64)
}

func (l *loader) load(paths []string) error {
	for i, path := range paths {
		for _, other := range paths[:i] {
			if path == "-" && other == "-" {
				return errors.New("standard input can be read only once: give - for one file")
			}
		}
		src, err := openSource(path, i)
		if err != nil {
			return err
		}
		l.sources = append(l.sources, src)
		l.total += src.size
	}
	for _, src := range l.sources {
		if err := l.file(src); err != nil {
			return err
		}
	}
	l.relate()
	return l.problems.err()
}

// relate checks what only all the hosts together show.
func (l *loader) relate() {
	l.Hosts.sort(func(later, first *entry) {
		key := place{index: int(later.nth)}
		l.problems.add(later.src, later.idLine, joinPath([]place{{key: hostsKey}, key, {key: "id"}}),
			quote(later.id)+" is already declared at "+first.src.name+":"+strconv.Itoa(int(first.idLine))+": give one of them another id")
	})
	if !l.partial && !l.elsewhere {
		l.undeclared(&l.problems, func(string) bool { return false })
	}
}

// Undeclared returns Errors for the exemptions whose host neither the files declare nor elsewhere
// has, and nil where there are none.
func (l *Loaded) Undeclared(elsewhere func(host string) bool) error {
	var problems collector
	l.undeclared(&problems, elsewhere)
	return problems.err()
}

func (l *Loaded) undeclared(problems *collector, elsewhere func(host string) bool) {
	for i := range l.World.Exemptions {
		host := l.World.Exemptions[i].Subject.Host
		if host == "" || l.Hosts.find(host) || elsewhere(host) {
			continue
		}
		key := joinPath([]place{{key: "exemptions"}, {index: i}, {key: "subject"}, {key: "host"}})
		problems.add(l.sources[0], l.tree.line(l.root, key), key,
			"no host "+quote(host)+" is declared, here, in a hosts file or in an inventory")
	}
}

// file reads one file, the world file or a hosts file: without its hosts first, and where that will
// not do in one piece.
func (l *loader) file(src *source) error {
	small := src.size <= mostWhole
	d, err := splitDocument(src)
	if l.whole {
		d, err = nil, errUnsplit
	}
	if err == nil {
		err = l.document(src, d, small)
	}
	var syntax *syntaxError
	if small && (errors.Is(err, errUnsplit) || errors.As(err, &syntax)) {
		if d, err = wholeDocument(src); err == nil {
			err = l.document(src, d, false)
		}
	}
	if errors.Is(err, errUnsplit) {
		err = &syntaxError{d.spans[0].line, "the hosts of a file of this size must each stand alone: " +
			"write a list with one host after another, without anchors and aliases"}
	}
	if errors.As(err, &syntax) {
		l.partial = true
		l.problems.add(src, syntax.line, "", syntax.message)
		return nil
	}
	return err
}
