package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"portcullis/enforce"
	"portcullis/internal/fault"
	"portcullis/register"
	"portcullis/store"
	"portcullis/world"
)

type importCommand struct {
	World  importWorldCommand  `cmd:"" help:"Fill an empty register from a world file; beside a register in use, propose what is new in the file."`
	People importPeopleCommand `cmd:"" help:"Add the people of a CSV file, and change those who are there."`

	Inventory importInventoryCommand `cmd:"" default:"withargs" help:"Take in what tools say is installed on devices: portcullis import KIND FILE…"`
}

type exportCommand struct {
	World exportWorldCommand `cmd:"" help:"Write the register as a world file, as it is or as it was known."`

	List exportListCommand `cmd:"" default:"withargs" help:"Write what devices are to have in a platform's own form: portcullis export FORM --organisation ID."`
}

func (exportCommand) Help() string {
	return "The forms are " + strings.Join(enforce.Names(), ", ") + ". Of a body: portcullis export FORM --organisation ID; of one device: portcullis export FORM --host ID. " +
		"Where the decisions are is said by --data DIRECTORY or --database URL, or by --world FILE; portcullis demo prints where its own data is."
}

// located gives faults their place in the world file.
func located(err error, file string, loaded *world.Loaded) error {
	faults := fault.Fields(err)
	if len(faults) == 0 {
		return err
	}
	var lines []error
	for _, f := range faults {
		switch {
		case f.Field == "":
			lines = append(lines, errors.New(f.Message))
		case f.Field == "reason", f.Field == "narrower":
			lines = append(lines, fmt.Errorf("--%s: %s", f.Field, f.Message))
		case strings.Contains(f.Field, "["):
			lines = append(lines, fmt.Errorf("%s:%d: %s: %s", file, loaded.Line(f.Field), f.Field, f.Message))
		default:
			lines = append(lines, fmt.Errorf("%s: %s", f.Field, f.Message))
		}
	}
	return errors.Join(lines...)
}

// contents says what came in, without what there is none of.
func contents(i register.Imported) string {
	var parts []string
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{i.Organisations, "organisation", "organisations"}, {i.Sites, "site", "sites"}, {i.Suppliers, "supplier", "suppliers"},
		{i.Products, "product", "products"}, {i.Rules, "rule", "rules"}, {i.Exemptions, "exemption", "exemptions"}, {i.Hosts, "host", "hosts"},
	} {
		if part.n > 0 {
			parts = append(parts, count(part.n, part.one, part.many))
		}
	}
	switch n := len(parts); n {
	case 0:
		return "nothing: the file has nothing in it"
	case 1:
		return parts[0]
	default:
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
}

type exportWorldCommand struct {
	database
	Out   string `placeholder:"FILE" help:"The file to write; it must not be there yet. Standard output, unless said."`
	At    string `placeholder:"TIME" help:"Organisations as they stood at this time, such as 2023-03-16 or 2023-03-16T12:00:00Z. Now, unless said."`
	Known string `placeholder:"TIME" help:"All as it was known at this time. Now, unless said."`
}

func (exportWorldCommand) Help() string {
	return "portcullis check judges by what this writes, offline. Exemptions are in it, those too that are not for everybody's eyes, and so are the hosts."
}

func (c *exportWorldCommand) Run(env *environment) error {
	at, err := timeFlag("at", c.At)
	if err != nil {
		return err
	}
	known, err := timeFlag("known", c.Known)
	if err != nil {
		return err
	}
	return c.in(env, true, func(r *rooms) error {
		room, err := r.openThings(env)
		if err != nil {
			return err
		}
		export := func(w io.Writer) error {
			return flagged(room.Export(env, atCommand, w, at, known), "known")
		}
		if c.Out == "" {
			return export(env.out)
		}
		return writeNew(c.Out, func(file *os.File) error { return export(file) })
	})
}

// timeFlag reads a time as world files have it; "" is no time.
func timeFlag(flag, text string) (store.Time, error) {
	if text == "" {
		return store.Time{}, nil
	}
	t, err := world.ParseTime(text)
	if err != nil {
		return store.Time{}, fmt.Errorf("--%s: %q %w", flag, text, err)
	}
	return store.TimeOf(t), nil
}
