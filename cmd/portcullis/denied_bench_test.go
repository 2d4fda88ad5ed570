package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"portcullis/enforce"
	"portcullis/people"
	"portcullis/policy"
)

// deniedIn bans products one after another on a server, and returns how long it takes from the second signature until
// what is fetched next for one body comes of a list that has the ban, in every form: the median, and the most. All forms are
// asked for at once, again and again.
func deniedIn(b *testing.B, data, address string, w *policy.World) (middle, most time.Duration) {
	b.Helper()
	var proposer, signer, fetcher load
	for _, l := range []*load{&proposer, &signer, &fetcher} {
		l.address.Store(address)
	}
	env := &environment{Context: b.Context(), in: os.Stdin, out: io.Discard, err: io.Discard, now: time.Now}
	err := (&database{Data: data}).in(env, false, func(r *rooms) error {
		for _, is := range []struct {
			into *load
			role people.Role
		}{{&proposer, people.CentreOfficer}, {&signer, people.CentreOfficer}, {&fetcher, people.SecurityOfficer}} {
			made, err := r.people.MakeToken(env, atCommand, "bench", people.Grant{Role: is.role, Organisation: people.Everywhere}, people.Time{})
			if err != nil {
				return err
			}
			is.into.token = made.Secret
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	var took []time.Duration
	for n := range 7 {
		proposed := proposer.ask(b, "POST", "/proposals", fmt.Sprint("ban-", n), map[string]any{"kind": "ban", "reason": "x", "narrower": "y", "rule": map[string]any{
			"effect": "ban", "target": map[string]string{"product": w.Products[600+n].ID}, "scope": w.Organisations[0].ID, "components": true, "clearance": "none"}})
		before := map[string]int64{}
		for _, form := range enforce.Names() {
			before[form] = fetcher.manifest(b, form, w.Organisations[1].ID).Generation
		}
		open := signer.proposal(b, proposed)
		began := time.Now()
		signer.ask(b, "POST", "/proposals/"+proposed+"/steps", fmt.Sprint("sign-", n), map[string]any{"act": "sign", "version": open.Version, "affirmed": open.Reach.Either})
		var wait sync.WaitGroup
		for _, form := range enforce.Names() {
			wait.Go(func() {
				for fetcher.manifest(b, form, w.Organisations[1].ID).Generation <= before[form] && time.Since(began) < time.Minute {
					<-time.After(5 * time.Millisecond)
				}
			})
		}
		wait.Wait()
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[len(took)/2], took[len(took)-1]
}

// manifest is what a body's artefact of a form is, as it is handed out now.
func (l *load) manifest(b *testing.B, form, organisation string) (m enforce.Manifest) {
	r, err := http.NewRequest("GET", l.address.Load().(string)+"/api/v1/artefacts/"+form+"/manifest?organisation="+organisation, nil)
	if err != nil {
		b.Error(err)
		return m
	}
	r.Header.Set("Authorization", "Bearer "+l.token)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		b.Error(err)
		return m
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&m); err != nil || answer.StatusCode != http.StatusOK {
		b.Errorf("%s: %d %v", form, answer.StatusCode, err)
	}
	return m
}
