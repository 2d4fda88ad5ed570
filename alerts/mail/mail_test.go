package mail_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/google/go-cmp/cmp"

	"portcullis/alerts"
	"portcullis/alerts/mail"
	"portcullis/alerts/mailtest"
	"portcullis/internal/fault"
)

var at = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

func outgoing(names ...string) (batch []alerts.Outgoing) {
	for _, name := range names {
		batch = append(batch, alerts.Outgoing{
			ID: name, MessageID: name + "@example.gov", Kind: "register.decided", Subject: "Your request was cleared",
			Text: "Signal may be used.\n\nUntil the end of May.", Link: "https://apps.example.gov/requests/4", Reference: "PC-4",
			Put: at, Attempted: at.Add(time.Second), Name: "Person " + name, Address: name + "@example.org",
		})
	}
	return batch
}

func config(s *mailtest.Server) mail.Config {
	return mail.Config{Host: s.Host, Port: s.Port, TLS: mail.TLSOff, From: "Clearing office <apps@example.gov>", Roots: s.Roots}
}

// send sends a batch and returns what was replied to each, in short.
func send(t *testing.T, ctx context.Context, c mail.Config, batch []alerts.Outgoing) map[string]string {
	t.Helper()
	tr, err := mail.New(c)
	if err != nil {
		t.Fatal(err)
	}
	names := map[alerts.Outcome]string{alerts.Accepted: "accepted", alerts.Refused: "refused", alerts.Later: "later", alerts.Unknown: "unknown", alerts.Untried: "untried"}
	got := map[string]string{}
	tr.Send(ctx, batch, func(r alerts.Reply) {
		if _, twice := got[r.ID]; twice {
			t.Errorf("%s was replied to twice", r.ID)
		}
		got[r.ID] = names[r.Outcome] + ": " + r.Text
	})
	return got
}

