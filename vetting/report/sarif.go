package report

import (
	"encoding/json"
	"io"
	"net/url"
)

// Tool is what made reports, as those forms have it that name it.
type Tool struct{ Name, Version string }

// The parts of SARIF 2.1.0 (OASIS, 27 March 2020) that are written.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Artifacts   []sarifArtifact   `json:"artifacts"`
		Results     []sarifResult     `json:"results"`
		ColumnKind  string            `json:"columnKind"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
		Help  sarifText `json:"help"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications"`
	}
	sarifNotification struct {
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifArtifact struct {
		Location sarifURI          `json:"location"`
		Hashes   map[string]string `json:"hashes,omitempty"`
	}
	sarifURI struct {
		URI string `json:"uri"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact sarifURI `json:"artifactLocation"`
		} `json:"physicalLocation"`
		Logical []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Kind      string          `json:"kind"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
)

// sarifKinds are how results are called there; what is not a fail has no level.
var sarifKinds = map[Result][2]string{Met: {"pass", "none"}, NotMet: {"fail", "warning"}, Unknown: {"review", "none"}}

// WriteSARIF writes reports as one log, with a run for each: its criteria are the rules, and what was not analysed is
// told as notifications.
func WriteSARIF(w io.Writer, tool Tool, reports []*Report) error {
	l := sarifLog{Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{}}
	for _, r := range reports {
		l.Runs = append(l.Runs, sarifOf(tool, r))
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(&l)
}

func sarifOf(tool Tool, r *Report) sarifRun {
	run := sarifRun{Artifacts: []sarifArtifact{{Location: sarifURI{uri(r.File)}}}, Results: []sarifResult{}, ColumnKind: "unicodeCodePoints"}
	if r.SHA256 != "" {
		run.Artifacts[0].Hashes = map[string]string{"sha-256": r.SHA256}
	}
	run.Tool.Driver = sarifDriver{Name: tool.Name, Version: tool.Version, Rules: []sarifRule{}}
	in := sarifInvocation{Successful: r.Error == "", Notifications: []sarifNotification{}}
	note := func(level, where, text string) {
		in.Notifications = append(in.Notifications, sarifNotification{level, sarifText{text}, []sarifLocation{r.location(where)}})
	}
	if r.Error != "" {
		note("error", "", "the file could not be read: "+r.Error)
	}
	for _, kind := range sortedKeys(r.Unknown) {
		note("warning", "", "not known whole: "+string(kind)+": "+r.Unknown[kind])
	}
	for _, n := range r.Coverage.NotAnalysed {
		note("warning", n.Path, "not analysed: "+n.Why)
	}
	for _, p := range r.Problems {
		note("note", p.Where, p.What)
	}
	run.Invocations = []sarifInvocation{in}
	for i, c := range r.Criteria {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{c.ID, sarifText{c.Title}, sarifText{c.Standard}})
		kind := sarifKinds[c.Result]
		text := c.Title + ": " + ResultWords[c.Result]
		if c.Why != "" {
			text += ": " + c.Why
		}
		result := sarifResult{RuleID: c.ID, RuleIndex: i, Kind: kind[0], Level: kind[1], Locations: []sarifLocation{}}
		for _, e := range c.Evidence {
			text += "\n" + e.What + " (" + GradeWord(e.Grade) + ")"
			result.Locations = append(result.Locations, r.location(e.Where))
		}
		if len(result.Locations) == 0 {
			result.Locations = []sarifLocation{r.location("")}
		}
		result.Message.Text = text
		run.Results = append(run.Results, result)
	}
	return run
}

// location is a place in the file; an empty one is the file.
func (r *Report) location(where string) (l sarifLocation) {
	l.Physical.Artifact.URI = uri(r.File)
	if where != "" && where != r.File {
		l.Logical = []sarifLogical{{where, "resource"}}
	}
	return l
}

// uri is a file's name as a reference to it.
func uri(name string) string { return (&url.URL{Path: name}).String() }
