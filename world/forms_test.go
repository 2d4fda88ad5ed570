package world

import (
	"fmt"
	"strings"
	"testing"
)

// hostText is a host on one line.
func hostText(id string) string {
	return fmt.Sprintf(`{"id": %q, "kind": "device", "organisation": "gov", "platform": "ios"}`, id)
}

// hostForms are worlds with the hosts a, b and c, in every way in which a list can be written.
func hostForms() map[string]string {
	const gov = "organisations: [{id: gov}]\n"
	a, b, c := hostText("a"), hostText("b"), hostText("c")
	blocks := "- id: a\n  kind: device\n  organisation: gov\n  platform: ios\n-\n  id: b\n  kind: device\n  organisation: gov\n  platform: ios\n- " + c + "\n"
	deeper := "  " + strings.ReplaceAll(strings.TrimSuffix(blocks, "\n"), "\n", "\n  ") + "\n"
	return map[string]string{
		"lines":              gov + "hosts:\n- " + a + "\n- " + b + "\n- " + c + "\n",
		"lines, last open":   gov + "hosts:\n- " + a + "\n- " + b + "\n- " + c,
		"lines, first":       "hosts:\n  - " + a + "\n  - " + b + "\n\n  # a comment\n  - " + c + "\n# and one\n" + gov,
		"blocks":             gov + "hosts:\n" + blocks,
		"blocks, deeper":     gov + "hosts: # the hosts\n\n" + deeper,
		"blocks, between":    "sites: []\nhosts:\n" + blocks + gov,
		"blocks, windows":    strings.ReplaceAll(gov+"hosts:\n"+blocks, "\n", "\r\n"),
		"document marks":     "---\n" + gov + "hosts:\n" + blocks + "...\n",
		"directive":          "%YAML 1.1\n---\n" + gov + "hosts:\n" + blocks,
		"quoted key":         gov + "\"hosts\" :\n" + blocks,
		"flow":               gov + "hosts: [" + a + ", " + b + "," + c + "]\n",
		"flow, lines":        gov + "hosts: [\n" + a + ",\n" + b + " # here\n,\n" + c + ",\n]\n",
		"flow, next line":    gov + "hosts:\n  [" + a + ",\n   " + b + ",\n   " + c + "\n  ]\nsites:\n",
		"json":               `{"organisations": [{"id": "gov"}], "hosts": [` + a + ", " + b + ", " + c + "]}",
		"json, sorted":       `{"hosts": [` + a + ", " + b + ", " + c + `], "organisations": [{"id": "gov"}]}` + "\n",
		"json, indented":     "{\n \"hosts\": [\n  " + a + ",\n  " + b + ",\n  " + c + "\n ],\n \"organisations\": [\n  {\n   \"id\": \"gov\"\n  }\n ]\n}\n",
		"json, tabs":         "{\n\t\"hosts\":\t[\n\t\t" + a + ",\n\t\t" + b + ",\n\t\t" + c + "\n\t],\n\t\"organisations\": [{\"id\": \"gov\"}]\n}\n",
		"json, no blanks":    strings.ReplaceAll(`{"hosts":[`+a+","+b+","+c+`],"organisations":[{"id":"gov"}]}`, " ", ""),
		"flow document":      "# all in one\n{hosts: [" + a + ", " + b + ", " + c + "], organisations: [{id: gov}]}",
		"anchor in a host":   gov + "hosts:\n- " + a + "\n- &b " + b + "\n- " + c + "\n",
		"anchor of a value":  gov + "hosts:\n- {id: &a a, holder: *a, kind: device, organisation: gov, platform: ios}\n- " + b + "\n- " + c + "\n",
		"anchors across":     gov + "hosts:\n- {id: a, kind: &k device, organisation: gov, platform: ios}\n- {id: b, kind: *k, organisation: gov, platform: ios}\n- " + c + "\n",
		"anchor outside":     "organisations: [{id: &gov gov}]\nhosts:\n- " + a + "\n- {id: b, kind: device, organisation: *gov, platform: ios}\n- " + c + "\n",
		"a flow anchor":      gov + "hosts: [" + a + ", &b " + b + ", {id: c, kind: !!str device, organisation: gov, platform: ios}]\n",
		"texts over lines":   gov + "hosts:\n- id: \"a\"\n  holder: \"x\n\n- id: z\n  y\"\n  kind: device\n  organisation: gov\n  platform: ios\n- " + b + "\n- " + c + "\n",
		"a block text":       gov + "hosts:\n- id: a\n  holder: |\n    x\n    - id: z\n    hosts:\n  kind: device\n  organisation: gov\n  platform: ios\n- " + b + "\n- " + c + "\n",
		"a text at column 0": gov + "hosts:\n- id: a\n  holder: 'x\n\nsites: []\n'\n  kind: device\n  organisation: gov\n  platform: ios\n- " + b + "\n- " + c + "\n",
		"json, odd texts": `{"organisations": [{"id": "gov", "name": "]}\"\\"}], "hosts": [` + strings.Replace(a, `"kind"`, `"holder": "\"]}", "kind"`, 1) +
			", " + b + ", " + c + "]}",
		"flow, odd texts": "{ # {[\n organisations: [{id: gov, name: 'it''s \"]'}, {id: it's, name: '\\'}], hosts: [" + strings.Replace(a, `"kind"`, `"holder": ']}''[', "kind"`, 1) +
			", # ]}\n" + b + ", " + c + "]}",
		"a flow anchor each": gov + "hosts: [" + strings.Replace(a, "{", "{&k ", 1) + ", {id: b, kind: &k device, organisation: gov, platform: ios, holder: *k}," +
			" {id: c, kind: &k device, organisation: gov, platform: ios, holder: *k}]\n",
		"anchors across, flow": gov + "hosts: [{id: a, kind: &k device, organisation: gov, platform: ios}, {id: b, kind: *k, organisation: gov, platform: ios}, " + c + "]\n",
		"an anchor each":       gov + "hosts:\n- {id: a, kind: &k device, organisation: gov, platform: ios, holder: *k}\n- {id: b, kind: &k device, organisation: gov, platform: ios, holder: *k}\n- " + c + "\n",
		"hosts in a text":      "organisations:\n- id: gov\n  name: 'x\n\nhosts:\n- y\n\nsites: z'\nhosts:\n- " + a + "\n- " + b + "\n- " + c + "\n",
		"a bracket in texts":   gov + "hosts: [" + strings.Replace(a, `"kind"`, `"holder": "]}\"[", "kind"`, 1) + ", # ]\n" + strings.Replace(b, `"kind"`, `holder: it's, "kind"`, 1) + ", " + c + "]\n",
	}
}

// TestForms reads the same three hosts in all forms, in windows of many sizes around that of a host,
// and in one piece.
func TestForms(t *testing.T) {
	inOnePiece := map[string]bool{"anchors across": true, "anchor outside": true, "texts over lines": true, "a text at column 0": true, "hosts in a text": true, "anchors across, flow": true}
	for name, text := range hostForms() {
		t.Run(name, func(t *testing.T) {
			path := write(t, "world.yaml", text)
			for window := 0; window < 300; window += 1 + window/12 {
				l, err := loadWith([]string{path}, window+1, window == 0)
				if err != nil {
					t.Fatalf("window %d: %v", window, err)
				}
				if kept := len(l.Hosts.kept) > 0; kept != (window == 0 || inOnePiece[name]) {
					t.Errorf("window %d: in one piece: %v", window, kept)
				}
				var ids string
				for _, h := range allHosts(t, l) {
					ids += h.ID
				}
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
				if ids != "abc" {
					t.Fatalf("window %d: hosts %q", window, ids)
				}
			}
		})
	}
}
