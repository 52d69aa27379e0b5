package evidence_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"dobosh/internal/exchange"
	"dobosh/internal/exchange/evidence"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// expect compares some answers of a report.
func expect(t *testing.T, what string, report evidence.Report, want map[string]string) {
	t.Helper()
	found := details(report)
	for name, detail := range want {
		if found[name] != detail {
			t.Errorf("%s: %q is %q, want %q\n%+v", what, name, found[name], detail, report.Checks)
		}
	}
}

func TestARefusalIsProved(t *testing.T) {
	w := newWorld(t, nil)
	w.asked.Path = "/v1/everything" // no contract covers it
	w.ask("", func(r *exchange.ResponseMeta) {
		r.Refusal, r.Purpose, r.Provision = &exchange.Refusal{Status: 403, Code: "contract-missing"}, "", ""
	})
	for _, s := range []*side{w.city, w.state} {
		report := evidence.Verify(s.export(), w.trust)
		expect(t, "refused", report, map[string]string{
			"": "proved", "question": "holds question.ok", "answer": "holds answer.refused", "contract": "holds contract.ok", "right": "open right.refused", "fields": "holds fields.none", "given": "",
		})
		if report.Facts.Code != "contract-missing" || report.Facts.Act != exchange.ActRefused {
			t.Errorf("facts %+v", report.Facts)
		}
	}
}

func TestAQuestionThatNobodyAnswered(t *testing.T) {
	w := newWorld(t, nil)
	w.city.sends("question", w.asked, nil, nil)
	expect(t, "unanswered", evidence.Verify(w.city.export(), w.trust), map[string]string{
		"": "proved", "question": "holds question.ok", "answer": "open answer.none", "arrived": "open arrived.unshown", "right": "open right.refused", "witness": "holds witness.ok",
	})
}

func TestContentThatIsGone(t *testing.T) {
	w := newWorld(t, nil)
	w.ask(document, nil)
	bare := evidence.Verify(w.city.export(evidence.WithoutBodies), w.trust)
	expect(t, "left out", bare, map[string]string{"": "proved", "given": "open given.gone", "fields": "open fields.gone", "answer": "holds answer.ok"})

	// The asker kept the answer for a day; its journal has the digest left.
	kept := newWorld(t, nil)
	q := kept.city.sends("question", kept.asked, nil, nil)
	kept.state.takes("asked", q, nil)
	answer := kept.state.sends("answer", kept.reply(q), []byte(document), nil)
	kept.city.takes("reply", answer, func(e *journal.Entry) { e.Until = morning.AddDate(0, 0, 1) })
	whole := kept.city.export()
	kept.now.Advance(72 * time.Hour)
	if n, err := kept.city.Sweep(t.Context(), kept.now.Now()); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	expect(t, "swept", evidence.Verify(kept.city.export(), kept.trust), map[string]string{"": "proved", "given": "open given.gone", "answer": "holds answer.ok"})
	expect(t, "taken before", evidence.Verify(whole, kept.trust), map[string]string{"": "proved", "given": "holds given.ok"})

	// The person is erased: what was taken before still verifies, and nothing new can be made.
	if _, err := kept.city.Erase(t.Context(), "person"); err != nil {
		t.Fatal(err)
	}
	if _, err := kept.city.room.Export(t.Context(), "exchange-1"); !problem.HasCode(err, "exchange-unknown") {
		t.Errorf("after erasure: %v", err)
	}
	if _, _, err := kept.city.room.ExportAt(t.Context(), q.stamp.Index); !problem.HasCode(err, "exchange-erased") {
		t.Errorf("after erasure: %v", err)
	}
	expect(t, "taken before", evidence.Verify(whole, kept.trust), map[string]string{"": "proved"})
}

