// Package shared finds the folder of real files from elsewhere that some tests read. The folder
// lies beside the project, is not part of it, and a stranger's clone does not have it.
package shared

import (
	"os"
	"path/filepath"
	"testing"
)

// Dir returns the path of the folder of shared data. Where there is none it returns "" and the
// caller ends its test; where CI is set that is a failure, because nothing would have been tested.
func Dir(t testing.TB) string {
	t.Helper()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir := wd; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
			continue
		}
		data := filepath.Join(filepath.Dir(dir), "shared", "data")
		if _, err := os.Stat(data); err == nil {
			return data
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("the shared data folder is not beside the project, and CI is set")
	}
	t.Log("the shared data folder is not beside the project: nothing to test against")
	return ""
}
