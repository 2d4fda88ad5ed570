// Package linux reads what package managers of Linux list, and writes the rules of fapolicyd.
//
// Read is what they list on a terminal: the table of `dpkg -l`, and lines of package and version with a
// tab between, as `dpkg-query -W` writes them and `rpm -qa --queryformat '%{NAME}\t%{VERSION}-%{RELEASE}\n'`
// does. The forms are those of dpkg 1.10 to 1.22 (dpkg-query(1), src/query/main.c).
//
// Read are the package, its version and its state. The identifier is the package's name without the
// architecture (libacl1, not libacl1:amd64), the version is without the epoch. A package is installed in the states installed (i),
// triggers awaited (W) and triggers pending (t), whatever is wished for it; it is not in n and c: rc
// is removed, with its settings left. The states between (unpacked, half configured, half installed)
// are problems.
//
// dpkg fits the columns of its table to the longest entry where the output is no terminal, and cuts
// entries to columns of fixed proportion where it is one. The widths in the table's head tell the
// two apart. In a table that was cut, a name that fills its column may be the beginning of a longer
// one and identifies nothing: it stands as a name alone, with a problem, and the report is partial. A
// version that fills its column is left out, with a problem. Only a name that is followed by its
// architecture is known to be whole.
//
// What the forms cannot say: which device they are from; and, of lines without a state, which
// packages were removed with their settings left: dpkg-query -W lists those too. They count as
// installed, and one problem says so.
//
// Written are fapolicyd's rules (Write) and, beside them, what it is to trust (WriteTrust). Identify is the one place that knows by which identifiers fapolicyd
// can tell programs; names of packages are none.
package linux
