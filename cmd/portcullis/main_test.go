package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts run this very program: `exec portcullis` in a script is main.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"portcullis": main})
}

// TestScripts plays each script of testdata as a person would at a shell.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", UpdateScripts: os.Getenv("UPDATE") != ""})
}
