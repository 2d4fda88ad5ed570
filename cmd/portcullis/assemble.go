package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"portcullis/alerts"
	"portcullis/alerts/mail"
	"portcullis/alerts/webhook"
	"portcullis/approvals"
	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/handbook"
	"portcullis/ledger"
	"portcullis/people"
	"portcullis/people/oidc"
	"portcullis/people/passkey"
	"portcullis/register"
	"portcullis/store"
	"portcullis/vetting"
	vetted "portcullis/vetting/report"
	"portcullis/web"
	"portcullis/web/account"
	"portcullis/web/directory"
	"portcullis/web/gate"
	"portcullis/web/osquery"
	"portcullis/web/santa"
	"portcullis/web/ui"
	"portcullis/web/zones"
)

// assembly is a server whose parts know each other.
type assembly struct {
	people  *people.Room
	devices *devices.Room
	parts   web.Parts
	// workers run until their context ends, each for itself: nothing waits for one but the stop of the server.
	workers []func(context.Context)
	zones   *enforce.Zones
	// names hands zones to name servers; nil where none are to ask.
	names func(context.Context) error
}

// assemble makes the rooms and has the routes show them.
func assemble(env *environment, db *store.DB, book *ledger.Ledger, c configuration, log *slog.Logger) (*assembly, error) {
	room := &people.Room{DB: db, Ledger: book, Chance: rand.Reader, Log: log}
	address, err := url.Parse(c.URL)
	if err != nil {
		return nil, err
	}
	fleet, err := devicesRoom(env, room, c.Index, log)
	if err != nil {
		return nil, err
	}
	intake := devices.NewIntake(fleet, env.now)
	outbox, workers, err := sender(db, book, c, address, log)
	if err != nil {
		return nil, err
	}
	name := "Portcullis"
	if c.Body != "" {
		name += " of " + c.Body
	}
	passkeys, err := passkey.New(passkey.Config{URL: c.URL, Name: name})
	if err != nil {
		return nil, fmt.Errorf("url %s: %w", c.URL, err)
	}
	decisions := &approvals.Room{People: room, Devices: fleet, Outbox: outbox}
	keeper := devices.NewKeeper(fleet.Fleet, fleet.Server, log)
	advice := &handbook.Room{People: room}
	lists, agents := &enforce.Room{People: room, Fleet: fleet.Fleet, Outbox: outbox}, enforce.NewAgents(room, fleet.Fleet, env.now)
	workers = append(workers, func(ctx context.Context) { hours(ctx, log, room, fleet, decisions, advice, agents) }, intake.Run, agents.Run, lists.Run, fleet.Fleet.Run, keeper.Run)
	if c.Index != "" {
		workers = append(workers, func(ctx context.Context) { saveFleet(ctx, fleet.Fleet, c.Index, log) })
	}
	a := &assembly{people: room, devices: fleet, workers: workers}
	g := &gate.Gate{
		People: room, Now: env.now, Log: log, Secure: address.Scheme == "https", Proxies: c.Proxies,
		Frame: ui.Frame{Body: c.Body, Notice: c.Notice}, Navigation: web.Navigation, First: web.First,
	}
	desk := alerts.Desk{People: room, Outbox: outbox}
	area := &account.Area{People: room, Passkeys: passkeys, Gate: g, Now: env.now, Chance: rand.Reader, URL: c.URL, Alerts: desk}
	for _, p := range c.providers() {
		client, err := oidc.Open(p)
		if err != nil {
			return nil, fmt.Errorf("the provider %s: %w", p.ID, err)
		}
		area.Providers = append(area.Providers, client)
	}
	a.parts = web.Parts{
		Gate: g, People: room, Alerts: desk, Intake: intake, Devices: fleet, Register: &register.Room{People: room}, Approvals: decisions, Vetting: vetting.New(room, decisions, fleet.Fleet), Folder: c.Data, Enforce: lists, Handbook: advice, Account: area, URL: address, NamesAt: c.DNSListen, Metrics: newMetrics(db, log),
		Tool:      vetted.Tool{Name: "Portcullis", Version: versionText()},
		Directory: directory.Options{Join: func(link string) string { return c.URL + "/join/" + link }, Link: desk.Link},
		Ready:     func(ctx context.Context) error { return ready(ctx, db, log) },
		Ledger:    func(ctx context.Context, path string) (*ledger.Resource, error) { return resource(ctx, db, path) },
	}
	syncs := enforce.NewSanta(lists, agents, intake, env.now)
	a.parts.Santa = santa.New(syncs, a.parts.Metrics)
	syncs.Count = a.parts.Santa.Count
	a.parts.Osquery = osquery.New(enforce.NewOsquery(agents, intake, rand.Reader, time.Duration(c.OsqueryHours)*time.Hour), a.parts.Metrics)
	a.parts.Santa.XSRF = c.SantaXSRF
	a.zones = enforce.NewZones(lists, env.now)
	a.parts.Zones, a.workers = zones.New(a.zones, a.parts.Metrics, log), append(a.workers, a.zones.Run)
	if c.MDM != nil {
		hook, run := deviceManager(c.MDM, db, managed(c.MDM, lists, agents, intake), fleet.Server, a.parts.Metrics, env.now, log)
		a.parts.DeviceManager, a.workers = hook, append(a.workers, run)
	}
	if c.Mail != nil {
		a.parts.Directory.Deliver = desk.Invite
	}
	return a, nil
}

// sender makes the outbox and what sends from it.
func sender(db *store.DB, book *ledger.Ledger, c configuration, address *url.URL, log *slog.Logger) (*alerts.Room, []func(context.Context), error) {
	from := ""
	if c.Mail != nil {
		from = c.Mail.From
	}
	outbox, err := newOutbox(book, address, from)
	if err != nil {
		return nil, nil, err
	}
	workers := []func(context.Context){
		alerts.NewKeeper(db, outbox, log).Run,
		alerts.NewSender(db, outbox, alerts.Webhook, webhook.New(c.webhooks()), log).Run,
	}
	if c.Mail != nil {
		transport, err := mail.New(*c.mail())
		if err != nil {
			return nil, nil, fmt.Errorf("mail: %w", err)
		}
		workers = append(workers, alerts.NewSender(db, outbox, alerts.Mail, transport, log).Run)
	}
	return outbox, workers, nil
}

// newOutbox is the outbox of a server at an address, which sends mail from another where it sends any.
func newOutbox(book *ledger.Ledger, address *url.URL, from string) (*alerts.Room, error) {
	domain := address.Hostname()
	if from != "" {
		_, domain, _ = strings.Cut(strings.TrimSuffix(from, ">"), "@")
	}
	return alerts.New(alerts.Config{Base: address.String(), Domain: domain, MailboxOf: people.MailboxOf, Ledger: book, Chance: rand.Reader})
}

// hoursEvery is how often it is looked whether an hour's work is due.
const hoursEvery = time.Minute

// hourly is a room with work that falls due each hour.
type hourly interface {
	StartHours(context.Context) error
	Hourly(context.Context) error
}

// hours does what falls due each hour.
func hours(ctx context.Context, log *slog.Logger, rooms ...hourly) {
	for {
		for _, room := range rooms {
			err := room.StartHours(ctx)
			if err == nil {
				err = room.Hourly(ctx)
			}
			if err != nil && ctx.Err() == nil {
				log.Warn("the digest of an hour waits", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(hoursEvery):
		}
	}
}
