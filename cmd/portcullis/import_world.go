package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/world"
)

type importWorldCommand struct {
	address
	File      string   `arg:"" help:"The world file; - is standard input."`
	Hosts     []string `placeholder:"FILE" sep:"none" help:"A file of hosts. May be given more than once."`
	DryRun    bool     `help:"Only say what would become of the file."`
	TokenFile string   `placeholder:"FILE" env:"PORTCULLIS_TOKEN_FILE" help:"Beside a register in use: a file with the token of who proposes, as token create prints it."`
	Reason    string   `placeholder:"TEXT" help:"Why, of what is proposed and for which the file gives no reason."`
	Narrower  string   `placeholder:"TEXT" help:"Why nothing narrower would do than the bans in the file."`
	Format    string   `enum:"text,json" default:"text" help:"text (sentences) or json (one object)."`
}

func (importWorldCommand) Help() string {
	return "Where there are no decisions and no devices yet, the whole world is taken in, or nothing. " +
		"Beside a register in use, what is new or otherwise in the file is proposed by whom the token is of, and goes through the usual approvals: " +
		"rules and their ends, exemptions, monitor periods, where bodies belong, and changes of suppliers and products. " +
		"Organisations, suppliers, products, identifiers and devices that are not there are added at once, where the token may add them: it must be one for everywhere (portcullis token create --organisation \"*\"). " +
		"What is not in the file stays as it is, and so do the devices that are there. The same file may be taken in again: nothing is proposed twice. " +
		"Times that have passed are not counted back: what has begun holds from when it is decided. A clearance in the file does not count; the office is asked. --dry-run shows it all beforehand."
}

func (c *importWorldCommand) Run(env *environment) error {
	progress, finish := env.bar("Reading the world")
	loaded, err := world.Load(c.File, c.Hosts, world.Options{Progress: progress, Elsewhere: true})
	finish()
	if err != nil {
		return err
	}
	defer loaded.Close()
	return c.in(env, false, func(r *rooms) error {
		room, err := r.openThings(env)
		if err != nil {
			return err
		}
		used, err := room.InUse(env, atCommand)
		switch {
		case err != nil:
			return err
		case used:
			return c.bring(env, r, loaded)
		}
		if err := loaded.Undeclared(func(string) bool { return false }); err != nil {
			return err
		}
		if c.DryRun {
			return c.filled(env, register.Imported{}, "Nothing was changed. There is nothing yet, and the whole file would be taken in.")
		}
		return c.fill(env, room, loaded)
	})
}

// fill takes the whole world into an empty register.
func (c *importWorldCommand) fill(env *environment, room *devices.Room, loaded *world.Loaded) error {
	progress, finish := env.bar("Importing hosts")
	imported, err := room.Import(env, atCommand, loaded, progress)
	finish()
	if err != nil {
		return located(err, c.File, loaded)
	}
	return c.filled(env, imported, fmt.Sprintf("Imported %s.\nThe SHA-256 of the register as a world file: %s", contents(imported), imported.SHA256))
}

func (c *importWorldCommand) filled(env *environment, imported register.Imported, text string) error {
	if c.Format == "json" {
		return env.jsonLine(imported)
	}
	_, err := fmt.Fprintln(env.out, text)
	return err
}

// brought is what became of a file beside a register in use.
type brought struct {
	approvals.Bringing
	// Devices are those that were, or would be, enrolled; Known those that are there, and stay as they are.
	Devices int `json:"devices"`
	Known   int `json:"known"`
}

// bring proposes what is new in a file, in the name of whom the token is of. Organisations come before the devices in
// them, and devices before what is for one of them.
func (c *importWorldCommand) bring(env *environment, r *rooms, loaded *world.Loaded) error {
	if c.TokenFile == "" {
		return errors.New("the register is in use, so what is new in the file is proposed: say in whose name, with --token-file FILE; portcullis token create makes a token. --dry-run says what would be proposed")
	}
	token, err := readToken(c.TokenFile)
	if err != nil {
		return err
	}
	if c.DryRun && c.URL == "" && c.Config == "" {
		c.URL = "https://portcullis.invalid" // nothing is sent
	}
	if err := c.complete(); err != nil {
		return err
	}
	outbox, err := c.outbox(r)
	if err != nil {
		return err
	}
	room, err := r.openDevices(env)
	if err != nil {
		return err
	}
	actor := people.Actor{Token: token}
	decisions := &approvals.Room{People: r.people, Devices: room, Outbox: outbox}
	hosts := newHosts{env: env, room: room, actor: actor, loaded: loaded, ids: map[string]bool{}}
	if err := hosts.find(); err != nil {
		return err
	}
	proposes := func(hosts map[string]bool) (approvals.Bringing, error) {
		b, err := decisions.Bring(env, actor, approvals.Brought{World: &loaded.World, Reason: c.Reason, Narrower: c.Narrower, Hosts: hosts, Dry: c.DryRun})
		return b, located(err, c.File, loaded)
	}
	done := brought{Devices: len(hosts.new), Known: hosts.known}
	if done.Bringing, err = proposes(hosts.ids); err != nil {
		return err
	}
	if !c.DryRun && len(hosts.new) > 0 {
		if err := hosts.enrol(c.File); err != nil {
			return fmt.Errorf("%w\nwhat else is in the file is taken in; mend this, and take the file in again", err)
		}
		after, err := proposes(nil)
		if err != nil {
			return err
		}
		done.waited(after.Things)
	}
	return c.brought(env, &done)
}

