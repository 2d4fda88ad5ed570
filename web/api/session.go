package api

import (
	"context"
	"time"

	"portcullis/people"
)

// Session is somebody's having signed in, in one browser.
type Session struct {
	ID      string    `json:"id"`
	Method  string    `json:"method" example:"passkey" doc:"passkey, or the name of a provider"`
	Address string    `json:"address" example:"192.0.2.1"`
	Agent   string    `json:"agent" doc:"What the browser says it is"`
	Begun   time.Time `json:"begun"`
	Seen    time.Time `json:"seen" doc:"When it was last used, to a few minutes"`
	Expires time.Time `json:"expires"`
}

func (a *api) listSessions(ctx context.Context, in *ID) (*list[Session], error) {
	found, err := a.People.Sessions(ctx, actorOf(ctx), in.ID)
	return whole(found, func(s people.Session) Session {
		return Session{s.ID, s.Method, s.Address, s.Agent, s.Begun.Time(), s.Seen.Time(), s.Expires.Time()}
	}), err
}

func (a *api) endSessions(ctx context.Context, in *ID) (*nothing, error) {
	return &nothing{}, a.People.RevokeSession(ctx, actorOf(ctx), in.ID, "")
}

type oneSession struct {
	ID
	Session string `path:"session" maxLength:"64" doc:"The id of a session"`
}

func (a *api) endSession(ctx context.Context, in *oneSession) (*nothing, error) {
	return &nothing{}, a.People.RevokeSession(ctx, actorOf(ctx), in.ID.ID, in.Session)
}
