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
	Change zonesChangeCommand `cmd:"" help:"Change which name servers are told, or have fewer networks pass."`
	Pass   zonesPassCommand   `cmd:"" help:"Propose that a zone pass a network. It passes when another person has agreed, until its end."`
	Answer zonesAnswerCommand `cmd:"" help:"Agree, as the second person, that a zone pass a network, or refuse it, or take back what one has proposed oneself."`
	Rotate zonesRotateCommand `cmd:"" help:"Draw the key or the address of a zone anew. They are printed this once."`
	End    zonesEndCommand    `cmd:"" help:"End a zone, with its keys and addresses, at once."`
}

func (zonesCommand) Help() string {
	return "A zone is a response policy zone, from which a body's name servers answer in place of what is banned. " + asksServer + ". A zone is named by its id or its name."
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
	for _, n := range z.Networks {
		switch n.State {
		case "passes":
			line("passes", "%s, until %s (%s)", n.Network, moment(n.Until), n.ID)
		case "open":
			line("to pass", "%s, until %s, waits for a second person (%s): %s", n.Network, moment(n.Until), n.ID, n.Reason)
		}
	}
	for _, n := range z.Notify {
		text := n.Address
		if n.Unsigned {
			text += ", unsigned"
		}
		line("tells", "%s", text)
	}
	fetched := func(f api.ZoneFetched) string {
		if f.Fetched.IsZero() {
			return ", never fetched"
		}
		return fmt.Sprintf(", last fetched %s: serial %d", moment(f.Fetched), f.Serial)
	}
	for _, k := range z.Keys {
		line("key", "%s, %s, made %s%s%s", k.Name, k.Algorithm, moment(k.Made), until(k.Until), fetched(k.ZoneFetched))
	}
	for _, a := range z.Addresses {
		line("address", "made %s%s%s", moment(a.Made), until(a.Until), fetched(a.ZoneFetched))
	}
}

// zoneLists are the flags for who is told of a zone.
type zoneLists struct {
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
		return "--still-pass"
	case "why":
		return "--reason"
	case "notify", "organisation", "hours", "until", "reason":
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
	Notify       []api.NameServer `json:"notify,omitempty"`
}

func (c *zonesAddCommand) Run(env *environment) error {
	asks, err := c.client()
	if err != nil {
		return err
	}
	return c.drawn(env, asks, "/zones", newZone{c.Name, c.Organisation, c.servers()})
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
	StillPass  []string `placeholder:"NETWORK" help:"A network, or part of one, that goes on passing: those that are not named pass no longer. May be given more than once."`
	PassNone   bool     `help:"No network passes any more."`
	NotifyNone bool     `help:"No name server is told any more."`
}

func (zonesChangeCommand) Help() string {
	return "The name servers that are said are all that are told from now on, and the networks all that still pass; what is not said stays as it is. More networks pass when two people say so: portcullis zones pass."
}

// zoneChange is a change as the server takes it.
type zoneChange struct {
	Passed *[]string         `json:"passed,omitempty"`
	Notify *[]api.NameServer `json:"notify,omitempty"`
}

func (c *zonesChangeCommand) change() (zoneChange, error) {
	var change zoneChange
	servers := c.servers()
	if c.PassNone && len(c.StillPass) > 0 || c.NotifyNone && len(servers) > 0 {
		return change, errors.New("say which there are, or that there are none, and not both")
	}
	if len(c.StillPass) > 0 || c.PassNone {
		passed := append([]string{}, c.StillPass...)
		change.Passed = &passed
	}
	if len(servers) > 0 || c.NotifyNone {
		change.Notify = &servers
	}
	if change.Passed == nil && change.Notify == nil {
		return change, errors.New("say what is to change: --still-pass, --pass-none, --notify, --notify-unsigned or --notify-none")
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

type zonesPassCommand struct {
	zoneNamed
	output
	Network string `arg:"" help:"The network, such as 192.0.2.0/24, 2001:db8::/32 or one address."`
	Until   string `required:"" placeholder:"TIME" help:"When it passes no longer: a day, at whose midnight (UTC) it ends, or a time such as 2026-03-31T17:00:00Z."`
	Reason  string `required:"" placeholder:"TEXT" help:"Why. Whoever agrees reads it."`
}

func (zonesPassCommand) Help() string {
	return "Whoever asks from a network that passes is answered as if nothing were banned. So it takes two people, or programs of two: who keeps the zone proposes it, and another agrees who signs exemptions there. A token that was made at the command line is nobody's, and does neither."
}

// newNetwork is a network as the server takes it.
type newNetwork struct {
	Network string    `json:"network"`
	Until   time.Time `json:"until"`
	Reason  string    `json:"reason"`
}

func (c *zonesPassCommand) Run(env *environment) error {
	until, err := timeFlag("until", c.Until)
	if err != nil {
		return err
	}
	asks, path, err := c.path(env)
	if err != nil {
		return err
	}
	var n api.ZoneNetwork
	raw, err := asks.post(env, path+"/networks", rand.Text(), newNetwork{c.Network, until.Time(), c.Reason}, &n)
	if err != nil {
		return told(err, zoneFlag, "")
	}
	return c.network(env, &n, raw)
}

// network prints a network.
func (o *output) network(env *environment, n *api.ZoneNetwork, raw json.RawMessage) error {
	if o.Format == "json" {
		_, err := fmt.Fprintln(env.out, safeJSON(raw))
		return err
	}
	text := map[string]string{"open": "waits for a second person", "passes": "passes, until " + moment(n.Until), "refused": "is refused", "taken-back": "is taken back"}[n.State]
	_, err := fmt.Fprintln(env.out, escape(n.ID), escape(n.Network), escape(text))
	return err
}

type zonesAnswerCommand struct {
	zoneNamed
	output
	Network string `arg:"" help:"The id of what is proposed, as zones show has it."`
	Agree   bool   `help:"Agree: it passes at once."`
	Refuse  bool   `help:"Refuse it, with a reason."`
	Back    bool   `name:"take-back" help:"Take back what you have proposed yourself."`
	Reason  string `placeholder:"TEXT" help:"Why you refuse."`
}

// networkAnswer is an answer as the server takes it.
type networkAnswer struct {
	Agree bool   `json:"agree"`
	Why   string `json:"why,omitempty"`
}

func (c *zonesAnswerCommand) Run(env *environment) error {
	said := 0
	for _, is := range []bool{c.Agree, c.Refuse, c.Back} {
		if is {
			said++
		}
	}
	if said != 1 {
		return errors.New("say one of --agree, --refuse and --take-back")
	}
	asks, path, err := c.path(env)
	if err != nil {
		return err
	}
	path += "/networks/" + url.PathEscape(c.Network)
	var body any = networkAnswer{c.Agree, c.Reason}
	if path += "/answer"; c.Back {
		path, body = strings.TrimSuffix(path, "/answer")+"/take-back", nil
	}
	var n api.ZoneNetwork
	raw, err := asks.post(env, path, rand.Text(), body, &n)
	if err != nil {
		return told(err, zoneFlag, "")
	}
	return c.network(env, &n, raw)
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
