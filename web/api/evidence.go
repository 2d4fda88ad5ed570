package api

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"portcullis/people"
)

// Access is an event of the access log.
type Access struct {
	ID           string    `json:"id"`
	At           time.Time `json:"at"`
	Actor        string    `json:"actor,omitempty" doc:"The id of a person, or token: and the id of a token; left out where nobody had signed in"`
	Address      string    `json:"address,omitempty" example:"192.0.2.1"`
	Outcome      string    `json:"outcome" enum:"signed-in,signed-out,refused,sign-in-failed"`
	Permission   string    `json:"permission,omitempty" doc:"What was refused"`
	Organisation string    `json:"organisation,omitempty" doc:"Where it was refused; * is everywhere"`
	Detail       string    `json:"detail,omitempty"`
}

func (a *api) listAccess(ctx context.Context, in *struct{ Paging }) (*list[Access], error) {
	return paged(in.Paging, "/access", nil, func(after cursor, limit int) ([]people.Access, error) {
		return a.People.AccessLog(ctx, actorOf(ctx), after.ID, limit)
	}, func(e people.Access) cursor { return cursor{ID: e.ID} }, func(e people.Access) Access {
		return Access{e.ID, e.At.Time(), e.Actor, e.Address, e.Outcome, string(e.Permission), e.Organisation, e.Detail}
	})
}

// Entry is an entry of the ledger. Of one that is sealed, index is all that is told.
type Entry struct {
	Index    int64           `json:"index" doc:"Its place, from 0"`
	Sealed   bool            `json:"sealed,omitempty" doc:"It is there, and is for others to see"`
	ID       string          `json:"id,omitempty"`
	Kind     string          `json:"kind,omitempty" example:"people.role-given"`
	At       time.Time       `json:"at,omitzero"`
	Actor    string          `json:"actor,omitempty" doc:"The id of a person, token: and the id of a token, or the name of a part of the server"`
	Subjects []string        `json:"subjects,omitempty" doc:"The ids of what it is about; the organisation comes first"`
	Payload  json.RawMessage `json:"payload,omitempty" doc:"What was decided, in the form of the kind"`
	Erased   bool            `json:"erased,omitempty" doc:"The payload has been erased; the ledger still verifies"`
}

func showEntry(e people.Shown) Entry {
	if e.Sealed {
		return Entry{Index: e.Index, Sealed: true}
	}
	shown := Entry{Index: e.Index, ID: e.ID, Kind: e.Kind.Name, At: e.At.Time(), Actor: e.Actor, Subjects: e.Subjects, Erased: e.Erased}
	switch payload := e.Payload; {
	case len(payload) == 0:
	case json.Valid(payload):
		shown.Payload = payload
	default: // JSON by custom only
		shown.Payload, _ = json.Marshal(string(payload))
	}
	return shown
}

func (a *api) listLedger(ctx context.Context, in *struct{ Paging }) (*list[Entry], error) {
	return paged(in.Paging, "/ledger", nil, func(after cursor, limit int) ([]people.Shown, error) {
		before, err := int64(0), error(nil)
		if after.ID != "" {
			if before, err = strconv.ParseInt(after.ID, 10, 64); err != nil || before == 0 {
				return nil, err // nothing stands before the first
			}
		}
		stretch, err := a.People.LedgerPage(ctx, actorOf(ctx), before, limit)
		newest := make([]people.Shown, 0, len(stretch.Entries))
		for i := range stretch.Entries {
			newest = append(newest, stretch.Entries[len(stretch.Entries)-1-i])
		}
		return newest, err
	}, func(e people.Shown) cursor { return cursor{ID: strconv.FormatInt(e.Index, 10)} }, showEntry)
}
