package windows

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"portcullis/platform"
	"portcullis/policy"
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
	name, why  string
	is         condition
	exceptions []condition
	text       extent
	id         [16]byte
}

// extent is where a rule's text lies.
type extent struct{ from, to int }

// Write writes a list for Windows as AppLocker's XML, with one collection each for programs, installers,
// scripts and packaged apps. All are enforced, in an open list too: what only audits denies nothing, so that
// there everything is allowed but for what is denied. A closed one allows what is listed and what is part of
// Windows. In AppLocker every denial wins; what is listed is an exception of the denial of all that its
// publisher makes.
func Write(w io.Writer, l *platform.List) ([]platform.Left, error) {
	asItIs := func(b, text []byte) []byte { return append(b, text...) }
	text := []byte("<AppLockerPolicy Version=\"1\">\n")
	left, err := Collections(l, l.Stamp(), asItIs, func(_ string, collection []byte) error {
		_, err := w.Write(text)
		if err == nil {
			_, err = w.Write(collection)
		}
		text = []byte("\n")
		return err
	})
	if err == nil {
		_, err = io.WriteString(w, "\n</AppLockerPolicy>\n")
	}
	if err != nil {
		return nil, err
	}
	return left, nil
}

// Collections calls each with every collection of a list's policy, by its type: its element, without a line's end behind
// it. stamp is the list's. quote appends a text to b as it stands where it is written to; it is called for parts of a
// collection. What each is given is good until it returns.
func Collections(l *platform.List, stamp string, quote func(b, text []byte) []byte, each func(name string, text []byte) error) ([]platform.Left, error) {
	if l.Platform != policy.Windows {
		return nil, fmt.Errorf("an AppLocker policy is for programs of windows, and not of %s", l.Platform)
	}
	rules, left := rulesOf(l, stamp)
	texts := make([]byte, 0, 450*len(rules)) // of each rule, which may be in several collections
	var one []byte
	for i := range rules {
		r := &rules[i]
		one = r.append(one[:0])
		from := len(texts)
		texts = quote(texts, one)
		r.text, r.id = extent{from, len(texts)}, r.identity()
	}
	quoted := func(text string) []byte { return quote(nil, []byte(text)) }
	var heads, ends [len(elements)][]byte
	for kind, element := range elements {
		heads[kind], ends[kind] = quoted("<"+element+"Rule Id=\""), quoted("</"+element+"Rule>\n")
	}
	behind, end := quoted("\""), quoted("</RuleCollection>")
	b := make([]byte, 0, len(texts)+100*len(rules)+200)
	for t, word := range typeWords {
		b = quote(b[:0], []byte("<RuleCollection Type=\""+word+"\" EnforcementMode=\"Enabled\">\n"))
		for i := range rules {
			r := &rules[i]
			if !slices.Contains(r.is.Types, Type(t)) {
				continue
			}
			id := r.id
			id[len(id)-1] ^= byte(t)
			b = append(appendUUID(append(b, heads[r.is.Kind]...), id), behind...)
			b = append(append(b, texts[r.text.from:r.text.to]...), ends[r.is.Kind]...)
		}
		if err := each(word, append(b, end...)); err != nil {
			return nil, err
		}
	}
	return left, nil
}

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
	allow = []span{every}
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
		return nil, []span{every}, told
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
	r := rule{key: e.Identifier, deny: deny, name: word + e.Identifier, is: is}
	if e.Name != "" {
		r.name = word + e.Name
	}
	if len(e.Decisions) > 0 {
		r.why = "Rests on: " + strings.Join(e.Decisions, ", ")
	}
	return r
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
		return rule{name: name, why: stamp, is: condition{t, every}}
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

var elements = [...]string{Publisher: "FilePublisher", Package: "FilePublisher", Path: "FilePath", Hash: "FileHash"}

// longest is how much of a name or a description is kept: AppLocker takes 1,024 units of UTF-16.
const longest = 500

// append appends a rule from behind its id to its end.
func (r *rule) append(b []byte) []byte {
	name := cut(r.name)
	b = attribute(b, "Name", name)
	b = attribute(b, "Description", cut(r.why))
	b = attribute(b, "UserOrGroupSid", "S-1-1-0") // everyone
	b = attribute(b, "Action", r.action())
	b = append(b, "><Conditions>"...)
	b = append(r.is.append(b, name), "</Conditions>"...)
	if len(r.exceptions) > 0 {
		b = append(b, "<Exceptions>"...)
		for i := range r.exceptions {
			b = r.exceptions[i].append(b, "")
		}
		b = append(b, "</Exceptions>"...)
	}
	return b
}

func (r *rule) action() string {
	if r.deny {
		return "Deny"
	}
	return "Allow"
}

// identity is a UUID (RFC 9562, version 8) of what the rule says, so that it stays while that does; it is the
// rule's in the first collection, and differs in its end in the others.
func (r *rule) identity() (id [16]byte) {
	said := make([]byte, 0, 256)
	said = binary.BigEndian.AppendUint64(said, uint64(r.is.low))
	said = binary.BigEndian.AppendUint64(said, uint64(r.is.high))
	for _, s := range [...]string{"portcullis", r.action(), r.key, r.is.Publisher, r.is.Value} {
		said = append(append(said, s...), 0)
	}
	h := sha256.Sum256(said)
	copy(id[:], h[:])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return id
}

// appendUUID appends an id as text.
func appendUUID(b []byte, id [16]byte) []byte {
	for i := range id {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, id[i:i+1])
	}
	return b
}

func (c *condition) append(b []byte, name string) []byte {
	element := elements[c.Kind]
	b = append(append(append(b, '<'), element...), "Condition"...)
	switch c.Kind {
	case Publisher, Package:
		b = attribute(b, "PublisherName", c.Publisher)
		b = attribute(b, "ProductName", c.Product)
		b = attribute(b, "BinaryName", c.Binary)
		b = append(b, "><BinaryVersionRange LowSection=\""...)
		b = append(c.low.append(b), "\" HighSection=\""...)
		b = append(c.high.append(b), "\"/>"...)
	case Path:
		b = append(attribute(b, "Path", c.Value), '>')
	case Hash:
		b = append(b, "><FileHash Type=\"SHA256\""...)
		b = attribute(b, "Data", "0x"+c.Value)
		b = attribute(b, "SourceFileName", name)
		b = append(b, " SourceFileLength=\"0\"/>"...)
	}
	return append(append(append(b, "</"...), element...), "Condition>"...)
}

func attribute(b []byte, name, value string) []byte {
	b = append(append(append(b, ' '), name...), "=\""...)
	if isPlain(value) {
		b = append(b, value...)
	} else {
		escaped := bytes.NewBuffer(b)
		_ = xml.EscapeText(escaped, []byte(value)) // a buffer takes everything
		b = escaped.Bytes()
	}
	return append(b, '"')
}

// isPlain tells whether a value stands for itself in XML: most do.
func isPlain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c > '~', c == '<', c == '>', c == '&', c == '"', c == '\'':
			return false
		}
	}
	return true
}

func cut(s string) string {
	if len(s) <= longest {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > longest {
			return s[:i]
		}
	}
	return s
}
