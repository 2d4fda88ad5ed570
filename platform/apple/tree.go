package apple

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"

	"portcullis/platform/stream"
)

// Tree is a property list, or a value in one.
type Tree struct {
	// Kind is what the value is called in XML: dict, array, string, integer, real, data, true, false; or another name, of
	// which the value is not kept.
	Kind string
	// Text is that of a string, an integer or a real, and the bytes of data.
	Text string
	// Keys are those of a dict, in its order, and Values what each stands for; an array has Values alone.
	Keys   []string
	Values []Tree
}

// Of is what a dict has under a key, or an empty value.
func (t *Tree) Of(key string) *Tree {
	if t.Kind == "dict" {
		for i, k := range t.Keys {
			if k == key {
				return &t.Values[i]
			}
		}
	}
	return &Tree{}
}

// True tells whether the value is true.
func (t *Tree) True() bool { return t.Kind == "true" }

// Texts are those of an array's strings.
func (t *Tree) Texts() (all []string) {
	if t.Kind != "array" {
		return nil
	}
	for i := range t.Values {
		if t.Values[i].Kind == "string" {
			all = append(all, t.Values[i].Text)
		}
	}
	return all
}

const (
	// maxDepth is how deep the values of a property list may lie in each other.
	maxDepth = 64
	// maxValues is how many there may be.
	maxValues = 1 << 20
	// mostTexts is how many bytes the texts of a short binary list may have together, however often each is used.
	mostTexts = 16 << 20
)

// ReadTree reads a property list, in XML or in the binary form. What is not whole is an error.
func ReadTree(data []byte) (*Tree, error) {
	if strings.HasPrefix(string(data[:min(len(data), len(binaryMagic))]), binaryMagic) {
		b, kind, err := newBinary(bytes.NewReader(data), 0)
		if err != nil {
			return nil, err
		}
		b.budget = min(b.budget, max(4*len(data), mostTexts))
		g := grower{values: b, most: min(maxValues, len(data))} // values that stand in it once take a byte each
		return g.grow(kind, 0)
	}
	in, err := stream.Text(bufio.NewReader(bytes.NewReader(data)))
	if err != nil {
		return nil, err
	}
	x := stream.NewXML(in)
	name, err := x.Root()
	if err != nil {
		return nil, err
	}
	if name != "plist" {
		return nil, fmt.Errorf("line %d: this is a document of <%.40s> and no property list", x.Line(), name)
	}
	var root *Tree
	g := grower{values: xmlValues{x}, most: maxValues}
	err = x.Children(func(kind string) (err error) {
		root, err = g.grow(kind, 0)
		return err
	})
	if err == nil && root == nil {
		err = errors.New("the property list is empty")
	}
	return root, err
}

// grower makes trees of values.
type grower struct {
	values
	n, most int
}

func (g *grower) grow(kind string, depth int) (*Tree, error) {
	if g.n++; g.n > g.most || depth > maxDepth {
		return nil, fmt.Errorf("the property list has more than %d values, or deeper than %d in each other", g.most, maxDepth)
	}
	t := &Tree{Kind: kind}
	add := func(kind string) error {
		value, err := g.grow(kind, depth+1)
		if err == nil {
			t.Values = append(t.Values, *value)
		}
		return err
	}
	var err error
	switch kind {
	case "dict":
		err = g.dict(func(key, kind string) error {
			t.Keys = append(t.Keys, stream.Clean(key))
			return add(kind)
		})
	case "array":
		err = g.array(add)
	case "real":
		t.Text, err = g.text()
	case "data":
		t.Text, err = g.bytes()
	default:
		err = text(g.values, kind, &t.Text)
	}
	return t, err
}
