package main

import (
	"fmt"

	"portcullis/platform"
	"portcullis/policy"
	"portcullis/world"
)

type convertCommand struct {
	Kind string `arg:"" enum:"${kindEnum}" help:"What wrote the inventory: ${kinds}."`
	File string `arg:"" help:"The inventory."`
	assumptions
	Device string `placeholder:"ID" help:"The host's id, where the inventory names no device."`
}

func (convertCommand) Help() string {
	return "The hosts go to the output in the form that check --hosts reads. What could not be read is listed on the error stream, and the exit status is then 2."
}

func (c *convertCommand) Run(env *environment) error {
	if c.Organisation == "" {
		return fmt.Errorf("whose devices are these? Say --organisation with its id")
	}
	nobody := func(string, *policy.Host) (bool, error) { return false, nil }
	f, err := newFleet(c.forHosts(), nobody, env.note)
	if err != nil {
		return err
	}
	defer f.Close()
	progress, finish := env.bar("Reading " + c.File)
	err = f.read(inventoryFile{c.Kind, c.Device, c.File}, env.in, progress)
	finish()
	if err != nil {
		return err
	}
	if err := f.flush(); err != nil {
		return err
	}
	clashes, err := f.write(env)
	if err != nil {
		return err
	}
	if n := len(f.partial); n > 0 {
		env.note("%s an inventory that is known not to be whole, which a file of hosts cannot say", count(n, "device has", "devices have"))
	}
	if gaps := f.problems + len(f.silent) + clashes; gaps > 0 {
		return fmt.Errorf("%s, as listed above: the hosts are not all that the inventory has", count(gaps, "gap", "gaps"))
	}
	return nil
}

// write writes the hosts, in the order of their ids, as a file of hosts, and returns how many things
// it could not write as each part of the inventory has them.
func (f *fleet) write(env *environment) (clashes int, err error) {
	w := world.NewWriter(env.out)
	for _, id := range f.ids() {
		var h policy.Host
		notes, err := f.add(id, &h, false)
		if err != nil {
			return 0, err
		}
		clashes += len(notes)
		for _, note := range notes {
			env.note("%s", note)
		}
		h.Installed = platform.Merge(nil, h.Installed, h.Platform, func(in, kept *policy.Installation) {
			env.note("host %s: a file of hosts has a thing once: %q is written as first listed", id, kept.Identifier)
		})
		w.Host(&h)
	}
	if len(f.spans) == 0 {
		if _, err := fmt.Fprintln(env.out, "hosts: []"); err != nil {
			return 0, err
		}
	}
	return clashes, w.Flush()
}
