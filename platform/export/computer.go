package export

import (
	"slices"
	"strings"
	"time"

	"portcullis/platform"
	"portcullis/platform/stream"
	"portcullis/policy"
)

// Computer is what the inventory agents of one family (GLPI, FusionInventory, OCS) say of a machine,
// in JSON or in XML.
type Computer struct {
	UUID, Serial, AgentID, Host string
	// Systems are the names of its operating system, the plainest first.
	Systems []string
	// LogDate is local time; Offset is its zone ("+0200"), where the agent says.
	LogDate, Offset string
}

// ID is the UUID, else the serial number, else the agent's own id, else the host's name. Of an input
// that was cut only the UUID counts: what is not there may have been cut off, and a machine must not
// have two ids.
func (c *Computer) ID(cut bool) string {
	if cut {
		return DeviceID(c.UUID)
	}
	return DeviceID(c.UUID, c.Serial, c.AgentID, c.Host)
}

// Platform is zero where no name of the operating system is one that rules know.
func (c *Computer) Platform() policy.Platform {
	for _, system := range c.Systems {
		if p, ok := PlatformOf(system); ok {
			return p
		}
	}
	return 0
}

// At is when the inventory was taken. It is zero where the agent gives no zone: none is guessed.
func (c *Computer) At() time.Time {
	t, err := time.Parse("2006-01-02 15:04:05 -0700", c.LogDate+" "+strings.ReplaceAll(c.Offset, ":", ""))
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// managers are the sources whose names for packages identify them, as the agents write them.
var managers = []string{"rpm", "deb", "pacman", "apk", "snap", "nix", "gentoo", "slackware", "pkg", "homebrew"}

// Software is the app of a software entry of these agents. Where a package manager is where it comes
// from, its name is its identifier, and for flatpak the id in the comment; of all else, such as the
// registry of Windows, there is a display name alone.
func Software(from, name, comment, publisher, version string, line int) platform.App {
	app := platform.App{Name: name, Publisher: publisher, Version: version, Line: line}
	from = strings.ToLower(stream.Clean(from))
	if id, ok := strings.CutPrefix(comment, "AppID: "); ok && from == "flatpak" {
		app.Identifier = id
	} else if slices.Contains(managers, from) {
		app.Identifier, app.Version = name, PackageVersion(stream.Clean(version))
	}
	return app
}
