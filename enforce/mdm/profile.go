package mdm

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"portcullis/enforce"
	"portcullis/platform/apple"
	"portcullis/policy"
)

// profileForm is the form in which devices have their list that know no declarations of apps.
const profileForm = "apple-profile"

// How a device has a list, which is kept with what it was offered: by the profile with the UUID that follows, or by
// none. Where it is another word, it is the set of declarations that the device is in.
const (
	byProfile = "profile:"
	noProfile = byProfile + "none"
)

// declares is the first version of a system that knows declarations of apps.
const declares = 27

// profiled tells whether a device is to have its list as a profile: an iPhone or iPad whose system is too old for a
// declaration, or says so, and each where there is no KMFDDM to give one.
func (m *Manager) profiled(d *enforce.ManagedDevice) bool {
	if d.Want.Platform != policy.IOS {
		return false
	}
	if m.client.config.DeclarationsURL == "" {
		return true
	}
	major, _, _ := strings.Cut(d.Said.System.Version, ".")
	if version, err := strconv.Atoi(major); err == nil {
		return version < declares
	}
	return d.Said.Undeclared
}

// give gives a device what it is to have: a declaration or a profile, and never both. Who had the one is given the
// other when the first is gone.
func (m *Manager) give(ctx context.Context, d *enforce.ManagedDevice) error {
	had := strings.HasPrefix(string(d.Offered.Own), byProfile)
	if d.Want != nil && !m.profiled(d) && !had {
		return m.declare(ctx, d)
	}
	if err := m.place(ctx, d.Host, ""); err != nil {
		return err
	}
	switch {
	case d.Want != nil && m.profiled(d):
		return m.profile(ctx, d)
	case had:
		return m.withdraw(ctx, d)
	}
	return nil
}

// profile gives a device its profile, and asks whether it still has it. A device says so itself: see answered.
func (m *Manager) profile(ctx context.Context, d *enforce.ManagedDevice) error {
	own, offered := byProfile+apple.ProfileUUID(d.Want.Digest()), d.Offered
	if offered.Digest != d.Want.Digest() || string(offered.Own) != own {
		var err error
		if offered, err = m.devices.Offer(ctx, d, own); err != nil {
			return err
		}
	} else if d.Confirmed.Digest == offered.Digest && string(d.Confirmed.Own) == own {
		return m.still(ctx, d)
	} else if took := d.Fetched.Digest == offered.Digest && !d.Fetched.At.Before(offered.At); took && d.Said.Profiles.Before(d.Fetched.At.Time()) {
		return m.tell(ctx, d.Host, listProfiles, offered.At.Time(), nil) // it took it after it listed what it has
	}
	return m.tell(ctx, d.Host, installProfile, offered.At.Time(), func(id string) ([]byte, error) {
		a, err := m.artefact(d.Want)
		if err != nil {
			return nil, err
		}
		return apple.InstallProfile(id, a.Data), nil
	})
}

// still notes that a device has its profile that listed it a while ago, and has it list its profiles again in time.
func (m *Manager) still(ctx context.Context, d *enforce.ManagedDevice) error {
	if m.old(d.Said.Profiles) {
		if err := m.tell(ctx, d.Host, listProfiles, d.Offered.At.Time(), nil); err != nil {
			return err
		}
	}
	if m.now().Sub(d.Said.Profiles) > 2*m.every {
		return nil // it has not been heard from for long
	}
	return m.devices.Confirm(ctx, d)
}

// withdraw takes a profile back, until the device lists none.
func (m *Manager) withdraw(ctx context.Context, d *enforce.ManagedDevice) (err error) {
	offered := d.Offered
	if string(offered.Own) != noProfile {
		if offered, err = m.devices.Withdraw(ctx, d, noProfile); err != nil {
			return err
		}
	}
	return m.tell(ctx, d.Host, removeProfile, offered.At.Time(), func(id string) ([]byte, error) { return apple.RemoveProfile(id), nil })
}

// tell sends a device a command about its profile once in each period, and has it list its profiles afterwards. A
// manager hands a device its commands in their order. No text is to list alone.
func (m *Manager) tell(ctx context.Context, host string, v verb, offered time.Time, text func(id string) ([]byte, error)) error {
	return m.once("profile", host, string(v)+" "+offered.String(), func(period int64) error {
		if text != nil {
			first, err := text(command{v, offered, period}.id(m.secret, host))
			if err == nil {
				err = m.client.Enqueue(ctx, host, first)
			}
			if err != nil {
				return err
			}
		}
		return m.client.Enqueue(ctx, host, apple.ListProfiles(command{lists[v], offered, period}.id(m.secret, host)))
	})
}

// artefact is a list as a profile: made once in a pass for all devices that share it.
func (m *Manager) artefact(want *enforce.Artefact) (*enforce.Artefact, error) {
	m.mu.Lock()
	made := m.profiles[want.List]
	m.mu.Unlock()
	if made != nil {
		return made, nil
	}
	made, err := enforce.Named(profileForm).Make(want.List)
	if err == nil && want.Host == "" {
		m.mu.Lock()
		m.profiles[want.List] = made
		m.mu.Unlock()
	}
	return made, err
}

// verb is what a command of ours asks for whose answer is told apart from others by its id.
type verb string

const (
	installProfile verb = "install"
	removeProfile  verb = "remove"
	listProfiles   verb = "list"
	listInstalled  verb = "installed"
	listRemoved    verb = "removed"
	askSystem      verb = "system"
)

// lists are what asks for a device's profiles after another command: in one period it is asked once after each.
var lists = map[verb]verb{installProfile: listInstalled, removeProfile: listRemoved, listProfiles: listProfiles}

// command is such a command to one device.
type command struct {
	verb
	offered time.Time // when the device was offered what the command is about; zero where that is nothing
	period  int64
}

const commandPrefix = "portcullis-device-"

// id is the same on every server: asked twice, it is one command. Its seal, by which the answer is known to be to a
// command of ours, is of the device too.
func (c command) id(secret []byte, host string) string {
	var at int64
	if !c.offered.IsZero() {
		at = c.offered.UnixMicro()
	}
	what := fmt.Sprintf("%s-%d-%d", c.verb, at, c.period)
	return commandPrefix + what + "-" + sealOf(secret, "command", host, what)
}

// commandOf is the command of an id that is one of ours to that device.
func commandOf(secret []byte, id, host string) (c command, ours bool) {
	rest, ours := strings.CutPrefix(id, commandPrefix)
	parts := strings.Split(rest, "-")
	if !ours || len(parts) != 4 || !hmac.Equal([]byte(parts[3]), []byte(sealOf(secret, "command", host, strings.Join(parts[:3], "-")))) {
		return command{}, false
	}
	at, failed := strconv.ParseInt(parts[1], 10, 64)
	period, also := strconv.ParseInt(parts[2], 10, 64)
	if errors.Join(failed, also) != nil {
		return command{}, false
	}
	if at != 0 {
		c.offered = time.UnixMicro(at).UTC()
	}
	c.verb, c.period = verb(parts[0]), period
	return c, true
}
