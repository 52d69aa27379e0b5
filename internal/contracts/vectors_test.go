package contracts

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"testing"

	"dobosh/internal/registry"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

const vectorsFile = "testdata/vectors.json"

// vectors are letters as they travel, for whoever writes a second node.
type vectors struct {
	Keys    []vectorKey    `json:"keys"`
	Letters []vectorLetter `json:"letters"`
}

// vectorKey is the journal key of a member's node.
type vectorKey struct {
	Member registry.ID `json:"member"`
	Seed   string      `json:"seed"`     // of the Ed25519 key, base64
	Public string      `json:"verifier"` // C2SP signed-note
}

type vectorLetter struct {
	Name   string `json:"name"`
	Signed string `json:"signed"`
	Taken  bool   `json:"taken"` // the form and the signature hold
}

func wantedVectors(t *testing.T) vectors {
	t.Helper()
	const proposal = "01m87m0ca8q35k4bvpwqq3yb51"
	var v vectors
	for _, member := range []registry.ID{city, state} {
		v.Keys = append(v.Keys, vectorKey{member, base64.StdEncoding.EncodeToString(testkit.Key(log(member)).Seed()), newKey(t, member, log(member)).Log})
	}
	add := func(name string, taken bool, l Letter) {
		l.Proposal, l.At = proposal, morning
		v.Letters = append(v.Letters, vectorLetter{name, letterOf(t, l), taken})
	}
	less := births()
	less.Fields = []string{"/live"}
	add("propose", true, Letter{N: 1, Act: Propose, From: city, Contract: signedText(t, births(), city)})
	add("amend", true, Letter{N: 2, Act: Amend, From: state, Contract: signedText(t, less, state)})
	add("approve", true, Letter{N: 3, Act: Approve, From: city, Contract: signedText(t, less, state, city)})
	add("refuse", true, Letter{N: 2, Act: Refuse, From: state, Reason: "Довољан је редослед рођења."})
	add("withdraw", true, Letter{N: 2, Act: Withdraw, From: city})
	add("fail", true, Letter{N: 4, Act: Fail, From: city, Reason: "statement-refused"})
	add("a refusal without a reason", false, Letter{N: 2, Act: Refuse, From: state})
	add("an amendment without a text", false, Letter{N: 2, Act: Amend, From: state})
	add("an act that is none", false, Letter{N: 2, Act: "sell", From: state})
	add("a first letter that proposes nothing", false, Letter{N: 1, Act: Withdraw, From: city})
	return v
}

// The published vectors are what this program writes and how it reads. With
// DOBOSH_VECTORS=write the file is made anew.
func TestVectors(t *testing.T) {
	want, err := json.MarshalIndent(wantedVectors(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if os.Getenv("DOBOSH_VECTORS") == "write" {
		if err := os.WriteFile(vectorsFile, want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(vectorsFile)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != string(want) {
		t.Errorf("%s is not what is written today", vectorsFile)
	}
	var v vectors
	if err := json.Unmarshal(have, &v); err != nil {
		t.Fatal(err)
	}
	keys := func(member registry.ID) note.Verifiers {
		var known []note.Verifier
		for _, k := range v.Keys {
			if verifier, err := note.NewVerifier(k.Public); err == nil && k.Member == member {
				known = append(known, verifier)
			}
		}
		return note.VerifierList(known...)
	}
	for _, l := range v.Letters {
		if _, err := readLetter(l.Signed, keys); (err == nil) != l.Taken {
			t.Errorf("%s: %v", l.Name, err)
		}
	}
}
