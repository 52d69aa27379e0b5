package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/notify/post"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"
)

const home = "Милица Примерић\nНародног фронта 1\n23000 Зрењанин"

// house is a printing house to which letters are handed over.
type house struct {
	*rig
	folder string
	fault  error // of who sets letters
}

func onPaper(t *testing.T, test func(t *testing.T, h *house)) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		h := &house{rig: newRig(t, open(work.Migrations(), Migrations())), folder: t.TempDir()}
		h.runner = work.New(h.db, h.clock.Now, h.log, "paper")
		var err error
		if h.Courier, err = New(h.config(), h.db, h.runner, h.clock.Now, h.log); err != nil {
			t.Fatal(err)
		}
		print := func(w io.Writer, l post.Letter) (int, error) {
			_, _ = fmt.Fprintf(w, "%s\n%s\n%s\n%s", strings.Join(l.To, "\n"), l.Subject, l.Text, l.Link)
			return 1, h.fault
		}
		outbox, err := post.Open(post.Config{Folder: h.folder, Sender: lang.Text{"sr": "Град", "en": "City"}}, print, h.clock.Now)
		if err != nil {
			t.Fatal(err)
		}
		h.ByPost(outbox, map[string]string{"Уручено": "delivered", "Пошиљка": "number"})
		if err := h.runner.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := h.SetAddress(t.Context(), Address{person, Letter, home, lang.SrCyrl}); err != nil {
			t.Fatal(err)
		}
		h.prefers(Preference{Letter, Matter, lang.SrCyrl, true})
		test(t, h)
	})
}

func (h *house) lines() []post.Line {
	h.t.Helper()
	all, err := post.Lines(h.folder)
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

func (h *house) stateOf(notice string, channel Channel) State {
	h.t.Helper()
	all, err := h.Tried(h.t.Context(), h.db.Read(h.t.Context()), notice)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, d := range all {
		if d.Channel == channel {
			return d.State
		}
	}
	return ""
}

func (h *house) advises(number, day string, became post.Became) error {
	d, err := civil.Parse(day)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.db.Write(h.t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		return h.Advise(ctx, tx, post.Advice{Number: number, Day: d, Became: became}, "officer")
	})
}

func outcome(id string) Notice {
	n := matter(id)
	n.Serves = "document " + id
	return n
}

