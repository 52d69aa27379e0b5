package journal

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/note"

	"dobosh/internal/kit/clock"
)

const cosignatureSize = 8 + ed25519.SignatureSize

// NewCosigner makes the signer of a witness: its signature says that at this time the checkpoint was the newest it knew, and that
// it extends all that the witness cosigned before (C2SP tlog-cosignature, cosignature/v1).
func NewCosigner(name string, key crypto.Signer, now clock.Now) (note.Signer, error) {
	pub, err := ed25519Public(key.Public())
	if err != nil {
		return nil, err
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	return cosigner{signer{name: name, hash: keyID(name, algCosignature, pub), key: key}, now}, nil
}

// NewCosignerKey makes the verifier of a witness's cosignatures from its public key.
func NewCosignerKey(name string, pub ed25519.PublicKey) (note.Verifier, error) {
	if _, err := ed25519Public(pub); err != nil {
		return nil, err
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	return cosignerKey{key{name: name, hash: keyID(name, algCosignature, pub), pub: pub}}, nil
}

type cosigner struct {
	signer
	now clock.Now
}

func (c cosigner) Sign(text []byte) ([]byte, error) {
	at := uint64(c.now().Unix())
	sig, err := c.key.Sign(rand.Reader, cosignedMessage(at, text), crypto.Hash(0))
	if err != nil {
		return nil, err
	}
	return append(binary.BigEndian.AppendUint64(nil, at), sig...), nil
}

type cosignerKey struct{ key }

func (c cosignerKey) Verify(text, sig []byte) bool {
	if len(sig) != cosignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	return at < 1<<63 && ed25519.Verify(c.pub, cosignedMessage(at, text), sig[8:])
}

func cosignedMessage(at uint64, text []byte) []byte {
	return append([]byte("cosignature/v1\ntime "+strconv.FormatUint(at, 10)+"\n"), text...)
}

// Cosignature is a signature line and what it says.
type Cosignature struct {
	Name string    // of the witness
	At   time.Time // whole seconds
	Line string    // as it stands below the note, with its line end
}

// Cosignatures returns the valid cosignatures of known witnesses below a checkpoint, each key once. The signature of the log
// is not looked at. Lines of others are ignored; a wrong one of a known witness makes the whole note ErrCheckpoint.
func Cosignatures(signed []byte, witnesses ...note.Verifier) ([]Cosignature, error) {
	if len(signed) > maxCheckpoint {
		return nil, fmt.Errorf("%w: %d bytes", ErrCheckpoint, len(signed))
	}
	n, err := note.Open(signed, note.VerifierList(witnesses...))
	if _, none := err.(*note.UnverifiedNoteError); none {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	var found []Cosignature
	for _, sig := range n.Sigs {
		raw, err := base64.StdEncoding.DecodeString(sig.Base64)
		if err != nil || len(raw) != 4+cosignatureSize {
			continue
		}
		found = append(found, Cosignature{
			Name: sig.Name, At: time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0).UTC(),
			Line: "— " + sig.Name + " " + sig.Base64 + "\n",
		})
	}
	return found, nil
}

// Cosign returns the signature line of a witness for a checkpoint. It does not check the checkpoint.
func Cosign(signed []byte, witness note.Signer) (string, error) {
	text, err := noteText(signed)
	if err != nil {
		return "", err
	}
	sig, err := witness.Sign([]byte(text))
	if err != nil {
		return "", fmt.Errorf("cosign: %w", err)
	}
	id := binary.BigEndian.AppendUint32(nil, witness.KeyHash())
	return "— " + witness.Name() + " " + base64.StdEncoding.EncodeToString(append(id, sig...)) + "\n", nil
}
