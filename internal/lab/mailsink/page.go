package mailsink

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"slices"
	"time"

	"dobosh/internal/kit/lang"
)

//go:embed mailbox.html
var mailboxHTML string

//go:embed style.css
var styleCSS string

//go:embed words/*.json
var wordFiles embed.FS

// Words are the sentences of the page.
func Words() lang.Words { return lang.Words{Room: "mailsink", Files: wordFiles} }

// mailbox shows messages. All its links are queries, so it can be served under
// any path.
type mailbox struct {
	layout *template.Template
	texts  *lang.Catalogue
	policy string
}

func newMailbox() (*mailbox, error) {
	texts, err := lang.Load(Words())
	if err != nil {
		return nil, err
	}
	layout, err := template.New("mailbox").Parse(mailboxHTML)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(styleCSS))
	return &mailbox{layout, texts, "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"}, nil
}

// view is what the template shows: one message when Open is set, else the list.
type view struct {
	Lang      lang.Tag
	Languages []offered
	Style     template.CSS
	Say       func(key string) string
	To        string // only mail to this address; empty for all
	Missing   bool   // the message that was asked for is not there
	Open      *shown
	AnswerTo  string  // to which an answer to the open message goes; empty for nowhere
	Became    string  // key of what became of an answer; empty for none
	List      []shown // the newest first
}

type offered struct {
	Tag     lang.Tag
	Name    string
	Current bool
}

type shown struct {
	received
	Time string
}

// ServeHTTP shows the list, or with ?message=NUMBER one message. ?to=ADDRESS
// leaves only mail to one address, ?lang=TAG chooses the language. What is posted is an
// answer to a message.
func (s *Sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && s.answers != "" {
		s.answer(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	query := r.URL.Query()
	tag, ok := lang.Parse(query.Get("lang"))
	if !ok {
		tag = lang.Accept(r.Header.Get("Accept-Language"))
	}
	if key := query.Get("sheet"); key != "" {
		s.sheet(w, r, key)
		return
	}
	content := s.page.view(tag, query.Get("to"))
	messages, err := s.all()
	if err != nil {
		s.log.WarnContext(r.Context(), "what arrived cannot be read", "error", err)
	}
	status := http.StatusOK
	if asked := query.Get("message"); asked != "" {
		i := slices.IndexFunc(messages, func(m received) bool { return m.Key == asked })
		if content.Missing = i < 0; content.Missing {
			status = http.StatusNotFound
		} else {
			content.Open = new(show(messages[i], tag))
			content.AnswerTo = s.answerable(messages[i].Message)
			if became := query.Get("answer"); slices.Contains([]string{"sent", "empty", "refused"}, became) {
				content.Became = "answer." + became
			}
		}
	} else {
		content.List = list(messages, content.To, tag)
	}
	s.page.write(w, status, content)
}

func list(messages []received, to string, tag lang.Tag) (all []shown) {
	for _, m := range slices.Backward(messages) {
		if to == "" || m.sentTo(to) {
			all = append(all, show(m, tag))
		}
	}
	return all
}

func show(m received, tag lang.Tag) shown {
	layout := "2. 1. 2006. 15:04:05"
	if tag == lang.En {
		layout = "2 January 2006 15:04:05"
	}
	zone, err := time.LoadLocation("Europe/Belgrade")
	if err != nil {
		zone = time.UTC
	}
	return shown{m, m.At.In(zone).Format(layout)}
}

func (p *mailbox) view(tag lang.Tag, to string) view {
	v := view{Lang: tag, Style: template.CSS(styleCSS), To: to, Say: func(key string) string { return p.texts.Say(tag, key) }}
	for _, t := range lang.Tags() {
		v.Languages = append(v.Languages, offered{t, t.Name(), t == tag})
	}
	return v
}

func (p *mailbox) write(w http.ResponseWriter, status int, v view) {
	var page bytes.Buffer
	if err := p.layout.Execute(&page, v); err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(v.Lang))
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(page.Bytes()) // the reader may have gone
}
