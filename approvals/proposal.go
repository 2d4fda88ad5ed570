package approvals

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
)

// Proposal is something that is to be decided, with all that was said of it.
type Proposal struct {
	ID string
	Draft
	// Asked is who opened it, Principal who answers for that (people.Who), and At when.
	Asked, Principal string
	At               store.Time
	// Version is the number of the last step: a step is taken from the one that its taker saw.
	Version int64
	State   State
	// Made is the id of the rule or the exemption that came of it.
	Made string
	// Lapses is when an emergency's ban ends unless it is reviewed.
	Lapses store.Time
	Steps  []Step
}

// Draft is what is proposed.
type Draft struct {
	Kind         Kind
	Organisation string // the body that it is for, or that decides where another belongs; people.Everywhere for suppliers and products
	Content
	// Reason is why, in words that everybody may read once it is decided.
	Reason string
	// Restricted is what only some may read of why; nil where there is nothing.
	Restricted *Restricted
	// Narrower is why nothing narrower would do: of a ban.
	Narrower string
	// Risk is what could go wrong with an exemption, as whoever asks sees it.
	Risk string
	// LongestDays is for how many days an exemption from this ban may hold at most; 0 leaves it to the bodies.
	LongestDays int
	// For is the person for whom it is, where it is for one: an id.
	For string
	// After is the proposal that it follows: asked again, with new facts.
	After string
	// Renews is the exemption that this one is to follow.
	Renews string
	// Adopts is the rule of another body that this one is to be like.
	Adopts string
	// Emergency is a ban by two duty officers. It lapses within a day unless a third person reviews it.
	Emergency bool
	// Marked is for those alone who are assigned to it: Audience, and who opens it.
	Marked   bool
	Audience []string
}

// Restricted is why something is decided, for those alone whom Draft.Audience names, and those who take a
// step in it.
type Restricted struct {
	Reason     string `json:"reason"`
	Assessment string `json:"assessment"`
}

// Content is what is to be decided: exactly one of these.
type Content struct {
	Rule      *policy.Rule // of Ban and Allow
	Ends      *Ends        // of Withdrawal
	Exemption *policy.Exemption
	Monitor   *people.Monitor
	Supplier  *policy.Supplier
	Product   *policy.Product
	Process   *Process // of Change
	Move      *Move    // of Belonging
	// Found is the app of an allow rule that is no product yet.
	Found *register.Found
	// was is the supplier, the product or the body's position as it was when this was proposed, as it is stored: another
	// proposal may change it meanwhile.
	was string
}

// Ends is that a rule ends: at a time, or at once where it is zero.
type Ends struct {
	Rule  string     `json:"rule"`
	Until store.Time `json:"until,omitzero"`
	// Allow is that it is an allow rule.
	Allow bool `json:"allow,omitempty"`
}

// content is a Content as it is stored: the things of the register as its own documents.
type content struct {
	Rule      json.RawMessage `json:"rule,omitempty"`
	Ends      *Ends           `json:"ends,omitempty"`
	Exemption json.RawMessage `json:"exemption,omitempty"`
	Monitor   *people.Monitor `json:"monitor,omitempty"`
	Supplier  json.RawMessage `json:"supplier,omitempty"`
	Product   json.RawMessage `json:"product,omitempty"`
	Process   *Process        `json:"process,omitempty"`
	Move      *Move           `json:"move,omitempty"`
	Found     *register.Found `json:"found,omitempty"`
	Was       string          `json:"was,omitempty"`
}

// document is the parts of a draft that stand in no column of their own.
type document struct {
	Content     content     `json:"content"`
	Reason      string      `json:"reason"`
	Restricted  *Restricted `json:"restricted,omitempty"`
	Narrower    string      `json:"narrower,omitempty"`
	Risk        string      `json:"risk,omitempty"`
	LongestDays int         `json:"longestDays,omitempty"`
	After       string      `json:"after,omitempty"`
	Renews      string      `json:"renews,omitempty"`
	Audience    []string    `json:"audience,omitempty"`
}

