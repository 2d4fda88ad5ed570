package handbook

import (
	room "portcullis/handbook"
	"portcullis/policy"
	"portcullis/web/ui"
)

// platformNames are the platforms as people know them.
var platformNames = map[string]string{
	"android": "Android", "ios": "iPhone and iPad", "macos": "Mac", "windows": "Windows", "linux": "Linux", "chromeos": "Chromebook",
	"chrome": "Extensions of Chrome", "edge": "Extensions of Edge", "firefox": "Add-ons of Firefox",
}

// channelNames are the channels as people know them.
var channelNames = map[room.Channel]string{
	room.Messaging: "A private messaging app, or text messages", room.Mail: "Personal mail",
	room.Calls: "A video call or telephone call", room.OtherChannel: "Something else",
}

// subjectNames are the headings below which advice stands.
var subjectNames = map[room.Subject]string{
	room.OnPersonal: "Your own devices", room.OnPlatform: "What apps can reach, by platform", room.OnChannel: "Private channels", room.OnProduct: "Single apps",
}

// about is what a piece of advice is about, in words.
func about(a room.About) string {
	switch a.Subject {
	case room.OnPlatform:
		return platformNames[a.Of]
	case room.OnChannel:
		return channelNames[room.Channel(a.Of)]
	case room.OnProduct:
		return "The app " + a.Of
	}
	return subjectNames[a.Subject]
}

// Text shows a text of paragraphs and lists, as the handbook has them.
func Text(written string) (shown []ui.Component) {
	for _, block := range room.Blocks(written) {
		if !block.List {
			shown = append(shown, ui.Para(block.Lines[0]))
			continue
		}
		var list ui.List
		for _, line := range block.Lines {
			list.Items = append(list.Items, ui.Text(line))
		}
		shown = append(shown, list)
	}
	return shown
}

// platformOptions are the platforms to choose from.
func platformOptions() []ui.Option {
	options := []ui.Option{{Label: "Choose one"}}
	for _, word := range policy.PlatformWords[1:] {
		options = append(options, ui.Option{Value: word, Label: platformNames[word]})
	}
	return options
}

// channelOptions are channels to choose from.
func channelOptions(channels []room.Channel) (options []ui.Option) {
	for _, c := range channels {
		options = append(options, ui.Option{Value: string(c), Label: channelNames[c]})
	}
	return options
}
