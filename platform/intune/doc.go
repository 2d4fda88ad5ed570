// Package intune reads what Microsoft Intune knows of the apps on its devices, and writes what decisions
// say of them as a configuration for it (Write).
//
// Read takes, told apart by their content:
//
//   - the report AppInvRawData of Intune's export (deviceManagement/reports/exportJobs) as CSV, one
//     row for each app on each device. Columns are found by their names, in any order and case:
//     ApplicationName and DeviceId or DeviceName must be there; ApplicationPublisher,
//     ApplicationVersion, ApplicationShortVersion and Platform are read too. The file may be UTF-8 or
//     UTF-16 with a byte-order mark, parted by commas, semicolons or tabs;
//   - Microsoft Graph's deviceManagement/detectedApps with $expand=managedDevices, and
//     deviceManagement/managedDevices, with $expand=detectedApps or without: lists ("value"), several
//     pages after one another, or single resources.
//
// None of them has a bundle or package identifier: every app has a name alone, and the ids that
// Intune gives to apps are its own. A device is its Intune id (DeviceId, managedDevice.id), so that
// the report and the list of devices name it alike; its serial number is in one of them only. A list
// of managed devices without their apps gives reports without inventory, with the ownership from
// managedDeviceOwnerType: company is corporate; personal, on a device that Intune manages, is
// managed-personal. The platform is from operatingSystem or Platform, where policy has a word for it.
//
// Rows that only count (AppInvAggregate, detectedApps without $expand) name no devices and are
// refused. A last page with @odata.nextLink is one of several: a problem, and where the pages are of
// apps every report is partial.
//
// Left in the file: EmailAddress, UserName, UserId, userPrincipalName, phone numbers, IMEI, MEID,
// network addresses and all else that is not named above.
package intune
