package store

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// Time is how a time is stored: UTC to the microsecond, as text of fixed width that sorts as time
// does and means the same on both engines. The zero Time is "not given", and is stored as NULL.
type Time struct{ t time.Time }

// timeForm is fixed in width for the years 0 to 9999; TimeOf lets no others through.
const timeForm = "2006-01-02T15:04:05.000000Z"

// TimeOf returns t in UTC, cut to the microsecond.
func TimeOf(t time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{t.UTC().Truncate(time.Microsecond)}
}

// ParseTime reads the stored form.
func ParseTime(text string) (Time, error) {
	t, err := time.Parse(timeForm, text)
	if err != nil || len(text) != len(timeForm) {
		return Time{}, fmt.Errorf("%q is not a stored time", text)
	}
	return Time{t}, nil
}

// Time returns t as the standard library has it.
func (t Time) Time() time.Time { return t.t }

// IsZero tells whether the time is not given.
func (t Time) IsZero() bool { return t.t.IsZero() }

// Add returns the time d later.
func (t Time) Add(d time.Duration) Time { return TimeOf(t.t.Add(d)) }

// Before tells whether t is earlier than u.
func (t Time) Before(u Time) bool { return t.t.Before(u.t) }

func (t Time) String() string {
	if t.IsZero() {
		return ""
	}
	return t.t.Format(timeForm)
}

// Value stores the time.
func (t Time) Value() (driver.Value, error) {
	if t.IsZero() {
		return nil, nil
	}
	if year := t.t.Year(); year < 0 || year > 9999 {
		return nil, fmt.Errorf("the year %d cannot be stored", year)
	}
	return t.String(), nil
}

// Scan reads a stored time.
func (t *Time) Scan(value any) (err error) {
	switch v := value.(type) {
	case nil:
		*t = Time{}
	case string:
		*t, err = ParseTime(v)
	case []byte:
		*t, err = ParseTime(string(v))
	default:
		err = fmt.Errorf("a time is stored as text, not as %T", value)
	}
	return err
}

// MarshalText writes the stored form, and nothing for a time that is not given.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (t *Time) UnmarshalText(text []byte) (err error) {
	*t = Time{}
	if len(text) > 0 {
		*t, err = ParseTime(string(text))
	}
	return err
}
