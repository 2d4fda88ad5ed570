package api

import (
	"context"
	"time"

	"portcullis/handbook"
)

// RecordAid finds out, by a few questions, whether what was said on a private channel belongs to the official record.
type RecordAid struct {
	Questions []RecordQuestion          `json:"questions" doc:"It begins with the first"`
	Outcomes  map[string]RecordGuidance `json:"outcomes" doc:"What to do: pass-on, no-need and ask"`
}

// RecordQuestion is answered by yes or no.
type RecordQuestion struct {
	ID   string       `json:"id"`
	Ask  string       `json:"ask"`
	Hint string       `json:"hint,omitempty"`
	Yes  RecordAnswer `json:"yes"`
	No   RecordAnswer `json:"no"`
}

// RecordAnswer says why it matters, and what comes then.
type RecordAnswer struct {
	Because string `json:"because"`
	Next    string `json:"next,omitempty" doc:"The question that comes next; or else then"`
	Then    string `json:"then,omitempty" enum:"pass-on,no-need,ask" doc:"The outcome"`
}

// RecordGuidance is what to do.
type RecordGuidance struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

func (a *api) getRecordAid(ctx context.Context, _ *struct{}) (*single[RecordAid], error) {
	aid, shown := handbook.DecisionAid(), RecordAid{Questions: []RecordQuestion{}, Outcomes: map[string]RecordGuidance{}}
	answer := func(a handbook.Answer) RecordAnswer { return RecordAnswer{a.Because, a.Next, string(a.Then)} }
	for _, q := range aid.Questions {
		shown.Questions = append(shown.Questions, RecordQuestion{q.ID, q.Ask, q.Hint, answer(q.Yes), answer(q.No)})
	}
	for outcome, words := range aid.Outcomes {
		shown.Outcomes[string(outcome)] = RecordGuidance{words.Title, words.Text}
	}
	return &single[RecordAid]{Body: shown}, nil
}

// PassedNote says that a conversation on a private channel went to the official record. It holds nothing of what was said.
type PassedNote struct {
	ID           string    `json:"id"`
	Person       string    `json:"person" doc:"The id of who wrote it"`
	Organisation string    `json:"organisation" doc:"To which they belonged then"`
	Day          string    `json:"day" format:"date" doc:"On which they talked"`
	Channel      string    `json:"channel" enum:"messaging,mail,calls,other"`
	With         string    `json:"with"`
	Subject      string    `json:"subject"`
	Where        string    `json:"where" doc:"Where the record went"`
	Version      int64     `json:"version"`
	Written      time.Time `json:"written" doc:"When the first version was"`
	Recorded     time.Time `json:"recorded" doc:"When this version was"`
	Replaced     time.Time `json:"replaced,omitzero" doc:"Since when it is otherwise; left out while it stands"`
}

func showPassed(p handbook.Passed) PassedNote {
	return PassedNote{
		ID: p.ID, Person: p.Person, Organisation: p.Organisation, Day: p.Day, Channel: string(p.Channel), With: p.With, Subject: p.Subject, Where: p.Where,
		Version: p.Version, Written: p.Written.Time(), Recorded: p.Recorded.Time(), Replaced: p.Replaced.Time(),
	}
}

type passedQuery struct {
	Paging
	Organisation string `query:"organisation" maxLength:"200" doc:"Those of an organisation and all below it; without it, all that may be seen"`
}

func (a *api) listPassed(ctx context.Context, in *passedQuery) (*list[PassedNote], error) {
	return paged(in.Paging, "/record/notes", given("organisation", in.Organisation), func(after cursor, limit int) ([]handbook.Passed, error) {
		return a.Handbook.PassedIn(ctx, actorOf(ctx), in.Organisation, after.ID, limit)
	}, func(p handbook.Passed) cursor { return cursor{ID: p.ID} }, showPassed)
}

func (a *api) getPassed(ctx context.Context, in *ID) (*list[PassedNote], error) {
	found, err := a.Handbook.Passed(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return whole(found, showPassed), nil
}
