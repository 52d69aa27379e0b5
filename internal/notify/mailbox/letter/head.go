package letter

import (
	"bytes"
	"mime"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// head are the fields of a header in their order, unfolded and as they were written.
type head []field

type field struct{ name, value string } // the name in small letters

// first gives a field's first value, or "".
func (h head) first(name string) string {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

func (h head) all(name string) (values []string) {
	for _, f := range h {
		if f.name == name {
			values = append(values, f.value)
		}
	}
	return values
}

func (h head) has(name string) bool { return len(h.all(name)) > 0 }

// text gives a field's first value as people read it.
func (h head) text(name string) string { return words(h.first(name)) }

// header reads fields up to the empty line, and says whether all of it could be read.
// What is beyond the bound is left out; a line that is no field is passed over.
func (s *source) header(most int) (h head, whole bool) {
	whole = true
	left := most
	var value []byte // of the last field
	end := func() {
		if len(h) > 0 {
			h[len(h)-1].value = strings.TrimSpace(string(value))
		}
	}
	for {
		continued := s.mid
		line := s.line()
		if line == nil || !continued && len(bytes.TrimRight(line, "\r\n")) == 0 {
			end()
			return h, whole
		}
		if left -= len(line); left < 0 {
			whole = false
			continue
		}
		line = bytes.TrimRight(line, "\r\n")
		if continued {
			value = append(value, line...)
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			value = append(append(value, ' '), bytes.TrimLeft(line, " \t")...)
			continue
		}
		raw, rest, ok := bytes.Cut(line, []byte(":"))
		name := strings.ToLower(strings.TrimRight(string(raw), " \t"))
		if !ok || name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) {
			whole = whole && bytes.HasPrefix(line, []byte("From ")) // the line of an mbox
			continue
		}
		end()
		h, value = append(h, field{name: name}), append(value[:0], rest...)
	}
}

// media is the type of a part, as its header says it, whatever is wrong with it.
func media(value string) (kind string, params map[string]string) {
	kind, params, err := mime.ParseMediaType(value)
	if err == nil && kind != "" {
		return kind, params
	}
	// The library refuses all for one bad parameter. Those that matter are looked for.
	parts := strings.Split(value, ";")
	kind, params = strings.ToLower(strings.TrimSpace(parts[0])), map[string]string{}
	for _, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := params[name]; !twice {
			params[name] = strings.Trim(strings.TrimSpace(value), `"'`)
		}
	}
	return kind, params
}

// words reads the encoded words of a field (RFC 2047), also those that are broken, and
// gives one line.
func words(value string) string {
	decoder := mime.WordDecoder{CharsetReader: charsetReader}
	text, err := decoder.DecodeHeader(value)
	if err != nil {
		text = value
	}
	return oneLine(decode([]byte(text), "utf-8"))
}

// oneLine takes out what could break a line or turn it round.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == utf8.RuneError || unsafe(r) }), " ")
}

// unsafe reports characters that no text of ours has: controls, and those that change
// the direction of writing.
func unsafe(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x061c || r == 0x200e || r == 0x200f || r == 0xfeff
}

// Address is a mailbox with the name that is written beside it.
type Address struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email"` // as [Canonical] gives it; empty where there is none
}

const (
	longestField   = 16 << 10 // bytes of a field that is taken apart
	longestAddress = 254      // RFC 5321 section 4.5.3.1.3
	mostAddresses  = 100
)

// addresses reads the mailboxes of a field, as many as can be read.
func addresses(value string) (all []Address) {
	value = value[:min(len(value), longestField)]
	parser := mail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: charsetReader}}
	list, err := parser.ParseList(value)
	if err != nil {
		list = nil
		for part := range strings.SplitSeq(value, ",") {
			if one, err := parser.Parse(strings.TrimSpace(part)); err == nil {
				list = append(list, one)
			} else if found := bare(part); found != "" {
				list = append(list, &mail.Address{Address: found})
			}
		}
	}
	for _, a := range list[:min(len(list), mostAddresses)] {
		if email := Canonical(a.Address); email != "" {
			all = append(all, Address{oneLine(decode([]byte(a.Name), "utf-8")), email})
		}
	}
	return all
}

// bare finds what looks like an address in a field that is none.
func bare(text string) string {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`<>"(),;`, r) }) {
		if strings.Count(word, "@") == 1 {
			return word
		}
	}
	return ""
}

// Canonical gives the form in which addresses are compared and kept: small letters, the
// domain in the form of the DNS. What is no address gives "".
func Canonical(address string) string {
	address = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(address), "<"), ">")
	at := strings.LastIndexByte(address, '@')
	if at < 1 || len(address) > longestAddress || !utf8.ValidString(address) || strings.ContainsFunc(address, func(r rune) bool { return unicode.IsSpace(r) || unsafe(r) }) {
		return ""
	}
	domain, err := idna.Lookup.ToASCII(strings.TrimSuffix(address[at+1:], "."))
	if err != nil || domain == "" {
		return ""
	}
	return strings.ToLower(address[:at]) + "@" + domain
}

// ids reads the message ids of a field, without their brackets, the last ones where there
// are too many.
func ids(value string) (all []string) {
	value = value[max(0, len(value)-longestField):]
	for {
		begin := strings.IndexByte(value, '<')
		if begin < 0 {
			return all[max(0, len(all)-mostAddresses):]
		}
		end := strings.IndexByte(value[begin:], '>')
		if end < 0 {
			return all[max(0, len(all)-mostAddresses):]
		}
		// A folded id has blanks in it that were none.
		if id := strings.Join(strings.Fields(value[begin+1:begin+end]), ""); id != "" && len(id) <= 1000 && utf8.ValidString(id) {
			all = append(all, oneLine(id))
		}
		value = value[begin+end:]
	}
}

// date reads the day of a mail; zero where there is none.
func date(value string) time.Time {
	if t, err := mail.ParseDate(value); err == nil && t.Year() > 1970 && t.Year() < 3000 {
		return t.UTC()
	}
	return time.Time{}
}
