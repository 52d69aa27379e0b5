package mailsink

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"regexp"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/lang"
	"dobosh/internal/notify/post"
	"dobosh/internal/notify/sms"
)

func started(t *testing.T) (*Sink, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(listener, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s, listener.Addr().String()
}

func mailed(t *testing.T, address, to, message string) error {
	t.Helper()
	return smtp.SendMail(address, nil, "dobosh@zrenjanin.example", []string{to}, []byte(strings.ReplaceAll(message, "\n", "\r\n")))
}

func get(t *testing.T, s *Sink, target string) (int, string, http.Header) {
	t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	return w.Code, w.Body.String(), w.Header()
}

func TestMessagesAreRead(t *testing.T) {
	s, address := started(t)
	cases := []struct{ message, subject, text string }{
		{"Subject: plain\n\nHello.\n", "plain", "Hello.\n"},
		{"Subject: =?UTF-8?B?0JTQvtCx0L7Rig==?=\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: base64\n\n0JfQtNGA0LDQstC+\n", "Добоъ", "Здраво"},
		{"Subject: =?UTF-8?Q?=D0=94=D0=B0?=\nContent-Transfer-Encoding: quoted-printable\n\n=D0=94=\n=D0=B0\n", "Да", "Да\n"},
		{"Subject: parts\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>no</p>\n--b\nContent-Type: text/plain\n\nyes\n--b--\n", "parts", "yes"},
		{"Subject: =?x-unknown?Q?=D0?=\nContent-Type: ;;;\n\nodd\n", "=?x-unknown?Q?=D0?=", "odd\n"},
		{"Subject: html only\nContent-Type: text/html\n\n<p>no</p>\n", "html only", ""},
	}
	for i, c := range cases {
		if err := mailed(t, address, "milica@example.org", c.message); err != nil {
			t.Fatalf("%s: %v", c.subject, err)
		}
		all := s.Messages()
		if len(all) != i+1 {
			t.Fatalf("%d messages after %d", len(all), i+1)
		}
		if m := all[i]; m.Subject != c.subject || m.Text != c.text || m.Number != i+1 || m.To[0] != "milica@example.org" {
			t.Errorf("%+v, want %q %q", m, c.subject, c.text)
		}
	}
}

func TestBadMessagesAreRefused(t *testing.T) {
	s, address := started(t)
	for name, message := range map[string]string{
		"no header":     "\x00\x01 no header at all\n",
		"broken part":   "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nnot a header\n",
		"broken base64": "Subject: x\nContent-Transfer-Encoding: base64\n\n!!!!\n",
		"too long":      "Subject: x\n\n" + strings.Repeat(strings.Repeat("x", 900)+"\n", 400),
		"one long line": "Subject: x\n\n" + strings.Repeat("x", 5000),
	} {
		if err := mailed(t, address, "milica@example.org", message); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	if n := len(s.Messages()); n != 0 {
		t.Errorf("%d messages were kept", n)
	}
	if err := mailed(t, address, "milica@example.org", "Subject: after\n\nx\n"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestOldestGoes(t *testing.T) {
	s, _ := started(t)
	for i := range kept + 10 {
		s.add(Message{Subject: fmt.Sprint(i)})
	}
	all := s.Messages()
	if len(all) != kept || all[0].Subject != "10" || all[kept-1].Number != kept+10 {
		t.Errorf("%d messages from %s to %d", len(all), all[0].Subject, all[len(all)-1].Number)
	}
}

func TestPages(t *testing.T) {
	s, _ := started(t)
	s.add(Message{At: time.Date(2026, 11, 23, 8, 5, 0, 0, time.UTC), From: "dobosh@zrenjanin.example", To: []string{"milica@example.org"},
		Subject: "Чека вас <понуда>", Lang: "sr-Cyrl", Text: "Погледајте:\nhttps://city.example/offers/7\njavascript:alert(1) https:// <b>"})
	s.add(Message{To: []string{"jovan@example.org"}})
	cases := map[string]struct {
		target      string
		status      int
		want, never []string
	}{
		"list":     {"/?lang=en", 200, []string{`<html lang="en">`, "This is a demonstration.", "?lang=en&amp;message=1", "Чека вас &lt;понуда&gt;", "No subject", "23 November 2026 09:05:00"}, nil},
		"Latin":    {"/?lang=sr-Latn", 200, []string{`<html lang="sr-Latn">`, "Ovo je demonstracija.", "23. 11. 2026."}, nil},
		"for one":  {"/?lang=en&to=Milica@example.org", 200, []string{"message=1"}, []string{"message=2"}},
		"message":  {"/?lang=en&message=1", 200, []string{"<title>1 · Demonstration mailbox</title>", `<h1 lang="sr-Cyrl">Чека вас`, `<a href="https://city.example/offers/7">`, "&lt;b&gt;", `href="?lang=sr-Cyrl&amp;message=1"`}, []string{`href="javascript`, `href="https://"`}},
		"unknown":  {"/?lang=en&message=77", 404, []string{"There is no such message."}, nil},
		"nonsense": {"/?lang=xx&message=..", 404, []string{`<html lang="sr-Cyrl">`}, nil},
	}
	for name, c := range cases {
		status, text, _ := get(t, s, c.target)
		if status != c.status {
			t.Errorf("%s: %d", name, status)
		}
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in %s", name, want, text)
			}
		}
		for _, never := range append(c.never, "<script", "style=", "<понуда>") {
			if strings.Contains(text, never) {
				t.Errorf("%s: has %q", name, never)
			}
		}
	}
	empty, _ := started(t)
	if _, text, _ := get(t, empty, "/?lang=en"); !strings.Contains(text, "Nothing has arrived yet.") {
		t.Error("an empty mailbox does not say so")
	}
}

func TestPageHeaders(t *testing.T) {
	s, _ := started(t)
	_, text, header := get(t, s, "/")
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(text)
	if style == nil {
		t.Fatal("no style")
	}
	sum := sha256.Sum256([]byte(style[1]))
	if policy := header.Get("Content-Security-Policy"); !strings.Contains(policy, base64.StdEncoding.EncodeToString(sum[:])) || !strings.Contains(policy, "default-src 'none'") {
		t.Error(policy)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

// Close does not wait for a client that stays silent.
func TestCloseWithSilentClient(t *testing.T) {
	s, address := started(t)
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if _, err := connection.Read(make([]byte, 3)); err != nil { // the greeting: the server knows us
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("Subject: x\n\nx")
	f.Add("Subject: =?UTF-8?Q?=D0?=\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--")
	f.Add("Content-Type: multipart/mixed\n\n--\n")
	f.Fuzz(func(t *testing.T, raw string) {
		m, err := read(raw)
		if err != nil {
			return
		}
		var back strings.Builder
		for _, p := range m.Pieces() {
			back.WriteString(p.Text)
		}
		if back.String() != m.Text {
			t.Errorf("the pieces of %q are %q", m.Text, back.String())
		}
	})
}

// Texts and letters lie in folders, and the page shows them among the mail, newest first.
func TestTextsAndLettersAreShownToo(t *testing.T) {
	s, address := started(t)
	texts, letters := t.TempDir(), t.TempDir()
	s.Beside(texts, letters)
	now := func() time.Time { return time.Now().Add(time.Minute) }
	sender, err := sms.Config{Folder: texts, Countries: []string{"381"}}.Open(now)
	if err != nil {
		t.Fatal(err)
	}
	if err := sender.Send(t.Context(), sms.Message{ID: "1", To: "+38160000002", Text: "Grad: čeka vas ponuda <b>"}); err != nil {
		t.Fatal(err)
	}
	outbox, err := post.Open(post.Config{Folder: letters, Sender: lang.Text{"sr": "Град"}}, func(w io.Writer, _ post.Letter) (int, error) {
		_, err := io.WriteString(w, "%PDF-letter")
		return 1, err
	}, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := outbox.Put(t.Context(), post.Letter{Number: "L-7KQ4M9PDXT00", To: []string{"Мила", "21000 Нови Сад"}, Lang: lang.SrCyrl, At: now()}, true); err != nil {
		t.Fatal(err)
	}
	if err := mailed(t, address, "milica@example.org", "Subject: plain\n\nHello.\n"); err != nil {
		t.Fatal(err)
	}
	_, page, _ := get(t, s, "/?lang=en")
	for _, want := range []string{"message=text-", "message=letter-L-7KQ4M9PDXT00", "message=1", "Text message · &#43;38160000002", "Letter · Мила, 21000 Нови Сад", "&lt;b&gt;"} {
		if !strings.Contains(page, want) {
			t.Errorf("the list lacks %q:\n%s", want, page)
		}
	}
	key := regexp.MustCompile(`message=(text-[0-9a-f]+)`).FindStringSubmatch(page)
	if code, text, _ := get(t, s, "/?lang=en&message="+key[1]); code != 200 || !strings.Contains(text, "1 (ucs2)") || !strings.Contains(text, "čeka vas ponuda") {
		t.Errorf("%d %s", code, text)
	}
	if code, text, _ := get(t, s, "/?lang=en&message=letter-L-7KQ4M9PDXT00"); code != 200 || !strings.Contains(text, "?sheet=letter-L-7KQ4M9PDXT00") {
		t.Errorf("%d %s", code, text)
	}
	if code, pdf, head := get(t, s, "/?sheet=letter-L-7KQ4M9PDXT00"); code != 200 || pdf != "%PDF-letter" || head.Get("Content-Type") != "application/pdf" {
		t.Errorf("%d %s", code, pdf)
	}
	for _, none := range []string{"letter-L-0", "../../../etc/passwd", "text-1"} {
		if code, _, _ := get(t, s, "/?sheet="+none); code != 404 {
			t.Errorf("%s: %d", none, code)
		}
	}
}
