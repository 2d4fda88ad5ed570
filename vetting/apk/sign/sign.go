package sign

import (
	"fmt"
	"math"
	"slices"

	"portcullis/vetting/archive"
)

// API levels from which Android does things differently.
const (
	sdkGingerbread = 9
	sdkJellyBeanM2 = 18
	sdkKitKat      = 19
	sdkN           = 24
	sdkO           = 26
	sdkP           = 28
	sdkR           = 30
	sdkT           = 33

	sdkEver = math.MaxInt32
)

// Schemes, as reports spell them.
const (
	V1  = "v1"
	V2  = "v2"
	V3  = "v3"
	V31 = "v3.1"
)

// maxSigners is how many signers v1 and v2 may have. Android refuses more.
const maxSigners = 10

// Options are what the app's manifest says, which decides what Android would look at.
type Options struct {
	// MinSDK is minSdkVersion: 1 where the manifest does not say, 0 where there is no manifest that
	// could be read. Then every version counts, and nothing verifies. For a bundle (AAB) it is 18 at least.
	MinSDK int
	// TargetSDK is targetSdkVersion, MinSDK where the manifest does not say. It asks nothing of a
	// bundle (AAB), whose manifest lies elsewhere.
	TargetSDK int
	// Sandbox is targetSandboxVersion, 0 or 1 where the manifest does not say.
	Sandbox int
	// Workers is how many goroutines compute digests; as many as there are processors where it is 0.
	Workers int
}

// Result is what the signatures of a file say.
type Result struct {
	Verifies     bool          `json:"verifies"`
	Schemes      []string      `json:"schemes"`      // those that verified, oldest first; none unless Verifies
	Certificates []Certificate `json:"certificates"` // of the signers that the newest Android uses; none unless Verifies
	Lineage      []Ancestor    `json:"lineage,omitempty"`
	Signers      []Signer      `json:"signers"`          // every signer of every scheme that was looked at
	Blocks       []Block       `json:"blocks,omitempty"` // what the APK Signing Block holds
	Problems     []string      `json:"problems"`         // why it does not verify
	Notes        []string      `json:"notes,omitempty"`  // what is worth knowing and does not keep it from verifying
}

// Signer is one signer of one scheme.
type Signer struct {
	Scheme       string        `json:"scheme"`
	Name         string        `json:"name"`         // v1: its block file in META-INF; others: its number, from 1
	Certificates []Certificate `json:"certificates"` // the signer's own first
	MinSDK       int           `json:"min_sdk,omitempty"`
	MaxSDK       int           `json:"max_sdk,omitempty"` // v3 and v3.1: the versions that use this signer; 0 for all later ones
	Algorithms   []string      `json:"algorithms"`        // of the signatures that were checked
	Ancestors    []Ancestor    `json:"ancestors,omitempty"`
	Verifies     bool          `json:"verifies"`
}

// Ancestor is a certificate of a rotation proof, oldest first. The last is the signer's own.
type Ancestor struct {
	Certificate Certificate `json:"certificate"`
	Flags       uint32      `json:"flags"` // what the old key may still do (APK Signature Scheme v3, "proof-of-rotation")
}

// Block is one pair of the APK Signing Block.
type Block struct {
	ID   uint32 `json:"id"`
	Name string `json:"name"` // what is known under the number, or ""
	Size int64  `json:"size"`
}

// Verify checks all signatures of an archive.
func Verify(a *archive.Archive, opt Options) *Result {
	return Begin(a, opt).Finish()
}

// Verification is a check that is under way: the signatures have been read, and the digests of what
// they protect are still to be computed. Whoever reads entries anyway gives them to Observe, and they
// are not read again.
type Verification struct {
	archive *archive.Archive
	opt     Options
	result  *Result
	file    file // places in the file

	found   []string // schemes that are there
	schemes []*scheme
	jar     *jar // nil where v1 is not looked at

	readErr error // the reader's own trouble
}

// Begin reads the signatures of an archive.
func Begin(a *archive.Archive, opt Options) *Verification {
	v := &Verification{archive: a, opt: opt, result: &Result{}}
	if opt.MinSDK < 1 {
		v.problem("the lowest Android version that the app installs on is not known, because its manifest cannot be read")
		v.opt.MinSDK = 1
	}
	if v.opt.TargetSDK < 1 {
		v.opt.TargetSDK = v.opt.MinSDK
	}
	if v.bundle() { // a store checks it, and no phone whose Android knows less than its algorithms
		v.opt.MinSDK = max(v.opt.MinSDK, sdkJellyBeanM2)
	}
	if !a.Exact() {
		v.problem("the archive's directory or its end is damaged, so that no signature of it can be checked")
		return v
	}
	v.readBlock()
	v.readSchemes()
	if v.opt.MinSDK < sdkN || len(v.found) == 0 {
		v.readJar()
	}
	return v
}

// Finish computes the digests that are still missing and tells the result. It is called once.
func (v *Verification) Finish() *Result {
	r := v.result
	v.checkDigests()
	if v.jar != nil {
		v.jar.finish()
	}
	v.checkTogether()
	if v.readErr != nil { // what looks as if it were not there may not have been read
		v.problem("the file could not be read: %v", v.readErr)
	}
	if r.Verifies = len(r.Problems) == 0; r.Verifies {
		v.conclude()
	}
	for _, list := range []*[]string{&r.Schemes, &r.Problems} {
		if *list == nil {
			*list = []string{}
		}
	}
	if r.Certificates == nil {
		r.Certificates = []Certificate{}
	}
	return r
}

// maxTold is how many problems and notes are kept each.
const maxTold = 200

func (v *Verification) problem(format string, args ...any) {
	tell(&v.result.Problems, format, args...)
}

func (v *Verification) note(format string, args ...any) {
	tell(&v.result.Notes, format, args...)
}

func tell(list *[]string, format string, args ...any) {
	if what := fmt.Sprintf(format, args...); len(*list) < maxTold && !slices.Contains(*list, what) {
		*list = append(*list, what)
	}
}

// has tells whether a scheme's signature is in the file, good or bad.
func (v *Verification) has(name string) bool { return slices.Contains(v.found, name) }

// of is the scheme that was looked at under the name, or nil.
func (v *Verification) of(name string) *scheme {
	for _, s := range v.schemes {
		if s.name == name {
			return s
		}
	}
	return nil
}

// conclude says which schemes verified, and whose certificates Android uses: those of the newest.
func (v *Verification) conclude() {
	r := v.result
	if v.jar != nil {
		r.Schemes = append(r.Schemes, V1)
		r.Certificates = leaves(v.jar.signers)
	}
	for _, name := range []string{V2, V3, V31} {
		s := v.of(name)
		if s == nil {
			continue
		}
		r.Schemes = append(r.Schemes, name)
		signers := s.signers
		if name != V2 { // one signer for each range of versions, the newest last
			signers = signers[len(signers)-1:]
			r.Lineage = s.lineage
		}
		r.Certificates = leaves(signers)
	}
}

// leaves are the signers' own certificates.
func leaves(signers []*signer) []Certificate {
	var list []Certificate
	for _, s := range signers {
		list = append(list, s.told.Certificates[0])
	}
	return list
}
