package mdm

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/platform"
	"portcullis/platform/apple"
	"portcullis/policy"
)

// Listener is told what devices say: enforce.Managed.
type Listener interface {
	Enrolled(ctx context.Context, host, called string, on policy.Platform, at time.Time, runs string) error
	Left(ctx context.Context, host string, at time.Time) error
	Report(ctx context.Context, r devices.Report) error
	Did(ctx context.Context, host, id, failed string) error
	Runs(ctx context.Context, host string, is enforce.System) error
	Undeclared(ctx context.Context, host string) error
	Took(ctx context.Context, host string, offered time.Time) error
	Late(ctx context.Context, host, way string) error
	Denied(ctx context.Context, host string, offered time.Time, why string) error
	Has(ctx context.Context, host string, offered time.Time, own string, at time.Time) error
}

const (
	// maxEvent is how many bytes an event may have.
	maxEvent = 8 << 20
	// fresh is how old an event may be, and how far ahead its sender's clock.
	fresh = 10 * time.Minute
)

// Webhook takes in NanoMDM's events. It is safe for concurrent use.
type Webhook struct {
	secret  []byte
	devices Listener
	now     func() time.Time
	log     *slog.Logger
	// Count is told what became of each event, in a word; nil is nobody.
	Count func(what string)

	mu    sync.Mutex
	taken map[[32]byte]time.Time // digests of events that were taken, and when they are too old anyhow
	swept time.Time
}

// NewWebhook makes a webhook whose events are signed with a secret.
func NewWebhook(secret string, d Listener, now func() time.Time, log *slog.Logger) *Webhook {
	return &Webhook{secret: []byte(secret), devices: d, now: now, log: log, taken: map[[32]byte]time.Time{}}
}

// event is an event of NanoMDM, as far as it is read.
type event struct {
	Topic   string    `json:"topic"`
	Created time.Time `json:"created_at"`
	CheckIn *struct {
		message
	} `json:"checkin_event"`
	Acknowledge *acknowledgement `json:"acknowledge_event"`
}

// acknowledgement is what a device said to a command.
type acknowledgement struct {
	message
	Status  string `json:"status"`
	Command string `json:"command_uuid"`
}

// message is what a device sent, and as whom NanoMDM knows it.
type message struct {
	IDs struct {
		ID   string `json:"id"`
		Type string `json:"type"`
	} `json:"ids"`
	Payload []byte `json:"raw_payload"`
}

// What becomes of events.
const (
	Taken     = "taken"
	Passed    = "passed"    // it tells of nothing that is wanted, or of a user's own enrolment
	NotKnown  = "not-known" // the device could not or would not say what it has
	Forged    = "forged"    // the signature does not hold
	Replayed  = "replayed"  // it is old, or was taken already
	Malformed = "malformed" // it is no event, or names two devices
	Refused   = "refused"   // the server does not take what it tells
	TooLarge  = "too-large"
	Failed    = "failed" // the server could not take it
)

var (
	errForged    = fault.New(fault.Refused, "The signature of this event does not hold: NanoMDM and this server need the same webhook key")
	errReplayed  = fault.New(fault.Conflict, "This event is old, or was taken already: the clocks of NanoMDM and this server must agree to within ten minutes")
	errMalformed = fault.New(fault.Invalid, "This is no event of NanoMDM's webhook about one device")
)

// ServeHTTP takes an event. It answers 200 where nothing is left to do.
func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		h.answer(w, TooLarge, http.StatusRequestEntityTooLarge, "An event has 8 MiB at most")
		return
	}
	if err != nil {
		h.answer(w, Malformed, http.StatusBadRequest, "The event was cut off")
		return
	}
	what, err := h.Take(r.Context(), body, r.Header.Get("X-Hmac-Signature"))
	switch {
	case err == nil:
		h.answer(w, what, http.StatusOK, "")
	case what == Forged:
		h.answer(w, what, http.StatusForbidden, err.Error())
	case what == Replayed:
		h.answer(w, what, http.StatusConflict, err.Error())
	case what == Malformed:
		h.answer(w, what, http.StatusBadRequest, err.Error())
	case len(fault.Fields(err)) > 0:
		h.log.Warn("an event of the device manager was refused", "error", err)
		h.answer(w, Refused, http.StatusUnprocessableEntity, err.Error())
	default:
		h.log.Error("an event of the device manager could not be taken; what it told is asked for again", "error", err)
		h.answer(w, Failed, http.StatusServiceUnavailable, "The server cannot take this just now")
	}
}

