package journal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// MaxProof bounds a proof file, in bytes.
const MaxProof = 128 << 10

const proofHeader = "c2sp.org/tlog-proof@v1"

// ErrProofFile says that a text is not a proof file.
var ErrProofFile = errors.New("not a proof file")

// Proof is the content of a proof file (C2SP tlog-proof): like a Stamp, and with cosignatures of witnesses below the checkpoint.
type Proof struct {
	Extra      []byte // for entries of this journal the salt; not authenticated by itself
	Index      int64
	Hashes     tlog.RecordProof
	Checkpoint []byte // signed note
}

// ProofFile turns a stamp into the content of a proof file.
func (s Stamp) ProofFile() Proof {
	return Proof{Extra: s.Salt[:], Index: s.Index, Hashes: s.Proof, Checkpoint: s.Checkpoint}
}

// Stamp is the stamp that a proof file of this journal holds.
func (p Proof) Stamp() (Stamp, error) {
	if len(p.Extra) != hashSize {
		return Stamp{}, fmt.Errorf("%w: it has no salt", ErrProofFile)
	}
	return Stamp{Index: p.Index, Salt: [hashSize]byte(p.Extra), Proof: p.Hashes, Checkpoint: p.Checkpoint}, nil
}

// String is the proof file; its name ends in .tlog-proof.
func (p Proof) String() string {
	var b strings.Builder
	b.WriteString(proofHeader + "\n")
	if len(p.Extra) > 0 {
		b.WriteString("extra " + base64.StdEncoding.EncodeToString(p.Extra) + "\n")
	}
	b.WriteString("index " + strconv.FormatInt(p.Index, 10) + "\n")
	for _, h := range p.Hashes {
		b.WriteString(h.String() + "\n")
	}
	b.WriteString("\n")
	b.Write(p.Checkpoint)
	return b.String()
}

// ParseProof reads a proof file. Nothing is verified.
func ParseProof(text string) (Proof, error) {
	if len(text) > MaxProof {
		return Proof{}, fmt.Errorf("%w: %d bytes", ErrProofFile, len(text))
	}
	head, checkpoint, ok := strings.Cut(text, "\n\n")
	if !ok {
		return Proof{}, fmt.Errorf("%w: it holds no checkpoint", ErrProofFile)
	}
	p, err := parseProofHead(strings.Split(head, "\n"))
	if err != nil {
		return Proof{}, fmt.Errorf("%w: %w", ErrProofFile, err)
	}
	if _, err := PeekCheckpoint([]byte(checkpoint)); err != nil {
		return Proof{}, fmt.Errorf("%w: %w", ErrProofFile, err)
	}
	p.Checkpoint = []byte(checkpoint)
	return p, nil
}

func parseProofHead(lines []string) (Proof, error) {
	var p Proof
	if lines[0] != proofHeader {
		return p, errors.New("its first line is not " + proofHeader)
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		extra, err := base64.StdEncoding.Strict().DecodeString(lines[0][len("extra "):])
		if err != nil || len(extra) == 0 {
			return p, errors.New("its extra data is not base64")
		}
		p.Extra, lines = extra, lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") || len(lines) > 64 {
		return p, errors.New("it has no index, or too many hashes")
	}
	index, err := parseDecimal(lines[0][len("index "):])
	if err != nil {
		return p, err
	}
	p.Index = index
	for _, line := range lines[1:] {
		h, err := parseHash(line)
		if err != nil {
			return p, err
		}
		p.Hashes = append(p.Hashes, h)
	}
	return p, nil
}

// Policy says whose word is enough: the log's own signature, and those of some of the witnesses.
type Policy struct {
	Log       note.Verifier
	Witnesses []note.Verifier
	Quorum    int // cosignatures of different witnesses that are needed; 0 asks for none
}

// Verify checks that a leaf is in the log and that enough witnesses have seen the checkpoint. It returns their cosignatures.
// Errors: ErrCheckpoint, ErrProof, ErrWitnesses.
func (p Policy) Verify(proof Proof, leaf tlog.Hash) (Checkpoint, []Cosignature, error) {
	c, err := OpenCheckpoint(proof.Checkpoint, p.Log)
	if err != nil {
		return Checkpoint{}, nil, err
	}
	if err := c.Includes(proof.Hashes, proof.Index, leaf); err != nil {
		return Checkpoint{}, nil, err
	}
	seen, err := Cosignatures(proof.Checkpoint, p.Witnesses...)
	if err != nil {
		return Checkpoint{}, nil, err
	}
	if len(seen) < p.Quorum {
		return Checkpoint{}, seen, fmt.Errorf("%w: %d of the %d needed have signed", ErrWitnesses, len(seen), p.Quorum)
	}
	return c, seen, nil
}

// ErrWitnesses says that too few of the trusted witnesses have signed a checkpoint.
var ErrWitnesses = errors.New("checkpoint is not witnessed")

// ProofFor makes the proof file of an entry against a checkpoint of this log that covers it, such as the newest cosigned one.
func (l *Log) ProofFor(index int64, salt [hashSize]byte, checkpoint []byte) (Proof, error) {
	c, err := OpenCheckpoint(checkpoint, l.Keys()...)
	if err != nil {
		return Proof{}, err
	}
	hashes, err := l.ProveInclusion(index, c.Size)
	if err != nil {
		return Proof{}, err
	}
	return Stamp{Index: index, Salt: salt, Proof: hashes, Checkpoint: checkpoint}.ProofFile(), nil
}
