package ui

import (
	"net/http"
	"net/url"
	"time"

	"portcullis/internal/fault"
)

// long is a name as some apps really have.
const long = "Harbour & Coast Weather, Tides, Wind and Radar for Sailors, Anglers and Everybody Else (formerly TidesPlusProMaxUltimateEdition)"

// Components is the page of samples: every component, with long names, empty and in error. It asks
// for nothing and changes nothing.
func Components(w http.ResponseWriter, r *http.Request) error {
	return Render(w, r, http.StatusOK, samples(r.URL, Now(r)))
}

func samples(at *url.URL, now time.Time) Page {
	page := Page{
		Title: "Components", Caption: "For those who write pages", Wide: true, Crumbs: []Link{{Text: "First page", Href: "/"}, {Text: "Samples", Href: at.Path}},
		Banner: &Banner{Done: true, Text: "The app has been allowed", More: []Component{Paragraph{Text("It takes hold within the hour."), Link{Text: "Watch it take hold", Href: "/components"}}}},
	}
	for _, part := range [][]Component{sampleText(now), sampleStates(now), sampleTables(at, now), sampleGraph(), sampleCurve(now), sampleForm(), sampleActions()} {
		page.Content = append(page.Content, part...)
	}
	return page
}

func sampleText(now time.Time) []Component {
	return []Component{
		Heading("Text"),
		Para("A paragraph. " + long + "."),
		Paragraph{Text("With"), Link{Text: "a link", Href: "/components"}, Text("and"), Muted("a remark"), Text("in it.")},
		Subheading("Lists"),
		List{Items: []Component{Text("one thing"), Link{Text: "another", Href: "/components"}, Text(long)}},
		List{Items: []Component{Text("first"), Text("then")}, Numbered: true},
		Subheading("Identifiers, numbers and times"),
		Summary{Rows: []SummaryRow{
			{Key: "Identifier", Value: ID{Value: "org.merrow.harbour.tides.pro.max.ultimate.edition", Of: "app"}},
			{Key: "Fingerprint", Value: ID{Value: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Of: "signature"}},
			{Key: "Devices", Value: Number(1048576)},
			{Key: "Reported", Value: Time{At: now.Add(-2 * time.Hour), Now: now}},
			{Key: "Exempt until", Value: Day{At: now.AddDate(0, 0, 59), Now: now}},
			{Key: "Heard from", Value: Time{Now: now}},
		}},
		Inset{Para("What is set apart, such as the words of a rule.")},
		Warning("Devices that are in use abroad lose the app at once."),
		Details{Summary: "Who sees this?", Content: []Component{Para("The members of your organisation, and the auditors.")}},
	}
}

func sampleStates(now time.Time) []Component {
	return []Component{
		Heading("States"),
		Paragraph{Tag{Text: "In breach", Tone: Bad}, Tag{Text: "Allowed", Tone: Good}, Tag{Text: "Waiting for review", Tone: Waiting}, Tag{Text: "Taking hold", Tone: Active},
			Tag{Text: "Marked", Tone: Special}, Tag{Text: "Not heard from since Tuesday"}},
		Heading("A list of tasks"),
		Tasks{Items: []Task{
			{Text: "Tell us who you are", Href: "/components", State: Text("Done")},
			{Text: long, Hint: "Ten questions, about a quarter of an hour", Href: "/components", State: Tag{Text: "Not begun", Tone: Active}},
			{Text: "Sign", Hint: "When both are done", State: Muted("Cannot be done yet")},
		}},
		Heading("Facts"),
		Summary{Title: "Harbour Tides", Rows: []SummaryRow{
			{Key: "Maker", Value: Text(long), Actions: []Link{{Text: "Change", Hidden: "the maker", Href: "/components"}}},
			{Key: "State", Value: Tag{Text: "In breach", Tone: Bad}},
			{Key: "Seen", Value: Time{At: now.Add(-26 * time.Hour), Now: now}, Actions: []Link{{Text: "Look again", Hidden: "at when it was seen", Href: "/components"}, {Text: "History", Hidden: "of when it was seen", Href: "/components"}}},
		}},
	}
}

