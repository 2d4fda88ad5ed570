package catalogue

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
	"time"
)

//go:embed starter.yaml
var starter []byte

//go:embed sources.csv
var sources []byte

// World returns the catalogue as the text of a world file, for the caller to keep.
func World() []byte { return bytes.Clone(starter) }

// Fact is one statement of the catalogue, and where it was read.
type Fact struct {
	// Section and ID say whose fact it is: a supplier's or a product's ("suppliers", "products").
	Section, ID string
	// Key is a key of the world file, such as "supplier", "identifiers.android" or "owned_by"; or
	// "country", an ISO 3166-1 code that a world file has no place for.
	Key string
	// Value is the fact as text: "bytedance from 2017-11-01". Empty where the maker is not known.
	Value string
	// Sources are the public sources that say so, by name; for a maker that is not known, why.
	Sources []string
	// Checked is the day of the last look.
	Checked time.Time
	// Unverified is set where no second named source, independent of the first, was found.
	Unverified bool
}

// columns are those of sources.csv.
var columns = []string{"section", "id", "key", "value", "sources", "checked", "unverified"}

// Sources returns the facts of the catalogue in the order of the world file. An error means that
// this build carries a damaged table.
func Sources() ([]Fact, error) { return parse(sources) }

func parse(table []byte) ([]Fact, error) {
	r := csv.NewReader(bytes.NewReader(table))
	r.FieldsPerRecord = len(columns)
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("sources.csv: %w", err)
	}
	if len(rows) == 0 || strings.Join(rows[0], ",") != strings.Join(columns, ",") {
		return nil, fmt.Errorf("sources.csv: the first row is not %s", strings.Join(columns, ","))
	}
	facts := make([]Fact, 0, len(rows)-1)
	for i, row := range rows[1:] {
		checked, err := time.Parse(time.DateOnly, row[5])
		if err != nil {
			return nil, fmt.Errorf("sources.csv: row %d: checked: %w", i+2, err)
		}
		if row[6] != "" && row[6] != "true" {
			return nil, fmt.Errorf("sources.csv: row %d: unverified is %q, not true or empty", i+2, row[6])
		}
		facts = append(facts, Fact{
			Section: row[0], ID: row[1], Key: row[2], Value: row[3],
			Sources: strings.Split(row[4], " | "), Checked: checked, Unverified: row[6] == "true",
		})
	}
	return facts, nil
}
