package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	headerSize = 64 << 10
	// stopTime is how long requests that are under way may take once the server is to stop.
	stopTime = 20 * time.Second
)

// limits are what one connection may cost in time: until the head of a request is there, until all of
// it is, until the answer has been taken (from the end of the head on), and between two requests.
type limits struct{ header, body, answer, idle time.Duration }

var usual = limits{header: 10 * time.Second, body: 60 * time.Second, answer: 3 * time.Minute, idle: 2 * time.Minute}

// Serve answers on l until ctx ends, and then lets the requests that are under way finish.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) error {
	return serve(ctx, l, h, log, usual)
}

func serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger, limit limits) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: limit.header, ReadTimeout: limit.body, WriteTimeout: limit.answer, IdleTimeout: limit.idle, MaxHeaderBytes: headerSize,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		stopped <- server.Shutdown(grace)
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}
