package vetting

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"

	"portcullis/internal/fault"
	room "portcullis/vetting"
	approvalpages "portcullis/web/approvals"
	"portcullis/web/ui"
)

// How many bytes an app may have, what a browser sends around it, and one answer beside it.
const (
	maxFile   = room.MaxFile
	maxUpload = maxFile + 1<<20
	maxAnswer = 16 << 10 // a reason of 2,000 characters, in any script
)

// accepted are the endings of files that can be looked at.
const accepted = ".apk,.xapk,.apks,.apkm,.aab,.ipa,.zip"

// look asks for an app, and has it looked at.
func (a *area) look(w http.ResponseWriter, r *http.Request) error {
	q, err := a.handIn(r)
	if err != nil {
		return err
	}
	if r.Method != http.MethodPost {
		return q.Show(w, r, http.StatusOK)
	}
	id, err := a.take(r, q.Form)
	switch {
	case q.Form.Fail(err):
		return q.Show(w, r, http.StatusUnprocessableEntity)
	case err != nil:
		return err
	}
	return ui.See(w, r, Path(id)+"?done=looked")
}

// handIn is the page on which a file is handed in: for the proposal that the address names, or for a body.
func (a *area) handIn(r *http.Request) (ui.Question, error) {
	file := &ui.Field{Name: "file", Label: "The app’s file", Hint: "APK, XAPK, APKS, APKM or AAB for Android; IPA for iPhones and iPads; an app for Macs in a ZIP. 1 GB at most", As: ui.File{Accept: accepted, Most: maxFile}}
	form := &ui.Form{Fields: []*ui.Field{file}, Buttons: ui.ButtonGroup{{Text: "Look at it"}, ui.Cancel("/vetting")}}
	page := ui.Page{Title: "Look at an app", Crumbs: crumbs, Scripts: []string{ui.UploadScript}, Content: []ui.Component{
		ui.Para("The app is read, and not run: what of people’s it can reach, who signed it, whose code is in it, and what could not be looked at. The file itself is not kept, and goes nowhere."),
	}}
	if id := r.URL.Query().Get("proposal"); id != "" {
		v, err := a.Approvals.Proposal(r.Context(), actor(r), id)
		if err != nil {
			return ui.Question{}, err
		}
		page.Caption, page.Crumbs, page.Back = a.decisions().Title(&v.Proposal), nil, approvalpages.ProposalPath(id)
		form.Buttons[1] = ui.Cancel(page.Back)
		return ui.Question{Page: page, Form: form}, nil
	}
	bodies, err := a.bodies(r)
	if err != nil {
		return ui.Question{}, err
	}
	body := &ui.Field{Name: "organisation", Label: "For which body?", Hint: "Its criteria are asked, and whoever reviews apps there sees what was found", Values: given(r.URL.Query().Get("organisation")), As: ui.Select{Options: bodies}}
	form.Fields = []*ui.Field{body, file}
	if id := r.URL.Query().Get("after"); id != "" {
		last, err := a.Vetting.Assessment(r.Context(), actor(r), id)
		if err != nil {
			return ui.Question{}, err
		}
		page.Title, page.Caption = "Look at a later version", called(last.Report)
		page.Content = append(page.Content, ui.Paragraph{ui.Text("What has changed since is shown beside what is found. "), ui.Link{Text: "See what was found in it before", Href: Path(id)}})
	}
	return ui.Question{Page: page, Form: form}, nil
}

// bodies are the organisations to choose from, that of who asks first.
func (a *area) bodies(r *http.Request) ([]ui.Option, error) {
	return a.things.Organisations(r)
}

// take reads what was sent, and has the file looked at.
func (a *area) take(r *http.Request, form *ui.Form) (id string, err error) {
	sent, err := a.receive(r)
	if sent.file != nil {
		defer sent.drop()
	}
	form.FillFrom(sent.answers)
	if err != nil {
		return "", err
	}
	up := room.Upload{Organisation: form.Value("organisation"), Name: sent.name, Size: sent.size, File: sent.file}
	up.Proposal = r.URL.Query().Get("proposal")
	seen, err := a.Vetting.Assess(r.Context(), actor(r), up)
	return seen.ID, err
}

// sent is what came with an upload. Its file has no name in the folder that it lies in, so that nothing can be left
// behind.
type sent struct {
	answers url.Values
	name    string
	size    int64
	file    *os.File
}

// drop lets the file go.
func (s *sent) drop() {
	_ = s.file.Close() // it was to be read, and is gone with this
	_ = os.Remove(s.file.Name())
}

// receive takes in what a browser sends, the file to the folder for such.
func (a *area) receive(r *http.Request) (s sent, err error) {
	s.answers = url.Values{}
	parts, err := r.MultipartReader()
	if err != nil {
		return s, fault.In("file", "Choose the file")
	}
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF) && s.file == nil:
			return s, fault.In("file", "Choose the file")
		case errors.Is(err, io.EOF):
			return s, nil
		case err != nil:
			return s, damaged(err)
		}
		if part.FileName() == "" {
			text, err := io.ReadAll(io.LimitReader(part, maxAnswer))
			if err != nil {
				return s, damaged(err)
			}
			s.answers.Add(part.FormName(), string(text))
			continue
		}
		if err := a.wanted(r, &s); err != nil {
			return s, err
		}
		if err := a.store(&s, part); err != nil {
			return s, err
		}
	}
}

// wanted returns the fault with which the file would be refused, before it is taken in: browsers send the other answers first.
func (a *area) wanted(r *http.Request, s *sent) error {
	body, proposal := s.answers.Get("organisation"), r.URL.Query().Get("proposal")
	if body == "" && proposal == "" {
		return nil
	}
	return a.Vetting.MayAssess(r.Context(), actor(r), body, proposal)
}

// store writes the file that is sent into the folder.
func (a *area) store(s *sent, part *multipart.Part) (err error) {
	if s.file != nil {
		return fault.In("file", "Hand in one file at a time")
	}
	s.name = part.FileName()
	if s.file, err = os.CreateTemp(a.Folder, "vetting-*"); err != nil {
		return err
	}
	_ = os.Remove(s.file.Name()) // where a system keeps the name of what is open, drop removes it
	s.size, err = io.Copy(s.file, io.LimitReader(part, maxFile+1))
	switch {
	case err != nil:
		return damaged(err)
	case s.size > maxFile:
		return tooLarge()
	case s.size == 0:
		return fault.In("file", "The file is empty: choose the app’s file again")
	}
	return nil
}

func tooLarge() error {
	return fault.In("file", "The file has more than 1 GB, which is the most that is taken")
}

// damaged is what somebody is told whose file did not come in whole.
func damaged(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return tooLarge()
	}
	return fault.In("file", "The file did not arrive whole: choose it again")
}
