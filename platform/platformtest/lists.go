package platformtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"portcullis/platform"
	"portcullis/policy"
)

// Example is a list with something of everything that one can say of apps, for examples of artefacts:
// identifier makes identifiers of the platform from words. It has an identifier that is of no form.
func Example(on policy.Platform, closed bool, identifier func(word string) string) *platform.List {
	code := int64(42)
	l := &platform.List{Platform: on, Organisation: "gov", Host: "press", Generation: 7, At: time.Unix(0, 0).UTC(), Closed: closed, Shared: []platform.Entry{
		{Identifier: "\"]]>\n--><&'", Product: "hostile", Name: "\"]]>\n--><&'", Banned: []policy.Window{{}}, Decisions: []string{"ban-hostile"}},
		{Identifier: identifier("banned"), Product: "banned", Name: "Banned", Listed: true, Banned: []policy.Window{{}}, Decisions: []string{"allow-banned", "ban"}},
		{Identifier: identifier("builtin"), Product: "builtin", Name: "Built in", Listed: true},
		{Identifier: identifier("elsewhere"), Banned: []policy.Window{{}}, Decisions: []string{"ban-elsewhere"}},
		{Identifier: identifier("floor"), Product: "floor", Name: "Floor", Listed: true, Floors: []platform.Floor{{Version: "4.2", Code: &code}}, Decisions: []string{"allow-floor"}},
		{Identifier: identifier("signed"), Product: "signed", Name: "Signed \"]]>\n--><&'", Listed: true, Signers: []string{strings.Repeat("a0", 32)}, Decisions: []string{"allow-signed"}},
		{Identifier: identifier("unlisted"), Product: "unlisted", Name: "Unlisted", Signers: []string{strings.Repeat("b1", 32)}},
		{Identifier: identifier("window"), Product: "window", Name: "Window", Listed: true, Banned: []policy.Window{{Since: "2", Until: "3"}}, Decisions: []string{"allow-window", "ban-window"}},
	}}
	order(l)
	return l
}

// Many is a closed list of n apps, every tenth of them banned.
func Many(on policy.Platform, n int, identifier func(word string) string) *platform.List {
	l := &platform.List{Platform: on, Organisation: "gov", Generation: 7, At: time.Unix(0, 0).UTC(), Closed: true}
	for i := range n {
		e := platform.Entry{Identifier: identifier(fmt.Sprintf("app%05d", i)), Product: fmt.Sprint("product-", i), Name: fmt.Sprint("App ", i), Listed: true, Decisions: []string{fmt.Sprint("allow-", i)}}
		if i%10 == 0 {
			e.Banned, e.Decisions = []policy.Window{{}}, append(e.Decisions, fmt.Sprint("ban-", i))
		}
		l.Shared = append(l.Shared, e)
	}
	order(l)
	return l
}

func order(l *platform.List) {
	slices.SortFunc(l.Shared, func(a, b platform.Entry) int { return strings.Compare(a.Identifier, b.Identifier) })
}
