package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"portcullis/web/api"
)

// askCommand asks whether something may be installed, as the page of that name does.
type askCommand struct {
	remote
	output
	What         []string `arg:"" optional:"" help:"What people call it: its name, an old name, its maker, or the address of its page in the shop."`
	Product      string   `placeholder:"ID" help:"Or else which known product it is."`
	Organisation string   `required:"" placeholder:"ID" help:"On whose devices."`
	Platform     string   `placeholder:"PLATFORM" help:"Where, such as android. Wherever it is known, unless said."`
}

func (askCommand) Help() string {
	return "This asks a running server, which writes nothing down of it. The exit status is 0 for yes, 1 for any other answer, and 2 where it is not known what is meant or no answer came."
}

func (c *askCommand) Run(env *environment) error {
	words := strings.Join(c.What, " ")
	if (words == "") == (c.Product == "") {
		return errors.New("say what is asked about: its name as people know it, or --product ID")
	}
	query := url.Values{"organisation": {c.Organisation}}
	for name, value := range map[string]string{"q": words, "product": c.Product, "platform": c.Platform} {
		if value != "" {
			query.Set(name, value)
		}
	}
	asks, err := c.client()
	if err != nil {
		return err
	}
	var found api.MayInstall
	raw, err := asks.get(env, "/ask", query, &found)
	if err != nil {
		return told(err, askFlag, "")
	}
	if c.Format == "json" {
		if _, err := fmt.Fprintln(env.out, safeJSON(raw)); err != nil {
			return err
		}
		return answered(&found)
	}
	advice, err := c.advice(env, asks, &found)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(env.out)
	c.write(out, env.terminal, words, &found, advice)
	return cmp.Or(out.Flush(), answered(&found))
}

func askFlag(field string) string {
	switch field {
	case "organisation", "platform", "product":
		return "--" + field
	case "q":
		return ""
	}
	return field
}

// answered is the exit status of an answer.
func answered(found *api.MayInstall) error {
	switch {
	case found.Product == "":
		return failure{exitBadInput, errors.New("")}
	case len(found.Answers) > 0 && found.Answers[0].Answer != "yes":
		return failure{exitBreach, errors.New("")}
	}
	return nil
}

