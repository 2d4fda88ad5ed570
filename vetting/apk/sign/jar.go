package sign

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"sync"

	"portcullis/vetting/archive"
)

const (
	metaInf      = "META-INF/"
	manifestName = metaInf + "MANIFEST.MF"

	// Limits: a manifest has some 120 bytes for each entry of the archive, and so has a signature file.
	maxManifest = 32 << 20
	maxFiles    = 64 << 20 // all signature files together
)

// jar is the JAR signature of a file (v1).
type jar struct {
	v        *Verification
	manifest []byte
	sections map[string]*section // of the manifest, by the entry's name
	files    []*signatureFile
	signers  []*signer // those that have signed every entry

	mu      sync.Mutex
	wanted  map[*archive.Entry][]expected // digests that are not yet compared
	altered []string                      // names of entries that are not as they were signed
	failed  bool
}

// signatureFile is a signer's .SF file with its block.
type signatureFile struct {
	signer *signer
	block  string // its entry's name
	bytes  []byte
	covers map[string]bool // entries that it has a section for
}

// readJar reads the manifest and signatures and finds out which entries' digests are to be compared.
func (v *Verification) readJar() {
	j := &jar{v: v, sections: map[string]*section{}, wanted: map[*archive.Entry][]expected{}}
	v.jar = j
	if !j.readManifest() || !j.readSigners() {
		return
	}
	for _, f := range j.files {
		if err := j.checkBlock(f); err != nil {
			j.fail(f, "%v", err)
		}
	}
	if j.failed {
		return
	}
	for _, f := range j.files {
		if err := j.checkFile(f); err != nil {
			j.fail(f, "%v", err)
		}
	}
	if !j.failed {
		j.plan()
	}
}

// problem notes what keeps the JAR signature from verifying.
func (j *jar) problem(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failed = true
	j.v.problem("v1: "+format, args...)
}

func (j *jar) fail(f *signatureFile, format string, args ...any) {
	f.signer.failed = true
	j.problem("%s: "+format, append([]any{f.block}, args...)...)
}

// readManifest reads the manifest, whose sections must be of entries that are there.
func (j *jar) readManifest() bool {
	names := map[string]bool{}
	for _, e := range j.v.archive.Entries() {
		if names[e.Name] {
			j.problem("%q stands more than once in the archive's directory", e.Name)
		}
		names[e.Name] = true
	}
	if j.failed {
		return false
	}
	e := j.v.archive.Lookup(manifestName)
	if e == nil {
		if len(j.v.found) == 0 {
			j.problem("there is no signature: %s is missing, and the file has no other signature", manifestName)
		} else {
			j.problem("%s is missing, and Android before 7 looks at no other signature", manifestName)
		}
		return false
	}
	var err error
	if j.manifest, err = readWhole(e, maxManifest); err != nil {
		j.problem("%s: %v", manifestName, err)
		return false
	}
	list, err := sections(j.manifest)
	if err != nil {
		j.problem("%s: %v", manifestName, err)
		return false
	}
	for i := range list {
		switch s := &list[i]; {
		case i == 0:
			j.sections[""] = s // the main one, which no entry can be named after
		case !s.named:
			j.problem("section %d of %s has no name", i, manifestName)
		case s.name != "" && j.sections[s.name] != nil:
			j.problem("%s has two sections for %q", manifestName, s.name)
		case !names[s.name]:
			j.problem("%s has a section for %q, which is not there", manifestName, s.name)
		default:
			j.sections[s.name] = s
		}
	}
	return !j.failed
}

