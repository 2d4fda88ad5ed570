package platform

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"portcullis/policy"
)

// List is what the decisions say of every product of one platform, for the devices that share it: the
// form from which each platform's own artefact is written. It is never written for personal devices.
type List struct {
	Platform     policy.Platform
	Organisation string
	// Host is set where decisions single one device out; the list is then for it alone.
	Host string
	// Generation is the register's when the list was compiled; 0 for a world file.
	Generation int64
	// At is the time that the list answers for. Since is the world's last date that is not after it, and Until its next
	// one: from then on another list answers. They are zero where there is none.
	At, Since, Until time.Time
	// Closed lists deny what they do not list, and what they do not name. In an open one, of a body that
	// only watches what is not listed, all is left alone but what is banned.
	Closed bool
	// Audit lists are for trying out: where they go nothing is denied, and what would be is noted. They are no proof that a
	// device has the list, and have a digest of their own.
	Audit bool
	// Shared are the entries of all devices of the organisation, ascending by identifier, and Own those
	// that stand in their place for the Host. Neither may be changed.
	Shared, Own []Entry
	// Domains are the names on the network of what is banned outright, ascending; only on lists for
	// browsers, and for name servers, whose platform is none.
	Domains []Domain
	// Banned are the versions of what no entry names that must not be there, and Unnamed the decisions
	// on it.
	Banned  []policy.Window
	Unnamed []string
}

// Entry is what is said of one identifier.
type Entry struct {
	Identifier string
	// Signers, where there are any, are the only ones that may have signed it: SHA-256 in lower-case hex.
	Signers []string
	// Product and Name are the product's id and name; empty where the identifier is known on other
	// platforms alone.
	Product, Name string
	// Listed is that some version may be there: every one where there are no Floors, else one that
	// reaches any of them.
	Listed bool
	Floors []Floor
	// Banned are the versions that must not be there, listed or not.
	Banned []policy.Window
	// Decisions are the ids of the rules and exemptions that the entry rests on, ascending; but for
	// exemptions that are named nowhere.
	Decisions []string
}

// Domain is a name on the network that belongs to a product, with all names below it.
type Domain struct {
	Name string
	// Product is the product's id, and Decisions are the ids of the bans and phase-outs.
	Product   string
	Decisions []string
}

// Floor is the least version that an allow rule admits. Where it has a code and what is there has one,
// the codes decide alone; else the version does, and without one nothing is admitted.
type Floor struct {
	Version string
	Code    *int64
}

// All are the entries, ascending by identifier.
func (l *List) All() iter.Seq[*Entry] {
	return func(yield func(*Entry) bool) {
		own := l.Own
		for i := range l.Shared {
			e := &l.Shared[i]
			for len(own) > 0 && own[0].Identifier < e.Identifier {
				if l.Names(&own[0]) && !yield(&own[0]) {
					return
				}
				own = own[1:]
			}
			if len(own) > 0 && own[0].Identifier == e.Identifier {
				e, own = &own[0], own[1:]
			}
			if l.Names(e) && !yield(e) {
				return
			}
		}
		for i := range own {
			if l.Names(&own[i]) && !yield(&own[i]) {
				return
			}
		}
	}
}

