package nearest

import (
	"strings"
	"testing"
)

func TestFirstOfSeveral(t *testing.T) {
	for _, known := range [][]string{{"house", "mouse", "louse"}, {"mouse", "louse", "house"}} {
		if got := Of("xouse", known); got != "house" {
			t.Errorf("among %q: %q", known, got)
		}
	}
	for _, known := range [][]string{{"from", "port"}, {"port", "from"}} {
		if got := Of("Prot", known); got != "port" {
			t.Errorf("among %q: %q", known, got)
		}
	}
}

func TestOf(t *testing.T) {
	known := []string{"organisations", "suppliers", "products", "id", "x"}
	for word, want := range map[string]string{
		"organizations":                "organisations",
		"Suplier":                      "suppliers",
		"PRODUCTS":                     "products",
		"ids":                          "id",
		"y":                            "",
		"":                             "",
		"rules":                        "",
		"producers":                    "products",
		strings.Repeat("products", 10): "",
	} {
		if got := Of(word, known); got != want {
			t.Errorf("%q: %q, not %q", word, got, want)
		}
	}
	if got := Of("products", nil); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}
