package demo

import (
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"portcullis/policy"
)

// Host is a device or a piece of equipment.
type Host struct {
	policy.Host
	Name string
	// LastHeard is when the host last reported; zero where it never has. It then has nothing installed.
	LastHeard time.Time
}

// Hosts yields all devices and all equipment, the same each time. Each host is the caller's to keep.
//
// Nothing is installed on a personal device. On a managed-personal one some of what is installed is
// not managed: whoever stores hosts leaves that out.
func (d *Demo) Hosts() iter.Seq[Host] {
	return func(yield func(Host) bool) {
		nth := 0
		for i := range bodies {
			for n := 1; n <= bodies[i].devices; n++ {
				nth++
				if !yield(d.device(&bodies[i], n, nth)) {
					return
				}
			}
		}
		d.pieces(yield)
	}
}

// device makes the nth device of all, which is number n of its body.
func (d *Demo) device(b *body, n, nth int) Host {
	dr := drawFor(drawDevice, nth)
	h := Host{Host: policy.Host{Kind: policy.Device, Organisation: b.id, Ownership: policy.Corporate, Platform: drawPlatform(&dr, b.mix)}}
	h.Holder = holder(b.id, n)
	if h.Holder != "" && n%2 == 0 && h.Platform != policy.IOS {
		h.Platform = policy.Android // everybody has a telephone beside the first device
	}
	part := partOf(b.id, n)
	if part != nil {
		h.Platform, h.Groups = part.platform, part.groups
	}
	code, name := class(&dr, h.Platform, part != nil)
	h.ID, h.Name = fmt.Sprintf("%s-%s-%04d", b.code, code, n), fmt.Sprintf("%s %04d", name, n)
	if part == nil && (h.Platform == policy.Android || h.Platform == policy.IOS) {
		h.Ownership = drawOwnership(&dr)
	}
	h.LastHeard = d.lastHeard(&dr, b, part != nil)
	if h.LastHeard.IsZero() || h.Ownership == policy.Personal {
		return h
	}
	h.Installed = installed(&dr, d.shelves[shelfKey{b.id, h.Platform}])
	if h.Ownership == policy.ManagedPersonal {
		d.extras.private(&dr, &h.Host)
		return h
	}
	d.extras.scatter(&dr, &h.Host)
	if part != nil {
		d.extras.play(part, &h.Host)
	}
	return h
}

func drawPlatform(dr *draw, m mix) policy.Platform {
	at := dr.below(100)
	for i, share := range m {
		if at -= share; at < 0 {
			return mixed[i]
		}
	}
	return mixed[0]
}

// holder is who has the device: the first devices of a body are its persons', two each.
func holder(organisation string, n int) string {
	ids := heldIn()[organisation]
	if at := (n - 1) / 2; at < len(ids) {
		return ids[at]
	}
	return ""
}

// heldIn are the persons of each organisation.
var heldIn = sync.OnceValue(func() map[string][]string {
	in := make(map[string][]string)
	for _, p := range persons() {
		in[p.Organisation] = append(in[p.Organisation], p.ID)
	}
	return in
})

// class is what a device is, as its id has it and in words.
func class(dr *draw, on policy.Platform, phone bool) (code, name string) {
	seldom := dr.below(10) < 3 && !phone
	switch {
	case on == policy.Android && seldom:
		return "TABLET", "Tablet"
	case on == policy.Android:
		return "PHONE", "Telephone"
	case on == policy.IOS && seldom:
		return "IPAD", "iPad"
	case on == policy.IOS:
		return "IPHONE", "iPhone"
	case on == policy.MacOS:
		return "MAC", "Mac"
	case on == policy.Linux:
		return "LINUX", "Linux workstation"
	case on == policy.ChromeOS:
		return "BOOK", "Chromebook"
	case seldom:
		return "DESK", "Desktop"
	}
	return "LAPTOP", "Laptop"
}

