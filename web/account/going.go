package account

import (
	"encoding/json"
	"time"
)

// providerLife is how long a sign-in with a provider may take: people look for their phone.
const providerLife = 15 * time.Minute

// going is a sign-in with a provider that is under way: where to afterwards, and the protocol's own
// state.
type going struct {
	To    string `json:"to"`
	State []byte `json:"state"`
}

func encodeGoing(g going) ([]byte, error) { return json.Marshal(g) }

func decodeGoing(kept []byte) (g going, err error) {
	err = json.Unmarshal(kept, &g)
	return g, err
}
