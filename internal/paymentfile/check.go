package paymentfile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"dobosh/internal/kit/account"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/money"
)

// The ways in which a file can be wrong; wrong accounts are errors of package
// account.
var (
	ErrEmpty     = errors.New("a payment file has at least one transfer")
	ErrTooMany   = errors.New("a payment file has at most 100000 transfers")
	ErrDuplicate = errors.New("two transfers have the same reference")
	ErrReference = errors.New("a reference has 1 to 35 characters out of a-z A-Z 0-9 / - ? : ( ) . , ' + and inner spaces, and no slash at an end or beside another")
	ErrText      = errors.New("a text has 1 to 140 printable characters and no space at its ends")
	ErrAmount    = errors.New("an amount is between 0.01 and 999,999,999.99 dinars")
	ErrDay       = errors.New("the day of execution is a day of the home zone after 2000")
	ErrInstant   = errors.New("the instant of making is after 2000 and in whole seconds")
)

// Bounds of a file.
const (
	MaxTransfers = 100_000
	MaxAmount    = money.Para(99_999_999_999)

	maxReference = 35  // Max35Text
	maxText      = 140 // Max140Text
)

// check looks at everything before the first byte is written.
func (f File) check() error {
	switch {
	case len(f.Transfers) == 0:
		return ErrEmpty
	case len(f.Transfers) > MaxTransfers:
		return ErrTooMany
	case !reference(f.ID):
		return fmt.Errorf("file: %w", ErrReference)
	case f.MadeAt.UTC().Year() < 2000 || f.MadeAt.UTC().Year() > 9999 || f.MadeAt.Nanosecond() != 0:
		return ErrInstant
	case f.Execution.Year() < 2000 || f.Execution.Year() > 9999 || f.Execution.Zone() != civil.Home:
		return ErrDay
	case !text(f.Debtor):
		return fmt.Errorf("name of the debtor: %w", ErrText)
	}
	if err := account.Check(f.DebtorAccount); err != nil {
		return fmt.Errorf("account of the debtor: %w", err)
	}
	for i, t := range f.Transfers {
		if err := t.check(); err != nil {
			return fmt.Errorf("transfer %d: %w", i+1, err)
		}
	}

	// No id stands twice. Places are sorted, four bytes each, rather than a set of texts kept.
	order := make([]int32, len(f.Transfers))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(strings.Compare(f.Transfers[a].ID, f.Transfers[b].ID), cmp.Compare(a, b))
	})
	for i := 1; i < len(order); i++ {
		if a, b := order[i-1], order[i]; f.Transfers[a].ID == f.Transfers[b].ID {
			return fmt.Errorf("transfers %d and %d: %w", a+1, b+1, ErrDuplicate)
		}
	}
	return nil
}

func (t Transfer) check() error {
	switch {
	case !reference(t.ID):
		return fmt.Errorf("id: %w", ErrReference)
	case !reference(t.EndToEnd):
		return fmt.Errorf("end-to-end id: %w", ErrReference)
	case !text(t.Creditor):
		return fmt.Errorf("name of the creditor: %w", ErrText)
	case !text(t.Purpose):
		return fmt.Errorf("purpose: %w", ErrText)
	case t.Amount <= 0 || t.Amount > MaxAmount:
		return fmt.Errorf("%s: %w", t.Amount.Decimal(), ErrAmount)
	}
	if err := account.Check(t.Account); err != nil {
		return fmt.Errorf("account of the creditor: %w", err)
	}
	return nil
}

// reference keeps to the characters that every payment system carries and to
// the rule on slashes (EPC132-08).
func reference(s string) bool {
	const signs = "/-?:().,'+ "
	if s == "" || len(s) > maxReference || strings.TrimSpace(s) != s {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(signs, c) >= 0) {
			return false
		}
	}
	return s[0] != '/' && s[len(s)-1] != '/' && !strings.Contains(s, "//")
}

// text is one line that can be printed. U+FFFD is refused, since it stands for
// bytes that were no text.
func text(s string) bool {
	if s == "" || len(s) > maxText*utf8.UTFMax || utf8.RuneCountInString(s) > maxText || strings.TrimSpace(s) != s {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) })
}
