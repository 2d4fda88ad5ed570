// Package android reads what Android devices say of their apps, through the Android Management API
// or through adb; and writes what decisions say as a policy of that API (Write).
//
// Read takes, told apart by their content:
//
//   - resources of type Device of the Android Management API v1 (enterprises.devices get and list):
//     one, a list under "devices", several after one another, or in the Pub/Sub messages that the API
//     sends (base64 in message.data), as pushed or as pulled. Read are hardwareInfo.serialNumber, else
//     hardwareInfo.enterpriseSpecificId, else name, as the device; ownership; state;
//     lastStatusReportTime; and of each entry of applicationReports packageName, displayName,
//     versionName, versionCode, signingKeyCertFingerprints and state. COMPANY_OWNED is corporate.
//     PERSONALLY_OWNED is managed-personal, and what is reported of it is in its work profile, so
//     managed. An app whose state is REMOVED is not installed; one without a state is a problem. The
//     API leaves empty lists out, and an Android without apps cannot be, so a device without
//     applicationReports, or with none in it, has no inventory (reporting is a setting of its policy);
//   - what `pm list packages` prints on Android 4 to 16, with any of -f, -i, -U and --show-versioncode.
//     It names no device and no version, only identifiers.
//
// What the output of pm list packages cannot say: with -u it holds uninstalled packages too, and they
// look like all others. So, a listing under its own command (a prompt's line with the -u) is refused;
// with -f a package without a path is not installed, and is left out; for the rest whoever makes the
// listing has to leave out -u. A listing without the package "android", which every device has, was
// filtered (by -3, a name or a part of one) and its report is partial.
//
// Left in the file: users, phone numbers, IMEI and MEID, network addresses, the installer of an app
// and all else that is not named above.
package android
