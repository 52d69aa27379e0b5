package letter

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// fromHTML gives the text of a page, up to so many bytes: what a person would read,
// quotations with "> " before each line, links with their address behind them. Nothing
// else of it is kept.
func fromHTML(page string, most int) string {
	text, whole := textOf(page, most, true)
	if !whole { // something hidden never ends: rather too much than too little
		text, _ = textOf(page, most, false)
	}
	return text
}

// textOf says too whether everything that is hidden by its style came to an end, where that is left out.
func textOf(page string, most int, leaveOut bool) (text string, whole bool) {
	tokens := html.NewTokenizer(strings.NewReader(page))
	tokens.SetMaxBuf(1 << 20)
	w := &textWriter{most: most}
	var hidden []atom.Atom // elements without text that are open, and those of their name within them
	styled := false        // the outermost of them is hidden by its style
	var quotes []int       // at which depth of div a quotation began; 0 for blockquote
	divs, address := 0, ""
	for len(w.text) < most {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			break // the end, or a token beyond all bounds
		}
		token := tokens.Token()
		name := token.DataAtom
		switch kind {
		case html.TextToken:
			if len(hidden) == 0 {
				w.words(token.Data)
			}
			continue
		case html.SelfClosingTagToken, html.StartTagToken:
			within := len(hidden) > 0 && hidden[len(hidden)-1] == name
			unseen := leaveOut && len(hidden) == 0 && unseen(token)
			if textless(name) || within || unseen {
				if kind == html.StartTagToken {
					hidden, styled = append(hidden, name), styled && len(hidden) > 0 || unseen
				}
				continue
			}
		case html.EndTagToken:
			if n := len(hidden); n > 0 {
				if hidden[n-1] == name {
					hidden = hidden[:n-1]
				}
				continue
			}
		default:
			continue
		}
		if len(hidden) > 0 {
			continue
		}
		begins := kind != html.EndTagToken
		switch name {
		case atom.Br:
			w.newline()
		case atom.Hr:
			w.block()
			w.words("________________________________")
			w.block()
		case atom.Li:
			if w.block(); begins {
				w.words("- ")
			}
		case atom.Td, atom.Th:
			w.words(" ")
		case atom.A:
			if begins {
				address = attribute(token, "href")
			} else {
				if strings.HasPrefix(address, "http") && len(address) <= 2000 && !bytes.HasSuffix(w.text, []byte(address)) {
					w.words(" <" + oneLine(address) + ">")
				}
				address = ""
			}
		case atom.Blockquote:
			w.block()
			if begins {
				quotes, w.depth = append(quotes, 0), w.depth+1
			} else if n := len(quotes); n > 0 && quotes[n-1] == 0 {
				quotes, w.depth = quotes[:n-1], w.depth-1
			}
			w.block()
		case atom.Div:
			w.block()
			if !begins {
				if n := len(quotes); n > 0 && quotes[n-1] == divs && divs > 0 {
					quotes, w.depth = quotes[:n-1], w.depth-1
				}
				divs = max(0, divs-1)
				continue
			}
			divs++
			if class := attribute(token, "class"); strings.Contains(class, "gmail_quote") || strings.Contains(class, "yahoo_quoted") {
				quotes, w.depth = append(quotes, divs), w.depth+1
			}
		case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul, atom.Ol, atom.Table, atom.Pre:
			w.block()
			w.gap = true
		case atom.Tr, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Body, atom.Dt, atom.Dd:
			w.block()
		}
	}
	return string(w.text), len(hidden) == 0 || !styled
}

// unseen reports whether the style of an element hides it from whoever reads.
func unseen(token html.Token) bool {
	switch token.DataAtom {
	case atom.Div, atom.Span, atom.P, atom.Font, atom.Table, atom.Tr, atom.Td, atom.B, atom.I:
	default: // others may have no end
		return false
	}
	style := strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, strings.ToLower(attribute(token, "style"))) + ";"
	for _, hides := range []string{"display:none", "visibility:hidden", "mso-hide:all", "font-size:0;", "font-size:0px", "font-size:0pt", "opacity:0;", "max-height:0"} {
		if strings.Contains(style, hides) {
			return true
		}
	}
	return false
}

func textless(name atom.Atom) bool {
	switch name {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Noscript, atom.Template, atom.Object, atom.Iframe, atom.Svg, atom.Textarea, atom.Select:
		return true
	}
	return false
}

func attribute(token html.Token, key string) string {
	for _, a := range token.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// textWriter writes words into lines.
type textWriter struct {
	text  []byte
	most  int
	depth int  // of quotations
	begun bool // the line has something
	blank bool // a blank is owed
	gap   bool // an empty line is owed
}

// words adds text in which blanks of any kind are one.
func (w *textWriter) words(s string) {
	for i, word := range strings.Fields(s) {
		if i > 0 || strings.ContainsAny(s[:1], " \t\r\n\u00a0") {
			w.blank = true
		}
		if !w.begun {
			if w.gap && len(w.text) > 0 {
				w.mark()
				w.text = append(w.text, '\n')
			}
			w.mark()
			w.begun, w.blank, w.gap = true, false, false
		}
		if w.blank {
			w.text = append(w.text, ' ')
		}
		w.text = append(w.text, word[:min(len(word), max(0, w.most-len(w.text)))]...)
		w.blank = false
	}
	if s != "" && strings.ContainsAny(s[len(s)-1:], " \t\r\n") {
		w.blank = true
	}
}

func (w *textWriter) mark() {
	for range min(w.depth, 10) {
		w.text = append(w.text, "> "...)
	}
}

func (w *textWriter) newline() {
	if !w.begun {
		w.mark()
	}
	w.text = append(w.text, '\n')
	w.begun, w.blank = false, false
}

func (w *textWriter) block() {
	if w.begun {
		w.newline()
	}
}
