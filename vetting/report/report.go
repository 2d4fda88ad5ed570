package report

// Report is what is told of one app. Strings are as the file has them, in valid UTF-8; lists are sorted, and are
// there, empty, where nothing was found.
type Report struct {
	// File is what the file was called: for an app in several files, all of them, joined by " + ".
	File   string `json:"file"`
	Format Format `json:"format"`
	// SHA256 of the file's bytes, in hex; of several files, of their digests in hex, sorted, each with a line feed.
	SHA256 string `json:"sha256"`
	// Error is why the file could not be read at all; there is nothing else to tell then.
	Error string `json:"error,omitempty"`

	Package string `json:"package"`
	Name    string `json:"name,omitempty"` // as people see it
	// VersionCode and VersionName are Android's, or iOS's CFBundleVersion and CFBundleShortVersionString: texts, since
	// those are no numbers.
	VersionCode string `json:"version_code"`
	VersionName string `json:"version_name"`
	// MinSDK and TargetSDK are what the app says that it needs and was made for: a number, a code name, or on iOS a
	// version. They are null where it says nothing.
	MinSDK    *string `json:"min_sdk"`
	TargetSDK *string `json:"target_sdk"`

	Permissions Permissions `json:"permissions"`
	// Data is what of people's the app can reach, as far as what it declares says so.
	Data []Data `json:"data"`
	// Traits are properties that reviewers ask for by name, each with where it stands; a property that is not there
	// was looked for and not found, if the manifest was read.
	Traits  []Trait `json:"traits"`
	Signing Signing `json:"signing"`
	DEX     DEX     `json:"dex"`
	SDKs    []SDK   `json:"sdks"`
	// Domains are hosts whose names stand in the app. That one stands there is no proof that the app speaks to it.
	Domains    []string    `json:"domains"`
	Components []Component `json:"components"`
	Libraries  []Library   `json:"libraries"`
	// Nested are apps and code that lie inside the app as data.
	Nested   []Nested  `json:"nested"`
	Problems []Problem `json:"problems"`
	Coverage Coverage  `json:"coverage"`
	// Unknown are the kinds of facts that could not be found out whole, with why: none of them may be read as none.
	Unknown  map[Fact]string `json:"unknown,omitempty"`
	Criteria []Criterion     `json:"criteria"`
	// Tables are what was looked up in, by name, with the version of each.
	Tables map[string]string `json:"tables"`
}

// Format is the form of a file.
type Format string

// The formats.
const (
	APK   Format = "apk"
	AAB   Format = "aab"
	XAPK  Format = "xapk"
	APKS  Format = "apks"
	APKM  Format = "apkm"
	Split Format = "split-apk" // several APKs that are one app
	IPA   Format = "ipa"
	Mac   Format = "mac-app"
)

// Permissions are what an app asks the system for.
type Permissions struct {
	Declared []string `json:"declared"`
	// Implied are what the system adds by itself, because of what is declared or of how old an app says that it is.
	Implied []string `json:"implied"`
	// Widened are those that newer systems add, since what the app declares was taken apart after it was made.
	Widened []string `json:"widened"`
}

// Data is a kind of people's data that an app can reach: one of the words of DataKinds.
type Data struct {
	Kind     string     `json:"kind"`
	Evidence []Evidence `json:"evidence"`
}

// Trait is a property of an app.
type Trait struct {
	ID       string     `json:"id"`
	Evidence []Evidence `json:"evidence"`
}

// Signing is whether the system would take the app's signature, and whose it is.
type Signing struct {
	Verifies bool     `json:"verifies"`
	Schemes  []string `json:"schemes"` // that verify: v1, v2, v3, v3.1
	// Certificates are the SHA-256 of those that the system would use, in hex.
	Certificates []string `json:"certificates"`
	// Subjects are the names in those, in the same order.
	Subjects []string `json:"subjects"`
	Problems []string `json:"problems"`
	// Lineage are the certificates that the signer had before, the oldest first, in hex.
	Lineage []string `json:"lineage,omitempty"`
}

// DEX is the sums over an app's code for Android's runtime.
type DEX struct {
	Files   int `json:"files"`
	Classes int `json:"classes"`
	Strings int `json:"strings"`
}

// SDK is somebody else's code in an app, or a sign of it.
type SDK struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Company string `json:"company"`
	Owner   string `json:"owner"`
	Country string `json:"country"` // of the owner: ISO 3166-1 alpha-2; empty where that is not known
	// Unverified is that one source alone stands behind these facts.
	Unverified bool       `json:"unverified,omitempty"`
	Evidence   []Evidence `json:"evidence"`
	// Count is how much evidence there is of each grade, where not all is listed.
	Count map[string]int `json:"count,omitempty"`
	// Flags are settings of the SDK that the app's manifest has, and what they mean.
	Flags []Flag `json:"flags,omitempty"`
}

// The grades of evidence, the strongest first.
const (
	GradeDefined    = "class-defined"    // code of that name is in the app
	GradeReferenced = "class-referenced" // code in the app asks for code of that name
	GradeLiteral    = "string"           // a text of it stands in the code
	GradeDomain     = "domain"
	GradeLibrary    = "library"
	GradePart       = "component" // the manifest names it
	GradeDeclared   = "manifest"  // of what is no SDK: the manifest says so
	GradeSigned     = "signature"
	GradeSeen       = "file"
	GradeRegister   = "register" // of the maker: the register says so
)

