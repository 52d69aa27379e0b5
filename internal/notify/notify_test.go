package notify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

func TestNoticeArrives(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		r.send(offer("offer-7"))
		if d := r.only(); d.State != Queued || d.Person != person || !d.Due.Equal(r.clock.Now()) || !d.Sent.IsZero() {
			t.Errorf("before: %+v", d)
		}
		if n, more := r.carryAll(), r.carryAll(); n != 1 || more != 0 {
			t.Errorf("%d carried, then %d", n, more)
		}
		d := r.only()
		if d.State != Sent || d.Attempts != 1 || d.Reason != "" || !d.Sent.Equal(r.clock.Now()) || !d.Due.IsZero() {
			t.Errorf("after: %+v", d)
		}
		m := r.sink.Messages()[0]
		if m.Subject != "Чека вас понуда" || m.Text != "Погледајте је и прихватите једним додиром.\n\nhttps://zrenjanin.example/offers/7\n" {
			t.Errorf("%q %q", m.Subject, m.Text)
		}
		if m.From != "dobosh@zrenjanin.example" || !slices.Equal(m.To, []string{"milica@example.org"}) || m.Lang != "sr-Cyrl" {
			t.Errorf("from %s to %v in %s", m.From, m.To, m.Lang)
		}
		if m.Header["Auto-Submitted"][0] != "auto-generated" || strings.Contains(fmt.Sprint(m.Header), "offer-7") {
			t.Errorf("header %v", m.Header)
		}
	})
}

func TestLanguageOfTheAddressBook(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		r.address("milica@example.org", lang.SrLatn)
		r.send(offer("1"))
		r.carryAll()
		r.address("other@example.org", lang.En)
		r.send(offer("2"))
		r.carryAll()
		if got := r.sent(); !slices.Equal(got, []string{"Čeka vas ponuda", "You have an offer"}) {
			t.Error(got)
		}
		if to := r.sink.Messages()[1].To; to[0] != "other@example.org" {
			t.Error(to)
		}
	})
}

func TestRolledBackIsNotSent(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		err := r.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			if err := r.Send(ctx, tx, offer("1")); err != nil {
				return err
			}
			return errChangedMind
		})
		if !errors.Is(err, errChangedMind) {
			t.Fatal(err)
		}
		r.carryAll()
		if got := r.sent(); len(got) != 0 {
			t.Errorf("sent %v", got)
		}
	})
}

func TestDoubledNoticeIsSentOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		r.send(offer("1"), offer("1"))
		r.send(offer("1"))
		r.carryAll()
		again := offer("1")
		again.Subject = lang.Text{"sr": "Друго", "en": "Other"}
		r.send(again)
		r.carryAll()
		if got := r.sent(); len(got) != 1 {
			t.Errorf("sent %v", got)
		}
		r.only()
	})
}

func TestPausesGrowToAnHour(t *testing.T) {
	retry := Config{Pause: 10 * time.Second}.retry()
	for attempts, want := range map[int]time.Duration{1: 10 * time.Second, 2: 20 * time.Second, 9: 2560 * time.Second, 10: time.Hour, 100: time.Hour} {
		if got := retry(attempts); got != want {
			t.Errorf("after %d: %v", attempts, got)
		}
	}
}

func TestPersonWithoutAddress(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		r.address("", "")
		r.send(offer("1"))
		r.carryAll()
		if d := r.only(); d.State != Failed || d.Reason != NoAddress {
			t.Errorf("%+v", d)
		}
	})
}

// A courier that died in the middle leaves its batch to the next. Should it only
// have been slow, what it learns no longer counts.
func TestDeadCourier(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		alive := r.at
		r.at = stubborn(t, "550 nobody here")
		r.Courier, r.runner = r.another(r.db, "one")
		r.send(offer("1"))
		dead, err := r.runner.Claim(t.Context())
		if err != nil || dead.Len() != 1 {
			t.Fatal(dead, err)
		}
		r.carryAll()
		if got := r.sent(); len(got) != 0 {
			t.Fatalf("two carry the same: %v", got)
		}
		r.at = alive
		r.Courier, r.runner = r.another(r.db, "one")
		r.carryAll()
		if got := r.sent(); len(got) != 1 {
			t.Errorf("sent %v", got)
		}
		if err := dead.Do(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d := r.only(); d.State != Sent || d.Attempts != 2 || d.Reason != "" {
			t.Errorf("the dead one wrote: %+v", d)
		}
	})
}

