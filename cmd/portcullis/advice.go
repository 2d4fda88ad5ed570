package main

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"portcullis/web/api"
)

type adviceCommand struct {
	List     adviceListCommand     `cmd:"" help:"List what people are advised, now or at an earlier time."`
	Show     adviceShowCommand     `cmd:"" help:"Show a piece of advice, as it is or in all its versions."`
	Add      adviceAddCommand      `cmd:"" help:"Add a piece of advice."`
	Set      adviceSetCommand      `cmd:"" help:"Change a piece of advice; one that was taken back then stands again."`
	TakeBack adviceTakeBackCommand `cmd:"" help:"Take a piece of advice back. Its versions stay."`
}

func (adviceCommand) Help() string {
	return asksServer + ": everybody may read advice, the centre keeps it. The exit status is 0 where it was done, 1 where the server refused it or things stand otherwise by now, and 2 where the input is wrong or no answer came."
}

func advicePath(id string) string { return "/advice/" + url.PathEscape(id) }

type adviceListCommand struct {
	remote
	output
	Subject string `enum:",personal,platform,product,channel" default:"" placeholder:"SUBJECT" help:"Only about this: personal (one's own devices in general), platform, product or channel."`
	Of      string `placeholder:"ID" help:"With --subject: the platform, the id of the product, or the channel: messaging, mail or calls."`
	At      string `placeholder:"TIME" help:"What was advised at this time, such as 2026-03-16 or 2026-03-16T12:00:00Z. Now, unless said."`
}

func (c *adviceListCommand) Run(env *environment) error {
	query := url.Values{}
	for name, value := range map[string]string{"subject": c.Subject, "of": c.Of} {
		if value != "" {
			query.Set(name, value)
		}
	}
	at, err := timeFlag("at", c.At)
	if err != nil {
		return err
	}
	if c.At != "" {
		query.Set("at", at.Time().Format(time.RFC3339Nano))
	}
	asks, err := c.client()
	if err != nil {
		return err
	}
	var rows [][]string
	err = c.each(env, asks, "/advice", query, func(a *api.Advice) error {
		rows = append(rows, []string{a.ID, aboutWhat(a), strconv.FormatInt(a.Version, 10), since(a), a.Title})
		return nil
	})
	switch {
	case err != nil || c.Format == "json":
		return err
	case len(rows) == 0:
		_, err := fmt.Fprintln(env.out, "There is nothing.")
		return err
	}
	out := bufio.NewWriter(env.out)
	writeColumns(out, env.terminal, append([][]string{{"ID", "ABOUT", "VERSION", "SINCE", "TITLE"}}, rows...), "", 2)
	return out.Flush()
}

