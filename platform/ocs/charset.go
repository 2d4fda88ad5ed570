package ocs

import (
	"bufio"
	"bytes"
	"io"
	"regexp"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// declaration is an XML declaration at the beginning of a document, with its encoding.
var declaration = regexp.MustCompile(`^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*\?>`)

// charsets are the encodings other than UTF-8 that agents declare. What is declared as ISO-8859-1
// holds, from Windows, characters that only its superset has.
var charsets = map[string]encoding.Encoding{
	"iso-8859-1": charmap.Windows1252, "latin1": charmap.Windows1252, "windows-1252": charmap.Windows1252,
	"cp1252": charmap.Windows1252, "iso-8859-15": charmap.ISO8859_15, "windows-1251": charmap.Windows1251,
}

// declared returns in as UTF-8, where it declares one of charsets, without its declaration.
func declared(in *bufio.Reader) (*bufio.Reader, error) {
	head, err := in.Peek(256)
	if err != nil && err != io.EOF {
		return nil, err
	}
	found := declaration.FindSubmatch(head)
	if found == nil {
		return in, nil
	}
	charset, ok := charsets[strings.ToLower(string(found[1]))]
	if !ok {
		return in, nil
	}
	lines := bytes.Repeat([]byte("\n"), bytes.Count(found[0], []byte("\n")))
	if _, err := in.Discard(len(found[0])); err != nil {
		return nil, err
	}
	return bufio.NewReader(io.MultiReader(bytes.NewReader(lines), charset.NewDecoder().Reader(in))), nil
}
