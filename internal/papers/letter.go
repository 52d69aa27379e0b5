package papers

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
)

// Letter is a sheet that goes by post, in the language of its reader. The address stands where DIN 5008:2020
// has it in form B: in a field of 85 × 45 mm, 20 mm from the left and 45 mm from the top, so that it is read
// through the window of 90 × 45 mm of an envelope DL or C6/5 folded twice (DIN 680), or C5 folded once. Nothing
// else stands there.
type Letter struct {
	Sender  string    // in small letters above the address: where the post takes it back to
	To      []string  // the lines of the address
	Subject string    //
	Text    string    // paragraphs
	URL     string    // where to go on; also in the QR code
	Number  string    // by which the post tells what became of it
	Day     time.Time // an instant; shown as a day in Belgrade
	Notice  string    // stands on every sheet, for example that this is a demonstration
}

// The window, in millimetres: where what is read through it begins and ends.
const (
	windowLeft, windowTop     = 20.0, 45.0
	windowWidth, windowHeight = 85.0, 45.0
	windowInset               = 5.0  // of the text, from the edge of the field
	windowReturn              = 17.7 // the zone of the sender and of marks of the post
	firstFold, secondFold     = 105.0, 210.0
	letterText                = 103.4 // from where on the letter itself stands
	MostLines                 = 6     // of an address
	longestLine               = 60    // characters of a line of an address
)

// ErrAddress says that an address does not fit into the window.
var ErrAddress = errors.New("a letter has one to six lines of address, each as wide as its window")

// RenderLetter writes the letter as PDF, A4, and says how many sheets it has.
func RenderLetter(w io.Writer, l Letter, tag lang.Tag) (sheets int, err error) {
	p := Paper{Title: l.Subject, Body: l.Sender, About: l.Text, Code: l.Number, URL: l.URL, MadeAt: l.Day, Notice: l.Notice, Reasons: make([]Reason, len(l.To))}
	if err := p.check(); err != nil {
		return 0, err
	}
	first, err := setLetter(l, p, tag, 0)
	if err != nil {
		return 0, fmt.Errorf("set letter: %w", err)
	}
	sheets = first.pdf.PageCount()
	second, err := setLetter(l, p, tag, sheets)
	if err != nil {
		return 0, fmt.Errorf("set letter: %w", err)
	}
	if err := second.pdf.Output(w); err != nil {
		return 0, fmt.Errorf("write letter: %w", err)
	}
	return sheets, nil
}

func setLetter(l Letter, p Paper, tag lang.Tag, sheets int) (*setter, error) {
	s := newSetter(p, tag, sheets)
	s.foot = s.say("letter", "number", l.Number)
	s.properties()
	s.pdf.SetTitle(clean(l.Subject), true)
	s.pdf.SetSubject(clean(l.Number), true)
	s.sheet()
	if err := s.address(l); err != nil {
		return nil, err
	}
	c := rule()
	s.pdf.SetDrawColor(c.r, c.g, c.b)
	for _, y := range []float64{firstFold, secondFold} {
		s.pdf.Line(4, y, 8, y)
	}

	s.y = letterText - 8
	day := lang.Day(civil.Of(l.Day), tag)
	s.at(small(), sheetWidth-right-s.width(small(), day), s.y, day)
	s.y = letterText
	s.flow(subject(), l.Subject)
	s.y += 3
	for paragraph := range strings.SplitSeq(l.Text, "\n") {
		if strings.TrimSpace(paragraph) == "" {
			s.y += 2.5
			continue
		}
		s.flow(said(), paragraph)
	}
	const size = 26.0
	s.y += 8
	s.need(size + 4)
	s.square(left, s.y, size)
	y := s.lines(small(), left+size+6, s.y, measure-size-6, s.say("letter-go")) + 1
	s.lines(said(), left+size+6, y, measure-size-6, l.URL)
	s.y += size
	return s, cmp.Or(s.pdf.Error(), s.err)
}

// address sets what is read through the window.
func (s *setter) address(l Letter) error {
	x, wide := windowLeft+windowInset, windowWidth-windowInset
	if len(l.To) == 0 || len(l.To) > MostLines {
		return ErrAddress
	}
	y := windowTop + windowReturn - small().leading - 1
	if s.width(small(), clean(l.Sender)) <= wide {
		s.at(small(), x, y, clean(l.Sender))
	} else { // two lines above
		s.lines(small(), x, y-small().leading, wide, l.Sender)
	}
	y = windowTop + windowReturn
	for _, line := range l.To {
		st := said()
		if st.leading = (windowHeight - windowReturn) / MostLines; len([]rune(line)) > longestLine {
			return ErrAddress
		}
		for text := clean(line); s.width(st, text) > wide; st.size -= 0.5 {
			if st.size < 8 {
				return ErrAddress
			}
		}
		s.at(st, x, y, clean(line))
		y += st.leading
	}
	return nil
}
