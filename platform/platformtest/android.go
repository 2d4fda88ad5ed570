package platformtest

import (
	"encoding/base64"
	"fmt"
	"math"

	"portcullis/policy"
)

// Android is a fully managed device under a policy of the Android Management API, as the reference of its
// resource enterprises.policies has it. Of that only what is about apps is known here: a policy with
// anything else in it would change more of the device than its apps.
func Android(artefact []byte) (Device, error) {
	var d android
	if err := strictly(artefact, &d); err != nil {
		return nil, err
	}
	if d.PlayStoreMode != "WHITELIST" && d.PlayStoreMode != "BLACKLIST" {
		return nil, fmt.Errorf("no mode of the Play Store: %q", d.PlayStoreMode)
	}
	if len(d.Applications) > 3000 {
		return nil, fmt.Errorf("%d applications are more than 3,000", len(d.Applications))
	}
	minimums, seen := 0, map[string]bool{}
	for _, a := range d.Applications {
		if a.InstallType != "AVAILABLE" && a.InstallType != "BLOCKED" || a.PackageName == "" || seen[a.PackageName] {
			return nil, fmt.Errorf("no application, or one twice: %+v", a)
		}
		seen[a.PackageName] = true
		if a.MinimumVersionCode < 0 || a.MinimumVersionCode > math.MaxInt32 {
			return nil, fmt.Errorf("the version code is no int32: %+v", a)
		}
		if a.MinimumVersionCode > 0 {
			minimums++
		}
		for _, c := range a.SigningKeyCerts {
			if sum, err := base64.StdEncoding.DecodeString(c.SigningKeyCertFingerprintSha256); err != nil || len(sum) != 32 {
				return nil, fmt.Errorf("no SHA-256: %+v", c)
			}
		}
	}
	if minimums > 20 {
		return nil, fmt.Errorf("%d applications have a minimum version code, and at most 20 may", minimums)
	}
	return &d, nil
}

type android struct {
	PlayStoreMode string
	Applications  []struct {
		PackageName, InstallType string
		MinimumVersionCode       int64
		SigningKeyCerts          []struct{ SigningKeyCertFingerprintSha256 string }
	}
}

// Denies: what is too old is brought up to date and reported, and runs until then.
func (d *android) Denies(in policy.Installation) bool {
	for _, a := range d.Applications {
		if a.PackageName == in.Identifier {
			return a.InstallType == "BLOCKED"
		}
	}
	return d.PlayStoreMode == "WHITELIST"
}

// Asks is the version code that the device brings an app up to; 0 where none is asked for.
func (d *android) Asks(identifier string) int64 {
	for _, a := range d.Applications {
		if a.PackageName == identifier {
			return a.MinimumVersionCode
		}
	}
	return 0
}
