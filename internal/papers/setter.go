package papers

import (
	"fmt"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationsansregular"
	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifregular"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
)

// The sheet, in millimetres: A4 with margins for a thumb and a folder.
const (
	sheetWidth, sheetHeight = 210.0, 297.0
	left, right             = 32.0, 28.0
	top, bottom             = 24.0, 34.0
	measure                 = sheetWidth - left - right
	hang                    = 7.0 // how far numerals stand out into the margin
)

// setter sets one paper from top to bottom. It belongs to one Render.
type setter struct {
	pdf    *fpdf.Fpdf
	paper  Paper
	tag    lang.Tag
	sheets int // how many there are; 0 while they are counted
	y      float64
	foot   string // of each sheet; empty for where the original is
	err    error
}

func newSetter(p Paper, tag lang.Tag, sheets int) *setter {
	return &setter{pdf: fpdf.New("P", "mm", "A4", ""), paper: p, tag: tag, sheets: sheets}
}

// set sets a whole paper, in the order in which it is read.
func set(p Paper, tag lang.Tag, sheets int) (*setter, error) {
	s := newSetter(p, tag, sheets)
	s.properties()
	s.sheet()

	s.flow(small(), p.Body)
	s.y += 2
	s.flow(title(), p.Title)
	s.y += 1
	if p.Party != "" {
		s.flow(lead(), s.say("party")+": "+p.Party)
	}
	s.flow(lead(), p.About)
	s.y += 4
	s.line(s.y)
	s.y += 5
	s.flow(lead(), p.Verdict)
	if p.Amount != "" {
		s.y += 2
		s.flow(amount(), p.Amount)
	}

	if len(p.Plan) > 0 {
		s.heading(s.say("plan"))
	}
	for _, l := range p.Plan {
		s.need(said().leading + small().leading)
		sum := clean(l.Amount)
		w := s.width(strong(), sum)
		s.at(strong(), sheetWidth-right-w, s.y, sum)
		s.y = s.lines(said(), left, s.y, measure-w-4, l.What)
		s.flow(small(), l.Cite)
		s.y += 1.5
	}

	if len(p.Reasons) > 0 {
		s.heading(s.say("reasons"))
	}
	for i, r := range p.Reasons {
		s.item(fmt.Sprint(i+1), r.Says, join(r.Cite, r.Register))
	}
	if len(p.Affirms) > 0 {
		s.heading(s.say("affirms"))
	}
	for _, text := range p.Affirms {
		s.item("–", text, "")
	}
	if p.Remedy != "" {
		s.heading(s.say("remedy"))
		s.flow(said(), p.Remedy)
	}
	s.verification()
	if err := s.pdf.Error(); err != nil {
		return nil, err
	}
	return s, s.err
}

// properties are the same for the same paper, whenever it is set, and name
// nobody.
func (s *setter) properties() {
	s.pdf.SetMargins(left, top, right)
	s.pdf.SetAutoPageBreak(false, 0)
	s.pdf.SetCellMargin(0)
	s.pdf.SetCatalogSort(true)
	s.pdf.SetCreationDate(s.paper.MadeAt.UTC())
	s.pdf.SetModificationDate(s.paper.MadeAt.UTC())
	s.pdf.SetProducer("Dobosh", true)
	s.pdf.SetTitle(clean(s.say("decision")+": "+s.paper.Title), true)
	s.pdf.SetAuthor(clean(s.paper.Body), true)
	s.pdf.SetSubject(clean(s.say("code")+" "+s.paper.Code), true)
	s.pdf.SetLang(string(s.tag))
	s.pdf.AddUTF8FontFromBytes("serif", "", liberationserifregular.TTF)
	s.pdf.AddUTF8FontFromBytes("serif", "B", liberationserifbold.TTF)
	s.pdf.AddUTF8FontFromBytes("sans", "", liberationsansregular.TTF)
}

// say gives a label of the form.
func (s *setter) say(label string, pairs ...string) string {
	return labels().Say(s.tag, "paper."+label, pairs...)
}

// sheet begins a sheet, with what stands on each of them.
func (s *setter) sheet() {
	s.pdf.AddPage()
	s.weave(12)
	s.y = top
	if s.paper.Notice != "" {
		s.y = s.lines(label(), left, 17.5, measure, s.paper.Notice) + 4
	}
	foot := sheetHeight - bottom + 8
	s.line(foot)
	record := s.foot
	if record == "" {
		record = s.say("record", "url", clean(s.paper.URL))
	}
	s.lines(small(), left, foot+1.5, measure-22, record)
	of := fmt.Sprintf("%d/%d", s.pdf.PageNo(), s.sheets)
	s.at(small(), sheetWidth-right-s.width(small(), of), foot+1.5, of)
}

// need begins a new sheet when less than height is left on this one.
func (s *setter) need(height float64) {
	if s.y+height > sheetHeight-bottom {
		s.sheet()
	}
}

// verification is the last part and stays in one piece: the code as a picture, and
// beside it the same in letters.
func (s *setter) verification() {
	const size = 32.0
	s.y += 8
	s.need(size + 4)
	s.square(left, s.y, size)
	x, y := left+size+7, s.y
	w := measure - size - 7
	made := lang.Day(civil.Of(s.paper.MadeAt), s.tag)
	y = s.lines(small(), x, y, w, join(s.say("made")+" "+made, s.paper.By)) + 1.5
	y = s.lines(small(), x, y, w, s.say("code"))
	y = s.lines(code(), x, y, w, s.paper.Code) + 1.5
	y = s.lines(small(), x, y, w, s.paper.URL) + 1.5
	y = s.lines(small(), x, y, w, s.say("check"))
	s.y = max(y, s.y+size)
}

func join(parts ...string) string {
	var some []string
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, " · ")
}

// heading keeps with at least two lines of what follows.
func (s *setter) heading(text string) {
	s.y += 7
	s.need(label().leading + 3*said().leading)
	s.flow(label(), text)
	s.y += 1
}

// item is a text with a mark in the margin and its source below.
func (s *setter) item(mark, text, source string) {
	s.need(2*said().leading + small().leading)
	s.at(numeral(), left-hang, s.y, mark)
	s.flow(said(), text)
	s.flow(small(), source)
	s.y += 1.5
}

// flow sets a text of any length down the sheet and over to the next.
func (s *setter) flow(st style, text string) {
	for _, line := range s.wrap(st, clean(text), measure) {
		s.need(st.leading)
		s.at(st, left, s.y, line)
		s.y += st.leading
	}
}

// lines sets a short text in a column and returns where it ends. It does not
// turn the sheet.
func (s *setter) lines(st style, x, y, width float64, text string) float64 {
	for _, line := range s.wrap(st, clean(text), width) {
		s.at(st, x, y, line)
		y += st.leading
	}
	return y
}