func sampleTables(at *url.URL, now time.Time) []Component {
	apps := Table{
		Caption: "Apps in breach", At: at, Sorted: Sort(at.Query().Get("sort")),
		Columns: []Column{{Title: "App", Sort: "app"}, {Title: "State"}, {Title: "Devices", Sort: "devices", Number: true}, {Title: "Last seen", Sort: "seen"}, {Title: "Action", Unseen: true}},
		Rows: []Row{
			{Link{Text: "Harbour Tides", Href: "/components"}, Tag{Text: "In breach", Tone: Bad}, Number(1204), Time{At: now.Add(-90 * time.Minute), Now: now, Short: true}, Link{Text: "Explain", Hidden: "Harbour Tides", Href: "/components"}},
			{Link{Text: long, Href: "/components"}, Tag{Text: "Exempt until 1 July", Tone: Waiting}, Number(7), Time{Now: now}, Link{Text: "Explain", Hidden: "Harbour & Coast Weather", Href: "/components"}},
			{Text("Ferry"), Tag{Text: "Allowed", Tone: Good}, Number(0), Time{At: now.AddDate(-1, 0, 0), Now: now}, Text("")},
		},
		Total: Row{Text("Together"), Text(""), Number(1211), Text(""), Text("")},
		Pages: PagesAt(at, "apps", "a1", "a9"),
	}
	filter := NewFilter(at,
		&Field{Name: "q", Label: "App or maker", As: Input{Type: "search", Width: 20}},
		&Field{Name: "state", Label: "State", As: Select{Options: Options("", "Any", "breach", "In breach", "exempt", "Exempt", "allowed", "Allowed")}})
	return []Component{
		Heading("Tables"), filter, apps,
		Table{Caption: "Requests that wait for you", Columns: apps.Columns, Empty: Empty{Text: "Nothing waits for you.", Do: Link{Text: "See all requests", Href: "/components"}}},
		Table{Caption: "Bodies", Columns: []Column{{Title: "Body"}, {Title: "Officer"}}, Rows: []Row{
			{Branch{Link: Link{Text: "Government of Merrow", Href: "/components"}}, Named{Link: Link{Text: "Ada Holm", Href: "/components"}, More: Muted("ada.holm@merrow.example")}},
			{Branch{Link: Link{Text: "Harbour Office", Href: "/components"}, Below: "Government of Merrow", Depth: 1}, Named{Link: Link{Text: "Bjørn Lund", Href: "/components"}}},
		}},
		Tree{Of: "Bodies", Tops: []Twig{{Link: Link{Text: "Government of Merrow", Href: "/components"}, Below: []Twig{
			{Link: Link{Text: "Harbour Office", Href: "/components"}, More: Tag{Text: "Its own allow rules alone"}, Line: "2 directly below", Below: []Twig{{Link: Link{Text: long, Href: "/components"}}, {Link: Link{Text: "Pilots", Href: "/components"}}}},
			{Link: Link{Text: "Archive", Href: "/components"}, More: Muted("which nobody has asked for a year")},
		}}, {Link: Link{Text: "House of Merrow", Href: "/components"}}}},
		Bars{Caption: "Devices that have not confirmed, by body", Label: "Body", Unit: "Devices", Items: []Bar{{Label: "Harbour office", Value: 4210, Href: "/components"}, {Label: "Department of Light, Fog and Signals", Value: 960}, {Label: "Archive", Value: 0}}},
		Bars{Caption: "Devices that went silent", Label: "Body", Unit: "Devices", Empty: Empty{Text: "Every device has been heard from within a week."}},
		Heading("Progress"),
		Progress{Of: "Devices that have confirmed", Done: 1234, Total: 5000, Again: at.Path},
		Progress{Of: "Bodies that have acknowledged", Done: 12, Total: 12},
	}
}

func sampleGraph() []Component {
	return []Component{
		Heading("A drawing"),
		Graph{ID: "drawing", Title: "Who owns whom", About: "A box is a company, round corners are a product. A broken line is what does not hold now.",
			Nodes: []GraphNode{
				{Name: "Merrow Holdings", Href: "/components", Marks: []GraphMark{{Stop: true, Text: "Ban for the Government of Merrow"}}}, {Name: long, Href: "/components", Here: true},
				{Name: "Sold long ago Ltd", Href: "/components"}, {Name: "Harbour Tides", Href: "/components", Shape: GraphRound, Marks: []GraphMark{{Text: "Phase-out"}}}, {Name: "36 more companies", Href: "/components", Shape: GraphMore},
			},
			Edges: []GraphEdge{{0, 1, "owned, since 3\u00a0May\u00a02020", false}, {1, 2, "owned, until 1\u00a0June\u00a02024", true}, {1, 3, "made", false}, {0, 4, "owned", false}, {2, 0, "owned", true}}},
		Graph{ID: "none", Title: "Who owns whom", Empty: Empty{Text: "Nobody has said who owns whom."}},
	}
}

