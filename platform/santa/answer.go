package santa

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Nothing is a rule that is about no program: no file has that hash. It is in all that devices get from a server,
// because a clean sync without any rule deletes nothing.
var Nothing = Rule{Identifier: strings.Repeat("0", 64), Type: Binary, Policy: Blocklist}

// Answer is what a server says to a preflight (santa.sync.v1.PreflightResponse), as far as it says anything. Rules
// that clients make by themselves, for what compilers write, are never had.
type Answer struct {
	Mode Mode
	Type SyncType
	// Batch is how many events are sent at once, and Interval for how many seconds a device waits between syncs.
	Batch, Interval uint32
}

// Append appends the answer.
func (a *Answer) Append(to []byte, e Encoding) []byte {
	if e == JSON {
		return fmt.Appendf(to, `{"client_mode":%q,"sync_type":%q,"batch_size":%d,"enable_transitive_rules":false,"full_sync_interval":%d}`, modeWords[a.Mode], syncTypes[a.Type], a.Batch, a.Interval)
	}
	for _, f := range []struct {
		number protowire.Number
		n      uint64
	}{{1, uint64(a.Mode)}, {2, uint64(a.Type)}, {3, uint64(a.Batch)}, {5, 0}, {8, uint64(a.Interval)}} {
		to = protowire.AppendVarint(protowire.AppendTag(to, f.number, protowire.VarintType), f.n)
	}
	return to
}

// Page are rules as they stand in a RuleDownloadResponse, without what is around them, so that many devices may be
// given the same bytes.
func Page(rules []Rule, e Encoding) ([]byte, error) {
	if e == Protobuf {
		var page []byte
		for i := range rules {
			page = protowire.AppendTag(page, 1, protowire.BytesType)
			page = protowire.AppendBytes(page, rules[i].protobuf())
		}
		return page, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for i := range rules {
		if err := enc.Encode(&rules[i]); err != nil {
			return nil, err
		}
		b.Bytes()[b.Len()-1] = ',' // for the end of the line
	}
	return bytes.TrimSuffix(b.Bytes(), []byte(",")), nil
}

// ReadRules reads rules as Page wrote them in protobuf.
func ReadRules(page []byte) (rules []Rule, err error) {
	err = eachField(page, func(number protowire.Number, _ protowire.Type, value []byte, _ uint64) error {
		var r Rule
		if number != 1 {
			return malformed("there is something else than rules in it")
		}
		err := readProtobuf(value, []field{
			{number: 1, text: &r.Identifier},
			{number: 2, enum: (*int32)(&r.Policy), words: policyWords[:]}, {number: 3, enum: (*int32)(&r.Type), words: typeWords[:]},
			{number: 4, text: &r.Message}, {number: 5, text: &r.URL},
		})
		if _, unknown := r.Policy.MarshalText(); err == nil && unknown != nil {
			err = unknown
		}
		if _, unknown := r.Type.MarshalText(); err == nil && unknown != nil {
			err = unknown
		}
		rules = append(rules, r)
		return err
	})
	return rules, err
}

func (r *Rule) protobuf() (rule []byte) {
	text := func(number protowire.Number, s string) {
		if s != "" {
			rule = protowire.AppendString(protowire.AppendTag(rule, number, protowire.BytesType), s)
		}
	}
	text(1, r.Identifier)
	rule = protowire.AppendVarint(protowire.AppendTag(rule, 2, protowire.VarintType), uint64(r.Policy))
	rule = protowire.AppendVarint(protowire.AppendTag(rule, 3, protowire.VarintType), uint64(r.Type))
	text(4, r.Message)
	text(5, r.URL)
	return rule
}

// AppendDownload appends a RuleDownloadResponse of a page, and the cursor of the next one; without a cursor it is the
// last. The cursor is plain text of the base64 alphabet.
func AppendDownload(to, page []byte, cursor string, e Encoding) []byte {
	if e == Protobuf {
		to = append(to, page...)
		if cursor != "" {
			to = protowire.AppendString(protowire.AppendTag(to, 2, protowire.BytesType), cursor)
		}
		return to
	}
	to = append(to, `{"rules":[`...)
	to = append(to, page...)
	to = append(to, ']')
	if cursor != "" {
		to = append(append(append(to, `,"cursor":"`...), cursor...), '"')
	}
	return append(to, '}')
}
