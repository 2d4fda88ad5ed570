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