// encode is a draft as it is stored.
func (d *Draft) encode() (string, error) {
	c := content{Ends: d.Ends, Monitor: d.Monitor, Process: d.Process, Move: d.Move, Found: d.Found, Was: d.was}
	var faults []error
	put := func(into *json.RawMessage, there bool, section register.Section, w func() policy.World) {
		if !there {
			return
		}
		world := w()
		text, err := register.Encode(section, &world)
		*into = json.RawMessage(text)
		faults = append(faults, err)
	}
	put(&c.Rule, d.Rule != nil, register.Rules, func() policy.World { return policy.World{Rules: []policy.Rule{*d.Rule}} })
	put(&c.Exemption, d.Exemption != nil, register.Exemptions, func() policy.World { return policy.World{Exemptions: []policy.Exemption{*d.Exemption}} })
	put(&c.Supplier, d.Supplier != nil, register.Suppliers, func() policy.World { return policy.World{Suppliers: []policy.Supplier{*d.Supplier}} })
	put(&c.Product, d.Product != nil, register.Products, func() policy.World { return policy.World{Products: []policy.Product{*d.Product}} })
	text, err := json.Marshal(document{c, d.Reason, d.Restricted, d.Narrower, d.Risk, d.LongestDays, d.After, d.Renews, d.Audience})
	return string(text), errors.Join(append(faults, err)...)
}

// decode fills a draft from what is stored.
func (d *Draft) decode(text string) error {
	var stored document
	if err := json.Unmarshal([]byte(text), &stored); err != nil {
		return err
	}
	c := stored.Content
	d.Ends, d.Monitor, d.Process, d.Move, d.Found, d.was = c.Ends, c.Monitor, c.Process, c.Move, c.Found, c.Was
	d.Reason, d.Restricted, d.Narrower, d.Risk, d.LongestDays = stored.Reason, stored.Restricted, stored.Narrower, stored.Risk, stored.LongestDays
	d.After, d.Renews, d.Audience = stored.After, stored.Renews, stored.Audience
	var faults []error
	get := func(from json.RawMessage, section register.Section, take func(w *policy.World)) {
		if from == nil {
			return
		}
		w, err := register.Decode(section, string(from))
		if err == nil {
			take(&w)
		}
		faults = append(faults, err)
	}
	get(c.Rule, register.Rules, func(w *policy.World) { d.Rule = &w.Rules[0] })
	get(c.Exemption, register.Exemptions, func(w *policy.World) { d.Exemption = &w.Exemptions[0] })
	get(c.Supplier, register.Suppliers, func(w *policy.World) { d.Supplier = &w.Suppliers[0] })
	get(c.Product, register.Products, func(w *policy.World) { d.Product = &w.Products[0] })
	return errors.Join(faults...)
}

// Until is when what is proposed is to end; zero where it is not.
func (d *Draft) Until() store.Time {
	switch {
	case d.Rule != nil:
		return store.TimeOf(d.Rule.Until)
	case d.Exemption != nil:
		return store.TimeOf(d.Exemption.Until)
	case d.Monitor != nil:
		return d.Monitor.Until
	}
	return store.Time{}
}

// Decided is when what came of a proposal was made; zero where nothing has come of it.
func (p *Proposal) Decided() (at store.Time) {
	if p.Made == "" {
		return at
	}
	for _, s := range p.counting() {
		if s.Act.advances() && s.Act != Review { // which comes after it
			at = s.At
		}
	}
	return at
}

const (
	maxText   = 4000 // characters
	maxReason = 2000 // characters, which the register and the ledger take too
	maxLine   = 200  // characters
)

// checkText returns a fault unless a text says something, in not too many words.
func checkText(field, text, empty string) error {
	most := maxText
	if field == "reason" {
		most = maxReason
	}
	switch {
	case strings.TrimSpace(text) == "":
		return fault.In(field, "%s", empty)
	case utf8.RuneCountInString(text) > most:
		return fault.In(field, "This must have %d characters or fewer", most)
	case !plain(text):
		return fault.In(field, "This must be text")
	}
	return nil
}

// checkLong is checkText for a text that may be left out.
func checkLong(field, text string) error {
	if text == "" {
		return nil
	}
	return checkText(field, text, "Write something, or leave this empty")
}

func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\r' && c != '\t' })
}

// checkLine returns a fault unless a text is one line that says something.
func checkLine(field, text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return fault.In(field, "An empty line: write what is meant, or take it out")
	case utf8.RuneCountInString(text) > maxLine:
		return fault.In(field, "This must have %d characters or fewer", maxLine)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return fault.In(field, "This must be one line of text")
	}
	return nil
}
