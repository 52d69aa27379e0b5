// Package turnstile is what a provider remembers of those who ask: which requests were here,
// so that none is answered twice, and how many there were under each contract, so
// that none goes beyond its quota.
//
// What it promises, to a member whose nodes share one PostgreSQL database:
//
//   - A request that one of them took is refused by all. Of a quota of N there are N
//     answers on a day, whichever nodes are asked, and never one more.
//   - A node takes nothing in advance, so one that is killed holds nothing back.
//   - What a node counted while it was alone is in the database before a second one
//     takes its first request.
//   - A node that is alone, or on SQLite, remembers in its memory: a request costs it
//     no statement in the database. With others beside it, requests that come at
//     the same time share one write.
//
// What it does not promise:
//
//   - A node that is alone forgets with its process. What could be replayed then comes
//     over a connection of the same node, which may ask the same again anyway, and
//     is journaled again.
//   - While the database does not answer each node remembers and counts for itself, and
//     tells it to the others when the database is back: an exchange does not wait
//     for it. Between them the nodes may then have gone beyond a quota, and what was
//     replayed to another one was answered.
//   - Days of a quota are those of each node's clock.
//
// Whether a node is alone is known by a name that it holds in the database (see
// [storage.DB.Hold]), thus by a connection and not by a clock. Tables:
// exchange_asked, exchange_counted.
package turnstile
