package api

import (
	"context"
	"time"

	"portcullis/handbook"
	"portcullis/people"
)

// Advice is one version of a piece of advice.
type Advice struct {
	ID string `json:"id" example:"own-devices"`
	AboutWhat
	Words
	Version   int64     `json:"version"`
	Starter   bool      `json:"starter,omitempty" doc:"It came with the program, and the centre has put nothing in its place"`
	TakenBack bool      `json:"takenBack,omitempty" doc:"Nothing is advised any more; title and text are what was advised last"`
	By        string    `json:"by,omitempty" doc:"Who kept it, as the ledger names them; left out of what came with the program"`
	Recorded  time.Time `json:"recorded,omitzero" doc:"Since when it is so; left out of what came with the program"`
	Replaced  time.Time `json:"replaced,omitzero" doc:"Since when it is otherwise; left out while it stands"`
}

// AboutWhat is what a piece of advice is about.
type AboutWhat struct {
	Subject string `json:"subject" enum:"personal,platform,product,channel" doc:"personal: one's own devices in general"`
	Of      string `json:"of,omitempty" example:"android" doc:"The platform, the id of the product, or the channel: messaging, mail or calls"`
}

// Words are what is advised.
type Words struct {
	Title string `json:"title" example:"On your own phone"`
	Text  string `json:"text" doc:"Paragraphs, with an empty line between them; a line that begins with - is of a list"`
}

func showAdvice(a handbook.Advice) Advice {
	return Advice{
		ID: a.ID, AboutWhat: AboutWhat{string(a.Subject), a.Of}, Words: Words{a.Title, a.Text}, Version: a.Version, Starter: a.Starter, TakenBack: a.TakenBack,
		By: a.By, Recorded: a.Recorded.Time(), Replaced: a.Replaced.Time(),
	}
}

func oneAdvice(a handbook.Advice, err error) (*single[Advice], error) {
	if err != nil {
		return nil, err
	}
	return one(a.Version, showAdvice(a))
}

type adviceQuery struct {
	Subject string    `query:"subject" enum:"personal,platform,product,channel" doc:"What it is about; all, without it"`
	Of      string    `query:"of" maxLength:"200" doc:"The platform, the id of the product, or the channel"`
	At      time.Time `query:"at" example:"2026-03-01T00:00:00Z" doc:"What was advised then; now, without it"`
}

func (a *api) listAdvice(ctx context.Context, in *adviceQuery) (*list[Advice], error) {
	found, err := a.Handbook.AdviceAt(ctx, actorOf(ctx), handbook.About{Subject: handbook.Subject(in.Subject), Of: in.Of}, people.TimeOf(in.At))
	if err != nil {
		return nil, err
	}
	return whole(found, showAdvice), nil
}

// lastAdvice is the newest version of a piece of advice.
func (a *api) lastAdvice(ctx context.Context, id string) (none handbook.Advice, err error) {
	found, err := a.Handbook.AdviceVersions(ctx, actorOf(ctx), id)
	if err != nil {
		return none, err
	}
	return found[0], nil
}

func (a *api) getAdvice(ctx context.Context, in *ID) (*single[Advice], error) {
	return oneAdvice(a.lastAdvice(ctx, in.ID))
}

func (a *api) listAdviceVersions(ctx context.Context, in *ID) (*list[Advice], error) {
	found, err := a.Handbook.AdviceVersions(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return whole(found, showAdvice), nil
}

type newAdvice struct {
	Body struct {
		AboutWhat
		Words
	} `nameHint:"NewAdvice"`
}

func (a *api) addAdvice(ctx context.Context, in *newAdvice) (*single[Advice], error) {
	b := in.Body
	added, err := a.Handbook.AddAdvice(ctx, actorOf(ctx), handbook.About{Subject: handbook.Subject(b.Subject), Of: b.Of}, handbook.Draft{Title: b.Title, Text: b.Text})
	if err != nil {
		return nil, err
	}
	return made(added.Version, "/advice/"+segment(added.ID), showAdvice(added))
}

// seenAdvice is the version that a change is made from: the one that If-Match names, or the newest.
func (a *api) seenAdvice(ctx context.Context, id string, m IfMatch) (int64, handbook.Advice, error) {
	last, err := a.lastAdvice(ctx, id)
	if err != nil {
		return 0, last, err
	}
	version, err := m.version()
	if version == 0 {
		version = last.Version
	}
	return version, last, err
}

type adviceChange struct {
	ID
	IfMatch
	Body struct {
		Title *string `json:"title,omitempty"`
		Text  *string `json:"text,omitempty"`
	} `nameHint:"AdviceChange"`
}

func (a *api) changeAdvice(ctx context.Context, in *adviceChange) (*single[Advice], error) {
	version, last, err := a.seenAdvice(ctx, in.ID.ID, in.IfMatch)
	if err != nil {
		return nil, err
	}
	draft := last.Draft
	if in.Body.Title != nil {
		draft.Title = *in.Body.Title
	}
	if in.Body.Text != nil {
		draft.Text = *in.Body.Text
	}
	return oneAdvice(a.Handbook.ChangeAdvice(ctx, actorOf(ctx), in.ID.ID, draft, version))
}

func (a *api) takeBackAdvice(ctx context.Context, in *conditional) (*nothing, error) {
	version, _, err := a.seenAdvice(ctx, in.ID.ID, in.IfMatch)
	if err != nil {
		return nil, err
	}
	_, err = a.Handbook.TakeBackAdvice(ctx, actorOf(ctx), in.ID.ID, version)
	return &nothing{}, err
}
