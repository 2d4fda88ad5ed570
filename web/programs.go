package web

import (
	"net/http"

	"portcullis/people"
	"portcullis/web/api"
	"portcullis/web/gate"
	"portcullis/web/provision"
	"portcullis/web/ui"
)

// operations is what programs can do here, for the people who write them.
func (p *pages) operations(w http.ResponseWriter, r *http.Request) error {
	table := ui.Table{
		Caption: "Operations", Unseen: true,
		Columns: []ui.Column{{Title: "What"}, {Title: "Request"}, {Title: "Permission"}},
	}
	for _, o := range api.Operations() {
		table.Rows = append(table.Rows, ui.Row{ui.Text(o.Summary), ui.Text(o.Method + " " + o.Path), ui.Text("To " + o.Permission.What())})
	}
	begin := ui.Paragraph{ui.Text("A program acts with a token, which a person makes:")}
	if gate.Who(r.Context()).May(people.ChangeTokens) {
		begin = append(begin, ui.Link{Text: "make a token", Href: "/tokens/make"})
	} else {
		begin = append(begin, ui.Text("ask your security team."))
	}
	return ui.Render(w, r, http.StatusOK, ui.Page{Title: "For programs", Wide: true, Content: []ui.Component{
		begin,
		ui.Para("It sends the token in the header Authorization, after the word Bearer. Try it:"),
		ui.Paragraph{ui.ID{Value: "curl --header 'Authorization: Bearer TOKEN' " + p.URL.JoinPath(api.Base, "persons").String(), Of: "command"}},
		ui.Paragraph{ui.Text("Every operation with all its fields:"), ui.Link{Text: "the OpenAPI document", Href: api.Base + "/openapi.json"}, ui.Text("for generators, and"), ui.Link{Text: "the same in YAML", Href: api.Base + "/openapi.yaml"}},
		ui.Paragraph{ui.Text("What a refused request says, and what to do:"), ui.Link{Text: "all problems", Href: api.Base + "/problems"}},
		ui.Para("A directory of people that speaks SCIM 2.0 (RFC 7644) keeps people and groups up to date by itself, with a token as well, at:"),
		ui.Paragraph{ui.ID{Value: p.URL.JoinPath(provision.Path).String(), Of: "address"}},
		ui.Heading("Operations"),
		table,
	}})
}
