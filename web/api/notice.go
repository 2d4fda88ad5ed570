package api

import (
	"context"
	"time"

	"portcullis/alerts"
	"portcullis/people"
)

// Notice is the record of one message to one recipient on one channel.
type Notice struct {
	ID           string    `json:"id"`
	Message      string    `json:"message" doc:"The id of the message, which may have gone to others too"`
	Kind         string    `json:"kind" example:"register.decided"`
	Subject      string    `json:"subject"`
	Reference    string    `json:"reference,omitempty" doc:"The number by which both sides call the matter"`
	Channel      string    `json:"channel" example:"mail" doc:"inbox, mail or webhook"`
	Person       string    `json:"person,omitempty" doc:"The id of the recipient, where it is a person"`
	Endpoint     string    `json:"endpoint,omitempty" doc:"The id of the recipient, where it is an endpoint"`
	Name         string    `json:"name,omitempty"`
	Address      string    `json:"address,omitempty" doc:"Where a mail went"`
	State        string    `json:"state" example:"delivered" doc:"queued, sending, sent (the next server has it), delivered, bounced (refused for good), failed (given up), read or acknowledged"`
	Put          time.Time `json:"put" doc:"When the message was put"`
	Attempts     int64     `json:"attempts" doc:"How often it was handed over"`
	Attempted    time.Time `json:"attempted,omitzero" doc:"The last time"`
	Next         time.Time `json:"next,omitzero" doc:"When it is tried again"`
	MessageID    string    `json:"messageId" doc:"The same at every attempt"`
	Reply        string    `json:"reply,omitempty" doc:"What the other side said last"`
	Replied      time.Time `json:"replied,omitzero"`
	MaybeTwice   bool      `json:"maybeTwice,omitempty" doc:"The recipient may have it more than once"`
	Read         time.Time `json:"read,omitzero"`
	Acknowledged time.Time `json:"acknowledged,omitzero"`
}

func showNotice(d alerts.Delivery) Notice {
	return Notice{
		ID: d.ID, Message: d.Message, Kind: d.Kind, Subject: d.Subject, Reference: d.Reference, Channel: string(d.Channel), Person: d.Person, Endpoint: d.Endpoint,
		Name: d.Name, Address: d.Address, State: string(d.State), Put: d.Put.Time(), Attempts: d.Attempts, Attempted: d.Attempted.Time(), Next: d.Next.Time(), MessageID: d.MessageID,
		Reply: d.Reply, Replied: d.Replied.Time(), MaybeTwice: d.MaybeTwice, Read: d.ReadAt.Time(), Acknowledged: d.Acknowledged.Time(),
	}
}

type noticeQuery struct {
	Paging
	Message   string    `query:"message" doc:"The id of a message"`
	Person    string    `query:"person" doc:"The id of a person"`
	Address   string    `query:"address"`
	Endpoint  string    `query:"endpoint" doc:"The id of an endpoint"`
	Channel   string    `query:"channel" enum:"inbox,mail,webhook"`
	State     string    `query:"state" enum:"queued,sending,sent,delivered,bounced,failed,read,acknowledged"`
	Kind      string    `query:"kind" example:"register.decided"`
	Reference string    `query:"reference"`
	From      time.Time `query:"from" example:"2026-03-01T00:00:00Z" doc:"Put since then"`
	Until     time.Time `query:"until" example:"2026-04-01T00:00:00Z" doc:"Put before then"`
}

func (a *api) listNotices(ctx context.Context, in *noticeQuery) (*list[Notice], error) {
	f := alerts.Filter{Message: in.Message, Person: in.Person, Address: in.Address, Endpoint: in.Endpoint, Channel: alerts.Channel(in.Channel), State: alerts.State(in.State),
		Kind: in.Kind, Reference: in.Reference, From: people.TimeOf(in.From), Until: people.TimeOf(in.Until)}
	query := given("message", in.Message, "person", in.Person, "address", in.Address, "endpoint", in.Endpoint, "channel", in.Channel, "state", in.State,
		"kind", in.Kind, "reference", in.Reference, "from", f.From.String(), "until", f.Until.String())
	return paged(in.Paging, "/notices", query, func(after cursor, limit int) ([]alerts.Delivery, error) {
		return a.Alerts.Notices(ctx, actorOf(ctx), f, after.ID, limit)
	}, func(d alerts.Delivery) cursor { return cursor{ID: d.ID} }, showNotice)
}
