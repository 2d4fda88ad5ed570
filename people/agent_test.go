package people_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/store"
)

// device is a device with a key that is made from a new token, and the token.
func (h house) device(t *testing.T, role people.Role, organisation, host string) (people.Made, people.Actor) {
	t.Helper()
	made, err := h.MakeToken(t.Context(), command, "keys", people.Grant{Role: role, Organisation: organisation}, h.in(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return made, keyed(made, host, 0)
}

func keyed(made people.Made, host string, epoch int64) people.Actor {
	return people.Actor{Agent: people.Agent{Token: made.ID, Host: host, Key: people.DeviceKey(made.Secret, host, epoch)}}
}

// about asks for leave to report a host, as whoever it is.
func (h house) about(t *testing.T, actor people.Actor, organisation, host string) error {
	t.Helper()
	_, err := people.See(t.Context(), h.Room, actor, func(tx *people.Tx) (none struct{}, err error) {
		return none, tx.RequireFor(people.ReportDevices, organisation, host)
	})
	return err
}

// TestDeviceKeys attacks a device's key: only the whole key of the device itself, made from a token that stands, in
// the present epoch, lets in.
func TestDeviceKeys(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		h.organisation(t, "b", "")
		made, mac := h.device(t, people.DeviceAdministrator, "a", "mac-1")
		if err := h.about(t, mac, "a", "mac-1"); err != nil {
			t.Fatal(err)
		}
		key := mac.Agent.Key
		foreign, _ := h.device(t, people.DeviceAdministrator, "b", "mac-1")
		for name, a := range map[string]people.Agent{
			"another host's key":     {Token: made.ID, Host: "mac-2", Key: key},
			"a truncated key":        {Token: made.ID, Host: "mac-1", Key: key[:len(key)-1]},
			"a lengthened key":       {Token: made.ID, Host: "mac-1", Key: key + "="},
			"another spelling of it": {Token: made.ID, Host: "mac-1", Key: key[:len(key)-1] + string(key[len(key)-1]+1)},
			"no key":                 {Token: made.ID, Host: "mac-1"},
			"the token itself":       {Token: made.ID, Host: "mac-1", Key: made.Secret},
			"another token":          {Token: foreign.ID, Host: "mac-1", Key: key},
			"no such token":          {Token: "x", Host: "mac-1", Key: key},
			"no token":               {Host: "mac-1", Key: key},
			"no host":                {Token: made.ID, Key: people.DeviceKey(made.Secret, "", 0)},
			"a host that ends so":    {Token: made.ID, Host: "mac-1:0", Key: key},
			"not yet begun":          {Token: made.ID, Host: "mac-1", Key: people.DeviceKey(made.Secret, "mac-1", 1)},
			"a NUL":                  {Token: made.ID, Host: "mac-1\x00", Key: key},
			"no text":                {Token: "\xff", Host: "mac-1", Key: key},
		} {
			err := h.about(t, people.Actor{Agent: a}, "a", a.Host)
			want(t, err, fault.SignedOut)
			if err != nil && (strings.Contains(err.Error(), key) || err.Error() != h.about(t, people.Actor{Agent: people.Agent{Token: "y", Host: "z"}}, "a", "z").Error()) {
				t.Errorf("%s: is told apart: %v", name, err)
			}
		}
		if n := len(h.refusals(t)); n != 0 {
			t.Errorf("%d guesses went to the access log: anybody could fill it", n)
		}
		want(t, h.about(t, mac, "a", "mac-2"), fault.Refused)
		want(t, h.about(t, mac, "b", "mac-1"), fault.Refused)
		if found := h.refusals(t); len(found) != 2 || found[0].Actor != "token:"+made.ID {
			t.Errorf("the access log has %+v", found)
		}
		if _, err := h.EndToken(t.Context(), command, made.ID); err != nil {
			t.Fatal(err)
		}
		want(t, h.about(t, mac, "a", "mac-1"), fault.SignedOut)
		second, mac := h.device(t, people.DeviceAdministrator, "a", "mac-1")
		if err := h.about(t, mac, "a", "mac-1"); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(time.Hour)
		want(t, h.about(t, mac, "a", "mac-1"), fault.SignedOut)
		_ = second
	})
}

