package account

import (
	"embed"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/people/passkey"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

//go:embed *.html
var files embed.FS

var templates = ui.Parse(files)

// ceremonyView is a form that has the browser ask for a passkey.
type ceremonyView struct {
	// Action takes the answer, Begin gives the options; Verb is create or get.
	Action, Begin, Verb string
	Hidden              []ui.Hidden
	Field               *ui.Field // something to type beside it; nil where there is nothing
	Button              ui.Button
}

const passkeyScript = "passkey.js"

// signIn offers the ways to sign in.
func (a *Area) signIn(w http.ResponseWriter, r *http.Request) error {
	to := gate.Local(r.URL.Query().Get("to"))
	if gate.Who(r.Context()).Person != "" {
		return ui.See(w, r, to)
	}
	there, err := a.People.Anybody(r.Context())
	switch {
	case err != nil:
		return err
	case !there:
		return ui.Render(w, r, http.StatusOK, emptyPage)
	}
	return ui.Render(w, r, http.StatusOK, a.signInPage(to, nil))
}

// emptyPage tells how to get in where nobody is there yet.
var emptyPage = ui.Page{Title: "Nobody is here yet", Content: []ui.Component{
	ui.Para("This server is new. The first administrator gets in by a link, which works once, for a day. Whoever looks after the server finds it in the server’s log, in the line that says “nobody is here yet”."),
	ui.Para("Was it lost, or is it too old? This makes another, on the server itself:"),
	ui.Paragraph{ui.ID{Value: "portcullis link first --config FILE", Of: "command"}},
	ui.Para("Without a configuration, restart the server: it writes a new link."),
}}

func (a *Area) signInPage(to string, banner *ui.Banner) ui.Page {
	page := ui.Page{Title: "Sign in", Banner: banner, Scripts: []string{passkeyScript}}
	var providers ui.ButtonGroup
	kind := ui.Primary
	for _, p := range a.Providers {
		providers = append(providers, ui.Button{
			Text: "Sign in with " + p.Provider().Name, Href: "/sign-in/with/" + p.Provider().ID + "?to=" + url.QueryEscape(to), Kind: kind,
		})
		kind = ui.Secondary
	}
	if len(providers) > 0 {
		page.Content = append(page.Content, providers)
	}
	page.Content = append(page.Content,
		templates.View("passkey", ceremonyView{
			Action: "/sign-in/passkey", Begin: "/sign-in/passkey/begin", Verb: "get", Hidden: []ui.Hidden{{Name: "to", Value: to}},
			Button: ui.Button{Text: "Sign in with a passkey", Kind: kind},
		}),
		ui.Details{Summary: "What is a passkey?", Content: []ui.Component{
			ui.Para("A passkey takes the place of a password. It lives on your phone, your computer or a security key, and you unlock it as you unlock that: with a finger, your face or a PIN. It cannot be guessed or given away on a false page."),
		}},
		ui.Details{Summary: "I cannot sign in", Content: []ui.Component{
			ui.Para("If this is your first time, use the link that your security team sent you. If you have lost your phone or your security key, ask your security team for a new link: they will make sure that it is you who asks."),
		}},
	)
	return page
}

// beginSignIn answers with what the browser needs to ask for any passkey of this server.
func (a *Area) beginSignIn(w http.ResponseWriter, r *http.Request) error {
	options, state, err := a.Passkeys.BeginSignIn(a.Chance, a.Now())
	if err != nil {
		return err
	}
	return a.begin(w, r, "sign-in", options, state)
}

// finishSignIn signs in whoever the passkey belongs to.
func (a *Area) finishSignIn(w http.ResponseWriter, r *http.Request) error {
	session, err := a.signInByPasskey(r)
	return a.signedIn(w, r, "passkey", session, gate.Local(r.PostForm.Get("to")), err)
}

func (a *Area) signInByPasskey(r *http.Request) (session string, err error) {
	state, response, err := a.finish(r, "sign-in")
	if err != nil {
		return "", err
	}
	person, used, err := a.Passkeys.FinishSignIn(a.Now(), state, response, func(user, _ []byte) (passkey.Person, []passkey.Credential, error) {
		p, keys, err := a.People.PasskeysForSignIn(r.Context(), string(user))
		if fault.Is(err, fault.NotFound) || err == nil && len(keys) == 0 {
			// Whether somebody is here is not told to a passkey that is not.
			return passkey.Person{}, nil, fault.New(fault.Refused, "This passkey is not registered here, or has been removed. Ask your security team for a new link")
		}
		if err != nil {
			return passkey.Person{}, nil, err
		}
		kept, err := credentials(keys)
		return holder(p), kept, err
	})
	if err != nil {
		return "", err
	}
	key, err := stored(person, "", used)
	if err != nil {
		return "", err
	}
	return a.People.SignInByPasskey(r.Context(), key, gate.Actor(r.Context()).Address, r.UserAgent())
}

// signedIn opens the session in the browser and goes on, or says why not.
func (a *Area) signedIn(w http.ResponseWriter, r *http.Request, method, session, to string, err error) error {
	var f *fault.Error
	switch {
	case errors.As(err, &f):
		if err := a.People.NoteFailure(r.Context(), method, gate.Actor(r.Context()).Address, err); err != nil {
			return err
		}
		return ui.Render(w, r, ui.Status(f.Kind), a.signInPage(to, &ui.Banner{Text: "You are not signed in", More: []ui.Component{ui.Para(f.Message + ".")}}))
	case err != nil:
		return err
	}
	if err := a.leave(r); err != nil {
		return err
	}
	a.Gate.Open(w, session)
	return ui.See(w, r, to)
}

// leave ends the session that the browser had before.
func (a *Area) leave(r *http.Request) error {
	if actor := gate.Actor(r.Context()); actor.Session != "" {
		return a.People.EndSession(r.Context(), actor)
	}
	return nil
}

// signOut ends the session.
func (a *Area) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := a.leave(r); err != nil {
		return err
	}
	a.Gate.Close(w)
	return ui.See(w, r, gate.SignIn)
}

