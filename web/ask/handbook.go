package ask

import (
	"context"

	"portcullis/handbook"
	"portcullis/people"
)

// Handbook is an Area's Advice from the handbook: on the app first, then on the platform, then on people's own
// devices. It is nil where there is no handbook.
func Handbook(r *handbook.Room) func(context.Context, people.Actor, string, string) ([]Text, error) {
	if r == nil {
		return nil
	}
	return func(ctx context.Context, actor people.Actor, product, platform string) (texts []Text, err error) {
		found, err := r.AdviceFor(ctx, actor, product, platform)
		for i := range found {
			texts = append(texts, Text{Title: found[i].Title, Body: found[i].Text, At: found[i].Recorded.Time()})
		}
		return texts, err
	}
}
