package vetting

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
	"portcullis/store"
	"portcullis/vetting/report"
)

// Outcome is what a reviewer concludes.
type Outcome string

// The outcomes.
const (
	Allow  Outcome = "allow"  // the next step is taken in the proposal: a recommendation, the decision, or a signature
	Refuse Outcome = "refuse" // the proposal is refused
	Ask    Outcome = "ask"    // who asked for the app is asked something
	Keep   Outcome = "keep"   // without a proposal: what stands may stay with this version
	// Consult has the centre asked; Confirm, without a proposal, says of the kits alone which of them are in the app, those
	// that other reviewers have seen in it among them.
	Consult Outcome = "consult"
	Confirm Outcome = "confirm"
)

// Outcomes are the outcomes in words.
var Outcomes = map[Outcome]string{Allow: "may be allowed", Refuse: "refused", Ask: "who asked for it was asked", Consult: "the centre was asked", Keep: "what stands may stay", Confirm: "looked at for the code in it"}

// Answer is what a reviewer says to one criterion.
type Answer struct {
	Criterion string `json:"criterion"` // its id
	Text      string `json:"text"`
}

// Conclusion is what a reviewer concludes from a report.
type Conclusion struct {
	Assessment string
	// Proposal is the one in which the conclusion is a step, and Version that of the proposal as the reviewer saw it. To
	// Keep and to Confirm there is none.
	Proposal string
	Version  int64
	Outcome  Outcome
	// Rationale is why; of Ask and Consult the question. Risk is what it is, also where it is small: to Allow it is needed.
	Rationale, Risk string
	Answers         []Answer
	// Publish is what may be published: "rationale", and ids of criteria whose answers may.
	Publish []string
	// Contains are ids of kits that are in the app, as the reviewer says. That holds for all bodies: where the reviewer may
	// not say so for them, it waits for somebody who may, by Confirm.
	Contains []string
	// Terms are how the app is allowed, where this is the step that grants it; nil leaves them as they were asked for.
	Terms *approvals.Terms
}

// Review is a conclusion that was drawn.
type Review struct {
	ID, Assessment string
	Organisation   string // whose decision it is
	Proposal       string
	Act            approvals.Act // the step that it was in the proposal; empty where there is none
	Product        string        // of the register, as far as it was known
	Outcome        Outcome
	Rationale      string
	Risk           string
	Answers        []Answer
	Publish        []string
	Contains       []Confirmed
	Proposed       []string // kits that the reviewer has seen in it, and that somebody had to confirm who may for all bodies
	Waits          bool     // nobody has done so yet
	Digest         string   // of the report that it rests on
	Version        string   // of the app, as people read it
	By, Principal  string   // as in the ledger, and who answers for it: see people.Who
	At             store.Time
	Marked         bool // of a marked proposal
}

// reviewEntry is the payload of reviewed. What was said stands in it only where the proposal's words may.
type reviewEntry struct {
	Assessment string      `json:"assessment"`
	Report     string      `json:"report"` // SHA-256
	Review     string      `json:"review"` // SHA-256 of what was said, as it is stored
	Outcome    Outcome     `json:"outcome"`
	Product    string      `json:"product,omitempty"`
	SHA256     string      `json:"sha256,omitempty"`
	Package    string      `json:"package,omitempty"`
	Version    string      `json:"version,omitempty"`
	Rationale  string      `json:"rationale,omitempty"`
	Risk       string      `json:"risk,omitempty"`
	Answers    []Answer    `json:"answers,omitempty"`
	Publish    []string    `json:"publish,omitempty"`
	Contains   []Confirmed `json:"contains,omitempty"`
	Proposed   []string    `json:"proposed,omitempty"`
}

const (
	maxRisk   = 4000 // characters
	maxAnswer = 1000 // characters
	// Rationale is what Conclusion.Publish calls the rationale.
	Rationale = "rationale"
)

// Conclude draws a conclusion from a report: the review, the step in the proposal and the kits that are confirmed, in one
// transaction. It needs people.AssessApps in the proposal's body, or without one in the report's, and what the step needs
// (approvals.Room.Take); to confirm kits, people.LinkIdentifiers Everywhere: what others say of them waits for somebody who
// has it. A proposal in which somebody has taken a step
// since is a fault of the kind Changed, as are criteria that were replaced since the report was made.
func (r *Room) Conclude(ctx context.Context, actor people.Actor, c Conclusion) (Review, error) {
	return people.Act(ctx, r.People, actor, func(tx *people.Tx) (Review, error) { return r.conclude(tx, c) })
}

