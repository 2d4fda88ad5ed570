package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"portcullis/approvals"
	"portcullis/web/api"
)

// proposalRows prints a list of proposals. All that a server says is text that nobody has looked at.
type proposalRows struct {
	env  *environment
	json bool
	rows [][]string
}

func (r *proposalRows) take(items []json.RawMessage, asks *client) error {
	for _, raw := range items {
		var p api.Proposal
		if err := asks.decode(raw, &p); err != nil {
			return err
		}
		if r.json {
			if _, err := fmt.Fprintln(r.env.out, safeJSON(raw)); err != nil {
				return err
			}
			continue
		}
		r.rows = append(r.rows, []string{p.ID, p.At.UTC().Format(time.DateOnly), stateOf(&p), strconv.FormatInt(p.Version, 10), p.Asked, strings.Join(p.Can, ", "), headline(&p.Draft)})
	}
	return nil
}

func (r *proposalRows) end(more bool) error {
	if more {
		defer r.env.note("There are more: --all lists them.")
	}
	switch {
	case r.json:
		return nil
	case len(r.rows) == 0:
		_, err := fmt.Fprintln(r.env.out, "There is nothing.")
		return err
	}
	out := bufio.NewWriter(r.env.out)
	writeColumns(out, r.env.terminal, append([][]string{{"ID", "OPENED", "STATE", "VERSION", "BY", "YOU CAN", "WHAT"}}, r.rows...), "", 3)
	return out.Flush()
}

// stateOf is how far a proposal has come, in words.
func stateOf(p *api.Proposal) string {
	switch approvals.State(p.State) {
	case approvals.Waiting:
		if len(p.Missing) > 0 {
			return "waits for " + approvals.Act(p.Missing[0].Act).Waits()
		}
		return "open"
	case approvals.Made:
		return strings.TrimSuffix("decided: "+p.Made, ": ")
	case approvals.Interim:
		return "in force until " + moment(p.Lapses) + " unless it is reviewed"
	case approvals.Lapsed:
		return "lapsed, not reviewed in time"
	case approvals.Back:
		return "taken back"
	}
	return p.State
}

func moment(t time.Time) string { return t.UTC().Format("2 January 2006 at 15:04 UTC") }

// headline is what a draft is about, in one line.
func headline(d *api.Draft) string {
	var text string
	switch {
	case d.Rule != nil:
		what := targetOf(d)
		text = map[string]string{"ban": "ban ", "phase-out": "phase out ", "allow": "allow "}[d.Rule.Effect] + what + " in " + d.Rule.Scope + till(d.Rule.Until)
	case d.Ends != nil:
		text = "end the rule " + d.Ends.Rule
		if !d.Ends.Until.IsZero() {
			text += " on " + moment(d.Ends.Until)
		}
	case d.Exemption != nil:
		e := d.Exemption
		text = "exempt " + exempted(e.Subject) + " in " + e.Scope + " from " + cmp.Or(strings.Join(e.Lifts, ", "), "what holds for "+e.Product) + till(e.Until)
	case d.Monitor != nil:
		text = "watch " + d.Organisation + " rather than enforce" + till(d.Monitor.Until)
	case d.Move != nil:
		text = "have " + d.Move.Body + " belong to " + cmp.Or(d.Move.Parent, "nobody")
		if d.Move.OwnList {
			text += ", with a list of its own"
		}
		if !d.Move.From.IsZero() {
			text += ", from " + moment(d.Move.From)
		}
	case d.Supplier != nil:
		text = "the supplier " + d.Supplier.ID
	case d.Product != nil:
		text = "the product " + d.Product.ID
	default:
		text = "who decides in " + d.Organisation
	}
	if d.Emergency {
		text += " (emergency)"
	}
	if d.Marked {
		text += " (marked)"
	}
	return text
}

func targetOf(d *api.Draft) string {
	t := d.Rule.Target
	switch {
	case t.Product != "":
		return t.Product
	case t.Supplier != "":
		return "all by " + t.Supplier
	case d.Found != nil:
		return cmp.Or(d.Found.Identifier, d.Found.Name) + " on " + d.Found.Platform
	}
	return "everything"
}

func exempted(s api.Subject) string {
	switch {
	case s.Everyone:
		return "everyone"
	case s.Group != "":
		return "the group " + s.Group
	case s.Person != "":
		return "the person " + s.Person
	case s.Site != "":
		return "the site " + s.Site
	}
	return s.Host
}

func till(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if t = t.UTC(); t.Equal(t.Truncate(24 * time.Hour)) {
		return " until " + t.Format("2 January 2006") // not included, and so it is in files
	}
	return " until " + moment(t)
}

// lines gathers what is printed, each line escaped, and the first error of the writer.
type lines struct {
	w   io.Writer
	err error
}

