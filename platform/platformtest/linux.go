package platformtest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"portcullis/policy"
)

// Fapolicyd is a Linux device with fapolicyd under the rules, as fapolicyd.rules(5) has them: the first that
// matches decides, and where none does access is granted. Nothing is in its trust database but what an
// access says is, or a file of trust.
func Fapolicyd(artefact []byte) (Device, error) {
	d := &fapolicyd{sets: map[string][]string{}}
	for i, line := range strings.Split(strings.TrimSuffix(string(artefact), "\n"), "\n") {
		if err := d.line(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	if len(d.Rules) == 0 {
		return nil, fmt.Errorf("the daemon does not start without rules")
	}
	return d, nil
}

// FapolicydTrusting makes devices that are under the rules, of a file of trust as fapolicyd 1.1.7 reads it.
func FapolicydTrusting(rules []byte) Holding {
	return func(artefact []byte) (Device, error) {
		held, err := Fapolicyd(rules)
		if err != nil {
			return nil, err
		}
		d := held.(*fapolicyd)
		d.trusted, err = fapolicydTrust(artefact)
		return d, err
	}
}

// fapolicydTrust reads a file of trust: by their paths the files that it trusts.
func fapolicydTrust(artefact []byte) (map[string]bool, error) {
	trusted := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSuffix(string(artefact), "\n"), "\n") {
		words := strings.Split(line, " ")
		switch {
		case len(line) > 4176:
			return nil, fmt.Errorf("line %d goes on in the next, as it is read", i+1)
		case line == "" || line[0] == '#':
			continue
		case len(words) != 3 || words[0][0] != '/' || strings.Contains(words[0], "%") || strings.Trim(words[1], "0123456789") != "" || !trustedHash.MatchString(words[2]):
			return nil, fmt.Errorf("line %d is no line of trust: %q", i+1, line)
		case trusted[words[0]]:
			return nil, fmt.Errorf("line %d is passed over: %s is there already", i+1, words[0])
		}
		trusted[words[0]] = true
	}
	return trusted, nil
}

var trustedHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// FileAccess is what a process does to a file.
type FileAccess struct {
	Perm, Path, Hash, Type string // Perm is open or execute; Type the file's
	Trusted                bool
	Exe, Comm, Pattern     string // of the process, as is
	UID                    string
	TrustedExe             bool
}

type fapolicyd struct {
	// Rules are the rules as they are written.
	Rules []string
	rules []fapolicydRule
	sets  map[string][]string
	// trusted are the files in the trust database, by their paths: unless it is told to, the daemon looks at nothing else.
	trusted map[string]bool
}

type fapolicydRule struct {
	deny            bool
	perm            string
	subject, object map[string][]string
}

var (
	fapolicydDecision = regexp.MustCompile(`^(allow|deny)(_audit|_syslog|_log)?$`)
	fapolicydSet      = regexp.MustCompile(`^%[A-Za-z0-9_]+$`)
	fapolicydSubjects = strings.Fields("auid uid gid sessionid pid ppid trust comm exe dir ftype device pattern")
	fapolicydObjects  = strings.Fields("path dir device ftype trust sha256hash")
)

func (d *fapolicyd) line(line string) error {
	words := strings.Split(line, " ")
	name, values, _ := strings.Cut(line, "=")
	switch {
	case line == "" || line[0] == '#':
		return nil
	case line[0] == '%':
		if !fapolicydSet.MatchString(name) || values == "" || strings.Contains(values, " ") || d.sets[name] != nil {
			return fmt.Errorf("no set: %q", line)
		}
		if '0' <= values[0] && values[0] <= '9' {
			return fmt.Errorf("%s would be a set of numbers", name)
		}
		d.sets[name] = strings.Split(values, ",")
		return nil
	case len(words) < 5 || !fapolicydDecision.MatchString(words[0]):
		return fmt.Errorf("no decision: %q", line)
	}
	r := fapolicydRule{deny: strings.HasPrefix(words[0], "deny"), perm: strings.TrimPrefix(words[1], "perm=")}
	colon := slices.Index(words, ":")
	if !slices.Contains([]string{"open", "execute", "any"}, r.perm) || colon < 3 {
		return fmt.Errorf("no permission, or no subject: %q", line)
	}
	var err error
	if r.subject, err = d.fields(words[2:colon], fapolicydSubjects); err != nil {
		return err
	}
	if r.object, err = d.fields(words[colon+1:], fapolicydObjects); err != nil {
		return err
	}
	d.rules, d.Rules = append(d.rules, r), append(d.Rules, line)
	return nil
}

// fields reads one side of a rule; all is no fields.
func (d *fapolicyd) fields(words, known []string) (map[string][]string, error) {
	fields := map[string][]string{}
	if len(words) == 1 && words[0] == "all" {
		return fields, nil
	}
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		if !slices.Contains(known, name) || value == "" || fields[name] != nil {
			return nil, fmt.Errorf("no field: %q", word)
		}
		fields[name] = strings.Split(value, ",")
		if value[0] == '%' {
			if fields[name] = d.sets[value]; fields[name] == nil || name == "trust" {
				return nil, fmt.Errorf("no set for %q", word)
			}
		}
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf("a side without fields")
	}
	return fields, nil
}

// Written are the rules, one a line, as the daemon's tools list them.
func (d *fapolicyd) Written() []string { return d.Rules }

// Allows tells whether the daemon grants access.
func (d *fapolicyd) Allows(a FileAccess) bool {
	trust := map[bool]string{true: "1", false: "0"}
	subject := map[string]string{"exe": a.Exe, "comm": a.Comm, "pattern": a.Pattern, "uid": a.UID, "trust": trust[a.TrustedExe]}
	object := map[string]string{"path": a.Path, "dir": a.Path, "sha256hash": a.Hash, "ftype": a.Type, "trust": trust[a.Trusted || d.trusted[a.Path]]}
	for _, r := range d.rules {
		if (r.perm == "any" || r.perm == a.Perm) && matches(r.subject, subject) && matches(r.object, object) {
			return !r.deny
		}
	}
	return true
}

func matches(fields map[string][]string, has map[string]string) bool {
	for name, values := range fields {
		if !slices.ContainsFunc(values, func(v string) bool { return v == has[name] || name == "dir" && strings.HasPrefix(has[name], v) }) {
			return false
		}
	}
	return true
}

func (d *fapolicyd) Denies(in policy.Installation) bool {
	a := FileAccess{Perm: "execute", Path: "/srv/some", Type: "application/x-executable", Exe: "/usr/bin/bash", TrustedExe: true, UID: "1000"}
	switch form, value, _ := strings.Cut(in.Identifier, ":"); form {
	case "path":
		a.Path = value
	case "sha256":
		a.Hash = value
	case "trust":
		if words := strings.Split(value, " "); len(words) == 3 {
			a.Path, a.Hash = words[0], words[2]
		}
	}
	return !d.Allows(a)
}
