package macho

import (
	"encoding/asn1"
	"errors"
	"strconv"
)

// Entitlement is what a signature entitles to, with its value where that is yes or no, a number or a text.
type Entitlement struct{ Key, Value string }

// What the entitlements are made of: a version and a list of pairs, under tags of their own.
const (
	entitledTag = 16 // of class application around all, and of class context around each dictionary

	mostEntitled = 10_000
)

var errEntitled = errors.New("they are not in the form that Apple's are in")

// readEntitled reads entitlements in DER (ITU-T X.690), as Apple writes them since iOS 15.
func readEntitled(der []byte) (all []Entitlement, err error) {
	var whole, version, list asn1.RawValue
	_, err = asn1.Unmarshal(der, &whole)
	switch {
	case err == nil && whole.Class == asn1.ClassUniversal && whole.Tag == asn1.TagSet: // as the first ones were
		list = whole
	case err == nil && whole.Class == asn1.ClassApplication && whole.Tag == entitledTag:
		rest, err := asn1.Unmarshal(whole.Bytes, &version)
		if err == nil {
			_, err = asn1.Unmarshal(rest, &list)
		}
		if err != nil || list.Class != asn1.ClassContextSpecific || list.Tag != entitledTag {
			return nil, errEntitled
		}
	default:
		return nil, errEntitled
	}
	for rest := list.Bytes; len(rest) > 0; {
		var pair, key, value asn1.RawValue
		if rest, err = asn1.Unmarshal(rest, &pair); err != nil || len(all) == mostEntitled {
			return all, errEntitled
		}
		after, err := asn1.Unmarshal(pair.Bytes, &key)
		if err == nil {
			_, err = asn1.Unmarshal(after, &value)
		}
		if err != nil || key.Tag != asn1.TagUTF8String {
			return all, errEntitled
		}
		all = append(all, Entitlement{string(key.Bytes), scalar(&value)})
	}
	return all, nil
}

// scalar is a value that is a text, a number, or yes or no.
func scalar(v *asn1.RawValue) string {
	if v.Class != asn1.ClassUniversal {
		return ""
	}
	switch v.Tag {
	case asn1.TagUTF8String:
		return string(v.Bytes)
	case asn1.TagBoolean:
		return strconv.FormatBool(len(v.Bytes) > 0 && v.Bytes[0] != 0)
	case asn1.TagInteger:
		var n int64
		if _, err := asn1.Unmarshal(v.FullBytes, &n); err == nil {
			return strconv.FormatInt(n, 10)
		}
	}
	return ""
}
