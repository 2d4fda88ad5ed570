package devices

// handed are the hosts of the batches that this server has written and its fleet has not followed yet: they need not
// be read back. Nothing rests on it: what is not here is read from the tables.
type handed struct {
	batches map[batchKey][]Host
	hosts   int // of all of them
}

// batchKey is a batch as the tables know it.
type batchKey struct {
	server string
	number int64
}

// maxHanded is how many hosts are kept so that they need not be read; what is beyond them is read.
const maxHanded = 10_000

// forget drops the batches that were followed.
func (h *handed) forget(followed map[string]int64) {
	for key, hosts := range h.batches {
		if key.number <= followed[key.server] {
			delete(h.batches, key)
			h.hosts -= len(hosts)
		}
	}
}

// wrote notes that this server has written hosts in a batch, and has the fleet follow it at once. Until then what is
// known of their last reports is of those before.
func (f *Fleet) wrote(key batchKey, hosts []Host) {
	f.mu.Lock()
	if key.number > f.cursors[key.server] { // or it was followed before this is told
		for i := range hosts {
			h := &hosts[i]
			f.ahead[h.ID] = max(f.ahead[h.ID], h.Version)
		}
		if f.handed.hosts+len(hosts) <= maxHanded {
			f.handed.batches[key] = hosts
			f.handed.hosts += len(hosts)
		}
	}
	f.mu.Unlock()
	f.Wake()
}

// handedOver puts the hosts of a server's batches from the one number to the other into a map as they were last
// written; false where not all of the batches are here, and nothing was put.
func (f *Fleet) handedOver(server string, from, to int64, into map[string]Host) bool {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for n := from; n <= to; n++ {
		if _, here := f.handed.batches[batchKey{server, n}]; !here {
			return false
		}
	}
	for n := from; n <= to; n++ {
		for _, h := range f.handed.batches[batchKey{server, n}] {
			into[h.ID] = h
		}
	}
	return true
}