// reply is the provider's answer to a question.
func (w *world) reply(question message) exchange.ResponseMeta {
	q := w.asked
	return exchange.ResponseMeta{
		Version: 1, ID: q.ID, At: w.now.Now(), Request: question.leaf(), Asker: q.Client, Holder: q.Service, Behalf: q.Behalf, Act: exchange.ActRead, Contract: q.Contract,
		Purpose: q.Purpose, Provision: q.Provision, Matter: q.Matter, Role: q.Role, Status: 200, Type: "application/json", Fields: []string{"/born", "/mother/name"},
	}
}

func TestLongBodiesAreNamedByTheirDigests(t *testing.T) {
	w := newWorld(t, func(c *registry.Contract) { c.Fields, c.Subjects = []string{""}, nil })
	digest := sha256.Sum256([]byte("the whole of it"))
	end := func(of message) map[string]any {
		return map[string]any{"v": 1, "id": "exchange-1", "of": of.leaf(), "parts": 3, "size": 2097157, "digest": base64.StdEncoding.EncodeToString(digest[:])}
	}
	w.asked.Parts = true
	nobody := func(e *journal.Entry) { e.Subjects = nil }
	q := w.city.sends("question", w.asked, nil, nil)
	upload := w.city.sends("end", end(q), nil, nobody)
	w.state.takes("asked", q, nil)
	w.state.takes("ended", upload, nil)
	reply := w.reply(q)
	reply.Parts, reply.Fields = true, []string{""}
	answer := w.state.sends("answer", reply, nil, nil)
	w.city.takes("reply", answer, nil)
	broken := w.city.export() // before the end of the answer came
	download := w.state.sends("end", end(answer), nil, nobody)
	w.city.takes("ended", download, nil)
	for _, s := range []*side{w.city, w.state} {
		report := evidence.Verify(s.export(), w.trust)
		expect(t, "long", report, map[string]string{"": "proved", "asked": "holds asked.long", "given": "holds given.long", "fields": "holds fields.all"})
	}
	expect(t, "broken off", evidence.Verify(broken, w.trust), map[string]string{"": "proved", "asked": "holds asked.long", "given": "open given.broken-off"})
	swapped := resealed(t, w.city.export(), w.city, func(f *evidence.File) { f.Upload, f.Download = f.Download, f.Upload })
	expect(t, "swapped", evidence.Verify(swapped, w.trust), map[string]string{"": "broken", "asked": "fails asked.wrong", "given": "fails given.wrong"})
}

// A node has another key; the registry keeps the one before, and what was signed
// with it holds.
func TestAKeyThatWasReplaced(t *testing.T) {
	w := newWorld(t, nil)
	w.ask(document, nil)
	former := testkit.Must[string](t)(note.NewEd25519VerifierKey(w.state.origin(), public(w.state.key)))
	w.state.key = testkit.Key("the next key of the state")
	w.say(w.state.statement(former))
	expect(t, "with the former key", evidence.Verify(w.city.export(), w.trust), map[string]string{"": "proved", "question": "holds question.ok", "answer": "holds answer.former", "contract": "holds contract.ok"})
	// A statement that leaves the key out does not make old evidence impossible: the older statement is taken along.
	w.say(w.state.statement())
	expect(t, "left out", evidence.Verify(w.city.export(), w.trust), map[string]string{"": "proved", "answer": "holds answer.former"})
	// So it is when the node is taken out.
	w.say(registry.Statement{Node: &registry.Node{Member: state, Name: "n1"}})
	expect(t, "taken out", evidence.Verify(w.city.export(), w.trust), map[string]string{"": "proved", "answer": "holds answer.former"})
}

