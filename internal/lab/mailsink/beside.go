package mailsink

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"dobosh/internal/notify/post"
	"dobosh/internal/notify/sms"
)

// Beside has the page show texts to phones and letters too, which lie in folders. It is called before the page
// is served.
func (s *Sink) Beside(texts, letters string) { s.texts, s.letters = texts, letters }

// The kinds of what arrives. They begin the key of a message that is none of mail.
const (
	kindText   = "text"
	kindLetter = "letter"
)

// longestTitle is how much of a text stands in the list, in characters.
const longestTitle = 70

// all is what arrived on any channel, the oldest first, each with its key in the address of the page.
func (s *Sink) all() ([]received, error) {
	var all []received
	for _, m := range s.Messages() {
		all = append(all, received{Message: m, Key: strconv.Itoa(m.Number)})
	}
	texts, err := sms.Read(s.texts, kept)
	if err != nil {
		return nil, err
	}
	for _, t := range texts {
		title := []rune(t.Text)
		if len(title) > longestTitle {
			title = append(title[:longestTitle], '…')
		}
		all = append(all, received{Message: Message{At: t.At, To: []string{t.To}, Subject: string(title), Text: t.Text}, Key: kindText + "-" + t.ID, Kind: kindText, Parts: t.Parts, Coding: string(t.Coding)})
	}
	letters, err := post.Lines(s.letters)
	if err != nil {
		return nil, err
	}
	for _, l := range letters[max(0, len(letters)-kept):] {
		all = append(all, received{Message: Message{At: l.At, To: []string{strings.Join(l.To, ", ")}, Subject: l.Number, Lang: string(l.Lang), Text: strings.Join(l.To, "\n")}, Key: kindLetter + "-" + l.Number, Kind: kindLetter, Sheet: l.File})
	}
	slices.SortStableFunc(all, func(a, b received) int { return a.At.Compare(b.At) })
	return all, nil
}

// received is a message on any channel.
type received struct {
	Message
	Key    string
	Kind   string // empty for mail
	Parts  int    // of a text
	Coding string
	Sheet  string // file of a letter
}

// sheet serves a letter as it is printed.
func (s *Sink) sheet(w http.ResponseWriter, r *http.Request, key string) {
	all, err := s.all()
	i := slices.IndexFunc(all, func(m received) bool { return m.Kind == kindLetter && m.Key == key })
	if err != nil || i < 0 {
		http.Error(w, http.StatusText(http.StatusNotFound), http.StatusNotFound)
		return
	}
	pdf, err := os.ReadFile(filepath.Join(s.letters, filepath.Base(all[i].Sheet)))
	if err != nil {
		http.Error(w, http.StatusText(http.StatusNotFound), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Disposition", `inline; filename="letter.pdf"`)
	_, _ = w.Write(pdf) // whoever went away does not read it
}
