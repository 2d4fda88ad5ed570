// Package apktest makes small apps of Android for tests: a manifest, code that does nothing, and whatever else a test
// puts in; signed with version 2 of the scheme where somebody is to sign. It shares nothing with what reads apps.
package apktest

import (
	"archive/zip"
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"testing"
	"time"

	"portcullis/vetting/apk/axml"
	"portcullis/vetting/apk/axml/axmltest"
	"portcullis/vetting/apk/dex/dextest"
)

// App is an app.
type App struct {
	Package     string
	Split       string // of what app it is a part, and which; such a manifest says nothing of SDK levels
	Label       string // what people see; left out where it is empty
	VersionName string // the same
	VersionCode int
	Permissions []string
	Classes     []string // what its code defines, dotted: "com.example.Main"
	Strings     []string // literals of its code
	Files       map[string][]byte
	Signer      *Signer // nil for an app that nobody has signed
}

// Signer is a key with its certificate.
type Signer struct {
	key         *ecdsa.PrivateKey
	certificate []byte
}

// NewSigner draws a key.
func NewSigner(t testing.TB, name string) *Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<31, 0)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &Signer{key, certificate}
}

// Certificate is the SHA-256 of the signer's certificate, in hex.
func (s *Signer) Certificate() string {
	sum := sha256.Sum256(s.certificate)
	return hex.EncodeToString(sum[:])
}

// Android's ids of the attributes that are used.
const (
	labelID       = 0x01010001
	nameID        = 0x01010003
	minSDKID      = 0x0101020c
	targetSDKID   = 0x01010270
	versionCodeID = 0x0101021b
	versionNameID = 0x0101021c
)

func number(name string, id uint32, n int) axml.Attribute {
	return axmltest.Android(name, id, axml.Value{Type: axml.Decimal, Data: uint32(n)})
}

func (a *App) manifest() []byte {
	root := &axml.Element{Name: "manifest", Attributes: []axml.Attribute{axmltest.Plain("package", a.Package), number("versionCode", versionCodeID, a.VersionCode)}}
	if a.VersionName != "" {
		root.Attributes = append(root.Attributes, axmltest.Android("versionName", versionNameID, axmltest.Text(a.VersionName)))
	}
	add := func(name string, attributes ...axml.Attribute) {
		root.Children = append(root.Children, &axml.Element{Name: name, Attributes: attributes})
	}
	if a.Split != "" {
		root.Attributes = append(root.Attributes, axmltest.Plain("split", a.Split))
	} else {
		add("uses-sdk", number("minSdkVersion", minSDKID, 28), number("targetSdkVersion", targetSDKID, 35))
	}
	for _, p := range a.Permissions {
		add("uses-permission", axmltest.Android("name", nameID, axmltest.Text(p)))
	}
	if a.Label == "" {
		add("application")
	} else {
		add("application", axmltest.Android("label", labelID, axmltest.Text(a.Label)))
	}
	return axmltest.Document(root)
}

// Build writes the app.
func Build(t testing.TB, a App) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	add := func(name string, content []byte) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = f.Write(content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add("AndroidManifest.xml", a.manifest())
	add("classes.dex", dextest.Build(dextest.File{Classes: dextest.Classes(append([]string{a.Package + ".Main"}, a.Classes...)...), Strings: a.Strings}))
	for name, content := range a.Files {
		add(name, content)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if a.Signer == nil {
		return b.Bytes()
	}
	return a.Signer.sign(t, b.Bytes())
}

// The numbers of version 2 of the scheme (source.android.com, "APK Signature Scheme v2").
const (
	schemeV2  = 0x7109871a
	ecdsa256  = 0x0201
	endRecord = 22 // bytes, of an archive without a comment
)

func u32(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }
func u64(n int) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(n)) }

// prefixed is the parts one after another, behind their length.
func prefixed(parts ...[]byte) []byte {
	all := bytes.Join(parts, nil)
	return append(u32(len(all)), all...)
}

// sign puts the signature into a file, between its contents and the central directory.
func (s *Signer) sign(t testing.TB, file []byte) []byte {
	t.Helper()
	end := len(file) - endRecord
	central := int(binary.LittleEndian.Uint32(file[end+16:]))
	contents, directory, record := file[:central], file[central:end], bytes.Clone(file[end:])
	data := bytes.Join([][]byte{prefixed(prefixed(u32(ecdsa256), prefixed(digest(contents, directory, record)))), prefixed(prefixed(s.certificate)), prefixed()}, nil)
	sum := sha256.Sum256(data)
	signature, err := s.key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKIXPublicKey(s.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	value := prefixed(prefixed(prefixed(data), prefixed(prefixed(u32(ecdsa256), prefixed(signature))), prefixed(key)))
	pair := bytes.Join([][]byte{u64(len(value) + 4), u32(schemeV2), value}, nil)
	size := u64(len(pair) + 24)
	block := bytes.Join([][]byte{size, pair, size, []byte("APK Sig Block 42")}, nil)
	binary.LittleEndian.PutUint32(record[16:], uint32(central+len(block)))
	return bytes.Join([][]byte{contents, block, directory, record}, nil)
}

// digest is that of the parts of a file in chunks of a mebibyte.
func digest(parts ...[]byte) []byte {
	var digests []byte
	count := 0
	for _, part := range parts {
		for len(part) > 0 {
			chunk := part[:min(1<<20, len(part))]
			part = part[len(chunk):]
			sum := sha256.Sum256(bytes.Join([][]byte{{0xa5}, u32(len(chunk)), chunk}, nil))
			digests = append(digests, sum[:]...)
			count++
		}
	}
	sum := sha256.Sum256(bytes.Join([][]byte{{0x5a}, u32(count), digests}, nil))
	return sum[:]
}
