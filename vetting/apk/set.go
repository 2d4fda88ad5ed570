package apk

import (
	"cmp"
	"fmt"
	"slices"

	"portcullis/vetting/apk/sign"
	"portcullis/vetting/archive"
)

// app puts together what was found: the parts that are the app, and the rest that lies inside it.
func (s *session) app(tops []*Part, all *piece) (*App, error) {
	a := &App{Libraries: all.libraries, Nested: all.nested, Problems: all.problems, Coverage: all.cover, Limits: s.limits}
	a.Domains, a.MoreDomains = all.hosts.Hosts()
	for _, top := range tops {
		if top.Format != ZIP {
			a.Parts = append(a.Parts, top)
		}
	}
	a.Format = SplitSet
	switch {
	case len(a.Parts) == 1 && len(tops) == 1:
		a.Format = a.Parts[0].Format
	case len(a.Parts) == 0:
		a.Parts = outermost(all.parts)
		a.Format = tops[0].bundle
	}
	if len(a.Parts) == 0 {
		return nil, named(tops[0].Where, ErrNoApp)
	}
	if err := a.join(); err != nil {
		return nil, err
	}
	return a, nil
}

// outermost are the packages that are in the fewest archives: those of a set, and not what lies in them.
func outermost(parts []*Part) []*Part {
	least := slices.MinFunc(append(parts, &Part{depth: 1 << 30}), func(p, q *Part) int { return p.depth - q.depth })
	return slices.DeleteFunc(slices.Clone(parts), func(p *Part) bool { return p.depth != least.depth })
}

// bundleOf is the form of an archive of APKs, by the file that describes it.
func bundleOf(a *archive.Archive) Format {
	switch {
	case a.Lookup("manifest.json") != nil:
		return XAPK
	case a.Lookup("info.json") != nil:
		return APKM
	}
	return APKS
}

// join makes one app of its parts.
func (a *App) join() error {
	base := a.Parts[0]
	for _, p := range a.Parts {
		if p.Manifest != nil && p.Manifest.Split == "" && (base.Manifest == nil || base.Manifest.Split != "") {
			base = p
		}
	}
	a.Name = base.Where
	if base.Manifest != nil {
		a.Manifest = *base.Manifest
	}
	for _, m := range base.modules {
		a.Manifest.merge(&m)
	}
	a.Signing = base.Signing
	own := a.Parts[:0:0]
	for _, p := range a.Parts {
		if p.Manifest != nil {
			a.Manifest.Lost = cmp.Or(a.Manifest.Lost, p.Manifest.Lost)
		}
		if p != base {
			if p.Manifest == nil || p.Manifest.Package != a.Manifest.Package {
				if a.Format == SplitSet {
					return fmt.Errorf("%s is not a part of %s: give them one by one", p.Where, base.Where)
				}
				continue // an app beside the app
			}
			if p.Manifest.Split == "" {
				continue // the whole app once more, for other devices
			}
			a.joinPart(p)
		}
		a.Code.add(p.Code)
		own = append(own, p)
	}
	a.Parts = own
	a.Nested = slices.DeleteFunc(a.Nested, func(n Nested) bool {
		return slices.ContainsFunc(own, func(p *Part) bool { return p.Where == n.Where })
	})
	return nil
}

func (a *App) joinPart(p *Part) {
	if p.Manifest.FeatureSplit || len(p.Manifest.Components) > 0 {
		a.Manifest.merge(p.Manifest)
	}
	if a.Signing == nil || p.Signing == nil {
		return
	}
	a.asBase(p)
	merged := *a.Signing
	switch {
	case !p.Signing.Verifies:
		merged.Verifies = false
		for _, problem := range p.Signing.Problems {
			merged.Problems = append(slices.Clone(merged.Problems), p.Where+": "+problem)
		}
	case merged.Verifies && !sameSigners(a.Signing, p.Signing):
		merged.Verifies = false
		merged.Problems = append(slices.Clone(merged.Problems), p.Where+" has another signer than the base: Android does not install them together")
	}
	if !merged.Verifies {
		merged.Schemes, merged.Certificates = []string{}, []sign.Certificate{}
	}
	a.Signing = &merged
}

// asBase checks the signature of a split for the versions that the base installs on: a split is installed on no others,
// and most say nothing of versions themselves.
func (a *App) asBase(p *Part) {
	least, target := a.Manifest.SigningLevels()
	own, _ := p.Manifest.SigningLevels()
	if p.Signing.Verifies || least <= own || p.again == nil {
		return
	}
	if again := p.again(sign.Options{MinSDK: least, TargetSDK: target}); again != nil {
		p.Signing = again
	}
}

func sameSigners(a, b *sign.Result) bool {
	return slices.EqualFunc(a.Certificates, b.Certificates, func(x, y sign.Certificate) bool { return x.SHA256 == y.SHA256 })
}

// merge adds what a split or a module brings.
func (m *Manifest) merge(o *Manifest) {
	m.Lost = cmp.Or(m.Lost, o.Lost)
	for _, p := range o.Permissions {
		if !slices.ContainsFunc(m.Permissions, func(q Permission) bool { return q.Name == p.Name }) {
			m.Permissions = append(slices.Clone(m.Permissions), p)
		}
	}
	m.Components = append(slices.Clone(m.Components), o.Components...)
	m.MetaData = append(slices.Clone(m.MetaData), o.MetaData...)
	m.Libraries = append(slices.Clone(m.Libraries), o.Libraries...)
	m.Implied, m.Widened = nil, nil
	m.imply()
}
