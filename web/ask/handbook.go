package ask

import (
	"context"

	"portcullis/handbook"
	"portcullis/people"
	"portcullis/web/ui"
)

// Handbook is an Area's Advice from the handbook: on the app first, then on the platform, then on people's own
// devices. It is nil where there is no handbook.
func Handbook(r *handbook.Room) func(context.Context, people.Actor, string, string) ([]Text, error) {
	if r == nil {
		return nil
	}
	return func(ctx context.Context, actor people.Actor, product, platform string) (texts []Text, err error) {
		abouts := []handbook.About{{Subject: handbook.OnProduct, Of: product}, {Subject: handbook.OnPlatform, Of: platform}, {Subject: handbook.OnPersonal}}
		for _, about := range abouts {
			if about.Of == "" && about.Subject != handbook.OnPersonal {
				continue
			}
			found, err := r.Advice(ctx, actor, about)
			if err != nil {
				return nil, err
			}
			for i := range found {
				texts = append(texts, Text{Title: found[i].Title, Body: found[i].Text, At: found[i].Recorded.Time()})
			}
		}
		return texts, nil
	}
}

// written shows a text of paragraphs and lists, as the handbook has them.
func written(body string) (parts []ui.Component) {
	for _, block := range handbook.Blocks(body) {
		if !block.List {
			parts = append(parts, ui.Para(block.Lines[0]))
			continue
		}
		var list ui.List
		for _, line := range block.Lines {
			list.Items = append(list.Items, ui.Text(line))
		}
		parts = append(parts, list)
	}
	return parts
}
