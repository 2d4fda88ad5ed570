package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"portcullis/web/api"
)

// registerCommand looks into the register of a running server.
type registerCommand struct {
	Find    findCommand    `cmd:"" help:"Find products and suppliers by a name, an old name, an identifier or a maker."`
	History historyCommand `cmd:"" help:"Show a rule, an exemption, a supplier or a product as it was known at any time, or in all its versions."`
	Compare compareCommand `cmd:"" help:"Show in what the lists of two organisations differ."`
}

func (registerCommand) Help() string {
	return "These ask a running server, and see what the token's role may see, and no more. They change nothing: what is decided is proposed, by portcullis proposals."
}

type findCommand struct {
	remote
	output
	What  []string `arg:"" help:"A name, an old name, an identifier or a maker; words may be cut short."`
	Limit int      `default:"20" placeholder:"N" help:"How many are found at most: 20 unless said, and never more than 100."`
}

func (c *findCommand) Run(env *environment) error {
	asks, err := c.client()
	if err != nil {
		return err
	}
	items, hits, err := every[api.Hit](env, asks, "/search", url.Values{"q": {strings.Join(c.What, " ")}, "limit": {fmt.Sprint(c.Limit)}}, func(field string) string {
		return strings.Replace(field, "limit", "--limit", 1)
	})
	switch {
	case err != nil:
		return err
	case c.Format == "json":
		for _, item := range items {
			if _, err := fmt.Fprintln(env.out, safeJSON(item)); err != nil {
				return err
			}
		}
		return nil
	case len(hits) == 0:
		_, err := fmt.Fprintln(env.out, "There is nothing.")
		return err
	}
	out := bufio.NewWriter(env.out)
	writeHits(out, env.terminal, hits)
	return out.Flush()
}

type historyCommand struct {
	remote
	output
	Kind  string `arg:"" enum:"rule,exemption,supplier,product" help:"rule, exemption, supplier or product."`
	ID    string `arg:"" help:"Its id."`
	At    string `placeholder:"TIME" help:"Say as well whether it was in force at this time, such as 2026-03-16 or 2026-03-16T12:00:00Z."`
	Known string `placeholder:"TIME" help:"Only the version that counted at this time. All of them, unless said."`
}

func (historyCommand) Help() string {
	return "Of what was decided there are two times: when it holds (--at), and when it was known (--known). The exit status is 1 where --known names a time at which nothing counted, or --at one at which it was not in force."
}

func (c *historyCommand) Run(env *environment) error {
	at, errAt := timeFlag("at", c.At)
	known, errKnown := timeFlag("known", c.Known)
	if err := errors.Join(errAt, errKnown); err != nil {
		return err
	}
	query := url.Values{}
	if c.Known != "" {
		query.Set("known", known.Time().Format(time.RFC3339Nano))
	}
	asks, err := c.client()
	if err != nil {
		return err
	}
	items, versions, err := every[api.Version](env, asks, "/"+c.Kind+"s/"+url.PathEscape(c.ID)+"/history", query, flagOf)
	if err != nil {
		return err
	}
	if len(versions) == 0 {
		return failure{exitBreach, fmt.Errorf("no %s %s counted then: portcullis register history %s %s shows all that was recorded of it", c.Kind, c.ID, c.Kind, c.ID)}
	}
	for i := range versions {
		if c.Format == "json" {
			if _, err := fmt.Fprintln(env.out, safeJSON(items[i])); err != nil {
				return err
			}
		} else if err := writeVersion(env, &versions[i], i > 0); err != nil {
			return err
		}
	}
	if c.At == "" {
		return nil
	}
	return c.inForce(env, &versions[0], at.Time())
}

// writeVersion writes what something was, and who recorded it when and why.
func writeVersion(env *environment, v *api.Version, further bool) error {
	l := &lines{w: env.out}
	if further {
		l.line("")
	}
	text := fmt.Sprintf("Recorded on %s by %s", moment(v.Recorded), v.By)
	if v.Replaced.IsZero() {
		text += ". It counts now"
	} else {
		text += ", and counted until " + moment(v.Replaced)
	}
	l.line("%s", text)
	l.label("", "Why", v.Reason)
	switch {
	case v.Rule != nil:
		l.yaml(v.Rule)
	case v.Exemption != nil:
		l.yaml(v.Exemption)
	case v.Supplier != nil:
		l.yaml(v.Supplier)
	default:
		l.yaml(v.Product)
	}
	return l.err
}

