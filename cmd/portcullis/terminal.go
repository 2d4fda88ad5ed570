package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// terminal is what is known of the screen that a command writes to.
type terminal struct {
	colour   bool // the output is a terminal, and its owner has not asked for no colour
	progress bool // the error stream is a terminal
	width    int  // of the output, in columns; 0 where it is no terminal
}

func terminalOf(out, err *os.File) terminal {
	var t terminal
	if term.IsTerminal(int(out.Fd())) {
		t.colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
		if width, _, err := term.GetSize(int(out.Fd())); err == nil {
			t.width = width
		}
	}
	t.progress = term.IsTerminal(int(err.Fd())) && os.Getenv("TERM") != "dumb"
	return t
}

// bar shows progress on the error stream where that is a terminal; elsewhere it is silent. The
// returned function takes what is done and the total, in the same unit.
func (e *environment) bar(what string) (progress func(done, total int64), finish func()) {
	if !e.terminal.progress {
		return func(int64, int64) {}, func() {}
	}
	progress = func(done, total int64) {
		if e.progress == nil {
			e.progress = progressbar.NewOptions64(total, progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(e.err),
				progressbar.OptionSetWidth(30), progressbar.OptionThrottle(100_000_000), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
		}
		// A bar that cannot be drawn must not stop the work that it reports on.
		_ = e.progress.Set64(done)
	}
	return progress, func() {
		if e.progress != nil {
			_ = e.progress.Clear()
			e.progress = nil
		}
	}
}

// printable is text with everything escaped that could make a terminal do something: control
// characters, and the invisible ones that reorder text. Line breaks between lines stay.
func printable(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = escape(line)
	}
	return strings.Join(lines, "\n")
}

// escape is one piece of text, as printable has it, on one line.
func escape(s string) string {
	safe := func(r rune) bool { return r != unicode.ReplacementChar && (unicode.IsGraphic(r) && r != '\u00ad') }
	if strings.IndexFunc(s, func(r rune) bool { return !safe(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case safe(r):
			b.WriteRune(r)
		case r == unicode.ReplacementChar && s[i] != 0xef:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return b.String()
}

// The colours: never the only carrier of a meaning.
const (
	bold   = "\x1b[1m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	dim    = "\x1b[2m"
	reset  = "\x1b[0m"
)

// paint colours text for a terminal that takes colour.
func (t terminal) paint(colour, text string) string {
	if !t.colour {
		return text
	}
	return colour + text + reset
}
