package macho

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// ErrFormat is that the bytes do not begin as a Mach-O file does.
var ErrFormat = errors.New("not a Mach-O file")

// File is what one architecture of a file says.
type File struct {
	Architecture string // arm64, arm64e, armv7, x86_64, i386, or its numbers
	// Libraries are loaded with it, in the order of the file.
	Libraries []string
	// Encrypted is that a part of it is encrypted, as the store and Apple's own programs do it: nobody but the device can
	// read the code.
	Encrypted bool
	// Signed is that it carries a signature, and Signature where that stands in the whole file: the first byte and the one
	// behind the last. The certificates in it are not looked at.
	Signed    bool
	Signature [2]int
	// Seal is what the signature says of the bytes that were signed, by its best hash.
	Seal Seal
	// Team and Identifier are what its signature says of its maker and its name.
	Team, Identifier string
	// Entitlements are a property list in XML, and Entitled the same in the form that iOS 15 and later go by (DER); empty
	// where there are none.
	Entitlements []byte
	Entitled     []Entitlement
	// Independent is that it may be loaded anywhere (PIE), Executable that its stack may be executed, and Writable that a
	// part of it may be both written and executed.
	Independent, Executable, Writable bool
	// Problems are what could not be read of it.
	Problems []string
	// Lost is why not all of the code could be read, and SignatureLost why not all that the signature says; empty where it was.
	Lost, SignatureLost string

	data   []byte
	texts  []section
	length uint64 // of all texts: no longer than the file

	directories [][]byte // of the signature
}

type section struct {
	from, to uint64
	classes  bool
}

// What the files are told by, and the commands that are read.
const (
	magic32, magic64   = 0xfeedface, 0xfeedfacf
	magicFat, magicBig = 0xcafebabe, 0xcafebabf

	segment32, segment64       = 0x1, 0x19
	loadDylib, loadWeak        = 0xc, 0x80000018
	loadAgain, loadUp          = 0x8000001f, 0x80000023
	loadLazy                   = 0x20
	encryption32, encryption64 = 0x21, 0x2c
	signature                  = 0x1d

	stackFlag, pieFlag = 0x20000, 0x200000

	protectedFlag   = 0x8       // of a segment: encrypted, as Apple's own programs are
	writeAndExecute = 0x2 | 0x4 // of a segment
)

// mostParts is how many architectures are read, and mostCommands how many commands of each.
const (
	mostParts    = 32
	mostCommands = 10_000
)

// Is tells whether bytes begin as a Mach-O file does. Java's classes begin as a file of several architectures, too; they
// say that they have more of them than there are.
func Is(data []byte) bool {
	if len(data) < 8 {
		return false
	}
	switch big, little := binary.BigEndian.Uint32(data), binary.LittleEndian.Uint32(data); {
	case big == magicFat, big == magicBig:
		return binary.BigEndian.Uint32(data[4:]) <= mostParts
	default:
		return big == magic32 || big == magic64 || little == magic32 || little == magic64
	}
}

// Read reads a file, of each of its architectures.
func Read(data []byte) ([]File, error) {
	all, err := read(data)
	for i := range all {
		if f := &all[i]; !f.Signed && f.Lost != "" {
			f.SignatureLost = "it may have a signature, which was not found: " + f.Lost
		}
	}
	return all, err
}

func read(data []byte) ([]File, error) {
	if !Is(data) {
		return nil, ErrFormat
	}
	magic := binary.BigEndian.Uint32(data)
	if magic != magicFat && magic != magicBig {
		return []File{readOne(data)}, nil
	}
	size := map[uint32]int{magicFat: 20, magicBig: 32}[magic]
	var all []File
	var parts uint64 // the bytes of all architectures, which may lie on each other so as to cost time
	for i := range int(binary.BigEndian.Uint32(data[4:])) {
		if len(data) < 8+(i+1)*size {
			f := File{}
			f.lose("the list of its architectures is cut off")
			all = append(all, f)
			break
		}
		entry := data[8+i*size:]
		from, length := uint64(binary.BigEndian.Uint32(entry[8:])), uint64(binary.BigEndian.Uint32(entry[12:]))
		if magic == magicBig {
			from, length = binary.BigEndian.Uint64(entry[8:]), binary.BigEndian.Uint64(entry[16:])
		}
		part := cut(data, from, length)
		if !Is(part) {
			f := File{Architecture: architecture(binary.BigEndian.Uint32(entry), binary.BigEndian.Uint32(entry[4:]))}
			f.lose("its architecture at byte %d is not there", from)
			all = append(all, f)
			continue
		}
		if parts += uint64(len(part)); parts > uint64(len(data)) {
			f := File{}
			f.lose("its architectures are longer than the file: %d of them are read", i)
			all = append(all, f)
			break
		}
		f := readOne(part)
		f.Signature[0] += int(from)
		f.Signature[1] += int(from)
		all = append(all, f)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: it has no architecture", ErrFormat)
	}
	return all, nil
}

