package papers_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/papers"
)

const address = "https://zrenjanin.demo.example/v/ZR-2026-7KQ4-M9PD-X"

func sample(tag lang.Tag) papers.Paper {
	say := func(sr, en string) string { return lang.Text{"sr": sr, "en": en}.In(tag) }
	cite := func(article, paragraph string) string {
		return say("чл. "+article+" ст. "+paragraph+" Закона о финансијској подршци породици са децом",
			"Art. "+article+", para. "+paragraph+" of the Law on Financial Support to Families with Children")
	}
	return papers.Paper{
		Title:   say("Родитељски додатак за друго дете", "Parental allowance for a second child"),
		Body:    say("Град Зрењанин, Одељење за друштвене делатности", "City of Zrenjanin, Department of Social Affairs"),
		By:      say("по правилу", "by rule"),
		About:   say("За дете: Ђурђа Љ., рођена 19. новембра 2026.", "For the child: Đurđa Lj., born on 19 November 2026"),
		Verdict: say("Признаје се право на родитељски додатак.", "The parental allowance is granted."),
		Amount:  say("250.000 динара", "250,000 RSD"),
		Plan: []papers.Line{
			{What: say("Једнократно", "Once"), Amount: say("10.000 динара", "10,000 RSD"), Cite: cite("23", "2")},
			{What: say("Месечно, 24 месеца, први пут 10. децембра 2026.", "Monthly for 24 months, first on 10 December 2026"), Amount: say("10.000 динара", "10,000 RSD"), Cite: cite("25", "1")},
		},
		Reasons: []papers.Reason{
			{Says: say("Дете је живорођено и друго је по реду рођења мајке.", "The child was born alive and is the mother's second by order of birth."), Cite: cite("22", "1"), Register: say("Матична књига рођених", "Civil register of births")},
			{Says: say("Мајка је држављанка Републике Србије и има пребивалиште у Зрењанину (Јанков Мост).", "The mother is a citizen of the Republic of Serbia and resides in Zrenjanin (Jankov Most)."), Cite: cite("22", "2"), Register: say("Евиденција пребивалишта", "Residence register")},
			{Says: say("За ово дете право још није признато.", "The right has not been granted for this child before."), Cite: cite("29", "1"), Register: say("Регистар исплата", "Payments register")},
		},
		Affirms: []string{say("Непосредно бринем о детету чије је право предмет ове одлуке.", "I care directly for the child whom this decision concerns.")},
		Remedy: say("Жалбу можете изјавити у року од 15 дана од пријема одлуке, Министарству надлежном за породицу, преко органа који је одлучио.",
			"You may appeal within 15 days of receiving this decision to the ministry in charge of family affairs, through the body that decided."),
		Code:   "ZR-2026-7KQ4-M9PD-X",
		URL:    address,
		MadeAt: time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC), // the 24th in Belgrade
		Notice: say("Демонстрација: ниједна особа у овој одлуци не постоји.", "Demonstration: no person in this decision exists."),
	}
}

func rendered(t interface{ Fatal(...any) }, p papers.Paper, tag lang.Tag) []byte {
	var b bytes.Buffer
	if err := papers.Render(&b, p, tag); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTheSamePaperIsTheSameBytes(t *testing.T) {
	p := sample(lang.SrCyrl)
	want := rendered(t, p, lang.SrCyrl)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			var b bytes.Buffer
			if err := papers.Render(&b, p, lang.SrCyrl); err != nil || !bytes.Equal(b.Bytes(), want) {
				t.Errorf("%v, or other bytes", err)
			}
		})
	}
	all.Wait()
	elsewhere := p
	elsewhere.MadeAt = p.MadeAt.In(time.FixedZone("", 9*3600))
	if !bytes.Equal(rendered(t, elsewhere, lang.SrCyrl), want) {
		t.Error("the zone of the clock shows in the paper")
	}
}

func TestSize(t *testing.T) {
	for _, tag := range lang.Tags() {
		if n := len(rendered(t, sample(tag), tag)); n > 60_000 {
			t.Errorf("%s: %d bytes", tag, n)
		}
	}
}

// tool runs a program of the system over a paper, where there is one.
func tool(t *testing.T, pdf []byte, name string, args ...string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	file := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "PAPER", file)
	}
	out, err := exec.Command(path, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return strings.ReplaceAll(string(out), "\u00a0", " ")
}

// oneLine undoes what setting does to a text: lines and spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestEveryWordCanBeCopied(t *testing.T) {
	for _, tag := range lang.Tags() {
		t.Run(string(tag), func(t *testing.T) {
			p := sample(tag)
			p.Party = "Јована Примерић"
			text := oneLine(tool(t, rendered(t, p, tag), "pdftotext", "-raw", "PAPER", "-"))
			want := []string{p.Title, p.Body, p.Party, p.About, p.Verdict, p.Amount, p.Remedy, p.Code, p.URL, p.Notice, p.By, lang.Day(civil.Date(2026, 11, 24), tag)}
			for _, r := range p.Reasons {
				want = append(want, r.Says, r.Cite, r.Register)
			}
			for _, l := range p.Plan {
				want = append(want, l.What, l.Amount, l.Cite)
			}
			for _, s := range append(want, p.Affirms...) {
				if !strings.Contains(text, oneLine(s)) {
					t.Errorf("%q is not in the text:\n%s", s, text)
				}
			}
		})
	}
}

