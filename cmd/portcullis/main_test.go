package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"

	"portcullis/internal/storetest"
)

// TestMain lets scripts run this very program: `exec portcullis` in a script is main.
func TestMain(m *testing.M) {
	if os.Getenv(newerVariable) != "" {
		becomeNewer()
	}
	testscript.Main(stopping{m}, map[string]func(){"portcullis": main})
}

// stopping stops the database server of the tests once they have run.
type stopping struct{ *testing.M }

func (s stopping) Run() int {
	defer storetest.Stop()
	return s.M.Run()
}

// TestScripts plays each script of testdata as a person would at a shell. $DEMO is the folder of the
// demonstration.
func TestScripts(t *testing.T) {
	demo, err := filepath.Abs(filepath.Join("..", "..", "demo"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		UpdateScripts: os.Getenv("UPDATE") != "",
		Cmds:          map[string]func(ts *testscript.TestScript, neg bool, args []string){"pack": pack},
		Setup: func(env *testscript.Env) error {
			env.Setenv("DEMO", demo)
			return nil
		},
	})
}

// pack packs what is in a folder into a ZIP archive: `pack app.ipa folder`.
func pack(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	z := zip.NewWriter(f)
	ts.Check(z.AddFS(os.DirFS(ts.MkAbs(args[1]))))
	ts.Check(z.Close())
	ts.Check(f.Close())
}

// TestGrammar: a command is understood alone as it is among all.
func TestGrammar(t *testing.T) {
	whole, err := kong.New(new(commands), vars)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range whole.Model.Children {
		alone, err := kong.New(grammar([]string{want.Name, "--help"}), vars)
		if err != nil {
			t.Fatal(err)
		}
		if got := alone.Model.Children; len(got) != 1 || got[0].Name != want.Name || got[0].Help != want.Help || len(got[0].Children) != len(want.Children) || len(got[0].Flags) != len(want.Flags) {
			t.Errorf("%s: %v", want.Name, got)
		}
	}
	for _, args := range [][]string{{}, {"--help"}, {"nothing"}, {"--", "vet"}} {
		if _, all := grammar(args).(*commands); !all {
			t.Errorf("%q is not read by all commands", args)
		}
	}
}
