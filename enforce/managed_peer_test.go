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

// tools are where tools are that were asked for.
var tools = map[string]string{}

// tool is where a tool of the module peertest is, built where it was not.
func tool(t *testing.T, name string) string {
	t.Helper()
	if path := tools[name]; path != "" {
		return path
	}
	var said bytes.Buffer
	command := exec.CommandContext(t.Context(), "go", "-C", "../peertest", "tool", "-n", name)
	command.Stderr = &said
	path, err := command.Output()
	if err != nil {
		t.Fatalf("%s cannot be built: %v\n%s", name, err, said.String())
	}
	tools[name] = strings.TrimSpace(string(path))
	return tools[name]
}

// peer starts a tool of the module peertest on loopback, in a folder, and ends it with the test: it has begun when it
// answers at a path.
func peer(t *testing.T, name, listen, path, dir string, args ...string) {
	t.Helper()
	var said bytes.Buffer
	command := exec.Command(tool(t, name), args...)
	command.Dir, command.Stdout, command.Stderr = dir, &said, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, said.String())
		}
	})
	until(t, name+" answers", func() bool {
		answer, err := http.Get("http://" + listen + path)
		if err != nil {
			return false
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// department is an office whose devices NanoMDM and KMFDDM manage.
type department struct {
	*office
	t       *testing.T
	managed *enforce.Managed
	client  *mdm.Client
	manager *mdm.Manager // which asks once a day
	url     string       // NanoMDM's
}

// newDepartment starts NanoMDM, which takes identities of an authority, and KMFDDM.
func newDepartment(t *testing.T, open storetest.Open, roots string, args ...string) *department {
	t.Helper()
	clock := storetest.NewClock(time.Now())
	d := &department{office: opened(t, open, clock), t: t}
	d.load(t, tablets)
	d.managed = d.office.managed(d.token(t, "dept-a").Secret)
	hook := mdm.NewWebhook("secret", d.managed, time.Now, slog.New(slog.DiscardHandler))
	ours := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.onTime(); hook.ServeHTTP(w, r) }))
	t.Cleanup(ours.Close)
	nano, kmf, memory := free(t), free(t), []string{"-storage", "inmem", "-storage-dsn", "memory", "-listen"}
	peer(t, "kmfddm", kmf, "/version", t.TempDir(), append(memory, kmf, "-api", "ddm key", "-enqueue", "http://"+nano+"/v1/enqueue/", "-enqueue-key", "mdm key")...)
	peer(t, "nanomdm", nano, "/version", t.TempDir(), append(append(memory, nano, "-api", "mdm key", "-ca", roots, "-dm", "http://"+kmf+"/", "-webhook-url", ours.URL, "-webhook-hmac-key", "secret"), args...)...)
	d.url = "http://" + nano
	d.client = mdm.NewClient(mdm.Config{URL: d.url, Key: "mdm key", DeclarationsURL: "http://" + kmf, DeclarationsKey: "ddm key"})
	d.manager = d.asking(24 * time.Hour)
	return d
}

// asking is a manager that asks devices so often.
func (d *department) asking(every time.Duration) *mdm.Manager {
	return mdm.NewManager(d.client, d.managed, "secret", every, d.clock.Now, slog.New(slog.DiscardHandler))
}

func (d *department) onTime() { d.clock.Advance(time.Since(d.clock.Now())) }