// Whoever makes the file holds its key, and can write what he likes into it. What
// the others said he cannot change.
func TestTheMakerCannotLie(t *testing.T) {
	w := newWorld(t, nil)
	w.ask(document, nil)
	w.stamped(w.city)
	file := w.city.export()
	for what, c := range map[string]struct {
		change func(f *evidence.File)
		want   map[string]string
	}{
		"nothing":        {func(*evidence.File) {}, map[string]string{"": "proved"}},
		"another body":   {func(f *evidence.File) { f.Response.Body = []byte(`{"born":"2026-11-02"}`) }, map[string]string{"answer": "fails answer.unproven"}},
		"another digest": {func(f *evidence.File) { f.Response.Body, f.Response.Digest = nil, &f.Response.Entries[0].Salt }, map[string]string{"answer": "fails answer.unproven"}},
		"another question": {func(f *evidence.File) {
			f.Request.Meta = strings.Replace(f.Request.Meta, "births/b1", "births/b2", 1)
		}, map[string]string{"question": "fails question.unproven"}},
		"another id":         {func(f *evidence.File) { f.Exchange = "exchange-2" }, map[string]string{"question": "fails question.other"}},
		"no answer":          {func(f *evidence.File) { f.Response, f.Heads = nil, f.Heads[:2] }, map[string]string{"": "proved", "answer": "open answer.none"}},
		"not a question":     {func(f *evidence.File) { f.Request.Meta = "{}" }, map[string]string{"question": "fails question.unreadable"}},
		"not a reply":        {func(f *evidence.File) { f.Response.Meta = "{}" }, map[string]string{"answer": "fails answer.unreadable"}},
		"another place":      {func(f *evidence.File) { f.Response.Entries[1].Index++ }, map[string]string{"answer": "fails answer.unproven"}},
		"another salt":       {func(f *evidence.File) { f.Response.Entries[1].Salt[0] ^= 1 }, map[string]string{"answer": "fails answer.unproven"}},
		"his own word alone": {func(f *evidence.File) { f.Response.Entries, f.Heads = f.Response.Entries[:1], f.Heads[:2] }, map[string]string{"answer": "fails answer.journal"}},
		"another statement":  {func(f *evidence.File) { f.Registry.Statements[0].Text = f.Registry.Statements[1].Text }, map[string]string{"registry": "fails registry.unproven"}},
		"another registry": {func(f *evidence.File) {
			f.Registry.Checkpoint = strings.Replace(f.Registry.Checkpoint, "\n8\n", "\n9\n", 1)
		}, map[string]string{"": "broken"}},
		"no contract": {func(f *evidence.File) { f.Registry.Statements = f.Registry.Statements[:6] }, map[string]string{"contract": "fails contract.absent", "right": "open right.unknown"}},
		"no node": {func(f *evidence.File) {
			f.Registry.Statements = append(f.Registry.Statements[:3:3], f.Registry.Statements[4:]...)
		}, map[string]string{"answer": "fails answer.journal"}},
		"not his name":          {func(f *evidence.File) { f.Made.By = w.state.origin() }, map[string]string{"seal": "fails seal.changed"}},
		"nobody's name":         {func(f *evidence.File) { f.Made.By = "RS-TEST/GOV/NOBODY/n1" }, map[string]string{"seal": "fails seal.stranger"}},
		"a time-stamp of other": {func(f *evidence.File) { f.Heads[0].TimeStamp = f.Heads[1].TimeStamp }, map[string]string{"time": "fails time.wrong"}},
		"no witness":            {func(f *evidence.File) { f.Heads[0].Checkpoint = string(w.city.Checkpoint()) }, map[string]string{"": "proved", "witness": "open witness.absent"}},
		"a strange witness": {func(f *evidence.File) {
			f.Heads[0].Checkpoint = strings.Replace(f.Heads[0].Checkpoint, "— supervisor", "— supervisors", 1)
		}, map[string]string{"": "proved", "witness": "open witness.unknown"}},
	} {
		expect(t, what, evidence.Verify(resealed(t, file, w.city, c.change), w.trust), c.want)
	}
}

