package register

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"portcullis/internal/fault"
	"portcullis/store"
)

// madeID is how many bytes a part of an id has that is made from a name.
const madeID = 64

var notInIDs = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`[^\pL\pN]+`) })

// slug makes a part of an id from a name.
func slug(name string) string {
	return strings.Trim(shorten(notInIDs().ReplaceAllString(strings.ToLower(name), "-"), madeID), "-")
}

// shorten is the beginning of a text, of whole characters.
func shorten(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	for bytes > 0 && !utf8.RuneStart(text[bytes]) {
		bytes--
	}
	return text[:bytes]
}

// numbered returns text as the first choice and then text-2, text-3 and so on.
func numbered(text string) func(n int) string {
	return func(n int) string {
		if n == 0 {
			return text
		}
		return fmt.Sprintf("%s-%d", text, n+1)
	}
}

// ruleID makes the ids of a rule: of what it does to what; then of where; then numbered.
func ruleID(effect, target, scope string) func(n int) string {
	first := effect + "-" + strings.TrimSpace(shorten(target, madeID))
	second := first + "-" + strings.TrimSpace(shorten(scope, madeID))
	return func(n int) string {
		if n == 0 {
			return first
		}
		return numbered(second)(n - 1)
	}
}

// free finds an id for each of several new things: the first of its choices that nothing in the section
// has, or ever had, nor one of the others.
func free(tx *store.Tx, section Section, choices []func(n int) string) ([]string, error) {
	found, given := make([]string, len(choices)), map[string]bool{}
	open := make([]int, len(choices))
	for i := range open {
		open[i] = i
	}
	for n := 0; len(open) > 0; n++ {
		wanted := make([]string, len(open))
		for j, i := range open {
			wanted[j] = choices[i](n)
		}
		used, err := selectUsed(tx, section, wanted)
		if err != nil {
			return nil, err
		}
		var left []int
		for j, i := range open {
			if used[wanted[j]] || given[wanted[j]] {
				left = append(left, i)
				continue
			}
			found[i], given[wanted[j]] = wanted[j], true
		}
		open = left
	}
	return found, nil
}

// named returns the id of a new thing: the one that is given, which nothing has had before, or the first
// of the choices that is free.
func named(tx *store.Tx, section Section, given string, choices func(n int) string) (string, error) {
	if given == "" {
		ids, err := free(tx, section, []func(n int) string{choices})
		if err != nil {
			return "", err
		}
		return ids[0], nil
	}
	if err := check(given, nil); err != nil {
		return "", err
	}
	used, err := selectUsed(tx, section, []string{given})
	if err == nil && used[given] {
		err = &fault.Error{Kind: fault.Conflict, Field: "id", Message: fmt.Sprintf("There is a %s with the id %s already, or there was one: choose another", section, given)}
	}
	return given, err
}
