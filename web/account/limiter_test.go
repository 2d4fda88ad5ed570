package account

import (
	"testing"
	"time"
)

// TestLimiter: an address has its tries, whichever of its network's addresses it takes, and gets them back.
func TestLimiter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	l := limiter{now: func() time.Time { return now }}
	for _, addresses := range [][2]string{{"192.0.2.1", "192.0.2.1"}, {"::ffff:192.0.2.9", "::ffff:192.0.2.9"}, {"2001:db8::1", "2001:db8::ffff:2"}, {"unknown", "unknown"}} {
		for range triesBurst {
			if !l.allow(addresses[0]) {
				t.Fatalf("%s has too few tries", addresses[0])
			}
		}
		if l.allow(addresses[1]) {
			t.Errorf("%s has too many tries", addresses[1])
		}
	}
	if !l.allow("192.0.2.2") || !l.allow("2001:db8:0:1::1") {
		t.Error("another network is held up")
	}
	now = now.Add(triesEvery)
	if !l.allow("192.0.2.1") {
		t.Error("the tries do not come back")
	}
}