// A proof of another log, or of another history of the same, proves nothing.
func TestProofsOfOtherLogs(t *testing.T) {
	w, other := newWorld(t, nil), newWorld(t, func(c *registry.Contract) { c.Retention = 7 })
	w.ask(document, nil)
	other.ask(`{"born":"1999-01-01","mother":{"name":"Зла"}}`, nil)
	file := w.city.export()
	foreign := testkit.Must[evidence.File](t)(evidence.Parse(other.city.export()))
	expect(t, "an answer of another history", evidence.Verify(resealed(t, file, w.city, func(f *evidence.File) {
		f.Response, f.Heads = foreign.Response, append(f.Heads, foreign.Heads...)
		f.Heads = foreign.Heads
		f.Request.Entries[0].Proofs = foreign.Request.Entries[0].Proofs
	}), w.trust), map[string]string{"": "broken"})
	expect(t, "a registry that forked", evidence.Verify(resealed(t, file, w.city, func(f *evidence.File) {
		f.Registry.Checkpoint = foreign.Registry.Checkpoint
	}), w.trust), map[string]string{"": "broken", "registry": "fails registry.unproven"})
	expect(t, "a registry of nobody", evidence.Verify(file, evidence.Trust{Registry: verifierOf(t, registryOrigin, testkit.Key("somebody"))}), map[string]string{"": "broken", "registry": "fails registry.wrong"})
	expect(t, "a registry of others", evidence.Verify(file, evidence.Trust{Registry: verifierOf(t, "RS/registry", testkit.Key("authority"))}), map[string]string{"": "untrusted", "registry": "fails registry.unknown"})
	expect(t, "no trust", evidence.Verify(file, evidence.Trust{}), map[string]string{"": "untrusted", "question": "holds question.ok", "witness": "open witness.unknown"})
	expect(t, "the registry alone", evidence.Verify(file, evidence.Trust{Registry: w.trust.Registry}), map[string]string{"": "proved", "witness": "open witness.unknown"})
}

// What the parties did against the contract is exported like everything else, and
// said.
func TestWhatWasDoneAgainstTheContract(t *testing.T) {
	more := `{"born":"2026-11-01","secret":"yes"}`
	for what, c := range map[string]struct {
		contract func(*registry.Contract)
		asked    func(*exchange.RequestMeta)
		reply    func(*exchange.ResponseMeta)
		body     string
		want     map[string]string
	}{
		"more than agreed":      {body: more, want: map[string]string{"": "broken", "fields": "fails fields.body"}},
		"says more than agreed": {body: document, reply: func(r *exchange.ResponseMeta) { r.Fields = append(r.Fields, "/secret") }, want: map[string]string{"fields": "fails fields.more"}},
		"another path":          {body: document, asked: func(q *exchange.RequestMeta) { q.Path = "/v1/other" }, want: map[string]string{"right": "fails right.outside"}},
		"another client":        {body: document, asked: func(q *exchange.RequestMeta) { q.Client.Subsystem = "other" }, want: map[string]string{"right": "fails right.outside"}},
		"another contract":      {body: document, asked: func(q *exchange.RequestMeta) { q.Contract = "none" }, want: map[string]string{"contract": "fails contract.absent", "right": "open right.unknown"}},
		"another purpose":       {body: document, reply: func(r *exchange.ResponseMeta) { r.Purpose = "curiosity" }, want: map[string]string{"right": "fails right.outside"}},
		"after its period":      {body: document, contract: func(c *registry.Contract) { c.To = civil.Date(2026, 11, 1) }, want: map[string]string{"right": "fails right.outside"}},
		"a law that lapsed":     {body: document, contract: func(c *registry.Contract) { c.Provision = "old/1" }, want: map[string]string{"": "broken", "right": "holds right.ok", "provision": "fails provision.lapsed"}},
	} {
		w := newWorld(t, c.contract)
		w.say(registry.Statement{Instrument: &registry.Instrument{Ref: "old", From: civil.Date(1990, 1, 1), To: civil.Date(2018, 1, 1)}})
		if c.asked != nil {
			c.asked(&w.asked)
		}
		w.ask(c.body, c.reply)
		expect(t, what, evidence.Verify(w.city.export(), w.trust), c.want)
	}
}

