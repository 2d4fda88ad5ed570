package sdk

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
)

// factsFile is facts.yaml put together: each kit with its maker, the maker's owners and the sources of all of it. It is
// written by the test that holds the two against each other, and read in a tenth of the time.
//
//go:embed facts.json
var factsFile []byte

// Table is the project's own table of facts.
type Table struct {
	// Version is the day of the table, "2006-01-02".
	Version string `json:"version"`
	// SDKs are in the order of the file.
	SDKs []SDK `json:"sdks"`
}

// Facts returns the table that this build carries. All callers share it and none changes it. An error means that the
// build carries a damaged table.
var Facts = sync.OnceValues(func() (*Table, error) {
	t := &Table{}
	if err := json.Unmarshal(factsFile, t); err != nil {
		return nil, fmt.Errorf("facts.json: %w", err)
	}
	return t, nil
})
