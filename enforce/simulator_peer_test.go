//go:build peers

package enforce_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"portcullis/devices"
	"portcullis/enforce"
	"portcullis/internal/storetest"
	"portcullis/people"
	"portcullis/policy"
)

// certificates starts a certificate authority that issues identities over SCEP to who has a password, and returns its
// address and the file of its root.
func certificates(t *testing.T, password string) (url, roots string) {
	t.Helper()
	dir, listen := t.TempDir(), free(t)
	if out, err := runIn(t, dir, "scepserver", "ca", "-init", "-keySize", "2048"); err != nil {
		t.Fatalf("no authority: %v\n%s", err, out)
	}
	peer(t, "scepserver", listen, "/scep?operation=GetCACaps", dir, "-http-addr", listen, "-challenge", password, "-allowrenew", "0")
	return "http://" + listen + "/scep", filepath.Join(dir, "depot", "ca.pem")
}

func runIn(t *testing.T, dir, name string, args ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), tool(t, name), args...)
	command.Dir = dir
	out, err := command.CombinedOutput()
	return string(out), err
}

// simulator is mdmb, which keeps simulated devices in a file.
type simulator struct {
	t   *testing.T
	dir string
}

func (s *simulator) run(args ...string) string {
	s.t.Helper()
	out, err := runIn(s.t, s.dir, "mdmb", args...)
	if err != nil {
		s.t.Fatalf("mdmb %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// devices makes some, and returns their ids.
func (s *simulator) devices(n int) []string {
	s.t.Helper()
	lines := strings.Fields(s.run("devices-create", "-n", fmt.Sprint(n)))
	return lines[len(lines)-n:]
}

// enrol has a device install an enrolment profile, which has it ask for an identity with a password.
func (s *simulator) enrol(id, scep, password, manager string) string {
	s.t.Helper()
	file := filepath.Join(s.dir, "enrol.mobileconfig")
	if err := os.WriteFile(file, []byte(fmt.Sprintf(enrolment, scep, password, manager)), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return s.run("-uuids", id, "devices-profiles-install", "-f", file)
}

// connect has a device fetch its commands and answer to them.
func (s *simulator) connect(id string) {
	s.t.Helper()
	if out := s.run("-uuids", id, "devices-connect"); !strings.Contains(out, "Errors                            0 (0%)") || !strings.Contains(out, "1 devices") {
		s.t.Fatal(out)
	}
}

// profiles are the identifiers of those that a device has.
func (s *simulator) profiles(id string) []string {
	s.t.Helper()
	return strings.Fields(s.run("-uuids", id, "devices-profiles-list"))[4:]
}

// holds tells whether a text is anywhere in what the devices keep.
func (s *simulator) holds(text string) bool {
	s.t.Helper()
	file, err := os.ReadFile(filepath.Join(s.dir, "mdmb.db"))
	if err != nil {
		s.t.Fatal(err)
	}
	return bytes.Contains(file, []byte(text))
}

// enrolment is an enrolment profile, as departments make it: an identity from SCEP, and the manager that is shown it.
const enrolment = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
	<key>PayloadContent</key><array>
		<dict>
			<key>PayloadType</key><string>com.apple.security.scep</string>
			<key>PayloadIdentifier</key><string>uk.gov.example.enrol.identity</string>
			<key>PayloadUUID</key><string>5B7C61C2-6F0B-4C48-9A57-7B0E2C1D5A01</string>
			<key>PayloadVersion</key><integer>1</integer>
			<key>PayloadContent</key><dict>
				<key>URL</key><string>%s</string>
				<key>Challenge</key><string>%s</string>
				<key>Key Type</key><string>RSA</string>
				<key>Keysize</key><integer>2048</integer>
				<key>Key Usage</key><integer>5</integer>
				<key>Subject</key><array><array><array><string>CN</string><string>%%HardwareUUID%%</string></array></array></array>
			</dict>
		</dict>
		<dict>
			<key>PayloadType</key><string>com.apple.mdm</string>
			<key>PayloadIdentifier</key><string>uk.gov.example.enrol.mdm</string>
			<key>PayloadUUID</key><string>5B7C61C2-6F0B-4C48-9A57-7B0E2C1D5A02</string>
			<key>PayloadVersion</key><integer>1</integer>
			<key>IdentityCertificateUUID</key><string>5B7C61C2-6F0B-4C48-9A57-7B0E2C1D5A01</string>
			<key>Topic</key><string>com.apple.mgmt.External.test</string>
			<key>ServerURL</key><string>%[3]s/mdm</string>
			<key>CheckInURL</key><string>%[3]s/checkin</string>
			<key>SignMessage</key><true/>
			<key>CheckOutWhenRemoved</key><true/>
			<key>AccessRights</key><integer>8191</integer>
		</dict>
	</array>
	<key>PayloadType</key><string>Configuration</string>
	<key>PayloadIdentifier</key><string>uk.gov.example.enrol</string>
	<key>PayloadUUID</key><string>5B7C61C2-6F0B-4C48-9A57-7B0E2C1D5A00</string>
	<key>PayloadVersion</key><integer>1</integer>
</dict></plist>
`

// TestPeerSimulator plays a ban and an exemption through with devices that enrol over SCEP and sign what they say: those
// of mdmb, which know no declarations and so have a profile.
func TestPeerSimulator(t *testing.T) {
	storetest.Run(t, schemas, func(t *testing.T, open storetest.Open) {
		scep, roots := certificates(t, "the enrolment's password")
		d, s := newDepartment(t, open, roots, "-checkin"), &simulator{t, t.TempDir()}
		ids := s.devices(2)
		exempt, other := ids[0], ids[1]
		inventory := people.Actor{Token: d.token(t, "dept-a").Secret}
		for _, id := range ids { // the inventory knows what they are, which they do not say
			if got, err := d.intake.Report(t.Context(), inventory, []devices.Report{{Host: id, Platform: policy.IOS, NoInventory: true}}); err != nil || got.Errors[0] != nil {
				t.Fatal(err, got.Errors)
			}
		}
		if out := s.enrol(exempt, scep, "a guess", d.url); len(s.profiles(exempt)) > 0 {
			t.Errorf("it has an identity without the password: %s", out)
		}
		for _, id := range ids {
			out := s.enrol(id, scep, "the enrolment's password", d.url)
			if !slices.Equal(s.profiles(id), []string{"uk.gov.example.enrol"}) {
				t.Fatal(out)
			}
			until(t, id+" is enrolled", func() bool { d.follow(t); return !d.agent(id).Enrolled.IsZero() })
		}
		d.pass(d.manager)
		for _, id := range ids {
			s.connect(id)
			until(t, "it is known that it knows no declarations", func() bool { return d.agent(id).Said.Undeclared })
			if a := d.agent(id); a.Confirmed.Digest != "" || !a.Said.Listed.IsZero() {
				t.Errorf("it cannot say what it has: %+v", a)
			}
		}
		d.pass(d.manager)
		for _, id := range ids {
			s.connect(id)
			until(t, "the profile is confirmed", func() bool { return d.has(id) })
			if has := s.profiles(id); !slices.Contains(has, "portcullis.apps") {
				t.Errorf("it has %q", has)
			}
		}
		if !s.holds("com.notes") || s.holds("com.parrot") {
			t.Error("the profile lets in what is allowed, and not what is banned")
		}

		d.exempt(t, exempt, time.Hour)
		if d.confirmed(exempt) || !d.confirmed(other) {
			t.Error("an exemption is confirmed that the device has not taken, or its neighbour is no longer")
		}
		s.connect(other)
		if s.holds("com.parrot") {
			t.Error("its neighbour has the exemption")
		}
		s.connect(exempt)
		until(t, "the exemption is confirmed", func() bool { return d.has(exempt) })
		if !s.holds("com.parrot") || !d.has(other) {
			t.Error("the exemption is not in the profile")
		}
		d.rule(t, policy.Rule{ID: "ban-notes", Effect: policy.Ban, Target: policy.Target{Product: "notes"}})
		if d.confirmed(exempt) || d.confirmed(other) {
			t.Error("they have not taken the ban")
		}
		for _, id := range ids {
			s.connect(id)
			until(t, "the ban is confirmed", func() bool { return d.has(id) })
		}

		often := d.asking(time.Second)
		s.run("-uuids", other, "devices-profiles-remove", "-i", "portcullis.apps")
		until(t, "it is given the profile again that somebody removed", func() bool {
			d.pass(often)
			s.connect(other)
			return slices.Contains(s.profiles(other), "portcullis.apps") && d.has(other)
		})
		d.orders(other, enforce.Lock, "the device answered Error", func() { s.connect(other) })

		officer := (&lost{office: d.office, t: t}).person("Otto", people.Grant{Role: people.SecurityOfficer, Organisation: "dept-a"})
		if _, err := d.things.ChangeState(t.Context(), officer, other, devices.StateChange{State: devices.Retired}); err != nil {
			t.Fatal(err)
		}
		d.pass(d.manager)
		if s.connect(other); string(d.agent(other).Offered.Own) != "profile:none" {
			t.Error("it cannot remove a profile at its manager's word, and still lists it")
		}
		s.run("-uuids", other, "devices-profiles-remove", "-i", "portcullis.apps")
		until(t, "it is known that nothing is left", func() bool { d.pass(often); s.connect(other); return len(d.agent(other).Offered.Own) == 0 })
		if !d.confirmed(exempt) {
			t.Error("its neighbour has what it had")
		}
	})
}
