package handbook

import (
	"slices"
	"strings"
	"testing"

	"portcullis/policy"
)

// TestStarter holds that the set that ships is read, and has something for everything that it should.
func TestStarter(t *testing.T) {
	s, err := readStarter(starterFile)
	if err != nil {
		t.Fatal(err)
	}
	has := func(about About) bool {
		return slices.ContainsFunc(s.Advice, func(a Advice) bool { return a.About == about })
	}
	if !has(About{Subject: OnPersonal}) {
		t.Error("nothing is about personal devices")
	}
	for _, word := range policy.PlatformWords[1:] {
		if !has(About{OnPlatform, word}) {
			t.Errorf("nothing is about %s", word)
		}
	}
	for _, c := range AdvisedChannels {
		if !has(About{OnChannel, string(c)}) {
			t.Errorf("nothing is about %s", c)
		}
	}
	for _, a := range s.Advice {
		if a.ID == "add" || a.ID == "earlier" {
			t.Errorf("the id %s is that of a page", a.ID)
		}
		for _, b := range Blocks(a.Text) {
			for _, line := range b.Lines {
				if last := line[len(line)-1]; !strings.ContainsRune(".:?", rune(last)) {
					t.Errorf("%s: %q does not end as a sentence", a.ID, line)
				}
			}
		}
	}
}

// TestAid walks every way through the aid that ships.
func TestAid(t *testing.T) {
	aid := DecisionAid()
	seen := map[Outcome]int{}
	var walk func(answers string)
	walk = func(answers string) {
		steps, next, end, err := aid.Walk(answers)
		switch {
		case err != nil || len(steps) != len(answers):
			t.Errorf("%s: %d steps: %v", answers, len(steps), err)
		case next != nil && end == "":
			walk(answers + "y")
			walk(answers + "n")
		case next == nil && len(Blocks(aid.Outcomes[end].Text)) > 0:
			seen[end]++
		default:
			t.Errorf("%s leads to %v and %q", answers, next, end)
		}
	}
	walk("")
	if seen[PassOn] == 0 || seen[NoNeed] == 0 || seen[Ask] == 0 {
		t.Errorf("the outcomes are %v", seen)
	}
	for answers, want := range map[string]Outcome{"n": NoNeed, "yy": Ask, "yny": NoNeed, "ynny": PassOn, "ynnny": PassOn, "ynnnnnny": Ask, "ynnnnnnn": NoNeed} {
		if _, _, end, err := aid.Walk(answers); end != want || err != nil {
			t.Errorf("%s ends in %q: %v", answers, end, err)
		}
	}
	for _, wrong := range []string{"x", "ny", "ynnyn", "Y", "y\n", strings.Repeat("y", 1000)} {
		if _, _, _, err := aid.Walk(wrong); err == nil {
			t.Errorf("%.20q is taken", wrong)
		}
	}
}

const aidOfThree = `
aid:
  questions:
    - {id: a, ask: A, yes: {because: x, next: b}, no: {because: x, then: no-need}}
    - {id: b, ask: B, yes: {because: x, then: pass-on}, no: {because: x, then: ask}}
  outcomes:
    pass-on: {title: P, text: P}
    no-need: {title: N, text: N}
    ask: {title: A, text: A}
`

func TestStarterIsReadStrictly(t *testing.T) {
	const good = "advice:\n  - {id: x, subject: platform, of: ios, title: T, text: T}\n" + aidOfThree
	if _, err := readStarter([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{
		"of: ios": "of: beos", "subject: platform": "subject: animals", "title: T": "titel: T", "text: T}\n": "text: \"\"}\n", "id: x": "id: 9x",
		"}\n\naid": "}\n  - {id: x, subject: personal, title: T, text: T}\naid", "next: b": "next: a", "then: ask": "next: c", "then: pass-on": "then: ask",
		"then: no-need": "then: maybe", "because: x, next: b": "next: b", "id: b": "id: a", "next: b}": "next: b, then: ask}", "ask: B, ": "", "title: P": "title: ''",
	} {
		bad := strings.Replace(good, from, to, 1)
		if bad == good {
			t.Fatalf("%q is not there", from)
		}
		if _, err := readStarter([]byte(bad)); err == nil {
			t.Errorf("%q instead of %q is taken", to, from)
		}
	}
}

// FuzzStarter holds that a set that is taken can be walked to every end.
func FuzzStarter(f *testing.F) {
	f.Add([]byte(aidOfThree))
	f.Add([]byte("advice: [{id: x, subject: personal, title: T, text: T}]" + aidOfThree))
	f.Add([]byte("aid: {questions: [&a {id: a, ask: A, yes: {because: x, next: a}}]}"))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := readStarter(file)
		if err != nil {
			return
		}
		for _, a := range s.Advice {
			if a.Version != 1 || !a.Starter || len(Blocks(a.Text)) == 0 {
				t.Errorf("the advice %+v", a)
			}
		}
		for answers := ""; ; answers += "y" {
			_, next, end, err := s.Aid.Walk(answers)
			if err != nil || len(answers) > len(s.Aid.Questions) {
				t.Fatalf("%s: %v", answers, err)
			}
			if next == nil {
				if !slices.Contains(outcomes, end) {
					t.Errorf("the end is %q", end)
				}
				return
			}
		}
	})
}
