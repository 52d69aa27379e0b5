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
//   - The order of birth is counted by the register. Where it cannot be known it
//     is absent, and stays so for later children until a registrar states it.
//   - Parents are not typed but found: an entry names them by handles, sealed by
//     this register from an answer of the residence register, for one registrar
//     and half an hour.
//
// The room owns the table civil_births.
package births
