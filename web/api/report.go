package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	stdjson "encoding/json"
	"errors"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/platform/kinds"
	"portcullis/web/gate"
	"portcullis/web/ui"
)

// Reports come in many times a second, mostly as they were the last time. So their routes are read here and
// not by huma, which only describes them, and the intake remembers for a moment whom the gate would let in.

const (
	maxReport    = 8 << 20 // bytes; 20,000 installations are some 4 MiB
	maxReports   = 32 << 20
	maxInventory = 64 << 20
	maxBatch     = 500
	maxRows      = 500
	// usual is as large as nearly all reports are: room for them is made at once.
	usual = 64 << 10
)

// reporting is an operation that takes in reports.
type reporting struct {
	id, path, summary string
	size              int64
	in, out           any // what it takes and answers; no in is a tool's export
	do                func(w http.ResponseWriter, r *http.Request) error
}

// addReports makes the routes of reports, and describes them.
func (a *api) addReports() {
	for _, o := range []reporting{
		{"report", "/reports", "Report what is installed on a device; it is stored before the answer comes", maxReport, Report{}, devices.Outcome{}, a.report},
		{"report-batch", "/reports/batch", "Report several devices at once; each stands for itself", maxReports, BatchOfReports{}, BatchOutcome{}, a.reportBatch},
		{"report-inventory", "/inventories/{kind}", "Send the export of a tool: " + strings.Join(kinds.All(), ", "), maxInventory, nil, InventoryOutcome{}, a.inventory},
	} {
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			err := a.Intake.Enter(r.Context(), gate.Actor(r.Context()))
			if err == nil {
				r.Body = http.MaxBytesReader(w, r.Body, o.size)
				err = o.take(w, r)
			}
			if err != nil {
				Fail(w, a.referenced(r), err)
			}
		})
		a.routes = append(a.routes, gate.Route{Pattern: "POST " + Base + o.path, Permission: people.ReportDevices, Swift: true, Handler: handler, Fail: Fail})
		a.listed = append(a.listed, Listed{http.MethodPost, Base + o.path, o.summary, people.ReportDevices})
		a.describeReport(o)
	}
}

// referenced gives a request that failed the reference under which the log has more.
func (a *api) referenced(r *http.Request) *http.Request {
	frame := ui.FrameOf(r)
	var err error
	if frame.Reference, err = a.People.Reference(); err != nil {
		return r // the answer goes without one
	}
	return ui.WithFrame(r, frame)
}

// take refuses what would not be looked at, and does the rest.
func (o *reporting) take(w http.ResponseWriter, r *http.Request) error {
	err := intake{}.precondition(r)
	if err == nil {
		err = checkQuery(r.URL.RawQuery)
	}
	if err == nil {
		err = o.do(w, r)
	}
	return err
}

// describeReport adds an operation to the document.
func (a *api) describeReport(of reporting) {
	registry := a.huma.OpenAPI().Components.Schemas
	schema := func(v any) *huma.Schema { return registry.Schema(reflect.TypeOf(v), true, "") }
	tag, _, _ := strings.Cut(of.path[1:], "/")
	o := &huma.Operation{
		OperationID: of.id, Method: http.MethodPost, Path: of.path, Summary: of.summary, Tags: []string{tag}, DefaultStatus: http.StatusOK,
		Description: "Needs the permission " + string(people.ReportDevices) + ": may " + people.ReportDevices.What() + ". It takes no Idempotency-Key: the same once more changes nothing.",
		Security:    []map[string][]string{{tokenScheme: {}}},
		Extensions:  map[string]any{"x-permission": string(people.ReportDevices)},
		Responses:   map[string]*huma.Response{"200": {Description: http.StatusText(http.StatusOK), Content: map[string]*huma.MediaType{"application/json": {Schema: schema(of.out)}}}},
	}
	problems := append(intake{}.problems(http.MethodPost, of.path), http.StatusInternalServerError, http.StatusServiceUnavailable)
	for _, status := range problems {
		o.Responses[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status), Content: map[string]*huma.MediaType{problemType: {Schema: schema(Problem{})}}}
	}
	o.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {}}}
	if of.in != nil {
		o.RequestBody.Content["application/json"].Schema = schema(of.in)
	} else {
		o.RequestBody.Content = map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
		o.Parameters = inventoryParameters()
	}
	a.huma.OpenAPI().AddOperation(o)
}

