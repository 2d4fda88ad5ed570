package windows

import (
	"cmp"
	"slices"

	"portcullis/platform"
)

// condition is what a rule or an exception is about; span holds for publishers and packages alone.
type condition struct {
	Target
	span
}

// rule is one rule, in each collection of its condition.
type rule struct {
	key        string // what the rule's id is made of, beside its action, its versions and its collection
	deny       bool
	name       [2]string // its beginning, and the rest
	why        string
	decisions  []string // that it rests on
	is         condition
	exceptions []condition
	text       extent
	id         [16]byte
}

// extent is where a rule's text lies.
type extent struct{ from, to int }

// rulesOf are the rules of a list, first those that do not come from its entries and then theirs, in its
// order; and what of it AppLocker cannot carry.
func rulesOf(l *platform.List, stamp string) (rules []rule, left []platform.Left) {
	rules = append(make([]rule, 0, len(l.Shared)+8), baseOf(l, stamp)...)
	for e := range l.All() {
		target, err := Identify(e.Identifier)
		if err != nil {
			left = append(left, l.Omit(e, err.Error()))
			continue
		}
		allow, deny, told := spans(l, e, target)
		left = append(left, l.Unsaid(e, platform.CannotTell{Versions: !told, Signers: true})...)
		for _, s := range allow {
			rules = append(rules, ruleOf(e, condition{target, s}, false))
		}
		for _, s := range deny {
			rules = append(rules, ruleOf(e, condition{target, s}, true))
		}
	}
	except(rules)
	if !l.Shut() { // all that has no denial is allowed by what does not come from entries
		rules = slices.DeleteFunc(rules, func(r rule) bool { return !r.deny && r.key != "" })
	}
	return rules, left
}

// spans are the versions of an entry that a list has allowed and denied; told is false where those of its
// files are not told apart. In an open list what is not denied is allowed.
func spans(l *platform.List, e *platform.Entry, t Target) (allow, deny []span, told bool) {
	allow = always
	if t.Kind == Publisher || t.Kind == Package {
		listed, ok := admitted(e)
		bans, known := banned(e)
		if told = ok && known; told {
			deny = bans
		}
		if told && l.Shut() {
			allow = listed
		}
	}
	if l.Closed && !e.Listed || !told && e.Bans() || slices.Contains(deny, every) {
		return nil, always, told
	}
	return allow, deny, told
}

func ruleOf(e *platform.Entry, is condition, deny bool) rule {
	word := "Allowed: "
	switch {
	case deny && e.Bans():
		word = "Banned: "
	case deny:
		word = "Not listed: "
	}
	return rule{key: e.Identifier, deny: deny, name: [2]string{word, cmp.Or(e.Name, e.Identifier)}, decisions: e.Decisions, is: is}
}

// except makes what is allowed an exception of the denials that take it in and are about more.
func except(rules []rule) {
	var wide []*rule
	for i := range rules {
		if r := &rules[i]; r.deny && (r.is.Product == "*" || r.is.Binary == "*" && r.is.Kind == Publisher) {
			wide = append(wide, r)
		}
	}
	if len(wide) == 0 {
		return
	}
	type of struct{ publisher, product string }
	by := make(map[of][]*rule, len(wide)) // what is allowed, of the publishers and products of those
	for _, r := range wide {
		by[of{r.is.Publisher, r.is.Product}] = nil
	}
	for i := range rules {
		r := &rules[i]
		if r.deny {
			continue
		}
		for _, key := range [...]of{{r.is.Publisher, "*"}, {r.is.Publisher, r.is.Product}} {
			if found, wanted := by[key]; wanted {
				by[key] = append(found, r)
			}
			if r.is.Product == "*" {
				break // it is the same
			}
		}
	}
	for _, r := range wide {
		for _, allowed := range by[of{r.is.Publisher, r.is.Product}] {
			if r.is.takesIn(&allowed.is) {
				r.exceptions = append(r.exceptions, allowed.is)
			}
		}
	}
}

// takesIn tells whether a is about all that b is about, and more.
func (a *condition) takesIn(b *condition) bool {
	if a.Kind != b.Kind || a.Publisher != b.Publisher {
		return false
	}
	if a.Product == "*" {
		return b.Product != "*"
	}
	return a.Product == b.Product && a.Binary == "*" && b.Binary != "*"
}

// writable are folders below the one of Windows in which anybody may put a file, on a Windows as it is
// installed: what lies there is no part of it.
var writable = []string{
	`%WINDIR%\debug\WIA\*`, `%WINDIR%\PCHEALTH\ERRORREP\*`, `%WINDIR%\registration\CRMLog\*`, `%WINDIR%\servicing\Packages\*`, `%WINDIR%\servicing\Sessions\*`, `%WINDIR%\Tasks\*`,
	`%WINDIR%\Temp\*`, `%WINDIR%\tracing\*`, `%SYSTEM32%\com\dmp\*`, `%SYSTEM32%\FxsTmp\*`, `%SYSTEM32%\Microsoft\Crypto\RSA\MachineKeys\*`,
	`%SYSTEM32%\spool\drivers\color\*`, `%SYSTEM32%\spool\PRINTERS\*`, `%SYSTEM32%\spool\SERVERS\*`, `%SYSTEM32%\Tasks\*`, `%SYSTEM32%\Tasks_Migrated\*`,
	`%WINDIR%\SysWOW64\com\dmp\*`, `%WINDIR%\SysWOW64\FxsTmp\*`, `%WINDIR%\SysWOW64\Tasks\*`,
}

// baseOf are the rules that do not come from entries: they allow everything in an open list, and in a closed
// one what Windows itself needs. They say which list it is.
func baseOf(l *platform.List, stamp string) []rule {
	base := func(name string, t Target, types ...Type) rule {
		t.Types = types
		return rule{name: [2]string{name}, why: stamp, is: condition{t, every}}
	}
	if !l.Shut() {
		return []rule{
			base("Everything that is not denied", Target{Kind: Path, Value: "*"}, anyFile...),
			base("Every packaged app that is not denied", Target{Kind: Package, Publisher: "*", Product: "*", Binary: "*"}, Appx),
		}
	}
	folder := base("What is part of Windows, by its folder", Target{Kind: Path, Value: `%WINDIR%\*`}, Exe, Script)
	for _, path := range writable {
		folder.exceptions = append(folder.exceptions, condition{Target: Target{Kind: Path, Value: path}})
	}
	return []rule{
		folder,
		base("What is part of Windows, by its signature", Target{Kind: Publisher, Publisher: "O=MICROSOFT CORPORATION, L=REDMOND, S=WASHINGTON, C=US",
			Product: "MICROSOFT® WINDOWS® OPERATING SYSTEM", Binary: "*"}, Exe),
		base("What is installed already", Target{Kind: Path, Value: `%WINDIR%\Installer\*`}, Msi),
		base("Packaged apps that are part of Windows", Target{Kind: Package, Publisher: "CN=Microsoft Windows, O=Microsoft Corporation, L=Redmond, S=Washington, C=US",
			Product: "*", Binary: "*"}, Appx),
	}
}
