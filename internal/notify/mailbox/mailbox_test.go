package mailbox_test

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/problem"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/notify/mailbox/letter"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/testkit/acts"
)

// domain is пошта.пример.срб.
const domain = "xn--80a1acn3a.xn--e1afmkfd.xn--90a3ac"

func TestAnAnswerLandsInItsThread(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		h := r.sends("n1", "thread-1")
		raw := written("") + strings.Join([]string{"", "--x", "Content-Type: text/plain; charset=utf-8", "", "Ево извода.", "", "On 23 Nov 2026, City wrote:", "> питање", "--x",
			"Content-Disposition: attachment; filename=izvod.pdf", "Content-Transfer-Encoding: base64", "", base64.StdEncoding.EncodeToString([]byte("%PDF-1.7 извод")), "--x--", ""}, "\r\n")
		raw = strings.Replace(raw, "text/plain; charset=utf-8", "multipart/mixed; boundary=x", 1)
		r.arrives(raw, "ana@b.example", strings.ToUpper(h.ReplyTo))
		r.sorts()
		got := r.replies["thread-1"]
		if len(got) != 1 {
			t.Fatalf("%d replies, held %+v, noted %+v", len(got), r.in(mailbox.Held), r.in(mailbox.Noted))
		}
		m := got[0]
		if m.Text != "Ево извода." || !strings.Contains(m.Quoted, "> питање") || m.From != (letter.Address{Name: "Ana", Email: "ana@b.example"}) || m.Person != "person of n1" || m.Checked || m.Assigned != "" || m.Subject != "Re: question" {
			t.Errorf("%+v", m)
		}
		if len(m.Attachments) != 1 || m.Attachments[0].Type != "application/pdf" || m.Attachments[0].Name != "izvod.pdf" || m.Attachments[0].Kept != "%PDF-1.7 извод" {
			t.Errorf("%+v", m.Attachments)
		}
		if r.original(m.ID) != raw {
			t.Error("the original is not as it came")
		}
		filed := r.in(mailbox.Filed)
		if len(filed) != 1 || filed[0].Summary.Text != "" || filed[0].Summary.From.Email != "" || filed[0].Settled.IsZero() {
			t.Errorf("%+v", filed)
		}
		var envelope string
		r.must(r.db.Read(t.Context()).QueryRowContext(t.Context(), `select envelope from mailbox_mails`).Scan(&envelope))
		if strings.Contains(envelope, "ana@b.example") {
			t.Errorf("who wrote stays in clear: %s", envelope)
		}
	})
}

// TestHeaders: what goes out is the same however often it goes, and leads back.
func TestHeaders(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		a, b := r.sends("n1", "thread-1"), r.sends("n1", "thread-1")
		if a.MessageID != b.MessageID || a.ReplyTo != b.ReplyTo || a.ReturnPath != b.ReturnPath {
			t.Errorf("%+v is not %+v", a, b)
		}
		if other := r.sends("n2", "thread-1"); other.MessageID == a.MessageID {
			t.Error("two notices have one id")
		}
		token, _ := strings.CutSuffix(a.MessageID, "@"+domain)
		if a.ReplyTo != "reply+"+token+"@"+domain || a.ReturnPath != "bounce+"+token+"@"+domain || len(strings.SplitN(a.ReturnPath, "@", 2)[0]) > 64 {
			t.Errorf("%+v", a)
		}
		if len(a.Fields) != 2 || a.Fields[0] != (mailbox.Field{Name: "Auto-Submitted", Value: "auto-generated"}) {
			t.Errorf("%+v", a.Fields)
		}
		bulk := r.Headers(mailbox.Outgoing{Notice: "n3", Person: "p", Bulk: true})
		if n := len(bulk.Fields); n != 4 || !strings.HasPrefix(bulk.Fields[2].Value, "<https://city.example/mailings/end/") || bulk.Fields[3].Value != "List-Unsubscribe=One-Click" {
			t.Errorf("%+v", bulk.Fields)
		}
		if sent, err := r.Sent(t.Context(), strings.ToUpper(token)); err != nil || sent != (mailbox.Outgoing{Notice: "n1", Person: "person of n1", Thread: "thread-1"}) {
			t.Errorf("%+v %v", sent, err)
		}
		for _, not := range []string{"", token[1:], token[:31] + "z", strings.Repeat("0", 32)} {
			if not != token {
				if _, err := r.Sent(t.Context(), not); !errors.Is(err, storage.ErrNotFound) {
					t.Errorf("%q: %v", not, err)
				}
			}
		}
		// A second key signs from now on, and what the first has signed is believed.
		config := r.config
		config.Keys = [][]byte{[]byte(strings.Repeat("n", 32)), r.config.Keys[0]}
		if !r.another(config).Knows(a.ReplyTo) {
			t.Error("a new key makes old letters unanswerable")
		}
		config.Keys = config.Keys[:1]
		if r.another(config).Knows(a.ReplyTo) {
			t.Error("the token of a key that is not ours is taken")
		}
	})
}

