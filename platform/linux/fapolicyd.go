package linux

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	pathpkg "path"
	"strconv"
	"strings"
	"unicode"

	"portcullis/platform"
	"portcullis/policy"
)

// Target is what fapolicyd knows a file by: its path, its hash, or all of a line of trust.
type Target struct {
	Path, Hash string
	// Size is in bytes, and told where both of the others are.
	Size int64
}

// whole tells whether it is all of a line of trust: one content in one place.
func (t Target) whole() bool { return t.Path != "" && t.Hash != "" }

// Identify reads an identifier of Linux as fapolicyd can tell files by it; the error says, for people, why it
// cannot. The forms are
//
//	path:/opt/example/editor                   the file itself, where links lead
//	sha256:c4bc09fd…                           lower-case hex, 64 digits
//	trust:/opt/example/editor 157984 61a996…   a line of trust, as fapolicyd-cli writes it: path, size in bytes, SHA-256
//
// The name of a package is none of these.
func Identify(identifier string) (t Target, err error) {
	form, value, _ := strings.Cut(identifier, ":")
	switch form {
	case "path":
		t.Path, err = value, checkPath(value)
	case "sha256":
		t.Hash, err = value, checkHash(value)
	case "trust":
		t, err = lineOfTrust(value)
	default:
		err = errPackage
	}
	if err != nil {
		return Target{}, err
	}
	return t, nil
}

// lineOfTrust reads a line of trust. One that is not as fapolicyd writes it would be a second identifier of the same file.
func lineOfTrust(line string) (t Target, err error) {
	words := strings.Split(line, " ")
	if len(words) > 2 {
		last := len(words) - 1
		t.Path, t.Hash = strings.Join(words[:last-1], " "), words[last]
		t.Size, err = strconv.ParseInt(words[last-1], 10, 64)
	}
	if len(words) < 3 || err != nil || t.Size < 0 || strconv.FormatInt(t.Size, 10) != words[len(words)-2] {
		return t, errors.New("a line of trust is given as trust:path size sha256, with one blank between them and the size in bytes")
	}
	return t, cmp.Or(checkPath(t.Path), checkHash(t.Hash))
}

// longest is how long a path is at most on Linux, which is as much as fapolicyd reads of one.
const longest = 4095

func checkPath(path string) error {
	switch {
	case !strings.HasPrefix(path, "/") || pathpkg.Clean(path) != path || path == "/" || len(path) > longest:
		return errors.New("a path names one file, begins with / and goes there without detours")
	case strings.ContainsFunc(path, unfit):
		return errors.New("its path holds characters that a rule of fapolicyd cannot carry: fit are letters and digits without accents, and / . _ - + @ ~")
	}
	return nil
}

func checkHash(hash string) error {
	if len(hash) != 64 || strings.Trim(hash, "0123456789abcdef") != "" {
		return errors.New("its hash is not 64 digits of lower-case hex")
	}
	return nil
}

// errPackage is why a package is not carried. What it means is the same in every list.
var errPackage = errors.New("fapolicyd knows no packages by name, and needs the path or the hash of each program (path:, sha256:): what the package manager installed runs, and is found by reports alone")

func omitted(l *platform.List, e *platform.Entry, why error) platform.Left {
	if why == errPackage {
		return platform.Left{Identifier: e.Identifier, Product: e.Product, Reason: why.Error()}
	}
	return l.Omit(e, why.Error())
}

// unfit tells whether a character would end a value in a rule, or be read as more than itself.
func unfit(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("/._-+@~", r))
}

// said are the files of which a list says the same.
type said struct {
	paths, hashes []string
	files         []Target // each one content in one place
	names         []string // a line each
}

func (s *said) add(t Target, e *platform.Entry) {
	value := cmp.Or(t.Path, t.Hash)
	switch {
	case t.whole():
		s.files = append(s.files, t)
		value += " " + t.Hash
	case t.Path != "":
		s.paths = append(s.paths, t.Path)
	default:
		s.hashes = append(s.hashes, t.Hash)
	}
	s.names = append(s.names, value+" "+strings.Map(printable, e.Name))
}

// spread has what is known as one content in one place be meant by both: that content anywhere, and whatever is in that
// place; but for places in which the list has another content be.
func (s *said) spread(others map[string]bool) {
	for _, f := range s.files {
		s.hashes = append(s.hashes, f.Hash)
		if !others[f.Path] {
			s.paths = append(s.paths, f.Path)
		}
	}
	s.files, s.paths, s.hashes = nil, once(s.paths), once(s.hashes)
}

// once are the values in their order, each once.
func once(values []string) (each []string) {
	seen := make(map[string]bool, len(values))
	for _, v := range values {
		if !seen[v] {
			each = append(each, v)
		}
		seen[v] = true
	}
	return each
}

// printable puts a blank where a name would go on in another line.
func printable(r rune) rune {
	if !unicode.IsPrint(r) {
		return ' '
	}
	return r
}

