package pages

import (
	"fmt"
	"html/template"
	"strings"

	"rsc.io/qr"
)

// quiet is the empty border of a QR code in modules (ISO/IEC 18004, 5.3.8).
const quiet = 4

// qrSVG draws text as a QR code. Each row of a run of dark modules is one
// stroke, which keeps the page small; the colours are fixed, because readers
// need dark on light in dark mode too.
func qrSVG(text, says string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("qr code: %w", err)
	}
	side := code.Size + 2*quiet
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="qr" viewBox="0 0 %d %d" role="img" aria-label="%s" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path stroke="#000" d="`,
		side, side, template.HTMLEscapeString(says), side, side)
	for y := range code.Size {
		drawRow(&b, code, y)
	}
	b.WriteString(`"/></svg>`)
	return template.HTML(b.String()), nil //nolint:gosec // numbers and one escaped sentence
}

func drawRow(b *strings.Builder, code *qr.Code, y int) {
	for x := 0; x < code.Size; x++ {
		run := 0
		for code.Black(x+run, y) {
			run++
		}
		if run > 0 {
			fmt.Fprintf(b, "M%d %d.5h%d", x+quiet, y+quiet, run)
			x += run
		}
	}
}
