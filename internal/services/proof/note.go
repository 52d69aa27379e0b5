package proof

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"dobosh/internal/journal"
)

// signed is a signed checkpoint (C2SP signed-note and tlog-checkpoint) taken
// apart. It is read here and not with note.Open because a decision file is
// stricter: every signature line counts, so that none can be changed unseen.
type signed struct {
	journal.Checkpoint
	text  string // what the signatures are over
	lines []signature
}

type signature struct {
	name string
	hash uint32
	sig  []byte
}

var errNote = errors.New("not a signed checkpoint")

// parseSigned reads a checkpoint that has exactly the given number of
// signatures, the first of them named like the log.
func parseSigned(s string, signatures int) (signed, error) {
	end := strings.LastIndex(s, "\n\n")
	if end < 0 {
		return signed{}, errNote
	}
	n := signed{text: s[:end+1]}
	var err error
	if n.Checkpoint, err = journal.ParseCheckpoint(n.text); err != nil {
		return signed{}, err
	}
	for line := range strings.Lines(s[end+2:]) {
		sig, err := parseSignature(line)
		if err != nil {
			return signed{}, err
		}
		n.lines = append(n.lines, sig)
	}
	if len(n.lines) != signatures || n.lines[0].name != n.Origin {
		return signed{}, errNote
	}
	return n, nil
}

// parseSignature reads "— name base64" with its line end. Base64 has spare
// bits and may hold line ends; only its one canonical form is taken.
func parseSignature(line string) (signature, error) {
	rest, found := strings.CutPrefix(line, "— ")
	name, encoded, split := strings.Cut(rest, " ")
	encoded, ended := strings.CutSuffix(encoded, "\n")
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !found || !split || !ended || name == "" || err != nil || len(raw) < 5 || base64.StdEncoding.EncodeToString(raw) != encoded {
		return signature{}, errNote
	}
	return signature{name: name, hash: binary.BigEndian.Uint32(raw), sig: raw[4:]}, nil
}

// signer is what is known about who made a signature.
type signer int

const (
	stranger signer = iota // none of the trusted keys
	forger                 // a trusted key is named, but the signature is not its
	trusted
)

func (n signed) by(i int, keys []note.Verifier) signer {
	line := n.lines[i]
	who := stranger
	for _, key := range keys {
		if key.Name() != line.name || key.KeyHash() != line.hash {
			continue
		}
		if key.Verify([]byte(n.text), line.sig) {
			return trusted
		}
		who = forger
	}
	return who
}

// at is the time in a cosignature/v1 (C2SP tlog-cosignature), in whole seconds.
func (s signature) at() time.Time {
	if len(s.sig) < 8 {
		return time.Time{}
	}
	return time.Unix(int64(binary.BigEndian.Uint64(s.sig)), 0).UTC()
}

// trim leaves of a signed checkpoint the signature of its log and, when a
// cosignature is wanted, the first one of somebody else.
func trim(checkpoint []byte, cosigned bool) (string, error) {
	s := string(checkpoint)
	end := strings.LastIndex(s, "\n\n")
	if end < 0 {
		return "", errNote
	}
	c, err := journal.ParseCheckpoint(s[:end+1])
	if err != nil {
		return "", err
	}
	var own, other string
	for line := range strings.Lines(s[end+2:]) {
		if strings.HasPrefix(line, "— "+c.Origin+" ") {
			own = firstOf(own, line)
		} else {
			other = firstOf(other, line)
		}
	}
	if own == "" || cosigned && other == "" {
		return "", errNote
	}
	if !cosigned {
		other = ""
	}
	return s[:end+2] + own + other, nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
