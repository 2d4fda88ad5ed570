package apk

import (
	"io"
	"strings"

	"portcullis/vetting/elf"
)

// maxNative is how many of a library's functions are shown to whoever looks.
const maxNative = 10_000

// library reads what a native library says of itself, and which of Java's classes it works for. A damaged
// one costs its facts alone.
func (x *entry) library(r io.ReaderAt, size int64) {
	name := x.e.Name
	l := Library{Where: x.where, Name: name[strings.LastIndexByte(name, '/')+1:], Needs: []string{}}
	see := x.see()
	see.Library(l.Name)
	facts, err := elf.Read(r, size)
	if err != nil {
		x.out.problem(x.where, "%v", err)
	} else {
		l.Architecture, l.Needs, l.Facts = facts.Processor, facts.Needed, facts
		for _, f := range facts.JNI[:min(len(facts.JNI), maxNative)] {
			if method, ok := strings.CutPrefix(f, "Java_"); ok {
				see.String([]byte(javaName(method)))
			}
		}
		for _, p := range facts.Problems {
			x.out.problem(x.where, "%s", p)
		}
		if facts.Name != "" && facts.Name != l.Name {
			see.Library(facts.Name)
		}
	}
	x.out.libraries = append(x.out.libraries, l)
}

// javaName is the class and method that a native function is for, from the name that the Java Native
// Interface gives it ("Resolving Native Method Names"), with slashes.
func javaName(mangled string) string {
	var b strings.Builder
	for i := 0; i < len(mangled); i++ {
		switch {
		case mangled[i] != '_':
			b.WriteByte(mangled[i])
		case i+1 < len(mangled) && mangled[i+1] == '1':
			b.WriteByte('_')
			i++
		case i+1 < len(mangled) && mangled[i+1] == '_': // the types of the parameters follow
			return b.String()
		default:
			b.WriteByte('/')
		}
	}
	return b.String()
}
