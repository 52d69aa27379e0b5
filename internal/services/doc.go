// Package services serves people before they ask. An event becomes an
// assessment, an assessment an offer, an offer, with one tap, a decision, and
// a decision a payment.
//
// The room promises:
//
//   - One matter, whatever and however often tells of it, gives one case and one assessment
//     per public service, and one assessment at most one offer; an offer that is accepted gives exactly one
//     decision, however often the button is pressed and whatever process dies.
//   - Nothing is asked of a register that the rule does not need, and nothing
//     more once the outcome is certain. A register that is away delays an
//     assessment and loses nothing; what was learned is not asked again.
//   - A favourable outcome may be the machine's. A fact that nobody knows, a
//     wish for a person, and every refusal go to an officer.
//   - Whoever objected is not considered again.
//   - What an officer sees about a person leaves a receipt first; their lists
//     name nobody. Nobody decides in their own matter.
//   - Money takes two hands: who lays a file of payments out does not release it, and
//     preparing, releasing and each download stand in the journal with who did it.
//   - What came back from the journal after the database was lost is not paid a second
//     time: what the journal says was released is, and of what it cannot tell somebody
//     asks the bank first. What a file pays stands there before its content leaves.
//   - What was decided is read, proved and given out by every node of the member,
//     whichever of their journals holds it, and when that journal is gone.
//   - A decision carries the rule, the parameters, the facts with their
//     receipts and the trace, so that anyone can check it offline years later.
//
// What does not hold: whoever has no address learns of an offer only by signing in.
// A decision stands before it is sealed; for as long as the journal is away its page
// says so and there is no file of it. An offer shows the law of the day on which it
// was made; a changed pack is noticed when somebody accepts. What a bank did with a
// released file does not come back. A content that is erased in the journal is still kept beside
// its decision until that row goes.
//
// Persons are named by the pseudonym of the public service's sector. The room
// owns the tables services_*; it listens to the events that public services
// name and publishes services.offer.made, services.offer.accepted and
// services.decision.made.
package services
