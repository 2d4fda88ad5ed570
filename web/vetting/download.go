package vetting

import (
	"bytes"
	"io"
	"mime"
	"net/http"

	"portcullis/internal/fault"
	"portcullis/vetting/report"
)

// file is a form in which a report can be taken away.
type file struct {
	as, name, what, kind string
	write                func(w io.Writer, tool report.Tool, r *report.Report) error
}

var files = []file{
	{"html", "A page", "to read, to print and to forward", "text/html; charset=utf-8", func(w io.Writer, t report.Tool, r *report.Report) error {
		return report.WriteHTML(w, t, []*report.Report{r})
	}},
	{"json", "JSON", "for programs", "application/json", func(w io.Writer, _ report.Tool, r *report.Report) error { return report.WriteJSON(w, r) }},
	{"sarif", "SARIF 2.1.0", "for tools that gather findings", "application/sarif+json", func(w io.Writer, t report.Tool, r *report.Report) error {
		return report.WriteSARIF(w, t, []*report.Report{r})
	}},
	{"xml", "NIAP XML", "the app vetting report of the NIAP", "application/xml", report.WriteNIAP},
}

// download answers with a report in one of the forms. What a file brought may stand in it: it is never shown as a page of
// this server.
func (a *area) download(w http.ResponseWriter, r *http.Request) error {
	seen, err := a.Vetting.Assessment(r.Context(), actor(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.as != r.PathValue("as") {
			continue
		}
		var b bytes.Buffer
		if err := f.write(&b, a.Tool, seen.Report); err != nil {
			return err
		}
		w.Header().Set("Content-Type", f.kind)
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "report-" + seen.ID + "." + f.as}))
		_, _ = w.Write(b.Bytes()) // who has gone away is not told
		return nil
	}
	return fault.New(fault.NotFound, "Reports are in html, json, sarif and xml")
}
