package api

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// quick reads reports as nearly all programs write them: members that are known, each once, and texts without
// escapes. What it reads it reads as the strict reader does; whatever else there is, it leaves to that one, which
// also knows what to say of it.
type quick struct {
	text string
	at   int
	bad  bool
	// codes is room for the version codes of all that is installed, and room for that itself.
	codes []int64
	room  *[]Installation
}

// spareRoom is room for what is installed that nobody reads into.
var spareRoom = sync.Pool{New: func() any {
	room := make([]Installation, 0, 100) // not nil: an empty list is not one that was forgotten
	return &room
}}

// quickReport reads a report, and has use use it, after which it is gone; false where it is for the strict reader. The
// texts of what is installed are parts of one, which lives as long as any of them: whoever keeps one keeps a copy.
func quickReport(body []byte, use func(*Report)) (ok bool) {
	if !utf8.Valid(body) {
		return false
	}
	q := quick{text: string(body), room: spareRoom.Get().(*[]Installation)}
	var r Report
	q.report(&r)
	q.space()
	if ok = !q.bad && q.at == len(q.text); ok {
		use(&r)
	}
	clear(*q.room)
	*q.room = (*q.room)[:0]
	spareRoom.Put(q.room)
	return ok
}

// report reads the object of a report.
func (q *quick) report(r *Report) {
	var got found
	q.object(func(name string) {
		switch name {
		case "host":
			r.Host = q.kept(got.first(0, q))
		case "name":
			r.Name = q.kept(got.first(1, q))
		case "organisation":
			r.Organisation = q.kept(got.first(2, q))
		case "ownership":
			r.Ownership = q.kept(got.first(3, q))
		case "platform":
			r.Platform = q.kept(got.first(4, q))
		case "source":
			r.Source = q.kept(got.first(5, q))
		case "partial":
			r.Partial = got.first(6, q).truth()
		case "installed":
			r.Installed = got.first(7, q).installations()
		default: // also when it was taken
			q.bad = true
		}
	})
}

// installations reads what is installed.
func (q *quick) installations() []Installation {
	most := min(strings.Count(q.text[q.at:], "{"), maxQuick)
	all := slices.Grow(*q.room, most)
	q.codes = make([]int64, 0, most)
	q.list(func() {
		if len(all) == most {
			q.bad = true
			return
		}
		all = append(all, Installation{})
		q.installation(&all[len(all)-1])
	})
	*q.room = all
	return all
}

// maxQuick is how many installations a report has at most that is read here.
const maxQuick = 2000

func (q *quick) installation(in *Installation) {
	var got found
	q.object(func(name string) {
		switch name {
		case "identifier":
			in.Identifier = got.first(0, q).word()
		case "product":
			in.Product = got.first(1, q).word()
		case "platform":
			in.Platform = got.first(2, q).word()
		case "version":
			in.Version = got.first(3, q).word()
		case "versionCode":
			if n := got.first(4, q).number(); !q.bad {
				q.codes = append(q.codes, n)
				in.VersionCode = &q.codes[len(q.codes)-1]
			}
		case "signer":
			in.Signer = got.first(5, q).word()
		case "managed":
			managed := got.first(6, q).truth()
			in.Managed = &managed
		case "name":
			in.Name = q.kept(got.first(7, q))
		case "publisher":
			in.Publisher = q.kept(got.first(8, q))
		default:
			q.bad = true
		}
	})
}

// found is which members of an object there were so far.
type found uint16

// first notes a member, which is to be the first of its name.
func (f *found) first(n int, q *quick) *quick {
	q.bad = q.bad || *f&(1<<n) != 0
	*f |= 1 << n
	return q
}

// object reads an object, and has each read its members.
func (q *quick) object(member func(name string)) {
	q.sequence('{', '}', func() {
		name := q.word()
		q.take(':')
		q.space()
		if !q.bad {
			member(name)
		}
	})
}

// list reads a list, and has each read its items.
func (q *quick) list(item func()) { q.sequence('[', ']', item) }

// sequence reads what stands between two brackets, with commas in between.
func (q *quick) sequence(open, end byte, one func()) {
	q.take(open)
	if q.space(); q.peek() == end {
		q.at++
		return
	}
	for !q.bad {
		q.space()
		one()
		if q.space(); q.peek() != ',' {
			q.take(end)
			return
		}
		q.at++
	}
}

// peek is the next byte, and 0 where there is none.
func (q *quick) peek() byte {
	if q.at < len(q.text) {
		return q.text[q.at]
	}
	return 0
}

// take takes a byte, after any space.
func (q *quick) take(c byte) {
	if q.space(); q.peek() != c {
		q.bad = true
		return
	}
	q.at++
}

func (q *quick) space() {
	for q.at < len(q.text) && q.text[q.at] <= ' ' {
		switch q.text[q.at] {
		case ' ', '\t', '\n', '\r':
			q.at++
		default:
			q.bad = true
			return
		}
	}
}

// word reads a text that has no escapes.
func (q *quick) word() string {
	if q.peek() != '"' {
		q.bad = true
		return ""
	}
	from := q.at + 1
	for at := from; at < len(q.text); at++ {
		switch c := q.text[at]; {
		case c == '"':
			q.at = at + 1
			return q.text[from:at]
		case c == '\\' || c < ' ':
			q.bad = true
			return ""
		}
	}
	q.bad = true
	return ""
}

// kept reads a text that may be kept when the report is gone.
func (q *quick) kept(of *quick) string { return strings.Clone(of.word()) }

// truth reads true or false.
func (q *quick) truth() bool {
	for _, word := range []string{"true", "false"} {
		if strings.HasPrefix(q.text[q.at:], word) {
			q.at += len(word)
			return word == "true"
		}
	}
	q.bad = true
	return false
}

// number reads a whole number of so few digits that it is one of 64 bits.
func (q *quick) number() (n int64) {
	from := q.at
	for q.at < len(q.text) && '0' <= q.text[q.at] && q.text[q.at] <= '9' && q.at-from <= 18 {
		n = 10*n + int64(q.text[q.at]-'0')
		q.at++
	}
	digits := q.at - from
	if digits == 0 || digits > 18 || digits > 1 && q.text[from] == '0' {
		q.bad = true
	}
	return n
}