// cut is a part of data, as much as there is of it.
func cut(data []byte, from, length uint64) []byte {
	if from >= uint64(len(data)) {
		return nil
	}
	return data[from:][:min(length, uint64(len(data))-from)]
}

func readOne(data []byte) (f File) {
	f.data = data
	var order binary.ByteOrder = binary.LittleEndian
	magic := order.Uint32(data)
	if magic != magic32 && magic != magic64 {
		order = binary.BigEndian
		magic = order.Uint32(data)
	}
	header := 28
	if magic == magic64 {
		header = 32
	}
	if len(data) < header || magic != magic32 && magic != magic64 {
		f.lose("its header is cut off")
		return f
	}
	f.Architecture = architecture(order.Uint32(data[4:]), order.Uint32(data[8:]))
	flags := order.Uint32(data[24:])
	f.Independent, f.Executable = flags&pieFlag != 0, flags&stackFlag != 0
	commands := int(min(order.Uint32(data[16:]), mostCommands+1))
	for at, n := header, 0; n < commands; n++ {
		if n == mostCommands || len(data)-at < 8 {
			f.lose("its commands are cut off after %d", n)
			break
		}
		length := int(min(order.Uint32(data[at+4:]), 1<<30))
		if length < 8 || length > len(data)-at {
			f.lose("its command %d does not lie in the file", n)
			break
		}
		f.command(order, data[at:at+length])
		at += length
	}
	f.seal()
	return f
}

// loseSignature notes why not all that the signature says is read.
func (f *File) loseSignature(what string) {
	f.SignatureLost = cmp.Or(f.SignatureLost, what)
	f.Problems = append(f.Problems, what)
}

// lose notes why not all of the code is read.
func (f *File) lose(format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	if f.Lost == "" {
		f.Lost = what
	}
	if !slices.Contains(f.Problems, what) {
		f.Problems = append(f.Problems, what)
	}
}

func (f *File) command(order binary.ByteOrder, c []byte) {
	is := order.Uint32(c)
	short := func(n int) bool {
		if len(c) < n {
			f.Problems = append(f.Problems, fmt.Sprintf("a command 0x%x is too short", is))
		}
		return len(c) < n
	}
	switch is {
	case loadDylib, loadWeak, loadAgain, loadUp, loadLazy:
		if short(24) {
			f.lose("a library that it loads is not named whole")
			return
		}
		name := cut(c, uint64(order.Uint32(c[8:])), uint64(len(c)))
		if end := slices.Index(name, 0); end >= 0 {
			name = name[:end]
		}
		f.Libraries = append(f.Libraries, string(name))
	case encryption32, encryption64:
		if !short(20) && order.Uint32(c[16:]) != 0 {
			f.Encrypted = true
		}
	case signature:
		if f.Signed {
			f.loseSignature("it has more than one signature: the first is read")
		} else if !short(16) {
			all := cut(f.data, uint64(order.Uint32(c[8:])), uint64(order.Uint32(c[12:])))
			f.Signed = true
			if len(all) > 0 {
				f.Signature = [2]int{int(order.Uint32(c[8:])), int(order.Uint32(c[8:])) + len(all)}
			}
			f.sign(all)
		}
	case segment32:
		if !short(56) {
			f.segment(c, uint64(order.Uint32(c[32:])), uint64(order.Uint32(c[36:])), order.Uint32(c[44:]), order.Uint32(c[52:]))
			f.sections(c[56:], 68, func(s []byte) (from, size uint64) { return uint64(order.Uint32(s[40:])), uint64(order.Uint32(s[36:])) })
		}
	case segment64:
		if !short(72) {
			f.segment(c, order.Uint64(c[40:]), order.Uint64(c[48:]), order.Uint32(c[60:]), order.Uint32(c[68:]))
			f.sections(c[72:], 80, func(s []byte) (from, size uint64) { return uint64(order.Uint32(s[48:])), order.Uint64(s[40:]) })
		}
	}
}

// segment notes whether a segment is there, and how it is protected.
func (f *File) segment(c []byte, from, length uint64, protection, flags uint32) {
	if size := uint64(len(f.data)); length > 0 && (from > size || length > size-from) {
		f.lose("its segment %s does not lie whole in the file", trim(c[8:24]))
	}
	f.Encrypted = f.Encrypted || flags&protectedFlag != 0
	f.Writable = f.Writable || protection&writeAndExecute == writeAndExecute
}

