package world

import (
	"errors"
	"strconv"
	"time"
)

var (
	errTime = errors.New("is not a time: write a date such as 2023-03-16, which is its midnight in UTC, or 2023-03-16T12:00:00Z")
	errZone = errors.New("has no time zone: add Z if it is UTC, or an offset such as +01:00")
	errFine = errors.New("is finer than a microsecond: give at most six digits after the point")
	errNone = errors.New("is no such time: look at the month, the day, the hour, the minute and the second")
	errYear = errors.New("is outside the years 1 to 9999 in UTC")
)

// ParseTime reads a time of a world file into UTC: a bare date, which is its midnight, or a time as
// RFC 3339 has it (its section 5.6 lets a blank stand for the T). It is stricter than time.Parse:
// digits are counted, and leap seconds, an hour 24 and a time without zone are errors. The error
// goes on from the text: it begins with "is" or "has".
//
// The first instant of year 1 is read as the microsecond after it, because Go's zero time means
// "not given" in the types: an `until` of that instant must not become no end at all.
func ParseTime(text string) (time.Time, error) {
	date, rest := text, ""
	if len(text) > 10 {
		date, rest = text[:10], text[10:]
	}
	year, month, day, ok := parseDate(date)
	if !ok {
		return time.Time{}, errTime
	}
	var c clock
	if rest != "" {
		var err error
		if c, err = parseClock(rest); err != nil {
			return time.Time{}, err
		}
	}
	t := time.Date(year, time.Month(month), day, c.hour, c.minute, c.second, c.micro*1000, time.UTC)
	if t.Day() != day || int(t.Month()) != month || c.hour > 23 || c.minute > 59 || c.second > 59 {
		return time.Time{}, errNone
	}
	t = t.Add(-c.offset)
	if y := t.Year(); y < 1 || y > 9999 {
		return time.Time{}, errYear
	}
	if t.IsZero() {
		t = t.Add(time.Microsecond)
	}
	return t, nil
}

func parseDate(s string) (year, month, day int, ok bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, 0, 0, false
	}
	year, month, day = digits(s[:4]), digits(s[5:7]), digits(s[8:])
	return year, month, day, year >= 0 && month >= 0 && day >= 0
}

type clock struct {
	hour, minute, second, micro int
	offset                      time.Duration // east of UTC
}

// parseClock reads what follows the date, from its T on.
func parseClock(s string) (clock, error) {
	if len(s) < 9 || s[0] != 'T' && s[0] != 't' && s[0] != ' ' || s[3] != ':' || s[6] != ':' {
		return clock{}, errTime
	}
	c := clock{hour: digits(s[1:3]), minute: digits(s[4:6]), second: digits(s[7:9])}
	if c.hour < 0 || c.minute < 0 || c.second < 0 {
		return clock{}, errTime
	}
	s = s[9:]
	if s != "" && s[0] == '.' {
		n := 1
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		if n == 1 {
			return clock{}, errTime
		}
		if n > 7 {
			return clock{}, errFine
		}
		c.micro = digits((s[1:n] + "00000")[:6])
		s = s[n:]
	}
	var err error
	c.offset, err = parseZone(s)
	return c, err
}

func parseZone(s string) (time.Duration, error) {
	switch {
	case s == "":
		return 0, errZone
	case s == "Z" || s == "z":
		return 0, nil
	case len(s) != 6 || s[0] != '+' && s[0] != '-' || s[3] != ':':
		return 0, errTime
	}
	hours, minutes := digits(s[1:3]), digits(s[4:])
	if hours < 0 || minutes < 0 {
		return 0, errTime
	}
	if hours > 23 || minutes > 59 {
		return 0, errNone
	}
	east := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if s[0] == '-' {
		east = -east
	}
	return east, nil
}

// digits reads a few ASCII digits; -1 where one is something else.
func digits(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// formatTime is the shortest text that ParseTime reads as t.
func formatTime(t time.Time) string {
	t = t.UTC()
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339Nano)
}

func readTime(d *decoder, i int, v *time.Time) {
	if d.kind(i) != scalar {
		d.fail(i, "%s where a time is expected", d.describe(i))
		return
	}
	text := string(d.tree.text(i))
	t, err := ParseTime(text)
	if err != nil {
		d.fail(i, "%s %v", quote(text), err)
		return
	}
	*v = t
}
