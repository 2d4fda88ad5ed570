package linux

import (
	"bytes"
	"flag"
	"strings"
	"testing"

	"portcullis/platform"
	"portcullis/platform/platformtest"
	"portcullis/policy"
)

var update = flag.Bool("update", false, "write the golden files anew")

func hash(c string) string { return strings.Repeat(c, 64) }

// ruled is a list with entries of every kind, some of them hostile.
func ruled(closed bool) *platform.List {
	all := []policy.Window{{}}
	return &platform.List{Platform: policy.Linux, Organisation: "gov", Generation: 7, Closed: closed, Shared: []platform.Entry{
		{Identifier: "path:/opt/a b", Product: "blank", Banned: all},
		{Identifier: "path:/opt/editor/editor", Product: "editor", Name: "Editor", Listed: true, Floors: []platform.Floor{{Version: "4.2"}}},
		{Identifier: "path:/opt/old", Product: "old", Name: "Old\nallow perm=any all : all", Listed: true, Banned: []policy.Window{{Until: "2"}}},
		{Identifier: "sha256:" + hash("1"), Product: "tool", Name: "Tool", Listed: true, Signers: []string{hash("a")}},
		{Identifier: "sha256:" + hash("2"), Product: "script", Name: "Script", Banned: all},
		{Identifier: "sha256:" + hash("3"), Product: "unlisted", Name: "Unlisted", Signers: []string{hash("a")}},
		{Identifier: "telegram-desktop", Product: "deb", Name: "Package", Banned: all},
		{Identifier: "trust:/opt/a b 1 " + hash("4"), Product: "blank", Listed: true},
		{Identifier: "trust:/opt/agent 157984 " + hash("5"), Product: "agent", Name: "Agent", Listed: true, Floors: []platform.Floor{{Version: "4.2"}}},
		{Identifier: "trust:/opt/agent 157985 " + hash("6"), Product: "agent", Name: "Agent", Listed: true},
		{Identifier: "trust:/opt/agent 9 " + hash("7"), Product: "agent-old", Name: "Agent, old", Listed: true, Banned: all},
		{Identifier: "trust:/opt/board 7 " + hash("8"), Product: "board", Name: "Board\nallow perm=any all : all", Banned: all},
		{Identifier: "trust:/opt/copy 7 " + hash("8"), Product: "board", Name: "Board", Banned: all},
		{Identifier: "trust:/opt/draw 8 " + hash("9"), Product: "draw", Name: "Draw", Signers: []string{hash("a")}},
		{Identifier: "trust:/opt/tool 3 " + hash("1"), Product: "tool", Name: "Tool", Listed: true},
		{Identifier: "trust:/opt/zero 0 " + hash("e"), Product: "zero", Listed: true},
	}}
}

func TestGolden(t *testing.T) {
	platformtest.Golden(t, *update, "fapolicyd-closed.rules", Write, ruled(true))
	platformtest.Golden(t, *update, "fapolicyd-open.rules", Write, ruled(false))
	platformtest.Golden(t, *update, "portcullis.trust", WriteTrust, ruled(true))
}

func TestWriteFails(t *testing.T) {
	platformtest.Fails(t, Write, ruled(true))
	platformtest.Fails(t, WriteTrust, ruled(true))
}

type daemon interface {
	platformtest.Device
	Allows(platformtest.FileAccess) bool
	Written() []string
}

// held is a device that holds a list.
func held(t *testing.T, l *platform.List) daemon {
	t.Helper()
	var b, trust bytes.Buffer
	_, err := Write(&b, l)
	if err == nil {
		_, err = WriteTrust(&trust, l)
	}
	if err != nil {
		t.Fatal(err)
	}
	d, err := platformtest.FapolicydTrusting(b.Bytes())(trust.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s%s", err, b.String(), trust.String())
	}
	return d.(daemon)
}

