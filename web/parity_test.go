package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"portcullis/people"
	"portcullis/web"
	"portcullis/web/account"
	"portcullis/web/api"
	"portcullis/web/gate"
)

// sameByAPI are, for each page on which something can be done, the operations by which a program does the same.
var sameByAPI = map[string]string{
	"/devices/add":            "POST /hosts",
	"/devices/{id}/change":    "PATCH /hosts/{id}",
	"/devices/{id}/move":      "POST /hosts/{id}/move",
	"/devices/{id}/state":     "POST /hosts/{id}/retire, POST /hosts/{id}/return",
	"/devices/{id}/release":   "POST /hosts/{id}/releases",
	"/devices/{id}/take-back": "POST /releases/{id}/take-back",
	"/devices/{id}/answer":    "POST /releases/{id}/answer",
	"/devices/{id}/forget":    "DELETE /hosts/{id}/sources/{source}",
	"/unlinked/link":          "POST /unlinked",
	"/triage/{id}":            "POST /organisations/{id}/triage",

	"/name-servers/add":                               "POST /zones",
	"/name-servers/{id}/change":                       "PATCH /zones/{id}",
	"/name-servers/{id}/rotate":                       "POST /zones/{id}/rotation",
	"/name-servers/{id}/end":                          "DELETE /zones/{id}",
	"/name-servers/{id}/networks/add":                 "POST /zones/{id}/networks",
	"/name-servers/{id}/networks/{network}/answer":    "POST /zones/{id}/networks/{network}/answer",
	"/name-servers/{id}/networks/{network}/take-back": "POST /zones/{id}/networks/{network}/take-back",
	"/name-servers/{id}/networks/{network}/stop":      "PATCH /zones/{id}",

	"/advice/add":            "POST /advice",
	"/advice/{id}/change":    "PATCH /advice/{id}",
	"/advice/{id}/take-back": "DELETE /advice/{id}",

	"/proposals/{id}/clear":     "POST /proposals/{id}/steps",
	"/proposals/{id}/recommend": "POST /proposals/{id}/steps",
	"/proposals/{id}/grant":     "POST /proposals/{id}/steps",
	"/proposals/{id}/sign":      "POST /proposals/{id}/steps",
	"/proposals/{id}/confirm":   "POST /proposals/{id}/steps",
	"/proposals/{id}/review":    "POST /proposals/{id}/steps",
	"/proposals/{id}/refuse":    "POST /proposals/{id}/steps",
	"/proposals/{id}/take-back": "POST /proposals/{id}/steps",
	"/proposals/{id}/consult":   "POST /proposals/{id}/steps",
	"/proposals/{id}/question":  "POST /proposals/{id}/steps",
	"/proposals/{id}/reply":     "POST /proposals/{id}/steps",
	"/proposals/{id}/revise":    "POST /proposals/{id}/steps",
	"/proposals/{id}/answer":    "POST /proposals/{id}/steps",
	"/exemptions/{id}/end":      "POST /exemptions/{id}/end",

	"/vetting/new":                      "POST /vetting/reports",
	"/vetting/{id}/again":               "POST /vetting/reports/{id}/again",
	"/vetting/{id}/review":              "POST /vetting/reports/{id}/conclusion",
	"/vetting/{id}/kits":                "POST /vetting/reports/{id}/conclusion",
	"/criteria/{organisation}/replace":  "POST /organisations/{id}/criteria",
	"/criteria/{organisation}/trackers": "POST /organisations/{id}/trackers",

	"/proposals/new/ban":           "POST /proposals, POST /affected",
	"/proposals/new/adopt":         "POST /proposals",
	"/proposals/new/app":           "POST /proposals",
	"/proposals/new/exemption":     "POST /proposals",
	"/proposals/new/withdrawal":    "POST /proposals",
	"/proposals/new/organisation":  "POST /proposals",
	"/proposals/new/monitor":       "POST /proposals",
	"/proposals/new/process":       "POST /proposals, GET /organisations/{id}/process",
	"/proposals/new/supplier/{id}": "POST /proposals",
	"/proposals/new/product/{id}":  "POST /proposals",

	"/people/add":                 "POST /persons",
	"/people/{id}/change":         "PATCH /persons/{id}",
	"/people/{id}/move":           "PATCH /persons/{id}",
	"/people/{id}/deactivate":     "PATCH /persons/{id}",
	"/people/{id}/reactivate":     "PATCH /persons/{id}",
	"/people/{id}/invite":         "POST /persons/{id}/invitation",
	"/people/{id}/remove-passkey": "DELETE /persons/{id}/passkeys/{passkey}",
	"/people/{id}/give-role":      "POST /persons/{id}/roles",
	"/people/{id}/take-role":      "DELETE /persons/{id}/roles/{role}/{organisation}",
	"/people/{id}/sign-out":       "DELETE /persons/{id}/sessions, DELETE /persons/{id}/sessions/{session}",
	"/organisations/add":          "POST /organisations",
	"/organisations/{id}/change":  "PATCH /organisations/{id}",
	"/organisations/{id}/enforce": "DELETE /organisations/{id}/monitor",
	"/groups/add":                 "POST /groups",
	"/groups/{id}/rename":         "PATCH /groups/{id}",
	"/groups/{id}/remove":         "DELETE /groups/{id}",
	"/groups/{id}/join":           "PATCH /groups/{id}",
	"/groups/{id}/leave":          "PATCH /groups/{id}",
	"/tokens/{id}/end":            "DELETE /tokens/{id}",
	"/ask":                        "GET /ask",
}

