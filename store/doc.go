// Package store keeps what the rooms know: it opens a database, runs transactions, and owns what
// every room inherits from them — one fixed time a transaction, migrations, the generation, leases
// and due work, backup and restore.
//
// There are two engines, SQLite for one server and PostgreSQL for many, and one SQL text for both:
// no dialect, no generated queries. A room writes its SQL in its own sql.go, in functions that take
// a *Tx, and its tables in its Schema. What the text may use is what both engines have:
//
//   - parameters $1 … $n, numbered in the order of their first use;
//   - ids made by the application, text that sorts; times as Time, never a bare time.Time;
//   - CAST(x AS t), and no ANY($1), ILIKE, INTERVAL, now(), trigger or identity column.
//
// A transaction is a function, and may be run more than once: PostgreSQL runs at SERIALIZABLE and
// refuses what it cannot put in an order, and then the function runs again, from its beginning. It
// must have no effect but through its Tx. On SQLite one writer runs at a time, and readers beside it
// see the database as it was when they began.
//
// Tables: store_schema, store_generation, store_lease, store_due. No ledger entries: this room
// decides nothing. It imports no other room.
package store
