package papers

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

func (s *setter) use(st style) {
	s.pdf.SetFont(st.family, st.weight, st.size)
	s.pdf.SetTextColor(st.ink.r, st.ink.g, st.ink.b)
}

// at sets one line with its top at y. The baseline lies where the capitals of
// the line stand in the middle of its leading.
func (s *setter) at(st style, x, y float64, text string) {
	const point, capital = 25.4 / 72, 0.66
	s.use(st)
	s.pdf.Text(x, y+(st.leading+capital*st.size*point)/2, text)
}

func (s *setter) width(st style, text string) float64 {
	s.use(st)
	return s.pdf.GetStringWidth(text)
}

// wrap breaks a clean text into lines at spaces, and a word that is wider than
// the line where it must.
func (s *setter) wrap(st style, text string, width float64) []string {
	if text == "" {
		return nil
	}
	s.use(st)
	var lines []string
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		if next := strings.TrimLeft(line+" "+word, " "); s.pdf.GetStringWidth(next) <= width {
			line = next
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		var full []string
		full, line = s.tear(word, width)
		lines = append(lines, full...)
	}
	return append(lines, line)
}

// tear cuts a word into pieces that fit; the last piece is the rest.
func (s *setter) tear(word string, width float64) (full []string, rest string) {
	for _, r := range word {
		if next := rest + string(r); s.pdf.GetStringWidth(next) > width && rest != "" {
			full = append(full, rest)
			rest = string(r)
		} else {
			rest = next
		}
	}
	return full, rest
}

func (s *setter) line(y float64) {
	c := rule()
	s.pdf.SetDrawColor(c.r, c.g, c.b)
	s.pdf.SetLineWidth(0.25)
	s.pdf.Line(left, y, sheetWidth-right, y)
}

// weave is the woven edge of the portal: a row of teeth over a line.
func (s *setter) weave(y float64) {
	const tooth, height, teeth = 2.5, 1.25, int(measure / 2.5)
	c := accent()
	s.pdf.SetFillColor(c.r, c.g, c.b)
	for i := range teeth {
		x := left + float64(i)*tooth
		s.pdf.MoveTo(x, y+height)
		s.pdf.LineTo(x+tooth/2, y)
		s.pdf.LineTo(x+tooth, y+height)
		s.pdf.ClosePath()
	}
	s.pdf.DrawPath("F")
	s.pdf.Rect(left, y+height+0.5, tooth*float64(teeth), 0.5, "F")
}

// square draws the address as a QR code (ISO/IEC 18004, level M) of vector
// squares. The white of the sheet around it is its quiet zone.
func (s *setter) square(x, y, size float64) {
	code, err := qr.Encode(s.paper.URL, qr.M)
	if err != nil {
		s.err = fmt.Errorf("code of the address: %w", err)
		return
	}
	c := black()
	s.pdf.SetFillColor(c.r, c.g, c.b)
	unit := size / float64(code.Size)
	for row := range code.Size {
		for col := 0; col < code.Size; {
			run := 0
			for code.Black(col+run, row) {
				run++
			}
			if run > 0 {
				s.pdf.Rect(x+float64(col)*unit, y+float64(row)*unit, float64(run)*unit, unit, "F")
			}
			col += run + 1
		}
	}
}
