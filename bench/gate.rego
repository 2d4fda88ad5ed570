# The decision over indexed data: see opa.go for what stands where.
package gate

answer := "stopped" if {
	stopped
} else := "listed" if {
	listed
} else := "neither"

# found is the product on this platform; about is it, or the one that has the identifier elsewhere.
found := {"product": input.product} if {
	input.product
} else := data.identified[input.platform][input.identifier]

about := found.product if {
	found
} else := data.elsewhere[input.identifier]

# kind has a name of its own, because a comparison with data.kinds[…] would have the index of rules
# go through all of them.
kind := data.kinds[about]

above := data.above[input.host.organisation]

stopped if {
	some stop in data.stops[about]
	above[stop.scope]
	on_platform(stop)
	of_kind(stop)
	on_site(stop)
	in_window(stop.versions)
	in_any_window(stop)
	not lifted(stop.id)
}

on_platform(stop) if not stop.platforms
on_platform(stop) if input.platform in stop.platforms
on_platform(stop) if input.host.platform in stop.platforms

of_kind(stop) if not stop.kinds
of_kind(stop) if kind in stop.kinds

on_site(stop) if not stop.classes
on_site(stop) if {
	input.host.kind == "equipment"
	input.host.class in stop.classes
}
on_site(stop) if {
	input.host.kind == "equipment"
	input.host.class == ""
}

in_window(_) if input.version < 0
in_window(window) if {
	input.version >= window.since
	input.version < window.until
}

in_any_window(stop) if not stop.windows
in_any_window(stop) if {
	some window in stop.windows
	in_window(window)
}

lifted(rule) if {
	some entry in applying(data.lifts[found.product][rule])
	above[entry.scope]
}

# applying are the entries of an index by subject that are for this host.
applying(subjects) := array.concat(
	array.concat(object.get(subjects.host, input.host.id, []), object.get(subjects.person, input.host.holder, [])),
	array.concat(object.get(subjects.site, input.host.site, []), array.concat(subjects.everyone, grouped(subjects))),
)

grouped(subjects) := [entry |
	some group in input.host.groups
	some entry in subjects.group[group]
]

signed if not found.signers
signed if not input.signer
signed if input.signer in found.signers

listed if {
	signed
	scope := data.reach[input.host.organisation][nearest]
	some rule in data.allows[found.product][scope]
	admits(rule)
	met(rule)
}

listed if {
	kind == "equipment"
	data.supplied[found.product]
}

listed if {
	signed
	kind == "app"
	some entry in applying(data.lists[found.product])
	above[entry.scope]
	not outranked(entry)
}

# outranked: allow rules cover, and the exemption does not speak of any version.
outranked(entry) if {
	not entry.any
	nearest >= 0
}

# nearest is the least distance of a scope with an allow rule that covers.
nearest := min([distance |
	some distance, scope in data.reach[input.host.organisation]
	some rule in data.allows[found.product][scope]
	admits(rule)
])

admits(rule) if not rule.platforms
admits(rule) if input.platform in rule.platforms

met(rule) if {
	coded(rule)
	input.code >= rule.code
}

met(rule) if {
	not coded(rule)
	rule.version
	input.version >= rule.version
}

met(rule) if {
	not rule.version
	not floored(rule)
}

# coded: the code decides alone.
coded(rule) if {
	floored(rule)
	input.code
}

floored(rule) if {
	rule.code
	input.platform == "android"
}
