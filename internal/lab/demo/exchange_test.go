package demo_test

import (
	"fmt"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/testkit/browser"
)

// TestExchangeStory plays what institutions do with each other, after a birth
// has made them ask: whoever runs the node sees how it is and finds the exchange;
// an auditor takes its evidence, which is a look that the mother sees.
func TestExchangeStory(t *testing.T) {
	b := browser.Start(t)
	for _, tag := range lang.Tags() {
		t.Run(fmt.Sprint(tag), func(t *testing.T) {
			t.Parallel()
			s := begin(t, b, tag, tag == lang.SrLatn) // one telling is without scripts
			s.recordBirths()
			s.operator()
			s.auditor()
			s.end()
		})
	}
}
