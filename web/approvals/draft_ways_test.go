package approvals_test

import (
	"net/http"
	"strings"
	"testing"

	"portcullis/people"
)

// TestWaysIn holds that the pages about things lead to proposing something about them, filled in.
func TestWaysIn(t *testing.T) {
	eachDrafting(t, func(t *testing.T, b *house) {
		olga, sam := b.drafter(people.CentreOfficer, people.Everywhere, "olga"), b.drafter(people.SecurityOfficer, "dept-a", "sam")
		for _, way := range []struct {
			who        visitor
			from, want string
			shows      string
		}{
			{olga, "/what-if?product=maps&scope=gov&platform=android", "/proposals/new/ban", "Bans Maps, and whatever contains it, on Android"},
			{olga, "/rules/ban-parrot", "/proposals/new/withdrawal", "Propose that this rule end"},
			{sam, "/rules/ban-tiles-b", "/proposals/new/adopt", "Department B"},
			{sam, "/devices/a3", "/proposals/new/exemption", "This device alone"},
			{sam, "/devices/a2", "/proposals/new/app", "Ask for Maps"},
			{sam, "/apps/parrot", "/proposals/new/exemption", "It reads contacts"},
			{sam, "/apps/maps", "/proposals/new/app", "Ask for Maps"},
			{olga, "/apps/maps", "/proposals/new/product/", "Propose who makes Maps"},
			{olga, "/suppliers/maker", "/proposals/new/supplier/", "Propose who owns Umber Apps Ltd"},
		} {
			to := way.who.Get(way.from).Shows(http.StatusOK).Hrefs(way.want)
			if len(to) == 0 {
				t.Errorf("%s leads to no %s", way.from, way.want)
				continue
			}
			p := way.who.Get(to[0])
			for strings.HasPrefix(p.Location, "/proposals/new/") {
				p = way.who.Get(p.Location)
			}
			p.Shows(http.StatusOK, way.shows)
		}
	})
}
