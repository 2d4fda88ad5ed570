package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"portcullis/alerts/mail"
	"portcullis/alerts/webhook"
	"portcullis/internal/fault"
	"portcullis/people/oidc"
	"portcullis/people/passkey"
)

// configuration is what the file of serve --config says. docs/configuration.md tells what each key
// means; a test holds that it tells of all of them. What a flag says, wins.
type configuration struct {
	Listen       string                `yaml:"listen"`
	URL          string                `yaml:"url"`
	DNSListen    string                `yaml:"dns_listen"`
	Data         string                `yaml:"data"`
	Database     string                `yaml:"database"`
	LedgerKey    string                `yaml:"ledger_key"`
	Index        string                `yaml:"index"`
	Body         string                `yaml:"body"`
	Notice       string                `yaml:"notice"`
	Proxies      int                   `yaml:"proxies"`
	SantaXSRF    bool                  `yaml:"santa_xsrf"`
	OsqueryHours int                   `yaml:"osquery_hours"`
	Mail         *mailConfiguration    `yaml:"mail"`
	SignIn       signInConfiguration   `yaml:"sign_in"`
	Webhooks     webhooksConfiguration `yaml:"webhooks"`
	MDM          *mdmConfiguration     `yaml:"mdm"`
}

type mailConfiguration struct {
	Host         string             `yaml:"host"`
	Port         int                `yaml:"port"`
	TLS          string             `yaml:"tls"`
	User         string             `yaml:"user"`
	PasswordFile string             `yaml:"password_file"`
	From         string             `yaml:"from"`
	ReplyTo      string             `yaml:"reply_to"`
	DKIM         *dkimConfiguration `yaml:"dkim"`

	password string // what the file has
}

type dkimConfiguration struct {
	Domain   string `yaml:"domain"`
	Selector string `yaml:"selector"`
	KeyFile  string `yaml:"key_file"`

	key string // what the file has
}

type signInConfiguration struct {
	Providers []providerConfiguration `yaml:"providers"`
}

type providerConfiguration struct {
	ID               string `yaml:"id"`
	Name             string `yaml:"name"`
	Issuer           string `yaml:"issuer"`
	ClientID         string `yaml:"client_id"`
	ClientSecretFile string `yaml:"client_secret_file"`

	secret string // what the file has
}

type webhooksConfiguration struct {
	AllowPrivate bool `yaml:"allow_private"`
}

// defaultListen is where a server answers unless it is told otherwise.
const defaultListen = "127.0.0.1:8417"

// What is most often right for a mail server.
const (
	defaultMailPort = 587
	defaultMailTLS  = mail.TLSAlways
)

// largestFile is how large a configuration may be, and a file of a secret.
const largestFile = 1 << 20

// loadConfiguration reads a configuration and the secrets that it names, and returns all that is wrong
// with it, each with file, line, key and the way out. Paths in it are relative to its own folder. No
// path is no configuration: nothing is said.
func loadConfiguration(path string) (configuration, error) {
	var c configuration
	if path == "" {
		return c, nil
	}
	text, err := readLimited(path)
	if err != nil {
		return c, err
	}
	s := &strict{file: path}
	s.readText(text, &c)
	if len(s.problems) == 0 {
		c.locate(filepath.Dir(path))
		c.secrets(s)
		c.check(s)
	}
	if len(s.problems) > 0 {
		return configuration{}, errors.Join(s.problems...)
	}
	return c, nil
}

func readLimited(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, largestFile+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > largestFile:
		return nil, fmt.Errorf("%s is larger than %d KiB: it is the wrong file", path, largestFile>>10)
	}
	return text, nil
}

// withDefaults returns the configuration with what is usual where neither it nor a flag says anything.
func (c configuration) withDefaults() configuration {
	if c.Listen == "" {
		c.Listen = defaultListen
	}
	if c.URL == "" {
		_, port, err := net.SplitHostPort(c.Listen)
		if err != nil {
			_, port, _ = net.SplitHostPort(defaultListen)
		}
		c.URL = "http://localhost:" + port
	}
	return c
}

