package api

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/platform"
	"portcullis/policy"
)

type artefactQuery struct {
	Form         string `path:"form" maxLength:"40" doc:"The platform's form" example:"android"`
	Organisation string `query:"organisation" maxLength:"200" doc:"Whose devices it is for; it may be left out where a host is named"`
	Host         string `query:"host" maxLength:"200" doc:"The device that it is for, with what is exempt on it"`
	Platform     string `query:"platform" doc:"Which platform's list, where the form is for several: that of the device, or the form's first, unless said"`
	Audit        bool   `query:"audit" doc:"What denies nothing and notes what the list denies; of the form applocker alone"`
}

func (q *artefactQuery) query() (enforce.Query, error) {
	asked := enforce.Query{Form: q.Form, Organisation: q.Organisation, Host: q.Host, Audit: q.Audit}
	if enforce.Named(q.Form) == nil {
		return asked, refuse(notFound, "form", "There is no form %q: the forms are %s", q.Form, strings.Join(enforce.Names(), ", "))
	}
	if q.Platform != "" {
		var known bool
		if asked.Platform, known = policy.ParsePlatform(q.Platform); !known {
			return asked, noPlatform("platform", q.Platform)
		}
	}
	return asked, asks(asked)
}

// asks returns a fault where nobody's devices are asked for.
func asks(q enforce.Query) error {
	if q.Organisation == "" && q.Host == "" {
		return fault.In("organisation", "Say whose devices it is for: an organisation, or a host")
	}
	return nil
}

// artefact is the bytes of an artefact, as its platform takes them.
type artefact struct {
	ETag         string `header:"ETag" doc:"The SHA-256 of the bytes"`
	Type         string `header:"Content-Type" doc:"The platform's own"`
	CacheControl string `header:"Cache-Control" doc:"It may be kept, and is to be asked for again with If-None-Match"`
	Generation   int64  `header:"Portcullis-Generation" doc:"The register's, when the list was compiled"`
	List         string `header:"Portcullis-List" doc:"The SHA-256 of what the list says, whatever its form"`
	Until        string `header:"Portcullis-Until" doc:"When time alone makes another list of it; empty where that is never"`
	Body         []byte
}

// getArtefact answers with an artefact that was made once for all who ask. Who has it already is told so, and nothing
// is written.
func (a *api) getArtefact(ctx context.Context, in *artefactQuery) (*artefact, error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	made, err := a.Enforce.Artefact(ctx, actorOf(ctx), q)
	if err != nil {
		return nil, err
	}
	answer := &artefact{ETag: `"` + made.SHA256 + `"`, Type: made.Form.Media, CacheControl: "private, no-cache",
		Generation: made.Generation, List: made.Digest(), Body: made.Data}
	if !made.Until.IsZero() {
		answer.Until = made.Until.UTC().Format(time.RFC3339)
	}
	return answer, nil
}

// getManifest answers with what an artefact is.
func (a *api) getManifest(ctx context.Context, in *artefactQuery) (*single[enforce.Manifest], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	made, err := a.Enforce.Artefact(ctx, actorOf(ctx), q)
	if err != nil {
		return nil, err
	}
	return &single[enforce.Manifest]{ETag: `"` + made.SHA256 + "-" + strconv.FormatInt(made.Generation, 10) + `"`, Body: made.Manifest()}, nil
}

// DryRun is what would change in an artefact if a proposal were signed now.
type DryRun struct {
	Form         string          `json:"form"`
	Organisation string          `json:"organisation"`
	Host         string          `json:"host,omitempty"`
	Platform     string          `json:"platform,omitempty"`
	From         time.Time       `json:"from" doc:"When it would change: now, or when what is proposed begins"`
	Before       ArtefactDigests `json:"before" doc:"Without what is proposed"`
	After        ArtefactDigests `json:"after" doc:"With it"`
	Changes      []EntryChange   `json:"changes" doc:"What the list would treat otherwise, in the order of the identifiers"`
	Domains      []DomainChange  `json:"domains,omitempty" doc:"The names on the network that it would treat otherwise"`
	Diff         string          `json:"diff,omitempty" doc:"The lines of the artefact that would differ, as diff -u has them; left out where none would"`
}

