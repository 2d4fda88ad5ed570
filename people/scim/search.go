package scim

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"portcullis/internal/fault"
)

// Limits of one page.
const (
	maxResults = 200
	maxMembers = 20_000 // of all groups on it, unless one alone has more
)

// search is a request for resources, RFC 7644, 3.4.2 and 3.4.3.
type search struct {
	filter               filter // nil for all
	attributes, excluded []string
	offset, limit        int
	// others tells that several types are searched: what one lacks, another may have.
	others bool
}

// page is what a search finds.
type page struct {
	total     int
	resources []object
}

// names are those of a list with commas.
func names(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// shownTo is what the request asks to be shown of a resource.
func shownTo(r *http.Request, rt *resourceType) selection {
	q := r.URL.Query()
	return rt.selection(names(q.Get("attributes")), names(q.Get("excludedAttributes")))
}

// list answers GET on all resources of a type.
func (h *handler) list(rt *resourceType) endpoint {
	return func(r *http.Request) (answer, error) {
		q := r.URL.Query()
		s := search{attributes: names(q.Get("attributes")), excluded: names(q.Get("excludedAttributes"))}
		if err := s.read(q.Get("filter"), q.Get("startIndex"), q.Get("count")); err != nil {
			return answer{}, err
		}
		return h.answer(r.Context(), s, rt)
	}
}

// search answers POST on .search.
func (h *handler) search(types ...*resourceType) endpoint {
	return func(r *http.Request) (answer, error) {
		data, err := body(r)
		if err != nil {
			return answer{}, err
		}
		o, err := document(data)
		if err != nil {
			return answer{}, err
		}
		if err := checkSchemas(o, searchSchema, []string{searchSchema}); err != nil {
			return answer{}, err
		}
		s := search{others: len(types) > 1}
		var said [5]string
		for i, key := range []string{"attributes", "excludedAttributes", "filter", "startIndex", "count"} {
			if said[i], err = scalar(o, key); err != nil {
				return answer{}, err
			}
		}
		s.attributes, s.excluded = names(said[0]), names(said[1])
		if err := s.read(said[2], said[3], said[4]); err != nil {
			return answer{}, err
		}
		return h.answer(r.Context(), s, types...)
	}
}

// scalar is what a search says under a key, as an address would: a list has commas.
func scalar(o object, key string) (string, error) {
	switch v := o.get(key).(type) {
	case nil, null:
		return "", nil
	case number:
		return string(v), nil
	case boolean, object:
	default:
		if texts, ok := textsOf(v); ok {
			return strings.Join(texts, ","), nil
		}
	}
	return "", refuse(invalidSyntax, "%s: this is not what it should be", key)
}

func (s *search) read(filter, startIndex, count string) (err error) {
	if strings.TrimSpace(filter) != "" {
		if s.filter, err = parseFilter(filter); err != nil {
			return err
		}
	}
	start, err := whole("startIndex", startIndex, 1)
	if err != nil {
		return err
	}
	s.offset = max(start, 1) - 1
	s.limit, err = whole("count", count, maxResults)
	s.limit = min(max(s.limit, 0), maxResults)
	return err
}

func whole(name, s string, otherwise int) (int, error) {
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, refuse(invalidValue, "%s: %q is not a whole number", name, brief(s))
	}
	return n, nil
}

// listResponse is RFC 7644, 3.4.2.
type listResponse[T any] struct {
	Schemas      []string `json:"schemas"`
	TotalResults int      `json:"totalResults"`
	StartIndex   int      `json:"startIndex"`
	ItemsPerPage int      `json:"itemsPerPage"`
	Resources    []T      `json:"Resources"`
}

// answer runs a search on types of resources, one after the other as if they were in one list.
func (h *handler) answer(ctx context.Context, s search, types ...*resourceType) (answer, error) {
	list := listResponse[object]{Schemas: []string{listSchema}, StartIndex: s.offset + 1, Resources: []object{}}
	for _, rt := range types {
		shown := rt.selection(s.attributes, s.excluded)
		found, cut, err := h.find(ctx, rt, s, shown)
		if err != nil {
			return answer{}, err
		}
		for _, o := range found.resources {
			list.Resources = append(list.Resources, shown.of(o))
		}
		list.TotalResults += found.total
		s.offset = max(s.offset-found.total, 0)
		s.limit -= len(found.resources)
		if cut {
			s.limit = 0 // what follows is on the next page
		}
	}
	list.ItemsPerPage = len(list.Resources)
	return answer{status: http.StatusOK, body: list}, nil
}

