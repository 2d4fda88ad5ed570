package mdm

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is where NanoMDM and KMFDDM are.
type Config struct {
	// URL is NanoMDM's address and Key its API key; DeclarationsURL and DeclarationsKey are KMFDDM's, empty where there is none.
	URL, Key                         string
	DeclarationsURL, DeclarationsKey string
}

// Client asks NanoMDM and KMFDDM. It is safe for concurrent use.
type Client struct {
	config Config
	http   *http.Client
}

const (
	// replyTime is how long an answer may take, and maxReply how many bytes of it are read.
	replyTime = 30 * time.Second
	maxReply  = 16 << 20
)

// NewClient makes a client.
func NewClient(c Config) *Client {
	c.URL, c.DeclarationsURL = strings.TrimSuffix(c.URL, "/"), strings.TrimSuffix(c.DeclarationsURL, "/")
	return &Client{c, &http.Client{Timeout: replyTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// errNone is that what was asked for is not there.
var errNone = errors.New("there is none")

// ask sends a request and reads the answer. What is not there is errNone.
func (c *Client) ask(ctx context.Context, method, base, user, key, path string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.SetBasicAuth(user, key)
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxReply+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > maxReply:
		return nil, fmt.Errorf("%s %s: the answer is too large", method, path)
	case answer.StatusCode == http.StatusNotFound:
		return nil, errNone
	case answer.StatusCode == http.StatusUnauthorized:
		return nil, fmt.Errorf("%s %s: the API key is another", method, base+path)
	}
	if answer.StatusCode != http.StatusNotModified && answer.StatusCode/100 != 2 {
		return text, &statusError{method + " " + base + path, answer.StatusCode}
	}
	return text, nil
}

// statusError is an answer that says no.
type statusError struct {
	asked string
	code  int
}

func (e *statusError) Error() string { return e.asked + ": answered " + strconv.Itoa(e.code) }

// Enqueue has NanoMDM send a command, a property list, to a device. That the device could not be woken is no error:
// it fetches its commands by itself in time; nor is it that NanoMDM was given the command before.
func (c *Client) Enqueue(ctx context.Context, id string, command []byte) error {
	text, err := c.ask(ctx, http.MethodPut, c.config.URL, "nanomdm", c.config.Key, "/v1/enqueue/"+url.PathEscape(id), command)
	var status *statusError
	if err != nil && !errors.As(err, &status) {
		return err
	}
	var answer struct {
		Command string `json:"command_error"`
		Status  map[string]struct {
			Command string `json:"command_error"`
		} `json:"status"`
		UUID string `json:"command_uuid"`
	}
	if parse := json.Unmarshal(text, &answer); parse != nil {
		return errors.Join(err, fmt.Errorf("NanoMDM's answer: %w", parse))
	}
	refused := answer.Command + answer.Status[id].Command
	if strings.Contains(refused, "already exists") || strings.Contains(strings.ToLower(refused), "duplicate") {
		return nil // it was sent before, by another server or before this one started: ids say what for
	}
	if refused != "" || answer.UUID == "" {
		return errors.Join(err, fmt.Errorf("NanoMDM does not send the command: %s", refused))
	}
	return nil
}

func (c *Client) declarations(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	return c.ask(ctx, method, c.config.DeclarationsURL, "kmfddm", c.config.DeclarationsKey, path, body)
}

// declaration is one as KMFDDM keeps it.
type declaration struct {
	Identifier, Type string
	Payload          json.RawMessage
	ServerToken      string `json:",omitempty"`
}

// Put has KMFDDM keep a declaration, and returns the token by which devices will call it: KMFDDM makes its own. One
// that it keeps already is left alone.
func (c *Client) Put(ctx context.Context, d declaration) (token string, err error) {
	if d.Payload, err = compact(d.Payload); err != nil {
		return "", err
	}
	d.ServerToken = ""
	path := "/v1/declarations/" + url.PathEscape(d.Identifier)
	kept, err := c.declaration(ctx, path)
	if err == nil && kept.same(&d) {
		return kept.ServerToken, nil
	}
	if err != nil && !errors.Is(err, errNone) {
		return "", err
	}
	body, err := json.Marshal(d)
	if err != nil {
		return "", err
	}
	if _, err := c.declarations(ctx, http.MethodPut, "/v1/declarations", body); err != nil {
		return "", err
	}
	if kept, err = c.declaration(ctx, path); err != nil {
		return "", err
	}
	if !kept.same(&d) || kept.ServerToken == "" {
		return "", fmt.Errorf("KMFDDM keeps another declaration %s than it was given: somebody else writes it too", d.Identifier)
	}
	return kept.ServerToken, nil
}

func (c *Client) declaration(ctx context.Context, path string) (d declaration, err error) {
	text, err := c.declarations(ctx, http.MethodGet, path, nil)
	if err != nil {
		return d, err
	}
	if err = json.Unmarshal(text, &d); err == nil {
		d.Payload, err = compact(d.Payload)
	}
	return d, err
}

func (d *declaration) same(other *declaration) bool {
	return d.Identifier == other.Identifier && d.Type == other.Type && bytes.Equal(d.Payload, other.Payload)
}

func compact(text []byte) ([]byte, error) {
	var b bytes.Buffer
	err := json.Compact(&b, text)
	return b.Bytes(), err
}

// PutSet has a set hold a declaration.
func (c *Client) PutSet(ctx context.Context, set, declaration string) error {
	_, err := c.declarations(ctx, http.MethodPut, "/v1/set-declarations/"+url.PathEscape(set)+"?declaration="+url.QueryEscape(declaration), nil)
	return err
}

// prefix begins the names of all our sets: a device's others are the department's own.
const prefix = "portcullis.apps."

// Assign puts a device into one of our sets, and out of all others of ours; an empty set is none.
func (c *Client) Assign(ctx context.Context, id, set string) error {
	path := "/v1/enrollment-sets/" + url.PathEscape(id)
	text, err := c.declarations(ctx, http.MethodGet, path, nil)
	if err != nil && !errors.Is(err, errNone) {
		return err
	}
	var in []string
	if err == nil && len(bytes.TrimSpace(text)) > 0 {
		if err := json.Unmarshal(text, &in); err != nil {
			return fmt.Errorf("KMFDDM's sets of a device: %w", err)
		}
	}
	for _, other := range in {
		if other != set && strings.HasPrefix(other, prefix) {
			if _, err := c.declarations(ctx, http.MethodDelete, path+"?set="+url.QueryEscape(other), nil); err != nil {
				return err
			}
		}
	}
	if set == "" || slices.Contains(in, set) {
		return nil
	}
	_, err = c.declarations(ctx, http.MethodPut, path+"?set="+url.QueryEscape(set), nil)
	return err
}

// status is what a device said of a declaration.
type status struct {
	Identifier string    `json:"identifier"`
	Active     bool      `json:"active"`
	Valid      string    `json:"valid"`
	Token      string    `json:"server-token"`
	Received   time.Time `json:"status_received"`
	Reasons    []struct {
		Code string `json:"code"`
	} `json:"reasons"`
}

// Status returns what a device last said of its declarations; nothing where it has said nothing.
func (c *Client) Status(ctx context.Context, id string) ([]status, error) {
	text, err := c.declarations(ctx, http.MethodGet, "/v1/declaration-status/"+url.PathEscape(id), nil)
	if errors.Is(err, errNone) || err == nil && len(bytes.TrimSpace(text)) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all map[string][]status
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("KMFDDM's status of a device: %w", err)
	}
	return all[id], nil
}

// commandFor is the id of a command that asks a device for all its apps in one period, the same on every server: asked
// twice, it is one command. It carries a seal, by which the answer is known to be to a question of ours.
func commandFor(secret []byte, host string, period int64) string {
	return fmt.Sprintf("portcullis-apps-%d-%s", period, sealOf(secret, "installed applications", host, strconv.FormatInt(period, 10)))
}

// sealOf is a seal of words, which have no zero bytes.
func sealOf(secret []byte, words ...string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// sealed tells whether a command is one of ours to that device, which asks for all its apps.
func sealed(secret []byte, command, host string) bool {
	rest, ours := strings.CutPrefix(command, "portcullis-apps-")
	period, seal, _ := strings.Cut(rest, "-")
	return ours && hmac.Equal([]byte(seal), []byte(sealOf(secret, "installed applications", host, period)))
}