// ArtefactDigests tell artefacts apart.
type ArtefactDigests struct {
	List string `json:"list" doc:"The SHA-256 of what the list says"`
	File string `json:"file" doc:"The SHA-256 of the artefact's bytes"`
}

// EntryChange is one identifier that a list would treat otherwise.
type EntryChange struct {
	Identifier string     `json:"identifier"`
	Product    string     `json:"product,omitempty"`
	Name       string     `json:"name,omitempty"`
	Was        *ListEntry `json:"was,omitempty" doc:"Left out where the list does not name it"`
	Is         *ListEntry `json:"is,omitempty" doc:"Left out where the list would not name it"`
}

// DomainChange is one name on the network that a list would treat otherwise.
type DomainChange struct {
	Name    string `json:"name" example:"parrot.example"`
	Product string `json:"product"`
	Denied  bool   `json:"denied" doc:"Whether it would be denied; it is not, then"`
}

// ListEntry is what a list says of one identifier.
type ListEntry struct {
	Listed    bool        `json:"listed" doc:"Some version may be there"`
	From      []ListFloor `json:"from,omitempty" doc:"Of what is listed from some version on: one that reaches any of these may be there"`
	Banned    []Versions  `json:"banned,omitempty" doc:"The versions that must not be there, listed or not"`
	Signers   []string    `json:"signers,omitempty" doc:"Who alone may have signed it"`
	Decisions []string    `json:"decisions,omitempty" doc:"The rules and exemptions by which it is so, but for exemptions that are named nowhere"`
}

// ListFloor is a version from which on something may be there.
type ListFloor struct {
	Version     string `json:"version,omitempty"`
	VersionCode *int64 `json:"versionCode,omitempty" doc:"It decides alone where what is there has one"`
}

type dryRunQuery struct {
	ID
	Form         string `query:"form" required:"true" maxLength:"40" doc:"The platform's form" example:"android"`
	Organisation string `query:"organisation" maxLength:"200" doc:"Whose devices it is for; it may be left out where a host is named"`
	Host         string `query:"host" maxLength:"200" doc:"The device that it is for"`
	Platform     string `query:"platform" doc:"Which platform's list, where the form is for several"`
}

func (a *api) tryProposal(ctx context.Context, in *dryRunQuery) (*single[DryRun], error) {
	asked := artefactQuery{Form: in.Form, Organisation: in.Organisation, Host: in.Host, Platform: in.Platform}
	q, err := asked.query()
	if err != nil {
		return nil, err
	}
	d, err := a.Enforce.DryRun(ctx, actorOf(ctx), a.Approvals, in.ID.ID, q)
	if err != nil {
		return nil, err
	}
	shown := DryRun{Form: in.Form, Organisation: d.After.Organisation, Host: in.Host, From: d.From, Before: digestsOf(d.Before), After: digestsOf(d.After), Changes: []EntryChange{}, Diff: d.Diff}
	if on := d.After.Platform; on != 0 {
		shown.Platform = on.String()
	}
	for _, c := range d.Changes {
		e := cmp.Or(c.Is, c.Was)
		shown.Changes = append(shown.Changes, EntryChange{e.Identifier, e.Product, e.Name, showEntryOf(c.Was), showEntryOf(c.Is)})
	}
	for _, c := range d.Domains {
		shown.Domains = append(shown.Domains, DomainChange{c.Name, c.Product, c.Is})
	}
	return &single[DryRun]{Body: shown}, nil
}

func digestsOf(a *enforce.Artefact) ArtefactDigests { return ArtefactDigests{a.Digest(), a.SHA256} }

func showEntryOf(e *platform.Entry) *ListEntry {
	if e == nil {
		return nil
	}
	shown := &ListEntry{Listed: e.Listed, Signers: e.Signers, Decisions: e.Decisions}
	for _, f := range e.Floors {
		shown.From = append(shown.From, ListFloor{f.Version, f.Code})
	}
	for _, w := range e.Banned {
		shown.Banned = append(shown.Banned, Versions{w.Since, w.Until})
	}
	return shown
}
