package devices

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"portcullis/devices/index"
	"portcullis/policy"
	"portcullis/store"
)

// State is whether a host is in use.
type State string

// The states. What is not in use is not judged, and reports of it are refused.
const (
	InUse    State = "in-use"
	Lost     State = "lost" // still judged: it may report from wherever it is
	Retired  State = "retired"
	Replaced State = "replaced" // by another host
)

// judged tells whether hosts of the state stand in the index.
func (s State) judged() bool { return s == InUse || s == Lost }

// Host is a thing that is judged, as the tables have it.
type Host struct {
	ID         string
	Name       string
	State      State
	ReplacedBy string
	Version    int64
	Enrolled   store.Time
	Changed    store.Time
	Sources    []Source
	Row        index.Row
}

// Source is one tool's last inventory of a host. What is on the host is what any of them names.
type Source struct {
	Name  string     `json:"name"`
	Taken store.Time `json:"taken"`
	// Digest is what the report is known by, so that the same one is found out before it is read.
	Digest uint64 `json:"digest,omitempty"`
	// Packed is the things that it names, as index.AppendThings has them. Where it is the only
	// source it is left out: then they are the row's.
	Packed []byte `json:"things,omitempty"`
	// Partial is that the tool never names all.
	Partial bool `json:"partial,omitempty"`
}

// Attributes are what a host is, besides what is on it: they are kept with both times.
type Attributes struct {
	Kind         string   `json:"kind"`
	Organisation string   `json:"organisation"`
	Ownership    string   `json:"ownership,omitempty"`
	Platform     string   `json:"platform,omitempty"`
	Holder       string   `json:"holder,omitempty"`
	Groups       []string `json:"groups,omitempty"`
	Site         string   `json:"site,omitempty"`
}

// attributesOf are those of a row.
func attributesOf(r *index.Row) Attributes {
	a := Attributes{Kind: r.Kind.String(), Organisation: r.Organisation, Holder: r.Holder, Groups: r.Groups, Site: r.Site}
	if r.Kind == policy.Device {
		a.Ownership, a.Platform = r.Ownership.String(), r.Platform.String()
	}
	return a
}

// encode is the attributes as text that is the same for the same attributes.
func (a Attributes) encode() (string, error) {
	b, err := json.Marshal(a)
	return string(b), err
}

// row is a row of the attributes, with nothing on it.
func (a Attributes) row() (r index.Row, err error) {
	r = index.Row{Organisation: a.Organisation, Holder: a.Holder, Groups: a.Groups, Site: a.Site}
	ok := true
	if r.Kind, ok = policy.ParseHostKind(a.Kind); !ok {
		return r, fmt.Errorf("a host's kind %q", a.Kind)
	}
	if r.Kind != policy.Device {
		return r, nil
	}
	if r.Ownership, ok = policy.ParseOwnership(a.Ownership); !ok {
		return r, fmt.Errorf("a host's ownership %q", a.Ownership)
	}
	if r.Platform, ok = policy.ParsePlatform(a.Platform); !ok {
		return r, fmt.Errorf("a host's platform %q", a.Platform)
	}
	return r, nil
}

func decodeAttributes(text string) (a Attributes, err error) {
	err = json.Unmarshal([]byte(text), &a)
	return a, err
}

// things of a source: those of the row where it is alone.
func (h *Host) things(s *Source) ([]uint32, error) {
	if len(h.Sources) == 1 {
		return h.Row.Things, nil
	}
	return index.ParseThings(s.Packed)
}

// inventories are the things of each source.
func (h *Host) inventories() (map[string][]uint32, error) {
	all := map[string][]uint32{}
	for i := range h.Sources {
		s := &h.Sources[i]
		had, err := h.things(s)
		if err != nil {
			return nil, fmt.Errorf("the inventory of %s from %s: %w", h.ID, s.Name, err)
		}
		all[s.Name] = had
	}
	return all, nil
}

// put makes things all that a source names, and the row what any source names.
func (h *Host) put(from Source, things []uint32) error {
	all, err := h.inventories()
	if err != nil {
		return err
	}
	all[from.Name] = things
	h.Sources = slices.DeleteFunc(slices.Clone(h.Sources), func(s Source) bool { return s.Name == from.Name })
	h.Sources = append(h.Sources, from)
	h.pack(all)
	return nil
}

// forget takes out what only the named source has.
func (h *Host) forget(name string) error {
	all, err := h.inventories()
	if err != nil {
		return err
	}
	h.Sources = slices.DeleteFunc(slices.Clone(h.Sources), func(s Source) bool { return s.Name == name })
	h.pack(all)
	return nil
}

// pack writes the sources' things down, and the row's.
func (h *Host) pack(all map[string][]uint32) {
	slices.SortFunc(h.Sources, func(a, b Source) int { return cmp.Compare(a.Name, b.Name) })
	h.Row.Things = nil
	for i := range h.Sources {
		s := &h.Sources[i]
		h.Row.Things = union(h.Row.Things, all[s.Name])
		s.Packed = nil
		if len(h.Sources) > 1 {
			s.Packed = index.AppendThings(nil, all[s.Name])
		}
	}
}

// union is the numbers of both, ascending.
func union(a, b []uint32) []uint32 {
	if len(a) == 0 {
		return slices.Clone(b)
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// source finds the inventory of that name.
func (h *Host) source(name string) *Source {
	for i := range h.Sources {
		if h.Sources[i].Name == name {
			return &h.Sources[i]
		}
	}
	return nil
}

// digest is what the host's last report is known by; 0 where one report is not all there is.
func (h *Host) digest() uint64 {
	if len(h.Sources) != 1 {
		return 0
	}
	return h.Sources[0].Digest
}

// Minute is a time in whole minutes since the Unix epoch, as the index keeps when a host was heard from.
func Minute(t time.Time) uint32 {
	if t.IsZero() || t.Before(time.Unix(0, 0)) {
		return 0
	}
	return uint32(t.Unix() / 60)
}
