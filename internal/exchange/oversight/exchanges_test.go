package oversight_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/exchange"
	"dobosh/internal/exchange/oversight"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

func operator() act.Actor {
	return act.As("oliver", identity.Operator)
}

func auditor() act.Actor {
	return act.As("anja", identity.Auditor)
}

func officer() act.Actor {
	return act.As("dragan", identity.Officer)
}

// evidences is an exporter that notes what was taken.
type evidences struct{ taken []int64 }

func (e *evidences) ExportAt(_ context.Context, index int64) ([]byte, []string, error) {
	e.taken = append(e.taken, index)
	return fmt.Appendf(nil, `{"entry":%d}`, index), []string{"person"}, nil
}

type rig struct {
	*oversight.Room
	t         *testing.T
	at        *clock.Manual
	log       *journal.Log
	receipts  *journal.Projection
	evidences *evidences
}

func newRig(t *testing.T, db *storage.DB) *rig {
	at := clock.NewManual(time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC))
	quiet := slog.New(slog.DiscardHandler)
	log, err := journal.Open(t.Context(), journal.Config{Dir: t.TempDir(), Origin: "RS-TEST/GOV/ZRENJANIN/city", Key: ed25519.NewKeyFromSeed(make([]byte, 32))}, at.Now, quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	r := &rig{t: t, at: at, log: log, evidences: &evidences{}}
	if db != nil {
		r.receipts = journal.Project(t.Context(), db, log, []string{"answer", "act"}, quiet)
		t.Cleanup(func() { _ = r.receipts.Close() })
	}
	r.Room = &oversight.Room{Member: id("ZRENJANIN", "", ""), DB: db, Journal: log, Meter: oversight.NewMeter(at.Now), Evidences: r.evidences,
		Purpose: "oversight", Provision: "zzpl/77", Now: at.Now}
	return r
}

func (r *rig) append(kind, id string, meta any, subjects ...string) int64 {
	r.t.Helper()
	raw, err := json.Marshal(meta)
	if err != nil {
		r.t.Fatal(err)
	}
	stamp, err := r.log.Append(r.t.Context(), journal.Entry{Kind: kind, ID: id, At: r.at.Now(), Subjects: subjects, Meta: raw})
	if err != nil {
		r.t.Fatal(err)
	}
	return stamp.Index
}

func (r *rig) question(id string) int64 {
	return r.append("question", id, exchange.RequestMeta{Version: 1, ID: id, Client: family(), Service: births(), Purpose: "family-support", Path: "/v1/births/secret"}, "person")
}

func (r *rig) reply(kind, id, code string, subjects ...string) int64 {
	reply := exchange.ResponseMeta{Version: 1, ID: id, Asker: family(), Holder: births(), Act: exchange.ActRead, Status: 200}
	if code != "" {
		reply.Act, reply.Status, reply.Refusal = exchange.ActRefused, 0, &exchange.Refusal{Status: 403, Code: code}
	}
	return r.append(kind, id, reply, subjects...)
}

// all reads the list to its end and gives the ids.
func (r *rig) all(f oversight.Filter) (ids []string, pages int) {
	r.t.Helper()
	for after := page.Key(""); ; {
		pages++
		some, err := r.Exchanges(r.t.Context(), operator(), f, after)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, x := range some.Items {
			mark := x.ID
			if x.Open {
				mark += " open"
			}
			if x.Code != "" {
				mark += " " + x.Code
			}
			ids = append(ids, mark)
		}
		if after = some.Next; after == "" {
			return ids, pages
		}
	}
}

