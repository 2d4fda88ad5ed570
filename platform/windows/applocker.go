package windows

import (
	"bufio"
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
	if l.Platform != policy.Windows {
		return nil, fmt.Errorf("an AppLocker policy is for programs of windows, and not of %s", l.Platform)
	}
	rules, left := rulesOf(l)
	var texts bytes.Buffer // of each rule, which may be in several collections
	texts.Grow(420 * len(rules))
	for i := range rules {
		r := &rules[i]
		from := texts.Len()
		r.write(&texts)
		r.text, r.id = extent{from, texts.Len()}, r.identity()
	}
	b := bufio.NewWriterSize(w, 1<<16) // which keeps the first error for Flush
	_, _ = b.WriteString("<AppLockerPolicy Version=\"1\">\n")
	for t, word := range typeWords {
		_, _ = b.WriteString("<RuleCollection Type=\"" + word + "\" EnforcementMode=\"Enabled\">\n")
		for i := range rules {
			if r := &rules[i]; slices.Contains(r.is.Types, Type(t)) {
				r.collect(b, Type(t), texts.Bytes()[r.text.from:r.text.to])
			}
		}
		_, _ = b.WriteString("</RuleCollection>\n")
	}
	_, _ = b.WriteString("</AppLockerPolicy>\n")
	if err := b.Flush(); err != nil {
		return nil, err
	}
	return left, nil
}

// collect writes a rule, whose text is written already, into a collection.
func (r *rule) collect(b *bufio.Writer, t Type, text []byte) {
	element := elements[r.is.Kind]
	id := r.id
	id[len(id)-1] ^= byte(t)
	for _, part := range [...]string{"<", element, "Rule Id=\""} {
		_, _ = b.WriteString(part)
	}
	_, _ = b.Write(appendUUID(b.AvailableBuffer(), id))
	_ = b.WriteByte('"')
	_, _ = b.Write(text)
	for _, part := range [...]string{"</", element, "Rule>\n"} {
		_, _ = b.WriteString(part)
	}
}

// rulesOf are the rules of a list, first those that do not come from its entries and then theirs, in its
// order; and what of it AppLocker cannot carry.
func rulesOf(l *platform.List) (rules []rule, left []platform.Left) {
	rules = append(make([]rule, 0, len(l.Shared)+8), baseOf(l)...)
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
	by := map[of][]*rule{} // what is allowed, by its publisher, and by its product as well
	for i := range rules {
		if r := &rules[i]; !r.deny {
			by[of{r.is.Publisher, "*"}] = append(by[of{r.is.Publisher, "*"}], r)
			if r.is.Product != "*" {
				by[of{r.is.Publisher, r.is.Product}] = append(by[of{r.is.Publisher, r.is.Product}], r)
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
func baseOf(l *platform.List) []rule {
	stamp := l.Stamp()
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

// write writes a rule from behind its id to its end.
func (r *rule) write(b *bytes.Buffer) {
	name := cut(r.name)
	attribute(b, "Name", name)
	attribute(b, "Description", cut(r.why))
	attribute(b, "UserOrGroupSid", "S-1-1-0") // everyone
	attribute(b, "Action", r.action())
	b.WriteString("><Conditions>")
	r.is.write(b, name)
	b.WriteString("</Conditions>")
	if len(r.exceptions) > 0 {
		b.WriteString("<Exceptions>")
		for i := range r.exceptions {
			r.exceptions[i].write(b, "")
		}
		b.WriteString("</Exceptions>")
	}
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

func (c *condition) write(b *bytes.Buffer, name string) {
	element := elements[c.Kind]
	b.WriteString("<" + element + "Condition")
	switch c.Kind {
	case Publisher, Package:
		attribute(b, "PublisherName", c.Publisher)
		attribute(b, "ProductName", c.Product)
		attribute(b, "BinaryName", c.Binary)
		b.WriteString("><BinaryVersionRange")
		b.WriteString(" LowSection=\"")
		b.Write(c.low.append(b.AvailableBuffer()))
		b.WriteString("\" HighSection=\"")
		b.Write(c.high.append(b.AvailableBuffer()))
		b.WriteString("\"/>")
	case Path:
		attribute(b, "Path", c.Value)
		b.WriteString(">")
	case Hash:
		b.WriteString("><FileHash Type=\"SHA256\"")
		attribute(b, "Data", "0x"+c.Value)
		attribute(b, "SourceFileName", name)
		b.WriteString(" SourceFileLength=\"0\"/>")
	}
	b.WriteString("</" + element + "Condition>")
}

func attribute(b *bytes.Buffer, name, value string) {
	b.WriteString(" ")
	b.WriteString(name)
	b.WriteString("=\"")
	if isPlain(value) {
		b.WriteString(value)
	} else {
		_ = xml.EscapeText(b, []byte(value)) // a buffer takes everything
	}
	b.WriteString("\"")
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
