package enforce

import (
	"context"

	"portcullis/platform/santa"
)

// RulesOf are the rules of what an agent was offered or has.
func (s *Santa) RulesOf(ctx context.Context, c *Content) ([]santa.Rule, error) {
	return s.rulesOf(ctx, c)
}

// ForgetLists has all that is remembered of lists be read again.
func (s *Santa) ForgetLists() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists, s.byDigest, s.pages = nil, map[string]*santaRules{}, newPages()
}

// FewAgents sets how many agents are read anew each time, until the returned function is called.
func FewAgents(n int) (restore func()) {
	was := fewAgents
	fewAgents = n
	return func() { fewAgents = was }
}

// Warm tells whether it was read what agents have, and when they first had some ban.
func (r *Room) Warm() bool {
	u := &r.uptake
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, taken := range u.taken {
		if taken.last() != nil {
			return u.clocks.last() != nil
		}
	}
	return false
}

// Moments are of how many decisions it was read when devices first confirmed them.
func (r *Room) Moments() int {
	r.uptake.mu.Lock()
	defer r.uptake.mu.Unlock()
	return len(r.uptake.taken)
}
