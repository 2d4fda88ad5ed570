package main

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"portcullis/approvals"
	"portcullis/web/api"
)

type proposalsCommand struct {
	List         proposalsListCommand    `cmd:"" help:"List what was proposed, the newest first, or what waits for you."`
	Show         proposalsShowCommand    `cmd:"" help:"Show a proposal: what it is about, its steps, what is missing and what you can do."`
	Open         proposalsOpenCommand    `cmd:"" help:"Propose a decision, or ask for an app or an exemption."`
	Try          proposalsTryCommand     `cmd:"" help:"Count whom a ban or a phase-out would reach, and propose nothing."`
	Take         proposalsTakeCommand    `cmd:"" help:"Take a step in a proposal: sign it, refuse it, answer."`
	Process      proposalsProcessCommand `cmd:"" help:"Show who decides in an organisation."`
	EndExemption endExemptionCommand     `cmd:"" help:"End an exemption early, at once."`
	EndMonitor   endMonitorCommand       `cmd:"" help:"Have a body that only watches enforce its list again, at once."`
}

func (proposalsCommand) Help() string {
	return asksServer + ". The exit status is 0 where it was done, 1 where the server refused it or things stand otherwise by now, and 2 where the input is wrong or no answer came."
}

// output is the form in which a command prints what the server says.
type output struct {
	Format string `enum:"table,json" default:"table" help:"table (for people) or json (as the server says it, one object a line)."`
}

// once makes what is done happen once, however often it is said.
type once struct {
	Key string `placeholder:"WORD" help:"With the same word the same is done once, however often it is said: of an earlier try whose answer was lost."`
}

func (o *once) key() string { return cmp.Or(o.Key, rand.Text()) }

type proposalsListCommand struct {
	remote
	output
	Waiting      bool   `help:"What waits for you, what lapses by itself and then the oldest first, with the step that you can take."`
	Mine         bool   `help:"What you opened, or what is for you."`
	State        string `enum:",open,made,interim,refused,taken-back" default:"" placeholder:"STATE" help:"Only those in this state: open, made, interim, refused or taken-back."`
	Kind         string `enum:",ban,allow,withdrawal,exemption,monitor,supplier,product,process,organisation" default:"" placeholder:"KIND" help:"Only those of this kind: ban, allow, withdrawal, exemption, monitor, supplier, product, process or organisation."`
	Organisation string `placeholder:"ID" help:"Only those for this body itself."`
	Made         string `placeholder:"ID" help:"Only that of which this rule or exemption came."`
	All          bool   `help:"All of them; the first 50, unless said."`
}

// query is what is asked for.
func (c *proposalsListCommand) query() (url.Values, error) {
	q := url.Values{}
	for name, value := range map[string]string{"state": c.State, "kind": c.Kind, "organisation": c.Organisation, "made": c.Made} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if c.Mine {
		q.Set("mine", "true")
	}
	if c.Waiting && (c.Mine || c.Made != "") {
		return nil, errors.New("--waiting: what waits for you is neither what you opened nor made: leave --mine and --made out")
	}
	if c.Waiting && c.State != "" && c.State != string(approvals.Waiting) && c.State != string(approvals.Interim) {
		return nil, errors.New("--state: what waits for you is open or interim")
	}
	return q, nil
}

func (c *proposalsListCommand) Run(env *environment) error {
	query, err := c.query()
	if err != nil {
		return err
	}
	asks, err := c.client()
	if err != nil {
		return err
	}
	path := "/proposals"
	if c.Waiting {
		path = "/waiting"
	}
	printer := proposalRows{env: env, json: c.Format == "json"}
	for {
		var page struct {
			Items []json.RawMessage `json:"items"`
			Next  string            `json:"next"`
		}
		if _, err := asks.get(env, path, query, &page); err != nil {
			return told(err, flagOf, "")
		}
		if err := printer.take(page.Items, asks); err != nil {
			return err
		}
		if page.Next == "" || !c.All {
			return printer.end(page.Next != "")
		}
		if len(page.Items) == 0 || page.Next == query.Get("after") {
			return fmt.Errorf("%s never comes to the end of this list", asks.server)
		}
		query.Set("after", page.Next)
	}
}