// find is one page of the resources of a type. It is cut where its groups have too many members.
func (h *handler) find(ctx context.Context, rt *resourceType, s search, shown selection) (p page, cut bool, err error) {
	q, means := Query{}, condition(nil)
	if s.filter != nil {
		var exact bool
		if means, err = rt.compile(s.filter, s.others); err != nil {
			return page{}, false, err
		}
		if q, exact = rt.narrow(s.filter); exact {
			means = nil
		}
	}
	switch {
	case means == nil:
		q.Offset, q.Limit = s.offset, s.limit
		p.total, err = h.stream(ctx, rt, q, func(o object) error {
			p.resources = append(p.resources, o)
			return nil
		})
	case rt == groups && mentionsMembers(s.filter):
		p, err = h.tryWithMembers(ctx, q, s, means)
	default:
		q.Limit = Unlimited
		_, err = h.stream(ctx, rt, q, func(o object) error {
			p.take(o, s, means)
			return nil
		})
	}
	if err == nil && rt == groups && shown.shows("members") {
		cut, err = h.fill(ctx, &p)
	}
	return p, cut, err
}

// take counts a resource that is meant, and keeps it if it is on the page.
func (p *page) take(o object, s search, means condition) {
	if !means(o) {
		return
	}
	if p.total >= s.offset && len(p.resources) < s.limit {
		p.resources = append(p.resources, o)
	}
	p.total++
}

// stream gives each the resources that q wants, groups without members.
func (h *handler) stream(ctx context.Context, rt *resourceType, q Query, each func(object) error) (int, error) {
	if rt == groups {
		return h.d.Groups(ctx, q, func(g Group) error {
			g.Members = nil
			return each(g.object(h.base))
		})
	}
	return h.d.Users(ctx, q, func(u User) error { return each(u.object(h.base)) })
}

// tryWithMembers is for filters that look at members, which are read one group at a time.
func (h *handler) tryWithMembers(ctx context.Context, q Query, s search, means condition) (p page, err error) {
	var ids []string
	q.Limit = Unlimited
	if _, err = h.d.Groups(ctx, q, func(g Group) error {
		ids = append(ids, g.ID)
		return nil
	}); err != nil {
		return page{}, err
	}
	for _, id := range ids {
		g, err := h.d.Group(ctx, id, true)
		if fault.Is(err, fault.NotFound) {
			continue // it went meanwhile
		}
		if err != nil {
			return page{}, err
		}
		before := len(p.resources)
		if p.take(g.object(h.base), s, means); len(p.resources) > before {
			delete(p.resources[before], "members") // they come back only if they are shown
		}
	}
	return p, nil
}

// fill gives the groups of a page their members, up to a number; what is then left is for the next
// page.
func (h *handler) fill(ctx context.Context, p *page) (cut bool, err error) {
	members := 0
	for i, o := range p.resources {
		g, err := h.d.Group(ctx, o.text("id"), true)
		switch {
		case fault.Is(err, fault.NotFound):
			continue // it went meanwhile; the page shows it as it was
		case err != nil:
			return false, err
		}
		if members += len(g.Members); i > 0 && members > maxMembers {
			p.resources = p.resources[:i]
			return true, nil
		}
		p.resources[i] = g.object(h.base)
	}
	return false, nil
}

func mentionsMembers(f filter) bool {
	switch f := f.(type) {
	case all:
		return anyMentionsMembers(f)
	case either:
		return anyMentionsMembers(f)
	case not:
		return mentionsMembers(f.filter)
	case test:
		return strings.EqualFold(f.path.attribute, "members")
	}
	return false
}

func anyMentionsMembers(parts []filter) bool {
	for _, p := range parts {
		if mentionsMembers(p) {
			return true
		}
	}
	return false
}
