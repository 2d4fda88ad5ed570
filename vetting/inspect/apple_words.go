package inspect

// usage is which kinds of data an app may reach that asks people with a text of that name. Texts of other names are among
// the permissions alone.
var usage = map[string][]string{
	"NSContactsUsageDescription": {"contacts"}, "NSPhotoLibraryUsageDescription": {"content"}, "NSPhotoLibraryAddUsageDescription": {"content"},
	"NSLocationWhenInUseUsageDescription": {"location"}, "NSLocationAlwaysUsageDescription": {"location"}, "NSLocationAlwaysAndWhenInUseUsageDescription": {"location"},
	"NSLocationUsageDescription": {"location"}, "NSLocationTemporaryUsageDescriptionDictionary": {"location"}, "NSVisitsUsageDescription": {"location"},
	"NSMicrophoneUsageDescription": {"microphone"}, "NSSpeechRecognitionUsageDescription": {"microphone"}, "NSAudioCaptureUsageDescription": {"microphone"},
	"NSCameraUsageDescription": {"camera"}, "NSMainCameraUsageDescription": {"camera"}, "NSEnterpriseMCAMUsageDescription": {"camera"},
	"NSCalendarsUsageDescription": {"calendar"}, "NSCalendarsFullAccessUsageDescription": {"calendar"}, "NSCalendarsWriteOnlyAccessUsageDescription": {"calendar"},
	"NSRemindersUsageDescription": {"calendar"}, "NSRemindersFullAccessUsageDescription": {"calendar"},
	"NSMotionUsageDescription": {"sensors"}, "NSFallDetectionUsageDescription": {"sensors"}, "NSSensorKitUsageDescription": {"sensors"},
	"NSHandsTrackingUsageDescription": {"sensors"}, "NSWorldSensingUsageDescription": {"sensors", "camera"},
	"NSHealthShareUsageDescription": {"health"}, "NSHealthUpdateUsageDescription": {"health"}, "NSHealthClinicalHealthRecordsShareUsageDescription": {"health"},
	"NSBluetoothAlwaysUsageDescription": {"network"}, "NSBluetoothPeripheralUsageDescription": {"network"}, "NSBluetoothWhileInUseUsageDescription": {"network"},
	"NSLocalNetworkUsageDescription": {"network"}, "NSHomeKitUsageDescription": {"network"}, "NSNearbyInteractionUsageDescription": {"network"},
	"NSNearbyInteractionAllowOnceUsageDescription": {"network"}, "NSAccessoryTrackingUsageDescription": {"network"}, "NFCReaderUsageDescription": {"network"},
	"NSUserTrackingUsageDescription": {"tracking"}, "NSIdentityUsageDescription": {"identity"}, "NSGKFriendListUsageDescription": {"contacts"},
	"NSVideoSubscriberAccountUsageDescription": {"accounts"}, "NSFinancialDataUsageDescription": {"money"}, "NSSiriUsageDescription": {"content"},
	"NSAppleMusicUsageDescription": {"content"}, "NSDesktopFolderUsageDescription": {"content"}, "NSDocumentsFolderUsageDescription": {"content"},
	"NSDownloadsFolderUsageDescription": {"content"}, "NSRemovableVolumesUsageDescription": {"content"}, "NSNetworkVolumesUsageDescription": {"content"},
	"NSFileProviderDomainUsageDescription": {"content"}, "NSFileProviderPresenceUsageDescription": {"content"}, "NSSystemAdministrationUsageDescription": {"content"},
	"NSAppleEventsUsageDescription": {"apps"}, "NSScreenCaptureUsageDescription": {"screen"},
}

