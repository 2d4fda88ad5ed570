package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"portcullis/ledger"
	"portcullis/store"
	"portcullis/web"
	"portcullis/web/ui"
)

type serveCommand struct {
	database
	signing
	Config string `placeholder:"FILE" type:"path" help:"What the server is told, as docs/configuration.md has it. What a flag says, wins."`
	Listen string `placeholder:"ADDRESS" help:"Where to answer HTTP: 127.0.0.1:8417 unless said."`
	URL    string `name:"url" placeholder:"URL" help:"How people reach the server: http://localhost and the port unless said."`

	DNSListen string `name:"dns-listen" placeholder:"ADDRESS" help:"Where name servers take zones, by TCP and UDP, such as 192.0.2.1:53: nowhere unless said."`

	demonstration bool
}

// configuration is what the file says and the flags say otherwise.
func (c *serveCommand) configuration() (configuration, error) {
	said, err := loadConfiguration(c.Config)
	if err != nil {
		return said, err
	}
	if c.Data != "" || c.Database != "" {
		said.Data, said.Database = c.Data, c.Database
	}
	for _, flag := range []struct{ said, into *string }{{&c.LedgerKey, &said.LedgerKey}, {&c.Listen, &said.Listen}, {&c.DNSListen, &said.DNSListen}} {
		if *flag.said != "" {
			*flag.into = *flag.said
		}
	}
	if c.URL != "" {
		if said.URL, err = publicURL(c.URL); err != nil {
			return said, fmt.Errorf("--url: %w", err)
		}
	}
	if said.Listen == "" {
		said.Listen = defaultListen
	}
	if said.Index == "" && said.Data != "" {
		said.Index = filepath.Join(said.Data, indexFile)
	}
	return said, nil
}

// indexFile is the snapshot of the devices in the directory of an SQLite database.
const indexFile = "devices.index"

// serverStarted is that a server began to work. The payload has its version.
var serverStarted = ledger.Kind{Name: "server.started", Version: 1}

type startedPayload struct {
	Version string `json:"version"`
}

func (c *serveCommand) Run(env *environment) error {
	log := slog.New(slog.NewTextHandler(env.err, nil))
	said, err := c.configuration()
	if err != nil {
		return err
	}
	db, err := (&database{said.Data, said.Database}).open(env, false)
	if err != nil {
		return err
	}
	defer db.Close()
	key, err := (&signing{said.LedgerKey}).key(env, db, said.Data)
	if err != nil {
		return err
	}
	book, err := ledger.New(rand.Reader, allKinds...)
	if err != nil {
		return err
	}
	holder, err := db.NewID()
	if err != nil {
		return err
	}
	sequencer, err := ledger.NewSequencer(db, book, key, holder, log)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", said.Listen)
	if err != nil {
		return fmt.Errorf("%w: stop what answers there, or say another address with --listen or in the configuration", err)
	}
	names, err := listenDNS(said.DNSListen)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if said.URL == "" {
		said.URL = fmt.Sprintf("http://localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	}
	if c.demonstration {
		said.Notice = "This is a demonstration: nothing here is real, and it goes when it ends"
	}
	server, err := assemble(env, db, book, said, log)
	if err == nil {
		server.handZones(names, log)
	}
	if err == nil && c.demonstration {
		server.parts.Demo, err = server.demonstration(env, "http://"+listener.Addr().String())
	}
	if err == nil {
		err = started(env, db, book, holder)
	}
	if err != nil {
		return errors.Join(err, listener.Close(), names.close())
	}
	settle()
	// From here on whoever stops the server stops it in good order.
	ctx, stop := signal.NotifyContext(env, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if names != nil {
		log.Info("listening for name servers", "at", names.listener.Addr().String())
	}
	log.Info("listening", "address", "http://"+listener.Addr().String(), "url", said.URL, "version", versionText(), "ledger", key.Public)
	if c.demonstration {
		server.invite(env, said.URL, said.Data)
	} else if err := server.welcome(env, said.URL, log); err != nil {
		return errors.Join(err, listener.Close(), names.close())
	}
	return server.run(ctx, sequencer, listener, log)
}

// welcome tells the operator what they should know as the server starts.
func (a *assembly) welcome(ctx context.Context, url string, log *slog.Logger) error {
	if !ui.Built() {
		log.Warn("the pages are plain: this program was built without `make assets`")
	}
	link, err := a.people.FirstLink(ctx)
	if err == nil && link != "" {
		log.Info("nobody is here yet: whoever opens this link becomes the first administrator; it works once, for a day", "link", url+"/join/"+link)
	}
	return err
}

// started records that this server began to work.
func started(ctx context.Context, db *store.DB, book *ledger.Ledger, holder string) error {
	payload, err := json.Marshal(startedPayload{versionText()})
	if err != nil {
		return err
	}
	return db.Write(ctx, func(tx *store.Tx) error {
		_, err := book.Record(tx, ledger.Entry{Kind: serverStarted, Actor: "server", Subjects: []string{holder}, Payload: payload})
		return err
	})
}

// run works until the context ends or a part of the server cannot go on.
func (a *assembly) run(ctx context.Context, sequencer *ledger.Sequencer, listener net.Listener, log *slog.Logger) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	handler := web.Handler(a.parts)
	essential := []func() error{
		func() error { return sequencer.Run(ctx) },
		func() error { return web.Serve(ctx, listener, handler, log) },
	}
	if a.names != nil {
		essential = append(essential, func() error { return a.names(ctx) })
	}
	ended := make(chan error, len(essential))
	for _, work := range essential {
		go func() { ended <- work() }()
	}
	var workers sync.WaitGroup
	for _, work := range a.workers {
		workers.Go(func() { work(ctx) })
	}
	err := <-ended
	stop()
	for range essential[1:] {
		err = errors.Join(err, <-ended)
	}
	workers.Wait()
	return err
}

// readyTime is how long the database may take to answer before the server counts as not ready.
const readyTime = 2 * time.Second

func ready(ctx context.Context, db *store.DB, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	err := db.Read(ctx, func(tx *store.Tx) error {
		_, err := tx.Generation()
		return err
	})
	if err != nil {
		log.Warn("not ready", "error", err)
	}
	return err
}

// resource returns what the ledger has at a path, and nil where it has nothing there.
func resource(ctx context.Context, db *store.DB, path string) (*ledger.Resource, error) {
	var found ledger.Resource
	err := db.Read(ctx, func(tx *store.Tx) (err error) {
		found, err = ledger.Serve(ledger.In(tx), path)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return &found, err
}
