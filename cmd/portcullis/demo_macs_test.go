package main

import (
	"regexp"
	"strconv"
	"testing"
	"time"
)

var confirmedBy = regexp.MustCompile(`Confirmed\s+By (\d+) device`)

// visitMacs sees the ban of the story take hold: Macs fetch it and confirm it by themselves, each in its time, and not all of
// the devices that could.
func visitMacs(t *testing.T, d *demonstrated) {
	d.Go(d.at)
	d.sees(t, "50-played", "played by the demonstration itself")
	d.be("henrik-solberg")
	d.Go(d.at + "/proposals?state=made")
	d.open(t, "Umberfell")
	d.open(t, "How it takes hold")
	at, until := d.at+d.Address(), time.Now().Add(3*macsTake)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for seen, rises := 0, 0; rises < 3; d.Go(at) {
		page := d.Text("main")
		if found := confirmedBy.FindStringSubmatch(page); found != nil {
			if confirmed, err := strconv.Atoi(found[1]); err == nil && confirmed > seen {
				seen, rises = confirmed, rises+1
				d.Shot("51-rises-" + strconv.Itoa(rises))
			}
		}
		if time.Now().After(until) {
			t.Fatalf("%d Macs have confirmed it, in %d steps:\n%.1500s", seen, rises, page)
		}
		<-tick.C
	}
}
