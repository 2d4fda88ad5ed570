package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"portcullis/policy"
)

// kept is a kind of equipment as it stands on sites: how often, and in which versions.
type kept struct {
	product, code, word string
	weight              int
	versions            string
}

var stockOfPieces = []kept{
	{"umberfell-sentry-2", "CAM", "Camera", 9, "3.1 3.0"}, {"umberfell-sentry-4", "CAM", "Camera", 7, "4.2 4.0"},
	{"umberfell-vault-16", "REC", "Recorder", 4, "2.2"}, {"lantern-dome-4", "CAM", "Camera", 9, "2.1 2.0"},
	{"quay-gateway", "NET", "Router", 7, "1.9 1.8"}, {"harrowby-r5", "NET", "Router", 5, "7.4"},
	{"pellow-door-4", "DOOR", "Door controller", 5, "4.0"}, {"skerry-m4", "MOD", "Cellular module", 2, "12.1"},
	{"lantern-dome-2", "CAM", "Camera", 5, "1.7"}, {"fernside-c2", "CAM", "Camera", 15, "4.0 3.9"}, {"fernside-store-8", "REC", "Recorder", 6, "2.5"},
	{"pellow-door-2", "DOOR", "Door controller", 10, "2.3"}, {"wicket-reader", "DOOR", "Card reader", 11, "6.1"},
	{"quay-gateway-5g", "NET", "Router", 5, "2.0"}, {"ternhill-t1", "MOD", "Cellular module", 1, "3.3"},
	{"ironmere-bullet-3", "CAM", "Camera", 10, "5.5.80 5.4.2"}, {"ironmere-store-32", "REC", "Recorder", 3, "5.1"},
	{"castle-row-eye", "CAM", "Camera", 5, "5.5.80"}, {"unmarked-dome", "CAM", "Camera", 2, ""},
}

// pieces yields the equipment, site by site.
func (d *Demo) pieces(yield func(Host) bool) {
	total, nth := 0, 0
	for _, k := range stockOfPieces {
		total += k.weight
	}
	for _, s := range sites {
		first := strings.Fields(s.first)
		numbers := make(map[string]int)
		for i := range s.pieces {
			nth++
			dr := drawFor(drawEquipment, nth)
			k := drawKept(&dr, total)
			if i < len(first) {
				k = keptAs(first[i])
			}
			numbers[k.code]++
			if !yield(d.piece(&dr, &s, k, numbers[k.code])) {
				return
			}
		}
	}
}

func drawKept(dr *draw, total int) *kept {
	at := dr.below(total)
	for i := range stockOfPieces {
		if at -= stockOfPieces[i].weight; at < 0 {
			return &stockOfPieces[i]
		}
	}
	return &stockOfPieces[0]
}

func keptAs(product string) *kept {
	i := slices.IndexFunc(stockOfPieces, func(k kept) bool { return k.product == product })
	return &stockOfPieces[i]
}

func (d *Demo) piece(dr *draw, s *site, k *kept, n int) Host {
	in := policy.Installation{Product: k.product}
	if versions := strings.Fields(k.versions); len(versions) > 0 {
		in.Version = versions[dr.below(len(versions))]
	}
	minutes := dr.below(26 * 60)
	if dr.in1000(40) {
		minutes += (1 + dr.below(20)) * 24 * 60 // somebody has pulled the plug
	}
	return Host{
		Host: policy.Host{ID: fmt.Sprintf("%s-%s-%02d", s.code, k.code, n), Kind: policy.EquipmentHost,
			Organisation: s.organisation, Site: s.id, Installed: []policy.Installation{in}},
		Name:      fmt.Sprintf("%s %02d", k.word, n),
		LastHeard: d.Now.Add(-time.Duration(minutes) * time.Minute),
	}
}
