package main

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"portcullis/policy"
	"portcullis/policy/explain"
)

type explainCommand struct {
	sources
	Host       string `required:"" placeholder:"ID" help:"The host."`
	Product    string `placeholder:"ID" xor:"what" help:"The product, whether or not it is installed there."`
	Identifier string `placeholder:"ID" xor:"what" help:"The identifier, as its platform has it. Without it or a product, everything in breach on the host is explained."`
}

func (explainCommand) Help() string {
	return "The exit status is 0 where what is explained is not in breach, 1 where it is, and 2 where the input is bad."
}

func (c *explainCommand) Run(env *environment) error {
	e, err := c.open(env)
	if err != nil {
		return err
	}
	defer e.Close()
	at, ok := e.find(c.Host)
	if !ok && e.fleet != nil {
		at, ok = e.find(e.fleet.called[c.Host])
	}
	if !ok {
		ids := make([]string, len(e.hosts))
		for i := range ids {
			ids[i] = e.hosts[i].id
		}
		return fmt.Errorf("--host: no host %q is in the files given%s", c.Host, meant(c.Host, ids))
	}
	var host policy.Host
	clashes, err := e.read(at, &host)
	if err != nil {
		return err
	}
	for _, clash := range clashes {
		env.note("%s", clash)
	}
	ins, note, err := c.chosen(e, &host)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(env.out)
	breach := false
	if note != "" {
		fmt.Fprintf(out, "%s\n\n", printable(note))
	}
	for i := range ins {
		x, err := explain.Explain(&e.world.World, &host, &ins[i], e.at)
		if err != nil {
			return err
		}
		if i > 0 {
			fmt.Fprintln(out)
		}
		breach = breach || x.Decision.Breach
		writeExplanation(out, env.terminal, x)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if breach {
		return failure{exitBreach, fmt.Errorf("")}
	}
	return nil
}

// chosen returns the installations to explain, and what must be said first.
func (c *explainCommand) chosen(e *estate, h *policy.Host) (ins []policy.Installation, note string, err error) {
	switch {
	case c.Product != "":
		return c.ofProduct(e, h)
	case c.Identifier != "":
		for _, in := range h.Installed {
			if in.Identifier == c.Identifier || in.Product == c.Identifier {
				ins = append(ins, in)
			}
		}
		if len(ins) == 0 {
			return []policy.Installation{{Identifier: c.Identifier}}, c.notThere(c.Identifier), nil
		}
		return ins, "", nil
	}
	subject, err := e.policy.Subject(h)
	if err != nil {
		return nil, "", err
	}
	var d policy.Decision
	for i := range h.Installed {
		if subject.Decide(&h.Installed[i], &d); d.Breach {
			ins = append(ins, h.Installed[i])
		}
	}
	switch {
	case len(h.Installed) == 0:
		note = fmt.Sprintf("Nothing is listed on host %s: what is installed there is not known.", h.ID)
	case len(ins) == 0:
		note = fmt.Sprintf("Nothing listed on host %s is in breach. To see why, name a --product or an --identifier.", h.ID)
	}
	return ins, note, nil
}

// ofProduct returns the installations that are found to be the product; where there are none, one
// as it would be.
func (c *explainCommand) ofProduct(e *estate, h *policy.Host) (ins []policy.Installation, note string, err error) {
	products := e.world.World.Products
	known := slices.IndexFunc(products, func(p policy.Product) bool { return p.ID == c.Product })
	if known < 0 {
		return nil, "", fmt.Errorf("--product: the world declares no product %q", c.Product)
	}
	subject, err := e.policy.Subject(h)
	if err != nil {
		return nil, "", err
	}
	var d policy.Decision
	for i := range h.Installed {
		subject.Decide(&h.Installed[i], &d)
		// An identifier that is the product's elsewhere makes it a candidate.
		if d.Product == c.Product || d.Product == "" && hasIdentifier(&products[known], d.Identifier) {
			ins = append(ins, h.Installed[i])
		}
	}
	if len(ins) > 0 {
		return ins, "", nil
	}
	return []policy.Installation{{Product: c.Product}}, c.notThere(c.Product), nil
}

// hasIdentifier tells whether an identifier is the product's on any platform.
func hasIdentifier(p *policy.Product, id string) bool {
	for _, identifiers := range p.Identifiers {
		if slices.ContainsFunc(identifiers, func(i policy.Identifier) bool { return i.ID == id }) {
			return true
		}
	}
	return false
}

func (c *explainCommand) notThere(what string) string {
	return fmt.Sprintf("%s is not listed on host %s. If it were installed there, with its version not known:", what, c.Host)
}

func writeExplanation(out *bufio.Writer, t terminal, x *explain.Explanation) {
	colour := green
	if x.Decision.Breach {
		colour = red
	}
	writeWrapped(out, t, "", t.paint(bold+colour, printable(x.Summary)))
	writeList(out, t, "Why", x.Reasons)
	writeList(out, t, "What would change it", x.Ways)
	var changes []string
	for _, c := range x.Changes {
		changes = append(changes, fmt.Sprintf("%s: %s.", explain.Date(c.At), explain.Verdict(c.Verdict, c.Breach)))
	}
	if len(changes) == 0 {
		changes = []string{"Nothing, as far as the dates in the world go."}
	}
	writeList(out, t, "What time alone will do", changes)
}

func writeList(out *bufio.Writer, t terminal, title string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s\n", t.paint(bold, title))
	for _, item := range items {
		writeWrapped(out, t, "- ", printable(item))
	}
}

// writeWrapped writes text in lines of at most 100 columns, or the terminal's if that is narrower,
// the first after a mark and the others under it.
func writeWrapped(out *bufio.Writer, t terminal, mark, text string) {
	width := 100
	if t.width > 0 {
		width = min(width, t.width)
	}
	line := mark
	for i, word := range strings.Fields(text) {
		if i > 0 && len([]rune(line))+1+len([]rune(word)) > width {
			fmt.Fprintln(out, line)
			line = strings.Repeat(" ", len(mark))
		} else if i > 0 {
			line += " "
		}
		line += word
	}
	fmt.Fprintln(out, line)
}
