// Package births is the demonstration civil register of births.
//
// What it promises:
//
//   - A birth is recorded by a registrar, person or system, through one function
//     with one set of checks. What is wrong is said all at once, field by field.
//   - The birth and its event rs.births.registered become durable together. The
//     event names the birth by a reference that says nothing, and the
//     municipality that should look at it; nothing else.
//   - A form that is sent twice records one birth and publishes one event.
//   - What is likely the same birth once more, or too near another of the mother,
//     is recorded only when a registrar says what was checked; the words stay with
//     the entry.
//   - The order of birth is counted by the register whenever it is asked, by day
//     and hour of birth and not by when a child was entered. Where it is not known
//     or not sure it is absent, and what hangs on it goes to a person; it stays so
//     for later children until a registrar states it.
//   - Parents are not typed but found: an entry names them by handles, sealed by
//     this register from an answer of the residence register, for one registrar
//     and half an hour.
//
// The room owns the table civil_births.
package births
