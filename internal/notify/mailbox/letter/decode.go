package letter

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

// transfer undoes the encoding of a body for its way, and passes over what is damaged.
func transfer(encoding string, r io.Reader) io.Reader {
	switch strings.ToLower(strings.Trim(encoding, " \t\"")) {
	case "base64":
		return &sixBits{in: bufio.NewReader(r)}
	case "quoted-printable":
		return &quoted{in: bufio.NewReaderSize(r, longestChunk)}
	}
	return r
}

// sixBits reads base64 and passes over what is none of its letters. Behind padding another
// text begins anew, as some programs join them.
type sixBits struct {
	in   *bufio.Reader
	acc  uint32
	bits int // of acc that are not given out
}

func (s *sixBits) Read(p []byte) (n int, err error) {
	for n < len(p) {
		b, err := s.in.ReadByte()
		if err != nil {
			if n > 0 {
				return n, nil
			}
			return 0, err
		}
		var value byte
		switch {
		case b >= 'A' && b <= 'Z':
			value = b - 'A'
		case b >= 'a' && b <= 'z':
			value = b - 'a' + 26
		case b >= '0' && b <= '9':
			value = b - '0' + 52
		case b == '+', b == '-':
			value = 62
		case b == '/', b == '_':
			value = 63
		case b == '=':
			s.acc, s.bits = 0, 0
			continue
		default:
			continue
		}
		s.acc, s.bits = s.acc<<6|uint32(value), s.bits+6
		if s.bits >= 8 {
			s.bits -= 8
			p[n] = byte(s.acc >> s.bits)
			n++
		}
	}
	return n, nil
}

// quoted reads quoted-printable as tolerantly as people's programs write it: an escape
// that is none stays as it is.
type quoted struct {
	in    *bufio.Reader
	ready []byte // to be given out
	given int    // of ready
}

func (q *quoted) Read(p []byte) (int, error) {
	for q.given == len(q.ready) {
		line, err := q.in.ReadSlice('\n')
		if len(line) == 0 {
			return 0, err
		}
		q.ready, q.given = q.ready[:0], 0
		end := bytes.TrimRight(line, " \t\r\n")
		soft := len(end) > 0 && end[len(end)-1] == '='
		switch {
		case soft:
			end = end[:len(end)-1]
		case err != nil: // a piece of a line, or the last: its blanks are text
			end = line
		}
		for i := 0; i < len(end); i++ {
			if end[i] == '=' && i+2 < len(end) {
				if hi, lo := hex(end[i+1]), hex(end[i+2]); hi >= 0 && lo >= 0 {
					q.ready = append(q.ready, byte(hi<<4|lo))
					i += 2
					continue
				}
			}
			q.ready = append(q.ready, end[i])
		}
		if !soft && err == nil {
			q.ready = append(q.ready, '\n')
		}
	}
	n := copy(p, q.ready[q.given:])
	q.given += n
	return n, nil
}

func hex(b byte) int {
	switch {
	case b >= '0' && b <= '9':
		return int(b - '0')
	case b >= 'A' && b <= 'F':
		return int(b-'A') + 10
	case b >= 'a' && b <= 'f':
		return int(b-'a') + 10
	}
	return -1
}

// guesses are the charsets that people here have written in before UTF-8, the likelier
// first.
func guesses() []string {
	return []string{"windows-1250", "windows-1251", "iso-8859-2", "koi8-r", "iso-8859-5", "euc-kr", "windows-1252"}
}

// decode gives the text of bytes. What is UTF-8 is that, whatever its label says, since
// hardly any other text looks like it; a label that is wrong or missing is guessed.
func decode(raw []byte, label string) string {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	label = strings.ToLower(strings.Trim(label, " \t\"'"))
	seven := strings.HasPrefix(label, "iso-2022") || strings.HasPrefix(label, "utf-16") || label == "utf-7" || label == "hz-gb-2312"
	if utf8.Valid(raw) && !seven {
		return string(raw)
	}
	if label != "" && label != "utf-8" && label != "utf8" && !strings.HasSuffix(label, "ascii") && !strings.HasPrefix(label, "unknown") && label != "iso-8859-1" && label != "latin1" {
		if text, ok := decodeAs(raw, label); ok {
			return text
		}
	}
	// A few bad bytes in what else is UTF-8 are damage, not another charset.
	if bad := broken(raw); bad*8 < high(raw) {
		return strings.ToValidUTF8(string(raw), string(utf8.RuneError))
	}
	best, most := strings.ToValidUTF8(string(raw), string(utf8.RuneError)), -1<<31
	for _, charset := range guesses() {
		if text, ok := decodeAs(raw, charset); ok {
			if score := plausible(text); score > most {
				best, most = text, score
			}
		}
	}
	return best
}

func decodeAs(raw []byte, label string) (string, bool) {
	charset, err := htmlindex.Get(label)
	if err != nil {
		return "", false
	}
	text, err := charset.NewDecoder().Bytes(raw)
	if err != nil || !utf8.Valid(text) {
		return "", false
	}
	return string(text), true
}

// charsetReader is for words of a header.
func charsetReader(charset string, in io.Reader) (io.Reader, error) {
	raw, err := io.ReadAll(io.LimitReader(in, longestField))
	if err != nil {
		return nil, err
	}
	return strings.NewReader(decode(raw, charset)), nil
}

// broken counts the bytes that are no UTF-8, high those beyond ASCII.
func broken(raw []byte) (n int) {
	for len(raw) > 0 {
		r, size := utf8.DecodeRune(raw)
		if r == utf8.RuneError && size == 1 {
			n++
		}
		raw = raw[size:]
	}
	return n
}

func high(raw []byte) (n int) {
	for _, b := range raw {
		if b >= 0x80 {
			n++
		}
	}
	return n
}

// plausible says how much a text looks like what people here write: letters of our
// languages in small, capitals only where words begin, and no words of two scripts.
func plausible(text string) (score int) {
	const latin = "\u010d\u0107\u017e\u0161\u0111\u010c\u0106\u017d\u0160\u0110" + "\u00e1\u00e9\u00ed\u00f3\u00f6\u0151\u00fa\u00fc\u0171\u00e4\u00df\u00c1\u00c9\u00d6\u0150\u00dc\u0170\u00c4\u201e\u201c\u201d\u2019\u2013"
	var before rune
	for _, r := range text {
		within := unicode.IsLetter(before)
		switch {
		case r < 0x80:
			if unicode.IsLetter(r) && unicode.Is(unicode.Cyrillic, before) {
				score -= 4
			}
		case r == utf8.RuneError:
			score -= 12
		case strings.ContainsRune(latin, r):
			score += 3
			if unicode.IsUpper(r) && unicode.IsLower(before) {
				score -= 5
			}
		case unicode.Is(unicode.Cyrillic, r):
			score += 2
			switch {
			case unicode.IsUpper(r) && unicode.IsLower(before), within && before < 0x80:
				score -= 5
			case unicode.IsUpper(r) && within:
				score--
			case r > 0x45f:
				score -= 4
			}
		case unicode.Is(unicode.Hangul, r):
			score += 4
		case unicode.IsLetter(r):
			score -= 2
		default:
			score -= 5
		}
		before = r
	}
	return score
}