func TestExchangesAreListedFromTheJournal(t *testing.T) {
	r := newRig(t, nil)
	r.question("q1")
	r.reply("reply", "q1", "")
	r.at.Advance(time.Minute)
	r.question("q2") // its node was away: nobody answered
	r.at.Advance(time.Hour)
	r.append("asked", "p1", exchange.RequestMeta{ID: "p1"})
	r.reply("answer", "p1", "contract-ended")
	r.append("act", "a1", journal.Receipt{})
	for what, c := range map[string]struct {
		filter oversight.Filter
		want   string
	}{
		"all":          {oversight.Filter{}, "p1 contract-ended, q2 open, q1"},
		"one":          {oversight.Filter{ID: "q1"}, "q1"},
		"refused":      {oversight.Filter{Refused: true}, "p1 contract-ended"},
		"of a party":   {oversight.Filter{Party: "CIVIL/births"}, "p1 contract-ended, q2 open, q1"},
		"of nobody":    {oversight.Filter{Party: "nobody"}, ""},
		"by service":   {oversight.Filter{Service: births()}, "p1 contract-ended, q2 open, q1"},
		"in an hour":   {oversight.Filter{To: r.at.Now().Add(-30 * time.Minute)}, "q2 open, q1"},
		"since then":   {oversight.Filter{From: r.at.Now().Add(-30 * time.Minute)}, "p1 contract-ended"},
		"long ago":     {oversight.Filter{To: r.at.Now().Add(-24 * time.Hour)}, ""},
		"in that hour": {oversight.Filter{From: r.at.Now().Add(-2 * time.Hour), To: r.at.Now().Add(-30 * time.Minute)}, "q2 open, q1"},
	} {
		if ids, _ := r.all(c.filter); strings.Join(ids, ", ") != c.want {
			t.Errorf("%s: %v, want %s", what, ids, c.want)
		}
	}
}

// A request and its response may come to stand on two pages: it is one exchange.
func TestPagesDoNotRepeatAnExchange(t *testing.T) {
	r := newRig(t, nil)
	for i := range 120 {
		r.question(fmt.Sprintf("q%03d", i))
		if i%7 == 3 {
			r.question(fmt.Sprintf("open%03d", i))
		}
		r.reply("reply", fmt.Sprintf("q%03d", i), "")
	}
	ids, pages := r.all(oversight.Filter{})
	if len(ids) != 137 || pages != 3 {
		t.Errorf("%d rows on %d pages, want 137 on 3", len(ids), pages)
	}
	seen := map[string]bool{}
	for _, x := range ids {
		if seen[x] || strings.HasPrefix(x, "q") && strings.HasSuffix(x, "open") {
			t.Errorf("%s stands there twice, or as open", x)
		}
		seen[x] = true
	}
}

