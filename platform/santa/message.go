package santa

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// Encoding is how the messages of the sync protocol are written.
type Encoding int

// The encodings.
const (
	// JSON is protobuf's JSON: zero values are left out, keys are in snake_case or camelCase.
	JSON Encoding = iota
	// Protobuf is its binary form.
	Protobuf
)

// Media is the encoding's media type.
func (e Encoding) Media() string {
	if e == Protobuf {
		return "application/x-protobuf"
	}
	return "application/json"
}

// SyncType says how rules are applied (santa.sync.v1.SyncType); the numbers are protobuf's.
type SyncType int32

const (
	Normal   SyncType = 1
	Clean    SyncType = 2 // what was received before goes first, but for rules that the client made itself
	CleanAll SyncType = 3
)

// Preflight is what a client says of itself as a sync begins (santa.sync.v1.PreflightRequest), as far as a server
// needs it. What stands for nothing is zero.
type Preflight struct {
	Machine, Hostname string
	Mode              Mode
	// Clean is that the client wants all rules anew.
	Clean bool
	// Counts are how many rules it has, by type; those that it made itself are counted with the binaries, and in
	// Transitive.
	Counts     Counts
	Transitive uint32
	// Hash is of its rules; it changes with them. Older clients have none.
	Hash string
}

// Counts are numbers of rules by RuleType.
type Counts [CDHash + 1]uint32

// Count counts rules by their types.
func Count(rules []Rule) (c Counts) {
	for i := range rules {
		c[rules[i].Type]++
	}
	return c
}

// Has is how many rules of each type the client has from servers.
func (p *Preflight) Has() Counts {
	c := p.Counts
	c[Binary] -= min(c[Binary], p.Transitive)
	return c
}

// Download asks for a page of rules (RuleDownloadRequest).
type Download struct{ Machine, Cursor string }

// Postflight is what a client says at the end (PostflightRequest).
type Postflight struct {
	Machine             string
	Received, Processed uint32
	Type                SyncType
	Hash                string
}

// ErrMessage is that a message is not one of the protocol.
var ErrMessage = errors.New("this is no message of Santa's sync protocol")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMessage, fmt.Sprintf(format, args...))
}

// field is where a field of a message goes: one of the pointers is set.
type field struct {
	name   string // in snake_case
	number protowire.Number
	text   *string
	count  *uint32
	flag   *bool
	enum   *int32
	words  []string // of the enum, by number
}

var (
	requestModes = []string{"UNKNOWN_CLIENT_MODE", "MONITOR", "LOCKDOWN", "STANDALONE"}
	syncTypes    = []string{"SYNC_TYPE_UNSPECIFIED", "NORMAL", "CLEAN", "CLEAN_ALL", "CLEAN_STANDALONE", "CLEAN_RULES", "CLEAN_FILE_ACCESS_RULES"}
)

// ReadPreflight reads a PreflightRequest.
func ReadPreflight(body []byte, e Encoding) (p Preflight, err error) {
	err = read(body, e, []field{
		{name: "hostname", number: 2, text: &p.Hostname},
		{name: "client_mode", number: 9, enum: (*int32)(&p.Mode), words: requestModes},
		{name: "request_clean_sync", number: 10, flag: &p.Clean},
		{name: "binary_rule_count", number: 11, count: &p.Counts[Binary]},
		{name: "certificate_rule_count", number: 12, count: &p.Counts[Certificate]},
		{name: "transitive_rule_count", number: 14, count: &p.Transitive},
		{name: "teamid_rule_count", number: 15, count: &p.Counts[TeamID]},
		{name: "signingid_rule_count", number: 16, count: &p.Counts[SigningID]},
		{name: "cdhash_rule_count", number: 17, count: &p.Counts[CDHash]},
		{name: "machine_id", number: 18, text: &p.Machine},
		{name: "rules_hash", number: 22, text: &p.Hash},
	})
	return p, err
}

// ReadDownload reads a RuleDownloadRequest.
func ReadDownload(body []byte, e Encoding) (d Download, err error) {
	err = read(body, e, []field{{name: "cursor", number: 1, text: &d.Cursor}, {name: "machine_id", number: 2, text: &d.Machine}})
	return d, err
}

