package enforce_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"portcullis/people"
)

// TestLists goes through the lists of a body and of its devices.
func TestLists(t *testing.T) {
	each(t, func(h *house) {
		officer := h.guest(people.CentreOfficer, people.Everywhere)
		officer.Get("/device-lists").Shows(200, "Lists for devices", "Choose a body", "Department of Justice")
		officer.Get("/device-lists?organisation=light").Shows(200,
			"Department of Light, Fog and Signals", "Policy for the Android Management API", "Rules for Macs with Santa", "Response policy zone for name servers", "Denied", "20\u00a0May\u00a02026, 00:00").
			Has(`href="/device-lists/android?organisation=light&amp;platform=android"`, `href="/device-lists/intune/file?organisation=light&amp;platform=windows"`, `href="/device-lists/rpz/manifest?organisation=light"`).
			Lacks("Cannot be made", "For this device alone")
		officer.Get("/device-lists/android?organisation=light&platform=android").Shows(200, "All devices of the body that no exemption singles out", "What this form cannot carry", "1 entry: versions are not told apart here", "com.notes",
			"3 rules", "Bans Parrot Chat").Has(`href="/rules/ban-parrot"`, `href="/device-lists?organisation=light"`)

		officer.Get("/device-lists?host=l1").Shows(200, "Department of Light, Fog and Signals", "Policy for the Android Management API", "For this device alone").Has(`href="/devices/l1"`, `href="/device-lists/android/file?host=l1&amp;platform=android"`).
			Lacks("Rules for Macs with Santa", "name servers")
		officer.Get("/device-lists/android?host=l1").Shows(200, "The device l1 alone: exemptions single it out", "1 exemption, which the manifest names")
		officer.Get("/device-lists/android?host=j1").Shows(200, "The device j1, as all of the body that no exemption singles out")
		officer.Get("/device-lists?host=l3").Shows(200, "Policy for Firefox").Lacks("Android Management")
		officer.Get("/devices/l1").Has(`href="/device-lists?host=l1"`)
	})
}

// TestNoList is what is said where there is none.
func TestNoList(t *testing.T) {
	each(t, func(h *house) {
		officer := h.guest(people.CentreOfficer, people.Everywhere)
		officer.Get("/devices/own").Has(`href="/device-lists?host=own"`)
		officer.Get("/device-lists?host=own").Shows(200, "It has no list.", "is a personal device: nothing is enforced on it, and its holder is advised.").Lacks("Download")
		officer.Get("/device-lists/apple-profile?host=own").Shows(409)
		officer.Get("/device-lists?host=nobody").Shows(404, "There is no device nobody here")
		officer.Get("/device-lists?organisation=nobody").Shows(404)
		officer.Get("/device-lists/paper?organisation=light").Shows(404)
		officer.Get("/device-lists/android").Shows(422, "Say whose devices")
		officer.Get("/device-lists/android?organisation=light&platform=ios").Shows(422)
		officer.Get("/device-lists?organisation=light&site=x").Shows(422)

		administrator := h.guest(people.DeviceAdministrator, "justice")
		administrator.Get("/device-lists").Shows(200, "Department of Justice", "Policy for the Android Management API").Lacks("Department of Light")
		administrator.Get("/device-lists?organisation=light").Shows(403)
		administrator.Get("/device-lists/android/file?organisation=light").Shows(403)
		administrator.Get("/device-lists?host=l1").Shows(404)
		administrator.Get("/device-lists/android/manifest?host=l1").Shows(404)
		h.guest(people.Auditor, people.Everywhere).Get("/device-lists").Shows(403)
	})
}

// TestAudit goes from the list that is enforced to what tries it, and keeps that.
func TestAudit(t *testing.T) {
	each(t, func(h *house) {
		officer := h.guest(people.DeviceAdministrator, "light")
		const path = "/device-lists/applocker?organisation=light&amp;platform=windows"
		officer.Get("/device-lists/applocker?organisation=light").Shows(200, "To try it without effect").Lacks("This denies nothing").Has(`href="` + path + `&amp;audit=true"`)
		officer.Get("/device-lists/applocker?organisation=light&audit=true").Shows(200, "AppLocker policy for Windows: audit only", "This denies nothing", "Let run, and noted", "1 entry: nothing is denied by it", "The list as a whole").Lacks("To try it without effect").
			Has(`href="`+path+`"`, `href="/device-lists/applocker/file?organisation=light&amp;platform=windows&amp;audit=true"`, `href="/device-lists/applocker/manifest?organisation=light&amp;platform=windows&amp;audit=true"`)
		officer.Get("/device-lists/applocker/file?organisation=light&audit=true").Shows(200).Has("AuditOnly").Lacks("Enabled")
		officer.Get("/device-lists/applocker/file?organisation=light").Shows(200).Has("Enabled").Lacks("AuditOnly")
		officer.Get("/device-lists/android?organisation=light").Shows(200).Lacks("To try it without effect")
		officer.Get("/device-lists/android?organisation=light&audit=true").Shows(422, "applocker alone has one")
		officer.Get("/device-lists/applocker?organisation=light&audit=perhaps").Shows(422)
	})
}

// TestDownload: what a browser keeps is what the page says it is.
func TestDownload(t *testing.T) {
	each(t, func(h *house) {
		officer := h.guest(people.DeviceAdministrator, "light")
		file := officer.Get("/device-lists/android/file?host=l1").Shows(200)
		sum := sha256.Sum256([]byte(file.Body))
		if !strings.Contains(file.Body, "com.parrot") {
			t.Errorf("the file is %s", file.Body)
		}
		officer.Get("/device-lists/android?host=l1").Shows(200, hex.EncodeToString(sum[:]))
		officer.Get("/device-lists/android/manifest?host=l1").Shows(200).Has(hex.EncodeToString(sum[:]), `"press"`)
	})
}
