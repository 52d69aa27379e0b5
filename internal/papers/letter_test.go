package papers_test

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/lang"
	"dobosh/internal/papers"
)

func letter(tag lang.Tag) papers.Letter {
	say := func(sr, en string) string { return lang.Text{"sr": sr, "en": en}.In(tag) }
	return papers.Letter{
		Sender:  say("Град Зрењанин, Трг слободе 10, 23000 Зрењанин", "City of Zrenjanin, Trg slobode 10, 23000 Zrenjanin"),
		To:      []string{"Милица Примерић-Замишљенић", "Улица Народног фронта 114, улаз 3, стан 27", "23000 Зрењанин"},
		Subject: say("Град Зрењанин: одлучено је о вашој жалби, предмет ZR-2026-7KQ4-M9PD-X", "City of Zrenjanin: your appeal was decided, case ZR-2026-7KQ4-M9PD-X"),
		Text:    say("Добар дан,\n\nодлучено је о вашој жалби. На страници предмета видите шта је одлучено и зашто.", "Hello,\n\nyour appeal was decided. The page of the case shows what was decided and why."),
		URL:     "https://zrenjanin.demo.example/cases/ZR-2026-7KQ4-M9PD-X", Number: "L-7KQ4M9PDXT", Day: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
		Notice: say("Демонстрација.", "Demonstration."),
	}
}

func posted(t *testing.T, l papers.Letter, tag lang.Tag) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := papers.RenderLetter(&b, l, tag); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var placed = regexp.MustCompile(`<word xMin="([0-9.]+)" yMin="([0-9.]+)" xMax="([0-9.]+)" yMax="([0-9.]+)">([^<]*)</word>`)

// Through the window of DIN 5008 form B (20 mm from the left, 45 mm from the top, 85 × 45 mm) the whole
// address is read, and nothing of the letter.
func TestTheAddressStandsInTheWindow(t *testing.T) {
	for _, tag := range lang.Tags() {
		l := letter(tag)
		words := map[string]bool{}
		for _, line := range append(strings.Fields(l.Sender), strings.Fields(strings.Join(l.To, " "))...) {
			words[line] = false
		}
		const point = 25.4 / 72
		sheet, _, _ := strings.Cut(tool(t, posted(t, l, tag), "pdftotext", "-bbox", "PAPER", "-"), "</page>")
		for _, m := range placed.FindAllStringSubmatch(sheet, -1) {
			var at [4]float64
			for i := range at {
				n, err := strconv.ParseFloat(m[i+1], 64)
				if err != nil {
					t.Fatal(err)
				}
				at[i] = n * point
			}
			inside := at[0] >= 20 && at[2] <= 105 && at[1] >= 45 && at[3] <= 90
			outside := at[2] < 20 || at[0] > 105 || at[3] < 45 || at[1] > 90
			if _, wanted := words[m[5]]; inside && wanted {
				words[m[5]] = true
			} else if !outside {
				t.Errorf("%s: %q stands in the window at %.0f", tag, m[5], at)
			}
		}
		for word, seen := range words {
			if !seen {
				t.Errorf("%s: %q is not seen through the window", tag, word)
			}
		}
	}
}

func TestALetterSaysWhatItIs(t *testing.T) {
	for _, tag := range lang.Tags() {
		l := letter(tag)
		pdf := posted(t, l, tag)
		if !bytes.Equal(pdf, posted(t, l, tag)) || len(pdf) > 60_000 {
			t.Errorf("%s: other bytes, or %d of them", tag, len(pdf))
		}
		text := oneLine(tool(t, pdf, "pdftotext", "-raw", "PAPER", "-"))
		for _, want := range append([]string{l.Subject, l.URL, l.Number, l.Notice, "1/1"}, strings.Split(l.Text, "\n")...) {
			if !strings.Contains(text, oneLine(want)) {
				t.Errorf("%s lacks %q:\n%s", tag, want, text)
			}
		}
		if info := tool(t, pdf, "pdfinfo", "PAPER"); strings.Contains(info, "Милица") {
			t.Errorf("the properties name somebody:\n%s", info)
		}
	}
}

func TestALongLetterGoesOn(t *testing.T) {
	l := letter(lang.SrLatn)
	l.Text = strings.Repeat(l.Text+"\n\n", 30)
	var b bytes.Buffer
	if sheets, err := papers.RenderLetter(&b, l, lang.SrLatn); err != nil || sheets < 2 {
		t.Errorf("%d sheets, %v", sheets, err)
	}
}

func TestAddressesThatFitNoWindow(t *testing.T) {
	for name, to := range map[string][]string{
		"none": nil, "seven lines": {"1", "2", "3", "4", "5", "6", "7"}, "a wide line": {strings.Repeat("Ш", 60)}, "a long line": {strings.Repeat("i", 61)},
	} {
		l := letter(lang.En)
		l.To = to
		if _, err := papers.RenderLetter(&bytes.Buffer{}, l, lang.En); !errors.Is(err, papers.ErrAddress) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
