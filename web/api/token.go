package api

import (
	"context"
	"time"

	"portcullis/people"
)

// Token is a program's leave to act, in one role in one organisation, until it ends.
type Token struct {
	ID           string    `json:"id" example:"01kq3t8w9v0000000000000000"`
	Name         string    `json:"name" example:"Directory of department A" doc:"What the program is"`
	Role         string    `json:"role" example:"security-officer"`
	Organisation string    `json:"organisation" example:"dept-a" doc:"* is everywhere"`
	Maker        string    `json:"maker,omitempty" doc:"The id of the person who made it; left out where it was made at the command line"`
	Made         time.Time `json:"made"`
	Expires      time.Time `json:"expires"`
	Ended        time.Time `json:"ended,omitzero" doc:"When it was ended before its time"`
	Used         time.Time `json:"used,omitzero" doc:"When it was last used, to a few minutes"`
}

func showToken(t people.Token) Token {
	return Token{t.ID, t.Name, string(t.Role), t.Organisation, t.Maker, t.Made.Time(), t.Expires.Time(), t.Ended.Time(), t.Used.Time()}
}

func (a *api) listTokens(ctx context.Context, in *struct{ Paging }) (*list[Token], error) {
	return paged(in.Paging, "/tokens", nil, func(after cursor, limit int) ([]people.Token, error) {
		return a.People.Tokens(ctx, actorOf(ctx), after.ID, limit)
	}, func(t people.Token) cursor { return cursor{ID: t.ID} }, showToken)
}

func (a *api) getToken(ctx context.Context, in *ID) (*single[Token], error) {
	t, err := a.People.Token(ctx, actorOf(ctx), in.ID)
	return &single[Token]{Body: showToken(t)}, err
}

func (a *api) endToken(ctx context.Context, in *ID) (*nothing, error) {
	_, err := a.People.EndToken(ctx, actorOf(ctx), in.ID)
	return &nothing{}, err
}
