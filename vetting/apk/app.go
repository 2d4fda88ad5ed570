package apk

import (
	"portcullis/vetting/apk/sign"
	"portcullis/vetting/archive"
	"portcullis/vetting/elf"
)

// Format is the form of a file.
type Format string

// The formats.
const (
	APK      Format = "apk"
	SplitSet Format = "split-apk" // several APKs, given one by one, that are one app
	XAPK     Format = "xapk"
	APKS     Format = "apks"
	APKM     Format = "apkm"
	AAB      Format = "aab"
	ZIP      Format = "zip" // an archive inside an app that is no app itself
	DEX      Format = "dex"
)

// App is an Android app, with all that was found in it.
type App struct {
	Name   string
	Format Format
	// Manifest is the app's own. Of a set it is the base's; permissions, components and meta-data of
	// splits that bring a feature are added to it.
	Manifest Manifest
	// Signing is the app's. Of a set it verifies where every part does, by the same signer. It is nil
	// where there is nothing to check, as in a bundle's file of APKs without an app.
	Signing *sign.Result
	// Parts are the packages that make up the app: one, or those of the set.
	Parts []*Part
	// Code is the sum over the DEX files that Android loads as the app's own.
	Code      Code
	Libraries []Library
	Domains   []string // sorted; at most Options.Domains
	// MoreDomains is that there were more.
	MoreDomains bool
	// Nested are apps, archives and code that lie inside as data.
	Nested   []Nested
	Problems []Problem
	Coverage Coverage
	Limits   archive.Limits
	// Raced is that several goroutines read until a limit ended it, so that what is left unread depends on which of
	// them was quicker. One worker alone leaves the same every time.
	Raced bool
}

// Part is one package file.
type Part struct {
	Where    string
	Format   Format
	Manifest *Manifest // nil where there is none
	Signing  *sign.Result
	Code     Code

	depth   int
	known   bool       // the manifest could be read
	bundle  Format     // what the archive is if it holds the parts of an app
	modules []Manifest // of a bundle's other modules
	// again checks the signature for other versions of Android; nil, or its result, where it cannot be read again.
	again func(sign.Options) *sign.Result
}

// Code is a count of DEX files and of what they hold.
type Code struct {
	Files   int `json:"files"`
	Classes int `json:"classes"` // that are defined
	Strings int `json:"strings"` // in the string tables
}

func (c *Code) add(other Code) {
	c.Files += other.Files
	c.Classes += other.Classes
	c.Strings += other.Strings
}

// Library is a native library.
type Library struct {
	Where        string   `json:"where"`
	Name         string   `json:"name"`         // of its file
	Architecture string   `json:"architecture"` // empty where it could not be read
	Needs        []string `json:"needs"`        // libraries that it is linked with
	// Facts are all that it says of itself; nil where it could not be read.
	Facts *elf.Library `json:"facts,omitempty"`
}

// Nested is an app, an archive or code inside an app.
type Nested struct {
	Where   string `json:"where"`
	Format  Format `json:"format"`
	Package string `json:"package,omitempty"`
	Code    Code   `json:"code"` // of a nested app its own, of DEX its own
	// Certificates are the SHA-256 of a nested app's signers, where its signature verifies.
	Certificates []string `json:"certificates,omitempty"`
}

// Problem is something that is not as it should be, and where.
type Problem struct {
	Where string `json:"where"`
	What  string `json:"what"`
}

// Coverage is how much of a file was looked at, counted over all archives inside it, in bytes as they
// are unpacked. An archive counts as a file, and what is in it as well.
//
//	FilesTotal = FilesRead + FilesMedia + FilesNot
//	BytesTotal = BytesRead + BytesMedia + BytesNot
type Coverage struct {
	FilesTotal int   `json:"files_total"`
	BytesTotal int64 `json:"bytes_total"`
	// FilesRead were understood by a reader, or searched as bytes for hosts and names.
	FilesRead int   `json:"files_read"`
	BytesRead int64 `json:"bytes_read"`
	// FilesMedia are pictures, sound, films and fonts: known by their first bytes, looked at for archives
	// behind them, and not searched for hosts.
	FilesMedia int   `json:"files_media"`
	BytesMedia int64 `json:"bytes_media"`
	// FilesNot were not analysed, or not to their end. NotAnalysed lists them, the first of very many.
	FilesNot    int           `json:"files_not"`
	BytesNot    int64         `json:"bytes_not"`
	NotAnalysed []NotAnalysed `json:"not_analysed"`
}

// NotAnalysed is a file that nobody has looked into, or not to its end, and why.
type NotAnalysed struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

// maxNotAnalysed and the others bound lists that a hostile file could make long.
const (
	maxNotAnalysed = 2000
	maxNested      = 5000
	maxLibraries   = 5000
	maxProblems    = 2000
)

func (c *Coverage) add(o *Coverage) {
	c.FilesTotal += o.FilesTotal
	c.BytesTotal += o.BytesTotal
	c.FilesRead += o.FilesRead
	c.BytesRead += o.BytesRead
	c.FilesMedia += o.FilesMedia
	c.BytesMedia += o.BytesMedia
	c.FilesNot += o.FilesNot
	c.BytesNot += o.BytesNot
	room := max(0, maxNotAnalysed-len(c.NotAnalysed))
	c.NotAnalysed = append(c.NotAnalysed, o.NotAnalysed[:min(room, len(o.NotAnalysed))]...)
}

// read counts a file that was analysed.
func (c *Coverage) read(size int64) {
	c.count(size)
	c.FilesRead++
	c.BytesRead += size
}

func (c *Coverage) media(size int64) {
	c.count(size)
	c.FilesMedia++
	c.BytesMedia += size
}

// not counts a file that was not analysed, or not to its end: however much of it was looked at, none of it counts as read.
func (c *Coverage) not(path string, size int64, why string) {
	c.count(size)
	c.FilesNot++
	c.BytesNot += size
	c.NotAnalysed = append(c.NotAnalysed, NotAnalysed{path, why})
}

func (c *Coverage) count(size int64) {
	c.FilesTotal++
	c.BytesTotal += size
}

// mostClaimed bounds the size that a file is counted with, so that what directories claim cannot
// overflow the sums.
const mostClaimed = 1 << 44

func claimed(e *archive.Entry) int64 { return max(0, min(e.Size, mostClaimed)) }
