package registry

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// ErrIdentifier is the cause of every failed [ParseID].
var ErrIdentifier = errors.New("not an identifier of the form INSTANCE/CLASS/MEMBER/SUBSYSTEM/SERVICE")

// ID names a member, a subsystem of a member or a service of a subsystem, as
// X-Road does (X-Road Message Protocol for REST 4.3). Parts that are absent are empty.
// IDs are comparable and can be keys.
type ID struct {
	Instance, Class, Member, Subsystem, Service string
}

// maxPart bounds one part of an identifier, in bytes after decoding. Encoded it
// may be three times as long, so that what was read can be written and read again.
const maxPart = 255

// ParseID reads three to five parts divided by slashes, each percent-encoded
// on its own, so that "%2F" inside a part is a slash of the name.
func ParseID(s string) (ID, error) {
	if len(s) > 5*(3*maxPart+1) {
		return ID{}, ErrIdentifier
	}
	parts := strings.Split(s, "/")
	if len(parts) < 3 || len(parts) > 5 {
		return ID{}, fmt.Errorf("%w: %d parts", ErrIdentifier, len(parts))
	}
	var decoded [5]string
	for i, part := range parts {
		name, err := parsePart(part)
		if err != nil {
			return ID{}, err
		}
		decoded[i] = name
	}
	return ID{decoded[0], decoded[1], decoded[2], decoded[3], decoded[4]}, nil
}

func parsePart(part string) (string, error) {
	name, err := url.PathUnescape(part)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrIdentifier, err)
	}
	return name, checkName(name)
}

// checkName refuses what cannot be one part of an identifier.
func checkName(name string) error {
	if name == "" || len(name) > maxPart {
		return fmt.Errorf("%w: a part is empty or too long", ErrIdentifier)
	}
	if name == "." || name == ".." || strings.ContainsFunc(name, forbidden) {
		return fmt.Errorf("%w: a part has a character that is not allowed", ErrIdentifier)
	}
	return nil
}

// forbidden are control characters, which no identifier may hold, and what
// decodes to no character at all.
func forbidden(r rune) bool { return r < 0x20 || r == 0x7f || r == '\uFFFD' || r >= 0x80 && r < 0xa0 }

// Parts gives the parts that are there.
func (id ID) Parts() []string {
	parts := []string{id.Instance, id.Class, id.Member}
	if id.Subsystem != "" {
		parts = append(parts, id.Subsystem)
	}
	if id.Service != "" {
		parts = append(parts, id.Service)
	}
	return parts
}

// String writes the identifier with each part percent-encoded.
func (id ID) String() string {
	if id == (ID{}) {
		return ""
	}
	return string(id.append(nil))
}

// append appends what String writes.
func (id ID) append(b []byte) []byte {
	b = append(b, url.PathEscape(id.Instance)...)
	for n, part := range [...]string{id.Class, id.Member, id.Subsystem, id.Service} {
		if part != "" || n < 2 { // a member has three parts, whatever they hold
			b = append(append(b, '/'), url.PathEscape(part)...)
		}
	}
	return b
}

// compare orders identifiers by their parts, so that a member stands before its
// subsystems and these before their services. It looks no further than the first
// part that differs: every step of a look-up compares.
func compare(a, b ID) int {
	if c := strings.Compare(a.Instance, b.Instance); c != 0 {
		return c
	}
	if c := strings.Compare(a.Class, b.Class); c != 0 {
		return c
	}
	if c := strings.Compare(a.Member, b.Member); c != 0 {
		return c
	}
	if c := strings.Compare(a.Subsystem, b.Subsystem); c != 0 {
		return c
	}
	return strings.Compare(a.Service, b.Service)
}

// Owner is the member that the identifier belongs to.
func (id ID) Owner() ID { return ID{Instance: id.Instance, Class: id.Class, Member: id.Member} }

// System is the subsystem that the identifier belongs to.
func (id ID) System() ID {
	id.Service = ""
	return id
}

// With names a service of a subsystem.
func (id ID) With(service string) ID {
	id.Service = service
	return id
}

// MarshalText and UnmarshalText carry identifiers through JSON and YAML.
func (id ID) MarshalText() ([]byte, error) {
	if id == (ID{}) {
		return nil, nil
	}
	return id.append(make([]byte, 0, 96)), nil
}

// UnmarshalText is the inverse of MarshalText.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ID{}
		return nil
	}
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}