// concluding is a conclusion as it is drawn.
type concluding struct {
	Conclusion
	row      reportRow
	report   *report.Report
	open     *approvals.Opened // nil without a proposal
	product  string            // that the app is; empty where the register has none yet
	declared policy.Product    // the same
	links    bool              // what the actor says of kits holds for all bodies
}

func (r *Room) conclude(tx *people.Tx, said Conclusion) (none Review, err error) {
	c := &concluding{Conclusion: said}
	if c.row, err = r.seen(tx, c.Assessment); err != nil {
		return none, err
	}
	body := c.row.Organisation
	if c.Proposal != "" {
		open, err := r.Approvals.OpenIn(tx, c.Proposal)
		if err != nil {
			return none, err
		}
		c.open, body = &open, open.Organisation
	}
	if err := tx.Require(people.AssessApps, body); err != nil {
		return none, err
	}
	if c.report, err = report.ReadJSON([]byte(c.row.report)); err != nil {
		return none, err
	}
	if c.product, err = productOf(tx.Tx, &c.row.Summary); err != nil {
		return none, err
	}
	if c.product != "" {
		if c.declared, _, err = findProduct(tx.Tx, c.product); err != nil {
			return none, err
		}
	}
	if err := errors.Join(c.checkWords(), c.checkKind()); err != nil {
		return none, err
	}
	if err := c.checkGround(tx, body); err != nil {
		return none, err
	}
	if c.Outcome == Confirm {
		err = tx.Require(people.LinkIdentifiers, people.Everywhere)
	} else if len(c.Contains) > 0 {
		c.links, err = tx.May(people.LinkIdentifiers, people.Everywhere)
	}
	if err != nil {
		return none, err
	}
	if c.links = c.links || c.Outcome == Confirm; len(c.Contains) > 0 {
		if err := checkKits(c.report, &c.declared, c.row.Platform, c.Contains); err != nil {
			return none, err
		}
	}
	review := Review{Assessment: c.row.ID, Organisation: body, Proposal: c.Proposal, Outcome: c.Outcome, Rationale: c.Rationale, Risk: c.Risk,
		Answers: c.Answers, Publish: c.Publish, Digest: c.row.Digest, Version: c.row.Version(), By: tx.Who().ID, Principal: tx.Who().Principal(), At: tx.Now()}
	if review.ID, err = r.newID(tx); err != nil {
		return none, err
	}
	if review.Act, err = r.step(tx, c, review.ID); err != nil {
		return none, err
	}
	if err := c.settle(tx, &review); err != nil {
		return none, err
	}
	return review, c.write(tx, &review)
}

// checkWords returns what is wrong with what the reviewer says.
func (c *concluding) checkWords() error {
	faults := []error{checkText("rationale", c.Rationale, maxReason, "Say why, in two sentences: others decide by it, and read it later")}
	if c.Outcome == Allow || c.Risk != "" {
		faults = append(faults, checkText("risk", c.Risk, maxRisk, "Say what the risk is, also where it is small"))
	}
	answered := map[string]bool{}
	for i, a := range c.Answers {
		field := fmt.Sprintf("answers[%d]", i)
		switch {
		case criterionOf(c.report, a.Criterion) == nil:
			faults = append(faults, fault.In(field+".criterion", "The report has no criterion %s", shown(a.Criterion)))
		case answered[a.Criterion]:
			faults = append(faults, fault.In(field+".criterion", "The criterion %s is answered twice", shown(a.Criterion)))
		default:
			faults = append(faults, checkText(field+".text", a.Text, maxAnswer, "Write the answer, or leave it out"))
		}
		answered[a.Criterion] = true
	}
	for i, what := range c.Publish {
		if what != Rationale && !answered[what] || slices.Contains(c.Publish[:i], what) {
			faults = append(faults, fault.In(fmt.Sprintf("publish[%d]", i), "%s is nothing that can be published: say rationale, or the id of a criterion that is answered, once", shown(what)))
		}
	}
	if c.Outcome == Allow || c.Outcome == Keep {
		for _, stands := range c.report.Criteria {
			if stands.Result != report.Met && !answered[stands.ID] {
				faults = append(faults, fault.In("answers", "%s: this is %s. Say what you make of it before the app is allowed", stands.Title, report.ResultWords[stands.Result]))
			}
		}
	}
	return errors.Join(faults...)
}

