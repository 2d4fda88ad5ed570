package enforce

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestCurve: at each of its points a curve says how many times had passed by then, and at its end all of them.
func TestCurve(t *testing.T) {
	from := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	chance := rand.New(rand.NewPCG(1, 2))
	for round := range 500 {
		now := from.Add(time.Duration(chance.Int64N(int64(300 * 24 * time.Hour >> chance.IntN(24)))).Truncate(time.Second))
		times := make([]uint32, chance.IntN(60))
		for i := range times {
			times[i] = uint32(from.Unix() + chance.Int64N(int64(now.Sub(from)/time.Second)+1))
		}
		points := curve(from, now, times)
		if len(points) == 0 || len(points) > mostPoints || !points[0].At.Equal(from) || points[len(points)-1].Confirmed != len(times) || points[len(points)-1].At.After(now) {
			t.Fatalf("round %d: %d points from %v until %v: %+v", round, len(points), from, now, points)
		}
		for i, p := range points {
			passed := 0
			for _, at := range times {
				if !time.Unix(int64(at), 0).After(p.At) {
					passed++
				}
			}
			if passed != p.Confirmed || i > 0 && !p.At.After(points[i-1].At) {
				t.Fatalf("round %d: by %v %d had passed, and it says %d", round, p.At, passed, p.Confirmed)
			}
		}
	}
	if points := curve(from, from.Add(-time.Second), nil); len(points) > 0 {
		t.Errorf("before it begins: %+v", points)
	}
	if points := curve(from, from.Add(365*24*time.Hour), nil); !points[len(points)-1].At.Equal(from.Add(365 * 24 * time.Hour)) {
		t.Errorf("where nobody has, it ends at %v", points[len(points)-1])
	}
	// All at once: what comes after is not a year wide.
	if points := curve(from, from.Add(365*24*time.Hour), []uint32{uint32(from.Unix()) + 60}); points[len(points)-1].At.Sub(from) != 10*time.Minute {
		t.Errorf("it ends at %v", points[len(points)-1])
	}
}
