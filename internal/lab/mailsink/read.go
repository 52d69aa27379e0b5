package mailsink

import (
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
)

// deepest is how many multiparts may lie in each other.
const deepest = 4

// read takes a message apart as far as a reader needs it: subject, language, and
// the first part of plain text.
func read(raw string) (Message, error) {
	parsed, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		return Message{}, fmt.Errorf("read message: %w", err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	if err != nil {
		subject = parsed.Header.Get("Subject") // an unknown charset is shown as it came
	}
	text, err := plain(parsed.Header, parsed.Body, deepest)
	if err != nil {
		return Message{}, fmt.Errorf("read message: %w", err)
	}
	return Message{
		Subject: strings.ToValidUTF8(subject, "\uFFFD"), Lang: parsed.Header.Get("Content-Language"),
		Header: parsed.Header, Text: strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "\uFFFD"),
	}, nil
}

// header is what a message and its parts have in common.
type header interface{ Get(name string) string }

// plain finds the first text/plain part and decodes it; empty when there is none.
func plain(h header, body io.Reader, depth int) (string, error) {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		kind = "text/plain" // RFC 2045 section 5.2: the default, also for what cannot be understood
	}
	switch {
	case strings.HasPrefix(kind, "multipart/") && depth > 0:
		return firstPlain(multipart.NewReader(body, params["boundary"]), depth)
	case kind == "text/plain":
		text, err := io.ReadAll(decoded(h, body))
		return string(text), err
	}
	return "", nil
}

func firstPlain(parts *multipart.Reader, depth int) (string, error) {
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		if text, err := plain(part.Header, part, depth-1); err != nil || text != "" {
			return text, err
		}
	}
}

func decoded(h header, body io.Reader) io.Reader {
	switch strings.ToLower(h.Get("Content-Transfer-Encoding")) {
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	}
	return body
}

// Writer is who wrote the message as it says itself, which is not where bounces go.
func (m Message) Writer() string {
	if from := m.Header["From"]; len(from) == 1 {
		if address, err := mail.ParseAddress(from[0]); err == nil {
			return strings.TrimSpace(address.Name + " " + address.Address)
		}
	}
	return m.From
}
