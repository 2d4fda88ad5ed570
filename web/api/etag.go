package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"portcullis/internal/fault"
)

// tagOf is the strong entity tag (RFC 9110, 8.8.3) of a thing that is shown: its version, and a digest
// of the JSON that shows it.
func tagOf(version int64, shown any) (string, error) {
	encoded, err := json.Marshal(shown)
	if err != nil {
		return "", fmt.Errorf("the entity tag: %w", err)
	}
	sum := sha256.Sum256(encoded)
	return fmt.Sprintf(`"%d-%s"`, version, hex.EncodeToString(sum[:6])), nil
}

// one is the answer that shows a thing with a version.
func one[T any](version int64, shown T) (*single[T], error) {
	tag, err := tagOf(version, shown)
	return &single[T]{ETag: tag, Body: shown}, err
}

// made is the answer to what was made at a path below Base.
func made[T any](version int64, path string, shown T) (*single[T], error) {
	answer, err := one(version, shown)
	answer.Location = Base + path
	return answer, err
}

var ownTag = regexp.MustCompile(`^"([1-9][0-9]{0,17})-[0-9a-f]{12}"$`)

// version is the one that a change must be made from, and 0 where it may be any. A tag that was never
// given is of nothing that there is.
func (m IfMatch) version() (int64, error) {
	tag := strings.TrimSpace(m.IfMatch)
	if tag == "" || tag == "*" {
		return 0, nil
	}
	found := ownTag.FindStringSubmatch(tag)
	if found == nil {
		return 0, fault.New(fault.Changed, "If-Match names no ETag of this server: give one as it came, or *")
	}
	return strconv.ParseInt(found[1], 10, 64)
}

// namesTag tells whether If-None-Match names the tag. It compares weakly, as RFC 9110, 13.1.2 has it.
func namesTag(header []string, tag string) bool {
	for named := range strings.SplitSeq(strings.Join(header, ","), ",") {
		if named = strings.TrimPrefix(strings.TrimSpace(named), "W/"); named == "*" || named == tag {
			return true
		}
	}
	return false
}
