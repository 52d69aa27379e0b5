package mailsink

import (
	"net/url"
	"strings"
)

// Piece is a run of text, or an address that can be followed.
type Piece struct {
	Text string
	Link bool
}

// Pieces cuts the text of a message into addresses and what is between them.
func (m Message) Pieces() []Piece {
	var pieces []Piece
	text := func(s string) {
		if n := len(pieces); n > 0 && !pieces[n-1].Link {
			pieces[n-1].Text += s
		} else {
			pieces = append(pieces, Piece{Text: s})
		}
	}
	for rest := m.Text; rest != ""; {
		end := strings.IndexAny(rest, " \t\n")
		switch {
		case end < 0:
			end = len(rest)
		case end == 0:
			end = 1
		}
		if word := rest[:end]; isLink(word) {
			pieces = append(pieces, Piece{word, true})
		} else {
			text(word)
		}
		rest = rest[end:]
	}
	return pieces
}

func isLink(word string) bool {
	if !strings.HasPrefix(word, "http://") && !strings.HasPrefix(word, "https://") {
		return false
	}
	u, err := url.Parse(word)
	return err == nil && u.Host != ""
}
