package sign_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/vetting/apk/sign"
	"portcullis/vetting/archive"
)

// The names of apksigner's own test files say what is wrong with them. Asked about the versions from
// 24 or 28 on, which need no v1, the others verify.
func TestNewerSchemesByName(t *testing.T) {
	wrong := []string{"sig-does-not-verify", "digest-mismatch", "size-mismatch", "block-mismatch", "no-certs-in-sig",
		"no-supported-sig-algs", "truncated-cd", "stripped"}
	tested := 0
	for _, s := range samples(t) {
		base := strings.TrimPrefix(s.name, "apksig/")
		minSDK := 24
		switch {
		case strings.HasPrefix(base, "v2-"):
		case strings.HasPrefix(base, "v3-") || strings.HasPrefix(base, "golden-") && strings.Contains(base, "v3"):
			minSDK = 28
		default:
			continue
		}
		tested++
		want := true
		for _, w := range wrong {
			want = want && !strings.Contains(base, w)
		}
		if base == "v2-stripped.apk" { // there v1 says so
			minSDK = 23
		}
		if base == "v3-stripped.apk" { // there v2 does, which Android 9 looks at where there is no v3
			minSDK = 24
		}
		r := verify(t, s.bytes, sign.Options{MinSDK: minSDK})
		if r.Verifies != want {
			t.Errorf("%s from version %d on: %v, want %v; problems %q", base, minSDK, r.Verifies, want, r.Problems)
		}
	}
	if tested > 0 && tested < 38 {
		t.Errorf("%d files have names that say what is about them", tested)
	}
}

