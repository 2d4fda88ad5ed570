package browsertest

import (
	"context"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Keys for Press; a printable character is its own.
const (
	Tab    = kb.Tab
	Enter  = kb.Enter
	Space  = " "
	Escape = kb.Escape
	Up     = kb.ArrowUp
	Down   = kb.ArrowDown
	End    = kb.End
	// BackTab is Tab with the shift key.
	BackTab = shift + kb.Tab
)

const shift = "shift+"

// press is one key, down and up. What it types goes along with its going down and not as an event of its
// own: Enter on a link that moves the focus would else also be typed where the focus has come to.
func press(key string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		key, shifted := strings.CutPrefix(key, shift)
		for _, r := range key {
			events := kb.Encode(r)
			down, up := events[0], events[len(events)-1]
			if len(events) == 3 {
				down.Text, down.UnmodifiedText = events[1].Text, events[1].UnmodifiedText
			}
			for _, e := range []*input.DispatchKeyEventParams{down, up} {
				if shifted {
					e.Modifiers |= int64(kb.ModifierShift)
				}
				if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *e); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Press presses keys one after the other, where the focus is. A text is pressed letter by letter.
func (b *Browser) Press(keys ...string) {
	b.t.Helper()
	for _, key := range keys {
		b.Do(press(key))
	}
}

// FollowKey presses a key and waits until the page that it leads to is loaded.
func (b *Browser) FollowKey(key string) {
	b.t.Helper()
	b.Follow(press(key))
}