func (h *Webhook) answer(w http.ResponseWriter, what string, status int, message string) {
	if h.Count != nil {
		h.Count(what)
	}
	if status == http.StatusOK {
		return
	}
	http.Error(w, message, status)
}

// Take takes an event with its signature, and tells what became of it.
func (h *Webhook) Take(ctx context.Context, body []byte, signature string) (what string, err error) {
	mac := hmac.New(sha256.New, h.secret)
	mac.Write(body)
	given, err := base64.StdEncoding.DecodeString(signature)
	if err != nil || len(h.secret) == 0 || !hmac.Equal(given, mac.Sum(nil)) {
		return Forged, errForged
	}
	var e event
	if err := json.Unmarshal(body, &e); err != nil || e.Topic == "" {
		return Malformed, errMalformed
	}
	digest := sha256.Sum256(body)
	if !h.claim(digest, e.Created) {
		return Replayed, errReplayed
	}
	if what, err = h.take(ctx, &e); errors.Is(err, enforce.ErrEarlier) {
		return Replayed, errReplayed // to this server, where another took it, or after what came of it
	}
	if err != nil && len(fault.Fields(err)) == 0 {
		h.release(digest) // it may be sent again
	}
	return what, err
}

// claim tells whether an event is fresh and has not been taken, and takes it.
func (h *Webhook) claim(digest [32]byte, created time.Time) bool {
	now := h.now()
	if created.Before(now.Add(-fresh)) || created.After(now.Add(fresh)) {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Sub(h.swept) > fresh || now.Before(h.swept) {
		for d, until := range h.taken {
			if until.Before(now) {
				delete(h.taken, d)
			}
		}
		h.swept = now
	}
	if _, was := h.taken[digest]; was {
		return false
	}
	h.taken[digest] = created.Add(fresh)
	return true
}

func (h *Webhook) release(digest [32]byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.taken, digest)
}

// take does what an event says.
func (h *Webhook) take(ctx context.Context, e *event) (string, error) {
	switch e.Topic {
	case "mdm.Authenticate", "mdm.TokenUpdate", "mdm.CheckOut":
		if e.CheckIn == nil {
			return Malformed, errMalformed
		}
		return h.checkIn(ctx, e)
	case "mdm.Connect":
		if e.Acknowledge == nil {
			return Malformed, errMalformed
		}
		return h.acknowledged(ctx, e)
	}
	return Passed, nil // mdm.DeclarativeManagement too: what devices report of declarations is asked of KMFDDM
}

// isDevice tells whether a device itself is enrolled, and no user of it and nobody's own device.
func (m *message) isDevice() bool { return m.IDs.Type == "Device" }

// checkIn notes that a device enrolled or left. Authenticate begins an enrolment anew, and TokenUpdate ends it.
func (h *Webhook) checkIn(ctx context.Context, e *event) (string, error) {
	m := &e.CheckIn.message
	if !m.isDevice() {
		return Passed, nil
	}
	c, err := apple.ReadCheckIn(m.Payload)
	if err != nil || m.IDs.ID == "" || c.UDID != m.IDs.ID {
		return Malformed, errMalformed
	}
	switch e.Topic {
	case "mdm.Authenticate":
		if err = h.devices.Left(ctx, c.UDID, e.Created); err == nil || fault.Is(err, fault.NotFound) {
			err = h.devices.Enrolled(ctx, c.UDID, c.Name, c.Platform, e.Created, version(c.System))
		}
		if errors.Is(err, enforce.ErrEarlier) && c.System != "" { // its TokenUpdate has overtaken it, which does not tell the version
			err = errors.Join(err, h.devices.Runs(ctx, c.UDID, enforce.System{Version: version(c.System)}))
		}
	case "mdm.TokenUpdate":
		err = h.devices.Enrolled(ctx, c.UDID, c.Name, c.Platform, e.Created, "")
	case "mdm.CheckOut":
		if err = h.devices.Left(ctx, c.UDID, e.Created); fault.Is(err, fault.NotFound) {
			return Passed, nil
		}
	}
	return Taken, err
}

