package evidence

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"dobosh/internal/kit/canonical"
	"dobosh/internal/kit/strict"
)

// Bounds of the parts: far above what is needed and far below what would hurt.
const (
	maxName       = 512             // bytes of an id or an origin
	maxMeta       = 64 << 10        // bytes, as in docs/spec/exchange.md
	maxBody       = 10<<20 + 64<<10 // bytes, with an opening; longer ones travel in parts
	maxEntries    = 2               // journals that hold one message
	maxHeads      = 16              //
	maxHashes     = 63              // of a proof: a log has fewer than 2^63 entries
	maxCheckpoint = 64 << 10        // bytes
	maxTimeStamp  = 64 << 10        // bytes
	maxStatements = 256             //
	maxStatement  = 64 << 10        // bytes
	maxIndex      = 1<<53 - 1       // what every reader of JSON reads exactly
)

// FormError says why a file is no evidence file. Detail and Args are those of a
// [Check].
type FormError struct {
	Detail string
	Args   map[string]string
	Cause  error
}

func (e *FormError) Error() string { return fmt.Sprintf("%s %v: %v", e.Detail, e.Args, e.Cause) }

// Unwrap gives the cause.
func (e *FormError) Unwrap() error { return e.Cause }

// Is reports whether a file says that it is an evidence file, of whatever
// version. Nothing else is looked at.
func Is(raw []byte) bool {
	var f struct {
		Format string `json:"format"`
	}
	return strict.Upto(MaxSize).AllowUnknown().Decode(raw, &f) == nil && len(f.Format) > len(formatName) && f.Format[:len(formatName)] == formatName
}

// formatName is the format without its version.
const formatName = "dobosh-evidence/"

// Parse reads a file strictly: what it gives back, written again, is the file byte
// for byte. Nothing is verified. Errors are *FormError.
func Parse(raw []byte) (File, error) {
	if len(raw) > MaxSize {
		return File{}, &FormError{"size", args("max", MaxSize>>20), nil}
	}
	var f File
	if err := strict.Upto(MaxSize).Decode(raw, &f); err != nil || f.Format != Format {
		if Is(raw) && f.Format != Format {
			return File{}, &FormError{"version", args("format", fmt.Sprintf("%.40q", f.Format)), err}
		}
		return File{}, &FormError{"json", args(), err}
	}
	if what := f.outOfBounds(); what != "" {
		return File{}, &FormError{"bounds", args("what", what), nil}
	}
	again, err := canonical.Marshal(f)
	if err == nil && !bytes.Equal(again, raw) {
		err = errors.New("it has another canonical form")
	}
	if err != nil {
		return File{}, &FormError{"canonical", args(), err}
	}
	return f, nil
}

// outOfBounds names the first member that is missing or outside its bounds; ""
// when all are inside.
func (f File) outOfBounds() string {
	switch {
	case f.Exchange == "" || len(f.Exchange) > maxName:
		return "exchange"
	case f.Made.By == "" || len(f.Made.By) > maxName:
		return "made.by"
	case f.Made.At.Location() != time.UTC || f.Made.At.Nanosecond() != 0 || f.Made.At.Year() < 2000 || f.Made.At.Year() > 9999:
		return "made.at"
	case len(f.Heads) == 0 || len(f.Heads) > maxHeads:
		return "heads"
	case len(f.Seal) != ed25519.SignatureSize:
		return "seal"
	case f.Response == nil && f.Download != nil:
		return "download"
	}
	for i, h := range f.Heads {
		if h.Checkpoint == "" || len(h.Checkpoint) > maxCheckpoint || len(h.TimeStamp) > maxTimeStamp {
			return fmt.Sprintf("heads[%d]", i)
		}
	}
	used := make([]bool, len(f.Heads))
	for _, m := range f.messages() {
		if what := m.outOfBounds(used); what != "" {
			return m.name + "." + what
		}
	}
	for i, use := range used {
		if !use {
			return fmt.Sprintf("heads[%d]", i)
		}
	}
	return f.Registry.outOfBounds()
}

// named is a message with the name of its member of the file.
type named struct {
	name string
	*Message
}

// messages are those that are there, in their order.
func (f *File) messages() (list []named) {
	for _, m := range []named{{"question", &f.Request}, {"upload", f.Upload}, {"answer", f.Response}, {"download", f.Download}} {
		if m.Message != nil {
			list = append(list, m)
		}
	}
	return list
}

func (m *Message) outOfBounds(used []bool) string {
	switch {
	case m.Meta == "" || len(m.Meta) > maxMeta || !utf8.ValidString(m.Meta):
		return "meta"
	case len(m.Body) > maxBody || m.Digest != nil && len(m.Body) > 0:
		return "body"
	case len(m.Entries) == 0 || len(m.Entries) > maxEntries:
		return "entries"
	}
	for _, e := range m.Entries {
		if e.Index < 0 || e.Index > maxIndex || len(e.Proofs) == 0 || len(e.Proofs) > len(used) {
			return "entries"
		}
		for _, p := range e.Proofs {
			if p.Head < 0 || p.Head >= len(used) || p.Hashes == nil || len(p.Hashes) > maxHashes {
				return "proofs"
			}
			used[p.Head] = true
		}
	}
	return ""
}

func (r Registry) outOfBounds() string {
	if r.Checkpoint == "" || len(r.Checkpoint) > maxCheckpoint {
		return "registry.checkpoint"
	}
	if len(r.Statements) == 0 || len(r.Statements) > maxStatements {
		return "registry.statements"
	}
	for i, s := range r.Statements {
		ordered := i == 0 || r.Statements[i-1].Index < s.Index
		if s.Index < 0 || s.Index > maxIndex || !ordered || s.Text == "" || len(s.Text) > maxStatement || s.Hashes == nil || len(s.Hashes) > maxHashes {
			return fmt.Sprintf("registry.statements[%d]", i)
		}
	}
	return ""
}