// TestDeviceKeysRest holds that a device may no more than its key's token, which rests with its maker.
func TestDeviceKeysRest(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		_, member := h.device(t, people.Member, "a", "mac-1")
		want(t, h.about(t, member, "a", "mac-1"), fault.Refused)
		id, officer := h.person(t, "Ada", "a", people.SecurityOfficer)
		made, err := h.MakeToken(t.Context(), officer, "keys", people.Grant{Role: people.DeviceAdministrator, Organisation: "a"}, store.Time{})
		if err != nil {
			t.Fatal(err)
		}
		mac := keyed(made, "mac-1", 0)
		if err := h.about(t, mac, "a", "mac-1"); err != nil {
			t.Fatal(err)
		}
		if _, err := h.TakeRole(t.Context(), command, id, people.Grant{Role: people.SecurityOfficer, Organisation: "a"}, store.Time{}); err != nil {
			t.Fatal(err)
		}
		want(t, h.about(t, mac, "a", "mac-1"), fault.SignedOut)
	})
}

// TestDeviceMayNothingElse has a device with a key of the greatest token try all that the permission table has, by
// every way to ask but the one that is meant for it.
func TestDeviceMayNothingElse(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		_, mac := h.device(t, people.Operator, people.Everywhere, "mac-1")
		for _, line := range people.Table {
			_, err := people.See(t.Context(), h.Room, mac, func(tx *people.Tx) (none struct{}, err error) {
				if may, err := tx.May(line.Permission, "a"); err != nil || may || tx.Who().May(line.Permission) {
					t.Errorf("%s: it may, %v", line.Permission, err)
				}
				roots, err := tx.Reach(line.Permission)
				want(t, err, fault.Refused)
				if len(roots) > 0 {
					t.Errorf("%s reaches %v", line.Permission, roots)
				}
				return none, tx.Require(line.Permission, "a")
			})
			want(t, err, fault.Refused)
			_, err = h.Enter(t.Context(), mac, line.Permission)
			want(t, err, fault.SignedOut)
		}
		_, err := people.See(t.Context(), h.Room, mac, func(tx *people.Tx) (string, error) { return tx.RequireOwn() })
		want(t, err, fault.Refused)
		for _, c := range []struct {
			actor people.Actor
			want  string
		}{{mac, "mac-1"}, {command, ""}} {
			device, err := people.See(t.Context(), h.Room, c.actor, func(tx *people.Tx) (string, error) { return tx.RequireDevice() })
			if device != c.want || fault.Is(err, fault.Refused) != (c.want == "") {
				t.Errorf("the device is %q: %v", device, err)
			}
		}
		_, err = h.MakeToken(t.Context(), mac, "more", people.Grant{Role: people.Staff, Organisation: "a"}, store.Time{})
		want(t, err, fault.Refused)
	})
}

