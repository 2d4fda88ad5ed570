package archtest

import "testing"

// TestModule holds every rule against the module that this package is part of.
func TestModule(t *testing.T) {
	m, err := Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, check := range Checks() {
		t.Run(check.Name, func(t *testing.T) {
			for _, breach := range check.Find(m) {
				t.Error(breach)
			}
		})
	}
}
