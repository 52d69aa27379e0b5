package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"dobosh/internal/kit/canonical"

	"golang.org/x/mod/sumdb/tlog"
)

// What an evidence file is called.
const (
	Format    = "dobosh-evidence/1"
	MediaType = "application/vnd.dobosh.evidence+json"
	Ending    = ".evidence.json"
	MaxSize   = 40 << 20 // bytes
)

// File is a whole evidence file.
type File struct {
	Format   string   `json:"format"`
	Exchange string   `json:"exchange"` // its id
	Made     Made     `json:"made"`
	Request  Message  `json:"question"`
	Upload   *Message `json:"upload,omitempty"`   // end of a long body of the request
	Response *Message `json:"answer,omitempty"`   // absent while none is recorded
	Download *Message `json:"download,omitempty"` // end of a long body of the response
	Heads    []Head   `json:"heads"`              // of journals, each in use by a proof
	Registry Registry `json:"registry"`
	Seal     []byte   `json:"seal,omitempty"` // Ed25519 signature of the maker's node over everything else
}

// Made says who made the file.
type Made struct {
	By string    `json:"by"` // origin of the maker's journal, which is the name of its key
	At time.Time `json:"at"` // UTC, in whole seconds
}

// Message is a message of the exchange as the journals committed to it.
type Message struct {
	Meta    string     `json:"meta"`             // JSON, hashed byte for byte
	Body    []byte     `json:"body,omitempty"`   //
	Digest  *tlog.Hash `json:"digest,omitempty"` // SHA-256 of a body that is not in the file
	Entries []Entry    `json:"entries"`          // of one or two journals
}

// Entry is a place of a message in a journal.
type Entry struct {
	Index  int64     `json:"index"`
	Salt   tlog.Hash `json:"salt"` // opens the commitment
	Proofs []Proof   `json:"proofs"`
}

// Proof leads from an entry to a head.
type Proof struct {
	Head   int         `json:"head"` // number in the list of heads
	Hashes []tlog.Hash `json:"hashes"`
}

// Head is a signed state of a journal.
type Head struct {
	Checkpoint string `json:"checkpoint"`           // signed note, with cosignatures of witnesses where there are any
	TimeStamp  []byte `json:"time_stamp,omitempty"` // response of RFC 3161 over the checkpoint, DER
}

// Registry is what the registry says of those who took part.
type Registry struct {
	Checkpoint string      `json:"checkpoint"`
	Statements []Statement `json:"statements"` // in the order of their places
}

// Statement is a leaf of the registry.
type Statement struct {
	Index  int64       `json:"index"`
	Text   string      `json:"text"` // canonical JSON
	Hashes []tlog.Hash `json:"hashes"`
}

func (m Message) metaHash() [sha256.Size]byte { return sha256.Sum256([]byte(m.Meta)) }

func (m Message) bodyHash() [sha256.Size]byte {
	if m.Digest != nil {
		return *m.Digest
	}
	return sha256.Sum256(m.Body)
}

// sealHeading begins the text that the maker signs.
const sealHeading = "dobosh evidence v1\n"

// sealed is the text that the maker signs: the digest of the file without its
// seal.
func (f File) sealed() ([]byte, error) {
	f.Seal = nil
	text, err := canonical.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("canonical evidence: %w", err)
	}
	digest := sha256.Sum256(text)
	return []byte(sealHeading + hex.EncodeToString(digest[:]) + "\n"), nil
}
