package apple

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"portcullis/platform/stream"
	"portcullis/policy"
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

// CheckIn is what a device says of itself as it enrols.
type CheckIn struct {
	UDID, Name string
	// Platform is zero where its model is none that is known.
	Platform policy.Platform
}

// ReadCheckIn reads the MDM check-in messages Authenticate, TokenUpdate and CheckOut: a property list in XML.
func ReadCheckIn(data []byte) (c CheckIn, err error) {
	x := stream.NewXML(bufio.NewReader(bytes.NewReader(data)))
	name, err := x.Root()
	if err == nil && name != "plist" || errors.Is(err, io.EOF) {
		return c, errors.New("this is no property list in XML")
	}
	if err != nil {
		return c, err
	}
	err = x.Children(func(kind string) error {
		v := xmlValues{x}
		if kind != "dict" {
			return errors.New("this is no check-in of a device")
		}
		return v.dict(func(key, kind string) error {
			switch key {
			case "UDID":
				return text(v, kind, &c.UDID)
			case "DeviceName":
				return text(v, kind, &c.Name)
			case "ProductName", "Model", "ModelName":
				var model string
				if err := text(v, kind, &model); err != nil {
					return err
				}
				if p := platformOf(model); p != 0 {
					c.Platform = p
				}
			}
			return nil
		})
	})
	return c, err
}

// platformOf is the platform of a model, such as iPhone16,2 or Mac15,3.
func platformOf(model string) policy.Platform {
	for _, m := range []struct {
		prefix   string
		platform policy.Platform
	}{{"iPhone", policy.IOS}, {"iPad", policy.IOS}, {"iPod", policy.IOS}, {"Mac", policy.MacOS}, {"iMac", policy.MacOS}, {"VirtualMac", policy.MacOS}, {"Xserve", policy.MacOS}} {
		if strings.HasPrefix(model, m.prefix) {
			return m.platform
		}
	}
	return 0
}
