package apple

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"strings"
)

// ListApps is the MDM command InstalledApplicationList as a property list. It asks for all apps, and of each for no
// more than Read takes.
func ListApps(command string) []byte {
	return commandOf(command, "InstalledApplicationList", "<key>Items</key><array><string>Identifier</string><string>Name</string><string>ShortVersion</string></array>")
}

// Declare is the MDM command DeclarativeManagement as a property list: the device fetches what declarations it has not.
func Declare(command string) []byte { return commandOf(command, "DeclarativeManagement", "") }

// LockDevice is the MDM command DeviceLock as a property list: the device locks at once and shows the message. A Mac
// restarts, and opens again with the PIN of six digits; other devices take none, and open as they did before.
func LockDevice(command, message, pin string) []byte {
	return commandOf(command, "DeviceLock", textOf("Message", message)+textOf("PIN", pin))
}

// EraseDevice is the MDM command EraseDevice as a property list: the device removes everything at once. A Mac without a
// means of erasing itself asks for the PIN of six digits afterwards.
func EraseDevice(command, pin string) []byte {
	return commandOf(command, "EraseDevice", textOf("PIN", pin))
}

// InstallProfile is the MDM command InstallProfile as a property list. A profile of the same identifier gives way to it.
func InstallProfile(command string, profile []byte) []byte {
	return commandOf(command, "InstallProfile", "<key>Payload</key><data>"+base64.StdEncoding.EncodeToString(profile)+"</data>")
}

// RemoveProfile is the MDM command RemoveProfile as a property list: the device removes the profile that WriteProfile writes.
func RemoveProfile(command string) []byte {
	return commandOf(command, "RemoveProfile", textOf("Identifier", profileID))
}

// ListProfiles is the MDM command ProfileList as a property list. It asks for those alone that a manager installed: what
// else is on a device is nobody's business here.
func ListProfiles(command string) []byte {
	return commandOf(command, "ProfileList", "<key>ManagedOnly</key><true/>")
}

// AskSystem is the MDM command DeviceInformation as a property list, for what ReadSystem reads and nothing else.
func AskSystem(command string) []byte {
	return commandOf(command, "DeviceInformation", "<key>Queries</key><array><string>OSVersion</string><string>IsSupervised</string></array>")
}

// textOf is a member with a text; nothing where that is empty.
func textOf(key, text string) string {
	if text == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString("<key>" + key + "</key><string>")
	_ = xml.EscapeText(&b, []byte(text)) // to memory
	b.WriteString("</string>")
	return b.String()
}

// commandOf is a command with the members that it has besides its name.
func commandOf(id, name, members string) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + `<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">` + "\n")
	b.WriteString(`<plist version="1.0"><dict><key>Command</key><dict><key>RequestType</key><string>` + name + `</string>` + members + `</dict><key>CommandUUID</key><string>`)
	_ = xml.EscapeText(&b, []byte(id)) // to memory
	b.WriteString("</string></dict></plist>\n")
	return b.Bytes()
}