// readSigners finds the signature blocks that have a signature file, and reads both.
func (j *jar) readSigners() bool {
	left := int64(maxFiles)
	for _, e := range j.v.archive.Entries() {
		base, ext := e.Name, ""
		if i := strings.LastIndexByte(e.Name, '.'); i >= 0 {
			base, ext = e.Name[:i], e.Name[i:]
		}
		if !strings.HasPrefix(e.Name, metaInf) || ext != ".RSA" && ext != ".DSA" && ext != ".EC" {
			continue
		}
		sf := j.v.archive.Lookup(base + ".SF")
		if sf == nil {
			j.v.note("v1: %s has no signature file %s.SF beside it, and does not count", e.Name, base)
			continue
		}
		if len(j.files) >= maxSigners {
			j.problem("there are more than %d signers, which Android refuses", maxSigners)
			return false
		}
		f := &signatureFile{block: e.Name, signer: &signer{told: &Signer{Scheme: V1, Name: strings.TrimPrefix(e.Name, metaInf)}}}
		j.files = append(j.files, f)
		var err error
		if f.bytes, err = readWhole(sf, min(maxManifest, left)); err != nil {
			j.fail(f, "%s: %v", sf.Name, err)
		}
		left -= int64(len(f.bytes))
	}
	if len(j.files) == 0 {
		j.problem("there is no signature block in META-INF")
	}
	return !j.failed
}

// checkBlock checks a signature block over its signature file. Android before 7 looks at the block's
// first signature alone.
func (j *jar) checkBlock(f *signatureFile) error {
	b, err := readWhole(j.v.archive.Lookup(f.block), maxSignature)
	if err != nil {
		return err
	}
	d, err := readSignedData(b)
	if err != nil {
		return err
	}
	infos := d.infos
	if len(infos) == 0 {
		return errors.New("it holds no signature")
	}
	if j.v.opt.MinSDK < sdkN {
		infos = infos[:1]
	}
	told := f.signer.told
	for _, info := range infos {
		cert, algorithms, err := d.check(info, f.bytes, j.v.opt.MinSDK)
		if err != nil {
			return err
		}
		if cert != nil && told.Certificates == nil {
			told.Certificates, told.Algorithms = d.chain(cert), []string{algorithms}
		}
	}
	if told.Certificates == nil {
		return errSignature
	}
	return nil
}