// waited puts what was for later until the devices were there in its place.
func (b *brought) waited(after []approvals.Became) {
	now := map[string]approvals.Became{}
	for _, t := range after {
		now[t.Key] = t
	}
	for i := range b.Things {
		if t, there := now[b.Things[i].Key]; there && b.Things[i].Fate == approvals.FateLater {
			b.Things[i] = t
		}
	}
}

// newHosts are the hosts of a file that are not there.
type newHosts struct {
	env    *environment
	room   *devices.Room
	actor  people.Actor
	loaded *world.Loaded
	new    []int // their places in the file
	ids    map[string]bool
	known  int
}

// find finds which hosts are new, and refuses what cannot be enrolled.
func (h *newHosts) find() error {
	there := map[string]bool{}
	known := func(id string) (bool, error) {
		if is, asked := there[id]; asked {
			return is, nil
		}
		_, err := h.room.One(h.env, atCommand, id)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return false, err
		}
		there[id] = err == nil
		return err == nil, nil
	}
	var read policy.Host
	for i := range h.loaded.Hosts.Len() {
		is, err := known(h.loaded.Hosts.ID(i))
		switch {
		case err != nil:
			return err
		case is:
			h.known++
			continue
		}
		if err := h.loaded.Hosts.Read(i, &read); err != nil {
			return err
		}
		if read.Kind == policy.EquipmentHost {
			return fmt.Errorf("the host %s is equipment, and equipment comes in with a first import alone: take it out of the file", read.ID)
		}
		h.new = append(h.new, i)
		h.ids[h.loaded.Hosts.ID(i)] = true
	}
	var failed error
	err := h.loaded.Undeclared(func(id string) bool {
		is, err := known(id)
		failed = errors.Join(failed, err)
		return is
	})
	return errors.Join(failed, err)
}

// enrol enrols them in the name of who proposes, and takes in what is on them as any inventory that is imported.
func (h *newHosts) enrol(file string) error {
	ctx, stop := context.WithCancel(h.env)
	defer stop()
	intake := devices.NewIntake(h.room, h.env.now)
	go intake.Run(ctx)
	var read policy.Host
	for _, i := range h.new {
		if err := h.loaded.Hosts.Read(i, &read); err != nil {
			return err
		}
		_, err := h.room.Enrol(h.env, h.actor, devices.Enrolment{ID: read.ID, Organisation: read.Organisation, Ownership: read.Ownership, Platform: read.Platform, Holder: read.Holder, Groups: read.Groups})
		if err != nil {
			return fmt.Errorf("%s: the host %s: %w", file, read.ID, err)
		}
		if len(read.Installed) == 0 {
			continue
		}
		got, err := intake.Report(h.env, atCommand, []devices.Report{{Host: read.ID, Source: devices.WorldSource, Installed: read.Installed}})
		if err == nil {
			err = got.Errors[0]
		}
		if err != nil {
			return fmt.Errorf("%s: the host %s: %w", file, read.ID, err)
		}
	}
	return h.room.Fleet.Flush(h.env)
}

// brought says what became of the file.
func (c *importWorldCommand) brought(env *environment, b *brought) error {
	if c.Format == "json" {
		return env.jsonLine(b)
	}
	fates := map[approvals.Fate]int{}
	for _, t := range b.Things {
		fates[t.Fate]++
		line := fmt.Sprintf("%s: %s", t.Fate, t.ID)
		if as := proposedAs[t.Kind]; as != "" {
			line += ", as " + as
		}
		if t.Proposal != "" {
			line += ", " + t.Proposal
		}
		if t.Note != "" {
			line += " (" + t.Note + ")"
		}
		if _, err := fmt.Fprintln(env.out, escape(line+"  "+t.Key)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(env.out, c.summary(b, fates))
	return err
}

var proposedAs = map[approvals.Kind]string{
	approvals.Ban: "a ban", approvals.Allow: "an allow rule", approvals.Withdrawal: "the end of a rule", approvals.Exemption: "an exemption",
	approvals.Monitor: "a monitor period", approvals.Supplier: "a change of a supplier", approvals.Product: "a change of a product", approvals.Belonging: "another place",
}

func (c *importWorldCommand) summary(b *brought, fates map[approvals.Fate]int) string {
	begin, enrolled := "", "enrolled"
	if c.DryRun {
		begin, enrolled = "Nothing was changed. This would become of the file: ", "to be enrolled"
	}
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{
		{fates[approvals.FateProposed], "proposed"}, {fates[approvals.FateAdded], "added"}, {fates[approvals.FateOpen], "proposed already"},
		{fates[approvals.FateLater], "left for later"}, {fates[approvals.FateOver], "over"}, {fates[approvals.FateLeft], "left as it is"}, {b.Same, "the same"},
	} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	if b.Devices > 0 {
		parts = append(parts, fmt.Sprintf("%s %s", count(b.Devices, "device", "devices"), enrolled))
	}
	if b.Known > 0 {
		parts = append(parts, fmt.Sprintf("%s there already", count(b.Known, "device", "devices")))
	}
	if len(parts) == 0 {
		parts = []string{"nothing: there is nothing in it"}
	}
	return begin + strings.Join(parts, ", ") + "."
}