// inForce says whether a rule or an exemption was in force at a time, as the version has it.
func (c *historyCommand) inForce(env *environment, v *api.Version, at time.Time) error {
	var from, until time.Time
	switch {
	case v.Rule != nil:
		from, until = v.Rule.From, v.Rule.Until
	case v.Exemption != nil:
		from, until = v.Exemption.From, v.Exemption.Until
	default:
		return errors.New("--at: suppliers and products are not in force or out of it; their owners and makers have their own periods")
	}
	if at.Before(from) || !until.IsZero() && !at.Before(until) {
		return failure{exitBreach, fmt.Errorf("on %s it was not in force", moment(at))}
	}
	env.note("on %s it was in force", moment(at))
	return nil
}

// compareCommand lays two lists beside each other.
type compareCommand struct {
	remote
	output
	First  string `arg:"" help:"The id of the one organisation."`
	Second string `arg:"" help:"The id of the other."`
	Only   string `enum:",first,second,different" default:"" placeholder:"SIDE" help:"Only what is on the first list alone (first), on the second alone (second), or on both and differently (different)."`
	Called string `placeholder:"WORDS" help:"Only apps that are found by these words."`
	All    bool   `help:"All of them; the first 50, unless said."`
}

func (compareCommand) Help() string {
	return "To take an entry of another's list over, with its evidence, propose it: portcullis proposals open."
}

func (c *compareCommand) Run(env *environment) error {
	query := url.Values{"a": {c.First}, "b": {c.Second}}
	for name, value := range map[string]string{"side": c.Only, "q": c.Called} {
		if value != "" {
			query.Set(name, value)
		}
	}
	asks, err := c.client()
	if err != nil {
		return err
	}
	rows := [][]string{{"APP", escape("ON THE LIST OF " + c.First), escape("ON THE LIST OF " + c.Second)}}
	more, err := c.pages(env, asks, "/lists/difference", query, func(l *api.ListDifference) {
		rows = append(rows, []string{l.Product, admitted(l.A), admitted(l.B)})
	})
	switch {
	case err != nil || c.Format == "json":
	case len(rows) == 1:
		_, err = fmt.Fprintln(env.out, "There is no difference.")
	default:
		out := bufio.NewWriter(env.out)
		writeColumns(out, env.terminal, rows, "", -1)
		err = out.Flush()
	}
	if more && err == nil {
		env.note("There are more: --all lists them.")
	}
	return err
}

// pages gives each of a list to do, or prints it as JSON; more tells whether the list goes on.
func (c *compareCommand) pages(env *environment, asks *client, path string, query url.Values, do func(*api.ListDifference)) (more bool, err error) {
	for {
		var page struct {
			Items []api.ListDifference `json:"items"`
			Next  string               `json:"next"`
		}
		if _, err := asks.get(env, path, query, &page); err != nil {
			return false, told(err, c.flag, "")
		}
		for i := range page.Items {
			if c.Format != "json" {
				do(&page.Items[i])
			} else if err := env.jsonLine(page.Items[i]); err != nil {
				return false, err
			}
		}
		switch {
		case page.Next == "" || !c.All:
			return page.Next != "", nil
		case page.Next == query.Get("after"):
			return false, fmt.Errorf("%s never comes to the end of this list", asks.server)
		}
		query.Set("after", page.Next)
	}
}

func (c *compareCommand) flag(field string) string {
	switch field {
	case "a":
		return c.First
	case "b":
		return c.Second
	}
	return field
}

// admitted is what a list says of an app, platforms with the same terms together; "–" where it is not on it.
func admitted(all []api.Admission) string {
	if len(all) == 0 {
		return "–"
	}
	var order []string
	on := map[string][]string{}
	for i := range all {
		a := &all[i]
		terms := strings.TrimPrefix(versionsOf(a.MinVersion, "", a.MinVersionCode), ",") + till(a.Until)
		if on[terms] == nil {
			order = append(order, terms)
		}
		on[terms] = append(on[terms], a.Platform)
	}
	var parts []string
	for _, terms := range order {
		parts = append(parts, strings.Join(on[terms], ", ")+terms)
	}
	return strings.Join(parts, "; ")
}
