package main

import (
	"errors"
	"fmt"
	"net/url"
	"portcullis/alerts"

	"portcullis/people"
)

type linkCommand struct {
	First  linkFirstCommand  `cmd:"" help:"For the first administrator, as long as nobody is there."`
	Person linkPersonCommand `cmd:"" help:"For a person who is there, to add a passkey and sign in."`
}

// address says where the server answers, and where its data is.
type address struct {
	database
	Config string `placeholder:"FILE" help:"The server's configuration: where its data is, and its public address."`
	URL    string `placeholder:"URL" help:"The server's public address, such as https://portcullis.example."`

	from string // whom the server's mail is from, where the configuration says
}

// complete takes from the configuration what the flags do not say.
func (a *address) complete() error {
	if a.Config != "" {
		c, err := loadConfiguration(a.Config)
		if err != nil {
			return err
		}
		if a.Data == "" && a.Database == "" {
			a.Data, a.Database = c.Data, c.Database
		}
		if a.URL == "" {
			a.URL = c.withDefaults().URL
		}
		if c.Mail != nil {
			a.from = c.Mail.From
		}
	}
	if a.URL == "" {
		return errors.New("say where people reach the server: --url URL, or --config FILE")
	}
	var err error
	if a.URL, err = publicURL(a.URL); err != nil {
		return fmt.Errorf("--url: %w", err)
	}
	return nil
}

// outbox is where messages are put that the server at the address sends.
func (a *address) outbox(r *rooms) (*alerts.Room, error) {
	public, err := url.Parse(a.URL)
	if err != nil {
		return nil, fmt.Errorf("--url: %w", err)
	}
	return newOutbox(r.people.Ledger, public, a.from)
}

// joinURL is the address of a one-time link.
func joinURL(public, link string) string { return public + "/join/" + link }

type linkFirstCommand struct{ address }

func (linkFirstCommand) Help() string {
	return "The output is the link and nothing else. It is good once, for a day; an earlier one ends. Whoever has it becomes the administrator of the server."
}

func (c *linkFirstCommand) Run(env *environment) error {
	if err := c.complete(); err != nil {
		return err
	}
	return c.in(env, false, func(r *rooms) error {
		link, err := r.people.FirstLink(env)
		if err != nil {
			return err
		}
		if link == "" {
			return errors.New("there is somebody already: portcullis link person USERNAME makes a link for one of them")
		}
		_, err = fmt.Fprintln(env.out, joinURL(c.URL, link))
		return err
	})
}

type linkPersonCommand struct {
	address
	UserName string `arg:"" name:"username" help:"The person's user name."`
}

func (linkPersonCommand) Help() string {
	return "The output is the link and nothing else. It is good once, for a day; an earlier one ends. Give it to that person and to nobody else: whoever has it acts as them. They are told that it was made, by the server as it next runs."
}

func (c *linkPersonCommand) Run(env *environment) error {
	if err := c.complete(); err != nil {
		return err
	}
	return c.in(env, true, func(r *rooms) error {
		found, err := r.people.Persons(env, atCommand, people.PersonQuery{UserName: c.UserName, Limit: 1})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fmt.Errorf("there is nobody with the user name %q: look for it among the people of the server", c.UserName)
		}
		outbox, err := c.outbox(r)
		if err != nil {
			return err
		}
		link, err := alerts.Desk{People: r.people, Outbox: outbox}.Link(env, atCommand, found[0].ID)
		if err != nil {
			return err
		}
		env.note("The link is for %s.", found[0].Name)
		_, err = fmt.Fprintln(env.out, joinURL(c.URL, link))
		return err
	})
}
