package account

import "time"

// providerLife is how long a sign-in with a provider may take: people look for their phone.
const providerLife = 15 * time.Minute

// going is a sign-in with a provider that is under way: where to afterwards, and the protocol's own
// state.
type going struct {
	To    string `json:"to"`
	State []byte `json:"state"`
}
