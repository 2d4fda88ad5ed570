package export

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"portcullis/platform"
	"portcullis/policy"
)

func TestInflated(t *testing.T) {
	const text = "events"
	var z, gz bytes.Buffer
	for _, w := range []io.WriteCloser{zlib.NewWriter(&z), gzip.NewWriter(&gz)} {
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, in := range []string{text, z.String(), gz.String(), "x", "", "x y"} {
		want := in
		if len(in) > len(text) {
			want = text
		}
		r, _, err := Inflated(strings.NewReader(in), &sink{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != want {
			t.Errorf("of %q: %q, %v, want %q", in, got, err, want)
		}
	}
	var s sink
	r, unlined, err := Inflated(strings.NewReader(z.String()[:8]), &s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "the compressed input ends too early") {
		t.Errorf("of compressed input that is cut: %v", err)
	}
	if unlined.Problem(platform.Problem{Line: 3}); s.problems[0].Line != 0 {
		t.Error("a problem in compressed input has a line")
	}
	err = unlined.Report(platform.Report{Line: 2, Apps: []platform.App{{Line: 3}}})
	if err != nil || s.reports[0].Line != 0 || s.reports[0].Apps[0].Line != 0 {
		t.Errorf("a report of compressed input has lines: %+v, %v", s.reports, err)
	}
	if _, _, err := Inflated(strings.NewReader("\x1f\x8bno"), &s); err == nil {
		t.Error("no error for what begins like gzip and is not")
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("y", 100_000)
	l := NewLines(bufio.NewReader(strings.NewReader("a\r\n\n"+long+"\nlast")), 10)
	want := []struct {
		text  string
		ended bool
	}{{"a", true}, {"", true}, {long, true}, {"last", false}}
	for i, w := range want {
		text, ended, err := l.Next()
		if err != nil || string(text) != w.text || ended != w.ended || l.Line != 11+i {
			t.Errorf("line %d: %.20q, %v, %v", l.Line, text, ended, err)
		}
	}
	if _, _, err := l.Next(); err != io.EOF {
		t.Errorf("after the last: %v, want io.EOF", err)
	}
	endless := NewLines(bufio.NewReader(&repeat{[]byte("xxxxxxxx"), 1 << 30}), 0)
	if _, _, err := endless.Next(); err == nil || !strings.HasPrefix(err.Error(), "line 1 is longer than 16 MiB") {
		t.Errorf("of an endless line: %v", err)
	}
}

func TestSkipBlank(t *testing.T) {
	in := bufio.NewReader(strings.NewReader("\x00\n \r\n\tx"))
	lines, err := SkipBlank(in)
	if rest, _ := io.ReadAll(in); lines != 2 || err != nil || string(rest) != "x" {
		t.Errorf("%d lines, %v, then %q", lines, err, rest)
	}
	if _, err := SkipBlank(in); err != io.EOF {
		t.Errorf("at the end: %v, want io.EOF", err)
	}
}

func TestDeviceID(t *testing.T) {
	tests := []struct {
		ids  []string
		want string
	}{
		{[]string{"", " 4C4C4544-0034 ", "x"}, "4C4C4544-0034"},
		{[]string{"00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "To Be Filled By O.E.M.", "pc-1"}, "pc-1"},
		{[]string{"03000200-0400-0500-0006-000700080009", "None"}, ""},
		{[]string{"f0f0"}, "f0f0"},
	}
	for _, tt := range tests {
		if got := DeviceID(tt.ids...); got != tt.want {
			t.Errorf("DeviceID(%q) = %q, want %q", tt.ids, got, tt.want)
		}
	}
}

func TestPlatformOf(t *testing.T) {
	tests := map[string]policy.Platform{
		"Microsoft Windows 11 Pro": policy.Windows, "MSWin32": policy.Windows, "windows": policy.Windows, "Win": 0,
		"Mac OS X": policy.MacOS, "macOS 15.1": policy.MacOS, "darwin": policy.MacOS, "Mac": policy.MacOS, "OS X": policy.MacOS,
		"linux": policy.Linux, "Ubuntu 24.04 LTS": policy.Linux, "Debian GNU/Linux 12": policy.Linux, "openSUSE Leap": policy.Linux,
		"Android 14": policy.Android, "android (linux)": policy.Android, "iOS 17.4": policy.IOS, "iPadOS": policy.IOS,
		"Chrome OS": policy.ChromeOS, "chromeos": policy.ChromeOS, "edge": policy.MSEdge, "Firefox": policy.Firefox,
		"": 0, "FreeBSD": 0, "Solaris": 0, "kiosk": 0,
	}
	for in, want := range tests {
		if got, ok := PlatformOf(in); got != want || ok != (want != 0) {
			t.Errorf("PlatformOf(%q) = %q, %v, want %q", in, got, ok, want)
		}
	}
}

func TestComputer(t *testing.T) {
	c := Computer{Serial: "S1", AgentID: "pc-2020", Host: "pc", Systems: []string{"Fedora", "linux"}, LogDate: "2020-06-12 14:19:54", Offset: "+02:00"}
	want := time.Date(2020, 6, 12, 12, 19, 54, 0, time.UTC)
	if !c.At().Equal(want) || c.Platform() != policy.Linux || c.ID(false) != "S1" || c.ID(true) != "" {
		t.Errorf("got %v, %q, %q, %q", c.At(), c.Platform(), c.ID(false), c.ID(true))
	}
	bare := Computer{UUID: "u-1", Serial: "S1", LogDate: c.LogDate, Systems: []string{"Plan 9"}}
	if !bare.At().IsZero() || bare.Platform() != 0 || bare.ID(true) != "u-1" {
		t.Errorf("got %v, %q, %q", bare.At(), bare.Platform(), bare.ID(true))
	}
}

func TestSoftware(t *testing.T) {
	tests := []struct{ from, name, comment, version, id, wantVersion string }{
		{"RPM", "tar", "", "1:2.0-1", "tar", "2.0-1"},
		{"deb", "tar", "AppID: x", "2.0", "tar", "2.0"},
		{"flatpak", "Maps", "AppID: org.example.Maps", "3", "org.example.Maps", "3"},
		{"flatpak", "Maps", "", "3", "", "3"},
		{"registry", "Maps", "", "1:3", "", "1:3"},
		{"", "Maps", "", "", "", ""},
	}
	for _, tt := range tests {
		got := Software(tt.from, tt.name, tt.comment, "maker", tt.version, 7)
		want := platform.App{Identifier: tt.id, Name: tt.name, Publisher: "maker", Version: tt.wantVersion, Line: 7}
		if got != want {
			t.Errorf("from %q: got %+v, want %+v", tt.from, got, want)
		}
	}
}

func TestPackageVersion(t *testing.T) {
	for version, want := range map[string]string{"1:2.0": "2.0", "2.0": "2.0", ":2.0": ":2.0", "a:2.0": "a:2.0", "10:": "", "": "", "2.0:1": "2.0:1"} {
		if got := PackageVersion(version); got != want {
			t.Errorf("PackageVersion(%q) = %q, want %q", version, got, want)
		}
	}
}

func TestSHA256(t *testing.T) {
	hash := strings.Repeat("AB:", 31) + "ab"
	if got, ok := SHA256(hash); !ok || got != strings.Repeat("ab", 32) {
		t.Errorf("SHA256(%s) = %s, %v", hash, got, ok)
	}
	for _, bad := range []string{"abcd", strings.Repeat("g", 64)} {
		if _, ok := SHA256(bad); ok {
			t.Errorf("%q passes for a SHA-256", bad)
		}
	}
	if got, ok := SHA256(" "); got != "" || !ok {
		t.Errorf("of nothing: %q, %v", got, ok)
	}
}
