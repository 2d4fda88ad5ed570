package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"time"
	"unique"

	"portcullis/demo"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

const (
	// macsTake is how long it takes until all Macs of a demonstration have fetched what was decided.
	macsTake = 50 * time.Second
	// macsRest is how long they wait where nothing is decided: as long as the server tells them to.
	macsRest = 10 * time.Minute
	// macsLook is how often it is looked whether something was decided.
	macsLook = 250 * time.Millisecond
	// macsAway is for how long a Mac has not been heard from that stays silent: its holder is out of office.
	macsAway = 14 * 24 * time.Hour
)

// macs are the Macs that a demonstration plays: clients of Santa's sync protocol (v1) on the server's own address, each
// with a key of its own. As pushed notes make real ones do, they come soon after something was decided, each after a
// delay of its own.
type macs struct {
	all     []*mac // by their delays
	decided func() store.Generation
	client  *http.Client
}

// mac is one of them, with what Santa knows of itself.
type mac struct {
	host, base string
	delay      time.Duration
	mode       string
	rules      map[unique.Handle[macRule]]struct{}
}

// macRule is what a rule is about.
type macRule struct {
	Type       string `json:"rule_type"`
	Identifier string `json:"identifier"`
}

// macs gives a key to every Mac that the ban of the story reaches and that has been heard from of late, as `portcullis
// agents keys` makes them.
func (a *assembly) macs(ctx context.Context, g *demo.Demo, address string) (*macs, error) {
	token, err := a.people.MakeToken(ctx, atCommand, "Keys for the Macs that the demonstration plays", people.Grant{Role: people.DeviceAdministrator, Organisation: people.Everywhere}, store.Time{})
	if err != nil {
		return nil, err
	}
	m := &macs{decided: func() store.Generation { return a.devices.Fleet.View().Generation }, client: &http.Client{Transport: &http.Transport{}}}
	within := map[string]bool{g.Draft.Scope: true}
	for _, o := range g.World.Organisations { // parents come before what is below them
		within[o.ID] = within[o.ID] || within[o.Parent]
	}
	for h := range g.Hosts() {
		if h.Platform != policy.MacOS || !within[h.Organisation] || g.Now.Sub(h.LastHeard) > macsAway {
			continue
		}
		base := address + "/santa/" + url.PathEscape(token.ID) + "/" + url.PathEscape(h.ID) + "/" + people.DeviceKey(token.Secret, h.ID, 0) + "/"
		drawn := fnv.New32a()
		_, _ = drawn.Write([]byte(h.ID)) // which never fails
		delay := macsTake * time.Duration(drawn.Sum32()%1000) / 1000
		m.all = append(m.all, &mac{host: h.ID, base: base, delay: delay, mode: "LOCKDOWN", rules: map[unique.Handle[macRule]]struct{}{}})
	}
	slices.SortFunc(m.all, func(a, b *mac) int { return cmp.Or(cmp.Compare(a.delay, b.delay), cmp.Compare(a.host, b.host)) })
	return m, nil
}

// run has each sync after something was decided, and where nothing is, after macsRest, until the context ends.
func (m *macs) run(ctx context.Context) {
	defer m.client.CloseIdleConnections()
	look := time.NewTicker(macsLook)
	defer look.Stop()
	var known store.Generation
	var began time.Time
	next := 0
	for {
		if now := m.decided(); now != known || time.Since(began) > macsRest {
			known, began, next = now, time.Now(), 0
		}
		for ; next < len(m.all) && time.Since(began) >= m.all[next].delay && ctx.Err() == nil; next++ {
			_ = m.all[next].sync(ctx, m.client) // one that fails comes again the next time, as Santa does
		}
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}

// sync is one whole sync.
func (m *mac) sync(ctx context.Context, client *http.Client) error {
	counts := map[string]int{}
	for r := range m.rules {
		counts[r.Value().Type]++
	}
	told, err := m.post(ctx, client, "preflight", macSays{
		Hostname: m.host, Mode: m.mode, Binaries: counts["BINARY"], Certificates: counts["CERTIFICATE"], Teams: counts["TEAMID"], SigningIDs: counts["SIGNINGID"], CDHashes: counts["CDHASH"],
	})
	if err != nil {
		return err
	}
	var all []macToldRule
	for cursor := ""; ; {
		page, err := m.post(ctx, client, "ruledownload", macSays{Cursor: cursor})
		if err != nil {
			return err
		}
		all = append(all, page.Rules...)
		if cursor = page.Cursor; cursor == "" {
			break
		}
	}
	m.apply(all, told.Type == "CLEAN")
	_, err = m.post(ctx, client, "postflight", macSays{Received: len(all), Processed: len(all), Type: told.Type})
	m.mode = told.Mode
	return err
}

// apply does what the rules of a sync say; clean is that what was there before goes.
func (m *mac) apply(all []macToldRule, clean bool) {
	if clean {
		clear(m.rules)
	}
	for _, r := range all {
		if about := unique.Make(r.macRule); r.Policy == "REMOVE" {
			delete(m.rules, about)
		} else {
			m.rules[about] = struct{}{}
		}
	}
}

// macSays is what these Macs say in all stages together, and macTold what they read of the answers.
type (
	macSays struct {
		Machine      string `json:"machine_id"`
		Hostname     string `json:"hostname,omitempty"`
		Mode         string `json:"client_mode,omitempty"`
		Binaries     int    `json:"binary_rule_count,omitempty"`
		Certificates int    `json:"certificate_rule_count,omitempty"`
		Teams        int    `json:"teamid_rule_count,omitempty"`
		SigningIDs   int    `json:"signingid_rule_count,omitempty"`
		CDHashes     int    `json:"cdhash_rule_count,omitempty"`
		Cursor       string `json:"cursor,omitempty"`
		Received     int    `json:"rules_received,omitempty"`
		Processed    int    `json:"rules_processed,omitempty"`
		Type         string `json:"sync_type,omitempty"`
	}
	macTold struct {
		Mode   string        `json:"client_mode"`
		Type   string        `json:"sync_type"`
		Rules  []macToldRule `json:"rules"`
		Cursor string        `json:"cursor"`
	}
	macToldRule struct {
		macRule
		Policy string `json:"policy"`
	}
)

// post says something in a stage, and returns what is answered.
func (m *mac) post(ctx context.Context, client *http.Client, stage string, says macSays) (told macTold, err error) {
	says.Machine = m.host
	body, err := json.Marshal(says)
	if err != nil {
		return told, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.base+stage+"/"+url.PathEscape(m.host), bytes.NewReader(body))
	if err != nil {
		return told, err
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := client.Do(r)
	if err != nil {
		return told, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return told, fmt.Errorf("%s of %s: %s", stage, m.host, response.Status)
	}
	return told, json.NewDecoder(response.Body).Decode(&told)
}
