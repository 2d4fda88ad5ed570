package api

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/platform"
	"portcullis/platform/kinds"
	"portcullis/web/gate"
)

// InventoryOutcome is what became of a tool's export.
type InventoryOutcome struct {
	devices.Tally
	Rows []InventoryProblem `json:"rows" doc:"What was not taken, and why; the first 500"`
	// Error says why the reading ended early.
	Error string `json:"error,omitempty" doc:"Why the rest was not taken; what is counted was stored before"`
}

// InventoryProblem is a part of an export that was not taken.
type InventoryProblem struct {
	Device string `json:"device,omitempty"`
	Line   int    `json:"line,omitempty"`
	Reason string `json:"reason"`
}

func inventoryParameters() []*huma.Param {
	text := &huma.Schema{Type: huma.TypeString}
	query := func(name, what string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Schema: text, Description: what}
	}
	var known []any
	for _, kind := range kinds.All() {
		known = append(known, kind)
	}
	return []*huma.Param{
		{Name: "kind", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString, Enum: known}},
		query("organisation", "Whose the devices are that are not known yet; the token's organisation where it is not said"),
		query("ownership", "Of those, where the export does not say"),
		query("platform", "Where the export does not say"),
		query("device", "The device's id, where the export names none"),
		query("source", "Tells tools apart; the kind, where it is not said"),
	}
}

// inventory takes a tool's export.
func (a *api) inventory(w http.ResponseWriter, r *http.Request) error {
	kind := r.PathValue("kind")
	read := kinds.Reader(kind)
	if read == nil {
		return refuse(notFound, "kind", "There is no kind of inventory %q: the kinds are %s", kind, strings.Join(kinds.All(), ", "))
	}
	assume, source, err := assumed(r)
	if err != nil {
		return err
	}
	answer := InventoryOutcome{Rows: []InventoryProblem{}}
	var own error // the reader's
	answer.Tally, err = a.Intake.Inventory(r.Context(), gate.Actor(r.Context()), reading(read, &own), r.Body, assume, cmp.Or(source, kind), func(p platform.Problem) {
		if len(answer.Rows) < maxRows {
			answer.Rows = append(answer.Rows, InventoryProblem{p.Device, p.Line, p.Reason})
		}
	})
	if err == nil {
		return answerJSON(w, answer)
	}
	if own == nil { // somebody who may not, or the server's own trouble; the same again is harmless
		return err
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(own, &large):
		err = refuse(tooLarge, "", "This is more than %d bytes: send the export in parts", large.Limit)
	default:
		err = refuse(fault.Invalid, "", "This could not be read as %s: %v", kind, own)
	}
	if answer.Tally == (devices.Tally{}) {
		return err
	}
	answer.Error = err.Error()
	return answerJSON(w, answer)
}

// reading notes in own why a reader stopped, where that is its own reason and not its sink's.
func reading(read platform.Reader, own *error) platform.Reader {
	return func(in io.Reader, into platform.Sink) error {
		s := &sink{Sink: into}
		err := read(in, s)
		if s.err == nil {
			*own = err
		}
		return err
	}
}

// sink remembers why it stopped a reader.
type sink struct {
	platform.Sink
	err error
}

func (s *sink) Report(r platform.Report) error {
	s.err = s.Sink.Report(r)
	return s.err
}

// assumed is what the query says of the devices of an export.
func assumed(r *http.Request) (assume platform.Assumptions, source string, err error) {
	query := r.URL.Query()
	var known []string
	for _, p := range inventoryParameters()[1:] {
		known = append(known, p.Name)
	}
	for name := range query {
		if !slices.Contains(known, name) {
			return assume, "", refuse(fault.Invalid, name, "There is no such parameter here%s", didYouMean(name, known))
		}
	}
	assume = platform.Assumptions{Organisation: query.Get("organisation"), Device: query.Get("device")}
	assume.Ownership, assume.Platform, err = words(query.Get("ownership"), query.Get("platform"))
	return assume, query.Get("source"), err
}
