package enforce

import (
	"slices"
	"strings"

	"portcullis/platform"
	"portcullis/policy"
	"portcullis/web/ui"
)

// said is what a list does with something, in words; e is nil where it does not name it.
func said(l *platform.List, e *platform.Entry) string {
	if e == nil {
		if denies(l) {
			return "Denied, as all that is not named"
		}
		return "Left alone, as all that is not named"
	}
	if slices.Contains(e.Banned, policy.Window{}) {
		return "Banned"
	}
	text := otherwise(l, e)
	if len(e.Banned) > 0 {
		var windows []string
		for _, w := range e.Banned {
			windows = append(windows, window(w))
		}
		text = "Banned " + strings.Join(windows, " and ") + "; else " + strings.ToLower(text[:1]) + text[1:]
	}
	if len(e.Signers) > 0 {
		text += ", signed by those alone who are known to sign it"
	}
	return text
}

// otherwise is what a list does with what it does not ban.
func otherwise(l *platform.List, e *platform.Entry) string {
	switch {
	case !e.Listed && l.Closed:
		return "Denied, for it is not on the list"
	case !e.Listed:
		return "Left alone, though it is not on the list"
	case len(e.Floors) == 0:
		return "Allowed"
	}
	var floors []string
	for _, f := range e.Floors {
		switch {
		case f.Version == "" && f.Code != nil:
			floors = append(floors, "version code "+ui.Number(*f.Code).String())
		case f.Code != nil:
			floors = append(floors, "version "+f.Version+" (version code "+ui.Number(*f.Code).String()+")")
		default:
			floors = append(floors, "version "+f.Version)
		}
	}
	return "Allowed from " + strings.Join(floors, " or ")
}

// window is the versions of a window, in words.
func window(w policy.Window) string {
	switch {
	case w.Since == "":
		return "before version " + w.Until
	case w.Until == "":
		return "from version " + w.Since
	}
	return "from version " + w.Since + " until before " + w.Until
}
