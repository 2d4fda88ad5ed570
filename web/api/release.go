package api

import (
	"context"
	"time"

	"portcullis/devices"
	"portcullis/policy"
)

// Release is a proposal that less of a device be judged, because it becomes somebody's own, and what became of it.
type Release struct {
	ID           string    `json:"id"`
	Host         string    `json:"host"`
	Organisation string    `json:"organisation" doc:"Where the device belonged when it was proposed"`
	From         string    `json:"from" enum:"corporate,managed-personal" doc:"What the device was"`
	To           string    `json:"to" enum:"personal,managed-personal" doc:"What it is to be"`
	Reason       string    `json:"reason"`
	AskedBy      string    `json:"askedBy" doc:"The person who proposed it"`
	Asked        time.Time `json:"asked"`
	State        string    `json:"state" enum:"open,agreed,refused,taken-back"`
	AnsweredBy   string    `json:"answeredBy,omitempty" doc:"The person who answered; left out while it is open"`
	Answered     time.Time `json:"answered,omitzero"`
	Why          string    `json:"why,omitempty" doc:"The reason of the answer"`
}

func showRelease(r devices.Release) Release {
	shown := Release{ID: r.ID, Host: r.Host, Organisation: r.Organisation, From: r.From.String(), To: r.To.String(), Reason: r.Reason,
		AskedBy: r.AskedBy, Asked: r.Asked.Time(), State: "refused", AnsweredBy: r.AnsweredBy, Answered: r.Answered.Time(), Why: r.Why}
	switch {
	case r.Open():
		shown.State = "open"
	case r.Agreed:
		shown.State = "agreed"
	case r.TakenBack:
		shown.State = "taken-back"
	}
	return shown
}

type releaseQuery struct {
	Paging
	Organisation string `query:"organisation" doc:"Of devices that belonged there or below when it was proposed; without it, all that you may see"`
	Host         string `query:"host" maxLength:"200" doc:"Of this device"`
	Open         bool   `query:"open" doc:"Those alone that wait for an answer"`
}

func (a *api) listReleases(ctx context.Context, in *releaseQuery) (*list[Release], error) {
	query := given("organisation", in.Organisation, "host", in.Host, "open", said(in.Open))
	return paged(in.Paging, "/releases", query, func(after cursor, limit int) ([]devices.Release, error) {
		return a.Devices.Releases(ctx, actorOf(ctx), devices.ReleaseQuery{Organisation: in.Organisation, Host: in.Host, Open: in.Open, Before: after.ID, Limit: limit})
	}, func(r devices.Release) cursor { return cursor{ID: r.ID} }, showRelease)
}

type newRelease struct {
	HostID
	IfMatch
	Body struct {
		Ownership string `json:"ownership" enum:"personal,managed-personal" doc:"What it is to be"`
		Reason    string `json:"reason" doc:"Whoever agrees reads this. Do not write down what is private"`
	} `nameHint:"NewRelease"`
}

func (a *api) askRelease(ctx context.Context, in *newRelease) (*single[Release], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	to, _ := policy.ParseOwnership(in.Body.Ownership) // huma has checked the word
	r, err := a.Devices.AskRelease(ctx, actorOf(ctx), in.ID, version, to, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &single[Release]{Location: Base + "/releases/" + segment(r.ID), Body: showRelease(r)}, nil
}

func oneRelease(r devices.Release, err error) (*single[Release], error) {
	if err != nil {
		return nil, err
	}
	return &single[Release]{Body: showRelease(r)}, nil
}

func (a *api) getRelease(ctx context.Context, in *ID) (*single[Release], error) {
	return oneRelease(a.Devices.Release(ctx, actorOf(ctx), in.ID))
}

type releaseAnswer struct {
	ID
	Body struct {
		Agree bool   `json:"agree" doc:"It holds at once, and nothing brings back what is taken off the device then"`
		Why   string `json:"why,omitempty" doc:"Of who refuses: why"`
	} `nameHint:"ReleaseAnswer"`
}

func (a *api) answerRelease(ctx context.Context, in *releaseAnswer) (*single[Release], error) {
	return oneRelease(a.Devices.AnswerRelease(ctx, actorOf(ctx), in.ID.ID, in.Body.Agree, in.Body.Why))
}

func (a *api) takeBackRelease(ctx context.Context, in *ID) (*single[Release], error) {
	return oneRelease(a.Devices.AnswerRelease(ctx, actorOf(ctx), in.ID, false, ""))
}
