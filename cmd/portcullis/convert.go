package main

import (
	"fmt"

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
	err = f.read(inventoryFile{c.Kind, c.Device, c.File}, progress)
	finish()
	if err != nil {
		return err
	}
	if err := f.flush(); err != nil {
		return err
	}
	if err := f.write(env); err != nil {
		return err
	}
	if f.problems > 0 {
		return fmt.Errorf("%s could not be used, as listed above", count(f.problems, "entry", "entries"))
	}
	return nil
}

// write writes the hosts, in the order of their ids, as a file of hosts.
func (f *fleet) write(env *environment) error {
	w := world.NewWriter(env.out)
	for _, id := range f.ids() {
		var h policy.Host
		clashes, err := f.add(id, &h, false)
		if err != nil {
			return err
		}
		for _, clash := range clashes {
			env.note("%s", clash)
		}
		w.Host(&h)
	}
	return w.Flush()
}
