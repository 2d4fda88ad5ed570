package gate

import (
	"fmt"
	"net/http"
	"runtime/debug"

	"portcullis/web/ui"
)

// begun is an answer of which is known whether anything of it has gone out.
type begun struct {
	http.ResponseWriter
	is bool
}

func (b *begun) WriteHeader(status int) {
	b.is = b.is || status >= http.StatusOK // what comes before is no answer yet
	b.ResponseWriter.WriteHeader(status)
}

func (b *begun) Write(data []byte) (int, error) {
	b.is = true
	return b.ResponseWriter.Write(data)
}

// Unwrap is for http.ResponseController.
func (b *begun) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// caught answers for a handler that panicked, and tells the log where. An answer of which a part has
// gone out is cut off, so that nobody takes it for whole. It is deferred.
func (g *Gate) caught(w *begun, r *http.Request, route Route) {
	panicked := recover()
	switch {
	case panicked == nil:
		return
	case panicked == http.ErrAbortHandler:
		panic(panicked)
	}
	frame := g.Frame
	frame.Log, frame.Now, frame.SignIn = g.Log, g.Now().In(frame.Now.Location()), SignIn
	if reference, err := g.People.Reference(); err == nil { // without one, the log has the time
		frame.Reference = reference
	}
	r = ui.WithFrame(r, frame)
	err := fmt.Errorf("panic: %v\n%s", panicked, debug.Stack())
	switch {
	case w.is:
		ui.Log(r, err)
		panic(http.ErrAbortHandler)
	case route.Fail != nil:
		route.Fail(w, r, err)
	default:
		ui.Fail(w, r, err)
	}
}
