package enforce

import (
	"portcullis/platform"
	"portcullis/platform/browser"
	"portcullis/policy"
)

// Form is a form in which lists leave for a platform.
type Form struct {
	// Name is what commands and addresses call it, and Title what people do.
	Name, Title string
	// Platforms are those whose lists it carries; the first is meant where none is said. None at all are
	// name servers.
	Platforms []policy.Platform
	// Media is the artefact's media type, and Extension the end of a file's name.
	Media, Extension string
	Write            platform.Artefact
}

// Forms are all forms, in the order of their names.
var Forms = []Form{
	{Name: "chromium", Title: "Policy for Chrome, Chromium and Edge", Platforms: []policy.Platform{policy.Chrome, policy.MSEdge},
		Media: "application/json", Extension: "json", Write: browser.Write},
}

// Named returns the form of a name; nil where there is none.
func Named(name string) *Form {
	for i := range Forms {
		if Forms[i].Name == name {
			return &Forms[i]
		}
	}
	return nil
}
