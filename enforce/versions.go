package enforce

import "portcullis/policy"

// TellsVersions tells whether some form for a platform can keep certain versions of an app out and let the others in.
// All other forms refuse an app in every version once any of them is banned.
func TellsVersions(p policy.Platform) bool { return p == policy.Windows }
