package lang

import (
	"fmt"
	"testing"
	"time"

	"dobosh/internal/kit/civil"
)

// The words of these tests, with the forms that the sentences ask for.
const (
	termsSR = `{
		"term.allowance": {"g": "m", "nom": "родитељски додатак", "acc": "родитељски додатак"},
		"term.child-allowance": {"g": "m", "nom": "дечји додатак", "acc": "дечји додатак"},
		"term.grant": {"g": "f", "nom": "помоћ града", "acc": "помоћ града"},
		"term.city": {"g": "m", "nom": "град Зрењанин", "acc": "град Зрењанин"},
		"term.tax": {"g": "f", "nom": "Пореска управа", "acc": "Пореску управу"},
		"term.right": {"g": "n", "nom": "право", "acc": "право"},
		"term.appeal": {"g": "f", "nom": "жалба", "acc": "жалбу"},
		"term.case": {"g": "m", "nom": "предмет", "few": "предмета", "many": "предмета", "acc": "предмет"},
		"decline": "Ако одбијете, нећемо исплатити {service:acc}.",
		"granted": "{service:Nom} {service?m:вам је признат|f:вам је призната|n:вам је признато}.",
		"late": "{body:Nom} није {body?m:одговорио|f:одговорила|n:одговорило} на време.",
		"waiting": "{n} {case:n} {n:чека|чекају|чека} ваш одговор.",
		"deadline": "Рок за {act:acc} је {day:nom}."
	}`
	termsEN = `{
		"term.allowance": {"one": "parental allowance", "other": "parental allowances"},
		"term.child-allowance": "child allowance",
		"term.grant": "city grant",
		"term.city": "the City of Zrenjanin",
		"term.tax": "the Tax Administration",
		"term.right": "right",
		"term.appeal": "appeal",
		"term.case": {"one": "case", "other": "cases"},
		"decline": "If you say no, we will not pay the {service}.",
		"granted": "You are entitled to the {service}.",
		"late": "{body:One} did not answer in time.",
		"waiting": "{n} {case:n} {n:is|are} waiting for your answer.",
		"deadline": "The deadline for the {act} is {day}."
	}`
	termsKO = `{
		"term.allowance": "부모수당", "term.grant": "보조", "term.city": "즈레냐닌시", "term.tax": "세무청", "term.appeal": "이의신청",
		"decline": "거절하시면 {service+이/가} 지급되지 않습니다.",
		"granted": "{service+을/를} 받으실 수 있습니다.",
		"late": "{body+이/가} 제때 응답하지 않았습니다.",
		"waiting": "답변을 기다리는 민원이 {n}건 있습니다.",
		"deadline": "{act} 기한은 {day}입니다."
	}`
	termsHU = `{
		"term.allowance": "szülői pótlék", "term.grant": "anyasági segély", "term.city": "városi közigazgatási hivatal", "term.tax": "adóhivatal", "term.appeal": "fellebbezés",
		"decline": "Ha nemet mond, ezt nem fizetjük ki: {service}.",
		"granted": "Önt megilleti {service+a} {service}.",
		"late": "{body+A} {body} nem válaszolt időben.",
		"waiting": "{n} ügy vár az Ön válaszára.",
		"deadline": "{act:Nom} határideje: {day}"
	}`
)

