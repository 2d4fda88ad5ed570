package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"

	"portcullis/policy"
)

// byIdentifier is the order of the output: by identifier and platform and, where sources differ on
// one thing, the worst first.
func byIdentifier(a, b *policy.Decision) int {
	return cmp.Or(strings.Compare(a.Identifier, b.Identifier),
		strings.Compare(a.Platform.String(), b.Platform.String()),
		cmp.Compare(rank(a), rank(b)))
}

// rank is the place of a decision's verdict among all, the worst first.
func rank(d *policy.Decision) int {
	verdicts := []policy.Result{policy.Banned, policy.Overdue, policy.Impostor, policy.Outdated, policy.Unlisted, policy.Unknown,
		policy.Exempt, policy.PhasingOut, policy.Unidentified, policy.Advised, policy.Allowed, policy.Permitted}
	at := slices.Index(verdicts, d.Verdict)
	if !d.Breach {
		at += len(verdicts)
	}
	return at
}

// jsonPrinter prints one decision a line, in the contract's form.
type jsonPrinter struct{ policy *policy.Policy }

type jsonStretch struct {
	policy *policy.Policy
	lines  []byte
}

func (p jsonPrinter) stretch() stretch { return &jsonStretch{policy: p.policy} }

func (s *jsonStretch) host(h *policy.Host, judged []*policy.Decision) {
	for _, d := range judged {
		s.lines = policy.AppendJSON(s.lines, h.ID, d, func(rule string) []string { return s.policy.Path(d, rule) })
	}
}

func (jsonPrinter) take(out *bufio.Writer, s stretch) error {
	_, err := out.Write(s.(*jsonStretch).lines)
	return err
}

func (jsonPrinter) end(*bufio.Writer, *tally) error { return nil }

// csvPrinter prints one decision a row, under a header.
type csvPrinter struct{ begun bool }

type csvStretch struct{ rows bytes.Buffer }

func (*csvPrinter) stretch() stretch { return &csvStretch{} }

func (s *csvStretch) host(h *policy.Host, judged []*policy.Decision) {
	w := csv.NewWriter(&s.rows)
	for _, d := range judged {
		var results, rules, exemptions []string
		for i := range d.Findings {
			f := &d.Findings[i]
			results = append(results, f.Question.String()+":"+f.Result.String())
			rules = append(rules, f.Rules...)
			exemptions = append(exemptions, f.Exemptions...)
		}
		// A buffer takes everything, so there is no error to see.
		_ = w.Write([]string{
			cell(h.ID), cell(h.Organisation), cell(d.Identifier), d.Platform.String(), cell(d.Product), cell(d.Version), d.Verdict.String(), strconv.FormatBool(d.Breach),
			strings.Join(results, " "), cell(strings.Join(rules, " ")), cell(strings.Join(exemptions, " ")),
		})
	}
	w.Flush()
}

// cell keeps a spreadsheet from taking text for a formula.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func (p *csvPrinter) take(out *bufio.Writer, s stretch) error {
	if err := p.begin(out); err != nil {
		return err
	}
	_, err := s.(*csvStretch).rows.WriteTo(out)
	return err
}

func (p *csvPrinter) begin(out *bufio.Writer) error {
	if p.begun {
		return nil
	}
	p.begun = true
	_, err := out.WriteString("host,organisation,identifier,platform,product,version,verdict,breach,findings,rules,exemptions\n")
	return err
}

func (p *csvPrinter) end(out *bufio.Writer, _ *tally) error { return p.begin(out) }