func (l *lines) line(format string, args ...any) {
	if l.err == nil {
		_, l.err = fmt.Fprintln(l.w, escape(fmt.Sprintf(format, args...)))
	}
}

// label writes what something is, unless it is empty; text of several lines stands below.
func (l *lines) label(indent, label, text string) {
	text = strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	switch {
	case text == "":
	case strings.Contains(text, "\n"):
		l.line("%s%s:", indent, label)
		for _, part := range strings.Split(text, "\n") {
			l.line("%s  %s", indent, part)
		}
	default:
		l.line("%s%s: %s", indent, label, text)
	}
}

// yaml writes all of a value, as a draft has it.
func (l *lines) yaml(value any) {
	text, err := asYAML(value)
	if err != nil {
		l.err = cmp.Or(l.err, err)
	}
	for _, part := range text {
		l.line("  %s", part)
	}
}

// writeProposal writes all of a proposal: what it is about with nothing left out, its steps, what is missing, whom it
// reaches, and what can be done. That the draft is whole and in the form of a draft file is on purpose: who signs has read it.
func writeProposal(out io.Writer, t terminal, p *api.Proposal) error {
	if _, err := fmt.Fprintln(out, t.paint(bold, escape(headline(&p.Draft)))); err != nil {
		return err
	}
	l := &lines{w: out}
	l.label("", "Proposal", fmt.Sprintf("%s, version %d, by %s on %s", p.ID, p.Version, p.Asked, moment(p.At)))
	l.label("", "State", stateOf(p))
	if n := p.Reach; n != nil {
		l.label("", "Reaches now", reach(n))
	}
	if p.Moving != nil {
		l.label("", "Would do now", moves(p.Moving))
	}
	l.line("What is proposed:")
	l.yaml(p.Draft)
	l.line("Steps:")
	for i := range p.Steps {
		s := &p.Steps[i]
		l.line("  %d. %s, by %s on %s", s.Number, s.Act, s.By, moment(s.At))
		if s.Act != string(approvals.Open) { // its reason is the draft's
			l.label("     ", "Reason", s.Reason)
		}
		for _, part := range [][2]string{{"Risk", s.Risk}, {"Criteria", s.Criteria}, {"Office", s.Office}, {"Minister", s.Minister}, {"Reference", s.Reference}, {"Conditions", s.Conditions}} {
			l.label("     ", part[0], part[1])
		}
		if s.Counted != nil {
			l.label("     ", "Reached then", reach(s.Counted))
		}
		if s.Moving != nil {
			l.label("     ", "Was to do", moves(s.Moving))
		}
	}
	for i := range p.Missing {
		m := &p.Missing[i]
		where := m.Organisation
		if m.Office != "" {
			where += " for the office " + m.Office
		}
		l.line("Missing: %s, by %s in %s", m.Act, strings.Join(m.Roles, " or "), where)
	}
	l.label("", "You can", strings.Join(p.Can, ", "))
	l.label("", "But", p.Bar)
	return l.err
}

// moves says what a body's move does.
func moves(m *api.MoveCount) string {
	return fmt.Sprintf("%s in %s; bans: %s stop there and %s begin; allow rules: %s stop and %s begin", count(m.Hosts, "device or piece of equipment", "devices and pieces of equipment"),
		count(m.Bodies, "body", "bodies"), number(m.BansEnd), number(m.BansBegin), number(m.AllowsEnd), number(m.AllowsBegin))
}

// reach says whom a rule reaches.
func reach(n *api.ReachCount) string {
	ways := number(n.Direct) + " directly, " + number(n.Component) + " by what they contain"
	if both := n.Direct + n.Component - n.Either; both > 0 {
		ways += ", " + number(both) + " of them both ways"
	}
	if n.Perhaps > 0 {
		ways += ", " + number(n.Perhaps) + " perhaps: nothing there is known to be it, but something has an identifier of it on another platform"
	}
	return fmt.Sprintf("%s of %s in scope, in %s: %s; %s in force for it, %s",
		number(n.Either), count(n.Hosts, "device or piece of equipment", "devices and pieces of equipment"), count(n.Bodies, "body", "bodies"),
		ways, count(n.Exemptions, "exemption", "exemptions"), count(n.AllowRules, "allow rule", "allow rules"))
}

func writeProcess(out io.Writer, organisation string, process *api.BodyProcess) error {
	l := &lines{w: out}
	switch process.Of {
	case "":
		l.line("%s decides as everybody begins: neither it nor any above it has set how.", organisation)
	case organisation:
		l.line("%s has set this itself.", organisation)
	default:
		l.line("%s has set this for %s.", process.Of, organisation)
	}
	l.yaml(process.Process)
	return l.err
}
