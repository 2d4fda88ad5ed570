package sdk

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// tracker is one entry of a list in the form of Exodus Privacy (what its API gives at /api/trackers).
type tracker struct {
	ID               int    `json:"id"`
	Name             string `json:"name"`
	CodeSignature    string `json:"code_signature"`
	NetworkSignature string `json:"network_signature"`
}

// shortest is the length of the shortest code signature that exodus-core asks about.
const shortest = 4

// ReadExodus reads a list in the form of Exodus Privacy: code_signature is a regular expression over names of packages and
// classes, network_signature one over hosts. Ids become "exodus:<id>".
//
// An entry is a hit by its code signature alone, and by that exactly where exodus-core finds it: anywhere in
// a name as eachJavaName cuts it out, where a dot stands for any character. Hosts add evidence to
// a hit and make none.
func ReadExodus(data []byte) (*List, error) {
	var file struct {
		Trackers map[string]tracker `json:"trackers"`
	}
	if err := decode(data, "Exodus Privacy", &file); err != nil {
		return nil, err
	}
	if file.Trackers == nil {
		return nil, fmt.Errorf(`reading a list in the form of Exodus Privacy: it has no "trackers"`)
	}
	l := newList("exodus", "Exodus Privacy's list of trackers, Open Database Licence 1.0", data)
	trackers := make([]tracker, 0, len(file.Trackers))
	for key, t := range file.Trackers {
		if id, err := strconv.Atoi(key); err == nil && t.ID == 0 {
			t.ID = id
		}
		trackers = append(trackers, t)
	}
	slices.SortFunc(trackers, func(a, b tracker) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Name, b.Name), cmp.Compare(a.CodeSignature, b.CodeSignature))
	})
	seen := ids{}
	for _, t := range trackers {
		l.tracker(t, seen.unique(l, strconv.Itoa(t.ID)))
	}
	return l, nil
}

func (l *List) tracker(t tracker, id string) {
	t.Name = cmp.Or(t.Name, "exodus:"+id)
	e := Entry{SDK: SDK{ID: "exodus:" + id, Name: t.Name}, byCodeOnly: true}
	switch {
	case t.CodeSignature == "":
		l.problem(id, "%s has no code signature, so it is not looked for", t.Name)
		return
	case len(t.CodeSignature) < shortest:
		l.problem(id, "the code signature of %s, %q, is too short to mean it", t.Name, t.CodeSignature)
		return
	}
	patterns, err := codePatterns(t.CodeSignature)
	if err != nil {
		l.problem(id, "the code signature of %s cannot be used: %v", t.Name, err)
		return
	}
	e.java = patterns
	domains, unused := hosts(strings.Split(t.NetworkSignature, "|"))
	if e.Domains = domains; unused > 0 {
		l.problem(id, "%s: %d of its network signatures are more than host names and are not used", t.Name, unused)
	}
	l.Entries = append(l.Entries, e)
}

// codePatterns splits a code signature at "|" into patterns. Where it is more than letters, digits, "_", "/", dots and
// escaped signs, it stays a regular expression as a whole.
func codePatterns(signature string) ([]pattern, error) {
	re, err := expression(signature)
	if err != nil {
		return nil, err
	}
	if re.Match(nil) {
		return nil, fmt.Errorf("%q would be found in every app", signature)
	}
	var out []pattern
	for alternative := range strings.SplitSeq(signature, "|") {
		b, ok := literal(alternative)
		if !ok {
			return []pattern{{re: re}}, nil
		}
		out = append(out, pattern{bytes: b})
	}
	return out, nil
}

// literal turns a regular expression of known characters and dots into the bytes of a pattern.
func literal(expression string) ([]byte, bool) {
	b := make([]byte, 0, len(expression))
	for i := 0; i < len(expression); i++ {
		switch x := expression[i]; {
		case x == '.':
			b = append(b, anyByte)
		case x < 0x80 && identifier(x) || x == '/' || x == '-':
			b = append(b, x)
		case x == '\\' && i+1 < len(expression) && strings.IndexByte(`.-/$`, expression[i+1]) >= 0:
			i++
			b = append(b, expression[i])
		default:
			return nil, false
		}
	}
	return b, true
}
