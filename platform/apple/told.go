package apple

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"portcullis/platform/stream"
	"portcullis/policy"
)

// CheckIn is what a device says of itself as it enrols.
type CheckIn struct {
	UDID, Name string
	// System is the version of its system, such as 26.1; empty where it does not say.
	System string
	// Platform is zero where its model is none that is known.
	Platform policy.Platform
}

// ReadCheckIn reads the MDM check-in messages Authenticate, TokenUpdate and CheckOut, which are property lists.
func ReadCheckIn(data []byte) (c CheckIn, err error) {
	err = members(data, func(v values, key, kind string) error {
		switch key {
		case "UDID":
			return text(v, kind, &c.UDID)
		case "DeviceName":
			return text(v, kind, &c.Name)
		case "OSVersion":
			return text(v, kind, &c.System)
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

// Profiles is what a device answers to ListProfiles.
type Profiles struct {
	UDID string
	// Listed is that there is a list in the answer: without one, nothing is known.
	Listed bool
	// Ours is that the device has a profile that WriteProfile wrote, and UUID that profile's.
	Ours bool
	UUID string
}

// ReadProfiles reads an answer to ListProfiles, a property list. Of other profiles than ours it takes nothing.
func ReadProfiles(data []byte) (p Profiles, err error) {
	err = members(data, func(v values, key, kind string) error {
		switch {
		case key == "UDID":
			return text(v, kind, &p.UDID)
		case key != "ProfileList" || kind != "array":
			return nil
		}
		p.Listed = true
		return v.array(func(kind string) error {
			if kind != "dict" {
				return nil
			}
			var identifier, uuid string
			err := v.dict(func(key, kind string) error {
				switch key {
				case "PayloadIdentifier":
					return text(v, kind, &identifier)
				case "PayloadUUID":
					return text(v, kind, &uuid)
				}
				return nil
			})
			if identifier == profileID {
				p.Ours, p.UUID = true, uuid
			}
			return err
		})
	})
	return p, err
}

// System is what a device answers to AskSystem.
type System struct {
	UDID string
	// Version is that of its system, such as 26.1; empty where it did not say.
	Version string
	// Supervised is nil where it did not say.
	Supervised *bool
}

// ReadSystem reads an answer to AskSystem, a property list.
func ReadSystem(data []byte) (s System, err error) {
	err = members(data, func(v values, key, kind string) error {
		switch {
		case key == "UDID":
			return text(v, kind, &s.UDID)
		case key != "QueryResponses" || kind != "dict":
			return nil
		}
		return v.dict(func(key, kind string) error {
			switch key {
			case "OSVersion":
				return text(v, kind, &s.Version)
			case "IsSupervised":
				if is := kind == "true"; is || kind == "false" {
					s.Supervised = &is
				}
			}
			return nil
		})
	})
	return s, err
}

// members calls each for the members of a property list whose root is a dictionary.
func members(data []byte, each func(v values, key, kind string) error) error {
	if bytes.HasPrefix(data, []byte(binaryMagic)) {
		b, kind, err := newBinary(bytes.NewReader(data), 0)
		if err != nil {
			return err
		}
		return membersOf(b, kind, each)
	}
	x := stream.NewXML(bufio.NewReader(bytes.NewReader(data)))
	name, err := x.Root()
	if err == nil && name != "plist" || errors.Is(err, io.EOF) {
		return errors.New("this is no property list")
	}
	if err != nil {
		return err
	}
	return x.Children(func(kind string) error { return membersOf(xmlValues{x}, kind, each) })
}

func membersOf(v values, kind string, each func(v values, key, kind string) error) error {
	if kind != "dict" {
		return errors.New("this is no message of a device, whose root is a dictionary")
	}
	return v.dict(func(key, kind string) error { return each(v, key, kind) })
}
