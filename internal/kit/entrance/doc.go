// Package entrance says who comes in at a listener, and how many: connections,
// requests, names and web pages, before anybody has said who they are.
//
// What it promises:
//
//   - A [Listener] never holds more connections than its [Budget] says, in all and of one
//     address; the addresses of one IPv6 network of 64 bits are one address. Who comes
//     when it is full takes the place of the connection that has waited longest without
//     asking anything: one that was just opened, that sends its head slowly, or that was
//     kept alive. Where every connection is being answered, the newcomer is told to come
//     later and goes.
//   - A [Rate] keeps what one key may do within a time, in bounded memory.
//   - [Hosts] knows by which names a listener is reached; a name that somebody else has
//     pointed here is none of them.
//
// What it does not promise: that whoever has thousands of addresses gets less than
// everybody else together. They drive out what waits, not what is being answered, and
// never a descriptor that the stores need.
package entrance