// notByAPI are the pages that programs have no operation for, and why.
var notByAPI = map[string]string{
	"/sign-in/passkey/begin":             "programs do not sign in",
	"/sign-in/passkey":                   "programs do not sign in",
	"/devices/{id}/lost":                 "a person's word locks a device, and asks for it to be erased: a program's does not",
	"/devices/{id}/lost/{order}":         "a person agrees that a device be erased: a program does not",
	"/sign-out":                          "programs do not sign in",
	"/join/{link}":                       "programs do not sign in",
	"/join/{link}/begin":                 "programs do not sign in",
	"/join/{link}/passkey":               "programs do not sign in",
	"/account/passkeys/begin":            "a program has no passkeys of its own",
	"/account/passkeys":                  "a program has no passkeys of its own",
	"/account/passkeys/{id}/remove":      "a program has no passkeys of its own",
	"/account/sessions/{id}/end":         "a program has no sessions of its own",
	"/account/messages/{id}/acknowledge": "that a person has seen something, they say themselves",
	"/channels/pass":                     "a note is a person's own word, and programs speak for nobody",
	"/channels/passed/{id}/correct":      "a note is a person's own word, and programs speak for nobody",
	"/tokens/make":                       "a program makes no tokens: it would outlive its own end",
	"/people/import":                     "POST /persons takes them one by one, and SCIM keeps them in step",
}

// TestParity: whatever a page can do, a program with that role can do by the API, or it is said why not.
func TestParity(t *testing.T) {
	operations := map[string]people.Permission{}
	for _, o := range api.Operations() {
		operations[o.Method+" "+strings.TrimPrefix(o.Path, api.Base)] = o.Permission
	}
	pages := map[string]bool{}
	for _, r := range web.Routes(web.Parts{Gate: &gate.Gate{}, People: &people.Room{}, Account: &account.Area{}, URL: &url.URL{}, Metrics: prometheus.NewRegistry()}) {
		page, is := strings.CutPrefix(r.Pattern, "POST ")
		if !is || strings.HasPrefix(page, "/api/") || strings.HasPrefix(page, "/scim/") {
			continue
		}
		pages[page] = true
		same, there := sameByAPI[page]
		if _, not := notByAPI[page]; there == not {
			t.Errorf("what the page %s does: say by which operation of the API it is done, or why it is not, and not both", page)
		}
		if !there {
			continue
		}
		for operation := range strings.SplitSeq(same, ", ") {
			switch p, known := operations[operation]; {
			case !known:
				t.Errorf("the page %s: there is no operation %s", page, operation)
			case r.Permission != people.Own && strings.HasPrefix(operation, "POST ") && !strings.HasPrefix(page, "/proposals/") && p != r.Permission:
				t.Errorf("the page %s needs %s, and %s needs %s", page, r.Permission, operation, p)
			}
		}
	}
	for _, list := range []map[string]string{sameByAPI, notByAPI} {
		for page := range list {
			if !pages[page] {
				t.Errorf("there is no page %s any more: take it off the list", page)
			}
		}
	}
}
