package demo_test

import (
	"fmt"
	"testing"

	"dobosh/internal/kit/lang"
	"dobosh/internal/testkit/browser"
)

// TestStory plays the whole story as people do: a birth is recorded, word
// reaches the mother, she accepts with one tap, sees who looked at her data and
// asks why; an officer answers, settles what no register knows and pays; the
// supervisor looks on. In both scripts and English, on a phone, with scripts and
// without. Every page it passes is held to the rules of the house.
func TestStory(t *testing.T) {
	b := browser.Start(t)
	for i, tag := range lang.Tags() {
		for _, noScripts := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s,scripts=%v", tag, !noScripts), func(t *testing.T) {
				t.Parallel()
				s := begin(t, b, tag, noScripts)
				s.way = wayOut(i)
				s.recordBirths()
				s.readMail()
				s.parent()
				s.officer()
				s.supervisor()
				s.answered()
				s.end()
			})
		}
	}
}

// wayOut is what the mother does with the second offer.
type wayOut int

const (
	declines wayOut = iota
	objects
	asksForAPerson
)

// name is the end of the address, and the middle of the keys, of a way out.
func (w wayOut) name() string {
	return map[wayOut]string{declines: "decline", objects: "never", asksForAPerson: "person"}[w]
}

// link is the key of the link that leads to it.
func (w wayOut) link() string { return "offer." + w.name() }

// state is the key of what the offer says afterwards.
func (w wayOut) state() string {
	return map[wayOut]string{declines: "offer.state.declined", objects: "offer.state.objected", asksForAPerson: "offer.state.referred"}[w]
}
