// Package mailtest gives tests a real mail server that keeps what it gets and misbehaves on demand.
package mailtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Mail is one that the server took.
type Mail struct {
	From, To, EnvelopeID string
	TLS                  bool
	User                 string
	Raw                  []byte
}

// Header returns a header of the mail.
func (m Mail) Header(name string) string {
	parsed, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		return err.Error()
	}
	return parsed.Header.Get(name)
}

// Server is a mail server on the loopback address.
type Server struct {
	Host  string
	Port  int
	Roots *x509.CertPool // that its certificate comes from

	// What the server says, where set, at each step; nil is to take it. They are set before Start.
	OnMail, OnRcpt func(address string) error
	OnEnd          func(to string) error
	// Drop tells to take a mail and cut the connection before the reply.
	Drop func(to string) bool
	// Users are those who may sign in, with their passwords; where there are any, all must.
	Users map[string]string
	// TLS offers STARTTLS.
	TLS bool

	mu          sync.Mutex
	mails       []Mail
	connections int
}

// Start starts the server, until the test ends.
func (s *Server) Start(tb testing.TB) *Server {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	server := smtp.NewServer(s)
	server.Domain, server.EnableDSN = "sink.test", true
	server.ErrorLog = log.New(io.Discard, "", 0)
	if s.TLS {
		server.TLSConfig, s.Roots = certificate(tb)
	}
	address := listener.Addr().(*net.TCPAddr)
	s.Host, s.Port = address.IP.String(), address.Port
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); err != nil && !errors.Is(err, smtp.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			tb.Errorf("the mail server: %v", err)
		}
	}()
	tb.Cleanup(func() {
		_ = server.Close() // the listener may be closed already
		<-done
	})
	return s
}

// Mails are those taken so far, in the order of their coming.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Count is how many mails were taken.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.mails)
}

// Connections is how many there were.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

// NewSession implements smtp.Backend.
func (s *Server) NewSession(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections++
	_, secure := c.TLSConnectionState()
	return &session{server: s, conn: c, secure: secure}, nil
}

type session struct {
	server *Server
	conn   *smtp.Conn
	secure bool
	user   string
	mail   Mail
}

func (s *session) Reset()        { s.mail = Mail{} }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, o *smtp.MailOptions) error {
	if len(s.server.Users) > 0 && s.user == "" {
		return smtp.ErrAuthRequired
	}
	s.mail = Mail{From: from, EnvelopeID: o.EnvelopeID, TLS: s.secure, User: s.user}
	return ask(s.server.OnMail, from)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = to
	return ask(s.server.OnRcpt, to)
}

func ask(f func(string) error, about string) error {
	if f == nil {
		return nil
	}
	return f(about)
}

func (s *session) Data(r io.Reader) (err error) {
	if s.mail.Raw, err = io.ReadAll(r); err != nil {
		return err
	}
	if err := ask(s.server.OnEnd, s.mail.To); err != nil {
		return err
	}
	s.server.mu.Lock()
	s.server.mails = append(s.server.mails, s.mail)
	s.server.mu.Unlock()
	if s.server.Drop != nil && s.server.Drop(s.mail.To) {
		return s.conn.Conn().Close()
	}
	return nil
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if len(s.server.Users) == 0 {
		return nil
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if given, known := s.server.Users[user]; !known || given != password {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}), nil
}

// Say is a reply of the server, such as Say(550, "5.1.1", "no such user").
func Say(code int, enhanced smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

// To tells whether an address is one of a list of local parts.
func To(address string, names ...string) bool {
	local, _, _ := strings.Cut(address, "@")
	for _, name := range names {
		if local == name {
			return true
		}
	}
	return false
}

// certificate makes one for the loopback address, and the pool that trusts it.
func certificate(tb testing.TB) (*tls.Config, *x509.CertPool) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "sink.test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(raw)
	if err != nil {
		tb.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, pool
}
