package main

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"portcullis/web/api"
)

type zonesCommand struct {
	List   zonesListCommand   `cmd:"" help:"List the zones: whose they are, what passes, and which serial is in force."`
	Show   zonesShowCommand   `cmd:"" help:"Show a zone, with its keys and addresses but without their secrets."`
	Add    zonesAddCommand    `cmd:"" help:"Add a zone. Its key and its address are printed this once."`
	Change zonesChangeCommand `cmd:"" help:"Change which networks a zone passes, and which name servers are told."`
	Rotate zonesRotateCommand `cmd:"" help:"Draw the key or the address of a zone anew. They are printed this once."`
	End    zonesEndCommand    `cmd:"" help:"End a zone, with its keys and addresses, at once."`
}

func (zonesCommand) Help() string {
	return "A zone is a response policy zone, from which a body's name servers answer in place of what is banned. These ask a running server, and can do what the token's role can, and no more. A zone is named by its id or its name."
}

type zonesListCommand struct {
	remote
	output
}

func (c *zonesListCommand) Run(env *environment) error {
	asks, err := c.client()
	if err != nil {
		return err
	}
	items, zones, err := every[api.Zone](env, asks, "/zones", nil, plainly)
	if err != nil {
		return err
	}
	rows := [][]string{{"ID", "NAME", "ORGANISATION", "SERIAL", "SINCE", "PASSES", "TOLD"}}
	for i, z := range zones {
		if c.Format == "json" {
			if _, err := fmt.Fprintln(env.out, safeJSON(items[i])); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, []string{z.ID, z.Name, z.Organisation, serialOf(&z), sinceOf(&z), fmt.Sprint(len(z.Passed)), fmt.Sprint(len(z.Notify))})
	}
	switch {
	case c.Format == "json":
		return nil
	case len(zones) == 0:
		_, err := fmt.Fprintln(env.out, "There is nothing.")
		return err
	}
	out := bufio.NewWriter(env.out)
	writeColumns(out, env.terminal, rows, "", 3)
	return out.Flush()
}

// zoneNamed is a zone that a command is about, by its id or its name.
type zoneNamed struct {
	remote
	Zone string `arg:"" help:"The zone's id or name."`
}

// path is the zone's, and the client to ask for it.
func (c *zoneNamed) path(env *environment) (*client, string, error) {
	asks, err := c.client()
	if err != nil {
		return nil, "", err
	}
	if !strings.Contains(c.Zone, ".") {
		return asks, "/zones/" + url.PathEscape(c.Zone), nil
	}
	_, zones, err := every[api.Zone](env, asks, "/zones", nil, plainly)
	if err != nil {
		return nil, "", err
	}
	for _, z := range zones {
		if strings.EqualFold(z.Name, strings.TrimSuffix(c.Zone, ".")) {
			return asks, "/zones/" + url.PathEscape(z.ID), nil
		}
	}
	return nil, "", fmt.Errorf("there is no zone %s: portcullis zones list shows those that there are", c.Zone)
}

func serialOf(z *api.Zone) string {
	if z.Serial == 0 {
		return "none yet"
	}
	return fmt.Sprint(z.Serial)
}

func sinceOf(z *api.Zone) string {
	if z.Published.IsZero() {
		return ""
	}
	return moment(z.Published)
}

type zonesShowCommand struct {
	zoneNamed
	output
}

func (c *zonesShowCommand) Run(env *environment) error {
	asks, path, err := c.path(env)
	if err != nil {
		return err
	}
	var z api.Zone
	raw, err := asks.get(env, path, nil, &z)
	if err != nil {
		return told(err, plainly, "")
	}
	return c.zone(env, &z, raw)
}

// zone prints a zone.
func (o *output) zone(env *environment, z *api.Zone, raw json.RawMessage) error {
	if o.Format == "json" {
		_, err := fmt.Fprintln(env.out, safeJSON(raw))
		return err
	}
	out := bufio.NewWriter(env.out)
	writeZone(out, z)
	return out.Flush()
}

func writeZone(out io.Writer, z *api.Zone) {
	line := func(name, format string, args ...any) {
		fmt.Fprintln(out, escape(fmt.Sprintf("%-14s"+format, append([]any{name}, args...)...)))
	}
	until := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return ", until " + moment(t)
	}
	line("zone", "%s (%s)", z.Name, z.ID)
	line("organisation", "%s", z.Organisation)
	line("serial", "%s", serialOf(z))
	if z.Serial != 0 {
		line("since", "%s, generation %d", moment(z.Published), z.Generation)
	}
	for _, n := range z.Passed {
		line("passes", "%s", n)
	}
	for _, n := range z.Notify {
		text := n.Address
		if n.Unsigned {
			text += ", unsigned"
		}
		line("tells", "%s", text)
	}
	for _, k := range z.Keys {
		line("key", "%s, %s, made %s%s", k.Name, k.Algorithm, moment(k.Made), until(k.Until))
	}
	for _, a := range z.Addresses {
		line("address", "made %s%s", moment(a.Made), until(a.Until))
	}
}

// zoneLists are the flags for what may change of a zone.
type zoneLists struct {
	Pass           []string `placeholder:"NETWORK" help:"A network whose devices are answered as if there were no zone, such as 192.0.2.0/24. May be given more than once. It exempts all who ask from there, from every ban: the token's role must be one that grants exemptions."`
	Notify         []string `placeholder:"ADDRESS" help:"A name server that is told of changes, such as 192.0.2.53 or [2001:db8::53]:5353. May be given more than once."`
	NotifyUnsigned []string `placeholder:"ADDRESS" help:"The same for one that knows no key, such as Unbound."`
}

