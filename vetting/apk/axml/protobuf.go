package axml

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// field is one field of a message: its bytes, or its number.
type field struct {
	number protowire.Number
	bytes  []byte
	value  uint64
}

// fields calls f for the fields of a message in their order, and tells whether all of it was one.
func fields(message []byte, f func(field)) bool {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return false
		}
		message = message[n:]
		v := field{number: number}
		switch kind {
		case protowire.BytesType:
			v.bytes, n = protowire.ConsumeBytes(message)
		case protowire.VarintType:
			v.value, n = protowire.ConsumeVarint(message)
		case protowire.Fixed32Type:
			var bits uint32
			bits, n = protowire.ConsumeFixed32(message)
			v.value = uint64(bits)
		default:
			n = protowire.ConsumeFieldValue(number, kind, message)
		}
		if n < 0 {
			return false
		}
		message = message[n:]
		f(v)
	}
	return true
}

// looksProtobuf tells whether data is an XmlNode: a message that begins with an element, which begins
// with its namespaces, its own one or its name. Binary XML begins with a header of eight bytes.
func looksProtobuf(data []byte) bool {
	number, kind, n := protowire.ConsumeTag(data)
	if n < 0 || number != 1 || kind != protowire.BytesType {
		return false
	}
	inner, m := protowire.ConsumeBytes(data[n:])
	if m < 0 {
		return false
	}
	number, kind, n = protowire.ConsumeTag(inner)
	return n > 0 && number >= 1 && number <= 3 && kind == protowire.BytesType
}

// protobuf reads aapt.pb.XmlNode.
func (d *Document) protobuf(data []byte) {
	whole := fields(data, func(f field) {
		if f.number == 1 {
			d.element(f.bytes, nil)
		}
	})
	if !whole {
		d.lose("the document is cut off or damaged: not all of it was read")
	}
}

// element reads an XmlElement, and its children as they come.
func (d *Document) element(message []byte, open []*Element) {
	if len(open) >= maxDepth {
		d.lose("elements lie deeper than %d: those were not read", maxDepth)
		return
	}
	e := &Element{}
	d.attach(open, e)
	inside := append(open, e)
	whole := fields(message, func(f field) {
		switch f.number {
		case 2:
			e.Namespace = sound(f.bytes)
		case 3:
			e.Name = sound(f.bytes)
		case 4:
			e.Attributes = append(e.Attributes, d.packed(f.bytes))
		case 5:
			d.child(f.bytes, inside)
		}
	})
	if !whole {
		d.lose("the element %s is cut off or damaged: not all of it was read", e.Name)
	}
}

// child reads an XmlNode inside an element.
func (d *Document) child(message []byte, open []*Element) {
	e := open[len(open)-1]
	fields(message, func(f field) {
		switch f.number {
		case 1:
			d.element(f.bytes, open)
		case 2:
			e.Text = joined(e.Text, sound(f.bytes))
		}
	})
}

// packed reads an XmlAttribute.
func (d *Document) packed(message []byte) Attribute {
	var a Attribute
	var item []byte
	whole := fields(message, func(f field) {
		switch f.number {
		case 1:
			a.Namespace = sound(f.bytes)
		case 2:
			a.Name = sound(f.bytes)
		case 3:
			a.Raw = sound(f.bytes)
		case 5:
			a.ID = uint32(f.value)
		case 6:
			item = f.bytes
		}
	})
	if !whole {
		d.lose("the attribute %s is cut off or damaged", a.Name)
	}
	a.Value = Value{Type: String, Text: a.Raw}
	if v, ok := packedItem(item); ok {
		a.Value = v
	}
	if a.ID == 0 && a.Namespace == Android {
		a.ID = attributeIDs[a.Name] // the bundle's builder gives it that when it makes an APK
	}
	a.settle()
	return a
}