// A contract is amended and ends; evidence goes by what held then.
func TestAContractThatChanges(t *testing.T) {
	w := newWorld(t, nil)
	w.now.Advance(48 * time.Hour)
	w.asked.At = w.now.Now()
	w.ask(document, nil)
	w.now.Advance(time.Hour)
	narrower := contract()
	narrower.Fields = []string{"/born"}
	w.agree(narrower)
	expect(t, "amended later", evidence.Verify(w.city.export(), w.trust), map[string]string{"": "proved", "right": "holds right.ok", "fields": "holds fields.ok"})
	w.say(registry.Statement{End: &registry.End{Contract: "births", Reason: "done"}})
	expect(t, "ended later", evidence.Verify(w.city.export(), w.trust), map[string]string{"": "proved", "right": "holds right.ok"})

	late := newWorld(t, nil)
	late.say(registry.Statement{End: &registry.End{Contract: "births", Reason: "done"}})
	late.now.Advance(time.Hour)
	late.asked.At = late.now.Now()
	late.ask(document, nil)
	expect(t, "ended an hour before", evidence.Verify(late.city.export(), late.trust), map[string]string{"": "proved", "right": "holds right.former"})

	over := newWorld(t, nil)
	over.say(registry.Statement{End: &registry.End{Contract: "births", Reason: "done"}})
	over.now.Advance(48 * time.Hour)
	over.asked.At = over.now.Now()
	over.ask(document, nil)
	expect(t, "ended two days before", evidence.Verify(over.city.export(), over.trust), map[string]string{"": "broken", "right": "fails right.outside"})
}

// A contract with a group, asked under by a delegate of another member.
func TestGroupsAndDelegates(t *testing.T) {
	helper := registry.ID{Instance: "RS-TEST", Class: "COM", Member: "HELPER", Subsystem: "desk"}
	w := newWorld(t, nil)
	group := registry.ID{Instance: "RS-TEST", Class: "GOV", Member: "CITY", Subsystem: "cities"}
	helping := w.side(helper.Owner())
	w.say(registry.Statement{Member: &registry.Member{ID: helper.Owner(), Subsystems: []string{"desk"}}}, helping.statement(),
		registry.Statement{Group: &registry.Group{ID: group, Members: []registry.ID{family}}})
	c := contract()
	c.ID, c.Consumer, c.Group, c.Delegates = "shared", registry.ID{}, group, []registry.ID{helper}
	w.agree(c)
	w.asked.Contract, w.asked.Client, w.asked.Behalf = "shared", helper, family
	w.city = helping
	w.ask(document, nil)
	expect(t, "a delegate", evidence.Verify(w.city.export(), w.trust), map[string]string{"": "proved", "contract": "holds contract.ok", "right": "holds right.ok"})
}

// Two askers may give one id; an entry belongs to one exchange.
func TestTwoExchangesOfOneID(t *testing.T) {
	w := newWorld(t, nil)
	w.ask(document, nil)
	first, size := w.state.export(), w.state.Size()
	w.asked.Path = "/v1/births/b2"
	w.ask(`{"born":"2026-11-09"}`, func(r *exchange.ResponseMeta) { r.Fields = []string{"/born"} })
	again, persons, err := w.state.room.ExportAt(t.Context(), size-2) // the answer of the first
	if err != nil || len(persons) != 1 || persons[0] != "person" {
		t.Fatal(persons, err)
	}
	of := func(raw []byte) string {
		f := testkit.Must[evidence.File](t)(evidence.Parse(raw))
		var q exchange.RequestMeta
		if err := json.Unmarshal([]byte(f.Request.Meta), &q); err != nil {
			t.Fatal(err)
		}
		return q.Path + string(f.Response.Body)
	}
	if of(again) != of(first) || of(w.state.export()) != `/v1/births/b2{"born":"2026-11-09"}` {
		t.Errorf("%s, %s, %s", of(first), of(again), of(w.state.export()))
	}
	for _, index := range []int64{0, 999} {
		if _, _, err := w.state.room.ExportAt(t.Context(), index); !problem.HasCode(err, "exchange-unknown") {
			t.Errorf("entry %d: %v", index, err)
		}
	}
	if _, err := w.state.room.Export(t.Context(), "none"); !problem.HasCode(err, "exchange-unknown") {
		t.Errorf("none: %v", err)
	}
}