func (d *department) pass(m *mdm.Manager) {
	d.t.Helper()
	d.onTime()
	d.follow(d.t)
	if err := m.Reconcile(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *department) agent(host string) (found enforce.ManagedDevice) {
	d.t.Helper()
	if err := d.managed.Devices(d.t.Context(), 1, func(a *enforce.ManagedDevice) {
		if a.Host == host {
			found = *a
		}
	}); err != nil {
		d.t.Fatal(err)
	}
	return found
}

// has tells whether a device has confirmed what it is to have.
func (d *department) has(host string) bool {
	d.t.Helper()
	a := d.agent(host)
	return a.Want != nil && a.Confirmed.Digest == a.Want.Digest()
}

// confirmed is has after a pass.
func (d *department) confirmed(host string) bool {
	d.t.Helper()
	d.pass(d.manager)
	return d.has(host)
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
	system   string
	profile  []byte // that it has of ours
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
	d.checkIn("Authenticate", topic+"<key>ProductName</key><string>iPad14,3</string><key>DeviceName</key><string>Desk</string><key>OSVersion</key><string>"+d.system+"</string>")
	d.checkIn("TokenUpdate", topic+"<key>PushMagic</key><string>magic</string><key>Token</key><data>dG9rZW4=</data>")
}

var (
	commandUUID = regexp.MustCompile(`<key>CommandUUID</key>\s*<string>([^<]+)</string>`)
	requestType = regexp.MustCompile(`<key>RequestType</key>\s*<string>([^<]+)</string>`)
	payloadData = regexp.MustCompile(`<key>Payload</key>\s*<data>([^<]+)</data>`)
	payloadUUID = regexp.MustCompile(`<key>PayloadUUID</key>\s*<string>([^<]+)</string>`)
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
		case "DeviceInformation":
			members += "<key>QueryResponses</key><dict><key>OSVersion</key><string>" + d.system + "</string><key>IsSupervised</key><true/></dict>"
		case "InstallProfile":
			d.install(payloadData.FindSubmatch(command))
		case "RemoveProfile":
			d.profile = nil
		case "ProfileList":
			members += "<key>ProfileList</key><array>" + d.listed() + "</array>"
		}
		command = d.send(media, members)
	}
	return asked
}

func (d *tablet) install(payload [][]byte) {
	d.t.Helper()
	if payload == nil {
		d.t.Fatal("a profile without a payload")
	}
	var err error
	if d.profile, err = base64.StdEncoding.DecodeString(string(payload[1])); err != nil {
		d.t.Fatal(err)
	}
}

// listed is our profile as a device lists it: by the profile's own UUID, which is the last in it.
func (d *tablet) listed() string {
	all := payloadUUID.FindAllSubmatch(d.profile, -1)
	if len(all) == 0 {
		return ""
	}
	return "<dict><key>PayloadIdentifier</key><string>portcullis.apps</string><key>PayloadUUID</key><string>" + string(all[len(all)-1][1]) + "</string></dict>"
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

// tablets are some that have enrolled, with a system.
func (d *department) tablets(issuer *authority, system string, ids ...string) (all []*tablet) {
	d.t.Helper()
	for n, id := range ids {
		identity := issuer.issue(d.t, &x509.Certificate{SerialNumber: big.NewInt(int64(n + 2)), Subject: pkix.Name{CommonName: id}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		one := &tablet{t: d.t, url: d.url, id: id, identity: string(encoded(identity)), apps: "com.parrot", system: system}
		one.enrol()
		until(d.t, id+" is enrolled", func() bool { // NanoMDM sends both of its events at once, in either order
			d.follow(d.t)
			a := d.agent(id)
			return !a.Enrolled.IsZero() && a.Said.System.Version == system
		})
		all = append(all, one)
	}
	return all
}

// eachDepartment runs test on both engines with a department whose devices show their identities in a header.
func eachDepartment(t *testing.T, test func(d *department, issuer *authority)) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		issuer, roots := newAuthority(t), filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(roots, encoded(issuer.cert), 0o600); err != nil {
			t.Fatal(err)
		}
		test(newDepartment(t, open, roots, "-cert-header", "X-Identity"), issuer)
	})
}

// TestPeerManager plays a ban and an exemption through with NanoMDM and KMFDDM, and two tablets that they manage.
func TestPeerManager(t *testing.T) {
	eachDepartment(t, func(d *department, issuer *authority) {
		t := d.t
		both := d.tablets(issuer, "27.0", "TABLET-1", "TABLET-2")
		d.pass(d.manager)
		for _, one := range both {
			if asked := strings.Join(one.connect(), " "); !strings.Contains(asked, "InstalledApplicationList") || !strings.Contains(asked, "DeclarativeManagement") {
				t.Errorf("%s was asked for %q", one.id, asked)
			}
			until(t, one.id+" is in breach", func() bool { return breaches(t, d.office, one.id) == 1 })
			if !d.confirmed(one.id) {
				t.Errorf("%s told that it has the list, which is not confirmed", one.id)
			}
			if has := one.declare(true); !strings.Contains(has, "com.notes") || strings.Contains(has, "com.parrot") {
				t.Errorf("%s has %s", one.id, has)
			}
		}
		d.exempt(t, "TABLET-1", time.Hour)
		if d.confirmed("TABLET-1") || !d.confirmed("TABLET-2") {
			t.Error("an exemption is confirmed that the device has not taken, or its neighbour is no longer")
		}
		both[0].connect()
		if has := both[0].declare(true); !strings.Contains(has, "com.parrot") || !d.confirmed("TABLET-1") {
			t.Errorf("exempt: %s", has)
		}
		if breaches(t, d.office, "TABLET-1") != 0 || breaches(t, d.office, "TABLET-2") != 1 {
			t.Error("one of them is exempt, and the other in breach")
		}
		d.rule(t, policy.Rule{ID: "ban-notes", Effect: policy.Ban, Target: policy.Target{Product: "notes"}})
		d.pass(d.manager)
		if has := both[1].declare(false); strings.Contains(has, "com.notes") || d.confirmed("TABLET-2") {
			t.Errorf("banned: %s", has)
		}
		if both[1].declare(true); !d.confirmed("TABLET-2") {
			t.Error("it has the ban, which is not confirmed")
		}
		for action, request := range map[string]string{enforce.Lock: "DeviceLock", enforce.Erase: "EraseDevice"} {
			d.orders(both[1].id, action, "", func() {
				if asked := both[1].connect(); !slices.Contains(asked, request) {
					t.Errorf("%s: asked for %q", action, asked)
				}
			})
		}
	})
}