func sampleCurve(now time.Time) []Component {
	return []Component{
		Heading("A curve"),
		Curve{ID: "curve", Title: "Taking hold", About: "The line is how many devices had confirmed it by when.", Unit: "Confirmed", All: "1 204 devices can tell", Total: 1204, Now: now,
			Points: []CurvePoint{{now.Add(-time.Hour), 0}, {now.Add(-50 * time.Minute), 640}, {now.Add(-40 * time.Minute), 1100}, {now, 1180}}},
	}
}

func sampleForm() []Component {
	form := &Form{
		ID: "sample", Action: "/components", Version: "7", Hidden: []Hidden{{Name: "app", Value: "tides"}},
		Fields: []*Field{
			{Name: "name", Label: "Full name", Hint: "As it stands on the pass", Values: []string{long}, As: Input{Complete: "off"}},
			{Name: "fee", Label: "Fee", Optional: true, As: Input{Prefix: "€", Suffix: "a year", Width: 5, Numeric: true}},
			{Name: "why", Label: "Why is it needed?", As: Textarea{Long: 400}},
			{Name: "body", Label: "Body", As: Select{Options: Options("", "Choose one", "harbour", "Harbour office", "light", "Department of Light, Fog and Signals")}, Under: "Where it is needed"},
			{Name: "since", Label: "Since when?", Hint: "For example, 27 3 2026", Values: []string{"31", "2", "2026"}, As: Date{}, Under: "Where it is needed"},
			{Name: "whose", Label: "Whose phone is it?", Values: []string{"other"}, As: Radios{Options: []Option{
				{Value: "work", Label: "The office's"}, {Value: "own", Label: "My own", Hint: "Nothing of it is recorded"},
				{Value: "other", Label: "Somebody else's", Or: "or", Reveals: []*Field{{Name: "owner", Label: "Whose?"}}}}}},
			{Name: "sure", Label: "Is it with you now?", As: Radios{Inline: true, Options: Options("yes", "Yes", "no", "No")}},
			{Name: "seen", Label: "What have you seen?", Hint: "Choose all that apply", Values: []string{"advert"}, As: Checkboxes{Options: []Option{
				{Value: "advert", Label: "Advertising"}, {Value: "contacts", Label: "It asks for my contacts", Hint: "Even if you refused"}, {Value: "else", Label: "Something else", Reveals: []*Field{{Name: "what", Label: "What?"}}}}}},
			{Name: "stands", Label: "Your answer", Hidden: "to: it reads no contacts", As: Textarea{Rows: 3}, Beside: Stack{Subheading("It reads no contacts"), Para("Its manifest asks for them."), Paragraph{Tag{Text: "Not met", Tone: Bad}}}},
			{Name: "apk", Label: "The app's file", Hint: "An APK or an IPA, at most 500 MB", As: File{Accept: ".apk,.ipa", Most: 500 << 20}},
		},
		Buttons: ButtonGroup{{Text: "Send"}, {Text: "Save as a draft", Name: "draft", Value: "yes", Kind: Secondary}, Cancel("/components")},
	}
	for _, name := range []string{"name", "why", "body", "since", "whose", "owner", "seen", "apk"} {
		form.Fail(fault.In(name, "This is what an error of the field “%s” looks like: it says what to do", form.Field(name).Label))
	}
	form.Fail(fault.New(fault.Changed, "Somebody else has changed this meanwhile: look at it and send yours again"))
	return []Component{Heading("A form"), form}
}

func sampleActions() []Component {
	return []Component{
		Heading("Actions"),
		ButtonGroup{{Text: "Allow", Href: "/components"}, {Text: "Look closer", Href: "/components", Kind: Secondary}, Cancel("/components")},
		Post{Action: "/components", Hidden: []Hidden{{Name: "request", Value: "r1"}}, Button: Button{Text: "Take this request", Kind: Secondary}},
		Heading("Asking before what cannot be undone"),
		Confirm{Says: []string{"The device is erased and locked. It cannot be used again."}, Facts: Summary{Rows: []SummaryRow{{Key: "Device", Value: Text("HBR-PHONE-07")}}},
			Warning: "This cannot be taken back.", Form: &Form{ID: "confirm", Action: "/components", Buttons: ButtonGroup{{Text: "Erase the device", Kind: Danger}, Cancel("/components")}}},
	}
}
