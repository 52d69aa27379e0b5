package mailsink

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/kit/text"

	gomail "github.com/wneessen/go-mail"
)

// longestAnswer is in characters.
const longestAnswer = 4000

// AnswerAt has the page send answers to the mail server at host:port, which stands in for
// the mail exchanger of the domain. It is called before the page is served; without it the
// page only shows.
func (s *Sink) AnswerAt(server string) { s.answers = server }

// answerable is the address to which an answer goes; empty where there is none.
func (s *Sink) answerable(m Message) string {
	if to := m.Header["Reply-To"]; s.answers != "" && len(to) == 1 && len(m.To) > 0 {
		return strings.Trim(to[0], "<> ")
	}
	return ""
}

// answer sends what somebody wrote below a message, as their mail program would.
func (s *Sink) answer(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := errors.Join(new(http.CrossOriginProtection).Check(r), r.ParseForm()); err != nil {
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
		return
	}
	number, _ := strconv.Atoi(r.PostFormValue("message")) // what is no number is no message either
	messages := s.Messages()
	i := slices.IndexFunc(messages, func(m Message) bool { return m.Number == number })
	if i < 0 || s.answerable(messages[i]) == "" {
		http.Error(w, http.StatusText(http.StatusNotFound), http.StatusNotFound)
		return
	}
	became := "sent"
	if typed, err := text.Lines(r.PostFormValue("text"), longestAnswer); err != nil {
		became = "empty"
	} else if err := s.deliver(r.Context(), messages[i], typed); err != nil {
		s.log.WarnContext(r.Context(), "an answer was not taken", "error", err)
		became = "refused"
	}
	query := url.Values{"message": {strconv.Itoa(number)}, "answer": {became}, "lang": {r.PostFormValue("lang")}}
	w.Header().Set("Location", "?"+query.Encode())
	w.WriteHeader(http.StatusSeeOther)
}

// deliver sends an answer that quotes what it answers.
func (s *Sink) deliver(ctx context.Context, m Message, typed string) error {
	host, port, err := net.SplitHostPort(s.answers)
	if err != nil {
		return err
	}
	at, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	client, err := gomail.NewClient(host, gomail.WithPort(at), gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithTimeout(10*time.Second))
	if err != nil {
		return err
	}
	out := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(out.From(m.To[0]), out.To(s.answerable(m))); err != nil {
		return err
	}
	out.Subject("Re: " + m.Subject)
	out.SetDate()
	out.SetMessageID()
	if id := m.Header["Message-Id"]; len(id) == 1 {
		out.SetGenHeader(gomail.HeaderInReplyTo, id[0])
		out.SetGenHeader(gomail.HeaderReferences, id[0])
	}
	quoted := "> " + strings.ReplaceAll(strings.TrimSpace(m.Text), "\n", "\n> ")
	out.SetBodyString(gomail.TypeTextPlain, typed+"\n\n"+quoted+"\n")
	return client.DialAndSendWithContext(ctx, out)
}