func TestWhoIsTaken(t *testing.T) {
	r := newRig(t, storage.SQLite)
	h := r.sends("n1", "thread-1")
	token, _, _ := strings.Cut(h.MessageID, "@")
	for address, taken := range map[string]bool{
		h.ReplyTo: true, h.ReturnPath: true, "reply+" + token + "@пошта.пример.срб": true, "REPLY+" + strings.ToUpper(token) + "@Пошта.Пример.срб": true, "reply-" + token + "@" + domain: true,
		"prvs=12ab=reply+" + token + "@" + domain: true, "pisarnica@city.example": true, "Шалтер@Град.срб": true, "шалтер@xn--80afe0c.xn--90a3ac": true,
		"reply+" + token + "@city.example": false, "reply@" + domain: false, "reply+@" + domain: false, "reply+" + token[:31] + "@" + domain: false, "reply+" + strings.Repeat("0", 32) + "@" + domain: false,
		"": false, "x": false, "other@city.example": false,
	} {
		if got := r.Knows(address); got != taken {
			t.Errorf("%q: %v", address, got)
		}
	}
}

// TestTheSameMailTwice: a server that did not hear our answer sends again, and whoever
// answers to all reaches us by two ways.
func TestTheSameMailTwice(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		h := r.sends("n1", "thread-1")
		raw := written("да", "References: <"+h.MessageID+">")
		for range 3 {
			r.arrives(raw, "ana@b.example", h.ReplyTo)
			r.sorts()
		}
		if r.blobs() != 1 {
			t.Errorf("%d originals", r.blobs())
		}
		r.arrives("Received: by another way\r\n"+raw, "ana@b.example", "pisarnica@city.example")
		r.arrives(raw, "ana@b.example", "pisarnica@city.example")
		r.sorts()
		if n := len(r.replies["thread-1"]); n != 1 {
			t.Errorf("%d replies", n)
		}
		if noted := r.in(mailbox.Noted); len(noted) != 2 || noted[0].Sign != "repeated" {
			t.Errorf("%+v", noted)
		}
		r.arrives(strings.Replace(raw, "\r\n\r\nда", "\r\n\r\nне", 1), "ana@b.example", h.ReplyTo)
		r.sorts()
		if n := len(r.replies["thread-1"]); n != 2 {
			t.Errorf("other words under the same id: %d replies", n)
		}
	})
}

func TestWhoWroteLeadsToAThreadOnlyWhenItWasChecked(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		r.open["ana@b.example"] = []string{"thread-1"}
		r.open["two@b.example"] = []string{"thread-1", "thread-2"}
		const desk = "To: pisarnica@city.example"
		const pass = "Authentication-Results: mx.city.example; dmarc=pass header.from=b.example"
		for name, c := range map[string]struct {
			head []string
			why  string // empty where it is filed
		}{
			"checked":              {[]string{pass, desk}, ""},
			"by dkim":              {[]string{"Authentication-Results: mx.city.example; dkim=pass header.d=b.example", "To: x@c.example", "Cc: Писарница <PISARNICA@city.example>"}, ""},
			"sent on by another":   {[]string{pass, "To: evil@evil.example"}, mailbox.Unchecked},
			"sent on, to us too":   {[]string{pass, "To: pisarnica@city.example", "To: evil@evil.example"}, mailbox.Unchecked},
			"sent on in secret":    {[]string{pass, "Delivered-To: pisarnica@city.example", "To: evil@evil.example"}, mailbox.Unchecked},
			"nobody checked":       {nil, mailbox.Unchecked},
			"failed":               {[]string{"Authentication-Results: mx.city.example; dmarc=fail header.from=b.example"}, mailbox.Unchecked},
			"by a stranger":        {[]string{"Authentication-Results: evil.example; dmarc=pass header.from=b.example"}, mailbox.Unchecked},
			"below a stranger's":   {[]string{"Authentication-Results: evil.example; none", pass}, mailbox.Unchecked},
			"of another domain":    {[]string{"Authentication-Results: mx.city.example; dkim=pass header.d=evil.example"}, mailbox.Unchecked},
			"several matters":      {[]string{pass, desk, "From: two@b.example"}, mailbox.NoThread},
			"nobody we know":       {[]string{pass, desk, "From: vera@b.example"}, mailbox.NoThread},
			"an id that is forged": {[]string{"In-Reply-To: <" + strings.Repeat("0", 32) + "@" + domain + ">"}, mailbox.Unchecked},
		} {
			r.replies["thread-1"] = nil
			r.arrives(written(name, c.head...), "<x@b.example>", "pisarnica@city.example")
			r.sorts()
			held := r.in(mailbox.Held)
			if c.why == "" {
				if n := len(r.replies["thread-1"]); n != 1 || !r.replies["thread-1"][0].Checked {
					t.Errorf("%s: %d replies, held %+v", name, n, held)
				}
				continue
			}
			found := false
			for _, item := range held {
				found = found || item.Summary.Text == name && item.Sign == c.why && item.Kind == letter.Person
			}
			if !found || len(r.replies["thread-1"]) > 0 {
				t.Errorf("%s: %d replies, held %+v", name, len(r.replies["thread-1"]), held)
			}
		}
	})
}