// checkKind returns a fault where the outcome does not go with what is there to be decided.
func (c *concluding) checkKind() error {
	switch {
	case Outcomes[c.Outcome] == "":
		return fault.In("outcome", "Choose what you conclude: %s, %s, %s, %s, %s or %s", Allow, Refuse, Ask, Consult, Keep, Confirm)
	case c.Outcome == Confirm && c.open != nil:
		return fault.In("proposal", "What code is in an app is no step in a proposal: leave the proposal out, or allow, refuse or ask")
	case c.Outcome == Confirm && len(c.Contains) == 0 && !c.row.Waits:
		return fault.In("contains", "Say which code is in it")
	case c.Outcome == Keep && c.open != nil:
		return fault.In("outcome", "There is a proposal to decide: allow, refuse or ask")
	case c.Outcome != Keep && c.Outcome != Confirm && c.open == nil:
		return fault.In("proposal", "Say which proposal this decides: without one, all that can be said is that what stands may stay")
	case c.Outcome == Keep && c.product == "":
		return fault.New(fault.Conflict, "Nothing stands of this app, for the register does not have it: ask for it to be allowed, and decide there")
	case c.open != nil && c.open.Kind != approvals.Allow:
		return fault.In("proposal", "This proposal does not ask for an app to be allowed: say there what you have found")
	case c.Terms != nil && c.Outcome != Allow:
		return fault.In("terms", "On what terms it is allowed is said where it is allowed")
	case len(c.Contains) > 0 && c.open != nil && c.open.Marked:
		return fault.In("contains", "This decision is marked, and what an app contains everybody can see: leave the kits for another review")
	case c.row.marked && c.row.Proposal != c.Proposal:
		return fault.In("proposal", "This was looked at for a marked decision, and stays there")
	}
	return nil
}

// checkGround returns a fault unless the report is one that the conclusion can rest on: of the app that it is about, and
// held to what is asked now.
func (c *concluding) checkGround(tx *people.Tx, body string) error {
	if c.open != nil && c.Version != c.open.Version {
		return fault.New(fault.Changed, "Somebody has taken a step in this since you opened it: look again, and decide then")
	}
	if c.report.Error != "" {
		if c.Outcome == Allow || c.Outcome == Keep || len(c.Contains) > 0 {
			return fault.New(fault.Conflict, "Nothing is known of this app, for its file could not be read (%s): look at another file of it", c.report.Error)
		}
		return nil // refuse and ask need no evidence
	}
	if err := c.checkApp(); err != nil {
		return err
	}
	if c.Outcome == Confirm {
		return nil // what is in it was not asked of the criteria
	}
	asked, err := askedIn(tx.Tx, body)
	if err != nil {
		return err
	}
	if asked.Digest != c.row.criteria {
		return fault.New(fault.Changed, "What is asked of apps here is not what this report was held to: hold it to the criteria as they are now, and decide then")
	}
	return nil
}

// checkApp returns a fault unless the report is of the app that the proposal is about.
func (c *concluding) checkApp() error {
	if c.open == nil {
		return nil
	}
	is := fmt.Sprintf("The report is of %s on %s", shown(c.row.Package), c.row.Platform)
	if f := c.open.Found; f != nil && (c.Terms == nil || c.Terms.Product == "") {
		identifier := f.Identifier
		if identifier == "" && c.Terms != nil {
			identifier = c.Terms.Identifier
		}
		switch {
		case f.Platform != c.row.Platform:
			return fault.New(fault.Conflict, "%s, and the app is asked for on %s: look at the file for that", is, f.Platform)
		case identifier != "" && identifier != c.row.Package:
			return fault.New(fault.Conflict, "%s, and %s is asked for: look at that app's file", is, shown(identifier))
		}
		return nil
	}
	platforms := c.open.Rule.Platforms
	if c.Terms != nil && len(c.Terms.Platforms) > 0 {
		platforms = c.Terms.Platforms
	}
	if len(platforms) > 0 && !slices.Contains(platforms, c.row.Platform) {
		return fault.New(fault.Conflict, "%s, and the app is asked for on %s: look at the file for that", is, words(platforms))
	}
	target := c.open.Rule.Target.Product
	if c.Terms != nil && c.Terms.Product != "" {
		target = c.Terms.Product
	}
	switch {
	case target == "":
		return fault.New(fault.Conflict, "This proposal is not about one app: say there what you have found")
	case c.product == target:
		return nil
	case c.product == "":
		return fault.New(fault.Conflict, "%s, and the register does not say that this is %s: link the identifier to the product first, or look at that app's file", is, shown(target))
	}
	return fault.New(fault.Conflict, "%s, which is %s, and the proposal is about %s: look at that app's file", is, shown(c.product), shown(target))
}

