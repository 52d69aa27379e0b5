package pages

import (
	"context"
	"crypto/sha256"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/seal"
	"dobosh/internal/lab/mailsink"
	"dobosh/internal/notify"
	"dobosh/internal/notify/post"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/pages"
	"dobosh/internal/words"
	"dobosh/internal/work"
)

// rig is a portal with a courier and the mail server to which it carries.
type rig struct {
	testing.TB
	http.Handler
	*notify.Courier
	db     *storage.DB
	runner *work.Runner
	sink   *mailsink.Sink
	sent   int
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{TB: t, db: testkit.Database(t, storage.SQLite)(work.Migrations(), notify.Migrations())}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	r.must(err)
	quiet, now := slog.New(slog.DiscardHandler), func() time.Time { return pages.Now }
	r.sink, err = mailsink.Start(listener, quiet)
	r.must(err)
	t.Cleanup(func() { _ = r.sink.Close() })
	r.runner = work.New(r.db, now, quiet, "one")
	r.Courier, err = notify.New(notify.Config{Host: "127.0.0.1", Port: listener.Addr().(*net.TCPAddr).Port, From: "Град Зрењанин <grad@city.example>", TLS: notify.Plain}, r.db, r.runner, now, quiet)
	r.must(err)
	secret := sha256.Sum256([]byte("notices"))
	key, err := seal.New(secret[:])
	r.must(err)
	r.EndedAt("https://city.example", key)
	r.must(r.runner.Begin(t.Context()))
	for _, person := range pages.People()["mother"].Persons {
		r.must(r.SetAddress(t.Context(), notify.Address{Person: person, Channel: notify.Email, To: "milica@example.org", Lang: lang.SrCyrl}))
	}
	said, err := words.Of()
	r.must(err)
	brought, err := New(r)
	r.must(err)
	r.Handler = pages.Open(t, pages.Config(said), brought)
	return r
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

// tells sends a notice to the mother, and gives the mails that come of it.
func (r *rig) tells(id string, lane notify.Lane) []mailsink.Message {
	r.Helper()
	var person string
	for _, person = range pages.People()["mother"].Persons {
	}
	r.must(r.db.Write(r.Context(), func(ctx context.Context, tx *storage.Tx) error {
		return r.Send(ctx, tx, notify.Notice{
			ID: id, Person: person, Lane: lane, Link: "https://city.example/cases/ZR-1", Subject: pages.Both("Предмет ZR-1", "Case ZR-1"), Body: pages.Both("Погледајте.", "Look at it."),
		})
	}))
	_, err := r.runner.RunDue(r.Context())
	r.must(err)
	all := r.sink.Messages()
	came := all[r.sent:]
	r.sent = len(all)
	return came
}

func TestEveryPageInEveryLanguage(t *testing.T) {
	r := newRig(t)
	link := r.tells("1", notify.Bulk)[0].Header["List-Unsubscribe"][0]
	path := strings.TrimSuffix(strings.TrimPrefix(link, "<https://city.example"), ">")
	expected := []pages.Expected{
		{Who: "mother", Path: notify.PreferencePage, Status: 200}, {Who: "officer", Path: notify.PreferencePage, Status: 200}, {Path: notify.PreferencePage, Status: 401},
		{Path: path, Status: 200}, {Path: endedPath, Status: 200}, {Path: notify.UnsubscribePath + "AAAA", Status: 404}, {Path: path[:len(path)-1], Status: 404},
	}
	pages.Walk(t, r, expected)
	pages.Small(t, r, expected)
}

// A person says how much may stand in a mail, and in which letters.
func TestWhatAPersonChose(t *testing.T) {
	r := newRig(t)
	if html := pages.Says(t, r, pages.Request{Who: "mother", Path: notify.PreferencePage}, 200, "milica@example.org", `value="email"`); strings.Contains(html, `value="sms"`) || strings.Contains(html, `value="letter"`) {
		t.Error("a channel is offered on which this node sends nothing")
	}
	if m := r.tells("1", notify.Normal)[0]; m.Subject != "Предмет ZR-1" {
		t.Errorf("who chose nothing is told %q", m.Subject)
	}
	pages.Sends(t, r, "mother", notify.PreferencePage, notify.PreferencePage+"?saved=1", "channel", "email", "content", "nothing", "lang", "sr-Latn", "bulk", "yes")
	m := r.tells("2", notify.Normal)[0]
	if !strings.HasSuffix(m.Subject, ": imate novu poruku") || strings.Contains(m.Text, "ZR-1") || !strings.Contains(m.Text, "https://city.example/") || m.Lang != "sr-Latn" {
		t.Errorf("who chose that nothing is said is told %q, %q in %s", m.Subject, m.Text, m.Lang)
	}
	for _, wrong := range [][]string{{"channel", "pigeon", "content", "matter", "lang", "en", "bulk", "no"}, {"channel", "sms", "content", "matter", "lang", "en", "bulk", "no"}, {"channel", "email", "content", "matter", "lang", "xx", "bulk", "no"}, {"channel", "email"}} {
		pages.Says(t, r, pages.Request{Who: "mother", Path: notify.PreferencePage, Form: pages.Form(wrong...)}, 422)
	}
	pages.Says(t, r, pages.Request{Path: notify.PreferencePage, Form: pages.Form("channel", "email")}, 401)
}

// A mailing ends by a POST, of a person or of the program with which they read mail, and by nothing else.
func TestAMailingEnds(t *testing.T) {
	r := newRig(t)
	m := r.tells("1", notify.Bulk)[0]
	if m.Header["List-Unsubscribe-Post"][0] != "List-Unsubscribe=One-Click" {
		t.Errorf("header %v", m.Header)
	}
	path := strings.TrimSuffix(strings.TrimPrefix(m.Header["List-Unsubscribe"][0], "<https://city.example"), ">")
	if !strings.Contains(m.Text, path) {
		t.Errorf("the text has no link: %q", m.Text)
	}
	pages.Says(t, r, pages.Request{Path: path}, 200, "<form") // a scanner looks
	if len(r.tells("2", notify.Bulk)) != 1 {
		t.Error("a look has ended the mailing")
	}
	if w := (pages.Request{Path: path, Form: pages.Form("List-Unsubscribe", "One-Click")}).To(r); w.Code >= 400 {
		t.Errorf("one click: %d", w.Code)
	}
	if came := r.tells("3", notify.Bulk); len(came) != 0 {
		t.Errorf("after the end: %q", came[0].Subject)
	}
	own := r.tells("4", notify.Normal)
	if len(own) != 1 || len(own[0].Header["List-Unsubscribe"]) != 0 {
		t.Errorf("what is their own matter: %d mails", len(own))
	}
}

// Where letters are sent, a person says where they live, and officers write down what became of each.
func TestLettersByPost(t *testing.T) {
	r := newRig(t)
	runner := work.New(r.db, func() time.Time { return pages.Now }, slog.New(slog.DiscardHandler), "letters")
	var err error
	r.Courier, err = notify.New(notify.Config{Host: "127.0.0.1", Port: 25, From: "Град <grad@city.example>", TLS: notify.Plain}, r.db, runner, func() time.Time { return pages.Now }, slog.New(slog.DiscardHandler))
	r.must(err)
	outbox, err := post.Open(post.Config{Folder: t.TempDir(), Sender: pages.Both("Град", "City")}, func(w io.Writer, l post.Letter) (int, error) {
		_, err := io.WriteString(w, l.Subject)
		return 1, err
	}, func() time.Time { return pages.Now })
	r.must(err)
	r.ByPost(outbox, nil)
	r.must(runner.Begin(t.Context()))
	said, err := words.Of()
	r.must(err)
	own, err := New(r)
	r.must(err)
	desk, err := ForPost(r, act.Scope{})
	r.must(err)
	r.Handler = pages.Open(t, pages.Config(said), own, desk)

	pages.Says(t, r, pages.Request{Who: "mother", Path: notify.PreferencePage}, 200, `value="letter"`, notify.AddressPage)
	for _, person := range pages.People()["mother"].Persons {
		r.must(r.SetAddress(t.Context(), notify.Address{Person: person, Channel: notify.Letter, To: "Милица Пример\nНародног фронта 1\n23000 Зрењанин", Lang: lang.SrCyrl}))
	}
	pages.Says(t, r, pages.Request{Who: "mother", Path: notify.PreferencePage}, 200, "Милица Пример, Народног фронта 1, 23000 Зрењанин")
	pages.Sends(t, r, "mother", notify.PreferencePage, notify.PreferencePage+"?saved=1", "channel", "letter", "content", "matter", "lang", "en", "bulk", "no")
	r.runner = runner
	r.tells("1", notify.Normal)
	all, err := r.Posted(t.Context(), "", "")
	r.must(err)
	if len(all.Items) != 1 {
		t.Fatalf("%d letters", len(all.Items))
	}
	advise := notify.LettersPage + "/" + all.Items[0].Number + "/advise"
	expected := []pages.Expected{
		{Who: "officer", Path: notify.LettersPage, Status: 200}, {Who: "officer", Path: advise, Status: 200}, {Who: "officer", Path: notify.LettersPage + "/table", Status: 200},
		{Who: "mother", Path: notify.LettersPage, Status: 403}, {Path: advise, Status: 401}, {Who: "officer", Path: notify.LettersPage + "/L-0/advise", Status: 404}, {Who: "mother", Path: notify.AddressPage, Status: 200},
	}
	pages.Walk(t, r, expected)
	pages.Small(t, r, expected)
	day := civil.Of(pages.Now).String()
	pages.Says(t, r, pages.Request{Who: "officer", Path: advise, Form: pages.Form("became", "delivered", "day", "2020-01-01")}, 422)
	pages.Sends(t, r, "officer", advise, notify.LettersPage, "became", "delivered", "day", day)
	if html := pages.Says(t, r, pages.Request{Who: "officer", Path: notify.LettersPage}, 200); strings.Contains(html, all.Items[0].Number) {
		t.Error("a letter of which the post has told still waits")
	}
}
