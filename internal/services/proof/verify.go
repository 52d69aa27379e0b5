package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"reflect"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"dobosh/internal/journal"
	"dobosh/internal/kit/money"
	"dobosh/internal/kit/problem"
	"dobosh/internal/rules"
)

// Verify checks a file offline. It needs nothing but the file and the keys of
// those whom the caller trusts.
func Verify(file []byte, trust Trust) Report {
	r, f, ok := sealed(file, trust)
	if ok {
		r.decides(f.Content)
	}
	return r.sum()
}

// sealed checks the file without its rule: form, content, seal and signatures.
// No change of the file gets past it. It is false where there is no file to go
// on with.
func sealed(file []byte, trust Trust) (r Report, f File, ok bool) {
	f, err := Parse(file)
	if err != nil {
		r.Checks = append(r.Checks, formCheck(err))
		return r, f, false
	}
	r.add(Form, passed("format", f.Format))
	r.seals(f, trust)
	return r, f, true
}

func formCheck(err error) Check {
	c := Check{Name: Form, Detail: "form.json"}
	if wrong, ok := errors.AsType[*FormError](err); ok {
		c.Detail, c.Args = wrong.Detail, wrong.Args
	}
	return c
}

// seals checks what the journal and its witness say about the content.
func (r *Report) seals(f File, trust Trust) {
	r.add(ContentCheck, f.checkContent())
	log, err := parseSigned(f.Seal.Checkpoint, 1)
	if err != nil {
		r.add(SealCheck, failed("checkpoint"))
		return
	}
	leaf, err := f.leaf()
	if err != nil || log.Includes(f.Seal.Proof, f.Seal.Index, leaf) != nil {
		r.add(SealCheck, failed("unproven", "origin", log.Origin, "index", f.Seal.Index))
	} else {
		r.add(SealCheck, passed("origin", log.Origin, "index", f.Seal.Index, "size", log.Size))
	}
	r.add(Signer, checkSigner(log, trust))
	r.add(WitnessCheck, f.checkWitness(log, leaf, trust))
}

func (f File) checkContent() finding {
	body, err := f.Content.Canonical()
	if err != nil {
		return failed("unreadable")
	}
	if found := tlog.Hash(sha256.Sum256(body)); found != f.Seal.Content {
		return failed("changed", "found", base64.StdEncoding.EncodeToString(found[:]), "sealed", base64.StdEncoding.EncodeToString(f.Seal.Content[:]))
	}
	return passed("hash", base64.StdEncoding.EncodeToString(f.Seal.Content[:]))
}

// leaf is the leaf that the seal claims to have in the tree. It is made from
// the sealed hash, not from the content, so that a changed content and a wrong
// seal are two findings.
func (f File) leaf() (tlog.Hash, error) {
	meta, err := f.Content.Meta()
	if err != nil {
		return tlog.Hash{}, err
	}
	return journal.Leaf(journal.Commitment(f.Seal.Salt, sha256.Sum256(meta), f.Seal.Content)), nil
}

func checkSigner(log signed, trust Trust) finding {
	switch log.by(0, trust.Logs) {
	case trusted:
		return passed("origin", log.Origin)
	case forger:
		return failed("wrong", "origin", log.Origin)
	}
	return failed("unknown", "origin", log.Origin)
}

func (f File) checkWitness(log signed, leaf tlog.Hash, trust Trust) finding {
	if f.Witness == nil {
		return failed("absent")
	}
	seen, err := parseSigned(f.Witness.Checkpoint, 2)
	if err != nil || seen.Origin != log.Origin || seen.lines[1].name == log.Origin {
		return failed("checkpoint")
	}
	witness := seen.lines[1]
	if seen.Includes(f.Witness.Proof, f.Seal.Index, leaf) != nil {
		return failed("unproven", "witness", witness.name, "size", seen.Size)
	}
	switch own, other := seen.by(0, trust.Logs), seen.by(1, trust.Witnesses); {
	case own == forger:
		return failed("log", "origin", seen.Origin)
	case other == forger:
		return failed("wrong", "witness", witness.name)
	case own == stranger || other == stranger:
		return failed("unknown", "witness", witness.name)
	}
	return passed("witness", witness.name, "time", witness.at().Format(time.RFC3339))
}

// decides runs the rule again and compares. What a person refused is theirs to
// answer for: the rule is run to show what it says, and nothing may be paid.
func (r *Report) decides(c Content) {
	rec, err := rules.ParseRecord(c.Record)
	if err != nil {
		r.add(RuleCheck, failed("unreadable"))
		return
	}
	if text, err := rec.JSON(); err != nil || !bytes.Equal(text, c.Record) {
		r.add(RuleCheck, failed("unreadable"))
		return
	}
	outcome, err := rec.Rerun()
	if err != nil {
		r.add(RuleCheck, ruleDiffers(err))
		return
	}
	if c.Decision.refusedByPerson() {
		r.add(RuleCheck, finding{true, "person", args("rule", outcome.Result)})
		r.add(Amounts, checkAmounts(c.Decision.Plan, rules.Plan{}))
		return
	}
	if outcome.Result != c.Decision.Outcome {
		r.add(RuleCheck, failed("outcome", "decided", c.Decision.Outcome, "rule", outcome.Result))
	} else {
		r.add(RuleCheck, passed("rule", rec.Rule.ID, "day", rec.Day))
	}
	r.add(Amounts, checkAmounts(c.Decision.Plan, outcome.Plan))
}

func ruleDiffers(err error) finding {
	p := problem.Of(err)
	if p.Code == "record-differs" {
		return failed("differs", "where", p.Args["where"])
	}
	return failed("unreadable")
}

// checkAmounts compares the plan of the decision with that of the rule, part
// by part, and adds it up.
func checkAmounts(decided, ruled rules.Plan) finding {
	var where []string
	a, b := reflect.ValueOf(decided), reflect.ValueOf(ruled)
	for i := range a.NumField() {
		if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			where = append(where, strings.ToLower(a.Type().Field(i).Name))
		}
	}
	if len(where) > 0 {
		return failed("differ", "where", strings.Join(where, ", "), "decided", decided.Total.Decimal(), "rule", ruled.Total.Decimal())
	}
	if !addsUp(decided) {
		return failed("sum", "total", decided.Total.Decimal())
	}
	return passed("total", decided.Total.Decimal())
}

func addsUp(p rules.Plan) bool {
	sum := p.Once
	if p.Months > 0 {
		sum += p.Monthly*money.Para(p.Months-1) + p.Last
	}
	return sum == p.Total
}