// Who asks may learn only from the answer whom it is about; evidence is a look at
// them all the same.
func TestThePersonsInTheAnswer(t *testing.T) {
	w := newWorld(t, func(c *registry.Contract) {
		c.Fields, c.Subjects = []string{"/mother", "/born"}, []string{"/mother/id", "path:birth", "/none"}
	})
	w.city.room.Translate = func(from, to, pseudonym string) (string, error) {
		if from != "family" || to != exchange.ReceiptSector || pseudonym == "b1" {
			return "", journal.ErrNotFound
		}
		return "receipt of " + pseudonym, nil
	}
	w.ask(`{"mother":{"id":"m1"}}`, func(r *exchange.ResponseMeta) { r.Fields = []string{"/mother"} })
	_, persons, err := w.city.room.ExportAt(t.Context(), w.city.Size()-2)
	if err != nil || strings.Join(persons, ", ") != "person, receipt of m1" {
		t.Errorf("%v %v", persons, err)
	}
}

// The registry names the time-stamp authority to who was told of none.
func TestTheRegistryNamesTheTimeStampAuthority(t *testing.T) {
	w := newWorld(t, nil)
	w.ask(document, nil)
	w.stamped(w.city)
	named := w.trust.Stamper
	w.trust.Stamper = nil
	expect(t, "nobody is named", evidence.Verify(w.city.export(), w.trust), map[string]string{"": "proved", "time": "open time.unknown"})
	w.say(registry.Statement{Issuer: &registry.Issuer{Stamper: named.Certificate()}})
	expect(t, "named", evidence.Verify(w.city.export(), w.trust), map[string]string{"": "proved", "time": "holds time.ok"})
}

// Whatever is done to the text of a file, it is the same file or it fails.
func TestAnyChangeFails(t *testing.T) {
	w := newWorld(t, nil)
	w.ask(document, nil)
	file := w.city.export()
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(file)).Draw(t, "at")
		cut := rapid.IntRange(0, min(40, len(file)-at)).Draw(t, "cut")
		put := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "put")
		changed := append(append(append([]byte{}, file[:at]...), put...), file[at+cut:]...)
		if report := evidence.Verify(changed, w.trust); report.OK != (string(changed) == string(file)) {
			t.Fatalf("%+v", report)
		}
	})
}

// The registry may be in PostgreSQL.
func TestHistoryOnEveryDatabase(t *testing.T) {
	for _, engine := range []string{storage.SQLite, storage.Postgres} {
		key := testkit.Key("authority")
		a := testkit.Must[*registry.Authority](t)(registry.NewAuthority(t.Context(), testkit.Database(t, engine)(registry.Migrations()),
			testkit.Must[note.Signer](t)(journal.NewSigner(registryOrigin, key)), verifierOf(t, registryOrigin, key), clock.NewManual(morning).Now))
		for range 3 {
			if err := a.Append(t.Context(), registry.Statement{Member: &registry.Member{ID: city}}, registry.Statement{Member: &registry.Member{ID: state}}); err != nil {
				t.Fatal(err)
			}
		}
		var found []int64
		if err := a.History(t.Context(), []string{`"RS-TEST/GOV/STATE"`}, func(p registry.Placed) { found = append(found, p.Index) }); err != nil || len(found) != 3 || found[2] != 5 {
			t.Errorf("%s: %v %v", engine, found, err)
		}
		proved, checkpoint, err := a.ProveAll(t.Context(), found)
		if err != nil || len(proved) != 3 {
			t.Fatal(err)
		}
		c := testkit.Must[journal.Checkpoint](t)(journal.OpenCheckpoint(checkpoint, a.Key()))
		if err := c.Includes(proved[2].Proof, 5, tlog.RecordHash(proved[2].Leaf)); err != nil {
			t.Error(err)
		}
		if _, _, err := a.ProveAll(t.Context(), []int64{6}); err == nil {
			t.Error("a statement that is not there is proved")
		}
	}
}
