package sign

import (
	"bytes"
	"slices"
)

// checkTogether checks what the schemes must have in common, and what the app's target asks for. It is
// done for schemes that verify: otherwise the file does not anyway.
func (v *Verification) checkTogether() {
	if v.opt.Sandbox > 1 && len(v.found) == 0 {
		v.problem("the app asks for sandbox version %d, for which Android 8 and later need a signature of v2 or newer", v.opt.Sandbox)
	}
	if v.opt.TargetSDK >= sdkR && len(v.found) == 0 && !v.bundle() {
		v.problem("the app is for Android 11 or later (target %d), which need a signature of v2 or newer", v.opt.TargetSDK)
	}
	if len(v.result.Problems) > 0 {
		return
	}
	var old []Certificate // of the oldest signature
	v2, v3 := v.of(V2), v.of(V3)
	if v2 != nil {
		old = leaves(v2.signers)
	}
	if v.jar != nil {
		first := leaves(v.jar.signers)
		if v2 != nil && !sameCertificates(first, old) {
			v.problem("v1 and v2 have other signers")
		}
		old = first
	}
	if v3 == nil || len(old) == 0 {
		return
	}
	if len(old) != 1 {
		v.problem("v3 knows one signer at a time, and older signatures have %d", len(old))
		return
	}
	root := v3.signers[0].told.Certificates[0]
	if len(v3.lineage) > 0 {
		root = v3.lineage[0].Certificate
	} else if len(v3.signers) != 1 {
		v.problem("v3 has %d signers and none has a rotation proof", len(v3.signers))
	}
	if !bytes.Equal(root.DER, old[0].DER) {
		v.problem("v3 has another signer than the older signatures, and no rotation proof that begins with theirs")
	}
}

// bundle tells whether the file is a bundle (AAB), which is signed with v1 alone and not installed as it is.
func (v *Verification) bundle() bool { return v.archive.Lookup("AndroidManifest.xml") == nil }

// sameCertificates tells whether both lists hold the same certificates, in any order.
func sameCertificates(a, b []Certificate) bool {
	within := func(list []Certificate) func(Certificate) bool {
		return func(c Certificate) bool {
			return !slices.ContainsFunc(list, func(other Certificate) bool { return bytes.Equal(c.DER, other.DER) })
		}
	}
	return !slices.ContainsFunc(a, within(b)) && !slices.ContainsFunc(b, within(a))
}
