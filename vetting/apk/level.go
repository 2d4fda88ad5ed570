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

// SigningLevels are the levels that signatures are checked for, as apksigner takes them, which goes by the first letter
// of a preview's name: a preview has the number of the Android before it. The minimum is 0 where that says nothing; a
// target that is a preview's name is taken for the minimum.
func (m *Manifest) SigningLevels() (least, target int) {
	least = Level(m.MinSDK, 1)
	if _, err := strconv.Atoi(m.MinSDK); err != nil && m.MinSDK != "" {
		least = before(m.MinSDK)
	}
	target = least
	if n, err := strconv.Atoi(m.TargetSDK); err == nil {
		target = n
	}
	return least, target
}

// befores are the levels before previews whose names begin with A, B and so on; each later letter is one more.
var befores = [...]int{1, 1, 2, 3, 4, 7, 8, 10, 13, 15, 18, 20, 22, 23, 25}

// before is the level before a preview's, 0 for a name that can be none. Since Android 16 the letters begin anew, which
// apksigner does not know.
func before(preview string) int {
	letter := int(preview[0]) - 'A'
	switch last := len(befores) - 1; {
	case codenames[preview] >= 36:
		return codenames[preview] - 1
	case letter < 0 || letter > 'Z'-'A':
		return 0
	case letter > last:
		return befores[last] + letter - last
	}
	return befores[letter]
}

// toolLevel is the higher of the levels as aapt counts them: names of previews are none, but for the first.
func toolLevel(levels ...string) (highest int) {
	for _, sdk := range levels {
		n, err := strconv.Atoi(sdk)
		if err != nil && sdk == "Donut" {
			n = codenames[sdk]
		}
		highest = max(highest, n)
	}
	return highest
}
