package policy

import "unicode/utf8"

// AppendJSON appends a decision as one line of the contract's JSON, the newline included. path
// gives the path to a rule, as Subject.Path does; it is asked for every rule in the findings. Text
// that is not UTF-8 is written with U+FFFD in the place of what is not.
func AppendJSON(b []byte, host string, d *Decision, path func(rule string) []string) []byte {
	b = appendText(append(b, `{"host":`...), host)
	b = appendText(append(b, `,"identifier":`...), d.Identifier)
	b = appendText(append(b, `,"platform":`...), d.Platform.String())
	b = appendText(append(b, `,"product":`...), d.Product)
	b = appendText(append(b, `,"version":`...), d.Version)
	b = appendText(append(b, `,"verdict":`...), d.Verdict.String())
	b = append(b, `,"breach":`...)
	if d.Breach {
		b = append(b, "true"...)
	} else {
		b = append(b, "false"...)
	}
	b = append(b, `,"findings":[`...)
	for i := range d.Findings {
		f := &d.Findings[i]
		b = comma(b, i)
		b = appendText(append(b, `{"finding":`...), f.Question.String())
		b = appendText(append(b, `,"result":`...), f.Result.String())
		b = appendTexts(append(b, `,"rules":`...), f.Rules)
		b = appendTexts(append(b, `,"exemptions":`...), f.Exemptions)
		b = append(b, '}')
	}
	b = append(b, `],"paths":{`...)
	n := 0
	for i := range d.Findings {
		for _, rule := range d.Findings[i].Rules {
			b = appendText(comma(b, n), rule)
			b = appendTexts(append(b, ':'), path(rule))
			n++
		}
	}
	return append(b, "}}\n"...)
}

func comma(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}

func appendTexts(b []byte, texts []string) []byte {
	b = append(b, '[')
	for i, s := range texts {
		b = appendText(comma(b, i), s)
	}
	return append(b, ']')
}

// appendText appends a JSON string. What needs no escape, as nearly all does, is copied.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return appendEscaped(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func appendEscaped(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || r == '\u2028' || r == '\u2029':
			b = append(b, '\\', 'u', hex[r>>12], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
