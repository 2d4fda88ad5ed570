// Command portcullis keeps one register of decisions about what may be on devices, on an estate and
// inside its doors, applies it everywhere and proves it.
//
// This package alone wires the rooms together: each file is one subcommand, which reads its
// arguments and files, calls the rooms and prints.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	completion "github.com/jotaen/kong-completion"
	"github.com/schollz/progressbar/v3"

	"portcullis/enforce"
	"portcullis/platform/kinds"
)

// The exit statuses of every command.
const (
	exitClean    = 0 // nothing is in breach
	exitBreach   = 1
	exitBadInput = 2 // bad input or bad usage: nothing was judged, or not all could be
)

type commands struct {
	Check      checkCommand          `cmd:"" help:"Judge what is installed against a world of rules, offline."`
	Explain    explainCommand        `cmd:"" help:"Say in plain words why one thing on one host is judged as it is, and what would change it."`
	Convert    convertCommand        `cmd:"" help:"Turn an inventory that another tool wrote into the hosts of a world file."`
	Catalogue  catalogueCommand      `cmd:"" help:"Print the starter catalogue: well-known apps, their makers and owners, as a world file."`
	Vet        vetCommand            `cmd:"" help:"Say what apps are and do, on evidence, beside what is asked of them."`
	Serve      serveCommand          `cmd:"" help:"Run the server."`
	Demo       demoCommand           `cmd:"" help:"Run a demonstration: a fictional government, on a loopback address."`
	Import     importCommand         `cmd:"" help:"Take a world, people or tools' inventories into a server's database."`
	Export     exportCommand         `cmd:"" help:"Write what devices are to have, in a platform's own form, or the whole register."`
	Link       linkCommand           `cmd:"" help:"Make a one-time link, for the first administrator or for somebody who cannot sign in."`
	Agents     agentsCommand         `cmd:"" help:"Keys by which devices speak for themselves: to print them, and to end them."`
	Token      tokenCommand          `cmd:"" help:"Make, list and end the tokens by which programs act."`
	Ask        askCommand            `cmd:"" help:"May I install this? Ask a running server, by the name that people know."`
	Register   registerCommand       `cmd:"" help:"Find things in the register of a running server, see what they were, and compare two lists."`
	Proposals  proposalsCommand      `cmd:"" help:"Propose decisions, and sign or refuse them, at a running server."`
	Advice     adviceCommand         `cmd:"" help:"Read and keep what people are advised, at a running server."`
	Zones      zonesCommand          `cmd:"" help:"Say which name servers take a body's list as a zone, and with which keys, at a running server."`
	Call       callCommand           `cmd:"" help:"Have a running server do anything else that its pages can: devices, people, organisations, groups, triage."`
	Bounce     bounceCommand         `cmd:"" help:"Take in a mail that came back, from a mail server."`
	Backup     backupCommand         `cmd:"" help:"Write a backup of a server's database, while it runs."`
	Restore    restoreCommand        `cmd:"" help:"Fill an empty database from a backup."`
	Doctor     doctorCommand         `cmd:"" help:"Look a database over and say what is wrong with it, and the way out."`
	Ledger     ledgerCommand         `cmd:"" help:"Export the ledger, and verify an export offline."`
	Version    versionCommand        `cmd:"" help:"Print the version."`
	Completion completion.Completion `cmd:"" help:"Set up the completion of arguments in your shell."`
}

// environment is what a command may touch of the world outside: streams and the clock.
type environment struct {
	context.Context
	in       *os.File
	out, err io.Writer
	now      func() time.Time
	terminal terminal
	progress *progressbar.ProgressBar // the bar that is shown, if one is
}

// note writes one line for a person to read on the error stream.
func (e *environment) note(format string, args ...any) {
	if e.progress != nil {
		// A bar that cannot be cleared must not keep back what a person should read.
		_ = e.progress.Clear()
	}
	fmt.Fprintln(e.err, escape(fmt.Sprintf(format, args...)))
}

func main() {
	env := &environment{Context: context.Background(), in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now, terminal: terminalOf(os.Stdout, os.Stderr)}
	os.Exit(run(env, os.Args[1:]))
}

// failure is an error that decides the exit status.
type failure struct {
	status int
	error
}

func (f failure) Unwrap() error { return f.error }

// vars are what the help of commands speaks of and other rooms know.
var vars = kong.Vars{
	"kinds": strings.Join(kinds.All(), ", "), "forms": strings.Join(enforce.Names(), ", "), "kindEnum": strings.Join(kinds.All(), ","),
	"advicetext": "A file with the text, or - for standard input: paragraphs, with an empty line between them; a line that begins with - is of a list.",
}

// grammar returns what a command line is read by: all commands, or the one that it begins with and nothing else, because
// to look through them all takes longer than many a command.
func grammar(args []string) any {
	if len(args) == 0 {
		return new(commands)
	}
	for field := range reflect.TypeFor[commands]().Fields() {
		if strings.ToLower(field.Name) == args[0] {
			return reflect.New(reflect.StructOf([]reflect.StructField{field})).Interface()
		}
	}
	return new(commands)
}

// commandOf names the command whose arguments could not be read, as far as it is known which was meant.
func commandOf(err error) string {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) {
		if node := wrong.Context.Selected(); node != nil {
			return node.FullPath()
		}
	}
	return "portcullis"
}

// run carries out one command line and returns the exit status.
func run(env *environment, args []string) int {
	exited := -1
	parser, err := kong.New(grammar(args),
		kong.Name("portcullis"),
		kong.Description("One register of decisions about apps, equipment and people, applied everywhere, with evidence."),
		kong.Writers(env.out, env.err),
		kong.Exit(func(status int) { exited = status }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Bind(env),
		vars,
	)
	if err != nil {
		fmt.Fprintf(env.err, "portcullis: %v\n", err)
		return exitBadInput
	}
	completion.Register(parser, completion.WithExitFunc(func(status int) { exited = status }))
	if exited >= 0 {
		return exited // the shell asked what may come next, and was told
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited // help was asked for and printed
	}
	if err != nil {
		fmt.Fprintf(env.err, "portcullis: %s\nSee %s --help.\n", printable(err.Error()), commandOf(err))
		return exitBadInput
	}
	switch err := parsed.Run(env); {
	case err == nil:
		return exitClean
	case errors.Is(err, syscall.EPIPE):
		return exitBadInput // whoever read the output has gone, and has not seen it all
	default:
		if message := err.Error(); message != "" {
			fmt.Fprintf(env.err, "%s\n", printable(message))
		}
		var f failure
		if errors.As(err, &f) {
			return f.status
		}
		return exitBadInput
	}
}
