package policy

import (
	"slices"
	"time"
)

// Dates returns every time at which something in w begins, ends or falls due, ascending and each once.
func Dates(w *World) []time.Time {
	var dates []time.Time
	add := func(t time.Time) {
		if !t.IsZero() {
			dates = append(dates, t)
		}
	}
	for _, of := range datesOf {
		of(w, add)
	}
	slices.SortFunc(dates, time.Time.Compare)
	return slices.CompactFunc(dates, time.Time.Equal)
}

// datesOf call add with the dates of one part of a world each; times that are not given are among them.
var datesOf = [...]func(w *World, add func(time.Time)){
	placesSpan: func(w *World, add func(time.Time)) {
		for i := range w.Organisations {
			if m := w.Organisations[i].Monitor; m != nil {
				add(m.From)
				add(m.Until)
			}
		}
	},
	thingsSpan: func(w *World, add func(time.Time)) {
		for i := range w.Suppliers {
			for _, e := range w.Suppliers[i].OwnedBy {
				add(e.From)
				add(e.Until)
			}
		}
		for i := range w.Products {
			for _, e := range w.Products[i].MadeBy {
				add(e.From)
				add(e.Until)
			}
		}
	},
	rulesSpan: func(w *World, add func(time.Time)) {
		for i := range w.Rules {
			add(w.Rules[i].From)
			add(w.Rules[i].Until)
			add(w.Rules[i].Deadline)
		}
	},
	exemptionsSpan: func(w *World, add func(time.Time)) {
		for i := range w.Exemptions {
			e := &w.Exemptions[i]
			add(e.From)
			add(e.Until)
			if e.Clearance != nil {
				add(e.Clearance.At)
			}
		}
	},
}

// The parts of a world in which time alone changes nothing as long as it stays in the part's span.
const (
	placesSpan = iota
	thingsSpan
	rulesSpan
	exemptionsSpan
	spans
)

// near is the dates next to a time: the last that is not after it, and the first that is; zero where
// there is none.
type near struct {
	Period
	at time.Time
}

func (n *near) add(t time.Time) {
	switch {
	case t.IsZero():
	case t.After(n.at):
		if n.Until.IsZero() || t.Before(n.Until) {
			n.Until = t
		}
	case t.After(n.From):
		n.From = t
	}
}
