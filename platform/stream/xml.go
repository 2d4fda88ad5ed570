package stream

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxToken bounds a tag or the text between two, in bytes.
const maxToken = 16 << 20

// XML walks XML in the order in which it comes: one document, or several after one another.
// Children calls back for the elements inside one; an element that the callback does not take, with
// Children, Text or Skip, is passed over. Comments, document types and attributes are left out, and
// no entity is looked up anywhere.
type XML struct {
	dec    *xml.Decoder
	guard  *Guard
	pinned int
	taken  bool
}

// NewXML walks in, whose first line is line 1.
func NewXML(in *bufio.Reader) *XML {
	guard := &Guard{In: in, Limit: maxToken, What: "a tag or a text"}
	x := &XML{dec: xml.NewDecoder(guard), guard: guard}
	// Text has made UTF-8 of what has a byte-order mark, whatever the declaration still says.
	x.dec.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if strings.HasPrefix(strings.ToLower(charset), "utf-16") {
			return in, nil
		}
		return nil, fmt.Errorf("its encoding is %q; save it as UTF-8", charset)
	}
	return x
}

// NewXMLAt walks XML that stands inside a value at one line of another input.
func NewXMLAt(in *bufio.Reader, line int) *XML {
	x := NewXML(in)
	x.pinned = line
	return x
}

// Line is where the walk stands.
func (x *XML) Line() int {
	if x.pinned > 0 {
		return x.pinned
	}
	line, _ := x.dec.InputPos()
	return line
}

// Root goes to the next document and returns the name of its element, to be taken; io.EOF at the
// end of the input.
func (x *XML) Root() (string, error) {
	for {
		token, err := x.token()
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.StartElement:
			return token.Name.Local, nil
		case xml.CharData:
			if s := strings.Trim(string(token), "\x00 \t\r\n\ufeff"); s != "" {
				return "", fmt.Errorf("line %d: not XML: text outside every element", x.Line())
			}
		}
	}
}

// Children calls child with the name of each element inside the present one.
func (x *XML) Children(child func(name string) error) error {
	for {
		token, err := x.inside()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.EndElement:
			x.taken = true
			return nil
		case xml.StartElement:
			x.taken = false
			if err := child(token.Name.Local); err != nil {
				return err
			}
			if !x.taken {
				if err := x.Skip(); err != nil {
					return err
				}
			}
		}
	}
}

// Text takes the present element and returns its text, clean; what is in elements inside it is not
// part of it.
func (x *XML) Text() (string, error) {
	var text strings.Builder
	for {
		token, err := x.inside()
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.EndElement:
			x.taken = true
			return Clean(text.String()), nil
		case xml.CharData:
			text.Write(token)
		case xml.StartElement:
			if err := x.Skip(); err != nil {
				return "", err
			}
		}
	}
}

// Skip passes over the present element.
func (x *XML) Skip() error {
	for depth := 1; depth > 0; {
		token, err := x.inside()
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
	}
	x.taken = true
	return nil
}

// inside is token where the input must not end.
func (x *XML) inside() (xml.Token, error) {
	token, err := x.token()
	if err == io.EOF {
		err = x.cut()
	}
	return token, err
}

func (x *XML) token() (xml.Token, error) {
	x.guard.Reset()
	token, err := x.dec.Token()
	var syntax *xml.SyntaxError
	if !errors.As(err, &syntax) {
		return token, err
	}
	if syntax.Msg == "unexpected EOF" {
		return nil, x.cut()
	}
	return nil, fmt.Errorf("line %d: not XML: %s", x.Line(), syntax.Msg)
}

func (x *XML) cut() error {
	return fmt.Errorf("line %d: the input ends in the middle of an XML document: %w", x.Line(), io.ErrUnexpectedEOF)
}
