package report

import (
	"bytes"
	"cmp"
	_ "embed"
	"html/template"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed page.html
var pageText string

// page is parsed when the first is wanted: most looks at apps are told in another form.
var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(words).Parse(pageText))
})

// words are what the page may call.
var words = template.FuncMap{
	"place":   place,
	"result":  func(r Result) string { return ResultWords[r] },
	"data":    func(kind string) string { return cmp.Or(DataKinds[kind], kind) },
	"trait":   func(id string) string { return cmp.Or(Traits[id], id) },
	"unknown": func(r *Report, kind string) string { return r.unknown(Fact(kind)) },
	"unsaid":  (*Report).unsaid,
	"first":   func(all []NotAnalysed) []NotAnalysed { return all[:min(mostFirst, len(all))] },
	"rest":    func(all []NotAnalysed) []NotAnalysed { return all[min(mostFirst, len(all)):] },
	"capital": capital,
	"system":  systems,
	"join":    strings.Join,
	"share": func(c Coverage) int64 {
		if c.BytesTotal == 0 {
			return 0
		}
		return 100 * c.BytesRead / c.BytesTotal
	},
	"of": func(all []Criterion, r Result) (some []Criterion) {
		for _, c := range all {
			if c.Result == r {
				some = append(some, c)
			}
		}
		return some
	},
}

// WriteHTML writes reports as one page that stands alone: it loads nothing from anywhere, and prints.
func WriteHTML(w io.Writer, tool Tool, reports []*Report) error {
	var b bytes.Buffer // half a page is none
	err := page().Execute(&b, struct {
		Tool    Tool
		Reports []*Report
		Results []Result
	}{tool, reports, []Result{NotMet, Unknown, Met}})
	if err != nil {
		return err
	}
	_, err = b.WriteTo(w)
	return err
}

// mostFirst is how many files that were not analysed stand before the criteria.
const mostFirst = 10

// capital is words as they begin a line.
func capital(words string) string {
	if words == "" || words[0] >= utf8.RuneSelf {
		return words
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// place is where evidence is and of which grade, without saying twice that it is the manifest.
func place(e Evidence) string {
	if e.Grade == GradeDeclared {
		return e.Where
	}
	return GradeWord(e.Grade) + ", " + e.Where
}
