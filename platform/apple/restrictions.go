package apple

import (
	"bytes"
	"fmt"
	"io"

	"howett.net/plist"

	"portcullis/platform"
	"portcullis/policy"
)

// profileID is the identifier of every profile: the next one, a device's own as well as its organisation's,
// stands in the place of the last.
const profileID = "portcullis.apps"

// configuration is a configuration profile (Apple's TopLevel), with the one payload that it has.
type configuration struct {
	Content           []restrictions `plist:"PayloadContent"`
	Description       string         `plist:"PayloadDescription"`
	DisplayName       string         `plist:"PayloadDisplayName"`
	Identifier        string         `plist:"PayloadIdentifier"`
	Organisation      string         `plist:"PayloadOrganization"`
	RemovalDisallowed bool           `plist:"PayloadRemovalDisallowed"`
	Type              string         `plist:"PayloadType"`
	UUID              string         `plist:"PayloadUUID"`
	Version           int            `plist:"PayloadVersion"`
}

// restrictions is the payload com.apple.applicationaccess, with one of its lists.
type restrictions struct {
	Type       string    `plist:"PayloadType"`
	Identifier string    `plist:"PayloadIdentifier"`
	UUID       string    `plist:"PayloadUUID"`
	Version    int       `plist:"PayloadVersion"`
	Allowed    *[]string `plist:"allowListedAppBundleIDs,omitempty"`
	Blocked    *[]string `plist:"blockedAppBundleIDs,omitempty"`
}

// WriteProfile writes a list for supervised iPhones and iPads as a configuration profile. They cannot
// tell an app's versions nor its signers there. Its UUIDs follow from the list's digest, so that a
// device's ProfileList says which list it has.
func WriteProfile(w io.Writer, l *platform.List) ([]platform.Left, error) {
	if l.Platform != policy.IOS {
		return nil, fmt.Errorf("a restrictions profile is for ios, and not for %s", l.Platform)
	}
	apps, left := apps(l)
	digest := l.Digest()
	r := restrictions{Type: "com.apple.applicationaccess", Identifier: profileID + ".restrictions", UUID: uuid("restrictions", digest), Version: 1}
	if l.Shut() {
		r.Allowed = &apps
	} else {
		r.Blocked = &apps
	}
	p := configuration{
		Content: []restrictions{r}, Description: l.Stamp(), DisplayName: "Apps", Identifier: profileID, Organisation: l.Organisation,
		RemovalDisallowed: true, Type: "Configuration", UUID: ProfileUUID(digest), Version: 1,
	}
	var b bytes.Buffer
	enc := plist.NewEncoder(&b)
	enc.Indent("\t")
	if err := enc.Encode(p); err != nil {
		return nil, fmt.Errorf("write a profile: %w", err)
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return left, err
}

// ProfileUUID is the UUID of the profile that WriteProfile writes of a list with a digest: a device that lists it has
// that list.
func ProfileUUID(digest string) string { return uuid("profile", digest) }

// apps are the bundle identifiers of a list for iPhones and iPads: of what alone may be there where it is
// shut, else of what must not. Web clips are no apps, and stay unless the list keeps them out by name.
func apps(l *platform.List) (ids []string, left []platform.Left) {
	ids = []string{}
	if clips := l.Find(webClips); l.Shut() && clips == nil {
		ids = append(ids, webClips)
	}
	for e := range l.All() {
		if !IsBundleID(e.Identifier) {
			left = append(left, l.Misfit(e, "a bundle identifier"))
			continue
		}
		if l.Denies(e) != l.Shut() {
			ids = append(ids, e.Identifier)
		}
		left = append(left, l.Unsaid(e, platform.CannotTell{Versions: true, Signers: true})...)
	}
	if l.Shut() && len(ids) == 0 {
		ids = append(ids, Nobody)
	}
	return ids, left
}