// TestAccess goes through what people and the system do, under a closed and an open list.
func TestAccess(t *testing.T) {
	closed, open := held(t, ruled(true)), held(t, ruled(false))
	const elf, lib, python, shell, text = "application/x-executable", "application/x-sharedlib", "text/x-python", "text/x-shellscript", "text/plain"
	for _, c := range []struct {
		name         string
		a            platformtest.FileAccess
		closed, open bool
	}{
		{"a trusted program", platformtest.FileAccess{Perm: "execute", Path: "/usr/bin/ls", Type: elf, Trusted: true}, true, true},
		{"its library", platformtest.FileAccess{Perm: "open", Path: "/usr/lib/libc.so.6", Type: lib, Trusted: true}, true, true},
		{"a trusted script", platformtest.FileAccess{Perm: "open", Path: "/usr/lib/python3/os.py", Type: python, Trusted: true}, true, true},
		{"a listed program, by path", platformtest.FileAccess{Perm: "execute", Path: "/opt/editor/editor", Type: elf}, true, true},
		{"a listed program, by hash", platformtest.FileAccess{Perm: "execute", Path: "/srv/a/tool", Hash: hash("1"), Type: elf}, true, true},
		{"which the loader opens", platformtest.FileAccess{Perm: "open", Path: "/srv/a/tool", Hash: hash("1"), Type: elf}, true, true},
		{"an unknown program", platformtest.FileAccess{Perm: "execute", Path: "/srv/a/x", Type: elf}, false, true},
		{"an unknown script, started", platformtest.FileAccess{Perm: "execute", Path: "/srv/a/x.sh", Type: shell}, false, true},
		{"an unknown script, interpreted", platformtest.FileAccess{Perm: "open", Path: "/srv/a/x.py", Type: python}, false, true},
		{"an unknown library", platformtest.FileAccess{Perm: "open", Path: "/srv/a/x.so", Type: lib}, false, true},
		{"a document", platformtest.FileAccess{Perm: "open", Path: "/srv/a/letter", Type: text}, true, true},
		{"a banned program, by path", platformtest.FileAccess{Perm: "execute", Path: "/opt/old", Type: elf}, false, false},
		{"the same, trusted", platformtest.FileAccess{Perm: "execute", Path: "/opt/old", Type: elf, Trusted: true}, false, false},
		{"the same, read", platformtest.FileAccess{Perm: "open", Path: "/opt/old", Type: elf}, false, false},
		{"a banned program, by hash", platformtest.FileAccess{Perm: "execute", Path: "/x", Hash: hash("2"), Type: elf, Trusted: true}, false, false},
		{"a banned script, interpreted", platformtest.FileAccess{Perm: "open", Path: "/x", Hash: hash("2"), Type: shell, Trusted: true}, false, false},
		{"one that is not listed, but told of", platformtest.FileAccess{Perm: "execute", Path: "/x", Hash: hash("3"), Type: elf, Trusted: true}, false, true},
		{"a listed content in its place", platformtest.FileAccess{Perm: "execute", Path: "/opt/agent", Hash: hash("5"), Type: elf}, true, true},
		{"the other one that is listed there", platformtest.FileAccess{Perm: "open", Path: "/opt/agent", Hash: hash("6"), Type: elf}, true, true},
		{"another content there, which is trusted by its place", platformtest.FileAccess{Perm: "execute", Path: "/opt/agent", Hash: hash("0"), Type: elf, Trusted: true}, false, true},
		{"the same, as a library", platformtest.FileAccess{Perm: "open", Path: "/opt/agent", Hash: hash("0"), Type: lib, Trusted: true}, false, true},
		{"the content of another listed place there", platformtest.FileAccess{Perm: "execute", Path: "/opt/agent", Hash: hash("e"), Type: elf}, false, true},
		{"what is listed anywhere, there", platformtest.FileAccess{Perm: "execute", Path: "/opt/agent", Hash: hash("1"), Type: elf}, true, true},
		{"a listed content elsewhere", platformtest.FileAccess{Perm: "execute", Path: "/srv/agent", Hash: hash("5"), Type: elf}, false, true},
		{"a banned content where others are listed", platformtest.FileAccess{Perm: "execute", Path: "/opt/agent", Hash: hash("7"), Type: elf}, false, false},
		{"a banned content elsewhere", platformtest.FileAccess{Perm: "execute", Path: "/srv/board", Hash: hash("8"), Type: elf, Trusted: true}, false, false},
		{"another content in the place of a banned one", platformtest.FileAccess{Perm: "open", Path: "/opt/board", Hash: hash("0"), Type: text}, false, false},
		{"an unlisted content that is told of, trusted", platformtest.FileAccess{Perm: "execute", Path: "/opt/draw", Hash: hash("9"), Type: elf, Trusted: true}, false, true},
		{"a program through the loader", platformtest.FileAccess{Perm: "open", Path: "/srv/a/x", Type: elf, Pattern: "ld_so", Trusted: true}, false, true},
		{"a package manager writes", platformtest.FileAccess{Perm: "open", Path: "/usr/lib/new.so", Type: lib, Exe: "/usr/bin/dpkg"}, true, true},
		{"the initial file system is made", platformtest.FileAccess{Perm: "execute", Path: "/var/tmp/mkinitramfs/busybox", Type: elf, UID: "0", TrustedExe: true}, true, true},
		{"somebody else's in the same place", platformtest.FileAccess{Perm: "execute", Path: "/var/tmp/x", Type: elf, UID: "1000", TrustedExe: true}, false, true},
		{"a broken program", platformtest.FileAccess{Perm: "execute", Path: "/usr/bin/x", Type: "application/x-bad-elf", Trusted: true}, false, true},
	} {
		if got := closed.Allows(c.a); got != c.closed {
			t.Errorf("closed: %s: allowed %t", c.name, got)
		}
		if got := open.Allows(c.a); got != c.open {
			t.Errorf("open: %s: allowed %t", c.name, got)
		}
	}
}

