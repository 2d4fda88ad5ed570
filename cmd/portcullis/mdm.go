package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/enforce/mdm"
	"portcullis/store"
)

// mdmConfiguration is where NanoMDM is, and KMFDDM.
type mdmConfiguration struct {
	URL                 string `yaml:"url"`
	KeyFile             string `yaml:"key_file"`
	DeclarationsURL     string `yaml:"declarations_url"`
	DeclarationsKeyFile string `yaml:"declarations_key_file"`
	WebhookKeyFile      string `yaml:"webhook_key_file"`
	TokenFile           string `yaml:"token_file"`
	AskHours            int    `yaml:"ask_hours"`

	key, declarationsKey, webhookKey, token string // what the files have
}

// What a device is asked, unless it is said.
const (
	defaultAskHours = 24
	mostAskHours    = 24 * 28
)

// read reads the secrets.
func (c *mdmConfiguration) read(s *strict) {
	for _, file := range []struct {
		key, path string
		into      *string
	}{
		{"mdm.key_file", c.KeyFile, &c.key}, {"mdm.declarations_key_file", c.DeclarationsKeyFile, &c.declarationsKey},
		{"mdm.webhook_key_file", c.WebhookKeyFile, &c.webhookKey}, {"mdm.token_file", c.TokenFile, &c.token},
	} {
		*file.into = s.secret(file.key, file.path)
	}
}

// check notes what is missing, and fills in what is usual.
func (c *mdmConfiguration) check(s *strict) {
	if s.lines["mdm.ask_hours"] == 0 {
		c.AskHours = defaultAskHours
	}
	if c.AskHours < 1 || c.AskHours > mostAskHours {
		s.failAt("mdm.ask_hours", "devices can be asked for their apps every 1 to %d hours", mostAskHours)
	}
	for _, must := range []struct{ key, value, what string }{
		{"mdm.url", c.URL, "NanoMDM's address, such as https://mdm.example"}, {"mdm.key_file", c.KeyFile, "the file of NanoMDM's API key"},
		{"mdm.webhook_key_file", c.WebhookKeyFile, "the file of the key that NanoMDM signs its events with"},
		{"mdm.token_file", c.TokenFile, "the file of a token with the role device-administrator, as which the devices report"},
	} {
		if must.value == "" {
			s.failAt(must.key, "say %s", must.what)
		}
	}
	if (c.DeclarationsURL == "") != (c.DeclarationsKeyFile == "") {
		s.failAt("mdm.declarations_url", "say both declarations_url and declarations_key_file, or neither: without KMFDDM, iPhones and iPads have their list as a profile, and Macs have none")
	}
	for _, address := range []struct{ key, text string }{{"mdm.url", c.URL}, {"mdm.declarations_url", c.DeclarationsURL}} {
		if u, err := url.Parse(address.text); address.text != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "") {
			s.failAt(address.key, "%q is no address of a server: write one such as https://mdm.example", address.text)
		}
	}
}

// leaseOfManager is how long one server alone sees to managed devices, unless it goes on.
const leaseOfManager = 3 * time.Minute

// deviceManager is what speaks with NanoMDM and KMFDDM: what takes events, and a worker.
func deviceManager(c *mdmConfiguration, db *store.DB, managed *enforce.Managed, server string, metrics prometheus.Registerer, now func() time.Time, log *slog.Logger) (http.Handler, func(context.Context)) {
	events := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portcullis_mdm_events_total", Help: "Events of the device manager, by what became of them."}, []string{"result"})
	metrics.MustRegister(events)
	hook := mdm.NewWebhook(c.webhookKey, managed, now, log)
	hook.Count = func(what string) { events.WithLabelValues(what).Inc() }
	client := mdm.NewClient(mdm.Config{URL: c.URL, Key: c.key, DeclarationsURL: c.DeclarationsURL, DeclarationsKey: c.declarationsKey})
	manager := mdm.NewManager(client, managed, c.webhookKey, time.Duration(c.AskHours)*time.Hour, now, log)
	alone := func(ctx context.Context, do func(ctx context.Context) error) (bool, error) {
		_, err := db.Acquire(ctx, "enforce.mdm", server, leaseOfManager)
		if errors.Is(err, store.ErrNotHolder) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		return true, do(ctx)
	}
	return hook, func(ctx context.Context) { manager.Run(ctx, alone) }
}

// managed is the devices of the manager that a configuration names.
func managed(c *mdmConfiguration, lists *enforce.Room, agents *enforce.Agents, intake *devices.Intake) *enforce.Managed {
	return enforce.NewManaged(lists, agents, intake, c.token, "apple-declaration")
}
