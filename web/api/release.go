package api

import (
	"context"
	"time"

	"portcullis/devices"
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
