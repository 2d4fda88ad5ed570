// Package index answers for all hosts at once: what is in breach now, whom a rule would affect that is
// not yet made, what opens and closes when a row, a decision or the time changes.
//
// It owns no table and reads no clock; nothing in it goes to disk but through the writer that Snapshot
// is given. It holds one compact row for each host (Row: what the host is, and which things are on it,
// as numbers in a Dictionary), and for each thing the set of the hosts that have it and those of the ones
// on which it is in breach, or on no list and only watched: small sets are listed, large ones are bitmaps. What is in
// breach is there host by host as well, for the questions about all of it.
// Beside its row a host has a Contact: when it last reported, and what. What verdicts rest on is a Basis:
// a world compiled for one time.
//
// What every caller relies on:
//
//   - the index says of every installation what policy's single decision says of it; it knows no rule
//     of its own. It decides once for a class of hosts (organisation, kind, ownership, platform, site)
//     and for all versions of a thing that no limit in the world tells apart; hosts that an exemption
//     names, themselves, by their holder or by a group, are decided each by itself;
//   - what a change may touch is found from the names and edges in the worlds, all of them taken to
//     hold: that may judge too much anew and never too little;
//   - the changes that Put, Remove and SetBasis return add up: a breach opens once, and closes once,
//     for each host, thing and cause;
//   - between Basis.Since and Basis.Until time changes no answer; at Until the caller sets a basis of
//     that time, and the breaches that begin or end by a from, an until or a deadline are in what it
//     returns;
//   - a host whose organisation the world does not know is judged by nothing and counted as such in
//     Coverage: it is never shown as clean;
//   - readers and writers may come at once; an answer is of one moment, but for the contacts, which may
//     change while it is made.
//
// A host's number within the index is never given to another, so that a Set which was handed out stays
// what it was; a snapshot keeps the empty places, and an index that is loaded from rows has none. Any
// room from devices upwards may call; nothing here authorises or records.
package index
