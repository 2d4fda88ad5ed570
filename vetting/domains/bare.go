package domains

import "bytes"

// words makes a set of words.
func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range bytes.Fields([]byte(list)) {
		set[string(w)] = true
	}
	return set
}

var (
	// vocabularies are hosts that stand in every app's XML and are not called.
	vocabularies = words(`schemas.android.com schemas.xmlsoap.org www.w3.org xmlpull.org www.xmlpull.org xml.org ns.adobe.com
		xml.apache.org xmlns.com`)

	// packages are first words of names of packages, and of properties of the Java system.
	packages = words(`com org net edu gov io android androidx java javax javafx jakarta kotlin kotlinx dalvik sun jdk junit libcore
		okhttp okhttp3 okio retrofit retrofit2 dagger rx scala groovy persist debug ro sys this self window document module exports
		math json object array string promise system console process user os file`)

	// endings are what is known of endings that words of code have too, or hardly have.
	endings = func() map[string]ending {
		set := map[string]ending{}
		for e, list := range map[ending]string{
			plain: `com net org edu gov mil`,
			short: `io ai tv co cc gg ly im xyz biz mobi`,
			wordy: `ac am as at be by do id in is it la me md ml mm ms my no pl pm ps py re rs sc sh so st tf to us vc ws kt mk cl cs hs ec`,
		} {
			for w := range words(list) {
				set[w] = e
			}
		}
		return set
	}()

	// serving are first labels that hosts have.
	serving = words(`www api apis m cdn log logs sdk static img image images app apps ad ads track tracker tracking push config events
		event analytics auth login mobile gateway gw ws dl download update updates edge assets media stats telemetry collect`)
)

// ending says how much a bare name with it must look like a host.
type ending uint8

const (
	rare  ending = iota // of two letters: another country's, a name must stand alone or begin as hosts do; else as wordy ones
	plain               // words of code are rarely that: a name is taken nearly anywhere
	short               // companies' hosts have it, and words of code: a name must stand alone
	wordy               // words of code, of people, endings of files: a name must stand alone and begin as hosts do
)

// bare reports whether the name between start and end, outside a URL, is meant as a host: by its ending, its first label,
// and whether it stands alone. Whether its ending is one at all is looked at later.
func (s *scanner) bare(start, end int) bool {
	name := s.text[start:end]
	for _, b := range name {
		if 'A' <= b && b <= 'Z' || b == '_' {
			return false
		}
	}
	dot := bytes.LastIndexByte(name, '.')
	if dot < 1 {
		return false
	}
	first, last, body := name[:bytes.IndexByte(name, '.')], name[dot+1:], name[:dot]
	owner := body[bytes.LastIndexByte(body, '.')+1:] // the label before the ending
	below := len(owner) < len(body)                  // there are three labels or more
	ok := false
	switch e := endings[string(last)]; {
	case e == plain:
		ok = len(owner) >= 3 || below || s.alone(start, end)
	case e == short:
		ok = (len(owner) >= 3 || below) && s.alone(start, end)
	case e == rare && len(last) == 2:
		ok = below && serving[string(first)] || (len(owner) >= 3 || below) && s.alone(start, end)
	default:
		ok = below && serving[string(first)] && s.alone(start, end)
	}
	return ok && !packages[string(first)]
}
