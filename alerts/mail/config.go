package mail

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"net/mail"
	"regexp"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"portcullis/internal/fault"
)

// The ways to protect the connection to the mail server.
const (
	TLSAlways        = "always"        // STARTTLS or nothing; TLS from the start on port 465
	TLSOpportunistic = "opportunistic" // STARTTLS where the server offers it
	TLSOff           = "off"           // never: for a server on the same machine
)

// Config is where mails are handed over, and in whose name. Names of fields in errors are the keys
// of the configuration, as in the comments here.
type Config struct {
	Host string // host
	Port int    // port
	TLS  string // tls: always, opportunistic or off
	// User and Password sign in to the server; both or neither. (user, password)
	User, Password string
	// From is the sender, such as "Apps clearing office <apps@example.gov>", and ReplyTo, where
	// given, where answers go. (from, reply-to)
	From, ReplyTo string
	// DKIM signs mails where Domain is given. (dkim.domain, dkim.selector, dkim.key)
	DKIM DKIM
	// Roots are the authorities that the server's certificate may come from; nil means the system's.
	Roots *x509.CertPool
}

// DKIM is how mails are signed, RFC 6376.
type DKIM struct {
	Domain, Selector string
	Key              string // PEM of an RSA key of at least 2048 bits or an Ed25519 key
}

// implicitTLS is the port on which TLS comes first, RFC 8314 section 3.3.
const implicitTLS = 465

// maxTag is how long a value in a signature may be without being broken over two lines.
const maxTag = 70

var name = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

// check returns all that is wrong, as faults that name the fields.
func (c *Config) check() error {
	var errs []error
	wrong := func(when bool, field, message string, args ...any) {
		if when {
			errs = append(errs, fault.In(field, message, args...))
		}
	}
	wrong(c.Host == "" || strings.ContainsFunc(c.Host, unicode.IsSpace), "host", "the mail server %q: give its name or address", c.Host)
	wrong(c.Port < 1 || c.Port > 65535, "port", "the port of the mail server is %d: 587 is usual, or 465 or 25", c.Port)
	wrong(c.TLS != TLSAlways && c.TLS != TLSOpportunistic && c.TLS != TLSOff, "tls", "tls is %q: say always, opportunistic or off", c.TLS)
	wrong((c.User == "") != (c.Password == ""), "password", "a user and a password are given together or not at all")
	wrong(c.Password != "" && c.TLS != TLSAlways, "tls", "tls is %q, and the password could be read on its way: say always", c.TLS)
	errs = append(errs, sender("from", c.From))
	if c.ReplyTo != "" {
		errs = append(errs, sender("reply-to", c.ReplyTo))
	}
	if c.DKIM != (DKIM{}) {
		wrong(!name.MatchString(c.DKIM.Domain) || len(c.DKIM.Domain) > maxTag, "dkim.domain", "the domain %q signs no mails: give one such as example.gov", c.DKIM.Domain)
		wrong(!name.MatchString(c.DKIM.Selector) || len(c.DKIM.Selector) > maxTag, "dkim.selector", "the selector %q: give the name under _domainkey where the public key is", c.DKIM.Selector)
		_, err := c.DKIM.signer()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func sender(field, address string) error {
	if a, err := mail.ParseAddress(address); err != nil || strings.ContainsFunc(a.Address, func(c rune) bool { return c > unicode.MaxASCII }) {
		return fault.In(field, "%.80q is no sender: write it as Name <name@example.org>", address)
	}
	return nil
}

// signer reads the private key.
func (d *DKIM) signer() (crypto.Signer, error) {
	key, err := gomail.PrivKeyFromPEM([]byte(d.Key))
	if err != nil {
		// The error may hold a piece of the key.
		return nil, fault.In("dkim.key", "the DKIM key cannot be read: it is an RSA or Ed25519 private key in PEM")
	}
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if key.N.BitLen() < 2048 {
			return nil, fault.In("dkim.key", "the DKIM key has %d bits, and receivers refuse short ones: make one of 2048", key.N.BitLen())
		}
	case ed25519.PrivateKey:
	default:
		return nil, fault.In("dkim.key", "the DKIM key is neither RSA nor Ed25519")
	}
	return key, nil
}
