// Package nearest finds the word that was probably meant, for messages about one that is not known.
package nearest

import "strings"

// longest is how long a word may be and still be taken for a slip.
const longest = 40

// Of returns the known word that is most like the given one, whatever their case: "" where none is.
// One letter may be wrong, and one more for every four. Of several that are as like, it is
// one that begins with the same letter, for few slip there; and of those the first by its bytes.
func Of(word string, known []string) string {
	if len(word) > longest {
		return ""
	}
	best, least := "", 2+len(word)/4
	for _, k := range known {
		d := distance(strings.ToLower(word), strings.ToLower(k))
		if d < len(k) && (d < least || d == least && best != "" && before(word, k, best)) {
			best, least = k, d
		}
	}
	return best
}

// before tells which of two words that are as like comes first.
func before(word, a, b string) bool {
	if same := begins(word, a); same != begins(word, b) {
		return same
	}
	return a < b
}

func begins(word, known string) bool {
	return word != "" && known != "" && strings.EqualFold(word[:1], known[:1])
}

// distance is Levenshtein's: how many bytes must be put in, taken out or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
