package letter

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits bound what is read of a mail. What is beyond them is left out, and said in the
// flaws.
type Limits struct {
	Header      int   // bytes of a header
	Depth       int   // multiparts within each other
	Parts       int   // in all
	Text        int   // bytes of text in all
	Attachments int   // in number
	Attached    int64 // bytes of an attachment
}

// DefaultLimits are far beyond what people write.
func DefaultLimits() Limits {
	return Limits{Header: 256 << 10, Depth: 12, Parts: 200, Text: 512 << 10, Attachments: 50, Attached: 200 << 20}
}

// Flaws of a mail: what was damaged, or left out.
const (
	BadHeader     = "header"          // a line of a header is none, or a header is beyond its bound
	TooDeep       = "depth"           // multiparts that were not opened
	TooManyParts  = "parts"           // parts that were not looked at
	TooMuchText   = "text"            // the text was cut
	TooManyFiles  = "attachments"     // attachments that were not kept
	TooLarge      = "attachment-size" // one that was cut
	Unended       = "unended"         // a multipart without its last boundary
	BadCharacters = "characters"      // bytes that are no letters in any charset
)

// Letter is a mail that was read.
type Letter struct {
	From        []Address
	Plain       []string // to whom it was written, by the fields that a signature covers; none where a field stands twice that may stand once
	To          []string // all to whom it went, as far as its header says, in canonical form
	Subject     string   // one line
	Date        time.Time
	ID          string   // without brackets; empty where there is none
	Answers     []string // ids in In-Reply-To and References, the nearest first
	Text        string   // what is new
	Quoted      string   // of earlier mail
	Signature   string
	Attachments []Attachment
	Kind        Kind
	Sign        string  // that by which the kind was known; a code
	Report      *Report // of a bounce or a delay
	Hops        int     // servers that it passed
	Flaws       []string
	Checked     []string // fields Authentication-Results as they are, the topmost first
}

// Attachment is a file that came with a mail.
type Attachment struct {
	Name     string // one line, without a path; may be empty
	Type     string // by its bytes
	Declared string // by its header
	Size     int64  // bytes
	Inline   bool   // shown within the text, such as a logo
}

// Keep takes the content of an attachment. What it does not read is left out.
type Keep func(a Attachment, content io.Reader) error

// Own is how we know ourselves; the zero Own knows nothing.
type Own struct {
	// Wrote reports whether a message id is one of ours.
	Wrote func(id string) bool
	// Is reports whether an address is one that only our program writes from.
	Is func(address string) bool
	// Hops is how many servers a mail may pass; 0 for 50.
	Hops int
}

// reader collects what the parts of a mail are.
type reader struct {
	Limits
	src    *source
	keep   Keep
	letter *Letter
	parts  int
	read   int    // bytes of text so far
	status []byte // of a delivery (RFC 3464)
	report string // type of the multipart/report, in small letters
	// invites says that a calendar wrote: an invitation, or that somebody has taken one.
	invites bool
	inner   head // of the mail that a report is about
	failed  error
}

const (
	longestStatus = 64 << 10 // bytes of a status, and of the header of an original
	longestPart   = 16 << 10 // bytes of the header of a part
)

// Read reads a mail. keep may be nil: then attachments are only listed. returnPath is the
// sender of the envelope, "<>" for none, and "" where nobody knows.
//
// Its error is that of r or of keep.
func Read(r io.Reader, returnPath string, own Own, limits Limits, keep Keep) (*Letter, error) {
	in := &reader{Limits: limits, src: newSource(r), keep: keep, letter: &Letter{}}
	top, whole := in.src.header(limits.Header)
	if !whole {
		in.flaw(BadHeader)
	}
	text, _ := in.entity(top, 0, false)
	in.src.skip()
	if in.failed != nil || in.src.failed != nil {
		return nil, fmt.Errorf("read mail: %w", cause(in.failed, in.src.failed))
	}
	l := in.letter
	l.From = addresses(top.first("from"))
	for _, name := range []string{"to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "resent-to"} {
		for _, value := range top.all(name) {
			for _, a := range addresses(value) {
				if len(l.To) < mostAddresses {
					l.To = append(l.To, a.Email)
				}
			}
		}
	}
	l.Plain = plainly(top)
	l.Subject, l.Date = cut(top.text("subject"), 1000), date(top.first("date"))
	if own := ids(top.first("message-id")); len(own) > 0 {
		l.ID = own[0]
	}
	for _, name := range []string{"in-reply-to", "references"} {
		found := ids(top.first(name))
		for i := len(found) - 1; i >= 0; i-- {
			l.Answers = append(l.Answers, found[i])
		}
	}
	l.Hops, l.Checked = len(top.all("received")), top.all("authentication-results")
	l.Text, l.Quoted, l.Signature = separate(text)
	in.judge(top, text, returnPath, own)
	return l, nil
}

// plainly reads To and Cc of a mail that has each of its main fields at most once. Of a field that stands twice nobody can say
// which of them somebody signed, and which was added to a mail that is sent on.
func plainly(h head) (to []string) {
	for _, name := range []string{"from", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references"} {
		if len(h.all(name)) > 1 {
			return nil
		}
	}
	for _, a := range append(addresses(h.first("to")), addresses(h.first("cc"))...) {
		to = append(to, a.Email)
	}
	return to
}

