package sign_test

import (
	stdzip "archive/zip"
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"portcullis/vetting/apk/sign"
)

// entry is one file of an archive, in its order.
type entry struct{ name, content string }

func zipped(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := stdzip.NewWriter(&b)
	for _, e := range entries {
		f, err := w.Create(e.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sum(s string) string {
	h := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(h[:])
}

// manifestOf is a JAR manifest of entries.
func manifestOf(entries ...entry) string {
	s := "Manifest-Version: 1.0\r\n\r\n"
	for _, e := range entries {
		s += fmt.Sprintf("Name: %s\r\nSHA-256-Digest: %s\r\n\r\n", e.name, sum(e.content))
	}
	return s
}

// signatureOf is a signature file over a manifest, with sections for the names.
func signatureOf(manifest, more string, names ...string) string {
	s := "Signature-Version: 1.0\r\nSHA-256-Digest-Manifest: " + sum(manifest) + "\r\n" + more + "\r\n"
	for _, n := range names {
		s += "Name: " + n + "\r\nSHA-256-Digest: " + sum("whatever") + "\r\n\r\n"
	}
	return s
}

// blockOf is a signature block over a signature file: RFC 5652 by way of encoding/asn1.
func blockOf(t testing.TB, id identity, file string, attributes []byte) string {
	t.Helper()
	cert, err := x509.ParseCertificate(id.cert)
	if err != nil {
		t.Fatal(err)
	}
	data := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	digest := []asn1.ObjectIdentifier{{2, 16, 840, 1, 101, 3, 4, 2, 1}}
	ec := []asn1.ObjectIdentifier{{1, 2, 840, 10045, 2, 1}}
	signed := []byte(file)
	var raw asn1.RawValue
	if attributes != nil {
		signed = append([]byte(nil), attributes...)
		raw = asn1.RawValue{FullBytes: append([]byte{0xa0}, attributes[1:]...)}
	}
	type info struct {
		Version int
		SID     struct {
			Issuer asn1.RawValue
			Serial int
		}
		Digest     []asn1.ObjectIdentifier
		Attributes asn1.RawValue `asn1:"optional"`
		Signature  []asn1.ObjectIdentifier
		Value      []byte
	}
	one := info{Version: 1, Digest: digest, Attributes: raw, Signature: ec, Value: id.sign(t, signed)}
	one.SID.Issuer.FullBytes, one.SID.Serial = cert.RawIssuer, 1
	inner := struct {
		Version int
		Digests [][]asn1.ObjectIdentifier `asn1:"set"`
		Content []asn1.ObjectIdentifier
		Certs   asn1.RawValue
		Infos   []info `asn1:"set"`
	}{1, [][]asn1.ObjectIdentifier{digest}, []asn1.ObjectIdentifier{data}, asn1.RawValue{Class: 2, Tag: 0, IsCompound: true, Bytes: id.cert}, []info{one}}
	der, err := asn1.Marshal(inner)
	if err != nil {
		t.Fatal(err)
	}
	outer, err := asn1.Marshal(struct {
		OID     asn1.ObjectIdentifier
		Content asn1.RawValue
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}, asn1.RawValue{Class: 2, Tag: 0, IsCompound: true, Bytes: der}})
	if err != nil {
		t.Fatal(err)
	}
	return string(outer)
}

// attributesOf are signed attributes, as the set that is signed.
func attributesOf(t testing.TB, contentType asn1.ObjectIdentifier, file string) []byte {
	t.Helper()
	digest := sha256.Sum256([]byte(file))
	type attribute struct {
		OID   asn1.ObjectIdentifier
		Value []any `asn1:"set"`
	}
	var set []byte
	for _, a := range []attribute{
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}, []any{contentType}},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}, []any{digest[:]}},
	} {
		der, err := asn1.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		set = append(set, der...)
	}
	der, err := asn1.Marshal(asn1.RawValue{Tag: 17, IsCompound: true, Bytes: set})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestForgedJAR holds what a JAR signature must and need not cover against what Android does.
