package mdm

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/policy"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const secret = "a webhook's secret"

// noted notes what it is told.
type noted struct {
	told []string
	err  error
}

func (n *noted) Enrolled(_ context.Context, host, called string, on policy.Platform, _ time.Time, runs string) error {
	n.told = append(n.told, strings.TrimSpace(fmt.Sprintf("enrolled %s %q %s %s", host, called, on, runs)))
	return n.err
}

func (n *noted) Left(_ context.Context, host string, _ time.Time) error {
	n.told = append(n.told, "left "+host)
	return n.err
}

func (n *noted) Report(_ context.Context, r devices.Report) error {
	var apps []string
	for _, in := range r.Installed {
		apps = append(apps, in.Identifier+" "+in.Version)
	}
	n.told = append(n.told, fmt.Sprintf("report %s partial=%t %s at %s", r.Host, r.Partial, strings.Join(apps, ","), r.Taken.Format(time.RFC3339)))
	return n.err
}

func (n *noted) Did(_ context.Context, host, id, failed string) error {
	n.told = append(n.told, fmt.Sprintf("did %s %s %q", host, id, failed))
	return n.err
}

func (n *noted) Runs(_ context.Context, host string, is enforce.System) error {
	supervised := "unknown"
	if is.Supervised != nil {
		supervised = fmt.Sprint(*is.Supervised)
	}
	n.told = append(n.told, fmt.Sprintf("runs %s %q supervised=%s asked=%t", host, is.Version, supervised, !is.At.IsZero()))
	return n.err
}

func (n *noted) Undeclared(_ context.Context, host string) error {
	n.told = append(n.told, "undeclared "+host)
	return n.err
}

func (n *noted) Took(_ context.Context, host string, offered time.Time) error {
	n.told = append(n.told, fmt.Sprintf("took %s %s", host, offered.Format(time.TimeOnly)))
	return n.err
}

func (n *noted) Late(_ context.Context, host, way string) error {
	n.told = append(n.told, fmt.Sprintf("late %s %s", host, way))
	return n.err
}

func (n *noted) Denied(_ context.Context, host string, offered time.Time, why string) error {
	n.told = append(n.told, fmt.Sprintf("denied %s %s %q", host, offered.Format(time.TimeOnly), why))
	return n.err
}

func (n *noted) Has(_ context.Context, host string, offered time.Time, own string, at time.Time) error {
	n.told = append(n.told, fmt.Sprintf("has %s %s %s at %s", host, offered.Format(time.TimeOnly), own, at.Format(time.TimeOnly)))
	return n.err
}

