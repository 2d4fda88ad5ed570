package people

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"portcullis/internal/fault"
	"portcullis/ledger"
	"portcullis/store"
)

// Room is this room's operations. There is one for each process; it is safe for concurrent use.
type Room struct {
	DB     *store.DB
	Ledger *ledger.Ledger
	// Chance is crypto/rand.Reader, or what stands in for it in a test.
	Chance io.Reader
	Log    *slog.Logger
}

// Actor is who asks, as a face knows it: by what they brought. At most one of the first four is
// set; none of them is somebody who has not signed in.
type Actor struct {
	// Session and Token are the secrets of a session and of a token.
	Session, Token string
	// Agent is a device that speaks for itself.
	Agent Agent
	// Command is whoever holds the database itself in hands, at the command line.
	Command bool
	// Address is where the request came from, for the access log.
	Address string
	// Key makes a change happen once: the same actor with the same key gets the first result again.
	// Digest tells whether it is the same request. Both are empty, or both set.
	Key, Digest string
}

// Who is the actor as the database knows it.
type Who struct {
	// ID stands in the ledger: a person's id, "token:" and a token's, or "command".
	ID     string
	Person string // empty for a program
	Name   string
	// Grants are what they may. A device has none: what it may do is done by RequireFor alone.
	Grants []Grant
	// Device is the host that the actor is, where it is a device that speaks for itself.
	Device string
	// device are the grants of the token that the device's key was made from.
	device []Grant
	// Session is the id of the session, which is not its secret.
	Session string
	// Maker is the person who made the token by which a program acts, if it was not made at the
	// command line: a program does for its maker nothing that they may not do for themselves.
	Maker string
	// stale tells that the last use that is known is some time ago.
	stale bool
}

// Program tells whether the actor is a program with a token.
func (w Who) Program() bool { return strings.HasPrefix(w.ID, "token:") }

// Tx is a transaction on an actor's behalf.
type Tx struct {
	*store.Tx
	room     *Room
	who      Who
	asked    bool
	recorded bool
}

// Who is the actor.
func (tx *Tx) Who() Who { return tx.who }

// refusal is what goes to the access log.
type refusal struct {
	fault        fault.Error
	who          string
	permission   Permission
	organisation string
}

func (r *refusal) Error() string { return r.fault.Message }

func (r *refusal) Unwrap() error { return &r.fault }

// Act runs an operation that changes something, on an actor's behalf, in one transaction. do may run
// more than once. It must ask Require or one of its kin, and Record what it changed, or the
// transaction is not committed.
func Act[T any](ctx context.Context, r *Room, actor Actor, do func(tx *Tx) (T, error)) (result T, err error) {
	var who Who
	err = r.DB.Write(ctx, func(inner *store.Tx) error {
		var none T
		result = none
		tx, err := r.begin(inner, actor)
		if err != nil {
			return err
		}
		who = tx.who
		if repeated, err := tx.repeated(actor, &result); err != nil || repeated {
			return err
		}
		if result, err = do(tx); err != nil {
			return err
		}
		if !tx.asked || !tx.recorded {
			return errors.New("an operation finished without asking for permission, or without recording what it did")
		}
		return tx.remember(actor, result)
	})
	if refused := (*refusal)(nil); actor.Session != "" && fault.Is(err, fault.NotFound) && !errors.As(err, &refused) {
		r.noteMissing(ctx, actor, who)
	}
	return result, r.refused(ctx, actor, err)
}

// noteMissing notes that somebody who has signed in would change what is not there: pages offer nothing of the kind, so
// that an address or a form was altered, or is old. Programs are answered alone: they meet with it every day.
func (r *Room) noteMissing(ctx context.Context, actor Actor, who Who) {
	event := Access{Actor: who.ID, Address: actor.Address, Outcome: "refused", Detail: "something was to be changed that is not there"}
	if failed := r.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error { return r.note(tx, event) }); failed != nil {
		r.Log.Error("a refusal could not be written to the access log", "actor", event.Actor, "error", failed)
	}
}

// See runs an operation that shows something, on an actor's behalf, in one transaction. It must ask
// Require or one of its kin.
func See[T any](ctx context.Context, r *Room, actor Actor, do func(tx *Tx) (T, error)) (result T, err error) {
	err = r.DB.Read(ctx, func(inner *store.Tx) error {
		tx, err := r.begin(inner, actor)
		if err != nil {
			return err
		}
		if result, err = do(tx); err != nil {
			return err
		}
		if !tx.asked {
			return errors.New("an operation finished without asking for permission")
		}
		return nil
	})
	return result, r.refused(ctx, actor, err)
}

// CommandLine is the id of whoever has the database itself in hands.
const CommandLine = "command"

