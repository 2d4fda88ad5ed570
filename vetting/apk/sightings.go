package apk

// Sightings takes what is seen in one place of an app, for whoever looks for somebody else's code in
// it. It is used by one goroutine at a time, and what it is given is valid until it returns.
type Sightings interface {
	// Class takes a class by its type descriptor, and whether it is defined there or only referred to.
	Class(descriptor []byte, defined bool)
	// Declared takes a type that a declaration names, as a descriptor or generic signature.
	Declared(signature []byte)
	// Component takes the dotted name of a class that the manifest names.
	Component(name string)
	// Library takes the file name of a native library.
	Library(name string)
	// Key takes an entry of the manifest's meta-data.
	Key(name, value string)
	// String takes a string of the code, or other bytes with text in them.
	String(text []byte)
}

// unseen is for when nobody looks.
type unseen struct{}

func (unseen) Class([]byte, bool) {}
func (unseen) Declared([]byte)    {}
func (unseen) Component(string)   {}
func (unseen) Library(string)     {}
func (unseen) Key(string, string) {}
func (unseen) String([]byte)      {}
