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
//   - A refusal says who has to act: the asker, the provider, or the information
//     system behind the provider.
//
// What it does not promise:
//
//   - A request is put to the information system at most once, not exactly once.
//     Where a node or a line breaks after the request has left, the asker cannot
//     know whether it was handled, and is told so by node-away or node-slow; whoever
//     asks again with another id may act twice.
//   - A refusal from before the request was proved (clocks that differ, a stamp that
//     does not fit) stands in no journal of the provider, and proves nothing.
//   - The asker's own note of a response is written behind its back: a crash in that
//     moment loses the note. The provider's entry stands.
//   - Proof is of what the provider's node said, not of what its information system
//     meant; nor of the durations that travel beside a response.
//   - A rate begins anew with the process, and each node of a member has its own. So do
//     quotas and the memory of ids where a member has one node; several on one
//     database have them together, as package turnstile says. They hold back what
//     runs wild; they are no account.
//   - Memory that a contract's fields are sorted in is bounded (maxDocument), so a
//     document beyond it does not leave, whatever the contract allows.
//
// The story at the asker's side is [Gateway.Ask], that at the provider's is
// Gateway.serve; each is read from top to bottom.
//
// To information systems it speaks in package edge, X-Road's REST interface.
// Between nodes it speaks the protocol of docs/spec/exchange.md.
//
// The room owns the tables exchange_*.
package exchange
