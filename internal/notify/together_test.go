package notify

import (
	"slices"
	"strings"
	"testing"
	"time"

	"dobosh/internal/kit/lang"
)

// about is a notice of one event as a case sends it.
func about(number string) Notice {
	return Notice{
		ID: "case-" + number, Event: "birth", Person: person, Lane: Normal, Link: "https://city.example/cases/" + number, Thread: number,
		Subject: lang.Text{"sr": "Град: чека вас понуда, предмет " + number, "en": "City: an offer is waiting for you, case " + number},
		Body: lang.Text{
			"sr": "Добар дан,\n\nпонуду можете да прихватите до 8. децембра 2026.\n\nГрад\nПредмет " + number + "\nПитања? Позовите 023 561 000.",
			"en": "Hello,\n\nyou can accept the offer until 8 December 2026.\n\nCity\nCase " + number + "\nQuestions? Call 023 561 000.",
		},
	}
}

// Two services of one birth are one mail, which says each thing once and leads to both.
func TestOneMailForOneEvent(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		first, second := about("ZR-1"), about("ZR-2")
		r.send(first)
		r.clock.Advance(10 * time.Second)
		r.carryAll()
		r.send(second, second)
		r.send(first)
		if r.carryAll(); len(r.sent()) != 0 {
			t.Fatalf("sent before what belongs to it came: %q", r.sent())
		}
		r.clock.Advance(20 * time.Second)
		r.carryAll()
		mails := r.sink.Messages()
		if len(mails) != 1 {
			t.Fatalf("%d mails: %q", len(mails), r.sent())
		}
		want := "Добар дан,\n\nпонуду можете да прихватите до 8. децембра 2026.\n\nГрад\nПредмет ZR-1\nПитања? Позовите 023 561 000.\n\n" +
			"Град: чека вас понуда, предмет ZR-2:\n\nПредмет ZR-2\n\nhttps://city.example/cases\n"
		if mails[0].Subject != "Град: чека вас понуда, предмет ZR-1 (и још 1)" || mails[0].Text != want {
			t.Errorf("%q\n%q", mails[0].Subject, mails[0].Text)
		}

		// What comes later is told for itself, and what is alone stays as it is.
		r.send(about("ZR-3"))
		r.clock.Advance(time.Minute)
		r.carryAll()
		if mails = r.sink.Messages(); len(mails) != 2 || mails[1].Subject != about("ZR-3").Subject["sr"] || !strings.HasSuffix(mails[1].Text, "https://city.example/cases/ZR-3\n") {
			t.Errorf("later: %q", r.sent())
		}
	})
}

// Another person, another event, and what belongs to none are told for themselves.
func TestWhatIsNotOfOneEventIsNotTogether(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		father, school, alone := about("ZR-2"), about("ZR-3"), about("ZR-4")
		father.Person, school.Event, alone.Event = "father", "school", ""
		if err := r.SetAddress(t.Context(), Address{"father", Email, "otac@example.org", lang.En}); err != nil {
			t.Fatal(err)
		}
		r.send(about("ZR-1"), father, school, alone)
		r.carryAll()
		if got := r.sent(); !slices.Equal(got, []string{alone.Subject["sr"]}) {
			t.Errorf("at once: %q", got)
		}
		r.clock.Advance(30 * time.Second)
		r.carryAll()
		if got := r.sent(); len(got) != 4 || slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "(") }) {
			t.Errorf("%q", got)
		}
	})
}

// Both documents of one message are on their way when it is, and come back with it.
func TestDocumentsOfOneMessage(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		first, second := about("ZR-1"), about("ZR-2")
		first.Serves, second.Serves = "one", "two"
		r.send(first, second)
		r.clock.Advance(30 * time.Second)
		r.carryAll()
		for _, document := range []string{"one", "two"} {
			s, known, err := r.Served(t.Context(), r.db.Read(t.Context()), document)
			if err != nil || !known || s.Channel != Email || !s.Sent.Equal(r.clock.Now()) {
				t.Errorf("%s: %+v %v", document, s, err)
			}
		}
	})
}

// However many there are, nothing is lost and no message is too long.
func TestManyNoticesOfOneEvent(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		for i := range mostTogether + 5 {
			n := about("ZR-" + string(rune('A'+i)))
			n.Body = lang.Text{"sr": strings.Repeat(n.ID+" реч\n", 300), "en": "x"}
			r.send(n)
		}
		r.clock.Advance(30 * time.Second)
		r.carryAll()
		r.clock.Advance(30 * time.Second)
		r.carryAll()
		if got := r.sent(); len(got) != 2 || !strings.HasSuffix(got[0], "(и још 19)") || !strings.HasSuffix(got[1], "(и још 4)") {
			t.Errorf("%q", got)
		}
	})
}
