package exchange

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// lexer reads the JSON of a message of this protocol, whose members are known:
// strictly, and without a tree. The first thing that is wrong is remembered, and
// everything read after it is empty.
type lexer struct {
	b   []byte // UTF-8
	i   int    // of the byte that is read next
	err error
}

func (l *lexer) fail(what string) {
	if l.err == nil {
		l.err = fmt.Errorf("%w: %s at byte %d", errMessage, what, l.i)
	}
}

// next skips blanks and gives the byte that follows; 0 at the end.
func (l *lexer) next() byte {
	for l.i < len(l.b) {
		switch c := l.b[l.i]; c {
		case ' ', '\t', '\n', '\r':
			l.i++
		default:
			return c
		}
	}
	return 0
}

// take consumes a byte that must follow.
func (l *lexer) take(c byte) {
	if l.err != nil {
		return
	}
	if l.next() != c {
		l.fail("something else than " + strconv.QuoteRune(rune(c)))
		return
	}
	l.i++
}

// object reads an object. read is called behind each name, reads the value, and
// gives the place of the name among those that are known, up to 63; a name that
// is not known is -1. No name may stand twice.
func (l *lexer) object(read func(name []byte) (place int)) {
	l.take('{')
	var seen uint64
	for first := true; l.err == nil; first = false {
		if l.next() == '}' && first {
			break
		}
		name := l.name()
		l.take(':')
		if l.err != nil {
			return
		}
		place := read(name)
		if place < 0 {
			l.fail("an unknown member")
			return
		}
		if seen&(1<<place) != 0 {
			l.fail("a name that stands twice")
			return
		}
		seen |= 1 << place
		if l.next() != ',' {
			break
		}
		l.i++
	}
	l.take('}')
}

// list reads a list; read reads one element.
func (l *lexer) list(read func()) {
	l.take('[')
	for first := true; l.err == nil; first = false {
		if l.next() == ']' && first {
			break
		}
		if read(); l.next() != ',' {
			break
		}
		l.i++
	}
	l.take(']')
}

// name reads the name of a member, which is written with small letters and "_"
// and without escapes: the names of this protocol have no second writing.
func (l *lexer) name() []byte {
	l.take('"')
	begin := l.i
	for l.err == nil && l.i < len(l.b) && (l.b[l.i] == '_' || l.b[l.i] >= 'a' && l.b[l.i] <= 'z') {
		l.i++
	}
	name := l.b[begin:l.i]
	if l.err == nil && (l.i == len(l.b) || l.b[l.i] != '"') {
		l.fail("a name that is none")
		return nil
	}
	l.i++
	return name
}

// text reads a string.
func (l *lexer) text() string {
	raw, escaped := l.rawText()
	if !escaped {
		return string(raw)
	}
	var s string
	if err := json.Unmarshal(l.b[l.i-len(raw)-2:l.i], &s); err != nil {
		l.fail("a text that is none")
	}
	return s
}

// rawText reads a string and gives what stands between its quotes.
func (l *lexer) rawText() (raw []byte, escaped bool) {
	l.take('"')
	if l.err != nil {
		return nil, false
	}
	begin := l.i
	for ; l.i < len(l.b); l.i++ {
		switch c := l.b[l.i]; {
		case c == '"':
			l.i++
			return l.b[begin : l.i-1], escaped
		case c == '\\':
			escaped = true
			l.i++
		case c < ' ':
			l.fail("a control character")
			return nil, false
		}
	}
	l.i = len(l.b)
	l.fail("a text without end")
	return nil, false
}

// number reads a whole number.
func (l *lexer) number() int64 {
	l.next()
	begin := l.i
	for l.i < len(l.b) && (l.b[l.i] == '-' || l.b[l.i] >= '0' && l.b[l.i] <= '9') {
		l.i++
	}
	digits := l.b[begin:l.i]
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil || !bytes.Equal(strconv.AppendInt(nil, n, 10), digits) { // one writing: no zeroes in front
		l.fail("a number that is none")
		return 0
	}
	return n
}

// truth reads true or false.
func (l *lexer) truth() bool {
	l.next()
	for _, word := range []string{"true", "false"} {
		if bytes.HasPrefix(l.b[min(l.i, len(l.b)):], []byte(word)) {
			l.i += len(word)
			return word == "true"
		}
	}
	l.fail("neither true nor false")
	return false
}

// into reads a string into what understands texts.
func (l *lexer) into(v encoding.TextUnmarshaler) {
	text := l.text()
	if l.err != nil {
		return
	}
	if err := v.UnmarshalText([]byte(text)); err != nil {
		l.err = fmt.Errorf("%w: %w", errMessage, err)
	}
}

// texts reads a list of strings.
func (l *lexer) texts() (list []string) {
	l.list(func() { list = append(list, l.text()) })
	return list
}

// end wants nothing more.
func (l *lexer) end() error {
	if l.err == nil && l.next() != 0 || l.i < len(l.b) {
		l.fail("something behind the message")
	}
	return l.err
}

func newLexer(raw []byte) *lexer {
	l := &lexer{b: raw}
	if !utf8.Valid(raw) {
		l.fail("no UTF-8")
	}
	return l
}