// flagNames are those that are about a field of what is sent, where they have another name.
var flagNames = map[string]string{"minVersion": "min-version", "minVersionCode": "min-version-code", "platforms": "platform", "Idempotency-Key": "key"}

// flagOf is the flag that is about a field, or the field where there is none.
func flagOf(field string) string {
	name := strings.TrimPrefix(field, "terms.")
	switch name {
	case "reason", "risk", "criteria", "office", "minister", "reference", "conditions", "affirmed", "product", "until", "version",
		"organisation", "kind", "state", "made", "mine", "at", "known":
		return "--" + name
	}
	if flag := flagNames[name]; flag != "" {
		return "--" + flag
	}
	return field
}

type proposalsShowCommand struct {
	remote
	output
	ID string `arg:"" help:"The proposal's id, as list shows it."`
}

func (c *proposalsShowCommand) Run(env *environment) error {
	asks, err := c.client()
	if err != nil {
		return err
	}
	p, raw, err := proposalOf(env, asks, c.ID)
	if err != nil {
		return err
	}
	return c.print(env, p, raw)
}

func proposalPath(id string) string { return "/proposals/" + url.PathEscape(id) }

func proposalOf(env *environment, asks *client, id string) (*api.Proposal, json.RawMessage, error) {
	var p api.Proposal
	raw, err := asks.get(env, proposalPath(id), nil, &p)
	return &p, raw, told(err, plainly, "")
}

func (o *output) print(env *environment, p *api.Proposal, raw json.RawMessage) error {
	if o.Format == "json" {
		_, err := fmt.Fprintln(env.out, safeJSON(raw))
		return err
	}
	return writeProposal(env.out, env.terminal, p)
}

// done says on the error stream what became of a proposal, and prints it as JSON where that is asked for.
func (o *output) done(env *environment, p *api.Proposal, raw json.RawMessage) error {
	if o.Format == "json" {
		return o.print(env, p, raw)
	}
	_, err := fmt.Fprintln(env.out, escape(fmt.Sprintf("%s  %s  version %d", p.ID, stateOf(p), p.Version)))
	return err
}

type proposalsOpenCommand struct {
	remote
	output
	once
	File    string `arg:"" optional:"" help:"The draft, in JSON or YAML; - is standard input."`
	Example string `enum:",ban,allow,withdrawal,exemption,monitor,supplier,product,process,organisation" default:"" placeholder:"KIND" help:"Print a draft of this kind to begin with, and propose nothing: ban, allow, withdrawal, exemption, monitor, supplier, product, process or organisation."`
}

func (proposalsOpenCommand) Help() string {
	return "A draft has the keys of add-proposal in /api/v1/openapi.json. Texts are taken as they are written; a time is a day, such as 2027-07-01, or an instant."
}

func (c *proposalsOpenCommand) Run(env *environment) error {
	switch {
	case c.Example != "" && c.File != "":
		return errors.New("--example: this prints a draft and takes none: leave the file out")
	case c.Example != "":
		_, err := fmt.Fprint(env.out, draftExample(c.Example, env.now()))
		return err
	case c.File == "":
		return errors.New("say which file the draft is in; - is standard input. --example KIND prints one to begin with")
	}
	draft, err := openDraft(env, c.File)
	if err != nil {
		return err
	}
	asks, err := c.client()
	if err != nil {
		return err
	}
	var p api.Proposal
	raw, err := asks.post(env, "/proposals", c.key(), draft.draft, &p)
	if err != nil {
		return told(err, draft.where, "")
	}
	return c.done(env, &p, raw)
}

