package events

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// place is how far somebody has read in a stream. Its text is "STREAM-NUMBER";
// the zero place, before everything, is empty text.
type place struct {
	stream string // id of the stream: letters and digits, at most maxStream
	number uint64 // of the last event read; below 2^63
}

const maxStream = 32

var errPlace = errors.New("not a place in a stream")

func (p place) String() string {
	if p.stream == "" {
		return ""
	}
	return p.stream + "-" + strconv.FormatUint(p.number, 10)
}

// MarshalText writes the place into JSON.
func (p place) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads a place, which has one text only.
func (p *place) UnmarshalText(text []byte) (err error) {
	*p, err = parsePlace(string(text))
	return err
}

func parsePlace(text string) (place, error) {
	if text == "" {
		return place{}, nil
	}
	stream, digits, _ := strings.Cut(text, "-")
	number, err := strconv.ParseUint(digits, 10, 64)
	p := place{stream, number}
	if err != nil || number > math.MaxInt64 || stream == "" || len(stream) > maxStream || strings.ContainsFunc(stream, notPlain) || p.String() != text {
		return place{}, errPlace
	}
	return p, nil
}

func notPlain(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'z') }
