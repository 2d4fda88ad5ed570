package oidc

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/oauth2"

	"portcullis/internal/fault"
)

// maxReason is how many bytes of a reason go into a log: some hold whole answers.
const maxReason = 400

// says puts the message for the person before the reason, which is for the log.
func says(kind fault.Kind, reason, message string, args ...any) error {
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "") + " …"
	}
	return fmt.Errorf("%w (%s)", fault.New(kind, message, args...), reason)
}

// unreachable is for a provider that does not answer, or not as one: whoever signs in can do nothing
// but wait.
func (c *Client) unreachable(cause error) error {
	return says(fault.Conflict, cause.Error(), "%s cannot be reached just now: try again in a few minutes, or sign in another way", c.provider.Name)
}

// stray is for an answer that this browser did not ask for, or no longer waits for.
func (c *Client) stray() error {
	return fault.New(fault.Invalid, "this sign-in with %s was not begun in this browser, or has ended: start again", c.provider.Name)
}

// unverified is for answers that somebody may have forged.
func (c *Client) unverified(reason string) error {
	return says(fault.Refused, reason, "what %s answered could not be verified, so you are not signed in: start again, "+
		"and if that does not help, tell whoever runs this server", c.provider.Name)
}

// misregistered is for what only operators can mend, here or at the provider.
func (c *Client) misregistered(reason string) error {
	return says(fault.Conflict, reason, "%s does not accept this server: tell whoever runs it that its registration there has to be checked", c.provider.Name)
}

// errorCode is the form of an error code of OAuth 2.0 as one may go into a log.
var errorCode = regexp.MustCompile(`^[a-z_]{1,64}$`)

func printable(code string) string {
	if !errorCode.MatchString(code) {
		return "an error without a proper code"
	}
	return code
}

// declined puts an error response of the authorization endpoint (RFC 6749 §4.1.2.1, OpenID Connect Core
// 1.0 §3.1.2.6) into words. The description in it is not repeated: it may be anybody's text.
func (c *Client) declined(code string) error {
	switch code {
	case "access_denied", "consent_required":
		return says(fault.Refused, code, "%s did not let you in, or you called it off there: start again, or sign in another way", c.provider.Name)
	case "login_required", "interaction_required", "account_selection_required":
		return says(fault.Refused, code, "%s wants to see you sign in there first: start again", c.provider.Name)
	case "server_error", "temporarily_unavailable":
		return c.unreachable(errors.New(code))
	default:
		return c.misregistered(printable(code))
	}
}

// notExchanged puts a failure of the token endpoint (RFC 6749 §5.2) into words.
func (c *Client) notExchanged(err error) error {
	var refusal *oauth2.RetrieveError
	if !errors.As(err, &refusal) {
		return c.unreachable(err)
	}
	switch {
	case refusal.ErrorCode == "invalid_grant":
		return says(fault.Invalid, refusal.ErrorCode, "this sign-in with %s has been used already, or has ended: start again", c.provider.Name)
	case refusal.ErrorCode != "":
		return c.misregistered(printable(refusal.ErrorCode))
	case refusal.Response.StatusCode == 401 || refusal.Response.StatusCode == 403:
		return c.misregistered(refusal.Response.Status)
	default:
		return c.unreachable(fmt.Errorf("the token endpoint answers %s", refusal.Response.Status))
	}
}
