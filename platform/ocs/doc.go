// Package ocs reads the XML inventories that the agents of OCS Inventory NG, FusionInventory and older
// GLPI Agents send to their server (REQUEST with QUERY INVENTORY), one or several after one another,
// plain or compressed with zlib as in the .ocs files that the OCS agent writes where it has no server.
//
// Read are DEVICEID and, of CONTENT:
//
//   - HARDWARE (UUID, NAME, OSNAME), BIOS (SSN) and DEVICEID, of which the first that identifies is the
//     device (placeholders of firmware do not);
//   - OPERATINGSYSTEM (NAME, FULL_NAME, KERNEL_NAME, TIMEZONE/OFFSET) and ACCESSLOG/LOGDATE: the time
//     is left out where there is no zone;
//   - of each SOFTWARES entry NAME, VERSION, PUBLISHER, FROM, and COMMENTS where it is a flatpak.
//
// What comes from a package manager is identified by the package's name; the registry of Windows and
// macOS give display names alone. An inventory without SOFTWARES describes the device and says nothing
// of what is installed. Users, domains, addresses and licence keys are left in the file.
//
// Encodings are those that agents declare: UTF-8, ISO-8859-1 (read as its superset windows-1252),
// ISO-8859-15 and windows-1251. Scans of the network and SNMP walks come in the same envelope and are refused.
package ocs