func TestASentenceAsksTheTermForItsForm(t *testing.T) {
	c := mustLoad(t, room("terms", "sr", termsSR, "en", termsEN, "ko", termsKO, "hu", termsHU))
	term := func(name string) Text { return c.terms[name] }
	day := civil.Date(2026, time.November, 24)
	for _, s := range []struct {
		tag    Tag
		key    string
		values Values
		want   string
	}{
		{SrCyrl, "decline", Values{"service": term("allowance")}, "Ако одбијете, нећемо исплатити родитељски додатак."},
		{SrCyrl, "decline", Values{"service": term("grant")}, "Ако одбијете, нећемо исплатити помоћ града."},
		{SrCyrl, "granted", Values{"service": term("allowance")}, "Родитељски додатак вам је признат."},
		{SrLatn, "granted", Values{"service": term("grant")}, "Pomoć grada vam je priznata."},
		{SrCyrl, "granted", Values{"service": term("right")}, "Право вам је признато."},
		{SrCyrl, "late", Values{"body": term("city")}, "Град Зрењанин није одговорио на време."},
		{SrCyrl, "late", Values{"body": term("tax")}, "Пореска управа није одговорила на време."},
		{SrCyrl, "waiting", Values{"n": 1}, "1 предмет чека ваш одговор."},
		{SrCyrl, "waiting", Values{"n": 2}, "2 предмета чекају ваш одговор."},
		{SrCyrl, "waiting", Values{"n": 5}, "5 предмета чека ваш одговор."},
		{SrCyrl, "waiting", Values{"n": "21"}, "21 предмет чека ваш одговор."},
		{SrCyrl, "deadline", Values{"act": term("appeal"), "day": day}, "Рок за жалбу је 24. новембар 2026."},
		{En, "decline", Values{"service": term("allowance")}, "If you say no, we will not pay the parental allowance."},
		{En, "granted", Values{"service": term("grant")}, "You are entitled to the city grant."},
		{En, "late", Values{"body": term("city")}, "The City of Zrenjanin did not answer in time."},
		{En, "waiting", Values{"n": 1}, "1 case is waiting for your answer."},
		{En, "waiting", Values{"n": 21}, "21 cases are waiting for your answer."},
		{En, "deadline", Values{"act": term("appeal"), "day": day}, "The deadline for the appeal is 24 November 2026."},
		{"ko", "decline", Values{"service": term("allowance")}, "거절하시면 부모수당이 지급되지 않습니다."},
		{"ko", "decline", Values{"service": term("grant")}, "거절하시면 보조가 지급되지 않습니다."},
		{"ko", "granted", Values{"service": term("allowance")}, "부모수당을 받으실 수 있습니다."},
		{"ko", "granted", Values{"service": term("grant")}, "보조를 받으실 수 있습니다."},
		{"ko", "late", Values{"body": term("city")}, "즈레냐닌시가 제때 응답하지 않았습니다."},
		{"ko", "late", Values{"body": term("tax")}, "세무청이 제때 응답하지 않았습니다."},
		{"ko", "waiting", Values{"n": 21}, "답변을 기다리는 민원이 21건 있습니다."},
		{"ko", "deadline", Values{"act": term("appeal"), "day": day}, "이의신청 기한은 2026년 11월 24일입니다."},
		{"hu", "decline", Values{"service": term("allowance")}, "Ha nemet mond, ezt nem fizetjük ki: szülői pótlék."},
		{"hu", "granted", Values{"service": term("allowance")}, "Önt megilleti a szülői pótlék."},
		{"hu", "granted", Values{"service": term("grant")}, "Önt megilleti az anyasági segély."},
		{"hu", "late", Values{"body": term("city")}, "A városi közigazgatási hivatal nem válaszolt időben."},
		{"hu", "late", Values{"body": term("tax")}, "Az adóhivatal nem válaszolt időben."},
		{"hu", "waiting", Values{"n": 1}, "1 ügy vár az Ön válaszára."},
		{"hu", "deadline", Values{"act": term("appeal"), "day": day}, "Fellebbezés határideje: 2026. november 24."},
	} {
		if got := c.Tell(s.tag, s.key, s.values); got != (Said{s.want, s.tag}) {
			t.Errorf("%s %s = %v, want %q", s.tag, s.key, got, s.want)
		}
	}
}

func TestATermOfAPackIsCheckedAgainstTheSentences(t *testing.T) {
	c := mustLoad(t, room("terms", "sr", termsSR, "en", termsEN))
	pension := Text{"sr": "пензија", "sr:g": "f", "sr:acc": "пензију", "sr:few": "пензије", "sr:many": "пензија", "en": "pension", "en:other": "pensions"}
	if err := c.CheckTerm(pension); err != nil {
		t.Error(err)
	}
	delete(pension, "sr:acc")
	if err := c.CheckTerm(pension); err == nil {
		t.Error("a term without the form that a sentence asks for is accepted")
	}
}

func TestKoreanReadsDigits(t *testing.T) {
	for n, want := range map[int]string{0: "0을", 1: "1을", 2: "2를", 3: "3을", 4: "4를", 5: "5를", 6: "6을", 7: "7을", 8: "8을", 9: "9를", 10: "10을", 100: "100을", 1000: "1000을"} {
		if got := particle(fmt.Sprint(n), "을/를"); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	for said, want := range map[string]string{"서울": "서울로", "세무청": "세무청으로", "보조": "보조로", "7": "7로", "“보조”": "“보조”로"} {
		if got := particle(said, "으로/로"); got != want {
			t.Errorf("%s: %q", said, got)
		}
	}
}

func TestHungarianReadsDigits(t *testing.T) {
	for n, want := range map[int]string{1: "az", 2: "a", 5: "az", 10: "a", 15: "a", 50: "az", 100: "a", 500: "az", 1000: "az", 10_000: "a", 1_000_000: "az"} {
		if got := particle(fmt.Sprint(n), "a"); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}