// TestDeviceKeysEnd holds that raising the epoch ends the keys of one device, from whatever token, and no others.
func TestDeviceKeysEnd(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		made, mac := h.device(t, people.DeviceAdministrator, "a", "mac-1")
		_, twin := h.device(t, people.DeviceAdministrator, "a", "mac-1")
		other := keyed(made, "mac-2", 0)
		for n := int64(1); n < 3; n++ {
			epoch, err := people.Act(t.Context(), h.Room, command, func(tx *people.Tx) (int64, error) {
				if err := tx.Require(people.ChangeTokens, "a"); err != nil {
					return 0, err
				}
				return tx.EndDeviceKeys("a", "mac-1")
			})
			if err != nil || epoch != n {
				t.Fatal(epoch, err)
			}
			for _, old := range []people.Actor{mac, twin, keyed(made, "mac-1", n-1)} {
				want(t, h.about(t, old, "a", "mac-1"), fault.SignedOut)
			}
			if err := h.about(t, keyed(made, "mac-1", n), "a", "mac-1"); err != nil {
				t.Error(err)
			}
			if err := h.about(t, other, "a", "mac-2"); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestStandingsOfDevices holds that what is remembered of one device counts for no other, and not for long.
func TestStandingsOfDevices(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		h.organisation(t, "b", "")
		made, mac := h.device(t, people.DeviceAdministrator, "a", "mac-1")
		s := h.standings()
		ask := func(ctx context.Context, actor people.Actor, organisation, host string) bool {
			t.Helper()
			may, err := s.May(ctx, actor, organisation, host)
			if err != nil {
				t.Fatal(err)
			}
			return may
		}
		forged := mac
		forged.Agent.Host = "mac-2"
		cut := mac
		cut.Agent.Key = mac.Agent.Key[1:]
		for range 2 { // found out, and remembered
			for name, c := range map[string]struct {
				actor              people.Actor
				organisation, host string
				want               bool
			}{
				"itself": {mac, "a", "mac-1", true}, "itself elsewhere": {mac, "b", "mac-1", false}, "another host": {mac, "a", "mac-2", false},
				"forged": {forged, "a", "mac-2", false}, "forged for the first": {forged, "a", "mac-1", false}, "cut": {cut, "a", "mac-1", false},
			} {
				if got := ask(t.Context(), c.actor, c.organisation, c.host); got != c.want {
					t.Errorf("%s: %t", name, got)
				}
			}
		}
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if !ask(cancelled, mac, "a", "mac-1") {
			t.Error("nothing is remembered")
		}
		if _, err := h.EndToken(t.Context(), command, made.ID); err != nil {
			t.Fatal(err)
		}
		h.clock.Advance(time.Second)
		if ask(t.Context(), mac, "a", "mac-1") {
			t.Error("remembered for longer than a second")
		}
	})
}

// TestNoteUse notes that the token of a key is in use.
func TestNoteUse(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		made, _ := h.device(t, people.DeviceAdministrator, "a", "mac-1")
		err := h.DB.Write(t.Context(), func(tx *store.Tx) error { return people.NoteUse(tx, []string{made.ID, "none"}) })
		if err != nil {
			t.Fatal(err)
		}
		if seen, err := h.Token(t.Context(), command, made.ID); err != nil || seen.Used != h.in(0) {
			t.Errorf("used: %+v, %v", seen, err)
		}
	})
}

// TestNodeKeys attacks what stands for a device's key: it is good with its nonce alone, and ends with the key.
func TestNodeKeys(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "a", "")
		made, mac := h.device(t, people.DeviceAdministrator, "a", "mac-1")
		node := mac.Agent
		node.Nonce = "n1"
		node.Key = people.NodeKey(mac.Agent.Key, node.Nonce)
		if err := h.about(t, people.Actor{Agent: node}, "a", "mac-1"); err != nil {
			t.Fatal(err)
		}
		want(t, h.about(t, people.Actor{Agent: node}, "a", "mac-2"), fault.Refused)
		for name, change := range map[string]func(a *people.Agent){
			"another nonce":      func(a *people.Agent) { a.Nonce = "n2" },
			"no nonce":           func(a *people.Agent) { a.Nonce = "" },
			"another host":       func(a *people.Agent) { a.Host = "mac-2" },
			"the device's key":   func(a *people.Agent) { a.Key = mac.Agent.Key },
			"no key":             func(a *people.Agent) { a.Key = "" },
			"the token's secret": func(a *people.Agent) { a.Key = people.NodeKey(made.Secret, a.Nonce) },
		} {
			attack := node
			change(&attack)
			if err := h.about(t, people.Actor{Agent: attack}, "a", attack.Host); !fault.Is(err, fault.SignedOut) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := h.EndToken(t.Context(), command, made.ID); err != nil {
			t.Fatal(err)
		}
		want(t, h.about(t, people.Actor{Agent: node}, "a", "mac-1"), fault.SignedOut)
	})
}
