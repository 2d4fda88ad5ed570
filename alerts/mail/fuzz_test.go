package mail

import (
	"bytes"
	"net/mail"
	"slices"
	"testing"
	"time"

	"portcullis/alerts"
)

// FuzzRender holds that nothing in a message adds a header, even if it came past the checks of alerts.
func FuzzRender(f *testing.F) {
	f.Add("Hello", "Ann", "ann@example.org", "Text")
	f.Add("Hello\r\nBcc: all@example.org", "Ann\r\nX: y", "ann@example.org\r\nX: y", "\r\n.\r\nX: y")
	f.Add("=?utf-8?q?a=0D=0AX:_y?=", "=?utf-8?q?a=0D=0AX:_y?=", "\"a\r\nX: y\"@example.org", "")
	f.Add("é\nX: y", "é\nX: y", "a@b\x00", "\u2028")
	tr, err := New(Config{Host: "h", Port: 25, TLS: TLSOff, From: "a@example.gov"})
	if err != nil {
		f.Fatal(err)
	}
	want := []string{"Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To"}
	f.Fuzz(func(t *testing.T, subject, name, address, text string) {
		raw, err := tr.render(alerts.Outgoing{MessageID: "m@example.gov", Subject: subject, Name: name, Address: address, Text: text, Put: time.Unix(0, 0)})
		if err != nil {
			return
		}
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%v in\n%s", err, raw)
		}
		var got []string
		for key, values := range m.Header {
			got = append(got, key)
			if len(values) != 1 {
				t.Fatalf("%d headers %s in\n%s", len(values), key, raw)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("the headers are %q in\n%s", got, raw)
		}
	})
}