func TestIdentify(t *testing.T) {
	for _, c := range []struct {
		identifier string
		want       Target
	}{
		{"path:/usr/bin/x", Target{Path: "/usr/bin/x"}},
		{"path:/opt/a+b/c_d-e.f~1@2", Target{Path: "/opt/a+b/c_d-e.f~1@2"}},
		{"sha256:" + hash("0"), Target{Hash: hash("0")}},
		{"trust:/opt/agent 157984 " + hash("5"), Target{Path: "/opt/agent", Hash: hash("5"), Size: 157984}},
		{"trust:/opt/agent 0 " + hash("5"), Target{Path: "/opt/agent", Hash: hash("5")}},
		{"trust:", Target{}},
		{"trust:/opt/agent", Target{}},
		{"trust:/opt/agent 5", Target{}},
		{"trust:/opt/agent " + hash("5"), Target{}},
		{"trust:/opt/agent  5 " + hash("5"), Target{}},
		{"trust:/opt/agent 5  " + hash("5"), Target{}},
		{"trust:/opt/agent\t5 " + hash("5"), Target{}},
		{"trust:/opt/agent 5 " + hash("5") + " ", Target{}},
		{"trust: /opt/agent 5 " + hash("5"), Target{}},
		{"trust:/opt/agent 05 " + hash("5"), Target{}},
		{"trust:/opt/agent +5 " + hash("5"), Target{}},
		{"trust:/opt/agent -5 " + hash("5"), Target{}},
		{"trust:/opt/agent 9223372036854775808 " + hash("5"), Target{}},
		{"trust:/opt/agent 5 " + hash("A"), Target{}},
		{"trust:/opt/agent 5 " + hash("5")[1:], Target{}},
		{"trust:/opt/the agent 5 " + hash("5"), Target{}},
		{"trust:/opt/../agent 5 " + hash("5"), Target{}},
		{"trust:/opt/%41 5 " + hash("5"), Target{}},
		{"trust:/" + strings.Repeat("a", 4095) + " 5 " + hash("5"), Target{}},
		{"telegram-desktop", Target{}},
		{"", Target{}},
		{"path:", Target{}},
		{"path:/", Target{}},
		{"path:usr/bin/x", Target{}},
		{"path:/usr/../bin/x", Target{}},
		{"path:/usr/bin/", Target{}},
		{"path:/usr//bin", Target{}},
		{"path:/a b", Target{}},
		{"path:/a,b", Target{}},
		{"path:/a\nb", Target{}},
		{"path:/a*", Target{}},
		{"path:/a=b", Target{}},
		{"path:/ä", Target{}},
		{"path:/%a", Target{}},
		{"sha256:" + hash("A"), Target{}},
		{"sha256:" + hash("a") + "a", Target{}},
	} {
		got, err := Identify(c.identifier)
		if got != c.want || (err == nil) != (c.want != Target{}) {
			t.Errorf("%q: %+v, %v", c.identifier, got, err)
		}
	}
}

// FuzzWrite: whatever an identifier and a name are, a device takes the rules, and no more of them than it should.
func FuzzWrite(f *testing.F) {
	for _, e := range ruled(true).Shared {
		f.Add(e.Identifier, e.Name, "gov", true)
	}
	f.Fuzz(func(t *testing.T, identifier, name, organisation string, banned bool) {
		l := &platform.List{Platform: policy.Linux, Organisation: organisation, Closed: true}
		without := len(held(t, l).Written())
		e := platform.Entry{Identifier: identifier, Name: name, Listed: true}
		if banned {
			e.Banned = []policy.Window{{}}
		}
		l.Shared = []platform.Entry{e}
		d := held(t, l)
		target, err := Identify(identifier)
		want := without
		switch {
		case err != nil:
		case target.whole() && banned:
			want += 3
		case target.Path != "" && target.Hash == "":
			want++
		default:
			want += 2
		}
		if got := len(d.Written()); got != want {
			t.Errorf("%d rules, and %d without the program", got, without)
		}
		if err == nil && d.Denies(policy.Installation{Identifier: identifier}) != banned {
			t.Errorf("denied: %t", !banned)
		}
	})
}

func BenchmarkFapolicyd(b *testing.B) {
	platformtest.Writing(b, Write, platformtest.Many(policy.Linux, 3000, func(word string) string { return "path:/opt/" + word }))
}
