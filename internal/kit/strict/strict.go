package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// The bounds of a text when the caller does not say.
const (
	Depth  = 64      // containers within each other
	Values = 1 << 18 // values, members and elements included; one costs about a hundred bytes of memory
)

// What can be wrong with a text. They are what errors.Is finds in an [Error].
var (
	ErrLarge   = errors.New("too long, too deep or with too many values")
	ErrText    = errors.New("not one JSON value in UTF-8")
	ErrTwice   = errors.New("a name stands twice in one object")
	ErrUnknown = errors.New("an unknown member")
	ErrType    = errors.New("not what belongs there")
)

// Error says what is wrong, and where. It quotes nothing of what was read.
type Error struct {
	What   error  // one of those above
	Offset int    // the byte before which reading stopped
	Where  string // JSON pointer; names that the type does not know are "*"
	Name   string // the member, for ErrTwice and ErrUnknown; the reader may have to keep it out of logs
	Cause  error  // what a type said that reads itself; may quote
}

func (e *Error) Error() string {
	return fmt.Sprintf("read JSON: %v at byte %d (%s)", e.What, e.Offset, e.Where)
}

// Unwrap gives what is wrong, and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.What}
	}
	return []error{e.What, e.Cause}
}

// Bounds say how much a text may hold. Zero depth and values are the constants.
type Bounds struct {
	Bytes, Depth, Values int

	unknown bool // members that the type does not have are passed over
}

// Upto bounds a text to so many bytes.
func Upto(bytes int) Bounds { return Bounds{Bytes: bytes} }

// AllowUnknown passes over members that the type does not have.
func (b Bounds) AllowUnknown() Bounds {
	b.unknown = true
	return b
}

// Decode reads a text into what into points to. After an error nothing of it
// counts.
func (b Bounds) Decode(text []byte, into any) error {
	if len(text) > b.Bytes {
		return &Error{What: ErrLarge, Offset: b.Bytes}
	}
	target := reflect.TypeOf(into)
	if target == nil || target.Kind() != reflect.Pointer {
		return fmt.Errorf("strict: %T is no pointer", into)
	}
	shape := shapeOf(target.Elem())
	if err := b.check(text, shape); err != nil {
		return err
	}

	// The text is good, and its names are those of the type: what is left to the
	// standard library is to put the values where they belong.
	var err error
	if shape.numbers {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		err = d.Decode(into)
	} else {
		err = json.Unmarshal(text, into)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return &Error{What: ErrType, Offset: int(wrong.Offset), Where: pointer(wrong.Field)}
	}
	if err != nil {
		return &Error{What: ErrType, Cause: err}
	}
	return nil
}

// pointer is a path of members as the standard library writes it.
func pointer(path string) string {
	if path == "" {
		return ""
	}
	return "/" + strings.ReplaceAll(path, ".", "/")
}

// Read reads all that a reader has as one text. The error of the reader comes
// back as it is.
func (b Bounds) Read(from io.Reader, into any) error {
	text, err := io.ReadAll(io.LimitReader(from, int64(b.Bytes)+1))
	if err != nil {
		return err
	}
	return b.Decode(text, into)
}
