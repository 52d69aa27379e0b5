package letter

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// Where a source stands.
const (
	inside = -1 // in the body of a part
	ended  = -2 // behind the last byte
)

// source gives the lines of a mail up to the next boundary of any multipart that is open,
// so that a part which forgot its own end does not swallow its neighbours.
type source struct {
	lines   *bufio.Reader
	open    []string // boundaries, the outermost first
	at      int      // inside, ended, or the boundary that was met
	closing bool     // it was the last of its multipart
	mid     bool     // within a line that is longer than the buffer
	held    []byte   // the end of the last line, which belongs to a boundary that follows
	ready   []byte   // to be given out
	given   int      // of ready
	failed  error    // of the reader below, never io.EOF
}

const longestChunk = 32 << 10 // bytes of a line at once

func newSource(r io.Reader) *source {
	return &source{lines: bufio.NewReaderSize(r, longestChunk), at: inside}
}

// line reads a line, or a piece of a long one, with its end. It is good until the next.
// At a boundary and at the end it is nil.
func (s *source) line() []byte {
	if s.at != inside {
		return nil
	}
	chunk, err := s.lines.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		if !errors.Is(err, io.EOF) {
			s.failed = err
		}
		if len(chunk) == 0 {
			s.at = ended
			return nil
		}
	}
	begins := !s.mid
	s.mid = errors.Is(err, bufio.ErrBufferFull)
	if begins && s.meets(chunk) {
		return nil
	}
	return chunk
}

// meets looks whether a line is a boundary of one of the open multiparts.
func (s *source) meets(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("--"))
	if !ok {
		return false
	}
	rest = bytes.TrimRight(rest, " \t\r\n")
	for i := len(s.open) - 1; i >= 0; i-- {
		after, ok := strings.CutPrefix(string(rest), s.open[i])
		if ok && (after == "" || after == "--") {
			s.at, s.closing, s.held = i, after == "--", s.held[:0]
			return true
		}
	}
	return false
}

// Read gives the body of the part at which the source stands.
func (s *source) Read(p []byte) (int, error) {
	for s.given == len(s.ready) {
		chunk := s.line()
		if chunk == nil {
			if s.at == ended && len(s.held) > 0 {
				s.ready, s.given, s.held = append(s.ready[:0], s.held...), 0, s.held[:0]
				continue
			}
			if s.failed != nil {
				return 0, s.failed
			}
			return 0, io.EOF
		}
		s.ready, s.given = append(s.ready[:0], s.held...), 0
		text := bytes.TrimSuffix(chunk, []byte("\n"))
		if len(text) < len(chunk) {
			text = bytes.TrimSuffix(text, []byte("\r"))
		}
		s.held = append(s.held[:0], chunk[len(text):]...)
		s.ready = append(s.ready, text...)
	}
	n := copy(p, s.ready[s.given:])
	s.given += n
	return n, nil
}

// next goes into the part behind the boundary that was met.
func (s *source) next() { s.at, s.held, s.ready, s.given = inside, s.held[:0], s.ready[:0], 0 }

// skip leaves out what remains of the part.
func (s *source) skip() { _, _ = io.Copy(io.Discard, s) } // a failure stays in failed
