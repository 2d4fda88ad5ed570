package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"portcullis/web/api"
)

// proposalsTryCommand says whom a ban would reach, before anybody proposes it.
type proposalsTryCommand struct {
	remote
	output
	File string `arg:"" help:"The draft of a ban or a phase-out, in JSON or YAML; - is standard input."`
}

func (proposalsTryCommand) Help() string {
	return "The draft is that of portcullis proposals open, of which the rule is enough: its target, scope and components."
}

func (c *proposalsTryCommand) Run(env *environment) error {
	draft, err := openDraft(env, c.File)
	switch {
	case err != nil:
		return err
	case draft.draft.Rule == nil:
		return fmt.Errorf("%s: rule: say what would be banned: portcullis proposals open --example ban prints a draft to begin with", draft.file)
	}
	asks, err := c.client()
	if err != nil {
		return err
	}
	var found api.Affected
	raw, err := asks.post(env, "/affected", rand.Text(), draft.draft.Rule.RuleDraft, &found)
	if err != nil {
		return told(err, func(field string) string { return draft.where("rule." + strings.TrimPrefix(field, "rule.")) }, "")
	}
	if c.Format == "json" {
		_, err = fmt.Fprintln(env.out, safeJSON(raw))
		return err
	}
	out := bufio.NewWriter(env.out)
	writeAffected(out, env.terminal, &found)
	return out.Flush()
}

// writeAffected writes whom a rule would reach, where, what would lift it, and what reaches less.
func writeAffected(out *bufio.Writer, t terminal, a *api.Affected) {
	line := fmt.Sprintf("It would reach %s of %s in scope: %s directly, %s by what they contain.", number(a.Either), count(a.Hosts, "device or piece of equipment", "devices and pieces of equipment"), number(a.Direct), number(a.Component))
	writeWrapped(out, t, "", t.paint(bold, line))
	if a.Perhaps > 0 {
		writeWrapped(out, t, "", number(a.Perhaps)+" of these perhaps: nothing there is known to be it, but something has an identifier of it on another platform.")
	}
	if len(a.Bodies) > 0 {
		fmt.Fprintln(out)
		rows := [][]string{{"BODY", "DIRECTLY", "BY WHAT THEY CONTAIN"}}
		for _, b := range a.Bodies {
			rows = append(rows, []string{b.Organisation, number(b.Direct), number(b.Component)})
		}
		writeColumns(out, t, rows, "", 1)
	}
	exemptions := a.Exemptions
	if a.Others > 0 {
		exemptions = append(exemptions, count(a.Others, "other that you may not see", "others that you may not see"))
	}
	writeList(out, t, "Exemptions in force for what it may reach: they lift it only if they come to name it", exemptions)
	var narrower []string
	for i := range a.Narrower {
		n := &a.Narrower[i]
		text := map[string]string{"components": "Without what contains it", "scope": "In " + n.Rule.Scope + " alone", "platforms": "On " + strings.Join(n.Rule.Platforms, ", ") + " alone"}[n.By]
		narrower = append(narrower, fmt.Sprintf("%s: %s directly, %s by what they contain", text, number(n.Direct), number(n.Component)))
	}
	writeList(out, t, "What is narrower", narrower)
}

// endMonitorCommand has a body enforce its list again before the end of its time of watching.
type endMonitorCommand struct {
	remote
	Organisation string `arg:"" help:"The organisation's id."`
}

func (endMonitorCommand) Help() string {
	return "What is not on its list is in breach there from then on. To watch again takes a proposal."
}

func (c *endMonitorCommand) Run(env *environment) error {
	asks, err := c.client()
	if err != nil {
		return err
	}
	path := "/organisations/" + url.PathEscape(c.Organisation)
	var tag string
	var body api.Organisation
	if _, err := asks.ask(env, request{method: http.MethodGet, path: path, tag: &tag}, &body); err != nil {
		return told(err, plainly, "")
	}
	if _, err := asks.ask(env, request{method: http.MethodDelete, path: path + "/monitor", match: tag}, nil); err != nil {
		var away *lost
		if errors.As(err, &away) {
			return err
		}
		return told(err, plainly, "How it is now: portcullis call get-organisation id="+c.Organisation)
	}
	_, err = fmt.Fprintln(env.out, escape(c.Organisation+" enforces its list from now on."))
	return err
}
