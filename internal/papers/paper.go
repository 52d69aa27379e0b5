package papers

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"dobosh/internal/kit/lang"
)

// Paper is what a decision says, in the language of its reader. Empty parts
// are left out.
type Paper struct {
	Title   string    // what it is about: "Parental allowance"
	Body    string    // who decided
	By      string    // how: "made by rule", or the office of the person who decided
	Party   string    // who is told; empty where whoever takes it is somebody else
	About   string    // whom it is for
	Verdict string    // the operative part in one sentence
	Amount  string    // all together, large: "300.000 RSD"
	Plan    []Line    // what is paid, and when
	Reasons []Reason  //
	Affirms []string  // what the person stated by accepting
	Remedy  string    // how to appeal
	Code    string    // of the decision, for people
	URL     string    // where the code is verified; also in the QR code
	MadeAt  time.Time // an instant; shown as a day in Belgrade
	Notice  string    // stands on every sheet, for example that these are demonstration data
}

// Line is one part of the plan.
type Line struct {
	What   string
	Amount string
	Cite   string // the provision
}

// Reason is one condition with its provision and who said so.
type Reason struct {
	Says     string
	Cite     string
	Register string
}

// Bounds of a paper.
const (
	MaxText  = 64 << 10 // bytes of all texts together
	MaxParts = 200      // lines, reasons and statements together
	maxURL   = 300      // bytes; more would make the code too fine for a phone to read
)

// The ways in which a paper can be wrong.
var (
	ErrTooLong    = errors.New("the decision is too long for paper")
	ErrIncomplete = errors.New("a decision on paper has a title, a body, a code, an address and an instant")
)

// Render writes the paper as PDF, A4, usually under 60 kB.
func Render(w io.Writer, p Paper, tag lang.Tag) error {
	if err := p.check(); err != nil {
		return err
	}
	// The number of sheets stands on each of them, so the first setting counts and the second is kept.
	first, err := set(p, tag, 0)
	if err != nil {
		return fmt.Errorf("set paper: %w", err)
	}
	second, err := set(p, tag, first.pdf.PageCount())
	if err != nil {
		return fmt.Errorf("set paper: %w", err)
	}
	if err := second.pdf.Output(w); err != nil {
		return fmt.Errorf("write paper: %w", err)
	}
	return nil
}

func (p Paper) check() error {
	texts := slices.Concat([]string{p.Title, p.Body, p.By, p.Party, p.About, p.Verdict, p.Amount, p.Remedy, p.Code, p.URL, p.Notice}, p.Affirms)
	for _, l := range p.Plan {
		texts = append(texts, l.What, l.Amount, l.Cite)
	}
	for _, r := range p.Reasons {
		texts = append(texts, r.Says, r.Cite, r.Register)
	}
	size := 0
	for _, s := range texts {
		size += len(s)
	}
	switch {
	case size > MaxText, len(p.Plan)+len(p.Reasons)+len(p.Affirms) > MaxParts, len(p.URL) > maxURL:
		return ErrTooLong
	case p.Title == "" || p.Body == "" || p.Code == "" || p.URL == "" || p.MadeAt.IsZero():
		return ErrIncomplete
	}
	return nil
}
