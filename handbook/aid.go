package handbook

import (
	"errors"
	"fmt"
	"slices"

	"portcullis/internal/fault"
)

// Outcome is what to do with what was said on a private channel.
type Outcome string

// The outcomes.
const (
	PassOn Outcome = "pass-on" // it goes to the official record
	NoNeed Outcome = "no-need"
	Ask    Outcome = "ask" // somebody has to look at it first
)

var outcomes = []Outcome{PassOn, NoNeed, Ask}

// Question is one question of the aid, which is answered by yes or no.
type Question struct {
	ID   string
	Ask  string
	Hint string // may be empty
	Yes  Answer
	No   Answer
}

// Answer says why it matters that somebody answered so, and either which question comes next or what to do.
type Answer struct {
	Because string
	Next    string  // a question's id, of one further down; or
	Then    Outcome // the end
}

// Aid is a short sequence of questions that finds out whether something is substantive government business. It begins
// with the first. What is answered is stored nowhere.
type Aid struct {
	Questions []Question
	Outcomes  map[Outcome]Draft // what to do, in words
}

// DecisionAid is the aid of the running program.
func DecisionAid() Aid { return starter().Aid }

// Step is a question that has been answered.
type Step struct {
	Question
	Yes    bool
	Answer Answer
}

// Walk goes through the aid by answers, a letter for each question that was asked: y or n. It returns the steps, and then
// the question that comes next or, at the end, the outcome. Answers that lead nowhere are a fault.
func (a Aid) Walk(answers string) (steps []Step, next *Question, end Outcome, err error) {
	at := 0
	for i, letter := range []byte(answers) {
		q := a.Questions[at]
		step := Step{Question: q, Yes: letter == 'y', Answer: q.No}
		if step.Yes {
			step.Answer = q.Yes
		}
		steps = append(steps, step)
		more := i+1 < len(answers)
		if letter != 'y' && letter != 'n' || more && step.Answer.Then != "" {
			return nil, nil, "", fault.New(fault.NotFound, "These answers lead nowhere: begin again")
		}
		if step.Answer.Then != "" {
			return steps, nil, step.Answer.Then, nil
		}
		at = a.index(step.Answer.Next)
	}
	return steps, &a.Questions[at], "", nil
}

func (a Aid) index(id string) int {
	return slices.IndexFunc(a.Questions, func(q Question) bool { return q.ID == id })
}

// check returns an error unless every answer leads on, downwards only, so that every way ends, and every question and
// outcome is reached and said in words.
func (a Aid) check() error {
	if len(a.Questions) == 0 {
		return errors.New("it asks nothing")
	}
	reached, ends := map[string]bool{a.Questions[0].ID: true}, map[Outcome]bool{}
	for i, q := range a.Questions {
		if !starterID.MatchString(q.ID) || a.index(q.ID) != i || q.Ask == "" || !reached[q.ID] {
			return fmt.Errorf("the question %q has no id of its own, asks nothing or is never reached", q.ID)
		}
		for _, answer := range []Answer{q.Yes, q.No} {
			last := answer.Next == ""
			if answer.Because == "" || last != slices.Contains(outcomes, answer.Then) || !last && (answer.Then != "" || a.index(answer.Next) <= i) {
				return fmt.Errorf("an answer to %q has no reason, or does not lead to one further question or outcome", q.ID)
			}
			reached[answer.Next], ends[answer.Then] = true, true
		}
	}
	for _, o := range outcomes {
		draft := a.Outcomes[o]
		if err := draft.check(); err != nil {
			return fmt.Errorf("the outcome %s: %w", o, err)
		}
		if !ends[o] {
			return fmt.Errorf("the outcome %s is never reached", o)
		}
	}
	return nil
}
