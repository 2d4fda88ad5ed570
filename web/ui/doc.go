// Package ui owns how Portcullis's pages look and read: their frame, the components that they are made
// of, forms, error pages, and what a browser loads beside them. It knows no room and no rule. Areas
// (web/people, web/account, …) make pages of it; its own page of samples is Components.
//
// # A page
//
// A page is a title and a row of components, in Go. A handler returns an error instead of answering
// with one, and Fail makes a page of it:
//
//	func (a *area) people(w http.ResponseWriter, r *http.Request) error {
//		order := ui.SortOf(r, "name", "seen")
//		filter := ui.NewFilter(r.URL, &ui.Field{Name: "q", Label: "Name", As: ui.Input{Type: "search"}})
//		found, err := a.room.People(r.Context(), filter.Value("q"), order.By(), order.Down(), r.URL.Query().Get("after"))
//		if err != nil {
//			return err // a fault becomes its page; anything else is logged
//		}
//		table := ui.Table{
//			Caption: "People", Unseen: true, At: r.URL, Sorted: order,
//			Columns: []ui.Column{{Title: "Name", Sort: "name"}, {Title: "State"}, {Title: "Devices", Number: true}, {Title: "Last seen", Sort: "seen"}},
//			Empty:   ui.Empty{Text: "Nobody has this name.", Do: ui.Link{Text: "Invite somebody", Href: "/people/invite"}},
//			Pages:   ui.PagesAt(r.URL, "people", "", found.Next),
//		}
//		for _, p := range found.People {
//			table.Rows = append(table.Rows, ui.Row{
//				ui.Link{Text: p.Name, Href: "/people/" + p.ID}, ui.Tag{Text: "Active", Tone: ui.Good}, ui.Number(p.Devices),
//				ui.Time{At: p.Seen, Now: ui.Now(r), Short: true},
//			})
//		}
//		return ui.Render(w, r, http.StatusOK, ui.Page{Title: "People", Wide: true, Content: []ui.Component{filter, table}})
//	}
//
// It is routed as ui.Handler(a.people). The frame around it (navigation, who is signed in, the decision
// it was made from, the time) is put into the request by WithFrame before any handler runs; handlers
// read FrameOf(r) and Now(r).
//
// # A form
//
// One function makes the form; showing it and taking it are two handlers. What was typed stays, the
// errors stand at the fields and at the head of the page, the title begins with "Error:":
//
//	func invitation() *ui.Form {
//		return &ui.Form{
//			Fields: []*ui.Field{
//				{Name: "name", Label: "Full name", As: ui.Input{Complete: "off"}},
//				{Name: "role", Label: "Role", As: ui.Radios{Options: ui.Options("member", "Member", "staff", "Staff")}},
//				{Name: "until", Label: "Until", Optional: true, Hint: "For example, 27 3 2027", As: ui.Date{}},
//			},
//			Buttons: ui.ButtonGroup{{Text: "Send the invitation"}, ui.Cancel("/people")},
//		}
//	}
//
//	func (a *area) invite(w http.ResponseWriter, r *http.Request) error { // POST
//		form := invitation()
//		if err := form.Fill(r); err != nil {
//			return err
//		}
//		until, err := form.Field("until").Day(ui.Now(r).Location())
//		if err == nil {
//			err = a.room.Invite(r.Context(), form.Value("name"), form.Value("role"), until)
//		}
//		switch {
//		case form.Fail(err): // faults whose Field is "name", "role" or "until" go to these fields
//			return ui.Render(w, r, http.StatusUnprocessableEntity, inviting(form))
//		case err != nil:
//			return err
//		}
//		return ui.See(w, r, "/people")
//	}
//
// where inviting(form) is ui.Page{Title: "Invite somebody", Back: "/people", Content: []ui.Component{form}}. A thing that
// is edited puts its version into Form.Version; after Fill it is the one that was sent.
// A page that asks one question sets Field.Asks: the label is then the page's heading.
//
// # A page with its own template
//
// What is more than a row of components has a template of its area. Strings in it are escaped,
// components are shown by {{show .X}}; classes are those of GOV.UK Frontend:
//
//	//go:embed *.html
//	var files embed.FS
//	var templates = ui.Parse(files)
//
//	templates.View("advice", adviceView{App: "Parrot", Facts: ui.Summary{…}}) // a Component
//
//	<p class="govuk-body">What we know of {{.App}}:</p>{{show .Facts}}
//
// # Invariants
//
//   - Every page works without script, on a phone and by keyboard. Style and script stand in files: a
//     style or on… attribute anywhere is refused by the browser and by this package's tests.
//   - Nothing becomes HTML but by a template, which escapes it for the place where it stands. No
//     caller makes a template.HTML.
//   - Each component has its file in templates and its struct of the same name; views are structs.
//   - Colour repeats what words say. Numbers stand to the right, times are absolute and in words,
//     a table says what to do where it is empty.
//   - Addresses of assets carry the hash of their content. A binary made without `make assets` has plain
//     pages, and Built tells it.
//
// Package uitest checks pages of other areas in their tests.
package ui