func TestTheCodeLeadsToTheVerification(t *testing.T) {
	pdf := rendered(t, sample(lang.En), lang.En)
	picture := filepath.Join(t.TempDir(), "sheet")
	tool(t, pdf, "pdftoppm", "-r", "150", "-png", "-singlefile", "PAPER", picture)
	if got := tool(t, pdf, "zbarimg", "--raw", "-q", picture+".png"); strings.TrimSpace(got) != address {
		t.Errorf("the code says %q", got)
	}
}

func TestPropertiesNameNobody(t *testing.T) {
	for _, tag := range lang.Tags() {
		info := tool(t, rendered(t, sample(tag), tag), "pdfinfo", "PAPER")
		for _, person := range []string{"Ђурђа", "Đurđa"} {
			if strings.Contains(info, person) {
				t.Errorf("the properties name %s:\n%s", person, info)
			}
		}
		if p := sample(tag); !strings.Contains(info, p.Title) || !strings.Contains(info, p.Code) || !strings.Contains(info, "A4") {
			t.Errorf("title, code or format is not among the properties:\n%s", info)
		}
	}
}

func TestTheLanguageIsSaid(t *testing.T) {
	for _, tag := range lang.Tags() {
		if !bytes.Contains(rendered(t, sample(tag), tag), []byte("/Lang ("+string(tag)+")")) {
			t.Errorf("%s is not said", tag)
		}
	}
}

func TestALongPaperCountsItsSheets(t *testing.T) {
	p := sample(lang.SrLatn)
	for i := range 30 {
		r := p.Reasons[i%3]
		r.Says = fmt.Sprintf("Razlog broj %d. %s", i, strings.Repeat(r.Says+" ", 3))
		p.Reasons = append(p.Reasons, r)
	}
	pdf := rendered(t, p, lang.SrLatn)
	sheets := strings.Split(strings.TrimSuffix(tool(t, pdf, "pdftotext", "-raw", "PAPER", "-"), "\f"), "\f")
	if len(sheets) < 3 {
		t.Fatalf("%d sheets", len(sheets))
	}
	for i, sheet := range sheets {
		for _, want := range []string{fmt.Sprintf("%d/%d", i+1, len(sheets)), p.URL, p.Notice} {
			if !strings.Contains(oneLine(sheet), want) {
				t.Errorf("sheet %d lacks %q", i+1, want)
			}
		}
	}
	if last := oneLine(sheets[len(sheets)-1]); !strings.Contains(last, "Broj rešenja "+p.Code) {
		t.Errorf("the last sheet lacks the code: %s", last)
	}
}

func TestRefused(t *testing.T) {
	cases := map[string]struct {
		spoil func(*papers.Paper)
		want  error
	}{
		"no title":      {func(p *papers.Paper) { p.Title = "" }, papers.ErrIncomplete},
		"no body":       {func(p *papers.Paper) { p.Body = "" }, papers.ErrIncomplete},
		"no code":       {func(p *papers.Paper) { p.Code = "" }, papers.ErrIncomplete},
		"no address":    {func(p *papers.Paper) { p.URL = "" }, papers.ErrIncomplete},
		"no instant":    {func(p *papers.Paper) { p.MadeAt = time.Time{} }, papers.ErrIncomplete},
		"long text":     {func(p *papers.Paper) { p.Remedy = strings.Repeat("а", papers.MaxText) }, papers.ErrTooLong},
		"many reasons":  {func(p *papers.Paper) { p.Reasons = make([]papers.Reason, papers.MaxParts+1) }, papers.ErrTooLong},
		"a long code":   {func(p *papers.Paper) { p.URL = "https://" + strings.Repeat("a", 300) }, papers.ErrTooLong},
		"nothing to it": {func(p *papers.Paper) { *p = papers.Paper{} }, papers.ErrIncomplete},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := sample(lang.En)
			c.spoil(&p)
			var out bytes.Buffer
			if err := papers.Render(&out, p, lang.En); !errors.Is(err, c.want) || out.Len() > 0 {
				t.Errorf("got %v and %d bytes, want %v", err, out.Len(), c.want)
			}
		})
	}
}

func TestTheLongestPaperIsSet(t *testing.T) {
	p := sample(lang.En)
	p.Title = strings.Repeat("W", 2000)
	p.Remedy = strings.Repeat("реч ", 8000)
	p.Reasons = make([]papers.Reason, 100)
	rendered(t, p, lang.En)
}

// Names come from registers, and registers take what parents give them: every
// sign there is must come through.
func TestAnySignIsSet(t *testing.T) {
	for first := rune(0); first <= 0x10000; first += 0x3000 {
		p := sample(lang.SrCyrl)
		var b strings.Builder
		for r := range rune(0x3000) {
			b.WriteRune(first + r)
		}
		p.Remedy = b.String()
		p.About = string(rune(first)) + "\xff\xfe"
		rendered(t, p, lang.SrCyrl)
	}
}

func TestWhatTheFontsLackIsABox(t *testing.T) {
	p := sample(lang.En)
	p.About = "A😀B \x00C\u202eD\tE\nF\xff"
	if text := tool(t, rendered(t, p, lang.En), "pdftotext", "-raw", "PAPER", "-"); !strings.Contains(text, "A□B CD E F□") {
		t.Errorf("got\n%s", text)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestAFullDiskIsAnError(t *testing.T) {
	if err := papers.Render(full{}, sample(lang.En), lang.En); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkRender(b *testing.B) {
	p := sample(lang.SrCyrl)
	for b.Loop() {
		if err := papers.Render(io.Discard, p, lang.SrCyrl); err != nil {
			b.Fatal(err)
		}
	}
}
