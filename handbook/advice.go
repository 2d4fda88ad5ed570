package handbook

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"portcullis/internal/fault"
	"portcullis/policy"
	"portcullis/store"
)

// Subject is what sort of thing advice is about.
type Subject string

// The subjects.
const (
	OnPersonal Subject = "personal" // personal devices in general
	OnPlatform Subject = "platform"
	OnProduct  Subject = "product"
	OnChannel  Subject = "channel"
)

// Subjects are all subjects, in the order in which they are shown.
var Subjects = []Subject{OnPersonal, OnPlatform, OnChannel, OnProduct}

// About is what a piece of advice is about.
type About struct {
	Subject Subject `json:"subject"`
	// Of is the word of the platform, as policy.Platform has it, the id of the product, or the channel. It is empty
	// for personal devices in general.
	Of string `json:"of,omitempty"`
}

// maxID is how many bytes an id has at most; those of products have no more.
const maxID = 200

// check returns the faults of what advice is to be about.
func (a About) check() error {
	switch a.Subject {
	case OnPersonal:
		if a.Of != "" {
			return fault.In("of", "Advice for personal devices in general is about none in particular")
		}
		return nil
	case OnPlatform:
		if _, is := policy.ParsePlatform(a.Of); !is || a.Of == "" {
			return fault.In("of", "Choose the platform: %s", strings.Join(policy.PlatformWords[1:], ", "))
		}
		return nil
	case OnChannel:
		if !slices.Contains(AdvisedChannels, Channel(a.Of)) {
			return fault.In("of", "Choose the channel")
		}
		return nil
	case OnProduct:
		if len(a.Of) > maxID {
			return fault.In("of", "The id must have %d bytes or fewer", maxID)
		}
		return line("of", a.Of, "Enter the id that the app has in the register", maxID)
	}
	return fault.In("subject", "Choose what the advice is about")
}

// Draft is what is advised.
type Draft struct {
	Title string `json:"title"` // one line
	Text  string `json:"text"`  // paragraphs and lists, as Blocks reads them
}

// Advice is one version of a piece of advice.
type Advice struct {
	ID string
	About
	Draft
	// Version counts from 1, which of a piece of the starter set is the one in the program.
	Version int64
	// Starter says that this text came with the program.
	Starter bool
	// TakenBack says that nothing is advised any more; title and text are what was advised last.
	TakenBack bool
	By        string     // who recorded it, as the ledger names them; empty for Starter
	Recorded  store.Time // zero for Starter: since the program is there
	Replaced  store.Time // zero while it stands
}

// Limits of advice, in characters.
const (
	MaxTitle = 120
	MaxText  = 8000
)

// check tidies the draft and returns the faults of both fields together.
func (d *Draft) check() error {
	d.Title = strings.TrimSpace(d.Title)
	d.Text = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(d.Text))
	return errors.Join(line("title", d.Title, "Enter a title", MaxTitle), d.checkText())
}

func (d *Draft) checkText() error {
	switch {
	case len(Blocks(d.Text)) == 0:
		return fault.In("text", "Enter the advice")
	case utf8.RuneCountInString(d.Text) > MaxText:
		return fault.In("text", "The advice must have %d characters or fewer: it has %d", MaxText, utf8.RuneCountInString(d.Text))
	case !utf8.ValidString(d.Text) || strings.ContainsFunc(d.Text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }):
		return fault.In("text", "The advice must be text, without control characters")
	}
	return nil
}

// line returns the fault of a field that must be one line of text; missing says what to do where it is empty.
func line(field, text, missing string, most int) error {
	switch {
	case strings.TrimSpace(text) == "":
		return fault.In(field, "%s", missing)
	case utf8.RuneCountInString(text) > most:
		return fault.In(field, "This must have %d characters or fewer: it has %d", most, utf8.RuneCountInString(text))
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == 0x2028 || r == 0x2029 }):
		return fault.In(field, "This must be one line of text, without control characters")
	}
	return nil
}
