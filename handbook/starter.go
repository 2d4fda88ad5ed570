package handbook

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed starter.yaml
var starterFile []byte

// Starter is what ships in the binary.
type Starter struct {
	Advice []Advice // each of version 1
	Aid    Aid
}

// starter is the set of the running program. A test reads it, so that a broken one never ships.
var starter = sync.OnceValue(func() Starter {
	s, err := readStarter(starterFile)
	if err != nil {
		panic(err)
	}
	return s
})

// starterForm is the file as it is written.
type starterForm struct {
	Advice []struct {
		ID      string
		Subject Subject
		Of      string
		Title   string
		Text    string
	}
	Aid struct {
		Questions []Question
		Outcomes  map[Outcome]Draft
	}
}

var starterID = regexp.MustCompile(`^[a-z][a-z-]*$`)

// readStarter reads a starter set strictly: what is not understood, or what the room would not take from anybody, is an
// error that names it.
func readStarter(file []byte) (s Starter, err error) {
	var form starterForm
	decoder := yaml.NewDecoder(bytes.NewReader(file))
	decoder.KnownFields(true)
	if err := decoder.Decode(&form); err != nil {
		return s, fmt.Errorf("the starter set: %w", err)
	}
	for _, f := range form.Advice {
		a := Advice{ID: f.ID, About: About{f.Subject, f.Of}, Draft: Draft{f.Title, f.Text}, Version: 1, Starter: true}
		err := errors.Join(a.About.check(), a.Draft.check())
		switch {
		case !starterID.MatchString(a.ID):
			err = errors.New("an id is letters and hyphens")
		case slices.ContainsFunc(s.Advice, func(b Advice) bool { return a.ID == b.ID }):
			err = errors.New("the id is there twice")
		}
		if err != nil {
			return Starter{}, fmt.Errorf("the starter set, advice %q: %w", f.ID, err)
		}
		s.Advice = append(s.Advice, a)
	}
	s.Aid = Aid{form.Aid.Questions, form.Aid.Outcomes}
	if err := s.Aid.check(); err != nil {
		return Starter{}, fmt.Errorf("the starter set, the aid: %w", err)
	}
	return s, nil
}
