package main

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/mail"

	"portcullis/alerts"
	"portcullis/internal/fault"
	"portcullis/people"
)

type bounceCommand struct{ database }

func (bounceCommand) Help() string {
	return "A mail server calls it for what comes back to the sender's address, with the mail on standard input: in Postfix by a line in aliases, such as portcullis: \"|portcullis bounce --data DIR\". " +
		"What is no report about a mail of ours is said on the error stream and passed over with status 0, so that the mail server does not report in its turn."
}

// largestReport is how large a mail may be that comes back: reports hold the head of the mail, seldom more.
const largestReport = 10 << 20

func (c *bounceCommand) Run(env *environment) error {
	report, err := io.ReadAll(io.LimitReader(env.in, largestReport+1))
	switch {
	case err != nil:
		return err
	case len(report) > largestReport:
		env.note("The mail is larger than %d MiB: it is no report about one of ours.", largestReport>>20)
		return nil
	}
	return c.in(env, true, func(r *rooms) error {
		outbox, err := alerts.New(alerts.Config{Base: "http://localhost", Domain: "localhost", MailboxOf: people.MailboxOf, Ledger: r.people.Ledger, Chance: rand.Reader})
		if err != nil {
			return err
		}
		delivery, err := alerts.Desk{People: r.people, Outbox: outbox}.TakeBounce(env, atCommand, report)
		var f *fault.Error
		if errors.As(err, &f) {
			env.note("%s.%s", f.Message, subjectOf(report))
			return nil
		}
		if err == nil {
			_, err = fmt.Fprintln(env.out, delivery)
		}
		return err
	})
}

// subjectOf names a mail by its subject, where it has one.
func subjectOf(raw []byte) string {
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil || message.Header.Get("Subject") == "" {
		return ""
	}
	return fmt.Sprintf(" Its subject: %s", message.Header.Get("Subject"))
}
