// Package events carries what happened from the institution that knows it to
// those that may know it, under the contracts that both signed.
//
// The room promises:
//
//   - Signed: a page of events is in its provider's journal before it leaves and
//     travels with its stamp; the follower checks the stamp against the key in the
//     registry, keeps page and stamp in its own journal, and takes in nothing else.
//   - Agreed: only events leave, and are taken in, that the contract gives: of its
//     types, of the provider's own making, of its area, while contract and
//     provision are in force. They name no person; national numbers are refused
//     where events are published.
//   - The same from every node of a member: they share a stream, subscriptions, and
//     what is followed. One of them follows others and calls webhooks; another goes
//     on where it ended.
//   - At least once and in order, for each contract and each node of its provider:
//     the place reached is durable after the events are. A node that was away
//     catches up in large pages, turn by turn with its other contracts. The same
//     event has the same source and id, whenever it comes.
//   - What the own stream has lost in the middle is fetched again, with the page that
//     it came with; of a stream that was lost as a whole all pages.
//   - What can no longer be had is a hole that the operator sees, with the instant
//     from which on everything is there; it is never passed over in silence.
//   - An information system reads at its own pace, or is called. Each subscription
//     has a place, a worker, retries and a list of dead letters of its own: a
//     subscriber that is dead slows no other. While an event is tried again the
//     ones behind it wait, so that order holds until it is put aside.
//   - A webhook leads only to hosts that the operator named, and is signed
//     (Standard Webhooks 1.0.0).
//
// The formats are in docs/spec/exchange.md, section 5. The room owns the tables
// exchange_followed, exchange_pages, exchange_holes, exchange_published and
// exchange_subscriptions. Dead letters are jobs of the node, put aside.
package events
