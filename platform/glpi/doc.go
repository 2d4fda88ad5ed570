// Package glpi reads the inventories of computers that the GLPI Agent and FusionInventory Agent write
// as JSON: GLPI's inventory format (inventory.schema.json of glpi-project/inventory_format, version
// 0.1), one document, several, or a list of them.
//
// Read are:
//
//   - hardware.uuid, bios.ssn, deviceid and hardware.name, of which the first that identifies is the
//     device (placeholders of firmware do not);
//   - operatingsystem.name, full_name and kernel_name for the platform, and timezone.offset with
//     accesslog.logdate for the time: without a zone there is none;
//   - of each entry of softwares name, version, publisher and from, and the comment of a flatpak.
//
// What comes from a package manager (from: rpm, deb, pacman, apk, snap, …) is identified by the
// package's name. The Windows registry, its store and macOS give display names alone.
//
// A document with partial: true is partial. One without softwares describes the device and says
// nothing of what is installed. Users, logins, licence keys, telephone and SIM data, and the
// username and userid of an entry are left in the file.
//
// The format cannot say which version of several is in use: where a package is listed in two (a
// kernel and the one before it), the first stands and a problem names both.
package glpi
