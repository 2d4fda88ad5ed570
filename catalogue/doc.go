// Package catalogue owns the starter catalogue: well-known apps and kits with the identifiers by
// which platforms know them, their makers, and who owns those makers and since when. It is a world
// file of suppliers and products alone, so that whoever adds organisations and rules can judge real
// devices within minutes.
//
// It is data. What its tests hold:
//
//   - it loads as a world file, and holds no organisation, rule, exemption or host;
//   - every fact in starter.yaml has a row in sources.csv, and every row but those that only inform
//     (a country, a maker that is not known) is a fact in starter.yaml;
//   - a fact that rests on fewer than two named public sources that do not depend on each other is
//     marked unverified;
//   - ids are lower-case words joined by hyphens, sorted, and do not change once published, since
//     people's rules name them; a text is in Unicode's composed form (NFC).
//
// SOURCES.md tells what is claimed and how it was checked. The catalogue imports no room and
// anyone may call it.
package catalogue
