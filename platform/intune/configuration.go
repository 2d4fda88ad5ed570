package intune

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/url"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"portcullis/platform"
	"portcullis/platform/android"
	"portcullis/platform/apple"
	"portcullis/platform/windows"
	"portcullis/policy"
)

// maxApps is how many apps Graph takes in compliantAppsList, by its documentation.
const maxApps = 10_000

// configuration is a deviceConfiguration of Microsoft Graph 1.0: one with a list of apps, or one of settings.
type configuration struct {
	Type        string `json:"@odata.type"`
	DisplayName string `json:"displayName"`
	Description string `json:"description"`
	// ListType is appsInListCompliant, where all others are in breach, or appsNotInListCompliant.
	ListType string         `json:"compliantAppListType,omitempty"`
	Apps     *[]appListItem `json:"compliantAppsList,omitzero"`
	Settings []omaSetting   `json:"omaSettings,omitempty"`
}

type appListItem struct {
	Type     string `json:"@odata.type"`
	Name     string `json:"name"`
	StoreURL string `json:"appStoreUrl,omitempty"`
	ID       string `json:"appId"`
}

type omaSetting struct {
	Type        string `json:"@odata.type"`
	DisplayName string `json:"displayName"`
	Description string `json:"description"`
	URI         string `json:"omaUri"`
	Value       string `json:"value"`
}

// apps is what a platform's list of apps is in Graph.
type apps struct {
	configuration string
	// is tells whether an identifier is of the platform's form, which form describes.
	is   func(identifier string) bool
	form string
	// store is an app's address in its store, but for its identifier; empty where that is not all of it.
	store string
}

var lists = map[policy.Platform]apps{
	policy.Android: {"#microsoft.graph.androidGeneralDeviceConfiguration", android.IsPackage, "the name of a package", "https://play.google.com/store/apps/details?id="},
	policy.IOS:     {"#microsoft.graph.iosGeneralDeviceConfiguration", apple.IsBundleID, "a bundle identifier", ""},
	policy.MacOS:   {"#microsoft.graph.macOSGeneralDeviceConfiguration", apple.IsBundleID, "a bundle identifier", ""},
}

// Write writes a list as a device configuration for Intune, in the JSON of Microsoft Graph: for Android,
// iOS and macOS the apps that are compliant alone, or those that are not; for Windows AppLocker's rules
// as settings of its configuration service provider. It is an error if there are more apps than Graph takes.
func Write(w io.Writer, l *platform.List) ([]platform.Left, error) {
	c := configuration{DisplayName: "Portcullis: apps of " + l.Organisation, Description: l.Stamp()}
	if l.Host != "" {
		c.DisplayName += ", device " + l.Host
	}
	kind, ok := lists[l.Platform]
	if !ok {
		return c.settings(w, l)
	}
	left, err := c.list(l, kind)
	if err == nil {
		err = c.write(w)
	}
	if err != nil {
		return nil, err
	}
	return left, nil
}

// write writes a configuration.
func (c *configuration) write(w io.Writer) error {
	if err := json.MarshalWrite(w, c, jsontext.WithIndent("\t"), jsontext.AllowInvalidUTF8(true)); err != nil {
		return fmt.Errorf("write a configuration for Intune: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// list names what alone is compliant where the list is shut, else what is not.
func (c *configuration) list(l *platform.List, kind apps) (left []platform.Left, err error) {
	items := []appListItem{}
	for e := range l.All() {
		if !kind.is(e.Identifier) {
			left = append(left, l.Misfit(e, kind.form))
			continue
		}
		if l.Denies(e) != l.Shut() {
			items = append(items, kind.item(e))
		}
		left = append(left, l.Unsaid(e, platform.CannotTell{Versions: true, Signers: true})...)
	}
	if len(items) > maxApps {
		return nil, fmt.Errorf("a list of Intune holds %d apps, and this one needs %d: part the organisation's devices, or take what nobody uses off the list", maxApps, len(items))
	}
	c.Type, c.ListType, c.Apps = kind.configuration, "appsNotInListCompliant", &items
	if l.Shut() {
		c.ListType = "appsInListCompliant"
		if len(items) == 0 { // which may be taken for no list
			items = append(items, kind.item(&platform.Entry{Identifier: apple.Nobody, Name: "Nothing"}))
		}
	}
	return left, nil
}

func (a *apps) item(e *platform.Entry) appListItem {
	item := appListItem{Type: "#microsoft.graph.appListItem", Name: e.Name, ID: e.Identifier}
	if item.Name == "" {
		item.Name = e.Identifier
	}
	if a.store != "" {
		item.StoreURL = a.store + url.QueryEscape(e.Identifier)
	}
	return item
}

// nodes are AppLocker's collections, and their names in its configuration service provider.
var nodes = [...]struct{ collection, node string }{{"Exe", "EXE"}, {"Msi", "MSI"}, {"Script", "Script"}, {"Appx", "StoreApps"}}

// settings writes a configuration whose settings are the collections of the AppLocker policy. Their group is one of the
// organisation's or the device's own, because what is taken off one group must not take what another has put there.
func (c *configuration) settings(w io.Writer, l *platform.List) ([]platform.Left, error) {
	if l.Platform != policy.Windows {
		return nil, fmt.Errorf("a configuration for Intune is for android, ios, macos or windows, and not for %s", l.Platform)
	}
	group := fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%q %q", l.Organisation, l.Host)))[:32]
	c.Type = "#microsoft.graph.windows10CustomConfiguration"
	for _, n := range nodes {
		c.Settings = append(c.Settings, omaSetting{Type: "#microsoft.graph.omaSettingString", DisplayName: "AppLocker: " + n.collection, Description: c.Description,
			URI: "./Vendor/MSFT/AppLocker/ApplicationLaunchRestrictions/" + group + "/" + n.node + "/Policy"})
	}
	var around bytes.Buffer
	if err := c.write(&around); err != nil {
		return nil, err
	}
	rest := around.Bytes()
	left, err := windows.Collections(w, l, c.Description, quote, func(name string) error {
		at := bytes.Index(rest, empty)
		if n := len(nodes) - bytes.Count(rest, empty); at < 0 || nodes[n].collection != name {
			return fmt.Errorf("write a configuration for Intune: there is no setting for AppLocker's %s", name)
		}
		to := at + len(empty) - 1
		_, err := w.Write(rest[:to])
		rest = rest[to:]
		return err
	})
	if err == nil {
		_, err = w.Write(rest)
	}
	if err != nil {
		return nil, err
	}
	return left, nil
}

// empty is the member of a setting where its collection comes. Within a text it cannot stand: there its quotes are escaped.
var empty = []byte(`"value": ""`)

// quote appends a text as it stands within a string of JSON.
func quote(b, text []byte) []byte {
	from := len(b)
	b, _ = jsontext.AppendQuote(b, text) // what is no UTF-8 is replaced, as everywhere in the configuration
	return append(b[:from], b[from+1:len(b)-1]...)
}
