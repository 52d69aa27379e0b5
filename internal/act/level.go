package act

import "fmt"

// Level is how surely an account is the person whose name it bears, as the identity
// provider says it. A higher level holds what the lower ones hold.
type Level int

// The levels, from the lowest.
const (
	LevelNone         Level = iota // a name and a password
	LevelContact                   // an address or a telephone that was reached
	LevelEID                       // an electronic identity
	LevelSecondFactor              // an electronic identity, and something the person holds
)

// String is how configurations and records name the level.
func (l Level) String() string {
	switch l {
	case LevelNone:
		return "none"
	case LevelContact:
		return "contact"
	case LevelEID:
		return "eid"
	case LevelSecondFactor:
		return "eid-second-factor"
	}
	return fmt.Sprintf("level %d", int(l))
}

// UnmarshalText reads what String writes.
func (l *Level) UnmarshalText(text []byte) error {
	for level := LevelNone; level <= LevelSecondFactor; level++ {
		if level.String() == string(text) {
			*l = level
			return nil
		}
	}
	return fmt.Errorf("%q is no level of assurance", text)
}

// MarshalText writes what UnmarshalText reads.
func (l Level) MarshalText() ([]byte, error) {
	if l < LevelNone || l > LevelSecondFactor {
		return nil, fmt.Errorf("%d is no level of assurance", int(l))
	}
	return []byte(l.String()), nil
}