// locate makes the paths relative to the folder of the configuration.
func (c *configuration) locate(dir string) {
	paths := []*string{&c.Data, &c.LedgerKey, &c.Index}
	if c.MDM != nil {
		paths = append(paths, &c.MDM.KeyFile, &c.MDM.DeclarationsKeyFile, &c.MDM.WebhookKeyFile, &c.MDM.TokenFile)
	}
	if c.Mail != nil {
		paths = append(paths, &c.Mail.PasswordFile)
		if c.Mail.DKIM != nil {
			paths = append(paths, &c.Mail.DKIM.KeyFile)
		}
	}
	for i := range c.SignIn.Providers {
		paths = append(paths, &c.SignIn.Providers[i].ClientSecretFile)
	}
	for _, path := range paths {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
}

// secrets reads the files of secrets.
func (c *configuration) secrets(s *strict) {
	if m := c.Mail; m != nil {
		m.password = s.secret("mail.password_file", m.PasswordFile)
		if m.DKIM != nil {
			m.DKIM.key = s.secret("mail.dkim.key_file", m.DKIM.KeyFile)
		}
	}
	if m := c.MDM; m != nil {
		m.read(s)
	}
	for i := range c.SignIn.Providers {
		p := &c.SignIn.Providers[i]
		p.secret = s.secret(fmt.Sprintf("sign_in.providers[%d].client_secret_file", i), p.ClientSecretFile)
	}
}

// secret reads a file of a secret, without the line break that editors put at its end.
func (s *strict) secret(key, path string) string {
	if path == "" {
		return ""
	}
	text, err := readLimited(path)
	secret := strings.TrimRight(string(text), "\r\n")
	switch {
	case err != nil:
		s.failAt(key, "the secret cannot be read: %v", err)
	case secret == "":
		s.failAt(key, "%s is empty: put the secret into it", path)
	}
	return secret
}

func (c *configuration) check(s *strict) {
	if c.Data != "" && c.Database != "" {
		s.failAt("database", "data is said too: keep data for SQLite, or database for PostgreSQL")
	}
	if _, port, err := net.SplitHostPort(c.Listen); c.Listen != "" && (err != nil || !portNumber(port)) {
		s.failAt("listen", "%q is no address to listen at: write host:port, such as %s%s", c.Listen, defaultListen, hint(c.Listen))
	}
	if _, port, err := net.SplitHostPort(c.DNSListen); c.DNSListen != "" && (err != nil || !portNumber(port)) {
		s.failAt("dns_listen", "%q is no address to listen at: write host:port, such as 192.0.2.1:53", c.DNSListen)
	}
	if c.URL != "" {
		var err error
		if c.URL, err = publicURL(c.URL); err != nil {
			s.failAt("url", "%v", err)
		}
	}
	if c.Proxies < 0 {
		s.failAt("proxies", "%d proxies cannot stand before the server: say 0 or more", c.Proxies)
	}
	if c.OsqueryHours < 0 || c.OsqueryHours > 24*366 {
		s.failAt("osquery_hours", "devices cannot be asked again after %d hours: say 1 or more, and a year at most", c.OsqueryHours)
	}
	c.checkMail(s)
	if c.MDM != nil {
		c.MDM.check(s)
	}
	ids := map[string]bool{}
	for i, p := range c.providers() {
		key := fmt.Sprintf("sign_in.providers[%d]", i)
		s.faults(key, p.Validate(), nil)
		if ids[p.ID] {
			s.failAt(key+".id", "there is another provider %q: give one of them another id", p.ID)
		}
		ids[p.ID] = true
	}
}

func portNumber(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && strconv.FormatUint(n, 10) == text
}

// hint guesses why what is said under listen is no such address.
func hint(listen string) string {
	if strings.Contains(listen, "/") {
		return "; the address that people use belongs under url"
	}
	return ""
}

func (c *configuration) checkMail(s *strict) {
	m := c.Mail
	if m == nil {
		return
	}
	if s.lines["mail.port"] == 0 {
		m.Port = defaultMailPort
	}
	if m.TLS == "" {
		m.TLS = defaultMailTLS
	}
	if len(s.problems) > 0 {
		return // a secret that is missing would be told twice
	}
	_, err := mail.New(*c.mail())
	s.faults("mail", err, map[string]string{"reply-to": "reply_to", "password": "password_file", "dkim.key": "dkim.key_file"})
}

// faults notes what another room says of a part of the configuration; names are the keys of the fields
// that the room calls otherwise.
func (s *strict) faults(key string, err error, names map[string]string) {
	for _, f := range fault.Fields(err) {
		name, renamed := names[f.Field]
		if !renamed {
			name = f.Field
		}
		s.failAt(key+"."+name, "%s", f.Message)
	}
	if err != nil && len(fault.Fields(err)) == 0 {
		s.failAt(key, "%v", err)
	}
}

// publicURL is the address by which people reach the server, without a slash at its end.
func publicURL(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return "", fmt.Errorf("%q is no address of a server: write scheme and host alone, such as https://portcullis.example", text)
	}
	if _, err := passkey.New(passkey.Config{URL: text, Name: "Portcullis"}); err != nil {
		return "", err
	}
	return strings.TrimSuffix(text, "/"), nil
}

// mail is how mails go out; nil where none do.
func (c *configuration) mail() *mail.Config {
	m := c.Mail
	if m == nil {
		return nil
	}
	made := mail.Config{Host: m.Host, Port: m.Port, TLS: m.TLS, User: m.User, Password: m.password, From: m.From, ReplyTo: m.ReplyTo}
	if m.DKIM != nil {
		made.DKIM = mail.DKIM{Domain: m.DKIM.Domain, Selector: m.DKIM.Selector, Key: m.DKIM.key}
	}
	return &made
}

// providers are those by which people may sign in, besides passkeys.
func (c *configuration) providers() (made []oidc.Provider) {
	for _, p := range c.SignIn.Providers {
		made = append(made, oidc.Provider{ID: p.ID, Name: p.Name, Issuer: p.Issuer, ClientID: p.ClientID, ClientSecret: p.secret})
	}
	return made
}

// privateNetworks are the addresses that only an organisation itself can reach: RFC 1918 and RFC 4193.
var privateNetworks = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("fc00::/7"),
}

// webhooks says whom webhooks may reach.
func (c *configuration) webhooks() (made webhook.Config) {
	if c.Webhooks.AllowPrivate {
		made.Allow = privateNetworks
	}
	return made
}
