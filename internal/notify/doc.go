// Package notify carries notices to people. A notice says that something waits
// for a person, and where; it never says what.
//
// What it promises:
//
//   - Send belongs to the transaction of its caller: the notice goes out if and
//     only if the transaction commits.
//   - A notice with the same id is sent once, however often Send is called. On the
//     wire a message may come twice after a crash, then with the same Message-ID.
//   - A mail server that is away delays messages and loses none. One that answers
//     "later" is asked again, with pauses that grow, for about four days.
//   - Where people can be reached stands in one table of this room and nowhere
//     else, neither in other tables nor in the log.
//   - Where a mailbox takes answers ([Courier.TakeAnswers]), a message that comes back is
//     failed by then, and says why; one that is late says so.
//
// What does not hold: that a message was read, or even arrived. "Sent" says that our
// mail server took it and that nothing has come back. E-mail is the only channel, and who
// has no address is not told here at all.
//
// Urgent notices go before normal ones and those before bulk.
package notify
