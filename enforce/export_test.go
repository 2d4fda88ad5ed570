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

// Warm tells whether what agents have was read.
func (r *Room) Warm() bool { return r.uptake.clocks.last() != nil }
