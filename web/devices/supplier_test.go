package devices_test

import (
	"fmt"
	"strings"
	"testing"

	"portcullis/internal/browsertest"
	"portcullis/people"
)

// cliffs is a company at the end of a chain of owners, with 40 companies and 200 apps; two that own each other; one
// whose camera is sold under another's name; and one that has to do with nobody.
func cliffs() string {
	var b strings.Builder
	b.WriteString(`
organisations: [{id: gov, name: Government}, {id: dept-a, name: Harbour Office, parent: gov}]
suppliers:
  - {id: o1, name: Tidewater Foundation for the Advancement of Navigation and Neighbouring Arts}
  - {id: o2, name: Tidewater Holdings, owned_by: [{supplier: o1, from: 2011-04-01}]}
  - {id: o3, name: Tidewater International B.V., owned_by: [{supplier: o2, from: 2015-04-01, until: 2024-02-01}]}
  - {id: o4, name: Tidewater Digital, owned_by: [{supplier: o3}]}
  - {id: big, name: Umber Apps Ltd, owned_by: [{supplier: o4, from: 2019-06-01}]}
  - {id: ring-a, name: Ring A, owned_by: [{supplier: ring-b}]}
  - {id: ring-b, name: Ring B, owned_by: [{supplier: ring-a}]}
  - {id: alone, name: Alone Ltd}
  - {id: brand, name: Brand Cameras}
`)
	for i := range 40 {
		fmt.Fprintf(&b, "  - {id: sub-%02d, name: Umber Subsidiary %02d, owned_by: [{supplier: big, from: 2020-01-01}]}\n", i, i)
	}
	b.WriteString("products:\n  - {id: cam, kind: equipment, name: Cam 3, supplier: brand, made_by: [{supplier: big, from: 2021-01-01}]}\n  - {id: notes, kind: app, name: Quay Notes, supplier: brand, contains: [{product: app-000, until: \"3\"}]}\n")
	for i := range 200 {
		fmt.Fprintf(&b, "  - {id: app-%03d, kind: app, name: Umber App %03d, supplier: big}\n", i, i)
	}
	b.WriteString(`rules:
  - {id: ban-o2, effect: ban, target: {supplier: o2}, components: true, clearance: minister, scope: gov, from: 2026-01-01, reason: "it listens"}
  - {id: out-199, effect: phase-out, target: {product: app-199}, components: false, clearance: none, scope: dept-a, from: 2026-01-01, deadline: 2026-09-01, reason: "old"}
  - {id: ban-39, effect: ban, target: {supplier: sub-39}, components: false, clearance: none, scope: gov, from: 2026-06-01, reason: "to come"}
`)
	return b.String()
}

// TestSupplierDrawings holds what the drawings of companies say.
func TestSupplierDrawings(t *testing.T) {
	eachQuay(t, cliffs(), func(q *quay) {
		auditor := q.guest(people.Auditor, people.Everywhere)
		big := auditor.Get("/suppliers/big").Shows(200, "Who owns Umber Apps Ltd, whom they own, what they make, and what contains it", "Tidewater Holdings", "1\u00a0April\u00a02015 to 1\u00a0February\u00a02024",
			"Ban for Government, and of what contains it", "Phase-out for Harbour Office", "Ban for Government, from 1\u00a0June\u00a02026", "Umber App 199", "Made by them, and sold by another, since 1\u00a0January\u00a02021",
			"Who sells it", "Contains it, of Brand Cameras, in versions before 3", "32 more companies that they own or owned", "195 more products of theirs").
			Has(`href="/suppliers/big#owns"`, `id="owns"`, `href="/suppliers/big#theirs"`, `id="theirs"`, `stroke-dasharray`)
		drawing, _, _ := strings.Cut(big.Body, "</figure>")
		if n := strings.Count(drawing, "<rect"); n > 2*60 {
			t.Errorf("%d boxes in two drawings", n)
		}
		if n := strings.Count(drawing, "stroke-dasharray"); n != 2*2 {
			t.Errorf("%d broken lines and boxes in two drawings, where one company was sold", n)
		}
		auditor.Get("/suppliers/ring-a").Shows(200, "drawn in full elsewhere", "Ring B")
		for _, none := range []string{"/suppliers/alone", "/suppliers?q=alone"} {
			if page := auditor.Get(none); strings.Contains(page.Body, "<figure") {
				t.Errorf("%s draws something", none)
			}
		}
		auditor.Get("/suppliers/alone").Shows(200, "there is nothing to draw")
		all := auditor.Get("/suppliers").Shows(200, "Who owns whom among these companies", "Tidewater Foundation")
		if drawing, _, _ := strings.Cut(all.Body, "</figure>"); strings.Contains(drawing[strings.Index(drawing, "<figure"):], "Alone Ltd") {
			t.Error("a company that has to do with nobody is drawn")
		}
		auditor.Get("/suppliers?q=alone").Shows(200, "Of none of these companies is it said")
		q.guest(people.SecurityOfficer, "dept-a").Get("/suppliers/big").Shows(200).Has("<figure")
	})
}

func TestSupplierDrawingsInABrowser(t *testing.T) {
	q := quayOver(t, inSQLite(t), cliffs())
	w := q.walk(q.guest(people.Auditor, people.Everywhere))
	for name, path := range map[string]string{"drawing": "/suppliers/big", "drawing-ring": "/suppliers/ring-a", "drawing-none": "/suppliers/alone", "drawing-all": "/suppliers?q=tidewater"} {
		w.Look(path, name)
	}
	w.Go("/suppliers/big")
	const drawn = `[...document.querySelectorAll(".app-graph svg")].filter(e => e.getBoundingClientRect().width > 0).length`
	// Text is where the server took it to be: within its box.
	const out = `[...document.querySelectorAll(".app-graph svg")].filter(e => e.getBoundingClientRect().width > 0).flatMap(e => {
		let box = null, out = [];
		for (const x of e.querySelectorAll("rect, text")) {
			if (x.tagName == "rect") { box = x.getBBox(); continue }
			const text = x.getBBox();
			if (text.x < box.x || text.y + text.height > box.y + box.height + 80 || text.x + text.width > e.viewBox.baseVal.width || text.y < box.y + box.height && text.x + text.width > box.x + box.width - 2) out.push(x.textContent);
		}
		return out;
	}).join("; ")`
	for name, window := range map[string]func(){"a desk": w.Wide, "a phone": w.Phone} {
		window()
		w.Go("/suppliers/big")
		if n := browsertest.Eval[int](w.Browser, drawn); n != 1 {
			t.Errorf("on %s %d drawings are seen", name, n)
		}
		if text := browsertest.Eval[string](w.Browser, out); text != "" {
			t.Errorf("on %s text stands out: %s", name, text)
		}
	}
	w.Click(".app-graph + .govuk-details summary")
	w.Accessible()
	w.Shot("drawing-table-phone")
}