// words are platforms one after another.
func words(platforms []policy.Platform) string {
	var all []string
	for _, p := range platforms {
		all = append(all, p.String())
	}
	return strings.Join(all, ", ")
}

// step takes the step that the conclusion is in its proposal.
func (r *Room) step(tx *people.Tx, c *concluding, review string) (approvals.Act, error) {
	do := approvals.Doing{Version: c.Version, Said: approvals.Said{Reason: c.Rationale, Risk: c.Risk, Criteria: c.summary(review)}, Terms: c.Terms}
	switch c.Outcome {
	case Keep, Confirm:
		return "", nil
	case Refuse:
		do.Act = approvals.Refuse
	case Ask:
		do.Act, do.Criteria = approvals.Question, "" // what was found is for those who decide
	case Consult:
		do.Act = approvals.Consult
	default:
		do.Act = c.open.Advances()
	}
	if f := c.open.Found; do.Act == approvals.Grant && f != nil && f.Identifier == "" && (do.Terms == nil || do.Terms.Product == "" && do.Terms.Identifier == "") {
		do.Terms = c.named()
	}
	_, err := r.Approvals.TakeIn(tx, c.Proposal, do)
	return do.Act, err
}

// named are the terms with the identifier of the app that was looked at: who asked did not know it.
func (c *concluding) named() *approvals.Terms {
	if c.Terms != nil {
		terms := *c.Terms
		terms.Identifier = c.row.Package
		return &terms
	}
	rule := c.open.Rule
	return &approvals.Terms{Identifier: c.row.Package, MinVersion: rule.MinVersion, MinVersionCode: rule.MinVersionCode, Until: store.TimeOf(rule.Until)}
}

// summary is how the app stands to the criteria, for those who decide after the reviewer.
func (c *concluding) summary(review string) string {
	if c.report.Error != "" {
		return "The file could not be read: " + c.report.Error
	}
	of := func(result report.Result) (titles []string) {
		for _, stands := range c.report.Criteria {
			if stands.Result == result {
				titles = append(titles, stands.Title)
			}
		}
		return titles
	}
	words := []string{fmt.Sprintf("%s %s (SHA-256 %s), held to %s: %d criteria met, %d not met, %d not known.", c.row.Package, c.row.Version(), c.row.SHA256,
		c.report.Tables["criteria"], len(of(report.Met)), len(of(report.NotMet)), len(of(report.Unknown)))}
	if unmet := of(report.NotMet); len(unmet) > 0 {
		words = append(words, "Not met: "+strings.Join(unmet, "; ")+".")
	}
	if unknown := of(report.Unknown); len(unknown) > 0 {
		words = append(words, "Not known: "+strings.Join(unknown, "; ")+".")
	}
	words = append(words, "All of it: "+Link(c.row.ID)+", review "+review+".")
	text := []rune(strings.Join(words, "\n"))
	return string(text[:min(len(text), maxSummary)])
}

// maxSummary is what a step takes of words about criteria, in characters.
const maxSummary = 4000

// Link is the path of a report's page.
func Link(id string) string { return "/vetting/" + id }