// orders has a device be locked or erased, and waits until it is known what it said to it when it connected.
func (d *department) orders(host, action, failed string, connect func()) {
	d.t.Helper()
	l := &lost{office: d.office, Room: &enforce.Room{People: d.people, Fleet: d.things.Fleet}, t: d.t}
	officer, second := l.person("Olive "+action, people.Grant{Role: people.SecurityOfficer, Organisation: "dept-a"}), l.person("Sam "+action, people.Grant{Role: people.SecurityOfficer, Organisation: "dept-a"})
	ordered, err := l.ask(officer, host, action)
	if err == nil && action == enforce.Erase {
		ordered, err = l.Answer(d.t.Context(), second, ordered.ID, true, "")
	}
	if err == nil {
		err = d.manager.Order(d.t.Context())
	}
	if err != nil {
		d.t.Fatal(action, err)
	}
	connect()
	until(d.t, "the device's answer is known", func() bool {
		all, err := l.Orders(d.t.Context(), officer, host)
		i := slices.IndexFunc(all.Orders, func(o enforce.Order) bool { return o.ID == ordered.ID })
		return err == nil && !all.Orders[i].Done.IsZero() && all.Orders[i].Failed == failed
	})
}

// TestPeerProfile plays them through with a tablet whose system is too old for declarations, and updates it.
func TestPeerProfile(t *testing.T) {
	eachDepartment(t, func(d *department, issuer *authority) {
		t, often := d.t, d.asking(time.Second)
		one := d.tablets(issuer, "26.1", "TABLET-1")[0]
		d.pass(d.manager)
		d.pass(d.asking(24 * time.Hour)) // the server started again, or another took over: what was sent is not sent twice
		if asked := one.connect(); !slices.Equal(asked, []string{"InstallProfile", "ProfileList", "InstalledApplicationList", "DeviceInformation"}) {
			t.Errorf("asked for %q", asked)
		}
		until(t, "the profile is confirmed", func() bool { return d.has(one.id) })
		d.exempt(t, one.id, time.Hour)
		if d.confirmed(one.id) || strings.Contains(string(one.profile), "com.parrot") {
			t.Errorf("an exemption is confirmed that the device has not taken: %s", one.profile)
		}
		one.connect()
		until(t, "the exemption is confirmed", func() bool { return d.has(one.id) })
		if !strings.Contains(string(one.profile), "com.parrot") {
			t.Errorf("exempt: %s", one.profile)
		}
		one.profile = nil
		until(t, "it is known that the profile is gone", func() bool { d.pass(often); one.connect(); return !d.has(one.id) || one.profile != nil })
		until(t, "it has it again", func() bool { d.pass(often); one.connect(); return one.profile != nil && d.has(one.id) })

		one.system = "27.0"
		until(t, "it is declared", func() bool {
			d.pass(often)
			one.connect()
			a := d.agent(one.id)
			if one.profile != nil && !strings.HasPrefix(string(a.Offered.Own), "profile:") {
				t.Error("it has a profile, and is offered a declaration")
			}
			return one.profile == nil && d.has(one.id)
		})
		if has := one.declare(true); !strings.Contains(has, "com.parrot") {
			t.Errorf("declared: %s", has)
		}
	})
}
