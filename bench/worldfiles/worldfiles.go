package worldfiles

import (
	"bufio"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"portcullis/policy"
	"portcullis/policy/policytest"
	"portcullis/world"
)

// Form is a way of writing hosts.
type Form string

// The forms: a host a line, as JSON; flow YAML over several lines, as people write it; and block
// YAML with sorted keys, as PyYAML's safe_dump writes it.
const (
	Lines Form = "lines"
	Flow  Form = "flow"
	Block Form = "block"
)

// Forms are all of them.
var Forms = []Form{Lines, Flow, Block}

// WorldFile writes world.yaml into dir, for n hosts, and returns its path. Exemptions for hosts
// beyond those are left out, because a world file is bad input without the hosts that it names.
func WorldFile(dir string, n int) (string, error) {
	w := policytest.World(seed)
	w.Exemptions = slices.DeleteFunc(w.Exemptions, func(e policy.Exemption) bool {
		return e.Subject.Host != "" && e.Subject.Host >= policytest.DeviceID(n)
	})
	return write(filepath.Join(dir, "world.yaml"), func(out *bufio.Writer) error {
		return world.Write(out, w, func(func(*policy.Host) bool) {})
	})
}

// HostsFile writes n hosts with so many installations each, in a form, into dir, and returns the path.
func HostsFile(dir string, form Form, n, installations int) (string, error) {
	hosts := policytest.Hosts(policytest.World(seed), seed, n, installations)
	return write(filepath.Join(dir, "hosts-"+string(form)+".yaml"), func(out *bufio.Writer) error {
		return writeHosts(out, form, hosts)
	})
}

// seed is of the world that all benchmarks share.
const seed = 1

func write(path string, content func(*bufio.Writer) error) (string, error) {
	f, err := os.Create(path)
	if err != nil {
		return "", err
	}
	out := bufio.NewWriterSize(f, 1<<20)
	if err = content(out); err == nil {
		err = out.Flush()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return path, err
}

func writeHosts(out *bufio.Writer, form Form, hosts iter.Seq[*policy.Host]) error {
	appendHost, known := map[Form]func([]byte, *policy.Host) []byte{Lines: appendLine, Flow: appendFlow, Block: appendBlock}[form]
	if !known {
		return fmt.Errorf("no form %q: the forms are %v", form, Forms)
	}
	var b []byte
	b = append(b, "hosts:\n"...)
	for h := range hosts {
		b = appendHost(b, h)
		if _, err := out.Write(b); err != nil {
			return err
		}
		b = b[:0]
	}
	return nil
}

// appendLine writes JSON. No text of this world needs an escape.
func appendLine(b []byte, h *policy.Host) []byte {
	b = fmt.Appendf(b, `  - {"id":%q,"kind":%q,"organisation":%q,"ownership":%q,"platform":%q,"holder":%q`,
		h.ID, h.Kind, h.Organisation, h.Ownership, h.Platform, h.Holder)
	if len(h.Groups) > 0 {
		b = append(b, `,"groups":[`...)
		b = appendList(b, h.Groups, `"`, ",")
		b = append(b, ']')
	}
	b = append(b, `,"installed":[`...)
	for i := range h.Installed {
		in := &h.Installed[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, `{"identifier":"`...), in.Identifier...), `","version":"`...)
		b = append(append(b, in.Version...), '"')
		if in.VersionCode != nil {
			b = strconv.AppendInt(append(b, `,"version_code":`...), *in.VersionCode, 10)
		}
		if in.Signer != "" {
			b = append(append(append(b, `,"signer":"`...), in.Signer...), '"')
		}
		b = append(b, '}')
	}
	return append(b, "]}\n"...)
}

// appendFlow writes as the example of the documents does: a host over several lines, in braces.
func appendFlow(b []byte, h *policy.Host) []byte {
	b = fmt.Appendf(b, "  - {id: %s, kind: %s, organisation: %s, ownership: %s, platform: %s, holder: %s",
		h.ID, h.Kind, h.Organisation, h.Ownership, h.Platform, h.Holder)
	if len(h.Groups) > 0 {
		b = append(b, ", groups: ["...)
		b = appendList(b, h.Groups, "", ", ")
		b = append(b, ']')
	}
	b = append(b, ",\n     installed: ["...)
	for i := range h.Installed {
		in := &h.Installed[i]
		if i > 0 {
			b = append(b, ",\n                 "...)
		}
		b = append(append(append(b, "{identifier: "...), in.Identifier...), `, version: "`...)
		b = append(append(b, in.Version...), '"')
		if in.VersionCode != nil {
			b = strconv.AppendInt(append(b, ", version_code: "...), *in.VersionCode, 10)
		}
		if in.Signer != "" {
			b = append(append(append(b, `, signer: "`...), in.Signer...), '"')
		}
		b = append(b, '}')
	}
	return append(b, "]}\n"...)
}

// appendBlock writes a key a line, in the order of the alphabet, and quotes only what would
// otherwise be read as a number.
func appendBlock(b []byte, h *policy.Host) []byte {
	dash := "- "
	if len(h.Groups) > 0 {
		b = append(b, "- groups:\n  - "...)
		b = append(appendList(b, h.Groups, "", "\n  - "), '\n')
		dash = "  "
	}
	b = fmt.Appendf(b, "%sholder: %s\n  id: %s\n  installed:\n", dash, h.Holder, h.ID)
	for i := range h.Installed {
		in := &h.Installed[i]
		b = append(append(append(b, "  - identifier: "...), in.Identifier...), '\n')
		if in.Signer != "" {
			b = append(append(append(b, "    signer: '"...), in.Signer...), "'\n"...)
		}
		b = append(append(append(b, "    version: "...), in.Version...), '\n') // three parts are no number
		if in.VersionCode != nil {
			b = append(strconv.AppendInt(append(b, "    version_code: "...), *in.VersionCode, 10), '\n')
		}
	}
	return fmt.Appendf(b, "  kind: %s\n  organisation: %s\n  ownership: %s\n  platform: %s\n", h.Kind, h.Organisation, h.Ownership, h.Platform)
}

func appendList(b []byte, items []string, quote, between string) []byte {
	for i, item := range items {
		if i > 0 {
			b = append(b, between...)
		}
		b = append(append(append(b, quote...), item...), quote...)
	}
	return b
}
