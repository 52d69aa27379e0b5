// Package letter reads mail that comes in, from whoever sends it, and says what it is.
//
// What it promises:
//
//   - Every sequence of bytes is a letter: nothing makes [Read] fail but the source and
//     whoever keeps the attachments. What was damaged, or left out for a bound, is said
//     in Letter.Flaws.
//   - Memory is bounded by [Limits], not by the mail: attachments are streams, and their
//     type is what their bytes say.
//   - Text is valid UTF-8 without control characters, whatever the label of its charset
//     said; of HTML only the text is taken, nothing is fetched or run.
//   - New text is apart from what is quoted of earlier mail and from the signature.
//     Where it cannot be told which is which, all of it is new text.
//   - A letter is that of a person only where no sign says otherwise. A sign that may be
//     wrong makes it [Unsure], which is for a person to say.
//
// What it does not promise: that the sender is who the mail says. And no separation of
// quoted text is right for every program: whoever needs the rest has the original.
//
// The reader is our own: go-message sets no bound to the header of a part, net/textproto
// and it end at a malformed line, and enmime keeps all of a mail in memory.
package letter
