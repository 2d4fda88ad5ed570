package browsertest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portcullis/internal/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// recorder is a test that keeps what it is told instead of failing.
type recorder struct {
	testing.TB
	cleanups []func()
	told     []string
}

func (r *recorder) Helper()          {}
func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(format string, args ...any) {
	r.told = append(r.told, fmt.Sprintf(format, args...))
}

// end does what is done when a test ends.
func (r *recorder) end() {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}

const page = `<!DOCTYPE html><html lang="en"><head><title>%s</title><meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main><h1>%[1]s</h1>%s</main></body></html>`

// serve serves pages by their paths, under a policy that lets scripts of this server run.
func serve(t *testing.T, bodies map[string]string) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".js") {
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprint(w, bodies[r.URL.Path])
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'self'; img-src data:")
		if r.URL.Path == "/missing" {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprintf(w, page, r.URL.Path, bodies[r.URL.Path])
	}))
	t.Cleanup(server.Close)
	return Local(server)
}

// TestWhatIsFound goes to pages with one thing wrong each, which must be found.
func TestWhatIsFound(t *testing.T) {
	bodies := map[string]string{
		"/good": "", "/missing": "", "/unnamed": `<input type="text">`, "/pale": `<p class="a">x</p><link rel="stylesheet" href="/none"><font color="#eeeeee">pale</font>`,
		"/sideways": "<p>" + strings.Repeat("x", 500) + "</p>", "/inline": `<p style="color: red">x</p>`, "/throws": `<script src="/throws.js"></script>`, "/throws.js": `throw new Error("broken script")`,
	}
	at := serve(t, bodies)
	wants := map[string]string{
		"/good": "", "/missing": "", "/unnamed": "label", "/pale": "color-contrast", "/sideways": "pixels stand outside the window", "/inline": "inline style", "/throws": "broken script",
	}
	r := &recorder{TB: t}
	b := Open(r)
	defer r.end()
	b.Phone()
	for path, want := range wants {
		r.told = nil
		b.Go(at + path)
		b.Accessible()
		b.tell()
		got := strings.Join(r.told, "\n")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: found %q, want %q", path, got, want)
		}
	}
}

// TestAuthenticator makes a passkey and signs in with it.
func TestAuthenticator(t *testing.T) {
	b := Open(t)
	b.Authenticator()
	b.Go(serve(t, nil) + "/good")
	const script = `(async () => {
		const made = await navigator.credentials.create({publicKey: {challenge: new Uint8Array(16), rp: {name: "x"}, user: {id: new Uint8Array([7]), name: "ada", displayName: "Ada"},
			pubKeyCredParams: [{type: "public-key", alg: -7}], authenticatorSelection: {residentKey: "required", userVerification: "required"}}})
		const got = await navigator.credentials.get({publicKey: {challenge: new Uint8Array(16), userVerification: "required"}})
		return made.id == got.id
	})()`
	if !Eval[bool](b, script) {
		t.Error("another passkey came back than was made")
	}
}

// TestKeys types, goes back and forth, and follows a link.
func TestKeys(t *testing.T) {
	b := Open(t)
	at := serve(t, map[string]string{"/form": `<label for="one">One</label><input id="one"><label for="two">Two</label><input id="two"><a href="/next">next</a>`})
	b.Go(at + "/form")
	b.Press(Tab, "Äb 1", Tab, "z", BackTab, End, "!")
	if got := Eval[string](b, "one.value + two.value"); got != "Äb 1!z" {
		t.Errorf("typed %q", got)
	}
	b.Press(Tab, Tab)
	if got := b.Focused(); got != "a next" {
		t.Errorf("the focus is on %q", got)
	}
	b.FollowKey(Enter)
	if got := b.Address(); got != "/next" {
		t.Errorf("went to %s", got)
	}
}