// A letter is handed over with a line for who prints it; the slip that comes back says the day of delivery.
func TestALetterOnItsWay(t *testing.T) {
	onPaper(t, func(t *testing.T, h *house) {
		h.EncloseBy(func(_ context.Context, document string, tag lang.Tag) ([]byte, error) {
			return []byte(document + " in " + string(tag)), nil
		})
		h.send(outcome("1"), matter("2"))
		h.carryAll()
		lines := h.lines()
		if len(lines) != 2 || lines[0].Sheets != 1 || strings.Join(lines[0].To, "\n") != home || lines[0].Lang != lang.SrCyrl {
			t.Fatalf("%+v", lines)
		}
		slips := 0
		number := map[bool]string{}
		for _, l := range lines {
			if number[l.Slip] = l.Number; l.Slip {
				slips++
				if len(l.Enclosed) != 1 {
					t.Fatalf("enclosed: %+v", l.Enclosed)
				}
				if raw, err := os.ReadFile(filepath.Join(h.folder, l.Enclosed[0].File)); err != nil || string(raw) != "document 1 in sr-Cyrl" {
					t.Errorf("enclosed: %q %v", raw, err)
				}
			} else if len(l.Enclosed) != 0 {
				t.Errorf("enclosed in what delivers nothing: %+v", l.Enclosed)
			}
			raw, err := os.ReadFile(filepath.Join(h.folder, l.File))
			if err != nil || !bytes.HasPrefix(raw, []byte(home+"\nГрад Зрењанин: чека вас понуда")) {
				t.Errorf("%s: %v", raw, err)
			}
		}
		if slips != 1 {
			t.Errorf("%d letters with a slip", slips)
		}
		s, _, err := h.Served(t.Context(), h.db.Read(t.Context()), "document 1")
		if err != nil || s.Channel != Letter || s.Sent.IsZero() || !s.Day.IsZero() {
			t.Errorf("handed over: %+v %v", s, err)
		}
		h.clock.Advance(72 * time.Hour)
		for _, day := range []string{"2026-11-22", "2026-11-27"} {
			if err := h.advises(number[true], day, post.Delivered); !problem.HasCode(err, "advice-day") {
				t.Errorf("on %s: %v", day, err)
			}
		}
		for range 2 { // the same advice again changes nothing
			if err := h.advises(strings.ToLower(number[true]), "2026-11-25", post.Collected); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.advises(number[true], "2026-11-26", post.Returned); !problem.HasCode(err, "advice-other") {
			t.Errorf("something else: %v", err)
		}
		s, _, err = h.Served(t.Context(), h.db.Read(t.Context()), "document 1")
		if err != nil || s.Day != civil.Date(2026, 11, 25) || s.How != Collected || h.stateOf("1", Letter) != StateCollected {
			t.Errorf("collected: %+v %v", s, err)
		}
		if err := h.advises(number[false], "2026-11-24", post.Delivered); err != nil || h.stateOf("2", Letter) != Delivered {
			t.Errorf("a letter without a document: %s %v", h.stateOf("2", Letter), err)
		}
		if err := h.advises("L-000000000000", "2026-11-24", post.Delivered); !problem.HasCode(err, "post-unknown") {
			t.Error(err)
		}
	})
}

// What comes back goes on by mail, nobody writes there again, and where no way is left an officer sees it.
func TestALetterThatComesBack(t *testing.T) {
	onPaper(t, func(t *testing.T, h *house) {
		h.send(outcome("1"))
		h.carryAll()
		if err := h.advises(h.lines()[0].Number, "2026-11-23", post.Returned); err != nil {
			t.Fatal(err)
		}
		h.carryAll()
		if h.stateOf("1", Letter) != Returned || h.stateOf("1", Email) != Sent || len(h.sent()) != 1 {
			t.Errorf("letter %s, mail %s", h.stateOf("1", Letter), h.stateOf("1", Email))
		}
		h.address("", lang.SrCyrl)
		h.send(outcome("2"))
		missing, err := h.Missing(t.Context(), "")
		if err != nil || len(missing.Items) != 1 || missing.Items[0].Document != "document 2" {
			t.Errorf("an address at which nobody lives is used again: %+v %v", missing.Items, err)
		}
		if err := h.SetAddress(t.Context(), Address{person, Letter, home, lang.SrCyrl}); err != nil {
			t.Fatal(err)
		}
		h.send(outcome("3"))
		h.carryAll()
		for _, l := range h.lines() {
			_ = h.advises(l.Number, "2026-11-23", post.Returned) // the first is told already
		}
		s, _, err := h.Served(t.Context(), h.db.Read(t.Context()), "document 3")
		if err != nil || s.Fault != LetterBack || !s.Sent.IsZero() {
			t.Errorf("no way is left: %+v %v", s, err)
		}
	})
}

// Who dies between handing over and saying so hands nothing over twice; a folder that is full delays; a letter
// that nobody can set goes on by mail.
func TestALetterThatIsNotHandedOver(t *testing.T) {
	onPaper(t, func(t *testing.T, h *house) {
		h.fault = errors.New("no room")
		h.send(matter("1"))
		if _, err := h.runner.RunDue(t.Context()); err == nil || h.stateOf("1", Letter) != Queued {
			t.Errorf("%v, %s", err, h.stateOf("1", Letter))
		}
		h.fault = post.ErrUnprintable
		h.clock.Advance(time.Hour)
		h.carryAll()
		h.carryAll()
		if h.stateOf("1", Letter) != Failed || h.stateOf("1", Email) != Sent || len(h.lines()) != 0 {
			t.Errorf("letter %s, mail %s", h.stateOf("1", Letter), h.stateOf("1", Email))
		}
		h.fault = nil
		outbox := h.carried[Letter].Carrier
		parcel := Parcel{Notice: "3", To: home, Lang: lang.En, Subject: "s", Text: "t", Link: "https://city.example"}
		for range 2 {
			if out, err := outbox.Carry(t.Context(), []Parcel{parcel, {Notice: "4"}}); err != nil || out[0].State != Sent || out[1].Reason != NoAddress {
				t.Fatalf("%+v %v", out, err)
			}
		}
		if n := len(h.lines()); n != 1 {
			t.Errorf("%d lines", n)
		}
	})
}

// What was handed over is not printed again, though its printing house has taken it away and nobody has noted
// that it went.
func TestALetterThatWasTakenAwayIsNotPrintedAgain(t *testing.T) {
	onPaper(t, func(t *testing.T, h *house) {
		h.send(outcome("1"))
		h.carryAll()
		taken := filepath.Join(h.folder, h.lines()[0].File)
		if err := os.Remove(taken); err != nil {
			t.Fatal(err)
		}
		parcel := Parcel{Notice: "1", To: home, Lang: lang.En, Subject: "s", Text: "t", Link: "https://city.example", Serves: true}
		out, err := h.carried[Letter].Carry(t.Context(), []Parcel{parcel, {Notice: "2", To: home, Lang: lang.En, Subject: "s", Text: "t"}})
		if err != nil || out[0].State != Sent || out[1].State != Sent {
			t.Fatalf("%+v %v", out, err)
		}
		if _, err := os.Stat(taken); err == nil || len(h.lines()) != 2 {
			t.Errorf("%v, %d lines", err, len(h.lines()))
		}
	})
}

// What comes back on another channel goes on by post only where it delivers a document: postage is not paid to say
// that something was received. Who chose letters gets all by letter.
func TestPaperIsTheLastWayOfDocumentsOnly(t *testing.T) {
	onPaper(t, func(t *testing.T, h *house) {
		h.prefers(Preference{Email, Matter, lang.SrCyrl, true})
		h.send(matter("1"), outcome("2"))
		err := h.db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			return errors.Join(h.goOn(ctx, tx, "1", "smtp-550"), h.goOn(ctx, tx, "2", "smtp-550"))
		})
		if err != nil {
			t.Fatal(err)
		}
		if h.stateOf("1", Letter) != "" || h.stateOf("2", Letter) != Queued {
			t.Errorf("word of a matter: %q; of an outcome: %q", h.stateOf("1", Letter), h.stateOf("2", Letter))
		}
	})
}