func TestEvidenceIsALook(t *testing.T) {
	r := newRig(t, nil)
	index := r.reply("answer", "p1", "", "person")
	for who, c := range map[string]struct {
		by   act.Actor
		code string
	}{"nobody": {act.Actor{}, "sign-in-needed"}, "officer": {officer(), "not-allowed"}, "operator": {operator(), "not-allowed"}} {
		if _, _, err := r.Evidence(t.Context(), c.by, index); !problem.HasCode(err, c.code) {
			t.Errorf("%s: %v", who, err)
		}
	}
	before := r.log.Size()
	name, file, err := r.Evidence(t.Context(), auditor(), index)
	if err != nil || name != "p1.evidence.json" || string(file) != fmt.Sprintf(`{"entry":%d}`, index) {
		t.Fatalf("%s %s %v", name, file, err)
	}
	look, err := r.log.Logged(t.Context(), before)
	if err != nil {
		t.Fatal(err)
	}
	var receipt journal.Receipt
	if err := json.Unmarshal(look.Entry.Meta, &receipt); err != nil {
		t.Fatal(err)
	}
	if look.Entry.Kind != "act" || len(look.Entry.Subjects) != 1 || look.Entry.Subjects[0] != "person" || receipt.Provision != "zzpl/77" || receipt.Matter != "p1" {
		t.Errorf("the look is journaled as %+v %+v", look.Entry, receipt)
	}
	if _, _, err := r.Evidence(t.Context(), auditor(), before); !problem.HasCode(err, "exchange-unknown") {
		t.Errorf("an act is no exchange: %v", err)
	}
	if _, _, err := r.Evidence(t.Context(), auditor(), 99); !problem.HasCode(err, "exchange-unknown") {
		t.Errorf("no entry: %v", err)
	}
	if _, err := r.log.Erase(t.Context(), "person"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Evidence(t.Context(), auditor(), index); !problem.HasCode(err, "exchange-erased") {
		t.Errorf("after erasure: %v", err)
	}
	if len(r.evidences.taken) != 1 {
		t.Errorf("taken %v", r.evidences.taken)
	}
}

func TestOnlyOperatorsAndAuditorsSeeExchanges(t *testing.T) {
	r := newRig(t, nil)
	index := r.question("q1")
	if _, err := r.Exchange(t.Context(), operator(), index); err != nil {
		t.Errorf("operator: %v", err)
	}
	_, list := r.Exchanges(t.Context(), officer(), oversight.Filter{}, "")
	_, one := r.Exchange(t.Context(), officer(), index)
	_, figures := r.Figures(t.Context(), officer())
	_, hidden := r.Hidden(t.Context(), officer())
	for what, err := range map[string]error{"list": list, "one": one, "figures": figures, "hidden": hidden} {
		if !problem.HasCode(err, "not-allowed") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestWhatIsHiddenIsListedAndReviewed(t *testing.T) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		r := newRig(t, open(journal.Migrations(), oversight.Migrations()))
		hidden := func(days int) map[string]any {
			return map[string]any{"act": "read", "contract": "investigation",
				"hidden": map[string]any{"until": r.at.Now().AddDate(0, 0, days), "provision": "zkp/286"}}
		}
		r.append("answer", "h1", hidden(10), "person")
		r.append("answer", "h2", hidden(30), "person")
		last := r.append("answer", "seen", journal.Receipt{Contract: "other"}, "person")
		if err := r.receipts.WaitFor(t.Context(), last); err != nil {
			t.Fatal(err)
		}
		list, err := r.Hidden(t.Context(), auditor())
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v %v", list, err)
		}
		if h := list[0]; h.Contract != "investigation" || h.Provision != "zkp/286" || h.Receipts != 2 || !h.Next.Equal(r.at.Now().AddDate(0, 0, 10)) || !h.Review.At.IsZero() {
			t.Errorf("hidden %+v", h)
		}
		r.reviews()
		r.at.Advance(31 * 24 * time.Hour)
		if list, err := r.Hidden(t.Context(), auditor()); err != nil || len(list) != 0 {
			t.Errorf("after the last day: %+v %v", list, err)
		}
	})
}

func (r *rig) reviews() {
	r.t.Helper()
	ctx := r.t.Context()
	for what, c := range map[string]struct {
		by                      act.Actor
		contract, finding, code string
	}{
		"operator":       {operator(), "investigation", "fine", "not-allowed"},
		"empty":          {auditor(), "investigation", " ", "finding-form"},
		"too long":       {auditor(), "investigation", strings.Repeat("a", 2001), "finding-form"},
		"hides nothing":  {auditor(), "other", "fine", "contract-hides-nothing"},
		"broken letters": {auditor(), "investigation", "\xff", "finding-form"},
		"a zero":         {auditor(), "investigation", "Налог\x00суда", "finding-form"},
		"turned round":   {auditor(), "investigation", "Налог\u202eсуда", "finding-form"},
	} {
		if err := r.ReviewHidden(ctx, c.by, c.contract, c.finding); !problem.HasCode(err, c.code) {
			r.t.Errorf("%s: %v", what, err)
		}
	}
	before := r.log.Size()
	if err := r.ReviewHidden(ctx, auditor(), "investigation", "Налог суда постоји."); err != nil {
		r.t.Fatal(err)
	}
	list, err := r.Hidden(ctx, auditor())
	if err != nil || list[0].Review.Account != "anja" || list[0].Review.Hidden != 2 || !list[0].Review.At.Equal(r.at.Now()) {
		r.t.Errorf("reviewed: %+v %v", list, err)
	}
	if entry, err := r.log.Logged(ctx, before); err != nil || entry.Entry.Kind != "act" {
		r.t.Errorf("the review is not in the journal: %+v %v", entry, err)
	}
}
