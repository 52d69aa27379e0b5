package routing

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dobosh/internal/kit/script"
	"dobosh/internal/participation/wording"
)

// labelled reads the set of our own making.
func labelled(t testing.TB) (all []Example, scripts []string) {
	t.Helper()
	f, err := os.Open("testdata/labelled.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := csv.NewReader(f)
	in.Comment = '#'
	rows, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows[1:] {
		all = append(all, Example{ID: strconv.Itoa(i), Text: row[0], Category: row[1], Group: row[2]})
		scripts = append(scripts, row[3])
	}
	return all, scripts
}

// What it reaches on the set of our own making; what that proves stands in docs/participation.md.
func TestFigures(t *testing.T) {
	all, scripts := labelled(t)
	held, err := CrossValidate(t.Context(), all, 1)
	if err != nil {
		t.Fatal(err)
	}
	f := Measure(held)
	t.Logf("%+v", f)
	if len(held) != len(all) {
		t.Fatalf("%d of %d were sorted", len(held), len(all))
	}
	if f.Accuracy < 0.87 || f.MacroF1 < 0.87 {
		t.Errorf("right in %.3f, macro-F1 %.3f", f.Accuracy, f.MacroF1)
	}
	if f.ECE > 0.05 || f.ECEOf3 > 0.05 {
		t.Errorf("calibration error %.3f, of three %.3f", f.ECE, f.ECEOf3)
	}
	if f.Precision < 0.95 || f.Coverage < 0.6 {
		t.Errorf("decides %.3f alone, right in %.3f", f.Coverage, f.Precision)
	}
	per := map[string][]Held{}
	for _, h := range held {
		per[scripts[h.Index]] = append(per[scripts[h.Index]], h)
	}
	for script, held := range per {
		t.Logf("%s: %+v", script, Measure(held))
	}
	// Serbian in one script is not sorted worse than in another.
	if a, b := Measure(per["cyrillic"]).Accuracy, Measure(per["ascii"]).Accuracy; a-b > 0.03 || b-a > 0.03 {
		t.Errorf("Cyrillic is right in %.3f, without diacritics in %.3f", a, b)
	}
}

func TestOneTextInThreeScriptsHasOneAnswer(t *testing.T) {
	all, scripts := labelled(t)
	m := trained(t, all[:600], 1)
	seen := 0
	for i, e := range all {
		if scripts[i] != "cyrillic" || i%7 > 0 {
			continue
		}
		seen++
		latin := script.Latin(e.Text)
		bare := strings.NewReplacer("č", "c", "ć", "c", "š", "s", "ž", "z", "đ", "dj", "Č", "C", "Ć", "C", "Š", "S", "Ž", "Z", "Đ", "Dj").Replace(latin)
		want := m.Propose(e.Text)
		for _, other := range []string{latin, bare} {
			got := m.Propose(other)
			if got.Automatic != want.Automatic || len(got.Proposals) != len(want.Proposals) {
				t.Fatalf("%q has another answer than %q", other, e.Text)
			}
			for k, p := range got.Proposals {
				if q := want.Proposals[k]; p.Category != q.Category || p.Probability != q.Probability || !slices.Equal(p.Cases, q.Cases) || len(p.Words) != len(q.Words) {
					t.Fatalf("%q: %+v, %q: %+v", e.Text, q, other, p)
				}
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d texts", seen)
	}
}

func TestAProposalSaysWhy(t *testing.T) {
	all, _ := labelled(t)
	m := trained(t, all, 1)
	category := map[string]string{}
	for _, e := range all {
		category[e.ID] = e.Category
	}
	for text, want := range map[string][2]string{
		"Postovani, ulicna rasveta u Lipovoj ulici ne gori": {"lighting", "rasveta"},
		"Please collect the rubbish at number 7":            {"waste", "rubbish"},
		"공원 가로등이 고장났습니다":                                    {"lighting", "가로등이"},
	} {
		answer := m.Propose(text)
		if len(answer.Proposals) != 3 {
			t.Fatalf("%q has %d proposals", text, len(answer.Proposals))
		}
		sum := 0.0
		for i, p := range answer.Proposals {
			sum += p.Probability
			if i > 0 && p.Probability > answer.Proposals[i-1].Probability {
				t.Errorf("%q: the proposals are not in order", text)
			}
			for _, id := range p.Cases {
				if category[id] != p.Category {
					t.Errorf("%q: case %s taught %s, and is of %s", text, id, p.Category, category[id])
				}
			}
			for _, word := range p.Words {
				if !strings.Contains(text, word) {
					t.Errorf("%q: %q was not written", text, word)
				}
			}
		}
		first := answer.Proposals[0]
		if sum > 1.0001 || first.Category != want[0] || !slices.Contains(first.Words[:min(2, len(first.Words))], want[1]) || len(first.Cases) == 0 {
			t.Errorf("%q: %+v", text, answer)
		}
	}
	if answer := m.Propose("xqzw 一丁"); answer.Automatic || answer.Proposals[0].Probability > 0.3 {
		t.Errorf("of a text of which it knows nothing it says %+v", answer)
	}
}

func TestTrainingIsDeterministic(t *testing.T) {
	all, _ := labelled(t)
	a, b := trained(t, all[:500], 3), trained(t, all[:500], 3)
	for _, e := range all[500:520] {
		for _, m := range []*Model{a, b} {
			if err := m.Learn(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !bytes.Equal(saved(t, a), saved(t, b)) {
		t.Error("twice the same examples made two models")
	}
}

func TestWhatIsSuddenlyWrongIsNoLongerAutomatic(t *testing.T) {
	all, _ := labelled(t)
	m := trained(t, all, 1)
	of, _ := partition(all, func(e Example) bool { return m.Propose(e.Text).Automatic })
	if len(of) < 100 {
		t.Fatalf("only %d texts are decided alone", len(of))
	}
	for i, e := range of[:40] {
		e.ID, e.Category = fmt.Sprint("moved ", i), all[(i*61+400)%len(all)].Category
		if err := m.Learn(e); err != nil {
			t.Fatal(err)
		}
	}
	if !m.Standing().Suspended || m.Propose(of[90].Text).Automatic {
		t.Errorf("it goes on deciding alone: %+v", m.Standing())
	}
	anew, err := m.Retrain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if anew.Standing().Suspended {
		t.Error("made anew it still decides nothing")
	}
}

func TestWhatWasForgottenIsGone(t *testing.T) {
	all, _ := labelled(t)
	m := trained(t, append(slices.Clone(all[:300]), Example{ID: "secret", Text: "zyzzyva quux", Category: "lighting"}), 1)
	if a := m.Propose("zyzzyva quux"); !slices.Contains(a.Proposals[0].Cases, "secret") {
		t.Fatalf("%+v", a)
	}
	m.Forget("secret")
	for _, p := range m.Propose("zyzzyva quux").Proposals {
		if slices.Contains(p.Cases, "secret") {
			t.Error("it is still shown")
		}
	}
	anew, err := m.Retrain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(saved(t, anew), []byte("secret")) || anew.words.row(firstKey("zyzzyva")) >= 0 {
		t.Error("the model that was made anew still knows it")
	}
}

func firstKey(word string) uint64 {
	var r wording.Reader
	return r.Read(word)[0].Key
}

func TestBoundsOfAModel(t *testing.T) {
	m := empty(1)
	for i := range MostExamples + 50 {
		category := "many"
		if i%1000 == 0 {
			category = "few"
		}
		if err := m.Learn(Example{ID: strconv.Itoa(i), Text: "word" + strconv.Itoa(i%5000), Category: category}); err != nil {
			t.Fatal(err)
		}
	}
	few := 0
	for _, e := range m.memory.examples {
		if m.categories[e.category] == "few" {
			few++
		}
	}
	if len(m.memory.examples) != MostExamples || few != 11 {
		t.Errorf("%d examples, %d of the rare category", len(m.memory.examples), few)
	}
	for i := range MostCategories + 1 {
		err := m.Learn(Example{ID: fmt.Sprint("c", i), Text: "word", Category: fmt.Sprint("category ", i)})
		if (err != nil) != (i+2 >= MostCategories) {
			t.Fatalf("category %d: %v", i, err)
		}
	}
	for _, e := range []Example{{}, {ID: "a"}, {ID: strings.Repeat("a", 300), Category: "c"}, {ID: "a", Category: strings.Repeat("c", 300)}} {
		if m.Learn(e) == nil {
			t.Errorf("%.20q was learned", e.ID)
		}
	}
}

func BenchmarkPropose(b *testing.B) {
	all, _ := labelled(b)
	m, err := Train(b.Context(), all, 1)
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		m.Propose(all[i%len(all)].Text)
	}
}
