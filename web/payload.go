package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"portcullis/people"
	"portcullis/web/ui"
)

// maxShown is how many characters of one value of an entry are shown. The export has the rest.
const maxShown = 2000

// mentioned are the texts in the payload of an entry that may be ids.
func mentioned(payload []byte) (ids []string) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(payload, &fields) != nil {
		return nil // it is shown as it stands
	}
	for _, field := range fields {
		ids = append(ids, texts(field)...)
	}
	return ids
}

// texts are a text, or a list of texts; nothing where it is neither.
func texts(value json.RawMessage) []string {
	var one string
	if json.Unmarshal(value, &one) == nil {
		return []string{one}
	}
	var many []string
	if json.Unmarshal(value, &many) != nil {
		return nil
	}
	return many
}

// payload shows what an entry holds; nil is nothing.
func payload(r *http.Request, e people.Shown, known names) ui.Component {
	switch {
	case e.Erased:
		return ui.Paragraph{ui.Muted("What it held has been erased")}
	case len(e.Payload) == 0 || string(e.Payload) == "{}":
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(e.Payload, &fields); err != nil {
		return ui.Details{Summary: "What it holds", Content: []ui.Component{ui.Text(shortened(string(e.Payload)))}}
	}
	return ui.Details{Summary: "What it holds", Content: []ui.Component{ui.Summary{Rows: rows(r, "", fields, known)}}}
}

// rows are the fields of a payload, those of a field that has some of its own among them.
func rows(r *http.Request, above string, fields map[string]json.RawMessage, known names) (shown []ui.SummaryRow) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		var below map[string]json.RawMessage
		if above == "" && json.Unmarshal(fields[name], &below) == nil && below != nil {
			shown = append(shown, rows(r, fieldText(name)+": ", below, known)...)
			continue
		}
		key := above + strings.ToLower(fieldText(name))
		if above == "" {
			key = fieldText(name)
		}
		shown = append(shown, ui.SummaryRow{Key: key, Value: fieldValue(r, name, fields[name], known)})
	}
	return shown
}

// fieldText is the name of a field in words: ownList is "Own list".
func fieldText(name string) string {
	var words strings.Builder
	for _, letter := range name {
		if unicode.IsUpper(letter) {
			words.WriteRune(' ')
		}
		words.WriteRune(unicode.ToLower(letter))
	}
	return ui.Capital(words.String())
}

func fieldValue(r *http.Request, name string, value json.RawMessage, known names) ui.Component {
	found := texts(value)
	if len(found) == 0 {
		words := map[string]string{"true": "Yes", "false": "No", "[]": "None"}
		if text, is := words[string(value)]; is {
			return ui.Text(text)
		}
		return ui.Text(shortened(string(value)))
	}
	var list ui.List
	for _, text := range found {
		list.Items = append(list.Items, textValue(r, name, text, known))
	}
	if len(list.Items) == 1 {
		return list.Items[0]
	}
	return list
}

func textValue(r *http.Request, name, text string, known names) ui.Component {
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return ui.Time{At: at, Now: ui.Now(r), Short: true}
	}
	if role, err := people.ParseRole(text); err == nil && name == "role" {
		return ui.Text(role.Name())
	}
	if link, is := known[text]; is {
		return link
	}
	if text == "" {
		return ui.Muted("None")
	}
	return ui.Text(shortened(text))
}

// shortened is a text as far as it is shown.
func shortened(text string) string {
	letters := []rune(text)
	if len(letters) <= maxShown {
		return text
	}
	return string(letters[:maxShown]) + "… (" + ui.Number(len(letters)-maxShown).String() + " characters more: the ledger’s export has them)"
}
