package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// callCommand asks for any operation of the interface for programs, by its name: so whatever a page can do, the command
// line can, also where it has no word of its own for it.
type callCommand struct {
	remote
	output
	once
	Operation string   `arg:"" optional:"" help:"What is to be done, such as list-hosts or move-host. Without it, all that there is is listed."`
	Said      []string `arg:"" optional:"" name:"name=value" help:"What it is told, such as id=tablet-7 organisation=harbour. A list is said by its name several times."`
	Body      string   `placeholder:"FILE" help:"A file with what it is told, in JSON or YAML, for what has parts of its own; - is standard input."`
	All       bool     `help:"All of a list; its first page, unless said."`
	About     bool     `help:"Say what the operation takes, and ask no server."`
}

func (callCommand) Help() string {
	return "The operations are those of /api/v1/openapi.json. This asks a running server, and can do what the token's role can, and no more. Nobody is asked whether it is meant: what it says is done. The exit status is 0 where it was done, 1 where the server refused it or things stand otherwise by now, and 2 where the input is wrong or no answer came."
}

func (c *callCommand) Run(env *environment) error {
	if c.Operation == "" {
		return c.list(env)
	}
	o, err := operationOf(c.Operation)
	if err != nil {
		return err
	}
	if c.About {
		return writeOperation(env, o)
	}
	var body map[string]any
	if c.Body != "" {
		text, err := adviceText(env, c.Body)
		if err != nil {
			return err
		}
		if body, err = o.bodyFile(c.Body, []byte(text)); err != nil {
			return err
		}
	}
	r, err := o.asked(c.Said, body)
	if err != nil {
		return err
	}
	if o.once() {
		r.key = c.key()
	} else if c.Key != "" {
		return fmt.Errorf("--key: %s takes none", o.ID)
	}
	asks, err := c.client()
	if err != nil {
		return err
	}
	return c.ask(env, asks, r)
}

// list says what there is, as the table of contents of all operations.
func (c *callCommand) list(env *environment) error {
	all, err := apiOperations()
	if err != nil {
		return err
	}
	rows := [][]string{{"OPERATION", "NEEDS", "WHAT IT DOES"}}
	for _, o := range all {
		if c.Format == "json" {
			if err := env.jsonLine(map[string]string{"id": o.ID, "method": o.method, "path": o.path, "permission": o.Permission, "summary": o.Summary}); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, []string{o.ID, o.Permission, o.Summary})
	}
	if c.Format == "json" {
		return nil
	}
	out := bufio.NewWriter(env.out)
	writeColumns(out, env.terminal, rows, "", -1)
	return out.Flush()
}

// writeOperation says what an operation does and takes.
func writeOperation(env *environment, o *apiOperation) error {
	out := bufio.NewWriter(env.out)
	fmt.Fprintf(out, "%s: %s.\nIt needs %s.\n", o.ID, strings.TrimSuffix(o.Summary, "."), o.Permission)
	names := o.names()
	rows := [][]string{{"NAME", "WHAT", "MEANING"}}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		s := names[name]
		kind := s.Type
		if s.Format == "date-time" {
			kind = "time"
		}
		var words []string
		for _, word := range s.Enum {
			words = append(words, fmt.Sprint(word))
		}
		if len(words) > 0 {
			kind = strings.Join(words, ", ")
		}
		if o.mustHave(name) {
			kind += " (needed)"
		}
		rows = append(rows, []string{name, kind, s.Description})
	}
	if len(rows) > 1 {
		fmt.Fprintln(out)
		writeColumns(out, env.terminal, rows, "", -1)
	}
	return out.Flush()
}

// mustHave tells whether something has to be said.
func (o *apiOperation) mustHave(name string) bool {
	for _, p := range o.Parameters {
		if p.Name == name {
			return p.Required
		}
	}
	body := o.body()
	return body != nil && slices.Contains(body.Required, name)
}

// ask sends the request, follows a list to its end where that is asked for, and prints what comes.
func (c *callCommand) ask(env *environment, asks *client, r request) error {
	var tag string
	r.tag = &tag
	for between := ""; ; between = "\n" {
		var answer json.RawMessage
		into := any(&answer)
		if r.method == http.MethodDelete {
			into = nil
		}
		raw, err := asks.ask(env, r, into)
		if err != nil {
			return told(err, plainly, "")
		}
		if len(raw) == 0 {
			env.note("It is done.")
			return nil
		}
		next, err := c.write(env, raw, between)
		switch {
		case err != nil:
			return err
		case next == "":
			if tag != "" && c.Format != "json" {
				env.note("With If-Match='%s' a change is made only if nobody else has changed it meanwhile.", tag)
			}
			return nil
		case !c.All:
			env.note("There are more: --all lists them.")
			return nil
		case next == r.query.Get("after"):
			return errors.New(asks.server + " never comes to the end of this list")
		}
		r.query.Set("after", next)
	}
}

// write prints an answer: of a list its items, and returns where it goes on.
func (c *callCommand) write(env *environment, raw json.RawMessage, between string) (next string, err error) {
	var keys map[string]json.RawMessage
	var page struct {
		Items []json.RawMessage `json:"items"`
		Next  string            `json:"next"`
	}
	items := []json.RawMessage{raw}
	isList := json.Unmarshal(raw, &keys) == nil && len(keys) > 0 && onlyPage(keys)
	if isList {
		if err := json.Unmarshal(raw, &page); err != nil {
			return "", err
		}
		items = page.Items
		if len(items) == 0 && c.Format != "json" {
			_, err := fmt.Fprintln(env.out, "There is nothing.")
			return "", err
		}
	}
	for _, item := range items {
		if c.Format == "json" {
			_, err = fmt.Fprintln(env.out, safeJSON(item))
		} else if err = writeYAML(env, item, between); err == nil {
			between = "\n"
		}
		if err != nil {
			return "", err
		}
	}
	return page.Next, nil
}

// onlyPage tells a list that goes on from one that says more of itself.
func onlyPage(keys map[string]json.RawMessage) bool {
	for key := range keys {
		if key != "items" && key != "next" {
			return false
		}
	}
	return keys["items"] != nil
}

// writeYAML writes a value in the words that its fields have, a line each.
func writeYAML(env *environment, value any, between string) error {
	text, err := asYAML(value)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.out, between+strings.Join(text, "\n"))
	return err
}
