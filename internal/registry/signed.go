package registry

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"dobosh/internal/kit/canonical"

	"golang.org/x/mod/sumdb/note"
)

// statementHeading begins the text that a member signs.
const statementHeading = "dobosh statement v1\n"

// maxBy bounds a signature line, in bytes.
const maxBy = 512

var (
	// ErrForeign is the cause of a statement about what is not its signer's.
	ErrForeign = errors.New("not a matter of the member that signed")
	// ErrForged is the cause of a statement whose signature is not the member's.
	ErrForged = errors.New("not signed by a node of the member")
	// ErrLate is the cause of a statement that is older than what its member
	// said since.
	ErrLate = errors.New("older than what the member said since")
)

// Sign gives the statement the signature of a member's node. At must be set: a
// statement that is older than what the member said since is refused, so that
// nobody can say it again later.
func (s Statement) Sign(node note.Signer) (Statement, error) {
	text, err := s.signedText()
	if err != nil {
		return s, err
	}
	signed, err := note.Sign(&note.Note{Text: text}, node)
	if err != nil {
		return s, fmt.Errorf("sign statement: %w", err)
	}
	s.By = strings.TrimSuffix(strings.TrimPrefix(string(signed), text+"\n— "), "\n")
	return s, nil
}

// signedText is the statement without its signature, as a member signs it.
func (s Statement) signedText() (string, error) {
	s.By = ""
	text, err := canonical.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("canonical statement: %w", err)
	}
	return statementHeading + string(text) + "\n", nil
}

// owners are the members whose matter a statement is, so that one of them may
// say it; none where only the authority may. A contract carries its own
// signatures: both may bring it, and neither signs the statement.
func (s *State) owners(st Statement) []ID {
	switch {
	case st.Node != nil:
		if _, there := s.Node(st.Node.Member, st.Node.Name); there || st.Node.Address == "" { // a new node is admitted by the authority
			return []ID{st.Node.Member}
		}
	case st.Service != nil:
		return []ID{st.Service.ID.Owner()}
	case st.Group != nil:
		return []ID{st.Group.ID.Owner()}
	case st.End != nil && st.End.Contract == "":
		return []ID{st.End.Service.Owner()}
	case st.End != nil && st.End.Service == ID{}:
		if p, ok := s.contracts.Get(st.End.Contract); ok {
			return []ID{p.sides.asker.Owner(), p.sides.provider.Owner()}
		}
	}
	return nil
}

// admit refuses a signed statement that its signer may not make, or not now,
// and remembers when the member spoke. The signature goes to proofs.
func (s *State) admit(st reading, proofs *proofs) error {
	owners := s.owners(st.Statement)
	if len(owners) == 0 {
		return fmt.Errorf("%w: %w", ErrStatement, ErrForeign)
	}
	if len(st.By) > maxBy || strings.ContainsAny(st.By, "\r\n") {
		return fmt.Errorf("%w: %w", ErrStatement, ErrForged)
	}
	for _, member := range slices.Compact(owners) {
		if proofs.open(st.text+"\n— "+st.By+"\n", s.Keys(member)) != nil {
			continue
		}
		return s.spoke(member, st.Statement)
	}
	return fmt.Errorf("%w: %w", ErrStatement, ErrForged)
}

// spoke notes when a member made a statement. A node that signs keeps the keys
// that signed its journal before, or nobody could read the proofs of then.
func (s *State) spoke(id ID, st Statement) error {
	old, _ := s.members.Get(id)
	if st.At.Before(old.spoke) {
		return fmt.Errorf("%w: %w", ErrStatement, ErrLate)
	}
	if st.Node != nil && st.Node.Address != "" {
		was, _ := s.Node(id, st.Node.Name)
		kept := append([]string{st.Node.Log}, st.Node.Former...)
		for _, key := range append([]string{was.Log}, was.Former...) {
			if !slices.Contains(kept, key) {
				return fmt.Errorf("%w: node %s of %s leaves a former key out", ErrStatement, st.Node.Name, id)
			}
		}
	}
	next := *old
	next.spoke = st.At
	s.members = s.members.With(id, &next)
	return nil
}
