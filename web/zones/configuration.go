package zones

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"

	"portcullis/enforce"
	"portcullis/web/ui"
)

// What stands in lines of configuration where something is not shown, or not known here.
const (
	hiddenSecret  = "SECRET"
	hiddenAddress = "ADDRESS-OF-THE-TEXT"
	unknownServer = "192.0.2.1" // of no machine (RFC 5737)
)

// address is the whole address of the text; a word that stands for it where it is not shown.
func (p Pages) address(s enforce.ZoneSecrets) string {
	if s.Path == "" || p.URL == nil {
		return cmp.Or(s.Path, hiddenAddress)
	}
	return p.URL.Scheme + "://" + p.URL.Host + s.Path
}

// transfers is where zones are taken by transfer, and whether that is an address that name servers reach.
func (p Pages) transfers() (address, port string, known bool) {
	host, port, err := net.SplitHostPort(p.Names)
	at, bad := netip.ParseAddr(host)
	if err != nil || bad != nil || at.IsUnspecified() {
		return unknownServer, cmp.Or(port, "53"), false
	}
	return host, port, true
}

// configuration is what to write into name servers' configurations, with the secrets that are shown.
func (p Pages) configuration(z *enforce.Zone, s enforce.ZoneSecrets) []ui.Component {
	key := s.Key
	if key == "" && len(z.Keys) > 0 {
		key = z.Keys[0].Name
	}
	var all []ui.Component
	shown := s != (enforce.ZoneSecrets{})
	if !shown {
		all = append(all, ui.Para(fmt.Sprintf("Where the lines say %s or %s, put in what you were shown when it was drawn. If nobody has it any more, draw another.", hiddenSecret, hiddenAddress)))
	}
	if !shown || s.Key != "" {
		all = append(all, ui.Details{Summary: "BIND, by transfer", Open: shown, Content: p.bind(z, key, cmp.Or(s.KeySecret, hiddenSecret))})
	}
	if !shown || s.Path != "" {
		all = append(all, ui.Details{Summary: "Unbound, over HTTP", Open: shown, Content: p.unbound(z, s)}, ui.Details{Summary: "Knot Resolver, from a file", Open: shown, Content: p.knot(z, s)})
	}
	return all
}

func (p Pages) bind(z *enforce.Zone, key, secret string) []ui.Component {
	if p.Names == "" {
		return []ui.Component{ui.Para("This server hands out no zones by transfer: whoever looks after it starts it with --dns-listen. BIND fetches nothing over HTTP itself.")}
	}
	address, port, known := p.transfers()
	content := []ui.Component{
		ui.Para("In named.conf, beside the other zones:"),
		lines(bindZone(z.Name, key, secret, address, port)),
		ui.Para("Within its options:"),
		lines(fmt.Sprintf("response-policy { zone %q min-update-interval 0; };", z.Name)),
		ui.Para("Then run rndc reconfig. To see that it holds, ask it for a name that is banned: the answer is NXDOMAIN."),
	}
	if !known {
		content = append(content, ui.Para("Put this server’s own address in the place of "+unknownServer+"; of several servers, all."))
	}
	return content
}

func bindZone(zone, key, secret, address, port string) string {
	return fmt.Sprintf("key %[2]q { algorithm %[6]s; secret %[3]q; };\nzone %[1]q {\n\ttype secondary;\n\tprimaries { %[4]s port %[5]s key %[2]q; };\n\tfile %[1]q;\n};\n",
		zone, key, secret, address, port, enforce.ZoneAlgorithm)
}

func (p Pages) unbound(z *enforce.Zone, s enforce.ZoneSecrets) []ui.Component {
	content := []ui.Component{
		ui.Para("In unbound.conf, or a file of its own in unbound.conf.d:"),
		lines(unboundZone(z.Name, p.address(s))),
		ui.Para("Then run unbound-control reload. It fetches the zone anew every five minutes; where this server may tell it of changes, name its address above as one that is told without a key, and add this server’s address below url as allow-notify."),
		ui.Para("Unbound before 1.20 does not pass networks: say there, by access-control-tag, who is to be answered by the zone."),
	}
	return content
}

func unboundZone(zone, address string) string {
	return fmt.Sprintf("server:\n\tmodule-config: \"respip validator iterator\"\n\ttls-cert-bundle: \"/etc/ssl/certs/ca-certificates.crt\"\nrpz:\n\tname: %[1]q\n\turl: %[2]q\n\tzonefile: %[3]q\n", zone, address, zone+".zone")
}

func (p Pages) knot(z *enforce.Zone, s enforce.ZoneSecrets) []ui.Component {
	file := "/var/lib/knot-resolver/" + z.Name + ".zone"
	return []ui.Component{
		ui.Para("Knot Resolver reads a file. Fetch it every five minutes, with lines such as these in a script that cron or a systemd timer runs as the resolver’s own user:"),
		lines(knotFetch(file, p.address(s))),
		ui.Para("In kresd.conf, of version 5:"),
		lines(fmt.Sprintf("policy.add(policy.rpz(policy.DENY, '%s', true))", file)),
		ui.Para("It looks by itself whether the file has changed, for which it needs the package lua-cqueues. Version 6 names the same file in config.yaml, below local-data and rpz."),
		ui.Para("It passes no networks: by its views, have those alone answered by the zone who are to be."),
	}
}

// knotFetch replaces the file only by a whole one. The address goes by standard input, where other users do not see it.
func knotFetch(file, address string) string {
	return fmt.Sprintf("#!/bin/sh\nset -e\numask 077\ncurl --fail --silent --show-error --config - <<'END'\nurl = %q\noutput = %q\nEND\nmv %s %s\n", address, file+".new", file+".new", file)
}
