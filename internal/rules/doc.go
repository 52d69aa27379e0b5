// Package rules gives the rules of a pack their meaning.
//
// A rule is a list of conditions in CEL, the Common Expression Language, over
// facts that registers answer, and a plan of payments from dated parameters. It
// promises:
//
//   - Three values. An outcome is yes, no or unknown, by Kleene's logic over all
//     conditions; unknown names exactly the facts that are missing and could
//     still change it. A yes has every fact it needs and an amount above zero.
//   - Reasons. Every condition leaves a step with its provision, the facts it
//     used and a sentence for a parent, in Serbian and English.
//   - The same again. The same rule with the same facts gives the same outcome,
//     bit by bit, on every machine. A [Record] holds all that is needed to do it
//     offline years later.
//   - Bounded work. Expressions are type-checked and their cost is limited; a
//     condition that cannot be computed is unknown and goes to a person.
//
// It does not promise that the facts are true: an outcome is as good as what the
// registers answered, and a correction there asks for a new decision. Nor does it
// refuse anybody anything: a no is for a person to look at.
//
// A compiled [Rule] is immutable and safe for concurrent use. Compiling costs
// about a millisecond, deciding some microseconds: keep the rule for the days
// it is in force.
package rules