func TestCouriersShare(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		const many = 3*batchSize + 1
		var all []Notice
		for i := range many {
			all = append(all, offer(fmt.Sprint(i)))
		}
		r.send(all...)
		var working sync.WaitGroup
		for n := range 4 {
			_, runner := r.another(r.db, fmt.Sprint("node-", n))
			working.Go(func() {
				if _, err := runner.RunDue(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		working.Wait()
		kept := r.sink.Messages() // the newest, numbered
		if n := kept[len(kept)-1].Number; n != many {
			t.Errorf("sent %d of %d", n, many)
		}
	})
}

func TestUrgentFirst(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		for i, lane := range []Lane{Bulk, Normal, Urgent, Bulk, Urgent} {
			n := offer(fmt.Sprint(i))
			n.Lane = lane
			n.Subject = lang.Text{"sr": fmt.Sprintf("%d-%d", lane, i), "en": "x"}
			r.send(n)
			r.clock.Advance(time.Second)
		}
		r.carryAll()
		if got := r.sent(); !slices.Equal(got, []string{"0-2", "0-4", "1-1", "2-0", "2-3"}) {
			t.Error(got)
		}
	})
}

func TestDeliveriesByPages(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		var want []string
		for i := range 7 {
			r.send(offer(fmt.Sprintf("n%d", i)))
			want = append([]string{fmt.Sprintf("n%d", i)}, want...)
			if i%2 == 0 {
				r.clock.Advance(time.Second) // some are of the same instant
			}
		}
		var got []string
		for key := page.Key(""); ; {
			p, err := r.Deliveries(t.Context(), key, 3)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range p.Items {
				got = append(got, d.Notice)
			}
			if key = p.Next; key == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		if p, err := r.Deliveries(t.Context(), "rubbish", 1000); err != nil || len(p.Items) != 7 {
			t.Errorf("with a strange key: %d, %v", len(p.Items), err)
		}
	})
}

func TestLongSubjectInCyrillic(t *testing.T) {
	r := newRig(t, testkit.Database(t, storage.SQLite)(work.Migrations(), Migrations()))
	n := offer("1")
	n.Subject = lang.Text{"sr": strings.TrimSpace(strings.Repeat("Понуда ђжљњћџ ", 11)), "en": "x"}
	r.send(n)
	r.carryAll()
	m := r.sink.Messages()[0]
	if m.Subject != n.Subject["sr"] {
		t.Errorf("%q, want %q", m.Subject, n.Subject["sr"])
	}
}

func TestNoticesThatAreRefused(t *testing.T) {
	r := newRig(t, testkit.Database(t, storage.SQLite)(work.Migrations(), Migrations()))
	same := func(s string) lang.Text { return lang.Text{"sr": s, "en": s} }
	for name, change := range map[string]func(*Notice){
		"no id":                 func(n *Notice) { n.ID = "" },
		"long id":               func(n *Notice) { n.ID = strings.Repeat("x", 200) },
		"no person":             func(n *Notice) { n.Person = "" },
		"unknown lane":          func(n *Notice) { n.Lane = 3 },
		"header in subject":     func(n *Notice) { n.Subject = same("x\r\nBcc: evil@example.org") },
		"line feed in subject":  func(n *Notice) { n.Subject = same("x\ny") },
		"null in subject":       func(n *Notice) { n.Subject = same("x\x00") },
		"no subject in English": func(n *Notice) { n.Subject = lang.Text{"sr": "x", "en": ""} },
		"long subject":          func(n *Notice) { n.Subject = same(strings.Repeat("ђ", 201)) },
		"no text in subject":    func(n *Notice) { n.Subject = same("\xff") },
		"no body":               func(n *Notice) { n.Body = nil },
		"long body":             func(n *Notice) { n.Body = same(strings.Repeat("x", 10_001)) },
		"no link":               func(n *Notice) { n.Link = "" },
		"link that is a script": func(n *Notice) { n.Link = "javascript:alert(1)" },
		"relative link":         func(n *Notice) { n.Link = "/offers/7" },
		"two lines of link":     func(n *Notice) { n.Link = "https://a.example/\nhttps://evil.example/" },
	} {
		n := offer("1")
		change(&n)
		err := r.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error { return r.Send(ctx, tx, n) })
		if err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	if p, err := r.Deliveries(t.Context(), "", 0); err != nil || len(p.Items) != 0 {
		t.Errorf("%d deliveries, %v", len(p.Items), err)
	}
}

