package letter

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

const greeting = "Поштовани, достављам извод из матичне књиге рођених.\nЉубица Ђорђевић"

// in writes text in a charset.
func in(t testing.TB, charset, text string) string {
	t.Helper()
	e, err := htmlindex.Get(charset)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func crlf(lines ...string) string { return strings.Join(lines, "\r\n") }

func read(t testing.TB, raw string) *Letter {
	t.Helper()
	l, err := Read(strings.NewReader(raw), "", Own{}, DefaultLimits(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestCharsets(t *testing.T) {
	const latin = "Poštovani, dostavljam traženi izvod. Đorđe Živković, Šumarska ulica, čeka odgovor već mesec dana."
	const russian = "Здравствуйте, посылаю справку о рождении. Жду ответа уже месяц."
	const korean = "안녕하세요, 요청하신 서류를 보내 드립니다. 감사합니다."
	const hungarian = "Tisztelt Hivatal, küldöm a kért iratot. Üdvözlettel: Gőzsy Ödön, Zsűri utca, két hete várok a válaszra."
	for name, c := range map[string]struct{ label, written, text string }{
		"windows-1250":                {"windows-1250", "windows-1250", latin},
		"iso-8859-2":                  {"ISO-8859-2", "iso-8859-2", latin},
		"windows-1251":                {"windows-1251", "windows-1251", greeting},
		"koi8-r":                      {"koi8-r", "koi8-r", russian},
		"euc-kr":                      {"ks_c_5601-1987", "euc-kr", korean},
		"utf-8 labelled windows-1250": {"windows-1250", "utf-8", greeting},
		"utf-8 labelled latin":        {"iso-8859-1", "utf-8", latin},
		"windows-1250 labelled utf-8": {"utf-8", "windows-1250", latin},
		"windows-1251 labelled utf-8": {"utf-8", "windows-1251", greeting},
		"windows-1250 labelled latin": {"iso-8859-1", "windows-1250", latin},
		"koi8-r without a label":      {"", "koi8-r", russian},
		"windows-1251 without one":    {"", "windows-1251", greeting},
		"iso-8859-2 without one":      {"", "iso-8859-2", latin},
		"windows-1250 unknown":        {"unknown-8bit", "windows-1250", latin},
		"a label that is none":        {"x-mac-nonsense", "windows-1250", latin},
		"hungarian without a label":   {"", "windows-1250", hungarian},
		"korean without a label":      {"", "euc-kr", korean},
		"utf-16":                      {"utf-16le", "utf-16le", latin},
	} {
		t.Run(name, func(t *testing.T) {
			content := "Content-Type: text/plain"
			if c.label != "" {
				content += "; charset=" + c.label
			}
			raw := crlf("From: a@b.example", content, "Content-Transfer-Encoding: base64", "", base64.StdEncoding.EncodeToString([]byte(in(t, c.written, c.text))))
			if l := read(t, raw); l.Text != c.text || len(l.Flaws) > 0 {
				t.Errorf("%q %v", l.Text, l.Flaws)
			}
		})
	}
}

func TestDamagedEncodings(t *testing.T) {
	whole := base64.StdEncoding.EncodeToString([]byte(greeting))
	for name, c := range map[string]struct{ encoding, body, text string }{
		"base64 without padding":       {"base64", strings.TrimRight(base64.StdEncoding.EncodeToString([]byte("четири!")), "="), "четири!"},
		"base64 with a line of a list": {"base64", whole[:40] + "\r\n!!! \r\n" + whole[40:], greeting},
		"two base64 texts":             {"BASE64", base64.StdEncoding.EncodeToString([]byte("a")) + base64.StdEncoding.EncodeToString([]byte("bc")), "abc"},
		"base64 of the web":            {"base64", base64.URLEncoding.EncodeToString([]byte("??>>~~ш")), "??>>~~ш"},
		"quoted in small letters":      {"quoted-printable", "=d1=88ta=\r\n je", "шta je"},
		"an escape that is none":       {"quoted-printable", "100 =% sigurno =ZZ =", "100 =% sigurno =ZZ"},
		"blanks at the end":            {"quoted-printable", "a   \r\nb", "a\nb"},
		"an unknown encoding":          {"x-uuencode", "begin", "begin"},
		"8bit":                         {"8bit", greeting, greeting},
	} {
		if l := read(t, crlf("From: a@b.example", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: "+c.encoding, "", c.body)); l.Text != c.text {
			t.Errorf("%s: %q", name, l.Text)
		}
	}
}

func TestHeaders(t *testing.T) {
	l := read(t, crlf("From someone Mon Nov 23 10:00:00 2026", "Received: by a", "received: by b", "this is no field",
		"From: =?windows-1250?Q?=8Eivko_=8Aumar?= <Zivko@ПРИМЕР.срб>", "To: reply+abc@city.example, \"x, y\" <Two@city.example>, broken",
		"Subject: =?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte("Питање\u202e о деци"))+"?=", " =?utf-8?Q?_jo=C5=A1?=",
		"Message-ID: <one@b.example>", "In-Reply-To: <first@x> (of Monday)", "References: <zero@x>", "\t<fir\tst@x>", "Date: Mon, 23 Nov 2026 10:00:00 +0100", "", "text"))
	if want := []Address{{"Živko Šumar", "zivko@xn--e1afmkfd.xn--90a3ac"}}; !slices.Equal(l.From, want) {
		t.Errorf("from %+v", l.From)
	}
	if l.Subject != "Питање о деци još" || l.ID != "one@b.example" || l.Hops != 2 || l.Date.Hour() != 9 || l.Text != "text" {
		t.Errorf("%+v", l)
	}
	if want := []string{"first@x", "first@x", "zero@x"}; !slices.Equal(l.Answers, want) {
		t.Errorf("answers %q", l.Answers)
	}
	if want := []string{"reply+abc@city.example", "two@city.example"}; !slices.Equal(l.To, want) {
		t.Errorf("to %q", l.To)
	}
	if want := []string{BadHeader}; !slices.Equal(l.Flaws, want) {
		t.Errorf("flaws %q", l.Flaws)
	}
}

func TestAddresses(t *testing.T) {
	for from, want := range map[string]string{
		"Jovan@Пример.срб": "jovan@xn--e1afmkfd.xn--90a3ac", "јован@пример.срб": "јован@xn--e1afmkfd.xn--90a3ac", "<a@B.Example.>": "a@b.example", " a@b ": "a@b",
		"": "", "@b": "", "a@": "", "a b@c": "", "a@b\r\nc": "", strings.Repeat("x", 300) + "@b": "", "a@\u202eb": "", "\xff@b": "", "a@-b-.rs": "",
	} {
		if got := Canonical(from); got != want {
			t.Errorf("%q: %q", from, got)
		}
	}
}

func TestParts(t *testing.T) {
	pdf := "%PDF-1.7\n" + strings.Repeat("x", 2000)
	raw := crlf("From: a@b.example", `Content-Type: multipart/mixed; boundary="out er"`, "", "preamble", "--out er",
		"Content-Type: multipart/alternative; boundary=in", "", "--in", "Content-Type: text/plain; charset=utf-8", "", "прост текст", "--in",
		"Content-Type: text/html; charset=utf-8", "", "<p>HTML <b>текст</b></p>", "--in--", "epilogue", "--out er",
		`Content-Type: application/octet-stream; name="=?utf-8?B?`+base64.StdEncoding.EncodeToString([]byte("../извод.pdf"))+`?="`, "Content-Transfer-Encoding: base64", "Content-Disposition: attachment", "",
		base64.StdEncoding.EncodeToString([]byte(pdf)), "--out er", "Content-Type: text/plain", "", "дно", "--out er--", "")
	kept := map[string]string{}
	l, err := Read(iotest.OneByteReader(strings.NewReader(raw)), "", Own{}, DefaultLimits(), func(a Attachment, content io.Reader) error {
		all, err := io.ReadAll(content)
		kept[a.Name] = a.Type + " " + string(all)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if l.Text != "прост текст\nдно" || len(l.Flaws) > 0 {
		t.Errorf("%q %v", l.Text, l.Flaws)
	}
	if want := []Attachment{{Name: "извод.pdf", Type: "application/pdf", Declared: "application/octet-stream", Size: int64(len(pdf))}}; !slices.Equal(l.Attachments, want) {
		t.Errorf("%+v", l.Attachments)
	}
	if kept["извод.pdf"] != "application/pdf "+pdf {
		t.Errorf("kept %.60q", kept)
	}
	broken := errors.New("the disk is full")
	if _, err := Read(strings.NewReader(raw), "", Own{}, DefaultLimits(), func(Attachment, io.Reader) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a disk that is full: %v", err)
	}
	if _, err := Read(io.MultiReader(strings.NewReader(raw[:300]), iotest.ErrReader(broken)), "", Own{}, DefaultLimits(), nil); !errors.Is(err, broken) {
		t.Errorf("a source that breaks: %v", err)
	}
}

func TestBounds(t *testing.T) {
	deep := "From: a@b.example\r\n"
	for i := range 40 {
		deep += fmt.Sprintf("Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	many := "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n\r\na\r\n", 1000) + "--x--\r\n"
	files := "Content-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\nContent-Disposition: attachment\r\n\r\na\r\n", 100) + "--x--\r\n"
	limits := DefaultLimits()
	limits.Attached = 10
	for name, c := range map[string]struct{ raw, flaw string }{
		"deep":         {deep + "\r\ntext", TooDeep},
		"many parts":   {many, TooManyParts},
		"many files":   {files, TooManyFiles},
		"long text":    {"\r\n" + strings.Repeat("а", limits.Text), TooMuchText},
		"texts":        {"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n\r\n"+strings.Repeat("а ", limits.Text/20)+"\r\n", 100) + "--x--", TooMuchText},
		"folded":       {"X: a\r\n" + strings.Repeat(" b\r\n", limits.Header) + "From: a@b\r\n\r\nt", BadHeader},
		"long header":  {"X: " + strings.Repeat("x", 2*limits.Header) + "\r\nFrom: a@b\r\n\r\nt", BadHeader},
		"large file":   {"Content-Disposition: attachment\r\n\r\n" + strings.Repeat("x", 11), TooLarge},
		"no end":       {"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\ntext", Unended},
		"no letters":   {"\r\nabcdefgh абвгдђежзијк \xff\xfe", BadCharacters},
		"a bad header": {"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nno field\r\n\r\ntext\r\n--x--", BadHeader},
	} {
		l, err := Read(strings.NewReader(c.raw), "", Own{}, limits, nil)
		if err != nil || !slices.Contains(l.Flaws, c.flaw) {
			t.Errorf("%s: %v %v", name, l.Flaws, err)
		}
		if len(l.Text) > limits.Text+limits.Parts || len(l.Attachments) > limits.Attachments {
			t.Errorf("%s: beyond the bounds", name)
		}
	}
}

// TestALargeMailIsAStream: reading one takes no memory for what it carries.
func TestALargeMailIsAStream(t *testing.T) {
	const size = 32 << 20
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("ш"), 27)) + "\r\n" // 54 bytes
	raw := io.MultiReader(strings.NewReader("Content-Disposition: attachment; filename=x\r\nContent-Transfer-Encoding: base64\r\n\r\n"), &repeated{line: line, left: size / 54})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	l, err := Read(raw, "", Own{}, DefaultLimits(), func(_ Attachment, content io.Reader) error {
		_, err := io.Copy(io.Discard, content)
		return err
	})
	runtime.ReadMemStats(&after)
	if err != nil || len(l.Attachments) != 1 || l.Attachments[0].Size != size/54*54 || len(l.Flaws) > 0 {
		t.Fatalf("%+v %v", l, err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 2<<20 {
		t.Errorf("%d bytes of memory for %d of a mail", took, size)
	}
}

// repeated gives a line so many times.
type repeated struct {
	line, rest string
	left       int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.rest == "" {
		if r.left == 0 {
			return 0, io.EOF
		}
		r.rest, r.left = r.line, r.left-1
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func TestHTML(t *testing.T) {
	for name, c := range map[string]struct{ page, text string }{
		"script and style": {"<html><head><title>t</title><style>p{}</style></head><body><script>alert(1)</script><p>Добар&nbsp;дан,</p><p>шаљем <b>извод</b>.<br>Хвала</p><img src='https://evil.example/pixel.gif' alt=x></body></html>", "Добар дан,\n\nшаљем извод.\nХвала"},
		"links":            {`<a href="https://a.example/x">овде</a> <a href="javascript:alert(1)">тамо</a>`, "овде <https://a.example/x> тамо"},
		"a list":           {"<ul><li>један<li>два</ul>крај", "- један\n- два\nкрај"},
		"gmail":            {`<div dir="ltr">Одговор</div><div class="gmail_quote"><div class="gmail_attr">пон, 23. нов 2026. у 10:00 Град &lt;a@b.example&gt; је написао/ла:</div><blockquote><div>питање</div></blockquote></div>`, "Одговор"},
		"outlook":          {`<div>Одговор</div><hr><div><b>From:</b> Град<br><b>Sent:</b> 23 November 2026<br><b>To:</b> Ана<br><b>Subject:</b> питање</div><div>старо</div>`, "Одговор"},
		"unclosed":         {"<p>један<div><span>два", "један\n\nдва"},
	} {
		l := read(t, crlf("From: a@b.example", "Content-Type: text/html; charset=utf-8", "", c.page))
		if l.Text != c.text && strings.ReplaceAll(l.Text, "\n\n", "\n") != strings.ReplaceAll(c.text, "\n\n", "\n") {
			t.Errorf("%s: %q", name, l.Text)
		}
		if strings.Contains(l.Text+l.Quoted, "alert") || strings.Contains(l.Text, "pixel") {
			t.Errorf("%s: %q", name, l.Text)
		}
	}
}

func TestFlowed(t *testing.T) {
	l := read(t, crlf("Content-Type: text/plain; charset=utf-8; format=flowed", "", "један ", "два", "> старо ", "> исто", "три ", "-- ", "Ана"))
	if l.Text != "један два\nтри" || l.Quoted != "> старо исто" || l.Signature != "Ана" {
		t.Errorf("%q %q %q", l.Text, l.Quoted, l.Signature)
	}
}

// TestQuotations: how the programs of people write above what they quote, in the
// languages here.
func TestQuotations(t *testing.T) {
	const fresh = "Ево траженог извода.\n\nАна"
	for name, quote := range map[string]string{
		"gmail en":         "On Mon, Nov 23, 2026 at 10:00 AM City <reply+x@city.example> wrote:\n\n> a question\n> of two lines",
		"gmail en wrapped": "On Mon, Nov 23, 2026 at 10:00 AM City of Somewhere\n<reply+x@city.example> wrote:\n\n> a question",
		"gmail sr":         "пон, 23. нов 2026. у 10:00 Град <reply+x@city.example> је написао/ла:\n\n> питање",
		"gmail sr latin":   "pon, 23. nov 2026. u 10:00 Grad <reply+x@city.example> je napisao/la:\n\n> pitanje",
		"thunderbird sr":   "Дана 23.11.2026. у 10:00, Град пише:\n> питање",
		"thunderbird hr":   "On 23.11.2026. 10:00, Grad je napisao/la:\n> pitanje",
		"iphone sr":        "Послато са мог iPhone-а\n\n23. 11. 2026., у 10:00, Град <reply+x@city.example> је написао/ла:\n\n> питање",
		"gmail de":         "Am Mo., 23. Nov. 2026 um 10:00 Uhr schrieb Stadt <reply+x@city.example>:\n\n> Frage",
		"iphone de":        "Von meinem iPhone gesendet\n\n> Am 23.11.2026 um 10:00 schrieb Stadt <a@b.example>:\n> \n> Frage",
		"gmail hu":         "Város <reply+x@city.example> ezt írta (időpont: 2026. nov. 23., H, 10:00):\n\n> kérdés",
		"thunderbird hu":   "2026. 11. 23. 10:00 keltezéssel, Város írta:\n> kérdés",
		"gmail ko":         "2026년 11월 23일 (월) 오전 10:00, 시청 <reply+x@city.example>님이 작성:\n\n> 질문",
		"outlook en":       "________________________________\nFrom: City <reply+x@city.example>\nSent: Monday, November 23, 2026 10:00\nTo: Ana\nSubject: A question\n\nA question",
		"outlook sr":       "Од: Град <reply+x@city.example>\nПослато: понедељак, 23. новембар 2026. 10:00\nЗа: Ана\nНаслов: Питање\n\nПитање",
		"outlook sr latin": "-----Originalna poruka-----\nOd: Grad\nPoslato: ponedeljak\nZa: Ana\nNaslov: Pitanje\n\nPitanje",
		"outlook de":       "-----Ursprüngliche Nachricht-----\nVon: Stadt\nGesendet: Montag\nAn: Ana\nBetreff: Frage\n\nFrage",
		"outlook hu":       "Feladó: Város\nElküldve: hétfő\nCímzett: Ana\nTárgy: Kérdés\n\nKérdés",
		"outlook ko":       "보낸 사람: 시청\n보낸 날짜: 월요일\n받는 사람: Ana\n제목: 질문\n\n질문",
		"bold labels":      "*From:* City\n*Date:* Monday\n*To:* Ana\n*Subject:* A question\n\nA question",
		"no marks":         "On Mon, Nov 23, 2026 at 10:00 AM City <x@city.example> wrote:\n\na question without marks",
	} {
		t.Run(name, func(t *testing.T) {
			l := read(t, "Content-Type: text/plain; charset=utf-8\n\n"+fresh+"\n\n"+quote+"\n")
			if l.Text != fresh || l.Quoted == "" {
				t.Errorf("new %q\nold %q\nsignature %q", l.Text, l.Quoted, l.Signature)
			}
		})
	}
}

func TestWhatIsNew(t *testing.T) {
	for name, c := range map[string]struct{ text, fresh string }{
		"below":             {"On 23 Nov 2026, City wrote:\n> a question\n\nthe answer", "the answer"},
		"without a gap":     {"хвала до 24.11.2026.\nOn 23 Nov 2026, City wrote:\n> a question", "хвала до 24.11.2026."},
		"between":           {"On 23 Nov 2026, City wrote:\n> first?\nyes\n> second?\nno", "yes\nno"},
		"nothing new":       {"On 23 Nov 2026, City wrote:\n\na question\nmy answer in capitals", "On 23 Nov 2026, City wrote:\n\na question\nmy answer in capitals"},
		"only a quotation":  {"> a question", ""},
		"a person's colon":  {"Сестра је написала:\nдођи у 5", "Сестра је написала:\nдођи у 5"},
		"passed on":         {"See below.\n\n---------- Forwarded message ---------\nFrom: Bank\nDate: Monday\nTo: me\nSubject: Statement\n\nbalance 5", "See below.\n\n---------- Forwarded message ---------\nFrom: Bank\nDate: Monday\nTo: me\nSubject: Statement\n\nbalance 5"},
		"a sign-off":        {"Хвала\n-- \nАна\n021 555", "Хвала"},
		"a line across":     {"први\n--------------------\nдруги", "први\n--------------------\nдруги"},
		"a telephone":       {"Да.\n\nSent from my iPhone", "Да."},
		"one label":         {"Од: куће до школе\nима 3 km", "Од: куће до школе\nима 3 km"},
		"a long first part": {strings.Repeat("ред\n", 100) + "-- \n" + strings.Repeat("није потпис\n", 30), strings.Repeat("ред\n", 100) + "-- \n" + strings.TrimSpace(strings.Repeat("није потпис\n", 30))},
	} {
		if l := read(t, "Content-Type: text/plain; charset=utf-8\n\n"+c.text); l.Text != c.fresh {
			t.Errorf("%s: %q (old %q)", name, l.Text, l.Quoted)
		}
	}
}

func TestReports(t *testing.T) {
	dsn := func(action, status, diagnostic string) string {
		return crlf("From: MAILER-DAEMON@mx.example", "Subject: whatever", "Content-Type: multipart/report; report-type=delivery-status; boundary=x", "",
			"--x", "", "It did not work.", "--x", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example", "", "Final-Recipient: rfc822; Ana@b.example",
			"Action: "+action, "Status: "+status, "Diagnostic-Code: smtp; "+diagnostic, "--x", "Content-Type: message/rfc822", "", "From: city@city.example", "Message-ID: <sent.1@city.example>", "", "body", "--x--")
	}
	for name, c := range map[string]struct {
		raw         string
		kind        Kind
		final, hard bool
		original    string
	}{
		"no such user":     {dsn("failed", "5.1.1", "550 no such user"), Bounce, true, true, "sent.1@city.example"},
		"full":             {dsn("failed", "5.2.2", "552 full"), Bounce, true, false, "sent.1@city.example"},
		"gave up":          {dsn("failed", "4.4.1", "timed out"), Bounce, true, false, "sent.1@city.example"},
		"refused text":     {dsn("failed", "5.7.1", "550 spam"), Bounce, true, false, "sent.1@city.example"},
		"later":            {dsn("delayed", "4.4.1", "timed out"), Delay, false, false, "sent.1@city.example"},
		"arrived":          {dsn("delivered", "2.0.0", "250 ok"), Receipt, false, false, "sent.1@city.example"},
		"status by code":   {dsn("failed", "5.0.0", "550 unknown"), Bounce, true, true, "sent.1@city.example"},
		"qmail":            {crlf("Return-Path: <>", "From: MAILER-DAEMON@b.example", "Subject: failure notice", "", "Hi. This is the qmail-send program at b.example.", "<ana@b.example>:", "user unknown (#5.1.1)", "", "--- Below this line is a copy", "Message-ID: <sent.1@city.example>"), Bounce, true, true, "sent.1@city.example"},
		"exim":             {crlf("Return-Path: <>", "From: Mail Delivery System <Mailer-Daemon@b.example>", "X-Failed-Recipients: ana@b.example", "Subject: Mail delivery failed: returning message to sender", "", "    550 No Such User Here", "Message-ID: <sent.1@city.example>"), Bounce, true, true, "sent.1@city.example"},
		"korean":           {crlf("Return-Path: <>", "From: postmaster@b.example", "Content-Type: text/plain; charset=utf-8", "Subject: =?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte("[배달 실패] 메일"))+"?=", "References: <sent.1@city.example>", "", "5.1.1"), Bounce, true, true, "sent.1@city.example"},
		"a person says it": {crlf("From: ana@b.example", "Subject: Undelivered", "", "Message-ID: <sent.1@city.example> 550"), Unsure, false, false, ""},
	} {
		l := read(t, c.raw)
		if l.Kind != c.kind {
			t.Errorf("%s: %s (%s)", name, l.Kind, l.Sign)
			continue
		}
		if c.original == "" {
			continue
		}
		if r := l.Report; r == nil || r.Final != c.final || r.Hard != c.hard || !slices.Contains(r.Originals, c.original) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestKinds(t *testing.T) {
	own := Own{Wrote: func(id string) bool { return id == "ours@city.example" }, Is: func(a string) bool { return a == "city@city.example" }}
	for name, c := range map[string]struct {
		head, path string
		kind       Kind
	}{
		"a person":           {"", "<ana@b.example>", Person},
		"not automatic":      {"Auto-Submitted: no", "", Person},
		"replied":            {"Auto-Submitted: auto-replied (vacation)", "", Automatic},
		"generated":          {"Auto-Submitted: Auto-Generated; owner=x", "", Automatic},
		"old field":          {"X-Autoreply: yes", "", Automatic},
		"precedence":         {"Precedence: auto_reply", "", Automatic},
		"null sender":        {"", "<>", Automatic},
		"null return path":   {"Return-Path: <>", "", Automatic},
		"a list":             {"List-Id: <l.example>", "", List},
		"bulk":               {"Precedence: bulk", "", List},
		"spam":               {"X-Spam-Flag: YES", "", Spam},
		"spam status":        {"X-Spam-Status: Yes, score=9", "", Spam},
		"no spam":            {"X-Spam-Status: No, score=1", "", Person},
		"away en":            {"Subject: Automatic reply: A question", "", Unsure},
		"away sr":            {"Subject: =?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte("Аутоматски одговор: Питање")) + "?=", "", Unsure},
		"away sr latin":      {"Subject: Re: Van kancelarije do ponedeljka", "", Unsure},
		"away de":            {"Subject: Abwesenheitsnotiz: Frage", "", Unsure},
		"away hu":            {"Subject: =?utf-8?Q?Automatikus_v=C3=A1lasz:?=", "", Unsure},
		"away ko":            {"Subject: =?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte("자동 회신: 질문")) + "?=", "", Unsure},
		"nobody answers":     {"Reply-To: x@y", "", Person},
		"our own id":         {"Message-ID: <ours@city.example>", "", Loop},
		"our own address":    {"From: City@city.example", "", Loop},
		"round and round":    {strings.TrimSpace(strings.Repeat("Received: by x\r\n", 60)), "", Loop},
		"delivered for ever": {strings.TrimSpace(strings.Repeat("Delivered-To: a@b.example\r\n", 3)), "", Loop},
		"receipt":            {"Content-Type: multipart/report; report-type=disposition-notification; boundary=x", "", Receipt},
		"complaint":          {"Content-Type: multipart/report; report-type=feedback-report; boundary=x", "", Complaint},
	} {
		head := c.head
		if !strings.HasPrefix(head, "From:") {
			head = strings.TrimPrefix(head+"\r\nFrom: Ana <ana@b.example>", "\r\n")
		}
		l, err := Read(strings.NewReader(head+"\r\n\r\ntext"), c.path, own, DefaultLimits(), nil)
		if err != nil || l.Kind != c.kind || (l.Kind == Person) != (l.Sign == "") {
			t.Errorf("%s: %s (%s), want %s, %v", name, l.Kind, l.Sign, c.kind, err)
		}
	}
}

// FuzzRead: every sequence of bytes is a letter within the bounds, and reading it in
// pieces gives the same.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "From: a@b\n\ntext", "Content-Type: multipart/mixed; boundary=x\n\n--x\n\na\n--x\nContent-Disposition: attachment\n\nb\n--x--",
		"Content-Type: multipart/alternative; boundary=x\n\n--x\nContent-Type: text/html\n\n<blockquote><p>a</blockquote>b\n--x--",
		"Content-Type: text/plain; charset=koi8-r; format=flowed; delsp=yes\nContent-Transfer-Encoding: quoted-printable\n\n=C1 =\n> a \n-- \nb",
		"Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\nAction: failed\nStatus: 5.1.1\n--x\nContent-Type: message/rfc822\n\nMessage-ID: <a>\n--x--",
		"Subject: =?utf-8?B?0YjRgtCw?=\nReferences: <a> <b\n c>\n\nOn 23 Nov 2026 a wrote:\n> b\n\nFrom: a\nSent: b\nTo: c\n", "From: a@b\nContent-Transfer-Encoding: base64\n\n=QQ==QQQ=A",
	} {
		f.Add([]byte(seed), "<>")
	}
	limits := Limits{Header: 2000, Depth: 3, Parts: 8, Text: 3000, Attachments: 3, Attached: 500}
	f.Fuzz(func(t *testing.T, raw []byte, path string) {
		keep := func(a Attachment, content io.Reader) error {
			all, err := io.ReadAll(content)
			if int64(len(all)) > limits.Attached {
				t.Errorf("%d bytes of an attachment", len(all))
			}
			return err
		}
		l, err := Read(bytes.NewReader(raw), path, Own{}, limits, keep)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Read(iotest.HalfReader(bytes.NewReader(raw)), path, Own{}, limits, keep)
		if err != nil || fmt.Sprintf("%+v", *again) != fmt.Sprintf("%+v", *l) && l.Report == nil {
			t.Errorf("in pieces: %+v\nat once: %+v", again, l)
		}
		for _, text := range []string{l.Text, l.Quoted, l.Signature, l.Subject, l.ID} {
			if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && r != '\t' && unsafe(r) }) || len(text) > 4*limits.Text {
				t.Errorf("%q is no text", text)
			}
		}
		if !slices.Contains(Kinds(), l.Kind) || len(l.Attachments) > limits.Attachments || (l.Kind == Person) != (l.Sign == "") {
			t.Errorf("%+v", l)
		}
		for _, a := range l.From {
			if Canonical(a.Email) != a.Email {
				t.Errorf("%q is not canonical", a.Email)
			}
		}
	})
}
