package voices

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"dobosh/internal/kit/script"
)

// Text is what somebody might have written.
type Text struct {
	Words    string
	Category string
	Sentence string // from which it was made: texts of one sentence belong on one side of a split
	Script   string // Cyrillic, Latin, ASCII, English, Korean
}

// The scripts.
const (
	Cyrillic = "cyrillic"
	Latin    = "latin"
	ASCII    = "ascii"
	English  = "english"
	Korean   = "korean"
)

//go:embed serbian.txt
var serbian string

//go:embed english.txt
var english string

//go:embed korean.txt
var korean string

// slots are what is filled into sentences.
type slots struct{ streets, districts, since, when, greetings, thanks []string }

func ofSerbian() slots {
	return slots{
		streets:   []string{"Липова", "Школска", "Дунавска", "Виноградарска", "Железничка", "Цветна", "Баштенска", "Риболовачка", "Јабланова", "Извиђачка", "Поштанска", "Џиновска", "Ђачка", "Његова", "Љубичина"},
		districts: []string{"Салаши", "Доња Мала", "Горњи Крај", "Рит", "Нова Колонија", "Брег", "Чесма", "Шљивик", "Ђерам"},
		since:     []string{"већ недељу дана", "од јуче", "већ месец дана", "од понедељка", "три дана", "још од пролећа", "од прошлог петка"},
		when:      []string{"у уторак ујутру", "прошле недеље", "пре два месеца", "јуче поподне", "десетог марта", "летос"},
		greetings: []string{"Поштовани,", "Добар дан,", "Здраво,", "Поштована господо,", "Помагајте,", "Обраћам вам се јер сам очајна.", "Други пут пишем.", "Добро вече свима,"},
		thanks:    []string{"Хвала унапред.", "Молим вас да реагујете.", "Чекам ваш одговор.", "Унапред захвалан, један становник.", "Докле ћемо овако?", "Срдачан поздрав.", "Ово је трећа пријава и нико се не јавља."},
	}
}

func ofEnglish() slots {
	return slots{
		streets: []string{"Linden Street", "School Lane", "River Road", "Garden Row"}, districts: []string{"Upper End", "the New Colony", "Brook Side"},
		greetings: []string{"Hello,", "Dear Sir or Madam,", "This is the second time I write."}, thanks: []string{"Thank you.", "Please do something.", "I await your answer."},
	}
}

func ofKorean() slots {
	return slots{
		streets: []string{"보리수길", "학교길", "강변길", "정원길"}, districts: []string{"윗마을", "새마을", "개울가"},
		greetings: []string{"안녕하세요.", "수고하십니다.", "두 번째 민원입니다."}, thanks: []string{"감사합니다.", "빠른 조치 부탁드립니다.", "답변 기다립니다."},
	}
}

// Texts writes them all, in the order of the sentences. The same seed gives the same texts.
func Texts(seed uint64) []Text {
	by := rand.New(rand.NewPCG(seed, 11))
	var all []Text
	for _, s := range sentences("sr", serbian) {
		for _, how := range []string{Cyrillic, Latin, ASCII} {
			all = append(all, Text{Words: written(mistyped(filled(s.words, ofSerbian(), by), by), how, by), Category: s.category, Sentence: s.id, Script: how})
		}
	}
	for _, of := range []struct {
		id, from, how string
		slots         slots
	}{{"en", english, English, ofEnglish()}, {"ko", korean, Korean, ofKorean()}} {
		for _, s := range sentences(of.id, of.from) {
			all = append(all, Text{Words: mistyped(filled(s.words, of.slots, by), by), Category: s.category, Sentence: s.id, Script: of.how})
		}
	}
	return all
}

// sentence is a line of a file.
type sentence struct{ id, category, words string }

func sentences(language, from string) (all []sentence) {
	category, number := "", 0
	for line := range strings.Lines(from) {
		line = strings.TrimSpace(line)
		if name, heading := strings.CutPrefix(line, "= "); heading {
			category, number = name, 0
		} else if line != "" {
			number++
			all = append(all, sentence{fmt.Sprintf("%s-%s-%02d", language, category, number), category, line})
		}
	}
	return all
}

func filled(words string, with slots, by *rand.Rand) string {
	one := func(of []string) string {
		if len(of) == 0 {
			return ""
		}
		return of[by.IntN(len(of))]
	}
	words = strings.NewReplacer("{st}", one(with.streets), "{pl}", one(with.districts), "{since}", one(with.since), "{when}", one(with.when),
		"{no}", strconv.Itoa(1+by.IntN(140)), "{line}", strconv.Itoa(1+by.IntN(30))).Replace(words)
	if by.IntN(10) < 4 {
		words = one(with.greetings) + " " + words
	}
	if by.IntN(10) < 4 {
		words += " " + one(with.thanks)
	}
	return words
}

// mistyped leaves out or doubles one letter of every sixth text.
func mistyped(words string, by *rand.Rand) string {
	if by.IntN(6) > 0 {
		return words
	}
	letters := []rune(words)
	at := by.IntN(len(letters))
	if !unicode.IsLetter(letters[at]) {
		return words
	}
	if by.IntN(2) == 0 {
		return string(letters[:at]) + string(letters[at+1:])
	}
	return string(letters[:at]) + string(letters[at]) + string(letters[at:])
}

func written(words, how string, by *rand.Rand) string {
	if how == Cyrillic {
		return words
	}
	words = script.Latin(words)
	if how == Latin {
		return words
	}
	d := "dj"
	if by.IntN(3) == 0 {
		d = "d"
	}
	bare := strings.NewReplacer("č", "c", "ć", "c", "š", "s", "ž", "z", "đ", d, "Č", "C", "Ć", "C", "Š", "S", "Ž", "Z", "Đ", strings.ToUpper(d[:1])+d[1:]).Replace(words)
	if by.IntN(4) == 0 { // nor do they look for capitals
		bare = strings.ToLower(bare)
	}
	return bare
}

// Header stands before the texts in a file.
const Header = `# Texts to a city, made for this project by internal/lab/voices: sentences written by hand, filled in and mistyped by chance
# (seed 1), Serbian in three scripts, English and Korean. No real letter, person or address.
# A figure measured on it, with the texts of one sentence on one side of the split, proves that the method learns and that scripts do
# not matter. It does not prove how often it is right on real letters: these are longer, about several things, and by many hands.
`

// Write writes texts as a file of text, label, sentence and script.
func Write(w io.Writer, all []Text) error {
	if _, err := io.WriteString(w, Header); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write([]string{"text", "label", "group", "script"}); err != nil {
		return err
	}
	for _, t := range all {
		if !utf8.ValidString(t.Words) {
			return fmt.Errorf("%s is no text", t.Sentence)
		}
		if err := out.Write([]string{t.Words, t.Category, t.Sentence, t.Script}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