// checkFile checks that a signature file is about the manifest.
func (j *jar) checkFile(f *signatureFile) error {
	list, err := sections(f.bytes)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return errors.New("its signature file is empty")
	}
	first := &list[0]
	if _, ok := first.value("Signature-Version"); !ok {
		return errors.New("its signature file has no Signature-Version")
	}
	if err := j.checkStripping(first); err != nil {
		return err
	}
	by, _ := first.value("Created-By")
	signtool := strings.Contains(by, "signtool")
	whole, err := j.checkManifest(first, signtool)
	if err != nil {
		return err
	}
	f.covers = make(map[string]bool, len(list)-1)
	for i := range list[1:] {
		s := &list[i+1]
		switch {
		case !s.named:
			return fmt.Errorf("section %d of its signature file has no name", i+1)
		case f.covers[s.name]:
			return fmt.Errorf("its signature file has two sections for %q", s.name)
		}
		f.covers[s.name] = true
		if !whole {
			if err := j.checkSection(s, signtool); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkStripping checks that the newer signatures are there that the file was signed with too.
func (j *jar) checkStripping(first *section) error {
	ids, ok := first.value("X-Android-APK-Signed")
	if !ok {
		if len(j.v.found) > 0 {
			j.v.note("v1: it does not protect the newer signatures from being taken away")
		}
		return nil
	}
	for id := range strings.SplitSeq(ids, ",") {
		name := map[string]string{"2": V2, "3": V3}[strings.TrimSpace(id)]
		if name != "" && !j.v.has(name) {
			return fmt.Errorf("the file was signed with %s too, and that signature has been taken away", name)
		}
	}
	return nil
}

// checkManifest compares the digests of the whole manifest and of its first section. Where the first
// differs, or is not given, each section's counts.
func (j *jar) checkManifest(first *section, signtool bool) (whole bool, err error) {
	suffix := "-Digest-Manifest"
	if signtool {
		suffix = "-Digest"
	}
	digests, err := first.digests(suffix, j.v.opt.MinSDK)
	if err != nil {
		return false, err
	}
	whole = len(digests) > 0
	for _, d := range digests {
		whole = whole && d.of(j.manifest)
	}
	if signtool {
		return whole, nil
	}
	digests, err = first.digests("-Digest-Manifest-Main-Attributes", j.v.opt.MinSDK)
	if err != nil {
		return false, err
	}
	main := j.sections[""]
	for _, d := range digests {
		if main == nil || !d.of(j.manifest[main.from:main.to]) {
			return false, errors.New("the first section of the manifest has been changed after it was signed")
		}
	}
	return whole, nil
}

// checkSection compares the digest of one section of the manifest.
func (j *jar) checkSection(s *section, signtool bool) error {
	of := j.sections[s.name]
	if of == nil || s.name == "" {
		return fmt.Errorf("it has signed %q, which the manifest does not have", s.name)
	}
	digests, err := s.digests("-Digest", j.v.opt.MinSDK)
	if err != nil {
		return err
	}
	if len(digests) == 0 {
		return fmt.Errorf("its signature file has no digest for %q that Android knows", s.name)
	}
	text := j.manifest[of.from:of.to]
	if signtool && strings.HasSuffix(string(text[max(0, len(text)-2):]), "\n\n") {
		text = text[:len(text)-1]
	}
	for _, d := range digests {
		if !d.of(text) {
			return fmt.Errorf("the manifest's section for %q has been changed after it was signed", s.name)
		}
	}
	return nil
}

// plan finds the entries that must be signed and by whom, and which digests are to be compared. All
// must have the same signers.
func (j *jar) plan() {
	entries := slices.Clone(j.v.archive.Entries())
	slices.SortStableFunc(entries, func(a, b *archive.Entry) int { return cmp.Compare(a.HeaderOffset, b.HeaderOffset) })
	var first []*signatureFile
	for _, e := range entries {
		if strings.HasPrefix(e.Name, metaInf) || strings.HasSuffix(e.Name, "/") {
			continue
		}
		s := j.sections[e.Name]
		if s == nil || e.Name == "" {
			j.problem("%q is not signed", e.Name)
			continue
		}
		var by []*signatureFile
		for _, f := range j.files {
			if f.covers[e.Name] {
				by = append(by, f)
			}
		}
		if first == nil {
			first = by
		}
		digests, err := s.digests("-Digest", j.v.opt.MinSDK)
		switch {
		case len(by) == 0:
			j.problem("%q is not signed", e.Name)
		case !slices.Equal(by, first):
			j.problem("%q is not signed by the same signers as the other files", e.Name)
		case err != nil:
			j.problem("%q: %v", e.Name, err)
		case len(digests) == 0:
			j.problem("the manifest has no digest for %q that Android knows", e.Name)
		default:
			j.wanted[e] = digests
		}
	}
	if first == nil && !j.failed {
		j.problem("nothing is signed")
	}
	for _, f := range first {
		j.signers = append(j.signers, f.signer)
	}
	j.noteUnsigned()
}

// noteUnsigned tells files in META-INF, which v1 does not protect.
func (j *jar) noteUnsigned() {
	var names []string
	for _, e := range j.v.archive.Entries() {
		ours := e.Name == manifestName || slices.ContainsFunc(j.files, func(f *signatureFile) bool {
			return e.Name == f.block || e.Name == f.block[:strings.LastIndexByte(f.block, '.')]+".SF"
		})
		if strings.HasPrefix(e.Name, metaInf) && !e.Folder() && !ours {
			names = append(names, e.Name)
		}
	}
	if len(names) > 0 && len(j.v.found) == 0 {
		j.v.note("v1: what lies in META-INF is not protected by it: %d files, such as %q", len(names), names[0])
	}
}

// Wants tells whether Observe would use the content of an entry.
func (v *Verification) Wants(e *archive.Entry) bool {
	if v.jar == nil || e.Method != archive.Store && e.Method != archive.Deflate {
		return false
	}
	v.jar.mu.Lock()
	defer v.jar.mu.Unlock()
	return len(v.jar.wanted[e]) > 0
}

// Observe takes the whole content of an entry, as Entry.Bytes returned it without an error, so that it
// need not be read again. It may be called from several goroutines, before Finish, and keeps nothing of
// content.
func (v *Verification) Observe(e *archive.Entry, content []byte) {
	if !v.Wants(e) || int64(len(content)) != e.Size || !e.Sized() || e.Inconsistent {
		return // Finish reads it, and says what is wrong
	}
	j := v.jar
	j.mu.Lock()
	digests := j.wanted[e]
	delete(j.wanted, e)
	j.mu.Unlock()
	for _, d := range digests {
		if !d.of(content) {
			j.changed(e)
		}
	}
}

// changed notes an entry; finish tells of it, in the order of names, since entries come in any order.
func (j *jar) changed(e *archive.Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failed = true
	j.altered = append(j.altered, e.Name)
}

// finish reads the entries that nobody has observed, and says what each signer is worth.
func (j *jar) finish() {
	rest := make([]*archive.Entry, 0, len(j.wanted))
	for _, e := range j.v.archive.Entries() {
		if len(j.wanted[e]) > 0 {
			rest = append(rest, e)
		}
	}
	if !j.failed {
		_ = j.v.inParallel(len(rest), func() func(int) error { // problems are told, so that no error remains
			buf := make([]byte, 64<<10)
			return func(i int) error {
				j.checkEntry(rest[i], buf)
				return nil
			}
		})
	}
	slices.Sort(j.altered)
	for _, name := range j.altered {
		j.problem("%q has been changed after it was signed", name)
	}
	for _, f := range j.files {
		f.signer.told.Verifies = !j.failed && !f.signer.failed && slices.Contains(j.signers, f.signer)
		j.v.result.Signers = append(j.v.result.Signers, *f.signer.told)
	}
}

// maxAtOnce is how large an entry may be to be read into memory, which is faster.
const maxAtOnce = 16 << 20

// checkEntry compares the digests of one entry.
func (j *jar) checkEntry(e *archive.Entry, buf []byte) {
	digests := j.wanted[e]
	if e.Method == archive.Deflate && e.Size <= maxAtOnce && !e.Inconsistent {
		if b, err := e.Bytes(0); err == nil && e.Sized() && int64(len(b)) == e.Size {
			for _, d := range digests {
				if !d.of(b) {
					j.changed(e)
				}
			}
			return
		}
	}
	hashes := make([]hash.Hash, len(digests))
	writers := make([]io.Writer, len(digests))
	for i, d := range digests {
		hashes[i] = d.hash.New()
		writers[i] = hashes[i]
	}
	if err := copyWhole(io.MultiWriter(writers...), e, buf); err != nil {
		j.problem("%q: %v", e.Name, err)
		return
	}
	for i, d := range digests {
		if string(hashes[i].Sum(nil)) != string(d.digest) {
			j.changed(e)
			return
		}
	}
}

// copyWhole copies what comes out of an entry for whoever checks JAR signatures: every method but 0 is
// taken as deflated. It must be as long as it says; its checksum does not count.
func copyWhole(w io.Writer, e *archive.Entry, buf []byte) error {
	if e.Inconsistent {
		return errors.New("its local header and the directory contradict each other, or it does not lie in the file")
	}
	method := archive.Deflate
	if e.Method == archive.Store {
		method = archive.Store
	}
	r, err := e.OpenAs(method)
	if err != nil {
		return err
	}
	defer r.Close()
	if _, err := io.CopyBuffer(w, r, buf); err != nil {
		return err
	}
	if err := r.Check(); err != nil && !errors.Is(err, archive.ErrChecksum) {
		return err
	}
	return nil
}

// readWhole is what copyWhole copies, of at most limit bytes.
func readWhole(e *archive.Entry, limit int64) ([]byte, error) {
	if e.Size > limit {
		return nil, fmt.Errorf("it has %d bytes, and no more than %d are read", e.Size, limit)
	}
	var b bytes.Buffer
	if err := copyWhole(&b, e, make([]byte, 32<<10)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
