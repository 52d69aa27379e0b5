// Package exchange carries requests and responses between institutions, and
// the news that one of them has for the others.
//
// The room promises:
//
//   - Nobody is asked, and nobody answers, without a [registry.Contract] that
//     both members signed, whose provision is in force, and which covers the
//     method and the path. Fields that were not agreed do not leave.
//   - A request is durable in the asker's journal before it leaves; the
//     request and its response are durable in the provider's journal before the
//     answer leaves. Each travels with the proof that it is in its sender's
//     log, and each side refuses a message without one. So no response exists
//     without a receipt.
//   - The two nodes know each other by the keys in the registry, over mutual
//     TLS 1.3, and by nothing else.
//   - A refusal says whose turn it is: the asker's, the provider's, or that of
//     the information system behind the provider.
//
// To information systems it speaks in package edge, X-Road's REST interface.
// Between nodes it speaks the protocol of docs/spec/exchange.md.
//
// The room owns the tables exchange_*.
package exchange
