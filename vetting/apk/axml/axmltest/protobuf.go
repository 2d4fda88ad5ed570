package axmltest

import (
	"google.golang.org/protobuf/encoding/protowire"

	"portcullis/vetting/apk/axml"
)

// Protobuf writes root as an app bundle has it (aapt.pb.XmlNode).
func Protobuf(root *axml.Element) []byte { return message(1, element(root)) }

// message is a field that is a message, a text or bytes.
func message(number protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), content)
}

func varint(number protowire.Number, n uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), n)
}

func element(e *axml.Element) []byte {
	b := append(message(2, []byte(e.Namespace)), message(3, []byte(e.Name))...)
	for _, a := range e.Attributes {
		attr := append(message(1, []byte(a.Namespace)), message(2, []byte(a.Name))...)
		if a.Value.Type == axml.String {
			attr = append(attr, message(3, []byte(a.Value.Text))...)
		} else {
			attr = append(attr, message(6, item(a.Value))...)
		}
		if a.ID != 0 {
			attr = append(attr, varint(5, uint64(a.ID))...)
		}
		b = append(b, message(4, attr)...)
	}
	if e.Text != "" {
		b = append(b, message(5, message(2, []byte(e.Text)))...)
	}
	for _, c := range e.Children {
		b = append(b, message(5, message(1, element(c)))...)
	}
	return b
}

func item(v axml.Value) []byte {
	fields := map[axml.Type]protowire.Number{axml.Decimal: 6, axml.Hexadecimal: 7, axml.Boolean: 8}
	switch v.Type {
	case axml.String:
		return message(2, message(1, []byte(v.Text)))
	case axml.Reference:
		return message(1, varint(2, uint64(v.Data)))
	case axml.Boolean:
		return message(7, varint(8, uint64(v.Data&1)))
	}
	return message(7, varint(fields[v.Type], uint64(v.Data)))
}

// ProtobufTable writes resources.pb with one package of id 0x7f, whose first type is called kind: the
// entries all have one value for each of the locales.
func ProtobufTable(kind, locale string, entries map[uint32]axml.Value) []byte {
	typ := append(message(1, varint(1, 1)), message(2, []byte(kind))...)
	for index := range uint32(64) {
		v, ok := entries[index]
		if !ok {
			continue
		}
		value := append(message(1, message(3, []byte(locale))), message(2, message(4, item(v)))...)
		e := append(message(1, varint(1, uint64(index))), message(2, []byte("name"))...)
		typ = append(typ, message(3, append(e, message(6, value)...))...)
	}
	pkg := append(message(1, varint(1, 0x7f)), message(2, []byte("org.example"))...)
	return message(2, append(pkg, message(3, typ)...))
}
