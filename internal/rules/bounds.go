package rules

import (
	"fmt"
	"strings"

	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
)

// Bounds of a rule and of each of its expressions, for packs and for records that were
// written elsewhere. The rules of a state need some dozens of conditions of some dozens
// of characters; the price of reading CEL grows much faster than its length and its
// nesting.
const (
	maxExpression = 1000    // bytes
	maxNesting    = 12      // brackets and choices within each other
	maxParts      = 100     // conditions, payments, facts, parameters: of each
	maxSentence   = 4 << 10 // bytes, in each language
)

// unfit says why an expression is not read; nothing for one that is. It looks at the
// characters only, so that it costs what they do.
func unfit(when string) string {
	if len(when) > maxExpression {
		return fmt.Sprintf("an expression of %d bytes; at most %d", len(when), maxExpression)
	}
	depth, deepest, choices, run := 0, 0, 0, 0
	for _, c := range when {
		switch c {
		case '(', '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ')', ']', '}':
			depth--
		case '?':
			choices++
		}
		if c == '!' || c == '-' {
			run++
			deepest = max(deepest, run)
		} else if c != ' ' {
			run = 0
		}
	}
	if deepest = max(deepest, choices); deepest > maxNesting {
		return fmt.Sprintf("an expression nested %d deep; at most %d", deepest, maxNesting)
	}
	return ""
}

// tooMuch says which parts of a rule are more than the bounds allow.
func tooMuch(rule law.Rule) (found law.Findings) {
	for _, part := range []struct {
		what string
		n    int
	}{{"conditions", len(rule.Conditions)}, {"payments", len(rule.Plan)}, {"facts", len(rule.Facts)}, {"parameters", len(rule.Parameters)}} {
		if part.n > maxParts {
			found = append(found, law.Finding{At: rule.At, Says: fmt.Sprintf("rule %q has %d %s; at most %d", rule.ID, part.n, part.what, maxParts)})
		}
	}
	long := func(at law.Position, id string, texts ...lang.Text) {
		for _, text := range texts {
			for _, sentence := range text {
				if len(sentence) > maxSentence || strings.Count(sentence, "{") > maxParts {
					found = append(found, law.Finding{At: at, Says: fmt.Sprintf("a sentence of %q is longer than %d bytes or has more than %d places", id, maxSentence, maxParts)})
				}
			}
		}
	}
	for _, c := range rule.Conditions {
		long(c.At, c.ID, c.Yes, c.No, c.Unknown)
	}
	for _, pay := range rule.Plan {
		long(pay.At, pay.ID, pay.Says)
	}
	return found
}
