package proof_test

import (
	"bytes"
	"testing"
	"encoding/json"

	"dobosh/internal/services/proof"
)

func TestASoundFilePasses(t *testing.T) {
	w := newWorld(t)
	file := w.file(t)
	report := proof.Verify(file, w.trust)
	if !report.OK || report.Verdict != proof.Verified {
		t.Errorf("%+v", report)
	}
	t.Log(len(file))
	for _, c := range report.Checks { t.Log(c) }
	var b bytes.Buffer
	_ = json.Indent(&b, file, "", " ")
	t.Log(b.String()[len(b.String())-3000:])
}

func BenchmarkVerify(b *testing.B) {
	w := newWorld(b)
	file := w.file(b)
	for b.Loop() { proof.Verify(file, w.trust) }
}
func BenchmarkParse(b *testing.B) {
	w := newWorld(b)
	file := w.file(b)
	for b.Loop() { proof.Parse(file) }
}
