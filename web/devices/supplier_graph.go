package devices

import (
	"cmp"
	"net/http"
	"slices"

	room "portcullis/devices"
	"portcullis/policy"
	"portcullis/web/ui"
)

// howToRead is said below each drawing of companies.
const howToRead = "What is further to the right belongs to what is above it. A box is a company, and one with round corners a product. What has a broken line does not hold now: it says from when or until when. A filled sign is a ban, an empty one a phase-out."

// supplierDrawing draws what hangs together with a company.
func (a *area) supplierDrawing(r *http.Request, id string) (ui.Component, error) {
	g, err := a.Devices.SupplierGraph(r.Context(), actor(r), id)
	if err != nil {
		return nil, err
	}
	n := a.names()
	drawing := n.drawing(r, &g, id)
	drawing.Title = "Who owns " + n.supplier(id) + ", whom they own, what they make, and what contains it"
	if len(g.Edges) == 0 {
		drawing.Nodes = nil
		drawing.Empty = ui.Empty{Text: "Nobody has said who owns them, whom they own, or what they make: there is nothing to draw."}
	}
	return drawing, nil
}

// suppliersDrawing draws how the companies of a page hang together; nil where none does.
func (a *area) suppliersDrawing(r *http.Request, found []room.SupplierFound) (ui.Component, error) {
	var ids []string
	for _, f := range found {
		ids = append(ids, f.Supplier.ID)
	}
	g, err := a.Devices.SuppliersGraph(r.Context(), actor(r), ids)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	drawing := a.names().drawing(r, &g, "")
	drawing.Title = "Who owns whom among these companies"
	drawing.Empty = ui.Empty{Text: "Of none of these companies is it said who owns it, or whom it owns."}
	return drawing, nil
}

// drawing is a graph as it is drawn; here is the company that the page is about.
func (n names) drawing(r *http.Request, g *room.Graph, here string) ui.Graph {
	d := ui.Graph{ID: "companies", About: howToRead}
	for i := range g.Nodes {
		node := &g.Nodes[i]
		drawn := ui.GraphNode{Shape: ui.GraphMore, Marks: n.marks(r, node.Banning)}
		switch {
		case node.Supplier != nil:
			drawn.Shape, drawn.Name, drawn.Href = ui.GraphBox, cmp.Or(node.Supplier.Name, node.Supplier.ID), SupplierPath(node.Supplier.ID)
			drawn.Here = node.Supplier.ID == here
		case node.Product != nil:
			drawn.Shape, drawn.Name, drawn.Href = ui.GraphRound, cmp.Or(node.Product.Name, node.Product.ID), AppPath(node.Product.ID)
		}
		if drawn.Here {
			drawn.Href = "" // one is there
		}
		d.Nodes = append(d.Nodes, drawn)
	}
	for i := range g.Edges {
		e := &g.Edges[i]
		if to := &g.Nodes[e.To]; to.More > 0 {
			d.Nodes[e.To].Name, d.Nodes[e.To].Href = more(g, e)
			d.Edges = append(d.Edges, ui.GraphEdge{From: e.From, To: e.To})
			continue
		}
		d.Edges = append(d.Edges, ui.GraphEdge{From: e.From, To: e.To, Text: n.meaning(r, g, e), Broken: !e.Holds})
	}
	return d
}

// more is what is not drawn, and where it is shown: on the page of whom it belongs to.
func more(g *room.Graph, e *room.GraphEdge) (text, href string) {
	node, besides := &g.Nodes[e.To], ""
	alike := func(m room.Meaning) bool { return m == e.Means || e.Means == room.Supplies && m == room.Makes }
	if slices.ContainsFunc(g.Edges, func(o room.GraphEdge) bool { return o.From == e.From && o.To != e.To && alike(o.Means) }) {
		besides = "more "
	}
	switch e.Means {
	case room.Owns:
		return ui.Count(node.More, besides+"company that they own or owned", besides+"companies that they own or owned"), SupplierPath(node.Of) + "#owns"
	case room.Supplies:
		return ui.Count(node.More, besides+"product of theirs", besides+"products of theirs"), SupplierPath(node.Of) + "#theirs"
	case room.IsInside:
		return ui.Count(node.More, besides+"product contains it", besides+"products contain it"), AppPath(node.Of)
	}
	return ui.Count(node.More, besides+"component", besides+"components"), AppPath(node.Of)
}

// meaning is what the lower end of an edge is to the upper, in words.
func (n names) meaning(r *http.Request, g *room.Graph, e *room.GraphEdge) string {
	text := map[room.Meaning]string{room.Owns: "owned", room.Supplies: "theirs", room.Makes: "made by them, and sold by another", room.IsMadeBy: "who makes it in truth",
		room.IsSoldBy: "who sells it", room.Contains: "is inside it", room.IsInside: "contains it"}[e.Means]
	if p := g.Nodes[e.To].Product; p != nil && p.Supplier != "" && (e.Means == room.Contains || e.Means == room.IsInside) {
		text += ", of " + n.supplier(p.Supplier)
	}
	text += versionsText(e.Versions)
	if when := period(r, e.Period); when != "always" {
		text += ", " + when
	}
	return text
}

// marks say which bans and phase-outs name something, and for whom.
func (n names) marks(r *http.Request, rules []*policy.Rule) (marks []ui.GraphMark) {
	const most = 3
	for i, rule := range rules {
		if i == most {
			return append(marks, ui.GraphMark{Stop: true, Text: ui.Count(len(rules)-most, "more rule", "more rules") + " against it"})
		}
		m := ui.GraphMark{Stop: rule.Effect == policy.Ban, Text: effectTag(rule.Effect).Text + " for " + n.organisation(rule.Scope)}
		if rule.Components {
			m.Text += ", and of what contains it"
		}
		if rule.From.After(ui.Now(r)) {
			m.Text += ", " + period(r, rule.Period)
		}
		marks = append(marks, m)
	}
	return marks
}
