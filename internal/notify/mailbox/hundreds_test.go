package mailbox_test

import (
	"encoding/base64"
	"fmt"
	"mime"
	"strings"
	"testing"

	"dobosh/internal/notify/mailbox"
	"dobosh/internal/notify/mailbox/letter"
	"dobosh/internal/testkit"

	"golang.org/x/text/encoding/htmlindex"
)

// sample is a mail of our own making, and what must become of it.
type sample struct {
	name, raw, from, to string
	state               mailbox.State
	kind                letter.Kind
	thread              string // where it is filed; empty for nowhere
	text                string // what the thread is given
	returned            string // the notice that came back; empty for none
	final, hard         bool
}

// out is a notice that went out before.
type out struct {
	mailbox.Headers
	notice, thread string
}

func encoded(text string) string { return mime.BEncoding.Encode("utf-8", text) }

// samples describes the mails, in their families.
func samples(tb testing.TB, next func() out) (all []sample) {
	add := func(s sample) {
		s.raw = fmt.Sprintf("X-Sample: %d\r\n%s", len(all), s.raw) // by which it is known again
		all = append(all, s)
	}
	body := func(head ...string) string { return strings.Join(head, "\r\n") }

	// Machines that say what they are, in answer to a notice and to a desk.
	for _, sign := range []string{
		"Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated", "Auto-Submitted: auto-notified; owner-email=\"x@y\"", "X-Autoreply: yes", "X-Autorespond: A question", "X-Auto-Response-From: x",
		"Precedence: auto_reply", "X-Precedence: auto_reply", "X-Mail-Autoreply: true", "X-POST-MessageClass: 9; Autoresponder", "Delivered-To: Autoresponder", "X-FC-MachineGenerated: true",
		"X-MS-Exchange-Inbox-Rules-Loop: ana@b.example", "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent", "X-AutoReply-From: ana@b.example", "X-Vacation-Message: 1", "Return-Path: <>",
	} {
		if strings.HasPrefix(sign, "X-Auto-Response-From") {
			sign = "X-Autoresponder: x"
		}
		o := next()
		add(sample{name: "machine " + sign, raw: written("Нисам ту.", sign, "In-Reply-To: <"+o.MessageID+">"), from: "ana@b.example", to: o.ReplyTo, state: mailbox.Noted, kind: letter.Automatic})
		add(sample{name: "machine at a desk " + sign, raw: written("Нисам ту.", sign), from: "ana@b.example", to: "pisarnica@city.example", state: mailbox.Noted, kind: letter.Automatic})
	}

	// Machines that say it in words only, in each language, and without a sender.
	for _, subject := range []string{
		"Automatic reply: Question", "Out of office", "Out of Office: Re: Question", "Auto-Reply", "Vacation notice", "Аутоматски одговор: Питање", "Аутоматски одговор", "Automatski odgovor: Pitanje", "Automatski odgovor",
		"Ван канцеларије", "Van kancelarije do 5. 12.", "Одсуство", "Re: Na odmoru", "Нисам у канцеларији", "На годишњем одмору", "На боловању", "Izvan ureda", "Abwesenheitsnotiz: Frage", "Automatische Antwort: Frage", "Nicht im Büro", "Im Urlaub",
		"Automatikus válasz: Kérdés", "Házon kívül", "Irodán kívül", "Szabadságon", "자동 회신: 질문", "자동응답", "부재중", "[부재중] 휴가",
		"Прочитано: Питање", "Read: Question", "Gelesen: Frage", "Elolvasva: Kérdés", "읽음: 질문",
	} {
		o := next()
		raw := strings.Replace(written("Вратићу се 5. 12."), "Subject: Re: question", "Subject: "+encoded(subject), 1)
		add(sample{name: "words " + subject, raw: raw, from: "ana@b.example", to: o.ReplyTo, state: mailbox.Held, kind: letter.Unsure})
		add(sample{name: "words of nobody " + subject, raw: raw, from: "<>", to: o.ReplyTo, state: mailbox.Noted, kind: letter.Automatic})
	}

	for _, subject := range []string{"Undelivered Mail Returned to Sender", "Неиспоручена порука", "Neisporučeno: Pitanje", "Unzustellbar: Frage", "Kézbesíthetetlen: Kérdés", "배달되지 않음: 질문"} {
		o := next()
		raw := strings.Replace(written("Није стигло."), "Subject: Re: question", "Subject: "+encoded(subject), 1)
		add(sample{name: "words of a bounce " + subject, raw: raw, from: "ana@b.example", to: o.ReplyTo, state: mailbox.Held, kind: letter.Unsure})
		add(sample{name: "words of a bounce of nobody " + subject, raw: raw, from: "<>", to: o.ReplyTo, state: mailbox.Noted, kind: letter.Bounce, returned: o.notice, final: true})
	}

	// Bounces: forms and shapes, statuses, and how they lead to the notice.
	for _, status := range []struct {
		code, said  string
		final, hard bool
	}{
		{"5.1.1", "550 5.1.1 no such user", true, true}, {"5.1.2", "550 5.1.2 no such domain", true, true}, {"5.2.1", "550 5.2.1 disabled", true, true}, {"5.2.2", "552 5.2.2 mailbox full", true, false},
		{"5.7.1", "554 5.7.1 refused", true, false}, {"4.4.1", "421 4.4.1 timed out", true, false}, {"5.3.4", "552 5.3.4 too large", true, false},
	} {
		shapes := map[string]func(o out, original string) string{
			"dsn": func(_ out, original string) string {
				return body("From: MAILER-DAEMON@b.example", "Subject: x", "Content-Type: multipart/report; report-type=delivery-status; boundary=x", "", "--x", "", "It did not arrive.", "--x", "Content-Type: message/delivery-status", "",
					"Reporting-MTA: dns; b.example", "", "Final-Recipient: rfc822; ana@b.example", "Action: failed", "Status: "+status.code, "Diagnostic-Code: smtp; "+status.said, "", "--x", "Content-Type: text/rfc822-headers", "", original, "--x--")
			},
			"qmail": func(_ out, original string) string {
				return body("From: MAILER-DAEMON@b.example", "Subject: failure notice", "", "Hi. This is the qmail-send program at b.example.", "<ana@b.example>:", status.said, "", "--- Below this line is a copy of the message.", "", original)
			},
			"exim": func(_ out, original string) string {
				return body("From: Mail Delivery System <Mailer-Daemon@b.example>", "X-Failed-Recipients: ana@b.example", "Subject: Mail delivery failed: returning message to sender", "", "This message was created automatically by mail delivery software.", "  "+status.said, original)
			},
			"exchange": func(_ out, original string) string {
				return body("From: postmaster@b.example", "Subject: "+encoded("Unzustellbar: Ваш предмет"), "Content-Type: text/html; charset=utf-8", "", "<p>Could not be delivered. "+status.said+"</p><p>"+strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(original)+"</p>")
			},
		}
		for shape, write := range shapes {
			a, b := next(), next()
			s := sample{name: "bounce " + shape + " " + status.code, from: "<>", state: mailbox.Noted, kind: letter.Bounce, final: status.final, hard: status.hard}
			s.raw, s.to, s.returned = write(a, "Subject: x"), a.ReturnPath, a.notice
			add(s)
			s.raw, s.to, s.returned, s.name = write(b, "Message-ID: <"+b.MessageID+">"), "pisarnica@city.example", b.notice, s.name+" by id"
			add(s)
		}
	}
	for _, action := range []struct {
		name string
		kind letter.Kind
		back bool
	}{{"delayed", letter.Delay, true}, {"delivered", letter.Receipt, false}, {"relayed", letter.Receipt, false}, {"expanded", letter.Receipt, false}} {
		o := next()
		s := sample{name: "report " + action.name, from: "<>", to: o.ReturnPath, state: mailbox.Noted, kind: action.kind, raw: body("From: MAILER-DAEMON@b.example", "Subject: x", "Content-Type: multipart/report; report-type=delivery-status; boundary=x", "",
			"--x", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; b", "", "Final-Recipient: rfc822; a@b.example", "Action: "+action.name, "Status: 4.4.1", "--x--")}
		if action.back {
			s.returned = o.notice
		}
		add(s)
	}
	for _, report := range []struct {
		kind string
		is   letter.Kind
		back bool
	}{{"disposition-notification", letter.Receipt, false}, {"feedback-report", letter.Complaint, true}} {
		o := next()
		s := sample{name: report.kind, from: "x@b.example", to: o.ReplyTo, state: mailbox.Noted, kind: report.is, raw: body("From: x@b.example", "Subject: x", "Content-Type: multipart/report; report-type="+report.kind+"; boundary=x", "",
			"--x", "", "text", "--x", "Content-Type: message/"+report.kind, "", "Version: 1", "--x", "Content-Type: message/rfc822", "", "Message-ID: <"+o.MessageID+">", "", "x", "--x--")}
		if report.back {
			s.returned = o.notice
		}
		add(s)
	}

	// Lists, mailings and what servers call spam.
	for _, sign := range []string{"List-Id: <l.example>", "List-Unsubscribe: <mailto:x@y>", "List-Post: <mailto:x@y>", "Precedence: bulk", "Precedence: list", "Precedence: junk", "X-Mailing-List: x", "Feedback-ID: x"} {
		o := next()
		add(sample{name: "list to a thread " + sign, raw: written("x", sign), from: "l@b.example", to: o.ReplyTo, state: mailbox.Held, kind: letter.List})
		add(sample{name: "list to a desk " + sign, raw: written("x", sign), from: "l@b.example", to: "pisarnica@city.example", state: mailbox.Noted, kind: letter.List})
	}
	for _, sign := range []string{"X-Spam-Flag: YES", "X-Spam-Status: Yes, score=12.1", "X-Spam: yes", "X-Rspamd-Action: add header", "X-MS-Exchange-Organization-SCL: 9"} {
		o := next()
		add(sample{name: "spam to a thread " + sign, raw: written("x", sign), from: "l@b.example", to: o.ReplyTo, state: mailbox.Held, kind: letter.Spam})
		add(sample{name: "spam to a desk " + sign, raw: written("x", sign), from: "l@b.example", to: "pisarnica@city.example", state: mailbox.Held, kind: letter.Spam})
	}

	// What goes round.
	for name, head := range map[string]string{"own sender": "From: dobosh@city.example", "own sender in capitals": "From: DOBOSH@City.example", "own list": "X-Loop: dobosh@city.example", "delivered thrice": "Delivered-To: a@b\r\nDelivered-To: a@b\r\nDelivered-To: a@b"} {
		o := next()
		add(sample{name: "loop " + name, raw: written("x", head), from: "x@b.example", to: o.ReplyTo, state: mailbox.Noted, kind: letter.Loop})
	}
	o := next()
	add(sample{name: "loop own id", raw: strings.Replace(written("x"), "<1@b.example>", "<"+o.MessageID+">", 1), from: "x@b.example", to: o.ReplyTo, state: mailbox.Noted, kind: letter.Loop})
	o = next()
	add(sample{name: "loop own token as sender", raw: written("x", "From: "+o.ReplyTo), from: "x@b.example", to: o.ReplyTo, state: mailbox.Noted, kind: letter.Loop})

	// Tokens that are forged, one sign wrong in each place, in the address and in the id.
	o = next()
	for i := range 32 {
		wrong := []byte(o.MessageID)
		wrong[i] = map[bool]byte{true: '1', false: '0'}[wrong[i] == '0']
		add(sample{name: fmt.Sprint("forged ", i), raw: written(fmt.Sprint("forged ", i), "To: reply+"+string(wrong), "In-Reply-To: <"+string(wrong)+">", "References: <"+string(wrong)+">"), from: "evil@b.example", to: "reply+" + string(wrong), state: mailbox.Held, kind: letter.Person})
	}

	// People, in every charset and shape, by each way.
	const fresh = "Шаљем извод, број 15. Хвала."
	const latin = "Šaljem izvod čekam odgovor, Đorđe Živković, broj 15. Hvala."
	for _, c := range []struct{ label, written, text string }{
		{"utf-8", "utf-8", fresh}, {"windows-1251", "windows-1251", fresh}, {"iso-8859-1", "utf-8", fresh}, {"", "utf-8", fresh}, {"windows-1250", "windows-1250", latin}, {"iso-8859-2", "iso-8859-2", latin},
		{"utf-8", "windows-1250", latin}, {"", "windows-1251", fresh}, {"koi8-r", "koi8-r", "Посылаю справку, номер 15. Спасибо."}, {"ks_c_5601-1987", "euc-kr", "서류를 보내 드립니다. 감사합니다."},
	} {
		charset, err := htmlindex.Get(c.written)
		if err != nil {
			tb.Fatal(err)
		}
		in := func(text string) string {
			raw, err := charset.NewEncoder().String(text)
			if err != nil {
				tb.Fatal(err)
			}
			return base64.StdEncoding.EncodeToString([]byte(raw))
		}
		label := ""
		if c.label != "" {
			label = "; charset=" + c.label
		}
		shapes := map[string][]string{
			"plain": {"Content-Type: text/plain" + label, "Content-Transfer-Encoding: base64", "", in(c.text)},
			"html":  {"Content-Type: text/html" + label, "Content-Transfer-Encoding: base64", "", in("<html><body><style>p{}</style><script>x()</script><p>" + c.text + "</p><img src=https://evil.example/x.gif></body></html>")},
			"both": {"Content-Type: multipart/alternative; boundary=x", "", "--x", "Content-Type: text/plain" + label, "Content-Transfer-Encoding: base64", "", in(c.text), "--x",
				"Content-Type: text/html" + label, "Content-Transfer-Encoding: base64", "", in("<p>" + c.text + "</p>"), "--x--"},
		}
		for shape, lines := range shapes {
			by := next()
			head := []string{"From: Ana <ana@b.example>", "Subject: x", "Message-ID: <" + by.notice + "@b.example>"}
			s := sample{name: "person " + c.label + " as " + c.written + " " + shape, raw: body(append(head, lines...)...), from: "ana@b.example", to: by.ReplyTo, state: mailbox.Filed, kind: letter.Person, thread: by.thread, text: c.text}
			add(s)
			by = next()
			s.name, s.to, s.thread = s.name+" by id", "pisarnica@city.example", by.thread
			s.raw = body(append(append(head, "In-Reply-To: <"+by.MessageID+">"), lines...)...)
			add(s)
			s.name, s.state, s.thread, s.text = s.name+" by nothing", mailbox.Held, "", ""
			s.raw = body(append(append(head, "X-Way: "+shape+c.label+c.written), lines...)...)
			add(s)
		}
	}
	for _, s := range odd(tb, next) {
		add(s)
	}
	return all
}

// TestHundredsOfMails: of 300 mails and more none opens or answers wrongly, and every
// answer of a person arrives with its words.
func TestHundredsOfMails(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		number := 0
		all := samples(t, func() out {
			number++
			o := out{notice: fmt.Sprint("notice-", number), thread: fmt.Sprint("thread-", number)}
			o.Headers = r.sends(o.notice, o.thread)
			return o
		})
		if len(all) < 300 {
			t.Errorf("only %d mails", len(all))
		}
		families, want := map[string]int{}, map[string]sample{}
		for _, s := range all {
			families[strings.Fields(s.name)[0]]++
			r.arrives(s.raw, s.from, s.to)
		}
		r.sorts()
		got := map[string]mailbox.Item{}
		var order []mailbox.Item
		for _, state := range []mailbox.State{mailbox.Filed, mailbox.Held, mailbox.Noted, mailbox.Arrived} {
			order = append(order, r.in(state)...)
		}
		for _, item := range order {
			got[r.original(item.ID)] = item
		}
		for _, s := range all {
			want[s.thread] = s
			item, ok := got[s.raw]
			if !ok || item.State != s.state || item.Kind != s.kind {
				t.Errorf("%s: %s %s (%s), want %s %s", s.name, item.State, item.Kind, item.Sign, s.state, s.kind)
			}
			if s.thread != "" {
				if m := r.replies[s.thread]; len(m) != 1 || m[0].Text != s.text {
					t.Errorf("%s: the thread got %.600s, want %.200q", s.name, fmt.Sprintf("%+v", m), s.text)
				}
			}
			if s.returned != "" {
				if back := r.returns[s.returned]; len(back) != 1 || back[0].Kind != s.kind || back[0].Final != s.final || back[0].Hard != s.hard {
					t.Errorf("%s: %+v, want final %v, hard %v", s.name, back, s.final, s.hard)
				}
			}
		}
		for thread, mails := range r.replies {
			if want[thread].state != mailbox.Filed || thread == "" {
				t.Errorf("%s got what does not belong there: %+v", thread, mails)
			}
		}
		returns := 0
		for _, s := range all {
			if s.returned != "" {
				returns++
			}
		}
		if len(r.returns) != returns {
			t.Errorf("%d notices came back, want %d", len(r.returns), returns)
		}
		states := map[string]int{}
		for _, item := range order {
			states[string(item.State)+" "+string(item.Kind)]++
		}
		t.Logf("%d mails: %v; became %v", len(all), families, states)
	})
}
