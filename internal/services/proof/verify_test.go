package proof_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gowebpki/jcs"

	"dobosh/internal/journal"
	"dobosh/internal/rules"
	"dobosh/internal/services/proof"
	"dobosh/internal/testkit"
)

// failures are the details of the checks that failed. Every detail must be in
// the list of keys that a catalogue is made from.
func failures(t testing.TB, r proof.Report) []string {
	keys := proof.Keys()
	var failed []string
	for _, c := range r.Checks {
		for _, key := range []string{"check." + c.Name, "check." + c.Detail, "verdict." + string(r.Verdict)} {
			if _, known := slices.BinarySearch(keys, key); !known {
				t.Errorf("%s is not among the keys", key)
			}
		}
		if !c.OK {
			failed = append(failed, c.Detail)
		}
	}
	if r.OK != (len(failed) == 0) || r.OK != (r.Verdict == proof.Verified) {
		t.Errorf("%v, %s with failures %v", r.OK, r.Verdict, failed)
	}
	return failed
}

func TestASoundFilePasses(t *testing.T) {
	w := newWorld(t)
	report := proof.Verify(w.file(t), w.trust)
	var names []string
	for _, c := range report.Checks {
		names = append(names, c.Name)
	}
	if want := "form content seal signer witness rule amounts"; strings.Join(names, " ") != want {
		t.Errorf("checks are %v, want %s", names, want)
	}
	if failed := failures(t, report); failed != nil {
		t.Errorf("%v: %+v", failed, report)
	}
}

// The promise of the package: whichever byte is changed, the file fails. It
// fails by form, hash and signature alone, whatever the rule makes of it.
func TestEveryByteCounts(t *testing.T) {
	w := newWorld(t)
	file := w.file(t)
	changed := bytes.Clone(file)
	for i := range file {
		changed[i] = file[i] ^ 1<<(i%8)
		if proof.VerifySealed(changed, w.trust).OK {
			t.Errorf("byte %d may be %q for %q", i, changed[i], file[i])
		}
		if i%50 == 0 && len(failures(t, proof.Verify(changed, w.trust))) == 0 {
			t.Errorf("byte %d may be %q for %q", i, changed[i], file[i])
		}
		changed[i] = file[i]
	}
}

func TestNothingMayBeCutOrAdded(t *testing.T) {
	w := newWorld(t)
	file := w.file(t)
	for i := range file {
		if i%7 == 0 && proof.VerifySealed(file[:i], w.trust).OK {
			t.Errorf("the first %d bytes pass", i)
		}
		if i%29 == 0 && proof.VerifySealed(slices.Insert(bytes.Clone(file), i, ' '), w.trust).OK {
			t.Errorf("a space at %d passes", i)
		}
	}
	for _, tail := range []string{"\n", " ", "\x00", "{}", "null"} {
		if proof.Verify(append(bytes.Clone(file), tail...), w.trust).OK {
			t.Errorf("passes with %q behind", tail)
		}
	}
}

// Base64 has spare bits in its last sign: none of its 63 neighbours may pass.
func TestSpareBitsOfSignaturesCount(t *testing.T) {
	const signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	w := newWorld(t)
	file := string(w.file(t))
	for _, end := range []string{`=\n"`, `==\n"`, `=\n—`, `=",`, `="]`, `="}`} {
		for at := strings.Index(file, end); at > 0; at = next(file, end, at) {
			last := strings.TrimRight(file[:at], "=")
			for _, sign := range signs {
				changed := last[:len(last)-1] + string(sign) + file[len(last):]
				if changed != file && proof.VerifySealed([]byte(changed), w.trust).OK {
					t.Errorf("%c for %s passes", sign, file[len(last)-1:at+len(end)])
				}
			}
		}
	}
}

func next(s, sub string, after int) int {
	i := strings.Index(s[after+1:], sub)
	if i < 0 {
		return -1
	}
	return after + 1 + i
}

// forged parses a file, changes it and writes it in its canonical form again.
func forged(t testing.TB, file []byte, change func(*proof.File)) []byte {
	f, err := proof.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	change(&f)
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = jcs.Transform(text); err != nil {
		t.Fatal(err)
	}
	return text
}

type change func(*proof.File)

func inRecord(old, new string) change {
	return func(f *proof.File) {
		f.Content.Record = []byte(strings.Replace(string(f.Content.Record), old, new, 1))
	}
}

