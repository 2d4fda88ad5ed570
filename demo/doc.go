// Package demo owns the fictional government that a demonstration server starts with: the Republic
// of Merrow, which is on no map. Its forty bodies, their rules, people, devices and equipment are
// made from tables in this package and from the starter catalogue.
//
// The story that it tells is in README.md, and in Look and Faces in a sentence each: Umberfell Group
// is banned nowhere yet, and is in more places than anybody would think to look.
//
// What its tests hold:
//
//   - the same time gives the same government; every date in it lies as far from that time as on any
//     other day, so that what is to lapse within days always is;
//   - the world is valid, a world file holds it, and so are all its hosts;
//   - every verdict occurs, and about 97 in 100 installations are allowed;
//   - bans, phase-outs and what goes with them are against invented makers alone. Real apps and
//     their makers stand on allow lists and on devices, and nowhere else;
//   - what has a mail address has it under .example (RFC 2606, section 2), and so have identifiers of
//     invented apps, read from the right.
//
// It draws by its own generator and reads no clock. Only a command calls it, in its demonstration.
// world.yaml, hosts.yaml and the inventories are those of the demonstration in a terminal: the same
// country, in a former year and much smaller.
package demo
