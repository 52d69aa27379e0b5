package exchange

import (
	"encoding"
	"strconv"
	"unicode/utf8"
)

// writer writes the JSON of a message of this protocol.
type writer struct {
	b   []byte
	err error
}

// member begins a member of an object.
func (w *writer) member(name string) {
	if last := w.b[len(w.b)-1]; last != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(append(append(w.b, '"'), name...), '"', ':')
}

// text writes a member that is a string; none when it is empty and may be left
// out.
func (w *writer) text(name, value string, always bool) {
	if value == "" && !always {
		return
	}
	w.member(name)
	w.b = appendText(w.b, value)
}

func (w *writer) number(name string, value int64) {
	w.member(name)
	w.b = strconv.AppendInt(w.b, value, 10)
}

// truth writes a member that is true; one that is false is left out.
func (w *writer) truth(name string, value bool) {
	if value {
		w.member(name)
		w.b = append(w.b, "true"...)
	}
}

// marshal writes a member that says itself what it is as a text.
func (w *writer) marshal(name string, value encoding.TextMarshaler) {
	text, err := value.MarshalText()
	if err != nil && w.err == nil {
		w.err = err
	}
	w.text(name, string(text), true)
}

func (w *writer) texts(name string, values []string) {
	if len(values) == 0 {
		return
	}
	w.member(name)
	for i, value := range values {
		w.b = append(w.b, "[,"[min(i, 1)])
		w.b = appendText(w.b, value)
	}
	w.b = append(w.b, ']')
}

func (w *writer) headers(name string, values []Header) {
	if len(values) == 0 {
		return
	}
	w.member(name)
	for i, h := range values {
		w.b = append(w.b, "[,"[min(i, 1)], '[')
		w.b = append(appendText(w.b, h.Name), ',')
		w.b = append(appendText(w.b, h.Value), ']')
	}
	w.b = append(w.b, ']')
}

// end is what was written.
func (w *writer) end() ([]byte, error) { return append(w.b, '}'), w.err }

func newWriter() *writer { return &writer{b: append(make([]byte, 0, 768), '{')} }

// appendText writes a string. What is no UTF-8 becomes U+FFFD, which no reader
// takes.
func appendText(b []byte, s string) []byte {
	b = append(b, '"')
	begin := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(append(b, s[begin:i]...), "\ufffd"...)
				begin = i + 1
			}
			i += size
			continue
		}
		if c < ' ' || c == '"' || c == '\\' {
			b = append(b, s[begin:i]...)
			if c < ' ' {
				b = append(b, '\\', 'u', '0', '0', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
			} else {
				b = append(b, '\\', c)
			}
			begin = i + 1
		}
		i++
	}
	return append(append(b, s[begin:]...), '"')
}
