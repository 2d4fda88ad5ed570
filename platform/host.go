package platform

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"portcullis/policy"
)

// NamePrefix begins the identifier of an app that an export gives by its display name alone. A name
// is no proof of what a thing is: it matches a product only where a person has linked it, by adding
// the whole identifier, prefix included, to the product's identifiers.
const NamePrefix = "name:"

// Identity is what an app goes by in a decision: its identifier, or its name behind NamePrefix.
func (a *App) Identity() string {
	if a.Identifier != "" {
		return a.Identifier
	}
	return NamePrefix + a.Name
}

// Assumptions are what the person who imports says of the devices in an export. What the export
// states itself wins.
type Assumptions struct {
	Organisation string
	Ownership    policy.Ownership
	Platform     policy.Platform
	// Device is the host's id where the export names no device.
	Device string
}

// Host makes the host that a report describes, as far as the report and the assumptions tell. Of
// what is installed on a personal device, or outside the managed part of a managed-personal one,
// everything is kept: whoever stores it decides what may be stored. problem is called for entries
// that cannot stand on the host; a device without an id, an organisation or a platform is an error.
func (a Assumptions) Host(r *Report, problem func(Problem)) (policy.Host, error) {
	h := policy.Host{
		ID: r.Device, Kind: policy.Device, Organisation: a.Organisation,
		Ownership: r.Ownership, Platform: r.Platform,
	}
	if h.ID == "" {
		h.ID = a.Device
	}
	if h.Ownership == 0 {
		h.Ownership = a.Ownership
	}
	if h.Platform == 0 {
		h.Platform = a.Platform
	}
	switch {
	case h.ID == "":
		return h, errors.New("the export does not name the device: say which it is")
	case h.Organisation == "":
		return h, errors.New("it is not said whose device this is: say its organisation")
	case h.Platform == 0:
		return h, errors.New("the export does not say which platform the device has: say so")
	}
	h.ID = text(h.ID)
	h.Installed = r.Installed(h.Platform, problem)
	return h, nil
}

// Installed is what a report says is installed, as the decision asks about it. host is the platform of
// what names none; it may be zero. Where the report has one thing twice and says different things of it,
// the first stands and problem is told.
func (r *Report) Installed(host policy.Platform, problem func(Problem)) []policy.Installation {
	installed := make([]policy.Installation, 0, len(r.Apps))
	for i := range r.Apps {
		app := &r.Apps[i]
		installed = append(installed, policy.Installation{
			Identifier: text(app.Identity()), Platform: app.Platform, Version: text(app.Version),
			VersionCode: app.VersionCode, Signer: text(app.Signer), Managed: app.Managed,
		})
	}
	return Merge(nil, installed, host, func(in, kept *policy.Installation) {
		problem(Problem{Device: text(r.Device), Reason: clash(in, kept)})
	})
}

// text is what an export says with U+FFFD in the place of bytes that are not UTF-8: world files have
// no way to say those.
func text(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// Merge appends to installed what more holds and installed does not, and returns it. host is the
// platform of an installation that names none. Where both hold one thing and say different things
// of it, the first stands and clash is told.
func Merge(installed, more []policy.Installation, host policy.Platform, clash func(in, kept *policy.Installation)) []policy.Installation {
	seen := make(map[identity]int, len(installed)+len(more))
	for i := range installed {
		seen[identify(&installed[i], host)] = i
	}
	for i := range more {
		k := identify(&more[i], host)
		if first, ok := seen[k]; ok {
			if !alikeInstalled(&installed[first], &more[i]) {
				clash(&more[i], &installed[first])
			}
			continue
		}
		seen[k] = len(installed)
		installed = append(installed, more[i])
	}
	return installed
}

// Join is Merge for what different sources say of one host: where they differ on a thing, it is in
// the result as each of them has it, for each to be judged, and clash is told.
func Join(installed, more []policy.Installation, host policy.Platform, clash func(in, other *policy.Installation)) []policy.Installation {
	seen := make(map[identity][]int, len(installed)+len(more))
	for i := range installed {
		k := identify(&installed[i], host)
		seen[k] = append(seen[k], i)
	}
	for i := range more {
		k := identify(&more[i], host)
		if slices.ContainsFunc(seen[k], func(at int) bool { return alikeInstalled(&installed[at], &more[i]) }) {
			continue
		}
		if others := seen[k]; len(others) > 0 {
			clash(&more[i], &installed[others[0]])
		}
		seen[k] = append(seen[k], len(installed))
		installed = append(installed, more[i])
	}
	return installed
}

// identity is what an installation goes by on its host.
type identity struct {
	platform policy.Platform
	id       string
}

func identify(in *policy.Installation, host policy.Platform) identity {
	k := identity{in.Platform, in.Identifier}
	if k.platform == 0 {
		k.platform = host
	}
	if k.id == "" {
		k.id = in.Product
	}
	return k
}

// alikeInstalled tells whether two installations of one identity are judged alike.
func alikeInstalled(a, b *policy.Installation) bool {
	return a.Version == b.Version && a.Signer == b.Signer && same(a.VersionCode, b.VersionCode) && same(a.Managed, b.Managed)
}

func same[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

// clash says in words that one thing is listed twice in an export, and which of the two is judged.
func clash(in, kept *policy.Installation) string {
	return Difference(in, kept) + ": the first is judged"
}

// Difference says in words in what two sources differ on one thing.
func Difference(a, b *policy.Installation) string {
	text := func(in *policy.Installation) string {
		words := []string{"version " + strconv.Quote(in.Version)}
		if in.VersionCode != nil {
			words = append(words, fmt.Sprintf("version code %d", *in.VersionCode))
		}
		if in.Signer != "" {
			words = append(words, "signer "+in.Signer)
		}
		if in.Managed != nil {
			words = append(words, fmt.Sprintf("managed %v", *in.Managed))
		}
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%q is listed with %s, and with %s", a.Identifier+a.Product, text(b), text(a))
}
