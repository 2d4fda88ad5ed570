package main

import "testing"

// visitStory plays a ban, an exemption from it and its clearance on a phone, as the first page tells
// it: with so few presses that it takes two minutes.
func visitStory(t *testing.T, d *demonstrated) {
	const form = `main form[method=post] button`
	d.Go(d.at)
	d.Accessible() // other pages are looked at where they are tested
	d.sees(t, "01-first", "Umberfell Group is banned nowhere", "Henrik Solberg", "Nomvula Dlamini")
	d.be("henrik-solberg")
	d.sees(t, "02-second-officer", "Sign as the second person", "Umberfell Group")
	d.open(t, "Umberfell")
	d.sees(t, "03-ban", "Whom it reaches now", "Bodies")
	d.press(`main .govuk-button-group a[href$="/sign"]`)
	d.sees(t, "04-sign", "Why nothing narrower would do")
	d.press(form + `.govuk-button--warning`)
	d.sees(t, "05-signed", "You have signed it", "It is in force", "Be Rosalind Achterberg")
	ban := d.at + d.Address()
	for shot, link := range map[string]string{"06-app": "/apps/paperlark", "07-kit": "/apps/corrie-kit", "08-camera": "/apps/lantern-dome-4"} {
		d.press(`main a[href="` + link + `"]`)
		d.sees(t, shot, "Umberfell")
		d.Go(ban)
	}
	d.be("rosalind-achterberg")
	d.sees(t, "09-ask", "Paperlark Scanner", "Telephone 0031")
	d.press(form)
	d.sees(t, "10-asked", "Be Kwame Boateng")
	d.be("kwame-boateng")
	d.press(form)
	d.sees(t, "11-signed", "Be Siobhán Ní Bhriain")
	d.Phone()
	d.be("siobhan-ni-bhriain")
	d.sees(t, "12-clear-phone", "May Paperlark Scanner be used")
	d.Click("input[value=yes]")
	d.Type("#minister", "The Minister for Health")
	d.press(form)
	d.Wide()
	d.be("aylin-demir")
	d.Type("#reason", "It has nothing else on it: I have looked")
	d.press(form)
	d.sees(t, "13-made", "See HEA-PHONE-0031")
	d.press(`main a[href="/devices/HEA-PHONE-0031"]`)
	d.sees(t, "14-device", "xempt")
	if d.presses > 18 {
		t.Errorf("the story takes %d presses", d.presses)
	}
	t.Logf("%d presses", d.presses)
}
