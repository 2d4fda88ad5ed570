package browsertest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// axePath is where `make assets` puts axe-core, below the module's root.
const axePath = "web/ui/assets/node_modules/axe-core/axe.min.js"

// axe is the source of axe-core.
var axe = sync.OnceValues(func() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			source, err := os.ReadFile(filepath.Join(dir, axePath))
			return string(source), err
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	return "", err
})

// violation is one rule that a page breaks, and where.
type violation struct {
	ID    string   `json:"id"`
	Help  string   `json:"help"`
	Nodes []string `json:"nodes"`
}

// run asks for every rule of WCAG 2.2 up to AA, and for what is good practice. It is not given to the
// page's own world by a script element, so that the content security policy stays as it is.
const run = `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations']})
	.then(r => r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.map(n => n.html + ' ' + n.failureSummary)})))`

// Accessible fails the test for everything that axe-core finds in the page as it is now, and where one
// must scroll sideways to read it.
func (b *Browser) Accessible() {
	b.t.Helper()
	source, err := axe()
	if err != nil {
		b.t.Fatalf("this test needs axe-core, which `make assets` installs: %v", err)
	}
	if !Eval[bool](b, "'axe' in window") {
		Eval[bool](b, source+"; true")
	}
	for _, v := range Eval[[]violation](b, run) {
		b.t.Errorf("%s: axe: %s: %s\n\t%s", b.Address(), v.ID, v.Help, strings.Join(v.Nodes, "\n\t"))
	}
	if sideways := Eval[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); sideways > 0 {
		b.t.Errorf("%s: %d pixels stand outside the window: %s", b.Address(), sideways, Eval[string](b, outside))
	}
}

// outside names what stands outside the window.
const outside = `[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
	.map(e => e.tagName.toLowerCase() + '.' + (e.getAttribute('class') || '').split(' ').join('.')).slice(0, 8).join(', ')`

// Authenticator gives the browser passkeys that are kept in memory and answer at once, as the built-in
// ones of phones do once the finger was right. Pages must be asked for under Local.
func (b *Browser) Authenticator() {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{})
	if err == nil {
		_, err = chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
	}
	if err != nil {
		b.t.Fatalf("a virtual authenticator: %v", err)
	}
}
