package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"portcullis/enforce"
	"portcullis/platform"
	"portcullis/policy"
	"portcullis/world"
)

// exportListCommand writes what devices are to have, in a platform's own form.
type exportListCommand struct {
	database
	Form         string   `arg:"" help:"The platform's form: ${forms}."`
	Organisation string   `placeholder:"ID" help:"Whose devices it is for. May be left out with --host."`
	Host         string   `placeholder:"ID" help:"The device it is for, with what is exempt on it."`
	Platform     string   `placeholder:"NAME" help:"Which platform's list, where the form is for several: that of the device, or the form's first, unless said."`
	Audit        bool     `help:"Write what denies nothing and notes what the list denies, to try it; of the form applocker alone."`
	World        string   `placeholder:"FILE" help:"Decide by a world file rather than by a server's register."`
	Hosts        []string `placeholder:"FILE" sep:"none" help:"With --world: a file of hosts. May be given more than once."`
	At           string   `placeholder:"TIME" help:"With --world: as at this time. Now, unless said."`
	Out          string   `placeholder:"FILE" help:"The file to write; it must not be there yet. Standard output, unless said."`
	Manifest     string   `placeholder:"FILE" help:"Also write what it is: generation, digests, the decisions it came from, and what the form cannot carry."`
}

func (exportListCommand) Help() string {
	return "The same decisions give the same bytes. What the platform has no way to say is listed on standard error and in the manifest: it is found by reports, and not stopped. A personal device has no list."
}

func (c *exportListCommand) Run(env *environment) error {
	form := enforce.Named(c.Form)
	if form == nil {
		return fmt.Errorf("%q is no form; the forms are %s, and `portcullis export world` writes the whole register%s", c.Form, strings.Join(enforce.Names(), ", "), meant(c.Form, append(enforce.Names(), "world")))
	}
	q := enforce.Query{Form: c.Form, Organisation: c.Organisation, Host: c.Host, Audit: c.Audit}
	if c.Platform != "" {
		on, ok := policy.ParsePlatform(c.Platform)
		if !ok {
			return fmt.Errorf("--platform: there is no platform %q; the platforms are %s", c.Platform, strings.Join(policy.PlatformWords[1:], ", "))
		}
		q.Platform = on
	}
	if c.Organisation == "" && c.Host == "" {
		return errors.New("say whose devices it is for: --organisation ID or --host ID")
	}
	made, err := c.artefact(env, q)
	if err != nil {
		return err
	}
	if c.Manifest != "" {
		err = writeNew(c.Manifest, func(file *os.File) error { return made.WriteManifest(file) })
	}
	if err == nil && c.Out != "" {
		err = writeNew(c.Out, func(file *os.File) error {
			_, err := file.Write(made.Data)
			return err
		})
	} else if err == nil {
		_, err = env.out.Write(made.Data)
	}
	if err != nil {
		return err
	}
	return notCarried(env.err, made.Left)
}

// notCarried says what of a list an artefact does not carry.
func notCarried(w io.Writer, left []platform.Left) error {
	for _, l := range left {
		if _, err := fmt.Fprintf(w, "not carried: %s: %s\n", cmp.Or(l.Identifier, "the list as a whole"), l.Reason); err != nil {
			return err
		}
	}
	return nil
}

func (c *exportListCommand) artefact(env *environment, q enforce.Query) (made *enforce.Artefact, err error) {
	if c.World != "" {
		if c.Data != "" || c.Database != "" {
			return nil, errors.New("say either --world or where a server's data is, not both")
		}
		return c.offline(env, q)
	}
	if len(c.Hosts) > 0 || c.At != "" {
		return nil, errors.New("--hosts and --at go with --world")
	}
	return made, c.in(env, true, func(r *rooms) error {
		room, err := r.openDevices(env)
		if err != nil {
			return err
		}
		lists := &enforce.Room{People: r.people, Fleet: room.Fleet}
		made, err = lists.Artefact(env, atCommand, q)
		err = flagged(err, "organisation", "host", "platform", "audit")
		if c.Host != "" {
			return hostMeant(err, c.Host, room.Fleet.Index())
		}
		return orMeant(err, c.Organisation, idsOf(room.Fleet.View().World.Organisations))
	})
}

// offline makes an artefact from files.
func (c *exportListCommand) offline(env *environment, q enforce.Query) (*enforce.Artefact, error) {
	at := env.now()
	if c.At != "" {
		asked, err := timeFlag("at", c.At)
		if err != nil {
			return nil, err
		}
		at = asked.Time()
	}
	loaded, err := world.Load(c.World, c.Hosts, world.Options{})
	if err != nil {
		return nil, err
	}
	made, err := fromFiles(loaded, q, at)
	return made, errors.Join(err, loaded.Close())
}

func fromFiles(loaded *world.Loaded, q enforce.Query, at time.Time) (*enforce.Artefact, error) {
	p, err := policy.Compile(&loaded.World, at)
	if err != nil {
		return nil, err
	}
	var host *policy.Host
	for i := range loaded.Hosts.Len() {
		if q.Host != "" && loaded.Hosts.ID(i) == q.Host {
			host = &policy.Host{}
			if err := loaded.Hosts.Read(i, host); err != nil {
				return nil, err
			}
		}
	}
	if q.Host != "" && host == nil {
		ids := make([]string, loaded.Hosts.Len())
		for i := range ids {
			ids[i] = loaded.Hosts.ID(i)
		}
		return nil, orMeant(fmt.Errorf("--host: the files have no device %q", q.Host), q.Host, ids)
	}
	made, err := enforce.New(&loaded.World, p, 0, at).Artefact(q, host)
	err = flagged(err, "organisation", "host", "platform", "audit")
	return made, orMeant(err, q.Organisation, idsOf(loaded.World.Organisations))
}
