package world

import (
	"errors"
	"testing"
	"time"
)

func TestParseTime(t *testing.T) {
	noon := time.Date(2023, 3, 16, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2023-03-16":                       day(2023, 3, 16),
		"2024-02-29":                       day(2024, 2, 29),
		"2023-03-16T12:00:00Z":             noon,
		"2023-03-16t12:00:00z":             noon,
		"2023-03-16 12:00:00Z":             noon,
		"2023-03-16 12:00:00+00:00":        noon,
		"2023-03-16T13:30:00+01:30":        noon,
		"2023-03-16T12:00:00-00:00":        noon,
		"2023-03-15T23:00:00-13:00":        noon,
		"2023-03-16T12:00:00.5Z":           noon.Add(500 * time.Millisecond),
		"2023-03-16T12:00:00.000001+00:00": noon.Add(time.Microsecond),
		"9999-12-31T23:59:59.999999Z":      time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
		"0001-01-01":                       time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC),
		"0001-01-01T00:00:00.000001Z":      time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC),
	} {
		got, err := ParseTime(text)
		if err != nil || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
		if again, err := ParseTime(formatTime(want)); err != nil || !again.Equal(want) {
			t.Errorf("%s: written %s, read %v, %v", text, formatTime(want), again, err)
		}
	}
	for text, want := range map[string]error{
		"":                               errTime,
		"now":                            errTime,
		"2023":                           errTime,
		"2023-3-16":                      errTime,
		"16/03/2023":                     errTime,
		"2023-03-16x":                    errTime,
		"2023-03-16T12:00Z":              errTime,
		"2023-03-16T1:00:00Z":            errTime,
		"2023-03-16T12:00:00.Z":          errTime,
		"2023-03-16T12:00:00 Z":          errTime,
		"2023-03-16T12:00:00+01":         errTime,
		"2023-03-16T12:00:00+0100":       errTime,
		"2023-03-16T12:00:00+01:0x":      errTime,
		"+023-03-16":                     errTime,
		"2023-03-1٣":                     errTime,
		"20230-03-16":                    errTime,
		"2023-03-16T12:00:00":            errZone,
		"2023-03-16 12:00:00.25":         errZone,
		"2023-03-16T12:00:00.1234567Z":   errFine,
		"2023-03-16T12:00:00.000000000Z": errFine,
		"2023-02-29":                     errNone,
		"1900-02-29":                     errNone,
		"2023-13-01":                     errNone,
		"2023-00-01":                     errNone,
		"2023-01-00":                     errNone,
		"2023-04-31":                     errNone,
		"2023-03-16T24:00:00Z":           errNone,
		"2023-03-16T12:60:00Z":           errNone,
		"2023-03-16T23:59:60Z":           errNone,
		"2023-03-16T12:00:00+24:00":      errNone,
		"2023-03-16T12:00:00+00:60":      errNone,
		"0000-01-01":                     errYear,
		"0001-01-01T00:00:00+00:01":      errYear,
		"9999-12-31T23:59:59-00:01":      errYear,
	} {
		if got, err := ParseTime(text); !errors.Is(err, want) {
			t.Errorf("%s: %v, %v; want %v", text, got, err, want)
		}
	}
}
