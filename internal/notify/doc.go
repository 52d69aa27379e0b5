// Package notify carries notices to people. A notice says that something waits
// for a person, and where; what it is about it says only as far as the person chose.
//
// What it promises:
//
//   - Send belongs to the transaction of its caller: the notice goes out if and
//     only if the transaction commits.
//   - A notice with the same id is sent once, however often Send is called. On the
//     wire a message may come twice after a crash, then with the same Message-ID.
//   - A channel that is away delays notices and loses none. A server that answers
//     "later" is asked again, with pauses that grow, for about four days.
//   - A notice that nobody gets on one channel goes on to the next that its person has, and an
//     address at which there is nobody is not used again. Who has no way left is no secret: the
//     delivery says so, and that of a document ([Notice.Serves]) says it to the officer.
//   - What a person is told of one event within a short while is one message ([Notice.Event]).
//   - A letter is handed over to be printed once, with the documents that it delivers. What the post says of it
//     is written down once: a day of delivery stands.
//   - Urgent notices go before normal ones and those before bulk, and no batch is longer than
//     [Turn] and one message.
//   - A mailing can be ended without signing in, by a form or by the program of who reads it
//     (RFC 8058), and never by a GET.
//   - Where people can be reached stands in one table of this room and nowhere
//     else, neither in other tables nor in the log.
//   - Where a mailbox takes answers ([Courier.TakeAnswers]), a message that comes back is
//     failed by then, and says why; one that is late says so.
//
// What does not hold: that a message was read, or even arrived. "Sent" says that our
// mail server, the operator of phones or the folder of the printing house took it and that nothing has come back. When a document was delivered is another
// question, see [Served].
package notify
