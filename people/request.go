package people

import (
	"encoding/json"
	"errors"
	"fmt"

	"portcullis/internal/fault"
	"portcullis/store"
)

// keptRequests is for how long a request with a key happens only once.
const keptRequests = 48 * hour

const maxKey = 255 // bytes

// repeated finds the result of the same request, made earlier with the same key.
func (tx *Tx) repeated(actor Actor, result any) (bool, error) {
	if actor.Key == "" {
		return false, nil
	}
	if len(actor.Key) > maxKey || checkLine("", actor.Key) != nil {
		return false, fault.New(fault.Invalid, "An idempotency key is one line of text of %d bytes or fewer", maxKey)
	}
	digest, stored, err := selectRequest(tx.Tx, tx.who.ID, actor.Key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case digest != actor.Digest:
		return false, fault.New(fault.Conflict, "The idempotency key %q was used for another request: use a new key for a new request", actor.Key)
	}
	if err := json.Unmarshal([]byte(stored), result); err != nil {
		return false, fmt.Errorf("the stored result of a request: %w", err)
	}
	return true, nil
}

// remember stores the result of a request that has a key.
func (tx *Tx) remember(actor Actor, result any) error {
	if actor.Key == "" {
		return nil
	}
	encoded, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("the result of a request: %w", err)
	}
	return insertRequest(tx.Tx, tx.who.ID, actor.Key, actor.Digest, string(encoded))
}