// sections notes which of a segment's sections, whose entries have size bytes each, hold texts. Together they are no
// longer than the file, unless they lie on each other so as to cost time.
func (f *File) sections(all []byte, size int, place func(s []byte) (from, length uint64)) {
	for ; len(all) >= size; all = all[size:] {
		name := string(trim(all[:16]))
		classes := name == "__objc_classname"
		if !classes && name != "__cstring" && name != "__objc_methname" {
			continue
		}
		from, length := place(all)
		if size := uint64(len(f.data)); from > size || length > size-from {
			f.lose("its section %s does not lie in the file", name)
		}
		if f.length += min(length, uint64(len(f.data))); f.length > uint64(len(f.data)) {
			f.lose("its sections of texts are longer than the file: not all are read")
			return
		}
		f.texts = append(f.texts, section{from, from + min(length, uint64(len(f.data))), classes})
	}
}

func trim(name []byte) []byte {
	if end := slices.Index(name, 0); end >= 0 {
		return name[:end]
	}
	return name
}

// Texts yields the texts in the code, which names classes and which does not. Of encrypted code there is nothing that
// could be read.
func (f *File) Texts(yield func(text []byte, class bool) bool) {
	if f.Encrypted {
		return
	}
	for _, s := range f.texts {
		for rest := cut(f.data, s.from, s.to-s.from); len(rest) > 0; {
			text := trim(rest)
			if len(text) > 0 && !yield(text, s.classes) {
				return
			}
			rest = rest[min(len(text)+1, len(rest)):]
		}
	}
}

// The parts of a signature (<kern/cs_blobs.h>), all of whose numbers have the highest byte first.
const (
	superBlob, directory   = 0xfade0cc0, 0xfade0c02
	entitlements, entitled = 0xfade7171, 0xfade7172
	mostBlobs              = 100
)

func (f *File) sign(all []byte) {
	if len(all) < 12 || binary.BigEndian.Uint32(all) != superBlob {
		f.loseSignature("its signature is not there, or damaged")
		return
	}
	if n := binary.BigEndian.Uint32(all[8:]); n > mostBlobs {
		f.loseSignature(fmt.Sprintf("its signature has %d parts, of which %d are read", n, mostBlobs))
	}
	for i := range int(min(binary.BigEndian.Uint32(all[8:]), mostBlobs)) {
		if len(all) < 12+(i+1)*8 {
			f.loseSignature("its signature is cut off")
			return
		}
		blob := cut(all, uint64(binary.BigEndian.Uint32(all[12+i*8+4:])), uint64(len(all)))
		if len(blob) < 8 || uint64(len(blob)) < uint64(binary.BigEndian.Uint32(blob[4:])) {
			f.loseSignature("a part of its signature is not there")
			continue
		}
		kind := binary.BigEndian.Uint32(blob)
		blob = cut(blob, 0, uint64(binary.BigEndian.Uint32(blob[4:])))
		switch {
		case kind == entitlements && len(blob) > 8:
			f.Entitlements = blob[8:]
		case kind == entitled && len(blob) > 8 && f.Entitled == nil:
			var err error
			if f.Entitled, err = readEntitled(blob[8:]); err != nil {
				f.loseSignature("what its signature entitles it to could not be read: " + err.Error())
			}
		case kind == directory && len(blob) >= 44:
			if f.directories = append(f.directories, blob); f.Identifier != "" {
				continue
			}
			f.Identifier = string(trim(cut(blob, uint64(binary.BigEndian.Uint32(blob[20:])), uint64(len(blob)))))
			if version := binary.BigEndian.Uint32(blob[8:]); version >= 0x20200 && len(blob) >= 52 {
				if at := binary.BigEndian.Uint32(blob[48:]); at != 0 {
					f.Team = string(trim(cut(blob, uint64(at), uint64(len(blob)))))
				}
			}
		}
	}
}

// seal checks the code against the best of a signature's code directories, as systems do. Of encrypted code it is not known
// what was signed.
func (f *File) seal() {
	if f.Encrypted || len(f.directories) == 0 {
		return
	}
	rank := func(dir []byte) int { return slices.Index([]byte{0, 1, 3, 2, 4}, dir[37]) }
	best := slices.MaxFunc(f.directories, func(a, b []byte) int { return cmp.Compare(rank(a), rank(b)) })
	f.Seal, _ = readSeal(best, f.data)
}

func architecture(cpu, sub uint32) string {
	switch cpu {
	case 0x0100000c:
		if sub&0xff == 2 {
			return "arm64e"
		}
		return "arm64"
	case 0x0200000c:
		return "arm64_32"
	case 12:
		return cmp.Or(map[uint32]string{6: "armv6", 11: "armv7s", 12: "armv7k"}[sub&0xff], "armv7")
	case 0x01000007:
		return "x86_64"
	case 7:
		return "i386"
	case 18:
		return "ppc"
	case 0x01000012:
		return "ppc64"
	}
	return fmt.Sprintf("processor %d.%d", cpu, sub&0xffffff)
}
