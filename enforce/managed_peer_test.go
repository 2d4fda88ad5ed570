//go:build peers

package enforce_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/enforce"
	"portcullis/enforce/mdm"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/policy"
)

// peer starts a tool of the module peertest on loopback, and ends it with the test. It returns its address.
func peer(t *testing.T, module, listen string, args ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), filepath.Base(module))
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-C", "../peertest", "-o", file, module).CombinedOutput(); err != nil {
		t.Fatalf("%s cannot be built: %v\n%s", module, err, out)
	}
	var said bytes.Buffer
	command := exec.Command(file, append([]string{"-listen", listen, "-storage", "inmem", "-storage-dsn", "memory"}, args...)...)
	command.Dir, command.Stdout, command.Stderr = t.TempDir(), &said, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", module, said.String())
		}
	})
	until(t, module+" answers", func() bool {
		answer, err := http.Get("http://" + listen + "/version")
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// until waits until something is so.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for !is() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("in 20 seconds it did not come about that %s", what)
		}
	}
}

// free is an address of loopback that nobody listens at.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// authority issues identities to devices.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key}
	a.cert = a.issue(t, &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "devices"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

func (a *authority) issue(t *testing.T, c *x509.Certificate) *x509.Certificate {
	t.Helper()
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent := a.cert
	if parent == nil {
		parent = c
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func encoded(c *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
}

// tablet is a device that NanoMDM manages: its identity comes in a header, as from a proxy that ends TLS.
type tablet struct {
	t        *testing.T
	url, id  string
	identity string
	apps     string
}

func (d *tablet) send(media, members string) []byte {
	d.t.Helper()
	r, err := http.NewRequest(http.MethodPut, d.url+"/mdm", strings.NewReader(`<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict><key>UDID</key><string>`+d.id+`</string>`+members+`</dict></plist>`))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", media)
	r.Header.Set("X-Identity", url.QueryEscape(d.identity))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		d.t.Fatalf("NanoMDM answered %s with %d: %s %v", d.id, answer.StatusCode, text, err)
	}
	return text
}

func (d *tablet) checkIn(kind, members string) []byte {
	d.t.Helper()
	return d.send("application/x-apple-aspen-mdm-checkin", "<key>MessageType</key><string>"+kind+"</string>"+members)
}

// enrol is what a tablet sends as it is enrolled.
func (d *tablet) enrol() {
	const topic = "<key>Topic</key><string>com.apple.mgmt.External.test</string>"
	d.checkIn("Authenticate", topic+"<key>ProductName</key><string>iPad14,3</string><key>DeviceName</key><string>Desk</string>")
	d.checkIn("TokenUpdate", topic+"<key>PushMagic</key><string>magic</string><key>Token</key><data>dG9rZW4=</data>")
}

var (
	commandUUID = regexp.MustCompile(`<key>CommandUUID</key>\s*<string>([^<]+)</string>`)
	requestType = regexp.MustCompile(`<key>RequestType</key>\s*<string>([^<]+)</string>`)
)

// connect fetches commands and answers them, until there are none.
func (d *tablet) connect() (asked []string) {
	d.t.Helper()
	const media = "application/x-www-form-urlencoded"
	command := d.send(media, "<key>Status</key><string>Idle</string>")
	for len(command) > 0 {
		id, kind := commandUUID.FindSubmatch(command), requestType.FindSubmatch(command)
		if id == nil || kind == nil {
			d.t.Fatalf("no command: %s", command)
		}
		asked = append(asked, string(kind[1]))
		members := "<key>Status</key><string>Acknowledged</string><key>CommandUUID</key><string>" + string(id[1]) + "</string>"
		switch string(kind[1]) {
		case "InstalledApplicationList":
			members += "<key>InstalledApplicationList</key><array><dict><key>Identifier</key><string>" + d.apps + "</string><key>ShortVersion</key><string>1.0</string></dict></array>"
		case "DeclarativeManagement":
			d.declare(true)
		}
		command = d.send(media, members)
	}
	return asked
}

// declare fetches all declarations and reports on them. It returns the payloads of configurations.
func (d *tablet) declare(active bool) (payloads string) {
	d.t.Helper()
	ask := func(endpoint string) []byte {
		return d.checkIn("DeclarativeManagement", "<key>Endpoint</key><string>"+endpoint+"</string>")
	}
	var items struct {
		Declarations struct {
			Activations, Configurations []struct{ Identifier, ServerToken string }
		}
	}
	if err := json.Unmarshal(ask("declaration-items"), &items); err != nil {
		d.t.Fatal(err)
	}
	var said []string
	for _, c := range items.Declarations.Configurations {
		payloads += string(ask("declaration/configuration/" + c.Identifier))
		said = append(said, fmt.Sprintf(`{"identifier":%q,"server-token":%q,"active":%t,"valid":"valid"}`, c.Identifier, c.ServerToken, active))
	}
	report := fmt.Sprintf(`{"StatusItems":{"management":{"declarations":{"activations":[],"configurations":[%s],"assets":[],"management":[]}}},"Errors":[]}`, strings.Join(said, ","))
	d.checkIn("DeclarativeManagement", "<key>Endpoint</key><string>status</string><key>Data</key><data>"+base64.StdEncoding.EncodeToString([]byte(report))+"</data>")
	return payloads
}

// breaches is how many apps on a device are in breach.
func breaches(t *testing.T, o *office, host string) (n int) {
	t.Helper()
	o.follow(t)
	_, decisions, err := o.things.Fleet.Index().Verdicts(host)
	if err != nil {
		t.Fatal(err)
	}
	for i := range decisions {
		if decisions[i].Breach {
			n++
		}
	}
	return n
}

const tablets = `
organisations:
  - {id: gov}
  - {id: dept-a, parent: gov}
products:
  - {id: parrot, kind: app, name: Parrot, identifiers: {ios: ["com.parrot"]}}
  - {id: notes, kind: app, name: Notes, identifiers: {ios: ["com.notes"]}}
rules:
  - {id: ban-parrot, effect: ban, target: {product: parrot}, components: false, clearance: none, scope: dept-a, from: 2026-01-01, reason: "a reason"}
  - {id: allow-notes, effect: allow, target: {product: notes}, scope: dept-a, from: 2026-01-01, reason: "for work"}
`

// TestPeerManager plays a ban and an exemption through with NanoMDM and KMFDDM, and two tablets that they manage.
func TestPeerManager(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		clock := storetest.NewClock(time.Now())
		onTime := func() { clock.Advance(time.Since(clock.Now())) }
		o := opened(t, open, clock)
		o.load(t, tablets)
		managed, log := o.managed(o.token(t, "dept-a").Secret), slog.New(slog.DiscardHandler)
		hook := mdm.NewWebhook("secret", managed, time.Now, log)
		ours := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { onTime(); hook.ServeHTTP(w, r) }))
		t.Cleanup(ours.Close)
		issuer, roots := newAuthority(t), filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(roots, encoded(issuer.cert), 0o600); err != nil {
			t.Fatal(err)
		}
		nano, kmf := free(t), free(t)
		peer(t, "github.com/jessepeterson/kmfddm/cmd/kmfddm", kmf, "-api", "ddm key", "-enqueue", "http://"+nano+"/v1/enqueue/", "-enqueue-key", "mdm key")
		peer(t, "github.com/micromdm/nanomdm/cmd/nanomdm", nano, "-api", "mdm key", "-ca", roots, "-cert-header", "X-Identity", "-dm", "http://"+kmf+"/", "-webhook-url", ours.URL, "-webhook-hmac-key", "secret")
		client := mdm.NewClient(mdm.Config{URL: "http://" + nano, Key: "mdm key", DeclarationsURL: "http://" + kmf, DeclarationsKey: "ddm key"})
		manager := mdm.NewManager(client, managed, "secret", 24*time.Hour, clock.Now, log)
		pass := func() {
			t.Helper()
			onTime()
			o.follow(t)
			if err := manager.Reconcile(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		confirmed := func(host string) (is bool) {
			pass()
			if err := managed.Devices(t.Context(), 1, func(d *enforce.ManagedDevice) {
				is = is || d.Host == host && d.Want != nil && d.Confirmed.Digest == d.Want.Digest()
			}); err != nil {
				t.Fatal(err)
			}
			return is
		}
		var both []*tablet
		for n, id := range []string{"TABLET-1", "TABLET-2"} {
			identity := issuer.issue(t, &x509.Certificate{SerialNumber: big.NewInt(int64(n + 2)), Subject: pkix.Name{CommonName: id}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
			d := &tablet{t: t, url: "http://" + nano, id: id, identity: string(encoded(identity)), apps: "com.parrot"}
			d.enrol()
			both = append(both, d)
			until(t, id+" is known", func() bool { o.follow(t); _, known := o.things.Fleet.Index().Host(id); return known })
		}
		pass()
		for _, d := range both {
			if asked := strings.Join(d.connect(), " "); !strings.Contains(asked, "InstalledApplicationList") || !strings.Contains(asked, "DeclarativeManagement") {
				t.Errorf("%s was asked for %q", d.id, asked)
			}
			until(t, d.id+" is in breach", func() bool { return breaches(t, o, d.id) == 1 })
			if !confirmed(d.id) {
				t.Errorf("%s told that it has the list, which is not confirmed", d.id)
			}
			if has := d.declare(true); !strings.Contains(has, "com.notes") || strings.Contains(has, "com.parrot") {
				t.Errorf("%s has %s", d.id, has)
			}
		}
		o.exempt(t, "TABLET-1", time.Hour)
		if confirmed("TABLET-1") || !confirmed("TABLET-2") {
			t.Error("an exemption is confirmed that the device has not taken, or its neighbour is no longer")
		}
		both[0].connect()
		if has := both[0].declare(true); !strings.Contains(has, "com.parrot") || !confirmed("TABLET-1") {
			t.Errorf("exempt: %s", has)
		}
		if breaches(t, o, "TABLET-1") != 0 || breaches(t, o, "TABLET-2") != 1 {
			t.Error("one of them is exempt, and the other in breach")
		}
		o.rule(t, policy.Rule{ID: "ban-notes", Effect: policy.Ban, Target: policy.Target{Product: "notes"}})
		pass()
		if has := both[1].declare(false); strings.Contains(has, "com.notes") || confirmed("TABLET-2") {
			t.Errorf("banned: %s", has)
		}
		if both[1].declare(true); !confirmed("TABLET-2") {
			t.Error("it has the ban, which is not confirmed")
		}
		l := &lost{office: o, Room: &enforce.Room{People: o.people, Fleet: o.things.Fleet}, t: t}
		officer, second := l.person("Olive", people.Grant{Role: people.SecurityOfficer, Organisation: "dept-a"}), l.person("Sam", people.Grant{Role: people.SecurityOfficer, Organisation: "dept-a"})
		for action, request := range map[string]string{enforce.Lock: "DeviceLock", enforce.Erase: "EraseDevice"} {
			ordered, err := l.ask(officer, "TABLET-2", action)
			if err == nil && action == enforce.Erase {
				ordered, err = l.Answer(t.Context(), second, ordered.ID, true, "")
			}
			if err == nil {
				err = manager.Order(t.Context())
			}
			if asked := both[1].connect(); err != nil || !slices.Contains(asked, request) {
				t.Errorf("%s: asked for %q, %v", action, asked, err)
			}
			until(t, "the device's answer is known", func() bool {
				all, err := l.Orders(t.Context(), officer, "TABLET-2")
				i := slices.IndexFunc(all.Orders, func(o enforce.Order) bool { return o.ID == ordered.ID })
				return err == nil && !all.Orders[i].Done.IsZero() && all.Orders[i].Failed == ""
			})
		}
	})
}