// settle enters the kits that are confirmed, and finds out which product it is after the step. Where the reviewer may not
// confirm them for all bodies, they wait.
func (c *concluding) settle(tx *people.Tx, review *Review) (err error) {
	confirmed := c.links && len(c.Contains) > 0
	if c.product == "" && confirmed {
		// It will be allowed once somebody else has signed, or it never will. What it contains is so in any case.
		if c.product, err = register.FindOrAdd(tx, register.Found{Platform: c.row.Platform, Identifier: c.row.Package, Name: c.row.Name}); err != nil {
			return err
		}
	} else if c.product == "" {
		if c.product, err = productOf(tx.Tx, &c.row.Summary); err != nil {
			return err
		}
	}
	review.Product = c.product
	if !confirmed {
		review.Proposed, err = c.unconfirmed(tx)
		review.Waits = len(review.Proposed) > 0
	} else {
		review.Contains, err = contain(tx, c.product, c.row.VersionName, c.Contains)
	}
	if err == nil && c.links && c.row.Waits {
		err = settleKits(tx.Tx, c.row.ID)
	}
	return err
}

// unconfirmed are the kits that the reviewer has seen in the app, as far as the register does not have it yet.
func (c *concluding) unconfirmed(tx *people.Tx) (ids []string, err error) {
	if len(c.Contains) == 0 {
		return nil, nil
	}
	kits, err := kitsOf(tx.Tx, &Assessment{Summary: c.row.Summary, Report: c.report, Product: c.product})
	for _, k := range kits {
		if slices.Contains(c.Contains, k.SDK.ID) && !k.Contained {
			ids = append(ids, k.SDK.ID)
		}
	}
	return ids, err
}

// write keeps a review, and enters it in the ledger.
func (c *concluding) write(tx *people.Tx, review *Review) error {
	said := saidOf(review)
	text, err := json.Marshal(said)
	if err != nil {
		return err
	}
	review.Marked = c.open != nil && c.open.Marked
	if err := insertReview(tx.Tx, review, string(text)); err != nil {
		return err
	}
	entry := reviewEntry{Assessment: review.Assessment, Report: review.Digest, Review: digestOf(string(text)), Outcome: review.Outcome}
	if !review.Marked {
		entry.Product, entry.SHA256, entry.Package, entry.Version = review.Product, c.row.SHA256, c.row.Package, review.Version
		entry.Contains, entry.Proposed = review.Contains, review.Proposed
		if c.open == nil || !c.open.Restricted {
			entry.Rationale, entry.Risk, entry.Answers, entry.Publish = review.Rationale, review.Risk, review.Answers, review.Publish
		}
	}
	return tx.Record(reviewed, review.Organisation, subjects(review.ID, review.Proposal), entry)
}

// said is what stands in no column of a review's own.
type said struct {
	Act       approvals.Act `json:"act,omitempty"`
	Rationale string        `json:"rationale"`
	Risk      string        `json:"risk,omitempty"`
	Answers   []Answer      `json:"answers,omitempty"`
	Publish   []string      `json:"publish,omitempty"`
	Contains  []Confirmed   `json:"contains,omitempty"`
	Proposed  []string      `json:"proposed,omitempty"`
	Digest    string        `json:"digest"`
	Version   string        `json:"version,omitempty"`
}

func saidOf(r *Review) said {
	return said{r.Act, r.Rationale, r.Risk, r.Answers, r.Publish, r.Contains, r.Proposed, r.Digest, r.Version}
}

// Reviews are the reviews of a product or those in a proposal, the newest first: what its page shows. Those of bodies
// where the actor may not see them are left out.
func (r *Room) Reviews(ctx context.Context, actor people.Actor, product, proposal string, limit int) ([]Review, error) {
	return people.See(ctx, r.People, actor, func(tx *people.Tx) (shown []Review, err error) {
		if err := reach(tx, people.SeeVetting); err != nil {
			return nil, err
		}
		by, id, marked := "product", product, false
		if proposal != "" {
			by, id = "proposal", proposal
			if marked, err = r.Approvals.SeesIn(tx, proposal); err != nil {
				return nil, err
			}
		}
		if id == "" {
			return nil, fault.In("product", "Say of which product")
		}
		all, err := selectReviews(tx.Tx, by, id)
		if err != nil {
			return nil, err
		}
		slices.Reverse(all)
		for _, review := range all {
			may, err := tx.May(people.SeeVetting, review.Organisation)
			if err != nil {
				return nil, err
			}
			if may && (marked || !review.Marked) {
				shown = append(shown, review)
			}
		}
		return shown[:min(len(shown), cmp.Or(max(limit, 0), len(shown)))], nil
	})
}