// packedItem reads an Item.
func packedItem(message []byte) (v Value, ok bool) {
	fields(message, func(f field) {
		switch f.number {
		case 1:
			v, ok = Value{Type: Reference}, true
			fields(f.bytes, func(f field) {
				switch f.number {
				case 1:
					if f.value == 1 {
						v.Type = AttributeOf
					}
				case 2:
					v.Data = uint32(f.value)
				}
			})
		case 2, 3, 4, 5: // the text, raw or styled, or the path comes first in each of them
			v, ok = Value{Type: String}, true
			fields(f.bytes, func(f field) {
				if f.number == 1 {
					v.Text = sound(f.bytes)
				}
			})
		case 7:
			v, ok = primitive(f.bytes)
		}
	})
	return v, ok
}

// primitive reads a Primitive, of which one field is set.
func primitive(message []byte) (v Value, ok bool) {
	fields(message, func(f field) {
		v.Data, ok = uint32(f.value), true
		switch f.number {
		case 3:
			v.Type = Float
		case 4, 13:
			v.Type = Dimension
		case 5, 14:
			v.Type = Fraction
		case 6:
			v.Type = Decimal
		case 7:
			v.Type = Hexadecimal
		case 8:
			v.Type = Boolean
			if f.value != 0 {
				v.Data = math.MaxUint32
			}
		case 9, 10, 11, 12:
			v.Type = firstColour + Type(f.number-9)
		default:
			v, ok = Value{}, false
		}
	})
	return v, ok
}

// protobuf reads aapt.pb.ResourceTable.
func (t *Table) protobuf(data []byte) {
	whole := fields(data, func(f field) {
		if f.number == 2 && len(t.packages) < maxPackages {
			t.packages = append(t.packages, t.packedPackage(f.bytes))
		}
	})
	if !whole {
		t.problem("the resources are cut off or damaged: not all of them were read")
	}
}

// packedPackage reads a Package. Ids are messages of one number.
func (t *Table) packedPackage(message []byte) *resources {
	p := &resources{values: map[uint32][]Configured{}, names: map[uint32]string{}}
	var types [][]byte
	whole := fields(message, func(f field) {
		switch f.number {
		case 1:
			p.id = number(f.bytes)
		case 2:
			p.name = sound(f.bytes)
		case 3:
			types = append(types, f.bytes)
		}
	})
	for _, kind := range types {
		whole = t.packedType(p, kind) && whole
	}
	if !whole {
		t.problem("the resources of %s are damaged: not all of them were read", p.name)
	}
	return p
}

func (t *Table) packedType(p *resources, message []byte) bool {
	var id uint32
	var name string
	var entries [][]byte
	whole := fields(message, func(f field) {
		switch f.number {
		case 1:
			id = p.id<<24 | number(f.bytes)&0xff<<16
		case 2:
			name = sound(f.bytes)
		case 3:
			entries = append(entries, f.bytes)
		}
	})
	for _, entry := range entries {
		whole = packedEntry(p, id, name, entry) && whole
	}
	return whole
}

func packedEntry(p *resources, id uint32, kind string, message []byte) bool {
	var name string
	var values []Configured
	whole := fields(message, func(f field) {
		switch f.number {
		case 1:
			id |= number(f.bytes) & 0xffff
		case 2:
			name = sound(f.bytes)
		case 6:
			values = append(values, packedValue(f.bytes))
		}
	})
	p.names[id] = kind + "/" + name
	p.values[id] = append(p.values[id], values...)
	return whole
}

// packedValue reads a ConfigValue. What its value is made of, where it is not one item, nobody here
// asks for.
func packedValue(message []byte) (c Configured) {
	fields(message, func(f field) {
		switch f.number {
		case 1:
			c.Config = packedConfig(f.bytes)
		case 2:
			fields(f.bytes, func(f field) {
				if f.number == 4 {
					c.Value, _ = packedItem(f.bytes)
				}
			})
		}
	})
	return c
}

// packedConfig reads a Configuration (aapt2's Configuration.proto).
func packedConfig(message []byte) (c Config) {
	fields(message, func(f field) {
		switch f.number {
		case 3:
			c.Locale = sound(f.bytes)
		case 24:
			c.SDK = uint32(f.value)
		default:
			c.Other = true
		}
	})
	return c
}

// number is the first field of a message that holds an id.
func number(message []byte) (n uint32) {
	fields(message, func(f field) {
		if f.number == 1 {
			n = uint32(f.value)
		}
	})
	return n
}
