// Package sign checks the signatures of an APK, with every digest truly compared, and tells whose
// certificate Android would use. It knows the JAR signature (v1) and the APK signature schemes v2, v3
// and v3.1, as source.android.com/docs/security/features/apksigning describes them, and answers as
// apksigner does when it is asked about every Android version from the app's minimum on.
//
// # What verifies
//
//   - v3.1 is looked for from Android 13 on, v3 from 9, v2 from 7. Each that is there must verify, for
//     a device that knows a scheme looks at nothing older;
//   - v1 counts where the app installs on Android before 7, or where there is no newer signature. It is
//     not looked at otherwise;
//   - a newer signature that was there when the file was signed must still be there: the attribute
//     X-Android-APK-Signed of v1, the stripping attribute of v2 and the rotation attribute of v3;
//   - schemes that verify must name the same signer, or one whose rotation proof leads to the other;
//   - an app for Android 11 or later (target), or for sandbox 2, needs v2 or newer.
//
// # Invariants
//
//   - No input makes it panic. Time and memory are bounded: by the archive's limits for what v1 inflates,
//     by the file's size for the other digests, and by the limits in this package for signatures.
//   - Verifies is true only if nothing in Problems was found. Each problem names the scheme and the place.
//   - A flipped byte anywhere but inside the APK Signing Block makes a file with v2 or newer fail.
//
// What it does not do: v4 lies in a file of its own, and a source stamp says which store delivered the
// file and not who made it. A stamp is named in Blocks and not verified. No certificate's dates, issuer
// or revocation are looked at, as Android does not either.
//
// MD5, SHA-1 and DSA are accepted where Android accepts them: this package tells what Android would
// do, not what it should.
package sign