// The domain is kept as the DNS has it, so that every server takes the address; what
// stands before it may need one that takes any script (RFC 6531).
// wide is a domain of so many bytes.
func wide(bytes int) string {
	s := ""
	for bytes-len(s) > 66 {
		s += strings.Repeat("b", 63) + "."
	}
	return s + strings.Repeat("c", bytes-len(s)-3) + ".rs"
}

func TestAddressesInAnyScript(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		for typed, kept := range map[string]string{
			"jovan@пример.срб": "jovan@xn--e1afmkfd.xn--90a3ac", "jovan@ПРИМЕР.срб": "jovan@xn--e1afmkfd.xn--90a3ac", "Jovan.P@Example.RS": "Jovan.P@example.rs",
			"јован@пример.срб": "јован@xn--e1afmkfd.xn--90a3ac", "jovan@xn--e1afmkfd.xn--90a3ac": "jovan@xn--e1afmkfd.xn--90a3ac", "o'neil+a@under.example": "o'neil+a@under.example",
			"jovan@пример。срб": "jovan@xn--e1afmkfd.xn--90a3ac", "a@xn--BCHER-KVA.ch": "a@xn--bcher-kva.ch", "a@faß.de": "a@xn--fa-hia.de", "민@한국.kr": "민@xn--3e0b707e.kr",
			strings.Repeat("a", 64) + "@example.rs": strings.Repeat("a", 64) + "@example.rs", strings.Repeat("ж", 32) + "@example.rs": strings.Repeat("ж", 32) + "@example.rs",
			"a@" + wide(252): "a@" + wide(252),
		} {
			r.address(typed, lang.SrCyrl)
			if a, err := r.Address(t.Context(), person, Email); err != nil || a.To != kept {
				t.Errorf("%s: kept as %s, %v", typed, a.To, err)
			}
		}
		for _, bad := range []string{"jovan@-example.rs", "jovan@example-.rs", "jovan@example..rs", "jovan@.rs", "jovan@example", "jovan@ex_ample.rs", "jovan@example.rs.", "jovan@" + strings.Repeat("a", 64) + ".rs", "jo\u202evan@example.rs", "jоvan@example.rs" /* a Cyrillic о */, "јo@пример.срб", "jo\u200bvan@example.rs",
			"a@xn--pple-43d.com" /* the same Cyrillic а in the form of the DNS */, "a@xn--bücher-kva.ch", "a@xn--a.rs", "a@xn--.rs", "a@xn--zzzzzzzz99999.rs", "a@ab--cd.rs",
			"a@127.0.0.1", "a@1.2", "a@example.123", "a@[IPv6:::1]", `"a"@example.rs`, `"a b"@example.rs`, `a\@b@example.rs`, "a..b@example.rs", ".a@example.rs", "a.@example.rs",
			strings.Repeat("a", 65) + "@example.rs", strings.Repeat("ж", 33) + "@example.rs", "a@" + wide(253), strings.Repeat("a", 64) + "@" + wide(190), "a@exa\u00admple.rs", "a@example.rs\n"} {
			if err := r.SetAddress(t.Context(), Address{person, Email, bad, lang.En}); !problem.HasCode(err, "address-invalid") {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

// A server that takes one script only still gets what goes to a domain of another.
func TestDomainOfAnotherScriptArrives(t *testing.T) {
	r := newRig(t, testkit.Database(t, storage.SQLite)(work.Migrations(), Migrations()))
	r.address("jovan@пример.срб", lang.SrCyrl)
	r.send(offer("1"))
	r.carryAll()
	if to := r.sink.Messages()[0].To; !slices.Equal(to, []string{"jovan@xn--e1afmkfd.xn--90a3ac"}) {
		t.Errorf("sent to %q", to)
	}
}

func TestAddresses(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		got, err := r.Address(t.Context(), person, Email)
		if want := (Address{person, Email, "milica@example.org", lang.SrCyrl}); got != want || err != nil {
			t.Errorf("%+v, %v", got, err)
		}
		for _, bad := range []string{
			"milica", "@example.org", "milica@", "milica@example.org\r\nBcc: evil@example.org", "milica@example.org, evil@example.org",
			"Milica <milica@example.org>", "<milica@example.org>", `"mi lica"@example.org`, "milica@example.org (x)", "milica@[127.0.0.1]",
			" milica@example.org", "milica@example.org>", "milica@example.org\x00", strings.Repeat("x", 250) + "@example.org", "a@b@c",
		} {
			err := r.SetAddress(t.Context(), Address{person, Email, bad, lang.En})
			if p := problem.Of(err); p.Code != "address-invalid" || len(p.Fields) != 1 {
				t.Errorf("%q: %v", bad, err)
			}
		}
		for name, bad := range map[string]Address{
			"no person":        {"", Email, "a@example.org", lang.En},
			"unknown channel":  {person, "pigeon", "a@example.org", lang.En},
			"unknown language": {person, Email, "a@example.org", "xx"},
		} {
			if r.SetAddress(t.Context(), bad) == nil {
				t.Errorf("%s: no error", name)
			}
		}
		if still, err := r.Address(t.Context(), person, Email); still != got || err != nil {
			t.Errorf("changed to %+v, %v", still, err)
		}
		r.address("", "")
		if _, err := r.Address(t.Context(), person, Email); !problem.HasCode(err, "address-unknown") {
			t.Error(err)
		}
	})
}

// The courier on its own: woken by a commit, patient with a server that is away,
// and gone after the end.
func TestCourierRuns(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		r := newRig(t, open(work.Migrations(), Migrations()))
		config := r.config()
		config.Pause = 5 * time.Millisecond
		r.runner = work.New(r.db, r.clock.Now, slog.New(slog.DiscardHandler), "one")
		var err error
		if r.Courier, err = New(config, r.db, r.runner, r.clock.Now, slog.New(slog.DiscardHandler)); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		ended := make(chan struct{})
		go func() { defer close(ended); r.runner.Run(ctx) }()
		r.send(offer("1"))
		testkit.Reaches(t, "messages at the server", r.messages, 1)
		if err := r.sink.Close(); err != nil {
			t.Fatal(err)
		}
		r.send(offer("2"))
		r.listen(r.at)
		testkit.Reaches(t, "messages at the server", r.messages, 1)
		stop()
		<-ended
		r.send(offer("3"))
		if n := len(r.sink.Messages()); n != 1 {
			t.Errorf("%d messages after the end", n)
		}
	})
}

func TestConfigErrors(t *testing.T) {
	good := Config{Host: "mail.example", Port: 587, From: "dobosh@zrenjanin.example"}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Config){
		"no host":              func(c *Config) { c.Host = "" },
		"no port":              func(c *Config) { c.Port = 0 },
		"no sender":            func(c *Config) { c.From = "" },
		"header in the sender": func(c *Config) { c.From = "a@b.example\r\nBcc: x@y.example" },
		"unknown protection":   func(c *Config) { c.TLS = "maybe" },
		"plain to elsewhere":   func(c *Config) { c.TLS = Plain },
		"password in plain":    func(c *Config) { c.TLS, c.Host, c.User, c.PasswordFile = Plain, "localhost", "u", "f" },
		"user alone":           func(c *Config) { c.User = "u" },
		"negative attempts":    func(c *Config) { c.Attempts = -1 },
	} {
		config := good
		change(&config)
		if config.Check() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	good.User, good.PasswordFile = "u", t.TempDir()+"/none"
	if _, err := New(good, nil, nil, time.Now, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a missing password: no error")
	}
}

// messages counts what the server has.
func (r *rig) messages() int { return len(r.sink.Messages()) }
