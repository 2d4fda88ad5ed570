package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"portcullis/internal/fault"
	"portcullis/people"
)

type importPeopleCommand struct {
	database
	File         string `arg:"" help:"The CSV file, with a header: name, mail, organisation, role and others, in any order; - is standard input."`
	Organisation string `placeholder:"ID" help:"The organisation of those of whom the file does not say it."`
	DryRun       bool   `help:"Only read the file and say what is wrong with it."`
	Format       string `enum:"text,json" default:"text" help:"text (a sentence) or json (one object)."`
}

func (importPeopleCommand) Help() string {
	return "Who is there already, by user name or else by mail address, is changed in what the file says; roles are added and never taken. Either the whole file is taken in or nothing."
}

func (c *importPeopleCommand) Run(env *environment) error {
	rows, err := c.read(env)
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.print(env, people.Imported{}, fmt.Sprintf("Nothing was changed. The file can be read: %s. Whether each can be taken in, the database says when they are.", count(len(rows), "person", "people")))
	}
	return c.in(env, true, func(r *rooms) error {
		before, err := r.people.Persons(env, atCommand, people.PersonQuery{Limit: 1})
		if err != nil {
			return err
		}
		done, err := r.people.ImportPeople(env, atCommand, rows)
		if err != nil {
			return errors.Join(inFile(c.File, err), r.withoutOrganisations(env))
		}
		if len(before) == 0 && done.Added > 0 {
			env.note("The link for the first administrator ends with this, because somebody is there now. Instead, portcullis link person USERNAME makes a link for one of them.")
		}
		return c.print(env, done, fmt.Sprintf("%s added, %d changed, %d as they were.", count(done.Added, "person", "people"), done.Changed, done.Unchanged))
	})
}

// withoutOrganisations says how organisations come to be there, where there is none yet.
func (r *rooms) withoutOrganisations(env *environment) error {
	if all, err := r.people.Organisations(env, atCommand); err != nil || len(all) > 0 {
		return err
	}
	return errors.New("there are no organisations yet: take them in first, by portcullis import world, or add them on the pages")
}

// read reads the file, and says all that is wrong with it.
func (c *importPeopleCommand) read(env *environment) ([]people.Row, error) {
	file := io.Reader(env.in)
	if c.File == "-" {
		c.File = "standard input"
	} else {
		opened, err := os.Open(c.File)
		if err != nil {
			return nil, err
		}
		defer opened.Close()
		file = opened
	}
	rows, problems := people.ReadCSV(file)
	var wrong []error
	for _, p := range problems {
		where := fmt.Sprintf("%s:%d: ", c.File, p.Line)
		if p.Column != "" {
			where += p.Column + ": "
		}
		wrong = append(wrong, errors.New(where+p.Message))
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	for i := range rows {
		if rows[i].Organisation == "" {
			rows[i].Organisation = c.Organisation
		}
	}
	return rows, nil
}

// inFile puts the name of the file before each fault, which says its line.
func inFile(file string, err error) error {
	var named []error
	for _, f := range fault.Fields(err) {
		named = append(named, fmt.Errorf("%s: %s", file, f.Message))
	}
	if len(named) == 0 {
		return err
	}
	return errors.Join(named...)
}

func (c *importPeopleCommand) print(env *environment, done people.Imported, text string) error {
	if c.Format == "json" {
		return env.jsonLine(done)
	}
	_, err := fmt.Fprintln(env.out, text)
	return err
}
