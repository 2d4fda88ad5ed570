package account

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"portcullis/alerts"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/people/oidc"
	"portcullis/people/passkey"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Area is the pages of this package.
type Area struct {
	People   *people.Room
	Passkeys *passkey.Passkeys
	// Providers are the ways to sign in besides passkeys, in the order in which they are shown.
	Providers []*oidc.Client
	Gate      *gate.Gate
	Now       func() time.Time
	Chance    io.Reader
	// URL is the server's public address, without a slash at its end.
	URL    string
	Alerts alerts.Desk
	limit  limiter
}

// Routes are the routes of this package.
func (a *Area) Routes() []gate.Route {
	a.limit.now = a.Now
	return []gate.Route{
		{Pattern: "GET " + gate.SignIn, Permission: gate.Public, Handler: ui.Handler(a.signIn)},
		{Pattern: "POST /sign-in/passkey/begin", Permission: gate.Public, Handler: a.limited(a.beginSignIn)},
		{Pattern: "POST /sign-in/passkey", Permission: gate.Public, Handler: a.limited(a.finishSignIn)},
		{Pattern: "GET /sign-in/with/{provider}", Permission: gate.Public, Handler: a.limited(a.beginProvider)},
		{Pattern: "GET /sign-in/back/{provider}", Permission: gate.Public, Handler: a.limited(a.finishProvider)},
		{Pattern: "POST " + gate.SignOut, Permission: gate.Public, Handler: ui.Handler(a.signOut)},

		{Pattern: "GET /join/{link}", Permission: gate.Public, Handler: a.limited(a.join)},
		{Pattern: "POST /join/{link}", Permission: gate.Public, Handler: a.limited(a.first)},
		{Pattern: "POST /join/{link}/begin", Permission: gate.Public, Handler: a.limited(a.beginJoin)},
		{Pattern: "POST /join/{link}/passkey", Permission: gate.Public, Handler: a.limited(a.finishJoin)},

		{Pattern: "GET " + gate.Account, Permission: people.Own, Handler: ui.Handler(a.overview)},
		{Pattern: "GET /account/passkeys", Permission: people.Own, Handler: ui.Handler(a.passkeys)},
		{Pattern: "POST /account/passkeys/begin", Permission: people.Own, Handler: a.limited(a.beginPasskey)},
		{Pattern: "POST /account/passkeys", Permission: people.Own, Handler: a.limited(a.addPasskey)},
		{Pattern: "POST /account/passkeys/{id}/remove", Permission: people.Own, Handler: ui.Handler(a.removePasskey)},
		{Pattern: "GET /account/sessions", Permission: people.Own, Handler: ui.Handler(a.sessions)},
		{Pattern: "POST /account/sessions/{id}/end", Permission: people.Own, Handler: ui.Handler(a.endSession)},
		{Pattern: "GET /account/messages", Permission: people.Own, Handler: ui.Handler(a.messages)},
		{Pattern: "GET /account/messages/{id}", Permission: people.Own, Handler: ui.Handler(a.message)},
		{Pattern: "POST /account/messages/{id}/acknowledge", Permission: people.Own, Handler: ui.Handler(a.acknowledge)},
	}
}

// maxAnswer is how many bytes a browser's answer to a ceremony may have.
const maxAnswer = 64 << 10

// limited bounds how often an address may try what has not signed in, and how much it may send.
func (a *Area) limited(h ui.Handler) http.Handler {
	return gate.Limit(maxAnswer, ui.Handler(func(w http.ResponseWriter, r *http.Request) error {
		if !a.limit.allow(gate.Actor(r.Context()).Address) {
			return fault.New(fault.TooMany, "There were too many tries from where you are: wait a minute and try again")
		}
		return h(w, r)
	}))
}

// begun is what a page's script needs to ask the browser for a passkey.
type begun struct {
	Ceremony string          `json:"ceremony"`
	Options  json.RawMessage `json:"options"`
}

// begin keeps the state of a ceremony and answers with its options.
func (a *Area) begin(w http.ResponseWriter, r *http.Request, kind string, options, state []byte) error {
	id, err := a.People.BeginCeremony(r.Context(), kind, state, passkey.Lifetime)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(begun{id, options})
}

// finish takes the state of a ceremony and what the browser answered.
func (a *Area) finish(r *http.Request, kind string) (state, response []byte, err error) {
	if err := r.ParseForm(); err != nil {
		return nil, nil, fault.New(fault.Invalid, "The form arrived damaged: go back and try again")
	}
	if r.PostForm.Get("response") == "" {
		return nil, nil, fault.New(fault.Conflict, "A passkey needs script, which your browser has switched off for this site. Switch it on, or sign in another way")
	}
	state, err = a.People.EndCeremony(r.Context(), kind, r.PostForm.Get("ceremony"))
	return state, []byte(r.PostForm.Get("response")), err
}

// holder is a person as the ceremonies know them.
func holder(p people.Person) passkey.Person {
	return passkey.Person{ID: p.ID, Name: p.UserName, DisplayName: p.Name}
}

// credentials are what is kept of passkeys.
func credentials(keys []people.Passkey) (kept []passkey.Credential, err error) {
	for _, key := range keys {
		var c passkey.Credential
		if err := json.Unmarshal([]byte(key.Credential), &c); err != nil {
			return nil, err
		}
		kept = append(kept, c)
	}
	return kept, nil
}

// stored is a credential as it is kept. Its id is short enough for an address, whatever the
// authenticator chose.
func stored(person, name string, c passkey.Credential) (people.Passkey, error) {
	encoded, err := json.Marshal(c)
	sum := sha256.Sum256(c.ID)
	return people.Passkey{ID: base64.RawURLEncoding.EncodeToString(sum[:]), Person: person, Name: name, Credential: string(encoded)}, err
}