// The table of the post is written down whole or not at all.
func TestTheTableOfThePost(t *testing.T) {
	onPaper(t, func(t *testing.T, h *house) {
		h.send(outcome("1"), outcome("2"))
		h.carryAll()
		first, second := h.lines()[0].Number, h.lines()[1].Number
		by := act.Actor{Account: "officer"}
		acts, err := h.LetterActs(act.Anyone(), act.Scope{})
		if err != nil {
			t.Fatal(err)
		}
		table := func(text string) error {
			_, err := acts[1].Do(t.Context(), by, act.FromValues(map[string][]string{"file": {text}}))
			return err
		}
		for _, c := range []struct{ text, code string }{
			{"", ""}, {"number;day\n", "advice-form"}, {"a;b;c\n" + first + ";2026-11-23;delivered\n", "advice-form"}, {"number;day;what\n\xff\xfe;x;y\n", "advice-form"},
			{"number;day;what\n" + first + ";2026-11-23;delivered\n" + second + ";2026-11-23;eaten\n", "advice-line"},
			{"number;day;what\n" + first + ";2026-11-23;delivered\nL-NOBODY;2026-11-23;delivered\n", "advice-line"},
			{"number;day;what\n" + first + ";2026-11-23;delivered\n" + second + ";2026-11-24;delivered\n", "advice-line"},
		} {
			err := table(c.text)
			if err == nil || c.code != "" && (len(problem.Of(err).Fields) != 1 || problem.Of(err).Fields[0].Code != c.code) {
				t.Errorf("%q: %v", c.text, err)
			}
		}
		if h.stateOf("1", Letter) != Sent || h.stateOf("2", Letter) != Sent {
			t.Error("half of a table was written down")
		}
		for range 2 {
			if err := table("\ufeffWhat,Пошиљка,Day\nУручено," + first + ",2026-11-23\nreturned, " + second + " ,2026-11-23\n"); err != nil {
				t.Fatal(err)
			}
		}
		states := map[State]int{h.stateOf("1", Letter): 1, h.stateOf("2", Letter): 1}
		if states[Delivered] != 1 || states[Returned] != 1 {
			t.Errorf("%v", states)
		}
	})
}

// Where a person lives is changed only by who is known surely enough.
func TestAPersonSaysWhereTheyLive(t *testing.T) {
	onPaper(t, func(t *testing.T, h *house) {
		where, err := h.AddressAct()
		if err != nil {
			t.Fatal(err)
		}
		by := act.Actor{Account: "mother", Persons: map[string]string{"family": person}, Level: act.LevelContact}
		moved := act.FromValues(map[string][]string{"address": {"Милица Примерић\nУлица 2\n11000 Београд"}})
		if _, err := where.Do(t.Context(), by, moved); err == nil {
			t.Error("somebody with a mailbox alone leads letters elsewhere")
		}
		by.Level = act.LevelEID
		if _, err := where.Do(t.Context(), by, act.FromValues(map[string][]string{"address": {"Милица"}})); err == nil || problem.Of(err).Fields[0].Code != "address-letter" {
			t.Errorf("one line: %v", err)
		}
		if _, err := where.Do(t.Context(), by, moved); err != nil {
			t.Fatal(err)
		}
		if a, err := h.Address(t.Context(), person, Letter); err != nil || a.To != "Милица Примерић\nУлица 2\n11000 Београд" {
			t.Errorf("%q %v", a.To, err)
		}
	})
}

func TestAddressesOnAnEnvelope(t *testing.T) {
	onPaper(t, func(t *testing.T, h *house) {
		for _, bad := range []string{"Милица", "1\n2\n3\n4\n5\n6\n7", "Милица\n" + strings.Repeat("x", 46), "Милица\nУлица\x00 1\n23000"} {
			if err := h.SetAddress(t.Context(), Address{person, Letter, bad, lang.En}); !problem.HasCode(err, "address-invalid") {
				t.Errorf("%q: %v", bad, err)
			}
		}
		if err := h.SetAddress(t.Context(), Address{person, Letter, "  Милица   Примерић \r\n\r\n Улица 1\r\n23000  Зрењанин\n", lang.En}); err != nil {
			t.Fatal(err)
		}
		if a, err := h.Address(t.Context(), person, Letter); err != nil || a.To != "Милица Примерић\nУлица 1\n23000 Зрењанин" {
			t.Errorf("%q %v", a.To, err)
		}
	})
}
