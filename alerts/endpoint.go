package alerts

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"portcullis/internal/fault"
	"portcullis/store"
)

// Endpoint is another server that is told by webhooks.
type Endpoint struct {
	ID           string
	Organisation string // whose it is
	// URL is where requests go: https, or http where the other side is in the same house.
	URL string
	// Secret signs the requests, as Standard Webhooks has it: whsec_ and base64 of 24 to 64 bytes.
	Secret string
	// Kinds are the kinds of messages it asks for; none means all.
	Kinds []string
	// Disabled is since when nothing is sent to it, and Why; not given while it is in use.
	Disabled store.Time
	Why      string
}

const secretPrefix = "whsec_"

// NewSecret draws a secret of an endpoint.
func NewSecret(chance io.Reader) (string, error) {
	var drawn [32]byte
	if _, err := io.ReadFull(chance, drawn[:]); err != nil {
		return "", fmt.Errorf("drawing the secret of an endpoint: %w", err)
	}
	return secretPrefix + base64.StdEncoding.EncodeToString(drawn[:]), nil
}

func (e *Endpoint) check() error {
	var errs []error
	u, err := url.Parse(e.URL)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.Fragment != "" || len(e.URL) > MaxLink || line("url", "the URL", e.URL, 1, MaxLink) != nil:
		errs = append(errs, fault.In("url", "%.80q is not the address of an endpoint: write it as https://host/path", e.URL))
	case u.User != nil:
		errs = append(errs, fault.In("url", "the address of an endpoint holds no user or password: requests are signed with its secret instead"))
	}
	encoded, found := strings.CutPrefix(e.Secret, secretPrefix)
	if key, err := base64.StdEncoding.DecodeString(encoded); !found || err != nil || len(key) < 24 || len(key) > 64 {
		errs = append(errs, fault.In("secret", "the secret of an endpoint is whsec_ and 24 to 64 bytes in base64"))
	}
	for _, kind := range e.Kinds {
		if !kindForm.MatchString(kind) {
			errs = append(errs, fault.In("kinds", "%.40q is not a kind of message, such as register.decided", kind))
		}
	}
	return errors.Join(errs...)
}

// AddEndpoint enters an endpoint and returns its id. What is wrong with it comes back as faults of
// the fields url, secret and kinds.
func (r *Room) AddEndpoint(tx *store.Tx, e Endpoint) (id string, err error) {
	if err := e.check(); err != nil {
		return "", err
	}
	if e.ID, err = store.NewID(tx.Now(), r.Chance); err != nil {
		return "", err
	}
	e.Disabled, e.Why = store.Time{}, ""
	return e.ID, insertEndpoint(tx, e)
}

// ChangeEndpoint gives an endpoint what e says, and switches it on where Disabled is not given.
func (r *Room) ChangeEndpoint(tx *store.Tx, e Endpoint) error {
	if err := e.check(); err != nil {
		return err
	}
	return noEndpoint(updateEndpoint(tx, e))
}

// RemoveEndpoint removes an endpoint and its secret. What is queued for it fails, and its records stay.
func RemoveEndpoint(tx *store.Tx, id string) error { return noEndpoint(deleteEndpoint(tx, id)) }

func noEndpoint(rows int64, err error) error {
	if err == nil && rows == 0 {
		return fault.New(fault.NotFound, "there is no such endpoint")
	}
	return err
}

// Endpoints returns all endpoints, with their secrets: who may see these is for the caller to hold.
func Endpoints(tx *store.Tx) ([]Endpoint, error) { return selectEndpoints(tx, "") }

// EndpointOf returns one endpoint.
func EndpointOf(tx *store.Tx, id string) (Endpoint, error) {
	found, err := selectEndpoints(tx, id)
	if err == nil && (id == "" || len(found) == 0) {
		err = fault.New(fault.NotFound, "there is no endpoint %.40q", id)
	}
	if err != nil {
		return Endpoint{}, err
	}
	return found[0], nil
}

// Subscribers are the endpoints of the given organisations that ask for a kind of message and are
// in use.
func Subscribers(tx *store.Tx, kind string, organisations ...string) (to []Recipient, err error) {
	endpoints, err := selectEndpoints(tx, "")
	for _, e := range endpoints {
		asks := len(e.Kinds) == 0 || slices.Contains(e.Kinds, kind)
		if asks && e.Disabled.IsZero() && slices.Contains(organisations, e.Organisation) {
			to = append(to, Recipient{Endpoint: e.ID})
		}
	}
	return to, err
}