// begin finds out who asks.
func (r *Room) begin(inner *store.Tx, actor Actor) (*Tx, error) {
	tx := &Tx{Tx: inner, room: r}
	var err error
	switch {
	case actor.Command:
		tx.who = Who{ID: CommandLine, Name: "the command line", Grants: []Grant{{Operator, Everywhere}}}
	case actor.Token != "":
		tx.who, err = whoHasToken(inner, actor.Token)
	case actor.Agent != Agent{}:
		tx.who, err = whoIsDevice(inner, actor.Agent)
	case actor.Session != "":
		tx.who, err = whoHasSession(inner, actor.Session)
	default:
		err = errSignedOut
	}
	return tx, err
}

var errSignedOut = &fault.Error{Kind: fault.SignedOut, Message: "you are not signed in, or your session has ended: sign in and try again"}

// refused puts a refusal into the access log, in a transaction of its own, and returns err.
func (r *Room) refused(ctx context.Context, actor Actor, err error) error {
	var refused *refusal
	if !errors.As(err, &refused) {
		return err
	}
	event := Access{Actor: refused.who, Address: actor.Address, Outcome: "refused", Permission: refused.permission, Organisation: shorten(refused.organisation, 300)}
	// The answer is no whether or not it can be written down; that it could not is the operator's to know.
	if failed := r.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error { return r.note(tx, event) }); failed != nil {
		r.Log.Error("a refusal could not be written to the access log", "actor", event.Actor, "permission", event.Permission, "error", failed)
	}
	return err
}

// Require returns a fault unless the actor has the permission in the organisation, which may be
// Everywhere.
func (tx *Tx) Require(p Permission, organisation string) error {
	line := lineOf(p)
	if line == nil {
		return fmt.Errorf("the permission %q is not in the table", p)
	}
	tx.asked = true
	may, err := tx.reaches(line, organisation)
	if err != nil || may {
		return err
	}
	return tx.refuse(p, organisation, "You may not %s here. If you need to, ask your security team", line.What)
}

// RequireFor is Require for what is about one device of the organisation. It is the only way in for that
// device itself, and it lets in no other.
func (tx *Tx) RequireFor(p Permission, organisation, host string) error {
	if tx.who.Device != "" && tx.who.Device != host {
		tx.asked = true
		return tx.refuse(p, organisation, "The key of one device is for that device alone")
	}
	return tx.of(host).Require(p, organisation)
}

// of is the transaction where it is about one device: with what the actor may do for that device.
func (tx *Tx) of(host string) *Tx {
	if tx.who.Device == "" {
		return tx
	}
	tx.asked = true
	narrowed := *tx
	narrowed.who.Grants = tx.who.For(host)
	return &narrowed
}

// For is what the actor may where it is about one device.
func (w Who) For(host string) []Grant {
	if w.Device != "" && w.Device == host {
		return w.device
	}
	return w.Grants
}

// reaches tells whether the actor has a permission in the organisation.
func (tx *Tx) reaches(line *Line, organisation string) (bool, error) {
	roots := tx.roots(line)
	if slices.Contains(roots, Everywhere) {
		return true, nil
	}
	if organisation == Everywhere || len(roots) == 0 {
		return false, nil
	}
	held := func(a string) bool { return slices.Contains(roots, a) }
	chain, err := ancestors(tx.Tx, organisation, tx.Now(), held)
	return err == nil && held(chain[len(chain)-1]), err
}

// roots are the organisations where the actor holds a role of the line.
func (tx *Tx) roots(line *Line) (roots []string) {
	for _, g := range tx.who.Grants {
		if slices.Contains(line.Roles, g.Role) {
			roots = append(roots, g.Organisation)
		}
	}
	return roots
}

// refuse makes the fault that says no, for the access log to take down.
func (tx *Tx) refuse(p Permission, organisation, format string, args ...any) error {
	return &refusal{fault.Error{Kind: fault.Refused, Message: fmt.Sprintf(format, args...)}, tx.who.ID, p, organisation}
}

// Reach asks where the actor has the permission, for a list of what may be seen: Everywhere alone,
// or organisations that stand for themselves and all below them. It returns a fault where that is
// nowhere.
func (tx *Tx) Reach(p Permission) (roots []string, err error) {
	tx.asked = true
	line := lineOf(p)
	if line == nil {
		return nil, fmt.Errorf("the permission %q is not in the table", p)
	}
	roots = tx.roots(line)
	switch {
	case len(roots) == 0:
		return nil, tx.refuse(p, "", "You may not %s. If you need to, ask your security team", line.What)
	case slices.Contains(roots, Everywhere):
		return []string{Everywhere}, nil
	}
	return roots, nil
}