func openDraft(env *environment, path string) (*draftFile, error) {
	file, name := io.Reader(env.in), "standard input"
	if path != "-" {
		opened, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer opened.Close()
		file, name = opened, path
	}
	text, err := io.ReadAll(io.LimitReader(file, maxDraft+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", name, err)
	case len(text) > maxDraft:
		return nil, fmt.Errorf("%s: this is more than %d bytes, which no server takes", name, maxDraft)
	}
	return readDraft(name, text)
}

type proposalsTakeCommand struct {
	remote
	output
	once
	ID  string `arg:"" help:"The proposal's id."`
	Act string `arg:"" enum:"recommend,grant,sign,clear,confirm,review,refuse,take-back,consult,answer,question,reply,revise" help:"recommend, grant, sign, clear, confirm, review, refuse, take-back, consult (the centre), answer (for it), question (who proposed it), reply (to that) or revise."`

	Reason     string `placeholder:"TEXT" help:"Why; of consult and question what is asked, of answer and reply the answer, of confirm what is in place."`
	Risk       string `placeholder:"TEXT" help:"What the risk is: of who recommends or grants."`
	Criteria   string `placeholder:"TEXT" help:"By what criteria: of who recommends or grants."`
	Office     string `placeholder:"NAME" help:"Of a clearance: the office."`
	Minister   string `placeholder:"NAME" help:"Of a clearance: in whose name."`
	Reference  string `placeholder:"TEXT" help:"Of a clearance: its file."`
	Conditions string `placeholder:"TEXT" help:"Of a clearance: what must be in place besides."`
	Affirmed   *int   `placeholder:"NUMBER" help:"How many devices and pieces of equipment it reaches, where those are more than half: that it is meant."`
	Draft      string `placeholder:"FILE" help:"Of revise: what is proposed from now on, in JSON or YAML; - is standard input."`

	Product        string           `placeholder:"ID" help:"Of who grants an app: which known product it is."`
	Identifier     string           `placeholder:"ID" help:"Of who grants an app: what devices call it, where it was asked for without that."`
	MinVersion     string           `placeholder:"VERSION" help:"Of who grants an app: the oldest version."`
	MinVersionCode map[string]int64 `placeholder:"PLATFORM=NUMBER" help:"Of who grants an app: the lowest version code."`
	Platform       []string         `help:"Of who grants an app: where. May be given more than once."`
	Until          string           `placeholder:"TIME" help:"Of who grants an app: until when, not included."`

	Version int64 `placeholder:"NUMBER" help:"That of the proposal as you saw it. Without it, it is shown and you are asked."`
	Yes     bool  `help:"Take the step from how the proposal is now, without a question."`
}

func (proposalsTakeCommand) Help() string {
	return "Of the terms of an app - product, identifier, min-version, min-version-code, platform, until - either none is given, and it is granted as it was asked for, or all that are to hold."
}

// step is a step as the server takes it.
type step struct {
	Act     string `json:"act"`
	Version int64  `json:"version"`
	approvals.Said
	Affirmed *int          `json:"affirmed,omitempty"`
	Terms    *api.AppTerms `json:"terms,omitempty"`
	Draft    *api.Draft    `json:"draft,omitempty"`
}

// step reads the flags; the draft file is nil unless there is one.
func (c *proposalsTakeCommand) step(env *environment) (step, *draftFile, error) {
	s := step{Act: c.Act, Version: c.Version, Affirmed: c.Affirmed, Said: approvals.Said{Reason: c.Reason, Risk: c.Risk, Criteria: c.Criteria,
		Office: c.Office, Minister: c.Minister, Reference: c.Reference, Conditions: c.Conditions}}
	if c.Yes && c.Version != 0 {
		return s, nil, errors.New("--yes is for how the proposal is now, and --version for how you saw it: say one of them")
	}
	if (c.Draft != "") != (c.Act == string(approvals.Revise)) {
		return s, nil, errors.New("--draft: say what is proposed from now on with revise, and only then")
	}
	if c.Draft == "-" && !c.Yes && c.Version == 0 {
		return s, nil, errors.New("--draft: the draft comes from standard input, so nobody can be asked there: say --version or --yes")
	}
	until, err := timeFlag("until", c.Until)
	if err != nil {
		return s, nil, err
	}
	if c.Product != "" || c.Identifier != "" || c.MinVersion != "" || len(c.MinVersionCode) > 0 || len(c.Platform) > 0 || c.Until != "" {
		s.Terms = &api.AppTerms{Product: c.Product, Identifier: c.Identifier, MinVersion: c.MinVersion, MinVersionCode: c.MinVersionCode, Platforms: c.Platform, Until: until.Time()}
	}
	if c.Draft == "" {
		return s, nil, nil
	}
	file, err := openDraft(env, c.Draft)
	if err != nil {
		return s, nil, err
	}
	s.Draft = &file.draft
	return s, file, nil
}

func (c *proposalsTakeCommand) Run(env *environment) error {
	s, draft, err := c.step(env)
	if err != nil {
		return err
	}
	asks, err := c.client()
	if err != nil {
		return err
	}
	if s.Version == 0 {
		p, _, err := proposalOf(env, asks, c.ID)
		if err != nil {
			return err
		}
		s.Version = p.Version
		if err := c.meant(env, p, env.in, term.IsTerminal(int(env.in.Fd()))); err != nil {
			return err
		}
	}
	var p api.Proposal
	raw, err := asks.post(env, proposalPath(c.ID)+"/steps", c.key(), s, &p)
	if err != nil {
		return c.told(err, s.Version, draft)
	}
	return c.done(env, &p, raw)
}

// meant shows what a step would be taken in and, unless --yes says so already, has whoever sits there say that it is meant.
func (c *proposalsTakeCommand) meant(env *environment, p *api.Proposal, in io.Reader, asked bool) error {
	if err := writeProposal(env.err, terminal{width: env.terminal.width}, p); err != nil {
		return err
	}
	if c.Yes {
		return nil
	}
	if !asked {
		return fmt.Errorf("nothing was done. Once you have read it, say --version %d; or --yes, for how it is then", p.Version)
	}
	fmt.Fprintf(env.err, "\n%s this, as it is shown above? Write yes: ", escape(strings.ToUpper(c.Act[:1])+c.Act[1:]))
	line, err := bufio.NewReader(io.LimitReader(in, 100)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !strings.EqualFold(strings.TrimSpace(line), "yes") {
		return errors.New("nothing was done")
	}
	return nil
}

// told says what became of a step that was not taken.
func (c *proposalsTakeCommand) told(err error, version int64, draft *draftFile) error {
	var away *lost
	if errors.As(err, &away) {
		away.with = " --version " + strconv.FormatInt(version, 10) // instead of --yes: it may be another by now
	}
	name := flagOf
	if draft != nil {
		name = func(field string) string {
			if field == "act" || field == "version" || field == "reason" && c.Reason != "" {
				return flagOf(field)
			}
			return draft.where(field)
		}
	}
	return told(err, name, "How it is now: portcullis proposals show "+c.ID)
}

type proposalsProcessCommand struct {
	remote
	output
	Organisation string `arg:"" help:"The organisation's id."`
	At           string `placeholder:"TIME" help:"As it was at this time, such as 2026-03-16 or 2026-03-16T12:00:00Z. Now, unless said."`
	Known        string `placeholder:"TIME" help:"As it was known at this time. Now, unless said."`
}

func (c *proposalsProcessCommand) Run(env *environment) error {
	query := url.Values{}
	for flag, text := range map[string]string{"at": c.At, "known": c.Known} {
		t, err := timeFlag(flag, text)
		if err != nil {
			return err
		}
		if text != "" {
			query.Set(flag, t.Time().Format(time.RFC3339Nano))
		}
	}
	asks, err := c.client()
	if err != nil {
		return err
	}
	var process api.BodyProcess
	raw, err := asks.get(env, "/organisations/"+url.PathEscape(c.Organisation)+"/process", query, &process)
	if err != nil {
		return told(err, flagOf, "")
	}
	if c.Format == "json" {
		_, err = fmt.Fprintln(env.out, safeJSON(raw))
		return err
	}
	return writeProcess(env.out, c.Organisation, &process)
}

type endExemptionCommand struct {
	remote
	output
	once
	ID     string `arg:"" help:"The exemption's id."`
	Reason string `required:"" placeholder:"TEXT" help:"Why it ends early."`
}

func (c *endExemptionCommand) Run(env *environment) error {
	asks, err := c.client()
	if err != nil {
		return err
	}
	var ended api.Exemption
	said := struct {
		Reason string `json:"reason"`
	}{c.Reason}
	raw, err := asks.post(env, "/exemptions/"+url.PathEscape(c.ID)+"/end", c.key(), said, &ended)
	if err != nil {
		return told(err, flagOf, "")
	}
	if c.Format == "json" {
		_, err = fmt.Fprintln(env.out, safeJSON(raw))
		return err
	}
	_, err = fmt.Fprintln(env.out, escape(fmt.Sprintf("The exemption %s has ended on %s.", ended.ID, moment(ended.Until))))
	return err
}
