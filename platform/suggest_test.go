package platform_test

import (
	"strings"
	"testing"

	"portcullis/platform"
	"portcullis/policy"
)

// shelves is a world with players and readers of several makers.
func shelves() *policy.World {
	w := &policy.World{Suppliers: []policy.Supplier{
		{ID: "videolan", Name: "VideoLAN"}, {ID: "wren", Name: "Wren Software Ltd", OwnedBy: []policy.Edge{{Supplier: "umber"}}}, {ID: "umber", Name: "Umber Group"},
	}}
	add := func(id, name, supplier string, aliases ...string) {
		w.Products = append(w.Products, policy.Product{ID: id, Kind: policy.App, Name: name, Supplier: supplier, Aliases: aliases})
	}
	add("vlc", "VLC", "videolan")
	add("wren-player", "Wren Media Player", "wren")
	add("other-player", "Other Media Player", "")
	add("mx", "MX Player", "")
	add("media-box", "Media Box", "")
	add("media-tap", "Media Tap", "")
	add("player-one", "Player One", "")
	add("signal", "Signal", "")
	add("reader", "Wren Reader", "wren", "Pagefold")
	return w
}

func TestSuggestions(t *testing.T) {
	s := platform.NewSuggester(shelves())
	for _, test := range []struct {
		name, publisher string
		first           string  // the product suggested first; none where it is empty
		least, most     float64 // of its confidence
		why             string
	}{
		{"VLC", "VideoLAN", "vlc", 0.95, 0.95, "the name is VLC; the maker agrees"},
		{"VLC media player", "VideoLAN", "vlc", 0.8, 0.95, "the name contains VLC; the maker agrees"},
		{"VLC media player", "", "vlc", 0.6, 0.75, "the name contains VLC; the makers cannot be compared"},
		{"VLC", "Somebody Else", "vlc", 0.3, 0.45, "the maker is another"},
		{"vlc 3.0.21 x64", "VideoLAN", "vlc", 0.95, 0.95, "the name is VLC"},
		{"VLC Skin Editor", "VideoLAN", "vlc", 0.75, 0.95, "the name contains VLC"},
		{"Signal Strength Meter", "", "signal", 0.3, 0.5, "the name resembles Signal"}, // what it adds describes no product
		{"Wren Media Player", "Umber Group", "wren-player", 0.95, 0.95, "the maker agrees"},
		{"Pagefold", "Wren Software", "reader", 0.95, 0.95, "the name is Pagefold"},
		{"Media", "", "media-box", 0.3, 0.6, "the name resembles"},
		{"Tide Tables", "", "", 0, 0, ""},
		{"", "", "", 0, 0, ""},
	} {
		found := s.For(test.name, test.publisher)
		if test.first == "" {
			if len(found) > 0 {
				t.Errorf("%q: %+v", test.name, found)
			}
			continue
		}
		if len(found) == 0 || found[0].Product != test.first || found[0].Confidence < test.least || found[0].Confidence > test.most || !strings.Contains(found[0].Why, test.why) {
			t.Errorf("%q of %q: %+v", test.name, test.publisher, found)
		}
	}
}
