package contracts

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// table is a proposal as both sides see it, with the letters between them.
type table struct {
	sides map[Side]*seen
	law   string // the text that the registry holds
}

// seen is one side's copy: its proposal, the acts it knows and what it has
// sent and the other has not yet read.
type seen struct {
	Proposal
	steps []told
	out   []told
}

// told is an act with the text after it.
type told struct {
	n    int
	act  Act
	by   Side
	text string
}

func newTable() *table {
	first := told{1, Propose, Asker, "1"}
	open := Proposal{Author: Asker, State: Open, Version: 1, step: 1, text: "1"}
	return &table{sides: map[Side]*seen{Asker: {open, []told{first}, nil}, Provider: {open, []told{first}, nil}}}
}

// do lets a side act if it may; it reports whether it did.
func (b *table) do(by Side, act Act, text string) bool {
	s := b.sides[by]
	state, may := s.follows(act, by)
	if !may || act == Approve && s.State != Open {
		return false
	}
	s.Proposal = s.after(act, by, state, "")
	if act == Amend {
		s.text = text
	}
	t := told{s.step, act, by, s.text}
	s.steps, s.out = append(s.steps, t), append(s.out, t)
	return true
}

// read takes the oldest letter to a side in; keep leaves it to come again.
func (b *table) read(t *rapid.T, to Side, keep bool) {
	from := b.sides[to.Other()]
	if len(from.out) == 0 {
		return
	}
	letter, s := from.out[0], b.sides[to]
	if !keep {
		from.out = from.out[1:]
	}
	last := s.steps[len(s.steps)-1]
	mine := Step{}
	if last.by == to {
		mine = Step{N: last.n, Act: last.act, Side: last.by}
	}
	p := s.Proposal
	switch s.weigh(letter.n, letter.act, letter.by, mine) {
	case early, malformed:
		t.Fatalf("%s cannot take %+v in %+v", to, letter, s.Proposal)
	case known:
		return
	case undo:
		p = p.undone()
		s.steps = s.steps[:len(s.steps)-1]
		s.out = slices.DeleteFunc(s.out, func(o told) bool { return o.n == letter.n })
	}
	state, _ := p.follows(letter.act, letter.by)
	s.Proposal = p.after(letter.act, letter.by, state, "")
	s.text = letter.text
	s.steps = append(s.steps, letter)
}

// register lets the registry take a text that both signed, or both see it.
func (b *table) register() {
	for side, s := range b.sides {
		if s.State == Approved && s.respondent() == side {
			b.law = s.text
		}
	}
	for _, s := range b.sides {
		act := stand
		if s.State == InForce {
			act = stop
		}
		if (b.law == s.text) == (s.State == InForce) || s.State == Ended || s.State == Refused {
			continue
		}
		state, _ := s.follows(act, "")
		s.Proposal = s.after(act, "", state, "")
	}
}

// Whatever both sides do, in whatever order letters arrive and however often,
// they end with the same text in the same state, and what is in force was
// signed by both.
func TestBothSidesComeToTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newTable()
		acts := []Act{Amend, Approve, Refuse, Withdraw, Fail}
		for i := range rapid.IntRange(1, 40).Draw(t, "moves") {
			side := rapid.SampledFrom([]Side{Asker, Provider}).Draw(t, "side")
			switch rapid.IntRange(0, 5).Draw(t, "move") {
			case 0, 1:
				act := rapid.SampledFrom(acts).Draw(t, "act")
				if act == Fail && b.law != "" {
					continue // the registry does not both take a text and refuse it
				}
				b.do(side, act, string(rune('a'+i)))
			case 2:
				b.register()
			default:
				b.read(t, side, rapid.IntRange(0, 3).Draw(t, "again") == 0)
			}
		}
		for len(b.sides[Asker].out)+len(b.sides[Provider].out) > 0 {
			b.read(t, Asker, false)
			b.read(t, Provider, false)
		}
		b.register()
		b.register()
		a, p := b.sides[Asker], b.sides[Provider]
		if a.State != p.State || a.text != p.text || a.step != p.step || a.Author != p.Author {
			t.Fatalf("the asker has %s %q at %d, the provider %s %q at %d", a.State, a.text, a.step, p.State, p.text, p.step)
		}
		if a.State == Approved {
			t.Fatal("both signed and the registry did not hear of it")
		}
		if a.State == InForce && !slices.ContainsFunc(a.steps, func(s told) bool { return s.act == Approve && s.text == a.text }) {
			t.Fatal("in force without an approval")
		}
	})
}