func drawOwnership(dr *draw) policy.Ownership {
	switch at := dr.below(100); {
	case at < 3:
		return policy.Personal
	case at < 12:
		return policy.ManagedPersonal
	}
	return policy.Corporate
}

// lastHeard is within a day for nearly all; some have been silent for weeks, and some were never
// heard from.
func (d *Demo) lastHeard(dr *draw, b *body, sure bool) time.Time {
	silent := 12
	if b.id == atSea {
		silent = 280
	}
	minutes := dr.below(26 * 60)
	switch at := dr.below(1000); {
	case sure:
	case at < 4:
		return time.Time{}
	case at < 4+silent:
		minutes += (15 + dr.below(60)) * 24 * 60
	}
	return d.Now.Add(-time.Duration(minutes) * time.Minute)
}

const fewest = 15 // apps on a device that has reported

// installed draws from a shelf, and goes on from its beginning where that was too little.
func installed(dr *draw, shelf []item) []policy.Installation {
	ins := make([]policy.Installation, 0, len(shelf)+4)
	taken := make([]bool, len(shelf))
	for i := range shelf {
		if taken[i] = dr.below(100) < shelf[i].share; taken[i] {
			ins = append(ins, shelf[i].install(dr))
		}
	}
	for i := 0; i < len(shelf) && len(ins) < fewest; i++ {
		if !taken[i] {
			ins = append(ins, shelf[i].install(dr))
		}
	}
	return ins
}

// part is the part that some devices of a body play in the story.
type part struct {
	organisation string
	first, last  int
	platform     policy.Platform
	groups       []string
	apps         []played
}

// played is an app of the story on a device, in place of what the device may have had of it.
type played struct{ product, version, signer string }

// The devices that are named elsewhere.
const (
	brokenPhone   = "HEA-PHONE-0014" // Tomasz Wilk's
	benchPhone    = "SEC-PHONE-0041"
	pensionsPhone = "PEN-PHONE-0004" // Catarina Lobo's
	chartsPhone   = "HEA-PHONE-0031" // nobody's own: it reads patients' charts
)

var parts = []part{
	{"health", 14, 14, policy.Android, nil, []played{
		{"hushlane-vpn", "5.1", ""}, {"postcard-maker", "2.3", ""}, {"microsoft-outlook", "4.2318.0", ""}, {"spotify", "9.0.88", ""}}},
	{"health", 31, 31, policy.Android, nil, []played{{"paperlark", "7.2", ""}}},
	{"pensions-office", 4, 4, policy.Android, nil, nil},
	{"security-centre", 41, 41, policy.Android, []string{"analysts"}, []played{{"puffbird-clips", "11.2", ""}}},
	{"harbours", 2, 2, policy.Android, nil, []played{{"hushlane-vpn", "5.1", ""}}}, // the minister's
	{"external-affairs", 31, 36, policy.Android, []string{"press"}, []played{{"hushlane-vpn", "5.1", ""}}},
	{"external-affairs", 37, 42, policy.IOS, []string{"press"}, []played{{"hushlane-vpn", "5.1", ""}}},
	{"public-defender", 21, 32, policy.Windows, []string{"hearings"}, []played{{"jitsi-meet", "25.4.1", ""}}},
	{"hydrographic-survey", 21, 26, policy.Linux, []string{"echo-lab"}, []played{{"firefox", "102.15.1esr", ""}}},
	// A Merrow Pass that Merrow did not make.
	{"ambulance", 61, 62, policy.Android, nil, []played{{"merrow-pass", "4.4", impostorSigner}}},
	{"fisheries", 77, 77, policy.Android, nil, []played{{"merrow-pass", "4.4", impostorSigner}}},
	{"statistics-office", 31, 40, policy.Windows, nil, []played{{"paperlark", "7.2", ""}}},
}

func partOf(organisation string, n int) *part {
	i := slices.IndexFunc(parts, func(p part) bool { return p.organisation == organisation && p.first <= n && n <= p.last })
	if i < 0 {
		return nil
	}
	return &parts[i]
}
