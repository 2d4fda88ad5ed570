package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"portcullis/devices"
	"portcullis/people"
	"portcullis/platform"
	"portcullis/platform/kinds"
)

type importInventoryCommand struct {
	database
	assumptions
	Kind   string   `arg:"" help:"Which tool it is from: ${kinds}."`
	Files  []string `arg:"" help:"The tool's exports; - is standard input."`
	Device string   `placeholder:"ID" help:"The device's id, where a file names none; the file's name unless said."`
	Source string   `placeholder:"NAME" help:"Tells tools apart that report the same device; the kind unless said."`
	Format string   `enum:"text,json" default:"text" help:"text (sentences) or json (one object a file)."`
}

func (importInventoryCommand) Help() string {
	return "Takes in what a tool's export says is installed on which devices, as a report to the server would; the server may run meanwhile. " +
		"A device that is not known is enrolled, as the options say where the file does not. Of personal devices nothing that is installed is stored. " +
		"What cannot be taken is said on standard error, and the status is then 1; the rest is stored."
}

// errPartly is that a part of the inventories was not taken, which has been said.
var errPartly = errors.New("a part was not taken: see above")

func (c *importInventoryCommand) Run(env *environment) error {
	read := kinds.Reader(c.Kind)
	if read == nil {
		return fmt.Errorf("%q is no kind of inventory; the kinds are %s, and `portcullis import --help` has what else can be imported%s", c.Kind, strings.Join(kinds.All(), ", "), meant(c.Kind, append(kinds.All(), "world", "people")))
	}
	return c.in(env, true, func(r *rooms) error {
		if err := c.somewhere(env, r); err != nil {
			return err
		}
		room, err := r.openDevices(env)
		if err != nil {
			return err
		}
		ctx, stop := context.WithCancel(env)
		defer stop()
		intake := devices.NewIntake(room, env.now)
		go intake.Run(ctx)
		var failed error
		for _, file := range c.Files {
			err := c.file(env, intake, read, file)
			if err != nil && !errors.Is(err, errPartly) {
				err = fmt.Errorf("%s: as %s: %w", file, c.Kind, err)
			}
			failed = cmp.Or(errors.Join(failed, err), failed)
		}
		return errors.Join(failed, room.Fleet.Flush(env))
	})
}

// mostNamed is how many organisations are named to whom names one that is not there.
const mostNamed = 20

// somewhere returns an error unless there are organisations, and that which was named is one of them: said once, before
// anything is read, and not of every device.
func (c *importInventoryCommand) somewhere(env *environment, r *rooms) error {
	all, err := r.people.Organisations(env, atCommand)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errors.New("there are no organisations yet that devices could belong to: `portcullis import world FILE` makes those that a world file names, and who signs in with what `portcullis link first` prints can add the first")
	}
	is := func(o people.Organisation) bool { return o.ID == c.Organisation }
	if c.Organisation == "" || slices.ContainsFunc(all, is) {
		return nil
	}
	var named []string
	for _, o := range all[:min(len(all), mostNamed)] {
		named = append(named, fmt.Sprintf("%s (%s)", o.ID, o.Name))
	}
	if more := len(all) - mostNamed; more > 0 {
		named = append(named, fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("--organisation: there is no organisation %q; there are %s%s", c.Organisation, strings.Join(named, ", "), meant(c.Organisation, namesOf(all)))
}

// file takes in one file.
func (c *importInventoryCommand) file(env *environment, intake *devices.Intake, read platform.Reader, path string) error {
	in, name := io.Reader(env.in), "standard input"
	size := int64(0)
	if path != "-" {
		opened, err := os.Open(path)
		if err != nil {
			return err
		}
		defer opened.Close()
		info, err := opened.Stat()
		if err != nil {
			return err
		}
		if info.IsDir() {
			return errors.New("it is a directory, not a file")
		}
		in, name, size = opened, path, info.Size()
	}
	assume := c.forHosts()
	assume.Device = cmp.Or(c.Device, filepath.Base(name))
	progress, finish := env.bar("Importing " + name)
	tally, err := intake.Inventory(env, atCommand, read, &meter{in, 0, size, progress}, assume, cmp.Or(c.Source, c.Kind), func(p platform.Problem) {
		where := name
		if p.Line > 0 {
			where = fmt.Sprintf("%s:%d", where, p.Line)
		}
		if p.Device != "" {
			where += ": " + p.Device
		}
		fmt.Fprintf(env.err, "%s: %s\n", where, p.Reason)
	})
	finish()
	if c.Format == "json" {
		err = errors.Join(err, env.jsonLine(tally))
	} else {
		_, printed := fmt.Fprintf(env.out, "%s: %s.\n", name, tallyText(tally))
		err = errors.Join(err, printed)
	}
	if err == nil && tally.Refused+tally.Problems > 0 {
		err = errPartly
	}
	return err
}

// tallyText says what became of an inventory, without what there was none of.
func tallyText(t devices.Tally) string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{
		{t.Enrolled, "enrolled"}, {t.Stored, "changed"}, {t.Unchanged, "as they were"}, {t.Older, "with a later inventory already"},
		{t.Heard, "without a list of what is installed"}, {t.Refused, "refused"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", count(part.n, "device", "devices"), part.what))
		}
	}
	if len(parts) == 0 {
		parts = append(parts, "no device in it")
	}
	text := strings.Join(parts, ", ")
	if t.Left > 0 {
		text += fmt.Sprintf("; %s not stored, because personal", count(t.Left, "installation was", "installations were"))
	}
	return text
}

// openDevices reads the devices, for a command that takes in reports of them.
func (r *rooms) openDevices(env *environment) (*devices.Room, error) {
	return devicesRoom(env, r.people, "", slog.New(slog.NewTextHandler(env.err, nil)))
}

// openThings reads what can be installed, for a command that takes in or writes whole worlds.
func (r *rooms) openThings(env *environment) (*devices.Room, error) {
	fleet, err := devices.OpenThings(env, r.db, env.now, slog.New(slog.NewTextHandler(env.err, nil)))
	if err != nil {
		return nil, err
	}
	return newDevices(r.people, fleet)
}