func cause(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (in *reader) flaw(code string) {
	for _, known := range in.letter.Flaws {
		if known == code {
			return
		}
	}
	in.letter.Flaws = append(in.letter.Flaws, code)
}

// entity reads a part behind its header and gives its text, and whether that was HTML.
func (in *reader) entity(h head, depth int, related bool) (text string, page bool) {
	kind, params := media(h.first("content-type"))
	boundary := params["boundary"]
	switch in.parts++; {
	case in.parts > in.Parts:
		in.flaw(TooManyParts)
		return "", false
	case !strings.HasPrefix(kind, "multipart/") || boundary == "" || len(boundary) > 200:
		return in.leaf(h, kind, params, related)
	case depth >= in.Depth:
		in.flaw(TooDeep)
		return "", false
	}
	if kind == "multipart/report" {
		in.report = strings.ToLower(params["report-type"])
	}
	type body struct {
		text string
		page bool
	}
	var bodies []body
	src := in.src
	place := len(src.open)
	src.open = append(src.open, boundary)
	src.skip() // what stands before the first part is for programs that know no parts
	for src.at == place && !src.closing {
		src.next()
		inner, whole := src.header(min(in.Header, longestPart))
		if !whole {
			in.flaw(BadHeader)
		}
		text, page := in.entity(inner, depth+1, kind == "multipart/related" && len(bodies) > 0)
		src.skip()
		if strings.TrimSpace(text) != "" {
			bodies = append(bodies, body{text, page})
		}
	}
	src.open = src.open[:place]
	if src.at == place {
		src.next()
	} else {
		in.flaw(Unended)
	}

	if len(bodies) == 0 {
		return "", false
	}
	if kind != "multipart/alternative" {
		all := make([]string, len(bodies))
		for i, b := range bodies {
			all[i] = b.text
		}
		return strings.Join(all, "\n"), bodies[0].page
	}
	// The plain one, unless it only says that there is another.
	best := bodies[0]
	for _, b := range bodies[1:] {
		if best.page && !b.page || !best.page && b.page && 8*len(best.text) < len(b.text) && !strings.Contains(best.text, "\n\n") {
			best = b
		}
	}
	return best.text, best.page
}

// leaf reads a part that has no parts.
func (in *reader) leaf(h head, kind string, params map[string]string, related bool) (text string, page bool) {
	disposition, more := media(h.first("content-disposition"))
	name := fileName(more["filename"], params["name"])
	content := transfer(h.first("content-transfer-encoding"), in.src)
	switch kind {
	case "message/delivery-status", "message/global-delivery-status", "message/disposition-notification", "message/global-disposition-notification", "message/feedback-report":
		in.status = append(in.status, in.most(content, longestStatus-len(in.status))...)
		if in.report == "" {
			in.report = strings.TrimPrefix(strings.TrimPrefix(kind, "message/"), "global-")
		}
		return "", false
	case "message/rfc822", "text/rfc822-headers", "message/global", "message/rfc822-headers", "message/global-headers":
		begin := in.most(content, longestStatus)
		if in.inner == nil {
			in.inner, _ = newSource(bytes.NewReader(begin)).header(in.Header)
		}
		if in.report == "" {
			in.attach(Attachment{Name: name, Declared: kind, Type: "message/rfc822"}, io.MultiReader(bytes.NewReader(begin), content))
		}
		return "", false
	}
	in.invites = in.invites || kind == "text/calendar" && disposition != "attachment"
	shown := disposition != "attachment" && name == "" && !related
	if shown && (kind == "" || strings.HasPrefix(kind, "multipart/") || strings.HasPrefix(kind, "text/") && kind != "text/calendar" && kind != "text/x-vcard" && kind != "text/vcard") {
		raw := in.most(content, in.Text-in.read)
		in.read += len(raw)
		if n, _ := content.Read(make([]byte, 1)); n > 0 {
			in.flaw(TooMuchText)
		}
		text, page := decode(raw, params["charset"]), kind == "text/html"
		if strings.ContainsRune(text, utf8.RuneError) {
			in.flaw(BadCharacters)
		}
		switch {
		case page:
			text = fromHTML(text, in.Text)
		case strings.EqualFold(params["format"], "flowed"):
			text = unflow(text, strings.EqualFold(params["delsp"], "yes"))
		}
		return clean(text), page
	}
	begin := in.most(content, 512) // as many as the type is known by
	if len(begin) == 0 && name == "" {
		return "", false
	}
	in.attach(Attachment{Name: name, Declared: cut(oneLine(kind), 100), Type: http.DetectContentType(begin), Inline: related || disposition == "inline"},
		io.MultiReader(bytes.NewReader(begin), content))
	return "", false
}

// most reads up to so many bytes; a failure of the source is found there.
func (in *reader) most(r io.Reader, most int) []byte {
	raw, _ := io.ReadAll(io.LimitReader(r, int64(most)))
	return raw
}

func (in *reader) attach(a Attachment, content io.Reader) {
	if len(in.letter.Attachments) >= in.Attachments {
		in.flaw(TooManyFiles)
		return
	}
	counted := &counter{in: content, left: in.Attached}
	if in.keep != nil && in.failed == nil {
		in.failed = in.keep(a, counted)
	}
	_, _ = io.Copy(io.Discard, counted)
	a.Size = counted.n
	if n, _ := content.Read(make([]byte, 1)); n > 0 {
		in.flaw(TooLarge)
	}
	in.letter.Attachments = append(in.letter.Attachments, a)
}

// counter counts what is read of a bounded stream.
type counter struct {
	in      io.Reader
	n, left int64
}

func (c *counter) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, io.EOF
	}
	n, err := c.in.Read(p[:min(int64(len(p)), c.left)])
	c.n, c.left = c.n+int64(n), c.left-int64(n)
	return n, err
}

// fileName is the first of some names, without the folders that it may have had.
func fileName(names ...string) string {
	for _, name := range names {
		name = words(name)
		name = strings.TrimSpace(name[strings.LastIndexAny(name, `/\`)+1:])
		if name != "" && strings.Trim(name, ".") != "" {
			return cut(name, 200)
		}
	}
	return ""
}

// cut bounds a text to so many bytes, at a letter.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
