package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"portcullis/enforce"
	"portcullis/people"
)

type agentsCommand struct {
	Keys agentsKeysCommand `cmd:"" help:"Print a key for each device, made from a program's token; without a server."`
	End  agentsEndCommand  `cmd:"" help:"End all keys of a device at once, because one was seen or the device is lost."`
}

type agentsKeysCommand struct {
	TokenFile string   `required:"" type:"existingfile" placeholder:"FILE" help:"The file with the token's secret, as token create printed it. What the token may do bounds what the keys may."`
	Token     string   `required:"" placeholder:"ID" help:"The token's id, as token list shows it."`
	Form      string   `required:"" enum:"santa,osquery" help:"What the key is for: santa (an address, for SyncBaseURL) or osquery (a secret, for enroll_secret)."`
	URL       string   `name:"url" placeholder:"URL" help:"How devices reach the server; for santa."`
	Epoch     int64    `placeholder:"N" help:"The epoch of the devices' keys, as agents end printed it; 0 for those that never had any ended."`
	Hosts     string   `type:"existingfile" placeholder:"FILE" help:"A file of devices' ids, one a line or the first column of a CSV."`
	Host      []string `arg:"" optional:"" help:"Devices' ids, as the server has them."`
}

func (agentsKeysCommand) Help() string {
	return "The output is CSV: the device's id, and its address or secret, which is a secret either way: it lets its bearer report as that device and fetch its list, and nothing else. Hand each to its own device, by device management. The same token and device give the same key."
}

func (c *agentsKeysCommand) Run(env *environment) error {
	secret, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return err
	}
	hosts, err := c.hosts()
	if err != nil {
		return err
	}
	base := ""
	switch {
	case c.Form != "santa" && c.URL != "":
		return errors.New("--url goes with --form santa: an enroll secret has no address in it")
	case c.Form == "santa":
		if base, err = serverURL(c.URL); err != nil {
			return fmt.Errorf("--url: %w", err)
		}
	}
	out := csv.NewWriter(env.out)
	for _, host := range hosts {
		key := people.DeviceKey(strings.TrimSpace(string(secret)), host, c.Epoch)
		text := c.Token + "." + host + "." + key
		if c.Form == "santa" {
			text = base + "/santa/" + url.PathEscape(c.Token) + "/" + url.PathEscape(host) + "/" + key + "/"
		}
		if err := out.Write([]string{host, text}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// hosts are the devices that are named, and those of the file.
func (c *agentsKeysCommand) hosts() ([]string, error) {
	hosts := c.Host
	if c.Hosts != "" {
		file, err := os.Open(c.Hosts)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		rows := csv.NewReader(bufio.NewReader(file))
		rows.FieldsPerRecord = -1
		all, err := rows.ReadAll()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Hosts, err)
		}
		for _, row := range all {
			hosts = append(hosts, strings.TrimSpace(row[0]))
		}
	}
	if len(hosts) == 0 {
		return nil, errors.New("name the devices, or a file of them with --hosts")
	}
	for _, host := range hosts {
		if host == "" {
			return nil, errors.New("a device's id is empty")
		}
		if c.Form == "santa" && (host == "." || host == "..") { // which is lost on the way of a request
			return nil, fmt.Errorf("no address can name a device whose id is %q: give it another", host)
		}
	}
	return hosts, nil
}

type agentsEndCommand struct {
	database
	Host string `arg:"" help:"The device's id."`
}

func (agentsEndCommand) Help() string {
	return "The output is the epoch of the device's next keys, for agents keys --epoch."
}

func (c *agentsEndCommand) Run(env *environment) error {
	return c.in(env, true, func(r *rooms) error {
		room, err := r.openDevices(env)
		if err != nil {
			return err
		}
		epoch, err := enforce.NewAgents(r.people, room.Fleet, env.now).EndAgent(env, atCommand, c.Host)
		if err != nil {
			return hostMeant(err, c.Host, room.Fleet.Index())
		}
		env.note("All keys of %s have ended.", c.Host)
		_, err = fmt.Fprintln(env.out, epoch)
		return err
	})
}