func TestTwoThreadsAreNoThread(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		one, two, same := r.sends("n1", "thread-1"), r.sends("n2", "thread-2"), r.sends("n3", "thread-1")
		r.arrives(written("једном"), "ana@b.example", one.ReplyTo, same.ReplyTo)
		r.arrives(written("двома"), "ana@b.example", one.ReplyTo, two.ReplyTo)
		r.gone["thread-2"] = "thread-unknown"
		r.arrives(written("ничему"), "ana@b.example", two.ReplyTo)
		r.sorts()
		r.gone["thread-2"] = "thread-full"
		r.arrives(written("пуном"), "ana@b.example", two.ReplyTo)
		r.sorts()
		if len(r.replies["thread-1"]) != 1 || len(r.replies["thread-2"]) != 0 {
			t.Errorf("%+v", r.replies)
		}
		held := map[string]string{}
		for _, item := range r.in(mailbox.Held) {
			held[item.Summary.Text] = item.Sign
		}
		if len(held) != 3 || held["двома"] != mailbox.ManyThreads || held["ничему"] != mailbox.ThreadGone || held["пуном"] != mailbox.ThreadFull {
			t.Errorf("%v", held)
		}
	})
}

// TestAFailureChangesNothing: the room of cases, or the disk, fails in the middle; the
// mail is sorted later, once.
func TestAFailureChangesNothing(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		h := r.sends("n1", "thread-1")
		r.fails = errors.New("the database of cases is away")
		r.arrives(written("да"), "ana@b.example", h.ReplyTo)
		r.sorts()
		if len(r.replies["thread-1"]) != 0 || len(r.in(mailbox.Arrived)) != 1 {
			t.Errorf("%+v", r.replies)
		}
		r.clock.Advance(time.Minute)
		r.sorts()
		if len(r.replies["thread-1"]) != 1 || len(r.in(mailbox.Filed)) != 1 {
			t.Errorf("%+v", r.replies)
		}
	})
}

func TestWhatIsNotTaken(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		arrive := func(content string, also error) error {
			return r.Arrive(t.Context(), mailbox.Arrival{Source: "smtp", Envelope: mailbox.Envelope{From: "a@b.example", To: []string{"x"}}, Content: strings.NewReader(content),
				Also: func(context.Context, *storage.Tx) error { return also }})
		}
		if err := arrive(written(strings.Repeat("x", 1<<20)), nil); !problem.HasCode(err, "mail-too-large") {
			t.Error(err)
		}
		if err := arrive(strings.Repeat("Received: by x\r\n", 60)+written("x"), nil); !problem.HasCode(err, "mail-loops") {
			t.Error(err)
		}
		broken := errors.New("the connection broke")
		if err := arrive(written("x"), broken); !errors.Is(err, broken) {
			t.Error(err)
		}
		if n := len(r.in(mailbox.Arrived)); n != 0 {
			t.Errorf("%d were taken", n)
		}
		left, err := os.ReadDir(r.config.Spool)
		if err != nil || len(left) != 0 {
			t.Errorf("%d files stay behind, %v", len(left), err)
		}
	})
}

// TestASpoolIsSwept: what a process that died has left goes, what another is writing stays.
func TestASpoolIsSwept(t *testing.T) {
	r := newRig(t, storage.SQLite)
	for name, age := range map[string]time.Duration{"mail-old": 25 * time.Hour, "mail-new": time.Hour, "other": 1000 * time.Hour} {
		path := filepath.Join(r.config.Spool, name)
		at := r.clock.Now().Add(-age)
		r.must(errors.Join(os.WriteFile(path, nil, 0o600), os.Chtimes(path, at, at)))
	}
	r.another(r.config)
	left, err := os.ReadDir(r.config.Spool)
	if err != nil || len(left) != 2 || left[0].Name() != "mail-new" || left[1].Name() != "other" {
		t.Errorf("%v %v", left, err)
	}
}

