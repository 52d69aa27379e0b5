// Package mailsink is the mail server of the demonstration: it takes every message
// and delivers none, and shows them on a page instead, on which they can be answered, with the
// texts to phones and the letters that lie in folders beside it.
//
// What it promises: nothing leaves this machine but answers, which go to the one
// server that it was told ([Sink.AnswerAt]), memory is bounded (the newest
// 500 messages, each up to 256 KiB), and the page says that it is a
// demonstration. Whoever reaches the page reads all mail, so it belongs to a
// demonstration only.
package mailsink
