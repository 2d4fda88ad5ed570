package main

import (
	"strings"
	"time"
)

// draftExample is a draft of a kind to begin with, which could be proposed on that day.
func draftExample(kind string, now time.Time) string {
	day := func(months int) string { return now.UTC().AddDate(0, months, 0).Format(time.DateOnly) }
	return strings.NewReplacer("SOON", day(1), "LATER", day(4), "LONG", day(10)).Replace(draftExamples[kind])
}

// draftExamples are drafts by their kind. What is optional stands there as a comment. SOON, LATER and LONG are days to come.
var draftExamples = map[string]string{
	"ban": `# A ban or a phase-out. Others sign it: say for them what they need.
kind: ban
reason: It sends what is on the screen to its maker   # everybody may read this once it is decided
narrower: It does so on every platform, and in all of its versions
rule:
  effect: ban                  # or phase-out, with a deadline
  target: {product: parrot}    # or {supplier: ID}, or {any: true}
  scope: my-body               # and all below it
  components: true             # whether it is for what contains the target as well
  clearance: none              # or the office that must clear an exemption
#  platforms: [android, ios]   # all, unless said
#  kinds: [app]                # and equipment, unless said
#  siteClass: [public]         # all classes of sites, unless said
#  versions: {since: "2.0", until: "3.1"}   # until is not included
#  mitigations: [dedicated-device]          # what an exemption must have in place
#  from: SOON            # at once, unless said
#  until: LONG           # not included; without an end, unless said
#  deadline: LATER        # of a phase-out
# longestDays: 90              # for how long an exemption from it may hold at most
# restricted: {reason: Why in truth, assessment: What was found}
# audience: [PERSON]           # who may read what is restricted, by their ids
# marked: true                 # for those alone whom audience names
# emergency: true              # by two duty officers; lapses within a day unless a third person reviews it
# adopts: ban-parrot           # the rule of another body that this one is like
`,
	"allow": `# Ask for an app to be allowed.
kind: allow
reason: The lighthouses keep their logs in it
rule:
  effect: allow
  target: {product: tides}     # leave it out where found says what it is
  scope: my-body
#  platforms: [android]
#  minVersion: "1.4"
#  minVersionCode: {android: 140}
#  until: LONG           # not included
# found: {platform: android, identifier: com.example.tides, name: Tides, publisher: Example}   # of an app that is no known product
# for: PERSON                  # the id of the person for whom it is
# after: PROPOSAL              # the one that this asks again, with new facts
`,
	"withdrawal": `# End a ban, a phase-out or an allow rule.
kind: withdrawal
reason: It is mended since version 4
ends:
  rule: ban-parrot
#  until: SOON           # at once, unless said
`,
	"exemption": `# Ask for an exemption from bans or phase-outs. It always ends.
kind: exemption
reason: To read what is said there about the service
exemption:
  lifts: [ban-parrot]          # the ids of the rules
  product: parrot              # or anyProduct: true
  scope: my-body
  subject: {host: tablet-7}    # or one of site, person, group, and everyone: true
  until: LATER            # not included
  purpose: press work
#  from: SOON            # from when it is decided, unless said
#  anyVersion: true            # versions that an allow rule finds too old, too
#  mitigations: [no-accounts]  # besides those that are demanded
# for: PERSON                  # the id of the person for whom it is
# renews: EXEMPTION            # the one that this is to follow
# after: PROPOSAL              # the one that this asks again, with new facts
`,
	"monitor": `# Have a body watch for a while what is not listed, rather than enforce.
kind: monitor
organisation: my-body
reason: The list is not complete before the spring
monitor:
  until: LATER            # not included
#  from: SOON            # from when it is decided, unless said
`,
	"supplier": `# A supplier as it is to be: all of it, for it takes the place of what is there.
kind: supplier
reason: It was sold
supplier:
  id: parrot-inc
  name: Parrot
#  aliases: [Parrot Ltd]
#  ownedBy: [{supplier: bigbird, from: 2026-05-01}]
`,
	"product": `# A product as it is to be: all of it, but its kind and its identifiers, which stay.
kind: product
reason: It contains the advertising kit since version 2
product:
  id: tides
  name: Tides
#  aliases: [Tide Tables]
#  supplier: parrot-inc
#  madeBy: [{supplier: bigbird, until: 2025-01-01}]   # earlier
#  domains: [tides.example]
#  contains: [{product: adkit, since: "2.0"}]
#  builtinOn: [android]
`,
	"organisation": `# Where a body belongs, and whose list it follows: all of it, and not what changes alone.
kind: organisation
reason: It does its work there
move:
  body: my-body
  parent: other-body      # left out, it belongs to nobody
#  ownList: true         # the allow rules of those above do not reach it
#  from: SOON            # from when it is decided, unless said
`,
	"process": `# Who decides in a body, and in those below that set nothing themselves. Roles of a step: one of them takes it.
kind: process
organisation: my-body
reason: The centre signs for us
process:
  ban: {sign: [centre-officer, security-officer, approver]}
  allow: {grant: [reviewer, approver]}
  exemption:
    grant: [security-officer]
    sign: [approver, centre-officer]
    longestDays: 180           # for how long an exemption may hold at most
#    recommend: [reviewer]
#    signAbove: true           # the second person is one of the organisation above
#    mitigations: [dedicated-device]
  monitor: {sign: [approver, centre-officer], longestDays: 180}
#  offices: {minister: my-body}   # whose clearing office an office is
`,
}