// Grades are those of SDKs, the strongest first.
var Grades = []string{GradeDefined, GradeReferenced, GradeLiteral, GradeDomain, GradeLibrary, GradePart}

// Evidence is where something was found.
type Evidence struct {
	Grade string `json:"grade"`
	// Where is a path in the file, with ! between an archive and what is in it.
	Where string `json:"where"`
	What  string `json:"what"`
}

// Flag is a setting of an SDK.
type Flag struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Means string `json:"means"`
}

// Component is a part of an app that the system may start.
type Component struct {
	Kind       string `json:"kind"` // activity, service, receiver, provider
	Name       string `json:"name"`
	Exported   bool   `json:"exported"`
	Permission string `json:"permission,omitempty"` // what others need to start it
}

// Library is native code.
type Library struct {
	Where        string   `json:"where"`
	Architecture string   `json:"architecture"`
	Needs        []string `json:"needs"`
}

// Nested is an app or code inside an app.
type Nested struct {
	Where   string `json:"where"`
	Format  string `json:"format"`
	Package string `json:"package,omitempty"`
}

// Problem is something about a file that is not as it should be.
type Problem struct {
	Where string `json:"where"`
	What  string `json:"what"`
}

// Coverage is how much of a file was looked at.
type Coverage struct {
	FilesTotal int   `json:"files_total"`
	FilesRead  int   `json:"files_read"`
	BytesTotal int64 `json:"bytes_total"` // as they are when unpacked
	BytesRead  int64 `json:"bytes_read"`
	// FilesMedia and BytesMedia, of those read, are pictures, sound, films and fonts: known by their first bytes, looked at
	// for archives behind them, and not searched for hosts.
	FilesMedia  int           `json:"files_media"`
	BytesMedia  int64         `json:"bytes_media"`
	NotAnalysed []NotAnalysed `json:"not_analysed"`
}

// NotAnalysed is a file, or a part of one, that nobody has looked into.
type NotAnalysed struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

// Criterion is how an app stands to one criterion.
type Criterion struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Result Result `json:"result"`
	// Evidence is what the result rests on; of what is met there need be none.
	Evidence []Evidence `json:"evidence"`
	// Why is why it is unknown, or what a result that is known does not cover.
	Why      string `json:"why,omitempty"`
	Standard string `json:"standard"` // where the criterion comes from
}

// Result is how a criterion stands.
type Result string

// The results.
const (
	Met     Result = "met"
	NotMet  Result = "not_met"
	Unknown Result = "unknown"
)

// Fact is a kind of facts.
type Fact string

// The kinds of facts that criteria ask for.
const (
	DataFact       Fact = "data"
	PermissionFact Fact = "permission"
	TraitFact      Fact = "trait"
	CodeFact       Fact = "code"
	SDKFact        Fact = "sdk"
	OwnerFact      Fact = "sdk-owner"
	CountryFact    Fact = "sdk-country"
	DomainFact     Fact = "domain"
	SigningFact    Fact = "signing"
	MakerFact      Fact = "maker-country"
	TargetFact     Fact = "target-sdk"
	AnalysedFact   Fact = "analysed"
)

// Facts are all kinds of facts, with what each holds.
var Facts = map[Fact]string{
	DataFact:       "a kind of people's data that the app can reach",
	PermissionFact: "a permission, declared or implied",
	TraitFact:      "a property that the app declares",
	CodeFact:       "a property of its code",
	SDKFact:        "the id of somebody else's code in it",
	OwnerFact:      "the company that owns somebody else's code in it",
	CountryFact:    "the country of a company that owns somebody else's code in it",
	DomainFact:     "a host that is named in it",
	SigningFact:    "verifies, or a scheme that verifies",
	MakerFact:      "the country of who makes the app, as the register has it",
	TargetFact:     "the level of the system that the app was made for",
	AnalysedFact:   "how much of the file was analysed, in hundredths; none of it where code was not",
}

// SigningValues are what SigningFact may be.
var SigningValues = []string{"verifies", "v1", "v2", "v3", "v3.1"}

// DataKinds are the words for kinds of people's data, with what each means. The first three are the government
// review's own.
var DataKinds = map[string]string{
	"contacts": "contacts", "content": "what people have written, received or stored", "location": "where people are",
	"microphone": "the microphone", "camera": "the camera", "messages": "text messages", "calls": "who called whom", "calendar": "the calendar",
	"identity": "which telephone and which number this is", "accounts": "the accounts on the device", "sensors": "body sensors and movement",
	"apps": "which other apps there are", "network": "networks and devices nearby", "screen": "what is on the screen", "health": "health records",
	"tracking": "who somebody is in other companies' apps", "usage": "what people do in it, search for and look at", "money": "what people buy, pay with and have",
	"diagnostics": "how it runs, and where it fails", "sensitive": "what people believe, whom they love, and the like", "other": "something of people's that is not said",
}
