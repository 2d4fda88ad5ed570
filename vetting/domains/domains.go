package domains

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// maxHost and maxLabel are the most bytes of a host and of one of its labels (RFC 1035).
const (
	maxHost  = 253
	maxLabel = 63
)

// inHost has the bytes that a run around a dot is made of. "_" is no part of a host, but cuts none either.
var inHost = func() (t [256]bool) {
	for _, b := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") {
		t[b] = true
	}
	return t
}()

// Each calls host with every host that text names, in the order of the text, as often as it is named. What it gives is valid until
// host returns.
func Each(text []byte, host func([]byte)) {
	(&scanner{text: text, host: host}).each()
}

func (s *scanner) each() {
	for at := 0; ; {
		i := bytes.IndexByte(s.text[at:], '.')
		if i < 0 {
			return
		}
		at = s.run(at, at+i)
	}
}

type scanner struct {
	text  []byte
	host  func([]byte)
	known map[string]bool // hosts that were found to be ones
	buf   [maxHost + 1]byte
}

// run looks at the run around the dot at dot, which begins at floor at the earliest, and returns where it ends.
func (s *scanner) run(floor, dot int) int {
	if dot > floor && dot+1 < len(s.text) && s.text[dot-1] == 0 && s.text[dot+1] == 0 {
		return s.utf16(floor, dot)
	}
	start, end := dot, dot+1
	for start > floor && inHost[s.text[start-1]] {
		start--
	}
	for end < len(s.text) && inHost[s.text[end]] {
		end++
	}
	if end-start > 2*maxHost { // no name, and none at its end
		return end
	}
	if wide := s.wide(floor, start, end); wide > 0 {
		return wide
	}
	for start < end && !alphanumeric(s.text[start]) {
		start++
	}
	last := end
	for last > start && !alphanumeric(s.text[last-1]) {
		last--
	}
	if plausible(s.text[start:last]) {
		s.name(start, last)
	}
	return end
}

// utf16 looks at the text around the dot at dot in which every character has a zero beside it, as in UTF-16 whichever byte
// comes first, and returns where it ends.
func (s *scanner) utf16(floor, dot int) int {
	start, end := dot, dot
	for start-2 >= floor && s.text[start-1] == 0 && inURL(s.text[start-2]) && dot-start < 4*maxHost {
		start -= 2
	}
	for end+2 < len(s.text) && s.text[end+1] == 0 && inURL(s.text[end+2]) && end-dot < 4*maxHost {
		end += 2
	}
	if start < dot && dot < end {
		narrow := make([]byte, 0, (end-start)/2+1)
		for i := start; i <= end; i += 2 {
			narrow = append(narrow, s.text[i])
		}
		(&scanner{text: narrow, host: s.host, known: s.known}).each()
	}
	return end + 1
}

// inURL tells whether b can stand in a URL.
func inURL(b byte) bool { return b > ' ' && b < 0x7f }

func alphanumeric(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}

// plausible reports whether name can be a host at first sight: its last label is of letters, or in punycode.
func plausible(name []byte) bool {
	dot := bytes.LastIndexByte(name, '.')
	if dot < 1 || len(name)-dot < 3 || len(name) > maxHost {
		return false
	}
	for _, b := range name[dot+1:] {
		if b < 'A' {
			return bytes.HasPrefix(name[dot+1:], []byte("xn--"))
		}
	}
	return true
}

// schemes are those of URLs whose host is one of the network's. In others ("content://com.example.app") it is a name of the system's.
var schemes = []string{"http", "https", "ws", "wss", "ftp", "ftps", "mqtt", "mqtts", "tcp", "ssl", "tls", "udp", "rtmp", "rtmps", "rtsp", "grpc", "grpcs", "wt", "quic"}

// url reports whether a URL of the network begins just before start.
func (s *scanner) url(start int) bool {
	before := s.text[max(0, start-16):start]
	before, found := bytes.CutSuffix(before, []byte("://"))
	if !found {
		return false
	}
	i := len(before)
	for i > 0 && alphanumeric(before[i-1]) {
		i--
	}
	scheme := string(bytes.ToLower(before[i:]))
	for _, known := range schemes {
		if scheme == known {
			return true
		}
	}
	return false
}

// name looks at the name between start and end.
func (s *scanner) name(start, end int) {
	name := s.text[start:end]
	if s.url(start) {
		s.take(s.buf[:copy(s.buf[:], name)])
		return
	}
	if start > 0 && strings.IndexByte("%$\\", s.text[start-1]) >= 0 { // a format or a variable: its word is no label
		dot := bytes.IndexByte(name, '.')
		name = name[dot+1:]
		start += dot + 1
	}
	if s.bare(start, end) {
		s.take(s.buf[:copy(s.buf[:], name)])
	}
}

// alone reports whether what is between start and end is all that its text says: quoted, a string of its own, or followed by
// a port or a path.
func (s *scanner) alone(start, end int) bool {
	if start > 0 && !boundary(s.text[start-1]) && s.text[start-1] != '@' {
		return false
	}
	return end == len(s.text) || boundary(s.text[end]) || s.text[end] == ':' || s.text[end] == '/'
}

func boundary(b byte) bool { return b < ' ' || b == '"' || b == '\'' || b == '`' }

// take tells a host, which it may change, if it ends as a registered name does.
func (s *scanner) take(host []byte) {
	for i, b := range host {
		if 'A' <= b && b <= 'Z' {
			host[i] = b + 'a' - 'A'
		}
	}
	if s.known[string(host)] {
		s.host(host)
		return
	}
	if !wellFormed(host) || vocabularies[string(host)] || !registered(string(host)) {
		return
	}
	s.host(host)
}

// wellFormed reports whether host is made of labels as RFC 1123 has them.
func wellFormed(host []byte) bool {
	for label := range bytes.SplitSeq(host, []byte(".")) {
		if len(label) == 0 || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' || bytes.IndexByte(label, '_') >= 0 {
			return false
		}
	}
	return len(host) <= maxHost
}

// registered reports whether host is below a public suffix, or is one that a company has put up itself ("cloudfront.net").
func registered(host string) bool {
	suffix, icann := publicsuffix.PublicSuffix(host)
	if icann {
		return len(suffix) < len(host)
	}
	return strings.IndexByte(suffix, '.') >= 0 // else it is a last label that nobody has registered
}

// wide looks whether the run is part of a URL whose host has characters outside ASCII, and tells it. It returns where
// that ends, 0 where it is none.
func (s *scanner) wide(floor, start, end int) int {
	if (start == floor || s.text[start-1] < utf8.RuneSelf) && (end == len(s.text) || s.text[end] < utf8.RuneSelf) {
		return 0
	}
	least, most := max(floor, start-maxHost), min(len(s.text), end+maxHost)
	for start > least && (inHost[s.text[start-1]] || s.text[start-1] >= utf8.RuneSelf) {
		start--
	}
	if !s.url(start) {
		return 0
	}
	for end < most && (inHost[s.text[end]] || s.text[end] >= utf8.RuneSelf) {
		end++
	}
	if ascii, err := idna.Lookup.ToASCII(strings.TrimRight(string(s.text[start:end]), ".-_")); err == nil && len(ascii) <= maxHost {
		s.take([]byte(ascii))
	}
	return end
}

// Endings is which edition of the Public Suffix List hosts are told by.
func Endings() string { return publicsuffix.List.String() }
