package alerts

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"portcullis/store"
)

const (
	// batch is how many deliveries are claimed and handed over at once, and so the most that go
	// twice when a server dies.
	batch = 50
	// hold is how long a claim lasts unless it is renewed, and so how long the others wait for a
	// server that has died. Clocks must agree to well within it.
	hold = 3 * time.Second
	// beat is how often, while a batch is on its way, replies are written down: what was handed over
	// since goes twice when the server dies. Every so many beats the claims are renewed.
	beat       = 100 * time.Millisecond
	renewBeats = 5
	// recordTime is how long writing down may take, and misses how often in a row it may fail before
	// nothing more of the batch is begun: before the claims end.
	recordTime = time.Second
	misses     = 2
	// interval is how often it is looked for what is due.
	interval = 500 * time.Millisecond
	// stale is how old a message may be when it is sent, which matters where nothing could be sent for
	// long: nobody should get last month's warnings in one night.
	stale = 14 * 24 * time.Hour
	// lastTries is how many beats it is tried to write down the last replies of a batch.
	lastTries = 50
)

// Sender sends the deliveries of one channel. Every server runs one for each channel that has a
// transport; what one has claimed no other touches while it lives.
type Sender struct {
	db        *store.DB
	room      *Room
	channel   Channel
	transport Transport
	log       *slog.Logger
}

// NewSender makes the sender of a channel.
func NewSender(db *store.DB, r *Room, c Channel, t Transport, log *slog.Logger) *Sender {
	return &Sender{db: db, room: r, channel: c, transport: t, log: log}
}

// Run sends what falls due, until ctx ends; then it returns once the replies to what was on its way
// are written down. What may pass, such as a database that does not answer, is logged and tried again.
func (s *Sender) Run(ctx context.Context) {
	for {
		n, err := s.Step(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.log.Warn("messages wait to be sent", "channel", s.channel, "error", err)
		case n == batch:
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-s.room.wake[s.channel]:
		case <-time.After(interval):
		}
	}
}

// Step claims a batch of deliveries that are due, sends them, and returns how many it claimed. When
// it returns, the replies are written down, or the error says why not.
func (s *Sender) Step(ctx context.Context) (int, error) {
	claimed, err := s.db.Claim(ctx, dueKind(s.channel), batch, hold)
	if err != nil || len(claimed) == 0 {
		return 0, err
	}
	f := &flight{sender: s, held: map[string]store.Due{}}
	for _, due := range claimed {
		f.held[due.Payload] = due
	}
	outgoing, err := f.begin(ctx)
	if err != nil {
		return 0, fmt.Errorf("writing down what is sent: %w", err)
	}
	return len(claimed), f.send(ctx, outgoing)
}
