package proof_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"dobosh/internal/journal"
	"dobosh/internal/services/proof"
)

// The example in docs/spec/decision.md is what the code computes.
func TestExampleOfTheSpecification(t *testing.T) {
	meta, err := proof.Content{Decision: proof.Decision{ID: "d1"}}.Meta()
	if err != nil {
		t.Fatal(err)
	}
	commitment := journal.Commitment([32]byte{}, sha256.Sum256(meta), sha256.Sum256([]byte("{}")))
	leaf := journal.Leaf(commitment)
	spec, err := os.ReadFile("../../../docs/spec/decision.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"meta         " + string(meta) + "\n",
		"commitment   " + hex.EncodeToString(commitment[:]) + "\n",
		"leaf         " + hex.EncodeToString(leaf[:]) + "\n",
		`"` + proof.Format + `"`, "`" + proof.MediaType + "`", "`" + proof.Ending + "`",
	} {
		if !strings.Contains(string(spec), want) {
			t.Errorf("the specification lacks %q", want)
		}
	}
}
