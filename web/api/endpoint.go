package api

import (
	"context"
	"time"

	"portcullis/alerts"
)

// Endpoint is another server that is told of events by webhooks.
type Endpoint struct {
	ID           string    `json:"id" example:"01kq3t8w9v0000000000000000"`
	Organisation string    `json:"organisation" example:"dept-a" doc:"Whose it is"`
	URL          string    `json:"url" example:"https://hooks.dept-a.example/portcullis"`
	Kinds        []string  `json:"kinds,omitempty" doc:"The kinds of messages that it asks for; left out where it asks for all"`
	Disabled     time.Time `json:"disabled,omitzero" doc:"Since when nothing is sent to it"`
	Why          string    `json:"why,omitempty" doc:"Why nothing is sent to it"`
}

// NewEndpoint is an endpoint that was just added, with its secret.
type NewEndpoint struct {
	Endpoint
	Secret string `json:"secret" doc:"It signs the requests, as Standard Webhooks has it. It is not shown again"`
}

func showEndpoint(e alerts.Endpoint) Endpoint {
	return Endpoint{e.ID, e.Organisation, e.URL, e.Kinds, e.Disabled.Time(), e.Why}
}

func (a *api) listEndpoints(ctx context.Context, _ *struct{}) (*list[Endpoint], error) {
	found, err := a.Alerts.Endpoints(ctx, actorOf(ctx))
	return whole(found, showEndpoint), err
}

type endpointAdded struct {
	Body struct {
		Organisation string   `json:"organisation" example:"dept-a"`
		URL          string   `json:"url" example:"https://hooks.dept-a.example/portcullis" doc:"https, or http where the server allows it"`
		Kinds        []string `json:"kinds,omitempty" doc:"The kinds of messages that it asks for; all where it is left out"`
	} `nameHint:"EndpointAdded"`
}

func (a *api) addEndpoint(ctx context.Context, in *endpointAdded) (*single[NewEndpoint], error) {
	e, err := a.Alerts.AddEndpoint(ctx, actorOf(ctx), alerts.Endpoint{Organisation: in.Body.Organisation, URL: in.Body.URL, Kinds: in.Body.Kinds})
	if err != nil {
		return nil, err
	}
	return &single[NewEndpoint]{Location: Base + "/endpoints/" + segment(e.ID), Body: NewEndpoint{showEndpoint(e), e.Secret}}, nil
}

type endpointChanged struct {
	ID
	Body struct {
		URL      *string   `json:"url,omitempty" example:"https://hooks.dept-a.example/portcullis"`
		Kinds    *[]string `json:"kinds,omitempty"`
		Disabled *bool     `json:"disabled,omitempty" doc:"Whether nothing is sent to it"`
	} `nameHint:"EndpointChanged"`
}

func (a *api) changeEndpoint(ctx context.Context, in *endpointChanged) (*single[Endpoint], error) {
	b := in.Body
	e, err := a.Alerts.ChangeEndpoint(ctx, actorOf(ctx), in.ID.ID, alerts.EndpointChange{URL: b.URL, Kinds: b.Kinds, Disabled: b.Disabled})
	if err != nil {
		return nil, err
	}
	return &single[Endpoint]{Body: showEndpoint(e)}, nil
}

func (a *api) removeEndpoint(ctx context.Context, in *ID) (*nothing, error) {
	return &nothing{}, a.Alerts.RemoveEndpoint(ctx, actorOf(ctx), in.ID)
}

// Trial is a message that means nothing, on its way to an endpoint.
type Trial struct {
	Message string `json:"message" doc:"The id of the message: /notices?message=… tells what the other side said"`
}

func (a *api) tryEndpoint(ctx context.Context, in *ID) (*single[Trial], error) {
	message, err := a.Alerts.TryEndpoint(ctx, actorOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &single[Trial]{Body: Trial{message}}, nil
}