func TestMail(t *testing.T) {
	s := new(mailtest.Server).Start(t)
	c := config(s)
	c.ReplyTo = "help@example.gov"
	batch := outgoing("ann")
	batch[0].Subject, batch[0].Name = "Zurückgestellt: „Signal“", "Jörg, \"der\" Müller"
	batch[0].Text = "Grüße.\n\n.\nA line that begins with a dot, and one that is long: " + strings.Repeat("lang ", 300) + "."
	send(t, t.Context(), c, batch)
	mails := s.Mails()
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	m, err := netmail.ReadMessage(bytes.NewReader(mails[0].Raw))
	if err != nil {
		t.Fatal(err)
	}
	decoder := netmail.AddressParser{}
	to, err := decoder.Parse(m.Header.Get("To"))
	if err != nil || to.Name != batch[0].Name || to.Address != "ann@example.org" {
		t.Errorf("to %v, %v", to, err)
	}
	want := map[string]string{
		"From": `"Clearing office" <apps@example.gov>`, "Reply-To": "<help@example.gov>", "Date": "Sun, 22 Nov 2026 09:30:00 +0000",
		"Message-Id": "<ann@example.gov>", "Auto-Submitted": "auto-generated", "Content-Type": "text/plain; charset=UTF-8",
		"Content-Transfer-Encoding": "quoted-printable", "Mime-Version": "1.0",
	}
	got := map[string]string{}
	for key := range m.Header {
		if key != "To" && key != "Subject" {
			got[key] = m.Header.Get(key)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	text := batch[0].Text + "\n\nhttps://apps.example.gov/requests/4\n\nReference: PC-4\n"
	if diff := cmp.Diff(text, strings.ReplaceAll(string(body), "\r\n", "\n")); diff != "" {
		t.Error(diff)
	}
	if mails[0].From != "apps@example.gov" || mails[0].To != "ann@example.org" || mails[0].EnvelopeID != "ann@example.gov" {
		t.Errorf("the envelope %s %s %s", mails[0].From, mails[0].To, mails[0].EnvelopeID)
	}
}

func TestReplies(t *testing.T) {
	s := &mailtest.Server{
		OnRcpt: func(to string) error {
			switch {
			case mailtest.To(to, "unknown"):
				return mailtest.Say(550, [3]int{5, 1, 1}, "no such user")
			case mailtest.To(to, "full"):
				return mailtest.Say(452, [3]int{4, 2, 2}, "mailbox full")
			}
			return nil
		},
		OnEnd: func(to string) error {
			switch {
			case mailtest.To(to, "spam"):
				return mailtest.Say(554, [3]int{5, 7, 1}, "that is spam")
			case mailtest.To(to, "grey"):
				return mailtest.Say(451, [3]int{4, 7, 1}, "come again")
			}
			return nil
		},
		Drop: func(to string) bool { return mailtest.To(to, "cut") },
	}
	s.Start(t)
	got := send(t, t.Context(), config(s), outgoing("unknown", "full", "spam", "grey", "cut", "ann"))
	want := map[string]string{
		"unknown": "refused: 550 5.1.1 no such user", "full": "later: 452 4.2.2 mailbox full", "spam": "refused: 554 5.7.1 that is spam",
		"grey": "later: 451 4.7.1 come again", "cut": "unknown: the connection broke: EOF", "ann": "accepted: 2.0.0 OK: queued",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := s.Connections(); n != 2 {
		t.Errorf("%d connections, and one broke", n)
	}
	if n := s.Count(); n != 2 {
		t.Errorf("%d mails were taken", n)
	}
}

// What a sender's address meets says nothing about the recipients.
func TestSenderRefusedIsForLater(t *testing.T) {
	s := &mailtest.Server{OnMail: func(string) error { return mailtest.Say(550, [3]int{5, 7, 1}, "not you") }}
	got := send(t, t.Context(), config(s.Start(t)), outgoing("ann", "bob"))
	if diff := cmp.Diff(map[string]string{"ann": "later: 550 5.7.1 not you", "bob": "later: 550 5.7.1 not you"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestConnectionsThatBreakAgainAndAgain(t *testing.T) {
	s := &mailtest.Server{Drop: func(string) bool { return true }}
	got := send(t, t.Context(), config(s.Start(t)), outgoing("a", "b", "c", "d", "e"))
	count := map[string]int{}
	for _, reply := range got {
		outcome, _, _ := strings.Cut(reply, ":")
		count[outcome]++
	}
	if diff := cmp.Diff(map[string]int{"unknown": 3, "later": 2}, count); diff != "" {
		t.Error(diff)
	}
}

func TestServerThatIsNotThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := mail.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: mail.TLSOff, From: "apps@example.gov"}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for id, reply := range send(t, t.Context(), c, outgoing("ann", "bob")) {
		if !strings.HasPrefix(reply, "later: no connection to the mail server: ") {
			t.Errorf("%s: %s", id, reply)
		}
	}
}

func TestStopping(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	s := &mailtest.Server{OnEnd: func(string) error { stop(); return nil }}
	got := send(t, ctx, config(s.Start(t)), outgoing("ann", "bob"))
	want := map[string]string{"ann": "accepted: 2.0.0 OK: queued", "bob": "untried: the server is stopping"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Whoever stops while it connects has not tried: the mail goes out at once when there is a server again.
func TestStoppingWhileItConnects(t *testing.T) {
	t.Parallel() // it waits
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		c, err := l.Accept() // and never greets
		stop()
		if err == nil {
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}
	}()
	c := mail.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, TLS: mail.TLSOff, From: "apps@example.gov"}
	want := map[string]string{"ann": "untried: the server is stopping", "bob": "untried: the server is stopping"}
	if diff := cmp.Diff(want, send(t, ctx, c, outgoing("ann", "bob"))); diff != "" {
		t.Error(diff)
	}
}

// A server that never replies to a mail does not keep this one from stopping.
func TestStoppingWhileAServerHangs(t *testing.T) {
	t.Parallel() // it waits
	ctx, stop := context.WithCancel(t.Context())
	release := make(chan struct{})
	s := &mailtest.Server{OnEnd: func(string) error { stop(); <-release; return errors.New("too late") }}
	got := send(t, ctx, config(s.Start(t)), outgoing("ann"))
	close(release)
	if !strings.HasPrefix(got["ann"], "unknown: ") {
		t.Errorf("%s", got["ann"])
	}
}

func TestTLSAndSignIn(t *testing.T) {
	s := &mailtest.Server{TLS: true, Users: map[string]string{"portcullis": "secret"}}
	s.Start(t)
	for name, test := range map[string]struct {
		change func(c *mail.Config)
		want   string
	}{
		"signed in":      {func(*mail.Config) {}, "accepted: "},
		"wrong password": {func(c *mail.Config) { c.Password = "wrong" }, "later: no connection to the mail server: SMTP AUTH failed: 535"},
		"no password":    {func(c *mail.Config) { c.User, c.Password = "", "" }, "later: 502"},
		"a certificate of somebody else": {func(c *mail.Config) { c.Roots = x509.NewCertPool() },
			"later: no connection to the mail server: tls: failed to verify certificate"},
		"opportunistic": {func(c *mail.Config) { c.User, c.Password, c.TLS = "", "", mail.TLSOpportunistic }, "later: 502"},
	} {
		c := config(s)
		c.TLS, c.User, c.Password = mail.TLSAlways, "portcullis", "secret"
		test.change(&c)
		if got := send(t, t.Context(), c, outgoing("ann")); !strings.HasPrefix(got["ann"], test.want) {
			t.Errorf("%s: %s", name, got["ann"])
		}
	}
	if mails := s.Mails(); len(mails) != 1 || !mails[0].TLS || mails[0].User != "portcullis" {
		t.Errorf("%d mails", len(mails))
	}
	plain := new(mailtest.Server).Start(t)
	c := config(plain)
	c.TLS = mail.TLSAlways
	if got := send(t, t.Context(), c, outgoing("ann")); !strings.HasPrefix(got["ann"], "later: no connection") || plain.Count() != 0 {
		t.Errorf("a server without TLS: %s", got["ann"])
	}
	c.TLS = mail.TLSOpportunistic
	if got := send(t, t.Context(), c, outgoing("ann")); !strings.HasPrefix(got["ann"], "accepted") {
		t.Errorf("TLS where the server has it: %s", got["ann"])
	}
}

func dkimKey(t *testing.T) (secret, record string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)
}

func TestSignature(t *testing.T) {
	key, record := dkimKey(t)
	domain := strings.Repeat("long-name.", 6) + "gov" // as long as it may be, almost
	s := new(mailtest.Server).Start(t)
	c := config(s)
	c.ReplyTo = "help@example.gov"
	c.DKIM = mail.DKIM{Domain: domain, Selector: "apps", Key: key}
	batch := outgoing("ann")
	batch[0].Name, batch[0].Subject = "Jörg Müller", strings.Repeat("Zurückgestellt ", 12)
	batch[0].Text = ".\n\n\nA line with spaces   \n\n\n"
	send(t, t.Context(), c, batch)
	raw := s.Mails()[0].Raw
	verify := func(raw []byte) error {
		found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) {
			if name != "apps._domainkey."+domain {
				t.Errorf("asked for %s", name)
			}
			return []string{record}, nil
		}})
		if err != nil || len(found) != 1 {
			t.Fatalf("%d signatures, %v", len(found), err)
		}
		for _, header := range []string{"from", "to", "reply-to", "subject", "date", "message-id", "content-type"} {
			if !slices.ContainsFunc(found[0].HeaderKeys, func(k string) bool { return strings.EqualFold(k, header) }) {
				t.Errorf("%s is not signed", header)
			}
		}
		if found[0].Domain != domain || !found[0].Time.Equal(at.Add(time.Second)) {
			t.Errorf("signed by %s at %v", found[0].Domain, found[0].Time)
		}
		return found[0].Err
	}
	if err := verify(raw); err != nil {
		t.Error(err)
	}
	if err := verify(append([]byte("Subject: something else\r\n"), raw...)); err == nil {
		t.Error("a second subject can be added")
	}
	if err := verify(bytes.Replace(raw, []byte("spaces"), []byte("spices"), 1)); err == nil {
		t.Error("the text can be changed")
	}
}

