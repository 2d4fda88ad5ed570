package axml

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Type is the type of a value (ResourceTypes.h, Res_value).
type Type uint8

// The types.
const (
	Null             Type = 0x00
	Reference        Type = 0x01
	AttributeOf      Type = 0x02 // of the theme
	String           Type = 0x03
	Float            Type = 0x04
	Dimension        Type = 0x05
	Fraction         Type = 0x06
	DynamicReference Type = 0x07 // into a shared library
	DynamicAttribute Type = 0x08
	Decimal          Type = 0x10
	Hexadecimal      Type = 0x11
	Boolean          Type = 0x12
	firstColour      Type = 0x1c
	lastColour       Type = 0x1f
)

// Value is a typed value.
type Value struct {
	Type Type
	Data uint32
	Text string // of a String
}

// IsReference tells whether the value stands for a resource.
func (v Value) IsReference() bool { return v.Type == Reference || v.Type == DynamicReference }

// Int is the value as a number, where it is one, written as text too: Android takes those as well. Truths and colours
// are numbers.
func (v Value) Int() (int64, bool) {
	switch {
	case v.Type >= Decimal && v.Type <= lastColour:
		return int64(int32(v.Data)), true
	case v.Type == String:
		n, err := strconv.ParseInt(strings.TrimSpace(v.Text), 0, 64)
		return n, err == nil
	}
	return 0, false
}

// Bool is the value as a truth, where it is one: Android takes every number but 0 for true, and the
// words true and false.
func (v Value) Bool() (truth, ok bool) {
	if v.Type == String {
		return v.Text == "true" || v.Text == "TRUE" || v.Text == "1", v.Text != ""
	}
	n, ok := v.Int()
	return n != 0, ok
}

// String is the value as text: a reference as "@0x7f010001", as far as it has not been resolved.
func (v Value) String() string {
	switch {
	case v.Type == Null:
		return ""
	case v.Type == String:
		return v.Text
	case v.IsReference():
		return fmt.Sprintf("@0x%08x", v.Data)
	case v.Type == AttributeOf || v.Type == DynamicAttribute:
		return fmt.Sprintf("?0x%08x", v.Data)
	case v.Type == Float:
		return strconv.FormatFloat(float64(math.Float32frombits(v.Data)), 'g', -1, 32)
	case v.Type == Boolean:
		return strconv.FormatBool(v.Data != 0)
	case v.Type == Decimal:
		return strconv.Itoa(int(int32(v.Data)))
	case v.Type >= firstColour && v.Type <= lastColour:
		return fmt.Sprintf("#%08x", v.Data)
	}
	return fmt.Sprintf("0x%x", v.Data)
}
