package sdk

// Table is the project's own table of facts.
type Table struct {
	// Version is the day of the table, "2006-01-02".
	Version string
	// SDKs are in the order of the file.
	SDKs []SDK
}

// Facts returns the table that this build carries. All callers share it and none changes it.
func Facts() *Table { return &facts }