// RequireOwn returns a fault unless the actor is a person, and returns who: for what is their own.
func (tx *Tx) RequireOwn() (person string, err error) {
	tx.asked = true
	if tx.who.Person == "" {
		return "", tx.refuse(Own, "", "This is for people who have signed in, and you are a program")
	}
	return tx.who.Person, nil
}

// RequireDevice returns a fault unless the actor is a device that speaks for itself, and returns which: for what is
// about nothing but itself.
func (tx *Tx) RequireDevice() (host string, err error) {
	tx.asked = true
	if tx.who.Device == "" {
		return "", tx.refuse(Own, "", "This is for devices with a key of their own")
	}
	return tx.who.Device, nil
}

// Record enters what was done in the ledger. The organisation comes first among the subjects;
// Everywhere is an organisation here. The payload is written as JSON.
func (tx *Tx) Record(kind ledger.Kind, organisation string, subjects []string, payload any) error {
	encoded, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("the payload of %s: %w", kind, err)
	}
	tx.recorded = true
	_, err = tx.room.Ledger.Record(tx.Tx, ledger.Entry{
		Kind: kind, Actor: tx.who.ID, Subjects: append([]string{organisation}, subjects...), Payload: encoded,
	})
	return err
}

// NoEntry says that what this transaction does belongs into no ledger, or that it did nothing after
// all; why is for the reader of the code.
func (tx *Tx) NoEntry(why string) { tx.recorded = true }

// Reference makes an id by which an answer is found in the log.
func (r *Room) Reference() (string, error) { return r.DB.NewID() }

// NewID makes an id.
func (tx *Tx) NewID() (string, error) { return store.NewID(tx.Now(), tx.room.Chance) }

// Time, Period and Known are those of the store, for faces, which know no store.
type (
	Time   = store.Time
	Period = store.Period
	Known  = store.Known
)

// TimeOf is t as it is stored.
func TimeOf(t time.Time) Time { return store.TimeOf(t) }

// Entry is what a face needs to know before it answers: who asks, and of which generation the answer
// will be, at least.
type Entry struct {
	Who        Who
	Generation store.Generation
}

// Enter asks whether an actor has a permission somewhere, before a face turns to an operation, which
// asks where. Without one (""), it is for knowing who asks. It also notes that a session or token is
// in use.
func (r *Room) Enter(ctx context.Context, actor Actor, p Permission) (Entry, error) {
	if actor.Session == "" && actor.Token == "" && !actor.Command {
		return Entry{}, errSignedOut // for which nobody need ask the database
	}
	entry, err := See(ctx, r, actor, func(tx *Tx) (e Entry, err error) {
		tx.asked = true // to know oneself needs no leave
		if e.Who, err = tx.who, nil; p != "" && !tx.who.May(p) {
			return e, tx.refuse(p, "", "You may not %s. If you need to, ask your security team", p.What())
		}
		e.Generation, err = tx.Generation()
		return e, err
	})
	if err == nil && entry.Who.stale {
		// Where nothing can be written, what can be shown still is; the session counts as idle meanwhile.
		if err = r.touch(ctx, actor); errors.Is(err, fault.ErrUnavailable) {
			r.Log.Warn("the use of a session or token could not be noted", "actor", entry.Who.ID, "error", err)
			err = nil
		}
	}
	return entry, err
}

// May tells whether the actor has the permission in an organisation, without refusing: for what is shown
// to some and left out for others. It is no Require.
func (tx *Tx) May(p Permission, organisation string) (bool, error) {
	line := lineOf(p)
	if line == nil {
		return false, fmt.Errorf("the permission %q is not in the table", p)
	}
	return tx.reaches(line, organisation)
}

// Allowed tells which of the permissions the actor has in an organisation, for showing the way to what they
// allow. Nothing is refused and nothing noted: the operations themselves ask.
func (r *Room) Allowed(ctx context.Context, actor Actor, organisation string, permissions ...Permission) (map[Permission]bool, error) {
	return See(ctx, r, actor, func(tx *Tx) (map[Permission]bool, error) {
		tx.asked = true // to know what one may needs no leave
		allowed := map[Permission]bool{}
		for _, p := range permissions {
			may, err := tx.May(p, organisation)
			if err != nil {
				return nil, err
			}
			allowed[p] = may
		}
		return allowed, nil
	})
}

// May tells whether the actor has a permission somewhere: whether to show the way to it. The
// operation itself asks where.
func (w Who) May(p Permission) bool {
	if p == Own {
		return w.Person != ""
	}
	line := lineOf(p)
	return line != nil && slices.ContainsFunc(w.Grants, func(g Grant) bool { return slices.Contains(line.Roles, g.Role) })
}
