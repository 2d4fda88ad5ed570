package uitest

import (
	"strings"
	"testing"
)

func TestFaults(t *testing.T) {
	tests := []struct{ page, want string }{
		{`<!DOCTYPE html><p class="a" hidden>x<br>y</p><svg><path d="M0 > 0"></path></svg>`, ""},
		{`<label for="a">A</label><input id="a" aria-describedby="b c"><p id="b">x</p><p id="c">y</p><a href="#a">z</a>`, ""},
		{`<p><b>x</p></b>`, "closes what is not open"},
		{`<p>`, "still open"},
		{`</p>`, "closes what is not open"},
		{"\n<p", "line 2: a tag does not end"},
		{`<p class=a></p>`, "without quotes"},
		{`<p class="a"id="b"></p>`, "no space"},
		{`<p class="a" class="b"></p>`, "twice"},
		{`<p cl"ass></p>`, "a tag does not end"},
		{`<p style="color: red"></p>`, "attribute style"},
		{`<p onclick="x()"></p>`, "attribute onclick"},
		{`<script>x()</script>`, "in the page"},
		{`<script src="/a.js"></script>`, ""},
		{`<style></style>`, "in the page"},
		{`<a href="javascript:x()"></a>`, "runs script"},
		{`<a href="#ZgotmplZ"></a>`, "refused"},
		{`<p id="a"></p><p id="a"></p>`, "not the only one"},
		{`<label for="a"></label>`, "which is not there"},
		{`<a href="#a"></a>`, "which is not there"},
		{`<img src="/a.png">`, "no alt"},
	}
	for _, test := range tests {
		got := strings.Join(Faults(test.page), "; ")
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.page, got, test.want)
		}
	}
}
