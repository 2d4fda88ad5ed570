package gate

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/web/ui"
)

// Route is one path of the server.
type Route struct {
	Pattern string // as http.ServeMux takes it, with its method
	// Permission is what one must have somewhere to get in.
	Permission people.Permission
	// Swift routes are asked thousands of times a second: the gate passes on what the request brought, and
	// leaves it to the operation behind, which asks the same table, to find out who asks.
	Swift   bool
	Handler http.Handler
	// Long routes take in large files, and what they find out takes its time: they have longTime for both.
	Long bool
	// Fail answers for programs, in their protocol's form. Where it is set, the route is for programs
	// with a token; where it is nil, for browsers with a session, and errors are pages.
	Fail func(w http.ResponseWriter, r *http.Request, err error)
}

// Permissions that are no line of the table.
const (
	// Public pages are for everybody. They show who has signed in.
	Public people.Permission = "public"
	// Open routes are for everybody, and do not even look at who asks: assets, health, the ledger's tiles.
	Open people.Permission = "open"
	// Device routes are for devices with keys of their own, which stand in what they send: the operation behind
	// finds out who asks. No role lets in.
	Device people.Permission = "device"
)

// Gate lets in.
type Gate struct {
	People *people.Room
	Now    func() time.Time
	Log    *slog.Logger
	// Secure is set where browsers reach the server by https.
	Secure bool
	// Proxies is how many proxies stand before the server and add to X-Forwarded-For.
	Proxies int
	// Frame is what all pages have in common.
	Frame ui.Frame
	// Navigation are the places that one may go to, by the permission that they need.
	Navigation []Place
	// First are the places that come first for who has a role, right behind the first of all; those of the role "" are
	// for who has none of the others.
	First []Own
}

// Own are the places of a role, by their paths.
type Own struct {
	Role  people.Role
	Paths []string
}

const (
	// fewPlaces are not worth to be folded.
	fewPlaces = 7
	// mostFirst is how many places stand before what is folded.
	mostFirst = 6
)

// Places are where somebody may go: first their own few, then the rest, which is folded where it is much.
func (g *Gate) Places(who people.Who) (first, more []ui.Link) {
	var all []ui.Link
	for _, place := range g.Navigation {
		if place.Shown(who) {
			all = append(all, place.Link)
		}
	}
	var paths []string
	for _, own := range g.First {
		if slices.ContainsFunc(who.Grants, func(grant people.Grant) bool { return grant.Role == own.Role }) || own.Role == "" && paths == nil {
			paths = append(paths, own.Paths...)
		}
	}
	if len(all) > 0 {
		slices.SortStableFunc(all[1:], func(a, b ui.Link) int {
			return cmp.Compare(placeIn(paths, a.Href), placeIn(paths, b.Href))
		})
	}
	if len(all) <= fewPlaces {
		return all, nil
	}
	return all[:mostFirst], all[mostFirst:]
}

// placeIn is where a path stands among some; behind them all where it does not.
func placeIn(paths []string, path string) int {
	if at := slices.Index(paths, path); at >= 0 {
		return at
	}
	return len(paths)
}

// Place is an item of the navigation, for those who have the permission somewhere, or everywhere where the
// page behind it asks for that.
type Place struct {
	ui.Link
	Permission people.Permission
	Everywhere bool
}

// Shown tells whether to show somebody the place.
func (p Place) Shown(to people.Who) bool {
	if p.Everywhere {
		to.Grants = slices.DeleteFunc(slices.Clone(to.Grants), func(g people.Grant) bool { return g.Organisation != people.Everywhere })
	}
	return to.May(p.Permission)
}

// visit is what the gate tells a handler.
type visit struct {
	actor people.Actor
	who   people.Who
}

type visitKey struct{}

// Actor is who asks, for the rooms' operations.
func Actor(ctx context.Context) people.Actor {
	v, _ := ctx.Value(visitKey{}).(visit)
	return v.actor
}

// Who is the actor as the database knew it at the gate; empty where nobody has signed in.
func Who(ctx context.Context) people.Who {
	v, _ := ctx.Value(visitKey{}).(visit)
	return v.who
}

// How long an answer may be in the making: an upload comes in within a minute. To find out who asks
// is a matter of milliseconds; where it takes seconds the database is out of reach, and whoever waits is
// better told than kept.
const (
	answerTime = 90 * time.Second
	longTime   = 30 * time.Minute
	enterTime  = 5 * time.Second
)

// Guard returns the route's handler with the gate before it. A handler that panics answers as one that
// failed does.
func (g *Gate) Guard(route Route) http.Handler {
	handler := route.Handler
	if route.Permission != Open {
		handler = g.guarded(route)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := answerTime
		if route.Long {
			limit = longTime
		}
		ctx, cancel := context.WithTimeout(r.Context(), limit)
		defer cancel()
		if route.Long {
			defer unhurried(ctx, w)()
		}
		begun := &begun{ResponseWriter: w}
		defer g.caught(begun, r, route)
		handler.ServeHTTP(begun, r.WithContext(ctx))
	})
}

// unhurried lifts the limits that the server sets to reading a request and writing its answer, until the context ends. What
// is returned is to be called in the end.
func unhurried(ctx context.Context, w http.ResponseWriter) (done func() bool) {
	connection := http.NewResponseController(w)
	_, _ = connection.SetReadDeadline(time.Time{}), connection.SetWriteDeadline(time.Time{}) // a writer that has none sets none
	return context.AfterFunc(ctx, func() { _ = connection.SetReadDeadline(time.Unix(1, 0)) })
}

