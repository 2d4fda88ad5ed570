// Package apple reads what Apple devices answer to a device manager about their apps, and what
// macOS tells of its own; and writes what decisions say for them, as a restrictions profile
// (WriteProfile) or as declarations (WriteDeclaration).
//
// Read takes responses to the MDM commands InstalledApplicationList and ManagedApplicationList, as
// Apple's Device Management documentation gives them: property lists in XML, one or several after
// one another, or one in the binary form; or as the webhook of MicroMDM and NanoMDM hands them on
// (JSON, the property list in acknowledge_event.raw_payload), one event or many. Read are
//
//   - UDID, or EnrollmentID where there is none, as the device. A response with an EnrollmentID alone
//     comes from a user enrolment, so the device is managed-personal; nothing else in a response
//     states an ownership or a platform;
//   - Status and ErrorChain: a device that answered anything but Acknowledged is a problem and has
//     no report. Answers to other commands are passed over;
//   - of an installed app its Identifier, Name and ShortVersion. Macs leave Identifier out of some;
//     those have a name alone. Version is the build number, which does not compare with a marketing
//     version, so it is not taken where ShortVersion is missing: the version is then not known;
//   - of a managed app its identifier and Status, which decides whether it is there. The list names
//     managed apps alone, so its report is partial. It has no versions.
//
// A response does not say whether the command asked for everything: one that named Identifiers or
// ManagedAppsOnly is told apart from a whole inventory only by whoever sent it.
//
// ReadSystemProfiler takes what `system_profiler -json SPApplicationsDataType` prints (macOS 10.15
// and later). It knows no bundle identifiers: its apps have names alone, with the publisher from the
// first certificate of signed_by. Run with SPHardwareDataType too, it names the Mac by its
// platform_UUID or serial number.
//
// Besides, it writes the MDM commands that ask devices for this and give them their profile, and reads what they say of
// themselves (ReadCheckIn, ReadSystem) and which of our profiles they have (ReadProfiles).
//
// Left in the file: the names of users (UserID, UserShortName, UserLongName), the paths of apps,
// which hold home folders, and all else that is not named above.
package apple
