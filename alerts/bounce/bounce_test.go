package bounce_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/alerts/bounce"
)

func decode(t *testing.T, name string) (bounce.Report, error) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return bounce.Decode(strings.NewReader(strings.ReplaceAll(string(raw), "\n", "\r\n")))
}

func TestReports(t *testing.T) {
	for name, want := range map[string]bounce.Report{
		"postfix.eml": {EnvelopeID: "01kx@example.gov", MessageID: "01kx@example.gov", Recipients: []bounce.Status{
			{"gone@example.org", bounce.Failed, "5.1.1", "550 5.1.1 <gone@example.org>: Recipient address rejected: no such mailbox here"}}},
		"postfix-delayed.eml": {MessageID: "01kx@example.gov", Recipients: []bounce.Status{
			{"slow@example.org", bounce.Delayed, "4.4.1", "connect to mx.example.org[192.0.2.7]:25: timed out"}}},
		"exim.eml": {MessageID: "01kx@example.gov", Recipients: []bounce.Status{
			{"gone@example.org", bounce.Failed, "5.0.0", "550 we know nobody of that name"}}},
		"exchange.eml": {MessageID: "01kx@example.gov", Recipients: []bounce.Status{
			{"gone@example.org", bounce.Failed, "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; no recipient with that address"}}},
		"delivered.eml": {EnvelopeID: "01kx+1@example.gov", Recipients: []bounce.Status{
			{"ann@example.org", bounce.Delivered, "2.0.0", ""}}},
		"several.eml": {EnvelopeID: "01kx@example.gov", Recipients: []bounce.Status{
			{"ann@example.org", bounce.Relayed, "2.0.0", ""}, {"bob@example.org", bounce.Failed, "5.2.2", "552 full"}, {"carl@example.org", bounce.Delayed, "4.0.0", ""}}},
	} {
		got, err := decode(t, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestWorst(t *testing.T) {
	r, err := decode(t, "several.eml")
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Worst().String(); got != "5.2.2 failed: 552 full" {
		t.Errorf("the worst is %q", got)
	}
}

func TestIDs(t *testing.T) {
	r := bounce.Report{EnvelopeID: "e", MessageID: "m"}
	if diff := cmp.Diff([]string{"e", "m"}, r.IDs()); diff != "" {
		t.Error(diff)
	}
	if ids := (bounce.Report{}).IDs(); len(ids) != 0 {
		t.Errorf("nothing has the ids %q", ids)
	}
}

func TestOtherMails(t *testing.T) {
	const status = "--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\nFinal-Recipient: rfc822; a@b\r\nAction: failed\r\nStatus: 5.0.0\r\n\r\n--x--\r\n"
	for name, raw := range map[string]string{
		"absence":            "Subject: I am away\r\nAuto-Submitted: auto-replied\r\n\r\nUntil Monday.\r\n",
		"read receipt":       "Content-Type: multipart/report; report-type=disposition-notification; boundary=x\r\n\r\n" + status,
		"no boundary":        "Content-Type: multipart/report; report-type=delivery-status\r\n\r\n" + status,
		"forwarded":          "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + status,
		"no status":          "Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\r\nsorry\r\n--x--\r\n",
		"status of nobody":   "Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n\r\n--x--\r\n",
		"status after parts": "Content-Type: multipart/report; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n\r\nsorry\r\n", 20) + status,
	} {
		if r, err := bounce.Decode(strings.NewReader(raw)); !errors.Is(err, bounce.ErrNoReport) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
	for name, raw := range map[string]string{
		"nothing":  "",
		"no mail":  "hello\r\n\r\n",
		"too many": "Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\nA: b\r\n\r\n" + strings.Repeat("Action: failed\r\n\r\n", 101) + "--x--\r\n",
	} {
		if r, err := bounce.Decode(strings.NewReader(raw)); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestTransferEncodingsAndCuts(t *testing.T) {
	head := "Content-Type: multipart/report; boundary=x\r\n\r\n"
	for name, raw := range map[string]string{
		"quoted-printable": head + "--x\r\nContent-Type: message/delivery-status\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
			"Original-Envelope-Id: e=40b\r\n\r\nFinal-Recipient: rfc822; a@b\r\nAction: fai=\r\nled\r\nStatus: 5.0.0\r\n--x--\r\n",
		"base64": head + "--x\r\nContent-Type: message/delivery-status\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			"T3JpZ2luYWwtRW52ZWxvcGUtSWQ6IGVAYg0KDQpGaW5hbC1SZWNpcGllbnQ6IHJmYzgyMjsgYUBiDQpBY3Rpb246IGZhaWxlZA0KU3RhdHVzOiA1LjAuMA0K\r\n--x--\r\n",
		"one group": head + "--x\r\nContent-Type: message/delivery-status\r\n\r\nOriginal-Envelope-Id: e@b\r\nFinal-Recipient: rfc822; a@b\r\nAction: failed\r\nStatus: 5.0.0\r\n--x--\r\n",
		"cut off":   head + "--x\r\nContent-Type: message/delivery-status\r\n\r\nOriginal-Envelope-Id: e@b\r\n\r\nFinal-Recipient: rfc822; a@b\r\nAction: failed\r\nStatus: 5.0.0\r\n",
	} {
		r, err := bounce.Decode(strings.NewReader(raw))
		if err != nil || r.EnvelopeID != "e@b" || len(r.Recipients) != 1 || r.Recipients[0] != (bounce.Status{"a@b", bounce.Failed, "5.0.0", ""}) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// FuzzDecode holds that what is read can be used: there is a worst, and nothing is too long.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.eml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		f.Add([]byte(strings.ReplaceAll(string(raw), "\n", "\r\n")))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := bounce.Decode(strings.NewReader(string(raw)))
		if err != nil {
			return
		}
		if len(r.Recipients) == 0 || len(r.Recipients) > 100 || len(r.IDs()) > 2 {
			t.Fatalf("%+v", r)
		}
		if w := r.Worst(); w.Action != bounce.Failed {
			for _, s := range r.Recipients {
				if s.Action == bounce.Failed {
					t.Fatalf("%+v is worse than %+v", s, w)
				}
			}
		}
		if strings.ContainsAny(r.MessageID, "<> \r\n") {
			t.Fatalf("the Message-ID %q", r.MessageID)
		}
	})
}
