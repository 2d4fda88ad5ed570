package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/vetting"
	"portcullis/vetting/report"
	"portcullis/web/gate"
)

// VettedApp is what was found in an app, in a few words.
type VettedApp struct {
	ID           string    `json:"id" example:"01kq3t8w9v0000000000000000"`
	Organisation string    `json:"organisation" example:"dept-a" doc:"For which it was looked at"`
	Proposal     string    `json:"proposal,omitempty" doc:"For which it is evidence"`
	Digest       string    `json:"digest" doc:"SHA-256 of the report"`
	SHA256       string    `json:"sha256" doc:"Of the file"`
	File         string    `json:"file" example:"notes.apk"`
	Format       string    `json:"format,omitempty" example:"apk"`
	Platform     string    `json:"platform,omitempty" example:"android"`
	Package      string    `json:"package,omitempty" example:"com.example.notes"`
	Name         string    `json:"name,omitempty"`
	VersionName  string    `json:"versionName,omitempty" example:"5.2"`
	VersionCode  string    `json:"versionCode,omitempty" example:"502"`
	Error        string    `json:"error,omitempty" doc:"Why the file could not be read"`
	NotMet       int       `json:"notMet" doc:"How many criteria are not met"`
	NotKnown     int       `json:"notKnown" doc:"Of how many it is not known"`
	By           string    `json:"by" doc:"Who had it looked at"`
	At           time.Time `json:"at"`
	Outcome      string    `json:"outcome,omitempty" enum:"allow,refuse,ask,consult,keep" doc:"Of its last review, apart from those of the code in it alone; left out where there is none"`
	KitsWait     bool      `json:"kitsWait" doc:"Whether a reviewer has seen code of others in it that nobody has confirmed yet for all organisations"`
}

// VettedAppReport is what was found in an app, and what stands beside it.
type VettedAppReport struct {
	VettedApp
	Report      json.RawMessage `json:"report" doc:"As portcullis vet --format json writes it"`
	Product     string          `json:"product,omitempty" doc:"Of the register, which has the app's identifier"`
	Misfit      string          `json:"misfit,omitempty" doc:"Why nothing can be concluded from it in its proposal, which asks for another app; left out where something can"`
	Current     bool            `json:"current" doc:"Whether it was held to the criteria as they are now. If not, nothing can be concluded from it: hold it to them again"`
	Before      string          `json:"before,omitempty" doc:"The last report before it of the same app"`
	Differences []AppChange     `json:"differences" doc:"From that one"`
	Cautions    []string        `json:"cautions" doc:"Of which differences it is not known whether they are all, or new"`
	Kits        []AppKit        `json:"kits"`
	Reviews     []AppReview     `json:"reviews"`
}

// AppChange is one difference between two reports of an app.
type AppChange struct {
	About     string `json:"about" example:"kit" doc:"app, signer, criterion, data, kit, permission, trait, domain or coverage"`
	Direction string `json:"direction" enum:"came,went,otherwise"`
	Value     string `json:"value"`
	Was       string `json:"was,omitempty"`
	Is        string `json:"is,omitempty"`
	Words     string `json:"words"`
}

// AppKit is somebody else's code in an app.
type AppKit struct {
	ID        string `json:"id" example:"bytedance-pangle"`
	Product   string `json:"product,omitempty" doc:"Of the register; left out where that does not have it yet"`
	Supplier  string `json:"supplier,omitempty"`
	Contained bool   `json:"contained" doc:"Whether the register says already that the app has it"`
	Addable   bool   `json:"addable" doc:"Whether a reviewer can confirm it"`
}

// AppReview is what a reviewer concluded.
type AppReview struct {
	ID           string         `json:"id"`
	Report       string         `json:"report" doc:"The id of the report"`
	Digest       string         `json:"digest" doc:"SHA-256 of the report"`
	Organisation string         `json:"organisation"`
	Proposal     string         `json:"proposal,omitempty"`
	Act          string         `json:"act,omitempty" doc:"The step that it was in the proposal"`
	Product      string         `json:"product,omitempty"`
	Version      string         `json:"version,omitempty" doc:"Of the app"`
	Outcome      string         `json:"outcome" enum:"allow,refuse,ask,consult,keep,confirm"`
	Rationale    string         `json:"rationale"`
	Risk         string         `json:"risk,omitempty"`
	Answers      []AppAnswer    `json:"answers"`
	Publish      []string       `json:"publish" doc:"What may be published: rationale, and criteria whose answers may"`
	Contains     []ConfirmedKit `json:"contains" doc:"The kits that the reviewer confirmed"`
	Proposed     []string       `json:"proposed" doc:"The kits that they have seen in it, and that others had to confirm, who may for all organisations"`
	Waits        bool           `json:"waits" doc:"Whether nobody has done so yet"`
	By           string         `json:"by"`
	At           time.Time      `json:"at"`
}

