package api

import (
	"context"
	"time"

	"portcullis/devices"
	"portcullis/policy"
)

// Hit is a product or a supplier that was found.
type Hit struct {
	Product  string `json:"product,omitempty" doc:"Its id; or else supplier"`
	Supplier string `json:"supplier,omitempty"`
	Name     string `json:"name"`
	Kind     string `json:"kind,omitempty" enum:"app,equipment" doc:"Of a product"`
	Maker    string `json:"maker,omitempty" doc:"The supplier of a product, where it is known"`
	By       string `json:"by" enum:"name,old name,identifier,maker" doc:"What it was found by"`
	Text     string `json:"text" doc:"The name, identifier or maker's name that was found"`
	Exact    bool   `json:"exact,omitempty" doc:"It is called just so, or was, or has just that identifier"`
	Near     bool   `json:"near,omitempty" doc:"It is not called so, but may have been meant"`
}

type searchQuery struct {
	Q     string `query:"q" required:"true" minLength:"1" maxLength:"200" doc:"A name, a former name, an identifier or a maker; words may be cut short"`
	Limit int    `query:"limit" default:"20" minimum:"1" maximum:"100" doc:"How many are found at most"`
}

func (a *api) search(ctx context.Context, in *searchQuery) (*list[Hit], error) {
	found, err := a.Enquiries.Search(ctx, actorOf(ctx), in.Q, in.Limit)
	if err != nil {
		return nil, err
	}
	return whole(found, showHit), nil
}

func showHit(f devices.Found) Hit {
	h := Hit{Product: f.Product, Supplier: f.Supplier, Name: f.Name, Maker: f.Maker, By: string(f.By), Text: f.Text, Exact: f.Exact, Near: f.Near}
	if f.Product != "" {
		h.Kind = f.Kind.String()
	}
	return h
}

// MayInstall is the answer to whether something may be installed on a body's devices.
type MayInstall struct {
	Product string             `json:"product,omitempty" doc:"What the words mean; left out where that is nothing, or one of several"`
	Name    string             `json:"name,omitempty" doc:"What people call it"`
	Choices []Hit              `json:"choices" doc:"What else they may mean, the likeliest first"`
	Answers []MayInstallAnswer `json:"answers" doc:"The platform that was asked about first; platforms with the same answer together"`
}

// MayInstallAnswer is the answer for some platforms.
type MayInstallAnswer struct {
	Platforms   []string  `json:"platforms"`
	Answer      string    `json:"answer" enum:"yes,leaving,unlisted,no,unseen,not-an-app" doc:"leaving: yes for now, but it is being phased out; unlisted: not on the body's list; unseen: not known on that platform, so that what is offered there may be anything"`
	From        string    `json:"from,omitempty" doc:"The least version for which it is so"`
	Before      string    `json:"before,omitempty" doc:"The version from which it is no longer so"`
	VersionCode int64     `json:"versionCode,omitempty" doc:"The least version code, where no version is given"`
	Until       time.Time `json:"until,omitzero" doc:"When time alone changes it, unless it is decided anew"`
	Watched     time.Time `json:"watched,omitzero" doc:"Until when the body only watches what is not on its list"`
	Rules       []Rule    `json:"rules" doc:"By which it is so"`
	Exemptions  []string  `json:"exemptions" doc:"By which it is so: of those that are for everyone"`
	Barred      []Rule    `json:"barred" doc:"Of yes and leaving: bans and phase-outs that stand against other versions than those. What cannot tell versions apart refuses it in all"`
}

type askQuery struct {
	Organisation string `query:"organisation" required:"true" minLength:"1" maxLength:"200" doc:"On whose devices"`
	Product      string `query:"product" maxLength:"200" doc:"What, by its id"`
	Q            string `query:"q" maxLength:"200" doc:"Or else what people call it"`
	Platform     string `query:"platform" doc:"Where; wherever it is known, without it"`
}

func (a *api) mayInstall(ctx context.Context, in *askQuery) (*single[MayInstall], error) {
	q := devices.Question{Product: in.Product, Words: in.Q}
	if in.Platform != "" {
		var known bool
		if q.Platform, known = policy.ParsePlatform(in.Platform); !known {
			return nil, noPlatform("platform", in.Platform)
		}
	}
	asked, err := a.Enquiries.AskFor(ctx, actorOf(ctx), in.Organisation, q)
	if err != nil {
		return nil, err
	}
	answer := MayInstall{Choices: whole(asked.Choices, showHit).Body.Items, Answers: whole(asked.Replies, showReply).Body.Items}
	if asked.Product != nil {
		answer.Product, answer.Name = asked.Product.ID, asked.Product.Name
	}
	return &single[MayInstall]{Body: answer}, nil
}

func showReply(r devices.Reply) MayInstallAnswer {
	shown := MayInstallAnswer{Platforms: []string{}, Answer: string(r.Saying), From: r.From, Before: r.Before, VersionCode: r.Code, Rules: whole(r.Rules, showRule).Body.Items, Exemptions: []string{}, Barred: whole(r.Barred, showRule).Body.Items}
	for _, p := range r.Platforms {
		shown.Platforms = append(shown.Platforms, p.String())
	}
	for i := range r.Exemptions {
		shown.Exemptions = append(shown.Exemptions, r.Exemptions[i].ID)
	}
	if len(r.Changes) > 0 {
		shown.Until = r.Changes[0].At
	}
	if r.Watched != nil {
		shown.Watched = r.Watched.Until
	}
	return shown
}

// ListDifference is an app that two lists do not have alike.
type ListDifference struct {
	Product string      `json:"product"`
	Side    string      `json:"side" enum:"first,second,different" doc:"On which list alone; or on both, differently"`
	A       []Admission `json:"a" doc:"What the first list says of it, by platform"`
	B       []Admission `json:"b" doc:"What the second says"`
}

// Admission is what a list says of an app on a platform.
type Admission struct {
	Platform       string    `json:"platform"`
	MinVersion     string    `json:"minVersion,omitempty"`
	MinVersionCode int64     `json:"minVersionCode,omitempty"`
	Until          time.Time `json:"until,omitzero"`
	Rules          []string  `json:"rules" doc:"Those by which it is so"`
}

type differenceQuery struct {
	Paging
	A    string `query:"a" required:"true" minLength:"1" maxLength:"200" doc:"The first organisation"`
	B    string `query:"b" required:"true" minLength:"1" maxLength:"200" doc:"The second"`
	Side string `query:"side" enum:"first,second,different" doc:"Only those"`
	Q    string `query:"q" maxLength:"200" doc:"Only apps that are found by these words"`
}

func (a *api) listDifference(ctx context.Context, in *differenceQuery) (*list[ListDifference], error) {
	q := devices.ListsQuery{First: in.A, Second: in.B, Side: devices.Side(in.Side), Words: in.Q, Limit: in.Limit}
	return stretched(in.Paging, "/lists/difference", given("a", in.A, "b", in.B, "side", in.Side, "q", in.Q), func(after string) ([]devices.ListLine, string, error) {
		q.After = after
		found, err := a.Enquiries.Lists(ctx, actorOf(ctx), q)
		return found.Lines, found.Next, err
	}, func(l devices.ListLine) ListDifference {
		return ListDifference{l.Product, string(l.Side), whole(l.First, showAdmission).Body.Items, whole(l.Second, showAdmission).Body.Items}
	})
}

func showAdmission(a devices.Admission) Admission {
	return Admission{a.Platform.String(), a.From, a.Code, a.Until, a.Rules}
}
