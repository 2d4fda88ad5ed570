package platformtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"portcullis/policy"
)

// Intune is a device that Intune holds against a configuration, as the reference of Microsoft Graph 1.0
// has its types: Graph refuses a property that a type does not have. What is denied is in breach on
// Android, iOS and macOS, and does not run on Windows.
func Intune(artefact []byte) (Device, error) {
	var kind struct {
		Type string `json:"@odata.type"`
	}
	if err := json.Unmarshal(artefact, &kind); err != nil {
		return nil, err
	}
	switch kind.Type {
	case "#microsoft.graph.androidGeneralDeviceConfiguration", "#microsoft.graph.iosGeneralDeviceConfiguration", "#microsoft.graph.macOSGeneralDeviceConfiguration":
		return compliant(artefact)
	case "#microsoft.graph.windows10CustomConfiguration":
		return custom(artefact)
	}
	return nil, fmt.Errorf("there is no configuration %q", kind.Type)
}

// deviceConfiguration is what all have.
type deviceConfiguration struct {
	Type        string `json:"@odata.type"`
	DisplayName string `json:"displayName"`
	Description string `json:"description"`
}

type compliantApps struct {
	deviceConfiguration
	ListType string `json:"compliantAppListType"`
	List     []struct {
		Type      string  `json:"@odata.type"`
		Name      *string `json:"name"`
		Publisher *string `json:"publisher"`
		StoreURL  *string `json:"appStoreUrl"`
		ID        *string `json:"appId"`
	} `json:"compliantAppsList"`
}

func compliant(artefact []byte) (Device, error) {
	var d compliantApps
	if err := strictly(artefact, &d); err != nil {
		return nil, err
	}
	switch {
	case d.DisplayName == "":
		return nil, errors.New("it has no name")
	case d.ListType != "appsInListCompliant" && d.ListType != "appsNotInListCompliant":
		return nil, fmt.Errorf("there is no list of type %q", d.ListType)
	case d.ListType == "appsInListCompliant" && len(d.List) == 0:
		return nil, errors.New("the list of what is compliant is empty, which may be taken for none")
	case len(d.List) > 10_000:
		return nil, fmt.Errorf("%d apps are more than 10,000", len(d.List))
	}
	for _, a := range d.List {
		if a.Type != "#microsoft.graph.appListItem" || a.Name == nil || *a.Name == "" || a.ID == nil || *a.ID == "" {
			return nil, fmt.Errorf("no app: %+v", a)
		}
		if a.StoreURL != nil && *a.StoreURL != "https://play.google.com/store/apps/details?id="+*a.ID {
			return nil, fmt.Errorf("%s is not in a store at %s", *a.ID, *a.StoreURL)
		}
	}
	return &d, nil
}

func (d *compliantApps) Denies(in policy.Installation) bool {
	for _, a := range d.List {
		if *a.ID == in.Identifier {
			return d.ListType == "appsNotInListCompliant"
		}
	}
	return d.ListType == "appsInListCompliant"
}

type customConfiguration struct {
	deviceConfiguration
	Settings []struct {
		Type        string `json:"@odata.type"`
		DisplayName string `json:"displayName"`
		Description string `json:"description"`
		URI         string `json:"omaUri"`
		Value       string `json:"value"`
	} `json:"omaSettings"`
}

// policyNode is a collection's node of the AppLocker configuration service provider; its group is a
// name of our own.
var policyNode = regexp.MustCompile(`^\./Vendor/MSFT/AppLocker/ApplicationLaunchRestrictions/([0-9A-Za-z-]+)/(EXE|MSI|Script|DLL|StoreApps)/Policy$`)

// custom is a device with the settings of a custom configuration, each a collection of AppLocker's.
func custom(artefact []byte) (Device, error) {
	var d customConfiguration
	if err := strictly(artefact, &d); err != nil {
		return nil, err
	}
	collections := map[string]string{"EXE": "Exe", "MSI": "Msi", "Script": "Script", "DLL": "Dll", "StoreApps": "Appx"}
	var policy strings.Builder
	var groups []string
	for _, s := range d.Settings {
		at := policyNode.FindStringSubmatch(s.URI)
		if at == nil || s.Type != "#microsoft.graph.omaSettingString" || s.DisplayName == "" {
			return nil, fmt.Errorf("no setting of AppLocker: %s %s", s.Type, s.URI)
		}
		if value := strings.TrimSpace(s.Value); !strings.HasPrefix(value, `<RuleCollection Type="`+collections[at[2]]+`"`) || strings.Count(value, "<RuleCollection") != 1 || !strings.HasSuffix(value, "</RuleCollection>") {
			return nil, fmt.Errorf("%s is given something else than its collection", s.URI)
		}
		groups = append(groups, at[1])
		policy.WriteString(s.Value)
	}
	if len(slices.Compact(groups)) != 1 {
		return nil, fmt.Errorf("the settings are of several groups or of none: %q", groups)
	}
	return AppLocker([]byte(`<AppLockerPolicy Version="1">` + policy.String() + `</AppLockerPolicy>`))
}
