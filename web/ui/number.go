package ui

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"
)

// thin separates the thousands of a number: a narrow space at which no line breaks.
const thin = "\u202f"

// Number is a count. Its thousands are set apart.
type Number int64

// String is the number as it is shown.
func (n Number) String() string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "\u2212", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + thin + digits[i:]
	}
	return sign + digits
}

// HTML shows the number.
func (n Number) HTML() (template.HTML, error) { return Text(n.String()).HTML() }

// Count is a number of things: "1 device", "1 204 devices", "no devices".
func Count(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + many
	case 1:
		return "1 " + one
	}
	return Number(n).String() + " " + many
}

// Time is a moment, absolute and in words: "3 May 2026, 14:05 (2 hours ago)".
type Time struct {
	At  time.Time
	Now time.Time // also the zone that At is shown in
	// Else is shown where At is zero; "never" where it is empty.
	Else string
	// Short leaves the words out, for tables.
	Short bool
}

// HTML shows the time.
func (t Time) HTML() (template.HTML, error) { return render("time", t) }

// Absolute is the date and the minute in the zone of Now.
func (t Time) Absolute() string {
	return t.At.In(t.Now.Location()).Format("2\u00a0January\u00a02006, 15:04")
}

// Machine is the moment as the datetime attribute takes it (RFC 3339).
func (t Time) Machine() string { return t.At.UTC().Format(time.RFC3339) }

// Relative is how far away the moment is, in words.
func (t Time) Relative() string { return Ago(t.At, t.Now) }

// Day is a date, absolute and in words: "1 July 2026 (in 3 days)".
type Day struct {
	At, Now time.Time
	Else    string // "never" where empty
}

// HTML shows the day.
func (d Day) HTML() (template.HTML, error) { return render("day", d) }

// Absolute is the date.
func (d Day) Absolute() string { return d.At.In(d.Now.Location()).Format("2\u00a0January\u00a02006") }

// Machine is the date as the datetime attribute takes it.
func (d Day) Machine() string { return d.At.In(d.Now.Location()).Format(time.DateOnly) }

// Relative is how many days away the day is, in words.
func (d Day) Relative() string {
	at, now := d.At.In(d.Now.Location()), d.Now
	days := midnight(at).Sub(midnight(now)) / day
	switch days {
	case 0:
		return "today"
	case 1:
		return "tomorrow"
	case -1:
		return "yesterday"
	}
	return Ago(midnight(at), midnight(now))
}

// midnight is where the day of t begins, counted so that every day has 24 hours.
func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

const day = 24 * time.Hour

// Ago is how far t is from now, in the largest unit of which there are at least two, rounded down:
// "just now", "90 minutes ago", "in 3 days".
func Ago(t, now time.Time) string {
	d, form := now.Sub(t), "%s ago"
	if d < 0 {
		d, form = -d, "in %s"
	}
	if d < time.Minute {
		if form == "in %s" {
			return "in less than a minute"
		}
		return "just now"
	}
	return fmt.Sprintf(form, Span(d))
}

// Span is a length of time in words, such as "90 minutes".
func Span(d time.Duration) string {
	units := []struct {
		length time.Duration
		name   string
	}{{365 * day, "year"}, {30 * day, "month"}, {7 * day, "week"}, {day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}}
	for _, u := range units {
		if n := int(d / u.length); n >= 2 {
			return Count(n, u.name, u.name+"s")
		}
	}
	if d >= time.Minute {
		return "1 minute"
	}
	return "less than a minute"
}
