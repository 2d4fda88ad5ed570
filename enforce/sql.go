package enforce

import (
	"errors"

	"portcullis/store"
)

// Agents.

const agentColumns = `host, form, credential, enrolled_at, told,
	offered_digest, offered_generation, offered_at, offered_base, offered_own,
	fetched_digest, fetched_generation, fetched_at,
	confirmed_digest, confirmed_generation, confirmed_at, confirmed_base, confirmed_own`

func (a *Agent) into() []any {
	return []any{&a.Host, &a.Form, &a.Credential, &a.Enrolled, &a.Told,
		&a.Offered.Digest, &a.Offered.Generation, &a.Offered.At, &a.Offered.Base, &a.Offered.Own,
		&a.Fetched.Digest, &a.Fetched.Generation, &a.Fetched.At,
		&a.Confirmed.Digest, &a.Confirmed.Generation, &a.Confirmed.At, &a.Confirmed.Base, &a.Confirmed.Own}
}

func (a *Agent) values() []any {
	return []any{a.Host, a.Form, a.Credential, a.Enrolled, a.Told,
		a.Offered.Digest, a.Offered.Generation, a.Offered.At, a.Offered.Base, a.Offered.Own,
		a.Fetched.Digest, a.Fetched.Generation, a.Fetched.At,
		a.Confirmed.Digest, a.Confirmed.Generation, a.Confirmed.At, a.Confirmed.Base, a.Confirmed.Own}
}

// selectAgent returns the agent of a host for a form; one that has done nothing yet where there is no row.
func selectAgent(tx *store.Tx, host, form string) (Agent, error) {
	a := Agent{}
	err := tx.Row(`SELECT `+agentColumns+` FROM enforce_agents WHERE host = $1 AND form = $2`, []any{host, form}, a.into()...)
	if errors.Is(err, store.ErrNotFound) {
		return Agent{Host: host, Form: form}, nil
	}
	return a, err
}

func upsertAgents(tx *store.Tx, agents []*Agent) error {
	args := make([]any, 0, 18*len(agents))
	for _, a := range agents {
		args = append(args, a.values()...)
	}
	return tx.Insert(`INSERT INTO enforce_agents (`+agentColumns+`)`, 18, `ON CONFLICT (host, form) DO UPDATE SET
	credential = excluded.credential, enrolled_at = excluded.enrolled_at, told = excluded.told,
	offered_digest = excluded.offered_digest, offered_generation = excluded.offered_generation, offered_at = excluded.offered_at, offered_base = excluded.offered_base, offered_own = excluded.offered_own,
	fetched_digest = excluded.fetched_digest, fetched_generation = excluded.fetched_generation, fetched_at = excluded.fetched_at,
	confirmed_digest = excluded.confirmed_digest, confirmed_generation = excluded.confirmed_generation, confirmed_at = excluded.confirmed_at, confirmed_base = excluded.confirmed_base, confirmed_own = excluded.confirmed_own`, args)
}

// touchFetched and touchConfirmed note that agents still have what they had. One that has something else by now is
// left alone, and so is what is later already.
func touchFetched(tx *store.Tx, seen []seen) error {
	return tx.Insert(`INSERT INTO enforce_agents (host, form, fetched_digest, fetched_generation, fetched_at)`, 5, `ON CONFLICT (host, form) DO UPDATE SET
	fetched_generation = excluded.fetched_generation, fetched_at = excluded.fetched_at
	WHERE enforce_agents.fetched_digest = excluded.fetched_digest AND (enforce_agents.fetched_at IS NULL OR enforce_agents.fetched_at < excluded.fetched_at)`, touches(seen))
}

func touchConfirmed(tx *store.Tx, seen []seen) error {
	return tx.Insert(`INSERT INTO enforce_agents (host, form, confirmed_digest, confirmed_generation, confirmed_at)`, 5, `ON CONFLICT (host, form) DO UPDATE SET
	confirmed_generation = excluded.confirmed_generation, confirmed_at = excluded.confirmed_at
	WHERE enforce_agents.confirmed_digest = excluded.confirmed_digest AND enforce_agents.fetched_digest = excluded.confirmed_digest AND enforce_agents.confirmed_at < excluded.confirmed_at`, touches(seen))
}

func touches(seen []seen) (args []any) {
	for i := range seen {
		s := &seen[i]
		args = append(args, s.host, s.form, s.clock.Digest, s.clock.Generation, s.clock.At)
	}
	return args
}

// clearCredentials has the agents of a host sign in anew.
func clearCredentials(tx *store.Tx, host string) error {
	_, err := tx.Exec(`UPDATE enforce_agents SET credential = '' WHERE host = $1`, host)
	return err
}

func insertTaken(tx *store.Tx, args []any) error {
	return tx.Insert(`INSERT INTO enforce_taken (host, form, generation, at)`, 4, `ON CONFLICT (host, form, generation) DO NOTHING`, args)
}

func deleteTaken(tx *store.Tx, before store.Time) error {
	_, err := tx.Exec(`DELETE FROM enforce_taken WHERE at < $1`, before)
	return err
}

// Lists.

func insertList(tx *store.Tx, k Kept) error {
	_, err := tx.Exec(`INSERT INTO enforce_lists (digest, form, data, made_at) VALUES ($1, $2, $3, $4) ON CONFLICT (digest) DO UPDATE SET made_at = excluded.made_at`, k.Digest, k.Form, k.Data, tx.Now())
	return err
}

func selectList(tx *store.Tx, digest string) (data []byte, err error) {
	err = tx.Row(`SELECT data FROM enforce_lists WHERE digest = $1`, []any{digest}, &data)
	return data, err
}

// deleteLists removes lists that no agent has been offered or has confirmed last.
func deleteLists(tx *store.Tx, before store.Time) error {
	_, err := tx.Exec(`DELETE FROM enforce_lists WHERE made_at < $1
	AND NOT EXISTS (SELECT 1 FROM enforce_agents WHERE offered_base = digest) AND NOT EXISTS (SELECT 1 FROM enforce_agents WHERE confirmed_base = digest)`, before)
	return err
}

// Publications.

func selectPublished(tx *store.Tx, p Published) (digest string, err error) {
	err = tx.Row(`SELECT digest FROM enforce_published WHERE form = $1 AND organisation = $2 AND platform = $3 ORDER BY generation DESC, at DESC LIMIT 1`,
		[]any{p.Form, p.Organisation, p.Platform.String()}, &digest)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return digest, err
}

func insertPublished(tx *store.Tx, p Published) error {
	_, err := tx.Exec(`INSERT INTO enforce_published (form, organisation, platform, generation, digest, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (form, organisation, platform, generation, digest) DO NOTHING`,
		p.Form, p.Organisation, p.Platform.String(), p.Generation, p.Digest, tx.Now())
	return err
}

// selectAgents returns the agents of a form whose hosts come after one, in order, at most so many.
func selectAgents(tx *store.Tx, form, after string, limit int) (agents []Agent, err error) {
	err = tx.Rows(`SELECT `+agentColumns+` FROM enforce_agents WHERE form = $1 AND host > $2 ORDER BY host LIMIT $3`, []any{form, after, limit}, func(scan func(into ...any) error) error {
		var a Agent
		err := scan(a.into()...)
		agents = append(agents, a)
		return err
	})
	return agents, err
}