func TestForgedJAR(t *testing.T) {
	one, two := newIdentity(t, "one"), newIdentity(t, "two")
	dex, res := entry{"classes.dex", "code"}, entry{"res/a.xml", "resource"}
	manifest := manifestOf(dex, res)
	mf := entry{"META-INF/MANIFEST.MF", manifest}
	both := []string{dex.name, res.name}
	by := func(id identity, name, sf string) []entry {
		return []entry{{"META-INF/" + name + ".SF", sf}, {"META-INF/" + name + ".EC", blockOf(t, id, sf, nil)}}
	}
	plain := signatureOf(manifest, "", both...)
	good := append(by(one, "A", plain), mf)
	with := func(list []entry, more ...entry) []entry { return append(append([]entry(nil), more...), list...) }
	data, other := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 3}
	attributed := func(contentType asn1.ObjectIdentifier, of string) []entry {
		return []entry{mf, {"META-INF/A.SF", plain}, {"META-INF/A.EC", blockOf(t, one, plain, attributesOf(t, contentType, of))}}
	}
	for _, c := range []struct {
		name    string
		entries []entry
		want    string
	}{
		{"signed", with(good, dex, res), "v1 one"},
		{"a folder", with(good, dex, res, entry{"res/", ""}), "v1 one"},
		{"something in META-INF", with(good, dex, res, entry{"META-INF/services/x", "y"}), "v1 one"},
		{"something else", with(good, dex, res, entry{"evil.dex", "evil"}), `v1: "evil.dex" is not signed`},
		{"changed", with(good, entry{dex.name, "evil"}, res), `v1: "classes.dex" has been changed`},
		{"missing", with(good, dex), `v1: META-INF/MANIFEST.MF has a section for "res/a.xml", which is not there`},
		{"twice", with(good, dex, res, dex), `v1: "classes.dex" stands more than once`},
		{"two signers", with(append(by(two, "B", plain), good...), dex, res), "v1 two one"},
		{"two signers of different files", with(append(by(two, "B", signatureOf(manifest, "", dex.name)), good...), dex, res), `v1: "res/a.xml" is not signed by the same signers`},
		{"left out of the signature file", with(append(by(one, "A", signatureOf(manifest, "", dex.name)), mf), dex, res), `v1: "res/a.xml" is not signed`},
		{"no sections in the signature file", with(append(by(one, "A", signatureOf(manifest, "")), mf), dex, res), `v1: "classes.dex" is not signed`},
		{"left out of the manifest", with(append(by(one, "A", signatureOf(manifestOf(dex), "", both...)), entry{mf.name, manifestOf(dex)}), dex, res), `v1: "res/a.xml" is not signed`},
		{"another manifest", with(append(by(one, "A", signatureOf(manifestOf(dex), "", both...)), mf), dex, res), `v1: META-INF/A.EC: the manifest's section for "classes.dex" has been changed`},
		{"another signature file", with([]entry{mf, {"META-INF/A.SF", plain + "\r\n"}, good[1]}, dex, res), "v1: META-INF/A.EC: the signature does not verify"},
		{"a block without a file", with(append([]entry{{"META-INF/X.RSA", "junk"}}, good...), dex, res), "v1 one"},
		{"a block that is junk", with(append([]entry{{"META-INF/A.RSA", "junk"}}, good...), dex, res), "v1: META-INF/A.RSA: it is not well-formed"},
		{"v2 taken away", with(append(by(one, "A", signatureOf(manifest, "X-Android-APK-Signed: 2, 3\r\n", both...)), mf), dex, res), "v1: META-INF/A.EC: the file was signed with v2 too"},
		{"a newer scheme that nobody knows", with(append(by(one, "A", signatureOf(manifest, "X-Android-APK-Signed: 9, x\r\n", both...)), mf), dex, res), "v1 one"},
		{"its first section changed", with(append(by(one, "A", signatureOf(manifest, "SHA-256-Digest-Manifest-Main-Attributes: "+sum("x")+"\r\n", both...)), mf), dex, res), "v1: META-INF/A.EC: the first section"},
		{"its first section", with(append(by(one, "A", signatureOf(manifest, "SHA-256-Digest-Manifest-Main-Attributes: "+sum("Manifest-Version: 1.0\r\n\r\n")+"\r\n", both...)), mf), dex, res), "v1 one"},
		{"signed attributes", with(attributed(data, plain), dex, res), "v1 one"},
		{"signed attributes of something else", with(attributed(other, plain), dex, res), "v1: META-INF/A.EC: the signature does not verify"},
		{"signed attributes of another file", with(attributed(data, "x"), dex, res), "v1: META-INF/A.EC: the signature does not verify"},
		{"a manifest of nothing but lines", with(append(by(one, "A", plain), entry{mf.name, strings.Repeat("a\n", 1_000_001)}), dex, res), "v1: META-INF/MANIFEST.MF: it has more than"},
		{"a manifest of nothing but sections", with(append(by(one, "A", plain), entry{mf.name, strings.Repeat("a\n\n", 1_000_001)}), dex, res), "v1: META-INF/MANIFEST.MF: it has more than"},
		{"nothing", []entry{{mf.name, manifestOf()}, {"META-INF/A.SF", signatureOf(manifestOf(), "")}, {"META-INF/A.EC", blockOf(t, one, signatureOf(manifestOf(), ""), nil)}}, "v1: nothing is signed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := verify(t, zipped(t, c.entries...), sign.Options{MinSDK: 21})
			if got := summary(r); got != c.want && (r.Verifies || !strings.HasPrefix(got, c.want)) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if r := verify(t, zipped(t, with(good, dex, res)...), sign.Options{MinSDK: 21, TargetSDK: 34}); !r.Verifies {
		t.Errorf("a bundle for Android 14, which is signed with v1 alone: %q", r.Problems)
	}
	if r := verify(t, zipped(t, with(good, dex, res)...), sign.Options{MinSDK: 9}); !r.Verifies {
		t.Errorf("a bundle for Android 2.3, which knew no such signatures: %q", r.Problems)
	}
	if r := verify(t, zipped(t, with(good, dex, res, entry{"AndroidManifest.xml", ""})...), sign.Options{MinSDK: 9}); r.Verifies {
		t.Error("an app for Android 2.3 verifies, which knew no such signatures")
	}
	if r := verify(t, append(zipped(t, with(good, dex, res)...), 'x'), sign.Options{MinSDK: 21}); r.Verifies || !strings.Contains(summary(r), "its end is damaged") {
		t.Errorf("a byte behind the end, with which Android refuses the file: %q", r.Problems)
	}
	if r := verify(t, zipped(t, with(attributed(data, plain), dex, res)...), sign.Options{MinSDK: 18}); r.Verifies {
		t.Error("signed attributes protect nothing before Android 4.4, and it verifies for 4.3")
	}
}

// A block of v2 counts only where the end record follows the directory at once.
func TestGapBeforeEnd(t *testing.T) {
	file := signed(t, apk(t, []byte("code")), map[int][]forged{blockV2: {{id: newIdentity(t, "one"), algorithm: ecdsa256}}})
	end := len(file) - 22
	gap := bytes.Join([][]byte{file[:end], make([]byte, 8), file[end:]}, nil)
	if r := verify(t, gap, sign.Options{MinSDK: 24}); r.Verifies || len(r.Notes) == 0 || !strings.Contains(r.Notes[0], "does not follow its directory") {
		t.Errorf("verifies %v, notes %q", r.Verifies, r.Notes)
	}
}
