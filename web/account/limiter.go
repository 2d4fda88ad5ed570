package account

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// An address may try sixty times at once, and then once every two seconds: enough for an office behind one
// address on the morning of its first day.
const (
	triesEvery = 2 * time.Second
	triesBurst = 60
	// addresses is how many are remembered; when there are more, all begin anew.
	addresses = 10_000
)

// limiter bounds the tries of each address.
type limiter struct {
	mu    sync.Mutex
	now   func() time.Time
	tries map[string]*rate.Limiter
}

// network is what counts as one address: with IPv6 whoever has one has 2^64 of them.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil || ip.Unmap().Is4() {
		return address
	}
	return netip.PrefixFrom(ip.WithZone(""), 64).Masked().String()
}

func (l *limiter) allow(address string) bool {
	address = network(address)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tries == nil || len(l.tries) >= addresses {
		l.tries = map[string]*rate.Limiter{}
	}
	tries := l.tries[address]
	if tries == nil {
		tries = rate.NewLimiter(rate.Every(triesEvery), triesBurst)
		l.tries[address] = tries
	}
	return tries.AllowN(l.now(), 1)
}
