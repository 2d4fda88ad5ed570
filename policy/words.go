package policy

// The closed lists of the contract. The zero value of each type means "not given" and its text is
// empty. Each list's variable holds its words in the order of the constants, so that a reader can
// look a word up and an error can name the choices.

// Platform is an operating system, or a browser that takes add-ons.
type Platform uint8

// The platforms. IOS is iPadOS too; the last three are browsers.
const (
	Android Platform = iota + 1
	IOS
	MacOS
	Windows
	Linux
	ChromeOS
	Chrome
	MSEdge
	Firefox
)

// PlatformWords are the words for the platforms, at the index of their constants.
var PlatformWords = [...]string{"", "android", "ios", "macos", "windows", "linux", "chromeos", "chrome", "edge", "firefox"}

func (p Platform) String() string { return PlatformWords[p] }

// ParsePlatform returns the platform of a word; false where it is on no list.
func ParsePlatform(s string) (Platform, bool) { return parse[Platform](PlatformWords[:], s) }

// Kind is what sort of thing a product is.
type Kind uint8

// The kinds of product.
const (
	App Kind = iota + 1
	Equipment
)

// KindWords are the words for the kinds, at the index of their constants.
var KindWords = [...]string{"", "app", "equipment"}

func (k Kind) String() string { return KindWords[k] }

// ParseKind returns the kind of a word; false where it is on no list.
func ParseKind(s string) (Kind, bool) { return parse[Kind](KindWords[:], s) }

// HostKind is what sort of thing is judged.
type HostKind uint8

// The kinds of host.
const (
	Device HostKind = iota + 1
	EquipmentHost
)

// HostKindWords are the words for the kinds of host, at the index of their constants.
var HostKindWords = [...]string{"", "device", "equipment"}

func (k HostKind) String() string { return HostKindWords[k] }

// ParseHostKind returns the kind of host of a word; false where it is on no list.
func ParseHostKind(s string) (HostKind, bool) { return parse[HostKind](HostKindWords[:], s) }

// Ownership is whose a device is. The zero value counts as corporate.
type Ownership uint8

// The ownerships of a device.
const (
	Corporate Ownership = iota + 1
	Personal
	ManagedPersonal
)

// OwnershipWords are the words for the ownerships, at the index of their constants.
var OwnershipWords = [...]string{"", "corporate", "personal", "managed-personal"}

func (o Ownership) String() string { return OwnershipWords[o] }

// ParseOwnership returns the ownership of a word; false where it is on no list.
func ParseOwnership(s string) (Ownership, bool) { return parse[Ownership](OwnershipWords[:], s) }

// Effect is what a rule does.
type Effect uint8

// The effects of a rule.
const (
	Allow Effect = iota + 1
	Ban
	PhaseOut
)

// EffectWords are the words for the effects, at the index of their constants.
var EffectWords = [...]string{"", "allow", "ban", "phase-out"}

func (e Effect) String() string { return EffectWords[e] }

// ParseEffect returns the effect of a word; false where it is on no list.
func ParseEffect(s string) (Effect, bool) { return parse[Effect](EffectWords[:], s) }

// Question is what a finding answers.
type Question uint8

// The three findings of a decision, in the order in which they are given.
const (
	BanQuestion Question = iota + 1
	PhaseOutQuestion
	ListingQuestion
)

// QuestionWords are the words for the findings, at the index of their constants.
var QuestionWords = [...]string{"", "ban", "phase-out", "listing"}

func (q Question) String() string { return QuestionWords[q] }

// Result is what a finding, or a whole decision as its verdict, says.
type Result uint8

// The results of findings and the verdicts of decisions. Lifted is a finding only; Advised is a
// verdict only.
const (
	Banned Result = iota + 1
	Lifted
	Overdue
	PhasingOut
	Impostor
	Allowed
	Exempt
	Outdated
	Unlisted
	Unknown
	Permitted
	Unidentified
	Advised
)

// ResultWords are the words for the results, at the index of their constants.
var ResultWords = [...]string{"", "banned", "lifted", "overdue", "phase-out", "impostor", "allowed", "exempt",
	"outdated", "unlisted", "unknown", "permitted", "unidentified", "advised"}

func (r Result) String() string { return ResultWords[r] }

func parse[T ~uint8](words []string, s string) (T, bool) {
	for i, w := range words[1:] {
		if w == s {
			return T(i + 1), true
		}
	}
	return 0, false
}
