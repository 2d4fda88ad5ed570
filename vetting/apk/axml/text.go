package axml

import (
	"bytes"
	"encoding/xml"
)

// text reads a document that was never compiled, as people write it. Android would refuse it; it is
// read all the same, because it tells what the package is meant to be.
func (d *Document) text(data []byte) {
	d.problem("the document is text, not compiled: Android would refuse it")
	decoder := xml.NewDecoder(bytes.NewReader(data))
	decoder.Strict = false
	var open []*Element
	skipped := 0
	for {
		token, err := decoder.Token()
		if err != nil {
			if len(open) > 0 {
				d.lose("the document ends inside the element %s", open[len(open)-1].Name)
			}
			return
		}
		switch t := token.(type) {
		case xml.StartElement:
			if len(open) >= maxDepth {
				skipped++
				d.lose("elements lie deeper than %d: those were not read", maxDepth)
				continue
			}
			e := written(t)
			d.attach(open, e)
			open = append(open, e)
		case xml.EndElement:
			if skipped > 0 {
				skipped--
			} else if len(open) > 0 {
				open = open[:len(open)-1]
			}
		case xml.CharData:
			if len(open) > 0 && skipped == 0 {
				e := open[len(open)-1]
				e.Text = joined(e.Text, string(t))
			}
		}
	}
}

func written(t xml.StartElement) *Element {
	e := &Element{Namespace: t.Name.Space, Name: t.Name.Local}
	for _, attr := range t.Attr {
		a := Attribute{Namespace: attr.Name.Space, Name: attr.Name.Local, Raw: attr.Value,
			Value: Value{Type: String, Text: attr.Value}}
		if a.Namespace == Android || a.Namespace == "android" {
			a.Namespace, a.ID = Android, attributeIDs[a.Name]
		}
		e.Attributes = append(e.Attributes, a)
	}
	return e
}