func (l *zoneLists) servers() []api.NameServer {
	servers := []api.NameServer{}
	for _, at := range l.Notify {
		servers = append(servers, api.NameServer{Address: at})
	}
	for _, at := range l.NotifyUnsigned {
		servers = append(servers, api.NameServer{Address: at, Unsigned: true})
	}
	return servers
}

// zoneFlag is the flag that is about a field of a zone.
func zoneFlag(field string) string {
	switch field {
	case "passed":
		return "--pass"
	case "notify", "organisation", "hours":
		return "--" + field
	}
	return field
}

type zonesAddCommand struct {
	remote
	output
	zoneLists
	Organisation string `required:"" placeholder:"ID" help:"Whose list the zone has."`
	Name         string `arg:"" help:"The zone's name, such as rpz.harbour.example."`
}

// newZone is a zone as the server takes it.
type newZone struct {
	Name         string           `json:"name"`
	Organisation string           `json:"organisation"`
	Passed       []string         `json:"passed,omitempty"`
	Notify       []api.NameServer `json:"notify,omitempty"`
}

func (c *zonesAddCommand) Run(env *environment) error {
	asks, err := c.client()
	if err != nil {
		return err
	}
	return c.drawn(env, asks, "/zones", newZone{c.Name, c.Organisation, c.Pass, c.servers()})
}

// drawn posts something by which secrets are drawn, and prints them with what they are for.
func (o *output) drawn(env *environment, asks *client, path string, body any) error {
	var z api.NewZone
	raw, err := asks.post(env, path, "", body, &z)
	if err != nil {
		return told(err, zoneFlag, "")
	}
	if o.Format == "json" {
		_, err := fmt.Fprintln(env.out, safeJSON(raw))
		return err
	}
	out := bufio.NewWriter(env.out)
	writeZone(out, &z.Zone)
	fmt.Fprintln(out)
	if k := z.Secrets.Key; k != nil {
		fmt.Fprintf(out, "key %q { algorithm %s; secret %q; };\n", escape(k.Name), escape(k.Algorithm), escape(k.Secret))
	}
	if z.Secrets.Path != "" {
		fmt.Fprintln(out, escape(asks.server+z.Secrets.Path))
	}
	env.note("These are secrets, and are not shown again.")
	return out.Flush()
}

type zonesChangeCommand struct {
	zoneNamed
	output
	zoneLists
	PassNone   bool `help:"No network passes any more."`
	NotifyNone bool `help:"No name server is told any more."`
}

func (zonesChangeCommand) Help() string {
	return "The networks that are said are all that pass from now on, and the name servers all that are told; what is not said stays as it is."
}

// zoneChange is a change as the server takes it.
type zoneChange struct {
	Passed *[]string         `json:"passed,omitempty"`
	Notify *[]api.NameServer `json:"notify,omitempty"`
}

func (c *zonesChangeCommand) change() (zoneChange, error) {
	var change zoneChange
	servers := c.servers()
	if c.PassNone && len(c.Pass) > 0 || c.NotifyNone && len(servers) > 0 {
		return change, errors.New("say which there are, or that there are none, and not both")
	}
	if len(c.Pass) > 0 || c.PassNone {
		passed := append([]string{}, c.Pass...)
		change.Passed = &passed
	}
	if len(servers) > 0 || c.NotifyNone {
		change.Notify = &servers
	}
	if change.Passed == nil && change.Notify == nil {
		return change, errors.New("say what is to change: --pass, --pass-none, --notify, --notify-unsigned or --notify-none")
	}
	return change, nil
}

func (c *zonesChangeCommand) Run(env *environment) error {
	change, err := c.change()
	if err != nil {
		return err
	}
	asks, path, err := c.path(env)
	if err != nil {
		return err
	}
	var z api.Zone
	raw, err := asks.ask(env, request{method: http.MethodPatch, path: path, body: change, key: rand.Text()}, &z)
	if err != nil {
		return told(err, zoneFlag, "")
	}
	return c.zone(env, &z, raw)
}

type zonesRotateCommand struct {
	zoneNamed
	output
	Key     bool `help:"Draw another key."`
	Address bool `help:"Draw another address."`
	Hours   int  `default:"24" placeholder:"N" help:"For how many hours those before are still good: 24 unless said; 0 where others have seen them."`
}

// rotation is what is to be drawn anew, as the server takes it.
type rotation struct {
	Key     bool `json:"key"`
	Address bool `json:"address"`
	Hours   int  `json:"hours"`
}

func (c *zonesRotateCommand) Run(env *environment) error {
	if !c.Key && !c.Address {
		return errors.New("say what is to be drawn anew: --key, --address or both")
	}
	asks, path, err := c.path(env)
	if err != nil {
		return err
	}
	return c.drawn(env, asks, path+"/rotation", rotation{c.Key, c.Address, c.Hours})
}

type zonesEndCommand struct {
	zoneNamed
}

func (zonesEndCommand) Help() string {
	return "Name servers go on with the zone that they have until they are told otherwise in their own configuration, or until it expires after four weeks."
}

func (c *zonesEndCommand) Run(env *environment) error {
	asks, path, err := c.path(env)
	if err != nil {
		return err
	}
	if _, err := asks.ask(env, request{method: http.MethodDelete, path: path}, nil); err != nil {
		return told(err, plainly, "")
	}
	env.note("The zone %s has ended. Name servers that have it keep it for four weeks, unless their configuration drops it.", c.Zone)
	return nil
}