const clerk act.Role = "clerk"

func TestPeopleSettleWhatIsHeld(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		all, err := r.Acts(act.Only(clerk), act.Scope{Body: "here"})
		r.must(err)
		assign, dismiss := all[0], all[1]
		for _, text := range []string{"први", "други", "трећи"} {
			r.arrives(written(text), "ana@b.example", "pisarnica@city.example")
		}
		r.sorts()
		held := r.in(mailbox.Held)
		if len(held) != 3 || held[0].Summary.Text != "први" || held[0].Summary.From.Email != "ana@b.example" {
			t.Fatalf("%+v", held)
		}
		vera := act.As("vera", clerk)
		elsewhere := act.Actor{Account: "mira", Grants: []act.Grant{{Role: clerk, Scope: act.Scope{Body: "there"}}}}
		do := func(a act.Act, by act.Actor, id string, values map[string][]string) error {
			sent := act.FromValues(values).With(map[string]string{"mail": id})
			_, begun := a.Begin(t.Context(), by, sent)
			_, done := a.Do(t.Context(), by, sent)
			return errors.Join(begun, done)
		}
		to, because := map[string][]string{"number": {"RS-thread-9"}}, map[string][]string{"reason": {"Реклама."}}
		acts.Refuses(t, assign, vera, map[string]string{"mail": held[0].ID}, map[string]any{"number": "RS-thread-9"})
		acts.Refuses(t, dismiss, vera, map[string]string{"mail": held[0].ID}, map[string]any{"reason": "Реклама."})
		for _, a := range all {
			if err := do(a, elsewhere, held[0].ID, to); !problem.HasCode(err, "not-allowed") {
				t.Errorf("%s for another body: %v", a.Name, err)
			}
			if err := do(a, vera, "none", map[string][]string{"number": {"RS-1"}, "reason": {"x"}}); err == nil {
				t.Errorf("%s of no mail", a.Name)
			}
		}
		if err := do(assign, vera, held[0].ID, map[string][]string{"number": {"нема"}}); problem.Of(err).Code != "form-incomplete" {
			t.Errorf("a matter that is none: %v", err)
		}
		r.must(do(assign, vera, held[0].ID, to))
		if got := r.replies["thread-9"]; len(got) != 1 || got[0].Text != "први" || got[0].Assigned != "vera" {
			t.Errorf("%+v", got)
		}
		r.must(do(dismiss, vera, held[1].ID, because))
		for _, a := range all {
			for _, item := range held[:2] {
				if err := do(a, vera, item.ID, map[string][]string{"number": {"RS-1"}, "reason": {"x"}}); err == nil {
					t.Errorf("%s again", a.Name)
				}
			}
		}
		gone, err := r.Mailbox.Find(t.Context(), held[1].ID)
		if err != nil || gone.State != mailbox.Dismissed || gone.By != "vera" || gone.Reason != "Реклама." || gone.Summary.Text != "" {
			t.Errorf("%+v %v", gone, err)
		}
		if _, err := r.Mailbox.Find(t.Context(), "none"); !problem.HasCode(err, "mail-unknown") {
			t.Error(err)
		}

		// After its time the original of what was dismissed goes; what is held or filed stays.
		r.clock.Advance(91 * 24 * time.Hour)
		r.must(r.Forget(t.Context()))
		if r.original(held[1].ID) != "" || r.original(held[0].ID) == "" || r.original(held[2].ID) == "" {
			t.Error("the wrong originals were forgotten")
		}
	})
}

func TestConfigErrors(t *testing.T) {
	r := newRig(t, storage.SQLite)
	if err := r.config.Check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*mailbox.Config){
		"no domain": func(c *mailbox.Config) { c.Domain = "" }, "a bad domain": func(c *mailbox.Config) { c.Domain = "a b" }, "no keys": func(c *mailbox.Config) { c.Keys = nil },
		"a short key": func(c *mailbox.Config) { c.Keys = [][]byte{{1}} }, "no spool": func(c *mailbox.Config) { c.Spool = "" }, "http": func(c *mailbox.Config) { c.Unsubscribe = "http://city.example/" },
		"one local part": func(c *mailbox.Config) { c.Reply, c.Bounce = "a", "a" }, "a long one": func(c *mailbox.Config) { c.Reply = strings.Repeat("a", 32) }, "a bad one": func(c *mailbox.Config) { c.Bounce = "a+b" },
		"a bad desk": func(c *mailbox.Config) { c.Desks = []string{"x"} }, "a bad separator": func(c *mailbox.Config) { c.Separator = "=" }, "a negative size": func(c *mailbox.Config) { c.Largest = -1 },
	} {
		config := r.config
		change(&config)
		if config.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
