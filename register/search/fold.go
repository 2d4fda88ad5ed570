package search

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	// maxQuery is how many bytes of a query are read, maxWords how many of its words.
	maxQuery = 200
	maxWords = 8
)

// plainer are letters that no decomposition makes plain, as people type them who do not have them.
var plainer = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "ħ", "h", "ı", "i")

// phrase is a text as it is compared.
type phrase struct {
	words  []string
	joined string // all words in one: "Tik Tok" is TikTok
}

func newPhrase(text string) phrase {
	words := strings.FieldsFunc(fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return phrase{words, strings.Join(words, "")}
}

// fold takes from a text what does not tell things apart: case, accents, and apostrophes within words.
func fold(text string) string {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return foldLetters(text)
		}
	}
	return strings.ReplaceAll(strings.ToLower(text), "'", "")
}

func foldLetters(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.M, r) || r == '\'' || r == '’' || r == 'ʼ' {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(text))
	return plainer.Replace(text)
}

// asked is a query as it is compared.
func asked(query string) phrase {
	if len(query) > maxQuery {
		query = strings.ToValidUTF8(query[:maxQuery], "")
	}
	q := newPhrase(query)
	if len(q.words) > maxWords {
		q.words = q.words[:maxWords]
		q.joined = strings.Join(q.words, "")
	}
	return q
}