// ReadPostflight reads a PostflightRequest.
func ReadPostflight(body []byte, e Encoding) (p Postflight, err error) {
	err = read(body, e, []field{
		{name: "rules_received", number: 1, count: &p.Received},
		{name: "rules_processed", number: 2, count: &p.Processed},
		{name: "machine_id", number: 3, text: &p.Machine},
		{name: "sync_type", number: 4, enum: (*int32)(&p.Type), words: syncTypes},
		{name: "rules_hash", number: 5, text: &p.Hash},
	})
	return p, err
}

func read(body []byte, e Encoding, fields []field) error {
	if e == Protobuf {
		return readProtobuf(body, fields)
	}
	return readJSON(body, fields)
}

// readJSON reads a message as protobuf's JSON has it. Fields that nobody asked for are passed over; one that is
// there twice, in whatever spelling, belongs to no message.
func readJSON(body []byte, fields []field) error {
	if len(body) == 0 {
		return nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return malformed("it is not an object of JSON")
	}
	var given [32]bool
	for key, value := range members {
		key = snake(key)
		at := slices.IndexFunc(fields, func(f field) bool { return f.name == key })
		if at < 0 || string(value) == "null" {
			continue
		}
		if given[at] {
			return malformed("%s is there twice", key)
		}
		given[at] = true
		if err := fields[at].readJSON(value); err != nil {
			return err
		}
	}
	return nil
}

func (f *field) readJSON(value json.RawMessage) error {
	var err error
	switch {
	case f.text != nil:
		err = json.Unmarshal(value, f.text)
	case f.flag != nil:
		err = json.Unmarshal(value, f.flag)
	case f.count != nil:
		var n uint64
		n, err = strconv.ParseUint(unquoted(value), 10, 32)
		*f.count = uint32(n)
	default:
		word := unquoted(value)
		at := slices.IndexFunc(f.words, func(w string) bool { return strings.EqualFold(w, word) }) // some have an old name in lower case beside
		if at < 0 {
			at, err = strconv.Atoi(word)
		}
		*f.enum = int32(min(max(at, 0), len(f.words))) // what is not known is none of those that are
	}
	if err != nil {
		return malformed("%s cannot be %.40s", f.name, value)
	}
	return nil
}

// unquoted is a value without the quotes that protobuf's JSON may put around numbers.
func unquoted(value json.RawMessage) string {
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		value = value[1 : n-1]
	}
	return string(value)
}

// readProtobuf reads a message in protobuf's binary form. Of a field that is there twice the last stands.
func readProtobuf(body []byte, fields []field) error {
	return eachField(body, func(number protowire.Number, kind protowire.Type, value []byte, n uint64) error {
		for i := range fields {
			f := &fields[i]
			if f.number != number {
				continue
			}
			if (kind == protowire.BytesType) != (f.text != nil) || kind != protowire.BytesType && kind != protowire.VarintType {
				return malformed("the field %d is of another type", number)
			}
			switch {
			case f.text != nil && !utf8.Valid(value):
				return malformed("the field %d is not text", number)
			case f.text != nil:
				*f.text = string(value)
			case f.flag != nil:
				*f.flag = n != 0
			case f.count != nil:
				*f.count = uint32(n)
			default:
				*f.enum = int32(min(n, uint64(len(f.words))))
			}
		}
		return nil
	})
}

// eachField calls each for the fields of a message: with the bytes of those that have a length, and the number of
// those that are one.
func eachField(body []byte, each func(number protowire.Number, kind protowire.Type, value []byte, n uint64) error) error {
	for len(body) > 0 {
		number, kind, size := protowire.ConsumeTag(body)
		if size < 0 {
			return malformed("it is cut off, or not protobuf")
		}
		body = body[size:]
		var value []byte
		var n uint64
		switch kind {
		case protowire.BytesType:
			value, size = protowire.ConsumeBytes(body)
		case protowire.VarintType:
			n, size = protowire.ConsumeVarint(body)
		case protowire.Fixed64Type:
			n, size = protowire.ConsumeFixed64(body)
		default:
			size = protowire.ConsumeFieldValue(number, kind, body)
		}
		if size < 0 {
			return malformed("it is cut off, or not protobuf")
		}
		body = body[size:]
		if err := each(number, kind, value, n); err != nil {
			return err
		}
	}
	return nil
}