func plist(members string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><plist version="1.0"><dict>` + members + `</dict></plist>`
}

// checkIn and answer are events as NanoMDM v0.9 writes them.
func checkIn(topic, kind, id string, at time.Time, members string) string {
	return fmt.Sprintf(`{"topic":%q,"event_id":"1","created_at":%q,"checkin_event":{"udid":%[3]q,"ids":{"id":%[3]q,"type":%q},"url_params":null,"raw_payload":%q}}`,
		topic, at.Format(time.RFC3339Nano), id, kind, base64.StdEncoding.EncodeToString([]byte(plist(members))))
}

func answer(kind, id, status, command string, at time.Time, members string) string {
	payload := plist("<key>UDID</key><string>UDID-1</string><key>Status</key><string>" + status + "</string><key>CommandUUID</key><string>" + command + "</string>" + members)
	return fmt.Sprintf(`{"topic":"mdm.Connect","created_at":%q,"acknowledge_event":{"udid":%[2]q,"ids":{"id":%[2]q,"type":%q},"status":%q,"command_uuid":%q,"raw_payload":%q}}`,
		at.Format(time.RFC3339Nano), id, kind, status, command, base64.StdEncoding.EncodeToString([]byte(payload)))
}

const (
	device = "<key>UDID</key><string>UDID-1</string><key>ProductName</key><string>iPad14,3</string><key>DeviceName</key><string>Desk 7</string>"
	list   = "<key>InstalledApplicationList</key><array><dict><key>Identifier</key><string>com.parrot</string><key>ShortVersion</key><string>2.1</string></dict></array>"
)

const (
	others = "<key>ProfileList</key><array><dict><key>PayloadIdentifier</key><string>com.example</string><key>PayloadUUID</key><string>B-1</string></dict></array>"
	mine   = "<key>ProfileList</key><array><dict><key>PayloadContent</key><array><dict><key>PayloadIdentifier</key><string>com.example</string></dict></array>" +
		"<key>PayloadUUID</key><string>A-1</string><key>PayloadIdentifier</key><string>portcullis.apps</string></dict></array>"
)

func signed(body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestEvents(t *testing.T) {
	ours := commandFor([]byte(secret), "UDID-1", 20500)
	sent := func(v verb) string { return command{v, noon.Add(-time.Minute), 20500}.id([]byte(secret), "UDID-1") }
	system, install, profiles := sent(askSystem), sent(installProfile), sent(listInstalled)
	for name, c := range map[string]struct {
		body, signature, what string
		told                  []string
		err                   error
	}{
		"enrols":                  {body: checkIn("mdm.Authenticate", "Device", "UDID-1", noon, device), what: Taken, told: []string{"left UDID-1", `enrolled UDID-1 "Desk 7" ios`}},
		"is enrolled":             {body: checkIn("mdm.TokenUpdate", "Device", "UDID-1", noon, device), what: Taken, told: []string{`enrolled UDID-1 "Desk 7" ios`}},
		"did what was ordered":    {body: answer("Device", "UDID-1", "Acknowledged", "portcullis-order-o1", noon, ""), what: Taken, told: []string{`did UDID-1 o1 ""`}},
		"could not do it":         {body: answer("Device", "UDID-1", "Error", "portcullis-order-o1", noon, ""), what: Taken, told: []string{`did UDID-1 o1 "the device answered Error"`}},
		"cannot do it now":        {body: answer("Device", "UDID-1", "NotNow", "portcullis-order-o1", noon, ""), what: NotKnown},
		"a user's own did it":     {body: answer("User Enrollment (Device)", "UDID-1", "Acknowledged", "portcullis-order-o1", noon, ""), what: Passed},
		"leaves":                  {body: checkIn("mdm.CheckOut", "Device", "UDID-1", noon, device), what: Taken, told: []string{"left UDID-1"}},
		"is a user's own":         {body: checkIn("mdm.Authenticate", "User Enrollment (Device)", "UDID-1", noon, device), what: Passed},
		"is a user":               {body: checkIn("mdm.TokenUpdate", "User", "UDID-1", noon, device), what: Passed},
		"is two devices":          {body: checkIn("mdm.Authenticate", "Device", "UDID-2", noon, device), what: Malformed},
		"has no list":             {body: checkIn("mdm.Authenticate", "Device", "UDID-1", noon, "</dict><key>"), what: Malformed},
		"answers":                 {body: answer("Device", "UDID-1", "Acknowledged", ours, noon, list), what: Taken, told: []string{"report UDID-1 partial=false com.parrot 2.1 at 2026-03-01T12:00:00Z"}},
		"answered since":          {body: answer("Device", "UDID-1", "Acknowledged", ours, noon, list), what: Replayed, told: []string{"report UDID-1 partial=false com.parrot 2.1 at 2026-03-01T12:00:00Z"}, err: enforce.ErrEarlier},
		"answers another's":       {body: answer("Device", "UDID-1", "Acknowledged", "E6A1", noon, list), what: Taken, told: []string{"report UDID-1 partial=true com.parrot 2.1 at 2026-03-01T12:00:00Z"}},
		"answers ahead":           {body: answer("Device", "UDID-1", "Acknowledged", ours, noon.Add(8*time.Minute), list), what: Taken, told: []string{"report UDID-1 partial=false com.parrot 2.1 at 2026-03-01T12:00:00Z"}},
		"answers for another":     {body: answer("Device", "UDID-2", "Acknowledged", ours, noon, list), what: Malformed},
		"answers as a user":       {body: answer("User Enrollment (Device)", "UDID-1", "Acknowledged", ours, noon, list), what: Passed},
		"cannot answer now":       {body: answer("Device", "UDID-1", "NotNow", ours, noon, ""), what: NotKnown},
		"answers with an error":   {body: answer("Device", "UDID-1", "Error", ours, noon, list), what: NotKnown},
		"enrols with a system":    {body: checkIn("mdm.Authenticate", "Device", "UDID-1", noon, device+"<key>OSVersion</key><string>26.1</string>"), what: Taken, told: []string{"left UDID-1", `enrolled UDID-1 "Desk 7" ios 26.1`}},
		"enrolled since":          {body: checkIn("mdm.Authenticate", "Device", "UDID-1", noon, device+"<key>OSVersion</key><string>26.1</string>"), what: Replayed, told: []string{"left UDID-1", `runs UDID-1 "26.1" supervised=unknown asked=false`}, err: enforce.ErrEarlier},
		"tells its system":        {body: answer("Device", "UDID-1", "Acknowledged", system, noon, "<key>QueryResponses</key><dict><key>OSVersion</key><string>27.0</string><key>IsSupervised</key><true/></dict>"), what: Taken, told: []string{`runs UDID-1 "27.0" supervised=true asked=true`}},
		"tells nothing of it":     {body: answer("Device", "UDID-1", "Acknowledged", system, noon, "<key>QueryResponses</key><dict/>"), what: Taken, told: []string{`runs UDID-1 "" supervised=unknown asked=true`}},
		"tells it not now":        {body: answer("Device", "UDID-1", "NotNow", system, noon, ""), what: NotKnown},
		"knows no declarations":   {body: answer("Device", "UDID-1", "Error", declarePrefix+"7-UDID-1", noon, ""), what: Taken, told: []string{"undeclared UDID-1"}},
		"fetches declarations":    {body: answer("Device", "UDID-1", "Acknowledged", declarePrefix+"7-UDID-1", noon, ""), what: Passed},
		"takes a profile":         {body: answer("Device", "UDID-1", "Acknowledged", install, noon, ""), what: Taken, told: []string{"took UDID-1 11:59:00"}},
		"takes it not now":        {body: answer("Device", "UDID-1", "NotNow", install, noon, ""), what: NotKnown},
		"takes it never":          {body: answer("Device", "UDID-1", "Error", install, noon, ""), what: Taken, told: []string{`denied UDID-1 11:59:00 "the device answered Error"`}},
		"takes another's":         {body: answer("Device", "UDID-1", "Acknowledged", command{installProfile, noon, 7}.id([]byte(secret), "UDID-2"), noon, ""), what: Passed},
		"takes what is forged":    {body: answer("Device", "UDID-1", "Acknowledged", command{installProfile, noon, 7}.id([]byte("x"), "UDID-1"), noon, ""), what: Passed},
		"takes one too late":      {body: answer("Device", "UDID-1", "Acknowledged", install, noon, ""), what: Passed, told: []string{"took UDID-1 11:59:00", "late UDID-1 profile:"}, err: fault.New(fault.Conflict, "no")},
		"removes a profile":       {body: answer("Device", "UDID-1", "Error", command{removeProfile, noon, 7}.id([]byte(secret), "UDID-1"), noon, ""), what: Passed},
		"has our profile":         {body: answer("Device", "UDID-1", "Acknowledged", profiles, noon, mine), what: Taken, told: []string{"has UDID-1 11:59:00 profile:A-1 at 12:00:00"}},
		"has others' profiles":    {body: answer("Device", "UDID-1", "Acknowledged", profiles, noon, others), what: Taken, told: []string{"has UDID-1 11:59:00 profile:none at 12:00:00"}},
		"says not what it has":    {body: answer("Device", "UDID-1", "Acknowledged", profiles, noon, ""), what: Malformed},
		"cannot say what it has":  {body: answer("Device", "UDID-1", "Error", profiles, noon, mine), what: NotKnown},
		"says it to another":      {body: answer("Device", "UDID-1", "Acknowledged", "E6A1", noon, mine), what: Passed},
		"says it as a user":       {body: answer("User", "UDID-1", "Acknowledged", profiles, noon, mine), what: Passed},
		"is idle":                 {body: answer("Device", "UDID-1", "Idle", "", noon, ""), what: Passed},
		"answers something else":  {body: answer("Device", "UDID-1", "Acknowledged", "lock", noon, ""), what: Passed},
		"tells of declarations":   {body: checkIn("mdm.DeclarativeManagement", "Device", "UDID-1", noon, device), what: Passed},
		"is old":                  {body: checkIn("mdm.CheckOut", "Device", "UDID-1", noon.Add(-11*time.Minute), device), what: Replayed},
		"is of the future":        {body: checkIn("mdm.CheckOut", "Device", "UDID-1", noon.Add(11*time.Minute), device), what: Replayed},
		"is forged":               {body: checkIn("mdm.CheckOut", "Device", "UDID-1", noon, device), signature: signed("another"), what: Forged},
		"is not signed":           {body: checkIn("mdm.CheckOut", "Device", "UDID-1", noon, device), signature: "-", what: Forged},
		"is no event":             {body: `{"topic":""}`, what: Malformed},
		"is no JSON":              {body: `{`, what: Malformed},
		"lacks what it tells":     {body: fmt.Sprintf(`{"topic":"mdm.Connect","created_at":%q}`, noon.Format(time.RFC3339)), what: Malformed},
		"is refused":              {body: checkIn("mdm.TokenUpdate", "Device", "UDID-1", noon, device), what: Refused, told: []string{`enrolled UDID-1 "Desk 7" ios`}, err: fault.New(fault.Conflict, "no")},
		"is said elsewhere":       {body: checkIn("mdm.CheckOut", "Device", "UDID-1", noon, device), what: Replayed, told: []string{"left UDID-1"}, err: enforce.ErrEarlier},
		"enrolled before it left": {body: checkIn("mdm.Authenticate", "Device", "UDID-1", noon, device), what: Replayed, told: []string{"left UDID-1"}, err: enforce.ErrEarlier},
		"fails":                   {body: checkIn("mdm.TokenUpdate", "Device", "UDID-1", noon, device), what: Failed, told: []string{`enrolled UDID-1 "Desk 7" ios`}, err: fault.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			n := &noted{err: c.err}
			h := NewWebhook(secret, n, func() time.Time { return noon }, slog.New(slog.DiscardHandler))
			var counted []string
			h.Count = func(what string) { counted = append(counted, what) }
			if c.signature == "" {
				c.signature = signed(c.body)
			}
			code := send(h, c.body, c.signature)
			if diff := cmp.Diff(c.told, n.told); diff != "" || len(counted) != 1 || counted[0] != c.what {
				t.Errorf("%v, %d: %s", counted, code, diff)
			}
			if ok := c.what == Taken || c.what == Passed || c.what == NotKnown; ok != (code == 200) {
				t.Errorf("answered %d", code)
			}
		})
	}
}

func send(h *Webhook, body, signature string) int {
	r := httptest.NewRequest("POST", "/mdm/events", strings.NewReader(body))
	r.Header.Set("X-Hmac-Signature", signature)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

// TestReplay sends an event again: it changes nothing, unless it could not be taken the first time.
func TestReplay(t *testing.T) {
	n, now := &noted{}, noon
	h := NewWebhook(secret, n, func() time.Time { return now }, slog.New(slog.DiscardHandler))
	body := checkIn("mdm.TokenUpdate", "Device", "UDID-1", noon, device)
	n.err = fault.ErrUnavailable
	if code := send(h, body, signed(body)); code != 503 {
		t.Fatal(code)
	}
	n.err = nil
	if code := send(h, body, signed(body)); code != 200 {
		t.Fatal("what could not be taken may be sent again", code)
	}
	for range 3 {
		now = now.Add(9 * time.Minute)
		if code := send(h, body, signed(body)); code != 409 {
			t.Fatal("it was taken again", code)
		}
	}
	if len(n.told) != 2 || len(h.taken) > 1 {
		t.Error(n.told, len(h.taken))
	}
	if code := send(h, strings.Repeat(" ", maxEvent+1), "x"); code != 413 {
		t.Error("too large:", code)
	}
	nobody := NewWebhook("", n, func() time.Time { return noon }, slog.New(slog.DiscardHandler))
	mac := hmac.New(sha256.New, nil)
	mac.Write([]byte(body))
	if code := send(nobody, body, base64.StdEncoding.EncodeToString(mac.Sum(nil))); code != 403 {
		t.Error("an empty secret signs nothing:", code)
	}
}

func TestSealed(t *testing.T) {
	command := commandFor([]byte(secret), "UDID-1", 7)
	for host, want := range map[string]bool{"UDID-1": true, "UDID-2": false} {
		if sealed([]byte(secret), command, host) != want {
			t.Error(host)
		}
	}
	if sealed([]byte(secret), strings.Replace(command, "-7-", "-8-", 1), "UDID-1") || sealed([]byte(secret), "portcullis-apps-7-", "UDID-1") || sealed([]byte("other"), command, "UDID-1") {
		t.Error("a seal that does not hold was taken")
	}
}

// TestCommands holds that a command's id says what it was, to whom and in which period, and that nobody else makes one.
func TestCommands(t *testing.T) {
	key, seen := []byte(secret), map[string]bool{}
	for _, c := range []command{{installProfile, noon, 7}, {installProfile, noon, 8}, {listInstalled, noon, 7}, {installProfile, noon.Add(time.Microsecond), 7}, {verb: askSystem, period: 7}} {
		id := c.id(key, "UDID-1")
		got, ours := commandOf(key, id, "UDID-1")
		if got != c || !ours || seen[id] {
			t.Errorf("%s is %v, %t", id, got, ours)
		}
		seen[id] = true
		for _, other := range []string{"", id + "0", strings.Replace(id, "-7-", "-9-", 1) + "x", strings.Replace(id, "-device-", "-devices-", 1)} {
			if _, ours := commandOf(key, other, "UDID-1"); ours {
				t.Error(other)
			}
		}
		if _, ours := commandOf(key, id, "UDID-2"); ours {
			t.Error("one device answers as another")
		}
	}
}

func FuzzEvent(f *testing.F) {
	f.Add(checkIn("mdm.Authenticate", "Device", "UDID-1", noon, device))
	f.Add(answer("Device", "UDID-1", "Acknowledged", "x", noon, list))
	f.Add(answer("Device", "UDID-1", "Acknowledged", command{listProfiles, noon, 1}.id([]byte(secret), "UDID-1"), noon, mine))
	f.Add(answer("Device", "UDID-1", "Acknowledged", command{askSystem, noon, 1}.id([]byte(secret), "UDID-1"), noon, "<key>QueryResponses</key><dict/>"))
	f.Fuzz(func(t *testing.T, body string) {
		n := &noted{}
		what, err := NewWebhook(secret, n, func() time.Time { return noon }, slog.New(slog.DiscardHandler)).Take(t.Context(), []byte(body), signed(body))
		if (what == Taken) != (len(n.told) > 0) || what == Malformed && err == nil || !json.Valid([]byte(body)) && what != Malformed {
			t.Errorf("%s, %v: told %v", what, err, n.told)
		}
	})
}