func TestConfig(t *testing.T) {
	key, _ := dkimKey(t)
	good := mail.Config{Host: "mx.example.gov", Port: 587, TLS: mail.TLSAlways, User: "u", Password: "p", From: "A <a@example.gov>",
		DKIM: mail.DKIM{Domain: "example.gov", Selector: "apps", Key: key}}
	if tr, err := mail.New(good); err != nil || tr.Domain() != "example.gov" {
		t.Fatalf("a good configuration: %v", err)
	}
	for name, test := range map[string]struct {
		change func(c *mail.Config)
		want   []string
	}{
		"all wrong":        {func(c *mail.Config) { *c = mail.Config{} }, []string{"host", "port", "tls", "from"}},
		"a port":           {func(c *mail.Config) { c.Port = 65536 }, []string{"port"}},
		"a word":           {func(c *mail.Config) { c.TLS = "Always" }, []string{"tls", "tls"}},
		"password alone":   {func(c *mail.Config) { c.User = "" }, []string{"password"}},
		"password in view": {func(c *mail.Config) { c.TLS = mail.TLSOpportunistic }, []string{"tls"}},
		"from":             {func(c *mail.Config) { c.From = "a@example.gov\r\nBcc: b@example.org" }, []string{"from"}},
		"reply-to":         {func(c *mail.Config) { c.ReplyTo = "nobody" }, []string{"reply-to"}},
		"dkim in part":     {func(c *mail.Config) { c.DKIM = mail.DKIM{Selector: "a b"} }, []string{"dkim.domain", "dkim.selector", "dkim.key"}},
		"a long domain":    {func(c *mail.Config) { c.DKIM.Domain = strings.Repeat("long-name.", 7) + "gov" }, []string{"dkim.domain"}},
		"no key":           {func(c *mail.Config) { c.DKIM.Key = "SECRET" }, []string{"dkim.key"}},
	} {
		c := good
		test.change(&c)
		_, err := mail.New(c)
		var got []string
		for _, f := range fault.Fields(err) {
			got = append(got, f.Field)
			if strings.Contains(f.Message, "SECRET") {
				t.Errorf("%s: the message repeats the key", name)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
