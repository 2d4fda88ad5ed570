package sdk

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// rule is one entry of a list in the form of blocker-general-rules.
type rule struct {
	ID               int      `json:"id"`
	Name             string   `json:"name"`
	Company          string   `json:"company"`
	SearchKeyword    []string `json:"searchKeyword"`
	UseRegexSearch   bool     `json:"useRegexSearch"`
	NetworkSignature []string `json:"networkSignature"`
}

// shortestKeyword is the length of the shortest keyword that is used; those of real lists have nine bytes and more.
const shortestKeyword = 4

// ReadRules reads a list in the form of blocker-general-rules: searchKeyword are pieces of class names, letter case aside, or regular
// expressions where useRegexSearch says so; networkSignature are hosts. Ids become "blocker:<id>". Hosts add evidence to
// a hit and make none.
func ReadRules(data []byte) (*List, error) {
	var rules []rule
	if err := decode(data, "blocker-general-rules", &rules); err != nil {
		return nil, err
	}
	l := newList("blocker", "blocker-general-rules, Apache Licence 2.0", data)
	seen := ids{}
	for _, r := range rules {
		l.rule(r, seen.unique(l, strconv.Itoa(r.ID)))
	}
	return l, nil
}

func (l *List) rule(r rule, id string) {
	r.Name = cmp.Or(r.Name, "blocker:"+id)
	e := Entry{SDK: SDK{ID: "blocker:" + id, Name: r.Name, Company: r.Company}, byCodeOnly: true}
	for _, k := range r.SearchKeyword {
		p, err := keyword(k, r.UseRegexSearch)
		if err != nil {
			l.problem(id, "the keyword %q of %s cannot be used: %v", k, r.Name, err)
			continue
		}
		e.dotted = append(e.dotted, p)
	}
	if len(e.dotted) == 0 {
		l.problem(id, "%s has no keyword, so it is not looked for", r.Name)
		return
	}
	domains, unused := hosts(r.NetworkSignature)
	if e.Domains = domains; unused > 0 {
		l.problem(id, "%s: %d of its network signatures are more than host names and are not used", r.Name, unused)
	}
	l.Entries = append(l.Entries, e)
}

// keyword makes the pattern over dotted names in lower case (appendDotted) that a keyword stands for.
func keyword(text string, regex bool) (pattern, error) {
	if regex {
		re, err := expression("(?i)" + text)
		if err == nil && re.Match(nil) {
			err = fmt.Errorf("it would be found in every app")
		}
		return pattern{re: re}, err
	}
	if len(text) < shortestKeyword || strings.IndexByte(text, anyByte) >= 0 {
		return pattern{}, fmt.Errorf("it is too short, or no name of a class has it")
	}
	return pattern{bytes: appendDotted(nil, []byte(text))}, nil
}