// report takes one report.
func (a *api) report(w http.ResponseWriter, r *http.Request) error {
	room := spare.Get().(*bytes.Buffer)
	defer giveBack(room)
	body, err := readReport(r, room)
	if err != nil {
		return err
	}
	actor, digest, host := gate.Actor(r.Context()), reportDigest(body), hostIn(body)
	same, err := a.Intake.Unchanged(r.Context(), actor, host, digest, time.Time{})
	if err != nil {
		return err
	}
	if same {
		return answerJSON(w, devices.Outcome{Host: host, Result: devices.Unchanged})
	}
	report, err := parseReport(body, digest)
	if err != nil {
		return err
	}
	got, err := a.Intake.Report(r.Context(), actor, []devices.Report{report})
	if err == nil {
		err = got.Errors[0]
	}
	if err != nil {
		return err
	}
	return answerJSON(w, got.Outcomes[0])
}

// reportBatch takes several. What is wrong with one keeps no other from being stored, as long as the body is
// JSON.
func (a *api) reportBatch(w http.ResponseWriter, r *http.Request) error {
	room := spare.Get().(*bytes.Buffer)
	defer giveBack(room)
	body, err := readReport(r, room)
	if err != nil {
		return err
	}
	batch, err := parseBatch(body)
	if err != nil {
		return err
	}
	actor, answer := gate.Actor(r.Context()), BatchOutcome{Items: make([]ReportOutcome, len(batch))}
	var reports []devices.Report
	var places []int             // of the reports in the batch
	waiting := map[string]bool{} // the devices of those; "" where that stands too far down to be seen
	for n, one := range batch {
		item := &answer.Items[n]
		item.Host = hostIn(one)
		digest, same := reportDigest(one), false
		if !waiting[item.Host] && !waiting[""] { // after them it may be unchanged no more
			var err error
			if same, err = a.Intake.Unchanged(r.Context(), actor, item.Host, digest, time.Time{}); err != nil {
				return err
			}
		}
		if same {
			item.Result = devices.Unchanged
			continue
		}
		report, err := parseReport(one, digest)
		if err != nil {
			item.fail(err)
			continue
		}
		reports, places = append(reports, report), append(places, n)
		waiting[item.Host] = true
	}
	if len(reports) > 0 {
		got, err := a.Intake.Report(r.Context(), actor, reports)
		if err != nil {
			return err
		}
		for i, n := range places {
			answer.Items[n].Outcome = got.Outcomes[i]
			if got.Errors[i] != nil {
				answer.Items[n].Host = reports[i].Host
				answer.Items[n].fail(got.Errors[i])
			}
		}
	}
	return answerJSON(w, answer)
}

// fail says why a report was not taken.
func (o *ReportOutcome) fail(err error) {
	p, _ := problemOf(err)
	o.Problem = &p
}

// spare is room for bodies that nobody reads into.
var spare = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// giveBack lets others have the room of a body of which nothing is read any more, unless that is unusually large.
func giveBack(room *bytes.Buffer) {
	if room.Cap() <= usual {
		room.Reset()
		spare.Put(room)
	}
}

// readReport reads a body that is JSON, and says so, into a room that it is a part of.
func readReport(r *http.Request, room *bytes.Buffer) ([]byte, error) {
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset := parameters["charset"]; err != nil || kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, refuse(wrongType, "", "Send application/json in UTF-8, and say so in Content-Type")
	}
	if r.URL.RawQuery != "" {
		return nil, refuse(fault.Invalid, "", "A report takes no parameters: all of it stands in its body")
	}
	if n := r.ContentLength; n > 0 && n < usual {
		room.Grow(int(n) + bytes.MinRead) // with which it notices the end
	}
	_, err = room.ReadFrom(r.Body)
	body := room.Bytes()
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, refuse(tooLarge, "", "This is more than %d bytes: send less at once", large.Limit)
	case err != nil:
		return nil, refuse(malformed, "", "The request broke off, and nothing was stored: send it again")
	}
	return body, nil
}

// reportDigest is what the bytes of a report are known by; never 0.
func reportDigest(body []byte) uint64 {
	sum := sha256.Sum256(body)
	return binary.BigEndian.Uint64(sum[:8]) | 1
}

func answerJSON(w http.ResponseWriter, v any) error {
	encoded, err := stdjson.Marshal(v)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(append(encoded, '\n')) // what the other side no longer takes cannot be told to anybody
	return nil
}
