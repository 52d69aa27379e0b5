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
// those whom the caller trusts. The rule of a file is run only when its content is the
// one that was sealed in a log that somebody trusted has signed: what a stranger wrote
// is not interpreted.
func Verify(file []byte, trust Trust) Report {
	r, f, ok := checkSeal(file, trust)
	if !ok {
		return r.sum()
	}
	if !r.passed(ContentCheck) || !r.passed(SealCheck) || !r.passed(Signer) {
		r.add(RuleCheck, failed("unsigned"))
		return r.sum()
	}
	return checkRule(r, f)
}

// checkRule runs the rule of a file again and compares.
func checkRule(r Report, f File) Report {
	// What a person refused is theirs to answer for: the rule is run to show what it
	// says, and nothing may be paid.
	decision := f.Content.Decision
	record, err := rules.ParseRecord(f.Content.Record)
	if err != nil {
		r.add(RuleCheck, failed("unreadable"))
		return r.sum()
	}
	if text, err := record.JSON(); err != nil || !bytes.Equal(text, f.Content.Record) {
		r.add(RuleCheck, failed("unreadable"))
		return r.sum()
	}
	outcome, err := record.Rerun()
	if err != nil {
		differs := failed("unreadable")
		if p := problem.Of(err); p.Code == "record-differs" {
			differs = failed("differs", "where", p.Args["where"])
		}
		r.add(RuleCheck, differs)
		return r.sum()
	}
	switch {
	case decision.refusedByPerson():
		r.add(RuleCheck, finding{true, "person", args("rule", outcome.Result)})
		outcome.Plan = rules.Plan{}
	case outcome.Result != decision.Outcome:
		r.add(RuleCheck, failed("outcome", "decided", decision.Outcome, "rule", outcome.Result))
	default:
		r.add(RuleCheck, passed("rule", record.Rule.ID, "day", record.Day))
	}
	r.add(Amounts, checkAmounts(decision.Plan, outcome.Plan))
	return r.sum()
}

// checkSeal checks the file without its rule: form, content, seal and signatures.
// No change of the file gets past it. It is false where there is no file to go
// on with.
func checkSeal(file []byte, trust Trust) (r Report, f File, ok bool) {
	f, err := Parse(file)
	if err != nil {
		c := Check{Name: Form, Detail: "form.json"}
		if wrong, ok := errors.AsType[*FormError](err); ok {
			c.Detail, c.Args = wrong.Detail, wrong.Args
		}
		r.Checks = append(r.Checks, c)
		return r, f, false
	}
	r.add(Form, passed("format", f.Format))
	r.add(ContentCheck, f.checkContent())
	log, err := parseSigned(f.Seal.Checkpoint, 1)
	if err != nil {
		r.add(SealCheck, failed("checkpoint"))
		return r, f, true
	}

	// The leaf is made from the sealed hash, not from the content, so that a changed
	// content and a wrong seal are two findings.
	var leaf tlog.Hash
	meta, err := f.Content.Meta()
	if err == nil {
		leaf = journal.Leaf(journal.Commitment(f.Seal.Salt, sha256.Sum256(meta), f.Seal.Content))
	}
	if err != nil || log.Includes(f.Seal.Proof, f.Seal.Index, leaf) != nil {
		r.add(SealCheck, failed("unproven", "origin", log.Origin, "index", f.Seal.Index))
	} else {
		r.add(SealCheck, passed("origin", log.Origin, "index", f.Seal.Index, "size", log.Size))
	}
	r.add(Signer, checkSigner(log, trust))
	r.add(WitnessCheck, f.checkWitness(log, leaf, trust))
	return r, f, true
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
	sum := decided.Once
	if decided.Months > 0 {
		sum += decided.Monthly*money.Para(decided.Months-1) + decided.Last
	}
	if sum != decided.Total {
		return failed("sum", "total", decided.Total.Decimal())
	}
	return passed("total", decided.Total.Decimal())
}