// Decisions are the ids of the rules and exemptions that the list rests on, ascending and each once.
func (l *List) Decisions() []string {
	ids := append(make([]string, 0, len(l.Unnamed)+len(l.Shared)+len(l.Own)+len(l.Domains)), l.Unnamed...)
	for e := range l.All() {
		ids = append(ids, e.Decisions...)
	}
	for i := range l.Domains {
		ids = append(ids, l.Domains[i].Decisions...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Names tells whether an entry says anything that its absence from the list would not: it lists, it
// bans, it says who alone may have signed, or what the list does not name is banned and it is not.
func (l *List) Names(e *Entry) bool {
	return e.Listed || len(e.Banned) > 0 || len(e.Signers) > 0 || len(l.Banned) > 0
}

// Same tells whether two entries say the same of one identifier, from whichever decisions.
func (e *Entry) Same(o *Entry) bool {
	return e.Identifier == o.Identifier && e.Listed == o.Listed && slices.Equal(e.Signers, o.Signers) && slices.Equal(e.Banned, o.Banned) &&
		slices.EqualFunc(e.Floors, o.Floors, func(a, b Floor) bool {
			return a.Version == b.Version && (a.Code == nil) == (b.Code == nil) && (a.Code == nil || *a.Code == *b.Code)
		})
}

// Find returns the entry of an identifier; nil where there is none.
func (l *List) Find(identifier string) *Entry {
	for _, entries := range [...][]Entry{l.Own, l.Shared} {
		i, ok := slices.BinarySearchFunc(entries, identifier, func(e Entry, id string) int { return cmp.Compare(e.Identifier, id) })
		if ok && l.Names(&entries[i]) {
			return &entries[i]
		}
		if ok {
			return nil
		}
	}
	return nil
}

// Bans tells whether the entry bans, for a platform that cannot tell versions: some version is banned,
// and one that is not known lies in every window.
func (e *Entry) Bans() bool { return len(e.Banned) > 0 }

// Admits tells whether the entry lets something in, for a platform that cannot tell versions. What is
// listed from some version on is admitted, so that it can be brought up to it: that it is older is a
// breach which stays open until a report ends it.
func (e *Entry) Admits() bool { return e.Listed && !e.Bans() }

// Shut tells whether the list denies what it does not name, for a platform that cannot tell versions.
func (l *List) Shut() bool { return l.Closed || len(l.Banned) > 0 }

// Denies tells whether the list keeps the entry's identifier out, for a platform that cannot tell versions.
func (l *List) Denies(e *Entry) bool { return e.Bans() || l.Closed && !e.Listed }

// Left is a part of a list that an artefact does not carry, because its platform has no way to say it.
type Left struct {
	// Identifier is empty where it is about the whole list.
	Identifier string
	// Product is the product's id; empty where it is not known.
	Product string
	// Reason is for people: what is not carried and what that means.
	Reason string
}

// Artefact writes a list in a platform's own form, and returns what of it that form cannot carry, in
// the order of the list. The same list gives the same bytes. Nothing is written, and the error says
// why, where the list is for another platform.
type Artefact func(w io.Writer, l *List) ([]Left, error)

// Digest is the SHA-256, in lower-case hex, of what the list says: of its entries and of whether it
// is closed and for an audit, not of when, for whom, from which decisions and in which generation.
func (l *List) Digest() string {
	h, line := sha256.New(), make([]byte, 0, 1<<10)
	quote := func(text string) {
		if line = append(line, ' '); strings.ContainsFunc(text, quoted) {
			line = strconv.AppendQuote(line, text)
		} else {
			line = append(append(append(line, '"'), text...), '"')
		}
	}
	banned := func(windows []policy.Window) {
		for _, w := range windows {
			line = append(line, " not"...)
			quote(w.Since)
			quote(w.Until)
		}
	}
	end := func() {
		h.Write(append(line, '\n'))
		line = line[:0]
	}
	if l.Audit {
		line = append(line, "audit "...)
	}
	line = strconv.AppendBool(append(line, l.Platform.String()+" "...), l.Closed)
	banned(l.Banned)
	end()
	for e := range l.All() {
		quote(e.Identifier)
		for _, signer := range e.Signers {
			quote(signer)
		}
		line = strconv.AppendBool(append(line, ' '), e.Listed)
		for _, f := range e.Floors {
			line = append(line, " from"...)
			quote(f.Version)
			if f.Code != nil {
				line = strconv.AppendInt(append(line, ' '), *f.Code, 10)
			}
		}
		banned(e.Banned)
		end()
	}
	for i := range l.Domains {
		line = append(line, "domain"...)
		quote(l.Domains[i].Name)
		end()
	}
	return hex.EncodeToString(h.Sum(nil))
}

// quoted tells whether a character stands otherwise within quotation marks: of most texts none does.
func quoted(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }

// Stamp says in a line what the list is: for artefacts that can carry a comment. The decisions
// themselves are in the manifest beside the artefact.
func (l *List) Stamp() string {
	whose := l.Organisation
	if l.Host != "" {
		whose += ", device " + l.Host
	}
	what := "Portcullis list"
	if l.Audit {
		what = "Audit only, this denies nothing: Portcullis list"
	}
	decided := fmt.Sprintf("%d decisions", len(l.Decisions()))
	if len(l.Decisions()) == 1 {
		decided = "1 decision"
	}
	return fmt.Sprintf("%s for %s; generation %d; sha256 %s; from %s", what, whose, l.Generation, l.Digest(), decided)
}

// CannotTell is what a platform cannot tell of what is installed, so that an artefact for it cannot
// carry what depends on it.
type CannotTell struct{ Versions, Signers bool }

// Unsaid is what of an entry is not carried to a platform that cannot tell certain things: floors, windows
// outside which nothing is banned, signers. Of what the list denies there is nothing more to say.
func (l *List) Unsaid(e *Entry, c CannotTell) (left []Left) {
	add := func(reason string) { left = append(left, Left{e.Identifier, e.Product, reason}) }
	switch {
	case e.Bans() && c.Versions && !slices.Contains(e.Banned, policy.Window{}):
		add("versions are not told apart here: some are banned, and it is denied in all")
	case l.Denies(e):
	default:
		if c.Versions && len(e.Floors) > 0 {
			add("versions are not told apart here: it is admitted in every version, and one that is too old is found by reports alone")
		}
		if c.Signers && len(e.Signers) > 0 {
			add("signers are not told apart here: an impostor under its identifier is found by reports alone")
		}
	}
	return left
}
