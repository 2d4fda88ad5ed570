package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// keyPaths are the keys of a configuration and of all in it; a list's parts stand for themselves.
func keyPaths(t reflect.Type, prefix string) (paths []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("yaml"); key != "" {
			paths = append(append(paths, prefix+key), keyPaths(t.Field(i).Type, prefix+key+".")...)
		}
	}
	return paths
}

func configurationDocument(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestConfigurationIsDocumented holds that the document has a row for every key, and no other.
func TestConfigurationIsDocumented(t *testing.T) {
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\|").FindAllStringSubmatch(configurationDocument(t), -1) {
		documented = append(documented, row[1])
	}
	if diff := cmp.Diff(keyPaths(reflect.TypeFor[configuration](), ""), documented); diff != "" {
		t.Errorf("the keys (-) and docs/configuration.md (+): %s", diff)
	}
}

// withSecrets makes a folder with the files of secrets that the document's example names.
func withSecrets(t testing.TB) (dir string) {
	t.Helper()
	dir = t.TempDir()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "secrets"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"mail-password": "correct horse\n", "harbour": "battery\r\n", "empty": "\n",
		"mdm-key": "staple\n", "ddm-key": "horse\n", "mdm-events": "seal\n", "mdm-token": "token\n",
		"dkim.pem": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})),
	} {
		if err := os.WriteFile(filepath.Join(dir, "secrets", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func loadConfigurationText(t testing.TB, dir, text string) (configuration, error) {
	t.Helper()
	file := filepath.Join(dir, "portcullis.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return loadConfiguration(file)
}

// TestConfigurationExample holds that the document's example is taken, and says every key but the one
// that cannot stand beside another.
func TestConfigurationExample(t *testing.T) {
	_, rest, _ := strings.Cut(configurationDocument(t), "```yaml\n")
	example, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the document has no example")
	}
	dir := withSecrets(t)
	c, err := loadConfigurationText(t, dir, example)
	if err != nil {
		t.Fatal(err)
	}
	s := &strict{file: "example"}
	s.readText([]byte(example), &configuration{})
	for _, key := range keyPaths(reflect.TypeFor[configuration](), "") {
		if s.lines[strings.Replace(key, "providers.", "providers[0].", 1)] == 0 && key != "database" {
			t.Errorf("the example does not say %s", key)
		}
	}
	if c.Data != filepath.Join(dir, "data") || c.LedgerKey != filepath.Join(dir, "secrets", "ledger.key") {
		t.Errorf("paths are not relative to the configuration: %s, %s", c.Data, c.LedgerKey)
	}
	if m := c.mail(); m.Password != "correct horse" || m.Port != 587 || m.ReplyTo == "" || m.DKIM.Selector != "gate" || !strings.Contains(m.DKIM.Key, "PRIVATE") {
		t.Errorf("mail: %+v", m)
	}
	if p := c.providers(); len(p) != 1 || p[0].ID != "harbour" || p[0].ClientID != "portcullis" || p[0].ClientSecret != "battery" {
		t.Errorf("providers: %+v", p)
	}
	if m := c.MDM; m.key != "staple" || m.declarationsKey != "horse" || m.webhookKey != "seal" || m.token != "token" || m.AskHours != 12 {
		t.Errorf("mdm: %+v", m)
	}
	if len(c.webhooks().Allow) == 0 || c.Proxies != 1 || !c.SantaXSRF {
		t.Errorf("webhooks and proxies: %+v", c)
	}
}

func TestConfigurationDefaults(t *testing.T) {
	for text, want := range map[string]configuration{
		"":                              {Listen: defaultListen, URL: "http://localhost:8417"},
		"# nothing\n":                   {Listen: defaultListen, URL: "http://localhost:8417"},
		"listen: ':80'":                 {Listen: ":80", URL: "http://localhost:80"},
		"url: https://gate.example/":    {Listen: defaultListen, URL: "https://gate.example"},
		`{"notice": "x", "proxies": 2}`: {Listen: defaultListen, URL: "http://localhost:8417", Notice: "x", Proxies: 2},
	} {
		c, err := loadConfigurationText(t, t.TempDir(), text)
		if err != nil {
			t.Error(err)
		}
		if got := c.withDefaults(); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
	if c, err := loadConfiguration(""); err != nil || !reflect.DeepEqual(c, configuration{}) {
		t.Errorf("no file: %+v %v", c, err)
	}
	c, err := loadConfigurationText(t, withSecrets(t), "mail: {host: m.example, from: a@b.example}")
	if err != nil || c.mail().Port != 587 || c.mail().TLS != "always" {
		t.Errorf("mail: %+v %v", c.mail(), err)
	}
}

// TestConfigurationOfManager holds what is usual for a device manager, and that what it needs must be said.
func TestConfigurationOfManager(t *testing.T) {
	dir := withSecrets(t)
	c, err := loadConfigurationText(t, dir, "mdm: {url: https://m.example, key_file: secrets/mdm-key, webhook_key_file: secrets/mdm-events, token_file: secrets/mdm-token}")
	if err != nil || c.MDM.AskHours != defaultAskHours {
		t.Errorf("%+v, %v", c.MDM, err)
	}
	_, err = loadConfigurationText(t, dir, "mdm: {url: m.example, declarations_url: https://d.example, ask_hours: 0}")
	for _, key := range []string{"mdm.url", "mdm.key_file", "mdm.webhook_key_file", "mdm.token_file", "mdm.declarations_url", "mdm.ask_hours"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s is not named: %v", key, err)
		}
	}
}

// TestConfigurationErrors holds that each error names line, key and the way out.
func TestConfigurationErrors(t *testing.T) {
	const mailTo = "mail:\n  host: m.example\n  from: a@b.example\n"
	tests := []struct{ name, text, want string }{
		{"a slip", "listn: :80", `:1: listn: there is no such key; did you mean listen? The keys here are listen, url`},
		{"a slip further in", mailTo + "  prot: 25", `:4: mail.prot: there is no such key; did you mean port?`},
		{"a hyphen", mailTo + "  reply-to: x", `:4: mail.reply-to: there is no such key; did you mean reply_to?`},
		{"a secret in the file", mailTo + "  password: x", `:4: mail.password: there is no such key; did you mean password_file?`},
		{"nothing alike", "weather: rain", `:1: weather: there is no such key. The keys here are`},
		{"twice", "url: https://a.example\nurl: https://b.example", `:2: url: this is said a second time`},
		{"empty", "url:\n", `:1: url: nothing is said`},
		{"an empty provider", "sign_in: {providers: [{}]}", `:1: sign_in.providers[0].name: the provider has no name`},
		{"an alias", "data: &a x\nledger_key: *a", `:2: ledger_key: anchors and aliases are not taken`},
		{"a merge", "<<: {data: x}", `:1: <<: there is no such key`},
		{"two documents", "data: x\n---\ndata: y", `:2: there is something after the end`},
		{"no YAML", "data: [x", `this is not YAML: `},
		{"a list", "- data", `:1: keys are expected here: listen`},
		{"a list where a text is", "data: [x]", `:1: data: one value is expected here`},
		{"a text where a list is", "sign_in: {providers: x}", `:1: sign_in.providers: a list is expected here`},
		{"no number", mailTo + "  port: smtp", `:4: mail.port: "smtp" is not a whole number`},
		{"a quoted number", mailTo + `  port: "25"`, `:4: mail.port: "25" is not a whole number`},
		{"neither true nor false", "webhooks:\n  allow_private: yes", `:2: webhooks.allow_private: "yes" is neither true nor false`},
		{"both databases", "data: x\ndatabase: postgres:///y", `:2: database: data is said too`},
		{"listen", "listen: '8417'", `:1: listen: "8417" is no address to listen at: write host:port, such as 127.0.0.1:8417`},
		{"listen at an address", "listen: https://a.example", `the address that people use belongs under url`},
		{"a port that is none", "listen: ':99999'", `:1: listen: `},
		{"no encryption", "url: http://gate.example", `:1: url: the server's address http://gate.example is not encrypted`},
		{"a path", "url: https://gate.example/apps", `:1: url: "https://gate.example/apps" is no address of a server`},
		{"a password in the address", "url: https://a:b@gate.example", `:1: url: `},
		{"proxies", "proxies: -1", `:1: proxies: -1 proxies`},
		{"no host", "mail:\n  from: a@b.example", `:1: mail.host: the mail server ""`},
		{"port 0", mailTo + "  port: 0", `:4: mail.port: the port of the mail server is 0`},
		{"tls", mailTo + "  tls: sometimes", `:4: mail.tls: tls is "sometimes"`},
		{"a user alone", mailTo + "  user: x", `:1: mail.password_file: a user and a password are given together`},
		{"reply to", mailTo + "  reply_to: nobody", `:4: mail.reply_to: "nobody" is no sender`},
		{"a secret that is not there", mailTo + "  password_file: none", `:4: mail.password_file: the secret cannot be read: open `},
		{"an empty secret", mailTo + "  password_file: secrets/empty", `is empty: put the secret into it`},
		{"no key", mailTo + "  dkim:\n    domain: b.example\n    selector: s\n    key_file: secrets/harbour", `:7: mail.dkim.key_file: the DKIM key cannot be read`},
		{"two of one id", "sign_in:\n  providers:\n  - &x {id: a}", `anchors and aliases`},
		{"an issuer", "sign_in:\n  providers:\n  - {id: a, name: A, client_id: c, issuer: 'http://b.example'}", `:3: sign_in.providers[0].issuer: the issuer`},
		{"the same id", "sign_in:\n  providers:\n  - {id: a, name: A, client_id: c, issuer: 'https://b.example'}\n  - id: a\n    name: B\n    client_id: d\n    issuer: https://c.example",
			`:4: sign_in.providers[1].id: there is another provider "a"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := loadConfigurationText(t, withSecrets(t), test.text)
			if err == nil {
				t.Fatalf("it is taken: %+v", c)
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "portcullis.yaml:") {
				t.Errorf("the error is\n%v\nand not of\n%s", err, test.want)
			}
			if !reflect.DeepEqual(c, configuration{}) {
				t.Errorf("something is given back: %+v", c)
			}
		})
	}
	if _, err := loadConfiguration(filepath.Join(t.TempDir(), "none.yaml")); err == nil {
		t.Error("a file that is not there is taken")
	}
}

// TestConfigurationSaysAllAtOnce holds that nobody has to mend one thing after another.
func TestConfigurationSaysAllAtOnce(t *testing.T) {
	_, err := loadConfigurationText(t, t.TempDir(), "listen: x\nproxies: -1\nurl: y\nmail:\n  password_file: none\n")
	if n := len(strings.Split(err.Error(), "\n")); n < 4 {
		t.Errorf("only %d things are said:\n%v", n, err)
	}
}

func TestNearest(t *testing.T) {
	known := []string{"host", "port", "tls", "password_file"}
	for key, want := range map[string]string{"hots": "host", "Host": "host", "prot": "port", "pasword_file": "password_file", "password": "password_file", "weather": "", "": "", "x": ""} {
		if got := didYouMean(key, known); want == "" && got != "." || want != "" && !strings.Contains(got, " "+want+"?") {
			t.Errorf("didYouMean(%q) = %q, want %s", key, got, want)
		}
	}
}

// FuzzConfiguration holds that no file brings the command down, and that what is taken has only known
// keys.
func FuzzConfiguration(f *testing.F) {
	for _, seed := range []string{
		"listen: 127.0.0.1:80\nurl: https://a.example\n", "mail: {host: a, port: 25, from: a@b.example, dkim: {domain: x}}",
		"sign_in: {providers: [{id: a, issuer: 'https://b'}]}", "a: &a [*a]", "---\n...\n---\n", "? x\n: y", "\"listen\": !!binary eA==", "mail: null", "{", "\xff",
	} {
		f.Add(seed)
	}
	known := keyPaths(reflect.TypeFor[configuration](), "")
	index := regexp.MustCompile(`\[\d+\]`)
	f.Fuzz(func(t *testing.T, text string) {
		var c configuration
		s := &strict{file: "f"}
		s.readText([]byte(text), &c)
		if len(s.problems) > 0 {
			return
		}
		for key := range s.lines {
			if !slices.Contains(known, index.ReplaceAllString(key, "")) {
				t.Errorf("the key %q is taken", key)
			}
		}
		c.check(s)
	})
}