// advice is what is written about the product, and for the platform that was asked about, for people's own devices.
func (c *askCommand) advice(env *environment, asks *client, found *api.MayInstall) (all []api.Advice, err error) {
	about := []url.Values{{"subject": {"product"}, "of": {found.Product}}}
	if c.Platform != "" {
		about = append(about, url.Values{"subject": {"platform"}, "of": {c.Platform}})
	}
	if found.Product == "" {
		return nil, nil
	}
	for _, query := range about {
		_, some, err := every[api.Advice](env, asks, "/advice", query, plainly)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// write writes the answer, what it rests on, what to do next, and what is advised.
func (c *askCommand) write(out *bufio.Writer, t terminal, words string, found *api.MayInstall, advice []api.Advice) {
	if found.Product == "" {
		c.choose(out, t, words, found.Choices)
		return
	}
	for i := range found.Answers {
		if i > 0 {
			fmt.Fprintln(out)
		}
		writeAnswer(out, t, cmp.Or(found.Name, found.Product), &found.Answers[i])
	}
	var others []string
	for i := range found.Choices {
		others = append(others, found.Choices[i].Product)
	}
	writeList(out, t, "If another app is meant: portcullis ask --product", others)
	for i := range advice {
		fmt.Fprintf(out, "\n%s\n", t.paint(bold, escape("On somebody's own device: "+advice[i].Title)))
		for _, line := range strings.Split(strings.TrimRight(advice[i].Text, "\n"), "\n") {
			item, is := strings.CutPrefix(line, "- ")
			writeWrapped(out, t, map[bool]string{true: "- "}[is], escape(item))
		}
	}
}

// choose says what the words may mean, or that nothing is called so.
func (c *askCommand) choose(out *bufio.Writer, t terminal, words string, choices []api.Hit) {
	near := true
	for i := range choices {
		near = near && choices[i].Near
	}
	if near {
		writeWrapped(out, t, "", t.paint(bold, escape("Nothing in the register is called "+cmp.Or(words, c.Product)+".")))
		writeWrapped(out, t, "", "That does not say that it is harmless: nobody has looked at it under this name. Do not install it on a work device yet; whoever needs it for their work asks for it: portcullis proposals open --example allow")
	} else {
		writeWrapped(out, t, "", t.paint(bold, "Which one is meant?"))
	}
	if len(choices) > 0 {
		fmt.Fprintln(out)
		if near {
			fmt.Fprintln(out, "Did you mean one of these?")
		}
		writeHits(out, t, choices)
		fmt.Fprintf(out, "\nSay it as --product ID.\n")
	}
}

// answerWords are an answer in one line, and what to do.
var answerWords = map[string][2]string{
	"yes":        {"Yes, %s may be installed", "Install it as anything on a work device, and keep it up to date."},
	"leaving":    {"Better not: %s is on its way out", "Whoever has it plans to do without it. Do not begin to use it now."},
	"unlisted":   {"Not yet: %s is not on the list", "Do not install it yet. Whoever needs it for their work asks for it, and somebody looks at it first: portcullis proposals open --example allow"},
	"no":         {"No, %s must not be installed", "Whoever has it on a work device takes it off. Where work cannot do without it, an exemption must come first: portcullis proposals open --example exemption"},
	"unseen":     {"Not known: the register has no %s there", "What is offered there by this name may be another app altogether. Do not install it; tell the security team where it is offered."},
	"not-an-app": {"%s is equipment, not an app", "Whoever looks after the building knows whether it may be used."},
}

// writeAnswer writes the answer for some platforms.
func writeAnswer(out *bufio.Writer, t terminal, product string, a *api.MayInstallAnswer) {
	words, colour := answerWords[a.Answer], yellow
	switch a.Answer {
	case "yes":
		colour = green
	case "no":
		colour = red
	}
	line := fmt.Sprintf(cmp.Or(words[0], "%s: "+a.Answer), product)
	if len(a.Platforms) > 0 {
		line += ", on " + strings.Join(a.Platforms, ", ")
	}
	line += versionsOf(a.From, a.Before, a.VersionCode)
	writeWrapped(out, t, "", t.paint(bold+colour, escape(line)))
	for i := range a.Rules {
		writeRule(out, t, "By ", &a.Rules[i])
	}
	if len(a.Exemptions) > 0 {
		writeWrapped(out, t, "  ", escape("By an exemption for everyone: "+strings.Join(a.Exemptions, ", ")+"."))
	}
	for i := range a.Barred {
		writeRule(out, t, "Against other versions: ", &a.Barred[i])
	}
	if !a.Until.IsZero() {
		writeWrapped(out, t, "  ", "That holds until "+moment(a.Until)+", unless it is decided anew.")
	}
	if !a.Watched.IsZero() {
		writeWrapped(out, t, "  ", "Until "+moment(a.Watched)+" what is not on the list is only watched there, not enforced.")
	}
	next := words[1]
	switch {
	case a.Answer == "yes" && a.Before != "":
		next = "Install it only where the version can be chosen, and do not let it update to " + a.Before + " or newer."
	case a.Answer == "yes" && len(a.Barred) > 0:
		next = "Install the newest version and keep it up to date. What cannot tell versions apart refuses it in all."
	}
	writeWrapped(out, t, "  What to do: ", escape(next))
	if a.Answer == "no" {
		writeWrapped(out, t, "  ", escape(clearedBy(a.Rules)))
	}
}

// clearedBy says who lifts rules, and what that needs.
func clearedBy(rules []api.Rule) string {
	var offices, needs []string
	for i := range rules {
		if c := rules[i].Clearance; c != "" && c != "none" && !slices.Contains(offices, c) {
			offices = append(offices, c)
		}
		for _, m := range rules[i].Mitigations {
			if !slices.Contains(needs, m) {
				needs = append(needs, m)
			}
		}
	}
	text := "An exemption is granted by the body's own security team"
	if len(offices) > 0 {
		text += " and cleared by the office " + strings.Join(offices, ", ")
	}
	if len(needs) > 0 {
		text += ". It needs in place: " + strings.Join(needs, ", ")
	}
	return text + "."
}

// writeRule writes a rule and why it is.
func writeRule(out *bufio.Writer, t terminal, before string, r *api.Rule) {
	text := before + r.ID + " of " + r.Scope
	if r.Effect != "allow" {
		text += ": " + cmp.Or(strings.TrimSpace(r.Reason), "no reason is given")
	}
	writeWrapped(out, t, "  ", escape(strings.TrimSuffix(text, ".")+"."))
}

// versionsOf says for which versions something is so.
func versionsOf(from, before string, code int64) string {
	switch {
	case from != "" && before != "":
		return fmt.Sprintf(", from version %s up to but not %s", from, before)
	case from != "":
		return ", from version " + from
	case before != "":
		return ", only in versions before " + before
	case code != 0:
		return fmt.Sprintf(", from version code %d", code)
	}
	return ""
}

// writeHits writes what was found, a line each.
func writeHits(out *bufio.Writer, t terminal, hits []api.Hit) {
	rows := [][]string{{"ID", "NAME", "KIND", "MAKER", "FOUND BY"}}
	for i := range hits {
		h := &hits[i]
		by := h.By
		if h.Text != h.Name {
			by += " " + h.Text
		}
		if h.Near {
			by = "something like it"
		}
		rows = append(rows, []string{cmp.Or(h.Product, h.Supplier), h.Name, cmp.Or(h.Kind, "supplier"), h.Maker, by})
	}
	writeColumns(out, t, rows, "", -1)
}