// entitledTo is which kinds of data an entitlement is for, whatever people are asked.
var entitledTo = map[string]string{
	"com.apple.developer.healthkit": "health", "com.apple.developer.contacts.notes": "contacts", "com.apple.developer.location.push": "location",
	"com.apple.developer.sensorkit.reader.allow": "sensors", "com.apple.developer.family-controls": "apps", "com.apple.developer.financekit": "money",
	"com.apple.developer.networking.networkextension": "network", "com.apple.developer.networking.wifi-info": "network", "com.apple.developer.networking.HotspotHelper": "network",
	"com.apple.security.personal-information.addressbook": "contacts", "com.apple.security.personal-information.location": "location",
	"com.apple.security.personal-information.calendars": "calendar", "com.apple.security.personal-information.photos-library": "content",
	"com.apple.security.device.camera": "camera", "com.apple.security.device.microphone": "microphone", "com.apple.security.device.audio-input": "microphone",
	"com.apple.security.automation.apple-events": "apps", "com.apple.security.assets.pictures.read-only": "content", "com.apple.security.assets.pictures.read-write": "content",
	"com.apple.security.assets.music.read-only": "content", "com.apple.security.assets.movies.read-only": "content",
	"com.apple.security.files.downloads.read-only": "content", "com.apple.security.files.downloads.read-write": "content", "com.apple.security.files.all": "content",
}

// extends is what an extension is given of people's, by what it extends.
var extends = map[string]struct{ kind, what string }{
	"com.apple.keyboard-service":                 {"content", "it is a keyboard: it is given what people type"},
	"com.apple.broadcast-services-upload":        {"screen", "it can be given the whole screen to send on"},
	"com.apple.identitylookup.message-filter":    {"messages", "it is given text messages of unknown senders"},
	"com.apple.identitylookup.classification-ui": {"messages", "it is given text messages and calls that people report"},
	"com.apple.email.extension":                  {"messages", "it works inside the mail program"},
	"com.apple.Safari.web-extension":             {"content", "it works inside the pages that people visit"},
	"com.apple.Safari.extension":                 {"content", "it works inside the pages that people visit"},
	"com.apple.networkextension.packet-tunnel":   {"network", "the device's traffic can go through it"},
	"com.apple.networkextension.app-proxy":       {"network", "the device's traffic can go through it"},
	"com.apple.networkextension.filter-data":     {"network", "it is shown what the device's apps send"},
	"com.apple.networkextension.dns-proxy":       {"network", "it is asked for every host that the device looks up"},
	"com.apple.dt.Xcode.extension.source-editor": {"content", "it is given the text that is edited"},
}

// collected is which kinds of data those of Apple's privacy manifests are (NSPrivacyCollectedDataType). What is none of
// these is "other".
var collected = map[string][]string{
	"Contacts": {"contacts"}, "EmailsOrTextMessages": {"messages"}, "PhotosorVideos": {"content"}, "AudioData": {"microphone"}, "OtherUserContent": {"content"},
	"GameplayContent": {"content"}, "CustomerSupport": {"content"}, "PreciseLocation": {"location"}, "CoarseLocation": {"location"}, "Health": {"health"}, "Fitness": {"sensors"},
	"EnvironmentScanning": {"sensors"}, "Hands": {"sensors"}, "Head": {"sensors"},
	"UserID": {"identity"}, "DeviceID": {"identity"}, "PhoneNumber": {"identity"}, "EmailAddress": {"identity"}, "Name": {"identity"}, "PhysicalAddress": {"identity"},
	"OtherUserContactInfo": {"identity"}, "SensitiveInfo": {"sensitive"},
	"PurchaseHistory": {"money"}, "PaymentInfo": {"money"}, "CreditInfo": {"money"}, "OtherFinancialInfo": {"money"},
	"BrowsingHistory": {"usage"}, "SearchHistory": {"usage"}, "ProductInteraction": {"usage"}, "AdvertisingData": {"usage"}, "OtherUsageData": {"usage"},
	"CrashData": {"diagnostics"}, "PerformanceData": {"diagnostics"}, "OtherDiagnosticData": {"diagnostics"},
}