// providerCookie is the cookie that binds a sign-in with a provider to the browser that began it. As with
// the session's, the prefix has no other host of the domain set it: nobody is signed in as another who
// began a sign-in elsewhere.
func (a *Area) providerCookie(value string, seconds int) *http.Cookie {
	name := "portcullis-sign-in"
	if a.Gate.Secure {
		name = "__Host-" + name
	}
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: seconds, Secure: a.Gate.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

func (a *Area) provider(r *http.Request) (int, error) {
	for i, p := range a.Providers {
		if p.Provider().ID == r.PathValue("provider") {
			return i, nil
		}
	}
	return 0, fault.New(fault.NotFound, "There is no such way to sign in")
}

func (a *Area) back(id string) string { return a.URL + "/sign-in/back/" + id }

// beginProvider sends the browser to a provider.
func (a *Area) beginProvider(w http.ResponseWriter, r *http.Request) error {
	i, err := a.provider(r)
	if err != nil {
		return err
	}
	to := gate.Local(r.URL.Query().Get("to"))
	id := a.Providers[i].Provider().ID
	location, state, err := a.Providers[i].Begin(r.Context(), a.Chance, a.Now(), a.back(id))
	if err != nil {
		return a.signedIn(w, r, id, "", to, err)
	}
	kept, err := json.Marshal(going{to, state})
	if err != nil {
		return err
	}
	ceremony, err := a.People.BeginCeremony(r.Context(), "provider "+id, kept, providerLife)
	if err != nil {
		return err
	}
	http.SetCookie(w, a.providerCookie(ceremony, int(providerLife.Seconds())))
	http.Redirect(w, r, location, http.StatusSeeOther)
	return nil
}

// finishProvider takes the browser back from a provider.
func (a *Area) finishProvider(w http.ResponseWriter, r *http.Request) error {
	i, err := a.provider(r)
	if err != nil {
		return err
	}
	id := a.Providers[i].Provider().ID
	to, session, err := a.signInByProvider(r, i)
	http.SetCookie(w, a.providerCookie("", -1))
	return a.signedIn(w, r, id, session, gate.Local(to), err)
}

func (a *Area) signInByProvider(r *http.Request, i int) (to, session string, err error) {
	client := a.Providers[i]
	id := client.Provider().ID
	ceremony := ""
	if cookie, err := r.Cookie(a.providerCookie("", 0).Name); err == nil {
		ceremony = cookie.Value
	}
	kept, err := a.People.EndCeremony(r.Context(), "provider "+id, ceremony)
	if err != nil {
		return "", "", err
	}
	var g going
	if err := json.Unmarshal(kept, &g); err != nil {
		return "", "", err
	}
	who, err := client.Finish(r.Context(), g.State, r.URL.Query(), a.Now())
	if err != nil {
		return g.To, "", err
	}
	session, err = a.People.SignInByIdentity(r.Context(), people.Identity{
		Issuer: who.Issuer, Subject: who.Subject, Mail: who.Email, Verified: who.EmailVerified, Provider: client.Provider().Name,
	}, gate.Actor(r.Context()).Address, r.UserAgent())
	return g.To, session, err
}