func TestWhatDoesNotMatchIsSaid(t *testing.T) {
	w := newWorld(t)
	file := w.file(t)
	other := newWorldOf(t, "elsewhere.example/log", "another")
	cases := map[string]struct {
		change change
		want   string
	}{
		"id":                  {func(f *proof.File) { f.Content.Decision.ID += "x" }, "content.changed seal.unproven witness.unproven rule.unsigned"},
		"outcome":             {func(f *proof.File) { f.Content.Decision.Outcome = rules.No }, "content.changed rule.unsigned"},
		"more money":          {func(f *proof.File) { f.Content.Decision.Plan.Total *= 10 }, "content.changed rule.unsigned"},
		"a new person":        {func(f *proof.File) { f.Content.Decision.Person = "b" }, "content.changed rule.unsigned"},
		"another fact":        {inRecord(`"facts":{"child.live":true}`, `"facts":{"child.live":false}`), "content.changed rule.unsigned"},
		"another parameter":   {inRecord(`"value":1000000`, `"value":9000000`), "content.changed rule.unsigned"},
		"another rule":        {inRecord(`"when":"child.live"`, `"when":"!child.live"`), "content.changed rule.unsigned"},
		"no rule":             {func(f *proof.File) { f.Content.Record = []byte("{}") }, "content.changed rule.unsigned"},
		"unknown in a record": {inRecord(`"facts":`, `"fact":`), "content.changed rule.unsigned"},
		"no receipt":          {func(f *proof.File) { f.Content.Receipts = []proof.Receipt{} }, "content.changed rule.unsigned"},
		"sealed hash":         {func(f *proof.File) { f.Seal.Content[0] ^= 1 }, "content.changed seal.unproven witness.unproven rule.unsigned"},
		"salt":                {func(f *proof.File) { f.Seal.Salt[31] ^= 1 }, "seal.unproven witness.unproven rule.unsigned"},
		"index":               {func(f *proof.File) { f.Seal.Index++ }, "seal.unproven witness.unproven rule.unsigned"},
		"index out of range":  {func(f *proof.File) { f.Seal.Index = 1 << 40 }, "seal.unproven witness.unproven rule.unsigned"},
		"proof":               {func(f *proof.File) { f.Seal.Proof[0][0] ^= 1 }, "seal.unproven rule.unsigned"},
		"no proof":            {func(f *proof.File) { f.Seal.Proof = f.Seal.Proof[1:] }, "seal.unproven rule.unsigned"},
		"checkpoint":          {func(f *proof.File) { f.Seal.Checkpoint = "x" }, "seal.checkpoint rule.unsigned"},
		"root":                {replaced("\n6\n", "\n7\n"), "seal.unproven signer.wrong rule.unsigned"},
		"two signatures":      {doubled, "seal.checkpoint rule.unsigned"},
		"another log":         {func(f *proof.File) { f.Seal.Checkpoint = string(other.stamp.Checkpoint) }, "seal.unproven signer.unknown witness.checkpoint rule.unsigned"},
		"witness proof":       {func(f *proof.File) { f.Witness.Proof[0][0] ^= 1 }, "witness.unproven"},
		"witness's note":      {func(f *proof.File) { f.Witness.Checkpoint = f.Seal.Checkpoint }, "witness.checkpoint"},
		"log of the witness":  {func(f *proof.File) { f.Witness.Checkpoint = string(other.cosigned(t)) }, "witness.checkpoint"},
		"size for witness":    {witnessReplaced("\n12\n", "\n13\n"), "witness.log"},
		"no witness":          {func(f *proof.File) { f.Witness = nil }, "witness.absent"},
		"witness is the log":  {witnessReplaced("— "+witnessName, "— "+origin), "witness.checkpoint"},
		"time of the witness": {laterWitness, "witness.wrong"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			report := proof.Verify(forged(t, file, c.change), w.trust)
			if got := strings.Join(failures(t, report), " "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func replaced(old, new string) change {
	return func(f *proof.File) { f.Seal.Checkpoint = strings.Replace(f.Seal.Checkpoint, old, new, 1) }
}

func witnessReplaced(old, new string) change {
	return func(f *proof.File) { f.Witness.Checkpoint = strings.Replace(f.Witness.Checkpoint, old, new, 1) }
}

func doubled(f *proof.File) {
	_, line, _ := strings.Cut(f.Seal.Checkpoint, "\n\n")
	f.Seal.Checkpoint += line
}

// laterWitness changes a bit of the time in the cosignature.
func laterWitness(f *proof.File) {
	at := strings.LastIndex(f.Witness.Checkpoint, " ") + 1
	sign := f.Witness.Checkpoint[at+13]
	f.Witness.Checkpoint = f.Witness.Checkpoint[:at+13] + string(sign^1) + f.Witness.Checkpoint[at+14:]
}

func TestWhoeverSignedIsNotEnough(t *testing.T) {
	w := newWorld(t)
	file := w.file(t)
	stranger := newWorldOf(t, origin, "another")
	cases := map[string]struct {
		trust   proof.Trust
		want    string
		verdict proof.Verdict
	}{
		"nobody is trusted":    {proof.Trust{}, "signer.unknown witness.unknown rule.unsigned", proof.Untrusted},
		"only the log is":      {proof.Trust{Logs: w.trust.Logs}, "witness.unknown", proof.Untrusted},
		"only the witness is":  {proof.Trust{Witnesses: w.trust.Witnesses}, "signer.unknown witness.unknown rule.unsigned", proof.Untrusted},
		"same names":           {stranger.trust, "signer.unknown witness.unknown rule.unsigned", proof.Untrusted},
		"roles are exchanged":  {proof.Trust{Logs: w.trust.Witnesses, Witnesses: w.trust.Logs}, "signer.unknown witness.unknown rule.unsigned", proof.Untrusted},
		"more than these two":  {proof.Trust{Logs: append(stranger.trust.Logs, w.trust.Logs...), Witnesses: append(stranger.trust.Witnesses, w.trust.Witnesses...)}, "", proof.Verified},
		"the log is a witness": {proof.Trust{Logs: w.trust.Logs, Witnesses: w.trust.Logs}, "witness.unknown", proof.Untrusted},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			report := proof.Verify(file, c.trust)
			if got := strings.Join(failures(t, report), " "); got != c.want || report.Verdict != c.verdict {
				t.Errorf("got %q, %s", got, report.Verdict)
			}
		})
	}
}

func TestWithoutAWitnessItIsSoundButUnwitnessed(t *testing.T) {
	w := newWorld(t)
	file, err := proof.Build(w.content, w.stamp, nil)
	if err != nil {
		t.Fatal(err)
	}
	if report := proof.Verify(file, w.trust); report.Verdict != proof.Unwitnessed {
		t.Errorf("%+v", report)
	}
}

// A body that seals a decision its own rule does not make is found out, though
// all its signatures hold.
func TestALyingBodyIsFoundOut(t *testing.T) {
	for name, c := range map[string]struct {
		lie  func(*proof.Content)
		want string
	}{
		"more money": {func(c *proof.Content) { c.Decision.Plan.Once, c.Decision.Plan.Total = 1, c.Decision.Plan.Total+1 }, "amounts.differ"},
		"other sum":  {func(c *proof.Content) { c.Decision.Plan.Total++ }, "amounts.differ"},
		"refusal":    {func(c *proof.Content) { c.Decision.Outcome = rules.No }, "rule.outcome"},
		"other facts": {func(c *proof.Content) {
			c.Record = bytes.Replace(c.Record, []byte(`"child.live":true`), []byte(`"child.live":false`), 1)
		}, "rule.differs"},
		"broken facts": {func(c *proof.Content) {
			c.Record = bytes.Replace(c.Record, []byte(`"format":`), []byte(`"Format":`), 1)
		}, "rule.unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.lie(&w.content)
			w.stamp = w.seal(t, w.content)
			if _, err := proof.Build(w.content, w.stamp, nil); err == nil {
				t.Error("such a file can be built")
			}
			report := proof.Verify(w.unchecked(t), w.trust)
			if got := strings.Join(failures(t, report), " "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheTimeOfTheWitnessIsSaid(t *testing.T) {
	w := newWorld(t)
	for _, c := range proof.Verify(w.file(t), w.trust).Checks {
		if c.Name == proof.WitnessCheck && (c.Args["time"] != "2026-11-23T12:00:00Z" || c.Args["witness"] != witnessName) {
			t.Errorf("%+v", c)
		}
	}
}

// Reports are shown to whoever holds the file and go into logs.
func TestReportsNameNobody(t *testing.T) {
	w := newWorld(t)
	file := w.file(t)
	for i := range 50 {
		changed := bytes.Clone(file)
		changed[i*len(file)/50] ^= 1
		text, _ := json.Marshal(proof.Verify(changed, w.trust))
		for _, person := range []string{"Ђурђа", "Đurđa", w.content.Decision.Person} {
			if bytes.Contains(text, []byte(person)) {
				t.Errorf("%s is in %s", person, text)
			}
		}
	}
}

func TestAnotherWitnessBelowTheCheckpointIsLeftOut(t *testing.T) {
	w := newWorld(t)
	late, err := journal.NewCosigner("late.example/witness", testkit.Key("late"), func() time.Time { return time.Unix(1, 0) })
	if err != nil {
		t.Fatal(err)
	}
	p := w.witnessed(t)
	line, err := journal.Cosign(p.Checkpoint, late)
	if err != nil {
		t.Fatal(err)
	}
	p.Checkpoint = append(p.Checkpoint, line...)
	file, err := proof.Build(w.content, w.stamp, p)
	if err != nil || bytes.Contains(file, []byte("late.example")) || !proof.Verify(file, w.trust).OK {
		t.Errorf("%v\n%s", err, file)
	}
}

func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	file := w.file(b)
	for b.Loop() {
		proof.Verify(file, w.trust)
	}
}

// What a person refused is verified as it stands: sealed, witnessed, with a
// reason, and nothing paid.
func TestARefusalByAPerson(t *testing.T) {
	refuse := func(c *proof.Content) {
		c.Decision.Outcome, c.Decision.By, c.Decision.Reason, c.Decision.Plan = rules.No, "officer", "Дете живи код оца.", rules.Plan{}
	}
	w := newWorld(t)
	refuse(&w.content)
	w.stamp = w.seal(t, w.content)
	report := proof.Verify(w.file(t), w.trust)
	if !report.OK {
		t.Errorf("a refusal with its reason does not verify: %+v", report.Checks)
	}
	for name, change := range map[string]func(c *proof.Content){
		"without a reason": func(c *proof.Content) { c.Decision.Reason = "" },
		"that pays":        func(c *proof.Content) { c.Decision.Plan.Once, c.Decision.Plan.Total = 1, 1 },
		"by the machine":   func(c *proof.Content) { c.Decision.By = "rule" },
	} {
		w := newWorld(t)
		refuse(&w.content)
		change(&w.content)
		entry, err := w.content.Entry()
		if err != nil {
			continue // it cannot even be sealed
		}
		entry.Kind = "decision"
		stamp, err := w.log.Append(t.Context(), entry)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := proof.Build(w.content, stamp, nil); err == nil {
			t.Errorf("a refusal %s became a file", name)
		}
	}
}

// A rule that nobody trusted has signed is not looked at, whatever stands in it: here
// nesting that a parser would work on for long.
func TestWhatNobodySignedIsNotInterpreted(t *testing.T) {
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200) + "==[]"
	w := newWorld(t)
	bomb := func(c *proof.Content) {
		c.Record = bytes.Replace(c.Record, []byte(`"when":"`), []byte(`"when":"`+deep+` || `), 1)
	}
	for name, c := range map[string]struct {
		file  func() []byte
		trust proof.Trust
		want  string
	}{
		"a genuine file, changed": {func() []byte { // the seal is that of another content
			changed := *w
			bomb(&changed.content)
			return changed.unchecked(t)
		}, w.trust, "seal.unproven rule.unsigned"},
		"a file of one's own": {func() []byte {
			own := newWorldOf(t, "mallory.example/log", "mallory")
			bomb(&own.content)
			own.stamp = own.seal(t, own.content)
			return own.unchecked(t)
		}, w.trust, "signer.unknown rule.unsigned"},
		"signed by a body that went mad": {func() []byte {
			mad := newWorld(t)
			bomb(&mad.content)
			mad.stamp = mad.seal(t, mad.content)
			return mad.unchecked(t)
		}, w.trust, "rule.unreadable"},
	} {
		t.Run(name, func(t *testing.T) {
			got := failures(t, proof.Verify(c.file(), c.trust))
			got = slices.DeleteFunc(got, func(detail string) bool { return strings.HasPrefix(detail, "witness.") })
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