// acknowledged takes in what a device answered to a command.
func (h *Webhook) acknowledged(ctx context.Context, e *event) (string, error) {
	a := e.Acknowledge
	if !a.isDevice() {
		return Passed, nil
	}
	if a.Status == "Idle" {
		return Passed, nil
	}
	if id, failed, over := ordered(a); over {
		return Taken, h.devices.Did(ctx, a.IDs.ID, id, failed)
	}
	if what, ours, err := h.answered(ctx, e); ours {
		return what, err
	}
	var found inventory
	if err := apple.Read(bytes.NewReader(a.Payload), &found); err != nil {
		return Passed, nil // an answer to another command
	}
	if len(found.reports) == 0 {
		return NotKnown, nil
	}
	if len(found.reports) > 1 || found.reports[0].Device != a.IDs.ID {
		return Malformed, errMalformed
	}
	r := devices.ReportOf(&found.reports[0], platform.Assumptions{}, "", func(platform.Problem) {})
	r.Taken = earlier(e.Created, h.now())
	r.Partial = r.Partial || found.problems > 0 || !sealed(h.secret, a.Command, a.IDs.ID)
	return Taken, h.devices.Report(ctx, r)
}

// answered takes in what a device answered to a command of ours by which it is given its list, or asked what decides
// how: it is told by the command's id which that was.
func (h *Webhook) answered(ctx context.Context, e *event) (what string, ours bool, err error) {
	a, host := e.Acknowledge, e.Acknowledge.IDs.ID
	if strings.HasPrefix(a.Command, declarePrefix) {
		if !a.failed() {
			return Passed, true, nil // what it says of declarations is asked of KMFDDM
		}
		err = h.devices.Undeclared(ctx, host)
	} else {
		c, is := commandOf(h.secret, a.Command, host)
		if !is {
			return "", false, nil
		}
		if what, err = h.device(ctx, e, c); what != "" {
			return what, true, err
		}
	}
	if fault.Is(err, fault.Conflict) {
		return Passed, true, nil // it was offered something else since, or is managed no longer
	}
	return Taken, true, err
}

// device takes in the answer to a command; what is empty where the answer is one that is wanted.
func (h *Webhook) device(ctx context.Context, e *event, c command) (what string, err error) {
	a, host := e.Acknowledge, e.Acknowledge.IDs.ID
	switch {
	case c.verb == removeProfile:
		return Passed, nil // what is left is in the list that is asked for after it
	case c.verb == installProfile && a.failed():
		return "", h.devices.Denied(ctx, host, c.offered, a.why())
	case a.Status != "Acknowledged":
		return NotKnown, nil
	case c.verb == installProfile:
		err := h.devices.Took(ctx, host, c.offered)
		if fault.Is(err, fault.Conflict) {
			err = h.devices.Late(ctx, host, byProfile)
		}
		return "", err
	case c.verb == askSystem:
		s, err := apple.ReadSystem(a.Payload)
		if err != nil || s.UDID != host {
			return Malformed, errMalformed
		}
		return "", h.devices.Runs(ctx, host, enforce.System{Version: version(s.Version), Supervised: s.Supervised, At: earlier(e.Created, h.now())})
	}
	p, err := apple.ReadProfiles(a.Payload)
	if err != nil || p.UDID != host || !p.Listed {
		return Malformed, errMalformed
	}
	own := noProfile
	if p.Ours {
		own = byProfile + p.UUID
	}
	return "", h.devices.Has(ctx, host, c.offered, own, earlier(e.Created, h.now()))
}

// failed tells whether a device cannot do what it was told. One that cannot do it now is asked again by its manager.
func (a *acknowledgement) failed() bool {
	return a.Status == "Error" || a.Status == "CommandFormatError"
}

// why is why a device did not do it, in a few words.
func (a *acknowledgement) why() string { return "the device answered " + a.Status }

// version is a version as a device says it, of which no more is kept than one has.
func version(text string) string { return strings.ToValidUTF8(text[:min(len(text), 20)], "") }

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// inventory is what a device answered.
type inventory struct {
	reports  []platform.Report
	problems int
}

func (i *inventory) Report(r platform.Report) error {
	i.reports = append(i.reports, r)
	return nil
}

func (i *inventory) Problem(platform.Problem) { i.problems++ }