// each gives all advice of a list to do, or prints it as JSON where that is asked for.
func (o *output) each(env *environment, asks *client, path string, query url.Values, do func(*api.Advice) error) error {
	items, all, err := every[api.Advice](env, asks, path, query, adviceFlag)
	if err != nil {
		return err
	}
	for i := range all {
		if o.Format == "json" {
			_, err = fmt.Fprintln(env.out, safeJSON(items[i]))
		} else {
			err = do(&all[i])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// adviceFlag is the flag that is about a field, or the field where there is none.
func adviceFlag(field string) string {
	switch field {
	case "subject", "of", "title", "at":
		return "--" + field
	case "Idempotency-Key":
		return "--key"
	}
	return field
}

func aboutWhat(a *api.Advice) string { return strings.TrimSpace(a.Subject + " " + a.Of) }

// since is from which day on something has been advised.
func since(a *api.Advice) string {
	if a.Recorded.IsZero() {
		return "it came with the program"
	}
	return a.Recorded.UTC().Format(time.DateOnly)
}

type adviceShowCommand struct {
	remote
	output
	ID       string `arg:"" help:"Its id, as list shows it."`
	Versions bool   `help:"All its versions, the newest first."`
}

func (c *adviceShowCommand) Run(env *environment) error {
	asks, err := c.client()
	if err != nil {
		return err
	}
	if c.Versions {
		between := ""
		return c.each(env, asks, advicePath(c.ID)+"/versions", nil, func(a *api.Advice) error {
			_, err := fmt.Fprint(env.out, between)
			between = "\n"
			return errors.Join(err, writeAdvice(env, a))
		})
	}
	var a api.Advice
	raw, err := asks.get(env, advicePath(c.ID), nil, &a)
	if err != nil {
		return told(err, plainly, "")
	}
	if c.Format == "json" {
		_, err = fmt.Fprintln(env.out, safeJSON(raw))
		return err
	}
	return writeAdvice(env, &a)
}

// writeAdvice writes all of one version.
func writeAdvice(env *environment, a *api.Advice) error {
	if _, err := fmt.Fprintln(env.out, env.terminal.paint(bold, escape(a.Title))); err != nil {
		return err
	}
	l := &lines{w: env.out}
	l.label("", "Advice", fmt.Sprintf("%s, about %s, version %d", a.ID, aboutWhat(a), a.Version))
	if a.Starter {
		l.line("It came with the program.")
	}
	if !a.Recorded.IsZero() {
		l.label("", "Kept", fmt.Sprintf("by %s on %s", a.By, moment(a.Recorded)))
	}
	if a.TakenBack {
		l.line("It was taken back: this was advised last.")
	}
	if !a.Replaced.IsZero() {
		l.label("", "Until", moment(a.Replaced))
	}
	l.line("")
	for _, line := range strings.Split(strings.TrimRight(a.Text, "\n"), "\n") {
		l.line("%s", line)
	}
	return l.err
}

type adviceAddCommand struct {
	remote
	output
	once
	Subject string `required:"" enum:"personal,platform,product,channel" placeholder:"SUBJECT" help:"What it is about: personal (one's own devices in general), platform, product or channel."`
	Of      string `placeholder:"ID" help:"The platform, the id of the product, or the channel: messaging, mail or calls."`
	Title   string `required:"" placeholder:"TEXT" help:"Its title, in one line."`
	File    string `arg:"" help:"${advicetext}"`
}

func (c *adviceAddCommand) Run(env *environment) error {
	text, err := adviceText(env, c.File)
	if err != nil {
		return err
	}
	asks, err := c.client()
	if err != nil {
		return err
	}
	said := struct {
		api.AboutWhat
		api.Words
	}{api.AboutWhat{Subject: c.Subject, Of: c.Of}, api.Words{Title: c.Title, Text: text}}
	var a api.Advice
	raw, err := asks.post(env, "/advice", c.key(), said, &a)
	if err != nil {
		return told(err, c.name, "")
	}
	return c.kept(env, &a, raw)
}

func (c *adviceAddCommand) name(field string) string {
	if field == "text" {
		return c.File
	}
	return adviceFlag(field)
}

// adviceText is the text in a file, or on standard input.
func adviceText(env *environment, path string) (string, error) {
	file, name := io.Reader(env.in), "standard input"
	if path != "-" {
		opened, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer opened.Close()
		file, name = opened, path
	}
	text, err := io.ReadAll(io.LimitReader(file, maxDraft+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w", name, err)
	case len(text) > maxDraft:
		return "", fmt.Errorf("%s: this is more than %d bytes, which no server takes", name, maxDraft)
	}
	return string(text), nil
}

// kept says what is advised now, and prints it as JSON where that is asked for.
func (o *output) kept(env *environment, a *api.Advice, raw json.RawMessage) error {
	if o.Format == "json" {
		_, err := fmt.Fprintln(env.out, safeJSON(raw))
		return err
	}
	_, err := fmt.Fprintln(env.out, escape(fmt.Sprintf("%s  about %s  version %d", a.ID, aboutWhat(a), a.Version)))
	return err
}

// seen is the version of a piece of advice that a change is made from.
type seen struct {
	Version int64 `placeholder:"NUMBER" help:"Only if it still is this version, as you saw it. As it is now, unless said."`
}

// last returns the newest version of a piece of advice, with its tag, or says that it is not the one that was seen.
func (s *seen) last(env *environment, asks *client, id string) (a api.Advice, tag string, err error) {
	if _, err := asks.ask(env, request{method: http.MethodGet, path: advicePath(id), tag: &tag}, &a); err != nil {
		return a, "", told(err, plainly, "")
	}
	if s.Version != 0 && s.Version != a.Version {
		return a, "", failure{exitBreach, fmt.Errorf("--version: it is version %d by now. %s", a.Version, adviceNow(id))}
	}
	return a, tag, nil
}

func adviceNow(id string) string { return "How it is now: portcullis advice show " + id }

type adviceSetCommand struct {
	remote
	output
	once
	seen
	ID    string `arg:"" help:"Its id, as list shows it."`
	Title string `placeholder:"TEXT" help:"Its title from now on. As it is, unless said."`
	File  string `arg:"" optional:"" help:"${advicetext} As it is, unless said."`
}

func (c *adviceSetCommand) Run(env *environment) error {
	var change struct {
		Title *string `json:"title,omitempty"`
		Text  *string `json:"text,omitempty"`
	}
	if c.Title != "" {
		change.Title = &c.Title
	}
	if c.File != "" {
		text, err := adviceText(env, c.File)
		if err != nil {
			return err
		}
		change.Text = &text
	}
	asks, err := c.client()
	if err != nil {
		return err
	}
	now, tag, err := c.last(env, asks, c.ID)
	if err != nil {
		return err
	}
	if change.Title == nil && change.Text == nil && !now.TakenBack {
		return errors.New("say what is advised from now on: --title TEXT, or a file with the text; - is standard input")
	}
	var a api.Advice
	raw, err := asks.ask(env, request{method: http.MethodPatch, path: advicePath(c.ID), body: change, key: cmp.Or(c.Key, rand.Text()), match: tag}, &a)
	if err != nil {
		named := adviceAddCommand{File: c.File}
		return told(err, named.name, adviceNow(c.ID))
	}
	return c.kept(env, &a, raw)
}

type adviceTakeBackCommand struct {
	remote
	seen
	ID string `arg:"" help:"Its id, as list shows it."`
}

func (c *adviceTakeBackCommand) Run(env *environment) error {
	asks, err := c.client()
	if err != nil {
		return err
	}
	_, tag, err := c.last(env, asks, c.ID)
	if err != nil {
		return err
	}
	if _, err := asks.ask(env, request{method: http.MethodDelete, path: advicePath(c.ID), match: tag}, nil); err != nil {
		return told(err, plainly, adviceNow(c.ID))
	}
	_, err = fmt.Fprintln(env.out, escape(c.ID+" was taken back."))
	return err
}
