package sign_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"portcullis/vetting/apk/sign"
	"portcullis/vetting/archive"
)

// Resource numbers of the manifest's attributes that signatures depend on.
const (
	attrMinSDK    = 0x0101020c
	attrTargetSDK = 0x01010270
	attrSandbox   = 0x0101054c
)

// options takes what signatures depend on from a file's manifest: just enough of binary XML to find
// three numbers in it.
func options(t testing.TB, file []byte) sign.Options {
	t.Helper()
	a, err := archive.Open(bytes.NewReader(file), int64(len(file)), nil)
	if err != nil {
		return sign.Options{}
	}
	e := a.Lookup("AndroidManifest.xml")
	if e == nil {
		return sign.Options{}
	}
	b, err := e.Bytes(0)
	if err != nil {
		return sign.Options{}
	}
	opt := sign.Options{MinSDK: 1}
	le := binary.LittleEndian
	var resources []byte
	for at := 8; at+8 <= len(b); {
		kind, head, size := le.Uint16(b[at:]), int(le.Uint16(b[at+2:])), int(le.Uint32(b[at+4:]))
		if size < 8 || size > len(b)-at {
			break
		}
		chunk := b[at : at+size]
		switch kind {
		case 0x180:
			resources = chunk[head:]
		case 0x102:
			start, wide, count := head+int(le.Uint16(chunk[head+8:])), int(le.Uint16(chunk[head+10:])), int(le.Uint16(chunk[head+12:]))
			for i := range count {
				attr := chunk[start+i*wide:]
				name, value := int(le.Uint32(attr[4:])), int(le.Uint32(attr[16:]))
				if attr[15] == 3 {
					value = 35 // a codename, of a version that was new when the file was made
				}
				if 4*name+4 <= len(resources) {
					set(&opt, le.Uint32(resources[4*name:]), value)
				}
			}
		}
		at += size
	}
	return opt
}

func set(opt *sign.Options, attr uint32, value int) {
	switch attr {
	case attrMinSDK:
		opt.MinSDK = value
	case attrTargetSDK:
		opt.TargetSDK = value
	case attrSandbox:
		opt.Sandbox = value
	}
}
