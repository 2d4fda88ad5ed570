package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"time"

	"portcullis/policy"
	"portcullis/world"
)

// sources are the files that a command judges from.
type sources struct {
	World     string          `required:"" placeholder:"FILE" help:"The world file: organisations, products, rules, exemptions, and hosts if it has any. - is standard input."`
	Hosts     []string        `placeholder:"FILE" sep:"none" help:"A file of hosts. May be given more than once."`
	Inventory []inventoryFile `placeholder:"KIND=FILE" sep:"none" help:"What another tool says is installed: ${kinds}. KIND@NAME=FILE names the device where the file does not. May be given more than once."`
	assumptions
	At *string `placeholder:"TIME" help:"Judge as at this time: 2023-03-16 or 2023-03-16T12:00:00Z. Now, unless said."`
}

type checkCommand struct {
	sources
	Format string `enum:"table,json,csv" default:"table" help:"table (for people), json (one object a line) or csv."`
}

func (checkCommand) Help() string {
	return "The exit status is 0 where nothing is in breach, 1 where something is, and 2 where the input is bad or not all of it could be read."
}

func (c *checkCommand) Run(env *environment) error {
	e, err := c.open(env)
	if err != nil {
		return err
	}
	defer e.Close()
	out := bufio.NewWriterSize(env.out, 1<<18)
	var printer printer
	switch c.Format {
	case "json":
		printer = &jsonPrinter{e.policy}
	case "csv":
		printer = &csvPrinter{}
	default:
		printer = newTable(e, env.terminal)
	}
	tally, err := e.judge(env, printer, out)
	if err == nil {
		err = printer.end(out, tally)
	}
	if err == nil {
		err = out.Flush()
	}
	if err == nil && c.Format != "table" {
		err = e.unknowns(env.err, tally)
	}
	switch {
	case err != nil:
		return err
	case tally.breaches > 0:
		return failure{exitBreach, errors.New("")}
	case e.gaps()+tally.clashes > 0:
		return failure{exitBadInput, fmt.Errorf("%s in the inventories, listed above: this is not a clean result", count(e.gaps()+tally.clashes, "gap", "gaps"))}
	case tally.hosts == 0 && e.fleet != nil:
		return failure{exitBadInput, errors.New("the inventories have nothing to judge: this is not a clean result")}
	}
	return nil
}

// estate is everything that a command judges: a world, a time, and the hosts of files and inventories.
type estate struct {
	world  *world.Loaded
	policy *policy.Policy
	at     time.Time
	fleet  *fleet // nil where no inventory was given
	hosts  []hostAt
}

// hostAt is a host by its id; declared is its index in the files of hosts, or -1.
type hostAt struct {
	id       string
	declared int
}

// open reads and checks everything there is to judge. Warnings, and what could not be read, go to
// the error stream; anything that the contract calls bad input is an error.
func (s *sources) open(env *environment) (*estate, error) {
	at := env.now()
	if s.At != nil {
		t, err := world.ParseTime(*s.At)
		if err != nil {
			return nil, fmt.Errorf("--at: %q %w", *s.At, err)
		}
		at = t
	}
	progress, finish := env.bar("Reading hosts")
	loaded, err := world.Load(s.World, s.Hosts, world.Options{Progress: progress, Elsewhere: len(s.Inventory) > 0})
	finish()
	if err != nil {
		return nil, err
	}
	e := &estate{world: loaded, at: at}
	if err := s.inventories(env, e); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.merge()
	if err := loaded.Undeclared(e.has); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if e.policy, err = policy.Compile(&loaded.World, at); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.warn(env, s.World)
	return e, nil
}

func (e *estate) Close() error {
	err := e.world.Close()
	if e.fleet != nil {
		err = errors.Join(err, e.fleet.Close())
	}
	return err
}

// inventories reads every inventory of the command line. One that cannot be read at all is an error
// that says so, after the others have been tried.
func (s *sources) inventories(env *environment, e *estate) error {
	if len(s.Inventory) == 0 && s.Organisation == "" {
		return nil
	}
	organisation, err := s.organisation(&e.world.World, e.world.Hosts.Len())
	if err != nil {
		return err
	}
	if len(s.Inventory) == 0 {
		return nil
	}
	assume := s.forHosts()
	assume.Organisation = organisation
	e.fleet, err = newFleet(assume, e.declared, env.note)
	if err != nil {
		return err
	}
	var failed []error
	for _, file := range s.Inventory {
		progress, finish := env.bar("Reading " + file.path)
		if err := e.fleet.read(file, env.in, progress); err != nil {
			failed = append(failed, err)
		}
		finish()
	}
	return errors.Join(append(failed, e.fleet.flush())...)
}

// declared reads the host of an id from the files of hosts.
func (e *estate) declared(id string, h *policy.Host) (bool, error) {
	hosts := e.world.Hosts
	i := sort.Search(hosts.Len(), func(i int) bool { return hosts.ID(i) >= id })
	if i == hosts.Len() || hosts.ID(i) != id {
		return false, nil
	}
	return true, hosts.Read(i, h)
}

