package main

import (
	"fmt"
	"regexp"
	"strconv"
	"text/tabwriter"
	"time"

	"portcullis/people"
	"portcullis/store"
)

type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" help:"Make a token and print it. It is never shown again."`
	List   tokenListCommand   `cmd:"" help:"List the tokens: what they may do and until when."`
	End    tokenEndCommand    `cmd:"" help:"End a token at once."`
}

type tokenCreateCommand struct {
	database
	Name         string `required:"" help:"What the program is, such as \"the browser policy builder\"."`
	Role         string `required:"" help:"What it may do there, such as auditor or device-administrator."`
	Organisation string `required:"" placeholder:"ID" help:"Where, and in all organisations below; \"*\" is everywhere."`
	Expires      string `placeholder:"WHEN" help:"How long it lasts, such as 12h, 30d or 8w, or its last moment, such as 2027-01-31. A year at most; 90 days, unless said."`
}

func (tokenCreateCommand) Help() string {
	return "The output is the token and nothing else, so that it can go straight into a file of secrets."
}

func (c *tokenCreateCommand) Run(env *environment) error {
	expires, err := c.expiry(env.now())
	if err != nil {
		return err
	}
	return c.in(env, true, func(r *rooms) error {
		grant := people.Grant{Role: people.Role(c.Role), Organisation: c.Organisation}
		made, err := r.people.MakeToken(env, atCommand, c.Name, grant, expires)
		if err != nil {
			return r.organisationMeant(env, flagged(err, "name", "role", "organisation", "expires"), c.Organisation)
		}
		env.note("The token %s is made, for %s. It ends on %s.", made.ID, made.Name, day(made.Expires))
		_, err = fmt.Fprintln(env.out, made.Secret)
		return err
	})
}

var duration = regexp.MustCompile(`^([0-9]{1,6})([hdw])$`)

// expiry reads a duration from now on, or a time as world files have it; "" is no time.
func (c *tokenCreateCommand) expiry(now time.Time) (store.Time, error) {
	match := duration.FindStringSubmatch(c.Expires)
	if match == nil {
		return timeFlag("expires", c.Expires)
	}
	n, err := strconv.Atoi(match[1])
	if err != nil {
		return store.Time{}, err
	}
	unit := map[string]time.Duration{"h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[match[2]]
	return store.TimeOf(now).Add(time.Duration(n) * unit), nil
}

func day(t store.Time) string { return t.Time().Format("2 January 2006 at 15:04 UTC") }

type tokenListCommand struct {
	database
	Format string `enum:"table,json" default:"table" help:"table (for people) or json (one object a line)."`
}

// tokenLine is a token as a line of JSON.
type tokenLine struct {
	ID           string      `json:"id"`
	Name         string      `json:"name"`
	Role         people.Role `json:"role"`
	Organisation string      `json:"organisation"`
	Maker        string      `json:"maker,omitempty"`
	Made         store.Time  `json:"made"`
	Expires      store.Time  `json:"expires"`
	Ended        store.Time  `json:"ended,omitzero"`
	Used         store.Time  `json:"used,omitzero"`
}

func (c *tokenListCommand) Run(env *environment) error {
	return c.in(env, true, func(r *rooms) error {
		table := tabwriter.NewWriter(env.out, 0, 0, 2, ' ', 0)
		if c.Format == "table" {
			fmt.Fprintln(table, "ID\tNAME\tROLE\tORGANISATION\tSTATE\tLAST USED")
		}
		const page = 200
		for before, more := "", true; more; {
			tokens, err := r.people.Tokens(env, atCommand, before, page)
			if err != nil {
				return err
			}
			for _, t := range tokens {
				before = t.ID
				if err := c.print(env, table, t); err != nil {
					return err
				}
			}
			more = len(tokens) == page
		}
		return table.Flush()
	})
}

func (c *tokenListCommand) print(env *environment, table *tabwriter.Writer, t people.Token) error {
	if c.Format == "json" {
		return env.jsonLine(tokenLine{t.ID, t.Name, t.Role, t.Organisation, t.Maker, t.Made, t.Expires, t.Ended, t.Used})
	}
	_, err := fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, escape(t.Name), t.Role, escape(t.Organisation), tokenState(t, store.TimeOf(env.now())), used(t))
	return err
}

func tokenState(t people.Token, now store.Time) string {
	switch {
	case !t.Ended.IsZero():
		return "ended on " + t.Ended.Time().Format("2 January 2006")
	case !now.Before(t.Expires):
		return "ran out on " + t.Expires.Time().Format("2 January 2006")
	}
	return "until " + t.Expires.Time().Format("2 January 2006")
}

func used(t people.Token) string {
	if t.Used.IsZero() {
		return "never"
	}
	return t.Used.Time().Format("2 January 2006")
}

type tokenEndCommand struct {
	database
	ID string `arg:"" help:"The token's id, as token list shows it. Not the token itself."`
}

func (c *tokenEndCommand) Run(env *environment) error {
	return c.in(env, true, func(r *rooms) error {
		t, err := r.people.EndToken(env, atCommand, c.ID)
		if err != nil {
			return err
		}
		env.note("The token %s, for %s, has ended on %s.", t.ID, t.Name, day(t.Ended))
		return nil
	})
}
