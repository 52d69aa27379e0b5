package receipts_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/receipts"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

// runs does what is due at a body.
func (b *body) runs(t *testing.T) {
	t.Helper()
	_, err := b.later.RunDue(t.Context())
	must(t, err)
}

// decides has the officer bring a request to an outcome.
func (b *body) decides(t *testing.T, number, to string) {
	t.Helper()
	v, err := b.cases.Case(t.Context(), officer(), number)
	must(t, err)
	must(t, b.cases.Decide(t.Context(), officer(), number, v.Version, to, "Урађено је."))
	must(t, b.cases.SendNow(t.Context(), officer(), number))
}

// fetched reads the copy of a request, file by file.
func fetched(t *testing.T, b *body, by act.Actor, number string) map[string]string {
	t.Helper()
	size, content, err := b.system.Fetch(t.Context(), by, number)
	must(t, err)
	raw, err := io.ReadAll(content)
	must(t, err)
	must(t, content.Close())
	if int64(len(raw)) != size {
		t.Errorf("%d bytes, %d were announced", len(raw), size)
	}
	packed, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	must(t, err)
	found := map[string]string{}
	for _, f := range packed.File {
		r, err := f.Open()
		must(t, err)
		text, err := io.ReadAll(r)
		must(t, err)
		found[f.Name] = string(text)
	}
	return found
}

// Who asks for their data gets what this body keeps about them at once, in one file for people and for programs, and
// nobody else does. It is gone after thirty days; the officer's yes makes a new one then.
func TestACopyOfWhatIsKept(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		b := r.bodies["RS-T/GOV/A"]
		r.look("RS-T/GOV/A", 3, nil)
		r.settled()
		number, err := b.system.Request(t.Context(), mila(), "access", "Све што имате о мени.")
		must(t, err)
		if m, err := b.system.Mine(t.Context(), number); err != nil || !m.Waits || m.Ready {
			t.Errorf("before it is made: %+v, %v", m, err)
		}
		b.runs(t)
		if m, err := b.system.Mine(t.Context(), number); err != nil || m.Waits || !m.Ready || m.Kilobytes() == 0 {
			t.Errorf("when it is made: %+v, %v", m, err)
		}
		if told := b.notices(); len(told) != 2 || !strings.Contains(told[1].Subject["sr"], "спремна") {
			t.Errorf("told %+v, want that the request is here and that the copy is", told)
		}
		files := fetched(t, b, mila(), number)
		var data struct {
			Receipts []struct{ ID string }
			Cases    []struct {
				Number   string
				Messages []struct{ Text string }
			}
		}
		must(t, json.Unmarshal([]byte(files["data.json"]), &data))
		if len(data.Receipts) < 3 || len(data.Cases) != 1 || data.Cases[0].Number != number || !strings.Contains(data.Cases[0].Messages[0].Text, "Све што имате о мени.") {
			t.Errorf("the copy holds %s", files["data.json"])
		}
		for _, name := range []string{"index.html", "index-sr-Latn.html", "index-en.html"} {
			if !strings.Contains(files[name], number) || !strings.Contains(files[name], "data.json") && !strings.Contains(files[name], "JSON") {
				t.Errorf("%s: %s", name, files[name])
			}
		}
		other := mila()
		other.Persons = map[string]string{exchange.ReceiptSector: strings.Repeat("b", 26)}
		for _, by := range []act.Actor{other, officer(), {}} {
			_, _, err = b.system.Fetch(t.Context(), by, number)
			wantCode(t, err, "case-unknown")
		}

		r.clock.Advance(31 * 24 * time.Hour)
		b.runs(t)
		_, _, err = b.system.Fetch(t.Context(), mila(), number)
		wantCode(t, err, "copy-gone")
		if left, err := b.files.List(t.Context(), "copies/"); err != nil || len(left) > 0 {
			t.Errorf("%v is left of it, %v", left, err)
		}
		b.decides(t, number, "fulfilled")
		b.runs(t)
		if files := fetched(t, b, mila(), number); files["data.json"] == "" {
			t.Error("the yes of the officer makes no new copy")
		}
	})
}

// What no law keeps is erased after the decision, once the notice of it had time to go; what stays is named with the
// provision that keeps it. A no erases nothing.
func TestErasureAfterADecision(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		b, forgotten := r.bodies["RS-T/GOV/A"], 0
		b.system.Holds(receipts.Holding{
			Name: "contacts", Copy: func(context.Context, act.Actor, receipts.Put) error { return nil },
			Forget: func(_ context.Context, _ *storage.Tx, by act.Actor) error {
				if by.Is(exchange.ReceiptSector) == person {
					forgotten++
				}
				return nil
			},
		})
		number, err := b.system.Request(t.Context(), mila(), "erasure", "Обришите ме.")
		must(t, err)
		b.runs(t)
		b.decides(t, number, "in-part")
		b.runs(t)
		if forgotten != 0 {
			t.Error("it is erased before the notice could go")
		}
		r.clock.Advance(2 * time.Hour)
		b.runs(t)
		b.runs(t)
		v, err := b.cases.Case(t.Context(), mila(), number)
		must(t, err)
		last := v.Messages[len(v.Messages)-1].Said
		if forgotten != 1 || !strings.Contains(last, "Остаје: Захтев о подацима о личности, 1 предмет") || strings.Count(last, "чл. ") < 2 {
			t.Errorf("%d times erased, and said: %s", forgotten, last)
		}
		if m, err := b.system.Mine(t.Context(), number); err != nil || m.Erased.IsZero() {
			t.Errorf("%+v, %v", m, err)
		}

		r.clock.Advance(24 * time.Hour)
		number, err = b.system.Request(t.Context(), mila(), "erasure", "Поново.")
		must(t, err)
		b.decides(t, number, "refused")
		r.clock.Advance(2 * time.Hour)
		b.runs(t)
		if forgotten != 1 {
			t.Error("a no erases")
		}
	})
}
