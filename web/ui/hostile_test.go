package ui

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/web/ui/uitest"
)

// every is one of each component; TestEveryComponentIsHere holds that none is missing.
var every = []Component{
	Text(""), Para(""), Paragraph{}, Muted(""), Heading(""), Subheading(""), Link{}, List{}, Named{}, Branch{}, Tree{}, ID{}, Tag{}, Stack{}, Line{},
	Banner{}, Inset{}, Warning(""), Details{}, Panel{}, Empty{}, Tasks{}, Summary{}, Table{}, Pages{}, &Filter{},
	Number(0), Time{}, Day{}, Progress{}, Bars{}, Graph{}, Curve{}, Button{}, ButtonGroup{}, Post{}, Confirm{}, &Form{},
	&Field{As: Input{}}, &Field{As: Textarea{}}, &Field{As: Select{}}, &Field{As: Radios{}}, &Field{As: Checkboxes{}}, &Field{As: Date{}}, &Field{As: File{}}, &Field{},
}

func TestEveryComponentIsHere(t *testing.T) {
	have := []string{"view"} // whose template is an area's
	for _, c := range every {
		have = append(have, reflect.Indirect(reflect.ValueOf(c)).Type().Name())
		if f, is := c.(*Field); is && f.As != nil {
			have = append(have, reflect.TypeOf(f.As).Name())
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			f, is := d.(*ast.FuncDecl)
			if !is || f.Recv == nil || f.Name.Name != "HTML" && f.Name.Name != "control" {
				continue
			}
			found++
			receiver := f.Recv.List[0].Type
			if pointer, is := receiver.(*ast.StarExpr); is {
				receiver = pointer.X
			}
			if name := receiver.(*ast.Ident).Name; !slices.Contains(have, name) {
				t.Errorf("%s is not among the components that are tested: add it to every", name)
			}
		}
	}
	if found < 30 {
		t.Errorf("only %d components were found in the source", found)
	}
}

// filler fills structs: every string is hostile and another, every number 3.
type filler struct {
	hostile string
	flag    bool
	strings int
}

func (f *filler) text() string {
	f.strings++
	return fmt.Sprint(f.hostile, f.strings)
}

func (f *filler) fill(v reflect.Value, depth int) {
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 5, 3, 14, 5, f.strings, 0, time.UTC)))
		return
	case reflect.TypeFor[*url.URL]():
		v.Set(reflect.ValueOf(&url.URL{Path: f.text(), RawQuery: url.Values{"sort": {f.text()}, "q": {f.text()}}.Encode()}))
		return
	case reflect.TypeFor[Component]():
		v.Set(reflect.ValueOf(Line{Text(f.text()), Link{Text: f.text(), Hidden: f.text(), Href: f.text()}}))
		return
	case reflect.TypeFor[[]*Field](), reflect.TypeFor[[]Twig]():
		if depth > 4 {
			return
		}
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text())
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	case reflect.Bool:
		v.SetBool(f.flag)
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		f.fill(v.Elem(), depth)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range 3 {
			f.fill(v.Index(i), depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				f.fill(v.Field(i), depth+1)
			}
		}
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		inner := reflect.New(v.Elem().Type()).Elem()
		f.fill(inner, depth)
		v.Set(inner)
	}
}

// TestHostile puts markup and script into every string of every component, where it must stay text.
func TestHostile(t *testing.T) {
	for _, hostile := range []string{`"><script>alert(1)</script><b/onx='1'a="`, "javascript:alert(1)//", "' onx='1", "data:text/html,<b>", "{{.}}", "\x00\u2028</textarea></title>"} {
		for _, flag := range []bool{false, true} {
			for _, c := range every {
				f := &filler{hostile: hostile, flag: flag}
				v := reflect.New(reflect.TypeOf(c)).Elem()
				v.Set(reflect.ValueOf(c))
				if v.Kind() == reflect.Pointer {
					copied := reflect.New(v.Type().Elem())
					copied.Elem().Set(v.Elem())
					v.Set(copied)
				}
				f.fill(v, 0)
				holds(t, fmt.Sprintf("%T with %q", c, hostile), v.Interface().(Component))
			}
			f := &filler{hostile: hostile, flag: flag}
			frame := Frame{}
			f.fill(reflect.ValueOf(&frame).Elem(), 0)
			page := Page{Title: f.text(), Caption: f.text(), Back: f.text(), Banner: &Banner{Text: f.text()}}
			w := httptest.NewRecorder()
			if err := write(w, 200, page, frame, f.text()); err != nil {
				t.Fatal(err)
			}
			clean(t, "the frame", w.Body.String())
		}
	}
}

func holds(t *testing.T, name string, c Component) {
	html, err := c.HTML()
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	clean(t, name, string(html))
}

// clean finds what hostile input has made of a page. That an address was refused (ZgotmplZ) is how it
// should be here, and ids with spaces lead nowhere.
func clean(t *testing.T, name, html string) {
	t.Helper()
	elements, err := uitest.Elements(html)
	if err != nil {
		t.Errorf("%s: %v\n%s", name, err, html)
	}
	for _, e := range elements {
		if e.Name == "script" && !strings.HasPrefix(e.Attributes["src"], "/assets/built/") || e.Name == "b" {
			t.Errorf("%s: <%s> was let through", name, e.Name)
		}
		for key, value := range e.Attributes {
			address := key == "href" || key == "action" || key == "src"
			if strings.HasPrefix(key, "on") || key == "style" || address && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "data:")) {
				t.Errorf("%s: <%s %s=%q> was let through", name, e.Name, key, value)
			}
		}
	}
}

// TestEmpty shows components of which nothing is known.
func TestEmpty(t *testing.T) {
	for _, c := range every {
		if f, is := c.(*Filter); is {
			f.At = &url.URL{}
		}
		holds(t, fmt.Sprintf("an empty %T", c), c)
	}
}

// TestSamples holds that the page of samples has every template, is well formed and needs no exception
// from the content security policy.
func TestSamples(t *testing.T) {
	r := WithFrame(httptest.NewRequest("GET", "/components?sort=-devices&q=tides", nil), Frame{Now: time.Date(2026, 5, 3, 14, 5, 0, 0, time.UTC), Navigation: []Link{{Text: "Apps", Href: "/"}}})
	w := httptest.NewRecorder()
	if err := Components(w, r); err != nil {
		t.Fatal(err)
	}
	uitest.Check(t, w.Body.String())
	entries, err := os.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if components().Lookup(e.Name()) == nil {
			t.Errorf("%s is not parsed", e.Name())
		}
	}
}