// AppAnswer is what a reviewer says to a criterion.
type AppAnswer struct {
	Criterion string `json:"criterion" example:"contacts" doc:"Its id"`
	Text      string `json:"text"`
}

// ConfirmedKit is a kit that a reviewer has confirmed.
type ConfirmedKit struct {
	SDK        string   `json:"sdk" example:"bytedance-pangle"`
	Product    string   `json:"product"`
	Since      string   `json:"since,omitempty" doc:"From which version of the app on; from any where it is left out"`
	Added      []string `json:"added,omitempty" doc:"What the register did not have before: the kit, and who makes it"`
	Unverified bool     `json:"unverified,omitempty" doc:"Whether one source alone says whose it is"`
}

// AppCriteria is what is asked of apps in an organisation.
type AppCriteria struct {
	Of      string    `json:"of,omitempty" doc:"Whose file it is: the organisation's own or that of the nearest above; left out of what comes with the program"`
	Name    string    `json:"name"`
	Version string    `json:"version"`
	Text    string    `json:"text" doc:"The file, in YAML"`
	Digest  string    `json:"digest" doc:"SHA-256 of the file"`
	By      string    `json:"by,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Reason  string    `json:"reason,omitempty"`
}

// AppDue is an app that is to be looked at again.
type AppDue struct {
	Product      string `json:"product"`
	Name         string `json:"name"`
	Package      string `json:"package"`
	Platform     string `json:"platform" example:"android"`
	Organisation string `json:"organisation" doc:"Whose review it was: it counts for that and all below it"`
	Reviewed     string `json:"reviewed" doc:"The newest version that was reviewed"`
	Report       string `json:"report" doc:"The report on which that rests"`
	Installed    string `json:"installed" doc:"The newest version on devices"`
	Hosts        int    `json:"hosts" doc:"How many devices have a later one than was reviewed"`
}

func showVetted(s vetting.Summary) VettedApp {
	return VettedApp{s.ID, s.Organisation, s.Proposal, s.Digest, s.SHA256, s.File, string(s.Format), s.Platform.String(), s.Package, s.Name, s.VersionName, s.VersionCode, s.Error,
		s.NotMet, s.NotKnown, s.By, s.At.Time(), string(s.Outcome), s.Waits}
}

func showReview(r vetting.Review) AppReview {
	shown := AppReview{ID: r.ID, Report: r.Assessment, Digest: r.Digest, Organisation: r.Organisation, Proposal: r.Proposal, Act: string(r.Act), Product: r.Product, Version: r.Version,
		Outcome: string(r.Outcome), Rationale: r.Rationale, Risk: r.Risk, Answers: []AppAnswer{}, Publish: append([]string{}, r.Publish...), Contains: []ConfirmedKit{}, Proposed: append([]string{}, r.Proposed...), Waits: r.Waits, By: r.By, At: r.At.Time()}
	for _, a := range r.Answers {
		shown.Answers = append(shown.Answers, AppAnswer(a))
	}
	for _, c := range r.Contains {
		shown.Contains = append(shown.Contains, ConfirmedKit(c))
	}
	return shown
}

func showAssessment(a *vetting.Assessment) (shown VettedAppReport, err error) {
	var text bytes.Buffer
	if err := report.WriteJSON(&text, a.Report); err != nil {
		return shown, err
	}
	shown = VettedAppReport{VettedApp: showVetted(a.Summary), Report: bytes.TrimSpace(text.Bytes()), Product: a.Product, Misfit: a.Misfit, Current: a.Criteria,
		Differences: []AppChange{}, Cautions: []string{}, Kits: []AppKit{}, Reviews: []AppReview{}}
	if a.Differences != nil {
		shown.Before, shown.Cautions = a.Before.ID, a.Differences.Cautions
		for _, c := range a.Differences.Changes {
			shown.Differences = append(shown.Differences, AppChange{string(c.About), string(c.Direction), c.Value, c.Was, c.Is, c.Words})
		}
	}
	for _, k := range a.Kits {
		shown.Kits = append(shown.Kits, AppKit{k.SDK.ID, k.Product, k.Supplier, k.Contained, k.Addable})
	}
	for _, r := range a.Reviews {
		shown.Reviews = append(shown.Reviews, showReview(r))
	}
	return shown, nil
}

func showCriteria(a vetting.Asked) AppCriteria {
	return AppCriteria{a.Of, a.Set.Name, a.Set.Version, a.Text, a.Digest, a.By, a.At.Time(), a.Reason}
}

type vettedQuery struct {
	Paging
	Organisation string `query:"organisation" maxLength:"200" doc:"Those for this organisation and all below it"`
	Package      string `query:"package" maxLength:"300" doc:"Those of one app, as its platform calls it"`
	Proposal     string `query:"proposal" maxLength:"64" doc:"Those for one proposal"`
	KitsWait     bool   `query:"kitsWait" doc:"Those with code of others that a reviewer has seen, and that nobody has confirmed yet"`
}

func (a *api) listVetted(ctx context.Context, in *vettedQuery) (*list[VettedApp], error) {
	waits := ""
	if in.KitsWait {
		waits = "true"
	}
	return paged(in.Paging, "/vetting/reports", given("organisation", in.Organisation, "package", in.Package, "proposal", in.Proposal, "kitsWait", waits), func(after cursor, limit int) ([]vetting.Summary, error) {
		found, err := a.Vetting.Assessments(ctx, actorOf(ctx), vetting.Query{Organisation: in.Organisation, Package: in.Package, Proposal: in.Proposal, Waiting: in.KitsWait, After: after.ID, Limit: limit})
		return found.Assessments, err
	}, func(s vetting.Summary) cursor { return cursor{ID: s.ID} }, showVetted)
}

func (a *api) getVetted(ctx context.Context, in *ID) (*single[VettedAppReport], error) {
	found, err := a.Vetting.Assessment(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	shown, err := showAssessment(&found)
	return &single[VettedAppReport]{Body: shown}, err
}

type vettedAgain struct {
	ID
	Body struct {
		Organisation string `json:"organisation,omitempty" doc:"For which; as before where it is left out, with proposal"`
		Proposal     string `json:"proposal,omitempty" doc:"For which it is to be evidence"`
	} `nameHint:"VettedAgain"`
}

func (a *api) vetAgain(ctx context.Context, in *vettedAgain) (*single[VettedAppReport], error) {
	found, err := a.Vetting.Again(ctx, actorOf(ctx), in.ID.ID, in.Body.Organisation, in.Body.Proposal)
	if err != nil {
		return nil, err
	}
	shown, err := showAssessment(&found)
	return &single[VettedAppReport]{Location: Base + "/vetting/reports/" + segment(found.ID), Body: shown}, err
}

type newReview struct {
	ID
	Body struct {
		Proposal  string      `json:"proposal,omitempty" doc:"In which it is a step; left out to keep and to confirm"`
		Version   int64       `json:"version,omitempty" doc:"Of the proposal, as you saw it"`
		Outcome   string      `json:"outcome" enum:"allow,refuse,ask,consult,keep,confirm" doc:"The next step in the proposal, its refusal, a question to who asked for the app, one to the centre, that what stands may stay, or of contains alone which of the kits are in it"`
		Rationale string      `json:"rationale" doc:"Why; of ask and consult the question"`
		Risk      string      `json:"risk,omitempty" doc:"To allow: what it is, also where it is small"`
		Answers   []AppAnswer `json:"answers,omitempty" doc:"To allow and to keep: to each criterion that is not met or not known"`
		Publish   []string    `json:"publish,omitempty" doc:"What may be published: rationale, and ids of criteria that are answered"`
		Contains  []string    `json:"contains,omitempty" example:"[\"bytedance-pangle\"]" doc:"Ids of kits that are in it. Where you may not say so for all organisations, that waits for somebody who may"`
		Terms     *AppTerms   `json:"terms,omitempty" doc:"On what terms it is allowed, where this is the step that grants it"`
	} `nameHint:"NewReview"`
}

func (a *api) concludeVetted(ctx context.Context, in *newReview) (*single[AppReview], error) {
	b := &in.Body
	c := vetting.Conclusion{Assessment: in.ID.ID, Proposal: b.Proposal, Version: b.Version, Outcome: vetting.Outcome(b.Outcome), Rationale: b.Rationale, Risk: b.Risk, Publish: b.Publish, Contains: b.Contains}
	for _, answer := range b.Answers {
		c.Answers = append(c.Answers, vetting.Answer(answer))
	}
	var err error
	if c.Terms, err = b.Terms.read(); err != nil {
		return nil, err
	}
	made, err := a.Vetting.Conclude(ctx, actorOf(ctx), c)
	if err != nil {
		return nil, err
	}
	return &single[AppReview]{Location: Base + "/vetting/reports/" + segment(made.Assessment), Body: showReview(made)}, nil
}

// read are the terms in the room's words; nil where none are given.
func (t *AppTerms) read() (*approvals.Terms, error) {
	if t == nil {
		return nil, nil
	}
	draft := RuleDraft{Platforms: t.Platforms, MinVersionCode: t.MinVersionCode}
	rule, err := draft.rule()
	if err != nil {
		return nil, err
	}
	return &approvals.Terms{Product: t.Product, Identifier: t.Identifier, MinVersion: t.MinVersion, MinVersionCode: rule.MinVersionCode, Platforms: rule.Platforms, Until: people.TimeOf(t.Until)}, nil
}

type reviewQuery struct {
	Product  string `query:"product" maxLength:"200" doc:"Those of a product"`
	Proposal string `query:"proposal" maxLength:"64" doc:"Those in a proposal"`
}

func (a *api) listReviews(ctx context.Context, in *reviewQuery) (*list[AppReview], error) {
	found, err := a.Vetting.Reviews(ctx, actorOf(ctx), in.Product, in.Proposal, 0)
	return whole(found, showReview), err
}

// mostDue is how many apps are listed that are to be looked at again.
const mostDue = 200

func (a *api) listAppsDue(ctx context.Context, _ *struct{}) (*list[AppDue], error) {
	found, err := a.Vetting.Due(ctx, actorOf(ctx), mostDue)
	return whole(found, func(d vetting.Due) AppDue {
		return AppDue{d.Product, d.Name, d.Package, d.Platform.String(), d.Organisation, d.Reviewed, d.Assessment, d.Installed, d.Hosts}
	}), err
}

func (a *api) getCriteria(ctx context.Context, in *ID) (*single[AppCriteria], error) {
	asked, err := a.Vetting.Criteria(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &single[AppCriteria]{Body: showCriteria(asked)}, nil
}

type newCriteria struct {
	ID
	Body struct {
		Text   string `json:"text" doc:"The file, in YAML; empty to go by that of the organisation above again"`
		Reason string `json:"reason"`
	} `nameHint:"NewCriteria"`
}

func (a *api) setCriteria(ctx context.Context, in *newCriteria) (*single[AppCriteria], error) {
	asked, err := a.Vetting.SetCriteria(ctx, actorOf(ctx), in.ID.ID, in.Body.Text, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &single[AppCriteria]{Body: showCriteria(asked)}, nil
}

// AppTrackers is the list of trackers that is looked for in apps in an organisation.
type AppTrackers struct {
	Of       string    `json:"of,omitempty" doc:"Whose list it is: the organisation's own or that of the nearest above; left out where there is none"`
	Form     string    `json:"form,omitempty" enum:"exodus,blocker" doc:"Of Exodus Privacy, or of blocker-general-rules: what is in front of the ids of kits that are found by it"`
	Entries  int       `json:"entries" doc:"How many of its entries are looked for"`
	Problems []string  `json:"problems" doc:"What of it is not used, and why"`
	Text     string    `json:"text,omitempty" doc:"The file, in JSON"`
	Digest   string    `json:"digest,omitempty" doc:"SHA-256 of the file"`
	By       string    `json:"by,omitempty"`
	At       time.Time `json:"at,omitzero"`
	Reason   string    `json:"reason,omitempty"`
}

func showTrackers(t *vetting.Trackers) AppTrackers {
	shown := AppTrackers{Of: t.Of, Problems: []string{}, Text: t.Text, Digest: t.Digest, By: t.By, At: t.At.Time(), Reason: t.Reason}
	if t.List != nil {
		shown.Form, shown.Entries, shown.Problems = t.List.Name, len(t.List.Entries), append(shown.Problems, t.List.Problems...)
	}
	return shown
}

func (a *api) getTrackers(ctx context.Context, in *ID) (*single[AppTrackers], error) {
	found, err := a.Vetting.Trackers(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &single[AppTrackers]{Body: showTrackers(&found)}, nil
}

type newTrackers struct {
	ID
	Body struct {
		Text   string `json:"text" doc:"The file, in JSON, in the form of Exodus Privacy or of blocker-general-rules; empty to go by that of the organisation above again"`
		Reason string `json:"reason"`
	} `nameHint:"NewTrackers"`
}

func (a *api) setTrackers(ctx context.Context, in *newTrackers) (*single[AppTrackers], error) {
	found, err := a.Vetting.SetTrackers(ctx, actorOf(ctx), in.ID.ID, in.Body.Text, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &single[AppTrackers]{Body: showTrackers(&found)}, nil
}

const vetPath = "/vetting/reports"

// addVetting makes the route that takes in the file of an app, and describes it: huma would have all of it in memory.
func (a *api) addVetting() {
	const summary = "Have the file of an app looked at; what was found is kept, and the file is not"
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, vetting.MaxFile)
		err := intake{}.precondition(r)
		if err == nil {
			err = checkQuery(r.URL.RawQuery)
		}
		if err == nil {
			err = a.vet(w, r)
		}
		if err != nil {
			Fail(w, a.referenced(r), err)
		}
	})
	a.routes = append(a.routes, gate.Route{Pattern: "POST " + Base + vetPath, Permission: people.AssessApps, Long: true, Handler: handler, Fail: Fail})
	a.listed = append(a.listed, Listed{http.MethodPost, Base + vetPath, summary, people.AssessApps})

	schema := func(v any) *huma.Schema {
		return a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(v), true, "")
	}
	o := &huma.Operation{
		OperationID: "vet-app", Method: http.MethodPost, Path: vetPath, Summary: summary, Tags: []string{"vetting"}, DefaultStatus: http.StatusCreated,
		Description: "Needs the permission " + string(people.AssessApps) + ": may " + people.AssessApps.What() + ". It takes no Idempotency-Key: the same file once more is the same report.",
		Security:    []map[string][]string{{tokenScheme: {}}},
		Extensions:  map[string]any{"x-permission": string(people.AssessApps)},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}},
		Responses:   map[string]*huma.Response{"201": {Description: http.StatusText(http.StatusCreated), Content: map[string]*huma.MediaType{"application/json": {Schema: schema(VettedAppReport{})}}}},
	}
	for _, p := range [][2]string{{"organisation", "For which it is looked at: its criteria are asked. Left out with proposal"}, {"proposal", "For which it is evidence"}, {"name", "What the file is called"}} {
		o.Parameters = append(o.Parameters, &huma.Param{Name: p[0], In: "query", Schema: &huma.Schema{Type: huma.TypeString}, Description: p[1]})
	}
	problems := append(intake{}.problems(http.MethodPost, vetPath), http.StatusNotFound, http.StatusInternalServerError, http.StatusServiceUnavailable)
	for _, status := range problems {
		o.Responses[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status), Content: map[string]*huma.MediaType{problemType: {Schema: schema(Problem{})}}}
	}
	a.huma.OpenAPI().AddOperation(o)
}

// vet takes in the file of an app, and has it looked at.
func (a *api) vet(w http.ResponseWriter, r *http.Request) error {
	query, actor := r.URL.Query(), gate.Actor(r.Context())
	for name := range query {
		if name != "organisation" && name != "proposal" && name != "name" {
			return refuse(fault.Invalid, name, "There is no such parameter: there are organisation, proposal and name")
		}
	}
	u := vetting.Upload{Organisation: query.Get("organisation"), Proposal: query.Get("proposal"), Name: query.Get("name")}
	if err := a.Vetting.MayAssess(r.Context(), actor, u.Organisation, u.Proposal); err != nil {
		return err
	}
	file, err := os.CreateTemp(a.Folder, "vetting-*")
	if err != nil {
		return err
	}
	// Whatever happens, nothing is left behind: where a system lets go of a name while the file is open, it goes at once.
	removed := os.Remove(file.Name()) == nil
	defer func() {
		_ = file.Close()
		if !removed {
			_ = os.Remove(file.Name())
		}
	}()
	var large *http.MaxBytesError
	if u.Size, err = io.Copy(file, r.Body); errors.As(err, &large) {
		return refuse(tooLarge, "file", "A file may have %d MiB at most", large.Limit>>20)
	} else if err != nil {
		return err
	}
	u.File = file
	found, err := a.Vetting.Assess(r.Context(), actor, u)
	if err != nil {
		return err
	}
	shown, err := showAssessment(&found)
	if err != nil {
		return err
	}
	w.Header().Set("Location", Base+vetPath+"/"+segment(found.ID))
	return answerMade(w, shown)
}

// answerMade is answerJSON for what was made.
func answerMade(w http.ResponseWriter, v any) error {
	encoded, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write(append(encoded, '\n')) // what the other side no longer takes cannot be told to anybody
	return nil
}
