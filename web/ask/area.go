package ask

import (
	"context"
	"embed"
	"net/http"
	"time"

	"portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Text is advice that somebody has written.
type Text struct {
	Title string
	Body  string // paragraphs and lists, as handbook.Blocks reads them
	By    string // who wrote it; empty where that is not said
	At    time.Time
}

// Area is the page and what it shows.
type Area struct {
	Enquiries *devices.Enquiries
	// Advice returns what people are advised about a product on their own device, on a platform; "" is any. It is
	// nil where nobody keeps such texts. Its errors are logged: they name no product.
	Advice func(ctx context.Context, actor people.Actor, product, platform string) ([]Text, error)
	// Requests and Exemptions are the paths of the pages on which one asks for an app, and for an exemption, by
	// "product" and "platform"; empty where there are none.
	Requests, Exemptions string
}

//go:embed *.html
var files embed.FS

var templates = ui.Parse(files)

// Path is where one asks.
const Path = "/ask"

// maxForm is how many bytes a question has at most.
const maxForm = 8 << 10

// Routes are the routes of this package.
func Routes(a Area) []gate.Route {
	return []gate.Route{
		{Pattern: "GET " + Path, Permission: people.Own, Handler: ui.Handler(a.work)},
		{Pattern: "POST " + Path, Permission: people.Own, Handler: gate.Limit(maxForm, ui.Handler(a.own))},
	}
}

// Place is the way in, for the navigation.
func Place() gate.Place {
	return gate.Place{Link: ui.Link{Text: "May I install this?", Href: Path}, Permission: people.Own}
}

// platformNames are platforms as people call them.
var platformNames = [len(policy.PlatformWords)]string{"", "Android", "iPhone or iPad", "Mac", "Windows", "Linux", "Chromebook", "Chrome", "Edge", "Firefox"}

func platformName(p policy.Platform) string {
	if int(p) >= len(platformNames) {
		return ""
	}
	return platformNames[p]
}

// platforms are the names of some platforms as a list in a sentence.
func platforms(all []policy.Platform) string {
	text := ""
	for i, p := range all {
		switch {
		case i == 0:
		case i == len(all)-1:
			text += " or "
		default:
			text += ", "
		}
		text += platformName(p)
	}
	return text
}

// actor is who asks.
func actor(r *http.Request) people.Actor { return gate.Actor(r.Context()) }
