// Package machotest makes Mach-O files for tests.
package machotest

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// Program is a library of 64 bits for arm64, with everything that package macho reads: it loads BUAdSDK, names
// https://pangle.io/a and the class BUAdSDKManager, and is signed by TEAM123456, entitled to get-task-allow.
func Program(encrypted bool) []byte { return build(encrypted, nil) }

// Sealed is the same, with a signature over its bytes, an Info.plist and a list of sealed files.
func Sealed(info, resources []byte) []byte { return build(false, [][]byte{info, nil, resources}) }

func build(encrypted bool, sealed [][]byte) []byte {
	cryptid := uint32(0)
	if encrypted {
		cryptid = 1
	}
	le, be := binary.LittleEndian, binary.BigEndian
	pad := func(b []byte, n int) []byte { return append(b, make([]byte, n-len(b))...) }
	texts := []byte("hello\x00https://pangle.io/a\x00\x00")
	classes := []byte("BUAdSDKManager\x00AppDelegate\x00")
	// The signature: a directory with identifier and team, and entitlements.
	dir := be.AppendUint32(nil, 0xfade0c02)
	dir = append(dir, make([]byte, 60)...)
	be.PutUint32(dir[8:], 0x20400)
	be.PutUint32(dir[20:], 64)
	be.PutUint32(dir[48:], 80)
	dir = pad(append(dir, "org.example.app\x00TEAM123456\x00"...), 96)
	if sealed != nil {
		dir = pad(dir, 96+4*32)
	}
	be.PutUint32(dir[4:], uint32(len(dir)))
	plist := []byte("<plist><dict><key>get-task-allow</key><true/></dict></plist>")
	ent := append(be.AppendUint32(be.AppendUint32(nil, 0xfade7171), uint32(8+len(plist))), plist...)
	const size = 1024
	var commands []byte
	command := func(kind uint32, rest []byte) {
		commands = le.AppendUint32(commands, kind)
		commands = le.AppendUint32(commands, uint32(8+len(rest)))
		commands = append(commands, rest...)
	}
	section := func(name string, at, length int) []byte {
		s := append(pad([]byte(name), 16), pad([]byte("__TEXT"), 16)...)
		s = le.AppendUint64(s, 0)
		s = le.AppendUint64(s, uint64(length))
		s = le.AppendUint32(s, uint32(at))
		return pad(s, 80)
	}
	segment := pad([]byte("__TEXT"), 16)
	segment = le.AppendUint64(le.AppendUint64(le.AppendUint64(le.AppendUint64(segment, 0), size), 0), size)
	segment = le.AppendUint32(le.AppendUint32(le.AppendUint32(le.AppendUint32(segment, 5), 5), 2), 0)
	command(0x19, append(append(segment, section("__cstring", size, len(texts))...), section("__objc_classname", size+len(texts), len(classes))...))
	command(0xc, pad(append([]byte{24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, "@rpath/BUAdSDK.framework/BUAdSDK"...), 64))
	command(0x2c, le.AppendUint32(le.AppendUint32(le.AppendUint32(le.AppendUint32(nil, 0), 0), cryptid), 0))
	command(0x1d, le.AppendUint32(le.AppendUint32(nil, uint32(size+len(texts)+len(classes))), uint32(28+len(dir)+len(ent))))

	f := le.AppendUint32(nil, 0xfeedfacf)
	for _, n := range []uint32{0x0100000c, 0, 2, 4, uint32(len(commands)), 0x200000, 0} {
		f = le.AppendUint32(f, n)
	}
	code := slices.Concat(pad(append(f, commands...), size), texts, classes)
	if sealed != nil {
		seal(dir, code, sealed)
	}
	sig := be.AppendUint32(nil, 0xfade0cc0)
	sig = be.AppendUint32(sig, uint32(28+len(dir)+len(ent)))
	sig = be.AppendUint32(sig, 2)
	sig = be.AppendUint32(be.AppendUint32(sig, 0), 28)
	sig = be.AppendUint32(be.AppendUint32(sig, 5), uint32(28+len(dir)))
	sig = append(append(sig, dir...), ent...)
	return append(code, sig...)
}

// seal writes what was signed into a code directory: one page of code, and what the app has beside it.
func seal(dir, code []byte, sealed [][]byte) {
	be := binary.BigEndian
	const slots = 96 + 3*32
	be.PutUint32(dir[16:], slots)
	be.PutUint32(dir[24:], 3)
	be.PutUint32(dir[28:], 1)
	be.PutUint32(dir[32:], uint32(len(code)))
	dir[36], dir[37], dir[39] = 32, 2, 12
	for i, data := range append([][]byte{code}, sealed...) {
		if data != nil {
			sum := sha256.Sum256(data)
			copy(dir[slots-i*32:], sum[:])
		}
	}
}
