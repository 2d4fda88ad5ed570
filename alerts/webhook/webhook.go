// Package webhook carries alerts to other servers as Standard Webhooks has it
// (https://www.standardwebhooks.com): a POST of JSON, signed with the endpoint's secret, whose
// webhook-id is the delivery's and the same at every attempt, so that the other side can tell a
// second one apart.
//
// Whoever may enter an endpoint must not reach through this server what only this server can reach.
// So a connection is made only to addresses of the open internet and those that the configuration
// allows, which is decided on the address that is dialled, after names are resolved; redirects are
// not followed, no proxy is used, and nothing of a reply is kept but its status and a first line.
//
// This package knows no database. Its caller is the Sender of package alerts.
package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	standard "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"portcullis/alerts"
	"portcullis/internal/fault"
)

const (
	dialTime  = 5 * time.Second
	replyTime = 10 * time.Second
	// together is how many endpoints are talked to at a time.
	together = 8
	maxReply = 1024 // bytes of a reply that are read
)

// Config is where requests may go.
type Config struct {
	// Allow are the ranges of addresses that may be dialled though they are not of the open
	// internet, such as 10.1.0.0/16.
	Allow []netip.Prefix
	// Plain allows http beside https.
	Plain bool
}

// Transport sends webhooks.
type Transport struct {
	plain  bool
	client *http.Client
}

// New makes a transport.
func New(c Config) *Transport {
	dialer := &net.Dialer{Timeout: dialTime, Control: func(_, address string, _ syscall.RawConn) error { return mayDial(address, c.Allow) }}
	return &Transport{plain: c.Plain, client: &http.Client{
		Timeout: replyTime,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: replyTime,
			MaxResponseHeaderBytes: 16 << 10, DisableCompression: true, MaxIdleConnsPerHost: 2, IdleConnTimeout: dialTime, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// closed are the ranges that are not of the open internet, beside those that netip.Addr knows: IANA's
// registries of special-purpose addresses, and the ranges that carry an IPv4 address inside.
var closed = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("3fff::/20"), netip.MustParsePrefix("5f00::/16"), netip.MustParsePrefix("fec0::/10"),
}

// errAddress is that an address may not be dialled.
type errAddress netip.Addr

func (e errAddress) Error() string {
	return fmt.Sprintf("the address %s is not of the open internet: add it to the allowed addresses of webhooks, if it is meant", netip.Addr(e))
}

// mayDial decides on the address that is about to be dialled.
func mayDial(address string, allow []netip.Prefix) error {
	port, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("the address %q cannot be read: %w", address, err)
	}
	ip := port.Addr().Unmap().WithZone("")
	for _, prefix := range allow {
		if prefix.Contains(ip) {
			return nil
		}
	}
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return errAddress(ip)
	}
	for _, prefix := range closed {
		if prefix.Contains(ip) {
			return errAddress(ip)
		}
	}
	return nil
}

// Body is the JSON that is sent.
type Body struct {
	Type      string `json:"type"`      // the kind of message, such as register.decided
	Timestamp string `json:"timestamp"` // when the message was put, RFC 3339
	Data      Data   `json:"data"`
}

// Data is the message.
type Data struct {
	Subject   string `json:"subject"`
	Text      string `json:"text"`
	Link      string `json:"link,omitempty"`
	Reference string `json:"reference,omitempty"`
}

// Send implements alerts.Transport.
func (t *Transport) Send(ctx context.Context, batch []alerts.Outgoing, replied func(alerts.Reply)) {
	var all sync.WaitGroup
	slots := make(chan struct{}, together)
	for _, o := range batch {
		slots <- struct{}{}
		if ctx.Err() != nil {
			replied(alerts.Reply{ID: o.ID, Outcome: alerts.Untried, Text: "the server is stopping"})
			<-slots
			continue
		}
		all.Go(func() {
			defer func() { <-slots }()
			outcome, text := t.one(ctx, o)
			replied(alerts.Reply{ID: o.ID, Outcome: outcome, Text: text})
		})
	}
	all.Wait()
}

// one sends one request. It is not cut off when ctx ends, because nobody would know then whether the
// other side has it, and it takes seconds at most.
func (t *Transport) one(ctx context.Context, o alerts.Outgoing) (alerts.Outcome, string) {
	if o.URL == "" {
		return alerts.Gone, "the endpoint is switched off or removed"
	}
	var wrote atomic.Bool
	trace := &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }}
	request, err := t.request(httptrace.WithClientTrace(context.WithoutCancel(ctx), trace), o)
	if err != nil {
		return alerts.Later, err.Error()
	}
	response, err := t.client.Do(request)
	switch {
	case err != nil && wrote.Load():
		return alerts.Unknown, reason(err)
	case err != nil:
		return alerts.Later, reason(err)
	}
	defer response.Body.Close()
	// What cannot be read is no matter: the status has come.
	start, _ := io.ReadAll(io.LimitReader(response.Body, maxReply))
	line, _, _ := bytes.Cut(bytes.TrimSpace(start), []byte("\n"))
	return judge(response.StatusCode), strconv.Itoa(response.StatusCode) + " " + string(line)
}

func judge(status int) alerts.Outcome {
	switch {
	case status >= 200 && status < 300:
		return alerts.Accepted
	case status == http.StatusGone:
		return alerts.Gone
	}
	return alerts.Later
}

// reason is what went wrong, in short: the record knows the URL.
func reason(err error) string {
	var refused errAddress
	if errors.As(err, &refused) {
		return refused.Error()
	}
	var outer interface{ Unwrap() error }
	if errors.As(err, &outer) && outer.Unwrap() != nil {
		return outer.Unwrap().Error()
	}
	return err.Error()
}

func (t *Transport) request(ctx context.Context, o alerts.Outgoing) (*http.Request, error) {
	body, err := json.Marshal(Body{Type: o.Kind, Timestamp: o.Put.UTC().Format(time.RFC3339Nano),
		Data: Data{Subject: o.Subject, Text: o.Text, Link: o.Link, Reference: o.Reference}})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, o.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if request.URL.Scheme != "https" && !t.plain {
		return nil, fault.In("url", "the endpoint does not use https, which the configuration asks for")
	}
	signer, err := standard.NewWebhook(o.Secret)
	if err != nil {
		return nil, fmt.Errorf("the secret of the endpoint: %w", err)
	}
	signature, err := signer.Sign(o.ID, o.Attempted, body)
	if err != nil {
		return nil, fmt.Errorf("signing: %w", err)
	}
	// A second attempt on another connection is this room's to decide, and to write down.
	request.GetBody = nil
	request.Header = http.Header{
		"Content-Type": {"application/json"}, "User-Agent": {"Portcullis"},
		standard.HeaderWebhookID: {o.ID}, standard.HeaderWebhookTimestamp: {strconv.FormatInt(o.Attempted.Unix(), 10)},
		standard.HeaderWebhookSignature: {signature},
	}
	return request, nil
}