// TestForged holds signatures that the real files do not have against the specification.
func TestForged(t *testing.T) {
	one, two, three := newIdentity(t, "one"), newIdentity(t, "two"), newIdentity(t, "three")
	file := apk(t, bytes.Repeat([]byte("some code"), 300_000)) // more than a chunk, and more than a level of pages
	rotates := func(from uint32) []byte { return attr(0x559f8b02, u32(int(from))) }
	strip := attr(0xbeeff00d, u32(3))
	v2 := []forged{{id: one, algorithm: ecdsa256}}
	v3 := func(id identity, min, max int, attrs ...[]byte) []forged {
		return []forged{{id, ecdsa256, min, max, attrs}}
	}
	for _, c := range []struct {
		name    string
		schemes map[int][]forged
		minSDK  int
		want    string // schemes and signer, or the beginning of the first problem
	}{
		{"v2", map[int][]forged{blockV2: v2}, 24, "v2 one"},
		{"two signers of v2", map[int][]forged{blockV2: {v2[0], {id: two, algorithm: ecdsa256}}}, 24, "v2 one two"},
		{"verity", map[int][]forged{blockV3: {{one, ecdsaVerity, 28, ever, nil}}}, 28, "v3 one"},
		{"v2 by verity alone, on Android 7", map[int][]forged{blockV2: {{id: one, algorithm: ecdsaVerity}}}, 24, "v2, signer 1: it has no signature of an algorithm"},
		{"v2 and v3", map[int][]forged{blockV2: {{one, ecdsa256, 0, 0, [][]byte{strip}}}, blockV3: v3(one, 24, ever)}, 24, "v2 v3 one"},
		{"v3 taken away", map[int][]forged{blockV2: {{one, ecdsa256, 0, 0, [][]byte{strip}}}}, 24, "v2, signer 1: the file was signed with v3 too"},
		{"v2 and v3 of strangers", map[int][]forged{blockV2: v2, blockV3: v3(two, 24, ever)}, 24, "v3 has another signer"},
		{"rotated", map[int][]forged{blockV2: v2, blockV3: v3(two, 24, ever, rotation(t, one, two))}, 24, "v2 v3 two; one, two"},
		{"rotated twice", map[int][]forged{blockV3: v3(three, 28, ever, rotation(t, one, two, three))}, 28, "v3 three; one, two, three"},
		{"rotation that begins elsewhere", map[int][]forged{blockV2: v2, blockV3: v3(two, 24, ever, rotation(t, three, two))}, 24, "v3 has another signer"},
		{"rotation to somebody else", map[int][]forged{blockV3: v3(three, 28, ever, rotation(t, one, two))}, 28, "v3, signer 1: its rotation proof is for another"},
		{"rotation without consent", map[int][]forged{blockV3: v3(two, 28, ever, rotation(t, identity{three.key, one.cert}, two))}, 28, "v3, signer 1: its rotation proof: certificate 2 is not vouched for"},
		{"rotation in a circle", map[int][]forged{blockV3: v3(one, 28, ever, rotation(t, one, two, one))}, 28, "v3, signer 1: its rotation proof: certificate 3 stands in it twice"},
		{"versions left out", map[int][]forged{blockV3: append(v3(one, 28, 29), v3(two, 31, ever, rotation(t, one, two))...)}, 28, "v3: its signers leave out"},
		{"versions divided", map[int][]forged{blockV3: append(v3(one, 28, 29), v3(two, 30, ever, rotation(t, one, two))...)}, 28, "v3 two; one, two"},
		{"not for old ones", map[int][]forged{blockV3: v3(one, 30, ever)}, 28, "v3: its signers are for Android versions 30"},
		{"not for new ones", map[int][]forged{blockV3: v3(one, 28, 40)}, 28, "v3: its signers are for Android versions 28 to 40"},
		{"v3.1", map[int][]forged{blockV3: v3(one, 28, 32, rotates(33)), blockV31: v3(two, 33, ever, rotation(t, one, two))}, 28, "v3 v3.1 two; one, two"},
		{"v3.1 from a later version on", map[int][]forged{blockV3: v3(one, 28, 33, rotates(34)), blockV31: v3(two, 34, ever, rotation(t, one, two))}, 28, "v3 v3.1 two; one, two"},
		{"v3.1 alone", map[int][]forged{blockV31: v3(two, 33, ever, rotation(t, one, two))}, 33, "v3: v3.1: there is a signature of v3.1 and none of v3"},
		{"v3.1 taken away", map[int][]forged{blockV3: v3(one, 28, ever, rotates(33))}, 28, "v3, signer 1: the file was signed with v3.1"},
		{"v3.1 of another time", map[int][]forged{blockV3: v3(one, 28, 32, rotates(33)), blockV31: v3(two, 34, ever, rotation(t, one, two))}, 28, "v3, signer 1: it says that v3.1 counts from Android version 33"},
		{"v3.1 with a gap", map[int][]forged{blockV3: v3(one, 28, 31, rotates(33)), blockV31: v3(two, 33, ever, rotation(t, one, two))}, 28, "v3: its signers are for Android versions 28 to 31"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := verify(t, signed(t, file, c.schemes), sign.Options{MinSDK: c.minSDK})
			got := summary(r)
			if want := strings.TrimPrefix(c.want, "v3: v3.1: "); r.Verifies {
				if got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
			} else if !strings.HasPrefix(strings.TrimPrefix(got, "v3.1: "), want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// summary is what verifies and who signed, with the lineage, or the first problem.
func summary(r *sign.Result) string {
	if !r.Verifies {
		return r.Problems[0]
	}
	s := strings.Join(r.Schemes, " ")
	for _, c := range r.Certificates {
		s += " " + strings.TrimPrefix(c.Subject, "CN=")
	}
	for i, a := range r.Lineage {
		s += map[bool]string{true: "; ", false: ", "}[i == 0] + strings.TrimPrefix(a.Certificate.Subject, "CN=")
	}
	return s
}

// What a signature protects cannot be changed anywhere without being noticed.
func TestFlips(t *testing.T) {
	id := newIdentity(t, "one")
	v2 := signed(t, apk(t, []byte("a little code")), map[int][]forged{blockV2: {{id: id, algorithm: ecdsa256}}})
	verity := signed(t, apk(t, bytes.Repeat([]byte("code"), 5000)), map[int][]forged{blockV3: {{id, ecdsaVerity, 28, ever, nil}}})
	files := []sample{{name: "forged v2", bytes: v2}, {name: "forged verity", bytes: verity}}
	for _, s := range samples(t) {
		switch s.name {
		case "apksig/v2-only-with-ecdsa-sha256-p256.apk", "apksig/v3-only-with-ecdsa-sha256-p256.apk", "apksig/v2-only-with-rsa-pkcs1-sha256-1024.apk":
			files = append(files, s)
		}
	}
	for _, f := range files {
		opt := sign.Options{MinSDK: 28}
		if !verify(t, f.bytes, opt).Verifies {
			t.Fatalf("%s does not verify as it is", f.name)
		}
		free := unprotected(f.bytes)
		step := 1 + len(f.bytes)/1500
		for i := 0; i < len(f.bytes); i++ {
			if i%step != 0 && i < len(f.bytes)-400 { // the directory and the end byte by byte
				continue
			}
			b := bytes.Clone(f.bytes)
			b[i] ^= 1 << (i % 8)
			if r := verify(t, b, opt); r.Verifies && !free(i) {
				t.Errorf("%s: byte %d changed and it still verifies", f.name, i)
			}
		}
	}
}

// unprotected tells the bytes of the APK Signing Block that nothing signs: each value's own length and
// number, and padding.
func unprotected(file []byte) func(int) bool {
	free := map[int]bool{}
	end := bytes.LastIndex(file, []byte("APK Sig Block 42")) - 8
	at := end + 24 - int(binary.LittleEndian.Uint64(file[end:]))
	for at < end {
		size := int(binary.LittleEndian.Uint64(file[at:]))
		to := at + 12
		if binary.LittleEndian.Uint32(file[at+8:]) == padding {
			to = at + 8 + size
		}
		for i := at; i < to; i++ {
			free[i] = true
		}
		at += 8 + size
	}
	return func(i int) bool { return free[i] }
}

// A file that has been cut off anywhere never verifies, and never does harm.
func TestTruncated(t *testing.T) {
	for _, s := range samples(t) {
		if s.name != "apksig/v1-only-two-signers.apk" && s.name != "apksig/golden-legacy-aligned-v1v2v3-lineage-out.apk" && s.name != "fdroid_janus.apk" {
			continue
		}
		step := 1 + len(s.bytes)/4000
		for n := 0; n < len(s.bytes); n += step {
			if r := verify(t, s.bytes[:n], sign.Options{MinSDK: 18}); r.Verifies || len(r.Problems) == 0 {
				t.Fatalf("%s, its first %d bytes: verifies %v, problems %q", s.name, n, r.Verifies, r.Problems)
			}
		}
	}
}

// Entries that the caller has read are not read again, and count as if they had been.
func TestObserve(t *testing.T) {
	for _, s := range samples(t) {
		if !strings.HasPrefix(s.name, "apksig/v1") {
			continue
		}
		opt := options(t, s.bytes)
		want := verify(t, s.bytes, opt)
		a := open(t, s.bytes)
		v := sign.Begin(a, opt)
		left := 0
		for _, e := range a.Entries() {
			if b, err := e.Bytes(0); err == nil {
				v.Observe(e, b)
			}
			if v.Wants(e) {
				left++
			}
		}
		if left > 0 {
			t.Errorf("%s: %d entries are still wanted", s.name, left)
		}
		if diff := cmp.Diff(want.Problems, v.Finish().Problems, cmp.Transformer("set", sorted)); diff != "" {
			t.Errorf("%s (-read +observed):\n%s", s.name, diff)
		}
	}
}

func sorted(list []string) map[string]bool {
	set := map[string]bool{}
	for _, s := range list {
		set[s] = true
	}
	return set
}

func TestCertificate(t *testing.T) {
	id := newIdentity(t, "Ms Ada Léa")
	r := verify(t, signed(t, apk(t, []byte("x")), map[int][]forged{blockV2: {{id: id, algorithm: ecdsa256}}}), sign.Options{MinSDK: 24})
	sum := sha256.Sum256(id.cert)
	got := fmt.Sprintf("%+q", []string{r.Certificates[0].SHA256, r.Certificates[0].Subject, r.Certificates[0].Issuer, r.Certificates[0].Key, r.Blocks[0].Name, r.Signers[0].Algorithms[0]})
	want := fmt.Sprintf("%+q", []string{hex.EncodeToString(sum[:]), "CN=Ms Ada Léa", "CN=Ms Ada Léa", "EC, P-256", "APK Signature Scheme v2", "ECDSA with SHA-256"})
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What the app's target asks for.
func TestTarget(t *testing.T) {
	for _, s := range samples(t) {
		if s.name != "apksig/v1-only-two-signers.apk" {
			continue
		}
		for _, c := range []struct {
			opt  sign.Options
			want string
		}{
			{sign.Options{MinSDK: 23, TargetSDK: 29}, ""},
			{sign.Options{MinSDK: 23, TargetSDK: 30}, "the app is for Android 11"},
			{sign.Options{MinSDK: 23, Sandbox: 2}, "the app asks for sandbox version 2"},
			{sign.Options{}, "the lowest Android version"},
		} {
			r := verify(t, s.bytes, c.opt)
			if got := strings.Join(r.Problems, "; "); r.Verifies != (c.want == "") || !strings.HasPrefix(got, c.want) {
				t.Errorf("%+v: %v %q, want %q", c.opt, r.Verifies, got, c.want)
			}
		}
	}
}

// broken is a reader that fails at one place of a file.
type broken struct {
	*bytes.Reader
	at int64
}

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	if off <= b.at && b.at < off+int64(len(p)) {
		return 0, errors.New("the disk is gone")
	}
	return b.Reader.ReadAt(p, off)
}

// A part of the file that cannot be read is never taken for one that is not there.
func TestUnreadable(t *testing.T) {
	id := newIdentity(t, "one")
	file := signed(t, apk(t, []byte("code")), map[int][]forged{blockV2: {{id: id, algorithm: ecdsa256}}})
	for at := 0; at < len(file); at += 16 {
		a, err := archive.Open(broken{bytes.NewReader(file), int64(at)}, int64(len(file)), nil)
		if err != nil {
			continue
		}
		if r := sign.Verify(a, sign.Options{MinSDK: 24}); r.Verifies || !strings.Contains(strings.Join(r.Problems, "; "), "the disk is gone") {
			t.Fatalf("byte %d cannot be read: %v, %q", at, r.Verifies, r.Problems)
		}
	}
}
