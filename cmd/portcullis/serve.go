package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"portcullis/ledger"
	"portcullis/store"
	"portcullis/web"
)

type serveCommand struct {
	database
	signing
	Listen string `default:"127.0.0.1:8417" placeholder:"ADDRESS" help:"Where to answer HTTP."`
}

// serverStarted is that a server began to work. The payload has its version.
var serverStarted = ledger.Kind{Name: "server.started", Version: 1}

type startedPayload struct {
	Version string `json:"version"`
}

func (c *serveCommand) Run(env *environment) error {
	log := slog.New(slog.NewTextHandler(env.err, nil))
	db, err := c.open(env)
	if err != nil {
		return err
	}
	defer db.Close()
	key, err := c.key(c.Data)
	if err != nil {
		return err
	}
	book, err := ledger.New(rand.Reader, serverStarted)
	if err != nil {
		return err
	}
	holder, err := store.NewID(store.TimeOf(env.now()), rand.Reader)
	if err != nil {
		return err
	}
	sequencer, err := ledger.NewSequencer(db, book, key, holder, log)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return err
	}
	if err := started(env, db, book, holder); err != nil {
		return errors.Join(err, listener.Close())
	}
	log.Info("listening", "address", "http://"+listener.Addr().String(), "version", versionText(), "ledger", key.Public)
	return c.run(env, db, sequencer, listener, log)
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
func (c *serveCommand) run(env *environment, db *store.DB, sequencer *ledger.Sequencer, listener net.Listener, log *slog.Logger) error {
	ctx, stop := signal.NotifyContext(env, os.Interrupt, syscall.SIGTERM)
	defer stop()
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	handler := web.Handler(web.Parts{
		Ready:   func(ctx context.Context) error { return ready(ctx, db, log) },
		Ledger:  func(ctx context.Context, path string) (*ledger.Resource, error) { return resource(ctx, db, path) },
		Metrics: metrics,
	})
	ended := make(chan error, 2)
	go func() { ended <- sequencer.Run(ctx) }()
	go func() { ended <- web.Serve(ctx, listener, handler, log) }()
	first := <-ended
	stop()
	return errors.Join(first, <-ended)
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