func (g *Gate) guarded(route Route) http.Handler {
	if route.Swift {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r = ui.WithFrame(r, ui.Frame{Now: g.Now(), Log: g.Log})
			route.Handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitKey{}, visit{actor: g.actor(r, route)})))
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, err := g.enter(r, route)
		switch {
		case err == nil:
			route.Handler.ServeHTTP(w, r)
		case route.Fail != nil:
			route.Fail(w, r, err)
		case fault.Is(err, fault.SignedOut) && r.Method == http.MethodGet:
			http.Redirect(w, r, SignIn+"?to="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		default:
			ui.Fail(w, r, err)
		}
	})
}

// Paths that the gate itself knows.
const (
	SignIn  = "/sign-in"
	SignOut = "/sign-out"
	Account = "/account"
)

// enter finds out who asks and puts that, and the frame, into the request.
func (g *Gate) enter(r *http.Request, route Route) (*http.Request, error) {
	reference, err := g.People.Reference()
	if err != nil {
		return r, err
	}
	f := g.Frame
	f.Now, f.Reference, f.Log = g.Now().In(f.Now.Location()), reference, g.Log
	actor := g.actor(r, route)
	p := route.Permission
	if p == Public {
		p = ""
	}
	ctx, cancel := context.WithTimeout(r.Context(), enterTime)
	defer cancel()
	entry, err := g.People.Enter(ctx, actor, p)
	if route.Permission == Public && fault.Is(err, fault.SignedOut) {
		actor = people.Actor{Address: actor.Address}
		entry, err = people.Entry{}, nil
	}
	f.Decision = int64(entry.Generation)
	f.SignIn, f.SignOut, f.Account = SignIn, SignOut, Account
	if f.Person = entry.Who.Name; f.Person != "" {
		f.SignIn = ""
		f.Navigation, f.More = g.Places(entry.Who)
	}
	r = ui.WithFrame(r, f)
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, visit{actor, entry.Who})), err
}

// actor is what the request brought.
func (g *Gate) actor(r *http.Request, route Route) people.Actor {
	actor := people.Actor{Address: g.address(r)}
	if route.Fail != nil {
		if scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "Bearer") {
			actor.Token = strings.TrimSpace(token)
		}
		return actor
	}
	if cookie, err := r.Cookie(g.cookie()); err == nil {
		actor.Session = cookie.Value
	}
	return actor
}

// address is where a request came from: the connection's, or what the outermost of our own proxies
// saw. What stands before that in the header, anybody may have written.
func (g *Gate) address(r *http.Request) string {
	if g.Proxies > 0 {
		seen := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if n := len(seen) - g.Proxies; n >= 0 {
			if ip := net.ParseIP(strings.TrimSpace(seen[n])); ip != nil {
				return ip.String()
			}
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// cookie is the name of the session's cookie. The prefix has browsers take it from this host alone,
// and by https.
func (g *Gate) cookie() string {
	if g.Secure {
		return "__Host-portcullis"
	}
	return "portcullis"
}

// Open has the browser keep a session. Whatever it had before is replaced, so that nobody signs in
// to a session that another has prepared.
func (g *Gate) Open(w http.ResponseWriter, session string) {
	http.SetCookie(w, &http.Cookie{Name: g.cookie(), Value: session, Path: "/", Secure: g.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// Close has the browser forget its session.
func (g *Gate) Close(w http.ResponseWriter) {
	http.SetCookie(w, &http.Cookie{Name: g.cookie(), Path: "/", MaxAge: -1, Secure: g.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// Local is the path of this server that to names, for going on after signing in, and "/" where it
// names none: never another server's.
func Local(to string) string {
	parsed, err := url.Parse(to)
	if err != nil || parsed.Scheme != "" || parsed.Host != "" || parsed.User != nil || parsed.Opaque != "" ||
		!strings.HasPrefix(parsed.Path, "/") || strings.HasPrefix(parsed.Path, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return "/"
	}
	return (&url.URL{Path: parsed.Path, RawPath: parsed.RawPath, RawQuery: parsed.RawQuery}).String()
}

// Routes are the routes of an area of pages, as they are put together.
type Routes []Route

// MaxForm is how many bytes a form without a file may have.
const MaxForm = 1 << 20

// See adds a page that is looked at.
func (all *Routes) See(path string, p people.Permission, h ui.Handler) {
	*all = append(*all, Route{Pattern: "GET " + path, Permission: p, Handler: h})
}

// Ask adds a question, which is shown and answered at the same address.
func (all *Routes) Ask(path string, p people.Permission, h ui.Handler) {
	all.See(path, p, h)
	all.Take(path, p, MaxForm, h)
}

// Take adds what takes an answer of so many bytes at most.
func (all *Routes) Take(path string, p people.Permission, bytes int64, h ui.Handler) {
	*all = append(*all, Route{Pattern: "POST " + path, Permission: p, Handler: Limit(bytes, h)})
}

// Upload adds what takes in a large file.
func (all *Routes) Upload(path string, p people.Permission, bytes int64, h ui.Handler) {
	*all = append(*all, Route{Pattern: "POST " + path, Permission: p, Long: true, Handler: Limit(bytes, h)})
}

// Limit bounds what a request may send.
func Limit(bytes int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, bytes)
		next.ServeHTTP(w, r)
	})
}
