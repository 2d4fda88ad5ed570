package ui

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	"sync"
)

// Component is anything that can stand on a page. HTML is finished: everything in it that came from
// outside has been escaped for the place where it stands.
type Component interface {
	HTML() (template.HTML, error)
}

//go:embed templates/*.html
var own embed.FS

// functions are what templates may call, here and in the areas.
var functions = template.FuncMap{"show": show, "asset": assetPath, "breaks": breaks}

var components = parsedOnce(own, "templates/*.html")

// parsedOnce parses templates when the first of them is wanted: most commands of the program show no page.
func parsedOnce(files fs.FS, pattern string) func() *template.Template {
	return sync.OnceValue(func() *template.Template {
		return template.Must(template.New("").Funcs(functions).Option("missingkey=error").ParseFS(files, pattern))
	})
}

// render executes the template of a component.
func render(name string, data any) (template.HTML, error) {
	return execute(components(), name, data)
}

func execute(t *template.Template, name string, data any) (template.HTML, error) {
	var b strings.Builder
	if err := t.ExecuteTemplate(&b, name+".html", data); err != nil {
		return "", fmt.Errorf("template %s: %w", name, err)
	}
	return template.HTML(b.String()), nil
}

// show is what {{show .X}} calls. Nothing is shown of a component that is not there.
func show(c Component) (template.HTML, error) {
	if c == nil {
		return "", nil
	}
	return c.HTML()
}

// Templates are the templates that an area wrote itself, for pages that are more than a row of
// components.
type Templates struct{ parsed func() *template.Template }

// Parse takes every *.html at the root of files, and parses them when the first is shown: the first View that is drawn
// panics where one of them cannot be parsed.
func Parse(files fs.FS) Templates { return Templates{parsedOnce(files, "*.html")} }

// View is a component that executes the template name.html with data, a struct of the area. Inside
// it {{show .Field}} shows a component, and a plain string is escaped.
func (t Templates) View(name string, data any) Component { return view{t.parsed, name, data} }

type view struct {
	templates func() *template.Template
	name      string
	data      any
}

func (v view) HTML() (template.HTML, error) { return execute(v.templates(), v.name, v.data) }

// problems finds those of a form that the view's struct embeds.
func (v view) problems() []Problem {
	if f, ok := v.data.(interface{ problems() []Problem }); ok {
		return f.problems()
	}
	return nil
}

// Stack is components one below the other.
type Stack []Component

// HTML shows the components in their order.
func (s Stack) HTML() (template.HTML, error) { return joined(s, "") }

// Line is components one after the other in a line of text, with a space between them.
type Line []Component

// HTML shows the components in their order.
func (l Line) HTML() (template.HTML, error) { return joined(l, " ") }

func joined(parts []Component, between string) (template.HTML, error) {
	var b strings.Builder
	for i, c := range parts {
		if i > 0 {
			b.WriteString(between)
		}
		html, err := show(c)
		if err != nil {
			return "", err
		}
		b.WriteString(string(html))
	}
	return template.HTML(b.String()), nil
}
