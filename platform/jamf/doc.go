// Package jamf reads inventories of Jamf Pro, as its two interfaces give them.
//
// Read takes, told apart by their content:
//
//   - the Jamf Pro API (JSON): pages of v1/computers-inventory and v2/mobile-devices/detail
//     ({"totalCount", "results"}), and single records of v1/computers-inventory-detail/{id} and
//     v2/mobile-devices/{id}/detail, each with the sections that were asked for;
//   - the Classic API (JSON or XML): computers/id/{id}, mobiledevices/id/{id}, and the lists of both,
//     which have no apps.
//
// Several documents may stand after one another, and a page may be wrapped in one more object. Read
// are the UDID, else the serial number, else Jamf's id, as the device; its name, its platform (Mac,
// iOS and iPadOS; other Apple systems are left to whoever imports); its ownership; the time of its
// inventory; and of each application the bundle identifier, name, version and whether it is managed.
// Where there are two versions, the short one is the one people know.
//
// A record in which the section APPLICATIONS was not asked for, or is null, describes the device and
// not its apps: its report has no inventory. An empty list of applications says that there are none.
// Fewer devices than totalCount are a problem: the others are on pages that are not in the input.
//
// Ownership is stated for mobile devices alone: Institutional is corporate; user enrolments and
// personal device profiles are managed-personal.
//
// Left in the file: users and locations, purchasing, network addresses, phone numbers, IMEI, the
// paths of apps and all else that is not named above.
package jamf
