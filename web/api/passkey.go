package api

import (
	"context"
	"time"

	"portcullis/people"
)

// Passkey is one by which a person signs in.
type Passkey struct {
	ID    string    `json:"id"`
	Name  string    `json:"name" doc:"What its owner calls it"`
	Added time.Time `json:"added"`
	Used  time.Time `json:"used,omitzero" doc:"The last time"`
}

func (a *api) listPasskeys(ctx context.Context, in *ID) (*list[Passkey], error) {
	found, err := a.People.Passkeys(ctx, actorOf(ctx), in.ID)
	return whole(found, func(p people.Passkey) Passkey { return Passkey{p.ID, p.Name, p.Added.Time(), p.Used.Time()} }), err
}

type onePasskey struct {
	ID
	Passkey string `path:"passkey" maxLength:"2000" doc:"The id of a passkey"`
}

func (a *api) removePasskey(ctx context.Context, in *onePasskey) (*nothing, error) {
	return &nothing{}, a.People.RemovePasskey(ctx, actorOf(ctx), in.ID.ID, in.Passkey)
}
