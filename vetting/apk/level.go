package apk

import "strconv"

// codenames are the levels of Android's previews, by the name that apps built against one carry.
var codenames = map[string]int{
	"Donut": 4, "Lollipop": 21, "MNC": 23, "N": 24, "O": 26, "P": 28, "Q": 29, "R": 30, "S": 31, "Sv2": 32,
	"Tiramisu": 33, "UpsideDownCake": 34, "VanillaIceCream": 35, "Baklava": 36,
}

// development is the level of a preview whose name is not known: newer than all that are.
const development = 10000

// Level is an SDK level as a number; otherwise where it is not declared.
func Level(sdk string, otherwise int) int {
	if sdk == "" {
		return otherwise
	}
	if n, err := strconv.Atoi(sdk); err == nil {
		return n
	}
	if n, ok := codenames[sdk]; ok {
		return n
	}
	return development
}

// MinLevel is the level that the app needs at least; 1 where it declares none.
func (m *Manifest) MinLevel() int { return Level(m.MinSDK, 1) }

// TargetLevel is the level that the app was made for, by which Android chooses its defaults; the
// minimum where it declares none.
func (m *Manifest) TargetLevel() int { return Level(m.TargetSDK, m.MinLevel()) }