// Types of files, as fapolicyd tells them: what interpreters run, and beside that whatever else holds a program.
const (
	languages = "application/x-bytecode.ocaml,application/x-bytecode.python,application/java-archive,text/x-java,application/x-java-applet," +
		"application/javascript,text/javascript,text/x-awk,text/x-gawk,text/x-lisp,application/x-elc,text/x-lua,text/x-m4,text/x-nftables," +
		"text/x-perl,text/x-php,text/x-python,text/x-R,text/x-ruby,text/x-script.guile,text/x-tcl,text/x-luatex,text/x-systemtap"
	programs = languages + ",text/x-shellscript,application/x-executable,application/x-sharedlib"
)

// Write writes a list for Linux as one file of fapolicyd's rules, which stands alone: no other has to be beside
// it, and none may. The first rule that matches decides, so that what is denied comes first. A closed list
// allows what is listed and what the trust database holds, and nothing else; an open one allows the rest.
func Write(w io.Writer, l *platform.List) ([]platform.Left, error) {
	if l.Platform != policy.Linux {
		return nil, fmt.Errorf("rules for fapolicyd are for programs of linux, and not of %s", l.Platform)
	}
	var denied, listed said
	var left []platform.Left
	places := map[string]bool{} // in which a content is that is not denied
	for e := range l.All() {
		target, err := Identify(e.Identifier)
		if err != nil {
			left = append(left, omitted(l, e, err))
			continue
		}
		switch {
		case l.Denies(e):
			denied.add(target, e)
		case l.Shut():
			listed.add(target, e)
		}
		if target.whole() && !l.Denies(e) {
			places[target.Path] = true
		}
		left = append(left, l.Unsaid(e, platform.CannotTell{Versions: true, Signers: true})...)
	}
	denied.spread(places)
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n%%languages=%s\n%%programs=%s\n", strings.Map(printable, l.Stamp()), languages, programs)
	denied.write(&b, "Denied", "deny_audit")
	if l.Shut() {
		left = append(left, platform.Left{Reason: packages})
		b.WriteString(system)
		listed.write(&b, "Listed", "allow")
		b.WriteString(trusted)
	} else {
		b.WriteString("# The list is open: everything else runs.\nallow perm=any all : all\n")
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return nil, err
	}
	return left, nil
}

// write writes the rules for the files. Of what is known by its hash only programs are hashed: to do that to
// whatever is opened would take as long as reading it. Values stand in the rule itself, because a set of
// its own whose first value begins with a digit would be one of numbers. One content in one place is a rule of its own: in
// one for several any content of theirs would do in each place.
func (s *said) write(b *bytes.Buffer, title, decision string) {
	if len(s.names) == 0 {
		return
	}
	fmt.Fprintf(b, "# %s:\n", title)
	for _, name := range s.names {
		b.WriteString("#   ")
		b.WriteString(name)
		b.WriteByte('\n')
	}
	rule := func(is string, values []string) {
		if len(values) > 0 {
			fmt.Fprintf(b, "%s perm=%s%s\n", decision, is, strings.Join(values, ","))
		}
	}
	rule("execute all : sha256hash=", s.hashes)
	rule("open all : ftype=%programs sha256hash=", s.hashes)
	if len(s.files) > 0 {
		var places []string
		for _, f := range s.files {
			rule("any all : path="+f.Path+" sha256hash=", []string{f.Hash})
			places = append(places, f.Path)
		}
		fmt.Fprintf(b, "# Any other content in their places is another program, whatever is trusted there:\ndeny_audit perm=any all : path=%s\n", strings.Join(once(places), ","))
	}
	rule("any all : path=", s.paths)
}

// packages is what every closed list says of them.
const packages = "what the package manager installed is in fapolicyd's trust database and runs, listed or not; packages that are not listed are found by reports alone. " +
	"A fapolicyd that does not know the package manager (rpmdb, and from 1.3 on debdb, in fapolicyd.conf) denies the system's own programs: have it trust them first"

// system is what comes before what is listed: package managers write programs that are not trusted yet, a
// trusted program of root's makes the initial file system in /var/tmp, nothing is started through the loader.
const system = `# What the system needs, and what nothing is allowed to do:
allow perm=open exe=/usr/bin/rpm,/usr/bin/dpkg,/usr/bin/dpkg-deb : all
allow perm=open exe=/usr/bin/python3 comm=dnf : all
allow perm=any uid=0 trust=1 : dir=/var/tmp/
deny_audit perm=any pattern=ld_so : all
deny_audit perm=any all : ftype=application/x-bad-elf
`

// trusted is how a closed list ends.
const trusted = `# What the package manager installed is trusted, where fapolicyd.conf names it (rpmdb, debdb); nothing else is a program:
allow perm=open all : ftype=application/x-sharedlib trust=1
deny_audit perm=open all : ftype=application/x-sharedlib
allow perm=execute all : trust=1
allow perm=open all : ftype=%languages trust=1
deny_audit perm=any all : ftype=%languages
deny_audit perm=execute all : all
allow perm=open all : all
`
