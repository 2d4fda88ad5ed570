package android

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"math"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"portcullis/platform"
	"portcullis/policy"
)

// What one policy holds at most, by the documentation of the Android Management API.
const (
	maxApplications = 3000
	maxMinimums     = 20
)

// enterprisePolicy is the part of the API's resource Policy (enterprises.policies) that is about apps.
type enterprisePolicy struct {
	Applications []applicationPolicy `json:"applications"`
	// PlayStoreMode is WHITELIST, where only what is in the policy is available and all else is taken off,
	// or BLACKLIST, where all is available but what is blocked.
	PlayStoreMode string `json:"playStoreMode"`
}

// applicationPolicy is what holds for one app.
type applicationPolicy struct {
	PackageName string `json:"packageName"`
	// InstallType is AVAILABLE or BLOCKED. What is blocked is taken off, or disabled if it came with the device.
	InstallType string `json:"installType"`
	// MinimumVersionCode is what the device brings the app up to; an int32 to the API.
	MinimumVersionCode int64            `json:"minimumVersionCode,omitzero"`
	SigningKeyCerts    []signingKeyCert `json:"signingKeyCerts,omitzero"`
}

type signingKeyCert struct {
	// SHA256 is in base64, as protocol buffers have bytes in JSON.
	SHA256 string `json:"signingKeyCertFingerprintSha256"`
}

// Write writes a list as the part of an Android Management policy that is about apps. It is an error if
// the policy does not hold all that must be in it: what may be there on a shut list, what must not on an
// open one. What a shut list denies by name is left out where there is no room, first what is not banned.
func Write(w io.Writer, l *platform.List) ([]platform.Left, error) {
	if l.Platform != policy.Android {
		return nil, fmt.Errorf("an Android Management policy is for android, and not for %s", l.Platform)
	}
	room, err := roomFor(l)
	if err != nil {
		return nil, err
	}
	p, left := write(l, room)
	data, err := json.Marshal(p, jsontext.WithIndent("\t"))
	if err != nil {
		return nil, fmt.Errorf("write an Android Management policy: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return left, err
}

// room is how many of a kind of app a policy has room for.
type room struct{ banned, unlisted, minimums int }

func roomFor(l *platform.List) (room, error) {
	admitted, banned := 0, 0
	for e := range l.All() {
		switch {
		case !IsPackage(e.Identifier):
		case e.Bans():
			banned++
		case l.Shut() && !l.Denies(e):
			admitted++
		}
	}
	needed := admitted
	if !l.Shut() {
		needed = banned
	}
	if needed > maxApplications {
		return room{}, fmt.Errorf("an Android Management policy holds %d apps, and this list needs %d: part the organisation's devices, or take what nobody uses off the list", maxApplications, needed)
	}
	banned = min(banned, maxApplications-admitted)
	return room{banned: banned, unlisted: maxApplications - admitted - banned, minimums: maxMinimums}, nil
}

func write(l *platform.List, room room) (enterprisePolicy, []platform.Left) {
	p := enterprisePolicy{Applications: []applicationPolicy{}, PlayStoreMode: "BLACKLIST"}
	if l.Shut() {
		p.PlayStoreMode = "WHITELIST"
	}
	var left []platform.Left
	for e := range l.All() {
		if !IsPackage(e.Identifier) {
			left = append(left, l.Misfit(e, "the name of a package"))
			continue
		}
		cannot := platform.CannotTell{Versions: true, Signers: true}
		switch {
		case l.Denies(e):
			if !room.take(e) {
				left = append(left, platform.Left{Identifier: e.Identifier, Product: e.Product,
					Reason: fmt.Sprintf("a policy holds %d apps: it is kept out with all that is not named, but stays where it came with the device", maxApplications)})
				break
			}
			p.Applications = append(p.Applications, applicationPolicy{PackageName: e.Identifier, InstallType: "BLOCKED"})
		case l.Shut():
			a := applicationPolicy{PackageName: e.Identifier, InstallType: "AVAILABLE", SigningKeyCerts: certs(e.Signers)}
			if code := least(e.Floors); l.Closed && code > 0 && room.minimums > 0 {
				room.minimums--
				a.MinimumVersionCode, cannot.Versions = code, false
				left = append(left, platform.Left{Identifier: e.Identifier, Product: e.Product,
					Reason: fmt.Sprintf("what is below version code %d is brought up to date, and runs until then", code)})
			}
			p.Applications = append(p.Applications, a)
		}
		left = append(left, l.Unsaid(e, cannot)...)
	}
	return p, left
}

// take takes a place for what is denied; false where none is left.
func (r *room) take(e *platform.Entry) bool {
	places := &r.unlisted
	if e.Bans() {
		places = &r.banned
	}
	if *places == 0 {
		return false
	}
	*places--
	return true
}

// least is the version code from which on an app may be there; 0 where codes do not say it all.
func least(floors []platform.Floor) int64 {
	code := int64(math.MaxInt32) + 1
	for _, f := range floors {
		if f.Code == nil {
			return 0
		}
		code = min(code, *f.Code)
	}
	if code > math.MaxInt32 {
		return 0
	}
	return code
}

// certs are signers as the API has them; what is no SHA-256 is none.
func certs(signers []string) (certs []signingKeyCert) {
	for _, s := range signers {
		if sum, err := hex.DecodeString(s); err == nil && len(sum) == 32 {
			certs = append(certs, signingKeyCert{base64.StdEncoding.EncodeToString(sum)})
		}
	}
	return certs
}

// IsPackage tells whether an identifier is the name of a package: two or more parts with dots between
// them, each a letter and then letters, digits or underscores ("Set the application ID" in Android's
// documentation).
func IsPackage(id string) bool {
	parts, begins := 1, true
	for _, c := range []byte(id) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		switch {
		case c == '.' && !begins:
			parts, begins = parts+1, true
		case begins && !letter, !letter && (c < '0' || c > '9') && c != '_':
			return false
		default:
			begins = false
		}
	}
	return parts > 1 && !begins && len(id) <= 255
}