// organisation is whose the devices of inventories are: as said, or the only one there is. Where
// the files declare hosts, the inventories may be of those, and it need not be said.
func (s *sources) organisation(w *policy.World, hosts int) (string, error) {
	ids := make([]string, len(w.Organisations))
	for i := range w.Organisations {
		ids[i] = w.Organisations[i].ID
	}
	switch {
	case s.Organisation == "" && len(ids) == 1:
		return ids[0], nil
	case slices.Contains(ids, s.Organisation):
		return s.Organisation, nil
	case len(ids) == 0:
		return "", fmt.Errorf("%s declares no organisation, so there is nobody whose rules apply: add one under organisations, such as {id: my-body, name: My Body}", s.World)
	}
	if s.Organisation == "" && hosts > 0 {
		return "", nil
	}
	few := ids[:min(len(ids), 10)]
	if s.Organisation == "" {
		return "", fmt.Errorf("whose devices are these? Say --organisation with an id of %s, such as: %s", s.World, strings.Join(few, ", "))
	}
	return "", fmt.Errorf("--organisation: %s declares no organisation %q; it has, among others: %s%s", s.World, s.Organisation, strings.Join(few, ", "), meant(s.Organisation, ids))
}

// merge lists the hosts of files and of inventories, each once, in the order of their ids.
func (e *estate) merge() {
	declared := make(map[string]bool, e.world.Hosts.Len())
	for i := range e.world.Hosts.Len() {
		id := e.world.Hosts.ID(i)
		declared[id] = true
		e.hosts = append(e.hosts, hostAt{id, i})
	}
	if e.fleet != nil {
		for id := range e.fleet.spans {
			if !declared[id] {
				e.hosts = append(e.hosts, hostAt{id, -1})
			}
		}
	}
	slices.SortFunc(e.hosts, func(a, b hostAt) int { return strings.Compare(a.id, b.id) })
}

// has tells whether a host is in the files, with what is installed on it or without.
func (e *estate) has(id string) bool {
	_, ok := e.find(id)
	return ok || e.fleet != nil && e.fleet.silent[id]
}

func (e *estate) find(id string) (hostAt, bool) {
	i, ok := slices.BinarySearchFunc(e.hosts, id, func(h hostAt, id string) int { return strings.Compare(h.id, id) })
	if !ok {
		return hostAt{}, false
	}
	return e.hosts[i], true
}

// read reads one host into h, whose memory may be used again, and returns what its sources disagree on.
func (e *estate) read(at hostAt, h *policy.Host) (clashes []string, err error) {
	if at.declared >= 0 {
		if err := e.world.Hosts.Read(at.declared, h); err != nil {
			return nil, err
		}
	}
	if e.fleet == nil {
		return nil, nil
	}
	return e.fleet.add(at.id, h, at.declared >= 0)
}

// gaps is how many entries of inventories could not be used, and devices are there without one.
func (e *estate) gaps() int {
	if e.fleet == nil {
		return 0
	}
	return e.fleet.problems + len(e.fleet.silent)
}

// unknowns says what the judgements do not cover.
func (e *estate) unknowns(out io.Writer, t *tally) error {
	var text []string
	say := func(n int, one, many, rest string) {
		if n > 0 {
			text = append(text, count(n, one, many)+rest)
		}
	}
	if t.hosts == 0 {
		text = append(text, "There was nothing to judge: no host is in the files given.")
	}
	say(t.empty, "host has", "hosts have", " nothing listed: what is installed there is not known.")
	if f := e.fleet; f != nil {
		say(len(f.silent), "device is", "devices are", " described without what is installed: nothing is known of it.")
		say(len(f.partial), "device has", "devices have", " an inventory that is known not to be whole: more may be installed.")
		say(f.problems, "entry", "entries", " could not be used: see the error stream.")
		say(t.clashes, "contradiction", "contradictions", " between the sources: see the error stream.")
	}
	for _, line := range text {
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	return nil
}

// mostWarnings is how many exemptions that fall short are named one by one.
const mostWarnings = 20

// warn tells of exemptions that name a rule and do not meet it, now or when they begin.
func (e *estate) warn(env *environment, file string) {
	w := &e.world.World
	rules := make(map[string]*policy.Rule, len(w.Rules))
	for i := range w.Rules {
		rules[w.Rules[i].ID] = &w.Rules[i]
	}
	warnings := 0
	for i := range w.Exemptions {
		x := &w.Exemptions[i]
		if !e.at.Before(x.Until) {
			continue
		}
		at := e.at
		if at.Before(x.From) {
			at = x.From
		}
		for j, id := range x.Lifts {
			lacks := policy.Shortfall(x, rules[id], at)
			if len(lacks) == 0 {
				continue
			}
			if warnings++; warnings <= mostWarnings {
				line := e.world.Line(fmt.Sprintf("exemptions[%d].lifts[%d]", i, j))
				env.note("%s:%d: warning: exemption %q does not lift %q: %s", file, line, x.ID, id, strings.Join(lacks, "; "))
			}
		}
	}
	if more := warnings - mostWarnings; more > 0 {
		env.note("%s: warning: %s more fall short in this way", file, number(more))
	}
}
