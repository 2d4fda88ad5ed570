package devices_test

import (
	"encoding/csv"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	rooms "portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
)

// TestDownloads: what a page lists is there as a file, for those alone who may see it, with what it rests on.
func TestDownloads(t *testing.T) {
	eachQuay(t, coast, func(q *quay) {
		officer, auditor := q.guest(people.SecurityOfficer, "dept-a"), q.guest(people.Auditor, people.Everywhere)
		q.told(rooms.Report{Host: "evil", Name: "=HYPERLINK(1)", Organisation: "dept-b", Ownership: policy.Corporate, Platform: policy.Android, Installed: []policy.Installation{{Identifier: "com.parrot", Version: "+1"}}})
		rows := func(path string) [][]string {
			t.Helper()
			all, err := csv.NewReader(strings.NewReader(auditor.Get(path).Shows(200).Body)).ReadAll()
			if err != nil || len(all) == 0 {
				t.Fatalf("%s: %v %v", path, all, err)
			}
			return all
		}
		one := rows("/devices/b1/breaches")
		if len(one) != 3 || one[2][0] != "b1" || one[2][3] != "com.parrot" || one[2][4] != "Parrot Chat" || one[2][7] != "ban-b" || one[2][8] != "it listens" || one[2][6] != "banned, and in breach" || one[2][9] == "" || one[2][11] == "0" || !strings.HasPrefix(one[2][12], "20") {
			t.Errorf("of one device: %q", one)
		}
		var file struct {
			Decision int64
			At       string
			Breaches []struct{ Device, Identifier, Reason, WhatToDo string }
		}
		if err := json.Unmarshal([]byte(auditor.Get("/devices/b1/breaches?as=json").Shows(200).Body), &file); err != nil || file.Decision == 0 || file.At == "" || len(file.Breaches) != len(one)-1 || file.Breaches[0].Reason != "it listens" || file.Breaches[0].WhatToDo == "" {
			t.Errorf("of one device: %+v %v", file, err)
		}
		auditor.Get("/devices/b1/breaches?as=xml").Shows(422)
		officer.Get("/devices/b1/breaches").Shows(404, "There is no device b1 here")

		// The list says of a device just what its own file says.
		all := slices.DeleteFunc(rows("/breaches.csv"), func(row []string) bool { return row[0] != "b1" })
		same := func(a, b []string) bool { return slices.Equal(a[:len(a)-1], b[:len(b)-1]) } // but for when it was asked
		if !slices.EqualFunc(all, one[1:], same) {
			t.Errorf("the list says %q", all)
		}
		list := rows("/breaches.csv?product=parrot")
		told := ""
		for _, row := range list[1:] {
			if row[4] != "Parrot Chat" {
				t.Errorf("what is not asked for: %q", row)
			}
			if row[0] == "evil" {
				told = row[1] + " " + row[5]
			}
		}
		if told != "'=HYPERLINK(1) '+1" {
			t.Errorf("a formula is %q", told)
		}
		if got := rows("/devices.csv?platform=equipment"); len(got) != 2 || got[1][0] != "b2" {
			t.Errorf("equipment: %q", got)
		}
		if body := officer.Get("/devices.csv").Shows(200).Body; strings.Contains(body, "b1") || !strings.Contains(body, "a1") {
			t.Errorf("an officer of one body is given %s", body)
		}
		officer.Get("/devices.csv?organisation=dept-b").Shows(403)
		auditor.Get("/breaches?product=parrot").Shows(200).Has(`href="/breaches.csv?product=parrot"`)
		auditor.Get("/devices?only=breach").Shows(200).Has(`href="/devices.csv?only=breach"`)
		auditor.Get("/devices/b1").Shows(200, "Why it is in breach").Has(`href="/devices/b1/breaches?as=json"`)
	})
}
